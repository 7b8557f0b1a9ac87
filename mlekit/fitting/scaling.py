"""Standardized inputs: every column shifted and scaled to mean 0 and standard deviation 1 before a fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from mlekit.fitting.objective import CHUNK_ROWS

__all__ = ["Scaling"]


@dataclass(frozen=True, eq=False)
class Scaling:
    """z = (x − center)/scale, by column.

    >>> Scaling(np.array([10.0]), np.array([2.0])).apply(np.array([[12.0]]), np.float64)
    array([[1.]])
    """

    center: Float[np.ndarray, " inputs"]
    scale: Float[np.ndarray, " inputs"]

    @classmethod
    def learn(
        cls,
        inputs: Float[np.ndarray, "rows inputs"],
        weights: Float[np.ndarray, " rows"] | None,
        centered: np.ndarray,
    ) -> Scaling:
        """From training rows; columns that are not ``centered`` are scaled by their root mean square only.

        A constant column, which tells nothing, gets scale 1.
        """
        rows, columns = inputs.shape
        w = np.full(rows, 1 / rows) if weights is None else weights / weights.sum()
        center = np.where(centered, w @ inputs, 0.0)
        square = np.zeros(columns)
        for start in range(0, rows, CHUNK_ROWS):
            part = slice(start, start + CHUNK_ROWS)
            square += w[part] @ np.square(inputs[part] - center)
        scale = np.sqrt(square)
        # What is left of a constant column is rounding.
        constant = scale <= 1e-12 * np.maximum(np.abs(center), np.finfo(np.float64).tiny)
        return cls(center, np.where(constant, 1.0, scale))

    @classmethod
    def identity(cls, columns: int) -> Scaling:
        """The scaling that changes nothing."""
        return cls(np.zeros(columns), np.ones(columns))

    def apply(
        self, inputs: Float[np.ndarray, "rows inputs"], dtype: type[np.floating]
    ) -> Float[np.ndarray, "rows inputs"]:
        """Standardized inputs in the precision asked for; the difference is taken in double precision."""
        result = np.empty(inputs.shape, dtype=dtype)
        for start in range(0, len(inputs), CHUNK_ROWS):
            part = slice(start, start + CHUNK_ROWS)
            result[part] = (inputs[part] - self.center) / self.scale
        return result
