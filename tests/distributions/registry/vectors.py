"""Families of vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from mlekit.distributions import (
    Bernoulli,
    Dirichlet,
    Distribution,
    Gaussian,
    Independent,
    Multinomial,
    MultivariateGaussian,
)
from mlekit.distributions.triangular import triangular_at
from tests.distributions.case import Case, Draw, Parameters
from tests.distributions.quadrature import composition_nodes, gaussian_nodes, simplex_nodes


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


@dataclass(frozen=True)
class DiscreteReference(Reference):
    """A distribution of counts."""

    def logpmf(self, value: Any) -> Any:
        return self.frozen.logpmf(value)


class SimplexReference(Reference):
    """SciPy takes proportions on the first axis."""

    def logpdf(self, value: Any) -> Any:
        return self.frozen.logpdf(value.T / value.sum(axis=1))


def _counts(trials: int, size: int) -> Draw:
    return lambda rng, shape: {
        "trials": np.full(shape, float(trials)),
        "probs": rng.dirichlet(np.full(size, 2.0), shape),
    }


def _multinomial_reference(trials: Any, probs: Any) -> Any:
    frozen = stats.multinomial(trials, probs)
    return DiscreteReference(frozen, trials * probs, frozen.cov())


def _dirichlet_reference(concentration: Any) -> Any:
    frozen = stats.dirichlet(concentration)
    return SimplexReference(frozen, frozen.mean(), frozen.cov())


def _independent_nodes(distribution: Distribution) -> tuple[Any, Any]:
    assert isinstance(distribution, Independent)
    base = distribution.base
    return gaussian_nodes(MultivariateGaussian(loc=base.loc, scale_tril=np.diag(base.scale)))


def _bits(distribution: Distribution) -> tuple[Any, Any]:
    outcomes = np.indices((2,) * distribution.event_shape[0]).reshape(distribution.event_shape[0], -1).T
    return outcomes.astype(np.float64), np.ones(len(outcomes))


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
    Case(
        Multinomial,
        draw=_counts(7, 3),
        reference=_multinomial_reference,
        extremes=[
            {"trials": n, "probs": p}
            for n in (0, 1, 10**9)
            for p in ([1.0, 0.0, 0.0], [1e-300, 0.5, 0.5], [1e-9, 1e-9, 1 - 2e-9], [0.25] * 4)
        ],
        fixed={"trials": 7},
        nodes=composition_nodes,
        event_ndim=1,
        ordered=False,
        rtol=1e-11,
    ),
    Case(
        Multinomial,
        draw=lambda rng, shape: {"trials": np.full(shape, 40.0), "logits": rng.uniform(-3, 3, (*shape, 2))},
        fixed={"trials": 40},
        nodes=composition_nodes,
        event_ndim=1,
        ordered=False,
        name="Multinomial-logits",
    ),
    Case(
        Dirichlet,
        draw=lambda rng, shape: {"concentration": np.exp(rng.uniform(-0.5, 2.5, (*shape, 3)))},
        reference=_dirichlet_reference,
        extremes=[
            {"concentration": c}
            for c in ([1e-8, 1e-8], [1e8, 1e8, 1e8], [1e-8, 1.0, 1e8], [1.0, 1.0], [0.5, 3.0, 1e-3])
        ],
        nodes=simplex_nodes,
        event_ndim=1,
        ordered=False,
        rtol=1e-11,
    ),
    Case(
        Independent,
        draw=lambda rng, shape: {
            "loc": rng.uniform(-3, 3, (*shape, 2)),
            "scale": np.exp(rng.uniform(-1, 1, (*shape, 2))),
        },
        build=lambda loc, scale: Independent(Gaussian(loc=loc, scale=scale)),
        reference=lambda loc, scale: _gaussian_reference(loc, np.diag(scale)),
        extremes=[{"loc": [1e8, 0.0], "scale": [1e-8, 1e8]}],
        nodes=_independent_nodes,
        event_ndim=1,
        ordered=False,
        name="Independent-Gaussian",
    ),
    Case(
        Independent,
        draw=lambda rng, shape: {"probs": rng.uniform(0.1, 0.9, (*shape, 3))},
        build=lambda probs: Independent(Bernoulli(probs=probs)),
        extremes=[{"probs": [0.0, 1.0, 0.5]}],
        nodes=_bits,
        event_ndim=1,
        ordered=False,
        name="Independent-Bernoulli",
    ),
)
