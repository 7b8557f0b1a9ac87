"""Stochastic optimization: many small steps, each along the gradient of a few rows.

What every stochastic optimizer shares: how many steps of which size to make, the learning rate's course, and what is
recorded. An optimizer adds its update rule.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, inf, isfinite, pi, sqrt
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from mlekit.errors import ParameterError
from mlekit.fitting.deck import Batches, Deck
from mlekit.fitting.objective import BatchObjective
from mlekit.fitting.optimizer import Record, Stop

__all__ = ["VALUED_EVERY", "Made", "MinibatchRun", "Schedule"]

VALUED_EVERY = 8
"""The history's likelihood is that of every few batches: an estimate either way, and not what is climbed."""
_RECORDS = 100
_FEWEST_STEPS = 10  # between two looks, as one at the validation rows costs as much as several steps
_RUNAWAY = 1e3


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

    def rates(self, steps: Int[np.ndarray, " steps"], ends: tuple[int, ...]) -> Float[np.ndarray, " steps"]:
        """The learning rates of steps, counted from 0, where cycles end at those steps."""
        bounds = np.array([0, *ends])
        cycle = np.searchsorted(ends, steps, side="right")
        rising = np.minimum(1.0, (steps + 1) / (self.warmup + 1))
        share = (steps - bounds[cycle]) / (bounds[cycle + 1] - bounds[cycle])
        return np.asarray(self.learning_rate * rising * 0.5 * (1 + np.cos(pi * share)))


class Made(NamedTuple):
    """What some steps report: the negative log-likelihood of the valued ones, and the norm of the last gradient."""

    nll: float | Float[np.ndarray, " members"]
    norm: float


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
        self.steps = 0
        rows = len(objective.sample)
        self.total_steps = schedule.steps(rows)
        self._ends = schedule.ends(self.total_steps)
        self._looks = self._planned_looks()
        self._deck = Deck(objective.sample, schedule.rows_a_step(rows), rng)
        self._gradient = np.empty_like(theta)
        self._total_weight = objective.sample.total_weight
        self._mean_weight = self._total_weight / rows
        self._nll_sum: float | Float[np.ndarray, " members"] = 0.0
        self._row_sum = 0
        self._highest_nll: float | Float[np.ndarray, " members"] = np.inf

    def _planned_looks(self) -> tuple[int, ...]:
        """The steps after which a record is due: about the same number in every cycle, and one at its end."""
        looks: set[int] = set()
        share = max(1, _RECORDS // len(self._ends))
        for start, end in pairwise((0, *self._ends)):
            looks.update(range(end, start, -max(_FEWEST_STEPS, ceil((end - start) / share))))
        return tuple(sorted(looks))

    @abstractmethod
    def _update(self, gradient: Float[np.ndarray, " parameters"], rate: float) -> None:
        """Change θ in place; ``gradient`` may be overwritten."""

    def step(self) -> Record | None:
        """As many steps as are due until the next look, or as make a good deal of work."""
        due = self._looks[bisect_right(self._looks, self.steps)] - self.steps
        first = self.steps == 0
        batches = self._deck.deal(1 if first else due)
        steps = np.arange(self.steps, self.steps + len(batches))
        made = self._make(batches, self.schedule.rates(steps, self._ends))
        if not isfinite(made.norm):
            self.stop = Stop("diverged: the gradient is not finite; lower the learning rate", False)
            return Record(np.inf, np.inf)
        self.steps += len(batches)
        self._nll_sum += made.nll
        self._row_sum += batches.rows_every(VALUED_EVERY)
        if self.steps == self.total_steps:
            self.stop = Stop(f"finished its {self.total_steps} steps", True)
        mean_nll = self._nll_sum / (self._row_sum * self._mean_weight)
        if first:
            self._highest_nll = mean_nll + _RUNAWAY * (1 + np.abs(mean_nll))
        if len(batches) < due:
            return None
        self._nll_sum, self._row_sum = 0.0, 0
        if np.any(mean_nll > self._highest_nll):
            self.stop = Stop(
                "diverged: the likelihood falls far below its start; lower the learning rate", False
            )
            return Record(np.inf, np.inf)
        norm = made.norm * self._total_weight
        return Record(mean_nll, norm, ends_cycle=self.steps in self._ends)

    def _make(self, batches: Batches, rates: Float[np.ndarray, " steps"]) -> Made:
        """A step along the gradient of each batch."""
        nll: float | Float[np.ndarray, " members"] = 0.0
        gradient, objective, norm = self._gradient, self.objective, 0.0
        for left, (chunk, rate) in enumerate(
            zip(batches.chunks(), rates.tolist(), strict=True), 1 - len(batches)
        ):
            valued = left % VALUED_EVERY == 0
            factor = 1 / (len(chunk.inputs) * self._mean_weight)
            of_chunk = objective.chunk_gradient(self.theta, chunk, gradient, factor, valued=valued)
            if objective.prior is not None:
                objective.prior.subtract_gradient(self.theta, gradient, 1 / self._total_weight)
            norm = sqrt(float(gradient @ gradient))
            if not isfinite(norm):
                return Made(nll, inf)
            if norm > self.clip_norm:
                objective.shorten(gradient, self.clip_norm)
            self._update(gradient, rate)
            if valued:
                nll += of_chunk
        return Made(nll, norm)
