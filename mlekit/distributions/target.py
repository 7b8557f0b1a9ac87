"""Target columns as arrays, checked against the support: every error names column, row, value and remedy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mlekit.arrays import Array
from mlekit.distributions.domain import Interval
from mlekit.distributions.outcomes import to_float
from mlekit.errors import TargetError

__all__ = ["binary_target", "first_row", "numeric_target", "refuse_single_class"]


def numeric_target(target: pd.DataFrame, outcomes: Interval, family: str) -> Array:
    """The only column of ``target`` as float64 within ``outcomes``.

    Raises:
        TargetError: for text, infinities and values outside the support.
    """
    name, column = _only_column(target, family)
    try:
        values = to_float(column)
    except (TypeError, ValueError):
        shown = sorted({repr(value) for value in column.head(1000)})[:3]
        raise TargetError(
            f"column {name!r} is to be {family}, which needs numbers, but it holds {', '.join(shown)}; "
            "use Categorical for labels, or convert it with pd.to_numeric"
        ) from None
    finite = np.isfinite(values)
    if not finite.all():
        raise TargetError(f"column {name!r} is not finite at {first_row(target, ~finite)}; drop such rows")
    inside = outcomes.contains(values)
    if not inside.all():
        raise TargetError(
            f"column {name!r} holds {values[np.argmin(inside)]:g} at {first_row(target, ~inside)}, but {family} "
            f"needs values in {outcomes}; remove such rows or choose a family with that support"
        )
    return values


def binary_target(target: pd.DataFrame, family: str) -> Array:
    """The only column of ``target``, booleans or 0/1, as float64."""
    name, column = _only_column(target, family)
    remedy = f"make it boolean, e.g. data[{name!r}] == value, or use Categorical, which keeps labels"
    try:
        values = to_float(column)
    except (TypeError, ValueError):
        shown = sorted({repr(value) for value in column.head(1000)})[:3]
        raise TargetError(
            f"column {name!r} is to be {family}, which needs booleans or 0/1, but it holds {', '.join(shown)}; "
            f"{remedy}"
        ) from None
    valid = (values == 0) | (values == 1)
    if not valid.all():
        raise TargetError(
            f"column {name!r} holds {values[np.argmin(valid)]:g} at {first_row(target, ~valid)}, but {family} "
            f"needs booleans or 0/1; {remedy}"
        )
    return values


def refuse_single_class(values: np.ndarray, name: str, family: str) -> None:
    """A target that shows one class only has no maximum-likelihood fit: its log-odds run away."""
    if len(values) and (values == values[0]).all():
        raise TargetError(
            f"column {name!r} holds one class only ({values[0]:g} in all {len(values)} rows), so the likelihood "
            f"of {family} has no maximum: its log-odds would be infinite; collect rows of another class"
        )


def first_row(target: pd.DataFrame, bad: np.ndarray) -> str:
    """'row LABEL' of the first bad row, and how many there are."""
    label: Any = target.index[int(np.argmax(bad))]
    label = label.item() if isinstance(label, np.generic) else label
    count = int(np.sum(bad))
    return f"row {label!r}" + (f" (and {count - 1} more)" if count > 1 else "")


def _only_column(target: pd.DataFrame, family: str) -> tuple[str, pd.Series[Any]]:
    if target.shape[1] != 1:
        raise TargetError(f"{family} takes one target column, not {list(target.columns)}")
    return str(target.columns[0]), target.iloc[:, 0]
