"""Logistic(μ, s): a bell with exponential tails, whose cdf is the logistic function.

    log p(y) = −|z| − 2·log(1 + exp(−|z|)) − log s,   z = (y − μ)/s

Its score in μ is tanh(z/2)/s, bounded as that of the Laplace distribution but smooth; the Fisher information
exists in closed form. Johnson, Kotz & Balakrishnan (1995), Continuous Univariate Distributions 2, chapter 23.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, log_expit, logit

from mlekit.arrays import Array, ArrayLike
from mlekit.distributions.fused import Fused
from mlekit.distributions.location_scale import LocationScale

__all__ = ["Logistic"]


class Logistic(LocationScale):
    """A batch of logistic distributions.

    Args:
        loc: mean and median, in the target's units.
        scale: the standard deviation times √3/π, positive, in the target's units.

    Raises:
        ParameterError: for a scale that is not positive, NaN, infinities, or shapes that do not broadcast.

    >>> Logistic(loc=0.0, scale=[1.0, 2.0]).cdf(2.0)
    array([0.88079708, 0.73105858])

    """

    fused = Fused("logistic", ("loc", "scale"), frozenset({"_log_prob", "_cdf", "_quantile"}))

    def __init__(self, *, loc: ArrayLike, scale: ArrayLike) -> None:
        self._store_parameters(loc=loc, scale=scale)

    # ---- likelihood core ----------------------------------------------------------------------------------

    def _standard_log_prob(self, z: Array) -> Array:
        size: Array = np.abs(z)
        log_prob: Array = -size - 2 * np.log1p(np.exp(-size))
        return log_prob

    def _standard_slope(self, z: Array) -> Array:
        bend: Array = np.tanh(0.5 * z)
        return -bend

    @property
    def _standard_information(self) -> tuple[float, float, float]:
        return 1 / 3, 0.0, (3 + np.pi**2) / 9

    # ---- distribution functions ---------------------------------------------------------------------------

    def _standard_cdf(self, z: Array) -> Array:
        return expit(z)

    def _standard_log_cdf(self, z: Array) -> Array:
        log_cdf: Array = log_expit(z)
        return log_cdf

    def _standard_log_sf(self, z: Array) -> Array:
        return self._standard_log_cdf(-z)

    def _standard_quantile(self, level: Array) -> Array:
        return logit(level)

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def _standard_moments(self) -> tuple[float, float]:
        return 0.0, np.pi**2 / 3

    @property
    def _standard_mode(self) -> float:
        return 0.0

    @property
    def _standard_entropy(self) -> float:
        return 2.0
