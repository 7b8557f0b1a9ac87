"""Poisson(λ): the number of events in a unit of time or space, at rate λ.

    log p(k) = k·log λ − λ − log k!,   k = 0, 1, 2, ...

Exponential family with θ = log λ, T(k) = k, A(θ) = exp(θ), carrier −log k!. Its score in log λ is k − λ, its
negative log-likelihood is half the Poisson deviance up to a constant. Masses are computed as
−D(k, λ) − (log k! − k·log k + k), with D(k, λ) = k·log(k/λ) + λ − k, which keeps its digits at 1e9.
Loader (2000), Fast and Accurate Computation of Binomial Probabilities.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from scipy.special import pdtr, xlogy

from mlekit.arrays import Array, ArrayLike, split, unwrap
from mlekit.distributions.counts import FEW, CountDistribution, as_counts, summed, transformed
from mlekit.distributions.domain import COUNTS, Interval
from mlekit.distributions.exponential import ExponentialFamily
from mlekit.distributions.factorials import deviance, log_factorial_excess
from mlekit.distributions.fused import TAILS, Fused
from mlekit.distributions.incomplete import lower_gamma
from mlekit.distributions.link import LOG
from mlekit.distributions.parameter import Parameter
from mlekit.distributions.summation import count_sum
from mlekit.distributions.tails import log_lower_ratio, log_upper_ratio

__all__ = ["Poisson"]

_RATE = Parameter("rate", Interval(0.0, np.inf, low_included=True), LOG, typical=(0.05, 200.0))
# From here on the masses below λ − 12·σ, or at 0, are less than 1e-30 in all.
_BELL, _STDS = 200.0, 12.0


class Poisson(CountDistribution, ExponentialFamily):
    """A batch of Poisson distributions over 0, 1, 2, ...

    Args:
        rate: the expected number of events, not negative; at 0 no event ever happens.

    Raises:
        ParameterError: for a rate that is negative, NaN or infinite.

    >>> Poisson(rate=[2.0, 1e9]).log_prob([0, 1_000_000_000])
    array([ -2.        , -11.28057145])
    >>> round(float(Poisson(rate=1.0).log_sf(200.0)), 3)
    -869.53

    """

    parameters = (_RATE,)
    predicted = (_RATE,)
    outcomes = COUNTS
    fused = Fused("poisson", ("rate",), frozenset({"_log_prob", "_proposal", *TAILS}), score=True)

    def __init__(self, *, rate: ArrayLike) -> None:
        self._store_parameters(rate=rate)

    rate: Array

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of the rate."""
        return self.rate.shape

    @property
    def support(self) -> Interval:
        """0, 1, 2, ..."""
        return COUNTS

    # ---- likelihood core ----------------------------------------------------------------------------------

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        return cls._unchecked(rate=np.exp(coordinates[0]))

    def _log_prob(self, value: np.ndarray) -> Array:
        possible = COUNTS.contains(value)
        k = value if possible.all() else np.where(possible, value, 0)
        log_prob = -deviance(k, self.rate) - log_factorial_excess(k)
        return log_prob if possible.all() else np.where(possible, log_prob, -np.inf)

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        return (value - self.rate,)

    def _information(self) -> Array:
        return self.statistics_covariance

    def _drift(self, value: np.ndarray) -> tuple[Array, ...]:
        return (self.rate,)

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        return (np.log(weights @ value),)

    @classmethod
    def _recession(cls, value: np.ndarray, constants: Mapping[str, Any]) -> Array | None:
        # The likelihood of a count of 0 rises for ever as its rate falls; that of any other turns down both ways.
        downward = -np.ones_like(value)
        return np.stack([downward, np.where(value > 0, 1.0, 0.0)], axis=1)[:, :, None]

    @classmethod
    def _loss_name(cls, fixed: frozenset[str]) -> str:
        return "Poisson deviance"

    @property
    def natural_parameters(self) -> Array:
        """Log λ, with an axis of length one."""
        with np.errstate(divide="ignore"):
            return np.log(np.asarray(self.rate))[..., None]

    def sufficient_statistics(self, value: np.ndarray) -> Array:
        """The count itself."""
        return np.asarray(value)[..., None]

    @property
    def log_normalizer(self) -> Array:
        """λ."""
        return self.rate

    @property
    def expected_statistics(self) -> Array:
        """λ."""
        return np.asarray(self.rate)[..., None]

    @property
    def statistics_covariance(self) -> Array:
        """λ."""
        return np.asarray(self.rate)[..., None, None]

    def log_carrier(self, value: np.ndarray) -> Array:
        """−log k!."""
        k = np.where(COUNTS.contains(value), value, 0)
        return -log_factorial_excess(k) - xlogy(k, k) + k

    @property
    def expected_log_carrier(self) -> Array:
        """−E[log K!], from the entropy."""
        rate = np.asarray(self.rate)
        return unwrap(rate - xlogy(rate, rate) - self.entropy())

    def _with_natural(self, theta: Array) -> Self:
        return self._unchecked(rate=np.exp(theta[..., 0]))

    def _natural_jacobian(self) -> Array:
        return np.ones((*self.batch_shape, 1, 1))

    # ---- distribution functions ---------------------------------------------------------------------------

    def _lower(self, k: np.ndarray) -> Array:
        return pdtr(k, self.rate)

    def _upper(self, k: np.ndarray) -> Array:
        return lower_gamma(np.asarray(k + 1), self.rate)

    def _log_lower_ratio(self, k: np.ndarray) -> Array:
        return log_lower_ratio(k, self.rate, 0.0)

    def _log_upper_ratio(self, k: np.ndarray) -> Array:
        return log_upper_ratio(k, self.rate, 0.0)

    @property
    def _skewness(self) -> Array:
        return self.rate**-0.5

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def mean(self) -> Array:
        """λ."""
        return self.rate

    @property
    def variance(self) -> Array:
        """λ."""
        return self.rate

    @property
    def mode(self) -> Array:
        """⌊λ⌋; of the two modes of a whole λ the larger."""
        return np.floor(self.rate)

    def entropy(self) -> Array:
        """−E[log p(K)] in nats, by summation; no closed form exists.

        >>> round(float(Poisson(rate=1e9).entropy()), 6)
        11.780571
        """
        rate = np.asarray(self.rate).reshape(-1)
        std = np.sqrt(rate)
        bell = rate > _BELL
        low = np.where(bell, rate - _STDS * std, 0.0)
        high = rate + _STDS * std + 30

        def surprise(rows: np.ndarray, k: Array) -> Array:
            log_prob = -deviance(k, rate[rows]) - log_factorial_excess(k)
            return np.where(np.isfinite(log_prob), -np.exp(log_prob) * log_prob, 0.0)

        with np.errstate(all="ignore"):
            return unwrap(count_sum(surprise, low, high, std, bell).reshape(self.batch_shape))

    def _proposal(self, first: np.ndarray, second: np.ndarray) -> Array:
        """By transformed rejection, few counts by the sums of their probabilities; Hörmann (1993)."""
        return split(self.rate < FEW, _few, _many, self.rate, first, second)

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        return as_counts(self._of_uniform("_proposal", shape, rng, 2))


def _few(rate: Array, level: np.ndarray, _: np.ndarray) -> Array:
    return summed(level, np.exp(-rate), lambda k: rate / k)


def _many(rate: Array, first: np.ndarray, second: np.ndarray) -> Array:
    b = 0.931 + 2.53 * np.sqrt(rate)
    # By Hörmann's own constant the density lies up to 0.6 % above its hat.
    a, inverse_alpha = 0.02483 * b - 0.059, 1.01 * (1.1239 + 1.1328 / (b - 3.4))
    k, hat = transformed(first, a, b, rate + 0.43)
    held = np.maximum(k, 0)
    log_mass = -deviance(held, rate) - log_factorial_excess(held)
    return np.where((k >= 0) & (np.log(second * inverse_alpha / hat) <= log_mass), k, np.nan)
