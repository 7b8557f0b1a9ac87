"""Answers about many elements: the same bits, however they are divided and on however many threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mlekit import blocks
from mlekit.blocks import Cut, in_blocks
from mlekit.distributions import Bernoulli, Gaussian, Poisson
from tests.distributions.cases import Case, each


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_BLOCK_ELEMENTS", 4)
    monkeypatch.setattr(blocks, "_THREADED_ELEMENTS", 0)
    monkeypatch.setattr(blocks, "_LONG_SECONDS", 0.0)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")


@each()
@pytest.mark.parametrize("shape", [(21,), (10, 3), (3, 10)], ids=str)
def test_blocks_answer_as_the_whole_does(
    case: Case, shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = case.typical(3, shape)
    y, level = batch.sample(rng=1), np.linspace(0.01, 0.99, 21)[: shape[-1]]
    answers: list[Callable[[], Any]] = [lambda: batch.log_prob(y)]
    if case.ordered:
        answers += [lambda: batch.cdf(y), lambda: batch.log_sf(y), lambda: batch.quantile(level)]
    whole = [answer() for answer in answers]
    monkeypatch.setattr(blocks, "_BLOCK_ELEMENTS", 4)
    for answer, expected in zip(answers, whole, strict=True):
        divided = answer()
        assert divided.dtype == expected.dtype
        if divided.dtype.kind == "f":
            # NumPy's loops take the last elements of an array another way than those before.
            np.testing.assert_allclose(divided, expected, rtol=1e-13, atol=1e-13)
        else:
            np.testing.assert_array_equal(divided, expected)


@pytest.mark.usefixtures("small_blocks")
@each()
def test_as_many_threads_as_allowed_give_the_same_bits(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = case.typical(3, (40,))

    def drawn() -> list[np.ndarray]:
        y = batch.sample(2, rng=7)
        return [y, batch.log_prob(y), *([batch.cdf(y)] if case.ordered else [])]

    two = drawn()
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    for ours, theirs in zip(two, drawn(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.usefixtures("small_blocks")
def test_samples_of_blocks_differ() -> None:
    y = Gaussian(loc=np.zeros(1000), scale=1.0).sample(rng=0)
    assert len(np.unique(y)) == 1000
    first, second = (Bernoulli(probs=0.5).sample((100, 8), rng=seed) for seed in (0, 1))
    assert 300 < (first == second).sum() < 500


@pytest.mark.usefixtures("small_blocks")
def test_a_block_of_counts_beyond_integers_makes_all_of_them_floats() -> None:
    rate = np.repeat([3.0, 1e20], 20)
    y = Poisson(rate=rate).sample(rng=0)
    assert y.dtype == np.float64
    assert (y[:20] < 30).all()
    np.testing.assert_allclose(y[20:], 1e20, rtol=1e-8)


@pytest.mark.usefixtures("small_blocks")
def test_errors_of_other_threads_arrive() -> None:
    def fail(cut: Cut) -> np.ndarray:
        if cut.start > 8:
            raise ValueError("later")
        return np.zeros(cut.stop - cut.start)

    with pytest.raises(ValueError, match="later"):
        in_blocks(fail, (40,))


@pytest.mark.parametrize(("allowed", "most"), [("1", 1), ("", 10_000), ("2,1", 10_000), ("0", 10_000)])
def test_the_environment_may_forbid_threads(allowed: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", allowed)
    assert 1 <= blocks.thread_count() <= most
