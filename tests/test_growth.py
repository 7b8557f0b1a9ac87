"""What a fit costs as tables grow: memory by the row, and steps."""

from __future__ import annotations

import tracemalloc
from typing import Any

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


@pytest.mark.parametrize("network", [mk.Linear(), mk.MLP(4)])
def test_a_row_takes_no_more_memory_than_two_of_its_design(network: mk.Network) -> None:
    data = table(180_000)
    few, many = (most_bytes(data.head(rows), network) for rows in (90_000, 180_000))
    assert many - few < 2 * 4 * COLUMNS * 90_000


def counted(rows: int) -> pd.DataFrame:
    """A table with targets of several kinds, a weight and an exposure."""
    rng = np.random.default_rng(3)
    data = table(rows)
    rate = np.exp(0.3 * data["x0"] - 0.2 * data["x1"])
    return data.assign(
        n=rng.poisson(rate), yes=rng.random(rows) < rate / (1 + rate), w=rng.integers(0, 3, rows), e=0.1
    )


@pytest.mark.parametrize(
    ("formula", "family", "more"),
    [
        ("y ~ x0 + x1:x2 + x3", mk.Gaussian, {}),
        ("n ~ x0 + C(w) + x1 - 1", mk.Poisson, {"offset": "e"}),
        ("yes ~ x0 * x1", mk.Bernoulli, {"weights": "w"}),
        ({"loc": "y ~ x0", "scale": "~ x1 + x2"}, mk.Gaussian, {"weights": "w"}),
        ("y ~ x0 + x1", mk.Laplace, {}),
        ("n ~ x0 + x2", mk.Poisson, {"validation": 0.2}),
    ],
    ids=str,
)
def test_a_fit_is_the_same_whether_its_design_is_kept_or_not(
    formula: Any, family: Any, more: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = counted(20_000 if family is not mk.Laplace else 500)
    kept = mk.fit(formula, data, family, **more)
    monkeypatch.setattr("mlekit.estimation._FEW_VALUES", 0)
    read = mk.fit(formula, data, family, **more)
    np.testing.assert_allclose(read.theta, kept.theta, rtol=1e-9, atol=1e-9)
    assert read.converged == kept.converged
    np.testing.assert_allclose(read.log_likelihood(data), kept.log_likelihood(data), rtol=1e-12)


def test_what_has_no_maximum_is_refused_without_a_design_that_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mlekit.estimation._FEW_VALUES", 0)
    data = counted(3000).assign(one=1.0, twice=lambda d: 2 * d["x0"], apart=lambda d: d["x0"] > 0)
    with pytest.raises(mk.errors.FitError, match=r"columns \['x0', 'twice'\] are collinear"):
        mk.fit("y ~ x0 + twice + x1", data, mk.Gaussian)
    with pytest.raises(mk.errors.FitError, match="column 'one' is constant"):
        mk.fit("y ~ one + x1", data, mk.Gaussian, weights="w")
    with pytest.raises(mk.errors.FitError, match=r"completely separated.*x0 → \+∞"):
        mk.fit("apart ~ x0 + x1", data, mk.Bernoulli)


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
