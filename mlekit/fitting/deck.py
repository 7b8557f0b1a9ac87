"""A sample's rows, shuffled anew for every pass, and dealt out in batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Int

from mlekit.arrays import positions_of
from mlekit.fitting.sample import Chunk, Sample

__all__ = ["Batches", "Deck"]

_BLOCK_ROWS = 65536
_BLOCK_VALUES = 2**20


@dataclass(frozen=True, eq=False)
class Batches:
    """Several batches, one after the other.

    Args:
        sample: their rows.
        starts: where each begins, and the last one ends.
    """

    sample: Sample
    starts: Int[np.ndarray, " batches_and_one"]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def chunks(self) -> Iterator[Chunk]:
        """Each of them, as a view."""
        inputs, target, weights, offset = (
            self.sample.inputs,
            self.sample.target,
            self.sample.weights,
            self.sample.offset,
        )
        for start, stop in pairwise(self.starts.tolist()):
            rows = slice(start, stop)
            yield Chunk(
                inputs[rows],
                target[rows],
                None if weights is None else weights[rows],
                None if offset is None else offset[rows],
            )

    def rows_every(self, count: int) -> int:
        """How many rows the last batch has, and every so many before it, together."""
        return int(np.diff(self.starts)[::-count].sum())


class Deck:
    """Deals a sample's rows in batches; the last batch of a pass may be smaller.

    Rows are gathered for many batches at a time: one copy of many rows costs less than many copies of few. Their
    number is bounded, and with it the memory, and the time that goes by between two looks.
    """

    def __init__(self, sample: Sample, batch: int, rng: np.random.Generator) -> None:
        self._sample = sample
        self._batch = batch
        self._rng = rng
        self._order = np.empty(0, dtype=np.int64)
        self._position = 0
        most = min(_BLOCK_ROWS, _BLOCK_VALUES // max(1, sample.inputs.shape[1]))
        self._most = max(1, most // batch)

    def deal(self, most: int) -> Batches:
        """The next batches, at most so many."""
        most = min(most, self._most)
        rows, starts, dealt = list[np.ndarray](), [0], 0
        while len(starts) <= most:
            if self._position >= len(self._order):
                self._order = np.empty(0, np.int32)  # let go of before the next is made
                self._order = self._rng.permutation(positions_of(len(self._sample)))
                self._position = 0
            some = self._order[self._position : self._position + (most + 1 - len(starts)) * self._batch]
            self._position += len(some)
            rows.append(some)
            starts += [*range(dealt + self._batch, dealt + len(some), self._batch), dealt + len(some)]
            dealt += len(some)
        return Batches(self._sample.take(np.concatenate(rows)), np.array(starts))
