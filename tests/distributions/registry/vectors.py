"""Families of vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from mlekit.distributions import MultivariateGaussian
from mlekit.distributions.triangular import triangular_at
from tests.distributions.case import Case, Draw, Parameters
from tests.distributions.quadrature import gaussian_nodes


def _gaussian(size: int) -> Draw:
    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Parameters:
        coordinates = rng.uniform(-1, 1, (*shape, size * (size + 1) // 2))
        return {"loc": rng.uniform(-10, 10, (*shape, size)), "scale_tril": triangular_at(coordinates)}

    return draw


@dataclass(frozen=True)
class Reference:
    """A distribution of vectors in SciPy, behind the names that its univariate ones have."""

    frozen: Any
    center: Any
    covariance: Any

    def logpdf(self, value: Any) -> Any:
        return self.frozen.logpdf(value)

    def mean(self) -> Any:
        return self.center

    def var(self) -> Any:
        return np.diagonal(self.covariance)

    def std(self) -> Any:
        return np.sqrt(self.var())

    def entropy(self) -> Any:
        return self.frozen.entropy()


def _gaussian_reference(loc: Any, scale_tril: Any) -> Any:
    covariance = scale_tril @ scale_tril.T
    return Reference(stats.multivariate_normal(loc, covariance), loc, covariance)


CASES = (
    *(
        Case(
            MultivariateGaussian,
            draw=_gaussian(size),
            reference=_gaussian_reference,
            extremes=[
                {
                    "loc": [1e8] * size,
                    "scale_tril": scale * (np.eye(size) + np.tril(np.ones((size, size)), -1)),
                }
                for scale in (1e-8, 1e8, 1e-100, 1e100)
            ]
            + [{"loc": np.zeros(size), "scale_tril": np.diag(10.0 ** np.linspace(-8, 8, size))}],
            nodes=gaussian_nodes,
            event_ndim=1,
            ordered=False,
            name=f"MultivariateGaussian-{size}",
        )
        for size in (1, 3)
    ),
)
