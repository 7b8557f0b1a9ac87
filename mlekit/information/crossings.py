"""Where two continuous distributions change places: points at which an integrand that compares them has a kink."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mlekit.arrays import Array
from mlekit.distributions import Distribution
from mlekit.information.rules import leading

__all__ = ["density_crossings", "distribution_crossings"]

_LEVELS = np.concatenate(
    [10.0 ** np.arange(-12, -2), np.linspace(0.01, 0.99, 99), 1 - 10.0 ** np.arange(-3, -13, -1)]
)
_HALVINGS = 60


def density_crossings(p: Distribution, q: Distribution) -> Array:
    """Where p(y) = q(y), of shape (count, *batch); the ends of a row are filled with its first quantile."""
    return _roots(p, q, lambda y: np.asarray(q.log_prob(y)) - np.asarray(p.log_prob(y)))


def distribution_crossings(p: Distribution, q: Distribution) -> Array:
    """Where both have the same distribution function, of the same shape as `density_crossings`."""

    def difference(y: np.ndarray) -> Array:
        lower = np.asarray(q.log_cdf(y)) - np.asarray(p.log_cdf(y))
        upper = np.asarray(p.log_sf(y)) - np.asarray(q.log_sf(y))
        return np.where(np.asarray(p.cdf(y)) < 0.5, lower, upper)

    return _roots(p, q, difference)


def _roots(p: Distribution, q: Distribution, function: Callable[[np.ndarray], Array]) -> Array:
    """Sign changes between neighbours among the quantiles of both, bisected."""
    ndim = max(len(p.batch_shape), len(q.batch_shape))
    shape = np.broadcast_shapes(p.batch_shape, q.batch_shape)
    grids = [
        np.broadcast_to(
            leading(np.asarray(d.quantile(leading(_LEVELS, len(d.batch_shape)))), ndim),
            (len(_LEVELS), *shape),
        )
        for d in (p, q)
    ]
    grid = np.sort(np.concatenate(grids), axis=0)
    with np.errstate(all="ignore"):
        signs = np.sign(np.nan_to_num(function(grid)))
        changes = signs[:-1] * signs[1:] < 0
        count = int(changes.sum(axis=0).max(initial=0))
        # The rows of changes first, in each batch element; as many as the batch element with most has.
        order = np.argsort(~changes, axis=0, kind="stable")[:count]
        found, low, high, sign = (
            np.take_along_axis(array, order, axis=0) for array in (changes, grid[:-1], grid[1:], signs[:-1])
        )
        for _ in range(_HALVINGS if count else 0):
            middle = 0.5 * (low + high)
            same = np.sign(function(middle)) == sign
            low, high = np.where(same, middle, low), np.where(same, high, middle)
    return np.where(found, 0.5 * (low + high), grid[:1])
