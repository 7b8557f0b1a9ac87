"""Stochastic optimization: many small steps, each along the gradient of a few rows.

What every stochastic optimizer shares: how many steps of which size to make, how rows are shuffled and dealt
out, the learning rate's course, and what is recorded. An optimizer adds its update rule.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, cos, isfinite, pi, sqrt

import numpy as np
from jaxtyping import Float

from mlekit.arrays import positions_of
from mlekit.errors import ParameterError
from mlekit.fitting.objective import BatchObjective, Chunk, Sample
from mlekit.fitting.optimizer import Record, Stop

__all__ = ["MinibatchRun", "Schedule"]

_RECORDS = 100
_BLOCK_ROWS = 65536
_BLOCK_VALUES = 2**20
_RUNAWAY = 1e3
_VALUED_EVERY = 8


@dataclass(frozen=True)
class Schedule:
    """How many steps, over how many rows each, at which learning rate.

    Args:
        learning_rate: the rate after warm-up, falling to zero along half a cosine in every cycle.
        epochs: passes over the rows; None for as many as make steps·max(1, √(n/8000)) steps.
        batch_size: rows a step; None for 1.5·√n, at least 32 and at most 512.
        warmup: steps over which the rate rises linearly.
        cycles: how often the rate falls; each cycle is twice as long as the one before.
        default_steps: see epochs.
    """

    learning_rate: float
    epochs: float | None
    batch_size: int | None
    warmup: int
    cycles: int = 1
    default_steps: int = 2000

    def check(self, owner: str, *, clip_norm: float, patience: int | None) -> None:
        """Refuse settings that make no sense, naming them."""
        if not (isfinite(self.learning_rate) and self.learning_rate > 0):
            raise ParameterError(f"{owner}: learning_rate must be positive, but is {self.learning_rate}")
        if self.epochs is not None and not (isfinite(self.epochs) and self.epochs > 0):
            raise ParameterError(f"{owner}: epochs must be positive, but is {self.epochs}")
        if self.batch_size is not None and self.batch_size < 1:
            raise ParameterError(f"{owner}: batch_size must be at least 1, but is {self.batch_size}")
        if self.warmup < 0:
            raise ParameterError(f"{owner}: warmup must not be negative, but is {self.warmup}")
        if self.cycles < 1:
            raise ParameterError(f"{owner}: cycles must be at least 1, but is {self.cycles}")
        if self.default_steps < 1:
            raise ParameterError(f"{owner}: steps must be at least 1, but is {self.default_steps}")
        if not clip_norm > 0:
            raise ParameterError(f"{owner}: clip_norm must be positive (inf for none), but is {clip_norm}")
        if patience is not None and patience < 1:
            raise ParameterError(f"{owner}: patience must be at least 1, or None, but is {patience}")

    def rows_a_step(self, rows: int) -> int:
        """The batch size for that many rows."""
        size = int(min(max(1.5 * sqrt(rows), 32), 512)) if self.batch_size is None else self.batch_size
        return min(size, rows)

    def steps(self, rows: int) -> int:
        """The number of steps for that many rows."""
        if self.epochs is None:
            return round(self.default_steps * max(1.0, sqrt(rows / 8000)))
        return max(1, round(self.epochs * ceil(rows / self.rows_a_step(rows))))

    def ends(self, steps: int) -> tuple[int, ...]:
        """The step at which each cycle ends, the last of which is ``steps``."""
        shares = [(2 ** (k + 1) - 1) / (2**self.cycles - 1) for k in range(self.cycles)]
        return tuple(dict.fromkeys(max(1, round(steps * share)) for share in shares))

    def rate(self, step: int, ends: tuple[int, ...]) -> float:
        """The learning rate of a step, counted from 0, where cycles end at those steps."""
        cycle = bisect_right(ends, step)
        start = ends[cycle - 1] if cycle else 0
        rising = min(1.0, (step + 1) / (self.warmup + 1))
        return self.learning_rate * rising * 0.5 * (1 + cos(pi * (step - start) / (ends[cycle] - start)))


class MinibatchRun(ABC):
    """A stochastic run; subclasses hold the optimizer's state and apply its update rule.

    The objective that a step sees is per unit of weight, (1/W)·F, estimated on the batch, so that learning
    rates mean the same for ten rows and ten million.
    """

    def __init__(
        self,
        schedule: Schedule,
        objective: BatchObjective,
        theta: Float[np.ndarray, " parameters"],
        rng: np.random.Generator,
        *,
        clip_norm: float,
        patience: int | None,
    ) -> None:
        self.schedule = schedule
        self.objective = objective
        self.theta = theta
        self.patience = patience
        self.clip_norm = clip_norm
        self.stop: Stop | None = None
        rows = len(objective.sample)
        self.total_steps = schedule.steps(rows)
        self._batch = schedule.rows_a_step(rows)
        self._ends = schedule.ends(self.total_steps)
        self._looks = self._planned_looks()
        self._deck = _Deck(objective.sample, self._batch, rng)
        self._gradient = np.empty_like(theta)
        self._mean_weight = objective.sample.total_weight / rows
        self._steps = 0
        self._nll_sum: float | Float[np.ndarray, " members"] = 0.0
        self._row_sum = 0
        self._highest_nll: float | Float[np.ndarray, " members"] = np.inf

    def _planned_looks(self) -> frozenset[int]:
        """The steps after which a record is due: the same number in every cycle, and one at its end."""
        looks: set[int] = set()
        share = max(1, _RECORDS // len(self._ends))
        for start, end in pairwise((0, *self._ends)):
            looks.update(range(end, start, -ceil((end - start) / share)))
        return frozenset(looks)

    @abstractmethod
    def _update(self, gradient: Float[np.ndarray, " parameters"], rate: float) -> None:
        """Change θ in place; ``gradient`` may be overwritten."""

    def step(self) -> Record | None:
        """One step along the gradient of one batch."""
        chunk = self._deck.deal()
        gradient = self._gradient
        rows = len(chunk.inputs)
        # The history's likelihood is that of every few batches: an estimate either way, and not what is climbed.
        valued = self._steps % _VALUED_EVERY == 0 or self._steps + 1 in self._looks
        nll = self.objective.chunk_gradient(
            self.theta, chunk, gradient, 1 / (rows * self._mean_weight), valued=valued
        )
        if self.objective.prior is not None:
            self.objective.prior.subtract_gradient(
                self.theta, gradient, 1 / self.objective.sample.total_weight
            )
        if self._steps == 0:
            mean_nll = nll / (rows * self._mean_weight)
            self._highest_nll = mean_nll + _RUNAWAY * (1 + np.abs(mean_nll))
        norm = sqrt(float(gradient @ gradient))
        if not isfinite(norm):
            self.stop = Stop("diverged: the gradient is not finite; lower the learning rate", False)
            return Record(np.inf, np.inf)
        if norm > self.clip_norm:
            gradient *= self.clip_norm / norm
        self._update(gradient, self.schedule.rate(self._steps, self._ends))
        if valued:
            self._nll_sum += nll
            self._row_sum += rows
        self._steps += 1
        if self._steps == self.total_steps:
            self.stop = Stop(f"finished its {self.total_steps} steps", True)
        if self._steps not in self._looks:
            return None
        mean_nll = self._nll_sum / (self._row_sum * self._mean_weight)
        self._nll_sum, self._row_sum = 0.0, 0
        if np.any(mean_nll > self._highest_nll):
            self.stop = Stop(
                "diverged: the likelihood falls far below its start; lower the learning rate", False
            )
            return Record(np.inf, np.inf)
        norm *= self.objective.sample.total_weight
        return Record(mean_nll, norm, ends_cycle=self._steps in self._ends)


class _Deck:
    """Deals a sample's rows in batches, shuffled anew for every pass.

    Rows are gathered a block at a time: one copy of many rows costs less than many copies of few, and a block
    bounds the memory.
    """

    def __init__(self, sample: Sample, batch: int, rng: np.random.Generator) -> None:
        self._sample = sample
        self._batch = batch
        self._rng = rng
        self._order = np.empty(0, dtype=np.int64)
        self._position = 0
        self._block = sample.take(slice(0, 0))
        self._start = 0
        most = min(_BLOCK_ROWS, _BLOCK_VALUES // max(1, sample.inputs.shape[1]))
        self._block_rows = max(batch, most - most % batch)

    def deal(self) -> Chunk:
        """The next batch; the last one of a pass may be smaller."""
        if self._start >= len(self._block):
            if self._position >= len(self._order):
                self._order = np.empty(0, np.int32)  # let go of before the next is made
                self._order = self._rng.permutation(positions_of(len(self._sample)))
                self._position = 0
            rows = self._order[self._position : self._position + self._block_rows]
            self._position += len(rows)
            self._block = self._sample.take(rows)
            self._start = 0
        batch = slice(self._start, self._start + self._batch)
        self._start += self._batch
        block = self._block
        return Chunk(
            block.inputs[batch],
            block.target[batch],
            None if block.weights is None else block.weights[batch],
            None if block.offset is None else block.offset[batch],
        )
