"""Transformed distributions are the families that they are known as elsewhere; maps are inverse to themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy import stats
from scipy.special import digamma, polygamma

from mlekit.distributions import (
    Affine,
    Beta,
    Cauchy,
    Chain,
    Distribution,
    Exp,
    Gamma,
    Gaussian,
    Gumbel,
    Laplace,
    Log,
    Logistic,
    Logit,
    LogLogistic,
    LogNormal,
    Poisson,
    Power,
    Sigmoid,
    SinhArcsinh,
    Softplus,
    StudentT,
    Transform,
    Transformed,
    Weibull,
)
from mlekit.distributions.expectations import expectation
from mlekit.distributions.transform import image
from mlekit.errors import ParameterError

LEVELS = np.array([1e-300, 1e-20, 1e-6, 0.1, 0.5, 0.9, 1 - 1e-9])[:, None]
LOC, SCALE = np.array([-2.0, 0.0, 3.0]), np.array([0.2, 0.9, 0.45])
REFLECTED = Chain(Affine(scale=-1.0), Exp())

SAME: dict[str, tuple[Distribution, Distribution]] = {
    "LogNormal": (Transformed(Gaussian(loc=LOC, scale=SCALE), Exp()), LogNormal(loc=LOC, scale=SCALE)),
    "LogLogistic": (
        Transformed(Logistic(loc=LOC, scale=SCALE), Exp()),
        LogLogistic(scale=np.exp(LOC), shape=1 / SCALE),
    ),
    "Weibull": (
        Transformed(Gumbel(loc=-LOC, scale=SCALE), REFLECTED),
        Weibull(scale=np.exp(LOC), shape=1 / SCALE),
    ),
    "Gaussian": (
        Transformed(Gaussian(loc=LOC, scale=SCALE), Affine(shift=32.0, scale=-1.8)),
        Gaussian(loc=32 - 1.8 * LOC, scale=1.8 * SCALE),
    ),
    "Gamma": (
        Transformed(Transformed(Gamma(shape=[0.5, 2.0, 9.0], rate=3.0), Power(exponent=-1.0)), Power(exponent=-1.0)),
        Gamma(shape=[0.5, 2.0, 9.0], rate=3.0),
    ),
    "Logistic": (
        Transformed(Transformed(Logistic(loc=LOC, scale=SCALE), Sigmoid()), Logit()),
        Logistic(loc=LOC, scale=SCALE),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_the_same_distribution_under_another_name(name: str) -> None:
    ours, theirs = SAME[name]
    y = theirs.quantile(LEVELS[2:] if name != "Logistic" else LEVELS[2:-1])
    for answer in ("log_prob", "cdf", "log_cdf", "log_sf"):
        np.testing.assert_allclose(
            getattr(ours, answer)(y), getattr(theirs, answer)(y), rtol=1e-10, atol=1e-12
        )
    # The sigmoid of x is 1 farther out; the reciprocal of a Gamma with shape 1/2 leaves the doubles.
    levels = {"Logistic": LEVELS[2:-1], "Gamma": LEVELS[1:]}.get(name, LEVELS)
    np.testing.assert_allclose(ours.quantile(levels), theirs.quantile(levels), rtol=1e-9)
    np.testing.assert_allclose(ours.mean, theirs.mean, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(ours.variance, theirs.variance, rtol=1e-9)
    np.testing.assert_allclose(ours.entropy(), theirs.entropy(), rtol=1e-9, atol=1e-10)
    if name != "Gamma":  # one shape is below 1: its density is greatest at 0
        np.testing.assert_allclose(ours.mode, theirs.mode, rtol=1e-6, atol=1e-6)


def test_the_score_is_that_of_the_base() -> None:
    ours, theirs = SAME["LogNormal"]
    y = theirs.sample(50, rng=0)
    np.testing.assert_allclose(ours.score(y), theirs.score(y), rtol=1e-13)
    np.testing.assert_array_equal(ours.fisher_information(), theirs.fisher_information())


# ---- transforms -------------------------------------------------------------------------------------------------

MAPS: list[tuple[Transform, Callable[[Any], Any]]] = [
    (Affine(shift=3.0, scale=-2.0), lambda x: 3 - 2 * x),
    (Exp(), mpmath.exp),
    (Log(), mpmath.log),
    (Power(exponent=0.5), mpmath.sqrt),
    (Power(exponent=-3.0), lambda x: x**-3),
    (Sigmoid(), lambda x: 1 / (1 + mpmath.exp(-x))),
    (Logit(), lambda x: mpmath.log(x / (1 - x))),
    (Softplus(), lambda x: mpmath.log1p(mpmath.exp(x))),
    (SinhArcsinh(skewness=0.4, tailweight=1.5), lambda x: mpmath.sinh(1.5 * (mpmath.asinh(x) + 0.4))),
    (Chain(Softplus(), Power(exponent=2.0)), lambda x: mpmath.log1p(mpmath.exp(x)) ** 2),
    (Chain(Exp(), Affine(shift=1.0, scale=-1.0)), lambda x: 1 - mpmath.exp(x)),
]


@pytest.mark.parametrize(
    ("transform", "exact"), MAPS, ids=lambda part: repr(part) if isinstance(part, Transform) else ""
)
def test_maps_slopes_and_inverses(transform: Transform, exact: Callable[[Any], Any]) -> None:
    inside = places_within(transform)
    for x in inside:
        y = transform.forward(x)
        with mpmath.workdps(40):
            value, slope = exact(mpmath.mpf(float(x))), mpmath.diff(exact, mpmath.mpf(float(x)))
            expected = [float(value), float(mpmath.log(abs(slope))), float(mpmath.log(abs(value)))]
        assert float(y) == pytest.approx(expected[0], rel=1e-13, abs=1e-15)
        assert float(transform.log_slope(x)) == pytest.approx(expected[1], rel=1e-12, abs=1e-12)
        assert float(transform.log_size(x)) == pytest.approx(expected[2], rel=1e-12, abs=1e-12)
        assert float(transform.inverse(y)) == pytest.approx(float(x), rel=1e-12, abs=1e-12)
    assert transform.increasing == bool(transform.forward(inside[1]) > transform.forward(inside[0]))
    reached = image(transform, transform.domain)
    assert (reached.low, reached.high) == (transform.range.low, transform.range.high)


def places_within(transform: Transform) -> list[Any]:
    """Places in a transform's domain."""
    places = np.array([-3.0, -0.7, 1e-3, 0.2, 0.9, 4.0])
    return [x for x in places if transform.domain.contains(x)]


@pytest.mark.parametrize("transform", [Exp(), Affine(scale=2.0), REFLECTED, Power(exponent=0.5)], ids=repr)
def test_repr_is_code(transform: Transform) -> None:
    names = {"Exp": Exp, "Affine": Affine, "Chain": Chain, "Power": Power}
    assert eval(repr(transform), names) == transform
    assert hash(transform) == hash(eval(repr(transform), names))


def test_sinh_arcsinh_is_that_of_jones_and_pewsey() -> None:
    """Their density, Biometrika 96 (2009), equation (2), with δ = 1/tailweight and ε = tailweight·skewness."""
    epsilon, delta = 0.6, 0.8
    p = Transformed(Gaussian(loc=0.0, scale=1.0), SinhArcsinh(skewness=epsilon * delta, tailweight=1 / delta))
    x = np.linspace(-5, 9, 15)
    inner = delta * np.arcsinh(x) - epsilon * delta
    density = delta * np.cosh(inner) / np.sqrt(2 * np.pi * (1 + x**2)) * np.exp(-(np.sinh(inner) ** 2) / 2)
    np.testing.assert_allclose(p.prob(x), density, rtol=1e-12)


# ---- moments ----------------------------------------------------------------------------------------------------


def test_moments_of_heavy_tails_and_singular_densities() -> None:
    shapes = np.array([1.1, 1.5, 3.0, 100.0])
    inverse_gamma = Transformed(Gamma(shape=shapes, rate=2.0), Power(exponent=-1.0))
    np.testing.assert_allclose(inverse_gamma.mean, 2 / (shapes - 1), rtol=1e-10)
    small = np.array([0.05, 0.5, 3.0])
    log_gamma = Transformed(Gamma(shape=small, rate=1.0), Log())
    np.testing.assert_allclose(log_gamma.mean, digamma(small), rtol=1e-10)
    np.testing.assert_allclose(log_gamma.variance, polygamma(1, small), rtol=1e-10)
    log_odds = Transformed(Beta(alpha=small, beta=2.0), Logit())
    np.testing.assert_allclose(log_odds.mean, digamma(small) - digamma(2.0), rtol=1e-9)
    near = np.array([0.9, 0.99])
    np.testing.assert_allclose(
        Transformed(Laplace(loc=0.3, scale=near), Exp()).mean, np.exp(0.3) / (1 - near**2)
    )
    wide = np.array([1e-6, 3.0, 8.0])
    expected = LogNormal(loc=0.0, scale=wide)
    ours = Transformed(Gaussian(loc=0.0, scale=wide), Exp())
    np.testing.assert_allclose(ours.mean, expected.mean, rtol=1e-10)
    np.testing.assert_allclose(ours.variance, expected.variance, rtol=1e-8)


def test_moments_that_do_not_exist_are_infinite() -> None:
    heavy = Transformed(Logistic(loc=0.0, scale=[0.4, 0.6, 1.0, 2.0]), Exp())
    assert np.isfinite(heavy.mean).tolist() == [True, True, False, False]
    assert heavy.mean[2] == heavy.mean[3] == np.inf
    assert np.isposinf(heavy.variance).tolist() == [False, True, True, True]
    np.testing.assert_array_equal(heavy._point[2:], heavy.median[2:])
    assert Transformed(StudentT(df=3.0, loc=0.0, scale=1.0), Exp()).mean == np.inf
    assert Transformed(Gamma(shape=0.9, rate=1.0), Power(exponent=-1.0)).mean == np.inf
    assert np.isnan(expectation(Cauchy(loc=0.0, scale=1.0), lambda x: x))


@pytest.mark.parametrize("scale", [0.1, 1.0, 5.0, 40.0])
def test_logit_normal_mean(scale: float) -> None:
    p = Transformed(Gaussian(loc=1.0, scale=scale), Sigmoid())
    edges = np.unique(np.concatenate([np.linspace(-12, 12, 49), np.linspace(-20, 20, 41) / scale]))
    exact = mpmath.quad(lambda z: mpmath.npdf(z) / (1 + mpmath.exp(-1 - scale * z)), edges.tolist())
    assert p.mean == pytest.approx(float(exact), rel=1e-11)


def test_far_tails_of_a_falling_map() -> None:
    """The quantile of a small level is that of the base's upper tail, which no level of the base can name."""
    p = Transformed(Gaussian(loc=1.0, scale=2.0), Affine(scale=-1.0))
    levels = np.array([1e-300, 1e-100, 1e-20, 0.2])
    np.testing.assert_allclose(p.quantile(levels), stats.norm(-1, 2).ppf(levels), rtol=1e-12)
    np.testing.assert_allclose(p.log_cdf(p.quantile(levels)), np.log(levels), rtol=1e-12)
    assert p.quantile([0.0, 1.0]).tolist() == [-np.inf, np.inf]


# ---- what is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: Transformed(Poisson(rate=1.0), Exp()), "base must be continuous"),
        (lambda: Transformed(Gaussian(loc=0.0, scale=1.0), Log()), "Log() is of values in (0, inf)"),
        (lambda: Transformed.of(Poisson, Exp()), "needs a continuous family"),
        (lambda: Transformed.of(Gaussian, Power(exponent=0.5)), "Gaussian reaches all of (-inf, inf)"),
        (Transformed.family, "Transformed.of(Gaussian, Exp())"),
        (lambda: Chain(Affine(), Log()), "Affine() reaches (-inf, inf), but Log() needs values in (0, inf)"),
        (lambda: Affine(scale=0.0), "scale must not be 0"),
        (lambda: Affine(shift=np.nan), "shift must be finite"),
        (lambda: Power(exponent=0.0), "exponent must not be 0"),
        (lambda: SinhArcsinh(tailweight=-1.0), "tailweight must be positive"),
    ],
)  # fmt: skip
def test_what_cannot_be_transformed_is_refused(wrong: Callable[[], Any], message: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(message)):
        wrong()


def test_values_out_of_reach_have_no_probability() -> None:
    p = Transformed(Gaussian(loc=0.0, scale=1.0), Sigmoid())
    assert p.log_prob([-0.5, 0.0, 1.0, 2.0]).tolist() == [-np.inf] * 4
    assert p.cdf([-0.5, 0.0, 1.0, 2.0]).tolist() == [0.0, 0.0, 1.0, 1.0]
    falling = Transformed(Gaussian(loc=0.0, scale=1.0), Chain(Exp(), Affine(scale=-1.0)))
    assert falling.cdf([-np.inf, 0.0, 1.0]).tolist() == [0.0, 1.0, 1.0]
    assert str(falling.support) == "(-inf, 0)" or str(falling.support) == "(-inf, -0)"
