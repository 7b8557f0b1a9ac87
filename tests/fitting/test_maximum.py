"""A maximum that does not exist, or is not unique, is said, with the columns at fault and a remedy."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mlekit as mk
from tests.fitting.simulation import overlapping

pytestmark = pytest.mark.usefixtures("unchecked_shapes")  # looked at in other tests, in a third of the time

TABLE = overlapping(120)
PRIOR = mk.Gaussian(loc=0.0, scale=1.0)


def blamed(message: str) -> set[str]:
    """Return what is said to run away, such as ``x1 → +∞``."""
    found = re.search(r"no maximum: (.*?)\. Use a prior", message)
    assert found is not None, message
    return set(found[1].split(", "))


def refusal(formula: Any, data: pd.DataFrame, family: Any, **settings: Any) -> str:
    with pytest.raises(mk.FitError) as caught:
        mk.fit(formula, data, family, **settings)
    return str(caught.value)


# ---- separation --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", [None, mk.LBFGS(), mk.Adam()], ids=["newton", "lbfgs", "adam"])
@pytest.mark.parametrize(("sign", "arrow"), [(1, "+"), (-1, "−")])
def test_complete_separation_by_one_column(sign: int, arrow: str, optimizer: mk.Optimizer | None) -> None:
    data = TABLE.assign(y=(sign * TABLE["x1"] > 0).astype(int))
    message = refusal("y ~ x1 + x2 + group", data, mk.Bernoulli, optimizer=optimizer)
    assert "completely separated" in message
    assert "quasi" not in message
    assert blamed(message) == {f"x1 → {arrow}∞"}


def test_a_threshold_far_from_zero_names_the_intercept_in_the_units_of_the_data() -> None:
    data = TABLE.assign(y=(TABLE["x2"] > 39).astype(int))
    assert blamed(refusal("y ~ x2", data, mk.Bernoulli)) == {"x2 → +∞", "Intercept → −∞"}


def test_complete_separation_by_several_columns_together() -> None:
    data = TABLE.assign(y=(TABLE["x1"] - (TABLE["x2"] - 40) / 5 > 0.1).astype(int))
    message = refusal("y ~ x1 + x2", data, mk.Bernoulli)
    assert "completely separated" in message
    assert {"x1 → +∞", "x2 → −∞"} <= blamed(message)


def test_two_columns_that_each_separate() -> None:
    data = TABLE.assign(y=(TABLE["x1"] > 0).astype(int))
    data["z"] = np.where(data["y"] == 1, 1.0, -1.0) * (1 + np.abs(data["x2"] - 40))
    message = refusal("y ~ x1 + z", data, mk.Bernoulli)
    assert blamed(message) & {"x1 → +∞", "z → +∞"}


def test_quasi_complete_separation_by_a_dummy_column() -> None:
    data = TABLE.assign(y=np.where(TABLE["group"] == "c", 1, TABLE["yes"]))
    message = refusal("y ~ group + x1", data, mk.Bernoulli)
    assert "quasi-completely separated" in message
    assert blamed(message) == {"group[T.c] → +∞"}


def test_quasi_complete_separation_by_a_rare_level_of_a_large_table() -> None:
    """The level's rows are explained well, so the rows explained worst tell nothing about it."""
    data = overlapping(20_000)
    data["y"] = (np.random.default_rng(1).random(20_000) < 1 / (1 + np.exp(-6 * data["x1"]))).astype(int)
    mk.fit("y ~ x1 + x2", data, mk.Bernoulli)
    data["rare"] = False
    data.loc[:4, "rare"] = True
    data.loc[:4, "y"] = 0
    message = refusal("y ~ x1 + x2 + rare", data, mk.Bernoulli)
    assert "quasi-completely" in message
    assert blamed(message) == {"rare → −∞"}


def test_separation_at_a_tie() -> None:
    """Where the classes meet in one value of x, separation is quasi-complete."""
    data = pd.DataFrame({"x": [1.0, 2, 3, 3, 4, 5], "y": [0, 0, 0, 1, 1, 1]})
    message = refusal("y ~ x", data, mk.Bernoulli)
    assert "quasi-completely" in message
    assert blamed(message) == {"x → +∞", "Intercept → −∞"}


def test_multinomial_separation_names_class_and_column() -> None:
    data = TABLE.assign(kind=np.where(TABLE["x1"] > 0.8, "high", np.where(TABLE["yes"] == 1, "a", "b")))
    message = refusal("kind ~ x1 + x2", data, mk.Categorical)
    assert "quasi-completely" in message
    assert "high: x1 → +∞" in blamed(message)
    assert not {name for name in blamed(message) if name.startswith("b")}


def test_soft_labels_separate_only_where_they_are_certain() -> None:
    x = np.linspace(-1, 1, 20)
    doubtful = pd.DataFrame({"x": x, "p": np.where(x > 0, 0.9, 0.1), "q": np.where(x > 0, 0.1, 0.9)})
    assert mk.fit("p + q ~ x", doubtful, mk.Categorical).converged
    certain = doubtful.assign(p=(x > 0).astype(float), q=(x <= 0).astype(float))
    assert "completely separated" in refusal("p + q ~ x", certain, mk.Categorical)


def test_one_of_several_targets_is_separated() -> None:
    data = TABLE.assign(y=(TABLE["x1"] > 0).astype(int))
    message = refusal("yes + y ~ x1 + x2", data, mk.Bernoulli)
    assert blamed(message) == {"y: probs: x1 → +∞"}


def test_rows_without_weight_cannot_mend_separation() -> None:
    data = TABLE.assign(y=(TABLE["x1"] > 0).astype(int), w=1.0)
    data.loc[:9, "y"] = 1 - data.loc[:9, "y"]
    assert mk.fit("y ~ x1 + x2", data, mk.Bernoulli, weights="w").converged
    data.loc[:9, "w"] = 0.0
    assert "completely separated" in refusal("y ~ x1 + x2", data, mk.Bernoulli, weights="w")


def test_a_prior_makes_separation_finite() -> None:
    data = TABLE.assign(y=(TABLE["x1"] > 0).astype(int))
    model = mk.fit("y ~ x1 + x2", data, mk.Bernoulli, prior=PRIOR)
    assert model.converged
    assert 1 < model.coefficients["logits", "x1"] < 20


def test_large_log_odds_alone_are_no_separation() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-30, 30, 3000)
    data = pd.DataFrame({"x": x, "y": (rng.random(3000) < 1 / (1 + np.exp(-3 * x))).astype(int)})
    model = mk.fit("y ~ x", data, mk.Bernoulli)
    assert np.abs(model(data).logits).max() > 50
    assert model.coefficients["logits", "x"] == pytest.approx(3, rel=0.3)


def test_a_network_may_separate() -> None:
    data = TABLE.assign(y=(TABLE["x1"] > 0).astype(int))
    model = mk.fit("y ~ x1 + x2", data, mk.Bernoulli, network=mk.MLP(4))
    assert np.isfinite(model.theta).all()


# ---- identifiability ---------------------------------------------------------------------------------------


def test_softmax_has_a_parameter_less_a_class() -> None:
    model = mk.fit("kind ~ x1 + x2 + group", TABLE, mk.Categorical)
    assert model.n_parameters == (3 - 1) * (4 + 1)
    assert set(model.coefficients.index.get_level_values("output")) == {"low", "mid"}


@pytest.mark.parametrize("family", [mk.Bernoulli, mk.Gaussian.family(scale=1.0)])
def test_collinear_columns_are_named_with_their_relation(family: Any) -> None:
    data = TABLE.assign(double=3 * TABLE["x1"] - 7, unrelated=np.arange(120.0))
    message = refusal("yes ~ x1 + unrelated + double + x2", data, family)
    assert "columns ['x1', 'double'] are collinear" in message
    assert "-3·x1 +1·double" in message


def test_more_than_two_collinear_columns() -> None:
    data = TABLE.assign(total=TABLE["x1"] + TABLE["x2"])
    message = refusal("yes ~ x1 + x2 + total + group", data, mk.Bernoulli)
    assert "columns ['x1', 'x2', 'total'] are collinear" in message


def test_dummies_of_the_same_thing_twice_are_collinear() -> None:
    data = TABLE.assign(again=TABLE["group"].map({"a": 1, "b": 2, "c": 2}))
    assert "collinear" in refusal("yes ~ group + C(again)", data, mk.Bernoulli)


def test_collinear_columns_of_another_parameter() -> None:
    data = TABLE.assign(double=2 * TABLE["x1"])
    message = refusal({"loc": "length ~ x1", "scale": "~ x1 + double"}, data, mk.Gaussian)
    assert "['x1', 'double']" in message


def test_nearly_collinear_columns_are_fitted() -> None:
    rng = np.random.default_rng(9)
    data = TABLE.assign(near=TABLE["x1"] + 1e-6 * rng.normal(size=120))
    assert mk.fit("length ~ x1 + near", data, mk.Gaussian).converged


@pytest.mark.parametrize("value", [4.2e7, 0.1, -1e-200, 1e15])
@pytest.mark.parametrize("rounded", [False, True])
def test_a_constant_column_is_named(value: float, rounded: bool) -> None:
    values = np.full(len(TABLE), value)
    if rounded:
        values[::3] = np.nextafter(value, np.inf)
    message = refusal("yes ~ x1 + constant", TABLE.assign(constant=values), mk.Bernoulli)
    assert "column 'constant' is constant" in message


def test_what_rounding_hides_is_not_called_converged() -> None:
    """Without an intercept nothing centers columns, and squares of 1e7 leave no digits of what differs by 1."""
    far = TABLE.assign(x1=TABLE["x1"] + 1e7, x2=TABLE["x2"] / 10 + 1e7, both=TABLE["x1"] * TABLE["x2"] + 1e7)
    model = mk.fit("yes ~ x1 + x2 + both - 1", far, mk.Bernoulli)
    assert not model.converged
    assert "center those that are far from 0" in model.stop_reason
    assert mk.fit("yes ~ x1 + x2 + both", far, mk.Bernoulli).converged


@pytest.mark.parametrize("family", [mk.Gaussian, mk.Bernoulli])
def test_nearly_collinear_columns_are_not_called_converged(family: Any) -> None:
    """Squares of a difference of 1e-9 leave no digits; as a column of its own it is no trouble."""
    rng = np.random.default_rng(0)
    one, difference, noise = rng.normal(size=(3, 300))
    eta = one + difference
    y = eta + noise if family is mk.Gaussian else eta + noise > 0
    data = pd.DataFrame({"one": one, "other": one + 1e-9 * difference, "difference": difference, "y": y})
    model = mk.fit("y ~ one + other", data, family)
    assert not model.converged
    assert "nearly collinear" in model.stop_reason
    assert mk.fit("y ~ one + difference", data, family).converged


def test_a_column_that_varies_only_in_rows_without_weight() -> None:
    weight = np.r_[np.zeros(10), np.ones(110)]
    data = TABLE.assign(late=1 - weight, w=weight)
    refusal("yes ~ x1 + late", data, mk.Bernoulli, weights="w")


def test_more_coefficients_than_rows() -> None:
    message = refusal("length ~ x1 + x2 + width", TABLE.head(3), mk.Gaussian)
    assert "4 coefficients cannot be determined by 3 rows" in message
    assert "prior" in message


@pytest.mark.parametrize("formula", ["yes ~ x1 + double", "yes ~ x1 + constant"])
def test_a_prior_identifies_what_the_data_does_not(formula: str) -> None:
    data = TABLE.assign(double=2 * TABLE["x1"], constant=1.0)
    assert mk.fit(formula, data, mk.Bernoulli, prior=PRIOR).converged


def test_a_prior_identifies_more_coefficients_than_rows() -> None:
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(8, 20))).add_prefix("x")
    wide["y"] = [0, 1] * 4
    assert mk.fit("y ~ .", wide, mk.Bernoulli, prior=PRIOR).converged


# ---- scales and classes ------------------------------------------------------------------------------------


def test_an_exact_fit_sends_the_scale_to_zero() -> None:
    data = TABLE.assign(exact=2 * TABLE["x1"] - TABLE["x2"] + 5)
    message = refusal("exact ~ x1 + x2", data, mk.Gaussian)
    assert "scale of ['exact'] goes to zero" in message
    assert "Gaussian.family(scale=...)" in message
    fixed = mk.fit("exact ~ x1 + x2", data, mk.Gaussian.family(scale=1.0))
    np.testing.assert_allclose(fixed(data).mean, data["exact"], rtol=1e-13)


@pytest.mark.parametrize("value", [0.0, 3.7, 1e9])
def test_a_constant_target(value: float) -> None:
    message = refusal("still ~ x1", TABLE.assign(still=value), mk.Gaussian)
    assert "target 'still' is" in message
    assert "zero" in message


def test_a_constant_target_with_a_network() -> None:
    message = refusal("still ~ x1", TABLE.assign(still=3.0), mk.Gaussian, network=mk.MLP(4))
    assert "target 'still' is" in message


@pytest.mark.parametrize("network", [mk.Linear(), mk.MLP(4)])
@pytest.mark.parametrize(("family", "value"), [(mk.Bernoulli, 1), (mk.Categorical, "only")])
def test_a_target_of_one_class(family: Any, value: Any, network: mk.Network) -> None:
    with pytest.raises(mk.TargetError, match="one class only"):
        mk.fit("same ~ x1", TABLE.assign(same=value), family, network=network)


def test_a_class_that_only_weightless_rows_have() -> None:
    data = TABLE.assign(kind=["rare", *TABLE["kind"][1:]], w=[0.0, *np.ones(119)])
    assert "has weight" in refusal("kind ~ x1", data, mk.Categorical, weights="w")


def test_a_rare_class_is_trained_on_whatever_the_seed() -> None:
    data = TABLE.assign(kind=["rare", *TABLE["kind"][1:]])
    for seed in range(8):
        model = mk.fit(
            "kind ~ x1", data, mk.Categorical, network=mk.MLP(2), optimizer=mk.Adam(epochs=1), seed=seed
        )
        assert "rare" in model(data).categories


@pytest.mark.parametrize(
    "family", [mk.Gamma, mk.Beta, mk.LogNormal, mk.Weibull, mk.InverseGaussian, mk.LogLogistic]
)
def test_a_constant_target_of_any_continuous_family(family: type[mk.Distribution]) -> None:
    still = pd.DataFrame({"y": [0.25] * 20, "x": np.arange(20.0)})
    with pytest.raises(mk.FitError, match=rf"'y' is 0\.25 in every row.*{family.__name__}\.family"):
        mk.fit("y ~ x", still, family)


# ---- units -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1e-300, 1e-170, 1e170, 1e300])
def test_a_unit_whose_square_is_no_number_changes_nothing_else(size: float) -> None:
    """A column is not constant because the squares of its numbers are 0, nor a target."""
    data = TABLE.assign(y=TABLE["x1"] - 0.1 * TABLE["x2"] + np.sin(np.arange(len(TABLE))))
    plain = mk.fit("y ~ x1 + x2", data, mk.Gaussian)
    by_input = mk.fit("y ~ x1 + x2", data.assign(x1=data["x1"] * size), mk.Gaussian)
    assert by_input.log_likelihood(data.assign(x1=data["x1"] * size)) == pytest.approx(
        plain.log_likelihood(data), rel=1e-10
    )
    assert by_input.coefficients["loc", "x1"] * size == pytest.approx(
        plain.coefficients["loc", "x1"], rel=1e-9
    )
    by_target = mk.fit("y ~ x1 + x2", data.assign(y=data["y"] * size), mk.Gaussian)
    np.testing.assert_allclose(by_target.coefficients["loc"] / size, plain.coefficients["loc"], rtol=1e-8)
