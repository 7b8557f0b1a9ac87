"""Masses of counts without cancellation: how far a log-probability lies below its peak.

With log k! ≈ k·log k − k split off, what is left of a log-mass is small and loses no digits at counts of 1e9
either: Loader (2000), Fast and Accurate Computation of Binomial Probabilities.
"""

from __future__ import annotations

import numpy as np

from mlekit.arrays import Array, pick
from mlekit.distributions.special import LOG_2PI, horner

__all__ = ["deviance", "deviance_by", "log_excess", "log_factorial_excess", "stirling_error"]

_NEAR = 0.1
_ARTANH = [-2 / odd for odd in range(3, 19, 2)]
_OVERFLOWING = 1e30  # in single precision too, times its logarithm
_FROM_SERIES = 8.0
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400)
_HALF_LOG_2PI = 0.5 * LOG_2PI


def _artanh_rest(s: Array) -> Array:
    """−2·(artanh(s) − s)/s = −2·(s²/3 + s⁴/5 + s⁶/7 + ...) for |s| < 0.1."""
    square = np.asarray(np.square(s))
    rest = horner(_ARTANH, square)
    rest *= square
    return rest


def deviance(x: Array, mean: Array) -> Array:
    """x·log(x/mean) + mean − x ≥ 0 for x, mean ≥ 0: half the Poisson deviance, to full precision near x = mean.

    >>> deviance(np.array([0.0, 1e9]), np.array([2.0, 1e9 + 1]))
    array([2.e+00, 5.e-10])
    """
    return deviance_by(x, mean, mean - x)


def deviance_by(x: Array, mean: Array, difference: Array) -> Array:
    """`deviance`, where mean − x is known to more digits than the two tell."""
    ratio = np.asarray(x / mean)
    # 0·log 0 = 0.
    value = np.log(np.maximum(ratio, np.finfo(ratio.dtype).tiny))
    value *= x
    value += difference
    s = np.asarray(difference / (mean + x))
    near = np.asarray(np.abs(s) < _NEAR)
    if near.any():
        close = _artanh_rest(s)
        close *= x
        close += difference
        close *= s
        value = pick(near, close, value)
    extreme = ~(ratio < _OVERFLOWING)
    if extreme.any():  # a mean of zero, or one that underflows beside x
        far = np.where(x == 0, mean, x * (np.log(x) - np.log(mean) - 1) + mean)
        value = np.where(extreme, far, value)
    return np.asarray(value)


def log_excess(ratio_minus_one: Array, ratio: Array) -> Array:
    """The excess u − log(1 + u) ≥ 0 of a tangent of the logarithm over it.

    Args:
        ratio_minus_one: u, which keeps the digits of ratios close to 1.
        ratio: 1 + u, which keeps those of ratios close to 0.

    >>> u = np.array([0.0, 1e-9, 1.0])
    >>> log_excess(u, 1 + u)
    array([0.00000000e+00, 5.00000000e-19, 3.06852819e-01])
    """
    u = np.asarray(ratio_minus_one)
    excess = np.asarray(u - np.log(ratio))
    near = np.asarray(np.abs(u) < _NEAR)
    if near.any():
        s = np.asarray(u / (2 + u))
        close = _artanh_rest(s)
        close += u
        close *= s
        excess = np.asarray(pick(near, close, excess))
    return excess


def stirling_error(x: Array) -> Array:
    """Log Γ(x + 1) − (½·log 2πx + x·log x − x) for x > 0: 1/(12x) − 1/(360x³) + ...

    Below 8 the error at x + 8, and eight times the rule Γ(x + 1) = x·Γ(x).

    >>> stirling_error(np.array([1.0, 1e9]))
    array([8.10614668e-02, 8.33333333e-11])
    """
    x = np.asarray(x)
    near = np.asarray(x < _FROM_SERIES)
    inverse = 1 / (x + x.dtype.type(_FROM_SERIES) * near)
    error = np.asarray(horner(_STIRLING, np.square(inverse)) * inverse)
    rows = np.flatnonzero(near)
    if len(rows):
        small = x.take(rows)
        shifted, square = small + _FROM_SERIES, small * (small + _FROM_SERIES)
        # (x + 1)(x + 2)...(x + 7), by pairs whose sums are equal.
        product = (square + 7) * (square + 12) * (square + 15) * (small + 4)
        fourth = np.square(np.square(shifted))
        rise = (small + 0.5) * (np.log(shifted) - np.log(small))
        rise -= np.log(product * shifted / np.square(fourth)) + x.dtype.type(_FROM_SERIES)
        np.put(error, rows, error.take(rows) + rise)
    return error


def log_factorial_excess(k: Array) -> Array:
    """Log k! − (k·log k − k) for k ≥ 0, which is ½·log 2πk + 1/(12k) − ...; 0 for k = 0.

    >>> log_factorial_excess(np.array([0.0, 1.0, 5.0]))
    array([0.        , 1.        , 1.74030218])
    """
    k = np.asarray(k)
    position = np.minimum(k, len(_TABLE) - 1).astype(np.int64)
    others = position != k
    if others.all():
        return np.asarray(_log_gamma_excess(k))
    value = np.asarray(_TABLE.astype(k.dtype).take(position))
    rows = np.flatnonzero(others)
    if len(rows):
        np.put(value, rows, _log_gamma_excess(k.take(rows)))
    return value


def _log_gamma_excess(x: Array) -> Array:
    """Log Γ(x + 1) − (x·log x − x)."""
    excess = 0.5 * np.log(x)
    excess += x.dtype.type(_HALF_LOG_2PI)
    excess += stirling_error(x)
    return excess


_SMALL_COUNTS = np.arange(1.0, 1024.0)
_TABLE = np.append(0.0, _log_gamma_excess(_SMALL_COUNTS))
