"""Expectations without sampling: E[f(Y)] = Σ_i w_i·p(y_i)·f(y_i) over nodes y_i with weights w_i.

The nodes follow the support. Finitely many outcomes: all of them, with weight one. Whole numbers without an upper
bound: as many as carry mass that a double can tell from none. Reals: Gauss-Legendre on panels between
quantiles whose levels are evenly spaced in logit, so that a panel spans the same factor of tail probability
wherever it lies; a wrong quantile only makes for wrong panels, so the density is tested independently of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit

from mlekit.arrays import Array
from mlekit.distributions import Distribution, FiniteSet, Interval, MultivariateGaussian

PANEL_LEVELS = expit(np.linspace(-34.0, 34.0, 545))
PANEL_NODES, PANEL_WEIGHTS = np.polynomial.legendre.leggauss(12)


def support_nodes(distribution: Distribution) -> tuple[Any, Array]:
    """Outcomes of a single distribution (of batch shape ()) and their weights."""
    support = distribution.support
    if isinstance(support, FiniteSet):
        return support.values, np.ones(len(support.values))
    assert isinstance(support, Interval)
    low, high = float(support.low), float(support.high)
    if not support.integer:
        return panels(np.append(distribution.quantile(PANEL_LEVELS), distribution.mode))
    if not np.isfinite(high):
        high = 2 * float(distribution.quantile(1 - 1e-15)) + 50
    outcomes = np.arange(low, high + 1)
    return outcomes, np.ones(len(outcomes))


def far_nodes(distribution: Distribution) -> tuple[Any, Array]:
    """Nodes of a distribution symmetric about its mode, so far out that heavy tails keep their moments."""
    lower = distribution.quantile(expit(np.linspace(-650.0, 0.0, 3001)))
    lower = lower[lower > -1e290]  # further out an outcome over a small scale is no double
    return panels(np.concatenate([lower, 2 * distribution.mode - lower]))


def gaussian_nodes(distribution: Distribution) -> tuple[Any, Array]:
    """Gauss-Hermite nodes of a Gaussian vector along the columns of its matrix, and their weights for any density."""
    assert isinstance(distribution, MultivariateGaussian)
    places, weights = np.polynomial.hermite_e.hermegauss(16)
    size = distribution.event_shape[0]
    z = np.stack(np.meshgrid(*[places] * size, indexing="ij"), axis=-1).reshape(-1, size)
    weight = np.prod(np.meshgrid(*[weights * np.exp(0.5 * np.square(places))] * size, indexing="ij"), axis=0)
    stretch = np.linalg.det(distribution.scale_tril)
    return distribution.loc + z @ distribution.scale_tril.T, weight.reshape(-1) * stretch


def composition_nodes(distribution: Distribution) -> tuple[Any, Array]:
    """All counts by category that sum to the trials."""
    size = distribution.event_shape[0]
    total = int(np.asarray(distribution.sample(rng=0)).sum())
    grid = np.indices((total + 1,) * (size - 1)).reshape(size - 1, -1).T
    last = total - grid.sum(axis=1)
    counts = np.column_stack([grid, last])[last >= 0].astype(np.float64)
    return counts, np.ones(len(counts))


def simplex_nodes(distribution: Distribution) -> tuple[Any, Array]:
    """Three proportions x = (u, (1 − u)·v, (1 − u)·(1 − v)) with the logits of u and v on a lattice.

    The integrand dies out exponentially along both, so that the lattice is as good as any rule can be.
    """
    assert distribution.event_shape == (3,)
    step = 0.3
    logits = np.arange(-75.0, 75.0, step)
    u, v = (part.reshape(-1, 1) for part in np.meshgrid(logits, logits, indexing="ij"))
    nodes = np.concatenate([expit(u), expit(-u) * expit(v), expit(-u) * expit(-v)], axis=1)
    weight = step**2 * expit(u) * np.square(expit(-u)) * expit(v) * expit(-v)
    apart = nodes.max(axis=1) < 1  # a single proportion of one, but for rounding, has hardly any mass
    return nodes[apart], weight[apart, 0]


def panels(edges: Array) -> tuple[Array, Array]:
    """Gauss-Legendre nodes and weights between consecutive edges."""
    edges = np.unique(edges[np.isfinite(edges)])
    half = np.diff(edges)[:, None] / 2
    nodes = edges[:-1, None] + half * (1 + PANEL_NODES)
    return nodes.reshape(-1), (half * PANEL_WEIGHTS).reshape(-1)
