"""Divergences between distributions over finitely many outcomes, from logits with the outcomes on the last axis.

Logits are unnormalized log-probabilities; −inf stands for what cannot happen. Everything is written in
δ = log q/p so that nearly equal arguments keep their digits, and in logarithms so that distant ones do not underflow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

from mlekit.arrays import Array, unwrap
from mlekit.distributions.special import log_softmax, logsumexp
from mlekit.information.elementary import exp_excess
from mlekit.information.generators import Power

__all__ = ["js_of_logits", "kl_of_logits", "renyi_of_logits", "total_variation_of_logits", "two_logits"]

Rows: TypeAlias = Float[np.ndarray, "rows k"]
Divergences: TypeAlias = Float[np.ndarray, " rows"]

_CACHED_ELEMENTS = 2**15
_LOG_2 = float(np.log(2.0))


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
    return _by_rows(_kl_of_rows, eta_p, eta_q)


def _kl_of_rows(eta_p: Rows, eta_q: Rows) -> Divergences:
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


def js_of_logits(eta_p: Array, eta_q: Array) -> Array:
    """JS(p, q) = ½ Σ m·(δ·tanh(δ/2) − 2·log cosh(δ/2)) with m = ½(p + q) and δ = log q/p; every term is ≥ 0.

    >>> float(js_of_logits(np.array([0.0, -np.inf]), np.array([-np.inf, 3.0])))
    0.6931471805599453
    """
    return _by_rows(_js_of_rows, eta_p, eta_q)


def _js_of_rows(eta_p: Rows, eta_q: Rows) -> Divergences:
    (log_p, p), (log_q, q) = log_softmax(eta_p), log_softmax(eta_q)
    distance = np.abs(_log_ratio(log_p, log_q))
    half = np.tanh(0.5 * distance)
    small = distance < 1
    near = distance * half + np.log1p(-np.square(half))
    decay = np.exp(-distance)
    # |δ|·(tanh(|δ|/2) − 1), whose limit is 0.
    lack = np.where(decay > 0, distance * 2 * decay / (1 + decay), 0.0)
    far = 2 * _LOG_2 - 2 * np.log1p(decay) - lack
    total = (0.25 * (p + q) * np.where(small, near, far)).sum(axis=-1)
    return np.asarray(np.minimum(total, _LOG_2))


def renyi_of_logits(eta_p: Array, eta_q: Array, alpha: float) -> Array:
    """Rényi's divergence log Σ p^α·q^(1−α)/(α − 1), of any order but 1.

    >>> p, q = np.log([0.5, 0.5]), np.log([0.25, 0.75])
    >>> renyi_of_logits(p, q, np.inf)
    np.float64(0.6931471805599453)
    """
    return _by_rows(lambda rows_p, rows_q: _renyi_of_rows(rows_p, rows_q, alpha), eta_p, eta_q)


def _renyi_of_rows(eta_p: Rows, eta_q: Rows, alpha: float) -> Divergences:
    (log_p, p), (log_q, _) = log_softmax(eta_p), log_softmax(eta_q)
    possible = np.isfinite(log_p)
    delta = np.where(possible, _log_ratio(log_p, log_q), 0.0)
    if np.isinf(alpha):
        return np.asarray(np.max(np.where(possible, -delta, -np.inf), axis=-1))
    logs = np.where(possible, log_p + np.where(possible, (1 - alpha) * delta, 0.0), -np.inf)
    far = logsumexp(logs)[:, 0] / (alpha - 1)
    # Where p has all of q's outcomes E_p[e^δ] = 1, and what is ≥ 0 term by term has the same sum.
    tsallis = (p * Power(alpha).excess(delta)).sum(axis=-1)
    same_outcomes = (possible | np.isneginf(log_q)).all(axis=-1) & np.isfinite(delta).all(axis=-1)
    within = np.abs((alpha - 1) * tsallis) < 0.5
    near = np.log1p((alpha - 1) * np.where(within, tsallis, 0.0)) / (alpha - 1)
    steep = np.abs(delta).max(axis=-1) * max(1.0, abs(1 - alpha)) > 600
    return np.asarray(np.maximum(np.where(same_outcomes & within & ~steep, near, far), 0.0))


def total_variation_of_logits(eta_p: Array, eta_q: Array) -> Array:
    """Σ max(p − q, 0), half the sum of the absolute differences.

    >>> float(total_variation_of_logits(np.log([0.5, 0.5]), np.log([0.25, 0.75])))
    0.25
    """
    return _by_rows(_total_variation_of_rows, eta_p, eta_q)


def _total_variation_of_rows(eta_p: Rows, eta_q: Rows) -> Divergences:
    (log_p, p), (log_q, q) = log_softmax(eta_p), log_softmax(eta_q)
    delta = _log_ratio(log_p, log_q)
    larger = np.maximum(p, q)
    total = 0.5 * (larger * -np.expm1(-np.abs(delta))).sum(axis=-1)
    return np.asarray(np.minimum(total, 1.0))


def _log_ratio(log_p: Rows, log_q: Rows) -> Rows:
    """Log q/p, 0 where neither can happen."""
    ratio: Rows = np.subtract(
        log_q, log_p, out=np.zeros_like(log_p), where=~(np.isneginf(log_p) & np.isneginf(log_q))
    )
    return ratio


def _by_rows(divergence: Callable[[Rows, Rows], Divergences], eta_p: Array, eta_q: Array) -> Array:
    """A divergence of each row of two batches that broadcast.

    Some twenty passes over the same numbers: in blocks of rows they stay in the cache.
    """
    shape = np.broadcast_shapes(eta_p.shape, eta_q.shape)
    rows_p, rows_q = (np.broadcast_to(eta, shape).reshape(-1, shape[-1]) for eta in (eta_p, eta_q))
    result = np.empty(len(rows_p))
    size = max(1, _CACHED_ELEMENTS // shape[-1])
    with np.errstate(all="ignore"):
        for start in range(0, len(result), size):
            rows = slice(start, start + size)
            result[rows] = divergence(rows_p[rows].astype(np.float64), rows_q[rows].astype(np.float64))
    return unwrap(result.reshape(shape[:-1]))
