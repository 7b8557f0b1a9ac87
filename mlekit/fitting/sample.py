"""Rows that a fit works on: where they come from, a chunk at a time, and what is known of their inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from mlekit.arrays import RowSource, TakesRows, row_blocks

__all__ = ["CHUNK_ROWS", "Chunk", "Sample", "SecondMoments"]

CHUNK_ROWS = 16384
"""Rows that are worked on at a time: large enough for BLAS, small enough for the cache and the memory."""
_CHUNK_VALUES = 2**22
_READ_VALUES, _READ_ROWS = 2**17, 1024  # of inputs that are made as they are read


class Chunk(NamedTuple):
    """Some rows: inputs, encoded targets, and weights and η-offsets where there are any."""

    inputs: Float[np.ndarray, "rows inputs"]
    target: np.ndarray
    weights: Float[np.ndarray, "rows *members"] | None
    offset: Float[np.ndarray, "rows outputs"] | None


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows: one source of chunks. Weights are one a row, or one a row and member of an ensemble.

    Inputs may be made whenever they are read, a chunk at a time; what takes rows in another order needs an array.
    """

    inputs: Float[RowSource, "rows inputs"]
    target: np.ndarray
    weights: Float[np.ndarray, "rows *members"] | None = None
    offset: Float[np.ndarray, "rows outputs"] | None = None

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def total_weight(self) -> float:
        """Σ w, or the number of rows; of an ensemble, the mean of its members'."""
        if self.weights is None:
            return float(len(self))
        return float(self.weights.sum(axis=0, dtype=np.float64).mean())

    @property
    def matrix(self) -> Float[np.ndarray, "rows inputs"]:
        """All inputs at once."""
        return self.inputs if isinstance(self.inputs, np.ndarray) else self.inputs[:]

    def inputs_at(self, rows: Int[np.ndarray, " some"]) -> Float[np.ndarray, "some inputs"]:
        """Those of some of the rows, in the order given."""
        inputs = self.inputs
        if isinstance(inputs, np.ndarray):
            return np.asarray(inputs[rows])
        return inputs.take(rows)[:] if isinstance(inputs, TakesRows) else inputs[:][rows]

    def take(self, rows: Int[np.ndarray, " some"]) -> Sample:
        """Some of the rows, in the order given."""
        return Sample(
            self.inputs_at(rows),
            self.target[rows],
            None if self.weights is None else self.weights[rows],
            None if self.offset is None else self.offset[rows],
        )

    def chunks(self, most: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """The rows in order, at most so many at a time, without copies of what is there."""
        rows_and_columns = self.inputs.shape
        kept = isinstance(self.inputs, np.ndarray)
        values = _CHUNK_VALUES if kept else max(_READ_VALUES, _READ_ROWS * rows_and_columns[1])
        for rows in row_blocks(*rows_and_columns, values=values, most=most):
            yield Chunk(
                self.inputs[rows],
                self.target[rows],
                None if self.weights is None else self.weights[rows],
                None if self.offset is None else self.offset[rows],
            )

    @cached_property
    def second_moments(self) -> SecondMoments:
        """Means of the inputs, and of the products of any two of them."""
        rows, columns = 0, self.inputs.shape[1]
        total, products = np.zeros(columns), np.zeros((columns, columns))
        for chunk in self.chunks():
            inputs, weights = chunk.inputs, chunk.weights
            if weights is not None:
                inputs, weights = inputs[weights > 0], weights[weights > 0]
            rows += len(inputs)
            total += np.ones(len(inputs)) @ inputs if weights is None else weights @ inputs
            # A product of a matrix with itself is left to BLAS as such, which then computes half of it.
            rooted = inputs if weights is None else inputs * np.sqrt(weights)[:, None]
            products += rooted.T @ rooted
        weight = self.total_weight or 1.0
        return SecondMoments(rows, total / weight, products / weight)


class SecondMoments(NamedTuple):
    """Weighted means over rows.

    Attributes:
        rows: how many have weight.
        mean: of each input.
        products: of any two inputs.
    """

    rows: int
    mean: Float[np.ndarray, " inputs"]
    products: Float[np.ndarray, "inputs inputs"]

    def mean_square(self, columns: slice, weights: Float[np.ndarray, " some"], constant: float) -> float:
        """Of a linear function of some of the inputs, with a constant.

        >>> sample = Sample(np.array([[1.0], [2.0]]), np.zeros(2))
        >>> sample.second_moments.mean_square(slice(0, 1), np.array([2.0]), 1.0)  # of 3 and 5
        17.0
        """
        squares = weights @ self.products[columns, columns] @ weights
        return max(0.0, float(squares + 2 * constant * (self.mean[columns] @ weights) + constant**2))
