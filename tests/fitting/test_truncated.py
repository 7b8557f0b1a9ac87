"""Fits of truncated families: against statsmodels, direct optimization, and worlds whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

import mlekit as mk
from mlekit.errors import DataError, ParameterError

DAYS = [1, 1, 1, 2, 2, 3, 1, 4, 2, 1, 5, 3, 2, 6, 4, 1, 7, 3, 8, 5]


def incomes(rows: int, unit: float = 1.0) -> pd.DataFrame:
    """A line with Gaussian errors, of which only what is positive was recorded."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=rows)
    y = unit * (1 + 0.5 * x + 1.3 * rng.standard_normal(rows))
    return pd.DataFrame({"x": x, "y": y})[y > 0]


def test_counts_without_zeros_agree_with_statsmodels() -> None:
    """statsmodels 0.15.0: TruncatedLFPoisson(days, [1, dose], truncation=0).fit(method="newton")."""
    frame = pd.DataFrame({"days": DAYS, "dose": np.arange(20) / 10})
    model = mk.fit("days ~ dose", frame, mk.Truncated.of(mk.Poisson, low=1))
    np.testing.assert_allclose(model.coefficients, [-0.12488790234018034, 1.04234470415458], rtol=1e-7)
    assert model.log_likelihood(frame) == pytest.approx(-32.77586425360238, rel=1e-9)
    assert isinstance(model(frame), mk.Truncated)
    assert model(frame).prob(0).max() == 0
    with pytest.raises(DataError, match="holds 0 at row 0"):
        mk.fit("days ~ dose", frame.assign(days=[0, *DAYS[1:]]), mk.Truncated.of(mk.Poisson, low=1))


@pytest.mark.parametrize("unit", [1.0, 1e6])
def test_truncated_regression_agrees_with_direct_optimization(unit: float) -> None:
    """In any units of the target, whose bound keeps its place."""
    data = incomes(400, unit)
    model = mk.fit("y ~ x", data, mk.Truncated.of(mk.Gaussian, low=0.0))

    def nll(theta: Any) -> float:
        location, scale = unit * (theta[0] + theta[1] * data["x"]), unit * np.exp(theta[2])
        return float(-stats.truncnorm.logpdf(data["y"], -location / scale, np.inf, location, scale).sum())

    best = optimize.minimize(nll, np.array([1.0, 0.5, 0.3]), method="BFGS", options={"gtol": 1e-5})
    intercept, slope, log_scale = (float(value) for value in model.coefficients)
    ours = [intercept / unit, slope / unit, log_scale - np.log(unit)]
    np.testing.assert_allclose(ours, best.x, atol=1e-4)
    assert -1e-9 * abs(best.fun) < model.log_likelihood(data) + best.fun < 1e-6 * abs(best.fun)


def test_the_truth_is_recovered_and_saved(tmp_path: Path) -> None:
    data = incomes(3000)
    family = mk.Truncated.of(mk.Gaussian, low=0.0)
    model = mk.fit("y ~ x", data, family)
    np.testing.assert_allclose(model.coefficients, [1.0, 0.5, np.log(1.3)], atol=0.15)
    assert (
        mk.fit("y ~ x", data, mk.Gaussian).coefficients["loc", "x"] < 0.35
    )  # what forgetting the bound costs
    model.save(tmp_path / "incomes.mlekit")
    again = mk.load(tmp_path / "incomes.mlekit")
    assert again.log_likelihood(data) == model.log_likelihood(data)
    assert repr(again(data)) == repr(model(data))
    assert (model.predict(data) > 0).all()


def test_a_network_and_censoring_know_the_bound() -> None:
    data = incomes(600).assign(seen=lambda d: d["y"] < 3, top=lambda d: np.minimum(d["y"], 3.0))
    family = mk.Truncated.of(mk.Gaussian.family(scale=1.3), low=0.0)
    plain, censored = mk.fit("y ~ x", data, family), mk.fit("Surv(top, seen) ~ x", data, family)
    np.testing.assert_allclose(censored.coefficients, plain.coefficients, atol=0.2)
    network = mk.fit("y ~ x", data, family, network=mk.MLP(4), seed=0, optimizer=mk.Adam(epochs=60))
    assert network.log_likelihood(data) > plain.log_likelihood(data) - 20


def test_bounds_that_make_no_family_are_refused() -> None:
    with pytest.raises(ParameterError, match="low must be below high"):
        mk.Truncated.of(mk.Gaussian, low=1.0, high=1.0)
    with pytest.raises(ParameterError, match="no family of numbers on a line"):
        mk.Truncated.of(mk.VonMises, low=0.0)
    with pytest.raises(ParameterError, match="has no probability from low 3 to high 2"):
        mk.Truncated(mk.Gaussian(loc=0.0, scale=1.0), low=3.0, high=2.0)
    with pytest.raises(ParameterError, match="Truncated is fitted over"):
        mk.Truncated.family()


@pytest.mark.parametrize(
    ("base", "low", "high"),
    [
        (mk.Gaussian(loc=0.0, scale=1.0), 40.0, np.inf),
        (mk.Gaussian(loc=0.0, scale=1.0), -np.inf, -40.0),
        (mk.Gaussian(loc=0.0, scale=1.0), 40.0, 40.001),
        (mk.Gamma(shape=2.0, rate=1.0), 800.0, np.inf),
        (mk.Cauchy(loc=0.0, scale=1.0), 1e12, np.inf),
        (mk.Poisson(rate=2.0), 300.0, np.inf),
    ],
)
def test_where_the_interval_holds_next_to_nothing(base: mk.Distribution, low: float, high: float) -> None:
    """Where the probability of the interval underflows, everything still agrees with everything."""
    p = mk.Truncated(base, low=low, high=high)
    levels = np.array([0.01, 0.3, 0.5, 0.9, 1 - 1e-6])
    y = p.quantile(levels)
    assert ((y >= low) & (y <= high)).all()
    assert (np.diff(y) >= 0).all()
    if not isinstance(base, mk.Poisson):
        np.testing.assert_allclose(p.cdf(y), levels, rtol=1e-7)
        np.testing.assert_allclose(np.exp(p.log_sf(y)), 1 - levels, rtol=1e-3)
    samples = p.sample(2000, rng=0)
    assert abs((samples <= y[2]).mean() - p.cdf(y[2])) < 0.05
    assert np.isfinite(p.entropy())
