"""The resolution guard: no scale below what the target's own values can tell apart.

Outcomes that were rounded, counted or measured in steps repeat. A density may then rise without limit over the few
values there are: its likelihood grows, and says nothing of the outcome. Between the values of a grid with gaps δ an
outcome is uncertain by δ/√12, the standard deviation of a uniform distribution over one gap, so a scale is held at

    σ = max(exp ξ, δ/√12),   δ the smallest gap between two distinct values, if any values repeat.

Below the guard the likelihood does not depend on ξ, and its score in ξ is zero. What is reported stays the true
likelihood of the guarded distribution.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from mlekit.arrays import Array
from mlekit.distributions.link import Change

__all__ = ["UNCHANGED", "floored", "resolutions"]

UNCHANGED = Change(lambda eta: eta, np.ones_like)


def resolutions(values: Array) -> Array:
    """The smallest scale that each column of outcomes can tell: δ/√12 if any of its values repeat, else 0.

    Args:
        values: outcomes of shape (rows, targets).

    >>> resolutions(np.array([[5.0, 0.1], [6.0, 0.3], [6.0, 0.2], [8.0, 0.7]])).round(4)
    array([0.2887, 0.    ])
    """
    found = np.zeros(values.shape[1])
    for j, column in enumerate(values.T):
        distinct = np.unique(column)
        if 1 < len(distinct) < len(column):
            found[j] = np.diff(distinct).min() / sqrt(12)
    return found


def floored(change: Change, floor: Array) -> Change:
    """A change of link whose coordinate stops at a floor, with the slope that goes with it."""

    def coordinate(eta: Array) -> Array:
        return np.maximum(change.coordinate(eta), floor.astype(eta.dtype))

    def slope(eta: Array) -> Array:
        above = change.coordinate(eta) > floor.astype(eta.dtype)
        return np.asarray(change.slope(eta) * above)

    return Change(coordinate, slope)
