"""Separation: when predictors tell classes apart perfectly, the likelihood has no maximum.

A direction d in which every row's likelihood never falls, and some row's rises for ever, is a direction of
recession: coefficients run away along it. For a family of log-concave discrete likelihoods the rows' conditions
are linear inequalities C_i·(∂η_i/∂θ)·d ≥ 0, so that a linear program finds such a direction or proves that
there is none: maximize Σ C_i (∂η_i/∂θ) d over |d_j| ≤ 1. The maximum-likelihood fit exists if and only if the
optimum is 0. Albert & Anderson (1984); Konis (2007).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from mlekit.errors import FitError

__all__ = ["refuse_separation"]

_MOVES = 1e-7


def refuse_separation(constraints: Float[np.ndarray, "conditions parameters"], names: Sequence[str]) -> None:
    """Solve the linear program; refuse a sample that has a direction of recession.

    Args:
        constraints: the rows C_i·∂η_i/∂θ, over standardized inputs.
        names: what each parameter is called in a message.

    Raises:
        FitError: naming the coefficients that run away, with their signs.
    """
    from scipy.optimize import linprog

    distinct = np.unique(constraints, axis=0)
    largest = np.abs(distinct).max(axis=1, keepdims=True)
    distinct = distinct[largest[:, 0] > 0] / largest[largest[:, 0] > 0]
    conditions, unknowns = distinct.shape
    result = linprog(-distinct.sum(axis=0), A_ub=-distinct, b_ub=np.zeros(conditions), bounds=(-1, 1))
    if result.fun is None or result.x is None or -result.fun <= _MOVES * conditions:
        return
    direction = result.x
    running = [
        f"{name} → {'+' if step > 0 else '−'}∞"
        for name, step in zip(names, direction, strict=True)
        if abs(step) > _MOVES
    ]
    # Separation is complete if one direction raises every row's likelihood: if the least margin t can be > 0.
    margin = linprog(
        np.append(np.zeros(unknowns), -1.0),
        A_ub=np.column_stack([-distinct, np.ones(conditions)]),
        b_ub=np.zeros(conditions),
        bounds=[(-1, 1)] * unknowns + [(0, 1)],
    )
    complete = margin.fun is not None and -margin.fun > _MOVES
    raise FitError(
        f"the classes are {'completely' if complete else 'quasi-completely'} separated, so the likelihood has no "
        f"maximum: {', '.join(running)}. Use a prior (prior=Gaussian(loc=0, scale=1)), which makes the fit "
        "finite, or remove what separates"
    )
