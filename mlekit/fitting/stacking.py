"""Weights of a mixture of several predictions: those under which rows that they had not seen were likeliest.

Yao, Vehtari, Simpson & Gelman (2018), Using stacking to average Bayesian predictive distributions. The likelihood of
the weights of known components has one maximum, which the EM algorithm climbs to (Dempster, Laird & Rubin 1977).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

__all__ = ["stacking_weights"]

_STEPS = 500
_TOLERANCE = 1e-6


def stacking_weights(
    log_prob: Float[np.ndarray, "kinds rows"], weights: Float[np.ndarray, " rows"]
) -> Float[np.ndarray, " kinds"]:
    """The weights π that maximize Σ_rows w·log Σ_k π_k·p_k(y), with one further row that all kinds share alike.

    That row keeps every weight above zero: no kind has been ruled out by what was seen.

    Args:
        log_prob: log p_k(y) of rows that kind k was not trained on.
        weights: how often each row counts.

    >>> certain = np.log([[0.9, 0.9, 0.9], [0.1, 0.1, 0.1]])
    >>> stacking_weights(certain, np.full(3, 1000.0)).round(3)
    array([1., 0.])
    """
    kinds = len(log_prob)
    share = np.full(kinds, 1 / kinds)
    top = log_prob.max(axis=0)
    # A row that all find impossible tells none from another.
    counts = (weights > 0) & np.isfinite(top)
    densities, weights = np.exp(log_prob[:, counts] - top[counts]), weights[counts]
    total = weights.sum() + 1.0
    for _ in range(_STEPS):
        per_density = weights / (share @ densities)
        updated = (share * (densities @ per_density) + 1 / kinds) / total
        moved = np.abs(updated - share).max()
        share = updated
        if moved < _TOLERANCE:
            break
    return share
