"""Closed forms of divergences, written as sums of terms that are ≥ 0 so that nothing cancels.

Sources: Kullback (1959), Information Theory and Statistics; Cover & Thomas (2006), Elements of Information Theory; Gil,
Alajaji & Linder (2013), Rényi divergence measures for commonly used univariate continuous distributions; Givens &
Shortt (1984), A class of Wasserstein metrics for probability distributions; Bauckhage (2013), Computing the
Kullback-Leibler divergence between two Weibull distributions; Gil (2011), On Rényi divergence measures for continuous
alphabet sources (Gumbel).
"""

from __future__ import annotations

import numpy as np
from scipy.special import erf, gammaln, log_expit, ndtr

from mlekit.arrays import Array
from mlekit.distributions import (
    Bernoulli,
    Binomial,
    Categorical,
    Exponential,
    Gaussian,
    Geometric,
    Gumbel,
    InverseGaussian,
    LogNormal,
    Poisson,
    Uniform,
    Weibull,
)
from mlekit.distributions.special import softplus
from mlekit.information.elementary import exp_excess, log_excess, log_gamma_excess, mean_of_folded
from mlekit.information.logits import (
    js_of_logits,
    kl_of_logits,
    renyi_of_logits,
    total_variation_of_logits,
    two_logits,
)
from mlekit.information.registry import blockwise, closed_form

__all__ = [
    "categorical_kl",
    "extremes_kl",
    "gaussian_kl",
    "gumbel_kl",
    "poisson_kl",
    "weibull_kl",
]

_RARE = -600.0  # logits, of which exp(−logits) is a number


@closed_form(Gaussian, Gaussian, kernel="gaussian_kl")
@closed_form(LogNormal, LogNormal, kernel="gaussian_kl")
def gaussian_kl(p: Gaussian | LogNormal, q: Gaussian | LogNormal) -> Array:
    """½(r² − 1 − 2·log r) + ½((μ_p − μ_q)/σ_q)², with r = σ_p/σ_q.

    With u = r − 1 the first part is u²/2 + (u − log(1 + u)): both terms are ≥ 0, and u keeps its digits when the
    scales are nearly equal.
    """
    u = (p.scale - q.scale) / q.scale
    shift = (p.loc - q.loc) / q.scale
    return 0.5 * np.square(u) + log_excess(u, p.scale / q.scale) + 0.5 * np.square(shift)


@closed_form(Bernoulli, Bernoulli, kernel="bernoulli_kl")
def bernoulli_kl(p: Bernoulli | Geometric, q: Bernoulli | Geometric) -> Array:
    """p·log(p/q) + (1 − p)·log((1 − p)/(1 − q)), from logits."""
    return kl_of_logits(two_logits(p.logits), two_logits(q.logits))


@closed_form(Binomial, Binomial)
def binomial_kl(p: Binomial, q: Binomial) -> Array:
    """As many times the divergence of one trial as there are; NaN where they differ in number."""
    one, other = (Bernoulli._unchecked(logits=part.logits) for part in (p, q))
    divergence = p.trials * blockwise(bernoulli_kl, (one, other))
    return np.where(p.trials == q.trials, np.where(p.trials == 0, 0.0, divergence), np.nan)


@closed_form(Categorical, Categorical)
def categorical_kl(p: Categorical, q: Categorical) -> Array:
    """Σ p_k·log(p_k/q_k) over the same categories in the same order, from logits."""
    return kl_of_logits(p.logits, q.logits)


@closed_form(Gaussian, Gaussian, of="renyi")
@closed_form(LogNormal, LogNormal, of="renyi")
def gaussian_renyi(p: Gaussian | LogNormal, q: Gaussian | LogNormal, alpha: float) -> Array:
    """½(α·((μ_p − μ_q)/σ)² + log(σ²/(σ_p^{2−2α}·σ_q^{2α}))/(1 − α)) with σ² = α·σ_q² + (1 − α)·σ_p²; +inf if σ² ≤ 0.

    With v = σ_p²/σ_q² − 1 the logarithms come to ℓ(v) − ℓ((1 − α)v)/(1 − α), where ℓ(v) = v − log(1 + v) ≥ 0.
    """
    v = (p.scale - q.scale) * (p.scale + q.scale) / np.square(q.scale)
    ratio = np.square(p.scale / q.scale)
    shift = np.square((p.loc - q.loc) / q.scale)
    if np.isinf(alpha):
        # The logarithm of the greatest p/q; of equal scales only equal locations have one.
        peak = np.where(shift == 0, 0.0, shift / -v)
        greatest = 0.5 * (peak - np.log(ratio))
        return np.where(v < 0, greatest, np.where((v == 0) & (shift == 0), 0.0, np.inf))
    rest = 1 - alpha
    mixed = 1 + rest * v
    spread = log_excess(v, ratio) - log_excess(rest * v, mixed) / rest
    return np.where(mixed > 0, np.maximum(0.5 * (alpha * shift / mixed + spread), 0.0), np.inf)


@closed_form(Gaussian, Gaussian, of="total_variation")
@closed_form(LogNormal, LogNormal, of="total_variation")
def gaussian_total_variation(p: Gaussian | LogNormal, q: Gaussian | LogNormal) -> Array:
    """erf(|μ_p − μ_q|/(σ√8)) for equal scales; else P(a < Y < b) under the narrower less that under the wider.

    In units of the narrower scale, from its location, the densities cross where
    y²·(r² − 1) + 2·d·y = d² + 2r²·log r, with the other's location d and scale r > 1.
    """
    narrow = p.scale <= q.scale
    scale = np.where(narrow, p.scale, q.scale)
    r = np.where(narrow, q.scale, p.scale) / scale
    d = np.where(narrow, q.loc - p.loc, p.loc - q.loc) / scale
    equal = r == 1
    quadratic = (r - 1) * (r + 1)
    constant = np.square(d) + 2 * np.square(r) * np.log(r)
    root = np.sqrt(np.square(d) + quadratic * constant)
    larger = -(d + np.copysign(root, d))
    first, second = larger / quadratic, -constant / larger
    low, high = np.minimum(first, second), np.maximum(first, second)
    inside: Array = (ndtr(high) - ndtr(low)) - (ndtr((high - d) / r) - ndtr((low - d) / r))
    return np.where(equal, np.asarray(erf(np.abs(d) / np.sqrt(8.0))), np.clip(inside, 0.0, 1.0))


@closed_form(Gaussian, Gaussian, of="wasserstein")
def gaussian_wasserstein(p: Gaussian, q: Gaussian, order: float) -> Array:
    """W₂ = √(m² + s²), and W₁ the mean of |m + sZ|, with m = μ_p − μ_q, s = σ_p − σ_q and a standard Gaussian Z."""
    m, s = p.loc - q.loc, np.abs(p.scale - q.scale)
    if order == 2:
        return np.hypot(m, s)
    return np.where(s == 0, np.abs(m), mean_of_folded(m, s))


@closed_form(Bernoulli, Bernoulli, of="js")
@closed_form(Categorical, Categorical, of="js")
def categorical_js(p: Bernoulli | Categorical, q: Bernoulli | Categorical) -> Array:
    """Half the divergences from the mean of both, from logits."""
    return js_of_logits(_outcome_logits(p), _outcome_logits(q))


@closed_form(Bernoulli, Bernoulli, of="renyi")
@closed_form(Categorical, Categorical, of="renyi")
def categorical_renyi(p: Bernoulli | Categorical, q: Bernoulli | Categorical, alpha: float) -> Array:
    """Log Σ p_k^α·q_k^(1−α)/(α − 1), from logits."""
    return renyi_of_logits(_outcome_logits(p), _outcome_logits(q), alpha)


@closed_form(Bernoulli, Bernoulli, of="total_variation")
@closed_form(Categorical, Categorical, of="total_variation")
def categorical_total_variation(p: Bernoulli | Categorical, q: Bernoulli | Categorical) -> Array:
    """½ Σ |p_k − q_k|, from logits."""
    return total_variation_of_logits(_outcome_logits(p), _outcome_logits(q))


def _outcome_logits(p: Bernoulli | Categorical) -> Array:
    return two_logits(p.logits) if isinstance(p, Bernoulli) else p.logits


@closed_form(Poisson, Poisson, kernel="poisson_kl")
def poisson_kl(p: Poisson, q: Poisson) -> Array:
    """λ_p·(e^x − 1 − x) with x = log λ_q/λ_p: every term is ≥ 0; λ_q for λ_p = 0."""
    x = _log_rate_ratio(p, q)
    return np.where(p.rate == 0, q.rate, p.rate * exp_excess(x))


@closed_form(Poisson, Poisson, of="renyi")
def poisson_renyi(p: Poisson, q: Poisson, alpha: float) -> Array:
    """λ_p·(ε(x) − ε((1 − α)x)/(1 − α)) with x = log λ_q/λ_p and ε(x) = e^x − 1 − x."""
    x = _log_rate_ratio(p, q)
    if np.isinf(alpha):
        # The ratio e^(λ_q − λ_p)·(λ_p/λ_q)^k is greatest at 0 unless it grows beyond all bounds.
        return np.where(p.rate > q.rate, np.inf, q.rate - p.rate)
    if alpha == 0:
        # Only of all probability at 0 anything of q's is left out.
        return np.where(p.rate == 0, q.rate, 0.0)
    rest = 1 - alpha
    common = p.rate * (exp_excess(x) - exp_excess(rest * x) / rest)
    # Of λ_q = 0 only the outcome 0 is shared.
    apart = alpha * p.rate / rest if alpha < 1 else np.full(np.shape(x), np.inf)
    value = np.where(q.rate == 0, np.where(p.rate == 0, 0.0, apart), np.where(p.rate == 0, q.rate, common))
    return np.maximum(value, 0.0)


def _log_rate_ratio(p: Poisson, q: Poisson) -> Array:
    """Log λ_q/λ_p, with all digits where they are close."""
    step = (q.rate - p.rate) / p.rate
    return np.where(np.abs(step) < 0.5, np.log1p(np.clip(step, -0.5, 0.5)), np.log(q.rate) - np.log(p.rate))


@closed_form(Exponential, Exponential, kernel="exponential_kl")
def exponential_kl(p: Exponential, q: Exponential) -> Array:
    """The excess r − 1 − log r, with r = λ_q/λ_p."""
    return log_excess((q.rate - p.rate) / p.rate, q.rate / p.rate)


@closed_form(Geometric, Geometric, kernel="geometric_kl")
def geometric_kl(p: Geometric, q: Geometric) -> Array:
    """KL of the first trials over p: as many are made until the first success, and each tells p from q like the first.

    For p below e^−600, whose reciprocal may be no number, by q/p.
    """
    own, others = np.minimum(p.logits, _RARE), q.logits - p.logits
    rare = np.where(
        q.logits < -40,
        exp_excess(others),
        softplus(q.logits) * np.exp(-own) + p.logits - log_expit(q.logits) - 1,
    )
    return np.where(p.logits > _RARE, (1 + np.exp(-p.logits)) * bernoulli_kl(p, q), rare)


@closed_form(InverseGaussian, InverseGaussian)
def inverse_gaussian_kl(p: InverseGaussian, q: InverseGaussian) -> Array:
    """½(r − 1 − log r) + ½·λ_q·(μ_p − μ_q)²/(μ_p·μ_q²), with r = λ_q/λ_p."""
    shapes = log_excess((q.shape - p.shape) / p.shape, q.shape / p.shape)
    shift = (p.mean - q.mean) / q.mean
    return 0.5 * shapes + 0.5 * np.square(shift) * (q.shape / p.mean)


@closed_form(Weibull, Weibull, kernel="weibull_kl")
def weibull_kl(p: Weibull, q: Weibull) -> Array:
    """KL of their logarithms, which are Gumbel distributions of minima: locations log λ, scales 1/k."""
    shift = q.shape * np.log1p((p.scale - q.scale) / q.scale)
    return extremes_kl((q.shape - p.shape) / p.shape, q.shape / p.shape, shift)


@closed_form(Gumbel, Gumbel, kernel="gumbel_kl")
def gumbel_kl(p: Gumbel, q: Gumbel) -> Array:
    """Of the largest of many, or of the smallest by their negatives."""
    return extremes_kl((p.scale - q.scale) / q.scale, p.scale / q.scale, (q.loc - p.loc) / q.scale)


def extremes_kl(ratio_minus_one: Array, ratio: Array, shift: Array) -> Array:
    """(e^x − 1 − x) + (log Γ(r) + γ·(r − 1)) with x = log Γ(1 + r) + shift, for extremes whose scales have the ratio r.

    Both terms are ≥ 0: log Γ lies above its tangent at 1, whose slope is −γ.

    Args:
        ratio_minus_one: r − 1, which keeps the digits of nearly equal scales.
        ratio: r = β_p/β_q.
        shift: (μ_q − μ_p)/β_q for maxima, (μ_p − μ_q)/β_q for minima.

    """
    above = log_gamma_excess(ratio_minus_one, ratio)
    nearby = np.log1p(np.maximum(ratio_minus_one, -0.5)) + above - np.euler_gamma * ratio_minus_one
    log_gamma = np.where(np.abs(ratio_minus_one) < 0.1, nearby, gammaln(1 + ratio))
    return exp_excess(log_gamma + shift) + above


@closed_form(Uniform, Uniform, kernel="uniform_kl")
def uniform_kl(p: Uniform, q: Uniform) -> Array:
    """The logarithm of the ratio of widths where q covers p; else +∞."""
    covered = (q.low <= p.low) & (p.high <= q.high)
    excess = ((p.low - q.low) + (q.high - p.high)) / (p.high - p.low)
    return np.where(covered, np.log1p(excess), np.inf)
