"""Separation: when predictors tell classes apart perfectly, the likelihood has no maximum.

A direction d in which every row's likelihood never falls, and some row's rises for ever, is a direction of
recession: coefficients run away along it. For a family of log-concave discrete likelihoods the rows' conditions
are linear inequalities C_i·(∂η_i/∂θ)·d ≥ 0, so that a linear program finds such a direction or proves that
there is none: maximize Σ C_i (∂η_i/∂θ) d over |d_j| ≤ 1. The maximum-likelihood fit exists if and only if the
optimum is 0. Albert & Anderson (1984); Konis (2007).

The rows that a fit explains worst overlap most. If there is no direction of recession for those alone, then one
for all rows can only be a direction that leaves those as they are, so that a large sample needs a small program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from mlekit.errors import FitError

__all__ = ["refuse_separation"]

_MOVES = 1e-7
_ROUNDING = 1e-9
_WORST_ROWS = 50
_SHOWN = 2000


def refuse_separation(
    conditions: Callable[[np.ndarray], Float[np.ndarray, "conditions parameters"]],
    worst_first: np.ndarray,
    natural: Float[np.ndarray, "parameters parameters"],
    names: Sequence[str],
    *,
    what: str = "the classes",
) -> None:
    """Refuse a sample that has a direction of recession.

    Args:
        conditions: from positions of rows to their C_i·∂η_i/∂θ, over standardized inputs.
        worst_first: positions of all rows that count, those that the fit explains worst first.
        natural: the matrix that turns a direction over standardized inputs into one of coefficients in the
            units of the data.
        names: what each coefficient is called in a message.
        what: what is separated.

    Raises:
        FitError: naming the coefficients that run away, with their signs.
    """
    from scipy.linalg import null_space

    worst = _distinct(conditions(worst_first[: _WORST_ROWS * len(names)]))
    basis = np.eye(len(names))
    if _recession(worst) is None:
        basis = null_space(worst)
        if basis.shape[1] == 0:
            return
    cone = _distinct(conditions(worst_first) @ basis)
    found = _recession(cone)
    if found is None:
        return
    coefficients = natural @ basis
    coefficients /= np.linalg.norm(coefficients, axis=1, keepdims=True) + np.finfo(np.float64).tiny
    direction = coefficients @ found
    moving = np.flatnonzero(np.abs(direction) > _MOVES).tolist()
    # A coefficient is to blame if it runs the same way in every direction of recession; a share of a large
    # sample's conditions shows that. Where several columns separate, each without the others, none is to blame
    # alone: then one such direction tells.
    shown = np.concatenate([_distinct(worst @ basis), cone[:: 1 + len(cone) // _SHOWN]])
    blamed = [j for j in moving if _runs_one_way(shown, coefficients[j] * np.sign(direction[j]))]
    running = [f"{names[j]} → {'+' if direction[j] > 0 else '−'}∞" for j in blamed or moving]
    complete = basis.shape[1] == len(names) and _is_complete(cone)
    raise FitError(
        f"{what} are {'completely' if complete else 'quasi-completely'} separated, so the likelihood has no "
        f"maximum: {', '.join(running)}. Use a prior (prior=Gaussian(loc=0, scale=1)), which makes the fit "
        "finite, or remove what separates"
    )


def _distinct(
    conditions: Float[np.ndarray, "conditions unknowns"],
) -> Float[np.ndarray, "distinct unknowns"]:
    largest = np.abs(conditions).max(axis=1, keepdims=True, initial=0.0)
    says = largest[:, 0] > _ROUNDING
    distinct: Float[np.ndarray, "distinct unknowns"] = np.unique(conditions[says] / largest[says], axis=0)
    return distinct


def _recession(cone: Float[np.ndarray, "conditions unknowns"]) -> Float[np.ndarray, " unknowns"] | None:
    """The direction in which the conditions rise most; None if no direction raises any."""
    result = _maximize(cone.sum(axis=0), cone)
    return result.x if result.x is not None and -result.fun > _MOVES * len(cone) else None


def _runs_one_way(
    cone: Float[np.ndarray, "conditions unknowns"], coefficient: Float[np.ndarray, " unknowns"]
) -> bool:
    """Whether no direction in the cone makes the coefficient negative."""
    result = _maximize(-coefficient, cone)
    return result.fun is not None and -result.fun <= _MOVES


def _is_complete(cone: Float[np.ndarray, "conditions unknowns"]) -> bool:
    """Whether one direction raises every row's likelihood: whether the least margin t can be positive."""
    margin = np.concatenate([cone, -np.ones((len(cone), 1))], axis=1)
    result = _maximize(np.append(np.zeros(cone.shape[1]), 1.0), margin)
    return result.fun is not None and -result.fun > _MOVES


def _maximize(gain: Float[np.ndarray, " unknowns"], cone: Float[np.ndarray, "conditions unknowns"]) -> Any:
    from scipy.optimize import linprog

    return linprog(-gain, A_ub=-cone, b_ub=np.zeros(len(cone)), bounds=(-1, 1))
