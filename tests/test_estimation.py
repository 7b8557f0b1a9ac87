"""``fit`` itself: what it refuses, networks of one's own, and how it starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from jaxtyping import Bool, Float, Int

import mlekit as mk
from mlekit.estimation import check_settings
from mlekit.networks import BuiltNetwork
from tests.fitting.simulation import overlapping

TABLE = overlapping()
FEW = mk.Adam(epochs=2)


# ---- settings of a wrong type ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "error", "match"),
    [
        ({"family": "bernoulli"}, mk.ParameterError, "distribution class, such as Bernoulli"),
        ({"family": mk.Bernoulli(probs=0.5)}, mk.ParameterError, "distribution class"),
        ({"family": int}, mk.ParameterError, "distribution class"),
        ({"network": mk.MLP}, mk.NetworkError, r"Linear\(\) or MLP\(16, 16\)"),
        ({"network": 16}, mk.NetworkError, "network must be"),
        ({"prior": 1.0}, mk.ParameterError, "prior must be a distribution"),
        ({"prior": mk.Gaussian}, mk.ParameterError, "prior must be a distribution"),
        ({"optimizer": mk.Adam}, mk.ParameterError, r"Adam\(\) or LBFGS\(\)"),
        ({"optimizer": "adam"}, mk.ParameterError, "optimizer must be"),
        ({"seed": -1}, mk.ParameterError, "seed must be"),
        ({"seed": 0.5}, mk.ParameterError, "seed must be"),
        ({"seed": True}, mk.ParameterError, "seed must be"),
    ],
)
def test_settings_of_a_wrong_type(setting: dict[str, Any], error: type[Exception], match: str) -> None:
    settings: dict[str, Any] = {
        "family": mk.Bernoulli,
        "network": mk.Linear(),
        "prior": None,
        "optimizer": None,
        "seed": 0,
    }
    check_settings(**settings)
    with pytest.raises(error, match=match):
        check_settings(**settings | setting)


def test_numpy_integers_are_seeds() -> None:
    model = mk.fit("yes ~ x1", TABLE, mk.Bernoulli, network=mk.MLP(2), optimizer=FEW, seed=int(np.int64(3)))
    assert model.facts.seed == 3


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (TABLE.head(0), "no rows"),
        (TABLE.assign(x1=TABLE["x1"].where(TABLE.index != 7)), "'x1' has 1 missing value .* row 7"),
        (TABLE.assign(yes=TABLE["yes"].where(TABLE.index != 7)), "'yes'.* missing"),
        (TABLE.drop(columns="x1"), "no column 'x1'"),
        (TABLE.drop(columns="yes"), "no column 'yes'"),
        (TABLE.assign(yes=TABLE["kind"]), "'yes' .* booleans or 0/1"),
        (TABLE.assign(yes=TABLE["yes"] * 2), "'yes' holds 2"),
    ],
)
def test_tables_that_cannot_be_fitted(data: pd.DataFrame, match: str) -> None:
    with pytest.raises(mk.DataError, match=match):
        mk.fit("yes ~ x1", data, mk.Bernoulli)


@pytest.mark.parametrize(
    ("weights", "match"),
    [
        (np.full(200, -1.0), "negative"),
        (np.zeros(200), "0 in all 200 rows"),
        (np.ones(199), "199"),
        (np.full(200, np.nan), "missing"),
        ("nowhere", "no column 'nowhere'"),
    ],
)
def test_weights_that_cannot_be_used(weights: Any, match: str) -> None:
    with pytest.raises(mk.DataError, match=match):
        mk.fit("yes ~ x1", TABLE, mk.Bernoulli, weights=weights)


def test_too_few_rows_to_hold_any_out() -> None:
    with pytest.raises(mk.DataError, match="leaves none to train on"):
        mk.fit("length ~ x1", TABLE.head(2), mk.Gaussian, network=mk.MLP(2), validation=0.9)


def test_a_validation_table_is_encoded_like_the_training_table() -> None:
    train, check = TABLE.iloc[:150], TABLE.iloc[150:]
    model = mk.fit(
        "kind ~ x1 + group", train, mk.Categorical, network=mk.MLP(4), optimizer=FEW, validation=check
    )
    assert (model.facts.rows, model.facts.validation_rows) == (150, 50)
    last = model.history["validation_nll"].min()
    assert -model.log_likelihood(check) / 50 == pytest.approx(last, rel=1e-5)
    with pytest.raises(mk.DataError, match="'group' holds 'z'"):
        mk.fit("kind ~ group", train, mk.Categorical, validation=check.assign(group="z"))


# ---- start -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "family"),
    [("yes ~ x1", mk.Bernoulli), ("kind ~ x1", mk.Categorical), ("length ~ x1", mk.Gaussian)],
)
def test_a_network_starts_near_the_best_constant(formula: str, family: Any) -> None:
    constant = mk.fit(formula.replace("x1", "1"), TABLE, family)
    start = mk.fit(
        formula,
        TABLE,
        family,
        network=mk.MLP(8),
        optimizer=mk.Adam(learning_rate=1e-12, epochs=1),
        validation=0,
    )
    assert start.facts.log_likelihood == pytest.approx(constant.facts.log_likelihood, rel=0.05)


def test_units_of_the_target_do_not_matter() -> None:
    """Metres or micrometres: the same fit, with the likelihood's Jacobian."""
    for network in (mk.Linear(), mk.MLP(4)):
        metres, micrometres = (
            mk.fit("length ~ x1", TABLE.assign(length=unit * TABLE["length"]), mk.Gaussian, network=network)
            for unit in (1.0, 1e6)
        )
        np.testing.assert_allclose(micrometres(TABLE).loc, 1e6 * metres(TABLE).loc, rtol=1e-4)
        shift = 200 if isinstance(network, mk.Linear) else 180
        difference = metres.facts.log_likelihood - micrometres.facts.log_likelihood
        assert difference == pytest.approx(shift * np.log(1e6), rel=1e-5)


def test_no_intercept_and_no_predictors() -> None:
    through_zero = mk.fit("length ~ x2 - 1", TABLE, mk.Gaussian)
    slope = np.linalg.lstsq(TABLE[["x2"]].to_numpy(), TABLE["length"].to_numpy())[0][0]
    assert through_zero.coefficients["loc", "x2"] == pytest.approx(slope, rel=1e-12)
    same = mk.fit("length ~ x2", TABLE, mk.Gaussian, network=mk.Linear(bias=False))
    assert same.coefficients["loc", "x2"] == pytest.approx(slope, rel=1e-12)
    constant = mk.fit("yes ~ 1", TABLE, mk.Bernoulli)
    np.testing.assert_allclose(constant(TABLE).mean, TABLE["yes"].mean(), rtol=1e-12)


def test_a_scale_without_an_intercept_is_one_where_its_predictors_are_zero() -> None:
    """No unit may be taken for the target then: its logarithm would be an intercept."""
    rng = np.random.default_rng(0)
    z = rng.uniform(size=400)
    data = pd.DataFrame({"z": z, "y": 100 + np.exp(1.5 * z) * rng.normal(size=400)})
    model = mk.fit({"loc": "y ~ 1", "scale": "~ z - 1"}, data, mk.Gaussian)
    assert model.facts.log_likelihood == pytest.approx(model.log_likelihood(data), rel=1e-13)
    assert model.coefficients["scale", "z"] == pytest.approx(1.5, abs=0.2)
    score = model(data).score(data["y"])
    assert score[:, 0].sum() == pytest.approx(0, abs=1e-6)
    assert score[:, 1] @ z == pytest.approx(0, abs=1e-6)


# ---- networks of one's own -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wide:
    """A specification that builds on one of the library's."""

    def build(self, n_inputs: int, n_outputs: int, *, dtype: Any = np.float64) -> BuiltNetwork:
        return mk.MLP(12, activation="relu").build(n_inputs, n_outputs, dtype=dtype)


@dataclass(frozen=True)
class Quadratic:
    """A network written from nothing: η = (X w)² + b, one output after the other."""

    def build(self, n_inputs: int, n_outputs: int, *, dtype: Any = np.float64) -> BuiltNetwork:
        return BuiltQuadratic(n_inputs, n_outputs, dtype)


@dataclass(eq=False)
class BuiltQuadratic:
    n_inputs: int
    n_outputs: int
    dtype: Any

    @property
    def n_parameters(self) -> int:
        return (self.n_inputs + 1) * self.n_outputs

    @property
    def penalized(self) -> Bool[np.ndarray, " parameters"]:
        return np.arange(self.n_parameters) < self.n_inputs * self.n_outputs

    @property
    def output_biases(self) -> Int[np.ndarray, " biases"]:
        return np.flatnonzero(~self.penalized)

    def initialize(self, rng: np.random.Generator) -> Float[np.ndarray, " parameters"]:
        return np.where(self.penalized, 0.1 * rng.normal(size=self.n_parameters), 0).astype(self.dtype)

    def _parts(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        size = self.n_inputs * self.n_outputs
        return theta[:size].reshape(self.n_inputs, self.n_outputs), theta[size:]

    def forward(
        self, theta: Float[np.ndarray, " parameters"], inputs: Float[np.ndarray, "rows inputs"]
    ) -> Float[np.ndarray, "rows outputs"]:
        weights, biases = self._parts(theta)
        self.line = inputs @ weights
        eta: Float[np.ndarray, "rows outputs"] = np.square(self.line) + biases
        return eta

    def backward(
        self,
        theta: Float[np.ndarray, " parameters"],
        inputs: Float[np.ndarray, "rows inputs"],
        eta_gradient: Float[np.ndarray, "rows outputs"],
        out: Float[np.ndarray, " parameters"],
    ) -> None:
        weights, biases = self._parts(out)
        weights[:] = inputs.T @ (2 * self.line * eta_gradient)
        biases[:] = eta_gradient.sum(axis=0)


def curved(rows: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, rows))
    return pd.DataFrame({"a": a, "b": b, "y": (a - 0.5 * b) ** 2 + 0.1 * rng.normal(size=rows)})


@pytest.mark.parametrize("network", [Wide(), Quadratic()])
@pytest.mark.parametrize("optimizer", [None, mk.LBFGS(), mk.SGD(learning_rate=0.02)])
def test_a_network_of_ones_own_is_fitted(network: mk.Network, optimizer: mk.Optimizer | None) -> None:
    data = curved()
    assert isinstance(network, mk.Network)
    model = mk.fit("y ~ a + b", data, mk.Gaussian.family(scale=0.1), network=network, optimizer=optimizer)
    residual = data["y"] - model(data).mean
    assert np.mean(np.square(residual)) < 0.1 * data["y"].var()
    assert type(network).__name__ in model.summary()


def test_a_network_of_ones_own_beside_another() -> None:
    formulas = {"loc": "y ~ a + b", "scale": "~ 1"}
    model = mk.fit(formulas, curved(), mk.Gaussian, network=Quadratic(), optimizer=mk.LBFGS())
    assert np.median(model(curved()).scale) == pytest.approx(0.1, rel=0.2)


@pytest.mark.parametrize(
    "family", [mk.Bernoulli, mk.Bernoulli.family(), mk.Bernoulli.family(links={"probs": "probit"})]
)
def test_a_class_is_short_for_its_family(family: Any) -> None:
    assert mk.fit("yes ~ x1", TABLE, family).family is mk.Bernoulli
