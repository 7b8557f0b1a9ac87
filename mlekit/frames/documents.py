"""Columns and predictors as JSON documents, read back with every part checked and nothing executed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, get_args

from mlekit.errors import FileFormatError
from mlekit.frames.columns import Column, Kind, Label
from mlekit.frames.designs import Predictor

__all__ = ["column_of", "document_of", "entries", "optional_text", "predictor_of", "texts"]

T = TypeVar("T")


def document_of(part: Predictor | Column) -> dict[str, object]:
    """Return a predictor or a column as plain JSON types."""
    if isinstance(part, Column):
        return {"kind": part.kind, "levels": None if part.levels is None else list(part.levels)}
    return {
        "formula": part.formula,
        "columns": list(part.columns),
        "intercept": part.intercept,
        "state": dict(part.state),
    }


def predictor_of(document: object) -> Predictor:
    """Return the predictor that a document describes; its formula is read against the allow-list."""
    predictor = Predictor(
        formula=_part(document, "formula", str),
        columns=texts(document, "columns"),
        intercept=_part(document, "intercept", bool),
        state=entries(document, "state"),
    )
    if predictor.right.intercept is not predictor.intercept:
        raise FileFormatError(
            f"'intercept' is {predictor.intercept}, against the formula {predictor.formula!r}"
        )
    if predictor.state and set(predictor.state) != {"transforms", "levels"}:
        raise FileFormatError(
            f"'state' has the parts {sorted(predictor.state)}, not 'transforms' and 'levels'"
        )
    return predictor


def column_of(document: object) -> Column:
    """Return the column that a document describes."""
    kind: Kind | None = next(
        (known for known in get_args(Kind) if known == _part(document, "kind", str)), None
    )
    if kind is None:
        raise FileFormatError(f"'kind' is {_part(document, 'kind', str)!r}, not one of {get_args(Kind)}")
    if _part(document, "levels", object) is None and kind != "categorical":
        return Column(kind)
    levels: list[Label] = []
    for level in _part(document, "levels", list):
        if not isinstance(level, str | bool | int | float):
            raise FileFormatError(f"'levels' holds {level!r}, which is no label")
        levels.append(level)
    if not levels:
        raise FileFormatError("'levels' is empty: a column that was fitted has a level")
    return Column(kind, tuple(levels))


def entries(document: object, key: str) -> dict[str, object]:
    """Return a part that is an object, by its keys."""
    return dict(_part(document, key, dict))


def texts(document: object, key: str) -> tuple[str, ...]:
    """Return a part that is a list of texts."""
    items = _part(document, key, list)
    if not all(isinstance(item, str) for item in items):
        raise FileFormatError(f"{key!r} is {items!r}, not a list of texts")
    return tuple(items)


def optional_text(document: object, key: str) -> str | None:
    """Return a part that is a text or null."""
    return None if _part(document, key, object) is None else _part(document, key, str)


def _part(document: object, key: str, kind: type[T]) -> T:
    if not isinstance(document, Mapping) or key not in document:
        raise FileFormatError(f"the description of an encoding lacks {key!r}")
    value = document[key]
    if not isinstance(value, kind):
        raise FileFormatError(f"{key!r} is {value!r}, not a {kind.__name__}")
    return value
