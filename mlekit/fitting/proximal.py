"""A step of Newton's method where the prior has kinks (an L1 penalty): exact zeros, by a proximal step.

    minimize  g·d + ½ dᵀH d + P(θ + d)   over d,   P(t) = Σ_j right_j·(t_j − k_j)₊ + left_j·(k_j − t_j)₊

The log-likelihood is replaced by its quadratic model with gradient −g and curvature H, the penalty P is kept as it
is. Coordinate descent finds which coordinates stay on their kinks k_j; for those that do not, P is linear and
the minimum is the solution of a linear system. It is the minimum of the whole if no sign changes and no
coordinate on its kink would rather leave it. Lee, Sun & Saunders (2014), Proximal Newton-type methods, SIAM
J. Optim. 24; Friedman, Hastie & Tibshirani (2010), J. Stat. Softw. 33.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from mlekit.fitting.solving import solve_positive

__all__ = ["Kinks", "proximal_step"]

_ROUNDS = 200
_SWEEPS = 5
_RELATIVE = 1e-10


class Kinks(NamedTuple):
    """Where every parameter has its kink, and how steep its penalty is on either side; 0 where it has none."""

    where: Float[np.ndarray, " parameters"]
    left: Float[np.ndarray, " parameters"]
    right: Float[np.ndarray, " parameters"]

    def penalty(self, theta: Float[np.ndarray, " parameters"]) -> float:
        """P(θ)."""
        beyond = theta - self.where
        return float(np.maximum(self.right * beyond, -self.left * beyond).sum())


def proximal_step(
    gradient: Float[np.ndarray, " parameters"],
    curvature: Float[np.ndarray, "parameters parameters"],
    theta: Float[np.ndarray, " parameters"],
    kinks: Kinks,
) -> Float[np.ndarray, " parameters"]:
    """The minimizing d.

    Args:
        gradient: g, of the negative log-likelihood.
        curvature: H, positive (semi)definite.
        theta: where the step begins.
        kinks: the penalty.

    >>> kinks = Kinks(np.zeros(2), np.ones(2), np.ones(2))
    >>> proximal_step(np.array([-3.0, 0.5]), np.eye(2), np.zeros(2), kinks)
    array([2., 0.])

    """
    target = theta.copy()
    slope = gradient.copy()
    free = (kinks.left == 0) & (kinks.right == 0)
    for _ in range(_ROUNDS):
        for _ in range(_SWEEPS):
            _sweep(target, slope, curvature, kinks)
        moving = free | (target != kinks.where)
        candidate = _on_this_side(gradient, curvature, theta, target, moving, kinks)
        # Recomputed, so that the rounding of many updates does not add up.
        slope = gradient + curvature @ (target - theta)
        if candidate is None:
            continue
        pull = gradient + curvature @ (candidate - theta)
        slack = _RELATIVE * (np.abs(gradient) + np.abs(curvature) @ np.abs(candidate - theta))
        side = np.sign(candidate - kinks.where)
        # A coordinate off its kink is in balance; one on it is held from both sides. Where the curvature is
        # singular, the linear system may have no solution: then descent goes on until a kink stops it.
        above = np.where(side < 0, -kinks.left, kinks.right)
        below = np.where(side > 0, kinks.right, -kinks.left)
        if ((below - slack <= -pull) & (-pull <= above + slack)).all():
            step: Float[np.ndarray, " parameters"] = candidate - theta
            return step
    best: Float[np.ndarray, " parameters"] = target - theta
    return best


def _sweep(
    target: Float[np.ndarray, " parameters"],
    slope: Float[np.ndarray, " parameters"],
    curvature: Float[np.ndarray, "parameters parameters"],
    kinks: Kinks,
) -> None:
    """One pass of coordinate descent, in place; ``slope`` is the quadratic's gradient at ``target``."""
    diagonal = np.diagonal(curvature)
    for j in np.flatnonzero(diagonal > 0).tolist():
        ahead = target[j] - kinks.where[j] - slope[j] / diagonal[j]
        past = max(ahead - kinks.right[j] / diagonal[j], 0.0) + min(ahead + kinks.left[j] / diagonal[j], 0.0)
        # On the kink exactly, not within rounding of it.
        new = kinks.where[j] if past == 0 else kinks.where[j] + past
        if new != target[j]:
            slope += (new - target[j]) * curvature[j]
            target[j] = new


def _on_this_side(
    gradient: Float[np.ndarray, " parameters"],
    curvature: Float[np.ndarray, "parameters parameters"],
    theta: Float[np.ndarray, " parameters"],
    target: Float[np.ndarray, " parameters"],
    moving: Bool[np.ndarray, " parameters"],
    kinks: Kinks,
) -> Float[np.ndarray, " parameters"] | None:
    """The minimum where moving coordinates stay on their sides of the kinks; None if it lies beyond one."""
    side = np.sign(target - kinks.where)
    penalty = np.where(side > 0, kinks.right, np.where(side < 0, -kinks.left, 0.0))
    candidate = np.where(moving, theta, kinks.where)
    pull = gradient + curvature @ (candidate - theta) + penalty
    among = np.flatnonzero(moving)
    if len(among):
        candidate[among] -= solve_positive(curvature[np.ix_(among, among)], pull[among])
    penalized = moving & ((kinks.left > 0) | (kinks.right > 0))
    crossed = np.sign(candidate - kinks.where) != side
    return None if (penalized & crossed).any() else candidate
