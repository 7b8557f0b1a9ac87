"""Censored outcomes: of some rows only an interval is known that holds the outcome.

    log p(y) where y was seen,   log P(low < Y ≤ high) where it lies within an interval

Such a target is a column of intervals, of which those with equal ends are outcomes that were seen. Encoded it is an
array (rows, 2) of lower and upper ends. `CensoredKind` is how the likelihood of these is made of any kind of
distribution of numbers: it answers what a fit asks, and leaves predictions to the kind itself. That the interval was
found says nothing of the outcome but that it lies there (independent censoring): Kalbfleisch & Prentice (2002), The
Statistical Analysis of Failure Time Data, chapter 3.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlekit.arrays import Array, BoolArray
from mlekit.distributions.composed import Composed, Kind
from mlekit.distributions.distribution import Distribution
from mlekit.distributions.domain import Interval
from mlekit.distributions.intervals import interval_curvature
from mlekit.distributions.marginal import climb
from mlekit.distributions.predictable import Predictable
from mlekit.distributions.target import first_row
from mlekit.distributions.transformed import TransformedKind
from mlekit.errors import TargetError

__all__ = ["CensoredBatch", "CensoredKind", "is_censored", "single_outcome"]


def is_censored(target: pd.DataFrame) -> bool:
    """Whether a target consists of intervals."""
    return any(isinstance(dtype, pd.IntervalDtype) for dtype in target.dtypes)


def single_outcome(ends: Array) -> tuple[float, float] | None:
    """The interval of which every point is possible, or the limit of what is, in every row; None if there is none.

    >>> single_outcome(np.array([[3.0, 3.0], [2.0, np.inf]])), single_outcome(np.array([[3.0, 3.0], [4.0, np.inf]]))
    ((3.0, 3.0), None)
    """
    low, high = float(ends[:, 0].max()), float(ends[:, 1].min())
    return (low, high) if low <= high else None


@dataclass(frozen=True)
class CensoredBatch(Predictable):
    """The distributions of rows, of whose outcomes some are known by intervals only."""

    kind: Kind[Any]
    coordinates: tuple[Array, ...]
    settings: Mapping[str, Any]

    def _of(self, rows: BoolArray) -> tuple[Callable[..., Distribution], list[Array]]:
        """How distributions of some rows are made, and of which coordinates."""
        coordinates = [np.broadcast_to(xi, rows.shape)[rows] for xi in self.coordinates]
        return lambda *xi: self.kind._from_coordinates(*xi, **self.settings), coordinates

    def _each(
        self,
        value: np.ndarray,
        seen: Callable[[Distribution, np.ndarray], list[Array]],
        hidden: Callable[[Callable[..., Distribution], list[Array], np.ndarray, np.ndarray], list[Array]],
    ) -> list[Array]:
        """Answers about the rows of either sort, in the order of the rows."""
        whole = value[:, 0] == value[:, 1]
        parts: list[tuple[BoolArray, list[Array]]] = []
        if whole.any():
            at, xi = self._of(whole)
            parts.append((whole, seen(at(*xi), value[whole, 0])))
        if not whole.all():
            at, xi = self._of(~whole)
            parts.append((~whole, hidden(at, xi, value[~whole, 0], value[~whole, 1])))
        answers: list[Array] = [np.empty((len(value), *np.shape(answer)[1:])) for answer in parts[0][1]]
        for rows, found in parts:
            for answer, part in zip(answers, found, strict=True):
                answer[rows] = part
        return answers

    def _log_prob(self, value: np.ndarray) -> Array:
        return self._each(
            value,
            lambda p, y: [p._log_prob(y)],
            lambda at, xi, low, high: [at(*xi)._log_interval(low, high)],
        )[0]

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        return self._free_score(value, [parameter.name for parameter in self.kind.predicted])

    def _free_score(self, value: np.ndarray, free: Collection[str]) -> tuple[Array, ...]:
        def score(p: Distribution, y: np.ndarray) -> list[Array]:
            return [np.broadcast_to(part, y.shape) for part in p._free_score(y, free)]

        def expected(
            at: Callable[..., Distribution], xi: list[Array], low: np.ndarray, high: np.ndarray
        ) -> list[Array]:
            return [np.broadcast_to(part, low.shape) for part in at(*xi)._interval_score(low, high)]

        return tuple(self._each(value, score, expected))

    def _curvature(self, value: np.ndarray) -> Array:
        k = len(self.coordinates)
        return self._each(
            value,
            lambda p, y: [np.broadcast_to(p._curvature(y), (*y.shape, k, k))],
            lambda at, xi, low, high: [interval_curvature(at, xi, self.kind.predicted, low, high)],
        )[0]


@dataclass(frozen=True)
class CensoredKind(Composed[Any]):
    """A kind of distribution whose outcomes are known by intervals."""

    def _class(self) -> type[Any]:
        return self.base._class()

    def _code(self, held: str = "") -> str:
        return self.base._code(held)

    def _from_coordinates(self, *coordinates: Array, **constants: Any) -> Any:
        # In double precision also where a network works in single: differences of probabilities need it.
        exact = tuple(np.asarray(xi, dtype=np.float64) for xi in coordinates)
        return CensoredBatch(self.base, exact, constants)

    # ---- the target ---------------------------------------------------------------------------------------

    def _learn_constants(self, target: pd.DataFrame, constants: Mapping[str, Any]) -> dict[str, Any]:
        base = self.base
        numeric = not (base.labelled or base.joint or base._class().circular or "trials" in base.constants)
        numeric = numeric and not isinstance(
            base, TransformedKind
        )  # whose fit works on values, not on intervals
        if target.shape[1] != 1 or not numeric:
            raise TargetError(
                f"the censored target {list(map(str, target.columns))} needs a family of numbers on a line, one a row, "
                f"such as Weibull or Gaussian, not {base._code()}"
            )
        values = self._stand_ins(self._encode(target, constants))
        return base._learn_constants(pd.DataFrame({target.columns[0]: values}, index=target.index), constants)

    def _encode(self, target: pd.DataFrame, constants: Mapping[str, Any]) -> np.ndarray:
        intervals = target.iloc[:, 0].array
        ends = np.stack([np.asarray(intervals.left), np.asarray(intervals.right)], axis=1).astype(np.float64)
        seen = ends[:, 0] == ends[:, 1]
        name = target.columns[0]
        self.base._encode(pd.DataFrame({name: ends[seen, 0]}, index=target.index[seen]), constants)
        impossible = ~seen & ~self._possible(ends)
        if impossible.any():
            low, high = ends[np.argmax(impossible)]
            raise TargetError(
                f"the outcome {str(name)!r} is to lie in ({low:g}, {high:g}] at {first_row(target, impossible)}, but "
                f"{self.base._code()} has values in {self.outcomes}; remove such rows or choose another family"
            )
        return ends

    def _possible(self, ends: np.ndarray) -> BoolArray:
        """Whether an interval holds any outcome of the kind."""
        low, high = ends.T
        inside: Interval = self.outcomes
        if inside.integer:
            return np.asarray(np.maximum(np.floor(low) + 1, inside.low) <= np.minimum(high, inside.high))
        ends_inside = high >= inside.low if inside.low_included else high > inside.low
        return np.asarray(ends_inside & (low < inside.high))

    def _stand_ins(self, ends: np.ndarray) -> Array:
        """Outcomes within the intervals: an end where the other is open, else the middle.

        Where only a value beyond the support would do, the median of the others.
        """
        low, high = ends.T
        with np.errstate(invalid="ignore"):
            values = np.where(np.isinf(high), low, np.where(np.isinf(low), high, 0.5 * (low + high)))
        if self.outcomes.integer:
            values = np.where(low == high, low, np.where(np.isinf(low), np.floor(high), np.floor(values) + 1))
            values = np.minimum(values, np.floor(high))
        usable = np.asarray(self.outcomes.contains(values))
        return np.where(usable, values, np.median(values[usable]) if usable.any() else 1.0)

    def _given(self, value: np.ndarray) -> tuple[dict[str, Any], np.ndarray]:
        return {}, value

    def _center_and_spread(self, values: Array, weights: Array, *, shift: bool) -> tuple[Array, Array]:
        return self.base._center_and_spread(self._stand_ins(values)[:, None], weights, shift=shift)

    def _log_jacobian(self, value: np.ndarray, scale: Array) -> Array | float:
        seen = value[:, 0] == value[:, 1]
        return np.where(seen, self.base._log_jacobian(value[:, 0], scale), 0.0)

    def _loss_name(self, fixed: frozenset[str]) -> str:
        return f"censored {self.base._code()} negative log-likelihood"

    # ---- start and existence ------------------------------------------------------------------------------

    def _start(self, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        """As if the ends had been seen, and from there to the maximum."""
        start = self.base._start(self._stand_ins(value), weights, **constants)
        return climb(self, start, value, weights, constants)

    def _recession(self, value: np.ndarray, constants: Mapping[str, Any]) -> Array | None:
        """Which way the first coordinate may run: up where there is no upper end, down where there is no lower one.

        The others are held where they are. More of the first coordinate makes outcomes larger throughout, or smaller.
        """
        k = len(self.predicted)
        low, high = value.T
        seen = low == high
        single = self.base._from_coordinates(*(np.zeros(()) for _ in range(k)), **constants)
        drift = single._drift(np.ones(()))
        up, down = (low, high) if drift[0] is None or drift[0] > 0 else (-high, -low)
        cone = np.zeros((len(value), 2 * k, k))
        cone[:, 0, 0] = np.where(np.isneginf(up), 0.0, 1.0)
        cone[:, 1, 0] = np.where(np.isposinf(down), 0.0, -1.0)
        for j in range(1, k):
            cone[:, 2 * j, j], cone[:, 2 * j + 1, j] = 1.0, -1.0
        own = self.base._recession(low[seen], constants) if seen.any() else None
        if own is not None:
            cone[seen] = 0.0
            cone[seen, : own.shape[1]] = own
        return cone
