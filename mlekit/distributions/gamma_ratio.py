"""c(x) = log Γ(x + ½) − log Γ(x) − ½ log x and its derivatives, without the cancellation of their terms.

By Stirling's series, with the Bernoulli numbers B,

    c(x) ~ −Σ_k (1 − 4⁻ᵏ)·B_2k / (k(2k − 1))·x^(1−2k) = −1/(8x) + 1/(192x³) − 1/(640x⁵) + ...,

to double precision from x = 10 on. Abramowitz & Stegun (1964), 6.1.40.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln, zeta

from mlekit.arrays import Array

__all__ = ["log_gamma_ratio", "log_gamma_ratio_curvature_rest", "log_gamma_ratio_slope"]

_FROM = 10.0
_BERNOULLI = np.array(
    [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330]
)
_K = np.arange(1, len(_BERNOULLI) + 1)
_TERMS = (1 - 0.25**_K) * _BERNOULLI


def _series(coefficients: Array, x: Array) -> Array:
    """Σ_k coefficient_k·x^(−2k), k from 0."""
    w = np.square(1 / x)
    total = np.zeros_like(w)
    for coefficient in coefficients[::-1].tolist():  # Python's floats keep the precision of x
        total = total * w + coefficient
    return total


def log_gamma_ratio(x: Array) -> Array:
    """c(x).

    >>> log_gamma_ratio(np.array([0.5, 1e6]))
    array([-2.25791353e-01, -1.25000000e-07])
    """
    large = np.maximum(x, _FROM)
    small = np.minimum(x, _FROM)
    return np.where(
        x >= _FROM,
        -_series(_TERMS / (_K * (2 * _K - 1)), large) / large,
        gammaln(small + 0.5) - gammaln(small) - 0.5 * np.log(small),
    )


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
