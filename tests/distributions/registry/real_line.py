"""Families on the real line."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
from scipy import stats

from mlekit.distributions import AsymmetricLaplace, Cauchy, Gaussian, Gumbel, Laplace, Logistic, StudentT
from tests.distributions.case import LOCATIONS_AND_SCALES, Case, Exact, Parameters
from tests.distributions.quadrature import far_nodes


def _laplace_cdf(z: Any) -> Any:
    return mpmath.exp(z) / 2 if z < 0 else 1 - mpmath.exp(-z) / 2


def _student(rng: np.random.Generator, shape: tuple[int, ...], low: float, high: float) -> Parameters:
    return {
        "df": np.exp(rng.uniform(np.log(low), np.log(high), shape)),
        "loc": rng.uniform(-10, 10, shape),
        "scale": np.exp(rng.uniform(-2, 2, shape)),
    }


def _student_log_prob(z: Any, df: Any) -> Any:
    ratio = mpmath.loggamma((df + 1) / 2) - mpmath.loggamma(df / 2)
    return ratio - mpmath.log(df * mpmath.pi) / 2 - (df + 1) / 2 * mpmath.log1p(z * z / df)


def _student_cdf(z: Any, df: Any) -> Any:
    """The tail beyond |z|: a hypergeometric function (DLMF 8.17.7), or, where that is hard, quadrature."""
    if df < 500:
        tail = mpmath.exp(_student_log_prob(z, df)) * abs(z) / df * (1 + df / (z * z))
        tail *= mpmath.re(mpmath.hyp2f1(1, 0.5, df / 2 + 1, -df / (z * z)))
    else:
        step = 2 * (df + z * z) / (abs(z) * (df + 1))
        edges = [abs(z) + k * step for k in range(36)]
        tail = mpmath.quad(
            lambda t: mpmath.exp(_student_log_prob(t, df)), edges, method="gauss-legendre", maxdegree=4
        )
    return tail if z < 0 else 1 - tail


def _pinball_cdf(z: Any, level: Any) -> Any:
    if z < 0:
        return level * mpmath.exp((1 - level) * z)
    return 1 - (1 - level) * mpmath.exp(-level * z)


CASES = (
    Case(
        Gaussian,
        reference=stats.norm,
        exact=Exact(
            log_prob=lambda y, loc, scale: mpmath.log(mpmath.npdf(y, loc, scale)),
            cdf=lambda y, loc, scale: mpmath.ncdf(y, loc, scale),
            sf=lambda y, loc, scale: mpmath.ncdf(-y, -loc, scale),
        ),
        extremes=LOCATIONS_AND_SCALES,
    ),
    Case(
        Laplace,
        reference=stats.laplace,
        exact=Exact(
            log_prob=lambda y, loc, scale: -abs(y - loc) / scale - mpmath.log(2 * scale),
            cdf=lambda y, loc, scale: _laplace_cdf((y - loc) / scale),
            sf=lambda y, loc, scale: _laplace_cdf((loc - y) / scale),
        ),
        extremes=LOCATIONS_AND_SCALES,
    ),
    Case(
        StudentT,
        draw=lambda rng, shape: _student(rng, shape, 2.5, 60.0),
        reference=stats.t,
        exact=Exact(
            log_prob=lambda y, df, loc, scale: _student_log_prob((y - loc) / scale, df) - mpmath.log(scale),
            cdf=lambda y, df, loc, scale: _student_cdf((y - loc) / scale, df),
            sf=lambda y, df, loc, scale: _student_cdf((loc - y) / scale, df),
        ),
        extremes=[{"df": v, **rest} for v in (1.5, 30.0, 1e4, 1e8, 1e16) for rest in LOCATIONS_AND_SCALES],
        nodes=far_nodes,
        rtol=1e-11,
    ),
    Case(
        StudentT,
        draw=lambda rng, shape: _student(rng, shape, 1.0, 2.0),
        exact=Exact(
            log_prob=lambda y, df, loc, scale: _student_log_prob((y - loc) / scale, df) - mpmath.log(scale),
            cdf=lambda y, df, loc, scale: _student_cdf((y - loc) / scale, df),
            sf=lambda y, df, loc, scale: _student_cdf((loc - y) / scale, df),
        ),
        nodes=far_nodes,
        name="StudentT-heavy",
    ),
    Case(
        StudentT,
        draw=lambda rng, shape: _student(rng, shape, 500.0, 1e9),
        exact=Exact(
            log_prob=lambda y, df, loc, scale: _student_log_prob((y - loc) / scale, df) - mpmath.log(scale),
            cdf=lambda y, df, loc, scale: _student_cdf((y - loc) / scale, df),
            sf=lambda y, df, loc, scale: _student_cdf((loc - y) / scale, df),
        ),
        name="StudentT-light",
    ),
    Case(
        Logistic,
        reference=stats.logistic,
        exact=Exact(
            log_prob=lambda y, loc, scale: (
                -(y - loc) / scale - 2 * mpmath.log1p(mpmath.exp(-(y - loc) / scale)) - mpmath.log(scale)
            ),
            cdf=lambda y, loc, scale: 1 / (1 + mpmath.exp(-(y - loc) / scale)),
            sf=lambda y, loc, scale: 1 / (1 + mpmath.exp((y - loc) / scale)),
        ),
        extremes=LOCATIONS_AND_SCALES,
    ),
    Case(
        Cauchy,
        reference=stats.cauchy,
        exact=Exact(
            log_prob=lambda y, loc, scale: (
                -mpmath.log1p(((y - loc) / scale) ** 2) - mpmath.log(mpmath.pi * scale)
            ),
            cdf=lambda y, loc, scale: mpmath.atan((y - loc) / scale) / mpmath.pi + 0.5,
            sf=lambda y, loc, scale: mpmath.atan((loc - y) / scale) / mpmath.pi + 0.5,
        ),
        extremes=LOCATIONS_AND_SCALES,
        rtol=1e-11,  # SciPy's own digits in the far tails before 1.15
        moments=False,
    ),
    Case(
        Gumbel,
        reference=stats.gumbel_r,
        exact=Exact(
            log_prob=lambda y, loc, scale: (
                -(y - loc) / scale - mpmath.exp(-(y - loc) / scale) - mpmath.log(scale)
            ),
            cdf=lambda y, loc, scale: mpmath.exp(-mpmath.exp(-(y - loc) / scale)),
            sf=lambda y, loc, scale: -mpmath.expm1(-mpmath.exp(-(y - loc) / scale)),
        ),
        extremes=LOCATIONS_AND_SCALES,
    ),
    Case(
        AsymmetricLaplace,
        reference=lambda loc, scale, quantile: stats.laplace_asymmetric(
            np.sqrt(quantile / (1 - quantile)), loc, scale / np.sqrt(quantile * (1 - quantile))
        ),
        exact=Exact(
            log_prob=lambda y, loc, scale, quantile: (
                mpmath.log(quantile * (1 - quantile) / scale)
                - max(quantile * (y - loc), (quantile - 1) * (y - loc)) / scale
            ),
            cdf=lambda y, loc, scale, quantile: _pinball_cdf((y - loc) / scale, quantile),
            sf=lambda y, loc, scale, quantile: _pinball_cdf((loc - y) / scale, 1 - quantile),
        ),
        extremes=[{"quantile": q, **rest} for q in (1e-3, 0.5, 0.9) for rest in LOCATIONS_AND_SCALES],
        fixed={"quantile": 0.3},
    ),
)
