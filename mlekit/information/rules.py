"""Rules that take expectations: E_p[f(Y)] for functions f of an outcome, and how far that may be off.

Conventions. A rule belongs to a distribution p. It calls f with outcomes whose first axis counts them and whose other
axes are those of the result's batch; f returns its values with one more axis in front, a *component* each, so that
several expectations come from the same outcomes. The first component *leads*: where its product with p leaves the
range of floats in one factor only, it is taken from logarithms. What p holds for impossible has no say: 0·f = 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import singledispatch
from typing import NamedTuple, Protocol, TypeAlias, runtime_checkable

import numpy as np

from mlekit.arrays import Array, BoolArray, Labels
from mlekit.distributions import Distribution, Empirical, FiniteSet, Interval, Vectors
from mlekit.errors import ParameterError
from mlekit.information.vectors import every_vector

__all__ = [
    "Expectation",
    "Function",
    "Integrand",
    "Rule",
    "SumRule",
    "blocks",
    "leading",
    "sum_rule",
    "weighted",
]

Function: TypeAlias = Callable[[np.ndarray], Array]

# Outcomes are taken in blocks of at most so many elements: small batches fit a cache, large ones the memory.
_BLOCK_ELEMENTS = 2**18
_MOST_TERMS = 100_000_000
_SMALLEST_WEIGHT = 1e-290


@dataclass(frozen=True)
class Integrand:
    """What to take the expectation of.

    Args:
        values: the function of outcomes, of shape (components, outcomes, *batch).
        log_size: log|values[0]| where a ratio of densities may leave the range of floats; its shape has no axis of
            components. If not given, values are taken as they are.
        beyond: of two edges, how much all outcomes below the first and above the second can contribute to each
            component at most; NaN for components that it knows no bound of.

    """

    values: Function
    log_size: Function | None = None
    beyond: Callable[[Array, Array], Array] | None = None

    def log_sizes(self, outcomes: np.ndarray) -> Array:
        """Log|values|."""
        sizes = np.log(np.abs(self.values(outcomes)))
        if self.log_size is not None:
            sizes[0] = self.log_size(outcomes)
        return sizes


class Expectation(NamedTuple):
    """E_p[f] and a bound on its error (or its standard error), both of shape (components, *batch)."""

    value: Array
    error: Array


@runtime_checkable
class Rule(Protocol):
    """A way to take expectations under one distribution."""

    def expect(self, integrand: Integrand, shape: tuple[int, ...]) -> Expectation:
        """E_p[f(Y)], for a result of that batch shape."""
        ...


@runtime_checkable
class SumRule(Rule, Protocol):
    """A rule that sums over outcomes."""

    def terms(self, shape: tuple[int, ...]) -> Iterator[tuple[np.ndarray, Array]]:
        """Blocks of outcomes, each with their log-weights."""
        ...


def leading(outcomes: Labels, ndim: int) -> np.ndarray:
    """Outcomes of shape (count, *batch) with axes put in after the first, so that the batch has ``ndim``.

    >>> leading(np.zeros((5, 3)), 2).shape
    (5, 1, 3)
    """
    missing = ndim + 1 - np.ndim(outcomes)
    return np.asarray(outcomes).reshape((outcomes.shape[0],) + (1,) * missing + outcomes.shape[1:])


def blocks(count: int, shape: tuple[int, ...]) -> Iterator[slice]:
    """Slices that cover ``count`` outcomes, of a size that suits a batch of this shape."""
    size = max(1, _BLOCK_ELEMENTS // max(1, int(np.prod(shape))))
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


@singledispatch
def sum_rule(p: Distribution, *others: Distribution) -> SumRule:
    """The rule that sums over the outcomes of a discrete distribution, for functions of it and the others."""
    support = p.support
    if isinstance(support, Vectors):
        vectors = every_vector(support)
        outcomes = vectors.reshape(len(vectors), *(1 for _ in p.batch_shape), *support.shape)
        return FiniteSum(outcomes, p.log_prob(outcomes))
    if isinstance(support, FiniteSet):
        outcomes = support.values.reshape(-1, *(1 for _ in p.batch_shape))
        return FiniteSum(outcomes, p.log_prob(outcomes))
    return CountSum(p, support, *others)


@sum_rule.register
def _(p: Empirical, *_others: Distribution) -> SumRule:
    """Each sample as an outcome with the sample's weight: no sample is compared with another."""
    with np.errstate(divide="ignore"):
        return FiniteSum(np.moveaxis(p.values, -1, 0), np.log(np.moveaxis(p.weights, -1, 0)))


class FiniteSum:
    """Σ over finitely many outcomes, each with a weight; the same outcome may come several times.

    Args:
        outcomes: of shape (count, *batch), or one that broadcasts to it; axes of a single outcome come last.
        log_weights: of shape (count, *batch), or one that broadcasts to it; −inf for what is impossible.

    """

    def __init__(self, outcomes: Labels, log_weights: Array) -> None:
        self.outcomes = outcomes
        self.log_weights = log_weights

    def terms(self, shape: tuple[int, ...]) -> Iterator[tuple[np.ndarray, Array]]:
        """Blocks of outcomes, each with their log-weights."""
        outcomes = leading(self.outcomes, len(shape) + self.outcomes.ndim - np.ndim(self.log_weights))
        log_weights = leading(self.log_weights, len(shape))
        for block in blocks(len(outcomes), shape):
            yield outcomes[block], log_weights[block]

    def expect(self, integrand: Integrand, shape: tuple[int, ...]) -> Expectation:
        """Σ p(y)·f(y), exact."""
        value = _total(self.terms(shape), integrand, shape)
        return Expectation(value, np.zeros_like(value))


class CountSum:
    """Σ over the whole numbers of a support that may be infinite, with a bound on what is left out.

    The range goes from the quantile of level 1e-20 to twice as far as the quantile of level 1 − 1e-15, of p and of the
    other counts that the function depends on.
    """

    def __init__(self, p: Distribution, support: Interval, *others: Distribution) -> None:
        self.p = p
        self.low, self.high = (np.asarray(bound, dtype=np.float64) for bound in (support.low, support.high))
        start, end = (np.asarray(p.quantile(level), dtype=np.float64) for level in (1e-20, 1 - 1e-15))
        for other in others:
            if isinstance(other.support, Interval) and other.support.integer:
                start = np.minimum(start, other.quantile(1e-20))
                end = np.maximum(end, other.quantile(1 - 1e-15))
        self.start = np.maximum(self.low, start)
        self.end = np.minimum(self.high, self.start + 2 * (end - self.start) + 32)
        self.count = int(np.max(self.end - self.start)) + 1

    def terms(self, shape: tuple[int, ...]) -> Iterator[tuple[np.ndarray, Array]]:
        """Blocks of whole numbers, each with their log-probabilities."""
        if self.count * int(np.prod(shape)) > _MOST_TERMS:
            raise ParameterError(
                f"a sum over {self.count} outcomes of a batch of shape {shape} is too long; use method='monte_carlo'"
            )
        for block in blocks(self.count, shape):
            steps = leading(np.arange(block.start, block.stop, dtype=np.float64), len(shape))
            outcomes = np.minimum(self.start + steps, self.end)
            log_weights = np.where(self.start + steps > self.end, -np.inf, self.p.log_prob(outcomes))
            yield outcomes, log_weights

    def expect(self, integrand: Integrand, shape: tuple[int, ...]) -> Expectation:
        """Σ p(k)·f(k) over the range; the error bounds the rest for |f|, or p·|f|, that is monotone there.

        With K the last number summed, at a distance w from the first, the terms between a = first + 2ʲw and
        b = first + 2ʲ⁺¹w come to P(Y > a)·|f(b)| at most, or to (b − a)·max(p(a)·|f(a)|, p(b)·|f(b)|).
        """
        value = _total(self.terms(shape), integrand, shape)
        doublings = leading(2.0 ** np.arange(50), len(shape))
        edges = np.minimum(self.start + (self.end - self.start) * doublings, self.high)
        log_above = self.p.log_sf(edges[:-1])
        upper = np.abs(weighted(log_above, edges[1:], integrand))
        terms = np.abs(weighted(self.p.log_prob(edges), edges, integrand))
        blocks_above = np.diff(edges, axis=0) * np.maximum(terms[:, :-1], terms[:, 1:])
        outermost = np.stack(np.broadcast_arrays(self.low, np.maximum(self.start, self.low)))
        below = np.where(self.start > self.low, self.p.log_cdf(np.maximum(self.start - 1, self.low)), -np.inf)
        lower = np.abs(weighted(below, leading(outermost, len(shape)), integrand))
        rest = np.fmin(upper, blocks_above).sum(axis=1) + lower.max(axis=1)
        if integrand.beyond is not None:
            known = integrand.beyond(self.start, self.end)
            rest = np.where(np.isnan(known), rest, known)
        # What is excluded far out only, where p still has probability, is excluded all the same.
        lead = integrand.log_sizes(edges[1:])[0]
        value[0] = np.where((np.isposinf(lead) & (log_above > -np.inf)).any(axis=0), np.inf, value[0])
        value = np.where(self._diverges(integrand, edges), np.inf, value)
        return Expectation(value, np.where(np.isinf(value), 0.0, rest))

    def _diverges(self, integrand: Integrand, edges: Array) -> BoolArray:
        """Whether p·|f| falls more slowly than 1/k between two numbers far out."""
        far = edges[-2:]
        heights = self.p.log_prob(far) + integrand.log_sizes(far) + np.log(far - self.start)
        return np.asarray(
            np.isfinite(heights).all(axis=1) & (heights[:, 1] >= heights[:, 0]) & (far[1] > far[0])
        )


def weighted(log_weights: Array, outcomes: np.ndarray, integrand: Integrand) -> Array:
    """exp(log_weights)·values, where the impossible has no say and a possible infinity of the lead remains one."""
    values = integrand.values(outcomes)
    weights = np.exp(log_weights)
    products = np.where(weights == 0, 0.0, weights * values)
    lead = values[0]
    if integrand.log_size is not None:
        extreme = np.isinf(lead) | (weights < _SMALLEST_WEIGHT)
        if extreme.any():
            sized = np.copysign(np.exp(log_weights + integrand.log_size(outcomes)), lead)
            products[0] = np.where(extreme, sized, products[0])
    else:
        products[0] = np.where(np.isinf(lead), lead, products[0])
    products[0] = np.where(np.isneginf(log_weights), 0.0, products[0])
    return products


def _total(terms: Iterator[tuple[np.ndarray, Array]], integrand: Integrand, shape: tuple[int, ...]) -> Array:
    total = sum(weighted(log_weights, outcomes, integrand).sum(axis=1) for outcomes, log_weights in terms)
    components = np.asarray(total)
    return np.array(np.broadcast_to(components, (components.shape[0], *shape)))
