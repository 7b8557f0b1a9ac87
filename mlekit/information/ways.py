"""The ways in which a quantity can be computed for given arguments, in order of preference: entropies first."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import numpy as np

from mlekit.arrays import Array, BoolArray
from mlekit.distributions import Distribution, ExponentialFamily, Independent, Interval, Seed, Transformed
from mlekit.information.answer import Way, Ways
from mlekit.information.estimate import Method
from mlekit.information.exponential_forms import are_members, kl_of_members
from mlekit.information.monte_carlo import MonteCarlo
from mlekit.information.outcomes import comparable, excludes, is_discrete, shape_of
from mlekit.information.products import are_products, summed
from mlekit.information.quadrature import Quadrature
from mlekit.information.registry import blockwise, find_closed_form
from mlekit.information.rules import Integrand, Rule, sum_rule
from mlekit.information.vectors import is_listed

__all__ = [
    "closed_divergence",
    "constant",
    "cross_entropy_ways",
    "entropy_ways",
    "exact",
    "known",
    "mapped",
    "rooted",
    "rules_under",
]


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
        # Quantiles and kinks take their time: two expectations under p come from one rule.
        return {"quadrature": cache(lambda: Quadrature(p, *continuous, kinks=places())), **sampled}
    return sampled


def entropy_ways(p: Distribution, size: int, rng: Seed) -> Ways:
    """The ways of −E_p[log p(Y)]."""
    if isinstance(p, Independent):
        return summed(entropy_ways(p.base, size, rng), p.axes)
    ways: dict[Method, Way] = {}
    form = find_closed_form(p)
    if form is not None:
        ways["closed_form"] = exact(form, p.batch_shape)
    for method, rule in rules_under(p, size=size, rng=rng).items():
        ways[method] = _surprise(rule, p, p.batch_shape, np.zeros(p.batch_shape, dtype=bool))
    return ways


def cross_entropy_ways(p: Distribution, q: Distribution, size: int, rng: Seed) -> Ways:
    """The ways of −E_p[log q(Y)]; +inf where p is continuous and q discrete."""
    if isinstance(p, Independent) and isinstance(q, Independent) and are_products(p, q):
        return summed(cross_entropy_ways(*comparable(p.base, q.base), size, rng), p.axes)
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
    """KL as a formula: the registered one, else that of one exponential family; +inf where q leaves out what p has."""
    if isinstance(p, Transformed) and isinstance(q, Transformed) and p.transform == q.transform:
        return closed_divergence(p.base, q.base)  # no divergence changes when both are seen through one map
    form = find_closed_form(p, q)
    if (
        form is None
        and isinstance(p, ExponentialFamily)
        and isinstance(q, ExponentialFamily)
        and are_members(p, q)
    ):
        form = partial(blockwise, kl_of_members, (p, q))
    left_out = excludes(q, p)
    if left_out.all():
        return lambda: np.full(left_out.shape, np.inf)
    if form is None:
        return None
    inside = form
    return known(lambda: np.where(left_out, np.inf, inside()) if left_out.any() else inside())


def known(form: Callable[[], Array]) -> Callable[[], Array] | None:
    """A form whose values have been looked at; None if it says NaN somewhere, for then another way must be taken."""
    with np.errstate(all="ignore"):
        value = form()
    return None if np.isnan(value).any() else lambda: value


def exact(form: Callable[[], Array], shape: tuple[int, ...]) -> Way:
    """A formula as a way, without error."""

    def way() -> tuple[Array, Array]:
        value = np.asarray(form())
        if value.shape != shape:
            value = np.broadcast_to(value, shape).copy()
        # One zero for all: it takes longer to write a million of them than to compute some forms.
        return value, np.broadcast_to(np.zeros(()), shape)

    return way


def constant(value: float, shape: tuple[int, ...]) -> Way:
    """A way that knows the value beforehand."""
    return lambda: (np.full(shape, value), np.zeros(shape))


def mapped(
    way: Way, function: Callable[[Array], Array], slope: Callable[[Array], Array] | None = None
) -> Way:
    """A function of what another way gives; ``slope`` is the size of its derivative, 1 if not given."""

    def transformed() -> tuple[Array, Array]:
        value, error = way()
        result = function(value)
        if slope is not None:
            error = np.where(error == 0, 0.0, slope(value) * error)
        return np.asarray(result), np.asarray(error)

    return transformed


def rooted(way: Way, factor: float = 1.0) -> Way:
    """√(factor·value) of what another way gives, which is ≥ 0; its error is that of the root also where this is 0."""

    def transformed() -> tuple[Array, Array]:
        square, spread = (factor * np.asarray(part) for part in way())
        square = np.maximum(square, 0.0)
        root = np.sqrt(square)
        down = root - np.sqrt(np.maximum(square - spread, 0.0))
        # Written as a quotient, a rise that is small keeps its digits; the fall is the larger, but at most the root.
        up = np.where(spread > 0, spread / (np.sqrt(square + spread) + root), 0.0)
        return root, np.where(np.isinf(spread), spread, np.maximum(up, down))

    return transformed


def _surprise(rule: Callable[[], Rule], q: Distribution, shape: tuple[int, ...], excluded: BoolArray) -> Way:
    """−E[log q(Y)] under the rule's distribution; +inf where q is known to exclude some of its outcomes."""

    def way() -> tuple[Array, Array]:
        surprise = Integrand(lambda outcomes: -np.asarray(q.log_prob(outcomes))[None])
        value, error = rule().expect(surprise, shape)
        return np.where(excluded, np.inf, value[0]), error[0]

    return way
