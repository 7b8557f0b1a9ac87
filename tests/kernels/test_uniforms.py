"""Uniform numbers that are told by their place."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mlekit.kernels import Uniforms
from tests.kernels.support import ask, needs_library

GOLDEN = 0x9E3779B97F4A7C15


def test_they_are_those_of_splitmix64() -> None:
    """The first words of Sebastiano Vigna's splitmix64.c for the seed 1234567, as Rosetta Code lists them."""
    words = (
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    )
    expected = [(2 * (word >> 12) + 1) * 2.0**-53 for word in words]
    assert Uniforms(1234567, GOLDEN).array((5,)).tolist() == expected


def test_ends_are_left_out() -> None:
    numbers = Uniforms(0, GOLDEN).array((1_000_000,))
    assert 0 < numbers.min() < 5e-6
    assert 0 < 1 - numbers.max() < 5e-6
    assert (numbers * 2.0**53 % 2 == 1).all()


@pytest.mark.parametrize("seed", range(5))
def test_streams_are_uniform_and_independent(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = (Uniforms.of(rng).array((200_000,)) for _ in range(2))
    again = Uniforms.of(np.random.default_rng(seed)).at(np.arange(200_000), attempt=1)
    assert stats.kstest(first, "uniform").pvalue > 1e-4
    # Pairs of a stream, of two streams, and of two attempts, in 400 squares.
    for x, y in ((first[:-1], first[1:]), (first, second), (first, again)):
        observed = np.histogram2d(x, y, bins=20, range=[[0, 1], [0, 1]])[0]
        assert stats.chisquare(observed.reshape(-1)).pvalue > 1e-4
    # Every bit that counts is set half of the time.
    bits = (first * 2.0**53).astype(np.int64)[:, None] >> np.arange(1, 53) & 1
    assert (np.abs(bits.mean(axis=0) - 0.5) < 5 * 0.5 / np.sqrt(len(first))).all()


def test_a_step_that_changes_seldom_is_replaced() -> None:
    class Few(np.random.Generator):
        def bytes(self, length: int) -> bytes:
            return b"\x0f" + bytes(length - 1)

    assert Uniforms.of(Few(np.random.PCG64())).step == 0x0F ^ 0xAAAAAAAAAAAAAAAA


@needs_library
@pytest.mark.parametrize("threads", [1, 3])
def test_kernels_make_the_same(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlekit.kernels.loading._THREADED_ELEMENTS", 4)
    monkeypatch.setattr("mlekit.kernels.loading.thread_count", lambda: threads)
    stream = Uniforms.of(np.random.default_rng(3))
    made = ask("uniform_quantile", stream, np.zeros((7, 1)), np.ones(143))
    np.testing.assert_array_equal(made, stream.array((7, 143)))
