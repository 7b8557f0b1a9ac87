"""Far tails of counts, where probabilities underflow.

The three classical counts are one class (Panjer 1981): with mean μ and dispersion α,

    p(k + 1)/p(k) = μ·(1 + α·k) / ((1 + α·μ)·(k + 1)),

Binomial for α = −1/trials, Poisson for α = 0, negative binomial for α > 0. So a tail over its first mass is one
hypergeometric function for all of them, which Gauss's continued fraction computes in few steps far out.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mlekit.arrays import Array

__all__ = ["log_lower_ratio", "log_upper_ratio"]

_MOST_STEPS = 100_000


def log_lower_ratio(k: np.ndarray, mean: Array, dispersion: Array | float) -> Array:
    """Log (P(Y ≤ k)/p(k)) far in the left tail: Σ_j Π_{i<j} p(k − i − 1)/p(k − i) as Gauss's continued fraction.

    The sum is (1 + α·k)·₂F₁(1, −k; 1/α + 1; −1/(α·μ)).
    """

    def term(m: int, odd: bool) -> Array:
        first = 2 * m if odd else 2 * m - 1
        bottom = (1 + dispersion * first) * (1 + dispersion * (first + 1)) * mean
        top = (k - m) * (1 + dispersion * m) if odd else -m * (1 + dispersion * (k + m))
        ratio: Array = top / bottom
        return ratio

    return np.log1p(dispersion * k) + np.log(_gauss_fraction(term))


def log_upper_ratio(k: np.ndarray, mean: Array, dispersion: Array | float) -> Array:
    """Log (P(Y ≥ k)/p(k)) far in the right tail: Σ_j Π_{i<j} p(k + i + 1)/p(k + i) as Gauss's continued fraction.

    The sum is the hypergeometric ₂F₁(1, k + 1/α; k + 1; α·μ/(1 + α·μ)).
    """
    share = mean / (1 + dispersion * mean)

    def term(m: int, odd: bool) -> Array:
        first = k + (2 * m if odd else 2 * m - 1)
        # Factors of like size are divided first: squares of counts would overflow.
        top = (
            (1 / first + dispersion * ((k + m) / first)) * (k + m)
            if odd
            else (dispersion * m - 1) * m / first
        )
        ratio: Array = share * (top / (first + 1))
        return ratio

    return np.log(_gauss_fraction(term))


def _gauss_fraction(term: Callable[[int, bool], Array]) -> Array:
    """1/(1 − e₁/(1 − e₂/(1 − ...))) by the method of Lentz as modified by Thompson & Barnett (1986)."""
    value = np.ones_like(term(0, True))
    c, d = value, np.zeros_like(value)
    for step in range(_MOST_STEPS):
        m, odd = divmod(step + 1, 2)
        e = term(m, bool(odd))
        d = 1 / _not_zero(1 - e * d)
        c = _not_zero(1 - e / c)
        value = value * c * d
        if not (np.abs(c * d - 1) > 1e-15).any():
            break
    return 1 / value


def _not_zero(x: Array) -> Array:
    return np.where(x == 0, 1e-300, x)
