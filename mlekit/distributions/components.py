"""What distributions must have in common to be the components of one mixture, and their weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mlekit.arrays import Array, ArrayLike, Labels, read_only
from mlekit.distributions.categorical import Categorical
from mlekit.distributions.distribution import Distribution
from mlekit.distributions.domain import PROBABILITY, FiniteSet, Interval, Vectors
from mlekit.distributions.link import IDENTITY
from mlekit.distributions.ordered_categorical import OrderedCategorical
from mlekit.distributions.parameter import Parameter
from mlekit.errors import ParameterError

__all__ = ["check_kinds", "checked_weights", "is_discrete", "labels_of", "union"]

_WEIGHTS = Parameter("weights", PROBABILITY, IDENTITY, typical=(0.05, 0.95), axes=1)
_SUM_TOLERANCE = 1e-9


def is_discrete(part: Distribution) -> bool:
    """Whether it gives its probability to single outcomes."""
    support = part.support
    return isinstance(support, FiniteSet) or support.integer


def labels_of(part: Distribution) -> Labels | None:
    """The categories that its core knows by their codes; None where outcomes are numbers."""
    return part.categories if isinstance(part, (Categorical, OrderedCategorical)) else None


def _labels_within(part: Distribution) -> Labels | None:
    """The labels of its outcomes, or of their coordinates."""
    support = part.support
    if isinstance(support, Vectors) and isinstance(support.coordinates, FiniteSet):
        return support.coordinates.values
    return labels_of(part)


def union(supports: Sequence[Interval], axis: int | None) -> Interval:
    """The interval that holds others: those of the components on an axis of the one given, or of a list."""

    def end(farthest: np.ufunc, ends: list[Any]) -> Any:
        if axis is None:
            found = farthest.reduce(np.broadcast_arrays(*ends))
            return found if np.ndim(found) else float(found)
        return farthest.reduce(ends[0], axis=axis) if np.ndim(ends[0]) else ends[0]

    return Interval(
        end(np.minimum, [support.low for support in supports]),
        end(np.maximum, [support.high for support in supports]),
        any(support.low_included for support in supports),
        any(support.high_included for support in supports),
        supports[0].integer,
    )


def check_kinds(parts: Sequence[Distribution]) -> None:
    """Refuse components whose outcomes are not of one kind."""
    first = parts[0]
    for part in parts:
        if isinstance(part.support, FiniteSet) and labels_of(part) is None:
            raise ParameterError(
                f"Mixture: {type(part).__name__} cannot be a component; a discrete one can as its to_categorical()"
            )
        if part.event_shape != first.event_shape:
            raise ParameterError(
                "Mixture: the components must have outcomes of one shape, but those of one have the shape "
                f"{first.event_shape}, those of another {part.event_shape}"
            )
        own, others = _labels_within(part), _labels_within(first)
        if (None if own is None else own.tolist()) != (None if others is None else others.tolist()):
            raise ParameterError(
                "Mixture: the components must have the same categories in the same order, but the outcomes of one "
                f"are {first.support}, those of another {part.support}"
            )
        if is_discrete(part) != is_discrete(first):
            raise ParameterError(
                "Mixture: components must be all discrete or all continuous, for they need one kind of density; "
                f"{type(first).__name__} and {type(part).__name__} are not"
            )


def checked_weights(weights: ArrayLike | None, count: int) -> Array:
    """Weights of so many components as an array of their own, read-only; equal ones if there are none."""
    if weights is None:
        return read_only(np.full(count, 1 / count))
    array = np.atleast_1d(_WEIGHTS.validate(weights, "Mixture"))
    if array.shape[-1] != count:
        raise ParameterError(f"Mixture: {count} components, but weights of shape {array.shape}")
    sums = np.atleast_1d(array.sum(axis=-1))
    off = np.abs(sums - 1) > _SUM_TOLERANCE
    if off.any():
        raise ParameterError(
            f"Mixture: weights must sum to 1, but some sum to {sums[off][0]:.12g}; divide by the sum if that is "
            "what you mean"
        )
    return read_only(array)
