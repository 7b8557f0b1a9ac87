"""What the outcomes of two distributions have to do with one another.

A divergence compares probabilities of the same outcomes, so these must be comparable first: labels with labels, numbers
with numbers. Booleans are the numbers 0 and 1. Two distributions that both declare their categories must declare the
same ones, and are taken in one order; two that both say that their categories have an order must agree on it. Data
(`Empirical`) declares nothing: it holds what came. Of two distributions over numbers one may still be discrete and the
other continuous; then each gives probability 0 to everything that the other holds for possible.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mlekit.arrays import Array, BoolArray, Labels
from mlekit.distributions import (
    Bernoulli,
    Categorical,
    Distribution,
    Empirical,
    FiniteSet,
    Gaussian,
    Independent,
    Interval,
    Mixture,
    Multinomial,
    MultivariateGaussian,
    OrderedCategorical,
    VonMises,
)
from mlekit.errors import ParameterError
from mlekit.information.logits import two_logits

__all__ = ["comparable", "excludes", "is_direction", "is_discrete", "shape_of"]

_SHOWN = 5


def is_discrete(p: Distribution) -> bool:
    """Whether p gives its probability to single outcomes."""
    support = p.support
    return isinstance(support, FiniteSet) or support.integer


def is_direction(p: Distribution) -> bool:
    """Whether outcomes are angles, of which those that differ by whole turns are the same."""
    if isinstance(p, Mixture):
        parts = (p.components,) if isinstance(p.components, Distribution) else p.components
        return all(is_direction(part) for part in parts)
    return isinstance(p, VonMises)


def excludes(q: Distribution, p: Distribution) -> BoolArray:
    """Whether q, in each batch element, leaves out a stretch of numbers that p holds for possible."""
    inner, outer = q.support, p.support
    left_out = np.zeros(shape_of(p, q), dtype=bool)
    if not (isinstance(inner, Interval) and isinstance(outer, Interval)) or (inner.integer != outer.integer):
        return left_out
    with np.errstate(all="ignore"):
        below, above = np.subtract(inner.low, outer.low), np.subtract(outer.high, inner.high)
        if outer.integer:
            # Beyond q's ends p may have no probability, as a Binomial of probability 0 has none.
            ends = ((below > 0, inner.low - 1, p.log_cdf), (above > 0, inner.high, p.log_sf))
            for wider, end, log_mass in ends:
                if np.any(wider):
                    left_out |= wider & (log_mass(np.where(wider, end, 0.0)) > -np.inf)
            return left_out
        if not is_direction(q):
            return (below > 0) | (above > 0) | left_out
        # A circle is cut somewhere, and has a density beyond its ends: so the density is asked, close to the ends.
        low, high = inner.low - np.minimum(0.5 * below, 1.0), inner.high + np.minimum(0.5 * above, 1.0)
        for wider, place in ((below > 0, low), (above > 0, high)):
            if np.any(wider):
                left_out |= wider & np.isneginf(q.log_prob(np.where(wider, place, 0.0)))
    return left_out


def shape_of(p: Distribution, q: Distribution) -> tuple[int, ...]:
    """The shape that two batches broadcast to; a `ParameterError` if they do not."""
    try:
        return np.broadcast_shapes(p.batch_shape, q.batch_shape)
    except ValueError:
        raise ParameterError(
            f"the batch shapes {p.batch_shape} of p and {q.batch_shape} of q do not broadcast together"
        ) from None


def comparable(p: Distribution, q: Distribution) -> tuple[Distribution, Distribution]:
    """Both distributions over the same kind of outcomes, categories of q in the order of p's.

    Returns:
        The pair, with booleans as 0 and 1, and as two Categoricals if both declare their categories.

    Raises:
        ParameterError: for categories that differ, orders of categories that contradict one another, labels against
            numbers, directions against numbers, vectors of different lengths, and shapes that do not broadcast.

    """
    shape_of(p, q)
    if p.event_shape != q.event_shape:
        raise ParameterError(
            f"an outcome of p ({type(p).__name__}) has the shape {p.event_shape}, one of q ({type(q).__name__}) "
            f"{q.event_shape}: no outcome of one can be one of the other"
        )
    if is_direction(p) != is_direction(q) and not (is_discrete(p) or is_discrete(q)):
        kinds = ("directions", "numbers") if is_direction(p) else ("numbers", "directions")
        raise ParameterError(
            f"the outcomes of p ({type(p).__name__}) are {kinds[0]}, those of q ({type(q).__name__}) are {kinds[1]}: "
            "angles that differ by whole turns are one direction, but different numbers"
        )
    if isinstance(p, Multinomial) and isinstance(q, Multinomial):
        _check_categories(p.categories.tolist(), q.categories.tolist(), ordered=False)
        return p, q if p.categories.tolist() == q.categories.tolist() else _in_order_of(p, q)
    p, q = _as_gaussian_vector(p, q), _as_gaussian_vector(q, p)
    p, q = _without_booleans(p), _without_booleans(q)
    declared_p, declared_q = _categories(p, opposite=q), _categories(q, opposite=p)
    if declared_p is not None and declared_q is not None:
        _check_categories(declared_p.tolist(), declared_q.tolist(), ordered=_has_order(p) and _has_order(q))
        return _as_categorical(p, declared_p, declared_p), _as_categorical(q, declared_q, declared_p)
    labels_p, labels_q = _labels(p), _labels(q)
    if (labels_p is None) != (labels_q is None) and not _overlap(p, q):
        kinds = (
            "labels" if labels_p is not None else "numbers",
            "labels" if labels_q is not None else "numbers",
        )
        raise ParameterError(
            f"the outcomes of p ({type(p).__name__}) are {kinds[0]}, those of q ({type(q).__name__}) are {kinds[1]}: "
            f"no outcome of one can be one of the other; p has {p.support}, q has {q.support}"
        )
    return p, q


def _in_order_of(p: Multinomial, q: Multinomial) -> Multinomial:
    """The same counts with the categories in the order of p's."""
    given = q.categories.tolist()
    order = [given.index(label) for label in p.categories.tolist()]
    return Multinomial(trials=q.trials, logits=q.logits[..., order], categories=p.categories)


def _as_gaussian_vector(p: Distribution, opposite: Distribution) -> Distribution:
    """Opposite a Gaussian vector, independent Gaussians are one too."""
    if (
        isinstance(opposite, MultivariateGaussian)
        and isinstance(p, Independent)
        and isinstance(p.base, Gaussian)
    ):
        loc, scale = np.broadcast_arrays(p.base.loc, p.base.scale)
        return MultivariateGaussian(loc=loc, scale_tril=scale[..., None] * np.eye(scale.shape[-1]))
    return p


def _without_booleans(p: Distribution) -> Distribution:
    if isinstance(p, Empirical) and p.values.dtype.kind == "b":
        return Empirical(p.values.astype(np.int64), p.weights)
    declared = _categories(p)
    if declared is not None and declared.dtype.kind == "b":
        return Categorical(logits=_logits(p, declared), categories=declared.astype(np.int64))
    return p


def _categories(p: Distribution, opposite: Distribution | None = None) -> Labels | None:
    """The categories that p declares; None for data and for numbers. A coin's are 0 and 1 opposite categories."""
    if isinstance(p, Bernoulli) and opposite is not None and _categories(opposite) is not None:
        return np.arange(2)
    support = p.support
    return support.values if isinstance(support, FiniteSet) and not isinstance(p, Empirical) else None


def _has_order(p: Distribution) -> bool:
    """Whether p says that its categories are in an order."""
    if isinstance(p, Mixture):
        parts = (p.components,) if isinstance(p.components, Distribution) else p.components
        return any(_has_order(part) for part in parts)
    return isinstance(p, OrderedCategorical)


def _check_categories(wanted: list[Any], given: list[Any], *, ordered: bool) -> None:
    if wanted == given:
        return
    only_p = sorted(set(wanted) - set(given), key=wanted.index)
    only_q = sorted(set(given) - set(wanted), key=given.index)
    if only_p or only_q:
        raise ParameterError(
            f"the categories differ: p has {len(wanted)}, q has {len(given)}; "
            f"only in p: {_some(only_p)}; only in q: {_some(only_q)}. Distributions over different categories cannot "
            "be compared; if a category is merely impossible, include it with probability 0"
        )
    if ordered:
        raise ParameterError(
            f"the categories have an order, but not the same: {_some(wanted, ' < ')} in p, {_some(given, ' < ')} in q; "
            "as mere labels they can be compared: make one a Categorical of the same probabilities"
        )


def _as_categorical(p: Distribution, own: Labels, wanted: Labels) -> Categorical:
    """The same probabilities as a Categorical, whose categories are in the order that is wanted."""
    if isinstance(p, Categorical) and own.tolist() == wanted.tolist():
        return p
    place = {label: position for position, label in enumerate(own.tolist())}
    return Categorical(
        logits=_logits(p, own)[..., [place[label] for label in wanted.tolist()]], categories=wanted
    )


def _logits(p: Distribution, categories: Labels) -> Array:
    """Logits of the categories that p declares, on the last axis."""
    if isinstance(p, Bernoulli):
        return two_logits(p.logits)
    if isinstance(p, Categorical):
        return p.logits
    return np.moveaxis(p.log_prob(categories.reshape(-1, *(1 for _ in p.batch_shape))), 0, -1)


def _labels(p: Distribution) -> Labels | None:
    """The outcomes of p if they are labels, None if they are numbers."""
    support = p.support
    if isinstance(support, FiniteSet) and support.values.dtype.kind not in "iuf":
        return support.values
    return None


def _overlap(p: Distribution, q: Distribution) -> bool:
    """Whether two finite sets of outcomes, one of which mixes kinds, have a member in common."""
    if not (isinstance(p.support, FiniteSet) and isinstance(q.support, FiniteSet)):
        return False
    return not set(p.support.values.tolist()).isdisjoint(q.support.values.tolist())


def _some(labels: list[Any], between: str = ", ") -> str:
    shown = between.join(repr(label) for label in labels[:_SHOWN]) or "none"
    return shown + (f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else "")
