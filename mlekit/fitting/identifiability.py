"""Whether a linear design determines its coefficients: constant and collinear columns, named."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float

from mlekit.errors import FitError

__all__ = ["null_directions", "require_identified"]

_SUSPICIOUS = 1e-9
_SINGULAR = 1e-11
_TAKES_PART = 1e-4
_CONSTANT = 1e-20


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
    design: Callable[[], Float[np.ndarray, "rows inputs"]],
    products: Float[np.ndarray, "inputs inputs"],
    columns: Sequence[str],
    scale: Float[np.ndarray, " inputs"],
    *,
    rows: int,
    intercept: bool,
) -> None:
    """Refuse a design whose columns (with the intercept) are linearly dependent.

    Args:
        design: the standardized inputs, which are asked for only if their products leave it open.
        products: means over rows of the products of any two of them.
        columns: their names.
        scale: what the original columns were divided by, to state the dependency in their units.
        rows: how many there are.
        intercept: whether there is an intercept (the inputs are then centered).

    Raises:
        FitError: naming the columns and the relation between them.
    """
    unknowns = len(columns) + intercept
    if unknowns > rows:
        raise FitError(
            f"{unknowns} coefficients cannot be determined by {rows} rows; use fewer columns, more rows, or a "
            "prior (prior=Gaussian(loc=0, scale=1))"
        )
    if not columns:
        return
    # Products are cheap but square the condition: they clear the many good designs, and the design itself decides about
    # the rest, without weights: no row that counts is too light to tell columns apart.
    values = np.linalg.eigvalsh(products)
    if values[0] > _SUSPICIOUS * max(values[-1], 1.0):
        return
    inputs = design()
    constant = np.mean(np.square(inputs), axis=0) < _CONSTANT
    if intercept and constant.any():
        name = columns[int(np.argmax(constant))]
        raise FitError(f"column {name!r} is constant, as the intercept is; remove it from the formula")
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
