"""What a fit costs as tables grow: memory by the row, and steps."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest

import mlekit as mk

COLUMNS = 10


def table(rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    data = {f"x{column}": rng.standard_normal(rows) for column in range(COLUMNS)}
    return pd.DataFrame({**data, "y": data["x0"] + rng.standard_normal(rows)}, copy=False)


def most_bytes(data: pd.DataFrame, network: mk.Network) -> int:
    optimizer = mk.Newton() if network == mk.Linear() else mk.Adam(epochs=0.1)
    tracemalloc.start()
    mk.fit("y ~ .", data, mk.Gaussian, network=network, optimizer=optimizer, progress=False)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


@pytest.mark.parametrize(("network", "item"), [(mk.Linear(), 8), (mk.MLP(4), 4)])
def test_a_row_takes_no_more_memory_than_two_of_its_design(network: mk.Network, item: int) -> None:
    data = table(180_000)
    few, many = (most_bytes(data.head(rows), network) for rows in (90_000, 180_000))
    assert many - few < 2 * item * COLUMNS * 90_000


@pytest.mark.parametrize("weighted", [False, True])
def test_least_squares_is_where_a_gaussian_fit_begins(weighted: bool) -> None:
    data = table(500)
    weights = np.random.default_rng(1).integers(0, 4, 500).astype(float) if weighted else np.ones(500)
    design = np.column_stack([np.ones(500), data.drop(columns="y")])
    root = np.sqrt(weights)
    expected, *_ = np.linalg.lstsq(design * root[:, None], data["y"] * root)
    scale = np.sqrt(weights @ np.square(data["y"] - design @ expected) / weights.sum())
    model = mk.fit("y ~ .", data, mk.Gaussian, weights=weights)
    assert len(model.history) <= 2
    np.testing.assert_allclose(model.coefficients["loc"], expected, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(model.coefficients["scale"], np.log([scale]), rtol=1e-11)


def test_a_scale_with_a_formula_starts_at_that_of_the_residuals() -> None:
    data = table(2000)
    data["y"] = data["x0"] + np.exp(-4 + 0.5 * data["x1"]) * np.random.default_rng(2).standard_normal(2000)
    model = mk.fit({"loc": "y ~ x0", "scale": "~ x1"}, data, mk.Gaussian)
    rate = model(data).score(data["y"])[:, 1]
    assert model.converged
    np.testing.assert_allclose([rate.sum(), rate @ data["x1"]], [0.0, 0.0], atol=1e-6)
