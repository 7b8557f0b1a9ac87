"""Where a fit may start at its end: families of which least squares is the likeliest location at any scale.

One step of Fisher scoring finds that location, and the scale is then that of what is left, in closed form. From the
marginal start Newton's method would find the location in its first step too, but then climb to a smaller scale by half
a unit of its logarithm a step, summing the products of all columns again each time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from mlekit.distributions import Head
from mlekit.fitting.objective import Objective
from mlekit.fitting.solving import solve_positive
from mlekit.networks.information import LinearInParameters

__all__ = ["at_least_squares"]


def at_least_squares(
    objective: Objective, theta: Float[np.ndarray, " parameters"]
) -> Float[np.ndarray, " parameters"]:
    """θ with the location at least squares and the scale, if an intercept, at that of the residuals.

    As it is where least squares is not the likeliest location: another family, a prior, a network that is not linear.
    """
    network, head, sample = objective.network, objective.head, objective.sample
    suits = _finds_location(head) and objective.prior is None
    if not (suits and isinstance(network, LinearInParameters)):
        return theta
    location = next(iter(head.columns.values()))
    _, gradient, information = objective.expansion(theta)
    step = solve_positive(information, -gradient)
    moved = theta.copy()
    for predictor in network.predictors[location]:
        moved[predictor.parameters] += step[predictor.parameters]
    if not np.isfinite(moved).all():
        return theta
    residuals = np.empty_like(sample.target)
    start = 0
    for chunk in sample.chunks():
        target, part = chunk.target, slice(start, start + len(chunk.target))
        residuals[part] = target - objective.eta(moved, chunk)[:, location].reshape(target.shape)
        start = part.stop
    of_residuals = head.start(residuals, sample.weights)
    for output, position in enumerate(network.output_biases):
        if output >= location.stop and position >= 0 and np.isfinite(of_residuals[output]):
            moved[position] = of_residuals[output]
    return moved


def _finds_location(head: Head[Any]) -> bool:
    """Whether least squares finds the likeliest location, the first of the outputs, at any scale."""
    kind = head.family.distribution
    squares = kind.least_squares and not head.censored and not head.family.links
    return squares and head.family.free[0] == kind.predicted[0].name
