"""The benchmarks measure what they say: turns are paired, and all contestants do the same work."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from benchmarks.harness import Timing, compare, machine, table
from benchmarks.problem import Problem, Trainer
from benchmarks.trainers import Fit
from benchmarks.training_step import LOSSES, TRAINERS, check_agreement


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
    description = "\n".join(machine(["numpy"]))
    assert f"numpy {np.__version__}" in description
    assert "cores" in description


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_all_contestants_do_the_same(loss: str) -> None:
    problem = Problem((8, 8), batch=32, loss=loss, rows=96)
    trainers: dict[str, Trainer] = {
        name: make(problem) for name, make in TRAINERS.items() if find_spec("torch") or "PyTorch" not in name
    }
    check_agreement(problem, trainers)
    before = trainers["mlekit networks"].step()
    for _ in range(30):
        trainers["mlekit networks"].epoch()
    assert trainers["mlekit networks"].step() < before


@pytest.mark.parametrize("loss", LOSSES)
def test_fit_makes_its_steps(loss: str) -> None:
    fit = Fit(Problem((8,), batch=32, loss=loss, rows=96))
    fit.step()
    fit.epoch()
