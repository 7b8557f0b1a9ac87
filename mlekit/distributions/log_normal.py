"""LogNormal(μ, σ): positive outcomes whose logarithm is Gaussian; what many small factors multiply to.

    log p(y) = −½z² − log σ − ½ log 2π − log y,   z = (log y − μ)/σ,   y > 0

Exponential family: that of the Gaussian with T(y) = (log y, log² y), and carrier −log y. All that does not change
with the scale of the outcome (score, Fisher information, distribution functions) is that of the logarithm.
Johnson, Kotz & Balakrishnan (1994), Continuous Univariate Distributions 1, chapter 14.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from mlekit.arrays import Array, ArrayLike, unwrap
from mlekit.distributions.domain import POSITIVE, REAL, Interval
from mlekit.distributions.exponential import ExponentialFamily
from mlekit.distributions.fused import Fused
from mlekit.distributions.gaussian import Gaussian
from mlekit.distributions.link import IDENTITY, LOG
from mlekit.distributions.parameter import Parameter
from mlekit.distributions.positive import NOT_NEGATIVE, density_above_zero, geometric_units

__all__ = ["LogNormal"]

# A change of the target's units by a factor moves the location of its logarithm, as it does a log-scale.
_LOC = Parameter("loc", REAL, IDENTITY, typical=(-3.0, 3.0), unit="scale")
_SCALE = Parameter("scale", POSITIVE, LOG, typical=(0.05, 1.5))


class LogNormal(ExponentialFamily):
    """A batch of log-normal distributions.

    Args:
        loc: mean of the logarithm; the logarithm of the median.
        scale: standard deviation of the logarithm, positive.

    Raises:
        ParameterError: for a scale that is not positive, NaN, infinities, or shapes that do not broadcast.

    >>> p = LogNormal(loc=0.0, scale=[0.5, 1.0])
    >>> p.median, p.mean
    (array([1., 1.]), array([1.13314845, 1.64872127]))

    """

    parameters = (_LOC, _SCALE)
    predicted = (_LOC, _SCALE)
    outcomes = POSITIVE
    fused = Fused("log_normal", ("loc", "scale"), frozenset({"_log_prob", "_cdf", "_quantile"}))

    def __init__(self, *, loc: ArrayLike, scale: ArrayLike) -> None:
        self._store_parameters(loc=loc, scale=scale)

    loc: Array
    scale: Array

    @property
    def _logarithm(self) -> Gaussian:
        return Gaussian._unchecked(loc=self.loc, scale=self.scale)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """What loc and scale broadcast to."""
        return self._logarithm.batch_shape

    @property
    def support(self) -> Interval:
        """The positive reals, and 0 as their limit."""
        return NOT_NEGATIVE

    # ---- likelihood core ----------------------------------------------------------------------------------

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        loc, log_scale = coordinates
        return cls._unchecked(loc=loc, scale=np.exp(log_scale))

    def _log_prob(self, value: np.ndarray) -> Array:
        return density_above_zero(value, self._log_density, lambda: np.full(self.batch_shape, -np.inf))

    def _log_density(self, value: Array) -> Array:
        logarithm = _log(value)
        log_density: Array = self._logarithm._log_prob(logarithm) - logarithm
        return log_density

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        return self._logarithm._score(_log(value))

    def _information(self) -> Array:
        return self._logarithm._information()

    def _drift(self, value: np.ndarray) -> tuple[Array, ...]:
        return value, value * (_log(value) - self.loc)

    @classmethod
    def _center_and_spread(cls, values: Array, weights: Array, *, shift: bool) -> tuple[Array, Array]:
        return geometric_units(values, weights)

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        return Gaussian._start(_log(value), weights)

    @classmethod
    def _loss_name(cls, fixed: frozenset[str]) -> str:
        return "mean squared error of the logarithm" if "scale" in fixed else super()._loss_name(fixed)

    @property
    def natural_parameters(self) -> Array:
        """(μ/σ², −1/(2σ²))."""
        return self._logarithm.natural_parameters

    def sufficient_statistics(self, value: np.ndarray) -> Array:
        """(log y, log² y)."""
        return self._logarithm.sufficient_statistics(_log(value))

    @property
    def log_normalizer(self) -> Array:
        """μ²/(2σ²) + log σ + ½ log 2π."""
        return self._logarithm.log_normalizer

    @property
    def expected_statistics(self) -> Array:
        """(μ, μ² + σ²)."""
        return self._logarithm.expected_statistics

    @property
    def statistics_covariance(self) -> Array:
        """[[σ², 2μσ²], [2μσ², 4μ²σ² + 2σ⁴]]."""
        return self._logarithm.statistics_covariance

    def log_carrier(self, value: np.ndarray) -> Array:
        """−log y."""
        carrier: Array = -np.log(value)
        return carrier

    @property
    def expected_log_carrier(self) -> Array:
        """−μ."""
        return unwrap(np.broadcast_to(-self.loc, self.batch_shape))

    def _with_natural(self, theta: Array) -> Self:
        logarithm = self._logarithm._with_natural(theta)
        return self._unchecked(loc=logarithm.loc, scale=logarithm.scale)

    def _natural_jacobian(self) -> Array:
        return self._logarithm._natural_jacobian()

    # ---- distribution functions ---------------------------------------------------------------------------

    def _cdf(self, value: np.ndarray) -> Array:
        return self._logarithm._cdf(_log(value))

    def _log_cdf(self, value: np.ndarray) -> Array:
        return self._logarithm._log_cdf(_log(value))

    def _log_sf(self, value: np.ndarray) -> Array:
        return self._logarithm._log_sf(_log(value))

    def _quantile(self, level: np.ndarray) -> Array:
        return np.exp(self._logarithm._quantile(level))

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def mean(self) -> Array:
        """exp(μ + ½σ²)."""
        return np.exp(self.loc + 0.5 * np.square(self.scale))

    @property
    def variance(self) -> Array:
        """(exp(σ²) − 1)·exp(2μ + σ²)."""
        square = np.square(self.scale)
        with np.errstate(over="ignore"):
            return np.expm1(square) * np.exp(2 * self.loc + square)

    @property
    def mode(self) -> Array:
        """exp(μ − σ²)."""
        return np.exp(self.loc - np.square(self.scale))

    def entropy(self) -> Array:
        """½ log(2πe) + log σ + μ, in nats.

        >>> round(float(LogNormal(loc=1.0, scale=1.0).entropy()), 6)
        2.418939
        """
        return self._logarithm.entropy() + self.loc


def _log(value: Array) -> np.ndarray:
    """The logarithm; −∞ of what is not positive, which is below all outcomes too."""
    return np.asarray(np.log(np.maximum(value, 0)))
