"""Optimizers come to the same maximum; the one loop records, stops, restores, and says why."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from jaxtyping import Float

import mlekit as mk
from mlekit.fitting import Objective, Stop
from mlekit.fitting.optimizer import Record, Run
from tests.fitting.simulation import WHOLE_BATCHES, overlapping
from tests.support import REPOSITORY

TABLE = overlapping()
OPTIMIZERS = [mk.Newton(), mk.LBFGS(), *WHOLE_BATCHES]


# ---- one maximum ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "family"),
    [
        ("yes ~ x1 + x2 + group", mk.Bernoulli),
        ("kind ~ x1 + x2", mk.Categorical),
        ({"loc": "length ~ x1 + x2", "scale": "~ x1"}, mk.Gaussian),
    ],
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: type(o).__name__)
def test_every_optimizer_comes_to_the_same_maximum(
    optimizer: mk.Optimizer, formula: Any, family: Any
) -> None:
    exact = mk.fit(formula, TABLE, family)
    model = mk.fit(formula, TABLE, family, optimizer=optimizer)
    assert model.facts.log_likelihood == pytest.approx(exact.facts.log_likelihood, abs=1e-6)
    frame, expected = model.predict_frame(TABLE), exact.predict_frame(TABLE)
    np.testing.assert_allclose(frame.to_numpy(), expected.to_numpy(), rtol=1e-4, atol=1e-6)
    assert model.converged
    assert repr(optimizer) in model.summary()


def test_the_gradient_vanishes_at_the_maximum() -> None:
    model = mk.fit("yes ~ x1 + x2", TABLE, mk.Bernoulli)
    assert model.history["gradient_norm"].iloc[-1] < 1e-9
    residual = TABLE["yes"].to_numpy() - model(TABLE).mean
    design = np.column_stack([np.ones(200), TABLE[["x1", "x2"]]])
    np.testing.assert_allclose(residual @ design, 0, atol=1e-9)


@pytest.mark.parametrize("optimizer", [mk.LBFGS(), mk.Adam(), mk.SGD()], ids=lambda o: type(o).__name__)
def test_networks_learn_what_a_line_cannot(optimizer: mk.Optimizer) -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, 600)
    data = pd.DataFrame({"x": x, "y": np.sin(2 * x) + 0.1 * rng.normal(size=600)})
    model = mk.fit("y ~ x", data, mk.Gaussian, network=mk.MLP(16), optimizer=optimizer)
    assert np.sqrt(np.mean(np.square(model(data).mean - np.sin(2 * x)))) < 0.1
    assert np.median(model(data).scale) == pytest.approx(0.1, rel=0.3)


def test_newton_needs_a_linear_network() -> None:
    with pytest.raises(mk.FitError, match=r"linear in its parameters.*LBFGS or Adam"):
        mk.fit("yes ~ x1", TABLE, mk.Bernoulli, network=mk.MLP(4), optimizer=mk.Newton())


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        (lambda: mk.Newton(max_iterations=0), "max_iterations"),
        (lambda: mk.Newton(tolerance=0.0), "tolerance"),
        (lambda: mk.LBFGS(max_iterations=0), "max_iterations"),
        (lambda: mk.LBFGS(tolerance=-1.0), "tolerance"),
        (lambda: mk.Adam(learning_rate=0.0), "learning_rate"),
        (lambda: mk.Adam(learning_rate=float("nan")), "learning_rate"),
        (lambda: mk.Adam(learning_rate=float("inf")), "learning_rate"),
        (lambda: mk.Adam(epochs=0), "epochs"),
        (lambda: mk.Adam(batch_size=0), "batch_size"),
        (lambda: mk.Adam(beta1=1.0), "beta1"),
        (lambda: mk.Adam(beta2=-0.1), "beta2"),
        (lambda: mk.Adam(epsilon=-1.0), "epsilon"),
        (lambda: mk.Adam(warmup=-1), "warmup"),
        (lambda: mk.Adam(clip_norm=0.0), "clip_norm"),
        (lambda: mk.Adam(patience=0), "patience"),
        (lambda: mk.SGD(momentum=1.0), "momentum"),
        (lambda: mk.SGD(learning_rate=-1.0), "learning_rate"),
        (lambda: mk.SGD(clip_norm=float("nan")), "clip_norm"),
    ],
)
def test_settings_that_make_no_sense(settings: Any, match: str) -> None:
    with pytest.raises(mk.ParameterError, match=match):
        settings()


def test_settings_are_immutable_values() -> None:
    assert mk.Adam(epochs=3) == mk.Adam(epochs=3)
    assert replace(mk.Adam(), learning_rate=0.1).learning_rate == 0.1
    with pytest.raises(AttributeError):
        mk.Adam().epochs = 3  # type: ignore[misc]


# ---- history and stopping --------------------------------------------------------------------------------------

COLUMNS = ["step", "train_nll", "validation_nll", "gradient_norm", "seconds"]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: type(o).__name__)
def test_history(optimizer: mk.Optimizer) -> None:
    history = mk.fit("yes ~ x1 + x2", TABLE, mk.Bernoulli, optimizer=optimizer).history
    assert history.columns.tolist() == COLUMNS
    assert history["step"].is_monotonic_increasing
    assert history["seconds"].is_monotonic_increasing
    assert history["validation_nll"].isna().all()
    assert (history["gradient_norm"] >= 0).all()
    assert history["train_nll"].iloc[-1] < np.log(2)


def test_history_ends_at_the_reported_likelihood() -> None:
    model = mk.fit("yes ~ x1 + x2", TABLE, mk.Bernoulli, weights="weight")
    mean = -model.facts.log_likelihood / TABLE["weight"].sum()
    assert model.history["train_nll"].iloc[-1] == pytest.approx(mean, rel=1e-12)


def overfitted(seed: int = 0, **settings: Any) -> tuple[mk.Model[mk.Gaussian], pd.DataFrame]:
    """A network much too large for 60 rows of noise."""
    rng = np.random.default_rng(seed)
    train, check = (
        pd.DataFrame(rng.normal(size=(rows, 4)), columns=["y", "a", "b", "c"]) for rows in (60, 400)
    )
    network = mk.MLP(32, 32)
    return mk.fit("y ~ a + b + c", train, mk.Gaussian, network=network, validation=check, **settings), check


def test_early_stopping_restores_the_best_weights() -> None:
    model, check = overfitted(optimizer=mk.Adam(patience=10))
    assert "early stopping" in model.stop_reason
    nll = model.history["validation_nll"]
    assert nll.argmin() < len(nll) - 1
    assert -model.log_likelihood(check) / len(check) == pytest.approx(nll.min(), rel=1e-5)
    assert model.facts.validation_rows == 400
    assert len(nll) - 1 - nll.argmin() == 10


def test_without_patience_the_best_weights_are_restored_too() -> None:
    model, check = overfitted(optimizer=mk.Adam(patience=None, epochs=300))
    nll = model.history["validation_nll"]
    assert "finished" in model.stop_reason
    assert nll.iloc[-1] > nll.min() + 0.05
    assert -model.log_likelihood(check) / len(check) == pytest.approx(nll.min(), rel=1e-5)


def test_lbfgs_stops_early_too() -> None:
    model, check = overfitted(optimizer=mk.LBFGS())
    nll = model.history["validation_nll"]
    assert -model.log_likelihood(check) / len(check) == pytest.approx(nll.min(), rel=1e-5)


def test_a_share_of_the_rows_is_held_out() -> None:
    model = mk.fit("yes ~ x1", TABLE, mk.Bernoulli, network=mk.MLP(2), optimizer=mk.Adam(epochs=1))
    assert (model.facts.rows, model.facts.validation_rows) == (180, 20)
    all_rows = mk.fit(
        "yes ~ x1", TABLE, mk.Bernoulli, network=mk.MLP(2), optimizer=mk.Adam(epochs=1), validation=0
    )
    assert (all_rows.facts.rows, all_rows.facts.validation_rows) == (200, 0)
    half = mk.fit("yes ~ x1", TABLE, mk.Bernoulli, validation=0.5)
    assert (half.facts.rows, half.facts.validation_rows) == (100, 100)
    assert mk.fit("yes ~ x1", TABLE, mk.Bernoulli).facts.validation_rows == 0


@pytest.mark.parametrize("validation", [1.0, -0.1, 7, True, float("nan")])
def test_a_share_outside_its_range(validation: Any) -> None:
    with pytest.raises(mk.ParameterError, match="validation"):
        mk.fit("yes ~ x1", TABLE, mk.Bernoulli, validation=validation)


def test_running_out_of_iterations_is_said() -> None:
    for optimizer in (mk.Newton(max_iterations=2), mk.LBFGS(max_iterations=2)):
        model = mk.fit("yes ~ x1 + x2", TABLE, mk.Bernoulli, optimizer=optimizer)
        assert not model.converged
        assert model.stop_reason == "reached max_iterations=2"


@pytest.mark.parametrize("optimizer", [mk.SGD(learning_rate=1e30), mk.Adam(learning_rate=1e30)])
@pytest.mark.parametrize("network", [mk.Linear(), mk.MLP(8, activation="relu")])
def test_divergence_is_said_and_keeps_finite_weights(network: mk.Network, optimizer: mk.Optimizer) -> None:
    model = mk.fit(
        "length ~ x1 + x2", TABLE, mk.Gaussian.family(scale=1.0), network=network, optimizer=optimizer
    )
    assert "diverged" in model.stop_reason
    assert "lower the learning rate" in model.stop_reason
    assert not model.converged
    assert np.isfinite(model.theta).all()
    assert np.isfinite(model.facts.log_likelihood)


# ---- interruption ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class InterruptedAt:
    """An optimizer whose user presses Ctrl-C in the course of a step."""

    inner: mk.Optimizer
    step: int

    def start(
        self, objective: Objective, theta: Float[np.ndarray, " parameters"], rng: np.random.Generator
    ) -> Run:
        if self.step == 0:
            raise KeyboardInterrupt
        return _InterruptedRun(self.inner.start(objective, theta, rng), self.step)


class _InterruptedRun:
    def __init__(self, inner: Run, step: int) -> None:
        self.inner = inner
        self.left = step

    @property
    def theta(self) -> Float[np.ndarray, " parameters"]:
        return self.inner.theta

    @property
    def total_steps(self) -> int:
        return self.inner.total_steps

    @property
    def patience(self) -> int | None:
        return self.inner.patience

    @property
    def steps(self) -> int:
        return self.inner.steps

    def step(self) -> Record | None:
        self.left -= 1
        record = self.inner.step()
        if self.left == 0:
            self.theta[:] = np.nan  # what a step leaves behind half done does not count
            raise KeyboardInterrupt
        return record

    @property
    def stop(self) -> Stop | None:
        return self.inner.stop


@pytest.mark.parametrize("network", [mk.Linear(), mk.MLP(5)])
@pytest.mark.parametrize("step", [0, 1, 2, 20])
def test_an_interrupted_fit_returns_the_best_model_so_far(network: mk.Network, step: int) -> None:
    optimizer = InterruptedAt(mk.Adam(epochs=100), step)
    model = mk.fit("yes ~ x1 + x2", TABLE, mk.Bernoulli, network=network, optimizer=optimizer)
    assert model.interrupted
    assert not model.converged
    assert "interrupted" in model.stop_reason
    assert "interrupted" in repr(model)
    assert np.isfinite(model.theta).all()
    assert len(model.predict(TABLE)) == len(TABLE)
    assert model.history.columns.tolist() == COLUMNS
    assert len(model.history) < 100
    start = mk.fit("yes ~ 1", TABLE, mk.Bernoulli)
    assert model.log_likelihood(TABLE) > start.log_likelihood(TABLE) - 5


# A shell without job control starts what runs in the background with SIGINT ignored, and children inherit that.
SCRIPT = """
import signal
import numpy as np, pandas as pd, mlekit as mk

signal.signal(signal.SIGINT, signal.default_int_handler)

class Announced:
    def start(self, objective, theta, rng):
        print("running", flush=True)
        return mk.Adam(epochs=100_000).start(objective, theta, rng)

rng = np.random.default_rng(0)
data = pd.DataFrame(rng.normal(size=(2000, 6)), columns=list("yabcde"))
model = mk.fit("y ~ .", data, mk.Gaussian, network=mk.MLP(8), optimizer=Announced())
print(model.interrupted, len(model.predict(data)), bool(np.isfinite(model.theta).all()), flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to whole consoles only")
def test_ctrl_c_on_a_running_process() -> None:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=300)
    assert (process.returncode, out, error) == (0, "True 2000 True\n", "")


# ---- progress ----------------------------------------------------------------------------------------------------


def test_a_fit_is_quiet_where_nobody_looks(capfd: pytest.CaptureFixture[str]) -> None:
    mk.fit("yes ~ x1", TABLE, mk.Bernoulli, network=mk.MLP(4))
    mk.fit("yes ~ x1", TABLE, mk.Bernoulli, progress=False)
    assert capfd.readouterr() == ("", "")


def test_progress_is_shown_on_the_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    mk.fit("yes ~ x1", TABLE, mk.Bernoulli, network=mk.MLP(4), optimizer=mk.Adam(epochs=50), progress=True)
    out, error = capfd.readouterr()
    assert out == ""
    assert re.search(r"fit.*step.*NLL", error)
    assert "validation" in error


# ---- where the information misleads ------------------------------------------------------------------------------


def test_a_parameter_that_hardly_matters_does_not_lead_astray() -> None:
    """Student's t on Gaussian data: the information about log df is nearly zero, and the first step enormous."""
    with pytest.raises(
        mk.FitError, match=r"the df of \['length'\] goes to infinity.*StudentT\.family\(df=\.\.\.\)"
    ):
        mk.fit("length ~ x1 + x2", TABLE, mk.StudentT)
    student = mk.fit("length ~ x1 + x2", TABLE, mk.StudentT.family(df=1e9))
    gaussian = mk.fit("length ~ x1 + x2", TABLE, mk.Gaussian)
    assert student.facts.log_likelihood == pytest.approx(gaussian.facts.log_likelihood, abs=1e-5)


@pytest.mark.parametrize("prior", [mk.StudentT(df=4.0, loc=0.0, scale=2.5), mk.Laplace(loc=0.0, scale=0.5)])
def test_priors_of_other_families(prior: mk.Distribution) -> None:
    exact = mk.fit("yes ~ x1 + group", TABLE, mk.Bernoulli, prior=prior)
    model = mk.fit("yes ~ x1 + group", TABLE, mk.Bernoulli, prior=prior, optimizer=WHOLE_BATCHES[0])
    value, expected = (m.facts.log_likelihood + m.facts.log_prior for m in (model, exact))
    assert value == pytest.approx(expected, abs=1e-3)
