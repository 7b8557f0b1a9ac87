"""Weibull(k, λ): lifetimes whose hazard rises (k > 1) or falls (k < 1) as a power of age.

    log p(y) = log k + z − exp(z) − log y,   z = k·log(y/λ),   y > 0

The power 1/k of an exponential variable; minus its logarithm is a Gumbel. Its survival function is
exp(−(y/λ)^k). The Fisher information exists in closed form. Johnson, Kotz & Balakrishnan (1994), Continuous Univariate
Distributions 1, chapter 21.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import gamma, gammaln, zeta

from mlekit.arrays import Array
from mlekit.distributions.domain import POSITIVE
from mlekit.distributions.fused import Fused
from mlekit.distributions.gumbel import Gumbel
from mlekit.distributions.link import LOG
from mlekit.distributions.parameter import Parameter
from mlekit.distributions.scale_shape import SCALE, ScaleShape
from mlekit.distributions.special import log1mexp

__all__ = ["Weibull"]

_SHAPE = Parameter("shape", POSITIVE, LOG, typical=(0.5, 20.0))

_GAMMA = float(np.euler_gamma)
_IMPOSSIBLE = 1e4  # far beyond where exp(z) overflows; ∞ itself would make ∞ − ∞
_FAR = -40.0
_SMALL_POWER = 0.1
# log Γ(1 + 2t) − 2·log Γ(1 + t) = Σ_k ζ(k)·(2^k − 2)/k·(−t)^k from k = 2 on.
_K = np.arange(2, 28)
_TERMS = zeta(_K.astype(np.float64)) * (2.0**_K - 2) / _K * (-1.0) ** _K


class Weibull(ScaleShape):
    """A batch of Weibull distributions.

    Args:
        shape: k, positive; the hazard grows as the power k − 1 of age.
        scale: λ, positive, in the target's units; the quantile of level 1 − 1/e.

    Raises:
        ParameterError: for parameters that are not positive, NaN, infinities, or shapes that do not broadcast.

    >>> p = Weibull(shape=[1.0, 2.0], scale=10.0)
    >>> p.mean
    array([10.        ,  8.86226925])
    >>> p.log_sf(100.0)
    array([ -10., -100.])

    """

    parameters = (_SHAPE, SCALE)
    predicted = (SCALE, _SHAPE)
    fused = Fused("weibull", ("shape", "scale"), frozenset({"_log_prob", "_cdf", "_quantile"}))

    # ---- likelihood core ----------------------------------------------------------------------------------

    def _standard_log_prob(self, z: Array) -> Array:
        z = np.minimum(z, _IMPOSSIBLE)
        return z - np.exp(z)

    def _standard_slope(self, z: Array) -> Array:
        return -np.expm1(z)

    @property
    def _standard_information(self) -> tuple[float, float, float]:
        return 1.0, 1 - _GAMMA, np.pi**2 / 6 + (1 - _GAMMA) ** 2

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        loc, log_scale = Gumbel._start(-np.log(value), weights)
        return -loc, -log_scale

    # ---- distribution functions ---------------------------------------------------------------------------

    def _standard_cdf(self, z: Array) -> Array:
        return -np.expm1(-np.exp(z))

    def _standard_log_cdf(self, z: Array) -> Array:
        # Far left the probability is exp(z)·(1 − exp(z)/2 + ...), and exp(z) may underflow.
        return np.where(z < _FAR, z, log1mexp(-np.exp(np.maximum(z, _FAR))))

    def _standard_log_sf(self, z: Array) -> Array:
        return -np.exp(z)

    def _standard_quantile(self, level: np.ndarray) -> Array:
        quantile: Array = np.log(-np.log1p(-level))
        return quantile

    # ---- moments ------------------------------------------------------------------------------------------

    def _moments(self, power: Array) -> tuple[Array, Array]:
        small = np.minimum(power, _SMALL_POWER)
        series = np.zeros_like(small)
        for term in _TERMS[::-1]:
            series = series * small + term
        spread = np.where(
            power < _SMALL_POWER, np.square(small) * series, gammaln(1 + 2 * power) - 2 * gammaln(1 + power)
        )
        return gamma(1 + power), np.expm1(spread)

    @property
    def mode(self) -> Array:
        """λ·((k − 1)/k)^(1/k), or 0 for k ≤ 1."""
        return self.scale * np.power(np.maximum(1 - 1 / self.shape, 0), 1 / self.shape)

    @property
    def _standard_mean_and_entropy(self) -> tuple[float, float]:
        return -_GAMMA, 1 + _GAMMA
