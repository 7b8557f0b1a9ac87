"""Gumbel(μ, β): the extreme-value distribution of maxima.

    log p(y) = −z − exp(−z) − log β,   z = (y − μ)/β

What the largest of many independent outcomes tends to (the negative of a Gumbel is the one of minima). The
Fisher information exists in closed form. Johnson, Kotz & Balakrishnan (1995), chapter 22.
"""

from __future__ import annotations

import numpy as np

from mlekit.arrays import Array, ArrayLike
from mlekit.distributions.fused import Fused
from mlekit.distributions.location_scale import LocationScale
from mlekit.distributions.special import log1mexp

__all__ = ["Gumbel"]

_GAMMA = float(np.euler_gamma)
_IMPOSSIBLE = -1e4  # far beyond where exp(−z) overflows; −∞ itself would make ∞ − ∞
_FAR = 40.0


class Gumbel(LocationScale):
    """A batch of Gumbel distributions of maxima.

    Args:
        loc: mode, in the target's units.
        scale: the standard deviation times √6/π, positive, in the target's units.

    Raises:
        ParameterError: for a scale that is not positive, NaN, infinities, or shapes that do not broadcast.

    >>> Gumbel(loc=0.0, scale=[1.0, 2.0]).cdf(2.0)
    array([0.87342302, 0.69220063])
    >>> float(Gumbel(loc=0.0, scale=1.0).log_sf(100.0))
    -100.0

    """

    fused = Fused("gumbel", ("loc", "scale"), frozenset({"_log_prob", "_cdf", "_quantile"}))

    def __init__(self, *, loc: ArrayLike, scale: ArrayLike) -> None:
        self._store_parameters(loc=loc, scale=scale)

    # ---- likelihood core ----------------------------------------------------------------------------------

    def _standard_log_prob(self, z: Array) -> Array:
        z = np.maximum(z, _IMPOSSIBLE)
        return -z - np.exp(-z)

    def _standard_slope(self, z: Array) -> Array:
        return np.expm1(-z)

    @property
    def _standard_information(self) -> tuple[float, float, float]:
        return 1.0, _GAMMA - 1, np.pi**2 / 6 + (1 - _GAMMA) ** 2

    # ---- distribution functions ---------------------------------------------------------------------------

    def _standard_cdf(self, z: Array) -> Array:
        return np.exp(-np.exp(-z))

    def _standard_log_cdf(self, z: Array) -> Array:
        return -np.exp(-z)

    def _standard_log_sf(self, z: Array) -> Array:
        # Far right the probability is exp(−z)·(1 − exp(−z)/2 + ...), and exp(−z) may underflow.
        return np.where(z > _FAR, -z, log1mexp(-np.exp(-np.minimum(z, _FAR))))

    def _standard_quantile(self, level: Array) -> Array:
        return -np.log(-np.log(level))

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def _standard_moments(self) -> tuple[float, float]:
        return _GAMMA, np.pi**2 / 6

    @property
    def _standard_mode(self) -> float:
        return 0.0

    @property
    def _standard_entropy(self) -> float:
        return 1 + _GAMMA
