"""What a type checker must accept, and with which types. mypy reads this file; nothing runs it.

To add an expectation, write a line: ``assert_type(expression, Type)``.
"""

from __future__ import annotations

from typing import assert_type

import numpy as np
import pandas as pd

import mlekit
from mlekit.arrays import Array, ArrayLike, BoolArray, Labels
from mlekit.errors import (
    DataError,
    FileFormatError,
    FitError,
    FormulaError,
    MlekitError,
    ParameterError,
    SupportError,
    TargetError,
)

assert_type(mlekit.__version__, str)


def errors_are_the_built_in_ones_too() -> None:
    of_value: list[type[ValueError]] = [
        DataError,
        FileFormatError,
        FitError,
        FormulaError,
        ParameterError,
        SupportError,
        TargetError,
    ]
    of_mlekit: list[type[MlekitError]] = [DataError, ParameterError, TargetError]
    of_data: list[type[DataError]] = [TargetError]
    assert_type((of_value, of_mlekit, of_data)[2][0], type[DataError])


def numbers_in_many_forms(
    series: pd.Series[float], array: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> None:
    forms: list[ArrayLike] = [1, 2.5, True, [1, 2], (0.5, 1.0), [[1.0], [2.0]], np.float32(3), array, series]
    assert_type(forms[0], ArrayLike)


def arrays_of_any_float(half: np.ndarray[tuple[int, int], np.dtype[np.float16]], values: Array) -> None:
    widened: Array = half
    total: Array = values + widened
    positive: BoolArray = values > 0
    assert_type((total, positive), tuple[Array, BoolArray])


def labels_of_any_kind(words: np.ndarray[tuple[int], np.dtype[np.str_]], truths: BoolArray) -> None:
    kinds: list[Labels] = [words, truths]
    assert_type(kinds[0], Labels)
