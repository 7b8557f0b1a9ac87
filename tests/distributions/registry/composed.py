"""Distributions made of others, and data."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import mpmath
import numpy as np
from scipy import stats

from mlekit.distributions import (
    Affine,
    Binomial,
    Categorical,
    Chain,
    Distribution,
    Empirical,
    Exp,
    Exponential,
    Gamma,
    Gaussian,
    Geometric,
    Gumbel,
    Logistic,
    Mixture,
    NegativeBinomial,
    Poisson,
    Power,
    SinhArcsinh,
    Softplus,
    Transformed,
    Truncated,
    ZeroInflated,
)
from tests.distributions.case import Case, Exact, Parameters, table


def _gaussians(rng: np.random.Generator, shape: tuple[int, ...]) -> Parameters:
    return {
        "loc": rng.uniform(-3, 3, (*shape, 3)),
        "scale": np.exp(rng.uniform(-1.5, 1, (*shape, 3))),
        "weights": rng.dirichlet(np.full(3, 2.0), shape),
    }


def _gaussians_and_logistic(loc: Any, scale: Any, weights: Any) -> Distribution:
    parts: list[Distribution] = [
        Gaussian(loc=loc[..., 0], scale=scale[..., 0]),
        Logistic(loc=loc[..., 1], scale=scale[..., 1]),
        Gaussian(loc=loc[..., 2], scale=scale[..., 2]),
    ]
    return Mixture(parts, weights)


def _poissons(rng: np.random.Generator, shape: tuple[int, ...]) -> Parameters:
    return {
        "rate": np.exp(rng.uniform(-1, 4, (*shape, 2))),
        "weights": rng.dirichlet(np.full(2, 2.0), shape),
    }


def _categoricals(rng: np.random.Generator, shape: tuple[int, ...]) -> Parameters:
    return {"logits": rng.normal(size=(*shape, 3, 4)), "weights": rng.dirichlet(np.full(3, 2.0), shape)}


def _data(rng: np.random.Generator, shape: tuple[int, ...], size: int) -> Parameters:
    return {
        "samples": rng.integers(-3, 12, (*shape, size)) / 2,
        "weights": rng.dirichlet(np.full(size, 5.0), shape),
    }


def _data_reference(samples: Any, weights: Any) -> Any:
    outcomes, position = np.unique(samples, return_inverse=True)
    return table(outcomes, np.bincount(position, weights=weights))


def _inflated(base: Callable[..., Any]) -> Callable[..., Any]:
    """SciPy's table of a distribution of counts with zeros in excess."""

    def reference(zero_probs: Any, **parameters: Any) -> Any:
        counts = np.arange(2 * base(**parameters).ppf(1 - 1e-15) + 50)
        masses = (1 - zero_probs) * base(**parameters).pmf(counts)
        masses[0] += zero_probs
        return table(counts, masses)

    return reference


CASES = (
    Case(
        Mixture,
        draw=_gaussians,
        build=lambda loc, scale, weights: Mixture(Gaussian(loc=loc, scale=scale), weights),
        extremes=[
            {"loc": [-1e8, 0.0, 1e8], "scale": [1e-8, 1.0, 1e8], "weights": [0.2, 0.3, 0.5]},
            {"loc": [0.0, 0.0, 1e150], "scale": [1e-150, 1e150, 1e-8], "weights": [1e-300, 1.0, 0.0]},
        ],
    ),
    Case(Mixture, draw=_gaussians, build=_gaussians_and_logistic, name="Mixture-families"),
    Case(
        Mixture,
        draw=_poissons,
        build=lambda rate, weights: Mixture(Poisson(rate=rate), weights),
        extremes=[{"rate": [0.0, 1e6], "weights": [0.5, 0.5]}, {"rate": [1.0, 1e9], "weights": [1.0, 0.0]}],
        name="Mixture-counts",
    ),
    Case(
        Mixture,
        draw=_categoricals,
        build=lambda logits, weights: Mixture(Categorical(logits=logits), weights),
        name="Mixture-labels",
    ),
    Case(
        ZeroInflated.of(Poisson).distribution,
        draw=lambda rng, shape: {
            "rate": np.exp(rng.uniform(0.0, 4.5, shape)),
            "zero_probs": np.asarray(rng.uniform(0.05, 0.9, shape)),
        },
        build=lambda rate, zero_probs: ZeroInflated(Poisson(rate=rate), zero_probs=zero_probs),
        held=lambda p, name: p.zero_probs if name == "zero_probs" else p.base.rate,
        reference=_inflated(lambda rate: stats.poisson(rate)),
        exact=Exact(
            log_prob=lambda y, rate, zero_probs: mpmath.log(
                zero_probs * (y == 0)
                + (1 - zero_probs) * mpmath.exp(y * mpmath.log(rate) - rate) / mpmath.gamma(y + 1)
            ),
            cdf=lambda y, rate, zero_probs: (
                zero_probs + (1 - zero_probs) * mpmath.gammainc(y + 1, rate, mpmath.inf, regularized=True)
            ),
            sf=lambda y, rate, zero_probs: (
                (1 - zero_probs) * mpmath.gammainc(y + 1, 0, rate, regularized=True)
            ),
        ),
        extremes=[
            {"rate": rate, "zero_probs": share}
            for rate in (0.0, 1e-300, 1e-8, 1e9, 1e300)
            for share in (0.0, 1e-300, 0.5, 1.0)
        ],
    ),
    Case(
        ZeroInflated.of(NegativeBinomial).distribution,
        build=lambda mean, dispersion, zero_probs: ZeroInflated(
            NegativeBinomial(mean=mean, dispersion=dispersion), zero_probs=zero_probs
        ),
        held=lambda p, name: p.zero_probs if name == "zero_probs" else getattr(p.base, name),
        reference=_inflated(
            lambda mean, dispersion: stats.nbinom(1 / dispersion, 1 / (1 + dispersion * mean))
        ),
        extremes=[
            {"mean": mean, "dispersion": dispersion, "zero_probs": 0.3}
            for mean in (0.0, 1e-8, 1e9)
            for dispersion in (0.0, 1e-8, 1e8)
        ],
        rtol=1e-9,
    ),
    Case(
        ZeroInflated.of(Binomial).distribution,
        draw=lambda rng, shape: {
            "trials": np.full(shape, 20.0),
            "probs": np.asarray(rng.uniform(0.05, 0.95, shape)),
            "zero_probs": np.asarray(rng.uniform(0.05, 0.9, shape)),
        },
        build=lambda trials, probs, zero_probs: ZeroInflated(
            Binomial(trials=trials, probs=probs), zero_probs=zero_probs
        ),
        held=lambda p, name: p.zero_probs if name == "zero_probs" else p.base.probs,
        reference=_inflated(lambda trials, probs: stats.binom(trials, probs)),
        extremes=[
            {"trials": n, "probs": p, "zero_probs": 0.1}
            for n in (0, 1, 10**9)
            for p in (0.0, 1e-300, 0.5, 1.0)
        ],
        fixed={"trials": 20},
    ),
    Case(
        ZeroInflated.of(Geometric).distribution,
        draw=lambda rng, shape: {
            "probs": np.asarray(rng.uniform(0.05, 0.8, shape)),
            "zero_probs": np.asarray(rng.uniform(0.05, 0.9, shape)),
        },
        build=lambda probs, zero_probs: ZeroInflated(Geometric(probs=probs), zero_probs=zero_probs),
        held=lambda p, name: p.zero_probs if name == "zero_probs" else p.base.probs,
        reference=_inflated(lambda probs: stats.geom(probs, loc=-1)),
        extremes=[{"probs": p, "zero_probs": 0.9} for p in (1.0, 1e-300, 1e-8, 1 - 1e-16)],
    ),
    Case(
        Truncated.of(Gaussian, low=-0.5, high=2.0).distribution,
        draw=lambda rng, shape: {
            "loc": np.asarray(rng.uniform(-1.0, 2.0, shape)),
            "scale": np.exp(rng.uniform(-1.0, 1.0, shape)),
            "low": np.full(shape, -0.5),
            "high": np.full(shape, 2.0),
        },
        build=lambda loc, scale, low, high: Truncated(Gaussian(loc=loc, scale=scale), low=low, high=high),
        held=lambda p, name: p.base.loc if name == "loc" else p.base.scale,
        reference=lambda loc, scale, low, high: stats.truncnorm(
            (low - loc) / scale, (high - loc) / scale, loc, scale
        ),
        exact=Exact(
            log_prob=lambda y, loc, scale, low, high: mpmath.log(
                mpmath.npdf(y, loc, scale) / (mpmath.ncdf(high, loc, scale) - mpmath.ncdf(low, loc, scale))
            ),
        ),
        extremes=[
            {"loc": loc, "scale": scale, "low": -0.5, "high": 2.0}
            for loc, scale in ((0.0, 1e8), (0.0, 1e-8), (50.0, 1.0), (-1e4, 1.0), (1e4, 1e4))
        ],
        rtol=1e-9,
        name="Truncated-Gaussian",
    ),
    Case(
        Truncated.of(Exponential, high=2.0).distribution,
        draw=lambda rng, shape: {
            "rate": np.exp(rng.uniform(-2.0, 2.0, shape)),
            "low": np.full(shape, -np.inf),
            "high": np.full(shape, 2.0),
        },
        build=lambda rate, low, high: Truncated(Exponential(rate=rate), low=low, high=high),
        held=lambda p, _: p.base.rate,
        reference=lambda rate, high, **_: stats.truncexpon(b=high * rate, scale=1 / rate),
        extremes=[{"rate": rate, "low": -np.inf, "high": 2.0} for rate in (1e-8, 1e8)],
        rtol=1e-9,
        name="Truncated-Exponential",
    ),
    Case(
        Truncated.of(Poisson, low=1).distribution,
        draw=lambda rng, shape: {
            "rate": np.exp(rng.uniform(-2.0, 4.0, shape)),
            "low": np.full(shape, 1.0),
            "high": np.full(shape, np.inf),
        },
        build=lambda rate, low, high: Truncated(Poisson(rate=rate), low=low, high=high),
        held=lambda p, _: p.base.rate,
        exact=Exact(
            log_prob=lambda y, rate, **_: (
                y * mpmath.log(rate) - rate - mpmath.loggamma(y + 1) - mpmath.log1p(-mpmath.exp(-rate))
            ),
            sf=lambda y, rate, **_: (
                mpmath.gammainc(y + 1, 0, rate, regularized=True) / (1 - mpmath.exp(-rate))
            ),
        ),
        extremes=[{"rate": rate, "low": 1.0, "high": np.inf} for rate in (1e-8, 1e6)],
        name="Truncated-Poisson",
    ),
    Case(
        Transformed.of(Gaussian, Exp()).distribution,
        build=lambda loc, scale: Transformed(Gaussian(loc=loc, scale=scale), Exp()),
        held=lambda p, name: getattr(p.base, name),
        draw=lambda rng, shape: {
            "loc": np.asarray(rng.uniform(-3.0, 3.0, shape)),
            "scale": np.exp(rng.uniform(-3.0, 0.4, shape)),
        },
        reference=lambda loc, scale: stats.lognorm(scale, scale=np.exp(loc)),
        exact=Exact(
            log_prob=lambda y, loc, scale: (
                -(((mpmath.log(y) - loc) / scale) ** 2) / 2
                - mpmath.log(scale * y)
                - mpmath.log(2 * mpmath.pi) / 2
            ),
            cdf=lambda y, loc, scale: mpmath.ncdf((mpmath.log(y) - loc) / scale),
            sf=lambda y, loc, scale: mpmath.ncdf((loc - mpmath.log(y)) / scale),
        ),
        extremes=[{"loc": m, "scale": s} for m in (-100.0, 100.0) for s in (1e-8, 3.0)],
    ),
    Case(
        Transformed.of(Gumbel, Chain(Affine(scale=-1.0), Exp())).distribution,
        build=lambda loc, scale: Transformed(Gumbel(loc=loc, scale=scale), Chain(Affine(scale=-1.0), Exp())),
        held=lambda p, name: getattr(p.base, name),
        draw=lambda rng, shape: {
            "loc": np.asarray(rng.uniform(-3.0, 3.0, shape)),
            "scale": np.exp(rng.uniform(-2.0, -0.1, shape)),
        },
        reference=lambda loc, scale: stats.weibull_min(1 / scale, scale=np.exp(-loc)),
        extremes=[{"loc": m, "scale": s} for m in (-100.0, 100.0) for s in (1e-8, 0.9)],
        rtol=1e-11,
        name="Transformed(Gumbel, reflected exponential)",
    ),
    Case(
        Transformed.of(Gaussian, SinhArcsinh(skewness=0.3, tailweight=1.2)).distribution,
        build=lambda loc, scale: Transformed(
            Gaussian(loc=loc, scale=scale), SinhArcsinh(skewness=0.3, tailweight=1.2)
        ),
        held=lambda p, name: getattr(p.base, name),
        draw=lambda rng, shape: {
            "loc": np.asarray(rng.uniform(-1.0, 1.0, shape)),
            "scale": np.exp(rng.uniform(-2.0, 1.0, shape)),
        },
        extremes=[{"loc": m, "scale": s} for m in (0.0, 1e8) for s in (1e-8, 1e8)],
        name="Transformed(Gaussian, SinhArcsinh)",
    ),
    Case(
        Transformed.of(Logistic, Softplus()).distribution,
        build=lambda loc, scale: Transformed(Logistic(loc=loc, scale=scale), Softplus()),
        held=lambda p, name: getattr(p.base, name),
        draw=lambda rng, shape: {
            "loc": np.asarray(rng.uniform(-2.0, 2.0, shape)),
            "scale": np.exp(rng.uniform(-2.0, -0.5, shape)),
        },
        extremes=[{"loc": m, "scale": s} for m in (0.0, 1e8) for s in (1e-8, 0.9)],
    ),
    Case(
        Transformed.of(Gamma, Power(exponent=-1.0)).distribution,
        build=lambda shape, rate: Transformed(Gamma(shape=shape, rate=rate), Power(exponent=-1.0)),
        held=lambda p, name: getattr(p.base, name),
        draw=lambda rng, shape: {
            "shape": np.exp(rng.uniform(1.5, 4.0, shape)),
            "rate": np.exp(rng.uniform(-3.0, 3.0, shape)),
        },
        reference=lambda shape, rate: stats.invgamma(shape, scale=rate),
        extremes=[{"shape": a, "rate": b} for a in (0.5, 1e6) for b in (1e-8, 1e8)],
        rtol=1e-10,
    ),
    Case(Empirical, draw=partial(_data, size=30), reference=_data_reference),
)
