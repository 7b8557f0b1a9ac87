"""The ends of what doubles hold: quantiles of tiny levels, values at infinity, intervals that hold nothing."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from mlekit.distributions import (
    Beta,
    FiniteSet,
    Gamma,
    Interval,
    InverseGaussian,
    NegativeBinomial,
    Poisson,
    Power,
    StudentT,
    Transformed,
    Truncated,
)
from tests.distributions.cases import Case, each, ordered
from tests.distributions.exact import beta_lower, wald_upper
from tests.support import seeds

TINY = np.array([1e-300, 1e-100, 1e-30, 1e-15])


def of_numbers(case: Case) -> bool:
    return case.event_ndim == 0 and not isinstance(case.typical(0).support, FiniteSet)


@each(ordered, of_numbers, lambda case: case.continuous and not case.periodic)
@pytest.mark.parametrize("seed", seeds(2))
def test_quantiles_of_tiny_levels_have_these_levels(case: Case, seed: int) -> None:
    distribution = case.typical(seed)
    support = distribution.support
    assert isinstance(support, Interval)
    y = distribution.quantile(TINY)
    # What lies closer to an end than doubles resolve has rounded onto it, or to where it has lost its digits.
    log_slope = distribution.log_prob(y) - np.log(TINY) + np.log(np.spacing(np.abs(y)))
    told = np.isfinite(y) & (y > support.low) & (log_slope < np.log(1e-10))
    np.testing.assert_allclose(distribution.log_cdf(y[told]), np.log(TINY[told]), rtol=1e-9)
    if np.isneginf(support.low).all():
        assert told.sum() == np.isfinite(y).sum()


def test_beta_quantiles_of_tiny_levels() -> None:
    """By Newton's method or by the first term of a series; SciPy's own inverse is NaN or far off at some of these."""
    alpha = np.array([9.8, 4.5, 1.03, 1.6e4, 0.12, 300.0])
    beta = np.array([0.47, 116.7, 0.12, 39.7, 6.9e5, 0.3])
    level = np.array([1e-300, 1e-200, 1e-50, 1e-295, 2e-5, 1e-250])
    y = Beta(alpha=alpha, beta=beta).quantile(level)
    with mpmath.workdps(40):
        expected = [
            float(mpmath.log(beta_lower(*(mpmath.mpf(float(part)) for part in parts))))
            for parts in zip(alpha, beta, y, strict=True)
        ]
    np.testing.assert_allclose(np.log(level), expected, rtol=1e-12)


@pytest.mark.parametrize("level", [1e-300, 1e-100, 1e-15, 1e-5])
def test_student_quantiles_where_both_tails_are_heavy(level: float) -> None:
    """Those of one and of two degrees of freedom have closed forms; by powers a long tail is that of the level."""
    one, two = StudentT(df=[1.0, 2.0], loc=0.0, scale=1.0).quantile(level)
    assert one == pytest.approx(-1 / np.tan(np.pi * level), rel=1e-13)
    assert two == pytest.approx((2 * level - 1) / np.sqrt(2 * level * (1 - level)), rel=1e-13)
    half = StudentT(df=0.5, loc=0.0, scale=1.0)
    assert half.quantile(1e-14 * 1e-30) == pytest.approx(half.quantile(1e-14) * 1e60, rel=1e-12)
    beyond_doubles = StudentT(df=0.05, loc=0.0, scale=1.0).quantile([1e-100, 1 - 1e-15])
    assert beyond_doubles[0] == -np.inf
    assert np.isfinite(beyond_doubles[1])


@each(ordered, of_numbers)
@pytest.mark.parametrize("seed", seeds(2))
def test_nothing_lies_beyond_infinity(case: Case, seed: int) -> None:
    distribution = case.typical(seed)
    functions = (distribution.log_prob, distribution.cdf, distribution.log_cdf, distribution.log_sf)
    assert [float(function(np.inf)) for function in functions] == [-np.inf, 1.0, 0.0, -np.inf]
    assert [float(function(-np.inf)) for function in functions] == [-np.inf, 0.0, -np.inf, 0.0]


def test_heavy_tails_end_at_infinity() -> None:
    p = StudentT(df=[0.05, 0.5, 0.9, 1.0], loc=0.0, scale=1.0)
    assert (p.log_cdf(-np.inf) == -np.inf).all()
    assert (p.log_sf(np.inf) == -np.inf).all()
    # A power of the distance, 1e-154 of which underflows: its logarithm is that of the power.
    slope = (p.log_sf(1e300) - p.log_sf(1e200)) / np.log(1e100)
    np.testing.assert_allclose(slope, -p.df, rtol=1e-12)


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.5), (0.0, 5e-324), (0.2, 0.7), (1.0, 1.5), (2.5, 2.5)])
def test_no_count_lies_between_whole_numbers(low: float, high: float) -> None:
    assert Poisson(rate=3.0).log_prob_between(low, high) == -np.inf


def test_counts_between_ends_that_are_not_whole() -> None:
    p = Poisson(rate=3.0)
    np.testing.assert_allclose(
        p.log_prob_between([0.5, -0.5], [2.5, 0.9]), np.log([p.prob([1, 2]).sum(), p.prob(0)])
    )
    truncated = Truncated(p, low=1.0)
    np.testing.assert_array_equal(truncated.cdf([0.5, 1.0, 1.5, 2.5]), truncated.cdf([0.0, 1.0, 1.0, 2.0]))


def test_the_upper_tail_of_a_negative_binomial_at_counts_whose_squares_overflow() -> None:
    """Far out each mass is μ·α/(1 + μ·α) of the one before."""
    p = NegativeBinomial(mean=2.0, dispersion=0.5)
    assert p.log_sf(1e200) == pytest.approx(1e200 * np.log(0.5), rel=1e-12)


@pytest.mark.parametrize(("mean", "shape"), [(1.0, 1e-8), (2e6, 6e-4), (1.0, 0.1), (1.0, 10.0)])
@pytest.mark.parametrize("times", [1.5, 1e3, 1e8, 1e11])
def test_the_upper_tail_of_a_wide_inverse_gaussian(mean: float, shape: float, times: float) -> None:
    """A difference of two terms that are all but equal."""
    y = mean * times
    p = InverseGaussian(mean=mean, shape=shape)
    with mpmath.workdps(60):
        expected = float(mpmath.log(wald_upper(*(mpmath.mpf(x) for x in (y, mean, shape)))))
    assert p.log_sf(y) == pytest.approx(expected, rel=1e-13)


def test_the_quantile_of_a_wide_inverse_gaussian_has_its_level() -> None:
    p = InverseGaussian(mean=2.4, shape=7e-8)
    for level in (0.999, 1 - 2.0**-40):
        assert np.exp(p.log_sf(p.quantile(level))) == pytest.approx(1 - level, rel=1e-12)


def test_preimages_beyond_doubles_have_densities() -> None:
    inverse = Transformed(Gamma(shape=2.0, rate=1.0), Power(exponent=-1.0))
    assert (np.exp(inverse.log_prob([5e-324, 1e-310, 1e-300])) == 0).all()
