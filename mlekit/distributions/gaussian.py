"""Gaussian(μ, σ): the normal distribution.

    log p(y) = −½z² − log σ − ½ log 2π,   z = (y − μ)/σ

Exponential family with θ = (μ/σ², −1/(2σ²)), T(y) = (y, y²), A(θ) = μ²/(2σ²) + log σ + ½ log 2π (carrier 0).
With σ fixed its negative log-likelihood is squared error up to constants. The forms in z replace those in θ,
which lose a digit for every power of ten in |μ|/σ.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri

from mlekit.arrays import Array, ArrayLike, unwrap
from mlekit.distributions.domain import POSITIVE, REAL, Interval
from mlekit.distributions.exponential import ExponentialFamily
from mlekit.distributions.fused import Fused
from mlekit.distributions.link import IDENTITY, LOG
from mlekit.distributions.parameter import Parameter
from mlekit.distributions.special import LOG_2PI

__all__ = ["Gaussian"]

_LOC = Parameter("loc", REAL, IDENTITY, typical=(-10.0, 10.0), unit="location")
_SCALE = Parameter("scale", POSITIVE, LOG, typical=(0.1, 10.0), unit="scale")


class Gaussian(ExponentialFamily):
    """A batch of Gaussian (normal) distributions.

    Args:
        loc: mean, in the target's units.
        scale: standard deviation, positive, in the target's units.

    Raises:
        ParameterError: for a scale that is not positive, NaN, infinities, or shapes that do not broadcast.

    >>> Gaussian(loc=0.0, scale=[1.0, 2.0]).log_prob(0.0)
    array([-0.91893853, -1.61208571])
    >>> round(float(Gaussian(loc=0.0, scale=1.0).log_cdf(-20.0)), 3)
    -203.917

    """

    parameters = (_LOC, _SCALE)
    predicted = (_LOC, _SCALE)
    least_squares = True
    fused = Fused(
        "gaussian",
        ("loc", "scale"),
        frozenset({"_log_prob", "_cdf", "_log_cdf", "_log_sf", "_quantile"}),
        score=True,
    )

    def __init__(self, *, loc: ArrayLike, scale: ArrayLike) -> None:
        self._store_parameters(loc=loc, scale=scale)

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

    # ---- likelihood core ----------------------------------------------------------------------------------

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        loc, log_scale = coordinates
        return cls._unchecked(loc=loc, scale=np.exp(log_scale))

    def _standardize(self, value: np.ndarray) -> Array:
        return (value - self.loc) / self.scale

    def _log_prob(self, value: np.ndarray) -> Array:
        return -0.5 * np.square(self._standardize(value)) - (np.log(self.scale) + 0.5 * LOG_2PI)

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        z = self._standardize(value)
        return z / self.scale, np.square(z) - 1

    def _information(self) -> Array:
        information = np.zeros((*self.batch_shape, 2, 2))
        information[..., 0, 0] = self.scale**-2.0
        information[..., 1, 1] = 2.0
        return information

    def _drift(self, value: np.ndarray) -> tuple[Array, ...]:
        return np.ones(()), value - self.loc

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        mean = weights @ value
        return mean, 0.5 * np.log(weights @ np.square(value - mean))

    @classmethod
    def _loss_name(cls, fixed: frozenset[str]) -> str:
        return "mean squared error" if "scale" in fixed else super()._loss_name(fixed)

    @property
    def natural_parameters(self) -> Array:
        """(μ/σ², −1/(2σ²))."""
        precision = self.scale**-2.0
        return _stack(self.loc * precision, -0.5 * precision)

    def sufficient_statistics(self, value: np.ndarray) -> Array:
        """(y, y²)."""
        return _stack(value, np.square(value))

    @property
    def log_normalizer(self) -> Array:
        """μ²/(2σ²) + log σ + ½ log 2π."""
        return 0.5 * np.square(self.loc / self.scale) + np.log(self.scale) + 0.5 * LOG_2PI

    @property
    def expected_statistics(self) -> Array:
        """(μ, μ² + σ²)."""
        return _stack(self.loc, np.square(self.loc) + np.square(self.scale))

    @property
    def statistics_covariance(self) -> Array:
        """[[σ², 2μσ²], [2μσ², 4μ²σ² + 2σ⁴]]."""
        variance = np.square(self.scale)
        cross = 2 * self.loc * variance
        return np.stack(
            [
                _stack(variance, cross),
                _stack(cross, 4 * np.square(self.loc) * variance + 2 * np.square(variance)),
            ],
            axis=-2,
        )

    def _with_natural(self, theta: Array) -> Self:
        precision = np.where(theta[..., 1] < 0, -2 * theta[..., 1], np.nan)
        return self._unchecked(loc=theta[..., 0] / precision, scale=1 / np.sqrt(precision))

    def _natural_jacobian(self) -> Array:
        precision = self.scale**-2.0
        return np.stack(
            [_stack(precision, -2 * self.loc * precision), _stack(np.zeros_like(precision), precision)],
            axis=-2,
        )

    # ---- distribution functions ---------------------------------------------------------------------------

    def _cdf(self, value: np.ndarray) -> Array:
        return ndtr(self._standardize(value))

    def _log_cdf(self, value: np.ndarray) -> Array:
        return log_ndtr(self._standardize(value))

    def _log_sf(self, value: np.ndarray) -> Array:
        return log_ndtr(-self._standardize(value))

    def _quantile(self, level: np.ndarray) -> Array:
        return self.loc + self.scale * ndtri(level)

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def mean(self) -> Array:
        """μ."""
        return unwrap(np.broadcast_to(self.loc, self.batch_shape))

    @property
    def variance(self) -> Array:
        """σ²."""
        return unwrap(np.broadcast_to(np.square(self.scale), self.batch_shape))

    @property
    def mode(self) -> Array:
        """μ."""
        return self.mean

    def entropy(self) -> Array:
        """½ log(2πe) + log σ, in nats.

        >>> round(float(Gaussian(loc=0.0, scale=1.0).entropy()), 6)
        1.418939
        """
        return unwrap(np.broadcast_to(0.5 * (1 + LOG_2PI) + np.log(self.scale), self.batch_shape))


def _stack(first: Array, second: Array) -> Array:
    return np.stack(np.broadcast_arrays(first, second), axis=-1)
