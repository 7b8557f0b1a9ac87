"""Incomplete gamma functions by kernels, against mpmath: both tails, wherever one method gives way to another."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

from mlekit.arrays import Array
from tests.distributions.exact import gamma_lower, gamma_upper
from tests.kernels.support import ask, needs_library

pytestmark = needs_library

_RNG = np.random.default_rng(0)
_ONE = np.ones(1)


def assert_tails(name: str, exact: list[tuple[Any, Any]], *arguments: Array) -> None:
    """Hold P(Y ≤ y) and the logarithms of both tails to 13 digits: those of the tail, and those of its logarithm.

    Beyond e⁻¹⁰⁰ the logarithm is what has 15 digits.
    """
    for question, side in (("_log_cdf", 0), ("_log_sf", 1)):
        logs = np.array([float(mpmath.log(pair[side])) for pair in exact])
        off = np.abs(ask(name + question, *arguments) - logs)
        allowed = 1e-13 * np.minimum(1, -logs) - 1e-15 * logs
        worst = int(np.argmax(off / allowed))
        assert off[worst] <= allowed[worst], [argument[worst % len(argument)] for argument in arguments]
    lower = np.array([float(pair[0]) for pair in exact])
    told = np.abs(np.log(np.maximum(lower, 1e-300)))
    off = np.abs(ask(name + "_cdf", *arguments) - lower)
    assert (off <= lower * (1e-13 + 1e-15 * told)).all()


def gamma_tails(a: float, x: float) -> tuple[Any, Any]:
    with mpmath.workdps(50):
        shape, at = mpmath.mpf(a), mpmath.mpf(x)
        if x < 3 and a < 3:
            whole = mpmath.gamma(shape)
            return mpmath.gammainc(shape, 0, at) / whole, mpmath.gammainc(shape, at) / whole
        smaller = gamma_lower if x < a else gamma_upper
        tail = smaller(shape, at)
    with mpmath.workdps(700):
        return (tail, 1 - tail) if x < a else (1 - tail, tail)


def gamma_places() -> tuple[Array, Array]:
    """Shapes and places: from deep in one tail to deep in the other, and small shapes and places."""
    a = np.concatenate(
        [10 ** _RNG.uniform(-8, 0, 60), 10 ** _RNG.uniform(0, 6, 100), _RNG.uniform(15, 25, 40)]
    )
    x = a + 5 * _RNG.normal(size=a.shape) * np.sqrt(a)
    x = np.where(x > 0, x, a * 10 ** _RNG.uniform(-4, 0, a.shape))
    small, near_zero = 10 ** _RNG.uniform(-8, 0.2, 100), 10 ** _RNG.uniform(-12, 0.6, 100)
    return np.concatenate([a, small]), np.concatenate([x, near_zero])


def gamma_borders() -> tuple[Array, Array]:
    """To both sides of where methods change."""
    shape = np.array([0.6, 0.6, 1e-3, 0.3, 3.0, 3.0, 20.0, 20.0, 100.0, 1e5, 3.0, 1e-8])
    place = np.array([0.5, 2.99, np.exp(-300.0), np.exp(-1.0), 3.0, 2.9, 19.9, 15.0, 100.0, 1e5, 3.0, 3.0])
    a = (shape[:, None] * (1 + 1e-9 * np.array([-1.0, 0.0, 1.0]))).reshape(-1)
    x = (place[:, None] * (1 + 1e-9 * np.array([1.0, 0.0, -1.0]))).reshape(-1)
    return a, x


@pytest.mark.parametrize("places", [gamma_places, gamma_borders])
def test_tails_of_gamma_distributions(places: Any) -> None:
    a, x = places()
    assert_tails("gamma", [gamma_tails(*pair) for pair in zip(a, x, strict=True)], x, a, _ONE)


def test_the_ends_of_gamma_distributions() -> None:
    a = np.array([1e-300, 1e-8, 0.5, 1.0, 2.0, 25.0, 1e9, 1e300])
    for end, probability in ((0.0, 0.0), (-1.0, 0.0), (np.inf, 1.0)):
        x = np.full(a.shape, end)
        with np.errstate(divide="ignore"):
            np.testing.assert_array_equal(ask("gamma_cdf", x, a, _ONE), probability)
            np.testing.assert_array_equal(ask("gamma_log_cdf", x, a, _ONE), np.log(probability))
            np.testing.assert_array_equal(ask("gamma_log_sf", x, a, _ONE), np.log(1 - probability))
    assert np.isnan(ask("gamma_cdf", np.full(a.shape, np.nan), a, _ONE)).all()


def test_tails_of_counts_whose_neighbours_doubles_do_not_know() -> None:
    """P(Y ≤ k) at the rate k is 1/2 + 2/(3·√(2πk)) + ..., of which the last count makes more than half."""
    k = np.array([2.0**53, 2.0**56])
    expected = 0.5 + 2 / (3 * np.sqrt(2 * np.pi * k))
    np.testing.assert_allclose(ask("poisson_cdf", k, k), expected, rtol=1e-13)


@pytest.mark.parametrize("name", ["gamma", "poisson"])
def test_company_changes_nothing(name: str) -> None:
    """Elements of all methods, in another order, one by one."""
    count = 500
    a, x = 10 ** _RNG.uniform(-4, 4, count), 10 ** _RNG.uniform(-4, 4, count)
    a[:200] = x[:200] * _RNG.uniform(0.5, 2, 200)
    y = (x, a) if name == "poisson" else (x, a, np.ones(count))
    order = _RNG.permutation(count)
    for question in ("_cdf", "_log_cdf", "_log_sf"):
        together = ask(name + question, *y)
        shuffled = ask(name + question, *(argument[order] for argument in y))
        np.testing.assert_array_equal(shuffled, together[order])
        for one in range(0, 500, 25):
            alone = ask(name + question, *(argument[one : one + 1] for argument in y))
            assert alone[0] == together[one]
