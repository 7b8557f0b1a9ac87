"""Divergences of an order between members of one exponential family, by the log-normalizer whatever the family is."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from mlekit.distributions import (
    Bernoulli,
    Beta,
    Binomial,
    Categorical,
    Exponential,
    ExponentialFamily,
    Gamma,
    Gaussian,
    Geometric,
    InverseGaussian,
    LogNormal,
    Poisson,
)
from mlekit.information import bhattacharyya, hellinger, kl, renyi, tsallis
from mlekit.information.estimate import Method
from mlekit.information.exponential_forms import renyi_of_members
from mlekit.information.outcomes import is_discrete

PAIRS: list[tuple[ExponentialFamily, ExponentialFamily]] = [
    (Bernoulli(probs=[0.2, 0.7]), Bernoulli(probs=0.4)),
    (Binomial(trials=7, probs=[0.2, 0.7]), Binomial(trials=7, probs=0.4)),
    (Categorical(probs=[0.2, 0.3, 0.5]), Categorical(probs=[0.5, 0.25, 0.25])),
    (Gaussian(loc=[0.5, -1.0], scale=[1.0, 2.0]), Gaussian(loc=0.0, scale=1.5)),
    (LogNormal(loc=[0.5, -1.0], scale=[1.0, 2.0]), LogNormal(loc=0.0, scale=1.5)),
    (Poisson(rate=[0.5, 6.0]), Poisson(rate=[[1.0], [9.0]])),
    (Geometric(probs=[0.1, 0.6]), Geometric(probs=[[0.3], [0.8]])),
    (Exponential(rate=[0.5, 3.0]), Exponential(rate=[[1.0], [0.1]])),
    (Gamma(shape=[0.7, 4.0], rate=1.5), Gamma(shape=[[2.0], [5.0]], rate=[[1.0], [3.0]])),
    (Beta(alpha=[0.7, 4.0], beta=1.5), Beta(alpha=[[2.0], [5.0]], beta=[[1.0], [3.0]])),
    (InverseGaussian(mean=[0.7, 4.0], shape=1.5), InverseGaussian(mean=2.0, shape=[[1.0], [3.0]])),
]


def method_of(p: ExponentialFamily) -> Method:
    return "exact_sum" if is_discrete(p) else "quadrature"


ORDERS = [0.1, 0.5, 0.9, 1.2, 3.0]


@pytest.mark.parametrize(("p", "q"), PAIRS, ids=lambda d: type(d).__name__)
@pytest.mark.parametrize("alpha", ORDERS)
def test_all_ways_agree(p: ExponentialFamily, q: ExponentialFamily, alpha: float) -> None:
    best = renyi(p, q, alpha, estimate=True)
    assert best.method == "closed_form"
    np.testing.assert_allclose(renyi_of_members(p, q, alpha), best.value, rtol=1e-10, atol=1e-15)
    other = renyi(p, q, alpha, method=method_of(p), estimate=True)
    np.testing.assert_array_equal(np.isfinite(other.value), np.isfinite(best.value))
    finite = np.isfinite(best.value)
    distance = np.abs(np.where(finite, best.value, 0.0) - np.where(finite, other.value, 0.0))
    assert np.all(distance <= other.error + 1e-9 * np.where(finite, best.value, 0.0) + 1e-13)
    # A sum of terms that grow far beyond where p has its outcomes is not known, and says so.
    known = finite & np.isfinite(np.broadcast_to(other.error, finite.shape))
    assert known.sum() >= finite.sum() - 1


@pytest.mark.parametrize(("p", "q"), PAIRS, ids=lambda d: type(d).__name__)
@pytest.mark.parametrize("alpha", ORDERS)
def test_the_log_normalizer_at_the_mixed_parameters(
    p: ExponentialFamily, q: ExponentialFamily, alpha: float
) -> None:
    theta = alpha * p.natural_parameters + (1 - alpha) * q.natural_parameters
    mixed = q._with_natural(theta)
    exists = np.asarray(~np.isnan(mixed.natural_parameters).any(axis=-1))
    assert alpha > 1 or exists.all()
    heights = [np.broadcast_to(d.log_normalizer, np.shape(exists)) for d in (p, q)]
    found = renyi(p, q, alpha)
    np.testing.assert_array_equal(np.isfinite(found), exists)
    member = q._with_natural(np.where(exists[..., None], theta, q.natural_parameters))
    formula = (member.log_normalizer - alpha * heights[0] - (1 - alpha) * heights[1]) / (alpha - 1)
    np.testing.assert_allclose(
        np.where(exists, found, 0), np.where(exists, formula, 0), rtol=1e-9, atol=1e-12
    )


def test_there_is_no_member_beyond_the_parameter_space() -> None:
    p, q = Gamma(shape=1.0, rate=[1.0, 1.0, 3.0]), Gamma(shape=[2.0, 2.5, 1.5], rate=[1.0, 1.5, 4.0])
    # Order 2 asks for shape 2·1 − k and rate 2·λ_p − λ_q to be positive.
    known = renyi(p, q, 2, estimate=True)
    np.testing.assert_array_equal(np.isfinite(known.value), [False, False, True])
    assert "beyond all bounds" in str(known.support)
    assert np.all(np.isfinite(renyi(p, q, 0.99)))


@pytest.mark.parametrize("step", [1e-2, 1e-4, 1e-6])
@pytest.mark.parametrize("alpha", [0.3, 0.5, 2.0])
def test_nearly_equal_members_keep_their_digits(step: float, alpha: float) -> None:
    p, q = Beta(alpha=2.0, beta=3.0), Beta(alpha=2.0 * (1 + step), beta=3.0)
    with mpmath.workdps(50):
        a, b, c = mpmath.mpf(2.0), mpmath.mpf(float(q.alpha)), mpmath.mpf(alpha)

        def height(x: mpmath.mpf) -> mpmath.mpf:
            return mpmath.log(mpmath.beta(x, 3))

        exact = float((height(c * a + (1 - c) * b) - c * height(a) - (1 - c) * height(b)) / (c - 1))
    assert float(renyi(p, q, alpha)) == pytest.approx(exact, rel=1e-9, abs=0)
    assert float(renyi(p, p, alpha)) == 0.0


def test_distances_follow() -> None:
    p, q = Beta(alpha=2.0, beta=3.0), Beta(alpha=0.5, beta=4.0)
    half = renyi(p, q, 0.5)
    for measure in (bhattacharyya, hellinger):
        assert measure(p, q, estimate=True).method == "closed_form"
    assert float(bhattacharyya(p, q)) == pytest.approx(float(half) / 2, rel=1e-14)
    assert float(hellinger(p, q)) ** 2 == pytest.approx(-np.expm1(-float(half) / 2), rel=1e-13)
    assert float(tsallis(p, q, 0.5)) == pytest.approx(2 * float(hellinger(p, q)) ** 2, rel=1e-12)
    assert float(renyi(p, q, 1)) == float(kl(p, q))


def test_certainty_has_no_natural_parameter_and_is_summed() -> None:
    known = renyi(Geometric(probs=1.0), Geometric(probs=0.25), 0.5, estimate=True)
    assert known.method == "exact_sum"
    assert float(known) == pytest.approx(np.log(4), rel=1e-13)
