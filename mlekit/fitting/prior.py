"""A prior over weights: regularization is its negative log-density.

``Gaussian(loc=0, scale=s)`` is an L2 penalty of strength 1/(2s²); ``Laplace(loc=0, scale=s)`` is an L1 penalty of
strength 1/s, which makes small weights of a linear model exactly 0; a heavier-tailed prior shrinks large weights
less. The prior is a density of the weights *as the model reports them*: of a linear model's coefficients in the
units of the data, and of an MLP's weights between standardized quantities. Biases and intercepts have none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from mlekit.distributions import Distribution
from mlekit.errors import ParameterError
from mlekit.fitting.proximal import Kinks

__all__ = ["WeightPrior"]


@dataclass(frozen=True, eq=False)
class WeightPrior:
    """Independent draws of one distribution for every penalized weight.

    Args:
        distribution: a single distribution with a location parameter (Gaussian, ...).
        penalized: the weights it applies to.
        units: what a weight is multiplied by to be in the units that the prior speaks of.

    Raises:
        ParameterError: for a batch of distributions, or one without a location.
    """

    distribution: Distribution
    penalized: Bool[np.ndarray, " parameters"]
    units: Float[np.ndarray, " parameters"]

    def __post_init__(self) -> None:
        name = type(self.distribution).__name__
        if self.distribution.batch_shape:
            raise ParameterError(
                f"prior: needs one distribution for every weight, not a batch of shape {self.distribution.batch_shape}"
            )
        predicted = self.distribution.predicted
        if not predicted or predicted[0].unit != "location":
            raise ParameterError(
                f"prior: {name} has no location parameter; use e.g. Gaussian(loc=0, scale=1)"
            )

    def _weights(self, theta: Float[np.ndarray, " parameters"]) -> Float[np.ndarray, " weights"]:
        return np.asarray((theta * self.units)[self.penalized], dtype=np.float64)

    def log_prob(self, theta: Float[np.ndarray, " parameters"]) -> float:
        """Σ log p(weight), in nats."""
        with np.errstate(all="ignore"):
            return float(np.sum(self.distribution._log_prob(self._weights(theta))))

    def subtract_gradient(
        self,
        theta: Float[np.ndarray, " parameters"],
        gradient: Float[np.ndarray, " parameters"],
        factor: float,
    ) -> None:
        """Gradient −= factor·∇log p: of a location family, ∂ log p/∂x is −∂ log p/∂loc."""
        with np.errstate(all="ignore"):
            slope = -self.distribution._score(self._weights(theta))[0] * self.units[self.penalized]
        gradient[self.penalized] -= (factor * slope).astype(gradient.dtype)

    def kinks(self) -> Kinks | None:
        """Where the negative log-density has its kinks; None for a smooth density."""
        if not self.distribution.kinked:
            return None
        loc, scale = self.distribution.mode, self.distribution.std
        slopes = self.distribution._score(np.array([loc - scale, loc + scale]))[0]
        zero = np.zeros_like(self.units)
        return Kinks(
            where=np.where(self.penalized, loc / self.units, zero),
            left=np.where(self.penalized, -slopes[0] * self.units, zero),
            right=np.where(self.penalized, slopes[1] * self.units, zero),
        )

    def curvature(self, theta: Float[np.ndarray, " parameters"]) -> Float[np.ndarray, " parameters"]:
        """The prior's Fisher information about its location: the diagonal it adds to the Hessian."""
        information = self.distribution.fisher_information()[..., 0, 0]
        return np.where(self.penalized, information * np.square(self.units), 0.0)
