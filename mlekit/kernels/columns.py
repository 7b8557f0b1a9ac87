"""The function of columns.c: rows of a matrix that lies in columns."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int, Shaped

from mlekit.kernels.loading import address_of, library

__all__ = ["Columns"]


class Columns(NamedTuple):
    """Where columns of numbers in double precision lie; whoever holds this must keep the columns alive.

    Attributes:
        starts: the address of each.
        steps: how many numbers further each next one is.
    """

    starts: Int[np.ndarray, " columns"]
    steps: Int[np.ndarray, " columns"]

    @classmethod
    def of(cls, columns: list[Shaped[np.ndarray, " rows"]]) -> Columns | None:
        """None where some column is of other numbers, or there is no kernel.

        >>> Columns.of([np.array([1, 2])]) is None
        True
        """
        suits = all(
            column.dtype == np.float64 and column.flags.aligned and column.strides[0] % 8 == 0
            for column in columns
        )
        if not suits or library() is None:
            return None
        starts = np.array([address_of(column) for column in columns], np.int64)
        return cls(starts, np.array([column.strides[0] // 8 for column in columns], np.int64))

    def fill(
        self,
        out: Float[np.ndarray, "rows columns"],
        first: int,
        positions: Int[np.ndarray, " rows"] | None,
        center: Float[np.ndarray, " columns"] | None,
        scale: Float[np.ndarray, " columns"] | None,
    ) -> None:
        """Write rows, and (x − center)/scale of them where there is a center, into an array of either precision.

        Args:
            out: has them one after the other.
            first: the row to begin with.
            positions: the rows to take instead, as 64-bit numbers.
            center: in double precision, as is the scale.
            scale: see center.
        """
        arrays = (positions, center, scale)
        places = [None if array is None else address_of(array) for array in arrays]
        function = _functions()[out.dtype.type]
        function(*out.shape, address_of(self.starts), address_of(self.steps), first, *places, address_of(out))


@cache
def _functions() -> dict[type, Any]:
    loaded = library()
    assert loaded is not None
    number, address = ctypes.c_ssize_t, ctypes.c_void_p
    functions: dict[type, Any] = {
        np.float64: loaded.rows_of_columns_double,
        np.float32: loaded.rows_of_columns_single,
    }
    for function in functions.values():
        function.argtypes = (number, number, address, address, number, *(address,) * 4)
        function.restype = None
    return functions
