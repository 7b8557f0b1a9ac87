"""Answers about categories, as a target's columns give them: one column of labels, or a column a category.

Several columns hold, for each category, one-hot answers, soft labels (probabilities) or counts. Whole
numbers throughout are counts; otherwise every row must sum to one.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlekit.arrays import ArrayLike, Labels
from mlekit.distributions.labels import as_labels, codes_of, label_array
from mlekit.distributions.outcomes import to_float
from mlekit.distributions.target import first_row
from mlekit.errors import TargetError

__all__ = ["encode_categories", "learn_categories", "refuse_unordered"]

_SUM_TOLERANCE = 1e-6


def learn_categories(target: pd.DataFrame, declared: ArrayLike | None) -> Labels:
    """The categories of a target: its column names, or the labels of its single column in their order.

    Args:
        target: the target columns.
        declared: the categories in the order wanted, if the user says so.

    Raises:
        TargetError: for a single class, and for a category that never occurs: its log-odds would be −inf.
    """
    if target.shape[1] > 1:
        return as_labels(label_array([str(name) for name in target.columns]), target.shape[1])
    name, column = target.columns[0], target.iloc[:, 0]
    _refuse_missing(target)
    if declared is not None:
        categories = label_array(declared)
    elif isinstance(column.dtype, pd.CategoricalDtype):
        categories = label_array(column.cat.categories)
    else:
        categories = _sorted_labels(label_array(column))
    present = np.unique(codes_of(column, categories))
    if len(categories) < 2:
        raise TargetError(
            f"column {name!r} holds one class only ({categories.tolist()[0]!r} in all {len(target)} rows), so "
            "there is nothing to predict; collect rows of another class"
        )
    if present[0] < 0:
        stray = codes_of(column, categories) < 0
        raise TargetError(
            f"column {name!r} holds {column.iloc[int(np.argmax(stray))]!r} at {first_row(target, stray)}, which is "
            f"not among the declared categories {categories.tolist()}"
        )
    if len(present) < len(categories):
        absent = [label for k, label in enumerate(categories.tolist()) if k not in present]
        raise TargetError(
            f"column {name!r} declares categories that no row holds: {absent}; their log-odds would be −inf. "
            f"Remove them with data[{name!r}].cat.remove_unused_categories(), or collect rows that hold them"
        )
    return as_labels(categories, len(categories))


def refuse_unordered(target: pd.DataFrame, family: str) -> None:
    """Refuse a single column of labels that say nothing of their order."""
    column = target.iloc[:, 0]
    ordered = isinstance(column.dtype, pd.CategoricalDtype) and column.cat.ordered
    if target.shape[1] == 1 and not ordered and label_array(column.dropna()).dtype.kind not in "iufb":
        name = target.columns[0]
        raise TargetError(
            f"column {name!r} is to be {family}, but its labels have no order; use numbers, an ordered pandas "
            f"categorical (data[{name!r}] = pd.Categorical(data[{name!r}], categories=[...], ordered=True)), or "
            f"{family}.family(categories=[...]) with the labels in order"
        )


def _sorted_labels(labels: Labels) -> Labels:
    distinct = pd.unique(labels)
    try:
        return np.sort(distinct)
    except TypeError:  # labels of several types have no order; they keep that of their appearance
        return label_array(distinct.tolist())


def _refuse_missing(target: pd.DataFrame) -> None:
    missing = target.iloc[:, 0].isna().to_numpy()
    if missing.any():
        raise TargetError(
            f"column {target.columns[0]!r} is missing at {first_row(target, missing)}; drop such rows"
        )


def encode_categories(target: pd.DataFrame, categories: Labels) -> np.ndarray:
    """Codes for a column of labels (−1 for a label that is not a category), else the columns' weights.

    Raises:
        TargetError: for columns that are not numbers, and rows that are neither soft labels nor counts.
    """
    if target.shape[1] == 1:
        _refuse_missing(target)
        return codes_of(target.iloc[:, 0], categories)
    try:
        weights = np.stack([to_float(target.iloc[:, j]) for j in range(target.shape[1])], axis=1)
    except (TypeError, ValueError):
        raise TargetError(
            f"the target columns {list(target.columns)} must hold soft labels or counts, but some are not numbers"
        ) from None
    bad = ~np.isfinite(weights) | (weights < 0)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        where = first_row(target, np.asarray(bad.any(axis=1)))
        raise TargetError(
            f"column {target.columns[column]!r} holds {weights[row, column]:g} at {where}; "
            "soft labels and counts are finite and not negative"
        )
    sums = weights.sum(axis=1)
    counts = (weights == np.floor(weights)).all()
    off = sums <= 0 if counts else np.abs(sums - 1) > _SUM_TOLERANCE
    if off.any():
        raise TargetError(
            f"the soft labels {list(target.columns)} sum to {sums[np.argmax(off)]:.9g} at {first_row(target, off)}; "
            "soft labels of a row sum to 1 (divide by the sum), counts are whole numbers of which some is positive"
        )
    return weights
