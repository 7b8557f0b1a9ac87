"""Exponential(λ): the waiting time until an event that happens at rate λ, whatever has been waited so far.

    log p(y) = log λ − λ·y,   y ≥ 0

Exponential family with θ = −λ, T(y) = y, A(θ) = −log(−θ). Its score in log λ is 1 − λ·y. It is the Gamma
distribution of shape 1, so that its negative log-likelihood is half the gamma deviance up to terms without λ.
Johnson, Kotz & Balakrishnan (1994), Continuous Univariate Distributions 1, chapter 19.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pandas as pd

from mlekit.arrays import Array, ArrayLike, unwrap
from mlekit.distributions.domain import POSITIVE, Interval
from mlekit.distributions.exponential import ExponentialFamily
from mlekit.distributions.fused import Fused
from mlekit.distributions.link import LOG
from mlekit.distributions.parameter import Parameter
from mlekit.distributions.positive import NOT_NEGATIVE, refuse_all_zero
from mlekit.distributions.special import log1mexp

__all__ = ["Exponential"]

_RATE = Parameter("rate", POSITIVE, LOG, typical=(0.05, 20.0), unit="inverse")


class Exponential(ExponentialFamily):
    """A batch of exponential distributions.

    Args:
        rate: events per unit of the target, positive; the reciprocal of the mean.

    Raises:
        ParameterError: for a rate that is not positive, NaN or infinite.

    >>> p = Exponential(rate=[0.5, 2.0])
    >>> p.mean
    array([2. , 0.5])
    >>> p.log_sf(1000.0)
    array([ -500., -2000.])

    """

    parameters = (_RATE,)
    predicted = (_RATE,)
    outcomes = NOT_NEGATIVE
    fused = Fused("exponential", ("rate",), frozenset({"_log_prob", "_cdf", "_quantile"}))

    def __init__(self, *, rate: ArrayLike) -> None:
        self._store_parameters(rate=rate)

    rate: Array

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of the rate."""
        return self.rate.shape

    @property
    def support(self) -> Interval:
        """Zero and the positive reals."""
        return NOT_NEGATIVE

    # ---- likelihood core ----------------------------------------------------------------------------------

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        return cls._unchecked(rate=np.exp(coordinates[0]))

    def _log_prob(self, value: np.ndarray) -> Array:
        log_prob = np.log(self.rate) - self.rate * value
        possible = value >= 0
        return log_prob if possible.all() else np.where(possible, log_prob, -np.inf)

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        return (1 - self.rate * value,)

    def _information(self) -> Array:
        return np.ones((*self.batch_shape, 1, 1))

    def _drift(self, value: np.ndarray) -> tuple[Array, ...]:
        return (-value,)

    @classmethod
    def _learn_constants(cls, target: pd.DataFrame, constants: Mapping[str, Any]) -> dict[str, Any]:
        refuse_all_zero(target, cls.outcomes, cls.__name__, "its rate would be infinite")
        return dict(constants)

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        return (-np.log(weights @ value),)

    @classmethod
    def _recession(cls, value: np.ndarray, constants: Mapping[str, Any]) -> Array | None:
        # The density at a wait of 0 rises for ever with the rate; that at any other turns down both ways.
        upward = np.ones_like(value)
        return np.stack([upward, np.where(value > 0, -1.0, 0.0)], axis=1)[:, :, None]

    @classmethod
    def _loss_name(cls, fixed: frozenset[str]) -> str:
        return "gamma deviance"

    @property
    def natural_parameters(self) -> Array:
        """−λ, with an axis of length one."""
        return -np.asarray(self.rate)[..., None]

    def sufficient_statistics(self, value: np.ndarray) -> Array:
        """The outcome itself."""
        return np.asarray(value)[..., None]

    @property
    def log_normalizer(self) -> Array:
        """−log λ."""
        return -np.log(self.rate)

    @property
    def expected_statistics(self) -> Array:
        """1/λ."""
        return np.asarray(self.mean)[..., None]

    @property
    def statistics_covariance(self) -> Array:
        """1/λ²."""
        return np.asarray(self.variance)[..., None, None]

    def _with_natural(self, theta: Array) -> Self:
        return self._unchecked(rate=np.where(theta[..., 0] < 0, -theta[..., 0], np.nan))

    def _natural_jacobian(self) -> Array:
        return -np.asarray(self.rate)[..., None, None]

    # ---- distribution functions ---------------------------------------------------------------------------

    def _waits(self, value: np.ndarray) -> Array:
        """λ·y, the wait in units of its mean."""
        waits: Array = self.rate * np.maximum(value, 0)
        return waits

    def _cdf(self, value: np.ndarray) -> Array:
        return -np.expm1(-self._waits(value))

    def _log_cdf(self, value: np.ndarray) -> Array:
        return log1mexp(-self._waits(value))

    def _log_sf(self, value: np.ndarray) -> Array:
        return -self._waits(value)

    def _quantile(self, level: np.ndarray) -> Array:
        quantile: Array = -np.log1p(-level) / self.rate
        return quantile

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def mean(self) -> Array:
        """1/λ."""
        return 1 / self.rate

    @property
    def variance(self) -> Array:
        """1/λ²."""
        return np.square(self.mean)

    @property
    def mode(self) -> Array:
        """0."""
        return unwrap(np.zeros(self.batch_shape))

    def entropy(self) -> Array:
        """1 − log λ, in nats.

        >>> float(Exponential(rate=1.0).entropy())
        1.0
        """
        return 1 - np.log(self.rate)
