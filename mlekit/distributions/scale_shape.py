"""Families of a scale and a shape: Y = scale·W^(1/shape), where W > 0 follows a standard distribution.

Their logarithms are location-scale families. With z = log w = shape·log(y/scale) and ℓ the log-density of log W,

    log p(y) = ℓ(z) + log shape − log y,
    ∂/∂log scale = −shape·ℓ'(z),   ∂/∂log shape = 1 + z·ℓ'(z).

The Fisher information is a constant of ℓ up to factors of the shape. A family states what its W is.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Self

import numpy as np

from mlekit.arrays import Array, ArrayLike
from mlekit.distributions.distribution import Distribution
from mlekit.distributions.domain import POSITIVE, Interval
from mlekit.distributions.link import LOG
from mlekit.distributions.parameter import Parameter
from mlekit.distributions.positive import NOT_NEGATIVE, density_above_zero, geometric_units, log_ratio

__all__ = ["SCALE", "ScaleShape"]

SCALE = Parameter("scale", POSITIVE, LOG, typical=(0.05, 20.0), unit="scale")


class ScaleShape(Distribution):
    """A batch of distributions with a scale and a shape."""

    outcomes: ClassVar[Interval] = POSITIVE

    def __init__(self, *, shape: ArrayLike, scale: ArrayLike) -> None:
        self._store_parameters(shape=shape, scale=scale)

    shape: Array
    scale: Array

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """What shape and scale broadcast to."""
        return np.broadcast_shapes(self.shape.shape, self.scale.shape)

    @property
    def support(self) -> Interval:
        """The positive reals, and 0 as the limit where the density may be infinite."""
        return NOT_NEGATIVE

    # ---- the standard distribution ------------------------------------------------------------------------

    @abstractmethod
    def _standard_log_prob(self, z: Array) -> Array:
        """ℓ(z)."""

    @abstractmethod
    def _standard_slope(self, z: Array) -> Array:
        """ℓ'(z)."""

    @property
    @abstractmethod
    def _standard_information(self) -> tuple[float, float, float]:
        """E[ℓ'²], E[z·ℓ'²] and Var[z·ℓ']."""

    @abstractmethod
    def _standard_cdf(self, z: Array) -> Array:
        """P(log W ≤ z)."""

    @abstractmethod
    def _standard_log_cdf(self, z: Array) -> Array:
        """Log P(log W ≤ z)."""

    @abstractmethod
    def _standard_log_sf(self, z: Array) -> Array:
        """Log P(log W > z)."""

    @abstractmethod
    def _standard_quantile(self, level: np.ndarray) -> Array:
        """The z whose cdf is level."""

    @property
    @abstractmethod
    def _standard_mean_and_entropy(self) -> tuple[float, float]:
        """E[log W] and −E[ℓ]."""

    @abstractmethod
    def _moments(self, power: Array) -> tuple[Array, Array]:
        """E[W^power], and the squared coefficient of variation of W^power."""

    # ---- likelihood core ----------------------------------------------------------------------------------

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        log_scale, log_shape = coordinates
        return cls._unchecked(shape=np.exp(log_shape), scale=np.exp(log_scale))

    def _standardize(self, value: Array) -> Array:
        return self.shape * log_ratio(value, self.scale)

    def _log_prob(self, value: np.ndarray) -> Array:
        return density_above_zero(value, self._log_density, self._log_prob_at_zero)

    def _log_density(self, value: Array) -> Array:
        log_density: Array = (
            self._standard_log_prob(self._standardize(value)) + np.log(self.shape) - np.log(value)
        )
        return log_density

    def _log_prob_at_zero(self) -> Array:
        return np.where(self.shape < 1, np.inf, np.where(self.shape > 1, -np.inf, -np.log(self.scale)))

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        z = self._standardize(value)
        slope = self._standard_slope(z)
        return -self.shape * slope, 1 + z * slope

    def _information(self) -> Array:
        of_scale, cross, of_shape = self._standard_information
        information = np.empty((*self.batch_shape, 2, 2))
        information[..., 0, 0] = of_scale * np.square(self.shape)
        information[..., 0, 1] = information[..., 1, 0] = -cross * self.shape
        information[..., 1, 1] = of_shape
        return information

    def _drift(self, value: np.ndarray) -> tuple[Array, ...]:
        return value, -value * log_ratio(value, self.scale)

    @classmethod
    def _center_and_spread(cls, values: Array, weights: Array, *, shift: bool) -> tuple[Array, Array]:
        return geometric_units(values, weights)

    # ---- distribution functions ---------------------------------------------------------------------------

    def _cdf(self, value: np.ndarray) -> Array:
        return self._standard_cdf(self._standardize(np.maximum(value, 0)))

    def _log_cdf(self, value: np.ndarray) -> Array:
        return self._standard_log_cdf(self._standardize(np.maximum(value, 0)))

    def _log_sf(self, value: np.ndarray) -> Array:
        return self._standard_log_sf(self._standardize(np.maximum(value, 0)))

    def _quantile(self, level: np.ndarray) -> Array:
        return self.scale * np.exp(self._standard_quantile(level) / self.shape)

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def mean(self) -> Array:
        """scale·E[W^(1/shape)]; infinite where that does not exist."""
        with np.errstate(all="ignore"):
            return self.scale * self._moments(1 / self.shape)[0]

    @property
    def variance(self) -> Array:
        """The squared mean times the squared coefficient of variation; infinite where it does not exist."""
        with np.errstate(all="ignore"):
            mean, variation = self._moments(1 / self.shape)
            return np.square(self.scale * mean) * variation

    def entropy(self) -> Array:
        """Log scale − log shape + E[log W]/shape − E[ℓ], in nats."""
        mean, entropy = self._standard_mean_and_entropy
        surprise: Array = np.log(self.scale) - np.log(self.shape) + mean / self.shape + entropy
        return surprise
