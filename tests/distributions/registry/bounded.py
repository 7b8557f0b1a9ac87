"""Families on an interval or a circle."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
from scipy import stats

from mlekit.distributions import Beta, Uniform, VonMises
from tests.distributions.case import Case, Exact
from tests.distributions.exact import beta_lower


def _von_mises_cdf(angle: Any, concentration: Any) -> Any:
    edges = [-mpmath.pi + (mpmath.pi - abs(angle)) * k / 20 for k in range(21)]
    tail = mpmath.quad(lambda t: mpmath.exp(concentration * mpmath.cos(t)), edges, maxdegree=5)
    tail /= 2 * mpmath.pi * mpmath.besseli(0, concentration)
    return tail if angle < 0 else 1 - tail


_BETA = Exact(
    log_prob=lambda y, alpha, beta: (
        (alpha - 1) * mpmath.log(y)
        + (beta - 1) * mpmath.log1p(-y)
        - (mpmath.loggamma(alpha) + mpmath.loggamma(beta) - mpmath.loggamma(alpha + beta))
    ),
    cdf=lambda y, alpha, beta: beta_lower(alpha, beta, y),
    sf=lambda y, alpha, beta: beta_lower(beta, alpha, 1 - y),
)


CASES = (
    Case(
        VonMises,
        exact=Exact(
            log_prob=lambda y, loc, concentration: (
                concentration * mpmath.cos(y - loc)
                - mpmath.log(2 * mpmath.pi * mpmath.besseli(0, concentration))
            ),
            cdf=lambda y, loc, concentration: _von_mises_cdf(y - loc, concentration),
            sf=lambda y, loc, concentration: _von_mises_cdf(loc - y, concentration),
        ),
        extremes=[{"loc": m, "concentration": k} for m in (0.0, 3.0, -1e8) for k in (1e-8, 1.0, 1e8)],
        periodic=True,
    ),
    Case(
        Beta,
        reference=lambda alpha, beta: stats.beta(alpha, beta),
        exact=_BETA,
        extremes=[
            {"alpha": a, "beta": b}
            for a, b in ((1e-3, 1e-3), (0.5, 1e8), (1e8, 1e8), (1.0, 1.0), (1e-8, 2.0))
        ],
        rtol=1e-11,
    ),
    Case(
        Beta,
        draw=lambda rng, shape: {
            name: np.exp(rng.uniform(np.log(100), np.log(1e6), shape)) for name in ("alpha", "beta")
        },
        exact=_BETA,
        name="Beta-narrow",
    ),
    Case(
        Uniform,
        reference=lambda low, high: stats.uniform(low, high - low),
        extremes=[{"low": a, "high": b} for a, b in ((-1e-300, 1e-300), (1.0, 1.0 + 1e-15), (-1e308, 1e308))],
    ),
)
