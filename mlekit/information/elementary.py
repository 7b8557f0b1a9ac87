"""Two elementary functions that KL is made of, without the cancellation of their defining formulas.

Both are ≥ 0, vanish quadratically at 0, and say how far a convex function lies above its tangent. A KL divergence
written as a sum of such terms cannot turn negative by rounding and is exactly 0 where its arguments are equal.
"""

from __future__ import annotations

import numpy as np

from mlekit.arrays import Array, unwrap

__all__ = ["exp_excess", "log_excess"]

# Below it the series are used; above it the formulas lose at most 20 units in the last place.
_SMALL = 0.1


def exp_excess(x: Array) -> Array:
    """e^x − 1 − x: how far exp lies above its tangent at 0.

    >>> exp_excess(np.array([0.0, 1e-9, 1.0]))
    array([0.00000000e+00, 5.00000000e-19, 7.18281828e-01])
    """
    x = np.asarray(x, dtype=np.float64)
    excess = np.asarray(np.expm1(x) - np.where(np.isposinf(x), 0.0, x))
    near = np.abs(x) < _SMALL
    small = x[near]
    series = np.ones_like(small)
    for order in range(10, 2, -1):  # x²/2·(1 + x/3·(1 + x/4·(…)))
        series = 1 + series * small / order
    excess[near] = 0.5 * np.square(small) * series
    return unwrap(excess)


def log_excess(ratio_minus_one: Array, ratio: Array) -> Array:
    """The excess u − log(1 + u): how far the tangent of log at 1 lies above it.

    Args:
        ratio_minus_one: u, which keeps the digits of ratios close to 1.
        ratio: 1 + u, which keeps those of ratios close to 0.

    >>> u = np.array([0.0, 1e-9, 1.0])
    >>> log_excess(u, 1 + u)
    array([0.00000000e+00, 5.00000000e-19, 3.06852819e-01])

    """
    u = np.asarray(ratio_minus_one, dtype=np.float64)
    excess = np.asarray(u - np.log(ratio))
    near = np.abs(u) < _SMALL
    small = u[near]
    # log(1 + u) = 2·artanh(s) with s = u/(2 + u), and u − 2s = s·u.
    s = small / (2 + small)
    square = np.square(s)
    series = np.full_like(s, 1 / 15)
    for odd in (13, 11, 9, 7, 5, 3):
        series = 1 / odd + series * square
    excess[near] = s * (small - 2 * square * series)
    return unwrap(excess)
