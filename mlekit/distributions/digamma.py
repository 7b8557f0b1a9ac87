"""The digamma and trigamma functions beside the logarithm and the reciprocal that they tend to.

By their asymptotic series, with the Bernoulli numbers B,

    log x − ψ(x) ~ 1/(2x) + Σ_k B_2k/(2k)·x^(−2k),    x·ψ'(x) − 1 ~ 1/(2x) + Σ_k B_2k·x^(−2k),

to double precision from x = 16 on. Abramowitz & Stegun (1964), 6.3.18 and 6.4.12.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, zeta

from mlekit.arrays import Array

__all__ = ["log_minus_digamma", "trigamma_excess"]

_FROM = 16.0
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)


def log_minus_digamma(x: Array) -> Array:
    """Log x − ψ(x) for x > 0; it falls from ∞ to 0 as 1/(2x).

    >>> log_minus_digamma(np.array([1.0, 1e9]))
    array([5.77215665e-01, 5.00000000e-10])
    """
    small = np.minimum(x, _FROM)
    series = _series([number / (2 * k) for k, number in enumerate(_BERNOULLI, start=1)], x)
    return np.where(x >= _FROM, series, np.log(small) - digamma(small))


def trigamma_excess(x: Array) -> Array:
    """x·ψ'(x) − 1 for x > 0; it falls from ∞ to 0 as 1/(2x).

    >>> trigamma_excess(np.array([1.0, 1e9]))
    array([6.44934067e-01, 5.00000000e-10])
    """
    small = np.minimum(x, _FROM)
    return np.where(x >= _FROM, _series(list(_BERNOULLI), x), small * zeta(2, small) - 1)


def _series(coefficients: list[float], x: Array) -> Array:
    """1/(2x) + Σ_k coefficient_k·x^(−2k), k from 1."""
    inverse = 1 / np.maximum(x, _FROM)
    square = np.square(inverse)
    total = np.zeros_like(square)
    for coefficient in reversed(coefficients):
        total = (total + coefficient) * square
    return 0.5 * inverse + total
