"""Divergences of an order, and distances: all ways agree, formulas hold to 1e-9 of mpmath, laws hold for any pair."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mlekit.distributions import (
    Bernoulli,
    Categorical,
    Distribution,
    Empirical,
    Gaussian,
    Logistic,
    NegativeBinomial,
    Poisson,
)
from mlekit.errors import AccuracyError, ParameterError
from mlekit.information import Estimate, bhattacharyya, hellinger, js, kl, renyi, total_variation, tsallis
from mlekit.information.divergence_ways import renyi_ways, total_variation_ways, tsallis_ways
from mlekit.information.outcomes import comparable
from tests.information.families import gamma, laplace, student
from tests.information.test_ways import PAIRS

pytestmark = pytest.mark.usefixtures("unchecked_shapes")  # looked at in other tests, in a third of the time

ORDERS = [0.0, 0.25, 0.5, 1.0, 1.5]


def agree(measure: Callable[..., Estimate], ways: Any, slack: float = 1e-10) -> None:
    best = measure()
    finite = np.isfinite(best.value)
    assert np.all(best.error <= slack * (1 + np.where(finite, best.value, 0.0)))
    for way in ways:
        other = measure(method=way, size=20_000)
        assert other.method == way
        np.testing.assert_array_equal(np.isfinite(other.value), finite)
        bound = 6 * other.error if way == "monte_carlo" else other.error
        distance = np.abs(np.where(finite, other.value, 0.0) - np.where(finite, best.value, 0.0))
        assert np.all(distance <= bound + best.error + slack * (1 + np.where(finite, best.value, 0.0))), way


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("alpha", [0.25, 0.5, 1.5])
def test_all_ways_agree(name: str, alpha: float) -> None:
    p, q = PAIRS[name]
    a, b = comparable(p, q)
    # The mean of a power above 1 has heavy tails: its sampled standard error says little.
    exact = [way for way in renyi_ways(a, b, alpha, 2, 0) if way != "monte_carlo" or alpha < 1]
    agree(lambda **options: renyi(p, q, alpha, estimate=True, **options), exact)
    agree(lambda **options: tsallis(p, q, alpha, estimate=True, **options), exact)


@pytest.mark.parametrize("name", PAIRS)
def test_all_ways_of_distances_agree(name: str) -> None:
    p, q = PAIRS[name]
    a, b = comparable(p, q)
    agree(lambda **options: total_variation(p, q, estimate=True, **options), total_variation_ways(a, b, 2, 0))
    agree(
        lambda **options: hellinger(p, q, estimate=True, **options), tsallis_ways(a, b, 0.5, 2, 0), slack=1e-9
    )


@pytest.mark.parametrize("alpha", [0.1, 0.5, 0.9, 1.0, 1.1, 3.0])
def test_gaussian_formulas_against_mpmath(alpha: float) -> None:
    for loc, scale in [(0.5, 1.2), (3.0, 2.0), (-1.0, 1.0), (1e-3, 1.0)]:
        with mpmath.workdps(30):
            log_c = mpmath.log(
                mpmath.quad(
                    lambda y, loc=loc, scale=scale: (
                        mpmath.npdf(y, 0, 1) ** alpha * mpmath.npdf(y, loc, scale) ** (1 - mpmath.mpf(alpha))
                    ),
                    [-30, -8, -2, 0, 2, 8, 30],
                )
            )
        p, q = Gaussian(loc=0.0, scale=1.0), Gaussian(loc=loc, scale=scale)
        if alpha != 1:
            assert float(renyi(p, q, alpha)) == pytest.approx(float(log_c / (alpha - 1)), rel=1e-9, abs=1e-14)
        if alpha == 0.5:
            assert float(bhattacharyya(p, q)) == pytest.approx(-float(log_c), rel=1e-9)
            assert float(hellinger(p, q)) == pytest.approx(
                float(mpmath.sqrt(1 - mpmath.exp(log_c))), rel=1e-9
            )


@pytest.mark.parametrize(("loc", "scale"), [(0.7, 1.0), (0.5, 2.0), (3.0, 0.6), (0.0, 1.5), (1e-6, 1.0)])
def test_total_variation_of_gaussians_against_mpmath(loc: float, scale: float) -> None:
    p, q = Gaussian(loc=0.0, scale=1.0), Gaussian(loc=loc, scale=scale)

    def log_ratio(y: Any) -> Any:
        return ((y - loc) / scale) ** 2 / 2 + mpmath.log(scale) - y**2 / 2

    with mpmath.workdps(30):
        a, b, c = 1 / mpmath.mpf(scale) ** 2 - 1, -2 * mpmath.mpf(loc) / mpmath.mpf(scale) ** 2, 0
        c = mpmath.mpf(loc) ** 2 / mpmath.mpf(scale) ** 2 + 2 * mpmath.log(scale)
        roots = [-c / b] if a == 0 else [(-b + s * mpmath.sqrt(b * b - 4 * a * c)) / (2 * a) for s in (1, -1)]
        edges = [mpmath.mpf(-60), *sorted(roots), mpmath.mpf(60)]
        exact = sum(
            abs(
                (mpmath.ncdf(right) - mpmath.ncdf(left))
                - (mpmath.ncdf((right - loc) / scale) - mpmath.ncdf((left - loc) / scale))
            )
            for left, right in itertools.pairwise(edges)
        )
    for method in ("closed_form", "quadrature"):
        known = total_variation(p, q, method=method, estimate=True)
        assert float(known) == pytest.approx(float(exact) / 2, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 0.5, 2.0, np.inf])
def test_poisson_formula_against_a_sum(alpha: float) -> None:
    for a, b in [(3.0, 5.0), (5.0, 3.0), (1e-3, 40.0), (0.0, 2.0), (2.0, 0.0), (0.0, 0.0), (7.0, 7.0)]:
        masses = [
            [mpmath.exp(-r) * mpmath.mpf(r) ** k / mpmath.factorial(k) for k in range(400)] for r in (a, b)
        ]
        pairs = [(x, y) for x, y in zip(*masses, strict=True) if x > 0]
        with mpmath.workdps(40):
            if alpha == np.inf:
                exact = np.inf if a > b else float(max(mpmath.log(x / y) for x, y in pairs))
            elif alpha > 1 and any(y == 0 for _, y in pairs):
                exact = np.inf
            else:
                total = sum(x**alpha * y ** (1 - mpmath.mpf(alpha)) for x, y in pairs)
                exact = float(mpmath.log(total) / (alpha - 1))
        found = renyi(Poisson(rate=a), Poisson(rate=b), alpha)
        assert float(found) == pytest.approx(exact, rel=1e-9, abs=1e-12), (a, b)


def test_poisson_kl_keeps_its_digits() -> None:
    for a, b in [(3.0, 3.0 * (1 + 1e-8)), (1e9, 1e9 + 1), (2.0, 50.0), (0.0, 1.0)]:
        with mpmath.workdps(50):
            x, y = mpmath.mpf(a), mpmath.mpf(b)
            exact = float(y - x + (x * mpmath.log(x / y) if a else 0))
        assert float(kl(Poisson(rate=a), Poisson(rate=b))) == pytest.approx(exact, rel=1e-8)
    assert float(kl(Poisson(rate=1.0), Poisson(rate=0.0))) == np.inf


@pytest.mark.parametrize("alpha", [0.0, 0.2, 0.5, 0.999999, 2.0, 7.0, np.inf])
def test_categoricals_against_high_precision(alpha: float) -> None:
    rng = np.random.default_rng(5)
    for spread in (1e-6, 1.0, 60.0):
        eta_p = rng.normal(scale=3.0, size=6)
        eta_q = eta_p + rng.normal(scale=spread, size=6)
        p, q = Categorical(logits=eta_p), Categorical(logits=eta_q)
        with mpmath.workdps(80):
            a, b = ([mpmath.exp(x) for x in eta.tolist()] for eta in (eta_p, eta_q))
            a, b = [x / sum(a) for x in a], [x / sum(b) for x in b]
            if alpha == np.inf:
                exact = max(mpmath.log(x / y) for x, y in zip(a, b, strict=True))
            else:
                total = sum(x**alpha * y ** (1 - mpmath.mpf(alpha)) for x, y in zip(a, b, strict=True))
                exact = mpmath.log(total) / (alpha - 1)
            middle = [(x + y) / 2 for x, y in zip(a, b, strict=True)]
            jensen = sum(
                x * mpmath.log(x / m) + y * mpmath.log(y / m) for x, y, m in zip(a, b, middle, strict=True)
            )
            apart = sum(abs(x - y) for x, y in zip(a, b, strict=True))
        # A shift of logits is exact to 1e-16 only, and enters the first-order quantities as it is.
        assert float(renyi(p, q, alpha)) == pytest.approx(float(exact), rel=1e-9, abs=1e-15)
        assert float(js(p, q)) == pytest.approx(float(jensen) / 2, rel=1e-9)
        assert float(total_variation(p, q)) == pytest.approx(float(apart) / 2, rel=1e-9)


def test_orders_of_name() -> None:
    p, q = Categorical(probs=[0.2, 0.3, 0.5]), Categorical(probs=[0.4, 0.4, 0.2])
    assert float(renyi(p, q, 1)) == float(tsallis(p, q, 1)) == float(kl(p, q))
    assert float(renyi(p, q, 1, base=2)) == float(kl(p, q, base=2))
    for near in (1 - 1e-9, 1 + 1e-9):
        assert float(renyi(p, q, near)) == pytest.approx(float(kl(p, q)), rel=1e-7)
    chi_square = np.sum((p.probs - q.probs) ** 2 / q.probs)
    assert float(tsallis(p, q, 2)) == pytest.approx(float(chi_square), rel=1e-12)
    assert float(renyi(p, q, 2)) == pytest.approx(float(np.log1p(chi_square)), rel=1e-12)
    assert float(renyi(p, q, np.inf)) == pytest.approx(np.log(2.5), rel=1e-12)
    assert float(bhattacharyya(p, q, base=2)) == pytest.approx(
        -np.log2(np.sqrt(p.probs * q.probs).sum()), rel=1e-12
    )
    assert float(tsallis(p, q, 0.5)) == pytest.approx(2 * float(hellinger(p, q)) ** 2, rel=1e-12)


def test_order_infinity() -> None:
    p, q = (
        Gaussian(loc=[0.0, 0.0, 0.0, 1.0], scale=1.0),
        Gaussian(loc=[0.0, 1.0, 0.0, 1.0], scale=[2.0, 1.5, 0.9, 1]),
    )
    y = np.linspace(-30, 30, 600_001)[:, None]
    greatest = (p.log_prob(y) - q.log_prob(y)).max(axis=0)
    found = renyi(p, q, np.inf)
    np.testing.assert_allclose(found[:2], greatest[:2], rtol=1e-8)
    assert found[2:].tolist() == [np.inf, 0.0]
    data = Empirical(["a", "b", "b", "b"])
    model = Categorical(probs=[0.5, 0.5], categories=["a", "b"])
    assert float(renyi(data, model, np.inf)) == pytest.approx(np.log(1.5), rel=1e-14)
    with pytest.raises(ParameterError, match="large finite alpha"):
        renyi(laplace(0.0, 1.0), student(3.0), np.inf)


def test_order_zero_is_about_supports() -> None:
    p, q = Categorical(probs=[0.5, 0.5, 0.0]), Categorical(probs=[0.25, 0.25, 0.5])
    assert float(renyi(p, q, 0)) == pytest.approx(np.log(2), rel=1e-14)
    assert float(renyi(q, p, 0)) == 0.0
    assert float(renyi(gamma(2.0, 1.0), Gaussian(loc=0.0, scale=1.0), 0)) == pytest.approx(
        np.log(2), rel=1e-12
    )
    # Far apart but with one support: nothing is left out.
    assert float(renyi(laplace(0.0, 1.0), laplace(500.0, 0.01), 0)) == 0.0


def test_infinities_and_reasons() -> None:
    p, q = Categorical(probs=[0.5, 0.5, 0.0]), Categorical(probs=[0.0, 0.5, 0.5])
    assert np.isfinite(float(renyi(p, q, 0.9)))
    known = renyi(p, q, 2, estimate=True)
    assert float(known) == np.inf
    assert "q gives probability 0 to 0, which p gives 0.5" in str(known.support)
    wide, narrow = Gaussian(loc=0.0, scale=2.0), Gaussian(loc=0.0, scale=1.0)
    for method in ("closed_form", "quadrature"):
        tails = renyi(wide, narrow, 2, method=method, estimate=True)
        assert float(tails) == np.inf
        assert "tails are too light" in str(tails.support)
    # The integrand grows far out by so little that p underflows before it is large.
    slight = renyi(
        Gaussian(loc=0.0, scale=1.0), Gaussian(loc=0.0, scale=0.7), 2, method="quadrature", estimate=True
    )
    assert float(slight) == np.inf
    apart = Categorical(probs=[1.0, 0.0]), Categorical(probs=[0.0, 1.0])
    assert float(bhattacharyya(*apart)) == np.inf
    assert float(hellinger(*apart)) == float(total_variation(*apart)) == 1.0
    data = Empirical([1.0, 2.0])
    assert float(bhattacharyya(data, narrow)) == float(renyi(narrow, data, 0.3)) == np.inf
    assert float(hellinger(data, narrow)) == float(total_variation(narrow, data)) == 1.0
    assert float(tsallis(data, narrow, 0.5)) == 2.0


def test_what_underflows_is_not_called_infinite() -> None:
    # The one common outcome has probability e^−3000 under q.
    data, model = Empirical(["a"]), Categorical(logits=[-3000.0, 0.0], categories=["a", "b"])
    with pytest.raises(AccuracyError):
        bhattacharyya(data, model)
    far = Gaussian(loc=0.0, scale=1.0), Gaussian(loc=200.0, scale=1.0)
    assert float(bhattacharyya(*far)) == 5000.0
    steep = Categorical(logits=[0.0, -2000.0]), Categorical(logits=[-2000.0, 0.0])
    assert float(bhattacharyya(*steep)) == pytest.approx(1000 - np.log(2), rel=1e-14)
    assert float(renyi(*steep, 3.0)) == pytest.approx(2000.0, rel=1e-3)


def test_what_overflows_is_not_called_infinite() -> None:
    with mpmath.workdps(30):
        spread, far = mpmath.mpf(1), mpmath.mpf(400)

        def density(y: Any) -> Any:
            return mpmath.sech(y / (2 * spread)) ** 2 / (4 * spread)

        cuts = [-900, -450, -401, -399, -200, -50, 0, 50, 450]
        log_mean = mpmath.log(mpmath.quad(lambda y: density(y) ** 3 / density(y - far) ** 2, cuts))
    p, q = Logistic(loc=0.0, scale=1.0), Logistic(loc=[400.0, 1.0], scale=1.0)
    known = renyi(p, q, 3, estimate=True)
    assert known.method == "quadrature"
    assert known.value[0] == pytest.approx(float(log_mean / 2), rel=1e-9)
    assert known.value[1] < 1
    counts = NegativeBinomial(mean=300.0, dispersion=0.01), NegativeBinomial(mean=1.0, dispersion=0.5)
    # The mean is beyond all bounds: p's masses fall as 0.75^k, q's as 3^(−k), and 0.75³·3² > 1.
    assert float(renyi(*counts, 3)) == np.inf
    data, model = Empirical([0, 1]), Categorical(logits=[-900.0, 0.0])
    assert float(renyi(data, model, 3)) == pytest.approx(900 - 1.5 * np.log(2), rel=1e-12)


@pytest.mark.parametrize("step", [1e-4, 1e-8])
def test_nearly_equal_arguments_keep_their_digits(step: float) -> None:
    p, q = laplace(0.0, 1.0), laplace(step, 1.0)
    # H² = 1 − (1 + t/2)·e^(−t/2), TV = 1 − e^(−t/2) for Laplace distributions t apart.
    t = mpmath.mpf(step)
    with mpmath.workdps(40):
        square, variation = 1 - (1 + t / 2) * mpmath.exp(-t / 2), 1 - mpmath.exp(-t / 2)
        root = float(mpmath.sqrt(square))
    assert float(hellinger(p, q)) == pytest.approx(root, rel=1e-6)
    assert float(total_variation(p, q)) == pytest.approx(float(variation), rel=1e-6)


@pytest.mark.parametrize("alpha", [-0.5, np.nan])
def test_orders_are_not_negative(alpha: float) -> None:
    p = Bernoulli(probs=0.5)
    for measure in (renyi, tsallis):
        with pytest.raises(ParameterError, match="alpha"):
            measure(p, p, alpha)
    with pytest.raises(ParameterError, match="finite orders"):
        tsallis(p, p, np.inf)


LOGITS = hnp.arrays(np.float64, (3, 5), elements=st.floats(-30, 30))
GAUSSIANS = hnp.arrays(np.float64, (2, 3), elements=st.floats(-2, 2))


def triples(logits: np.ndarray, gaussians: np.ndarray) -> list[list[Distribution]]:
    locs, log_scales = gaussians
    return [
        [Categorical(logits=row) for row in logits],
        [Gaussian(loc=loc, scale=np.exp(s)) for loc, s in zip(locs, log_scales, strict=True)],
    ]


@settings(max_examples=12)
@given(LOGITS, GAUSSIANS)
def test_laws(logits: np.ndarray, gaussians: np.ndarray) -> None:
    for p, q, r in triples(logits, gaussians):
        variation, distance = float(total_variation(p, q)), float(hellinger(p, q))
        assert 0 <= variation <= 1
        assert 0 <= distance <= 1
        assert variation == pytest.approx(float(total_variation(q, p)), rel=1e-9, abs=1e-14)
        assert distance == pytest.approx(float(hellinger(q, p)), rel=1e-9, abs=1e-9)
        # Le Cam's and Pinsker's inequalities.
        assert distance**2 <= variation + 1e-12
        assert variation <= distance * np.sqrt(2 - distance**2) + 1e-12
        assert variation <= np.sqrt(float(kl(p, q)) / 2) + 1e-12
        assert (
            -0.5 * np.log1p(-(variation**2)) <= float(bhattacharyya(p, q)) * (1 + 1e-9) + 1e-9
            or variation > 0.999
        )
        for measure in (total_variation, hellinger):
            assert float(measure(p, r)) <= float(measure(p, q)) + float(measure(q, r)) + 1e-12
        orders = [float(renyi(p, q, alpha)) for alpha in (0, 0.5, 0.9, 1, 1.2, 5, np.inf)]
        for lower, higher in itertools.pairwise(orders):
            assert lower <= higher * (1 + 1e-9) + 1e-12
        for alpha in ORDERS:
            assert float(renyi(p, p, alpha)) == float(tsallis(p, p, alpha)) == 0


def test_a_million_pairs_at_once() -> None:
    n = 1_000_000
    logits = np.random.default_rng(2).normal(size=(2, n, 10))
    p, q = (Categorical(logits=rows) for rows in logits)
    few = (Categorical(logits=rows[-3:]) for rows in logits)
    many = js(p, q)
    assert many.shape == (n,)
    np.testing.assert_allclose(many[-3:], js(*few), rtol=1e-14)


# dit 2.3, in bits: renyi_divergence(p, q, 2), tsallis_divergence(p, q, 2), hellinger_distance, variational_distance,
# bhattacharyya_coefficient, kullback_leibler_divergence, jensen_shannon_divergence.
def test_against_dit() -> None:
    p, q = Categorical(probs=[0.2, 0.3, 0.5]), Categorical(probs=[0.4, 0.4, 0.2])
    assert float(renyi(p, q, 2, base=2)) == pytest.approx(0.655351828612554, rel=1e-12)
    assert float(tsallis(p, q, 2)) == pytest.approx(0.575, rel=1e-12)
    assert float(hellinger(p, q)) == pytest.approx(0.23349381146995637, rel=1e-12)
    assert float(total_variation(p, q)) == pytest.approx(0.3, rel=1e-12)
    assert np.exp(-float(bhattacharyya(p, q))) == pytest.approx(0.9454806400052325, rel=1e-12)
    assert float(kl(p, q, base=2)) == pytest.approx(0.3364527976600278, rel=1e-12)
    assert float(js(p, q, base=2)) == pytest.approx(0.07758920317334428, rel=1e-12)
