"""Masses of counts without cancellation: how far a log-probability lies below its peak.

With log k! ≈ k·log k − k split off, what is left of a log-mass is small and loses no digits at counts of 1e9
either: Loader (2000), Fast and Accurate Computation of Binomial Probabilities.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from mlekit.arrays import Array
from mlekit.distributions.special import LOG_2PI

__all__ = ["deviance", "log_excess", "log_factorial_excess", "stirling_error"]

_NEAR = 0.1
_OVERFLOWING = 1e30  # in single precision too, times its logarithm
_FROM_SERIES = 16.0
_CACHED_ELEMENTS = 2**14
_HALF_LOG_2PI = 0.5 * LOG_2PI


def _artanh_rest(s: Array) -> Array:
    """(artanh(s) − s)/s³ = 1/3 + s²/5 + s⁴/7 + ... for |s| < 0.1."""
    square = np.square(s)
    series = np.full_like(square, 1 / 17)
    for odd in (15, 13, 11, 9, 7, 5, 3):
        series = series * square + s.dtype.type(1 / odd)
    return series


def deviance(x: Array, mean: Array) -> Array:
    """x·log(x/mean) + mean − x ≥ 0 for x, mean ≥ 0: half the Poisson deviance, to full precision near x = mean.

    >>> deviance(np.array([0.0, 1e9]), np.array([2.0, 1e9 + 1]))
    array([2.e+00, 5.e-10])
    """
    x, mean = np.broadcast_arrays(x, mean)
    if x.ndim == 1 and len(x) > _CACHED_ELEMENTS:
        # Some twenty passes over the same numbers: in blocks they stay in the cache.
        starts = range(0, len(x), _CACHED_ELEMENTS)
        blocks = [slice(start, start + _CACHED_ELEMENTS) for start in starts]
        return np.concatenate([deviance(x[block], mean[block]) for block in blocks])
    ratio = x / mean
    value = np.asarray(mean * (1 - ratio + ratio * np.log(np.where(ratio > 0, ratio, 1))))
    total = mean + x
    near = np.abs(mean - x) < _NEAR * total
    if near.any():
        close, difference = x[near], (mean - x)[near]
        s = difference / total[near]
        value[near] = s * (difference - 2 * close * np.square(s) * _artanh_rest(s))
    extreme = ~(ratio < _OVERFLOWING)
    if extreme.any():  # a mean of zero, or one that underflows beside x
        value[extreme] = np.where(x == 0, mean, x * (np.log(x) - np.log(mean) - 1) + mean)[extreme]
    return value


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
    near = np.abs(u) < _NEAR
    small = u[near]
    s = small / (2 + small)
    excess[near] = s * (small - 2 * np.square(s) * _artanh_rest(s))
    return excess


def stirling_error(x: Array) -> Array:
    """Log Γ(x + 1) − (½·log 2πx + x·log x − x) for x > 0: 1/(12x) − 1/(360x³) + ...

    >>> stirling_error(np.array([1.0, 1e9]))
    array([8.10614668e-02, 8.33333333e-11])
    """
    x = np.asarray(x)
    inverse = np.square(1 / x)
    series = np.full_like(inverse, 1 / 1188)
    for coefficient in (-1 / 1680, 1 / 1260, -1 / 360, 1 / 12):
        series = series * inverse + x.dtype.type(coefficient)
    error = np.asarray(series / x)
    near = x < _FROM_SERIES
    if near.any():
        small = x[near]
        error[near] = gammaln(small + 1) - (small + 0.5) * np.log(small) + small - _HALF_LOG_2PI
    return error


_SMALL_COUNTS = np.arange(1.0, 1024.0)
_TABLE = np.append(0.0, stirling_error(_SMALL_COUNTS) + 0.5 * np.log(_SMALL_COUNTS) + _HALF_LOG_2PI)


def log_factorial_excess(k: Array) -> Array:
    """Log k! − (k·log k − k) for k ≥ 0, which is ½·log 2πk + 1/(12k) − ...; 0 for k = 0.

    >>> log_factorial_excess(np.array([0.0, 1.0, 5.0]))
    array([0.        , 1.        , 1.74030218])
    """
    k = np.asarray(k)
    position = np.minimum(k, len(_TABLE) - 1).astype(np.int64)
    value = np.asarray(_TABLE.astype(k.dtype)[position])
    beyond = position != k
    if beyond.any():
        others = k[beyond]
        value[beyond] = stirling_error(others) + 0.5 * np.log(others) + k.dtype.type(_HALF_LOG_2PI)
    return value
