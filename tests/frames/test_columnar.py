"""Designs are read a block of rows at a time, and are the same matrix however they are read."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlekit.arrays import RowSource
from mlekit.frames import Design, Encoding


def design(rows: int, columns: int) -> tuple[Design, np.ndarray]:
    """A design of columns and products of neighbours, and the matrix that it is."""
    values = np.random.default_rng(rows).normal(size=(columns, rows))
    factors = [(column,) for column in values] + list(pairwise(values))
    matrix = np.column_stack([*values, *(values[:-1] * values[1:])]) if columns else np.empty((rows, 0))
    return Design(tuple(factors), rows), matrix


@given(st.integers(1, 3000), st.integers(0, 4), st.data())
def test_any_rows_are_those_of_the_matrix(rows: int, columns: int, data: st.DataObject) -> None:
    source, matrix = design(rows, columns)
    start = data.draw(st.integers(0, rows))
    stop = data.draw(st.integers(start, rows + 10))
    assert isinstance(source, RowSource)
    assert source.shape == matrix.shape
    np.testing.assert_array_equal(source[start:stop], matrix[start:stop])
    order = np.random.default_rng(0).permutation(rows)[: max(1, rows // 2)]
    taken = source.take(order).take(np.arange(len(order))[::-1].copy())
    np.testing.assert_array_equal(taken[:], matrix[order[::-1]])
    assert len(taken) == len(order)


@pytest.mark.parametrize("rows", [0, 1, 127, 128, 1500])
@pytest.mark.parametrize("columns", [0, 1, 8, 11])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("taken", [False, True])
@pytest.mark.parametrize(
    "laid_out",
    [
        np.array,
        np.asfortranarray,
        lambda matrix: np.repeat(matrix, 2, axis=0)[::-2],
        lambda matrix: matrix[:, ::-1],
    ],
    ids=["by rows", "by columns", "backwards", "columns backwards"],
)
def test_rows_are_standardized_as_they_are_read(
    rows: int,
    columns: int,
    dtype: type[np.floating],
    taken: bool,
    laid_out: Callable[[np.ndarray], np.ndarray],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(rows)
    matrix = laid_out(rng.normal(size=(rows, columns)))
    center, scale = rng.normal(size=columns), rng.uniform(0.5, 2.0, columns)
    source = Design(tuple((column,) for column in matrix.T), rows)
    if taken:
        order = rng.permutation(rows).astype(np.int32)
        source, matrix = source.take(order), matrix[order]
    read = source.standardized(center, scale, np.dtype(dtype))
    assert isinstance(read, RowSource)
    assert read[:].dtype == read.dtype == dtype
    expected = ((matrix - center) / scale).astype(dtype)
    np.testing.assert_array_equal(read[:], expected)
    np.testing.assert_array_equal(read[3:130], expected[3:130])
    np.testing.assert_array_equal(
        source.standardized(0 * center, 0 * scale + 1, np.dtype(dtype))[:], matrix.astype(dtype)
    )
    monkeypatch.setattr(Design, "_columns", None)  # as without kernels, and for columns of other numbers
    np.testing.assert_array_equal(read[:], expected)
    np.testing.assert_array_equal(source[5:], matrix[5:])


def test_a_design_that_was_read_can_be_pickled() -> None:
    source, matrix = design(50, 1)  # of plain columns, whose addresses it knows by now
    np.testing.assert_array_equal(source[:], matrix)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(source))[:], matrix)


def test_designs_stand_side_by_side() -> None:
    one, first = design(5, 2)
    two = Design.of(np.arange(10.0).reshape(5, 2))
    order = np.array([4, 0])
    together = Design.beside([one.take(order), two.take(order)], 2)
    np.testing.assert_array_equal(together[:], np.column_stack([first, two[:]])[order])
    assert Design.beside([], 7)[:].shape == (7, 0)


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int64", "float32", "float64", "bool"])
def test_columns_of_any_number_are_read_in_double_precision(dtype: str) -> None:
    data = pd.DataFrame({"a": [0, 1, 1, 100], "b": [1, 1, 0, 100], "y": 1.0}).astype({"a": dtype, "b": dtype})
    rows = Encoding.learn("y ~ a * b", data)[1]
    exact = data[["a", "b"]].to_numpy(dtype=float)
    matrix = rows.inputs[""][:]
    assert matrix.dtype == np.float64
    np.testing.assert_array_equal(matrix, np.column_stack([exact, exact.prod(axis=1)]))
    squares = Encoding.learn("y ~ {a ** 2} + b", data.astype({"a": "int8"}))[1].inputs[""][:]
    np.testing.assert_array_equal(
        sorted(squares.max(axis=0)), sorted([exact[:, 1].max(), exact[:, 0].max() ** 2])
    )


def test_plain_columns_are_not_copied() -> None:
    data = pd.DataFrame(np.random.default_rng(0).normal(size=(50, 3)), columns=["a", "b", "y"])
    factors = Encoding.learn("y ~ a + b", data)[1].inputs[""].factors
    assert all(np.shares_memory(factor, data[name]) for (factor,), name in zip(factors, "ab", strict=True))
