"""Distributions made of others, and data."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from mlekit.distributions import Categorical, Distribution, Empirical, Gaussian, Logistic, Mixture, Poisson
from tests.distributions.case import Case, Parameters, table


def _gaussians(rng: np.random.Generator, shape: tuple[int, ...]) -> Parameters:
    return {
        "loc": rng.uniform(-3, 3, (*shape, 3)),
        "scale": np.exp(rng.uniform(-1.5, 1, (*shape, 3))),
        "weights": rng.dirichlet(np.full(3, 2.0), shape),
    }


def _gaussians_and_logistic(loc: Any, scale: Any, weights: Any) -> Distribution:
    parts: list[Distribution] = [
        Gaussian(loc=loc[..., 0], scale=scale[..., 0]),
        Logistic(loc=loc[..., 1], scale=scale[..., 1]),
        Gaussian(loc=loc[..., 2], scale=scale[..., 2]),
    ]
    return Mixture(parts, weights)


def _poissons(rng: np.random.Generator, shape: tuple[int, ...]) -> Parameters:
    return {
        "rate": np.exp(rng.uniform(-1, 4, (*shape, 2))),
        "weights": rng.dirichlet(np.full(2, 2.0), shape),
    }


def _categoricals(rng: np.random.Generator, shape: tuple[int, ...]) -> Parameters:
    return {"logits": rng.normal(size=(*shape, 3, 4)), "weights": rng.dirichlet(np.full(3, 2.0), shape)}


def _data(rng: np.random.Generator, shape: tuple[int, ...], size: int) -> Parameters:
    return {
        "samples": rng.integers(-3, 12, (*shape, size)) / 2,
        "weights": rng.dirichlet(np.full(size, 5.0), shape),
    }


def _data_reference(samples: Any, weights: Any) -> Any:
    outcomes, position = np.unique(samples, return_inverse=True)
    return table(outcomes, np.bincount(position, weights=weights))


CASES = (
    Case(
        Mixture,
        draw=_gaussians,
        build=lambda loc, scale, weights: Mixture(Gaussian(loc=loc, scale=scale), weights),
        extremes=[
            {"loc": [-1e8, 0.0, 1e8], "scale": [1e-8, 1.0, 1e8], "weights": [0.2, 0.3, 0.5]},
            {"loc": [0.0, 0.0, 1e150], "scale": [1e-150, 1e150, 1e-8], "weights": [1e-300, 1.0, 0.0]},
        ],
    ),
    Case(Mixture, draw=_gaussians, build=_gaussians_and_logistic, name="Mixture-families"),
    Case(
        Mixture,
        draw=_poissons,
        build=lambda rate, weights: Mixture(Poisson(rate=rate), weights),
        extremes=[{"rate": [0.0, 1e6], "weights": [0.5, 0.5]}, {"rate": [1.0, 1e9], "weights": [1.0, 0.0]}],
        name="Mixture-counts",
    ),
    Case(
        Mixture,
        draw=_categoricals,
        build=lambda logits, weights: Mixture(Categorical(logits=logits), weights),
        name="Mixture-labels",
    ),
    Case(Empirical, draw=partial(_data, size=30), reference=_data_reference),
)
