"""Closed forms of location-scale families against 30 digits, quadrature, and nearly equal arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

from mlekit.distributions import (
    AsymmetricLaplace,
    Cauchy,
    Distribution,
    Gaussian,
    Gumbel,
    Laplace,
    Logistic,
    StudentT,
    Uniform,
    VonMises,
    Weibull,
)
from mlekit.information import cross_entropy, entropy, js, kl, renyi, total_variation

DENSITIES: dict[Any, Callable[[Any], Any]] = {
    Laplace: lambda z: mpmath.exp(-abs(z)) / 2,
    Cauchy: lambda z: 1 / (mpmath.pi * (1 + z * z)),
    Gumbel: lambda z: mpmath.exp(-z - mpmath.exp(-z)),
}
PAIRS = [(0.0, 1.0, 0.5, 2.0), (1.0, 3.0, -2.0, 1.0), (0.0, 1.0, 0.0, 1.05), (0.0, 2.0, 1.0, 2.0)]


@pytest.mark.parametrize("family", DENSITIES)
@pytest.mark.parametrize(("a", "s", "b", "t"), PAIRS)
def test_against_mpmath(family: Any, a: float, s: float, b: float, t: float) -> None:
    density = DENSITIES[family]

    def integrand(y: Any) -> Any:
        p, q = density((y - a) / s) / s, density((y - b) / t) / t
        return p * mpmath.log(p / q) if p > 0 else mpmath.mpf(0)

    middle = [-20, -6, *sorted({a, b}), 6, 20]
    ends = [-mpmath.inf, *middle, mpmath.inf] if family is Cauchy else [-300, *middle, 300]
    with mpmath.workdps(25):
        exact = float(mpmath.quad(integrand, [mpmath.mpf(e) for e in ends]))
    p, q = family(loc=a, scale=s), family(loc=b, scale=t)
    known = kl(p, q, estimate=True)
    assert known.method == "closed_form"
    assert float(known) == pytest.approx(exact, rel=1e-9)
    assert float(kl(p, q, method="quadrature")) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("step", [1e-2, 1e-4, 1e-8])
def test_nearly_equal_arguments(step: float) -> None:
    moved = 1 + step
    with mpmath.workdps(60):
        r = 1 / mpmath.mpf(moved)
        laplace = mpmath.log(1 / r) + r - 1
        cauchy = mpmath.log((1 + 1 / r) ** 2 / (4 / r))
        gumbel = -mpmath.log(r) + mpmath.euler * (r - 1) + mpmath.gamma(1 + r) - 1
    for family, exact in [(Laplace, laplace), (Cauchy, cauchy), (Gumbel, gumbel)]:
        p, q = family(loc=0.0, scale=1.0), family(loc=0.0, scale=moved)
        assert float(kl(p, q)) == pytest.approx(float(exact), rel=1e-9, abs=0), family
        assert float(kl(p, p)) == 0
    shifted = float(kl(Gumbel(loc=0.0, scale=1.0), Gumbel(loc=step, scale=1.0)))
    with mpmath.workdps(60):
        assert shifted == pytest.approx(
            float(mpmath.exp(mpmath.mpf(step)) - 1 - mpmath.mpf(step)), rel=1e-9, abs=0
        )


@pytest.mark.parametrize("ratio", [1e-12, 1e-6, 0.3, 0.95, 1.05, 40.0])
def test_extremes_of_any_ratio_of_scales(ratio: float) -> None:
    with mpmath.workdps(40):
        r = mpmath.mpf(ratio)
        exact = float(-mpmath.log(r) + mpmath.euler * (r - 1) + mpmath.gamma(1 + r) - 1)
    maxima = kl(Gumbel(loc=0.0, scale=ratio), Gumbel(loc=0.0, scale=1.0))
    lifetimes = kl(Weibull(shape=1.0, scale=1.0), Weibull(shape=ratio, scale=1.0))
    assert float(maxima) == pytest.approx(exact, rel=1e-12)
    assert float(lifetimes) == pytest.approx(exact, rel=1e-12)


def test_infinities() -> None:
    assert float(kl(Cauchy(loc=0.0, scale=1.0), Laplace(loc=0.0, scale=1.0))) == np.inf
    assert float(kl(Gumbel(loc=0.0, scale=200.0), Gumbel(loc=0.0, scale=1.0))) > 1e300


@pytest.mark.parametrize(
    "p",
    [
        Laplace(loc=1.0, scale=[0.1, 3.0]),
        AsymmetricLaplace(loc=1.0, scale=[0.1, 3.0], quantile=0.2),
        Logistic(loc=0.0, scale=2.0),
        Gumbel(loc=0.0, scale=2.0),
        Cauchy(loc=0.0, scale=2.0),
        StudentT(df=[2.5, 30.0], loc=0.0, scale=1.5),
        VonMises(loc=0.0, concentration=[0.1, 4.0]),
    ],
    ids=lambda p: type(p).__name__,
)
def test_entropies(p: Distribution) -> None:
    known = entropy(p, estimate=True)
    assert known.method == "closed_form"
    np.testing.assert_allclose(known.value, entropy(p, method="quadrature"), rtol=1e-9)


def test_what_lies_outside_is_excluded_however_little_it_is() -> None:
    p, q = Gaussian(loc=0.0, scale=1.0), Uniform(low=-50.0, high=50.0)
    for measure in (kl, cross_entropy):
        known = measure(p, q, estimate=True)
        assert float(known) == np.inf
        assert known.support is not None
    assert float(renyi(p, q, 2)) == np.inf
    assert np.isfinite(float(renyi(p, q, 0.5)))
    assert float(js(p, q)) < np.log(2)
    assert float(total_variation(p, q)) < 1
    assert np.isfinite(float(kl(q, p)))


def test_a_circle_is_cut_anywhere() -> None:
    p, q = VonMises(loc=0.0, concentration=1.0), VonMises(loc=[1.0, 3.0], concentration=2.0)
    for there, back in ((p, q), (q, p)):
        known = kl(there, back, method="monte_carlo", estimate=True)
        assert np.all(np.abs(kl(there, back) - known.value) < 5 * known.error)
