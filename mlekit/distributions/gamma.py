"""Gamma(k, λ): positive outcomes whose spread grows with their mean; the waiting time until the k-th event.

    log p(y) = k·log λ + (k − 1)·log y − λ·y − log Γ(k),   y > 0

Exponential family with θ = (k, −λ), T(y) = (log y, y), A(θ) = log Γ(k) − k·log λ and carrier −log y. A predictor
aims at the mean μ = k/λ and at the shape k, which are orthogonal. With r = y/μ,

    log p(y) = −k·(r − 1 − log r) + (k·log k − k − log Γ(k)) − log y,
    ∂/∂log μ = k·(r − 1),   ∂/∂log k = k·(log k − ψ(k) − (r − 1 − log r)),

in which nothing cancels for large k. With k fixed the negative log-likelihood is k/2 times the gamma deviance up to
constants. The Fisher information exists in closed form. Johnson, Kotz & Balakrishnan (1994), Continuous Univariate
Distributions 1, chapter 17; McCullagh & Nelder (1989), chapter 8.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy.special import digamma, gammaln, ndtri

from mlekit.arrays import Array, ArrayLike, unwrap
from mlekit.distributions.digamma import log_minus_digamma, trigamma_excess
from mlekit.distributions.domain import POSITIVE, Interval
from mlekit.distributions.exponential import ExponentialFamily
from mlekit.distributions.factorials import log_excess
from mlekit.distributions.fused import TAILS, Fused
from mlekit.distributions.incomplete import (
    gamma_quantile,
    log_gamma_density,
    log_gammainc,
    log_gammaincc,
    lower_gamma,
)
from mlekit.distributions.link import LOG
from mlekit.distributions.parameter import Parameter
from mlekit.distributions.positive import NOT_NEGATIVE, density_above_zero, log_ratio
from mlekit.kernels import Uniforms

__all__ = ["Gamma"]

_SHAPE = Parameter("shape", POSITIVE, LOG, typical=(0.3, 100.0))
_RATE = Parameter("rate", POSITIVE, LOG, typical=(0.05, 20.0), unit="inverse")
_MEAN = Parameter("mean", POSITIVE, LOG, typical=(0.05, 20.0), unit="scale")

_STEPS = 30
_LARGEST_SHAPE = 1e15


class Gamma(ExponentialFamily):
    """A batch of gamma distributions.

    Args:
        shape: k, positive; the squared ratio of mean to standard deviation.
        rate: λ, positive, in the reciprocal of the target's units; ``scale`` is 1/λ.

    Raises:
        ParameterError: for parameters that are not positive, NaN, infinities, or shapes that do not broadcast.

    >>> p = Gamma(shape=[0.5, 4.0], rate=2.0)
    >>> p.mean, p.scale
    (array([0.25, 2.  ]), array([0.5, 0.5]))
    >>> round(float(Gamma(shape=2.0, rate=1.0).log_sf(1e4)), 4)
    -9990.7896

    """

    parameters = (_SHAPE, _RATE)
    predicted = (_MEAN, _SHAPE)
    outcomes = POSITIVE
    fused = Fused("gamma", ("shape", "rate"), frozenset({"_log_prob", "_entropy", "_proposal", *TAILS}))

    def __init__(self, *, shape: ArrayLike, rate: ArrayLike) -> None:
        self._store_parameters(shape=shape, rate=rate)

    shape: Array
    rate: Array

    @property
    def scale(self) -> Array:
        """1/λ, in the target's units."""
        return unwrap(np.broadcast_to(1 / self.rate, self.batch_shape))

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """What shape and rate broadcast to."""
        return np.broadcast_shapes(self.shape.shape, self.rate.shape)

    @property
    def support(self) -> Interval:
        """The positive reals, and 0 as the limit where the density may be infinite."""
        return NOT_NEGATIVE

    # ---- likelihood core ----------------------------------------------------------------------------------

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        log_mean, log_shape = coordinates
        return cls._unchecked(shape=np.exp(log_shape), rate=np.exp(log_shape - log_mean))

    def _log_prob(self, value: np.ndarray) -> Array:
        return density_above_zero(
            value, lambda y: log_gamma_density(self.shape, self.rate * y) - np.log(y), self._log_prob_at_zero
        )

    def _log_prob_at_zero(self) -> Array:
        return np.where(self.shape < 1, np.inf, np.where(self.shape > 1, -np.inf, np.log(self.rate)))

    def _relative(self, value: np.ndarray) -> tuple[Array, Array]:
        """The pair r − 1 and r − 1 − log r, with r = y/μ."""
        x = self.rate * value
        deviation = (x - self.shape) / self.shape
        return deviation, log_excess(deviation, x / self.shape)

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        deviation, excess = self._relative(value)
        return self.shape * deviation, self.shape * (log_minus_digamma(self.shape) - excess)

    def _information(self) -> Array:
        information = np.zeros((*self.batch_shape, 2, 2))
        information[..., 0, 0] = self.shape
        information[..., 1, 1] = self.shape * trigamma_excess(self.shape)
        return information

    def _drift(self, value: np.ndarray) -> tuple[Array | None, ...]:
        return value, None

    def _coordinates(self) -> tuple[Array, ...]:
        return np.log(self.mean), np.log(self.shape)

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        mean = weights @ value
        # log k − ψ(k) = E[r − 1 − log r], by Newton in log k from Minka's (2002) approximation.
        ratio = value / mean
        excess = weights @ log_excess((value - mean) / mean, ratio)
        shape = (3 - excess + np.sqrt(np.square(excess - 3) + 24 * excess)) / (12 * excess)
        shape = np.minimum(shape, _LARGEST_SHAPE)
        for _ in range(_STEPS):
            step = (log_minus_digamma(shape) - excess) / trigamma_excess(shape)
            shape = np.minimum(shape * np.exp(np.clip(step, -1, 1)), _LARGEST_SHAPE)
            if (np.abs(step) < 1e-9).all():
                break
        return np.log(mean), np.log(shape)

    @classmethod
    def _loss_name(cls, fixed: frozenset[str]) -> str:
        return "gamma deviance" if "shape" in fixed else super()._loss_name(fixed)

    @property
    def natural_parameters(self) -> Array:
        """(k, −λ)."""
        return _stack(self.shape, -self.rate)

    def sufficient_statistics(self, value: np.ndarray) -> Array:
        """(log y, y)."""
        return _stack(np.log(value), value)

    @property
    def log_normalizer(self) -> Array:
        """Log Γ(k) − k·log λ."""
        return gammaln(self.shape) - self.shape * np.log(self.rate)

    @property
    def expected_statistics(self) -> Array:
        """(ψ(k) − log λ, k/λ)."""
        return _stack(digamma(self.shape) - np.log(self.rate), self.mean)

    @property
    def statistics_covariance(self) -> Array:
        """[[ψ'(k), 1/λ], [1/λ, k/λ²]]."""
        of_logarithm = (1 + trigamma_excess(self.shape)) / self.shape
        return np.stack([_stack(of_logarithm, self.scale), _stack(self.scale, self.variance)], axis=-2)

    def log_carrier(self, value: np.ndarray) -> Array:
        """−log y."""
        carrier: Array = -np.log(value)
        return carrier

    @property
    def expected_log_carrier(self) -> Array:
        """−E[log Y] = log λ − ψ(k)."""
        carrier: Array = np.log(self.rate) - digamma(self.shape)
        return carrier

    def _with_natural(self, theta: Array) -> Self:
        shape, rate = theta[..., 0], -theta[..., 1]
        exists = (shape > 0) & (rate > 0)
        return self._unchecked(shape=np.where(exists, shape, np.nan), rate=np.where(exists, rate, np.nan))

    def _natural_jacobian(self) -> Array:
        zero = np.zeros_like(self.shape)
        return np.stack([_stack(zero, self.shape), _stack(self.rate, -self.rate)], axis=-2)

    # ---- distribution functions ---------------------------------------------------------------------------

    def _waits(self, value: np.ndarray) -> Array:
        waits: Array = self.rate * np.maximum(value, 0)
        return waits

    def _cdf(self, value: np.ndarray) -> Array:
        return lower_gamma(self.shape, self._waits(value))

    def _log_cdf(self, value: np.ndarray) -> Array:
        return log_gammainc(self.shape, self._waits(value))

    def _log_sf(self, value: np.ndarray) -> Array:
        return log_gammaincc(self.shape, self._waits(value))

    def _quantile(self, level: np.ndarray) -> Array:
        return gamma_quantile(self.shape, level) / self.rate

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def mean(self) -> Array:
        """k/λ."""
        return self.shape / self.rate

    @property
    def variance(self) -> Array:
        """k/λ²."""
        return self.mean / self.rate

    @property
    def mode(self) -> Array:
        """(k − 1)/λ, or 0 for k ≤ 1."""
        return np.maximum(self.shape - 1, 0) / self.rate

    def entropy(self) -> Array:
        """The entropy k − log λ + log Γ(k) + (1 − k)·ψ(k), in nats, from log k − ψ(k): it keeps its digits.

        >>> round(float(Gamma(shape=1e9, rate=1.0).entropy()), 6)
        11.780572
        """
        return self._answer(type(self)._entropy)

    def _entropy(self) -> Array:
        # E[−log p] = −log p at r = 1, and k·E[r − 1 − log r] + E[log r].
        peak = log_gamma_density(self.shape, np.asarray(self.shape)) - log_ratio(self.shape, self.rate)
        return unwrap((self.shape - 1) * log_minus_digamma(self.shape) - peak)

    def _proposal(self, first: np.ndarray, second: np.ndarray) -> Array:
        """The cube of a nearly normal number, for a shape below 1 of the shape + 1; Marsaglia & Tsang (2000)."""
        z, d = ndtri(first), np.where(self.shape < 1, self.shape + 1, self.shape) - 1 / 3
        t = z / (3 * np.sqrt(d))
        cube, step = np.where(t > -1, np.power(1 + t, 3), 1.0), t * (3 + t * (3 + t))
        accepted = (t > -1) & (np.log(second) < 0.5 * np.square(z) - d * log_excess(step, cube))
        return np.where(accepted, d * cube / self.rate, np.nan)

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        outcomes = self._of_uniform("_proposal", shape, rng, 2)
        if (self.shape < 1).any():
            small = np.flatnonzero(np.broadcast_to(self.shape < 1, shape))
            outcomes.reshape(-1)[small] *= np.exp(self._elements(shape, small)._log_powers(rng))
        return outcomes

    def _log_powers(self, rng: np.random.Generator) -> Array:
        """The logarithm of what takes proposals to outcomes: for a shape below 1 from one of the shape + 1."""
        return np.where(self.shape < 1, np.log(Uniforms.of(rng).array(self.shape.shape)) / self.shape, 0.0)


def _stack(first: Array, second: Array) -> Array:
    return np.stack(np.broadcast_arrays(first, second), axis=-1)
