"""One source column: what kind of thing it holds, its levels, and whether new rows hold the same.

Kinds: ``numeric`` (any number), ``boolean`` (0 and 1 in a design), ``categorical`` (text, or a category type).
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from mlekit.errors import DataError
from mlekit.frames.tables import rows_of

__all__ = ["Column", "Kind", "Label", "Source", "check_complete", "check_finite", "kind_of", "numbers"]

Kind: TypeAlias = Literal["numeric", "boolean", "categorical"]

# Labels such as '0', '1', '2', '3+' are few. Numbers that a file holds as text are many, and nothing else is there.
_MOST_NUMBERED_LABELS = 20
_FEW_OTHERS = 0.1
Label: TypeAlias = str | bool | int | float
Source: TypeAlias = np.ndarray | pd.Categorical


@dataclass(frozen=True)
class Column:
    """What a column was when the model was fitted.

    Attributes:
        kind: The kind of its values.
        levels: The labels that occurred, in the order of their categories (else sorted); the first one is the
            reference of treatment coding. None for a column that no term reads as labels.

    >>> Column.learn("site", pd.Series(["b", "a", "b"]), labelled=False)
    Column(kind='categorical', levels=('a', 'b'))
    """

    kind: Kind
    levels: tuple[Label, ...] | None = None

    @classmethod
    def learn(cls, name: str, series: pd.Series, *, labelled: bool) -> Column:
        """Learn a column; ``labelled`` says that a term reads its values as labels (``C(rank)``)."""
        kind = kind_of(name, series)
        if kind != "categorical" and not labelled:
            return cls(kind)
        check_complete(name, series)
        if isinstance(series.dtype, pd.CategoricalDtype):
            used = np.unique(series.cat.codes.to_numpy())
            levels = series.cat.categories[used].tolist()
        else:
            levels = pd.Categorical(series.astype(object)).categories.tolist()
            if not labelled:
                _refuse_numbers_in_text(name, levels, series)
        return cls(kind, tuple(_label(name, level) for level in levels))

    def apply(self, name: str, series: pd.Series) -> Source:
        """Return the values of new rows: numbers or bool, or for a column with levels the levels themselves.

        NaN and infinities may be among the floats still; see `check_finite`.

        Raises:
            DataError: if the values are of another kind, or a level is new.
        """
        kind = kind_of(name, series)
        if self.levels is not None:
            return self._labels(name, series, kind, self.levels)
        if kind == "categorical":
            raise DataError(
                f"column {name!r} was {self.kind} when the model was fitted, but holds {series.dtype} values such "
                f"as {_first(name, series)!r} now: convert it, as with pd.to_numeric(data[{name!r}])"
            )
        if self.kind == "numeric":
            plain = isinstance(series.dtype, np.dtype) and series.dtype.kind in "iuf"
            return series.to_numpy() if plain else numbers(series)
        check_complete(name, series)
        values = numbers(series)
        strange = np.flatnonzero((values != 0.0) & (values != 1.0))
        if strange.size:
            raise DataError(
                f"column {name!r} was boolean when the model was fitted, but holds {values[strange[0]]!r} in "
                f"{rows_of(series.index, strange)}: give True and False, or 1 and 0"
            )
        return values.astype(bool)

    def _labels(self, name: str, series: pd.Series, kind: Kind, levels: tuple[Label, ...]) -> Source:
        check_complete(name, series)
        known = pd.Index(list(levels), dtype=object)
        if isinstance(series.dtype, pd.CategoricalDtype):
            codes = known.get_indexer(series.cat.categories.astype(object))[series.cat.codes.to_numpy()]
        else:
            codes = known.get_indexer(pd.Index(series.astype(object), dtype=object))
        unseen = np.flatnonzero(codes < 0)
        if unseen.size:
            value = series.iloc[unseen[0]]
            numeric = not isinstance(levels[0], str)
            told = "numbers" if numeric else "text"
            remedy = (
                f"its levels were {told} then: convert the column"
                if isinstance(value, str) == numeric
                else "leave such rows out, or fit with rows that have the level"
            )
            raise DataError(
                f"column {name!r} holds {value!r} in {rows_of(series.index, unseen)}, a level that the model was "
                f"not fitted with (it knows {_listed(levels)}): {remedy}"
            )
        if self.kind == "categorical":
            return pd.Categorical.from_codes(codes, categories=known)
        return np.asarray(levels)[codes]


def kind_of(name: str, series: pd.Series) -> Kind:
    """Return the kind of a column's values.

    Raises:
        DataError: for complex numbers, dates and times, mixed types and nested values, each with a remedy.
    """
    dtype = series.dtype
    if isinstance(dtype, (pd.CategoricalDtype, pd.StringDtype)):
        return "categorical"
    if pd.api.types.is_bool_dtype(dtype):
        return "boolean"
    if pd.api.types.is_complex_dtype(dtype):
        raise DataError(
            f"column {name!r} is complex: take its real and imaginary parts as columns of their own"
        )
    if pd.api.types.is_numeric_dtype(dtype):
        return "numeric"
    found = pd.api.types.infer_dtype(series.astype(object), skipna=True)
    match found:
        case "string":
            return "categorical"
        case "boolean":
            return "boolean"
        case "integer" | "floating" | "mixed-integer-float" | "decimal":
            return "numeric"
    first = _first(name, series)
    if isinstance(first, (datetime.date, datetime.time, datetime.timedelta, np.datetime64, pd.Period)):
        remedy = "take numbers from it, such as .dt.year, .dt.dayofweek or the days since a date"
    elif found.startswith("mixed-integer"):
        remedy = "make all of them text, or all numbers"
    else:
        remedy = "make numbers, booleans or text of it"
    raise DataError(f"column {name!r} holds {type(first).__qualname__} values such as {first!r}: {remedy}")


def numbers(series: pd.Series) -> np.ndarray:
    """Return numbers or booleans as float64 (without a copy where they are), missing ones as NaN."""
    if isinstance(series.dtype, np.dtype) and series.dtype != object:
        return np.asarray(series.to_numpy(), dtype=np.float64)
    return series.to_numpy(dtype=np.float64, na_value=np.nan)


def check_complete(name: str, series: pd.Series) -> None:
    """Raise a DataError that names the rows where a column has no value."""
    missing = np.flatnonzero(series.isna().to_numpy())
    if missing.size:
        raise DataError(
            f"column {name!r} has {missing.size} missing value{'s' * (missing.size > 1)} (NaN or None), in "
            f"{rows_of(series.index, missing)}: fill them, or leave the rows out with "
            f"data.dropna(subset=[{name!r}])"
        )


def check_finite(name: str, values: Source, index: pd.Index) -> None:
    """Raise a DataError that names the rows where a column is NaN or infinite."""
    if isinstance(values, pd.Categorical) or values.dtype.kind != "f":
        return
    with np.errstate(all="ignore"):
        if np.isfinite(values.sum()):  # a sum is finite only if all are; one pass without a mask
            return
    check_complete(name, pd.Series(values, index=index, copy=False))
    infinite = np.flatnonzero(np.isinf(values))
    if infinite.size:
        raise DataError(
            f"column {name!r} is infinite ({values[infinite[0]]}) in {rows_of(index, infinite)}: "
            "replace the value, or leave the row out"
        )


def _first(name: str, series: pd.Series) -> Any:
    present = series.dropna()
    if present.empty:
        check_complete(name, series)
    return present.iloc[0]


def _refuse_numbers_in_text(name: str, levels: Sequence[Any], series: pd.Series) -> None:
    """Refuse text that is nearly all numbers, more of them than labels would be: one 'n/a' in a file makes it so."""
    others = [level for level in levels if not _reads_as_number(level)]
    if len(levels) - len(others) <= _MOST_NUMBERED_LABELS or len(others) > _FEW_OTHERS * len(levels):
        return
    held = f"{len(levels) - len(others)} different numbers"
    if others:
        row = series.index[np.flatnonzero(series == others[0])[0]]
        held += f", and {_listed(others)} (row {row})"
    raise DataError(
        f"column {name!r} is text that holds {held}: make numbers of it, as with "
        f"pd.to_numeric(table[{name!r}], errors='coerce'), or write C({name}) if they are labels"
    )


def _reads_as_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _label(name: str, level: Any) -> Label:
    plain = level.item() if isinstance(level, np.generic) else level
    if not isinstance(plain, str | bool | int | float):
        raise DataError(
            f"column {name!r} has {type(plain).__qualname__} categories such as {plain!r}: "
            "name them by text, as with .astype(str), or by numbers"
        )
    return str(plain) if isinstance(plain, str) else plain


def _listed(levels: Sequence[Label]) -> str:
    more = f" and {len(levels) - 10} more" if len(levels) > 10 else ""
    return ", ".join(map(repr, levels[:10])) + more
