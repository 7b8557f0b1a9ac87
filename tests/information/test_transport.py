"""Wasserstein distances against SciPy and formulas, perplexity."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mlekit.distributions import (
    Bernoulli,
    Categorical,
    Cauchy,
    Distribution,
    Empirical,
    Gaussian,
    Poisson,
    VonMises,
)
from mlekit.errors import ParameterError
from mlekit.information import perplexity, wasserstein
from tests.information.families import gamma, laplace, student

ORDERS: list[int] = [1, 2]


def test_samples_against_scipy() -> None:
    rng = np.random.default_rng(1)
    for n, m in [(5, 5), (7, 100), (1, 3)]:
        x, y = rng.normal(size=n).round(1), rng.gamma(2.0, size=m).round(1)
        u, v = rng.random(n) + 0.01, rng.random(m) + 0.01
        expected = scipy.stats.wasserstein_distance(x, y)
        assert float(wasserstein(Empirical(x), Empirical(y))) == pytest.approx(expected, rel=1e-12)
        weighted = scipy.stats.wasserstein_distance(x, y, u, v)
        assert float(wasserstein(Empirical(x, u), Empirical(y, v))) == pytest.approx(weighted, rel=1e-12)


def test_order_two_of_equally_many_samples_pairs_them_in_order() -> None:
    x, y = np.random.default_rng(2).normal(size=(2, 50))
    expected = np.sqrt(np.mean((np.sort(x) - np.sort(y)) ** 2))
    assert float(wasserstein(Empirical(x), Empirical(y), order=2)) == pytest.approx(
        float(expected), rel=1e-12
    )


def test_batches_of_samples() -> None:
    x = np.random.default_rng(3).normal(size=(4, 1, 6))
    y = np.random.default_rng(4).normal(size=(3, 9))
    for order in ORDERS:
        many = wasserstein(Empirical(x), Empirical(y), order=order)
        assert many.shape == (4, 3)
        for i, j in np.ndindex(4, 3):
            one = wasserstein(Empirical(x[i, 0]), Empirical(y[j]), order=order)
            assert many[i, j] == pytest.approx(float(one), rel=1e-12)


@pytest.mark.parametrize("order", ORDERS)
def test_all_ways_of_gaussians_agree(order: int) -> None:
    p, q = (
        Gaussian(loc=[0.0, 3.0], scale=1.5),
        Gaussian(loc=[[-0.5], [0.0], [1e3]], scale=[[0.8], [1.5], [4.0]]),
    )
    best = wasserstein(p, q, order=order, estimate=True)
    assert best.method == "closed_form"
    if order == 2:
        np.testing.assert_allclose(best.value, np.hypot(p.loc - q.loc, p.scale - q.scale), rtol=1e-14)
    integral = wasserstein(p, q, order=order, method="quadrature", estimate=True)
    np.testing.assert_allclose(integral.value, best.value, rtol=1e-9, atol=1e-7)
    sampled = wasserstein(p, q, order=order, method="monte_carlo", estimate=True)
    assert np.all(np.abs(sampled.value - best.value) <= 5 * sampled.error + 1e-9)


def test_densities_against_the_area_between_distribution_functions() -> None:
    y = np.linspace(-60, 60, 2_400_001)
    pairs: list[tuple[Distribution, Distribution]] = [
        (laplace(0.0, 1.0), Gaussian(loc=0.3, scale=2.0)),
        (gamma(2.0, 1.0), gamma(3.0, 2.0)),
        (student(6.0), Gaussian(loc=0.0, scale=1.0)),
    ]
    for p, q in pairs:
        area = np.abs(np.asarray(p.cdf(y)) - np.asarray(q.cdf(y))).sum() * (y[1] - y[0])
        known = wasserstein(p, q, estimate=True)
        assert float(known) == pytest.approx(float(area), rel=1e-6)
        assert float(wasserstein(q, p)) == pytest.approx(float(known), rel=1e-7)


def test_counts() -> None:
    k = np.arange(200)
    p, q = Poisson(rate=[3.0, 4.0]), Poisson(rate=4.5)
    area = np.abs(p.cdf(k[:, None]) - np.asarray(q.cdf(k))[:, None]).sum(axis=0)
    np.testing.assert_allclose(wasserstein(p, q), area, rtol=1e-12)
    # Rates in order order the distribution functions: then it is the difference of the means.
    np.testing.assert_allclose(wasserstein(p, q), [1.5, 0.5], rtol=1e-12)
    coin = wasserstein(Bernoulli(probs=0.25), Categorical(probs=[0.5, 0.5], categories=[0, 1]))
    assert float(coin) == pytest.approx(0.25, rel=1e-14)


def test_a_sample_against_a_density() -> None:
    # One point against a density is the mean distance to it, and its root mean square.
    model = Gaussian(loc=[0.0, 1.0], scale=1.0)
    np.testing.assert_allclose(wasserstein(Empirical([0.0]), model)[0], np.sqrt(2 / np.pi), rtol=1e-9)
    np.testing.assert_allclose(wasserstein(model, Empirical([0.0]), order=2), [1.0, np.sqrt(2)], rtol=1e-9)
    x = np.sort(np.random.default_rng(5).normal(size=40))
    y = np.linspace(-12, 12, 2_400_001)
    steps = np.searchsorted(x, y, side="right") / len(x)
    area = np.abs(steps - scipy.stats.norm.cdf(y)).sum() * (y[1] - y[0])
    assert float(wasserstein(Empirical(x), Gaussian(loc=0.0, scale=1.0))) == pytest.approx(
        float(area), rel=1e-5
    )


def test_what_has_no_mean_is_infinitely_far() -> None:
    known = wasserstein(student(1.0), Gaussian(loc=0.0, scale=1.0), estimate=True)
    assert float(known) == np.inf
    assert known.support == "p or q has no finite mean"
    assert float(wasserstein(student(1.5), Gaussian(loc=0.0, scale=1.0), order=2)) == np.inf
    cauchy = Cauchy(loc=[0.0, 3.0], scale=1.0)
    for other in (Gaussian(loc=0.0, scale=1.0), laplace(0.0, 30.0), Empirical([1.0, 2.0])):
        assert np.all(np.isposinf(wasserstein(cauchy, other)))
        assert np.all(np.isposinf(wasserstein(other, cauchy)))


def test_what_has_no_distance_is_an_error() -> None:
    with pytest.raises(ParameterError, match="labels for outcomes"):
        wasserstein(Empirical(["a"]), Empirical(["b"]))
    with pytest.raises(ParameterError, match="directions for outcomes"):
        wasserstein(VonMises(loc=3.0, concentration=2.0), VonMises(loc=-3.0, concentration=2.0))
    with pytest.raises(ParameterError, match="order"):
        wasserstein(Empirical([1.0]), Empirical([2.0]), order=3)


SAMPLES = hnp.arrays(np.float64, (3, 5), elements=st.floats(-10, 10))


@settings(max_examples=30)
@given(SAMPLES)
def test_laws(samples: np.ndarray) -> None:
    p, q, r = (Empirical(row) for row in samples)
    for order in ORDERS:
        there = float(wasserstein(p, q, order=order))
        assert there == pytest.approx(float(wasserstein(q, p, order=order)), rel=1e-9, abs=1e-12)
        assert float(wasserstein(p, p, order=order)) == 0
        through = float(wasserstein(p, r, order=order)) + float(wasserstein(r, q, order=order))
        assert there <= through * (1 + 1e-9) + 1e-7
        shifted = wasserstein(p, Empirical(samples[0] + 2.5), order=order)
        assert float(shifted) == pytest.approx(2.5, rel=1e-9)
    assert float(wasserstein(p, q, order=1)) <= float(wasserstein(p, q, order=2)) * (1 + 1e-9) + 1e-9


def test_perplexity() -> None:
    np.testing.assert_allclose(perplexity(Bernoulli(probs=[0.5, 1.0])), [2.0, 1.0], rtol=1e-14)
    known = perplexity(Poisson(rate=3.0), estimate=True)
    assert float(known) == pytest.approx(np.exp(scipy.stats.poisson(3).entropy()), rel=1e-9)
    assert float(perplexity(Gaussian(loc=0.0, scale=1.0))) == pytest.approx(np.sqrt(2 * np.pi * np.e))
