"""Where numbers may lie: the domains of parameters and the supports of distributions.

Convention: bounds are scalars for a parameter's domain and may be arrays (one bound a batch element) for a
support, as for a uniform distribution whose ends are parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlekit.arrays import Array, BoolArray, Labels

__all__ = [
    "COUNTS",
    "INCREASING",
    "POSITIVE",
    "PROBABILITY",
    "REAL",
    "TRIANGULAR",
    "FiniteSet",
    "Increasing",
    "Interval",
    "Triangular",
    "Vectors",
]

# What coordinates that sum to one may miss it by: soft labels and proportions are often rounded.
_SUM_TOLERANCE = 1e-6


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
class Triangular(Interval):
    """Finite entries of a square matrix on the last two axes: positive on its diagonal, zero above.

    >>> Triangular().contains(np.array([[1.0, 0.5], [-3.0, 0.0]]))
    array([[ True, False],
           [ True, False]])
    """

    def contains(self, value: Array) -> BoolArray:
        """Whether each entry is as its place in the matrix asks; nothing belongs to it that is no square matrix."""
        inside = np.asarray(super().contains(value))
        if np.ndim(value) < 2:
            return inside & np.asarray(value > 0)
        rows, columns = value.shape[-2:]
        above, diagonal = np.triu(np.ones((rows, columns), dtype=bool), 1), np.eye(rows, columns, dtype=bool)
        fits = np.where(above, value == 0, ~diagonal | (value > 0))
        return inside & fits & (rows == columns)

    def __str__(self) -> str:
        return "lower triangular square matrices with a positive diagonal"


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


@dataclass(frozen=True)
class Vectors:
    """Outcomes with axes of their own: where their coordinates lie, and what these add up to.

    Args:
        coordinates: the numbers or labels that every coordinate may be.
        shape: the axes of one outcome.
        total: the sum over the last axis, a number a batch element; None if it is free.

    >>> simplex = Vectors(Interval(0.0, 1.0), (2,), total=1.0)
    >>> simplex.contains(np.array([[0.25, 0.75], [0.25, 0.25], [-0.5, 1.5]]))
    array([ True, False, False])
    >>> print(simplex)
    vectors of shape (2,) in (0, 1) that sum to 1

    """

    coordinates: Interval | FiniteSet
    shape: tuple[int, ...]
    total: float | Array | None = None

    @property
    def integer(self) -> bool:
        """Whether outcomes can be counted, because coordinates are whole numbers or finitely many."""
        return isinstance(self.coordinates, FiniteSet) or self.coordinates.integer

    def contains(self, value: np.ndarray) -> BoolArray:
        """Membership of each vector, within 1e-6 of a total that is no whole number."""
        axes = tuple(range(-len(self.shape), 0))
        inside = np.asarray(np.all(self.coordinates.contains(value), axis=axes))
        if self.total is not None:
            slack = 0.0 if self.integer else _SUM_TOLERANCE
            sums = value @ np.ones(value.shape[-1], dtype=value.dtype)
            adds_up = np.abs(sums - self.total) <= slack
            inside = np.asarray(inside & np.all(adds_up, axis=axes[1:]))
        return inside

    def __str__(self) -> str:
        total = (
            ""
            if self.total is None
            else f" that sum to {self.total if np.ndim(self.total) else f'{self.total:g}'}"
        )
        return f"vectors of shape {self.shape} in {self.coordinates}{total}"


REAL = Interval()
INCREASING = Increasing()
TRIANGULAR = Triangular()
POSITIVE = Interval(0.0, np.inf)
PROBABILITY = Interval(0.0, 1.0, low_included=True, high_included=True)
COUNTS = Interval(0.0, np.inf, low_included=True, integer=True)
