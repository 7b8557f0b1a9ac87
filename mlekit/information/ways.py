"""The ways in which a quantity can be computed for given arguments, in order of preference: entropies first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from mlekit.arrays import Array, BoolArray, unwrap
from mlekit.distributions import Distribution, ExponentialFamily, Interval, Seed
from mlekit.errors import AccuracyError, ParameterError
from mlekit.information.closed_forms import bregman, shares_carrier
from mlekit.information.estimate import Estimate, Method
from mlekit.information.monte_carlo import MonteCarlo
from mlekit.information.outcomes import excludes, is_discrete, shape_of
from mlekit.information.quadrature import Quadrature
from mlekit.information.registry import find_closed_form
from mlekit.information.rules import Integrand, Rule, sum_rule
from mlekit.information.vectors import is_listed

__all__ = [
    "SAMPLES",
    "Way",
    "Ways",
    "closed_divergence",
    "constant",
    "cross_entropy_ways",
    "entropy_ways",
    "exact",
    "finished",
    "refuse_inaccurate",
    "rules_under",
    "taken",
]

Way: TypeAlias = Callable[[], tuple[Array, Array]]
Ways: TypeAlias = Mapping[Method, Way]

SAMPLES = 100_000
"""How many samples Monte Carlo takes if nobody says."""

_ACCURATE = 1e-6


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


def finished(
    result: Estimate,
    base: float | None,
    estimate: bool,
    what: str,
    explain: Callable[[Array], str | None],
) -> Array | Estimate:
    """What a measure returns: plain numbers if they are accurate, or all that is known of them."""
    if not estimate:
        refuse_inaccurate(result, what)
        return result.in_base(base).value
    return replace(result, support=explain(result.value)).in_base(base)


def rules_under(
    p: Distribution,
    *others: Distribution,
    size: int,
    rng: Seed,
    kinks: Callable[[], Array] | None = None,
) -> dict[Method, Callable[[], Rule]]:
    """The rules that can take expectations under p of functions of p and the others.

    Args:
        p: the distribution.
        *others: what the function depends on besides p.
        size: how many samples Monte Carlo takes.
        rng: a NumPy generator or a seed, for Monte Carlo.
        kinks: where the function is not smooth, for quadrature.

    """
    sampled: dict[Method, Callable[[], Rule]] = {"monte_carlo": lambda: MonteCarlo(p, size, rng)}
    if p.event_shape and not is_listed(p.support):
        return sampled
    if is_discrete(p):
        return {"exact_sum": lambda: sum_rule(p, *others), **sampled}
    if isinstance(p.support, Interval):
        continuous = [other for other in others if not is_discrete(other)]
        places = kinks if kinks is not None else lambda: None
        return {"quadrature": lambda: Quadrature(p, *continuous, kinks=places()), **sampled}
    return sampled


def entropy_ways(p: Distribution, size: int, rng: Seed) -> Ways:
    """The ways of −E_p[log p(Y)]."""
    ways: dict[Method, Way] = {}
    form = find_closed_form(p)
    if form is not None:
        ways["closed_form"] = exact(form, p.batch_shape)
    for method, rule in rules_under(p, size=size, rng=rng).items():
        ways[method] = _surprise(rule, p, p.batch_shape, np.zeros(p.batch_shape, dtype=bool))
    return ways


def cross_entropy_ways(p: Distribution, q: Distribution, size: int, rng: Seed) -> Ways:
    """The ways of −E_p[log q(Y)]; +inf where p is continuous and q discrete."""
    shape = shape_of(p, q)
    if is_discrete(q) and not is_discrete(p):
        return {"closed_form": constant(np.inf, shape)}
    ways: dict[Method, Way] = {}
    own, divergence = find_closed_form(p), closed_divergence(p, q)
    if own is not None and divergence is not None:
        ways["closed_form"] = exact(lambda: own() + divergence(), shape)
    for method, rule in rules_under(p, q, size=size, rng=rng).items():
        ways[method] = _surprise(rule, q, shape, excludes(q, p))
    return ways


def closed_divergence(p: Distribution, q: Distribution) -> Callable[[], Array] | None:
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


def exact(form: Callable[[], Array], shape: tuple[int, ...]) -> Way:
    """A formula as a way, without error."""

    def way() -> tuple[Array, Array]:
        value = np.broadcast_to(form(), shape)
        return np.array(value), np.zeros(shape)

    return way


def constant(value: float, shape: tuple[int, ...]) -> Way:
    """A way that knows the value beforehand."""
    return lambda: (np.full(shape, value), np.zeros(shape))


def _surprise(rule: Callable[[], Rule], q: Distribution, shape: tuple[int, ...], excluded: BoolArray) -> Way:
    """−E[log q(Y)] under the rule's distribution; +inf where q is known to exclude some of its outcomes."""

    def way() -> tuple[Array, Array]:
        surprise = Integrand(lambda outcomes: -np.asarray(q.log_prob(outcomes))[None])
        value, error = rule().expect(surprise, shape)
        return np.where(excluded, np.inf, value[0]), error[0]

    return way
