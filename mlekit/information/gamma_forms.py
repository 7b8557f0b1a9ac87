"""KL divergences of the families whose normalizers are gamma functions, as sums of terms that are ≥ 0.

With Stirling's formula log Γ(x) = (x − ½)·log x − x + ½·log 2π + δ(x) a Bregman divergence of log Γ splits into one of
elementary functions, known in all digits from the difference of its arguments, and one of δ, which is small.
"""

from __future__ import annotations

import numpy as np

from mlekit.arrays import Array
from mlekit.distributions import Beta, Gamma
from mlekit.distributions.digamma import log_minus_digamma, trigamma_excess
from mlekit.distributions.factorials import deviance_by, stirling_error
from mlekit.information.elementary import log_excess
from mlekit.information.registry import closed_form

__all__ = ["gamma_kl"]

_NEAR = 0.02
# Of Gauss and Legendre, from 0 to 1, where y − t is 1 less t.
_PLACES, _WEIGHTS = (0.5 * part for part in np.polynomial.legendre.leggauss(4))
_NODES = [(0.5 + place, weight * (0.5 - place)) for place, weight in zip(_PLACES, _WEIGHTS, strict=True)]


@closed_form(Gamma, Gamma, kernel="gamma_kl")
def gamma_kl(p: Gamma, q: Gamma) -> Array:
    """k_q·(r − 1 − log r) of the means, r = μ_p/μ_q, and the Bregman divergence of g(k) = log Γ(k) − k·log k + k."""
    # r − 1 from the differences of the parameters.
    step = (p.shape - q.shape) * q.rate + q.shape * (q.rate - p.rate)
    means = log_excess(step / (p.rate * q.shape), (p.shape / q.shape) * (q.rate / p.rate))
    return q.shape * means + np.maximum(_half_log_excess(p.shape, q.shape, q.shape - p.shape), 0.0)


@closed_form(Beta, Beta, kernel="beta_kl")
def beta_kl(p: Beta, q: Beta) -> Array:
    """n_q times KL(q's mean‖p's), as of Bernoulli distributions, and what Stirling's formula leaves; n = α + β."""
    n_p, n_q = p.alpha + p.beta, q.alpha + q.beta
    of_alpha, of_beta = q.alpha - p.alpha, q.beta - p.beta
    apart = (of_alpha * p.beta - of_beta * p.alpha) / n_p
    means = deviance_by(q.alpha, n_q * (p.alpha / n_p), -apart) + deviance_by(
        q.beta, n_q * (p.beta / n_p), apart
    )
    shapes = (
        _half_log_excess(p.alpha, q.alpha, of_alpha)
        + _half_log_excess(p.beta, q.beta, of_beta)
        - _half_log_excess(n_p, n_q, of_alpha + of_beta)
    )
    return np.maximum(means + shapes, 0.0)


def _half_log_excess(x: Array, y: Array, step: Array) -> Array:
    """How far δ(y) − ½·log y lies above its tangent at x = y − step."""
    rest = log_minus_digamma(x) - 0.5 / x
    far = stirling_error(y) - stirling_error(x) + step * rest
    # Of near ones as the integral of (y − t) times the second derivative at t, by a rule of four nodes.
    near = np.square(step) * np.sum([weight * _bend(x + place * step) for place, weight in _NODES], axis=0)
    excess = np.where(np.abs(step) < _NEAR * (x + y), near, far)
    return 0.5 * log_excess(step / x, y / x) + excess


def _bend(x: Array) -> Array:
    """The second derivative of δ."""
    return (trigamma_excess(x) - 0.5 / x) / x
