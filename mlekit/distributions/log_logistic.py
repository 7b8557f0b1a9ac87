"""LogLogistic(k, λ): lifetimes with a heavy tail, whose odds of having died grow as a power of age.

    log p(y) = log k + z − 2·log(1 + exp(z)) − log y,   z = k·log(y/λ),   y > 0

Its logarithm is logistic; the odds P(Y ≤ y)/P(Y > y) are (y/λ)^k, so that predictors of log λ act on log-odds
(proportional odds). The tail falls as y^(−k): mean and variance are infinite for k ≤ 1 and k ≤ 2. The Fisher
information exists in closed form. Johnson, Kotz & Balakrishnan (1995), Continuous Univariate
Distributions 2, chapter 23.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit, log_expit, logit

from mlekit.arrays import Array
from mlekit.distributions.domain import POSITIVE
from mlekit.distributions.fused import Fused
from mlekit.distributions.link import LOG
from mlekit.distributions.logistic import Logistic
from mlekit.distributions.parameter import Parameter
from mlekit.distributions.scale_shape import SCALE, ScaleShape

__all__ = ["LogLogistic"]

_SHAPE = Parameter("shape", POSITIVE, LOG, typical=(0.5, 30.0))

_SMALL_ANGLE = 0.1
# tan(u)/u − 1 = u²/3 + 2u⁴/15 + ...
_TERMS = (1 / 3, 2 / 15, 17 / 315, 62 / 2835, 1382 / 155925, 21844 / 6081075, 929569 / 638512875)


class LogLogistic(ScaleShape):
    """A batch of log-logistic distributions.

    Args:
        shape: k, positive; the moments below order k exist.
        scale: λ, positive, in the target's units; the median.

    Raises:
        ParameterError: for parameters that are not positive, NaN, infinities, or shapes that do not broadcast.

    >>> p = LogLogistic(shape=[1.0, 2.0, 3.0], scale=10.0)
    >>> p.cdf(20.0)
    array([0.66666667, 0.8       , 0.88888889])
    >>> p.mean
    array([        inf, 15.70796327, 12.09199576])

    """

    parameters = (_SHAPE, SCALE)
    predicted = (SCALE, _SHAPE)
    fused = Fused("log_logistic", ("shape", "scale"), frozenset({"_log_prob", "_cdf", "_quantile"}))

    # ---- likelihood core ----------------------------------------------------------------------------------

    def _standard_log_prob(self, z: Array) -> Array:
        size = np.abs(z)
        log_prob: Array = -size - 2 * np.log1p(np.exp(-size))
        return log_prob

    def _standard_slope(self, z: Array) -> Array:
        slope: Array = -np.tanh(0.5 * z)
        return slope

    @property
    def _standard_information(self) -> tuple[float, float, float]:
        return 1 / 3, 0.0, (3 + np.pi**2) / 9

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        loc, log_scale = Logistic._start(np.log(value), weights)
        return loc, -log_scale

    # ---- distribution functions ---------------------------------------------------------------------------

    def _standard_cdf(self, z: Array) -> Array:
        return expit(z)

    def _standard_log_cdf(self, z: Array) -> Array:
        return log_expit(z)

    def _standard_log_sf(self, z: Array) -> Array:
        return log_expit(-z)

    def _standard_quantile(self, level: np.ndarray) -> Array:
        return logit(level)

    # ---- moments ------------------------------------------------------------------------------------------

    def _moments(self, power: Array) -> tuple[Array, Array]:
        # E[W^t] = u/sin u with u = πt, and its squared coefficient of variation is tan(u)/u − 1.
        angle = np.pi * power
        small = np.minimum(angle, _SMALL_ANGLE)
        series = np.zeros_like(small)
        for term in _TERMS[::-1]:
            series = (series + term) * np.square(small)
        variation = np.where(angle < _SMALL_ANGLE, series, np.tan(angle) / angle - 1)
        mean = np.where(power < 1, angle / np.sin(angle), np.inf)
        return mean, np.where(power < 0.5, variation, np.inf)

    @property
    def mode(self) -> Array:
        """λ·((k − 1)/(k + 1))^(1/k), or 0 for k ≤ 1."""
        return self.scale * np.power(np.maximum(self.shape - 1, 0) / (self.shape + 1), 1 / self.shape)

    @property
    def _standard_mean_and_entropy(self) -> tuple[float, float]:
        return 0.0, 2.0
