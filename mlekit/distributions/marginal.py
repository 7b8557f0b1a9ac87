"""The maximum likelihood of one distribution for all rows, from a start that is near it: where fits begin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mlekit.arrays import Array
from mlekit.distributions.composed import Composed

__all__ = ["climb"]

_STEPS = 25
_HALVINGS = 30
_NEAR = 1e-9
_LONGEST = 1.0


def climb(
    kind: Composed[Any],
    start: tuple[Array, ...],
    value: np.ndarray,
    weights: Array,
    constants: Mapping[str, Any],
) -> tuple[Array, ...]:
    """Newton's method from coordinates near the marginal maximum, its steps halved until they gain.

    Args:
        kind: whose scalar coordinates are sought.
        start: where to begin.
        value: encoded outcomes, rows first.
        weights: a weight a row, summing to one.
        constants: as for ``_from_coordinates``.
    """
    xi = np.array([float(part) for part in start])
    counting = weights > 0
    value, weights = value[counting], weights[counting]

    def total(xi: Array) -> float:
        return float(weights @ kind._from_coordinates(*xi, **constants)._log_prob(value))

    now = total(xi)
    logarithms = np.array([parameter.unit != "location" for parameter in kind.predicted])
    for _ in range(_STEPS):
        batch = kind._from_coordinates(*xi, **constants)
        gradient = np.array([weights @ np.broadcast_to(part, weights.shape) for part in batch._score(value)])
        k = len(gradient)
        curvature = np.tensordot(
            weights, np.broadcast_to(batch._curvature(value), (len(weights), k, k)), axes=1
        )
        if not (np.isfinite(gradient).all() and np.isfinite(curvature).all()):
            break
        step = np.linalg.lstsq(curvature, gradient, rcond=None)[0]
        longest = np.abs(step[logarithms]).max(initial=0.0)
        step *= min(1.0, _LONGEST / longest) if longest else 1.0
        length, gain = 1.0, -np.inf
        for _ in range(_HALVINGS):
            gain = total(xi + length * step) - now
            if gain > 0:
                break
            length /= 2
        if not gain > 0:
            break
        xi, now = xi + length * step, now + gain
        if gain < _NEAR:
            break
    return tuple(np.asarray(part) for part in xi)
