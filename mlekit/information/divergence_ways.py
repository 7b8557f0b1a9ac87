"""The ways of divergences: each is E_p[g(δ)], δ = log q/p, by whichever rule there is, or a closed form."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from mlekit.arrays import Array
from mlekit.distributions import Distribution, ExponentialFamily, FiniteSet, Independent, Interval, Seed
from mlekit.errors import ParameterError
from mlekit.information.answer import Way, Ways
from mlekit.information.crossings import density_crossings
from mlekit.information.estimate import Method
from mlekit.information.exponential_forms import are_members, renyi_of_members
from mlekit.information.generators import Generator, Power, Shortfall
from mlekit.information.outcomes import comparable, is_discrete, shape_of
from mlekit.information.products import are_products, summed
from mlekit.information.ratios import LogRatio, LogRatioToMean
from mlekit.information.registry import find_closed_form
from mlekit.information.rules import Integrand, Rule, sum_rule
from mlekit.information.vectors import is_listed
from mlekit.information.ways import closed_divergence, constant, exact, known, mapped, rules_under

__all__ = [
    "divergence_ways",
    "jensen_shannon_ways",
    "renyi_ways",
    "total_variation_ways",
    "tsallis_ways",
]

_LOG_2 = float(np.log(2.0))
# Mean square of log(q/p) up to which a divergence is summed from terms that are ≥ 0.
_NEARLY_EQUAL = 0.01
_EPSILON = float(np.finfo(np.float64).eps)
# In units of the rounding of log-probabilities: what their difference may be off by.
_MOST_ROUNDING = 64.0
# −log of the smallest float: what is known of a logarithm where its argument has underflowed.
_UNDERFLOW = 745.0


def divergence_ways(p: Distribution, q: Distribution, size: int, rng: Seed) -> Ways:
    """The ways of KL(p‖q); +inf where one is discrete and the other continuous."""
    if isinstance(p, Independent) and isinstance(q, Independent) and are_products(p, q):
        return summed(divergence_ways(*comparable(p.base, q.base), size, rng), p.axes)
    shape = shape_of(p, q)
    if is_discrete(p) != is_discrete(q):
        return {"closed_form": constant(np.inf, shape)}
    ways: dict[Method, Way] = {}
    form = closed_divergence(p, q)
    if form is not None:
        ways["closed_form"] = exact(form, shape)
    for method, rule in rules_under(p, q, size=size, rng=rng).items():
        ways[method] = _expected(rule, LogRatio(p, q), shape, Power(1.0))
    return ways


def jensen_shannon_ways(p: Distribution, q: Distribution, size: int, rng: Seed) -> Ways:
    """The ways of ½ KL(p‖m) + ½ KL(q‖m); log 2 where one is discrete and the other continuous."""
    shape = shape_of(p, q)
    if is_discrete(p) != is_discrete(q):
        return {"closed_form": constant(_LOG_2, shape)}
    generator = np.random.default_rng(rng)
    from_p, from_q = (
        rules_under(first, second, size=size, rng=generator) for first, second in ((p, q), (q, p))
    )
    ways: dict[Method, Way] = {}
    form = find_closed_form(p, q, of="js")
    if form is not None:
        ways["closed_form"] = exact(form, shape)
    for method in (method for method in from_p if method in from_q):
        ways[method] = _mean_of(
            _expected(from_p[method], LogRatioToMean(p, q), shape, Power(1.0)),
            _expected(from_q[method], LogRatioToMean(q, p), shape, Power(1.0)),
            independent=method == "monte_carlo",
        )
    return ways


def total_variation_ways(p: Distribution, q: Distribution, size: int, rng: Seed) -> Ways:
    """The ways of E_p[max(1 − q/p, 0)]; 1 where one is discrete and the other continuous."""
    shape = shape_of(p, q)
    if is_discrete(p) != is_discrete(q):
        return {"closed_form": constant(1.0, shape)}
    ways: dict[Method, Way] = {}
    form = find_closed_form(p, q, of="total_variation")
    if form is not None:
        ways["closed_form"] = exact(form, shape)
    for method, rule in rules_under(p, q, size=size, rng=rng, kinks=partial(density_crossings, p, q)).items():
        ways[method] = mapped(
            _expected(rule, LogRatio(p, q), shape, Shortfall()), lambda value: np.minimum(value, 1.0)
        )
    return ways


def tsallis_ways(p: Distribution, q: Distribution, alpha: float, size: int, rng: Seed) -> Ways:
    """The ways of (E_p[(p/q)^(α−1)] − 1)/(α − 1) for finite α; those of KL for α = 1."""
    if alpha == 1:
        return divergence_ways(p, q, size, rng)
    rest = 1 - alpha
    if are_products(p, q):
        return {
            method: mapped(way, lambda r: -np.expm1(-rest * r) / rest, lambda r: np.exp(-rest * r))
            for method, way in renyi_ways(p, q, alpha, size, rng).items()
        }
    shape = shape_of(p, q)
    most = 1 / rest if alpha < 1 else np.inf
    if is_discrete(p) != is_discrete(q):
        return {"closed_form": constant(most, shape)}
    ways: dict[Method, Way] = {}
    form = _closed_renyi(p, q, alpha)
    if form is not None:
        known = form
        ways["closed_form"] = exact(lambda: -np.expm1(-rest * known()) / rest, shape)
    for method, rule in rules_under(p, q, size=size, rng=rng).items():
        ways[method] = mapped(
            _expected(rule, LogRatio(p, q), shape, Power(alpha)), lambda value: np.minimum(value, most)
        )
    return ways


def renyi_ways(p: Distribution, q: Distribution, alpha: float, size: int, rng: Seed) -> Ways:
    """The ways of log E_p[(p/q)^(α−1)]/(α − 1): those of KL for α = 1, the greatest log p/q for α = ∞."""
    if alpha == 1:
        return divergence_ways(p, q, size, rng)
    if isinstance(p, Independent) and isinstance(q, Independent) and are_products(p, q):
        return summed(renyi_ways(*comparable(p.base, q.base), alpha, size, rng), p.axes)
    shape = shape_of(p, q)
    if is_discrete(p) != is_discrete(q):
        return {"closed_form": constant(np.inf, shape)}
    ways: dict[Method, Way] = {}
    form = _closed_renyi(p, q, alpha)
    if form is not None:
        ways["closed_form"] = exact(form, shape)
    if np.isinf(alpha):
        listed = isinstance(p.support, FiniteSet) or is_listed(p.support)
        if not listed and not ways:
            raise ParameterError(
                f"the Rényi divergence of order inf of {type(p).__name__} and {type(q).__name__} is the greatest "
                "log p/q over infinitely many outcomes, and has no closed form here; take a large finite alpha"
            )
        if listed:
            ways["exact_sum"] = exact(lambda: _greatest_log_ratio(p, q, shape), shape)
        return ways
    for method, rule in rules_under(p, q, size=size, rng=rng).items():
        ways[method] = _renyi(rule, LogRatio(p, q), shape, alpha)
    return ways


def _closed_renyi(p: Distribution, q: Distribution, alpha: float) -> Callable[[], Array] | None:
    """A registered form, else that of one exponential family; of order 0, −log of what q gives to p's support."""
    form = find_closed_form(p, q, of="renyi", order=alpha)
    if (
        form is None
        and isinstance(p, ExponentialFamily)
        and isinstance(q, ExponentialFamily)
        and are_members(p, q)
    ):
        form = partial(renyi_of_members, p, q, alpha)
    if form is not None:
        return known(form)
    if alpha != 0 or is_discrete(p):
        return None
    support = p.support
    if not isinstance(support, Interval):
        return None

    def log_missed() -> Array:
        shape = shape_of(p, q)
        low, high = (np.broadcast_to(bound, shape) for bound in (support.low, support.high))
        missed = np.where(np.isneginf(low), 0.0, q.cdf(low)) + np.where(
            np.isposinf(high), 0.0, np.exp(q.log_sf(high))
        )
        return np.asarray(0.0 - np.log1p(-np.minimum(missed, 1.0)))

    return log_missed


def _greatest_log_ratio(p: Distribution, q: Distribution, shape: tuple[int, ...]) -> Array:
    greatest: Array = np.full(shape, -np.inf)
    for outcomes, log_weights in sum_rule(p).terms(shape):
        delta, _ = LogRatio(p, q).of(outcomes)
        largest = np.where(np.isneginf(log_weights), -np.inf, -delta).max(axis=0)
        greatest = np.maximum(greatest, largest)
    return np.maximum(greatest, 0.0)


def _expected(rule: Callable[[], Rule], ratio: LogRatio, shape: tuple[int, ...], g: Generator) -> Way:
    """E_p[g(δ)]; for nearly equal arguments E_p[g(δ) + c·(e^δ − 1)], whose terms are ≥ 0.

    The two agree if all of q's probability lies where p's does, for then E_p[e^δ − 1] = 0. That balance is looked
    at: what q puts elsewhere is missing in it. It need not be closer to 0 than the rounding of the log-probabilities.
    """

    def values(outcomes: np.ndarray) -> Array:
        delta, size = ratio.of(outcomes)
        slope = g.slope(delta)
        rounding = np.where(slope == 0, 0.0, slope * size)
        return np.stack([g.direct(delta), g.excess(delta), np.expm1(delta), np.square(delta), rounding])

    def beyond(start: Array, end: Array) -> Array:
        mass_p, mass_q = ratio.masses_beyond(start, end)
        unknown = np.full(shape, np.nan)
        known = (g.bound(mass_p, mass_q), unknown, mass_p + mass_q, unknown, unknown)
        return np.stack([np.broadcast_to(bound, shape) for bound in known])

    def way() -> tuple[Array, Array]:
        integrand = Integrand(values, lambda outcomes: g.log_size(ratio.of(outcomes)[0]), beyond)
        value, error = rule().expect(integrand, shape)
        direct, excess, balance, square, size = value
        if np.isposinf(g.direct(np.array(-np.inf))):
            direct = np.where(ratio.left_out(), np.inf, direct)
        rounding = _EPSILON * size
        # What log-probabilities have lost inside is more than their own size tells; where nothing can be missing in
        # the balance, it may be.
        unseen = np.where(ratio.may_exceed(), rounding, _MOST_ROUNDING * rounding)
        near = (np.abs(balance) <= 4 * error[2] + unseen) & (square <= _NEARLY_EQUAL) & np.isfinite(direct)
        # Exact ways round but do not approximate: theirs is no error.
        rounded = np.where(near, rounding * np.sqrt(square), rounding)
        error = np.where(near, error[1], error[0])
        error = np.where(error > 0, error + rounded, 0.0)
        return np.where(near, excess, np.maximum(direct, 0.0)), error

    return way


def _renyi(rule: Callable[[], Rule], ratio: LogRatio, shape: tuple[int, ...], alpha: float) -> Way:
    """Log c/(α − 1) with c = E_p[e^{(1−α)δ}] = 1 + (α − 1)·T, T being Tsallis' divergence.

    Close to 1, c is known from T; close to 0, which takes α < 1, as the mean that it is. Where that underflows though
    there are common outcomes, only a lower bound is known, with an error without bounds. Where c is too large for a
    float, which takes α > 1, its logarithm is found in other units.
    """
    rest = 1 - alpha

    def values(outcomes: np.ndarray) -> Array:
        delta, _ = ratio.of(outcomes)
        return np.stack([np.exp(np.minimum(rest * delta, 700.0)), (delta > -np.inf).astype(np.float64)])

    def beyond(start: Array, end: Array) -> Array:
        masses = ratio.masses_beyond(start, end)
        # Both masses at once: it is more than p^α·q^(1−α) needs, and what p alone has.
        known = (rest * Power(alpha).bound(*masses), masses[0])
        return np.stack([np.broadcast_to(bound, shape) for bound in known])

    def way() -> tuple[Array, Array]:
        tsallis, error = _expected(rule, ratio, shape, Power(alpha))()
        mean = 1 - rest * tsallis
        result = np.log1p(np.maximum(-rest * tsallis, -1.0)) / -rest
        error = np.where(error == 0, 0.0, error / mean)
        far = mean < 0.5
        if alpha < 1 and far.any():
            (power, common), (spread, _) = rule().expect(Integrand(values, beyond=beyond), shape)
            lost = (power == 0) & (common > 0)
            result = np.where(far, -np.log(power) / rest, result)
            result = np.where(lost, _UNDERFLOW / rest, result)
            error = np.where(far, np.where(spread == 0, 0.0, spread / rest / power), error)
            error = np.where(lost, np.inf, error)
        if alpha > 1:
            # What q leaves out is no float too large, but infinitely much, however little p gives to it.
            large = np.isposinf(tsallis) & ~ratio.left_out()
            if large.any():
                log_mean, relative = _log_of_large_mean(rule, ratio, shape, rest)
                result = np.where(large, log_mean / -rest, result)
                error = np.where(large, relative / -rest, error)
        return np.maximum(result, 0.0), error

    return way


def _log_of_large_mean(
    rule: Callable[[], Rule], ratio: LogRatio, shape: tuple[int, ...], rest: float
) -> tuple[Array, Array]:
    """Log E_p[e^{rest·δ}] where that is no float: in units of the largest term that the rule comes upon."""
    peak: Array = np.full(shape, -np.inf)

    def look(outcomes: np.ndarray) -> Array:
        nonlocal peak
        power = rest * ratio.of(outcomes)[0]
        heights = np.where(np.isfinite(power), power + ratio.p.log_prob(outcomes), -np.inf)
        peak = np.maximum(peak, heights.max(axis=0))
        return np.zeros((1, *heights.shape))

    rule().expect(Integrand(look), shape)
    unit = np.where(np.isfinite(peak), peak, 0.0)

    def sized(outcomes: np.ndarray) -> Array:
        return np.asarray(rest * ratio.of(outcomes)[0] - unit)

    scaled = Integrand(lambda outcomes: np.exp(sized(outcomes))[None], sized)
    (value,), (error,) = rule().expect(scaled, shape)
    return unit + np.log(value), np.where(np.isinf(value), 0.0, error / value)


def _mean_of(first: Way, second: Way, *, independent: bool) -> Way:
    def way() -> tuple[Array, Array]:
        (value_1, error_1), (value_2, error_2) = first(), second()
        error = np.hypot(error_1, error_2) if independent else error_1 + error_2
        return np.minimum(0.5 * (value_1 + value_2), _LOG_2), 0.5 * error

    return way
