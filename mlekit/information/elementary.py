"""Elementary functions that KL is made of, without the cancellation of their defining formulas.

The excesses are ≥ 0, vanish quadratically at 0, and say how far a convex function lies above its tangent. A KL
divergence that is a sum of such terms cannot turn negative by rounding, and is exactly 0 where its arguments are equal.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, ndtr, zeta

from mlekit.arrays import Array, unwrap
from mlekit.distributions import factorials

__all__ = ["exp_excess", "log_excess", "log_gamma_excess", "mean_of_folded"]

# Below it the series are used; above it the formulas lose at most 20 units in the last place.
_SMALL = 0.1
# How many terms make the series of log Γ exact up to there.
_ORDERS = 16


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
    return unwrap(factorials.log_excess(np.asarray(ratio_minus_one, dtype=np.float64), ratio))


def log_gamma_excess(ratio_minus_one: Array, ratio: Array) -> Array:
    """Log Γ(1 + u) + γ·u = Σ_k ζ(k)/k·(−u)^k from k = 2 on: how far log Γ lies above its tangent at 1.

    Args:
        ratio_minus_one: u, which keeps the digits of ratios close to 1.
        ratio: 1 + u, which keeps those of ratios close to 0.

    >>> u = np.array([0.0, 1e-9, 1.0])
    >>> log_gamma_excess(u, 1 + u)
    array([0.00000000e+00, 8.22467033e-19, 5.77215665e-01])

    """
    near = np.clip(ratio_minus_one, -_SMALL, _SMALL)
    series = np.zeros_like(near)
    for order in range(_ORDERS, 1, -1):
        series = zeta(float(order)) / order - near * series
    far = gammaln(ratio) + np.euler_gamma * ratio_minus_one
    return np.where(np.abs(ratio_minus_one) < _SMALL, np.square(near) * series, far)


def mean_of_folded(loc: Array, scale: Array) -> Array:
    """E|Y| of a Gaussian Y.

    >>> round(float(mean_of_folded(np.array(0.0), np.array(1.0))) ** 2 * np.pi, 12)
    2.0
    """
    away = np.abs(loc)
    t = away / scale
    return np.asarray(scale * np.sqrt(2 / np.pi) * np.exp(-0.5 * np.square(t)) + away * (1 - 2 * ndtr(-t)))
