"""Order statistics of weighted columns, for families whose outcomes may have no mean or no spread."""

from __future__ import annotations

import numpy as np

from mlekit.arrays import Array, unwrap

__all__ = ["robust_units", "weighted_quantile"]


def weighted_quantile(values: np.ndarray, weights: Array, level: float) -> Array:
    """The minimizer of the weighted pinball loss, by column: the middle of them where there are several.

    Args:
        values: numbers, rows first.
        weights: a weight a row, summing to one.
        level: in (0, 1).

    Returns:
        Array of the shape of a row.

    >>> float(weighted_quantile(np.array([1.0, 2.0, 4.0, 8.0]), np.full(4, 0.25), 0.5))
    3.0

    """
    order = np.argsort(values, axis=0)
    ordered = np.take_along_axis(values, order, axis=0)
    cumulative = np.cumsum(weights[order], axis=0)
    slack = 1e-12
    first = np.sum(cumulative < level - slack, axis=0)
    last = np.minimum(np.sum(cumulative <= level + slack, axis=0), len(values) - 1)
    ends = [np.take_along_axis(ordered, np.expand_dims(end, 0), axis=0)[0] for end in (first, last)]
    return np.asarray(unwrap(0.5 * ends[0] + 0.5 * ends[1]))


def robust_units(values: np.ndarray, weights: Array, *, shift: bool = True) -> tuple[Array, Array]:
    """The median and the median distance from it, by column; where that is 0, the mean distance.

    Args:
        values: numbers, rows first.
        weights: a weight a row, summing to one.
        shift: whether distances are from the median; otherwise they are from 0.

    >>> center, spread = robust_units(np.array([0.0, 1.0, 2.0, 1e9]), np.full(4, 0.25))
    >>> float(center), float(spread)
    (1.5, 1.0)

    """
    center = weighted_quantile(values, weights, 0.5) if shift else np.zeros(values.shape[1:])
    distance = np.abs(values - center)
    spread = weighted_quantile(distance, weights, 0.5)
    return center, unwrap(np.where(spread > 0, spread, weights @ distance))
