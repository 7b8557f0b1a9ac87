"""Probabilities of intervals, log P(a < Y ≤ b), and their derivatives in a distribution's coordinates.

The probability is the difference of two values of the cdf or of the survival function, or what is missing to one
beside the two tails: that of the three is taken which loses the fewest digits, so that an interval far out in either
tail is as exact as one in the middle. Where the ends lie so close that each of them cancels, the density is
integrated between them, or the masses are added up.

The derivative is the expected score within the interval (Fisher's identity), ∂ log P/∂ξ = E[s(Y) | a < Y ≤ b]. With
the drift g(y) of a family, ∂F(y)/∂ξ = −p(y)·g(y), which for continuous families is how fast a coordinate moves the
outcome of a given level, it is

    ∂ log P/∂ξ = (p(a)·g(a) − p(b)·g(b))/P.

A family without drifts in closed form is differentiated numerically, by central differences of fourth order over a
small share of a coordinate's standard unit, 1/√information: some ten digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mlekit.arrays import Array, BoolArray
from mlekit.distributions.domain import Interval
from mlekit.distributions.special import log1mexp

if TYPE_CHECKING:
    from mlekit.distributions.distribution import Distribution
    from mlekit.distributions.parameter import Parameter

__all__ = ["interval_curvature", "interval_score", "log_interval"]

# Where an interval holds less than this share of the smaller of what lies below its end or above its start, their
# difference has lost two digits; Gauss's rule on so short a stretch of a density has fifteen.
_NARROW = 0.02
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(10)
_MOST_MASSES = 32
_STEP = 4e-3  # with an error of its fourth power
_SHORT_STEP = 2e-4  # with one of its square
_LONGEST_STEP = 1e-2
_LEAST_SHARE = 1e-3
# Places within an interval are taken together up to so many numbers: a call takes longer than a few of them.
_TOGETHER = 2**16


class _Interval(NamedTuple):
    """An interval with its ends' log-tails, its log-probability, and where that is to be added up within."""

    low: Array
    high: Array
    below: tuple[Array, Array]
    above: tuple[Array, Array]
    log_mass: Array
    narrow: BoolArray


@np.errstate(all="ignore")
def log_interval(p: Distribution, low: Array, high: Array) -> Array:
    """Log P(low < Y ≤ high); −inf for an empty interval.

    Args:
        p: a batch of distributions of numbers.
        low: below all outcomes of the interval; −inf for none.
        high: the greatest outcome of the interval; inf for none.
    """
    interval = _interval(p, low, high)
    log_mass, narrow = interval.log_mass, interval.narrow
    if narrow.any():
        inside, _ = _between(p, np.where(narrow, interval.low, interval.high), interval.high)
        log_mass = np.where(narrow, inside, log_mass)
    return np.where(interval.low < interval.high, log_mass, -np.inf)


@np.errstate(all="ignore")
def interval_score(p: Distribution, low: Array, high: Array) -> tuple[Array, ...]:
    """∂ log P(low < Y ≤ high)/∂ξ, an array for each predicted coordinate."""
    interval = _interval(p, low, high)
    into = _flows(p, interval.low, (interval.below[0], interval.above[0]), interval.log_mass)
    out = _flows(p, interval.high, (interval.below[1], interval.above[1]), interval.log_mass)
    score: list[Array | None] = [
        None if a is None or b is None else a - b for a, b in zip(into, out, strict=True)
    ]
    missing = [j for j, part in enumerate(score) if part is None]
    narrow = interval.narrow
    if narrow.any():
        inside = _between(p, np.where(narrow, interval.low, interval.high), interval.high)[1]
        score = [
            None if whole is None else np.where(narrow, part, whole)
            for part, whole in zip(inside, score, strict=True)
        ]
    if missing:
        place = p._with_coordinates, p._coordinates(), p._kind().predicted
        found = _differences(
            *place, _units(p), lambda at: (log_interval(at, low, high),), missing, fine=True
        )[0]
        for j, part in zip(missing, found, strict=True):
            score[j] = part
    return tuple(part for part in score if part is not None)


@np.errstate(all="ignore")
def interval_curvature(
    at: Callable[..., Distribution],
    coordinates: Sequence[Array],
    predicted: Sequence[Parameter],
    low: Array,
    high: Array,
) -> Array:
    """A positive definite matrix near −∂² log P/∂ξ², of shape (*batch, k, k), for a step of Newton's method.

    By Louis (1982) −∂² log P is what the score's slope within the interval is expected to be, less what the interval
    hides. It is taken by differences of the score. What is negative in it, where log P is not concave, is replaced by
    a small share of the Fisher information of an outcome that is seen.

    Args:
        at: from coordinates to the batch there.
        coordinates: where the batch is.
        predicted: the parameters that they belong to.
        low: below all outcomes of the interval.
        high: the greatest outcome of the interval.
    """
    units, k = _units(at(*coordinates)), len(coordinates)

    def score(p: Distribution) -> tuple[Array, ...]:
        return p._interval_score(low, high)

    parts = _differences(at, coordinates, predicted, units, score, range(k), fine=False)
    shape = np.broadcast_shapes(low.shape, high.shape, units.shape[:-1])
    hessian = np.empty((*shape, k, k))
    for i, row in enumerate(parts):
        for j, part in enumerate(row):
            hessian[..., i, j] = part
    hessian = np.nan_to_num(-0.5 * (hessian + np.swapaxes(hessian, -1, -2)), posinf=0.0, neginf=0.0)
    values, vectors = np.linalg.eigh(hessian * (units[..., :, None] * units[..., None, :]))
    half = vectors * np.sqrt(np.maximum(values, _LEAST_SHARE))[..., None, :] / units[..., :, None]
    curvature: Array = half @ np.swapaxes(half, -1, -2)
    return curvature


def _is_discrete(p: Distribution) -> bool:
    return not isinstance(p.support, Interval) or p.support.integer


# ---- values at the ends -----------------------------------------------------------------------------------


def _interval(p: Distribution, low: Array, high: Array) -> _Interval:
    low, high = np.broadcast_arrays(low, high)
    if _is_discrete(p):
        low, high = np.floor(low), np.floor(high)  # between whole numbers there is nothing
    (below_low, above_low), (below_high, above_high) = _log_tails(p, low), _log_tails(p, high)
    outside = np.logaddexp(below_low, above_high)
    log_mass = np.where(
        (outside < below_high) & (outside < above_low),
        log1mexp(np.minimum(outside, 0.0)),
        np.where(
            below_high < above_low,
            _log_difference(below_high, below_low),
            _log_difference(above_low, above_high),
        ),
    )
    narrow = _narrow(p, low, high, log_mass, np.minimum(below_high, above_low))
    return _Interval(low, high, (below_low, below_high), (above_low, above_high), log_mass, narrow)


def _finite(end: Array) -> Array:
    return np.where(np.isfinite(end), end, 0.0)


def _log_tails(p: Distribution, end: Array) -> tuple[Array, Array]:
    """Log P(Y ≤ end) and log P(Y > end), also where the end is infinite."""
    infinite = np.isinf(end)
    below, above = np.where(end > 0, 0.0, -np.inf), np.where(end > 0, -np.inf, 0.0)
    if infinite.all():
        shape = np.broadcast_shapes(end.shape, p.batch_shape)
        return np.broadcast_to(below, shape), np.broadcast_to(above, shape)
    inner = _finite(end)
    return (
        np.where(infinite, below, np.minimum(p._said("_log_cdf", inner), 0.0)),
        np.where(infinite, above, np.minimum(p._said("_log_sf", inner), 0.0)),
    )


def _log_difference(larger: Array, smaller: Array) -> Array:
    """log(exp(larger) − exp(smaller)); of nothing and nothing it is nothing."""
    nothing = np.isneginf(larger)
    difference: Array = larger + log1mexp(np.where(nothing, -np.inf, np.minimum(smaller - larger, 0.0)))
    return np.where(nothing, -np.inf, difference)


def _flows(p: Distribution, end: Array, tails: tuple[Array, Array], log_mass: Array) -> list[Array | None]:
    """p(end)·g(end)/P; nothing flows where there is no probability on one side of the end."""
    inner = _finite(end)
    place = np.asarray(np.floor(inner)) if _is_discrete(p) else inner
    moves = np.isfinite(tails[0]) & np.isfinite(tails[1]) & np.isfinite(log_mass)
    density = (
        np.exp(np.where(moves, p._log_prob(place) - log_mass, -np.inf)) if moves.any() else 0.0 * log_mass
    )
    moves = moves & (density > 0)
    return [None if part is None else np.where(moves, density * part, 0.0) for part in p._drift(place)]


# ---- narrow intervals -------------------------------------------------------------------------------------


def _narrow(p: Distribution, low: Array, high: Array, log_mass: Array, smaller: Array) -> BoolArray:
    """Where the probability is to be added up within the interval."""
    narrow = np.asarray((low < high) & np.isfinite(low) & np.isfinite(high) & np.isfinite(smaller))
    if _is_discrete(p):
        return np.asarray(narrow & (np.floor(high) - np.floor(low) <= _MOST_MASSES))
    return np.asarray(narrow & (log_mass < smaller + np.log(_NARROW)))


def _between(p: Distribution, low: Array, high: Array) -> tuple[Array, list[Array]]:
    """Log P and the expected score by adding up between two ends; of no interest where they are the same."""
    shape = np.broadcast_shapes(np.shape(low), np.shape(high), p.batch_shape)
    low, high = (np.broadcast_to(_finite(end), shape) for end in (low, high))
    if _is_discrete(p):
        first = np.floor(low) + 1
        count = np.floor(high) - first + 1
        steps = np.arange(int(np.max(count, initial=0.0)), dtype=np.float64)
        places = [(first + k, np.asarray(k < count, dtype=np.float64)) for k in _groups(steps, shape)]
    else:
        # A kink of the density would spoil the rule: it can only be at the mode.
        middle = np.clip(np.where(np.isfinite(p.mode), p.mode, low), low, high)
        rule = np.stack([_NODES, _WEIGHTS], axis=1)
        places = [
            (start + 0.5 * (end - start) * (1 + part[:, 0]), 0.5 * (end - start) * part[:, 1])
            for start, end in ((low, middle), (middle, high))
            for part in _groups(rule, shape)
        ]
    log_probs = [np.where(weight > 0, p._log_prob(y), -np.inf) for y, weight in places]
    top = np.max([part.max(axis=0) for part in log_probs], axis=0)
    base = np.where(np.isfinite(top), top, 0.0)
    total, sums = np.zeros(shape), [np.zeros(shape) for _ in p._kind().predicted]
    for (y, weight), log_prob in zip(places, log_probs, strict=True):
        mass = weight * np.exp(log_prob - base)
        total = total + mass.sum(axis=0)
        if sums:
            parts = [np.where(mass > 0, mass * part, 0.0).sum(axis=0) for part in p._score(y)]
            sums = [whole + part for whole, part in zip(sums, parts, strict=True)]
    return base + np.log(total), [part / total for part in sums]


def _groups(steps: Array, shape: tuple[int, ...]) -> list[Array]:
    """Numbers of each step, to be met by a batch of this shape: together in a small one, one by one in a large one."""
    size = max(1, _TOGETHER // max(1, math.prod(shape)))
    spread = steps.reshape(*steps.shape, *(1 for _ in shape))
    return [spread[start : start + size] for start in range(0, len(steps), size)]


# ---- differences ------------------------------------------------------------------------------------------


def _units(p: Distribution) -> Array:
    """Each coordinate's standard unit, 1/√information, on the last axis."""
    information = np.diagonal(p._information(), axis1=-2, axis2=-1)
    return np.asarray(1 / np.sqrt(np.where(information > 0, information, 1.0)))


def _differences(
    at: Callable[..., Distribution],
    coordinates: Sequence[Array],
    predicted: Sequence[Parameter],
    units: Array,
    function: Callable[[Distribution], tuple[Array, ...]],
    of: Sequence[int],
    *,
    fine: bool,
) -> list[tuple[Array, ...]]:
    """The derivatives of each part of a function of the batch: a list by parts, a tuple by these coordinates.

    Central differences of second order or, if they are to be ``fine``, of fourth.
    """
    by_coordinate = []
    for j in of:
        size = (_STEP if fine else _SHORT_STEP) * units[..., j]
        if predicted[j].unit != "location":  # of a logarithm or log-odds, however little it matters
            size = np.minimum(size, _LONGEST_STEP)

        def moved(steps: float, j: int = j, size: Array = size) -> tuple[Array, ...]:
            return function(at(*(xi + steps * size if i == j else xi for i, xi in enumerate(coordinates))))

        parts = [(a - b) / (2 * size) for a, b in zip(moved(1), moved(-1), strict=True)]
        if fine:
            far = [(a - b) / (4 * size) for a, b in zip(moved(2), moved(-2), strict=True)]
            parts = [(4 * a - b) / 3 for a, b in zip(parts, far, strict=True)]
        by_coordinate.append(parts)
    return [tuple(parts) for parts in zip(*by_coordinate, strict=True)]
