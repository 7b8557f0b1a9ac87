"""Tail probabilities in mpmath, by series and continued fractions that converge wherever a test looks."""

from __future__ import annotations

from typing import Any

import mpmath

__all__ = ["complement", "gamma_lower", "gamma_upper"]

_DIGITS = 700
_STEPS = 3000


def complement(probability: Any) -> Any:
    """1 − p, with so many digits that a tiny p is still there."""
    with mpmath.workdps(_DIGITS):
        return 1 - probability


def gamma_lower(a: Any, x: Any) -> Any:
    """P(a, x): a power series left of a (DLMF 8.7.1)."""
    if x > a:
        return complement(gamma_upper(a, x))
    first = mpmath.exp(a * mpmath.log(x) - x - mpmath.loggamma(a + 1))
    return first * mpmath.hyp1f1(1, a + 1, x, maxterms=10**7)


def gamma_upper(a: Any, x: Any) -> Any:
    """Q(a, x): Legendre's continued fraction right of a (DLMF 8.9.2)."""
    if x <= a:
        return complement(gamma_lower(a, x))
    rest = mpmath.mpf(0)
    for n in range(_STEPS, 0, -1):
        rest = n * (n - a) / (x + 2 * n + 1 - a - rest)
    return mpmath.exp(a * mpmath.log(x) - x - mpmath.loggamma(a)) / (x + 1 - a - rest)
