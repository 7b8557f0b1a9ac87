"""Design matrices that stay in the table's columns until their rows are read.

A design matrix of plain columns holds nothing that the table does not hold already. A fit reads it a few times from
one end to the other, and keeps what it makes of it (in single precision, standardized); so it is filled in block by
block, as it is read, and no copy of the whole is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped

__all__ = ["Design"]

# What is filled in together: so many values, or rows, that the lines of memory that neighbouring columns share stay in
# a processor's cache, and that a column's part is long enough to be worth a call.
_BLOCK_VALUES = 2**17
_BLOCK_ROWS = 1024


@dataclass(frozen=True, eq=False)
class Design:
    """A matrix by columns, read by rows: a slice of it is an array.

    Attributes:
        factors: For each column, the columns of the table whose product it is; most often one.
        rows: The number of rows of those columns.
        positions: Which of the rows the design has; None for all of them.

    >>> design = Design(((np.array([1, 2, 3]),), (np.array([1, 2, 3]), np.array([0.5, 0.5, 1.0]))), rows=3)
    >>> design[:2]
    array([[1. , 0.5],
           [2. , 1. ]])
    >>> design.take(np.array([2, 0]))[:]
    array([[3. , 3. ],
           [1. , 0.5]])
    """

    factors: tuple[tuple[Shaped[np.ndarray, " table"], ...], ...]
    rows: int
    positions: Int[np.ndarray, " rows"] | None = None

    @classmethod
    def of(cls, matrix: Float[np.ndarray, "rows columns"]) -> Design:
        """A matrix that was computed."""
        columns = np.ascontiguousarray(matrix.T)
        return cls(tuple((column,) for column in columns), len(matrix))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self), len(self.factors)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of what is read: float64, whatever the table's columns are."""
        return np.dtype(np.float64)

    def __len__(self) -> int:
        return self.rows if self.positions is None else len(self.positions)

    def __getitem__(self, rows: slice) -> Float[np.ndarray, "rows columns"]:
        """Some rows that follow each other, as a new C-contiguous array."""
        start, stop, _ = rows.indices(len(self))
        matrix = np.empty((max(0, stop - start), len(self.factors)))
        step = self._step
        with np.errstate(all="ignore"):
            for first in range(0, len(matrix), step):
                part = matrix[first : first + step]
                chosen = self._chosen(start + first, start + first + len(part))
                for column, (one, *others) in enumerate(self.factors):
                    part[:, column] = one[chosen]
                    for other in others:
                        part[:, column] *= other[chosen]
        return matrix

    @property
    def total(self) -> float:
        """The sum of all values, which is finite only if all of them are."""
        step = self._step
        with np.errstate(all="ignore"):
            return sum(float(self[start : start + step].sum()) for start in range(0, len(self), step))

    @property
    def _step(self) -> int:
        return max(_BLOCK_ROWS, _BLOCK_VALUES // max(1, len(self.factors)))

    def _chosen(self, start: int, stop: int) -> slice | Int[np.ndarray, " rows"]:
        return slice(start, stop) if self.positions is None else self.positions[start:stop]

    def take(self, positions: Int[np.ndarray, " rows"]) -> Design:
        """Some of the rows, in the order given."""
        chosen = positions if self.positions is None else self.positions[positions]
        return Design(self.factors, self.rows, chosen)

    @classmethod
    def beside(cls, designs: list[Design], rows: int) -> Design:
        """Designs of the same rows side by side; one without columns, of so many rows, if there are none."""
        if not designs:
            return cls((), rows)
        factors = tuple(column for design in designs for column in design.factors)
        return cls(factors, designs[0].rows, designs[0].positions)
