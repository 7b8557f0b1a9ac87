"""Incomplete gamma and beta functions by kernels, against mpmath: both tails, by every method."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

from mlekit.arrays import Array
from tests.distributions.exact import complement, gamma_lower, gamma_upper
from tests.kernels.support import ask, needs_library

pytestmark = needs_library

_RNG = np.random.default_rng(0)
_ONE = np.ones(1)


def assert_tails(name: str, exact: list[tuple[Any, Any]], *arguments: Array) -> None:
    """Hold P(Y ≤ y) and the logarithms of both tails to 2e-13: those of the tail, and those of its logarithm.

    Far out the logarithm is what has nearly 15 digits.
    """
    for question, side in (("_log_cdf", 0), ("_log_sf", 1)):
        logs = np.array([float(mpmath.log(pair[side])) for pair in exact])
        off = np.abs(ask(name + question, *arguments) - logs)
        allowed = 2e-13 * np.minimum(1, -logs) - 2e-15 * logs
        worst = int(np.argmax(off / allowed))
        assert off[worst] <= allowed[worst], [argument[worst % len(argument)] for argument in arguments]
    lower = np.array([float(pair[0]) for pair in exact])
    told = np.abs(np.log(np.maximum(lower, 1e-300)))
    off = np.abs(ask(name + "_cdf", *arguments) - lower)
    assert (off <= lower * (2e-13 + 2e-15 * told)).all()


def gamma_tails(a: float, x: float) -> tuple[Any, Any]:
    with mpmath.workdps(50):
        shape, at = mpmath.mpf(a), mpmath.mpf(x)
        if x < 3 and a < 3:
            whole = mpmath.gamma(shape)
            return mpmath.gammainc(shape, 0, at) / whole, mpmath.gammainc(shape, at) / whole
        smaller = gamma_lower if x < a else gamma_upper
        tail = smaller(shape, at)
        return (tail, complement(tail)) if x < a else (complement(tail), tail)


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


def beta_tails(a: float, b: float, x: Any) -> tuple[Any, Any]:
    """By the power series from the nearer end (DLMF 8.17.8), in so many digits that what it leaves has some too."""
    if x > 0.5:
        lower, upper = beta_tails(b, a, 1 - x)
        return upper, lower
    with mpmath.workdps(330):
        first, second, at = mpmath.mpf(a), mpmath.mpf(b), mpmath.mpf(x)
        total = term = 1 / first / mpmath.beta(first, second)
        k = 0
        while term > mpmath.mpf(10) ** -330 * total:
            term *= at * (first + second + k) / (first + 1 + k)
            total, k = total + term, k + 1
        lower = total * at**first * (1 - at) ** second
        return lower, 1 - lower


def beta_places() -> tuple[Array, Array, Array]:
    """Parameters and places from deep in one tail to deep in the other."""
    a, b = 10 ** _RNG.uniform(-0.5, 3.5, (2, 100))
    mean, spread = a / (a + b), np.sqrt(a * b / (a + b + 1)) / (a + b)
    x = mean + 4 * _RNG.normal(size=a.shape) * spread
    return a, b, np.where((x > 0) & (x < 1), x, _RNG.beta(a, b))


def beta_ends() -> tuple[Array, Array, Array]:
    """Small parameters on one side, on the other or on both, and places near the ends."""
    small, other = 10 ** _RNG.uniform(-8, 0, 100), 10 ** _RNG.uniform(-4, 3, 100)
    near = np.where(
        _RNG.uniform(size=100) < 0.7, 10 ** _RNG.uniform(-10, -0.3, 100), _RNG.uniform(0.1, 0.9, 100)
    )
    right = np.arange(100) % 2 == 0
    at = np.where(right, 1 - 2.0 ** np.floor(np.log2(near)), near)
    return np.where(right, other, small), np.where(right, small, other), at


def beta_few_on_the_right() -> tuple[Array, Array, Array]:
    """A small or moderate second parameter beside a large one: to both sides of where methods change."""
    a = np.repeat([15.0, 19.9, 20.1, 100.0, 299.0, 301.0, 1500.0], 24)
    b = np.tile(np.repeat([0.05, 0.3, 0.499, 0.501, 1.0, 2.5], 4), 7)
    few = np.tile([0.2, 1.0, 2.99, 3.01], 42)
    return a, b, 1 - few / (a + b)


@pytest.mark.parametrize("places", [beta_places, beta_ends, beta_few_on_the_right])
def test_tails_of_beta_distributions(places: Any) -> None:
    a, b, x = places()
    assert_tails("beta", [beta_tails(*triple) for triple in zip(a, b, x, strict=True)], x, a, b)


def test_the_ends_of_beta_distributions() -> None:
    a, b = (
        array.reshape(-1) for array in np.meshgrid(10.0 ** np.arange(-8, 10, 3), 10.0 ** np.arange(-8, 10, 3))
    )
    for end, probability in ((0.0, 0.0), (-1.0, 0.0), (1.0, 1.0), (np.inf, 1.0)):
        x = np.full(a.shape, end)
        with np.errstate(divide="ignore"):
            np.testing.assert_array_equal(ask("beta_cdf", x, a, b), probability)
            np.testing.assert_array_equal(ask("beta_log_cdf", x, a, b), np.log(probability))
            np.testing.assert_array_equal(ask("beta_log_sf", x, a, b), np.log(1 - probability))
    assert np.isnan(ask("beta_cdf", np.full(a.shape, np.nan), a, b)).all()


def test_a_share_of_large_numbers_and_what_it_leaves() -> None:
    """By symmetry; and P(X ≤ 1/2) is 1/2 however large the parameters."""
    a, b = 10 ** _RNG.uniform(3, 9, (2, 100))
    x = 2.0**-20 * np.rint(2.0**20 * a / (a + b))
    np.testing.assert_allclose(ask("beta_log_sf", 1 - x, b, a), ask("beta_log_cdf", x, a, b), rtol=1e-14)
    np.testing.assert_allclose(ask("beta_cdf", np.array([0.5]), a, a), 0.5, rtol=1e-14)


@pytest.mark.parametrize(
    ("trials", "probs", "stds"), [(10**9, 0.5, -6.0), (10**9, 0.3, 1.5), (10**7, 1e-4, -2.5)]
)
def test_tails_of_many_trials(trials: int, probs: float, stds: float) -> None:
    """Against sums of masses: at 1e9 trials the rounding of trials·probs alone would cost six digits."""
    k = int(trials * probs + stds * np.sqrt(trials * probs * (1 - probs)))
    below = k < trials * probs
    with mpmath.workdps(40):
        p, n = mpmath.mpf(probs), mpmath.mpf(trials)
        at = k if below else k + 1
        term = total = mpmath.mpf(1)
        while term > total * mpmath.mpf(10) ** -20:
            term *= at * (1 - p) / ((n - at + 1) * p) if below else (n - at) * p / ((at + 1) * (1 - p))
            at, total = (at - 1 if below else at + 1), total + term
        first = k if below else k + 1
        log_mass = mpmath.loggamma(n + 1) - mpmath.loggamma(first + 1) - mpmath.loggamma(n - first + 1)
        smaller = log_mass + first * mpmath.log(p) + (n - first) * mpmath.log1p(-p) + mpmath.log(total)
        exact = (smaller, mpmath.log1p(-mpmath.exp(smaller)))
    arguments = [np.array([float(number)]) for number in (k, trials, probs, 1 - probs)]
    said = [ask(f"binomial_{question}", *arguments)[0] for question in ("log_cdf", "log_sf")]
    np.testing.assert_allclose(said, [float(one) for one in (exact if below else exact[::-1])], rtol=3e-14)


@pytest.mark.parametrize(
    ("mean", "dispersion"), [(1e6, 1e-12), (1e6, 1e-9), (1e5, 1e-3), (40.0, 2.0), (1.0, 1e8)]
)
def test_tails_of_negative_binomial_counts(mean: float, dispersion: float) -> None:
    """Against sums of masses down from k; what a shape of 1e12 says of a probability of failure has few digits."""
    k = np.floor(max(mean - 3 * np.sqrt(mean + dispersion * mean**2), 0.3 * mean))
    with mpmath.workdps(40):
        shape, m, at = 1 / mpmath.mpf(dispersion), mpmath.mpf(mean), mpmath.mpf(k)
        log_mass = mpmath.loggamma(at + shape) - mpmath.loggamma(shape) - mpmath.loggamma(at + 1)
        log_mass += at * mpmath.log(m / (shape + m)) - shape * mpmath.log1p(m / shape)
        term = total = mpmath.mpf(1)
        while term > total * mpmath.mpf(10) ** -30:
            term *= at * (shape + m) / (m * (at - 1 + shape)) if at else 0
            at, total = at - 1, total + term
        exact = log_mass + mpmath.log(total)
        upper = mpmath.log(complement(mpmath.exp(exact)))
    arguments = [np.array([float(number)]) for number in (k, mean, dispersion)]
    np.testing.assert_allclose(ask("negative_binomial_log_cdf", *arguments), float(exact), rtol=3e-14)
    np.testing.assert_allclose(ask("negative_binomial_log_sf", *arguments), float(upper), rtol=1e-13)


def test_tails_of_student_t_distributions() -> None:
    """Over degrees of freedom from 0.05 to 1e6, also where z² overflows: there the tail is a power of z."""
    df = 10 ** _RNG.uniform(-1.3, 4, 60)
    z = 10 ** _RNG.uniform(-3, np.minimum(2, 0.7 + 1 / df))
    exact = []
    for freedom, at in zip(df, z, strict=True):
        with mpmath.workdps(330):
            nu, place = mpmath.mpf(freedom), mpmath.mpf(at)
            both = beta_tails(nu / 2, 0.5, nu / (nu + place**2))[0]
            exact.append((both / 2, 1 - both / 2))
    assert_tails("student_t", exact, -z, df, np.zeros(1), _ONE)
    assert_tails("student_t", [pair[::-1] for pair in exact], z, df, np.zeros(1), _ONE)
    heavy = np.array([0.05, 0.5, 1.5, 2.5])
    far = [ask("student_t_log_sf", np.array([at]), heavy, np.zeros(1), _ONE) for at in (1e60, 1e160, 1e260)]
    np.testing.assert_allclose(far[1] - far[0], -heavy * np.log(1e100), rtol=1e-13)
    np.testing.assert_allclose(far[2] - far[1], -heavy * np.log(1e100), rtol=1e-13)


def test_tails_of_von_mises_distributions() -> None:
    """From concentrations that leave all directions alike to those that leave one, against integrals in panels."""
    k = np.concatenate([10 ** _RNG.uniform(-8, 5, 40), _RNG.uniform(5, 80, 40)])
    distance = np.concatenate(
        [np.minimum(3 * np.abs(_RNG.normal(size=40)) / np.sqrt(k[:40]), 3.1), _RNG.uniform(0, 3.1, 40)]
    )
    log_tails = []
    for concentration, start in zip(k, distance, strict=True):
        with mpmath.workdps(30):
            kappa, d = mpmath.mpf(concentration), mpmath.mpf(start)
            end = min(mpmath.pi, d + 15 / mpmath.sqrt(kappa))
            edges = [d + (end - d) * j / 20 for j in range(21)]
            area = mpmath.quad(
                lambda t, kappa=kappa, d=d: mpmath.exp(kappa * (mpmath.cos(t) - mpmath.cos(d))), edges
            )
            bessel = 2 * mpmath.pi * mpmath.besseli(0, kappa) * mpmath.exp(-kappa)
            log_tails.append(float(mpmath.log(area / bessel) + kappa * (mpmath.cos(d) - 1)))
    expected = np.array(log_tails)
    off = np.abs(ask("von_mises_log_sf", distance, np.zeros(1), k) - expected)
    assert (off <= 1e-13 - 2e-15 * expected).all()
    np.testing.assert_allclose(ask("von_mises_cdf", -distance, np.zeros(1), k), np.exp(expected), rtol=1e-12)
    ends = np.array([-np.inf, -np.pi, 0.0, np.pi, np.inf])
    for concentration in (1e-8, 1.0, 18.0, 1e8):
        said = ask("von_mises_cdf", ends, np.zeros(1), np.array([concentration]))
        np.testing.assert_allclose(said, [0, 0, 0.5, 1, 1], rtol=1e-14)


def test_tails_of_counts_whose_neighbours_doubles_do_not_know() -> None:
    """P(Y ≤ k) at the rate k is 1/2 + 2/(3·√(2πk)) + ..., of which the last count makes more than half."""
    k = np.array([2.0**53, 2.0**56])
    expected = 0.5 + 2 / (3 * np.sqrt(2 * np.pi * k))
    np.testing.assert_allclose(ask("poisson_cdf", k, k), expected, rtol=1e-13)


@pytest.mark.parametrize("name", ["gamma", "poisson", "beta"])
def test_company_changes_nothing(name: str) -> None:
    """Elements of all methods, in another order, one by one."""
    count = 500
    a, x = 10 ** _RNG.uniform(-4, 4, count), 10 ** _RNG.uniform(-4, 4, count)
    a[:200] = x[:200] * _RNG.uniform(0.5, 2, 200)
    y = {"poisson": (x, a), "gamma": (x, a, np.ones(count)), "beta": (_RNG.beta(a, x), a, x)}[name]
    order = _RNG.permutation(count)
    for question in ("_cdf", "_log_cdf", "_log_sf"):
        together = ask(name + question, *y)
        shuffled = ask(name + question, *(argument[order] for argument in y))
        np.testing.assert_array_equal(shuffled, together[order])
        for one in range(0, 500, 25):
            alone = ask(name + question, *(argument[one : one + 1] for argument in y))
            np.testing.assert_array_equal(alone[0], together[one])
