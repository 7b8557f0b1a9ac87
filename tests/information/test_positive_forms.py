"""Closed forms of families of positive outcomes and proportions against quadrature, and against 50 digits nearby."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

from mlekit.distributions import (
    Beta,
    Distribution,
    Exponential,
    Gamma,
    InverseGaussian,
    LogLogistic,
    LogNormal,
    Uniform,
    Weibull,
)
from mlekit.information import entropy, kl

PAIRS: list[tuple[Distribution, Distribution]] = [
    (Exponential(rate=[1.0, 2.0]), Exponential(rate=[[1.5], [0.1]])),
    (Gamma(shape=[0.5, 3.0], rate=1.0), Gamma(shape=[[2.0], [40.0]], rate=0.7)),
    (LogNormal(loc=[0.0, 1.0], scale=0.5), LogNormal(loc=0.3, scale=[[0.8], [0.2]])),
    (InverseGaussian(mean=[1.0, 2.0], shape=1.0), InverseGaussian(mean=1.5, shape=[[2.0], [0.3]])),
    (Beta(alpha=[0.5, 3.0], beta=2.0), Beta(alpha=1.5, beta=[[2.5], [0.7]])),
    (Uniform(low=[0.0, 0.5], high=1.0), Uniform(low=-1.0, high=[[2.0], [1.0]])),
    (Weibull(shape=[0.8, 3.0], scale=1.0), Weibull(shape=2.0, scale=[[1.5], [0.7]])),
    (LogLogistic(shape=[0.8, 3.0], scale=1.0), LogLogistic(shape=2.0, scale=1.5)),
]


@pytest.mark.parametrize(("p", "q"), PAIRS, ids=lambda d: type(d).__name__)
def test_formulas_agree_with_quadrature(p: Distribution, q: Distribution) -> None:
    best = kl(p, q, estimate=True)
    assert best.method == ("quadrature" if isinstance(p, LogLogistic) else "closed_form")
    np.testing.assert_allclose(best.value, kl(p, q, method="quadrature"), rtol=1e-11)
    assert entropy(p, estimate=True).method == "closed_form"
    np.testing.assert_allclose(entropy(p), entropy(p, method="quadrature"), rtol=1e-11, atol=1e-13)
    np.testing.assert_array_equal(kl(p, p), np.zeros(p.batch_shape))


def test_a_uniform_that_is_not_covered_is_infinitely_far() -> None:
    assert kl(Uniform(low=0.0, high=1.0), Uniform(low=0.5, high=2.0)) == np.inf


def gamma_exact(k: Any, a: Any, m: Any, b: Any) -> Any:
    first = (k - m) * mpmath.digamma(k) - mpmath.loggamma(k) + mpmath.loggamma(m)
    return first + m * mpmath.log(a / b) + k * (b / a - 1)


def weibull_exact(k: Any, a: Any, m: Any, b: Any) -> Any:
    first = mpmath.log(k / a**k) - mpmath.log(m / b**m)
    return first + (k - m) * (mpmath.log(a) - mpmath.euler / k) + (a / b) ** m * mpmath.gamma(m / k + 1) - 1


@pytest.mark.parametrize("step", [1e-1, 1e-2, 3e-3, 1e-3, 1e-5, 1e-7])
@pytest.mark.parametrize("shape", [0.4, 5.0, 300.0])
def test_nearly_equal_arguments_keep_their_digits(step: float, shape: float) -> None:
    own, other = (shape, 2.0), (shape * (1 + step), 2.0 * (1 - 0.7 * step))
    with mpmath.workdps(50):
        exact = [mpmath.mpf(x) for x in (*own, *other)]
        gamma, weibull = float(gamma_exact(*exact)), float(weibull_exact(*exact))
    p, q = Gamma(shape=own[0], rate=own[1]), Gamma(shape=other[0], rate=other[1])
    assert float(kl(p, q)) == pytest.approx(gamma, rel=1e-9)
    r, s = Weibull(shape=own[0], scale=own[1]), Weibull(shape=other[0], scale=other[1])
    assert float(kl(r, s)) == pytest.approx(weibull, rel=1e-9)
