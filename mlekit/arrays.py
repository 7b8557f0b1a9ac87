"""The array types that every room speaks.

Shapes are written in the types (``Float[np.ndarray, "rows outputs"]``) and checked at run time by the tests
through beartype. Three names stand for most of what the public functions take and return:

* `Array`: float values of any shape. For a batch of shape ``()`` NumPy returns its scalar ``np.float64``
  instead of an array of no dimensions; static checkers see one type, as in NumPy's own stubs.
* `Labels`: values of a target that need not be numbers (strings, booleans, categories).
* `ArrayLike`: whatever ``np.asarray`` turns into numbers: scalars, lists, arrays, pandas and Polars Series.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from jaxtyping import Float, Shaped

if TYPE_CHECKING:
    import pandas as pd

    Array: TypeAlias = np.ndarray[Any, np.dtype[np.floating[Any]]]
    BoolArray: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]
    Labels: TypeAlias = np.ndarray[Any, np.dtype[Any]]
    ArrayLike: TypeAlias = float | bool | Sequence[Any] | np.ndarray[Any, Any] | np.generic | pd.Series[Any]
else:
    Array: TypeAlias = Float[np.ndarray, "..."] | np.floating
    BoolArray: TypeAlias = np.ndarray | np.bool_
    Labels: TypeAlias = Shaped[np.ndarray, "..."] | np.generic | str | bool | int | float
    ArrayLike: TypeAlias = Any

__all__ = ["Array", "ArrayLike", "BoolArray", "Labels"]
