"""Why a value is infinite, in words that name the outcomes."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlekit.arrays import Array
from mlekit.distributions import Distribution, Interval, Vectors
from mlekit.information.outcomes import is_discrete
from mlekit.information.rules import sum_rule
from mlekit.information.vectors import is_listed

__all__ = ["explain_cross_entropy", "explain_divergence", "explain_entropy"]

_SHOWN = 3
_MEAN = "log q(Y)"


def explain_entropy(p: Distribution, value: Array) -> str | None:
    """Why the entropy of p is infinite where it is; None if it is finite throughout."""
    if not np.isinf(value).any():
        return None
    return (
        _where(value)
        + f"the mean of −log p(Y) does not exist: the tails of p ({type(p).__name__}) are too heavy"
    )


def explain_divergence(p: Distribution, q: Distribution, value: Array, mean: str = _MEAN) -> str | None:
    """Why a divergence of p and q is infinite where it is; None if it is finite throughout.

    Args:
        p: the distribution that the mean is taken under.
        q: the other one.
        value: the divergence.
        mean: the mean that the divergence is made of, in words.

    """
    if is_discrete(p) != is_discrete(q) and np.isinf(value).any():
        return _where(value) + _singular(p, q)
    return explain_cross_entropy(p, q, value, mean)


def explain_cross_entropy(p: Distribution, q: Distribution, value: Array, mean: str = _MEAN) -> str | None:
    """Why the cross-entropy is infinite where it is; None if it is finite throughout."""
    if not np.isinf(value).any():
        return None
    if p.event_shape and not is_listed(p.support):
        reason = _other_totals(p, q)
    else:
        reason = _impossible_outcomes(p, q, value) if is_discrete(p) else _impossible_range(p, q, value)
    if reason is None and is_discrete(q) and not is_discrete(p):
        reason = _singular(p, q)
    return _where(value) + (
        reason or f"the mean of {mean} under p is beyond all bounds: q's tails are too light for p's"
    )


def _first(value: Array) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(np.isinf(value))), np.shape(value)))


def _where(value: Array) -> str:
    if np.ndim(value) == 0:
        return ""
    return f"in {int(np.isinf(value).sum())} of {np.size(value)} batch elements, first at {_first(value)}: "


def _impossible_outcomes(p: Distribution, q: Distribution, value: Array) -> str | None:
    """Outcomes that q holds for impossible and p does not, at the first infinite batch element."""
    shape, index = np.shape(value), _first(value)
    found: dict[Any, float] = {}
    with np.errstate(all="ignore"):
        for outcomes, log_weights in sum_rule(p).terms(shape):
            excluded = np.isneginf(np.asarray(q.log_prob(outcomes)))
            columns = (_at(array, shape, index) for array in (outcomes, log_weights, excluded))
            for listed, log_weight, impossible in zip(*columns, strict=True):
                outcome = tuple(listed) if isinstance(listed, list) else listed
                if impossible and log_weight > -np.inf:
                    found[outcome] = found.get(outcome, 0.0) + float(np.exp(log_weight))
    if not found:
        return None
    kind = "probability" if is_discrete(q) else "density"
    shown = "; ".join(
        f"q gives {kind} 0 to {outcome!r}, which p gives {weight:.6g}"
        for outcome, weight in list(found.items())[:_SHOWN]
    )
    return shown + (f"; and so for {len(found) - _SHOWN} more outcomes" if len(found) > _SHOWN else "")


def _other_totals(p: Distribution, q: Distribution) -> str | None:
    """Vectors whose coordinates add up to other sums in p than in q."""
    inner, outer = q.support, p.support
    if not (isinstance(inner, Vectors) and isinstance(outer, Vectors)):
        return None
    if inner.total is None or outer.total is None or np.array_equal(inner.total, outer.total):
        return None
    return f"p gives its probability to {outer}, q to {inner}: where the sums differ, no outcome is shared"


def _at(array: np.ndarray, shape: tuple[int, ...], index: tuple[int, ...]) -> list[Any]:
    """What an array of shape (outcomes, *batch) has at one element of a batch broadcast to ``shape``."""
    event = array.shape[1 + len(shape) :]
    whole = np.broadcast_to(array, (len(array), *shape, *event))
    of_element: list[Any] = np.moveaxis(whole, 0, len(shape))[index].tolist()
    return of_element


def _impossible_range(p: Distribution, q: Distribution, value: Array) -> str | None:
    """The part of p's probability that lies outside q's support, at the first infinite batch element."""
    support = q.support
    if is_discrete(q) or not isinstance(support, Interval):
        return None
    index, shape = _first(value), np.shape(value)
    low, high = (float(np.broadcast_to(bound, shape)[index]) for bound in (support.low, support.high))
    with np.errstate(all="ignore"):
        outside = sum(
            float(np.broadcast_to(mass, shape)[index])
            for mass in (p.cdf(np.full(shape, low)), np.exp(p.log_sf(np.full(shape, high))))
        )
    if not outside > 0:
        return None
    bounds = Interval(low, high, support.low_included, support.high_included)
    return f"q gives density 0 to what lies outside {bounds}, where p has probability {outside:.6g}"


def _singular(p: Distribution, q: Distribution) -> str:
    """Why a discrete and a continuous distribution exclude one another, and what one may want instead."""
    names = type(p).__name__, type(q).__name__
    if is_discrete(p):
        return (
            f"p ({names[0]}) gives its probability to single values and has no density, while q ({names[1]}) gives "
            "every single value probability 0; what exists is cross_entropy(p, q), the mean negative log-likelihood, "
            "or a nearest-neighbour estimate for the density that the data came from"
        )
    return (
        f"p ({names[0]}) is continuous, so it gives probability 0 to the single values to which q ({names[1]}) gives "
        "all of its probability, and all of its own to values that q excludes"
    )
