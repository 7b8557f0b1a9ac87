"""Fits of ordered categories: a published fit, parameters that return, intercepts, separation."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pandas as pd
import pytest

import mlekit as mk
from tests.support import shared_data

ROWS = 4000


@pytest.fixture(scope="module")
def housing() -> pd.DataFrame:
    """Satisfaction of 1681 residents of Copenhagen (Madsen 1976), as shipped with R's MASS."""
    table = pd.read_csv(shared_data("r_datasets/MASS__housing.csv"))
    levels = {
        "Sat": ["Low", "Medium", "High"],
        "Infl": ["Low", "Medium", "High"],
        "Type": ["Tower", "Apartment", "Atrium", "Terrace"],
        "Cont": ["Low", "High"],
    }
    for name, values in levels.items():
        table[name] = pd.Categorical(table[name], categories=values, ordered=name == "Sat")
    return table


def test_housing_as_published(housing: pd.DataFrame) -> None:
    """What R prints for polr(Sat ~ Infl + Type + Cont, weights = Freq) of MASS (Venables & Ripley 2002, 7.3)."""
    model = mk.fit("Sat ~ Infl + Type + Cont", housing, mk.OrderedCategorical, weights="Freq")
    assert np.round(model.coefficients["loc"], 4).tolist() == [
        0.5664,
        1.2888,
        -0.5724,
        -0.3662,
        -1.0910,
        0.3603,
    ]
    np.testing.assert_array_equal(model(housing).cutpoints.round(4)[0], [-0.4961, 0.6907])
    assert round(-2 * model.facts.log_likelihood, 3) == 3479.149
    assert round(model.aic, 3) == 3495.149
    assert model.converged


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_the_score_of_the_fit_is_zero_in_arbitrary_precision(housing: pd.DataFrame, link: str) -> None:
    family = mk.OrderedCategorical.family(link=link)
    model = mk.fit("Sat ~ Infl + Cont", housing, family, weights="Freq")
    design = pd.get_dummies(housing[["Infl", "Cont"]], drop_first=True).to_numpy(float)
    codes, weights = housing["Sat"].cat.codes.to_numpy(), housing["Freq"].to_numpy()

    def log_likelihood(*theta: Any) -> Any:
        beta, cutpoints = theta[:3], [-mpmath.inf, theta[3], theta[4], mpmath.inf]
        total = mpmath.mpf(0)
        for x, k, w in zip(design, codes, weights, strict=True):
            eta = mpmath.fdot(x, beta)
            low, high = (cutpoints[j] - eta for j in (k, k + 1))
            if link == "probit":
                total += int(w) * mpmath.log(mpmath.ncdf(high) - mpmath.ncdf(low))
            else:
                total += int(w) * mpmath.log(1 / (1 + mpmath.exp(-high)) - 1 / (1 + mpmath.exp(-low)))
        return total

    theta = np.append(model.coefficients["loc"], model(housing).cutpoints[0]).tolist()
    with mpmath.workdps(30):
        assert float(log_likelihood(*theta)) == pytest.approx(model.facts.log_likelihood, rel=1e-13)
        for j in range(5):
            order = tuple(int(i == j) for i in range(5))
            assert abs(mpmath.diff(log_likelihood, theta, order)) < 1e-8


def simulated(link: str = "logit") -> pd.DataFrame:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"x": rng.normal(size=ROWS), "z": rng.normal(2000.0, 10.0, size=ROWS)})
    loc = 1.5 * table["x"] - 0.05 * (table["z"] - 2000)
    truth = mk.OrderedCategorical(loc=loc, cutpoints=[-1.0, 0.25, 2.0], categories=[1, 2, 3, 5], link=link)
    return table.assign(y=truth.sample(rng=1))


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_parameters_return(link: str, tmp_path: Path) -> None:
    data = simulated(link)
    model = mk.fit("y ~ x + I(z - 2000)", data, mk.OrderedCategorical.family(link=link))
    np.testing.assert_allclose(model.coefficients["loc"], [1.5, -0.05], rtol=0.07)
    np.testing.assert_allclose(model(data).cutpoints[0], [-1.0, 0.25, 2.0], atol=0.12)
    assert model.n_parameters == 5
    assert model.loss_name == "cumulative-link negative log-likelihood"
    assert set(model.predict(data)) == {1, 2, 3, 5}
    # Without an intercept to take up a shift: the same fit far from the origin.
    shifted = mk.fit("y ~ x + z", data, mk.OrderedCategorical.family(link=link))
    assert shifted.facts.log_likelihood == pytest.approx(model.facts.log_likelihood, rel=1e-10)
    model.save(tmp_path / "ordered.mlekit")
    again = mk.load(tmp_path / "ordered.mlekit")
    np.testing.assert_array_equal(again(data).probs, model(data).probs)
    assert again(data).link == link


def test_without_predictors_the_shares_return() -> None:
    data = simulated()
    model = mk.fit("y ~ 1", data, mk.OrderedCategorical)
    np.testing.assert_allclose(model(data).probs[0], data["y"].value_counts(normalize=True).sort_index())
    assert model.n_parameters == 3


def test_a_network_predicts_the_location_and_the_cutpoints_are_shared() -> None:
    data = simulated()
    data["y"] = mk.OrderedCategorical(loc=2 * np.sin(2 * data["x"]), cutpoints=[-1.0, 1.0]).sample(rng=2)
    linear = mk.fit("y ~ x", data, mk.OrderedCategorical)
    model = mk.fit("y ~ x", data, mk.OrderedCategorical, network=mk.MLP(16), seed=0)
    p = model(data)
    assert (p.cutpoints == p.cutpoints[0]).all()
    assert np.diff(p.cutpoints[0]) == pytest.approx(2.0, rel=0.1)
    assert np.corrcoef(p.loc, np.sin(2 * data["x"]))[0, 1] > 0.96
    assert model.log_likelihood(data) > linear.log_likelihood(data) + 300


def test_cutpoints_may_be_fixed_or_have_their_own_formula() -> None:
    data = simulated()
    fixed = mk.fit("y ~ x", data, mk.OrderedCategorical.family(cutpoints=[-1.0, 0.25, 2.0]))
    assert fixed.coefficients.index.tolist() == [("loc", "Intercept"), ("loc", "x")]
    np.testing.assert_array_equal(fixed(data).cutpoints, [-1.0, 0.25, 2.0])
    shared = mk.fit("y ~ x", data, mk.OrderedCategorical)
    both = mk.fit({"loc": "y ~ x", "cutpoints": "~ I(x > 0)"}, data, mk.OrderedCategorical)
    assert both.n_parameters == shared.n_parameters + 3
    assert shared.facts.log_likelihood < both.facts.log_likelihood < shared.facts.log_likelihood + 15


def test_a_constant_column_is_collinear_with_the_cutpoints() -> None:
    data = simulated().assign(one=1.0, site=lambda d: np.where(d["x"] > 0, "a", "b"))
    with pytest.raises(mk.FitError, match="column 'one' is constant"):
        mk.fit("y ~ x + one", data, mk.OrderedCategorical)
    with pytest.raises(mk.FitError, match=re.escape("['site[a]', 'site[b]'] are collinear")):
        mk.fit("y ~ 0 + site", data, mk.OrderedCategorical)


def test_separation_is_named() -> None:
    data = simulated()
    data["y"] = np.digitize(data["x"], [-1.0, 1.0])
    with pytest.raises(mk.FitError, match=re.escape("completely separated") + ".*loc: x → \\+∞"):
        mk.fit("y ~ x", data, mk.OrderedCategorical)
    mk.fit("y ~ x", data, mk.OrderedCategorical, prior=mk.Gaussian(loc=0, scale=1))
    # Only the highest category can be told for certain.
    data = simulated().assign(top=lambda d: (d["y"] == 5).astype(float))
    with pytest.raises(mk.FitError, match=r"separated.*loc: top → \+∞"):
        mk.fit("y ~ x + top", data, mk.OrderedCategorical)


def test_several_columns_are_answers_in_the_order_of_the_columns(housing: pd.DataFrame) -> None:
    keys = ["Infl", "Type", "Cont"]
    counts = housing.pivot_table("Freq", keys, "Sat", observed=True).reset_index()
    counts.columns = [str(name) for name in counts.columns]
    wide = mk.fit("Low + Medium + High ~ Infl + Type + Cont", counts, mk.OrderedCategorical)
    long = mk.fit("Sat ~ Infl + Type + Cont", housing, mk.OrderedCategorical, weights="Freq")
    np.testing.assert_allclose(wide.coefficients, long.coefficients, rtol=1e-7)
    assert wide.facts.log_likelihood == pytest.approx(long.facts.log_likelihood, rel=1e-12)


def test_information_between_ordered_categories() -> None:
    p = mk.OrderedCategorical(loc=[0.0, 1.0], cutpoints=[-1.0, 1.0])
    q = mk.OrderedCategorical(loc=0.5, cutpoints=[-1.0, 1.0], link="probit")
    np.testing.assert_allclose(mk.kl(p, q), (p.probs * (p.log_probs - q.log_probs)).sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(mk.entropy(p), -(p.probs * p.log_probs).sum(axis=1), rtol=1e-13)
    np.testing.assert_array_equal(mk.kl(p, p), 0)
