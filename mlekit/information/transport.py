"""Wasserstein distances on the line: how far probability must be moved to turn one distribution into the other.

    W_k(p, q) = (∫₀¹ |Q_p(u) − Q_q(u)|^k du)^(1/k)

with the quantile functions Q: on the line the cheapest plan keeps the order. Of two continuous distributions that is
the k-th mean of |Y − T(Y)| under p with T = Q_q∘F_p; of two discrete ones a sum over the levels at which either jumps;
of one of each an integral between such levels. Villani (2003), Topics in Optimal Transportation, section 2.2.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple, Unpack, overload

import numpy as np

from mlekit.arrays import Array, BoolArray
from mlekit.distributions import Distribution, FiniteSet, Seed
from mlekit.errors import ParameterError
from mlekit.information.answer import SAMPLES, Options, Way, Ways, answer, names_of
from mlekit.information.crossings import distribution_crossings
from mlekit.information.estimate import Estimate, Method
from mlekit.information.outcomes import comparable, is_direction, is_discrete, shape_of
from mlekit.information.registry import find_closed_form
from mlekit.information.rules import Integrand, Rule, leading, sum_rule
from mlekit.information.ways import exact, mapped, rooted, rules_under

__all__ = ["wasserstein"]

_ABOVE_ZERO, _BELOW_ONE = 1e-100, 1 - 2.0**-53
# Levels towards both ends, where quantiles may grow without bounds.
_TAILS = 10.0 ** -np.arange(1.0, 16.0)
_NODES = (12, 20)


@overload
def wasserstein(
    p: Distribution,
    q: Distribution,
    *,
    order: int = 1,
    estimate: Literal[False] = False,
    **options: Unpack[Options],
) -> Array: ...
@overload
def wasserstein(
    p: Distribution, q: Distribution, *, order: int = 1, estimate: Literal[True], **options: Unpack[Options]
) -> Estimate: ...
def wasserstein(
    p: Distribution,
    q: Distribution,
    *,
    order: int = 1,
    method: Method | None = None,
    estimate: bool = False,
    size: int = SAMPLES,
    rng: Seed = 0,
) -> Array | Estimate:
    """W_k(p, q) = (∫ |Q_p(u) − Q_q(u)|^k du)^(1/k): the Wasserstein distance between distributions of numbers.

    A metric in the outcomes' own unit: unlike a divergence it knows how far outcomes are from one another, and compares
    a sample with a density. ``order`` 1 is the area between the distribution functions (the earth mover's distance).

    Args:
        p: a batch of distributions of numbers, or data.
        q: a batch of distributions of numbers, or data, broadcast against p's.
        order: k, 1 or 2.
        method: ``closed_form``, ``exact_sum``, ``quadrature`` or ``monte_carlo``; the first that exists if None.
        estimate: whether to return an `Estimate`, which knows error and method.
        size: how many samples Monte Carlo takes.
        rng: a NumPy generator or a seed, for Monte Carlo.

    Returns:
        Array of the broadcast batch shape, or an `Estimate`; +inf where a moment of that order does not exist.

    Raises:
        ParameterError: for labels, distributions of several variables, an order other than 1 and 2, shapes that do not
            broadcast, or a method that does not exist here.
        AccuracyError: if numerical ways do not reach six digits and no `Estimate` was asked for.

    Vallender (1974), Calculation of the Wasserstein distance between probability distributions on the line.

    >>> from mlekit.distributions import Empirical, Gaussian
    >>> float(wasserstein(Empirical([0.0, 1.0, 3.0]), Empirical([5.0, 6.0, 8.0])))
    5.0
    >>> float(wasserstein(Gaussian(loc=0.0, scale=1.0), Gaussian(loc=3.0, scale=5.0), order=2))
    5.0

    """
    if order not in (1, 2):
        raise ParameterError(f"order: the Wasserstein distance is of order 1 or 2 here, not {order!r}")
    what = f"Wasserstein distance of order {order} of {names_of(p, q)}"
    p, q = comparable(p, q)
    for name, d in (("p", p), ("q", q)):
        _refuse_without_distance(name, d)
    return answer(
        _wasserstein_ways(p, q, order, size, rng),
        what,
        lambda value: _explain(value, order),
        method=method,
        estimate=estimate,
    )


def _explain(value: Array, order: int) -> str | None:
    moment = "mean" if order == 1 else "variance"
    return f"p or q has no finite {moment}" if np.isinf(value).any() else None


def _refuse_without_distance(name: str, d: Distribution) -> None:
    support = d.support
    if isinstance(support, FiniteSet) and support.values.dtype.kind not in "iuf":
        raise ParameterError(
            f"{name} ({type(d).__name__}) has labels for outcomes, between which there is no distance; "
            "total_variation compares them"
        )
    if is_direction(d):
        raise ParameterError(
            f"{name} ({type(d).__name__}) has directions for outcomes, whose distance goes around the circle and is "
            "not that of numbers; total_variation compares them"
        )


def _wasserstein_ways(p: Distribution, q: Distribution, order: int, size: int, rng: Seed) -> Ways:
    shape = shape_of(p, q)
    ways: dict[Method, Way] = {}
    form = find_closed_form(p, q, of="wasserstein", order=order)
    if form is not None:
        ways["closed_form"] = exact(form, shape)
    if p.event_shape:
        if form is None:
            raise ParameterError(
                f"the Wasserstein distance of order {order} between vectors has no closed form for {type(p).__name__} "
                f"and {type(q).__name__}, and is computed on the line only; compare their coordinates one by one"
            )
        return ways
    if is_discrete(p) and is_discrete(q):
        ways["exact_sum"] = _root(lambda: _between_atoms(_atoms(p, shape), _atoms(q, shape), order), order)
    elif is_discrete(p) != is_discrete(q):
        discrete, continuous = (p, q) if is_discrete(p) else (q, p)
        ways["quadrature"] = _root(lambda: _to_density(_atoms(discrete, shape), continuous, order), order)
    else:
        for method, rule in rules_under(
            p, q, size=size, rng=rng, kinks=partial(distribution_crossings, p, q)
        ).items():
            ways[method] = _root(_transport(rule, p, q, order, shape, sampled=method == "monte_carlo"), order)
    # By the triangle inequality: from an infinite moment to a finite one there is no finite way.
    apart = np.broadcast_to(_lacks_moment(p, order) != _lacks_moment(q, order), shape)
    return {method: mapped(way, lambda v: np.where(apart, np.inf, v)) for method, way in ways.items()}


def _lacks_moment(p: Distribution, order: int) -> BoolArray:
    """Whether the mean of |Y|, or of Y² for order 2, is infinite."""
    with np.errstate(all="ignore"):
        return np.asarray(~np.isfinite(p.mean if order == 1 else p.variance))


def _root(way: Way, order: int) -> Way:
    return way if order == 1 else rooted(way)


def _transport(
    rule: Callable[[], Rule],
    p: Distribution,
    q: Distribution,
    order: int,
    shape: tuple[int, ...],
    *,
    sampled: bool,
) -> Way:
    """E_p[|Y − T(Y)|^k]; levels above 1 − 2^−53 are not told apart, and what that may cost is in the error."""

    def cost(outcomes: np.ndarray) -> Array:
        level = np.minimum(np.asarray(p.cdf(outcomes)), _BELOW_ONE)
        moved = np.asarray(outcomes - np.asarray(q.quantile(np.maximum(level, _ABOVE_ZERO))))
        distance: Array = np.abs(moved)[None] ** order
        return distance

    def way() -> tuple[Array, Array]:
        value, error = rule().expect(Integrand(cost), shape)
        last = np.abs(np.asarray(p.quantile(1 - 1e-15)) - np.asarray(q.quantile(1 - 1e-15))) ** order
        tail = 0.0 if sampled else 1e-14 * last
        return value[0], np.asarray(error[0] + tail)

    return way


class Atoms(NamedTuple):
    """A discrete distribution, in order: values and the levels at which each ends, of shape (count, *batch)."""

    values: Array
    ends: Array


def _atoms(p: Distribution, shape: tuple[int, ...]) -> Atoms:
    parts = [
        np.broadcast_arrays(np.asarray(outcomes, dtype=np.float64), np.exp(log_weights))
        for outcomes, log_weights in sum_rule(p).terms(shape)
    ]
    values, weights = (
        np.concatenate([np.broadcast_to(part[i], (len(part[i]), *shape)) for part in parts]) for i in (0, 1)
    )
    order = np.argsort(values, axis=0, kind="stable")
    values, weights = (np.take_along_axis(array, order, axis=0) for array in (values, weights))
    ends = np.cumsum(weights, axis=0)
    return Atoms(values, ends / ends[-1:])


def _merged(p: Atoms, *others: Array) -> tuple[Array, Array, Array]:
    """The levels of an atomic distribution and others, sorted, and for each cell between them its width and atom."""
    levels = np.concatenate([p.ends[:-1], *others, np.zeros_like(p.ends[:1]), np.ones_like(p.ends[:1])])
    order = np.argsort(levels, axis=0, kind="stable")
    edges = np.clip(np.take_along_axis(levels, order, axis=0), 0.0, 1.0)
    passed = np.cumsum((order < len(p.ends) - 1).astype(np.int64), axis=0)[:-1]
    return edges, np.diff(edges, axis=0), np.take_along_axis(p.values, passed, axis=0)


def _between_atoms(p: Atoms, q: Atoms, order: int) -> tuple[Array, Array]:
    _, width, from_p = _merged(p, q.ends[:-1])
    _, _, from_q = _merged(q, p.ends[:-1])
    value = (width * np.abs(from_p - from_q) ** order).sum(axis=0)
    return value, np.zeros_like(value)


def _to_density(p: Atoms, q: Distribution, order: int) -> tuple[Array, Array]:
    """∫ |x(u) − Q(u)|^k du cell by cell; a cell ends also where Q passes its atom, so that no kink is inside."""
    count, ndim = len(p.values), p.values.ndim - 1
    tails = np.broadcast_to(
        leading(np.concatenate([_TAILS, 1 - _TAILS]), ndim), (2 * len(_TAILS), *p.values.shape[1:])
    )
    starts = np.concatenate([np.zeros_like(p.ends[:1]), p.ends[:-1]])
    kinks = np.clip(np.asarray(q.cdf(p.values)), starts, p.ends)
    assert len(kinks) == count
    edges, width, atom = _merged(p, kinks, tails)
    sums = []
    for nodes in _NODES:
        place, weight = np.polynomial.legendre.leggauss(nodes)
        total = np.zeros(p.values.shape[1:])
        for x, w in zip(0.5 * (place + 1), 0.5 * weight, strict=True):
            level = np.clip(edges[:-1] + x * width, _ABOVE_ZERO, _BELOW_ONE)
            distance = np.abs(atom - np.asarray(q.quantile(level))) ** order
            total = total + w * np.where(width > 0, width * distance, 0.0).sum(axis=0)
        sums.append(total)
    outermost = np.abs(p.values[-1] - np.asarray(q.quantile(1 - 1e-15))) ** order
    return np.asarray(sums[1]), np.asarray(np.abs(sums[1] - sums[0]) + 1e-14 * outermost)
