"""Outcomes with axes of their own: whether they can be listed one by one, and the list."""

from __future__ import annotations

from math import comb, prod

import numpy as np

from mlekit.arrays import Labels
from mlekit.distributions import FiniteSet, Interval, Vectors

__all__ = ["every_vector", "is_listed"]

# More outcomes than this are sampled instead of listed.
_MOST = 1_000_000


def is_listed(support: Interval | FiniteSet | Vectors) -> bool:
    """Whether outcomes are vectors, few enough to be listed, and the same ones in the whole batch.

    >>> from mlekit.distributions import COUNTS
    >>> is_listed(Vectors(COUNTS, (3,), total=3.0)), is_listed(Vectors(COUNTS, (9,), total=1e6))
    (True, False)
    """
    if not isinstance(support, Vectors):
        return False
    size = prod(support.shape)
    if support.total is not None:
        totals = np.unique(support.total)
        return (
            support.integer
            and len(totals) == 1
            and totals[0] <= _MOST
            and comb(int(totals[0]) + size - 1, size - 1) <= _MOST
        )
    coordinates = _coordinates(support)
    return coordinates is not None and len(coordinates) ** size <= _MOST


def _coordinates(support: Vectors) -> Labels | None:
    """What a single coordinate may be, if that is a finite list, the same for all."""
    coordinates = support.coordinates
    if isinstance(coordinates, FiniteSet):
        return coordinates.values
    low, high = np.unique(coordinates.low), np.unique(coordinates.high)
    if not coordinates.integer or len(low) != 1 or len(high) != 1 or not high[0] - low[0] < _MOST:
        return None
    return np.arange(low[0], high[0] + 1)


def every_vector(support: Vectors) -> Labels:
    """All outcomes of a support that `is_listed`, of shape (outcomes, *shape).

    >>> from mlekit.distributions import COUNTS
    >>> every_vector(Vectors(COUNTS, (2,), total=2.0))
    array([[0., 2.],
           [1., 1.],
           [2., 0.]])
    """
    if support.total is not None:
        return _compositions(int(np.unique(support.total)[0]), support.shape[0])
    coordinates = _coordinates(support)
    assert coordinates is not None
    places = np.indices((len(coordinates),) * prod(support.shape)).reshape(prod(support.shape), -1).T
    return coordinates[places].reshape(-1, *support.shape)


def _compositions(total: int, parts: int) -> np.ndarray:
    """All ways to write ``total`` as an ordered sum of so many whole numbers ≥ 0, in the order of a dictionary."""
    rows = np.zeros((1, 0))
    left = np.array([total])
    for _ in range(parts - 1):
        repeats = left + 1
        starts = np.repeat(np.cumsum(repeats) - repeats, repeats)
        chosen = np.arange(repeats.sum()) - starts
        rows = np.concatenate([np.repeat(rows, repeats, axis=0), chosen[:, None]], axis=1)
        left = np.repeat(left, repeats) - chosen
    return np.concatenate([rows, left[:, None]], axis=1)
