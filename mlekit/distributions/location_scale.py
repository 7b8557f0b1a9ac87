"""Location-scale families: Y = loc + scale·Z, where Z follows a standard distribution.

    log p(y) = ℓ(z) − log scale,   z = (y − loc)/scale

with ℓ the log-density of Z. A family states what its Z is; the rest follows from the chain rule, in the
coordinates loc and log scale:

    ∂/∂loc = −ℓ'(z)/scale,   ∂/∂log scale = −1 − z·ℓ'(z),

and their covariance, the Fisher information, is a constant of Z up to the factors 1/scale. Z may have parameters
of its own (degrees of freedom), so that its functions are methods.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Self

import numpy as np

from mlekit.arrays import Array, unwrap
from mlekit.distributions.distribution import Distribution
from mlekit.distributions.domain import POSITIVE, REAL, Interval
from mlekit.distributions.link import IDENTITY, LOG
from mlekit.distributions.parameter import Parameter

__all__ = ["LOC", "SCALE", "LocationScale"]

LOC = Parameter("loc", REAL, IDENTITY, typical=(-10.0, 10.0), unit="location")
SCALE = Parameter("scale", POSITIVE, LOG, typical=(0.1, 10.0), unit="scale")

_STEPS = 50
_NEAR = 1e-9


class LocationScale(Distribution):
    """A batch of distributions with a location and a scale."""

    parameters: ClassVar[tuple[Parameter, ...]] = (LOC, SCALE)
    predicted: ClassVar[tuple[Parameter, ...]] = (LOC, SCALE)

    loc: Array
    scale: Array

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """What loc and scale broadcast to."""
        return np.broadcast_shapes(self.loc.shape, self.scale.shape)

    @property
    def support(self) -> Interval:
        """All reals."""
        return REAL

    # ---- the standard distribution ------------------------------------------------------------------------

    @abstractmethod
    def _standard_log_prob(self, z: Array) -> Array:
        """ℓ(z)."""

    @abstractmethod
    def _standard_slope(self, z: Array) -> Array:
        """ℓ'(z)."""

    @property
    @abstractmethod
    def _standard_information(self) -> tuple[Array | float, Array | float, Array | float]:
        """E[ℓ'²], E[z·ℓ'²] and Var[z·ℓ']: of loc, of loc with log scale, and of log scale, where scale is 1."""

    @abstractmethod
    def _standard_cdf(self, z: Array) -> Array:
        """P(Z ≤ z)."""

    @abstractmethod
    def _standard_log_cdf(self, z: Array) -> Array:
        """Log P(Z ≤ z)."""

    @abstractmethod
    def _standard_log_sf(self, z: Array) -> Array:
        """Log P(Z > z)."""

    @abstractmethod
    def _standard_quantile(self, level: Array) -> Array:
        """The z whose cdf is level."""

    @property
    @abstractmethod
    def _standard_moments(self) -> tuple[Array | float, Array | float]:
        """Mean and variance of Z; NaN where they do not exist."""

    @property
    @abstractmethod
    def _standard_mode(self) -> Array | float:
        """Where ℓ is greatest."""

    @property
    @abstractmethod
    def _standard_entropy(self) -> Array | float:
        """−E[ℓ(Z)]."""

    # ---- likelihood core ----------------------------------------------------------------------------------

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        loc, log_scale = coordinates
        return cls._unchecked(loc=loc, scale=np.exp(log_scale))

    def _standardize(self, value: np.ndarray) -> Array:
        return (value - self.loc) / self.scale

    def _log_prob(self, value: np.ndarray) -> Array:
        return self._standard_log_prob(self._standardize(value)) - np.log(self.scale)

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        z = self._standardize(value)
        slope = self._standard_slope(z)
        return -slope / self.scale, -1 - z * slope

    def _information(self) -> Array:
        of_loc, cross, of_scale = self._standard_information
        information = np.empty((*self.batch_shape, 2, 2))
        information[..., 0, 0] = of_loc * self.scale**-2.0
        information[..., 0, 1] = information[..., 1, 0] = cross / self.scale
        information[..., 1, 1] = of_scale
        return information

    def _drift(self, value: np.ndarray) -> tuple[Array | None, ...]:
        return np.ones(()), value - self.loc

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        return cls._climb(value, weights, *cls._guess(value, weights, **constants), **constants)

    @classmethod
    def _guess(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        """Coordinates that give the mean and the variance of the sample."""
        zero = np.zeros(())
        mean, variance = cls._from_coordinates(zero, zero, **constants)._standard_moments
        center = weights @ value
        scale = np.sqrt(weights @ np.square(value - center) / variance)
        return center - scale * mean, np.log(scale)

    @classmethod
    def _climb(
        cls, value: np.ndarray, weights: Array, *coordinates: Array, **constants: Any
    ) -> tuple[Array, ...]:
        """Fisher scoring from coordinates near the marginal maximum, steps halved until they gain.

        A column that gains nothing any more, or that has no maximum, stays where it is.
        """
        xi = np.stack(coordinates, axis=-1)
        length = np.ones((*xi.shape[:-1], 1))

        def at(xi: Array) -> LocationScale:
            return cls._from_coordinates(*np.moveaxis(xi, -1, 0), **constants)

        def mean_log_prob(batch: LocationScale) -> Array:
            return np.expand_dims(weights @ batch._log_prob(value), -1)

        batch = at(xi)
        total = mean_log_prob(batch)
        for _ in range(_STEPS):
            gradient = np.stack([weights @ part for part in batch._score(value)], axis=-1)
            if not np.isfinite(gradient).all():
                break
            step = np.linalg.solve(batch._information(), gradient[..., None])[..., 0]
            # All coordinates but the location are logarithms, of which a step is no more than a factor e.
            step /= np.maximum(1.0, np.abs(step[..., 1:]).max(axis=-1, keepdims=True))
            candidate = xi + length * step
            gain = mean_log_prob(at(candidate)) - total
            accepted = gain > 0
            xi = np.where(accepted, candidate, xi)
            length = np.where(accepted, 1.0, 0.25 * length)
            batch = at(xi)
            total = mean_log_prob(batch)
            if ((accepted & (gain < _NEAR)) | (length < _NEAR)).all():
                break
        return tuple(np.moveaxis(xi, -1, 0))

    # ---- distribution functions ---------------------------------------------------------------------------

    def _cdf(self, value: np.ndarray) -> Array:
        return self._standard_cdf(self._standardize(value))

    def _log_cdf(self, value: np.ndarray) -> Array:
        return self._standard_log_cdf(self._standardize(value))

    def _log_sf(self, value: np.ndarray) -> Array:
        return self._standard_log_sf(self._standardize(value))

    def _quantile(self, level: Array) -> Array:
        return self.loc + self.scale * self._standard_quantile(level)

    # ---- moments ------------------------------------------------------------------------------------------

    def _everywhere(self, array: Array) -> Array:
        return unwrap(np.broadcast_to(array, self.batch_shape))

    @property
    def mean(self) -> Array:
        """E[Y] = loc + scale·E[Z]."""
        return self._everywhere(self.loc + self.scale * self._standard_moments[0])

    @property
    def variance(self) -> Array:
        """scale²·Var[Z]."""
        return self._everywhere(np.square(self.scale) * self._standard_moments[1])

    @property
    def mode(self) -> Array:
        """Where the density is greatest."""
        return self._everywhere(self.loc + self.scale * self._standard_mode)

    def entropy(self) -> Array:
        """Log scale − E[ℓ(Z)], in nats."""
        return self._everywhere(self._answer(type(self)._entropy))

    def _entropy(self) -> Array:
        entropy: Array = np.log(self.scale) + self._standard_entropy
        return entropy
