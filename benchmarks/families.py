"""The families that the benchmark of distributions compares, and who else has them.

Parameters differ from row to row. Each family says how mlekit, PyTorch and SciPy are given the same ones; SciPy's are
frozen distributions, whose arguments are checked again at every call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.stats
import torch
import torch.distributions

import mlekit as mk
from mlekit.distributions import Distribution

__all__ = ["CONTESTS", "Contest"]

Parameters = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Contest:
    """One family.

    Args:
        ranges: of mlekit's parameters: low and high, between which each row's are drawn; whole numbers if these are.
        ours: mlekit's class.
        torch: from parameters as tensors to PyTorch's distribution; None where it has none.
        scipy: from parameters to SciPy's.
        shift: what is added to an outcome to be SciPy's, where that counts from elsewhere.
    """

    ranges: Mapping[str, tuple[float, float]]
    ours: Callable[..., Distribution]
    torch: Callable[..., Any] | None = None
    scipy: Callable[..., Any] | None = None
    shift: float = 0.0

    def parameters(self, rows: int) -> dict[str, np.ndarray]:
        """A value a row of each parameter: whole numbers between whole bounds."""
        rng = np.random.default_rng(1)
        return {
            name: rng.integers(int(low), int(high), rows, endpoint=True).astype(float)
            if isinstance(low, int)
            else rng.uniform(low, high, rows)
            for name, (low, high) in self.ranges.items()
        }


_BELL = {"loc": (-10.0, 10.0), "scale": (0.5, 5.0)}
_POSITIVE = {"shape": (0.5, 20.0), "scale": (0.5, 5.0)}
_T: Any = torch.distributions
_S: Any = scipy.stats


def _negative_binomial(mean: Any, dispersion: Any) -> Any:
    spread = mean * dispersion
    return _T.NegativeBinomial(1 / dispersion, probs=spread / (1 + spread))


def _scaled_t(df: Any, loc: Any, scale: Any) -> Any:
    return _S.t(df, loc, scale)


def _asymmetric_laplace(loc: Any, scale: Any, quantile: Any) -> Any:
    kappa = np.sqrt(quantile / (1 - quantile))
    return _S.laplace_asymmetric(kappa, loc, scale / np.sqrt(quantile * (1 - quantile)))


CONTESTS: dict[str, Contest] = {
    "Bernoulli": Contest(
        {"probs": (0.01, 0.99)},
        mk.Bernoulli,
        lambda probs: _T.Bernoulli(probs),
        lambda probs: _S.bernoulli(probs),
    ),
    "Binomial": Contest(
        {"trials": (1, 100), "probs": (0.01, 0.99)},
        mk.Binomial,
        lambda trials, probs: _T.Binomial(trials, probs),
        lambda trials, probs: _S.binom(trials.astype(int), probs),
    ),
    "BetaBinomial": Contest(
        {"trials": (1, 50), "alpha": (0.5, 20.0), "beta": (0.5, 20.0)},
        mk.BetaBinomial,
        None,
        lambda trials, alpha, beta: _S.betabinom(trials.astype(int), alpha, beta),
    ),
    "Geometric": Contest(
        {"probs": (0.05, 0.95)},
        mk.Geometric,
        lambda probs: _T.Geometric(probs),
        lambda probs: _S.geom(probs),
        shift=1.0,
    ),
    "Poisson": Contest(
        {"rate": (0.1, 100.0)}, mk.Poisson, lambda rate: _T.Poisson(rate), lambda rate: _S.poisson(rate)
    ),
    "NegativeBinomial": Contest(
        {"mean": (0.1, 100.0), "dispersion": (0.05, 2.0)},
        mk.NegativeBinomial,
        _negative_binomial,
        lambda mean, dispersion: _S.nbinom(1 / dispersion, 1 / (1 + mean * dispersion)),
    ),
    "DiscreteUniform": Contest(
        {"low": (-20, 0), "high": (1, 20)},
        mk.DiscreteUniform,
        None,
        lambda low, high: _S.randint(low.astype(int), high.astype(int) + 1),
    ),
    "Gaussian": Contest(
        _BELL,
        mk.Gaussian,
        lambda loc, scale: _T.Normal(loc, scale),
        lambda loc, scale: _S.norm(loc, scale),
    ),
    "Laplace": Contest(
        _BELL,
        mk.Laplace,
        lambda loc, scale: _T.Laplace(loc, scale),
        lambda loc, scale: _S.laplace(loc, scale),
    ),
    "Logistic": Contest(_BELL, mk.Logistic, None, lambda loc, scale: _S.logistic(loc, scale)),
    "Cauchy": Contest(
        _BELL,
        mk.Cauchy,
        lambda loc, scale: _T.Cauchy(loc, scale),
        lambda loc, scale: _S.cauchy(loc, scale),
    ),
    "Gumbel": Contest(
        _BELL,
        mk.Gumbel,
        lambda loc, scale: _T.Gumbel(loc, scale),
        lambda loc, scale: _S.gumbel_r(loc, scale),
    ),
    "StudentT": Contest(
        {"df": (1.0, 30.0), **_BELL},
        mk.StudentT,
        lambda df, loc, scale: _T.StudentT(df, loc, scale),
        _scaled_t,
    ),
    "AsymmetricLaplace": Contest(
        {**_BELL, "quantile": (0.05, 0.95)}, mk.AsymmetricLaplace, None, _asymmetric_laplace
    ),
    "Uniform": Contest(
        {"low": (-10.0, -1.0), "high": (0.0, 10.0)},
        mk.Uniform,
        lambda low, high: _T.Uniform(low, high),
        lambda low, high: _S.uniform(low, high - low),
    ),
    "VonMises": Contest(
        {"loc": (-3.0, 3.0), "concentration": (0.1, 50.0)},
        mk.VonMises,
        lambda loc, concentration: _T.VonMises(loc, concentration),
        lambda loc, concentration: _S.vonmises(concentration, loc),
    ),
    "Exponential": Contest(
        {"rate": (0.05, 20.0)},
        mk.Exponential,
        lambda rate: _T.Exponential(rate),
        lambda rate: _S.expon(scale=1 / rate),
    ),
    "Gamma": Contest(
        {"shape": (0.5, 50.0), "rate": (0.05, 20.0)},
        mk.Gamma,
        lambda shape, rate: _T.Gamma(shape, rate),
        lambda shape, rate: _S.gamma(shape, scale=1 / rate),
    ),
    "Beta": Contest(
        {"alpha": (0.5, 50.0), "beta": (1.5, 50.0)},
        mk.Beta,
        lambda alpha, beta: _T.Beta(alpha, beta),
        lambda alpha, beta: _S.beta(alpha, beta),
    ),
    "LogNormal": Contest(
        {"loc": (-3.0, 3.0), "scale": (0.1, 1.5)},
        mk.LogNormal,
        lambda loc, scale: _T.LogNormal(loc, scale),
        lambda loc, scale: _S.lognorm(scale, scale=np.exp(loc)),
    ),
    "InverseGaussian": Contest(
        {"mean": (0.1, 20.0), "shape": (0.1, 20.0)},
        mk.InverseGaussian,
        None,
        lambda mean, shape: _S.invgauss(mean / shape, scale=shape),
    ),
    "Weibull": Contest(
        _POSITIVE,
        mk.Weibull,
        lambda shape, scale: _T.Weibull(scale, shape),
        lambda shape, scale: _S.weibull_min(shape, scale=scale),
    ),
    "LogLogistic": Contest(_POSITIVE, mk.LogLogistic, None, lambda shape, scale: _S.fisk(shape, scale=scale)),
}
