"""Outcomes as users pass them in, made into arrays, and values shown in one line."""

from __future__ import annotations

import reprlib
from typing import Any

import numpy as np
import pandas as pd

from mlekit.arrays import Array, ArrayLike
from mlekit.errors import SupportError

__all__ = ["as_numbers", "brief", "to_float"]


def to_float(value: Any) -> Array:
    """Numbers and booleans as float64, what is missing as NaN; the same array if it is float64 already.

    NumPy alone would read numbers out of text, and turn dates into nanoseconds.

    Raises:
        TypeError, ValueError: for anything else.

    >>> to_float([True, None, 2.5])
    array([1. , nan, 2.5])

    """
    array = np.asarray(value)
    if array.dtype.kind == "O":
        if any(isinstance(element, (str, bytes)) for element in array.reshape(-1).tolist()):
            raise TypeError("text is not a number")
        array = np.where(pd.isna(array), np.nan, array)
    elif array.dtype.kind not in "fiub":
        raise TypeError(f"{array.dtype} is not a number")
    return array.astype(np.float64, copy=False)


def as_numbers(value: ArrayLike, owner: str, what: str) -> np.ndarray:
    """``value`` as a float64 array without NaN.

    Args:
        value: what a user passed in.
        owner: the distribution's class, for the message.
        what: what it stands for, for the message.

    Raises:
        SupportError: for NaN (with how many and where), and for what is no number.

    >>> as_numbers([True, 2], "Gaussian", "an outcome")
    array([1., 2.])

    """
    try:
        array = to_float(value)
    except (TypeError, ValueError):
        raise SupportError(f"{owner}: {what} must be a number, but is {reprlib.repr(value)}") from None
    missing = np.isnan(array)
    if missing.any():
        first = tuple(int(i) for i in np.argwhere(np.atleast_1d(missing))[0])
        raise SupportError(
            f"{owner}: {int(missing.sum())} of {array.size} values are NaN, the first at position {first}; "
            "drop or impute them first"
        )
    return array


def brief(value: Any) -> str:
    """Values in one short line.

    >>> brief(np.linspace(0, 1, 100))
    '[0.      , 0.010101, ..., 0.989899, 1.      ]'
    """
    array = np.asarray(value)
    if array.ndim == 0:
        return f"{array.item():.6g}" if array.dtype.kind == "f" else repr(array.item())
    return np.array2string(array, threshold=6, edgeitems=2, precision=6, separator=", ").replace("\n", "")
