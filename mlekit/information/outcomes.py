"""What the outcomes of two distributions have to do with one another.

A divergence compares probabilities of the same outcomes, so these must be comparable first: labels with labels in one
order, numbers with numbers. Booleans are the numbers 0 and 1. Of two distributions over numbers one may still be
discrete and the other continuous; then each gives probability 0 to everything that the other holds for possible.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mlekit.arrays import BoolArray, Labels
from mlekit.distributions import Bernoulli, Categorical, Distribution, Empirical, FiniteSet, Interval
from mlekit.errors import ParameterError
from mlekit.information.logits import two_logits

__all__ = ["comparable", "excludes", "is_discrete", "shape_of"]

_SHOWN = 5


def is_discrete(p: Distribution) -> bool:
    """Whether p gives its probability to single outcomes."""
    support = p.support
    return isinstance(support, FiniteSet) or support.integer


def excludes(q: Distribution, p: Distribution) -> BoolArray:
    """Whether q, in each batch element, leaves out a stretch of what a continuous p holds for possible."""
    inner, outer = q.support, p.support
    if is_discrete(p) or not (isinstance(inner, Interval) and isinstance(outer, Interval)):
        return np.zeros(shape_of(p, q), dtype=bool)
    with np.errstate(all="ignore"):
        below, above = np.subtract(inner.low, outer.low), np.subtract(outer.high, inner.high)
        # A circle is cut somewhere, and has a density beyond its ends: so the density is asked, close to the ends.
        low, high = inner.low - np.minimum(0.5 * below, 1.0), inner.high + np.minimum(0.5 * above, 1.0)
        left_out = np.zeros(shape_of(p, q), dtype=bool)
        for excess, place in ((below, low), (above, high)):
            beyond = np.where(excess > 0, place, 0.0)
            left_out |= (excess > 0) & np.isneginf(q.log_prob(beyond))
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
        The pair, with booleans as 0 and 1, and a Bernoulli opposite a Categorical as a Categorical.

    Raises:
        ParameterError: for categories that differ, labels against numbers, vectors of different lengths, and shapes
            that do not broadcast.

    """
    shape_of(p, q)
    if p.event_shape != q.event_shape:
        raise ParameterError(
            f"an outcome of p ({type(p).__name__}) has the shape {p.event_shape}, one of q ({type(q).__name__}) "
            f"{q.event_shape}: no outcome of one can be one of the other"
        )
    p, q = _without_booleans(p), _without_booleans(q)
    if isinstance(p, Bernoulli) and isinstance(q, Categorical):
        p = _as_categorical(p)
    if isinstance(q, Bernoulli) and isinstance(p, Categorical):
        q = _as_categorical(q)
    if isinstance(p, Categorical) and isinstance(q, Categorical):
        return p, _in_order_of(p, q)
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


def _without_booleans(p: Distribution) -> Distribution:
    if isinstance(p, Categorical) and p.categories.dtype.kind == "b":
        return Categorical(logits=p.logits, categories=p.categories.astype(np.int64))
    if isinstance(p, Empirical) and p.values.dtype.kind == "b":
        return Empirical(p.values.astype(np.int64), p.weights)
    return p


def _as_categorical(p: Bernoulli) -> Categorical:
    return Categorical(logits=two_logits(p.logits), categories=[0, 1])


def _in_order_of(p: Categorical, q: Categorical) -> Categorical:
    """Q with its categories in the order of p's."""
    wanted, given = p.categories.tolist(), q.categories.tolist()
    if wanted == given:
        return q
    place = {label: position for position, label in enumerate(given)}
    only_p = [label for label in wanted if label not in place]
    only_q = sorted(set(given) - set(wanted), key=given.index)
    if only_p or only_q:
        raise ParameterError(
            f"the categories differ: p has {len(wanted)}, q has {len(given)}; "
            f"only in p: {_some(only_p)}; only in q: {_some(only_q)}. Distributions over different categories cannot "
            "be compared; if a category is merely impossible, include it with probability 0"
        )
    order = [place[label] for label in wanted]
    return Categorical(logits=q.logits[..., order], categories=p.categories)


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


def _some(labels: list[Any]) -> str:
    shown = ", ".join(repr(label) for label in labels[:_SHOWN]) or "none"
    return shown + (f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else "")
