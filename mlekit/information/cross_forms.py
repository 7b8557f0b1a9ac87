"""Closed forms of KL between distributions of different families: the mean of −log q under p, less p's own entropy.

What q asks of p is the mean of a few functions: Y and Y² (Gaussian), Y and log Y (Gamma), Y and e^(−Y/β) (Gumbel),
|Y − μ| (Laplace), log Y and log(1 − Y) (Beta). Where p is also a member of q's family, or nearly one, the difference
cancels: then the form says NaN and another way is taken. An Exponential *is* a Gamma and a Weibull of shape 1, and is
compared as such. Where q leaves out what p holds for possible, the divergence is infinite whatever a form says.

Sources: Johnson, Kotz & Balakrishnan (1994, 1995), Continuous Univariate Distributions, for the means; Gil, Alajaji &
Linder (2013), Rényi divergence measures for commonly used univariate continuous distributions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from typing import TypeAlias

import numpy as np
from scipy.special import betaln, digamma, gammaln, xlog1py, xlogy

from mlekit.arrays import Array
from mlekit.distributions import (
    Bernoulli,
    Beta,
    Distribution,
    Exponential,
    Gamma,
    Gaussian,
    Gumbel,
    InverseGaussian,
    Laplace,
    Logistic,
    LogNormal,
    Poisson,
    Uniform,
    Weibull,
)
from mlekit.information.closed_forms import poisson_kl, weibull_kl
from mlekit.information.elementary import exp_excess, log_excess, log_gamma_excess, mean_of_folded
from mlekit.information.exponential_forms import renyi_of_members
from mlekit.information.gamma_forms import gamma_kl
from mlekit.information.registry import closed_form

__all__ = ["bernoulli_to_poisson", "weibull_to_gamma"]

Form: TypeAlias = Callable[[Distribution, Distribution], Array]

# A difference is taken for known to nine digits while it is no smaller than this part of what it is a difference of.
_KEPT = 1e-6


def _less_entropy(p: Distribution, *terms: Array) -> Array:
    """The sum of the terms, a cross-entropy, less p's entropy; NaN where too few digits are left."""
    own = p.entropy()
    value = np.asarray(sum(terms) - own)
    size = sum(np.abs(term) for term in terms) + np.abs(own)
    return np.where(value >= _KEPT * size, value, np.nan)


# ---- to a Gaussian: mean and variance ----------------------------------------------------------------------


@closed_form(Beta, Gaussian)
@closed_form(Exponential, Gaussian)
@closed_form(Gamma, Gaussian)
@closed_form(Gumbel, Gaussian)
@closed_form(InverseGaussian, Gaussian)
@closed_form(Laplace, Gaussian)
@closed_form(Logistic, Gaussian)
@closed_form(LogNormal, Gaussian)
@closed_form(Uniform, Gaussian)
@closed_form(Weibull, Gaussian)
def to_gaussian(p: Distribution, q: Gaussian) -> Array:
    """E[−log q(Y)] = log σ√(2π) + ½(Var[Y] + (E[Y] − μ)²)/σ²."""
    square = np.square(p.std / q.scale) + np.square((p.mean - q.loc) / q.scale)
    return _less_entropy(p, np.log(q.scale), np.asarray(0.5 * np.log(2 * np.pi)), 0.5 * square)


# ---- to an Exponential or a Gamma: the means of Y and log Y ------------------------------------------------


@singledispatch
def mean_of_log(p: Distribution) -> Array:
    """E[log Y]."""
    raise TypeError(f"the mean of log Y is not known in closed form for {type(p).__name__}")


@mean_of_log.register
def _(p: Beta) -> Array:
    return np.asarray(digamma(p.alpha) - digamma(p.alpha + p.beta))


@mean_of_log.register
def _(p: LogNormal) -> Array:
    return p.loc


@mean_of_log.register
def _(p: Uniform) -> Array:
    return _mean_of_log_below(p.high, p.high - p.low)


def _mean_of_log_below(high: Array, width: Array) -> Array:
    """Of a uniform distribution, with the width w in units of the high end h: log h − 1 − (1 − w)·log(1 − w)/w."""
    part = width / high
    return np.asarray(np.log(high) - 1 - xlog1py(1 - part, -part) / part)


@closed_form(Beta, Exponential)
@closed_form(LogNormal, Exponential)
@closed_form(Uniform, Exponential)
def to_exponential(p: Distribution, q: Exponential) -> Array:
    """E[−log q(Y)] = λ·E[Y] − log λ."""
    return _less_entropy(p, q.rate * p.mean, -np.log(q.rate))


@closed_form(Beta, Gamma)
@closed_form(LogNormal, Gamma)
@closed_form(Uniform, Gamma)
def to_gamma(p: Distribution, q: Gamma) -> Array:
    """E[−log q(Y)] = λ·E[Y] − (k − 1)·E[log Y] + log Γ(k) − k·log λ."""
    return _less_entropy(
        p,
        q.rate * p.mean,
        (1 - q.shape) * mean_of_log(p),
        np.asarray(gammaln(q.shape)),
        -q.shape * np.log(q.rate),
    )


@closed_form(Exponential, Gamma)
def exponential_to_gamma(p: Exponential, q: Gamma) -> Array:
    """An Exponential is a Gamma of shape 1."""
    return gamma_kl(Gamma(shape=1.0, rate=p.rate), q)


@closed_form(Gamma, Exponential)
def gamma_to_exponential(p: Gamma, q: Exponential) -> Array:
    """An Exponential is a Gamma of shape 1."""
    return gamma_kl(p, Gamma(shape=1.0, rate=q.rate))


@closed_form(Exponential, Gamma, of="renyi")
def exponential_to_gamma_renyi(p: Exponential, q: Gamma, alpha: float) -> Array:
    """An Exponential is a Gamma of shape 1."""
    return renyi_of_members(Gamma(shape=1.0, rate=p.rate), q, alpha)


@closed_form(Gamma, Exponential, of="renyi")
def gamma_to_exponential_renyi(p: Gamma, q: Exponential, alpha: float) -> Array:
    """An Exponential is a Gamma of shape 1."""
    return renyi_of_members(p, Gamma(shape=1.0, rate=q.rate), alpha)


@closed_form(Exponential, Weibull)
def exponential_to_weibull(p: Exponential, q: Weibull) -> Array:
    """An Exponential is a Weibull of shape 1."""
    return weibull_kl(Weibull(shape=1.0, scale=p.mean), q)


@closed_form(Weibull, Exponential)
def weibull_to_exponential(p: Weibull, q: Exponential) -> Array:
    """An Exponential is a Gamma of shape 1."""
    return weibull_to_gamma(p, Gamma(shape=1.0, rate=q.rate))


@closed_form(Weibull, Gamma)
def weibull_to_gamma(p: Weibull, q: Gamma) -> Array:
    """a·(e^x − 1 − x) + L(δ) + a·L(η) + δ·log(1 + η) − a·(1/a − 1 + log a), where all vanish for equal arguments.

    a = 1 + δ is q's shape, u = 1 + η the reciprocal of p's, L(x) = log Γ(1 + x) + γ·x ≥ 0, and
    x = log(b·s·Γ(1 + u)/a) the logarithm of p's mean over q's, for the rate b and the scale s.
    """
    a, u = q.shape, 1 / p.shape
    delta, eta = q.shape - 1, (1 - p.shape) / p.shape
    of_shape, of_power = log_gamma_excess(delta, a), log_gamma_excess(eta, u)
    log_mean = np.log(u) + of_power - np.euler_gamma * eta
    ratio = np.log(q.rate) + np.log(p.scale) + log_mean - np.log(a)
    rest = of_shape + a * of_power + delta * np.log(u) - a * log_excess(-delta / a, 1 / a)
    return a * exp_excess(ratio) + np.maximum(rest, 0.0)


# ---- to a Gumbel: the mean of e^(−Y/β) ---------------------------------------------------------------------


def _to_gumbel(p: Distribution, q: Gumbel, log_decay: Array) -> Array:
    """E[−log q(Y)] = log β + E[Z] + E[e^(−Z)], Z = (Y − μ)/β; ``log_decay`` is log E[e^(−Y/β)]."""
    standard = (p.mean - q.loc) / q.scale
    return _less_entropy(p, np.log(q.scale), standard, np.exp(log_decay + q.loc / q.scale))


@closed_form(Gaussian, Gumbel)
def gaussian_to_gumbel(p: Gaussian, q: Gumbel) -> Array:
    """E[e^(−Y/β)] = e^(−μ/β + σ²/(2β²))."""
    return _to_gumbel(p, q, 0.5 * np.square(p.scale / q.scale) - p.loc / q.scale)


@closed_form(Laplace, Gumbel)
def laplace_to_gumbel(p: Laplace, q: Gumbel) -> Array:
    """E[e^(−Y/β)] = e^(−μ/β)/(1 − (b/β)²) for b < β; +∞ for others."""
    ratio = p.scale / q.scale
    return _to_gumbel(p, q, np.where(ratio < 1, -np.log1p(-np.square(ratio)), np.inf) - p.loc / q.scale)


@closed_form(Logistic, Gumbel)
def logistic_to_gumbel(p: Logistic, q: Gumbel) -> Array:
    """E[e^(−Y/β)] = e^(−μ/β)·πt/sin πt for t = s/β < 1; +∞ for others."""
    ratio = p.scale / q.scale
    return _to_gumbel(p, q, np.where(ratio < 1, -np.log(np.sinc(ratio)), np.inf) - p.loc / q.scale)


@closed_form(Exponential, Gumbel)
def exponential_to_gumbel(p: Exponential, q: Gumbel) -> Array:
    """E[e^(−Y/β)] = (1 + 1/(λβ))^(−1)."""
    return _to_gumbel(p, q, -np.log1p(1 / (p.rate * q.scale)))


@closed_form(Gamma, Gumbel)
def gamma_to_gumbel(p: Gamma, q: Gumbel) -> Array:
    """E[e^(−Y/β)] = (1 + 1/(λβ))^(−k)."""
    return _to_gumbel(p, q, -p.shape * np.log1p(1 / (p.rate * q.scale)))


@closed_form(Uniform, Gumbel)
def uniform_to_gumbel(p: Uniform, q: Gumbel) -> Array:
    """E[e^(−Y/β)] = e^(−a/β)·(1 − e^(−w))/w, where w = (b − a)/β."""
    width = (p.high - p.low) / q.scale
    return _to_gumbel(p, q, np.log(-np.expm1(-width) / width) - p.low / q.scale)


# ---- to a Laplace, a Beta, a Uniform, a Poisson ------------------------------------------------------------


@closed_form(Gaussian, Laplace)
def gaussian_to_laplace(p: Gaussian, q: Laplace) -> Array:
    """E[−log q(Y)] = log 2b + E|Y − m|/b, the mean of a folded Gaussian."""
    return _less_entropy(p, np.log(2 * q.scale), mean_of_folded(p.loc - q.loc, p.scale) / q.scale)


@closed_form(Uniform, Beta)
def uniform_to_beta(p: Uniform, q: Beta) -> Array:
    """E[−log q(Y)] = log B(α, β) − (α − 1)·E[log Y] − (β − 1)·E[log(1 − Y)]."""
    return _less_entropy(
        p,
        np.asarray(betaln(q.alpha, q.beta)),
        (1 - q.alpha) * mean_of_log(p),
        (1 - q.beta) * _mean_of_log_below(1 - p.low, p.high - p.low),
    )


@closed_form(Beta, Uniform)
def to_uniform(p: Distribution, q: Uniform) -> Array:
    """The logarithm of q's width, less p's entropy."""
    return _less_entropy(p, np.log(q.high - q.low))


@closed_form(Bernoulli, Poisson)
def bernoulli_to_poisson(p: Bernoulli, q: Poisson) -> Array:
    """KL of Poisson(p) to Poisson(λ), and p + (1 − p)·log(1 − p): both are ≥ 0."""
    rest = p.probs + xlogy(1 - p.probs, 1 - p.probs)
    own = np.where(
        p.probs < 0.1, (1 - p.probs) * log_excess(p.probs / (1 - p.probs), 1 / (1 - p.probs)), rest
    )
    return poisson_kl(Poisson(rate=p.probs), q) + own
