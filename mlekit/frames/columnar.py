"""Design matrices that stay in the table's columns until their rows are read.

A design matrix of plain columns holds nothing that the table does not hold already. A fit reads it from one end to the
other, as often as it takes or once to keep what it makes of it in single precision; so it is filled in block by block,
as it is read, and no copy of the whole is made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped

from mlekit.kernels import Columns

__all__ = ["Design"]

# What is filled in together: so many values, or rows, that the lines of memory that neighbouring columns share stay in
# a processor's cache, and that a column's part is long enough to be worth a call.
_BLOCK_VALUES = 2**17
_BLOCK_ROWS = 1024
_DOUBLE: np.dtype[Any] = np.dtype(np.float64)


@dataclass(frozen=True, eq=False)
class Design:
    """A matrix by columns, read by rows: a slice of it is an array.

    Attributes:
        factors: For each column, the columns of the table whose product it is; most often one.
        rows: The number of rows of those columns.
        positions: Which of the rows the design has; None for all of them.
        dtype: Of what is read, whatever the table's columns are: float64 or float32.
        center: What each column is lessened by as it is read; None for nothing.
        scale: What it is divided by then.

    >>> design = Design(((np.array([1, 2, 3]),), (np.array([1, 2, 3]), np.array([0.5, 0.5, 1.0]))), rows=3)
    >>> design[:2]
    array([[1. , 0.5],
           [2. , 1. ]])
    >>> design.take(np.array([2, 0])).standardized(np.ones(2), np.array([2.0, 1.0]), np.dtype(np.float32))[:]
    array([[ 1. ,  2. ],
           [ 0. , -0.5]], dtype=float32)
    """

    factors: tuple[tuple[Shaped[np.ndarray, " table"], ...], ...]
    rows: int
    positions: Int[np.ndarray, " rows"] | None = None
    dtype: np.dtype[Any] = _DOUBLE
    center: Float[np.ndarray, " columns"] | None = None
    scale: Float[np.ndarray, " columns"] | None = None

    @classmethod
    def of(cls, matrix: Float[np.ndarray, "rows columns"]) -> Design:
        """A matrix that was computed."""
        columns = np.ascontiguousarray(matrix.T)
        return cls(tuple((column,) for column in columns), len(matrix))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self), len(self.factors)

    def __len__(self) -> int:
        return self.rows if self.positions is None else len(self.positions)

    def __getitem__(self, rows: slice) -> Float[np.ndarray, "rows columns"]:
        """Some rows that follow each other, as a new C-contiguous array."""
        start, stop, _ = rows.indices(len(self))
        matrix = np.empty((max(0, stop - start), len(self.factors)), self.dtype)
        with np.errstate(all="ignore"):
            for first in range(0, len(matrix), self._step):
                self._fill(matrix[first : first + self._step], start + first)
        return matrix

    def _fill(self, out: Float[np.ndarray, "rows columns"], first: int) -> None:
        """Write the rows from a first one on."""
        chosen = self._chosen(first, first + len(out))
        if self._columns is not None:
            positions = None if isinstance(chosen, slice) else chosen.astype(np.int64)
            self._columns.fill(out, first, positions, self.center, self.scale)
            return
        for column, (one, *others) in enumerate(self.factors):
            values = one[chosen].astype(np.float64, copy=bool(others))
            for other in others:
                values *= other[chosen]
            if self.center is not None and self.scale is not None:
                values = (values - self.center[column]) / self.scale[column]
            out[:, column] = values

    @cached_property
    def _columns(self) -> Columns | None:
        """The columns as they lie, if each is one of the table's, of numbers in double precision."""
        plain = [column for column, *others in self.factors if not others]
        return Columns.of(plain) if len(plain) == len(self.factors) else None

    def __getstate__(self) -> dict[str, Any]:
        # Where the columns lie is true in this process only.
        return {name: value for name, value in vars(self).items() if name != "_columns"}

    @property
    def total(self) -> float:
        """The sum of all values, which is finite only if all of them are."""
        with np.errstate(all="ignore"):
            return sum(
                float(self[start : start + self._step].sum()) for start in range(0, len(self), self._step)
            )

    @property
    def _step(self) -> int:
        return max(_BLOCK_ROWS, _BLOCK_VALUES // max(1, len(self.factors)))

    def _chosen(self, start: int, stop: int) -> slice | Int[np.ndarray, " rows"]:
        return slice(start, stop) if self.positions is None else self.positions[start:stop]

    def standardized(
        self,
        center: Float[np.ndarray, " columns"],
        scale: Float[np.ndarray, " columns"],
        dtype: np.dtype[Any],
    ) -> Design:
        """The same rows, read as (x − center)/scale, computed in double precision; none that are so already."""
        assert self.center is None
        if not center.any() and (scale == 1).all():
            return replace(self, dtype=dtype)
        # As the kernel reads them.
        center, scale = np.ascontiguousarray(center, np.float64), np.ascontiguousarray(scale, np.float64)
        return replace(self, dtype=dtype, center=center, scale=scale)

    def take(self, positions: Int[np.ndarray, " rows"]) -> Design:
        """Some of the rows, counted from 0, in the order given."""
        chosen = positions if self.positions is None else self.positions[positions]
        return replace(self, positions=chosen)

    @classmethod
    def beside(cls, designs: list[Design], rows: int) -> Design:
        """Designs of the same rows side by side; one without columns, of so many rows, if there are none."""
        if not designs:
            return cls((), rows)
        factors = tuple(column for design in designs for column in design.factors)
        return cls(factors, designs[0].rows, designs[0].positions)
