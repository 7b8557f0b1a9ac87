"""Families on the positive half-line."""

from __future__ import annotations

import mpmath
import numpy as np
from scipy import stats

from mlekit.distributions import Exponential, Gamma, InverseGaussian, LogLogistic, LogNormal, Weibull
from tests.distributions.case import Case, Exact
from tests.distributions.exact import gamma_lower, gamma_upper, wald_lower, wald_upper

_GAMMA = Exact(
    log_prob=lambda y, shape, rate: (
        shape * mpmath.log(rate) + (shape - 1) * mpmath.log(y) - rate * y - mpmath.loggamma(shape)
    ),
    cdf=lambda y, shape, rate: gamma_lower(shape, rate * y),
    sf=lambda y, shape, rate: gamma_upper(shape, rate * y),
)


_LOG_LOGISTIC = Exact(
    log_prob=lambda y, shape, scale: (
        mpmath.log(shape / scale)
        + (shape - 1) * mpmath.log(y / scale)
        - 2 * mpmath.log1p((y / scale) ** shape)
    ),
    cdf=lambda y, shape, scale: 1 / (1 + (y / scale) ** -shape),
    sf=lambda y, shape, scale: 1 / (1 + (y / scale) ** shape),
)


_WALD = Exact(
    log_prob=lambda y, mean, shape: (
        mpmath.log(shape / (2 * mpmath.pi * y**3)) / 2 - shape * (y - mean) ** 2 / (2 * mean**2 * y)
    ),
    cdf=wald_lower,
    sf=wald_upper,
)


CASES = (
    Case(
        Exponential,
        reference=lambda rate: stats.expon(scale=1 / rate),
        exact=Exact(
            log_prob=lambda y, rate: mpmath.log(rate) - rate * y,
            cdf=lambda y, rate: -mpmath.expm1(-rate * y),
            sf=lambda y, rate: mpmath.exp(-rate * y),
        ),
        extremes=[{"rate": rate} for rate in (1e-150, 1e-8, 1e8, 1e150)],
    ),
    Case(
        Gamma,
        reference=lambda shape, rate: stats.gamma(shape, scale=1 / rate),
        exact=_GAMMA,
        extremes=[
            {"shape": shape, "rate": rate}
            for shape in (1e-3, 0.5, 1.0, 1e4, 1e8)
            for rate in (1e-8, 1e8, 1e-100, 1e100)
        ],
        rtol=1e-11,
    ),
    Case(
        Gamma,
        draw=lambda rng, shape: {
            "shape": np.exp(rng.uniform(np.log(200), np.log(1e6), shape)),
            "rate": np.exp(rng.uniform(-3, 3, shape)),
        },
        exact=_GAMMA,
        name="Gamma-narrow",
    ),
    Case(
        LogNormal,
        reference=lambda loc, scale: stats.lognorm(scale, scale=np.exp(loc)),
        exact=Exact(
            log_prob=lambda y, loc, scale: (
                mpmath.log(mpmath.npdf(mpmath.log(y), loc, scale)) - mpmath.log(y) if y else -mpmath.inf
            ),
            cdf=lambda y, loc, scale: mpmath.ncdf(mpmath.log(y), loc, scale),
            sf=lambda y, loc, scale: mpmath.ncdf(-mpmath.log(y), -loc, scale),
        ),
        extremes=[{"loc": m, "scale": s} for m in (0.0, -300.0, 300.0) for s in (1e-8, 1e-3, 5.0)],
        rtol=1e-11,
    ),
    Case(
        Weibull,
        reference=lambda shape, scale: stats.weibull_min(shape, scale=scale),
        exact=Exact(
            log_prob=lambda y, shape, scale: (
                mpmath.log(shape / scale) + (shape - 1) * mpmath.log(y / scale) - (y / scale) ** shape
            ),
            cdf=lambda y, shape, scale: -mpmath.expm1(-((y / scale) ** shape)),
            sf=lambda y, shape, scale: mpmath.exp(-((y / scale) ** shape)),
        ),
        extremes=[
            {"shape": k, "scale": s} for k in (0.05, 1.0, 1e4, 1e8) for s in (1e-8, 1e8, 1e-100, 1e100)
        ],
        rtol=1e-11,
    ),
    Case(
        LogLogistic,
        draw=lambda rng, shape: {
            "shape": rng.uniform(6.0, 30.0, shape),
            "scale": np.exp(rng.uniform(-3, 3, shape)),
        },
        reference=lambda shape, scale: stats.fisk(shape, scale=scale),
        exact=_LOG_LOGISTIC,
        extremes=[
            {"shape": k, "scale": s} for k in (0.05, 1.0, 2.0, 1e4, 1e8) for s in (1e-8, 1e8, 1e-100, 1e100)
        ],
        rtol=1e-11,
    ),
    Case(
        LogLogistic,
        draw=lambda rng, shape: {
            "shape": rng.uniform(0.3, 1.0, shape),
            "scale": np.exp(rng.uniform(-3, 3, shape)),
        },
        exact=_LOG_LOGISTIC,
        name="LogLogistic-heavy",
    ),
    Case(
        InverseGaussian,
        reference=lambda mean, shape: stats.invgauss(mean / shape, scale=shape),
        exact=_WALD,
        extremes=[{"mean": m, "shape": s} for m in (1e-8, 1.0, 1e8) for s in (1e-8, 1.0, 1e8)],
        rtol=1e-9,
    ),
)
