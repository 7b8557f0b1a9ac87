"""Location-scale families whose log-density is two straight lines that meet in a kink at the location.

    ℓ(z) = −max(r·z, −l·z) + log lr/(l + r),   slopes l, r > 0

Absolute error and pinball loss are of this kind. Where a maximum of such a likelihood lies, some outcomes lie on
their kinks, and neither score nor Fisher information shows the way there. So a batch may be given a ``width``
δ > 0, within which the kink is rounded,

    ℓ_δ(z) = ℓ(z) − ½(l + r)·(√(z² + δ²) − |z|),

a hyperbola that lies below ℓ by no more than ½(l + r)·δ. For a fit that takes δ to 0 the curvature of the
hyperbola takes the place of the Fisher information. A user's batch has width 0. Up to a constant, ℓ_δ is the
log-density of a hyperbolic distribution: Barndorff-Nielsen (1977), Proceedings of the Royal Society A 353.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np

from mlekit.arrays import Array
from mlekit.distributions.location_scale import LocationScale

__all__ = ["KinkedLocationScale"]


class KinkedLocationScale(LocationScale):
    """A batch of distributions with a kink at their location."""

    kinked: ClassVar[bool] = True

    width: float = 0.0

    @property
    @abstractmethod
    def _slopes(self) -> tuple[Array | float, Array | float]:
        """L and r: how steeply ℓ falls on the left and on the right of the kink."""

    @property
    @abstractmethod
    def _peak(self) -> Array | float:
        """Log lr/(l + r), the log-density at the kink."""

    def _standard_log_prob(self, z: Array) -> Array:
        left, right = self._slopes
        log_prob = self._peak - np.maximum(right * z, -left * z)
        if self.width:
            size = np.abs(z)
            log_prob = log_prob - 0.5 * (left + right) * self.width**2 / (size + np.hypot(z, self.width))
        return log_prob

    def _standard_slope(self, z: Array) -> Array:
        left, right = self._slopes
        side = z / np.hypot(z, self.width) if self.width else np.sign(z)
        slope = 0.5 * (left - right) - 0.5 * (left + right) * side
        return slope if self.width else np.where(side == 0, 0.0 * slope, slope)

    def _curvature(self, value: np.ndarray) -> Array:
        """The hyperbola's own curvature in loc, the expected information in log scale."""
        information = self._information()
        if self.width:
            left, right = self._slopes
            distance = np.hypot(self._standardize(value), self.width) * self.scale
            curvature = 0.5 * (left + right) * np.square(self.width * self.scale / distance) / distance
            information = np.broadcast_to(information, (*curvature.shape, 2, 2)).copy()
            information[..., 0, 0] = curvature / self.scale
        return information
