"""What a fitted model answers: rows in their order and index, labels in their own type, numbers that agree."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import mlekit as mk
from tests.fitting.simulation import overlapping

TABLE = overlapping().set_index(pd.Index([f"row {i}" for i in range(200)], name="id"))
QUICK = mk.LBFGS(max_iterations=5)


def column(answer: pd.Series[Any] | pd.DataFrame) -> pd.Series[Any]:
    """Return predictions of a single target."""
    assert isinstance(answer, pd.Series)
    return answer


@pytest.fixture(scope="module")
def kinds() -> mk.Model[mk.Categorical]:
    return mk.fit("kind ~ x1 + x2 + group", TABLE, mk.Categorical)


@pytest.fixture(scope="module")
def lengths() -> mk.Model[mk.Gaussian]:
    return mk.fit("length ~ x1 + x2", TABLE, mk.Gaussian)


# ---- prediction ------------------------------------------------------------------------------------------------


def test_predictions_are_distributions_of_the_family(
    kinds: mk.Model[mk.Categorical], lengths: mk.Model[mk.Gaussian]
) -> None:
    assert isinstance(kinds(TABLE), mk.Categorical)
    assert isinstance(lengths(TABLE), mk.Gaussian)
    assert (kinds.family, lengths.family) == (mk.Categorical, mk.Gaussian)
    assert kinds(TABLE).batch_shape == lengths(TABLE).batch_shape == (200,)


def test_order_and_index_are_kept(lengths: mk.Model[mk.Gaussian]) -> None:
    shuffled = TABLE.sample(frac=1, random_state=0)
    for answer in (lengths.predict(shuffled), lengths.predict_frame(shuffled)):
        assert answer.index.equals(shuffled.index)
        assert answer.index.name == "id"
    straight, back = lengths.predict(TABLE), lengths.predict(shuffled)
    pd.testing.assert_series_equal(pd.Series(straight), pd.Series(back.loc[TABLE.index]), rtol=1e-12)
    repeated = TABLE.iloc[[3, 3, 1]]
    assert lengths.predict(repeated).index.tolist() == ["row 3", "row 3", "row 1"]


def test_every_row_counts_for_itself(kinds: mk.Model[mk.Categorical]) -> None:
    together = kinds(TABLE).probs
    for position in (0, 57, 199):
        alone = kinds(TABLE.iloc[[position]])
        assert alone.batch_shape == (1,)
        np.testing.assert_allclose(alone.probs[0], together[position], rtol=1e-12)


def test_a_target_is_not_needed(kinds: mk.Model[mk.Categorical]) -> None:
    bare = TABLE[["group", "x2", "x1"]]
    np.testing.assert_array_equal(kinds(bare).probs, kinds(TABLE).probs)
    with pytest.raises(mk.DataError, match="kind"):
        kinds.log_likelihood(bare)


@pytest.mark.parametrize("network", [mk.Linear(), mk.MLP(4)])
@pytest.mark.parametrize(
    "foreign", [pl.from_pandas, pa.Table.from_pandas, dict], ids=["polars", "arrow", "dict"]
)
def test_tables_of_other_libraries(foreign: Any, network: mk.Network) -> None:
    plain = TABLE.reset_index(drop=True)
    table = foreign(plain)
    optimizer = None if isinstance(network, mk.Linear) else QUICK
    model, expected = (
        mk.fit("kind ~ x1 + group", data, mk.Categorical, network=network, optimizer=optimizer)
        for data in (table, plain)
    )
    np.testing.assert_array_equal(model.theta, expected.theta)
    np.testing.assert_array_equal(model(table).probs, expected(plain).probs)
    answer = model.predict(table)
    assert isinstance(answer, pd.Series)
    assert answer.index.equals(pd.RangeIndex(200))
    assert model.log_likelihood(table) == expected.log_likelihood(plain)


def test_columns_of_other_types() -> None:
    model = mk.fit("yes ~ x1 + weight", TABLE, mk.Bernoulli)
    halved = TABLE.astype({"x1": np.float32, "weight": np.int8})
    np.testing.assert_allclose(model(halved).mean, model(TABLE).mean, rtol=1e-6)
    np.testing.assert_allclose(
        mk.fit("yes ~ x1 + weight", halved, mk.Bernoulli).theta, model.theta, rtol=1e-5
    )
    nullable = TABLE.astype({"x1": "Float64", "weight": "Int64", "yes": "boolean"})
    np.testing.assert_allclose(mk.fit("yes ~ x1 + weight", nullable, mk.Bernoulli).theta, model.theta)


@pytest.mark.parametrize(
    ("dtype", "kind"),
    [
        (bool, "b"),
        (np.bool_, "b"),
        ("boolean", "b"),
        (np.int64, "i"),
        (np.int8, "i"),
        (np.uint8, "u"),
        (float, "f"),
    ],
)
def test_a_binary_target_of_any_type(dtype: Any, kind: str) -> None:
    data = TABLE.astype({"yes": dtype})
    model = mk.fit("yes ~ x1 + x2", data, mk.Bernoulli)
    np.testing.assert_array_equal(model.theta, mk.fit("yes ~ x1 + x2", TABLE, mk.Bernoulli).theta)
    answer = model.predict(data)
    assert (answer.dtype == bool) == (kind == "b")
    assert set(np.unique(answer)) <= {0, 1}
    np.testing.assert_array_equal(answer, model(data).mean > 0.5)
    assert model.log_likelihood(data) == model.log_likelihood(TABLE.astype({"yes": dtype}))


@pytest.mark.parametrize(
    "labels",
    [["low", "mid", "high"], [3, 1, 2], [0.5, 1.5, 2.5], ["ä", "", "a b"], [10**12, 7, -1]],
)
def test_labels_of_any_kind_come_back(labels: list[Any]) -> None:
    recoded = dict(zip(["low", "mid", "high"], labels, strict=True))
    data = TABLE.assign(kind=TABLE["kind"].map(recoded))
    model = mk.fit("kind ~ x1 + x2", data, mk.Categorical)
    answer = column(model.predict(data))
    assert set(answer) <= set(labels)
    assert {type(value) for value in answer.tolist()} == {type(value) for value in labels}
    assert model.predict_frame(data).columns.tolist() == sorted(labels)
    reference = mk.fit("kind ~ x1 + x2", TABLE, mk.Categorical)
    back = {label: name for name, label in recoded.items()}
    agree = np.mean(
        [back[value] == other for value, other in zip(answer, reference.predict(TABLE), strict=True)]
    )
    assert agree > 0.99


def test_a_boolean_target_with_categories() -> None:
    data = TABLE.assign(flag=TABLE["yes"] == 1)
    model = mk.fit("flag ~ x1", data, mk.Categorical)
    assert column(model.predict(data)).dtype == bool
    pd.testing.assert_index_equal(model.predict_frame(data).columns, pd.Index([False, True]))
    binary = mk.fit("flag ~ x1", data, mk.Bernoulli)
    np.testing.assert_allclose(model.predict_frame(data)[True], binary(data).mean, rtol=1e-9)
    assert model.log_likelihood(data) == pytest.approx(binary.log_likelihood(data), rel=1e-12)


def test_the_order_of_categories_is_kept() -> None:
    data = TABLE.assign(kind=pd.Categorical(TABLE["kind"], ["mid", "low", "high"], ordered=True))
    model = mk.fit("kind ~ x1", data, mk.Categorical)
    assert model(data).categories.tolist() == ["mid", "low", "high"]
    assert model.predict_frame(data).columns.tolist() == ["mid", "low", "high"]
    assert set(model.coefficients.index.get_level_values("output")) == {"low", "high"}


def test_predict_is_the_likeliest_label_or_the_mean(
    kinds: mk.Model[mk.Categorical], lengths: mk.Model[mk.Gaussian]
) -> None:
    labels = kinds(TABLE)
    np.testing.assert_array_equal(kinds.predict(TABLE), labels.categories[labels.probs.argmax(axis=1)])
    np.testing.assert_array_equal(lengths.predict(TABLE), lengths(TABLE).mean)
    assert column(kinds.predict(TABLE)).name == "kind"


def test_predict_frame(kinds: mk.Model[mk.Categorical], lengths: mk.Model[mk.Gaussian]) -> None:
    probabilities = kinds.predict_frame(TABLE)
    assert probabilities.columns.tolist() == ["high", "low", "mid"]
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
    frame = lengths.predict_frame(TABLE)
    assert frame.columns.tolist() == ["loc", "scale", "mean", "std", "5%", "50%", "95%"]
    np.testing.assert_allclose(frame["95%"] - frame["5%"], 2 * 1.6448536269514722 * frame["std"], rtol=1e-12)
    coverage = ((TABLE["length"] > frame["5%"]) & (TABLE["length"] < frame["95%"])).mean()
    assert coverage == pytest.approx(0.9, abs=0.05)


def test_predict_frame_of_several_targets() -> None:
    model = mk.fit("length + width ~ x1", TABLE, mk.Gaussian)
    frame = model.predict_frame(TABLE)
    assert frame.columns.nlevels == 2
    np.testing.assert_array_equal(frame[("width", "mean")], model(TABLE).mean[:, 1])
    assert frame.index.equals(TABLE.index)


def test_a_hundred_thousand_rows(kinds: mk.Model[mk.Categorical]) -> None:
    many = TABLE.loc[np.repeat(TABLE.index, 500)]
    probs = kinds(many).probs
    np.testing.assert_allclose(probs, np.repeat(kinds(TABLE).probs, 500, axis=0), rtol=1e-12)
    assert kinds.log_likelihood(many) == pytest.approx(500 * kinds.log_likelihood(TABLE), rel=1e-12)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda t: t.drop(columns="x1"), "no column 'x1'"),
        (lambda t: t.assign(x1=t["x1"].where(t["x1"] < 1)), "'x1' has .* missing"),
        (lambda t: t.assign(x1=np.inf), "'x1' is infinite"),
        (lambda t: t.assign(x1="text"), "'x1' was numeric"),
        (lambda t: t.assign(group="z"), "'group' holds 'z'"),
        (lambda t: t.assign(group=None), "'group' has 200 missing"),
        (lambda t: t.head(0), "no rows"),
    ],
)
def test_tables_that_cannot_be_predicted(kinds: mk.Model[mk.Categorical], change: Any, match: str) -> None:
    with pytest.raises(mk.DataError, match=match):
        kinds(change(TABLE))


def test_new_labels_of_the_target_are_impossible_not_ignored(kinds: mk.Model[mk.Categorical]) -> None:
    assert kinds.log_likelihood(TABLE.assign(kind="unheard of")) == -np.inf


# ---- facts -----------------------------------------------------------------------------------------------------


def test_information_criteria(kinds: mk.Model[mk.Categorical]) -> None:
    log_likelihood = kinds.log_likelihood(TABLE)
    assert kinds.n_parameters == 2 * 5
    assert kinds.aic == pytest.approx(2 * 10 - 2 * log_likelihood, rel=1e-12)
    assert kinds.bic == pytest.approx(10 * np.log(200) - 2 * log_likelihood, rel=1e-12)


def test_summary_says_what_was_fitted() -> None:
    model = mk.fit(
        {"loc": "length ~ x1 + group", "scale": "~ x2"},
        TABLE,
        mk.Gaussian.family(links={"scale": "softplus"}),
    )
    text = model.summary()
    for said in (
        "Gaussian",
        "length",
        "softplus",
        "maximum likelihood",
        "converged",
        "200",
        "group[T.b]",
        "AIC",
    ):
        assert said in text
    assert f"{model.facts.log_likelihood:.6f}" in text
    shrunk = mk.fit("length ~ x1", TABLE, mk.Gaussian, prior=mk.Gaussian(loc=0.0, scale=3.0)).summary()
    assert "scale=3" in shrunk
    assert "prior" in shrunk
    network = mk.fit("length ~ x1", TABLE, mk.Gaussian, network=mk.MLP(5), optimizer=QUICK).summary()
    assert "MLP(5" in network
    assert "LBFGS(max_iterations=5" in network


def test_repr_is_one_line(kinds: mk.Model[mk.Categorical]) -> None:
    assert repr(kinds).startswith("Model[Categorical](kind ~ x1 + x2 + group; 10 parameters")
    assert "\n" not in repr(kinds)


def test_coefficients_of_a_network_are_refused() -> None:
    model = mk.fit("yes ~ x1", TABLE, mk.Bernoulli, network=mk.MLP(3), optimizer=QUICK)
    assert not model.is_linear
    with pytest.raises(mk.DataError, match="only a linear model has them"):
        _ = model.coefficients


def test_coefficients_are_in_the_units_of_the_data(lengths: mk.Model[mk.Gaussian]) -> None:
    b = lengths.coefficients
    line = b["loc", "Intercept"] + b["loc", "x1"] * TABLE["x1"] + b["loc", "x2"] * TABLE["x2"]
    np.testing.assert_allclose(lengths(TABLE).loc, line, rtol=1e-12)
    np.testing.assert_allclose(lengths(TABLE).scale, np.exp(b["scale", "Intercept"]), rtol=1e-12)


def test_models_are_immutable(kinds: mk.Model[mk.Categorical]) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        kinds.converged = False  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        kinds.theta[0] = 1.0
    before = kinds(TABLE).probs
    coefficients = kinds.coefficients
    coefficients[:] = 0.0
    kinds(TABLE.assign(x1=9.0))
    np.testing.assert_array_equal(kinds(TABLE).probs, before)


def test_fitting_leaves_its_inputs_alone() -> None:
    data, weights = TABLE.copy(), np.ones(200)
    mk.fit("kind ~ x1 + C(group)", data, mk.Categorical, weights=weights, network=mk.MLP(3), optimizer=QUICK)
    pd.testing.assert_frame_equal(data, TABLE)
    np.testing.assert_array_equal(weights, 1)


# ---- the identity ----------------------------------------------------------------------------------------------

GROUPED = pd.DataFrame(
    {
        "site": ["a"] * 50 + ["b"] * 30 + ["c"] * 20,
        "outcome": ["x"] * 20 + ["y"] * 30 + ["x"] * 25 + ["y"] * 5 + ["z"] * 12 + ["x"] * 8,
        "weight": np.tile([1.0, 2.0, 0.0, 0.5], 25),
    }
)


@pytest.mark.parametrize("weights", [None, "weight"])
@pytest.mark.parametrize("prior", [None, mk.Gaussian(loc=0.0, scale=1.0)])
def test_mean_nll_is_entropy_and_divergence(prior: mk.Gaussian | None, weights: str | None) -> None:
    data = GROUPED.assign(outcome=GROUPED["outcome"].replace("z", "y"))
    model = mk.fit("outcome ~ site", data, mk.Categorical, prior=prior, weights=weights)
    parts = model.decompose(data)
    total = data["weight"].sum() if weights else len(data)
    assert parts.entropy is not None
    assert parts.kl is not None
    assert parts.cross_entropy == pytest.approx(-model.log_likelihood(data) / total, abs=1e-12)
    assert parts.cross_entropy == pytest.approx(parts.entropy + parts.kl, abs=1e-12)
    # One mean per site is all there is to learn; a prior keeps a model from it.
    assert parts.kl == pytest.approx(0, abs=1e-12) if prior is None else parts.kl > 1e-4
    weight = data["weight"] if weights else 1.0
    counts = data.assign(w=weight).groupby(["site", "outcome"])["w"].sum().unstack().to_numpy()
    shares = counts / counts.sum(axis=1, keepdims=True)
    entropy = -np.sum(counts * np.log(shares)) / counts.sum()
    assert parts.entropy == pytest.approx(entropy, abs=1e-12)


def test_decomposition_of_counts_is_that_of_repeated_rows() -> None:
    wide = pd.crosstab(GROUPED["site"], GROUPED["outcome"]).reset_index()
    prior = mk.Gaussian(loc=0.0, scale=1.0)
    counted = mk.fit("x + y + z ~ site", wide, mk.Categorical, prior=prior).decompose(wide)
    repeated = mk.fit("outcome ~ site", GROUPED, mk.Categorical, prior=prior).decompose(GROUPED)
    assert counted.cross_entropy == pytest.approx(repeated.cross_entropy, abs=1e-8)
    assert counted.entropy == pytest.approx(repeated.entropy, abs=1e-12)


def test_decomposition_of_successes_and_failures_is_that_of_single_trials() -> None:
    dose, dead, alive = [1.0, 1, 2, 2, 3], [1, 2, 3, 0, 5], [4, 2, 3, 1, 1]
    wide = pd.DataFrame({"dose": dose, "dead": dead, "alive": alive})
    model = mk.fit("dead + alive ~ dose", wide, mk.Binomial)
    died = [answer for yes, no in zip(dead, alive, strict=True) for answer in [1] * yes + [0] * no]
    long = pd.DataFrame({"dose": np.repeat(dose, np.add(dead, alive)), "died": died})
    counted, single = model.decompose(wide), mk.fit("died ~ dose", long, mk.Bernoulli).decompose(long)
    assert counted.cross_entropy == pytest.approx(single.cross_entropy, rel=1e-10)
    assert counted.entropy == pytest.approx(single.entropy, rel=1e-12)
    assert counted.kl == pytest.approx(single.kl, rel=1e-8)


def test_rows_with_other_offsets_are_other_rows() -> None:
    data = TABLE.assign(shift=np.tile([0.0, 1.0], 100))
    model = mk.fit("yes ~ group", data, mk.Bernoulli, offset="shift")
    assert len(model.decompose(data).groups) == 6
    given = mk.fit("yes ~ group", data, mk.Bernoulli, offset=data["shift"].to_numpy())
    parts = given.decompose(data, offset=data["shift"].to_numpy())
    assert parts.cross_entropy == pytest.approx(model.decompose(data).cross_entropy, abs=1e-12)


def test_a_continuous_target_has_no_entropy_to_see(lengths: mk.Model[mk.Gaussian]) -> None:
    parts = lengths.decompose(TABLE)
    assert parts.cross_entropy == pytest.approx(-lengths.log_likelihood(TABLE) / 200, abs=1e-12)
    assert (parts.entropy, parts.kl) == (None, None)
    assert "continuous" in repr(parts)


def test_several_targets_have_no_single_entropy() -> None:
    model = mk.fit("yes + also ~ x1", TABLE, mk.Bernoulli)
    with pytest.raises(mk.DataError, match="one target"):
        model.decompose(TABLE)


def test_predictions_are_the_same_bits_on_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    data = pd.DataFrame(rng.normal(size=(1500, 40))).add_prefix("x").assign(y=rng.normal(size=1500))
    model = mk.fit(
        "y ~ .", data, mk.Gaussian, network=mk.MLP(16), optimizer=mk.Adam(epochs=1), progress=False
    )
    monkeypatch.setattr("mlekit.regression._MUCH_WORK", 1)
    predicted = []
    for threads in (1, 2, 3, 5):
        monkeypatch.setattr("mlekit.regression.thread_count", lambda threads=threads: threads)
        predicted.append(model.predict(data).to_numpy())
    for other in predicted[1:]:
        np.testing.assert_array_equal(other, predicted[0])
