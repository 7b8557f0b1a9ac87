"""Where a function of one variable crosses a level or is greatest, and its integral, for a whole batch at once.

Conventions. Functions take arrays of the batch's shape, or with more axes in front, and return the same. All that is
asked of them is that a cdf does not fall; steps of Newton's method, where there is a density, only save evaluations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from mlekit.arrays import Array

__all__ = ["invert", "invert_counts", "panels", "peak"]

Map = Callable[[Array], Array]
Slope = Callable[[np.ndarray, Array], Array]
Tails = Callable[[np.ndarray, Array], tuple[Array, Array]]

_ORDINARY_STEPS = 60
_MOST_STEPS = 400
_POINTS = 32
_ZOOMS = 12
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)


def invert(tails: Tails, log_prob: Slope, level: Array, low: Array, high: Array) -> Array:
    """The smallest y in [low, high] whose cdf reaches the level, by Newton's method safeguarded by bisection.

    Equations are solved for the logarithm of the smaller tail. Every fourth step halves the bracket, and after many
    steps the number of floats in it, whatever their size, so that 256 more always suffice. Elements that are solved
    are not evaluated again.

    Args:
        tails: (positions, y) -> log P(Y ≤ y) and log P(Y > y) of the elements at these positions.
        log_prob: (positions, y) -> their log-density.
        level: in (0, 1), of shape (elements,).
        low: a y whose cdf does not exceed the level, of that shape.
        high: a y whose cdf reaches it.
    """
    y, low, high = 0.5 * low + 0.5 * high, low.copy(), high.copy()
    # Where the equation holds up to the rounding of its logarithms and y would hardly move any more, it is solved.
    hardly = 1e-9 * (0.5 * high - 0.5 * low)
    active = np.arange(len(y))
    for step in range(_MOST_STEPS):
        at, left = y[active], level[active] < 0.5
        target = np.where(left, np.log(level[active]), np.log1p(-level[active]))
        tail = np.where(left, *tails(active, at))
        excess = np.where(left, tail - target, target - tail)
        bottom = np.where(excess < 0, at, low[active])
        top = np.where(excess < 0, high[active], at)
        newton = at - excess * np.exp(tail - log_prob(active, at))
        move = np.abs(newton - at)
        holds = np.abs(excess) <= 4 * np.finfo(np.float64).eps * (1 + np.abs(target))
        solved = (move <= 4 * np.spacing(np.abs(at))) | (holds & (move <= hardly[active]))
        closed = np.nextafter(bottom, top) >= top
        inside = (newton > bottom) & (newton < top) & (step % 4 < 3)
        middle = 0.5 * bottom + 0.5 * top if step < _ORDINARY_STEPS else _middle(bottom, top)
        # Where the bracket has closed without a slope to follow, its upper end is the first to reach the level.
        y[active] = np.where(closed, top, np.where(solved, at, np.where(inside, newton, middle)))
        low[active], high[active] = bottom, top
        active = active[~(solved | closed)]
        if not len(active):
            break
    return y


def _middle(low: Array, high: Array) -> Array:
    """The float that has as many floats above it up to ``high`` as below it down to ``low``."""
    first, last = (_rank(end) for end in (low, high))
    rank = (first >> 1) + (last >> 1) + (first & last & 1)
    bits = np.where(rank < 0, np.iinfo(np.int64).min - rank, rank)
    return np.asarray(bits).view(np.float64)


def _rank(y: Array) -> np.ndarray:
    """Integers in the order of the floats."""
    bits = np.array(y, dtype=np.float64).view(np.int64)
    return np.where(bits < 0, np.iinfo(np.int64).min - bits, bits)


def invert_counts(cdf: Map, level: Array, low: Array, high: Array) -> Array:
    """The smallest whole number in [low, high] whose cdf reaches the level, by bisection.

    >>> invert_counts(lambda k: 1 - 0.5 ** (k + 1), np.array([0.5, 0.6]), np.zeros(2), np.full(2, 64.0))
    array([0., 1.])
    """
    while ((high > low) & (np.nextafter(low, high) < high)).any():
        middle = np.asarray(low + np.floor((high - low) / 2))
        reached = cdf(middle) >= level
        low, high = np.where(reached, low, np.minimum(middle + 1, high)), np.where(reached, middle, high)
    return high


def peak(height: Map, candidates: Array, *, whole: bool) -> Array:
    """Where a function is greatest between candidates: a grid that holds them, and finer ones about its best point.

    Args:
        height: the function.
        candidates: places on the first axis, the batch after it.
        whole: whether only whole numbers count.
    """
    ordered = np.sort(candidates, axis=0)
    low, high, gaps = ordered[0], ordered[-1], np.diff(ordered, axis=0)
    share = (np.arange(_POINTS) / _POINTS).reshape(-1, *(1,) * ordered.ndim)
    grid = _merged(ordered[:-1] + share * gaps)
    best = _best(height, np.concatenate([ordered, np.rint(grid) if whole else grid]))
    reach = gaps.max(axis=0, initial=0.0) / _POINTS
    around = np.linspace(-1, 1, _POINTS + 1).reshape(-1, *(1,) * low.ndim)
    for _ in range(_ZOOMS):
        grid = np.clip(best + reach * around, low, high)
        best = _best(height, np.concatenate([best[None], np.rint(grid) if whole else grid]))
        reach = reach * 4 / _POINTS
    return best


def _merged(places: Array) -> Array:
    """The first two axes as one."""
    return places.reshape(places.shape[0] * places.shape[1], *places.shape[2:])


def _best(height: Map, places: Array) -> Array:
    top = np.argmax(height(places), axis=0)
    best: Array = np.take_along_axis(places, top[None], axis=0)[0]
    return best


def panels(edges: Array, size: int) -> Iterator[tuple[Array, Array]]:
    """Gauss-Legendre nodes and weights between neighbours among edges, in blocks of about ``size`` nodes.

    Args:
        edges: places on the first axis, the batch after it; without NaN. What lies beyond the finite ones is left out.
        size: how many nodes a block has.
    """
    edges = np.sort(edges, axis=0)
    ones = (1,) * (edges.ndim - 1)
    nodes, weights = (rule.reshape(-1, *ones) for rule in (_NODES, _WEIGHTS))
    step = max(1, size // len(_NODES))
    for start in range(0, len(edges) - 1, step):
        ends = edges[start : start + step + 1]
        half = 0.5 * ends[1:] - 0.5 * ends[:-1]
        finite = np.isfinite(half)[:, None]
        # A panel that is not finite has no weight; its nodes only have to be numbers.
        half, left = np.where(finite, half[:, None], 0.0), np.where(np.isfinite(ends[:-1]), ends[:-1], 0.0)
        inner = left[:, None] + half * (1 + nodes)
        yield _merged(inner), _merged(half * weights)
