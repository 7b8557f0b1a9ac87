"""Families of counts."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
from scipy import stats
from scipy.special import expit

from mlekit.distributions import BetaBinomial, Binomial, DiscreteUniform, Geometric, NegativeBinomial, Poisson
from tests.distributions.case import Case, Exact


def _betainc(a: Any, b: Any, x: Any) -> Any:
    """I_x(a, b) by a series of positive terms, where mpmath's own gives up."""
    if x > a / (a + b):
        return 1 - _betainc(b, a, 1 - x)
    first = mpmath.exp(a * mpmath.log(x) + b * mpmath.log1p(-x)) / (a * mpmath.beta(a, b))
    total, term, j = mpmath.mpf(0), mpmath.mpf(1), 0
    while term > 1e-30 * total:
        total += term
        term *= (a + b + j) / (a + 1 + j) * x
        j += 1
    return first * total


CASES = (
    Case(
        Poisson,
        reference=lambda rate: stats.poisson(rate),
        exact=Exact(
            log_prob=lambda y, rate: y * mpmath.log(rate) - rate - mpmath.loggamma(y + 1),
            cdf=lambda y, rate: mpmath.gammainc(y + 1, rate, mpmath.inf, regularized=True),
            sf=lambda y, rate: mpmath.gammainc(y + 1, 0, rate, regularized=True),
        ),
        extremes=[{"rate": rate} for rate in (0.0, 1e-300, 1e-8, 1e8, 1e9, 1e17, 1e300)],
    ),
    Case(
        NegativeBinomial,
        reference=lambda mean, dispersion: stats.nbinom(1 / dispersion, 1 / (1 + dispersion * mean)),
        exact=Exact(
            log_prob=lambda y, mean, dispersion: (
                mpmath.loggamma(y + 1 / dispersion)
                - mpmath.loggamma(1 / dispersion)
                - mpmath.loggamma(y + 1)
                - mpmath.log1p(dispersion * mean) / dispersion
                - y * mpmath.log1p(1 / (dispersion * mean))
            ),
            cdf=lambda y, mean, dispersion: _betainc(1 / dispersion, y + 1, 1 / (1 + dispersion * mean)),
            sf=lambda y, mean, dispersion: _betainc(y + 1, 1 / dispersion, 1 - 1 / (1 + dispersion * mean)),
        ),
        extremes=[
            {"mean": mean, "dispersion": dispersion}
            for mean in (0.0, 1e-8, 1.0, 1e9)
            for dispersion in (0.0, 1e-300, 1e-17, 1e-8, 1.0, 1e8)
        ],
        rtol=1e-9,
    ),
    Case(
        Geometric,
        reference=lambda probs: stats.geom(probs, loc=-1),
        exact=Exact(
            log_prob=lambda y, probs: mpmath.log(probs) + y * mpmath.log1p(-probs),
            cdf=lambda y, probs: 1 - mpmath.exp((y + 1) * mpmath.log1p(-probs)),
            sf=lambda y, probs: mpmath.exp((y + 1) * mpmath.log1p(-probs)),
        ),
        extremes=[{"probs": p} for p in (1.0, 1e-300, 1e-16, 1e-8, 1 - 1e-16)]
        + [{"logits": t} for t in (-700, -40, 700, np.inf)],
    ),
    Case(
        Binomial,
        draw=lambda rng, shape: {
            "trials": np.full(shape, 20.0),
            "probs": np.asarray(rng.uniform(0.05, 0.95, shape)),
        },
        reference=lambda trials, probs: stats.binom(trials, probs),
        exact=Exact(
            log_prob=lambda y, trials, probs: (
                mpmath.log(mpmath.binomial(trials, y))
                + y * mpmath.log(probs)
                + (trials - y) * mpmath.log1p(-probs)
            ),
            cdf=lambda y, trials, probs: (
                _betainc(trials - y, y + 1, 1 - probs) if y < trials else mpmath.mpf(1)
            ),
            sf=lambda y, trials, probs: _betainc(y + 1, trials - y, probs) if y < trials else mpmath.mpf(0),
        ),
        extremes=[
            {"trials": n, "probs": p} for n in (0, 1, 10**9) for p in (0.0, 1e-300, 1e-9, 0.5, 1 - 1e-16, 1.0)
        ],
        fixed={"trials": 20},
    ),
    Case(
        Binomial,
        draw=lambda rng, shape: {
            "trials": np.rint(np.exp(rng.uniform(0.0, 7.0, shape))),
            "probs": expit(rng.uniform(-6.0, 6.0, shape)),
        },
        reference=lambda trials, probs: stats.binom(trials, probs),
        fixed={"trials": 1200},
        rtol=1e-10,
        name="Binomial-many",
    ),
    Case(
        DiscreteUniform,
        reference=lambda low, high: stats.randint(low, high + 1),
        exact=Exact(
            log_prob=lambda _, low, high: -mpmath.log(high - low + 1),
            cdf=lambda y, low, high: (y - low + 1) / (high - low + 1),
            sf=lambda y, low, high: (high - y) / (high - low + 1),
        ),
        extremes=[{"low": 3, "high": 3}, {"low": -(10**9), "high": 10**9}, {"low": 0, "high": 10**15}],
    ),
    Case(
        BetaBinomial,
        draw=lambda rng, shape: {
            "trials": np.full(shape, 20.0),
            "alpha": np.exp(rng.uniform(-1.5, 3.0, shape)),
            "beta": np.exp(rng.uniform(-1.5, 3.0, shape)),
        },
        reference=lambda trials, alpha, beta: stats.betabinom(trials, alpha, beta),
        exact=Exact(
            log_prob=lambda y, trials, alpha, beta: mpmath.log(
                mpmath.binomial(trials, y)
                * mpmath.beta(y + alpha, trials - y + beta)
                / mpmath.beta(alpha, beta)
            )
        ),
        extremes=[
            {"trials": n, "alpha": a, "beta": b}
            for n in (0, 1, 50)
            for a in (1e-8, 1e8)
            for b in (1e-8, 1.0, 1e8)
        ],
        fixed={"trials": 20},
        held=lambda p, name: p.alpha / p.precision if name == "mean" else getattr(p, name),
        rtol=1e-11,
    ),
)
