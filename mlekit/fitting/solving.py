"""Linear systems with positive (semi)definite matrices."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

__all__ = ["solve_positive"]


def solve_positive(
    matrix: Float[np.ndarray, "n n"], vector: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """matrix⁻¹·vector for a positive (semi)definite matrix, scaled to a unit diagonal first.

    A direction in which the matrix has no curvature (redundant parameters) gets no step: the
    pseudo-inverse's answer.
    """
    from scipy.linalg import cho_factor, cho_solve, eigh

    diagonal = np.diagonal(matrix)
    felt = diagonal > 1e-30 * diagonal.max(initial=0.0)
    scale = 1 / np.sqrt(np.where(felt, diagonal, 1.0))
    scaled = matrix * scale[:, None] * scale
    try:
        factor = cho_factor(scaled, check_finite=False)
        if np.diagonal(factor[0]).min() > 1e-7:
            return np.asarray(scale * cho_solve(factor, scale * vector, check_finite=False))
    except np.linalg.LinAlgError:
        pass
    values, vectors = eigh(scaled, check_finite=False)
    keep = values > values[-1] * len(values) * 1e-14
    inverse = np.where(keep, 1 / np.where(keep, values, 1.0), 0.0)
    return np.asarray(scale * (vectors @ (inverse * (vectors.T @ (scale * vector)))))
