"""Where numbers may lie: the domains of parameters and the supports of distributions.

Convention: bounds are scalars for a parameter's domain and may be arrays (one bound a batch element) for a
support, as for a uniform distribution whose ends are parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlekit.arrays import Array, BoolArray, Labels

__all__ = ["COUNTS", "INCREASING", "POSITIVE", "PROBABILITY", "REAL", "FiniteSet", "Increasing", "Interval"]


@dataclass(frozen=True)
class Interval:
    """An interval of reals or, with ``integer``, of whole numbers.

    Args:
        low: lower bound; −inf for none.
        high: upper bound; +inf for none.
        low_included: whether ``low`` itself belongs to it.
        high_included: whether ``high`` itself belongs to it.
        integer: whether only whole numbers belong to it.

    >>> Interval(0.0, 1.0, low_included=True, high_included=True).contains(np.array([-0.1, 0.0, 0.5]))
    array([False,  True,  True])
    >>> print(Interval(0.0, np.inf))
    (0, inf)

    """

    low: float | Array = -np.inf
    high: float | Array = np.inf
    low_included: bool = False
    high_included: bool = False
    integer: bool = False

    def contains(self, value: Array) -> BoolArray:
        """Elementwise membership; NaN belongs to nothing."""
        above = value >= self.low if self.low_included else value > self.low
        below = value <= self.high if self.high_included else value < self.high
        inside = above & below
        return inside & (np.floor(value) == value) if self.integer else inside

    def overlaps(self, other: Interval) -> bool:
        """Whether two intervals with scalar bounds have more than an end in common.

        >>> Interval(0.0, 1.0).overlaps(Interval(1.0, np.inf))
        False
        """
        return bool(max(self.low, other.low) < min(self.high, other.high))

    def __str__(self) -> str:
        left, right = "[" if self.low_included else "(", "]" if self.high_included else ")"
        if np.ndim(self.low) or np.ndim(self.high):
            interval = f"{left}low, high{right}, bounds by batch element"
        else:
            interval = f"{left}{self.low:g}, {self.high:g}{right}"
        return f"whole numbers in {interval}" if self.integer else interval


@dataclass(frozen=True)
class Increasing(Interval):
    """Finite numbers, each greater than the one before it on the last axis.

    >>> Increasing().contains(np.array([0.0, 1.0, 1.0]))
    array([ True,  True, False])
    """

    def contains(self, value: Array) -> BoolArray:
        """Whether each number is finite and greater than the one before it."""
        inside = np.asarray(super().contains(value))
        if np.ndim(value):
            inside[..., 1:] &= value[..., 1:] > value[..., :-1]
        return inside

    def __str__(self) -> str:
        return f"{super().__str__()} and increase along the last axis"


@dataclass(frozen=True)
class FiniteSet:
    """Finitely many outcomes, in a fixed order.

    >>> print(FiniteSet(np.array(["radom", "radon"])))
    {'radom', 'radon'}
    """

    values: Labels

    def contains(self, value: Labels) -> BoolArray:
        """Elementwise membership."""
        return np.isin(value, self.values)

    def __str__(self) -> str:
        return "{" + ", ".join(repr(value) for value in np.asarray(self.values).tolist()) + "}"


REAL = Interval()
INCREASING = Increasing()
POSITIVE = Interval(0.0, np.inf)
PROBABILITY = Interval(0.0, 1.0, low_included=True, high_included=True)
COUNTS = Interval(0.0, np.inf, low_included=True, integer=True)
