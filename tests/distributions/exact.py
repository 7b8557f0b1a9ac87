"""Tail probabilities in mpmath, by series and continued fractions that converge wherever a test looks."""

from __future__ import annotations

from typing import Any

import mpmath

__all__ = ["beta_lower", "complement", "gamma_lower", "gamma_upper", "wald_lower", "wald_upper"]

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


def beta_lower(a: Any, b: Any, x: Any) -> Any:
    """I_x(a, b): a power series on the side of the smaller tail (DLMF 8.17.8)."""
    if x > a / (a + b):
        return complement(beta_lower(b, a, 1 - x))
    log_first = a * mpmath.log(x) + b * mpmath.log1p(-x) - mpmath.log(a)
    log_first -= mpmath.loggamma(a) + mpmath.loggamma(b) - mpmath.loggamma(a + b)
    total = term = mpmath.mpf(1)
    k = 0
    while term > mpmath.mpf(10) ** -40 * total:
        term *= x * (a + b + k) / (a + 1 + k)
        total += term
        k += 1
    return mpmath.exp(log_first) * total


def wald_lower(y: Any, mean: Any, shape: Any) -> Any:
    """The distribution function of the inverse Gaussian by its definition."""
    with mpmath.workdps(_DIGITS):
        root = mpmath.sqrt(shape / y)
        inner = mpmath.ncdf(root * (y / mean - 1))
        return inner + mpmath.exp(2 * shape / mean) * mpmath.ncdf(-root * (y / mean + 1))


def wald_upper(y: Any, mean: Any, shape: Any) -> Any:
    """Its complement by the same terms, which keep their digits in the right tail."""
    with mpmath.workdps(_DIGITS):
        root = mpmath.sqrt(shape / y)
        inner = mpmath.ncdf(-root * (y / mean - 1))
        return inner - mpmath.exp(2 * shape / mean) * mpmath.ncdf(-root * (y / mean + 1))
