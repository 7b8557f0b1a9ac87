"""The benchmarks measure what they say: turns are paired, and all contestants do the same work."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from importlib.util import find_spec

import numpy as np
import pytest

from benchmarks.ensemble_trainers import FitMembers
from benchmarks.harness import Arithmetic, Timing, compare, machine, product_speed, table
from benchmarks.problem import Problem, Trainer
from benchmarks.trainers import Fit
from benchmarks.training_step import ENSEMBLE_TRAINERS, LOSSES, TRAINERS, check_agreement


def test_turns_are_interleaved() -> None:
    calls: list[str] = []
    timings = compare({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, rounds=4, turn=1e-9)
    assert [timing.name for timing in timings] == ["a", "b"]
    # One call each to warm up, then four rounds that take turns in going first.
    assert "".join(calls) == "ab" + "abba" * 2
    assert all(timing.seconds.shape == (4,) and (timing.seconds > 0).all() for timing in timings)
    np.testing.assert_array_equal(timings[0].ratios, 1.0)
    np.testing.assert_array_equal(timings[1].ratios, timings[1].seconds / timings[0].seconds)


def test_the_table_shows_medians_and_ratios() -> None:
    first = Timing("one", np.array([1e-6, 3e-6, 2e-6]), np.ones(3))
    second = Timing("two", np.array([4e-6, 6e-6, 8e-6]), np.array([4.0, 2.0, 4.0]))
    lines = table("Speed", "µs", {"case": [first, second]}).splitlines()
    assert lines[4] == "| case | one | 2.0 | 1.0 | 3.0 | 1.00 | 1.00 to 1.00 |"
    assert lines[5] == "|  | two | 6.0 | 4.0 | 8.0 | 4.00 | 2.00 to 4.00 |"


def test_the_machine_is_described() -> None:
    description = "\n".join(machine(["numpy", "no_such_library"]))
    assert "no_such_library" not in description
    assert f"numpy {np.__version__}" in description
    assert "cores" in description


def test_the_table_shows_arithmetic_speed() -> None:
    timing = Timing("one", np.array([1e-6, 3e-6, 2e-6]), np.ones(3))
    line = table("Speed", "µs", {"case": [timing]}, Arithmetic({"case": 4e4}, 8e10)).splitlines()[4]
    assert line.endswith("| 20.0 | 25 % |")
    assert product_speed(size=64, rounds=2) > 0


def test_operations_of_a_step() -> None:
    # 16→32→1, 10 rows: 2·10·(16·32 + 32) forward, as many for the weights, 2·10·32 for the inputs of the second layer.
    assert Problem((32,), batch=10, loss="squared error", rows=10).flops == 2 * 10 * (2 * (512 + 32) + 32)


def present(
    trainers: Mapping[str, Callable[[Problem], Trainer]], monkeypatch: pytest.MonkeyPatch
) -> dict[str, Callable[[Problem], Trainer]]:
    """The trainers whose libraries are installed; what PyTorch would compile for long is run as it stands."""
    absent = [] if find_spec("torch") else ["PyTorch"]
    absent += [] if find_spec("jax") else ["JAX"]
    if find_spec("torch"):
        monkeypatch.setattr(importlib.import_module("torch"), "compile", lambda function, **_: function)
    return {name: make for name, make in trainers.items() if name.split()[0] not in absent}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_all_contestants_do_the_same(loss: str, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = Problem((8, 8), batch=32, loss=loss, rows=96)
    trainers = {name: make(problem) for name, make in present(TRAINERS, monkeypatch).items()}
    check_agreement(problem, trainers)
    before = trainers["mlekit networks"].step()
    for _ in range(30):
        trainers["mlekit networks"].epoch()
    assert trainers["mlekit networks"].step() < before


@pytest.mark.parametrize("loss", LOSSES)
def test_fit_makes_its_steps(loss: str) -> None:
    fit = Fit(Problem((8,), batch=32, loss=loss, rows=96))
    for epoch in range(1, 101):
        fit.epoch()
        assert 3 * epoch <= fit._epochs._run.steps < 3 * epoch + 10
        if fit._epochs._run.stop is not None:
            break
    assert fit._epochs._run.steps == 300
    fit.epoch()
    assert fit._epochs._run.stop is None


@pytest.mark.parametrize("loss", LOSSES)
def test_all_ensembles_do_the_same(loss: str, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = Problem((8, 8), batch=32, loss=loss, rows=96, members=3)
    trainers = {name: make(problem) for name, make in present(ENSEMBLE_TRAINERS, monkeypatch).items()}
    check_agreement(problem, trainers)
    assert trainers["mlekit stack"].predict().shape == (3 * 32, 1)
    for trainer in trainers.values():
        trainer.epoch()
    FitMembers(problem).epoch()
