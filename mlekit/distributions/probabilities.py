"""Probabilities of labels, given as such or as logits: checked, and in both forms."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlekit.arrays import Array, ArrayLike, read_only, sum_last
from mlekit.distributions.domain import PROBABILITY, REAL
from mlekit.distributions.labels import as_labels
from mlekit.distributions.link import IDENTITY
from mlekit.distributions.parameter import Parameter, numbers
from mlekit.errors import ParameterError

__all__ = ["LOGITS", "PROBS", "checked_probabilities"]

PROBS = Parameter("probs", PROBABILITY, IDENTITY, typical=(0.01, 0.99), coordinate_name="logits", axes=1)
LOGITS = Parameter("logits", REAL, IDENTITY, typical=(-3.0, 3.0), axes=1, redundant=True)
_SUM_TOLERANCE = 1e-9


def checked_probabilities(
    owner: str, probs: ArrayLike | None, logits: ArrayLike | None, categories: ArrayLike | None
) -> dict[str, Any]:
    """The fields of a distribution over labels: ``logits``, ``categories``, and what else is known for certain.

    Args:
        owner: the distribution's class, for messages.
        probs: probabilities, the last axis over the labels; each row sums to one within 1e-9.
        logits: unnormalized log-probabilities instead.
        categories: the labels; ``0 … K−1`` if not given.

    Raises:
        ParameterError: unless exactly one of probs and logits is given, for rows that do not sum to one, and for labels
            that repeat or are not as many.

    >>> sorted(checked_probabilities("Categorical", [0.25, 0.75], None, None))
    ['categories', 'log_probs', 'logits', 'probs']

    """
    if (probs is None) == (logits is None):
        raise ParameterError(f"{owner}: give exactly one of probs and logits")
    if probs is not None:
        array = np.asarray(PROBS.validate(probs, owner))
    else:
        assert logits is not None
        array = read_only(numbers(logits, "logits", owner))
    if array.ndim == 0 or array.shape[-1] == 0:
        raise ParameterError(f"{owner}: needs a last axis over at least one category")
    fields: dict[str, Any] = {"categories": as_labels(categories, array.shape[-1], owner)}
    if probs is None:
        _check_logits(array, owner)
        return {"logits": array, **fields}
    _check_sums(array, owner)
    with np.errstate(divide="ignore"):
        known = read_only(np.log(array))
    # Not normalized once more: prob gives back what was given.
    return {"probs": array, "logits": known, "log_probs": known, **fields}


def _check_sums(probs: Array, owner: str) -> None:
    sums = np.atleast_1d(sum_last(probs))
    off = np.abs(sums - 1) > _SUM_TOLERANCE
    if off.any():
        row = tuple(int(i) for i in np.argwhere(off)[0])
        raise ParameterError(
            f"{owner}: probabilities must sum to 1, but those of row {row} sum to {sums[row]:.12g}; "
            "divide by the sum if that is what you mean"
        )


def _check_logits(logits: Array, owner: str) -> None:
    if np.isnan(logits).any() or np.isposinf(logits).any():
        raise ParameterError(f"{owner}: logits must be numbers or −inf, but NaN or +inf is among them")
    if np.isneginf(logits).all(axis=-1).any():
        raise ParameterError(f"{owner}: a row of logits is −inf throughout: nothing could happen")
