"""fit_ensemble: what its models promise, for every family and every way of calling it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mlekit as mk
from mlekit.ensemble import require_ensemble_settings
from mlekit.fitting import moments
from mlekit.fitting.members import HeldOut, deal_folds
from mlekit.networks import Network, compiled

RNG = np.random.default_rng(20)
N = 90
X1, X2 = RNG.normal(size=(2, N))
RATE = np.exp(0.5 + 0.4 * X1)
TABLE = pd.DataFrame(
    {
        "x1": X1,
        "x2": X2,
        "constant": 3.0,
        "group": RNG.choice(["a", "b", "c"], N),
        "length": 20 + 5 * np.sin(2 * X1) + RNG.normal(0, 0.5 + 0.5 * (X2 > 0), N),
        "other": -3 + X2 + RNG.normal(0, 1.0, N),
        "yes": RNG.random(N) < 1 / (1 + np.exp(-2 * X1)),
        "count": RNG.poisson(RATE),
        "kind": np.where(X1 > 0.3, "left", np.where(X2 > 0, "up", "right")),
        "positive": RNG.gamma(3.0, RATE / 3),
        "share": RNG.beta(2.0, 3.0, N),
        "angle": RNG.uniform(-3.0, 3.0, N),
        "weight": RNG.integers(0, 3, N).astype(float),
        "exposure": RNG.uniform(0.5, 1.0, N),
        "right": RNG.binomial(8, 0.4, N),
        "wrong": 0,
    }
).assign(wrong=lambda t: 8 - t["right"])
QUICK = mk.Adam(steps=60, cycles=2)

FAMILIES: dict[str, tuple[str, Any]] = {
    "Gaussian": ("length", mk.Gaussian),
    "Gaussian, fixed scale": ("length", mk.Gaussian.family(scale=1.0)),
    "Gaussian, two targets": ("length + other", mk.Gaussian),
    "StudentT": ("length", mk.StudentT),
    "StudentT, fixed df": ("length", mk.StudentT.family(df=5.0)),
    "Laplace": ("length", mk.Laplace),
    "Logistic": ("length", mk.Logistic),
    "Cauchy": ("length", mk.Cauchy),
    "Gumbel": ("length", mk.Gumbel),
    "AsymmetricLaplace": ("length", mk.AsymmetricLaplace.family(quantile=0.9)),
    "Bernoulli": ("yes", mk.Bernoulli),
    "Categorical": ("kind", mk.Categorical),
    "OrderedCategorical": ("kind", mk.OrderedCategorical.family(categories=["left", "right", "up"])),
    "Binomial": ("right + wrong", mk.Binomial),
    "BetaBinomial": ("right + wrong", mk.BetaBinomial),
    "Poisson": ("count", mk.Poisson),
    "NegativeBinomial": ("count", mk.NegativeBinomial),
    "Geometric": ("count", mk.Geometric),
    "Gamma": ("positive", mk.Gamma),
    "Exponential": ("positive", mk.Exponential),
    "LogNormal": ("positive", mk.LogNormal),
    "InverseGaussian": ("positive", mk.InverseGaussian),
    "Weibull": ("positive", mk.Weibull),
    "LogLogistic": ("positive", mk.LogLogistic),
    "Beta": ("share", mk.Beta),
    "VonMises": ("angle", mk.VonMises),
}


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_trains_as_an_ensemble(name: str, tmp_path: Path) -> None:
    """A mixture a row, a true likelihood, a table of predictions, and the same after a save and a load."""
    target, family = FAMILIES[name]
    model = mk.fit_ensemble(f"{target} ~ x1 + x2 + group", TABLE, family, members=2, optimizer=QUICK)
    p = model(TABLE)
    assert isinstance(p, mk.Mixture)
    assert p.n_components == 6
    if name not in ("Binomial", "BetaBinomial"):
        names = target.split(" + ")
        outcomes = TABLE[names[0]].to_numpy() if len(names) == 1 else TABLE[names].to_numpy()
        np.testing.assert_allclose(np.sum(p.log_prob(outcomes)), model.log_likelihood(TABLE), rtol=1e-9)
    assert np.isfinite(model.log_likelihood(TABLE))
    assert len(model.predict_frame(TABLE)) == N
    assert model.predict(TABLE).index.equals(TABLE.index)
    assert "Mixture" in repr(model)
    assert str(model.n_parameters) in model.summary()
    assert model.summary().count("MLP(") == 2  # each kind of network is named once
    model.save(tmp_path / "ensemble.mlekit")
    again = mk.load(tmp_path / "ensemble.mlekit")
    assert again.log_likelihood(TABLE) == model.log_likelihood(TABLE)
    pd.testing.assert_frame_equal(again.history, model.history)


def fitted(**settings: Any) -> mk.Model[Any]:
    call: dict[str, Any] = {"members": 2, "optimizer": QUICK} | settings
    return mk.fit_ensemble("length ~ x1 + x2 + constant", TABLE, mk.Gaussian, **call)


def test_the_same_seed_gives_the_same_bits_on_any_number_of_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    model = fitted()
    for room in (compiled, moments):
        monkeypatch.setattr(room, "thread_count", lambda: 3)
    monkeypatch.setattr(compiled, "_SHARED_PRODUCTS", 0)
    monkeypatch.setattr(moments, "_SHARED_PARAMETERS", 0)
    shared = fitted()
    np.testing.assert_array_equal(shared.theta, model.theta)
    assert not np.array_equal(fitted(seed=1).theta, model.theta)


@pytest.mark.parametrize("network", [None, mk.MLP(6), mk.MLP(5, 4, activation="gelu", skip=True)], ids=repr)
@pytest.mark.parametrize("members", [1, 3])
def test_networks_and_members(network: Network | None, members: int) -> None:
    model = fitted(network=network, members=members)
    kinds = 3 if network is None else 1
    assert model(TABLE).n_components == kinds * members
    assert sorted(model.history["member"].unique()) == list(range(kinds * members))


def test_a_formula_for_each_parameter() -> None:
    formulas = {"loc": "length ~ x1 + x2", "scale": "~ x2"}
    model = mk.fit_ensemble(formulas, TABLE, mk.Gaussian, members=2, optimizer=QUICK)
    moved = model(TABLE.assign(x1=TABLE["x1"] + 1))
    parts, before = moved.components, model(TABLE).components
    assert isinstance(parts, tuple)
    assert isinstance(before, tuple)
    for part, was in zip(
        parts[:4], before[:4], strict=True
    ):  # of networks; no line may be better than a slight one
        np.testing.assert_allclose(part.scale, was.scale)
        assert not np.allclose(part.loc, was.loc)


def test_without_predictors_it_finds_the_marginal() -> None:
    model = mk.fit_ensemble("length ~ 1", TABLE, mk.Gaussian, members=2, optimizer=QUICK)
    np.testing.assert_allclose(model(TABLE).mean, TABLE["length"].mean(), rtol=0.02)


def test_rows_of_weight_zero_do_not_count() -> None:
    wild = TABLE.assign(length=np.where(TABLE["weight"] == 0, 1e6, TABLE["length"]))
    call: dict[str, Any] = {"members": 2, "optimizer": QUICK, "weights": "weight"}
    tame = mk.fit_ensemble("length ~ x1 + x2", TABLE, mk.Gaussian, **call)
    np.testing.assert_allclose(
        mk.fit_ensemble("length ~ x1 + x2", wild, mk.Gaussian, **call).theta, tame.theta, rtol=1e-4
    )


def test_an_offset_moves_every_member() -> None:
    call: dict[str, Any] = {"members": 2, "optimizer": QUICK}
    model = mk.fit_ensemble("count ~ x1", TABLE, mk.Poisson, offset="exposure", **call)
    more = model(TABLE.assign(exposure=TABLE["exposure"] + np.log(2.0)))
    np.testing.assert_allclose(more.mean, 2 * model(TABLE).mean)


@pytest.mark.parametrize(
    "validation", [None, 0, 0.3, TABLE.head(20)], ids=["folds", "none", "share", "table"]
)
def test_validation(validation: Any) -> None:
    model = fitted(validation=validation)
    assert np.isfinite(model.log_likelihood(TABLE))
    none = isinstance(validation, int) and validation == 0
    assert model.history["validation_nll"].isna().all() == none


@pytest.mark.parametrize(("most", "held_out"), [(20_000, len(TABLE) // 2), (30, 30)])
def test_members_hold_out_a_share_of_the_rows_that_is_no_more_than_enough(
    most: int, held_out: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlekit.ensemble._MOST_HELD_OUT", most)
    model = fitted(members=2, optimizer=QUICK)
    assert model.facts.validation_rows == held_out
    assert np.isfinite(model.log_likelihood(TABLE))


def test_a_prior_shrinks() -> None:
    call: dict[str, Any] = {"network": mk.MLP(6), "optimizer": mk.Adam(steps=400), "validation": 0}
    narrow = fitted(prior=mk.Gaussian(loc=0.0, scale=0.01), **call)
    wide = fitted(prior=mk.Gaussian(loc=0.0, scale=10.0), **call)
    assert np.square(narrow.theta).sum() < 0.1 * np.square(wide.theta).sum()
    assert narrow.facts.log_prior != 0


def test_errors() -> None:
    with pytest.raises(mk.NetworkError, match="linear in its parameters"):
        fitted(network=mk.Linear())
    with pytest.raises(mk.ParameterError, match="members"):
        fitted(members=0)
    with pytest.raises(mk.ParameterError, match="Adam"):
        require_ensemble_settings(mk.Gaussian, mk.MLP(3), 2, None, mk.LBFGS(), 0)
    with pytest.raises(mk.ParameterError, match="validation"):
        fitted(validation=1.5)
    with pytest.raises(mk.DataError, match="at least two rows"):
        mk.fit_ensemble("count ~ x1", TABLE.head(1), mk.Poisson)


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize("rows", [4, 7, 25])
def test_few_rows(rows: int) -> None:
    few = TABLE.head(rows).assign(odd=lambda t: np.arange(len(t)) == 1)
    model = mk.fit_ensemble("length ~ x1 + x2", few, mk.Gaussian, optimizer=QUICK)
    assert np.isfinite(model.log_likelihood(TABLE))
    rare = mk.fit_ensemble("odd ~ x1 + x2", few, mk.Bernoulli, optimizer=QUICK)
    assert np.isfinite(rare.log_likelihood(few))


def test_a_class_of_few_rows_is_spread_over_the_folds() -> None:
    labels = np.repeat([0, 1, 2], [95, 4, 1])
    held_out = deal_folds(labels, 10, 0.1, np.random.default_rng(0))
    assert (held_out.sum(axis=1) == 1).all()
    assert held_out[95:99].sum(axis=0).max() == 1


@pytest.mark.parametrize("looks", [2, 20], ids=["while lines are fitted", "while networks are trained"])
def test_an_interrupted_fit_keeps_the_best_so_far(monkeypatch: pytest.MonkeyPatch, looks: int) -> None:
    seen: list[int] = []
    compute = HeldOut.mean_nll

    def interrupt(self: HeldOut, theta: np.ndarray) -> np.ndarray:
        seen.append(1)
        if len(seen) == looks:
            raise KeyboardInterrupt
        return compute(self, theta)

    monkeypatch.setattr(HeldOut, "mean_nll", interrupt)
    model = fitted()
    assert model.interrupted
    assert not model.converged
    assert "interrupted" in model.stop_reason
    assert np.isfinite(model.log_likelihood(TABLE))


def simulate(rows: int, seed: int) -> pd.DataFrame:
    """A wave whose noise depends on x, and the log-density of the truth."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-2, 2, rows)
    truth = mk.Gaussian(loc=np.sin(3 * x), scale=0.1 + 0.3 * (x > 0))
    y = truth.sample(rng=rng)
    return pd.DataFrame({"x": x, "noise": rng.normal(size=rows), "y": y, "log_prob": truth.log_prob(y)})


def test_close_to_the_truth_where_it_is_known() -> None:
    train, test = simulate(600, 0), simulate(4000, 1)
    model = mk.fit_ensemble("y ~ x + noise", train, mk.Gaussian, members=4)
    gap = test["log_prob"].mean() - model.log_likelihood(test) / len(test)
    assert -0.01 < gap < 0.1


def test_few_rows_of_a_line_are_left_to_the_linear_kind() -> None:
    """Sixty rows, twelve columns, and a truth without a curve: a shrunk line has the largest share."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(60, 12))
    y = x @ np.linspace(-1, 1, 12) + rng.normal(size=60)
    table = pd.DataFrame(x, columns=[f"x{j}" for j in range(12)]).assign(y=y)
    model = mk.fit_ensemble("y ~ .", table, mk.Gaussian, members=5, optimizer=mk.Adam(steps=200))
    smooth, stepped, linear = model(table).weights.reshape(3, 5).sum(axis=1)
    assert smooth + stepped + linear == pytest.approx(1)
    assert linear > max(smooth, stepped)


def test_separated_classes_are_predicted_with_confidence() -> None:
    """No maximum of the likelihood exists; a prior that held-out rows chose takes its place."""
    rng = np.random.default_rng(4)
    x = rng.uniform(-1, 1, size=(260, 3))
    table = pd.DataFrame(x, columns=["a", "b", "c"]).assign(y=x[:, 0] + x[:, 1] > 0)
    clear = table[np.abs(x[:, 0] + x[:, 1]) > 0.3]
    train, test = clear.head(80), clear.tail(100)
    model = mk.fit_ensemble("y ~ .", train, mk.Bernoulli, members=4, optimizer=mk.Adam(steps=300))
    shrunk = mk.fit("y ~ .", train, mk.Bernoulli, prior=mk.Gaussian(loc=0.0, scale=1.0))
    assert -model.log_likelihood(test) / len(test) < 0.1
    assert model.log_likelihood(test) > shrunk.log_likelihood(test)


def test_the_linear_kind_reaches_the_maximum_under_its_prior() -> None:
    """Given a prior it is what `fit` finds from the rows that a member does not hold out."""
    prior = mk.Gaussian(loc=0.0, scale=0.5)
    line = TABLE.assign(x1=(X1 - X1.mean()) / X1.std(), x2=(X2 - X2.mean()) / X2.std())
    model = mk.fit_ensemble(
        "yes ~ x1 + x2", line, mk.Bernoulli, members=1, prior=prior, optimizer=QUICK, validation=line.head(30)
    )
    expected = mk.fit("yes ~ x1 + x2", line, mk.Bernoulli, prior=prior)
    parts = model(line).components
    assert isinstance(parts, tuple)
    np.testing.assert_allclose(parts[-1].mean, expected(line).mean, atol=1e-4)
