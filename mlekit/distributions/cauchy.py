"""Cauchy(μ, γ): so heavy in the tails that it has no mean.

    log p(y) = −log(1 + z²) − log πγ,   z = (y − μ)/γ

Student's t with one degree of freedom. Mean and variance do not exist and are NaN; the point prediction is the
median. The Fisher information exists in closed form. Johnson, Kotz & Balakrishnan (1994), chapter 16.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mlekit.arrays import Array, ArrayLike, pick
from mlekit.distributions.fused import Fused
from mlekit.distributions.location_scale import LocationScale
from mlekit.distributions.weighted import robust_units

__all__ = ["Cauchy"]

_LOG_PI = float(np.log(np.pi))
_FAR = 1e8


class Cauchy(LocationScale):
    """A batch of Cauchy distributions.

    Args:
        loc: median and mode, in the target's units.
        scale: half the interquartile range, positive, in the target's units.

    Raises:
        ParameterError: for a scale that is not positive, NaN, infinities, or shapes that do not broadcast.

    >>> Cauchy(loc=0.0, scale=[1.0, 2.0]).cdf(2.0)
    array([0.85241638, 0.75      ])
    >>> float(Cauchy(loc=0.0, scale=1.0).cdf(-1e20))
    3.1830988618379067e-21

    """

    fused = Fused("cauchy", ("loc", "scale"), frozenset({"_log_prob", "_cdf", "_quantile"}))

    def __init__(self, *, loc: ArrayLike, scale: ArrayLike) -> None:
        self._store_parameters(loc=loc, scale=scale)

    # ---- likelihood core ----------------------------------------------------------------------------------

    def _standard_log_prob(self, z: Array) -> Array:
        size = np.abs(z)
        near = np.asarray(size < _FAR)
        log_prob = -np.log1p(np.square(z)) - _LOG_PI
        return log_prob if near.all() else np.where(near, log_prob, -2 * np.log(size) - _LOG_PI)

    def _standard_slope(self, z: Array) -> Array:
        return -2 / (z + 1 / z)

    @property
    def _standard_information(self) -> tuple[float, float, float]:
        return 0.5, 0.0, 0.5

    @classmethod
    def _center_and_spread(cls, values: Array, weights: Array, *, shift: bool) -> tuple[Array, Array]:
        return robust_units(values, weights, shift=shift)

    @classmethod
    def _guess(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        center, deviation = robust_units(value, weights)
        return center, np.log(deviation)

    # ---- distribution functions ---------------------------------------------------------------------------

    def _standard_cdf(self, z: Array) -> Array:
        # The angle of (−z, 1): 1/2 + arctan(z)/π loses every digit on the left.
        cdf: Array = np.arctan2(1, -z) / np.pi
        return cdf

    def _standard_log_cdf(self, z: Array) -> Array:
        tail = self._standard_cdf(-np.abs(z))
        return pick(z < 0, np.log(tail), np.log1p(-tail))

    def _standard_log_sf(self, z: Array) -> Array:
        return self._standard_log_cdf(-z)

    def _standard_quantile(self, level: Array) -> Array:
        tail, side = np.minimum(level, 1 - level), level - 0.5
        outer = np.copysign(1 / np.tan(np.pi * tail), side)
        return pick(tail < 0.25, outer, np.tan(np.pi * side))

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def _standard_moments(self) -> tuple[float, float]:
        return np.nan, np.nan

    @property
    def _point(self) -> Array:
        return self.mode

    @property
    def _standard_mode(self) -> float:
        return 0.0

    @property
    def _standard_entropy(self) -> float:
        return float(np.log(4 * np.pi))
