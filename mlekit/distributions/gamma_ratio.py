"""c(x) = log Γ(x + ½) − log Γ(x) − ½ log x and its derivatives, without the cancellation of their terms.

By Stirling's series, with the Bernoulli numbers B,

    c(x) ~ −Σ_k (1 − 4⁻ᵏ)·B_2k / (k(2k − 1))·x^(1−2k) = −1/(8x) + 1/(192x³) − 1/(640x⁵) + ...,

to double precision from x = 10 on. Abramowitz & Stegun (1964), 6.1.40.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, zeta

from mlekit.arrays import Array
from mlekit.distributions.special import horner

__all__ = ["log_gamma_ratio", "log_gamma_ratio_curvature_rest", "log_gamma_ratio_slope"]

_FROM, _SHIFT = 10.0, 8.0
_BERNOULLI = np.array(
    [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330]
)
_K = np.arange(1, len(_BERNOULLI) + 1)
_TERMS = (1 - 0.25**_K) * _BERNOULLI


def _series(coefficients: Array, x: Array) -> Array:
    """Σ_k coefficient_k·x^(−2k), k from 0."""
    return horner(coefficients.tolist(), np.square(1 / np.asarray(x)))


def log_gamma_ratio(x: Array) -> Array:
    """c(x); below 8 from c(x + 8), by eight times the rule Γ(x + 1) = x·Γ(x).

    >>> log_gamma_ratio(np.array([0.5, 1e6]))
    array([-2.25791353e-01, -1.25000000e-07])
    """
    x = np.asarray(x)
    near = np.asarray(x < _SHIFT)
    large = x + x.dtype.type(_SHIFT) * near
    ratio = np.asarray(-_series(_TERMS / (_K * (2 * _K - 1)), large) / large)
    rows = np.flatnonzero(near)
    if len(rows):
        small = x.take(rows)
        lower, upper = _pochhammer(small + 1), _pochhammer(small + 0.5)
        # Of (x)_8 = x·(x + 1)_8/(x + 8) the first factor may be tiny: its logarithm stands alone.
        rise = 0.5 * (np.log(small) - np.log(small + _SHIFT)) + np.log(lower / upper)
        np.put(ratio, rows, ratio.take(rows) + rise)
    return ratio


def _pochhammer(x: Array) -> Array:
    """(x)_8 = x·(x + 1)···(x + 7), by pairs whose sums are equal."""
    square = x * (x + 7)
    product: Array = square * (square + 6) * (square + 10) * (square + 12)
    return product


def log_gamma_ratio_slope(x: Array) -> Array:
    """c'(x).

    >>> log_gamma_ratio_slope(np.array([0.5, 1e6]))
    array([3.86294361e-01, 1.25000000e-13])
    """
    large = np.maximum(x, _FROM)
    small = np.minimum(x, _FROM)
    return np.where(
        x >= _FROM,
        _series(_TERMS / _K, large) / np.square(large),
        digamma(small + 0.5) - digamma(small) - 0.5 / small,
    )


def log_gamma_ratio_curvature_rest(x: Array) -> Array:
    """c''(x) + 1/(4x³): what is left of the curvature beside its leading term.

    >>> log_gamma_ratio_curvature_rest(np.array([0.5, 1e3]))
    array([7.10131866e-01, 6.24999531e-17])
    """
    large = np.maximum(x, _FROM)
    small = np.minimum(x, _FROM)
    return np.where(
        x >= _FROM,
        -2 * _series(_TERMS[1:], large) * large**-5.0,
        zeta(2, small + 0.5) - zeta(2, small) + 0.5 * small**-2.0 + 0.25 * small**-3.0,
    )
