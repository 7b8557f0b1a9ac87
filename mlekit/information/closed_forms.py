"""Closed forms of entropy and KL, written as sums of terms that are ≥ 0 so that nothing cancels.

Sources: Kullback (1959), Information Theory and Statistics; Cover & Thomas (2006), Elements of Information Theory;
Nielsen & Nock (2010), Entropies and cross-entropies of exponential families (for `bregman`).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from mlekit.arrays import Array, sum_last, unwrap
from mlekit.distributions import Bernoulli, Categorical, Distribution, Empirical, ExponentialFamily, Gaussian
from mlekit.distributions.special import logsumexp
from mlekit.information.elementary import exp_excess, log_excess
from mlekit.information.registry import closed_form

__all__ = ["bregman", "categorical_kl", "gaussian_kl", "kl_of_logits", "shares_carrier", "two_logits"]

_CACHED_ELEMENTS = 2**15


@closed_form(Bernoulli)
@closed_form(Categorical)
@closed_form(Gaussian)
@closed_form(Empirical)
def own_entropy(p: Distribution) -> Array:
    """The entropy of a family whose own formula is closed."""
    return p.entropy()


@closed_form(Gaussian, Gaussian)
def gaussian_kl(p: Gaussian, q: Gaussian) -> Array:
    """½(r² − 1 − 2·log r) + ½((μ_p − μ_q)/σ_q)², with r = σ_p/σ_q.

    With u = r − 1 the first part is u²/2 + (u − log(1 + u)): both terms are ≥ 0, and u keeps its digits when the
    scales are nearly equal.
    """
    u = (p.scale - q.scale) / q.scale
    shift = (p.loc - q.loc) / q.scale
    return 0.5 * np.square(u) + log_excess(u, p.scale / q.scale) + 0.5 * np.square(shift)


@closed_form(Bernoulli, Bernoulli)
def bernoulli_kl(p: Bernoulli, q: Bernoulli) -> Array:
    """p·log(p/q) + (1 − p)·log((1 − p)/(1 − q)), from logits."""
    return kl_of_logits(two_logits(p.logits), two_logits(q.logits))


@closed_form(Categorical, Categorical)
def categorical_kl(p: Categorical, q: Categorical) -> Array:
    """Σ p_k·log(p_k/q_k) over the same categories in the same order, from logits."""
    return kl_of_logits(p.logits, q.logits)


def two_logits(logits: Array) -> Array:
    """Logits of the outcomes 0 and 1, of which the larger is 0 so that certainty is −inf and never +inf."""
    return np.stack([-np.maximum(logits, 0), np.minimum(logits, 0)], axis=-1)


def kl_of_logits(eta_p: Array, eta_q: Array) -> Array:
    """KL between two distributions over the last axis, given by unnormalized log-probabilities.

    KL(p‖q) is the log-moment generating function of η_q − η_p under p, less its mean. With d the centred difference,

        KL = log E_p[e^d] = log(1 + Σ p_k·(e^{d_k} − 1 − d_k)),    Σ p_k·d_k = 0.

    Every term is ≥ 0. The normalizers are gone, and with them their rounding: what is left of nearly equal
    arguments is relative to their difference. Where e^d overflows, log E_p[e^d] is a log-sum-exp instead.

    >>> float(kl_of_logits(np.array([0.0, 0.0]), np.array([-200.0, 0.0])))
    99.30685281944005
    """
    shape = np.broadcast_shapes(eta_p.shape, eta_q.shape)
    rows_p, rows_q = (np.broadcast_to(eta, shape).reshape(-1, shape[-1]) for eta in (eta_p, eta_q))
    divergence = np.empty(len(rows_p))
    # Some twenty passes over the same numbers: in blocks they stay in the cache.
    size = max(1, _CACHED_ELEMENTS // shape[-1])
    for start in range(0, len(divergence), size):
        rows = slice(start, start + size)
        divergence[rows] = _kl_of_rows(rows_p[rows].astype(np.float64), rows_q[rows].astype(np.float64))
    return unwrap(divergence.reshape(shape[:-1]))


def _kl_of_rows(
    eta_p: Float[np.ndarray, "rows k"], eta_q: Float[np.ndarray, "rows k"]
) -> Float[np.ndarray, " rows"]:
    normalizer = logsumexp(eta_p)
    p = np.exp(eta_p - normalizer)
    possible = np.isfinite(eta_p)
    difference = np.subtract(eta_q, eta_p, out=np.zeros_like(eta_p), where=possible)
    mismatch = np.isneginf(difference).any(axis=-1)
    difference[mismatch] = 0.0
    # A shift of all logits is taken out exactly by the difference at p's mode, before the mean takes out the rest.
    reference = np.take_along_axis(difference, np.argmax(p, axis=-1)[:, None], axis=-1)
    difference -= reference
    mean = np.einsum("rk,rk->r", p, difference)[:, None]
    d = difference - mean
    log_weight = eta_q - (reference + mean + normalizer)  # log p + d, and right for p = 0 as well
    terms = np.exp(log_weight) - p * (1 + d)
    near = (np.abs(d) < 0.1) & possible
    terms[near] = p[near] * exp_excess(d[near])
    total = terms.sum(axis=-1)
    divergence: Array = np.log1p(total)
    overflow = ~np.isfinite(total)
    divergence[overflow] = logsumexp(log_weight[overflow])[:, 0]
    divergence[mismatch] = np.inf
    return divergence


def shares_carrier(p: Distribution, q: Distribution) -> bool:
    """Whether both belong to one exponential family: the same class with the same constants."""
    if not (isinstance(p, ExponentialFamily) and type(p) is type(q)):
        return False
    return all(np.array_equal(vars(p)[name], vars(q)[name]) for name in p.constants)


def bregman(p: ExponentialFamily, q: ExponentialFamily) -> Array:
    """A(θ_q) − A(θ_p) − (θ_q − θ_p)·∇A(θ_p): KL between two members of one exponential family.

    The formula cancels for nearby arguments. There the same quantity, ∫₀¹ (1 − s)·f″(s) ds for f(s) = A(θ_p + sΔ), is
    taken by the rule that is exact for f″ up to degree two, from what both ends know (∫f″ = Δ·(∇A(θ_q) − ∇A(θ_p)),
    f″ = Δ·∇²A·Δ):

        KL ≈ ½ Δ·(∇A(θ_q) − ∇A(θ_p)) + (f″(0) − f″(1))/12.

    It stands in where the formula has lost digits and agrees with it up to those.

    Returns:
        Array of the broadcast batch shape; NaN where a natural parameter is infinite and the formula says nothing.

    """
    mean_p, mean_q = p.expected_statistics, q.expected_statistics
    step = q.natural_parameters - p.natural_parameters
    products = np.where(mean_p == 0, 0.0, step * mean_p)
    direct = q.log_normalizer - p.log_normalizer - sum_last(products)
    lost = 8e-16 * (np.abs(q.log_normalizer) + np.abs(p.log_normalizer) + sum_last(np.abs(products)))
    start, end = (np.einsum("...i,...ij,...j->...", step, d.statistics_covariance, step) for d in (p, q))
    nearby = 0.5 * sum_last(step * (mean_q - mean_p)) + (start - end) / 12
    better = (lost > 1e-10 * np.abs(nearby)) & (np.abs(nearby - direct) <= lost)
    return np.asarray(np.where(better, nearby, direct))
