"""Fits to censored targets: against R's survival, lifelines, direct optimization, and worlds whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

import mlekit as mk
from mlekit.errors import DataError, FitError
from tests.support import shared_data

pytestmark = pytest.mark.usefixtures("unchecked_shapes")  # looked at in other tests, in a third of the time


def coefficients(model: mk.Model[Any]) -> list[float]:
    return [float(value) for value in model.coefficients]


def lifetimes(rows: int, seed: int = 0) -> pd.DataFrame:
    """Weibull lifetimes of scale exp(1 + x/2) and shape 2, observed until a time of its own each."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    time, until = np.exp(1 + 0.5 * x) * rng.weibull(2.0, rows), rng.exponential(4.0, rows)
    return pd.DataFrame({"time": np.minimum(time, until), "seen": time <= until, "x": x})


# ---- other systems ----------------------------------------------------------------------------------------


def test_lung_cancer_agrees_with_survreg() -> None:
    """As R prints it: survival::survreg(Surv(time, status) ~ age + sex, lung)."""
    lung = pd.read_csv(shared_data("survival/lung.csv"))
    model = mk.fit("Surv(time, status) ~ age + sex", lung, mk.Weibull)
    *slopes, log_shape = coefficients(model)
    np.testing.assert_allclose(slopes, [6.27485306, -0.01225703, 0.38208514], rtol=0, atol=6e-9)
    assert np.exp(-log_shape) == pytest.approx(0.7540509, abs=6e-8)
    assert round(model.log_likelihood(lung), 1) == -1147.1
    alone = mk.fit("Surv(time, status) ~ 1", lung, mk.Weibull)
    assert round(alone.log_likelihood(lung), 1) == -1153.9
    assert 2 * (model.log_likelihood(lung) - alone.log_likelihood(lung)) == pytest.approx(13.59, abs=0.005)


def test_ovarian_cancer_agrees_with_survreg() -> None:
    """From the examples of R's survreg: dist="exponential", and dist="weibull" with scale=1."""
    ovarian = pd.read_csv(shared_data("r_datasets/survival__ovarian.csv")).rename(columns={"ecog.ps": "ecog"})
    formula = "Surv(futime, fustat) ~ ecog + rx"
    exponential = mk.fit(formula, ovarian, mk.Exponential)
    expected = [6.9618376, -0.4331347, 0.5815027]
    np.testing.assert_allclose(coefficients(exponential), np.negative(expected), rtol=0, atol=6e-8)
    assert round(exponential.log_likelihood(ovarian), 1) == -97.2
    held = mk.fit(formula, ovarian, mk.Weibull.family(shape=1.0))
    np.testing.assert_allclose(coefficients(held), expected, rtol=0, atol=6e-8)


def test_tobin_agrees_with_survreg() -> None:
    """Tobin (1958), as R prints survreg(Surv(durable, durable > 0, type="left") ~ age + quant, dist="gaussian")."""
    bought = {1: 0.7, 7: 3.7, 9: 3.0, 10: 10.4, 14: 1.5, 17: 3.5, 18: 6.1}
    age = [57.7, 50.9, 48.5, 41.7, 47.7, 59.8, 44.3, 45.1, 51.7, 50.0]
    age += [46.8, 58.0, 58.9, 40.0, 34.1, 39.9, 33.4, 48.1, 46.6, 53.1]
    quant = [
        236,
        283,
        207,
        220,
        238,
        216,
        284,
        221,
        275,
        269,
        207,
        249,
        246,
        277,
        231,
        219,
        240,
        266,
        214,
        251,
    ]
    tobin = pd.DataFrame({"durable": [bought.get(i, 0.0) for i in range(20)], "age": age, "quant": quant})
    tobin["bought"] = tobin["durable"] > 0
    model = mk.fit('Surv(durable, bought, type="left") ~ age + quant', tobin, mk.Gaussian)
    assert [round(value, 4) for value in coefficients(model)] == [15.1449, -0.1291, -0.0455, 1.7179]
    assert round(model.log_likelihood(tobin), 1) == -28.9


@pytest.mark.parametrize(
    ("family", "common", "with_age"),
    [
        (mk.Weibull, -2607.1125729630694, -2604.174654231944),
        (mk.LogNormal, -2586.2907488762667, -2583.8322472703103),
        (mk.LogLogistic, -2594.2391167239575, -2591.5123138350536),
    ],
)
def test_breast_cancer_agrees_with_lifelines(family: Any, common: float, with_age: float) -> None:
    """Log-likelihoods of lifelines 0.30.3's AFT fitters, whose optimizer stops a little below the maximum."""
    patients = pd.read_csv(shared_data("survival/gbsg2.csv"))
    formula = "Surv(time, cens) ~ age + tsize + pnodes"
    model = mk.fit(formula, patients, family)
    assert 0 <= model.log_likelihood(patients) - common < 1e-4
    first, second = (parameter.name for parameter in family.predicted)
    both = mk.fit({first: formula, second: "~ age"}, patients, family)
    assert -1e-9 <= both.log_likelihood(patients) - with_age < 1e-4


def test_interval_censoring_agrees_with_direct_optimization() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=200)
    y = 1 + 2 * x + 1.5 * rng.standard_normal(200)
    frame = pd.DataFrame({"x": x, "low": np.floor(y), "high": np.floor(y) + 1})
    frame.loc[::7, "low"], frame.loc[3::7, "high"] = np.nan, np.inf
    model = mk.fit('Surv(low, high, type="interval") ~ x', frame, mk.Gaussian)
    low = frame["low"].fillna(-np.inf).to_numpy()

    def nll(theta: Any) -> float:
        location, scale = theta[0] + theta[1] * x, np.exp(theta[2])
        mass = stats.norm.cdf(frame["high"], location, scale) - stats.norm.cdf(low, location, scale)
        return float(-np.log(np.maximum(mass, 1e-300)).sum())

    best = optimize.minimize(nll, np.array([1.0, 2.0, 0.5]), method="BFGS", options={"gtol": 1e-6})
    np.testing.assert_allclose(coefficients(model), best.x, atol=2e-6)
    assert model.log_likelihood(frame) == pytest.approx(-best.fun, abs=1e-9)


# ---- worlds whose truth is known --------------------------------------------------------------------------


def test_the_truth_is_recovered_where_dropping_the_censored_rows_misleads() -> None:
    data = lifetimes(4000)
    model = mk.fit("Surv(time, seen) ~ x", data, mk.Weibull)
    np.testing.assert_allclose(coefficients(model), [1.0, 0.5, np.log(2.0)], atol=0.06)
    dropped = mk.fit("time ~ x", data[data["seen"]], mk.Weibull)
    assert dropped.coefficients["scale", "Intercept"] < 0.85
    assert isinstance(model(data), mk.Weibull)
    assert model.predict(data).name == "time"


@pytest.mark.parametrize(
    "family", [mk.Exponential, mk.Gamma, mk.Gumbel, mk.Logistic, mk.InverseGaussian, mk.Poisson, mk.Geometric]
)
def test_the_gradient_vanishes_at_the_maximum(family: Any) -> None:
    data = lifetimes(300).assign(time=lambda d: np.ceil(5 * d["time"]))
    model = mk.fit("Surv(time, seen) ~ x", data, family)
    assert model.converged
    eta = np.stack([model.coefficients.to_numpy()[0] + model.coefficients.to_numpy()[1] * data["x"]], axis=1)
    rest = np.broadcast_to(model.coefficients.to_numpy()[2:], (len(data), len(model.coefficients) - 2))
    target = model.regression.encoding.encode(data, target=True).target
    assert target is not None
    head = model.head.member
    score = head.score(np.concatenate([eta, rest], axis=1), head.encode(target))
    scale = np.sqrt(np.square(score).sum(axis=0))
    assert (np.abs(score.sum(axis=0)) < 1e-5 * scale).all()
    assert abs(score[:, 0] @ data["x"]) < 1e-5 * scale[0]


def test_weights_count_rows_and_held_parameters_stay() -> None:
    data = lifetimes(80)
    counts = np.random.default_rng(1).integers(0, 4, 80)
    weighted = mk.fit("Surv(time, seen) ~ x", data, mk.LogNormal.family(scale=0.7), weights=counts)
    repeated = mk.fit(
        "Surv(time, seen) ~ x", data.loc[data.index.repeat(counts)], mk.LogNormal.family(scale=0.7)
    )
    np.testing.assert_allclose(coefficients(weighted), coefficients(repeated), rtol=1e-9)
    assert (weighted(data).scale == 0.7).all()


def test_a_network_learns_from_censored_rows() -> None:
    data = lifetimes(600)
    model = mk.fit("Surv(time, seen) ~ x", data, mk.Weibull, network=mk.MLP(8), seed=1)
    assert model.facts.validation_rows == 60
    truth = mk.fit("Surv(time, seen) ~ x", data, mk.Weibull)
    new = lifetimes(2000, seed=1)
    assert model.log_likelihood(new) > truth.log_likelihood(new) - 60
    np.testing.assert_allclose(model(new).scale, np.exp(1 + 0.5 * new["x"]), rtol=0.7)


def test_saved_models_keep_their_target(tmp_path: Path) -> None:
    data = lifetimes(100)
    model = mk.fit("Surv(time, seen == True) ~ x", data, mk.Weibull)
    model.save(tmp_path / "lifetimes.mlekit")
    again = mk.load(tmp_path / "lifetimes.mlekit")
    assert again.log_likelihood(data) == model.log_likelihood(data)
    assert "Surv(time, seen == True) ~ x" in repr(again)
    assert again.loss_name == "censored Weibull negative log-likelihood"
    with pytest.raises(DataError, match="known by intervals, which have no entropy"):
        again.decompose(data)


# ---- maxima that do not exist -----------------------------------------------------------------------------


@pytest.mark.parametrize("family", [mk.Weibull, mk.Exponential, mk.Gaussian, mk.Gamma])
def test_a_group_without_events_is_named(family: Any) -> None:
    data = lifetimes(200).assign(group=["new"] * 30 + ["old"] * 170)
    data.loc[data["group"] == "new", "seen"] = False
    with pytest.raises(FitError, match=r"seen and those that are not are .* group\[T.old\] → [+−]∞"):
        mk.fit("Surv(time, seen) ~ x + group", data, family)
    model = mk.fit("Surv(time, seen) ~ x + group", data, family, prior=mk.Gaussian(loc=0, scale=1))
    assert model.converged


def test_targets_that_one_outcome_explains_are_refused() -> None:
    data = lifetimes(50)
    for family in (mk.Weibull, mk.Exponential):
        with pytest.raises(FitError, match="every row is censored on the right"):
            mk.fit("Surv(time, seen) ~ x", data.assign(seen=False), family)
    with pytest.raises(FitError, match=r"may be 1 in every row.* its spread to zero"):
        mk.fit("Surv(time, seen) ~ x", data.assign(time=1.0), mk.Weibull)
