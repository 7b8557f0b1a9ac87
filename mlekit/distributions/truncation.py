"""Truncated distributions by number: outcomes that carry their probability, and their quantiles.

Conventions. ``base`` is a batch of distributions of numbers, of which only what exceeds ``low`` and is at most ``high``
counts; ``log_mass`` is the logarithm of its probability, which may be far below what doubles hold. All arrays have the
batch's shape, places to add up one more axis in front.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import expit

from mlekit.arrays import Array, BoolArray
from mlekit.distributions.distribution import Distribution
from mlekit.distributions.domain import Interval
from mlekit.distributions.inversion import invert, invert_counts, panels
from mlekit.distributions.mixture import elements_of

__all__ = ["is_discrete", "places", "truncated_quantile"]

_FINE, _COARSE = (expit(np.linspace(-36.0, 36.0, count)) for count in (97, 13))
# Distances from an end in units of how far its tail reaches: beyond them a tail is lighter than 1e-16, or heavy, and
# then told in octaves.
_NEAR = np.concatenate([np.linspace(0, 8, 17)[1:], np.linspace(8, 40, 17)[1:], 40 * 2.0 ** np.arange(1, 50)])
_NEGLIGIBLE = -42.0
_MOST_TERMS = 100_000_000
_BLOCK_ELEMENTS = 2**20
# From here on the levels of the base have lost digits, or are about to.
_LOST_ABOVE, _LOST_BELOW = 1e-3, 1e-280
_DOUBLINGS = 1100


def is_discrete(base: Distribution) -> bool:
    """Whether it gives its probability to whole numbers."""
    return isinstance(base.support, Interval) and base.support.integer


def places(
    base: Distribution, low: Array, high: Array, log_mass: Array, *, coarse: bool = False
) -> Iterator[tuple[Array, Array]]:
    """Blocks of outcomes within the ends that carry all probability, and their weights.

    Raises:
        SupportError: for more whole numbers than can be added up.
    """
    shape = np.shape(log_mass)
    size = max(12, _BLOCK_ELEMENTS // max(1, int(np.prod(shape))))
    ones = (1,) * len(shape)
    if is_discrete(base):
        first, last = _reach(base, low, high, log_mass)
        count = int(np.max(last - first, initial=0.0)) + 1
        if count > _MOST_TERMS:
            raise base._cannot(f"add up {count} outcomes; estimate it from samples")
        for start in range(0, count, size):
            outcomes = first + np.arange(start, min(start + size, count), dtype=np.float64).reshape(-1, *ones)
            yield outcomes, (outcomes <= last).astype(np.float64)
        return
    levels = (_COARSE if coarse else _FINE).reshape(-1, *ones)
    near = (_NEAR[::6] if coarse else _NEAR).reshape(-1, *ones)
    edges = [base._quantile(levels)]
    for end, sign in ((low, 1), (high, -1)):
        finite = np.where(np.isfinite(end), end, 0.0)
        other = base._log_cdf(finite) if sign == -1 else base._log_sf(finite)
        reach = np.exp(np.minimum(other - base._log_prob(finite), 700.0))
        beyond = finite + sign * near * reach
        edges.append(np.where(np.isfinite(end) & np.isfinite(beyond), beyond, np.nan))
        edges.append(end[None])
    edges.append(np.asarray(base.mode)[None])
    found = np.clip(np.concatenate([np.broadcast_to(part, (len(part), *shape)) for part in edges]), low, high)
    middle = np.where(np.isfinite(low), low, np.where(np.isfinite(high), high, 0.0))
    yield from panels(np.where(np.isnan(found), middle, found), size)


def _reach(base: Distribution, low: Array, high: Array, log_mass: Array) -> tuple[Array, Array]:
    """The whole numbers between which all but a negligible probability lies."""
    first, last = np.floor(low) + 1, np.floor(high)
    support = base.support
    assert isinstance(support, Interval)
    first = np.broadcast_to(np.maximum(first, support.low), np.shape(log_mass))
    last = np.broadcast_to(np.minimum(last, support.high), np.shape(log_mass))
    mode = np.asarray(np.clip(np.floor(base.mode), first, last))
    ends = []
    for end, sign in ((first, -1), (last, 1)):
        at, step = mode.copy(), 1.0
        for _ in range(_DOUBLINGS):
            inner = (at, last) if sign == 1 else (first - 1, at - 1)
            tail = base._log_interval(*map(np.asarray, inner))
            open_end = (tail - log_mass > _NEGLIGIBLE) & (at != end)
            if not open_end.any():
                break
            at = np.where(open_end, np.clip(at + sign * step, first, last), at)
            step *= 2
        ends.append(at)
    return ends[0], ends[1]


def truncated_quantile(base: Distribution, low: Array, high: Array, log_mass: Array, level: Array) -> Array:
    """The smallest outcome of which, within the ends, the level is reached.

    By the base's quantile where the level can be told there, else from the logarithms of the tails.
    """
    shape = np.broadcast_shapes(np.shape(log_mass), level.shape)
    low, high, log_mass, level = (
        np.broadcast_to(array, shape).reshape(-1) for array in (low, high, log_mass, level)
    )
    flat = elements_of(base, shape, np.arange(len(level)))
    below, above = _tails(flat, low, high)
    from_below = np.exp(below) + level * np.exp(log_mass)
    from_above = np.exp(above) + (1 - level) * np.exp(log_mass)
    left = from_below < 0.5
    found = np.asarray(
        flat._quantile(np.clip(np.where(left, from_below, 1 - from_above), 0.0, 1.0)), dtype=np.float64
    )
    inner = (level > 0) & (level < 1)
    if is_discrete(base):
        return _whole(flat, low, high, log_mass, level, np.clip(found, low + 1, high), inner).reshape(shape)
    lost = np.where(left, from_below < _LOST_BELOW, from_above < _LOST_ABOVE)
    hard = np.flatnonzero(inner & lost)
    if len(hard):
        found[hard] = _from_logarithms(
            elements_of(flat, level.shape, hard), *(a[hard] for a in (low, high, log_mass, level))
        )
    support = base.support
    assert isinstance(support, Interval)
    found = np.where(
        level == 0, np.maximum(low, support.low), np.where(level == 1, np.minimum(high, support.high), found)
    )
    return np.clip(found, low, high).reshape(shape)


def _tails(base: Distribution, low: Array, high: Array) -> tuple[Array, Array]:
    """Log-probabilities of what is cut off below and above."""
    below = np.where(np.isneginf(low), -np.inf, base._log_cdf(np.where(np.isneginf(low), 0.0, low)))
    above = np.where(np.isposinf(high), -np.inf, base._log_sf(np.where(np.isposinf(high), 0.0, high)))
    return below, above


def _from_logarithms(base: Distribution, low: Array, high: Array, log_mass: Array, level: Array) -> Array:
    """The root of the truncated log-tails, in a bracket that doubles outwards from the end that is known."""

    def tails(rows: np.ndarray, y: Array) -> tuple[Array, Array]:
        part = elements_of(base, level.shape, rows)
        below = part._log_interval(low[rows], np.clip(y, low[rows], high[rows]))
        above = part._log_interval(np.clip(y, low[rows], high[rows]), high[rows])
        return below - log_mass[rows], above - log_mass[rows]

    def log_prob(rows: np.ndarray, y: Array) -> Array:
        log_prob: Array = elements_of(base, level.shape, rows)._log_prob(np.asarray(y)) - log_mass[rows]
        return log_prob

    everything = np.arange(len(level))
    start = np.where(
        np.isfinite(low), low, np.where(np.isfinite(high), high, base._quantile(np.full(level.shape, 0.5)))
    )
    bottom, top = np.where(np.isfinite(low), low, start), np.where(np.isfinite(high), high, start)
    step = np.spacing(np.abs(start)) + np.asarray(base.quantile(0.75) - base.quantile(0.25)) * 1e-3
    for _ in range(_DOUBLINGS):
        short_above = np.isposinf(high) & (tails(everything, top)[1] > np.log1p(-level))
        short_below = np.isneginf(low) & (tails(everything, bottom)[0] > np.log(level))
        if not (short_above | short_below).any():
            break
        top, bottom = np.where(short_above, top + step, top), np.where(short_below, bottom - step, bottom)
        step = 2 * step
    return invert(tails, log_prob, level, bottom, top)


def _whole(
    base: Distribution, low: Array, high: Array, log_mass: Array, level: Array, guess: Array, inner: BoolArray
) -> Array:
    """The smallest whole number whose truncated cdf reaches the level, by galloping from a guess and bisection."""

    def cdf(k: Array) -> Array:
        return np.exp(base._log_interval(low, k) - log_mass)

    first, last = np.floor(low) + 1, np.floor(high)
    support = base.support
    assert isinstance(support, Interval)
    first, last = np.maximum(first, support.low), np.minimum(last, support.high)
    guess = np.clip(np.where(np.isfinite(guess), guess, first), first, last)
    bottom, top, step = guess.copy(), guess.copy(), 1.0
    for _ in range(_DOUBLINGS):
        above = inner & (cdf(bottom) >= level) & (bottom > first)
        short = inner & (cdf(top) < level) & (top < last)
        if not (above | short).any():
            break
        bottom = np.where(above, np.maximum(bottom - step, first), bottom)
        top = np.where(short, np.minimum(top + step, last), top)
        step *= 2
    found = invert_counts(cdf, level, bottom, top)
    return np.where(level == 0, first, np.where(level == 1, last, found))
