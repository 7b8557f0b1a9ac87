"""The array types that every room speaks.

Shapes are written in the types (``Float[np.ndarray, "rows outputs"]``) and checked at run time by the tests
through beartype. Three names stand for most of what the public functions take and return:

* `Array`: float values of any shape. For a batch of shape ``()`` NumPy returns its scalar ``np.float64``
  instead of an array of no dimensions; static checkers see one type, as in NumPy's own stubs.
* `Labels`: values of a target that need not be numbers (strings, booleans, categories).
* `ArrayLike`: whatever ``np.asarray`` turns into numbers: scalars, lists, arrays, pandas and Polars Series.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Float, Int, Shaped

if TYPE_CHECKING:
    import pandas as pd

    Array: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.floating[Any]]]
    BoolArray: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    Labels: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[Any]]
    ArrayLike: TypeAlias = float | bool | Sequence[Any] | np.ndarray[Any, Any] | np.generic | pd.Series[Any]
else:
    Array: TypeAlias = Float[np.ndarray, "..."] | np.floating
    BoolArray: TypeAlias = np.ndarray | np.bool_
    Labels: TypeAlias = Shaped[np.ndarray, "..."] | np.generic | str | bool | int | float
    ArrayLike: TypeAlias = Any

__all__ = [
    "Array",
    "ArrayLike",
    "BoolArray",
    "Labels",
    "RowSource",
    "TakesRows",
    "pick",
    "positions_of",
    "read_only",
    "row_blocks",
    "split",
    "sum_last",
    "unwrap",
]


Values = TypeVar("Values")

_MOST_ROWS = 2**14  # large enough for BLAS, small enough for the cache
_FEWEST_ROWS = 64


@runtime_checkable
class RowSource(Protocol):
    """A matrix that is read a block of rows at a time: an array, or what makes the rows as they are read."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the rows."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice, /) -> Float[np.ndarray, "rows columns"]:
        """Rows that follow each other."""
        ...


@runtime_checkable
class TakesRows(RowSource, Protocol):
    """One that can be asked for any rows."""

    def take(self, positions: Int[np.ndarray, " rows"], /) -> RowSource:
        """Some of the rows, in the order given."""
        ...


def unwrap(array: Values) -> Values:
    """An array of no dimensions as the scalar in it; anything else as it is.

    >>> unwrap(np.array(0.5))
    np.float64(0.5)
    """
    unwrapped: Any = array[()] if isinstance(array, np.ndarray) else array
    return unwrapped  # type: ignore[no-any-return]


def read_only(array: Values) -> Values:
    """The same array, which from now on refuses to be written into.

    >>> read_only(np.zeros(2)).flags.writeable
    False
    """
    if isinstance(array, np.ndarray):
        array.flags.writeable = False
    return array


def row_blocks(
    rows: int, columns: int = 1, *, values: int = 2**18, most: int = _MOST_ROWS
) -> Iterator[slice]:
    """The rows of a matrix in order, so many at a time that what is computed of them takes little memory.

    Args:
        rows: how many there are.
        columns: of the matrix.
        values: the most in a block, unless it has few rows.
        most: of rows in a block.

    >>> list(row_blocks(30_000))
    [slice(0, 16384, None), slice(16384, 30000, None)]
    """
    step = min(most, max(_FEWEST_ROWS, values // max(1, columns)))
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))


def positions_of(rows: int) -> Int[np.ndarray, " rows"]:
    """0, 1, 2, ...: in half the memory where 32 bits hold them.

    >>> positions_of(3)
    array([0, 1, 2], dtype=int32)
    """
    return np.arange(rows, dtype=np.int32 if rows <= np.iinfo(np.int32).max else np.int64)


def sum_last(array: Array) -> Array:
    """Σ over the last axis; of a vector, NumPy's scalar.

    >>> sum_last(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([3., 7.])
    """
    total: Array = array.sum(axis=-1)
    return total


def pick(condition: BoolArray, chosen: Array | float, otherwise: Array | float) -> Array:
    """np.where of numbers, by their bits: as fast where conditions alternate as where they do not.

    NumPy's own takes a branch an element, which processors guess wrongly half of the time: four times as slow.

    >>> pick(np.array([True, False]), np.array([1.0, 2.0]), 3.0)
    array([1., 3.])
    """
    first, second = np.asarray(chosen), np.asarray(otherwise)
    if first.dtype != np.float64 or second.dtype != np.float64:
        return np.where(condition, chosen, otherwise)
    mask = np.negative(condition.view(np.int8), dtype=np.int64)
    bits, other = first.view(np.int64), second.view(np.int64)
    picked: Array = (((bits ^ other) & mask) ^ other).view(np.float64)
    return picked


def split(
    condition: BoolArray, first: Callable[..., Any], second: Callable[..., Any], *arguments: Array
) -> Array:
    """Element by element one of two functions, neither evaluated where the other is asked for.

    Args:
        condition: where to take the first.
        first: of arrays of arguments, elementwise.
        second: the same.
        *arguments: what they are functions of; they broadcast with the condition.

    >>> split(np.array([True, False]), np.log, np.exp, np.array([1.0, 0.0]))
    array([0., 1.])
    """
    condition, *arrays = np.broadcast_arrays(condition, *arguments)
    rows = np.flatnonzero(condition)
    if len(rows) == condition.size:
        return np.asarray(first(*arrays))
    if not len(rows):
        return np.asarray(second(*arrays))
    found = first(*(array.take(rows) for array in arrays))
    value = np.empty(condition.shape, found.dtype)
    np.put(value, rows, found)
    rows = np.flatnonzero(~condition)
    np.put(value, rows, second(*(array.take(rows) for array in arrays)))
    return value
