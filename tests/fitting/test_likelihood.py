"""The objective is the log-likelihood and nothing else: losses, weights, offsets, soft labels, chunks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, mean_absolute_error, mean_pinball_loss, mean_squared_error

import mlekit as mk
import mlekit.arrays
from tests.fitting.simulation import overlapping

TABLE = overlapping()
NETWORKS = [mk.Linear(), mk.MLP(6)]
FEW = mk.Adam(epochs=3)
LOG_2PI = np.log(2 * np.pi)


def fit(formula: Any, data: pd.DataFrame, family: Any, network: mk.Network, **settings: Any) -> mk.Model[Any]:
    optimizer = None if isinstance(network, mk.Linear) else FEW
    return mk.fit(formula, data, family, network=network, optimizer=optimizer, **settings)


# ---- what the likelihood is called elsewhere -----------------------------------------------------------------


@pytest.mark.parametrize("network", NETWORKS)
def test_binary_cross_entropy(network: mk.Network) -> None:
    model = fit("yes ~ x1 + x2", TABLE, mk.Bernoulli, network)
    assert model.loss_name == "binary cross-entropy"
    loss = log_loss(TABLE["yes"], model(TABLE).mean, normalize=False)
    assert -model.log_likelihood(TABLE) == pytest.approx(loss, rel=1e-12)


@pytest.mark.parametrize("network", NETWORKS)
def test_cross_entropy(network: mk.Network) -> None:
    model = fit("kind ~ x1 + x2", TABLE, mk.Categorical, network)
    assert model.loss_name == "cross-entropy"
    predicted = model(TABLE)
    loss = log_loss(TABLE["kind"], predicted.probs, labels=predicted.categories.tolist(), normalize=False)
    assert -model.log_likelihood(TABLE) == pytest.approx(loss, rel=1e-12)


@pytest.mark.parametrize("scale", [1.0, 2.5])
@pytest.mark.parametrize("network", NETWORKS)
def test_mean_squared_error(network: mk.Network, scale: float) -> None:
    model = fit("length ~ x1 + x2", TABLE, mk.Gaussian.family(scale=scale), network)
    assert model.loss_name == "mean squared error"
    error = mean_squared_error(TABLE["length"], model(TABLE).mean)
    constant = 0.5 * LOG_2PI + np.log(scale)
    loss = len(TABLE) * (error / (2 * scale**2) + constant)
    assert -model.log_likelihood(TABLE) == pytest.approx(loss, rel=1e-12)


@pytest.mark.parametrize("scale", [1.0, 2.5])
@pytest.mark.parametrize("network", NETWORKS)
def test_mean_absolute_error(network: mk.Network, scale: float) -> None:
    model = fit("length ~ x1 + x2", TABLE, mk.Laplace.family(scale=scale), network)
    assert model.loss_name == "mean absolute error"
    error = mean_absolute_error(TABLE["length"], model(TABLE).median)
    loss = len(TABLE) * (error / scale + np.log(2 * scale))
    assert -model.log_likelihood(TABLE) == pytest.approx(loss, rel=1e-12)


@pytest.mark.parametrize("quantile", [0.1, 0.75])
@pytest.mark.parametrize("network", NETWORKS)
def test_pinball_loss(network: mk.Network, quantile: float) -> None:
    model = fit("length ~ x1 + x2", TABLE, mk.AsymmetricLaplace.family(quantile=quantile, scale=1.0), network)
    assert model.loss_name == "pinball loss"
    error = mean_pinball_loss(TABLE["length"], model(TABLE).loc, alpha=quantile)
    loss = len(TABLE) * (error - np.log(quantile * (1 - quantile)))
    assert -model.log_likelihood(TABLE) == pytest.approx(loss, rel=1e-12)


@pytest.mark.parametrize("family", [mk.Gaussian, mk.Laplace])
def test_a_free_scale_has_no_other_name(family: type[mk.Distribution]) -> None:
    name = mk.fit("length ~ x1", TABLE, family).loss_name
    assert "squared" not in name
    assert "absolute" not in name


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(
    ("formula", "family"),
    [
        ("yes ~ x1 + x2", mk.Bernoulli),
        ("kind ~ x1 + x2", mk.Categorical),
        ("length ~ x1 + x2", mk.Gaussian),
        ("length + width ~ x1 + x2", mk.Gaussian),
    ],
)
def test_the_reported_log_likelihood_is_that_of_the_predictions(
    formula: str, family: Any, network: mk.Network
) -> None:
    model = fit(formula, TABLE, family, network, validation=0.0)
    targets = [name.strip() for name in formula.split("~")[0].split("+")]
    target = TABLE[targets[0]] if len(targets) == 1 else TABLE[targets].to_numpy()
    total = np.sum(model(TABLE).log_prob(target))
    assert model.facts.log_likelihood == pytest.approx(total, rel=1e-12)
    assert model.log_likelihood(TABLE) == pytest.approx(total, rel=1e-12)


# ---- weights -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "family"),
    [
        ("yes ~ x1 + x2 + group", mk.Bernoulli),
        ("kind ~ x1 + x2", mk.Categorical),
        ("length ~ x1 + x2", mk.Gaussian),
        ({"loc": "length ~ x1", "scale": "~ x1"}, mk.Gaussian),
        ("yes + also ~ x1", mk.Bernoulli),
    ],
)
def test_whole_weights_are_repeated_rows(formula: Any, family: Any) -> None:
    repeated = TABLE.loc[TABLE.index.repeat(TABLE["weight"])]
    weighted = mk.fit(formula, TABLE, family, weights="weight")
    expected = mk.fit(formula, repeated, family)
    np.testing.assert_allclose(weighted.theta, expected.theta, rtol=1e-9)
    assert weighted.facts.log_likelihood == pytest.approx(expected.facts.log_likelihood, rel=1e-12)
    assert weighted.log_likelihood(TABLE) == pytest.approx(expected.log_likelihood(repeated), rel=1e-12)
    assert weighted.aic == pytest.approx(expected.aic, rel=1e-12)
    assert weighted.bic == pytest.approx(expected.bic, rel=1e-12)


def test_weights_by_array_or_name() -> None:
    named = mk.fit("yes ~ x1", TABLE, mk.Bernoulli, weights="weight")
    given = mk.fit("yes ~ x1", TABLE, mk.Bernoulli, weights=TABLE["weight"].to_numpy())
    np.testing.assert_array_equal(named.theta, given.theta)
    assert given.log_likelihood(TABLE, weights=TABLE["weight"].to_numpy()) == named.log_likelihood(TABLE)
    assert given.log_likelihood(TABLE) != named.log_likelihood(TABLE)


def test_the_scale_of_weights_does_not_move_the_maximum() -> None:
    once = mk.fit("yes ~ x1", TABLE, mk.Bernoulli, weights="weight")
    thousandth = mk.fit("yes ~ x1", TABLE, mk.Bernoulli, weights=TABLE["weight"].to_numpy() / 1000)
    np.testing.assert_allclose(thousandth.theta, once.theta, rtol=1e-8)
    assert thousandth.facts.log_likelihood == pytest.approx(once.facts.log_likelihood / 1000)


@pytest.mark.parametrize("network", NETWORKS)
def test_rows_of_no_weight_do_not_matter(network: mk.Network) -> None:
    weight = np.r_[np.zeros(50), np.ones(150)]
    spoilt = TABLE.assign(x1=TABLE["x1"].where(weight > 0, 1e6), yes=TABLE["yes"].where(weight > 0, 0))
    clean = fit("yes ~ x1", TABLE.iloc[50:], mk.Bernoulli, network, validation=0.0)
    model = fit("yes ~ x1", spoilt, mk.Bernoulli, network, validation=0.0, weights=weight)
    if isinstance(network, mk.Linear):
        np.testing.assert_allclose(model.theta, clean.theta, rtol=1e-9)
    assert np.isfinite(model.log_likelihood(spoilt, weights=weight))


def test_an_impossible_row_of_no_weight() -> None:
    """A probability of exactly 0 for what happened, times a weight of 0, is 0 and not NaN."""
    data = pd.DataFrame({"x": [0.0, 0, 1, 1, 1e5], "y": [0, 1, 0, 1, 1], "z": [1.0, 0.5, 0, 0, 0]})
    model = mk.fit("y ~ x", data, mk.Bernoulli, weights=[1, 2, 2, 1, 0])
    assert model(data).probs[-1] == 0.0
    assert np.isfinite(model.facts.log_likelihood)
    assert np.isfinite(model.log_likelihood(data, weights=[1, 2, 2, 1, 0]))
    assert model.log_likelihood(data) < -1e4


# ---- offsets -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "family"),
    [("yes", mk.Bernoulli), ("length", mk.Gaussian), ("length", mk.Gaussian.family(scale=2.0))],
)
def test_an_offset_is_a_column_with_coefficient_one(target: str, family: Any) -> None:
    data = TABLE.assign(shift=0.3 * TABLE["x1"] + 0.1)
    model = mk.fit(f"{target} ~ x1 + x2", data, family, offset="shift")
    plain = mk.fit(f"{target} ~ x1 + x2", data, family)
    first = plain.coefficients.index[0][0]
    moved = plain.coefficients.copy()
    moved[(first, "x1")] -= 0.3
    moved[(first, "Intercept")] -= 0.1
    np.testing.assert_allclose(model.coefficients, moved, rtol=1e-7, atol=1e-9)
    assert model.facts.log_likelihood == pytest.approx(plain.facts.log_likelihood, rel=1e-12)
    assert model.log_likelihood(data) == pytest.approx(plain.log_likelihood(data), rel=1e-12)
    np.testing.assert_allclose(model(data).mean, plain(data).mean, rtol=1e-9)


@pytest.mark.parametrize("network", NETWORKS)
def test_an_offset_by_array_is_asked_for_again(network: mk.Network) -> None:
    shift = 0.3 * TABLE["x2"].to_numpy()
    named = fit("length ~ x1", TABLE.assign(shift=shift), mk.Gaussian, network, offset="shift")
    model = fit("length ~ x1", TABLE, mk.Gaussian, network, offset=shift)
    np.testing.assert_array_equal(model.theta, named.theta)
    np.testing.assert_array_equal(model(TABLE, offset=shift).mean, named(TABLE.assign(shift=shift)).mean)
    np.testing.assert_array_equal(
        model.predict(TABLE, offset=shift), named.predict(TABLE.assign(shift=shift))
    )
    for question in (model, model.predict, model.predict_frame, model.log_likelihood):
        with pytest.raises(mk.DataError, match="pass offset="):
            question(TABLE)
    with pytest.raises(mk.DataError, match="offset"):
        fit("length ~ x1", TABLE, mk.Gaussian, network, offset=shift, validation=TABLE)


def test_an_offset_is_in_the_units_of_the_data() -> None:
    model = mk.fit("length ~ x1", TABLE, mk.Gaussian, network=mk.MLP(3), optimizer=FEW, offset=np.zeros(200))
    base = model(TABLE, offset=np.zeros(200)).mean
    np.testing.assert_allclose(model(TABLE, offset=np.full(200, 17.0)).mean, base + 17.0, rtol=1e-12)


def test_an_offset_of_several_predictors_is_refused() -> None:
    with pytest.raises(mk.FormulaError, match="one linear predictor"):
        mk.fit("kind ~ x1", TABLE, mk.Categorical, offset="x2")


# ---- soft labels and counts ----------------------------------------------------------------------------------

COUNTS = pd.DataFrame(
    {"x": [0.0, 1.0, 2.0, 3.0], "a": [3, 2, 2, 1], "b": [1, 4, 2, 3], "c": [1, 1, 3, 6]},
)


def long_form(counts: pd.DataFrame) -> pd.DataFrame:
    long = counts.melt("x", value_vars=["a", "b", "c"], var_name="label", value_name="count")
    return long.loc[long.index.repeat(long["count"])]


def test_counts_are_repeated_rows() -> None:
    counts = mk.fit("a + b + c ~ x", COUNTS, mk.Categorical)
    labels = mk.fit("label ~ x", long_form(COUNTS), mk.Categorical)
    np.testing.assert_allclose(counts.theta, labels.theta, rtol=1e-9)
    assert counts.facts.log_likelihood == pytest.approx(labels.facts.log_likelihood, rel=1e-12)
    assert counts(COUNTS).categories.tolist() == ["a", "b", "c"]


def test_soft_labels_are_weighted_duplicates() -> None:
    total = COUNTS[["a", "b", "c"]].sum(axis=1)
    soft = COUNTS.assign(a=COUNTS["a"] / total, b=COUNTS["b"] / total, c=COUNTS["c"] / total)
    model = mk.fit("a + b + c ~ x", soft, mk.Categorical)
    long = soft.melt("x", value_vars=["a", "b", "c"], var_name="label", value_name="share")
    weighted = mk.fit("label ~ x", long, mk.Categorical, weights="share")
    np.testing.assert_allclose(model.theta, weighted.theta, rtol=1e-9)
    assert model.facts.log_likelihood == pytest.approx(weighted.facts.log_likelihood, rel=1e-12)


@pytest.mark.parametrize("network", [mk.Linear(), mk.MLP(4)])
def test_conflicting_labels_train_to_their_frequencies(network: mk.Network) -> None:
    thrice = pd.DataFrame(
        {"x": [1.0, 1.0, 1.0] * 30 + [2.0] * 30, "y": ["a", "b", "c"] * 30 + ["a", "b"] * 15}
    )
    one_hot = thrice.join(pd.get_dummies(thrice["y"], dtype=float))
    for formula, data in (("y ~ x", thrice), ("a + b + c ~ x", one_hot)):
        if isinstance(network, mk.Linear):
            data = data[data["x"] == 1].assign(x=np.tile([0.0, 0.0, 0.0, 1.0, 1.0, 1.0], 15))
        model = mk.fit(formula, data, mk.Categorical, network=network, validation=0.0)
        tolerance = 1e-9 if isinstance(network, mk.Linear) else 5e-3
        np.testing.assert_allclose(model(data).probs[0], [1 / 3, 1 / 3, 1 / 3], atol=tolerance)
        assert model.facts.log_likelihood <= -90 * np.log(3) + 1e-9


# ---- several targets and several predictors -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "targets"), [(mk.Bernoulli, ["yes", "also"]), (mk.Gaussian, ["length", "width"])]
)
def test_several_targets_are_independent_given_the_network(family: Any, targets: list[str]) -> None:
    together = mk.fit(f"{' + '.join(targets)} ~ x1 + x2", TABLE, family)
    apart = [mk.fit(f"{target} ~ x1 + x2", TABLE, family) for target in targets]
    assert together(TABLE).batch_shape == (200, 2)
    np.testing.assert_allclose(
        together(TABLE).mean, np.stack([model(TABLE).mean for model in apart], axis=1), rtol=1e-9
    )
    expected = sum(model.facts.log_likelihood for model in apart)
    assert together.facts.log_likelihood == pytest.approx(expected, rel=1e-12)
    assert together.n_parameters == sum(model.n_parameters for model in apart)
    frame = together.predict(TABLE)
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == targets


@pytest.mark.parametrize("network", NETWORKS)
def test_distributional_regression(network: mk.Network) -> None:
    data = overlapping(4000)
    model = fit({"loc": "length ~ x1 + x2 + group", "scale": "~ x1"}, data, mk.Gaussian, network)
    slope = np.polyfit(data["x1"], np.log(model(data).scale), 1)[0]
    assert slope == pytest.approx(0.3, abs=0.05 if isinstance(network, mk.Linear) else 0.3)


def test_an_omitted_parameter_is_an_intercept() -> None:
    mapped = mk.fit({"loc": "length ~ x1"}, TABLE, mk.Gaussian)
    plain = mk.fit("length ~ x1", TABLE, mk.Gaussian)
    np.testing.assert_array_equal(mapped.theta, plain.theta)
    only_scale = mk.fit({"scale": "length ~ x1"}, TABLE, mk.Gaussian)
    assert [term for output, term in only_scale.coefficients.index if output == "loc"] == ["Intercept"]


@pytest.mark.parametrize("name", ["logits", "probs"])
def test_a_parameter_goes_by_the_name_of_its_coordinate_too(name: str) -> None:
    mapped = mk.fit({name: "yes ~ x1"}, TABLE, mk.Bernoulli)
    np.testing.assert_array_equal(mapped.theta, mk.fit("yes ~ x1", TABLE, mk.Bernoulli).theta)


@pytest.mark.parametrize(
    ("formula", "family", "error", "match"),
    [
        ({"loc": "length ~ x1", "sigma": "~ x1"}, mk.Gaussian, mk.ParameterError, "no parameter 'sigma'"),
        ({"probs": "yes ~ x1", "logits": "~ x2"}, mk.Bernoulli, mk.FormulaError, "two formulas"),
        (
            {"loc": "length ~ x1", "scale": "~ x2"},
            mk.Gaussian.family(scale=1.0),
            mk.FormulaError,
            "held fixed",
        ),
        ({"loc": "length ~ x1", "scale": "width ~ x2"}, mk.Gaussian, mk.FormulaError, "exactly one formula"),
        ({"loc": "~ x1", "scale": "~ x2"}, mk.Gaussian, mk.FormulaError, "exactly one formula"),
        ({}, mk.Gaussian, mk.FormulaError, "exactly one formula"),
    ],
)
def test_formulas_that_do_not_suit_the_family(
    formula: dict[str, str], family: Any, error: type[Exception], match: str
) -> None:
    with pytest.raises(error, match=match):
        mk.fit(formula, TABLE, family)


# ---- chunks and seeds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", [mk.Newton(), mk.LBFGS(), mk.Adam(epochs=2), mk.SGD(epochs=2)])
def test_chunks_only_round(monkeypatch: pytest.MonkeyPatch, optimizer: mk.Optimizer) -> None:
    whole = mk.fit("length ~ x1 + x2 + group", TABLE, mk.Gaussian, optimizer=optimizer)
    monkeypatch.setattr(mlekit.arrays, "_MOST_ROWS", 7)
    parts = mk.fit("length ~ x1 + x2 + group", TABLE, mk.Gaussian, optimizer=optimizer)
    np.testing.assert_allclose(parts.theta, whole.theta, rtol=1e-5 if optimizer == mk.LBFGS() else 1e-9)
    np.testing.assert_allclose(parts(TABLE).mean, whole(TABLE).mean, rtol=1e-6)
    np.testing.assert_allclose(parts.facts.log_likelihood, whole.facts.log_likelihood, rtol=1e-9)


@pytest.mark.parametrize(
    ("network", "optimizer"),
    [
        (mk.Linear(), mk.Newton()),
        (mk.Linear(), mk.Adam(epochs=2)),
        (mk.MLP(5), mk.Adam(epochs=2)),
        (mk.MLP(5), mk.SGD(epochs=2)),
        (mk.MLP(5), mk.LBFGS(max_iterations=20)),
    ],
)
def test_the_same_seed_gives_the_same_bits(network: mk.Network, optimizer: mk.Optimizer) -> None:
    def run(seed: int) -> mk.Model[mk.Categorical]:
        return mk.fit(
            "kind ~ x1 + x2", TABLE, mk.Categorical, network=network, optimizer=optimizer, seed=seed
        )

    first, again, other = run(3), run(3), run(4)
    assert first.theta.tobytes() == again.theta.tobytes()
    columns = ["step", "train_nll", "validation_nll", "gradient_norm"]
    pd.testing.assert_frame_equal(first.history[columns], again.history[columns], check_exact=True)
    assert first(TABLE).probs.tobytes() == again(TABLE).probs.tobytes()
    if optimizer != mk.Newton():
        assert first.theta.tobytes() != other.theta.tobytes()
