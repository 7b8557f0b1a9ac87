"""Standardized inputs: every column shifted and scaled to mean 0 and standard deviation 1 before a fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from mlekit.arrays import RowSource, row_blocks

__all__ = ["Scaling", "Standardizes", "chunks"]

# A mean square below has lost digits, or is about to.
_LEAST_SQUARE = 1e-290


def chunks(inputs: Float[RowSource, "rows inputs"]) -> Iterator[slice]:
    """The rows in order, so many at a time that their values take little memory.

    >>> [part.start for part in chunks(np.empty((5000, 100)))]
    [0, 2621]
    """
    return row_blocks(*inputs.shape)


@runtime_checkable
class Standardizes(Protocol):
    """Rows that can be standardized as they are read."""

    def standardized(
        self, center: Float[np.ndarray, " inputs"], scale: Float[np.ndarray, " inputs"], dtype: np.dtype[Any]
    ) -> RowSource:
        """(x − center)/scale, computed in double precision and given in that of `dtype`."""
        ...


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
        inputs: Float[RowSource, "rows inputs"],
        weights: Float[np.ndarray, " rows"] | None,
        centered: np.ndarray,
    ) -> Scaling:
        """From training rows; columns that are not ``centered`` are scaled by their root mean square only.

        A constant column, which tells nothing, is scaled by its size if that is more than 1: what is left of it is no
        more than rounding.
        """
        rows, columns = inputs.shape
        shares = np.full(rows, 1 / rows) if weights is None else weights / weights.sum()
        counted, mean, square = 0.0, np.zeros(columns), np.zeros(columns)
        with np.errstate(all="ignore"):
            for part in chunks(inputs):
                share, values = shares[part], inputs[part]
                own = float(share.sum())
                if own == 0:
                    continue
                # Chan, Golub & LeVeque (1983): squares about a mean from those about the means of two parts.
                here = share @ values / own
                move, before = here - mean, counted
                counted += own
                square += share @ np.square(values - here) + np.square(move) * (before * own / counted)
                mean += move * (own / counted)
            square += np.where(centered, 0.0, np.square(mean))
            if not np.isfinite(mean).all():  # two parts' means are further apart than numbers reach
                mean = sum((shares[part] @ inputs[part] for part in chunks(inputs)), np.zeros(columns))
        center = np.where(centered, mean, 0.0)
        scale = np.sqrt(square)
        lost = ~((square > _LEAST_SQUARE) & np.isfinite(square))
        if lost.any():
            scale[lost] = _scale_without_squares(inputs, shares, center)[lost]
        size = np.abs(center)
        constant = scale <= 1e-12 * np.maximum(size, np.finfo(np.float64).tiny)
        return cls(center, np.where(constant, np.maximum(size, 1.0), scale))

    @classmethod
    def identity(cls, columns: int) -> Scaling:
        """The scaling that changes nothing."""
        return cls(np.zeros(columns), np.ones(columns))

    def apply(
        self, inputs: Float[RowSource, "rows inputs"], dtype: type[np.floating]
    ) -> Float[np.ndarray, "rows inputs"]:
        """Standardized inputs in the precision asked for; the difference is taken in double precision."""
        return self.reading(inputs, dtype)[:]

    def reading(
        self, inputs: Float[RowSource, "rows inputs"], dtype: type[np.floating]
    ) -> Float[RowSource, "rows inputs"]:
        """The same, made whenever rows are read, if the inputs can do that: then nothing is kept of them."""
        if isinstance(inputs, Standardizes):
            return inputs.standardized(self.center, self.scale, np.dtype(dtype))
        result = np.empty(inputs.shape, dtype=dtype)
        for part in chunks(inputs):
            np.divide(inputs[part] - self.center, self.scale, out=result[part], casting="same_kind")
        return result


def _scale_without_squares(
    inputs: Float[RowSource, "rows inputs"],
    shares: Float[np.ndarray, " rows"],
    center: Float[np.ndarray, " inputs"],
) -> Float[np.ndarray, " inputs"]:
    """Standard deviations of columns so large or small that their squares are no numbers: in units of the largest."""
    unit, square = np.zeros(len(center)), np.zeros(len(center))
    for part in chunks(inputs):
        counted = shares[part] > 0
        unit = np.maximum(unit, np.abs(inputs[part][counted] - center).max(axis=0, initial=0.0))
    unit = np.where(unit > 0, unit, 1.0)
    for part in chunks(inputs):
        counted = shares[part] > 0
        square += shares[part][counted] @ np.square((inputs[part][counted] - center) / unit)
    return unit * np.sqrt(square)
