"""Beta(α, β): proportions between 0 and 1.

    log p(y) = (α − 1)·log y + (β − 1)·log(1 − y) − log B(α, β),   0 < y < 1

Exponential family with θ = (α, β), T(y) = (log y, log(1 − y)), A(θ) = log B(α, β) and carrier −log y − log(1 − y). A
predictor aims at the mean m = α/n and at the precision n = α + β: the variance is m(1 − m)/(n + 1). With
D = n·KL(m‖y) between the Bernoulli distributions of m and y, and L(x) = log x − ψ(x),

    ∂/∂logit m = αβ/n·(logit y − logit m + L(α) − L(β)),   ∂/∂log n = α·L(α) + β·L(β) − n·L(n) − D,

in which nothing cancels for large n. The Fisher information exists in closed form. Ferrari & Cribari-Neto (2004), Beta
regression for modelling rates and proportions; Johnson, Kotz & Balakrishnan (1995), chapter 25.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy.special import betainccinv, betaln, digamma, expit

from mlekit.arrays import Array, ArrayLike, split, unwrap
from mlekit.distributions.digamma import log_minus_digamma, trigamma_excess
from mlekit.distributions.domain import POSITIVE, PROBABILITY, Interval
from mlekit.distributions.exponential import ExponentialFamily
from mlekit.distributions.factorials import deviance
from mlekit.distributions.fused import TAILS, Fused
from mlekit.distributions.gamma import Gamma
from mlekit.distributions.incomplete import beta_quantile, log_beta_density, log_betainc, lower_beta
from mlekit.distributions.link import LOG, LOGIT
from mlekit.distributions.parameter import Parameter

__all__ = ["Beta"]

# Doubles resolve what lies at 0, but not at 1, where a small beta would put much of the probability.
_ALPHA = Parameter("alpha", POSITIVE, LOG, typical=(0.3, 50.0))
_BETA = Parameter("beta", POSITIVE, LOG, typical=(1.5, 50.0))
_OPEN = Interval(0.0, 1.0)
_MEAN = Parameter("mean", _OPEN, LOGIT, typical=(0.2, 0.5))
_PRECISION = Parameter("precision", POSITIVE, LOG, typical=(3.0, 80.0))

_STEPS = 50
_LARGEST_PRECISION = 1e15


class Beta(ExponentialFamily):
    """A batch of beta distributions.

    Args:
        alpha: α, positive.
        beta: β, positive; α = β = 1 is uniform.

    Raises:
        ParameterError: for parameters that are not positive, NaN, infinities, or shapes that do not broadcast.

    >>> p = Beta(alpha=2.0, beta=[2.0, 6.0])
    >>> p.mean, p.precision
    (array([0.5 , 0.25]), array([4., 8.]))
    >>> p.cdf(0.5)
    array([0.5   , 0.9375])

    """

    parameters = (_ALPHA, _BETA)
    predicted = (_MEAN, _PRECISION)
    outcomes = _OPEN
    fused = Fused("beta", ("alpha", "beta"), frozenset({"_log_prob", "_entropy", *TAILS}))

    def __init__(self, *, alpha: ArrayLike, beta: ArrayLike) -> None:
        self._store_parameters(alpha=alpha, beta=beta)

    alpha: Array
    beta: Array

    @property
    def precision(self) -> Array:
        """α + β."""
        return self.alpha + self.beta

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """What alpha and beta broadcast to."""
        return np.broadcast_shapes(self.alpha.shape, self.beta.shape)

    @property
    def support(self) -> Interval:
        """From 0 to 1, the ends as limits where the density may be infinite."""
        return PROBABILITY

    # ---- likelihood core ----------------------------------------------------------------------------------

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        logit_mean, log_precision = coordinates
        precision = np.exp(log_precision)
        return cls._unchecked(alpha=expit(logit_mean) * precision, beta=expit(-logit_mean) * precision)

    def _log_prob(self, value: np.ndarray) -> Array:
        value = _unrounded(value)
        inside = (value > 0) & (value < 1)
        if inside.all():
            return self._log_density(value)
        log_prob = np.where(inside, self._log_density(np.where(inside, value, 0.5)), -np.inf)
        # At an end one of the powers is 0⁰ or worse, and the other is 1.
        for end, own, other in ((0, self.alpha, self.beta), (1, self.beta, self.alpha)):
            limit = np.where(own < 1, np.inf, np.where(own > 1, -np.inf, np.log(other)))
            log_prob = np.where(value == end, limit, log_prob)
        return log_prob

    def _log_density(self, value: Array) -> Array:
        rest = 1 - value
        return log_beta_density(self.alpha, self.beta, value, rest) - np.log(value) - np.log(rest)

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        value = _unrounded(value)
        n, rest = self.precision, 1 - value
        log_odds = np.log(value / self.alpha) - np.log(rest / self.beta)
        of_alpha, of_beta = log_minus_digamma(self.alpha), log_minus_digamma(self.beta)
        distance = deviance(self.alpha, n * value) + deviance(self.beta, n * rest)
        expected = self.alpha * of_alpha + self.beta * of_beta - n * log_minus_digamma(n)
        return self._weight * (log_odds + of_alpha - of_beta), expected - distance

    @property
    def _weight(self) -> Array:
        """αβ/n."""
        return self.alpha * (self.beta / self.precision)

    def _information(self) -> Array:
        n = self.precision
        of_alpha, of_beta = trigamma_excess(self.alpha), trigamma_excess(self.beta)
        information = np.empty((*self.batch_shape, 2, 2))
        own = (1 + of_alpha) / self.alpha + (1 + of_beta) / self.beta
        information[..., 0, 0] = np.square(self._weight) * own
        information[..., 0, 1] = information[..., 1, 0] = self._weight * (of_alpha - of_beta)
        information[..., 1, 1] = self.alpha * of_alpha + self.beta * of_beta - n * trigamma_excess(n)
        return information

    def _coordinates(self) -> tuple[Array, ...]:
        return np.log(self.alpha / self.beta), np.log(self.precision)

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        mean = weights @ value
        room = mean * (1 - mean)
        variance = np.maximum(weights @ np.square(value - mean), room / _LARGEST_PRECISION)
        # From the moments by Fisher scoring in the coordinates, a factor e a step at most.
        xi = np.stack([np.log(mean / (1 - mean)), np.log(np.maximum(room / variance - 1, 0.1))], axis=-1)
        for _ in range(_STEPS):
            batch = cls._from_coordinates(xi[..., 0], xi[..., 1])
            gradient = np.stack([weights @ part for part in batch._score(value)], axis=-1)
            step = np.linalg.solve(batch._information(), gradient[..., None])[..., 0]
            xi = xi + np.clip(step, -1, 1)
            if (np.abs(step) < 1e-9).all() or (xi[..., 1] > np.log(_LARGEST_PRECISION)).any():
                break
        return xi[..., 0], xi[..., 1]

    @property
    def natural_parameters(self) -> Array:
        """(α, β)."""
        return _stack(self.alpha, self.beta)

    def sufficient_statistics(self, value: np.ndarray) -> Array:
        """(log y, log(1 − y))."""
        return _stack(np.log(value), np.log1p(-value))

    @property
    def log_normalizer(self) -> Array:
        """Log B(α, β)."""
        return betaln(self.alpha, self.beta)

    @property
    def expected_statistics(self) -> Array:
        """(ψ(α) − ψ(n), ψ(β) − ψ(n))."""
        total = digamma(self.precision)
        return _stack(digamma(self.alpha) - total, digamma(self.beta) - total)

    @property
    def statistics_covariance(self) -> Array:
        """[[ψ'(α) − ψ'(n), −ψ'(n)], [−ψ'(n), ψ'(β) − ψ'(n)]]."""
        total, first, second = ((1 + trigamma_excess(x)) / x for x in (self.precision, self.alpha, self.beta))
        return np.stack([_stack(first - total, -total), _stack(-total, second - total)], axis=-2)

    def log_carrier(self, value: np.ndarray) -> Array:
        """−log y − log(1 − y)."""
        carrier: Array = -np.log(value) - np.log1p(-value)
        return carrier

    @property
    def expected_log_carrier(self) -> Array:
        """2·ψ(n) − ψ(α) − ψ(β)."""
        return 2 * digamma(self.precision) - digamma(self.alpha) - digamma(self.beta)

    def _with_natural(self, theta: Array) -> Self:
        alpha, beta = theta[..., 0], theta[..., 1]
        exists = (alpha > 0) & (beta > 0)
        return self._unchecked(alpha=np.where(exists, alpha, np.nan), beta=np.where(exists, beta, np.nan))

    def _natural_jacobian(self) -> Array:
        return np.stack([_stack(self._weight, self.alpha), _stack(-self._weight, self.beta)], axis=-2)

    # ---- distribution functions ---------------------------------------------------------------------------

    def _cdf(self, value: np.ndarray) -> Array:
        y = np.clip(value, 0, 1)
        return lower_beta(self.alpha, self.beta, y, 1 - y)

    def _log_cdf(self, value: np.ndarray) -> Array:
        y = np.clip(value, 0, 1)
        return log_betainc(self.alpha, self.beta, y, 1 - y)

    def _log_sf(self, value: np.ndarray) -> Array:
        y = np.clip(value, 0, 1)
        return log_betainc(self.beta, self.alpha, 1 - y, y)

    def _quantile(self, level: np.ndarray) -> Array:
        return split(
            level < 0.5,
            beta_quantile,
            lambda alpha, beta, level: betainccinv(alpha, beta, 1 - level),
            self.alpha,
            self.beta,
            level,
        )

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def mean(self) -> Array:
        """α/n."""
        return self.alpha / self.precision

    @property
    def variance(self) -> Array:
        """αβ/(n²·(n + 1))."""
        return self._weight / self.precision / (self.precision + 1)

    @property
    def mode(self) -> Array:
        """(α − 1)/(n − 2) for α, β > 1; otherwise the end, or one of the two, where the density is greatest."""
        alpha, beta = np.broadcast_arrays(self.alpha, self.beta)
        with np.errstate(all="ignore"):
            inner = (alpha - 1) / ((alpha - 1) + (beta - 1))
        outer = np.where(alpha < beta, 0.0, np.where(alpha > beta, 1.0, 0.0 + 0.5 * (alpha == 1)))
        return unwrap(np.where((alpha > 1) & (beta > 1), inner, outer))

    def entropy(self) -> Array:
        """Log B(α, β) − (α − 1)·ψ(α) − (β − 1)·ψ(β) + (n − 2)·ψ(n), in nats, without its cancellation.

        >>> float(Beta(alpha=1.0, beta=1.0).entropy())
        0.0
        """
        return self._answer(type(self)._entropy)

    def _entropy(self) -> Array:
        n, mean, rest = self.precision, self.mean, self.beta / self.precision
        peak = log_beta_density(self.alpha, self.beta, mean, rest) - np.log(mean) - np.log(rest)
        spread = (self.alpha - 1) * log_minus_digamma(self.alpha) + (self.beta - 1) * log_minus_digamma(
            self.beta
        )
        return unwrap(spread - (n - 2) * log_minus_digamma(n) - peak)

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        # The share of one waiting time in two; their ratio has digits also where the times underflow.
        own, other = (Gamma._unchecked(shape=part, rate=np.ones(())) for part in (self.alpha, self.beta))
        ratio = other._of_uniform("_proposal", shape, rng, 2)
        ratio /= own._of_uniform("_proposal", shape, rng, 2)
        is_small = (self.alpha < 1) | (self.beta < 1)
        if is_small.any():
            small = np.flatnonzero(np.broadcast_to(is_small, shape))
            own_powers, other_powers = (
                part._elements(shape, small)._log_powers(rng) for part in (own, other)
            )
            ratio.reshape(-1)[small] *= np.exp(other_powers - own_powers)
        ratio += 1
        # An outcome between two doubles of which one is an end is the other.
        return np.clip(np.reciprocal(ratio, out=ratio), np.finfo(np.float64).tiny, 1 - 2.0**-53, out=ratio)


def _unrounded(value: np.ndarray) -> np.ndarray:
    """Single precision is that of training, whose targets lie inside: only rounding puts them on an end."""
    if value.dtype != np.float32:
        return value
    return np.asarray(np.clip(value, np.finfo(np.float32).tiny, np.float32(1 - 2.0**-24)))


def _stack(first: Array, second: Array) -> Array:
    return np.stack(np.broadcast_arrays(first, second), axis=-1)
