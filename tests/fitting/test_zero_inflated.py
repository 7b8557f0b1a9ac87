"""Zero-inflated models: known parameters recovered, saved and loaded, and honest about the boundary."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

import mlekit as mk
from mlekit import Binomial, NegativeBinomial, Poisson, ZeroInflated
from mlekit.errors import FitError, TargetError
from tests.support import shared_data

FORMULAS = {"rate": "y ~ x", "zero_probs": "~ z"}


@pytest.fixture(scope="module")
def visits() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    x, z = rng.normal(size=(2, 4000))
    at_zero = rng.random(4000) < expit(-0.5 + 0.9 * z)
    return pd.DataFrame({"x": x, "z": z, "y": np.where(at_zero, 0, rng.poisson(np.exp(0.8 + 0.5 * x)))})


def test_known_coefficients_are_recovered(visits: pd.DataFrame) -> None:
    model = mk.fit(FORMULAS, visits, ZeroInflated.of(Poisson))
    truth = {
        ("rate", "Intercept"): 0.8, ("rate", "x"): 0.5,
        ("zero_logits", "Intercept"): -0.5, ("zero_logits", "z"): 0.9,
    }  # fmt: skip
    assert model.converged
    assert model.coefficients.to_dict() == pytest.approx(truth, abs=0.1)
    assert model.family is ZeroInflated
    assert repr(model).startswith("Model[ZeroInflated(Poisson)](rate ~ x, zero_probs ~ z; 4 parameters")
    assert list(model.predict_frame(visits).columns) == [
        "rate",
        "zero_probs",
        "mean",
        "std",
        "5%",
        "50%",
        "95%",
    ]


def test_trials_may_be_fixed_or_come_from_the_data(visits: pd.DataFrame) -> None:
    rng = np.random.default_rng(2)
    hits = np.where(rng.random(4000) < 0.3, 0, rng.binomial(10, expit(visits["x"])))
    throws = visits.assign(hits=hits, misses=10 - hits)
    fixed = mk.fit("hits ~ x", throws, ZeroInflated.of(Binomial, trials=10))
    told = mk.fit("hits + misses ~ x", throws, ZeroInflated.of(Binomial.family()))
    column = mk.fit("hits ~ x", throws.assign(n=10), ZeroInflated.of(Binomial, trials="n"))
    np.testing.assert_array_equal(column.coefficients, told.coefficients)
    assert told.coefficients.to_dict() == pytest.approx(fixed.coefficients.to_dict(), rel=1e-9)
    assert told.coefficients["logits", "x"] == pytest.approx(1.0, abs=0.05)


def test_a_network_learns_both_parameters(visits: pd.DataFrame) -> None:
    linear = mk.fit("y ~ x + z", visits, ZeroInflated.of(Poisson))
    model = mk.fit("y ~ x + z", visits, ZeroInflated.of(Poisson), network=mk.MLP(8), seed=0)
    assert model.log_likelihood(visits) > linear.log_likelihood(visits) + 100
    shares = model(visits).zero_probs
    assert np.corrcoef(shares, expit(-0.5 + 0.9 * visits["z"]))[0, 1] > 0.95


def test_a_saved_model_is_the_same(visits: pd.DataFrame, tmp_path: Path) -> None:
    model = mk.fit(FORMULAS, visits, ZeroInflated.of(Poisson, links={"zero_probs": "probit"}))
    model.save(tmp_path / "visits.mlekit")
    again = mk.load(tmp_path / "visits.mlekit")
    pd.testing.assert_frame_equal(again.predict_frame(visits), model.predict_frame(visits))
    assert again.log_likelihood(visits) == model.log_likelihood(visits)
    assert (again.loss_name, repr(again)) == (model.loss_name, repr(model))


def test_parameters_of_either_can_be_held_fixed(visits: pd.DataFrame) -> None:
    family = ZeroInflated.of(NegativeBinomial.family(dispersion=0.0), zero_probs=0.3)
    model = mk.fit("y ~ x", visits, family)
    assert model.n_parameters == 2
    same = mk.fit("y ~ x", visits, ZeroInflated.of(Poisson, zero_probs=0.3))
    assert model.log_likelihood(visits) == pytest.approx(same.log_likelihood(visits), rel=1e-12)


@pytest.mark.parametrize(
    ("counts", "message"),
    [([1, 2, 3, 5], "'y' holds no 0, so none is in excess; fit Poisson itself"),
     ([0, 1, 0, 1], "'y' holds nothing above 1"),
     ([0, 1, -2, 1], "'y' holds -2 at row 2")],
)  # fmt: skip
def test_targets_that_tell_nothing_of_an_excess_are_refused(counts: list[int], message: str) -> None:
    with pytest.raises(TargetError, match=message):
        mk.fit("y ~ 1", pd.DataFrame({"y": counts}), ZeroInflated.of(Poisson))


# ---- another system ---------------------------------------------------------------------------------------------

TERMS = ["Intercept", "fem", "mar", "kid5", "phd", "ment"]
# statsmodels 0.15, ZeroInflatedPoisson and ZeroInflatedNegativeBinomialP(p=2), of Long's data on articles by PhD
# students in biochemistry (R: pscl::bioChemists).
ARTICLES = {
    Poisson: (
        "rate",
        [0.6408380, -0.2091446, 0.1037509, -0.1433197, -0.0061661, 0.0180977],
        [-0.5770603, 0.1097472, -0.3540135, 0.2171006, 0.0012723, -0.1341135],
        -1604.7728532,
    ),
    NegativeBinomial: (
        "mean",
        [0.4167466, -0.1955068, 0.0975826, -0.1517325, -0.0007001, 0.0247862],
        [-0.1916863, 0.6359327, -1.4994689, 0.6284274, -0.0377153, -0.8822933],
        -1549.9908870,
    ),
}


@pytest.fixture(scope="module")
def articles() -> pd.DataFrame:
    students = pd.read_csv(shared_data("r_datasets/pscl__bioChemists.csv"))
    return students.assign(fem=1.0 * (students["fem"] == "Women"), mar=1.0 * (students["mar"] == "Married"))


@pytest.mark.parametrize("base", ARTICLES, ids=lambda base: base.__name__)
def test_articles(articles: pd.DataFrame, base: type[Poisson] | type[NegativeBinomial]) -> None:
    first, counts, zeros, log_likelihood = ARTICLES[base]
    terms = " + ".join(TERMS[1:])
    model = mk.fit({first: f"art ~ {terms}", "zero_probs": f"~ {terms}"}, articles, ZeroInflated.of(base))
    table = model.coefficients.unstack("output").loc[TERMS]
    np.testing.assert_allclose(table[first].to_numpy(), counts, atol=1e-6)
    np.testing.assert_allclose(table["zero_logits"].to_numpy(), zeros, atol=3e-6)
    assert model.facts.log_likelihood == pytest.approx(log_likelihood, abs=1e-6)


def test_no_excess_beside_the_dispersion_of_articles_is_said(articles: pd.DataFrame) -> None:
    with pytest.raises(FitError, match=r"zero_probs .* goes to 0 in 915 of 915 rows"):
        mk.fit(f"art ~ {' + '.join(TERMS[1:])}", articles, ZeroInflated.of(NegativeBinomial))


# ---- what has no maximum ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plain() -> pd.DataFrame:
    """Counts without an excess in group 0, with one in group 1, with none at all in "poisson"."""
    rng = np.random.default_rng(1)
    x, group = rng.normal(size=2000), np.arange(2000) % 2
    rate = np.exp(0.8 + 0.5 * x)
    excess = (rng.random(2000) < 0.4) & (group == 1)
    # Most zeros of group 0 are taken out, so that it has fewer than Poisson ones.
    counts = np.where(excess, 0, np.maximum(rng.poisson(rate), (group == 0) & (rng.random(2000) < 0.7)))
    return pd.DataFrame({"x": x, "group": group, "y": counts, "poisson": rng.poisson(rate)})


@pytest.mark.parametrize("links", [{}, {"zero_probs": "probit"}, {"zero_logits": "cauchit"}], ids=str)
def test_a_share_that_runs_to_zero_is_said(plain: pd.DataFrame, links: dict[str, str]) -> None:
    with pytest.raises(
        FitError, match=r"zero_logits: Intercept → −∞\. .*ZeroInflated\.of\(Poisson, zero_probs=\.\.\."
    ):
        mk.fit("poisson ~ x", plain, ZeroInflated.of(Poisson, links=links))


@pytest.mark.parametrize("prior", [None, mk.Gaussian(loc=0.0, scale=1.0)], ids=["likelihood", "prior"])
def test_an_intercept_runs_to_zero_whatever_the_prior_of_slopes(
    plain: pd.DataFrame, prior: mk.Gaussian | None
) -> None:
    with pytest.raises(FitError, match="zero_logits: Intercept → −∞"):
        mk.fit("poisson ~ x", plain, ZeroInflated.of(Poisson), prior=prior)


def test_a_share_that_runs_to_zero_in_a_group_is_said(plain: pd.DataFrame) -> None:
    formulas = {"rate": "y ~ x", "zero_probs": "~ group"}
    with pytest.raises(
        FitError,
        match=r"goes to 0 in 1000 of 2000 rows.*: zero_logits: group → \+∞, zero_logits: Intercept → −∞",
    ):
        mk.fit(formulas, plain, ZeroInflated.of(Poisson))
    apart = mk.fit(formulas, plain[plain["group"] == 1].assign(group=plain["x"]), ZeroInflated.of(Poisson))
    assert apart.converged


def test_a_steep_share_is_no_boundary() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=2000)
    data = pd.DataFrame({"x": x, "y": np.where(rng.random(2000) < expit(8 * x), 0, rng.poisson(8, 2000))})
    model = mk.fit({"rate": "y ~ 1", "zero_probs": "~ x"}, data, ZeroInflated.of(Poisson))
    assert model.coefficients["zero_logits", "x"] == pytest.approx(8, abs=1)
    assert (model(data).zero_probs < 1e-7).any()


def test_a_group_without_any_count_separates(plain: pd.DataFrame) -> None:
    empty = plain.assign(y=np.where(plain["group"] == 0, 0, plain["y"]))
    with pytest.raises(FitError, match="separated"):
        mk.fit({"rate": "y ~ x", "zero_probs": "~ group"}, empty, ZeroInflated.of(Poisson))
