"""Logarithms of the regularized incomplete gamma and beta functions, also where these underflow.

Far out they are a first term times Gauss's continued fraction, the same as for counts: P(a, x) is the tail of a
Poisson distribution beyond a (DLMF 8.2.11 and 8.9), I_x(a, b) that of a negative binomial one (DLMF 8.17.24).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import betainc, betaincc, betaincinv, gammainc, gammaincc, gammainccinv, gammaincinv, ndtri

from mlekit.arrays import Array, pick, split
from mlekit.distributions.factorials import deviance, stirling_error
from mlekit.distributions.special import LOG_2PI
from mlekit.distributions.tails import log_lower_ratio, log_upper_ratio

__all__ = [
    "beta_quantile",
    "gamma_quantile",
    "log_beta_density",
    "log_betainc",
    "log_gamma_density",
    "log_gammainc",
    "log_gammaincc",
    "lower_beta",
    "lower_gamma",
]

# From here on towards zero a probability has lost digits, or is about to.
_TINY = 1e-280
# SciPy's gammainc cuts its series short where a is beyond this and x so many roots of a below it.
_SHORT_FROM, _SHORT_STDS = 1e5, 4.4
_STEPS = 20
# Where both parameters of a Beta are beyond the first, a tail below the second is far out for its fraction.
_NARROW_FROM, _TAIL = 10.0, 1e-6
_UNSEEN = 64 * np.finfo(np.float64).eps
_UNSEEN_SHARE = 1e-17


def log_gamma_density(a: Array, x: Array) -> Array:
    """Log(xᵃ·exp(−x)/Γ(a)), without cancellation for large a: Loader's form, with a = x at its peak.

    >>> float(log_gamma_density(np.float64(1e9), np.float64(1e9)))
    9.442694...
    """
    return 0.5 * (np.log(a) - LOG_2PI) - stirling_error(a) - deviance(a, x)


def log_beta_density(a: Array, b: Array, x: Array, rest: Array) -> Array:
    """Log(xᵃ·(1 − x)ᵇ/B(a, b)), without cancellation for large a and b.

    Args:
        a: first parameter.
        b: second parameter.
        x: in (0, 1).
        rest: 1 − x.

    """
    n = a + b
    distance = deviance(a, n * x) + deviance(b, n * rest)
    peak = 0.5 * (np.log(a * (b / n)) - LOG_2PI) + stirling_error(n) - stirling_error(a) - stirling_error(b)
    return peak - distance


def lower_gamma(a: Array, x: Array) -> Array:
    """P(a, x), the probability that a Gamma variable of shape a and rate 1 is at most x.

    >>> lower_gamma(np.array([1.0, 1e8]), np.array([1.0, 1e8 - 5e4]))
    array([6.32120559e-01, 2.85464214e-07])
    """
    value = np.asarray(gammainc(a, x))
    short = np.asarray(a > _SHORT_FROM)
    if short.any():
        short = np.asarray(short & (x < a - _SHORT_STDS * np.sqrt(a)))
    if short.any():
        value[short] = np.exp(
            _far_below(*(np.broadcast_to(argument, short.shape)[short] for argument in (a, x)))
        )
    return value


def gamma_quantile(a: Array, level: Array) -> Array:
    """The x where P(a, x) is the level.

    >>> gamma_quantile(np.array([1.0, 1e8]), np.array([0.0, 1e-6]))
    array([       0.        , 99952472.95505339])
    """
    x = split(level < 0.5, gammaincinv, lambda a, level: gammainccinv(a, 1 - level), a, level)
    short = np.asarray((a > _SHORT_FROM) & (level < 1e-5) & (level > 0))
    if short.any():
        k, target = (np.broadcast_to(argument, short.shape)[short] for argument in (a, level))
        # Wilson & Hilferty (1931), then Newton for log P, which is concave in x.
        guess = k * np.power(1 - 1 / (9 * k) + ndtri(target) / (3 * np.sqrt(k)), 3)
        for _ in range(_STEPS):
            log_probability = _far_below(k, guess)
            slope = np.exp(log_gamma_density(k, guess) - np.log(guess) - log_probability)
            step = (log_probability - np.log(target)) / slope
            guess = guess - step
            if (np.abs(step) < 1e-15 * guess).all():
                break
        x[short] = guess
    return x


@np.errstate(all="ignore")
def log_gammainc(a: Array, x: Array) -> Array:
    """Log P(a, x).

    >>> round(float(log_gammainc(np.float64(500.0), np.float64(1e-3))), 3)
    -6065.209
    """
    return _logarithm(lower_gamma(a, x), gammaincc(a, x), _far_below, a, x)


@np.errstate(all="ignore")
def log_gammaincc(a: Array, x: Array) -> Array:
    """Log Q(a, x) = log(1 − P(a, x)).

    >>> float(log_gammaincc(np.float64(1.0), np.float64(1e4)))
    -10000.0
    """
    return _logarithm(gammaincc(a, x), lower_gamma(a, x), _far_above, a, x)


def _far_below(a: Array, x: Array) -> Array:
    return log_gamma_density(a, x) - np.log(a) + log_upper_ratio(a, x, 0.0)


def _far_above(a: Array, x: Array) -> Array:
    return log_gamma_density(a, x) - np.log(x) + log_lower_ratio(a - 1, x, 0.0)


@np.errstate(all="ignore")
def lower_beta(a: Array, b: Array, x: Array, rest: Array) -> Array:
    """I_x(a, b), the probability that a Beta variable is at most x.

    Args:
        a: first parameter.
        b: second parameter.
        x: in [0, 1].
        rest: 1 − x.

    >>> lower_beta(np.float64(2.0), np.float64(1.0), np.float64(0.5), np.float64(0.5))
    array(0.25)

    """
    value = split(x < rest, lambda a, b, x, _: betainc(a, b, x), _lower_beta_right, a, b, x, rest)
    # Before SciPy 1.17 the tails of narrow distributions have eleven digits only.
    tail = np.asarray((value > _TINY) & (value < _TAIL) & (a > _NARROW_FROM) & (b > _NARROW_FROM))
    if tail.any():
        arguments = (np.broadcast_to(argument, tail.shape)[tail] for argument in (a, b, x, rest))
        value[tail] = np.exp(_far_left(*arguments))
    return value


def _lower_beta_right(a: Array, b: Array, x: Array, rest: Array) -> Array:
    """I_x(a, b) for x ≥ 1/2, of which 1 − x has the digits."""
    value = np.asarray(1 - betainc(b, a, rest))
    rows = np.flatnonzero(value < 0.5)
    if len(rows):
        arguments = [np.broadcast_to(argument, value.shape).take(rows) for argument in (a, b, x, rest)]
        a, _, x, rest = arguments
        # SciPy's betaincc, which takes 1 − x, is ten times as slow: only where the rounding of x would show.
        known = np.abs((1 - x) - rest) * (a + 1 / rest) <= _UNSEEN
        exact = split(
            known, lambda a, b, x, _: betainc(a, b, x), lambda a, b, _, rest: betaincc(b, a, rest), *arguments
        )
        np.put(value, rows, exact)
    return value


def beta_quantile(a: Array, b: Array, level: Array) -> Array:
    """The x where I_x(a, b) is the level, for levels that are not close to 1.

    >>> beta_quantile(np.array([1.0, 10.0]), np.array([2.0, 0.5]), np.array([0.75, 1e-300]))
    array([5.00000000e-01, 1.18959776e-30])
    """
    # The first term of the power series (DLMF 8.17.7), where others do not count: SciPy's inverse may be NaN there.
    first = np.power(level, 1 / a) * np.exp((_log_beta(a, b) + np.log(a)) / a)
    return split(first * (1 + b) < _UNSEEN_SHARE, lambda first, *_: first, _inverse, first, a, b, level)


def _log_beta(a: Array, b: Array) -> Array:
    """Log B(a, b), without cancellation for large a or b."""
    n = a + b
    return -a * np.log1p(b / a) - b * np.log1p(a / b) - log_beta_density(a, b, a / n, b / n)


def _inverse(_: Array, a: Array, b: Array, level: Array) -> Array:
    x = np.asarray(betaincinv(a, b, level))
    tail = np.asarray(level < _TAIL)
    if tail.any():
        # Far out SciPy's is a guess: from there by Newton's method for log I, which is concave in log x.
        a, b, level, found = (np.broadcast_to(argument, x.shape)[tail] for argument in (a, b, level, x))
        for _turn in range(_STEPS):
            log_probability = log_betainc(a, b, found, 1 - found)
            slope = np.exp(log_beta_density(a, b, found, 1 - found) - log_probability) / (1 - found)
            step = (np.log(level) - log_probability) / slope
            found = found * np.exp(step)
            if (np.abs(step) < 1e-15).all():
                break
        x[tail] = found
    return x


@np.errstate(all="ignore")
def log_betainc(a: Array, b: Array, x: Array, rest: Array) -> Array:
    """Log I_x(a, b).

    Args:
        a: first parameter.
        b: second parameter.
        x: in [0, 1].
        rest: 1 − x.

    >>> float(log_betainc(np.float64(1e3), np.float64(1.0), np.float64(0.125), np.float64(0.875)))
    -2079.441541679836

    """
    return _logarithm(lower_beta(a, b, x, rest), lower_beta(b, a, rest, x), _far_left, a, b, x, rest)


def _far_left(a: Array, b: Array, x: Array, rest: Array) -> Array:
    return log_beta_density(a, b, x, rest) - np.log(a) + log_upper_ratio(a, b * x / rest, 1 / b)


def _logarithm(probability: Array, complement: Array, far: Callable[..., Array], *arguments: Array) -> Array:
    """The logarithm of a probability from whichever of itself, its complement and its far form is exact."""
    value = np.asarray(pick(probability < 0.5, np.log(probability), np.log1p(-complement)))
    tiny = np.asarray(probability < _TINY)
    if tiny.any():
        value[tiny] = far(*(np.broadcast_to(argument, tiny.shape)[tiny] for argument in arguments))
    return value
