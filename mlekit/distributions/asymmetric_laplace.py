"""AsymmetricLaplace(μ, σ, q): the distribution whose q-quantile is its location.

    log p(y) = −ρ_q(z) + log q(1 − q) − log σ,   z = (y − μ)/σ,   ρ_q(z) = max(q·z, (q − 1)·z)

ρ_q is the pinball (or check) loss: with σ fixed, maximum likelihood is quantile regression. q is not predicted but
chosen. The score in μ jumps at y = μ (its value there is taken as 0); the Fisher information exists in closed
form. Koenker & Machado (1999), Goodness of fit and related inference processes for quantile regression, JASA 94.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from mlekit.arrays import Array, ArrayLike, pick
from mlekit.distributions.domain import Interval
from mlekit.distributions.fused import Fused
from mlekit.distributions.kinked import KinkedLocationScale
from mlekit.distributions.link import LOGIT
from mlekit.distributions.location_scale import LOC, SCALE
from mlekit.distributions.parameter import Parameter
from mlekit.distributions.special import log1mexp
from mlekit.distributions.weighted import weighted_quantile
from mlekit.errors import ParameterError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AsymmetricLaplace"]

_QUANTILE = Parameter("quantile", Interval(0.0, 1.0), LOGIT, typical=(0.05, 0.95), attribute="level")


class AsymmetricLaplace(KinkedLocationScale):
    """A batch of asymmetric Laplace distributions.

    Args:
        loc: the quantile of level ``quantile``, and the mode, in the target's units.
        scale: the mean pinball loss, positive, in the target's units.
        quantile: the level, in (0, 1): P(Y ≤ loc). A distribution keeps it as ``level``, since ``quantile`` is
            the method that every distribution has.

    Raises:
        ParameterError: for values outside their domain, NaN, infinities, or shapes that do not broadcast.

    >>> p = AsymmetricLaplace(loc=[0.0, 10.0], scale=1.0, quantile=0.9)
    >>> p.quantile(0.9)
    array([ 0., 10.])
    >>> AsymmetricLaplace.family(quantile=0.9, scale=1.0).loss_name
    'pinball loss'

    """

    parameters = (LOC, SCALE, _QUANTILE)
    constants = frozenset({"quantile"})
    fused = Fused(
        "asymmetric_laplace", ("loc", "scale", "level"), frozenset({"_log_prob", "_cdf", "_quantile"})
    )

    def __init__(self, *, loc: ArrayLike, scale: ArrayLike, quantile: ArrayLike) -> None:
        self._store_parameters(loc=loc, scale=scale, quantile=quantile)

    level: Array

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """What loc, scale and quantile broadcast to."""
        return np.broadcast_shapes(self.loc.shape, self.scale.shape, self.level.shape)

    # ---- likelihood core ----------------------------------------------------------------------------------

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        loc, log_scale = coordinates
        level = np.asarray(constants["quantile"], dtype=loc.dtype)[()]
        width = constants.get("width", 0.0)
        return cls._unchecked(loc=loc, scale=np.exp(log_scale), level=level, width=width)

    @property
    def _slopes(self) -> tuple[Array, Array]:
        return 1 - self.level, self.level

    @property
    def _peak(self) -> Array:
        peak: Array = np.log(self.level * (1 - self.level))
        return peak

    @property
    def _standard_information(self) -> tuple[Array, float, float]:
        return self.level * (1 - self.level), 0.0, 1.0

    @classmethod
    def _learn_constants(cls, target: pd.DataFrame, constants: Mapping[str, Any]) -> dict[str, Any]:
        if "quantile" not in constants:
            raise ParameterError(
                "AsymmetricLaplace: say which quantile its loc is to be, e.g. "
                "AsymmetricLaplace.family(quantile=0.9); it is chosen, not fitted"
            )
        level = _QUANTILE.validate(constants["quantile"], cls.__name__)
        if level.ndim:
            raise ParameterError(f"AsymmetricLaplace: a family has one quantile, not {level.tolist()}")
        return {"quantile": float(level)}

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        level = constants["quantile"]
        loc = weighted_quantile(value, weights, level)
        deviation = value - loc
        return loc, np.log(weights @ np.maximum(level * deviation, (level - 1) * deviation))

    @classmethod
    def _loss_name(cls, fixed: frozenset[str]) -> str:
        return "pinball loss" if "scale" in fixed else super()._loss_name(fixed)

    # ---- distribution functions ---------------------------------------------------------------------------

    def _log_left(self, z: Array) -> Array:
        """Log P(Z ≤ z) for z ≤ 0."""
        return np.log(self.level) + (1 - self.level) * np.minimum(z, 0)

    def _log_right(self, z: Array) -> Array:
        """Log P(Z > z) for z ≥ 0."""
        return np.log1p(-self.level) - self.level * np.maximum(z, 0)

    def _standard_cdf(self, z: Array) -> Array:
        return pick(z < 0, np.exp(self._log_left(z)), -np.expm1(self._log_right(z)))

    def _standard_log_cdf(self, z: Array) -> Array:
        return pick(z < 0, self._log_left(z), log1mexp(self._log_right(z)))

    def _standard_log_sf(self, z: Array) -> Array:
        return pick(z < 0, log1mexp(self._log_left(z)), self._log_right(z))

    def _standard_quantile(self, level: Array) -> Array:
        left = np.log(level / self.level) / (1 - self.level)
        right = -np.log((1 - level) / (1 - self.level)) / self.level
        return pick(level < self.level, left, right)

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def _standard_moments(self) -> tuple[Array, Array]:
        rest = 1 - self.level
        product = self.level * rest
        return (1 - 2 * self.level) / product, (np.square(self.level) + np.square(rest)) / np.square(product)

    @property
    def _standard_mode(self) -> float:
        return 0.0

    @property
    def _standard_entropy(self) -> Array:
        return 1 - np.log(self.level * (1 - self.level))
