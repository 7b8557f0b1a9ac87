"""Lower triangular matrices with a positive diagonal: free coordinates for them, and systems solved with them.

The coordinates of L are log L₁₁ … log L_dd, then the entries below the diagonal, row by row: any d(d+1)/2 reals give
one such matrix, and one matrix gives such reals (the log-Cholesky parametrization of a covariance L·Lᵀ; Pinheiro &
Bates 1996, Unconstrained parametrizations for variance-covariance matrices). Substitution goes over the few columns,
and takes the whole batch at each.
"""

from __future__ import annotations

from functools import cache
from math import isqrt

import numpy as np

from mlekit.arrays import Array

__all__ = [
    "applied",
    "coordinates_of",
    "entries",
    "from_rows",
    "inverse",
    "side",
    "slopes_at",
    "solve",
    "solve_transposed",
    "triangular_at",
]


def side(coordinates: int) -> int:
    """The number of rows of a matrix with so many coordinates.

    >>> side(6)
    3
    """
    return (isqrt(8 * coordinates + 1) - 1) // 2


@cache
def entries(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of each coordinate of a matrix with ``size`` rows."""
    rows, columns = np.tril_indices(size, -1)
    return np.append(np.arange(size), rows), np.append(np.arange(size), columns)


def coordinates_of(lower: Array) -> Array:
    """The coordinates of a matrix, on the last axis.

    >>> coordinates_of(np.array([[1.0, 0.0], [5.0, 1.0]]))
    array([0., 0., 5.])
    """
    size = lower.shape[-1]
    packed = np.array(lower[(..., *entries(size))])
    packed[..., :size] = np.log(packed[..., :size])
    return packed


def triangular_at(coordinates: Array) -> Array:
    """The matrix at coordinates.

    >>> triangular_at(np.array([0.0, 0.0, 5.0]))
    array([[1., 0.],
           [5., 1.]])
    """
    size = side(coordinates.shape[-1])
    lower = np.zeros((*coordinates.shape[:-1], size, size), dtype=coordinates.dtype)
    values = np.array(coordinates)
    values[..., :size] = np.exp(values[..., :size])
    lower[(..., *entries(size))] = values
    return lower


def slopes_at(coordinates: Array) -> Array:
    """The derivative of each entry by its own coordinate: the entry itself on the diagonal, 1 below."""
    size = side(coordinates.shape[-1])
    return np.concatenate([np.exp(coordinates[..., :size]), np.ones_like(coordinates[..., size:])], axis=-1)


def applied(matrix: Array, vectors: Array) -> Array:
    """M·v for every vector, on the last axis of ``vectors``."""
    if matrix.ndim == 2:
        return np.asarray(vectors @ matrix.T)
    product: Array = np.einsum("...ij,...j->...i", matrix, vectors)
    return product


def solve(lower: Array, vectors: Array) -> Array:
    """L⁻¹·v for every vector, by forward substitution.

    >>> solve(np.array([[2.0, 0.0], [4.0, 1.0]]), np.array([[2.0, 5.0], [0.0, 3.0]]))
    array([[1., 1.],
           [0., 3.]])
    """
    size = lower.shape[-1]
    shape = np.broadcast_shapes(lower.shape[:-2], vectors.shape[:-1])
    solved = np.empty((*shape, size), dtype=np.result_type(lower, vectors))
    for i in range(size):
        known = _inner(lower[..., i, :i], solved[..., :i]) if i else 0.0
        solved[..., i] = (vectors[..., i] - known) / lower[..., i, i]
    return solved


def solve_transposed(lower: Array, vectors: Array) -> Array:
    """L⁻ᵀ·v for every vector, by back substitution.

    >>> solve_transposed(np.array([[2.0, 0.0], [4.0, 1.0]]), np.array([2.0, 1.0]))
    array([-1.,  1.])
    """
    size = lower.shape[-1]
    shape = np.broadcast_shapes(lower.shape[:-2], vectors.shape[:-1])
    solved = np.empty((*shape, size), dtype=np.result_type(lower, vectors))
    for i in range(size - 1, -1, -1):
        known = _inner(lower[..., i + 1 :, i], solved[..., i + 1 :]) if i < size - 1 else 0.0
        solved[..., i] = (vectors[..., i] - known) / lower[..., i, i]
    return solved


def _inner(row: Array, vectors: Array) -> Array:
    """Σ_k row_k·v_k; for one row that all vectors share, as a product with it."""
    if row.ndim == 1:
        return np.asarray(vectors @ row)
    inner: Array = np.einsum("...k,...k->...", row, vectors)
    return inner


def inverse(lower: Array) -> Array:
    """L⁻¹, again lower triangular.

    >>> inverse(np.array([[2.0, 0.0], [4.0, 1.0]]))
    array([[ 0.5,  0. ],
           [-2. ,  1. ]])
    """
    size = lower.shape[-1]
    columns = np.broadcast_to(np.eye(size, dtype=lower.dtype), (*lower.shape[:-2], size, size))
    return np.swapaxes(solve(lower[..., None, :, :], columns), -1, -2) + 0.0


def from_rows(rows: Array) -> Array:
    """The lower triangular L with a positive diagonal and L·Lᵀ = A·Aᵀ, for A with at least as many columns as rows.

    It comes from orthogonal transformations of A, so that small scales beside large ones keep their digits.

    >>> from_rows(np.array([[3.0, 4.0], [0.0, 1.0]])).round(12)
    array([[5. , 0. ],
           [0.8, 0.6]])
    """
    upper = np.linalg.qr(np.swapaxes(rows, -1, -2), mode="r")
    signs = np.where(np.diagonal(upper, axis1=-2, axis2=-1) < 0, -1.0, 1.0)
    lower: Array = np.tril(np.swapaxes(upper * signs[..., None], -1, -2))
    return lower
