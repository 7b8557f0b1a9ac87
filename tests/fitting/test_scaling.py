"""Standardized columns: means and deviations of any size, with weights, and of a table that is read in parts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import mlekit as mk
from mlekit.fitting.scaling import Scaling

ROWS = 40_000  # several parts of a table of few columns


@pytest.mark.parametrize("weighted", [False, True])
def test_moments_are_those_of_all_rows_together(weighted: bool) -> None:
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(ROWS, 3)) * [1e-3, 1.0, 1e5] + [1e3, -1e8, np.pi]
    columns[:, 2] += np.linspace(0, 1e6, ROWS)  # parts that differ
    weights = rng.integers(0, 3, ROWS).astype(float) if weighted else None
    scaling = Scaling.learn(columns, weights, np.array([True, True, False]))
    mean = np.average(columns, axis=0, weights=weights)
    about = np.where([True, True, False], mean, 0.0)
    np.testing.assert_allclose(scaling.center, about, rtol=1e-12)
    square = np.average(np.square(columns - about), axis=0, weights=weights)
    np.testing.assert_allclose(scaling.scale, np.sqrt(square), rtol=1e-9)


def test_columns_as_far_apart_as_numbers_reach() -> None:
    column = np.repeat([1.7e308, -1.7e308], ROWS // 2)[:, None]
    scaling = Scaling.learn(column, None, np.array([True]))
    np.testing.assert_allclose([scaling.center[0], scaling.scale[0]], [0.0, 1.7e308], atol=1e295)


def test_huge_values_in_rows_without_weight() -> None:
    column = np.r_[1e200, np.arange(5.0)][:, None]
    scaling = Scaling.learn(column, np.r_[0.0, np.ones(5)], np.array([True]))
    np.testing.assert_allclose([scaling.center[0], scaling.scale[0]], [2.0, np.sqrt(2.0)])


@pytest.mark.parametrize("value", [0.0, 1e-3, -7.0, 1e12])
def test_a_constant_column_is_next_to_nothing(value: float) -> None:
    scaling = Scaling.learn(np.full((50, 1), value), None, np.array([True]))
    assert abs(scaling.apply(np.full((1, 1), value), np.float64)[0, 0]) < 1e-12


def test_a_column_that_was_constant_does_not_drown_the_others() -> None:
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=300), "c": 1e-3})
    data["y"] = data["x"] + 0.1 * rng.normal(size=300)
    model = mk.fit("y ~ x + c", data, mk.Gaussian, network=mk.MLP(8), progress=False)
    assert np.corrcoef(model.predict(data.assign(c=1.0)), data["y"])[0, 1] > 0.9
