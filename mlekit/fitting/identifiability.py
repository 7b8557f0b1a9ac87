"""Whether a linear design determines its coefficients: constant and collinear columns, named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from mlekit.errors import FitError

__all__ = ["null_directions", "require_identified"]

_SUSPICIOUS = 1e-9
_SINGULAR = 1e-11
_TAKES_PART = 1e-4


def null_directions(design: Float[np.ndarray, "rows unknowns"]) -> Float[np.ndarray, "unknowns directions"]:
    """An orthonormal basis of what the design does not determine.

    >>> null_directions(np.array([[1.0, 1.0], [2.0, 2.0]])).round(4) ** 2
    array([[0.5],
           [0.5]])
    """
    if len(design) == 0:
        return np.eye(design.shape[1])
    _, singular, basis = np.linalg.svd(np.linalg.qr(design, mode="r"), full_matrices=True)
    return basis[int(np.sum(singular > _SUSPICIOUS * singular[0])) :].T


def require_identified(
    inputs: Float[np.ndarray, "rows inputs"],
    columns: Sequence[str],
    scale: Float[np.ndarray, " inputs"],
    *,
    intercept: bool,
) -> None:
    """Refuse a design whose columns (with the intercept) are linearly dependent.

    Args:
        inputs: standardized inputs.
        columns: their names.
        scale: what the original columns were divided by, to state the dependency in their units.
        intercept: whether there is an intercept (the inputs are then centered).

    Raises:
        FitError: naming the columns and the relation between them.
    """
    rows = len(inputs)
    unknowns = inputs.shape[1] + intercept
    if unknowns > rows:
        raise FitError(
            f"{unknowns} coefficients cannot be determined by {rows} rows; use fewer columns, more rows, or a "
            "prior (prior=Gaussian(loc=0, scale=1))"
        )
    if inputs.shape[1] == 0:
        return
    # The Gram matrix is cheap but squares the condition: it clears the many good designs, and the singular
    # values of the design itself decide about the rest.
    gram = inputs.T @ inputs / rows
    constant = np.diagonal(gram) < 1e-20
    if intercept and constant.any():
        name = columns[int(np.argmax(constant))]
        raise FitError(f"column {name!r} is constant, as the intercept is; remove it from the formula")
    values = np.linalg.eigvalsh(gram)
    if values[0] > _SUSPICIOUS * values[-1]:
        return
    singular, basis = np.linalg.svd(inputs, full_matrices=False)[1:]
    if singular[-1] > _SINGULAR * singular[0]:
        return
    relation = basis[-1] / scale
    strength = np.abs(basis[-1])
    taking_part = np.flatnonzero(strength > _TAKES_PART * strength.max())
    relation = relation / relation[taking_part[np.argmax(strength[taking_part])]]
    named = [(relation[j], columns[int(j)]) for j in taking_part]
    terms = " ".join(f"{factor:+.6g}·{column}" for factor, column in named)
    constant_term = " is constant" if intercept else " = 0"
    raise FitError(
        f"columns {[column for _, column in named]} are collinear: {terms}{constant_term} in every row, so their "
        "coefficients are not determined; remove one of them, or use a prior (prior=Gaussian(loc=0, scale=1))"
    )
