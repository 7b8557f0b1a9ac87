"""Stochastic gradient descent with momentum. Robbins & Monro (1951); Polyak (1964)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from mlekit.errors import ParameterError
from mlekit.fitting.minibatch import MinibatchRun, Schedule
from mlekit.fitting.objective import BatchObjective

__all__ = ["SGD"]


@dataclass(frozen=True)
class SGD:
    """Gradient descent on shuffled batches, with momentum.

        v ← momentum·v − rate·g,  θ ← θ + v

    Args:
        learning_rate: the rate after warm-up; it falls to zero along half a cosine.
        momentum: how much of the last step carries over, in [0, 1).
        epochs: passes over the rows; None for as many as make 2000·max(1, √(n/8000)) steps.
        batch_size: rows a step; None for 1.5·√n, at least 32 and at most 512.
        warmup: steps over which the rate rises linearly.
        clip_norm: as for `Adam`.
        patience: as for `Adam`.

    >>> SGD(learning_rate=0.1, momentum=0.0).momentum
    0.0
    """

    learning_rate: float = 5e-2
    momentum: float = 0.9
    epochs: float | None = None
    batch_size: int | None = None
    warmup: int = 50
    clip_norm: float = 10.0
    patience: int | None = 30

    def __post_init__(self) -> None:
        self._schedule.check("SGD", clip_norm=self.clip_norm, patience=self.patience)
        if not 0 <= self.momentum < 1:
            raise ParameterError(f"SGD: momentum must lie in [0, 1), but is {self.momentum}")

    @property
    def _schedule(self) -> Schedule:
        return Schedule(self.learning_rate, self.epochs, self.batch_size, self.warmup)

    def start(
        self, objective: BatchObjective, theta: Float[np.ndarray, " parameters"], rng: np.random.Generator
    ) -> MinibatchRun:
        """See `Optimizer`."""
        return _SGDRun(self, self._schedule, objective, theta.copy(), rng)


class _SGDRun(MinibatchRun):
    def __init__(
        self,
        settings: SGD,
        schedule: Schedule,
        objective: BatchObjective,
        theta: Float[np.ndarray, " parameters"],
        rng: np.random.Generator,
    ) -> None:
        super().__init__(
            schedule, objective, theta, rng, clip_norm=settings.clip_norm, patience=settings.patience
        )
        self._momentum = settings.momentum
        self._velocity = np.zeros_like(theta)

    def _update(self, gradient: Float[np.ndarray, " parameters"], rate: float) -> None:
        gradient *= rate
        self._velocity *= self._momentum
        self._velocity -= gradient
        self.theta += self._velocity
