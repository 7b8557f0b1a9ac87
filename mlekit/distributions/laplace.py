"""Laplace(μ, b): the double exponential distribution.

    log p(y) = −|z| − log 2b,   z = (y − μ)/b

With b fixed its negative log-likelihood is absolute error up to constants, so that μ is a conditional median.
The score in μ jumps at y = μ (its value there is taken as 0); the Fisher information exists in closed form.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from mlekit.arrays import Array, ArrayLike, pick
from mlekit.distributions.fused import Fused
from mlekit.distributions.kinked import KinkedLocationScale
from mlekit.distributions.special import log1mexp
from mlekit.distributions.weighted import weighted_quantile

__all__ = ["Laplace"]

_LOG_2 = float(np.log(2.0))


class Laplace(KinkedLocationScale):
    """A batch of Laplace distributions.

    Args:
        loc: median and mean, in the target's units.
        scale: mean absolute deviation from the median, positive, in the target's units.

    Raises:
        ParameterError: for a scale that is not positive, NaN, infinities, or shapes that do not broadcast.

    >>> Laplace(loc=0.0, scale=[1.0, 2.0]).log_prob(3.0)
    array([-3.69314718, -2.88629436])
    >>> float(Laplace(loc=0.0, scale=1.0).log_cdf(-1000.0))
    -1000.6931471805599

    """

    fused = Fused("laplace", ("loc", "scale"), frozenset({"_log_prob", "_cdf", "_quantile"}))

    def __init__(self, *, loc: ArrayLike, scale: ArrayLike) -> None:
        self._store_parameters(loc=loc, scale=scale)

    # ---- likelihood core ----------------------------------------------------------------------------------

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        loc, log_scale = coordinates
        return cls._unchecked(loc=loc, scale=np.exp(log_scale), **constants)

    @property
    def _slopes(self) -> tuple[float, float]:
        return 1.0, 1.0

    @property
    def _peak(self) -> float:
        return -_LOG_2

    @property
    def _standard_information(self) -> tuple[float, float, float]:
        return 1.0, 0.0, 1.0

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        median = weighted_quantile(value, weights, 0.5)
        return median, np.log(weights @ np.abs(value - median))

    @classmethod
    def _loss_name(cls, fixed: frozenset[str]) -> str:
        return "mean absolute error" if "scale" in fixed else super()._loss_name(fixed)

    # ---- distribution functions ---------------------------------------------------------------------------

    def _standard_cdf(self, z: Array) -> Array:
        tail = 0.5 * np.exp(-np.abs(z))
        return pick(z < 0, tail, 1 - tail)

    def _standard_log_cdf(self, z: Array) -> Array:
        log_tail = -np.abs(z) - _LOG_2
        return pick(z < 0, log_tail, log1mexp(log_tail))

    def _standard_log_sf(self, z: Array) -> Array:
        return self._standard_log_cdf(-z)

    def _standard_quantile(self, level: Array) -> Array:
        quantile: Array = np.copysign(np.log(2 * np.minimum(level, 1 - level)), level - 0.5)
        return quantile

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def _standard_moments(self) -> tuple[float, float]:
        return 0.0, 2.0

    @property
    def _standard_mode(self) -> float:
        return 0.0

    @property
    def _standard_entropy(self) -> float:
        return 1 + _LOG_2
