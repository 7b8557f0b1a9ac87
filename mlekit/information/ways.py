"""The ways in which each quantity can be computed for given arguments, in order of preference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from scipy.special import expit

from mlekit.arrays import Array, unwrap
from mlekit.distributions import Distribution, ExponentialFamily, Interval, Seed
from mlekit.errors import AccuracyError, ParameterError
from mlekit.information.closed_forms import bregman, shares_carrier
from mlekit.information.elementary import exp_excess
from mlekit.information.estimate import Estimate, Method
from mlekit.information.monte_carlo import MonteCarlo
from mlekit.information.outcomes import is_discrete, shape_of
from mlekit.information.quadrature import Quadrature
from mlekit.information.registry import find_closed_form
from mlekit.information.rules import Rule, sum_rule

__all__ = [
    "Ways",
    "cross_entropy_ways",
    "divergence_ways",
    "entropy_ways",
    "jensen_shannon_ways",
    "refuse_inaccurate",
    "taken",
]

Way: TypeAlias = Callable[[], tuple[Array, Array]]
Ways: TypeAlias = Mapping[Method, Way]
LogRatio: TypeAlias = Callable[[np.ndarray], tuple[Array, Array]]

_LOG_2 = float(np.log(2.0))
# Mean square of log(q/p) up to which KL is summed from terms that are ≥ 0.
_NEARLY_EQUAL = 0.01
_ACCURATE = 1e-6
_EPSILON = float(np.finfo(np.float64).eps)


def taken(ways: Ways, method: Method | None, what: str) -> Estimate:
    """The estimate of the method asked for, or of the first that exists.

    Raises:
        ParameterError: for a method that does not exist here, or a result that is NaN.

    """
    chosen = next(iter(ways)) if method is None else method
    if chosen not in ways:
        raise ParameterError(f"method {method!r} does not exist for the {what}; there is {', '.join(ways)}")
    with np.errstate(all="ignore"):
        value, error = ways[chosen]()
    if np.isnan(value).any():
        raise ParameterError(
            f"the {what} is not a number for {int(np.isnan(value).sum())} of {np.size(value)} batch elements: "
            "their parameters are NaN or infinite"
        )
    return Estimate(unwrap(value), unwrap(np.where(np.isinf(value), 0.0, error)), chosen)


def refuse_inaccurate(result: Estimate, what: str) -> None:
    """Raise an `AccuracyError` for numbers that are not known to six digits, unless they were sampled."""
    if result.method == "monte_carlo":
        return
    finite = np.isfinite(result.value)
    unsure = finite & ~(result.error <= _ACCURATE * np.maximum(1.0, np.abs(result.value)))
    if np.any(unsure):
        first = np.unravel_index(int(np.argmax(unsure)), np.shape(unsure))
        raise AccuracyError(
            f"the {what} by {result.method} is {np.asarray(result.value)[first]:.6g} ± "
            f"{np.asarray(result.error)[first]:.2g} at batch element {tuple(int(i) for i in first)}; "
            "estimate=True returns it with its error, method='monte_carlo' samples it"
        )


def _rules(p: Distribution, *others: Distribution, size: int, rng: Seed) -> dict[Method, Callable[[], Rule]]:
    """The rules that can take expectations under p of functions of p and the others."""
    sampled: dict[Method, Callable[[], Rule]] = {"monte_carlo": lambda: MonteCarlo(p, size, rng)}
    if is_discrete(p):
        return {"exact_sum": lambda: sum_rule(p), **sampled}
    if isinstance(p.support, Interval) and not p.joint:
        continuous = [other for other in others if not is_discrete(other)]
        return {"quadrature": lambda: Quadrature(p, *continuous), **sampled}
    return sampled


def entropy_ways(p: Distribution, size: int, rng: Seed) -> Ways:
    """The ways of −E_p[log p(Y)]."""
    ways: dict[Method, Way] = {}
    form = find_closed_form(p)
    if form is not None:
        ways["closed_form"] = _exact(form, p.batch_shape)
    for method, rule in _rules(p, size=size, rng=rng).items():
        ways[method] = _surprise(rule, p, p.batch_shape)
    return ways


def cross_entropy_ways(p: Distribution, q: Distribution, size: int, rng: Seed) -> Ways:
    """The ways of −E_p[log q(Y)]; +inf where p is continuous and q discrete."""
    shape = shape_of(p, q)
    if is_discrete(q) and not is_discrete(p):
        return {"closed_form": _constant(np.inf, shape)}
    ways: dict[Method, Way] = {}
    own, divergence = find_closed_form(p), _closed_divergence(p, q)
    if own is not None and divergence is not None:
        ways["closed_form"] = _exact(lambda: own() + divergence(), shape)
    for method, rule in _rules(p, q, size=size, rng=rng).items():
        ways[method] = _surprise(rule, q, shape)
    return ways


def divergence_ways(p: Distribution, q: Distribution, size: int, rng: Seed) -> Ways:
    """The ways of KL(p‖q); +inf where one is discrete and the other continuous."""
    shape = shape_of(p, q)
    if is_discrete(p) != is_discrete(q):
        return {"closed_form": _constant(np.inf, shape)}
    ways: dict[Method, Way] = {}
    form = _closed_divergence(p, q)
    if form is not None:
        ways["closed_form"] = _exact(form, shape)
    for method, rule in _rules(p, q, size=size, rng=rng).items():
        ways[method] = _relative(rule, _log_ratio(p, q), shape)
    return ways


def jensen_shannon_ways(p: Distribution, q: Distribution, size: int, rng: Seed) -> Ways:
    """The ways of ½ KL(p‖m) + ½ KL(q‖m); log 2 where one is discrete and the other continuous."""
    shape = shape_of(p, q)
    if is_discrete(p) != is_discrete(q):
        return {"closed_form": _constant(_LOG_2, shape)}
    generator = np.random.default_rng(rng)
    from_p, from_q = (_rules(first, second, size=size, rng=generator) for first, second in ((p, q), (q, p)))
    ways: dict[Method, Way] = {}
    for method in (method for method in from_p if method in from_q):
        ways[method] = _mean_of(
            _relative(from_p[method], _log_ratio_to_mean(p, q), shape),
            _relative(from_q[method], _log_ratio_to_mean(q, p), shape),
            independent=method == "monte_carlo",
        )
    return ways


def _closed_divergence(p: Distribution, q: Distribution) -> Callable[[], Array] | None:
    """KL as a formula: the registered one, else the Bregman divergence of one exponential family."""
    form = find_closed_form(p, q)
    if form is not None:
        return form
    if isinstance(p, ExponentialFamily) and isinstance(q, ExponentialFamily) and shares_carrier(p, q):
        with np.errstate(all="ignore"):
            divergence = bregman(p, q)
        if not np.isnan(divergence).any():
            return lambda: np.maximum(divergence, 0.0)
    return None


def _exact(form: Callable[[], Array], shape: tuple[int, ...]) -> Way:
    def way() -> tuple[Array, Array]:
        value = np.broadcast_to(form(), shape)
        return np.array(value), np.zeros(shape)

    return way


def _constant(value: float, shape: tuple[int, ...]) -> Way:
    return lambda: (np.full(shape, value), np.zeros(shape))


def _surprise(rule: Callable[[], Rule], q: Distribution, shape: tuple[int, ...]) -> Way:
    """−E[log q(Y)] under the rule's distribution."""

    def way() -> tuple[Array, Array]:
        value, error = rule().expect(lambda outcomes: -np.asarray(q.log_prob(outcomes))[None], shape)
        return value[0], error[0]

    return way


def _relative(rule: Callable[[], Rule], log_ratio: LogRatio, shape: tuple[int, ...]) -> Way:
    """KL(p‖q) = −E_p[δ] with δ = log q/p; for nearly equal arguments E_p[e^δ − 1 − δ], whose terms are ≥ 0.

    The two agree if all of q's probability lies where p's does, for then E_p[e^δ − 1] = 0. That balance is looked
    at: what q puts elsewhere is missing in it. It need not be closer to 0 than the rounding of the log-probabilities.
    """

    def function(outcomes: np.ndarray) -> Array:
        delta, size = log_ratio(outcomes)
        return np.stack([-delta, exp_excess(delta), np.expm1(delta), np.square(delta), size])

    def way() -> tuple[Array, Array]:
        value, error = rule().expect(function, shape)
        direct, excess, balance, square, size = value
        rounding = _EPSILON * size
        near = (np.abs(balance) <= 4 * error[2] + rounding) & (square <= _NEARLY_EQUAL)
        # Exact ways round but do not approximate: theirs is no error.
        rounded = np.where(near, rounding * np.sqrt(square), rounding)
        error = np.where(near, error[1], error[0])
        error = np.where(error > 0, error + rounded, 0.0)
        return np.where(near, excess, np.maximum(direct, 0.0)), error

    return way


def _log_ratio(p: Distribution, q: Distribution) -> LogRatio:
    """Log q/p, and the sum of sizes that it is the difference of."""

    def log_ratio(outcomes: np.ndarray) -> tuple[Array, Array]:
        log_p, log_q = p.log_prob(outcomes), q.log_prob(outcomes)
        return np.asarray(log_q - log_p), np.asarray(np.abs(log_p) + np.abs(log_q))

    return log_ratio


def _log_ratio_to_mean(p: Distribution, q: Distribution) -> LogRatio:
    """Log m/p with m = ½(p + q), which is log(1 + (q/p − 1)/2)."""
    to_q = _log_ratio(p, q)

    def log_ratio(outcomes: np.ndarray) -> tuple[Array, Array]:
        delta, size = to_q(outcomes)
        near = np.log1p(0.5 * np.expm1(np.clip(delta, -1, 1)))
        to_mean = np.where(np.abs(delta) < 1, near, np.logaddexp(0.0, delta) - _LOG_2)
        # d(log m/p) = q/(p + q)·d(log q/p): where q is far below p, its rounding does not matter.
        share = expit(delta)
        return to_mean, np.where(share == 0, 0.0, share * size)

    return log_ratio


def _mean_of(first: Way, second: Way, *, independent: bool) -> Way:
    def way() -> tuple[Array, Array]:
        (value_1, error_1), (value_2, error_2) = first(), second()
        error = np.hypot(error_1, error_2) if independent else error_1 + error_2
        return np.minimum(0.5 * (value_1 + value_2), _LOG_2), 0.5 * error

    return way
