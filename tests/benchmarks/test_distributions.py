"""The benchmark of distributions asks every contestant for the same answers."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from benchmarks.distributions import OURS, QUESTIONS, calls, check_agreement, contest_timings, lines, present
from benchmarks.families import CONTESTS


@pytest.mark.parametrize("family", CONTESTS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::DeprecationWarning")
def test_all_contestants_answer_alike(family: str) -> None:
    answers = calls(CONTESTS[family], 20)
    for question in QUESTIONS:
        found = present(question, answers[question])
        if len(found) > 1:
            check_agreement(family, question, found)


def test_the_table_has_a_line_a_question() -> None:
    timings = contest_timings("Poisson", ["log_prob", "cdf"], rounds=2, rows=2_000)
    assert set(timings["log_prob"]) == {OURS, "PyTorch", "PyTorch, 1 thread", "SciPy"}
    assert set(timings["cdf"]) == {OURS, "SciPy"}
    assert all(np.all(timing.seconds > 0) for timing in timings["cdf"].values())
    first, second = lines("Poisson", timings)
    assert first.startswith("| Poisson | log_prob | ")
    assert second.startswith("|  | cdf | ")
    assert "|  |  |" in second
