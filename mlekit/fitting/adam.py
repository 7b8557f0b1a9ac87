"""Adam: steps scaled by running means of the gradient and of its square. Kingma & Ba (2015)."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np
from jaxtyping import Float

from mlekit.errors import ParameterError
from mlekit.fitting.compiled_steps import CompiledSteps
from mlekit.fitting.deck import Batches
from mlekit.fitting.minibatch import VALUED_EVERY, Made, MinibatchRun, Schedule
from mlekit.fitting.moments import Moments
from mlekit.fitting.objective import BatchObjective

__all__ = ["Adam"]

# The shrinkage of a step is next to nothing, and costs as much as a third of an update: it is gathered.
_DECAY_EVERY = 8


@dataclass(frozen=True)
class Adam:
    """Adam on shuffled batches; the default for an MLP.

        m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²,  θ ← θ − rate·m̂/(√v̂ + ε)

    Args:
        learning_rate: the rate after warm-up; it falls to zero along half a cosine.
        epochs: passes over the rows; None for as many as make steps·max(1, √(n/8000)) steps.
        batch_size: rows a step; None for 1.5·√n, at least 32 and at most 512.
        beta1: memory of the gradient's mean m.
        beta2: memory of the mean of squares v.
        epsilon: ε, which keeps the division finite.
        warmup: steps over which the rate rises linearly.
        clip_norm: a longer mean gradient, of each member of an ensemble, is shortened to this length.
        cycles: how often the rate falls from its height to zero, each cycle twice as long as the one before
            (Loshchilov & Hutter 2017, SGDR). With validation rows the run ends after a cycle that brought none of
            them nearer on average.
        weight_decay: every step shrinks the weights, not the biases, by this share of the rate (Loshchilov & Hutter
            2019, AdamW); a prior is the likelihood's own way to the same end.
        steps: see epochs.
        patience: with validation rows, stop after this many of the about 100 looks at them without a better
            likelihood; None to never stop early. The best weights are restored either way.

    >>> Adam(learning_rate=1e-3, epochs=20).batch_size is None
    True
    """

    learning_rate: float = 1e-2
    epochs: float | None = None
    batch_size: int | None = None
    beta1: float = 0.9
    beta2: float = 0.99
    epsilon: float = 1e-8
    warmup: int = 50
    clip_norm: float = 10.0
    patience: int | None = 30
    cycles: int = 1
    weight_decay: float = 0.0
    steps: int = 2000

    def __post_init__(self) -> None:
        self._schedule.check("Adam", clip_norm=self.clip_norm, patience=self.patience)
        if not (isfinite(self.weight_decay) and self.weight_decay >= 0):
            raise ParameterError(f"Adam: weight_decay must not be negative, but is {self.weight_decay}")
        if not self.epsilon > 0:
            raise ParameterError(f"Adam: epsilon must be positive, but is {self.epsilon}")
        if not (0 <= self.beta1 < 1 and 0 <= self.beta2 < 1):
            raise ParameterError(
                f"Adam: beta1 and beta2 must lie in [0, 1), but are {self.beta1} and {self.beta2}"
            )

    @property
    def _schedule(self) -> Schedule:
        return Schedule(
            self.learning_rate, self.epochs, self.batch_size, self.warmup, self.cycles, self.steps
        )

    def start(
        self, objective: BatchObjective, theta: Float[np.ndarray, " parameters"], rng: np.random.Generator
    ) -> MinibatchRun:
        """See `Optimizer`."""
        return _AdamRun(self, self._schedule, objective, theta.copy(), rng)


class _AdamRun(MinibatchRun):
    def __init__(
        self,
        settings: Adam,
        schedule: Schedule,
        objective: BatchObjective,
        theta: Float[np.ndarray, " parameters"],
        rng: np.random.Generator,
    ) -> None:
        super().__init__(
            schedule, objective, theta, rng, clip_norm=settings.clip_norm, patience=settings.patience
        )
        self._moments = Moments(theta, settings.beta1, settings.beta2, settings.epsilon)
        self._compiled = CompiledSteps.of(objective, self._moments, settings.clip_norm)
        self._penalized = objective.penalized.astype(theta.dtype)
        self._decay = settings.weight_decay
        self._owed = 0.0
        self._updates = 0

    def _make(self, batches: Batches, rates: Float[np.ndarray, " steps"]) -> Made:
        if self._compiled is None:
            return super()._make(batches, rates)
        nll, norms = self._compiled.make(
            self.theta, batches.sample, batches.starts, rates, self._shrinkages(rates), VALUED_EVERY
        )
        return Made(nll.copy(), float(np.linalg.norm(norms)))

    def _update(self, gradient: Float[np.ndarray, " parameters"], rate: float) -> None:
        self._moments.step(self.theta, gradient, rate)
        shrinkage = float(self._shrinkages(np.array([rate]))[0]) if self._decay else 0.0
        if shrinkage:
            self.theta -= shrinkage * (self.theta * self._penalized)

    def _shrinkages(self, rates: Float[np.ndarray, " steps"]) -> Float[np.ndarray, " steps"]:
        """What share of a penalized weight goes after each of the next steps: mostly none."""
        owed = self._owed + np.cumsum(rates * self._decay)
        due = (self._updates + 1 + np.arange(len(rates))) % _DECAY_EVERY == 0
        shrinkages = np.where(due, owed, 0.0)
        shrinkages[due] = np.diff(owed[due], prepend=0.0)
        self._owed = float(owed[-1] - shrinkages.sum())
        self._updates += len(rates)
        return shrinkages
