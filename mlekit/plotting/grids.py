"""Tables of grid points, to ask a predictor about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from mlekit.errors import ParameterError

__all__ = ["grid_of", "span"]


def span(data: pd.DataFrame, column: str, margin: float = 0.0) -> tuple[float, float]:
    """The range of a numeric column, wider by a share of itself on both sides.

    Raises:
        ParameterError: for a column that is missing, not numeric, or constant.

    >>> span(pd.DataFrame({"x": [0.0, 10.0]}), "x", margin=0.05)
    (-0.5, 10.5)
    """
    if column not in data.columns:
        raise ParameterError(f"the table has no column {column!r} to draw along; it has {list(data.columns)}")
    values = data[column]
    if not is_numeric_dtype(values) or is_bool_dtype(values):
        raise ParameterError(f"column {column!r} holds {values.dtype}, but an axis needs numbers")
    low, high = float(values.min()), float(values.max())
    if not low < high:
        raise ParameterError(f"column {column!r} has no range to draw: it lies in [{low:g}, {high:g}]")
    return low - margin * (high - low), high + margin * (high - low)


def grid_of(columns: Mapping[str, np.ndarray], at: Mapping[str, Any] | None) -> pd.DataFrame:
    """Grid points as rows: these columns, and the other columns held at a value each.

    >>> grid_of({"x": np.array([1.0, 2.0])}, {"site": "a"})
         x site
    0  1.0    a
    1  2.0    a
    """
    table = pd.DataFrame(dict(columns))
    for name, value in (at or {}).items():
        if name in columns:
            raise ParameterError(f"column {name!r} is drawn along, so it cannot be held at {value!r}")
        table[name] = value
    return table
