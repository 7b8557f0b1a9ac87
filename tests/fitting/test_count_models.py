"""Counts as targets: published fits, known truths, trials from the data, and what has no maximum."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import mlekit as mk
from tests.support import shared_data

pytestmark = pytest.mark.usefixtures("unchecked_shapes")  # looked at in other tests, in a third of the time


def published(name: str) -> tuple[dict[str, Any], pd.DataFrame]:
    entries = json.loads(shared_data("tables/reference_models.json").read_text(encoding="utf-8"))
    entry = next(entry for entry in entries if entry["name"] == name)
    return entry, pd.read_csv(shared_data(entry["file"]))


def of_output(model: mk.Model[Any], output: str) -> pd.Series[float]:
    """Return the coefficients of one output, by term."""
    own = model.coefficients[model.coefficients.index.get_level_values("output") == output]
    return own.droplevel("output")


# ---- published fits (Stata and R, as statsmodels records them) ----------------------------------------------


def test_executions() -> None:
    entry, states = published("glm_cpunish")
    states["LOGVC"] = np.log(states["VC100k96"])
    terms = ["INCOME", "PERPOVERTY", "PERBLACK", "LOGVC", "SOUTH", "DEGREE"]
    model = mk.fit(f"EXECUTIONS ~ {' + '.join(terms)}", states, mk.Poisson)
    np.testing.assert_allclose(of_output(model, "rate")[[*terms, "Intercept"]], entry["params"], rtol=2e-6)
    assert model.facts.log_likelihood == pytest.approx(entry["loglik"], rel=1e-9)


def test_awards() -> None:
    entry, students = published("ucla_awards_poisson")
    model = mk.fit("num_awards ~ C(prog) + math", students, mk.Poisson)
    terms = ["Intercept", "C(prog)[T.2]", "C(prog)[T.3]", "math"]
    np.testing.assert_allclose(of_output(model, "rate")[terms], entry["refit"]["params"], rtol=1e-9)
    assert model.facts.log_likelihood == pytest.approx(entry["refit"]["loglik"], rel=1e-12)


def test_committees() -> None:
    entry, bills = published("glm_committee")
    bills["LOGSTAFF"] = np.log(bills["STAFF"])
    bills["SUBSLOGSTAFF"] = bills["SUBS"] * bills["LOGSTAFF"]
    terms = ["SIZE", "SUBS", "LOGSTAFF", "PRESTIGE", "BILLS103", "SUBSLOGSTAFF"]
    model = mk.fit(f"BILLS104 ~ {' + '.join(terms)}", bills, mk.NegativeBinomial.family(dispersion=1.0))
    # The published fit stopped 2e-8 nats short of the maximum.
    reported = entry["params"]
    np.testing.assert_allclose(of_output(model, "mean")[[*terms, "Intercept"]], reported, rtol=3e-4)
    assert 0 < model.facts.log_likelihood - entry["loglik"] < 1e-7


def test_schools() -> None:
    entry, schools = published("glm_star98")
    schools = schools.rename(columns={"MATHTOT": "TOTAL", "PR50M": "ABOVE"})
    schools["BELOW"] = schools["TOTAL"] - schools["ABOVE"]
    terms = [str(name) for name in schools if name not in ("TOTAL", "ABOVE", "BELOW")]
    model = mk.fit(f"ABOVE + BELOW ~ {' + '.join(terms)}", schools, mk.Binomial)
    np.testing.assert_allclose(
        of_output(model, "logits")[[*terms, "Intercept"]], entry["params"], rtol=2e-5, atol=1e-9
    )
    assert model.facts.log_likelihood == pytest.approx(entry["loglik"], rel=1e-9)


# ---- known truths -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=4000), "z": rng.normal(size=4000)})
    mean, dispersion = np.exp(1 + 0.5 * data["x"]), np.exp(-1 + 0.4 * data["z"])
    probs = 1 / (1 + np.exp(0.3 - 0.8 * data["x"]))
    trials = rng.integers(1, 40, 4000)
    data["events"] = rng.poisson(mean)
    data["claims"] = rng.poisson(mean * rng.gamma(1 / dispersion, dispersion))
    data["failures"] = rng.geometric(probs) - 1
    data["hits"] = rng.binomial(trials, probs)
    data["misses"] = trials - data["hits"]
    data["throws"] = trials
    data["of_ten"] = rng.binomial(10, probs)
    data["clustered"] = rng.binomial(trials, rng.beta(5 * probs, 5 * (1 - probs)))
    data["others"] = trials - data["clustered"]
    data["clustered_of_ten"] = rng.binomial(10, rng.beta(5 * probs, 5 * (1 - probs)))
    return data


LOGITS = {("logits", "Intercept"): -0.3, ("logits", "x"): 0.8}
CLUSTERED = {
    ("mean", "Intercept"): -0.3,
    ("mean", "x"): 0.8,
    ("precision", "Intercept"): np.log(5),
}
MEAN = {("mean", "Intercept"): 1.0, ("mean", "x"): 0.5}
FITS: list[tuple[str | dict[str, str], Any, dict[tuple[str, str], float]]] = [
    ("events ~ x", mk.Poisson, {("rate", "Intercept"): 1.0, ("rate", "x"): 0.5}),
    (
        {"mean": "claims ~ x", "dispersion": "~ z"},
        mk.NegativeBinomial,
        {**MEAN, ("dispersion", "Intercept"): -1.0, ("dispersion", "z"): 0.4},
    ),
    ("claims ~ x", mk.NegativeBinomial.family(dispersion=0.4), MEAN),
    ("failures ~ x", mk.Geometric, LOGITS),
    ("of_ten ~ x", mk.Binomial.family(trials=10), LOGITS),
    ("hits + misses ~ x", mk.Binomial, LOGITS),
    ("hits ~ x", mk.Binomial.family(trials="throws"), LOGITS),
    ("clustered + others ~ x", mk.BetaBinomial, CLUSTERED),
    ("clustered ~ x", mk.BetaBinomial.family(trials="throws"), CLUSTERED),
    (
        {"mean": "clustered_of_ten ~ x", "precision": "~ z"},
        mk.BetaBinomial.family(trials=10),
        {**CLUSTERED, ("precision", "z"): 0.0},
    ),
    (
        "clustered_of_ten ~ x",
        mk.BetaBinomial.family(trials=10, precision=5.0),
        {("mean", "Intercept"): -0.3, ("mean", "x"): 0.8},
    ),
]


@pytest.mark.parametrize(("formula", "family", "truth"), FITS, ids=str)
def test_recovers_and_keeps_known_parameters(
    formula: Any, family: Any, truth: dict[tuple[str, str], float], world: pd.DataFrame, tmp_path: Path
) -> None:
    model = mk.fit(formula, world, family)
    assert model.converged
    for term, value in truth.items():
        assert model.coefficients[term] == pytest.approx(value, abs=0.15)
    model.save(tmp_path / "model")
    again = mk.load(tmp_path / "model")
    pd.testing.assert_frame_equal(again.predict_frame(world), model.predict_frame(world))
    assert again.log_likelihood(world) == model.log_likelihood(world)
    assert model.log_likelihood(world) == pytest.approx(model.facts.log_likelihood, rel=1e-12)
    quick = mk.Adam(steps=500)
    network = mk.fit(formula, world, family, network=mk.MLP(8), optimizer=quick, seed=0)
    assert network.log_likelihood(world) > model.log_likelihood(world) - 0.02 * len(world)


def test_trials_from_the_data_are_those_of_each_row(world: pd.DataFrame) -> None:
    model = mk.fit("hits + misses ~ x", world, mk.Binomial)
    trials, probs = world["hits"] + world["misses"], model(world).probs
    expected = stats.binom(trials, probs).logpmf(world["hits"]).sum()
    assert model.log_likelihood(world) == pytest.approx(expected, rel=1e-12)
    # A prediction is of one trial.
    assert (model(world).trials == 1).all()
    np.testing.assert_array_equal(model.predict(world), probs)
    # One trial a row is a Bernoulli outcome.
    single = world.assign(yes=world["of_ten"] > 3, no=world["of_ten"] <= 3)
    binomial, bernoulli = (
        mk.fit("yes + no ~ x", single, mk.Binomial),
        mk.fit("yes ~ x", single, mk.Bernoulli),
    )
    np.testing.assert_allclose(binomial.coefficients, bernoulli.coefficients, rtol=1e-12)
    np.testing.assert_allclose(binomial.log_likelihood(single), bernoulli.log_likelihood(single), rtol=1e-12)


def test_a_column_of_trials_says_what_successes_and_failures_say(world: pd.DataFrame) -> None:
    column, two = mk.Binomial.family(trials="throws"), mk.Binomial
    said, told = mk.fit("hits ~ x", world, column), mk.fit("hits + misses ~ x", world, two)
    np.testing.assert_array_equal(said.coefficients, told.coefficients)
    assert said.decompose(world).kl == told.decompose(world).kl
    # The dot stands for what is neither target nor trials.
    everything = mk.fit("hits ~ .", world[["x", "hits", "throws"]], column)
    np.testing.assert_array_equal(everything.coefficients, said.coefficients)
    np.testing.assert_array_equal(said.predict(world[["x"]]), told.predict(world[["x"]]))


def test_counts_that_vary_no_more_than_poisson_have_no_dispersion(world: pd.DataFrame) -> None:
    few = world.head(500).assign(events=lambda data: np.rint(np.exp(1 + 0.5 * data["x"])))
    model = mk.fit("events ~ x", few, mk.NegativeBinomial)
    poisson = mk.fit("events ~ x", few, mk.Poisson)
    assert model(few).dispersion.max() < 1e-6
    np.testing.assert_allclose(of_output(model, "mean"), of_output(poisson, "rate"), rtol=1e-5)


# ---- what has no maximum, and what is no count -------------------------------------------------------------


@pytest.mark.parametrize("family", [mk.Poisson, mk.NegativeBinomial, mk.Geometric], ids=str)
def test_a_group_without_any_event_is_named(family: Any, world: pd.DataFrame) -> None:
    data = world.head(600).assign(site=["a", "b", "b"] * 200)
    data.loc[data["site"] == "a", "claims"] = 0
    with pytest.raises(mk.FitError, match=r"separated.*site\[T.b\] → [+−]∞"):
        mk.fit("claims ~ site + x", data, family)


@pytest.mark.parametrize(
    ("formula", "family", "message"),
    [
        (
            "of_ten ~ x",
            mk.Binomial,
            "Binomial needs to know the trials of each row: put two columns on the left",
        ),
        (
            "of_ten ~ x",
            mk.Binomial.family(trials=3),
            r"'of_ten' holds \d+ at row .* whole numbers in \[0, 3\]",
        ),
        ("x ~ z", mk.Poisson, r"column 'x' holds .* at row 0 .*needs values in whole numbers in \[0, inf\)"),
        ("hits + x ~ z", mk.Binomial, "column 'x' holds .* at row 0"),
        ("hits ~ x", mk.Binomial.family(trials="z"), "column 'z' holds .* at row 0"),
        (
            "throws ~ x",
            mk.Binomial.family(trials="hits"),
            r"column 'throws' holds \d+ at row \d+ \(and \d+ more\), but 'hits' says \d+ there",
        ),
        (
            "hits + misses ~ x",
            mk.Binomial.family(trials="throws"),
            r"one column of successes beside that of its trials, 'throws', but the formula has \['hits', 'misses'\]",
        ),
    ],
    ids=str,
)
def test_targets_that_are_no_counts_are_refused(
    formula: str, family: Any, message: str, world: pd.DataFrame
) -> None:
    with pytest.raises(mk.TargetError, match=message):
        mk.fit(formula, world, family)
    with pytest.raises(
        mk.ParameterError, match=r"trials must lie in whole numbers in \[0, inf\), but is 2.5"
    ):
        mk.fit("of_ten ~ x", world, mk.Binomial.family(trials=2.5))


@pytest.mark.parametrize(
    ("formula", "trials", "error", "message"),
    [
        ("hits ~ x", "throw", mk.DataError, "no column 'throw': did you mean 'throws'"),
        (
            "hits ~ x",
            "hits",
            mk.FormulaError,
            "'hits' was named beside the target, and stands on the formula's left",
        ),
        ("hits ~ throws", "throws", mk.FormulaError, "'throws' stands on the right"),
        (
            "Surv(hits, misses == 2) ~ x",
            "throws",
            mk.FormulaError,
            "censored target has no columns beside it",
        ),
    ],
)
def test_columns_of_trials_that_cannot_be(
    formula: str, trials: str, error: type[Exception], message: str, world: pd.DataFrame
) -> None:
    with pytest.raises(error, match=message):
        mk.fit(formula, world, mk.Binomial.family(trials=trials))
