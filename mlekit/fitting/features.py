"""Inputs of a network, learned from training rows: standardized, whitened and piecewise-linearly encoded columns.

* z, the columns shifted and scaled to mean 0 and standard deviation 1; constant columns are left out.
* w = zV/√(λ + 10⁻⁵), their whitened combinations, from the eigenvectors V and eigenvalues λ of their correlations: a
  network that sees only z finds a small difference of two nearly equal columns very slowly.
* codes of each column between its quantiles e₀ < e₁ < …, 2·clip((z − e_k)/(e_{k+1} − e_k), 0, 1) − 1: with them a
  step or a kink in a single column is a linear function (Gorishniy, Rubachev & Babenko 2022, On embeddings for
  numerical features in tabular deep learning).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from mlekit.arrays import RowSource
from mlekit.fitting.sample import CHUNK_ROWS
from mlekit.fitting.scaling import Scaling

__all__ = ["Features", "Part", "Preparation"]

Part: TypeAlias = Literal["columns", "whitened", "coded"]

_BINS = 16
_MOST_CODES = 1024
_FEWEST_EDGES = 3
_RIDGE = 1e-5
_NO_VARIANCE = 1e-10


@runtime_checkable
class Preparation(Protocol):
    """From the design matrix to what the networks read: learned from training rows, then fixed."""

    def apply(
        self, inputs: Float[RowSource, "rows inputs"], dtype: type[np.floating]
    ) -> Float[np.ndarray, "rows features"]:
        """The features of some rows, in the precision asked for."""
        ...

    def reading(
        self, inputs: Float[RowSource, "rows inputs"], dtype: type[np.floating]
    ) -> Float[RowSource, "rows features"]:
        """The same, made as rows are read, where that takes less memory."""
        ...


@dataclass(frozen=True, eq=False)
class Features:
    """The columns [z, w, codes]; see the module.

    Args:
        scaling: of all input columns.
        kept: which columns vary.
        whitening: the matrix from z to w.
        edges: the distinct quantiles of the columns that have codes, one after the other, in units of z.
        counts: how many of the edges each kept column has; 0 for one without codes.

    >>> x = np.array([[0.0, 7.0], [1.0, 7.0], [2.0, 7.0], [5.0, 7.0]])
    >>> features = Features.learn(x, None)
    >>> features.apply(x, np.float64).shape, features.n_base  # z and w of the column that varies, and 16 codes
    ((4, 18), 2)
    """

    scaling: Scaling
    kept: Int[np.ndarray, " kept"]
    whitening: Float[np.ndarray, "kept directions"]
    edges: Float[np.ndarray, " edges"]
    counts: Int[np.ndarray, " kept"]

    @classmethod
    def learn(
        cls, inputs: Float[RowSource, "rows inputs"], weights: Float[np.ndarray, " rows"] | None
    ) -> Features:
        """From training rows; rows of weight 0 have no say."""
        matrix = inputs[:]  # quantiles need all rows of a column at once
        if weights is not None:
            matrix, weights = matrix[weights > 0], weights[weights > 0]
        scaling = Scaling.learn(matrix, weights, np.ones(matrix.shape[1], dtype=bool))
        kept = np.flatnonzero(np.ptp(matrix, axis=0) > 0)
        z = scaling.apply(matrix, np.float64)[:, kept]
        w = np.full(len(z), 1 / len(z)) if weights is None else weights / weights.sum()
        variances, directions = np.linalg.eigh(z.T @ (z * w[:, None]))
        felt = variances > _NO_VARIANCE * variances.max(initial=0.0)
        bins = int(np.clip(_MOST_CODES // max(1, len(kept)), 2, _BINS))
        levels = np.linspace(0, 1, bins + 1)
        edges = [np.unique(np.quantile(column, levels)) for column in z.T]
        coded = [own if len(own) >= _FEWEST_EDGES else own[:0] for own in edges]
        return cls(
            scaling=scaling,
            kept=kept,
            whitening=directions[:, felt] / np.sqrt(variances[felt] + _RIDGE),
            edges=np.concatenate([*coded, np.empty(0)]),
            counts=np.array([len(own) for own in coded], dtype=np.int64),
        )

    @property
    def n_base(self) -> int:
        """How many columns z and w have: the first ones."""
        return sum(self.whitening.shape)

    @property
    def widths(self) -> dict[Part, int]:
        """How many of the first columns each part of the features has: z alone, with w, and with the codes."""
        return {"columns": len(self.kept), "whitened": self.n_base, "coded": self.n_features}

    @property
    def n_features(self) -> int:
        """How many columns there are in all."""
        return self.n_base + int(np.maximum(self.counts - 1, 0).sum())

    def apply(
        self, inputs: Float[RowSource, "rows inputs"], dtype: type[np.floating]
    ) -> Float[np.ndarray, "rows features"]:
        """The features of some rows, computed in double precision."""
        result = np.empty((len(inputs), self.n_features), dtype=dtype)
        column, before, after = self._codes
        for start in range(0, len(inputs), CHUNK_ROWS):
            part = slice(start, start + CHUNK_ROWS)
            z = self.scaling.apply(inputs[part], np.float64)[:, self.kept]
            result[part, : z.shape[1]] = z
            result[part, z.shape[1] : self.n_base] = z @ self.whitening
            result[part, self.n_base :] = 2 * np.clip((z[:, column] - before) / (after - before), 0, 1) - 1
        return result

    def reading(
        self, inputs: Float[RowSource, "rows inputs"], dtype: type[np.floating]
    ) -> Float[RowSource, "rows features"]:
        """The same, made whenever rows are read."""
        return _Reading(self, inputs, np.dtype(dtype))

    @property
    def _codes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of every code: its column among the kept ones, and its two edges."""
        column = np.repeat(np.arange(len(self.counts)), self.counts)
        within = column[1:] == column[:-1]
        return column[1:][within], self.edges[:-1][within], self.edges[1:][within]


@dataclass(frozen=True, eq=False)
class _Reading:
    """Features of inputs, made whenever rows are read."""

    features: Features
    inputs: Float[RowSource, "rows inputs"]
    dtype: np.dtype[Any]

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self.inputs), self.features.n_features

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, rows: slice, /) -> Float[np.ndarray, "rows features"]:
        return self.features.apply(self.inputs[rows], self.dtype.type)
