"""Labels of outcomes: any hashable values, kept as they came, and their integer codes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mlekit.arrays import ArrayLike, Labels
from mlekit.errors import ParameterError, SupportError

__all__ = ["as_labels", "codes_of", "label_array"]

_KINDS: tuple[tuple[frozenset[type], type], ...] = (
    (frozenset({bool, np.bool_}), np.bool_),
    (frozenset({int, np.int64}), np.int64),
    (frozenset({int, float, np.int64, np.float64}), np.float64),
)


def as_labels(categories: ArrayLike | None, count: int, owner: str = "Categorical") -> Labels:
    """``count`` distinct labels as a read-only array that keeps each label's own type."""
    labels = np.arange(count) if categories is None else label_array(categories)
    if labels.ndim != 1 or len(labels) != count:
        raise ParameterError(f"{owner}: {count} probabilities, but {labels.size} categories")
    if len(set(labels.tolist())) != count:
        raise ParameterError(f"{owner}: categories repeat: {labels.tolist()}")
    labels.flags.writeable = False
    return labels


def label_array(values: Any) -> Labels:
    """Labels as an array of its own: all-number and all-boolean ones in such a dtype, others as objects.

    NumPy's own conversion would turn ``["a", 1]`` into two strings, and ``[True, 2]`` into two integers.

    >>> label_array(["a", 1])
    array(['a', 1], dtype=object)
    """
    typed = isinstance(values, (np.ndarray, np.generic, pd.Series, pd.Index, pd.Categorical))
    array = np.array(values) if typed else np.array(values, dtype=object)
    if array.dtype.kind in "iufb":
        return array
    array = array.astype(object)
    kinds = {type(value) for value in array.reshape(-1).tolist()}
    for accepted, dtype in _KINDS:
        if kinds and kinds <= accepted:
            return array.astype(dtype)
    return array


def codes_of(value: Any, categories: Labels) -> np.ndarray:
    """The position of each value among the categories; −1 where it is not one of them.

    Raises:
        SupportError: for missing values.

    >>> codes_of(["b", "z"], as_labels(["a", "b"], 2))
    array([ 1, -1])

    """
    labels = label_array(value)
    missing = np.asarray(pd.isna(labels))
    if missing.any():
        raise SupportError(f"Categorical: {int(missing.sum())} of {labels.size} labels are missing (NaN)")
    kinds = {labels.dtype.kind, categories.dtype.kind}
    if "b" in kinds and kinds <= set("iufb"):  # True is 1, as in NumPy, but not in an index of pandas
        labels, categories = (a.astype(np.int64) if a.dtype.kind == "b" else a for a in (labels, categories))
    # Objects stay objects: pandas would look through all of them for a narrower type.
    known, asked = (pd.Index(a.reshape(-1), dtype=a.dtype) for a in (categories, labels))
    codes = known.get_indexer(asked)
    return np.asarray(codes, dtype=np.int64).reshape(labels.shape)
