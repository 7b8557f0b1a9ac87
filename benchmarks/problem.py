"""What the training benchmarks train: an MLP on made data, and what every trainer of it can do."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from jaxtyping import Float

from mlekit.networks import MLP

Matrix = Float[np.ndarray, "rows columns"]

RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8


@dataclass(frozen=True)
class Problem:
    """What is trained: n inputs → tanh layers → one output, by squared error or by binary cross-entropy."""

    widths: tuple[int, ...]
    batch: int
    loss: str
    rows: int
    n_inputs: int = 16

    def __str__(self) -> str:
        return f"{'→'.join(map(str, (self.n_inputs, *self.widths, 1)))}, batch {self.batch}, {self.loss}"

    def data(self) -> tuple[Matrix, Matrix]:
        """Return float32 inputs and targets, the latter 0 or 1 for cross-entropy."""
        rng = np.random.default_rng(0)
        inputs = rng.normal(size=(self.rows, self.n_inputs))
        signal = np.sin(inputs[:, :1]) + inputs[:, 1:2] * inputs[:, 2:3]
        target = (signal + 0.5 * rng.normal(size=signal.shape)).astype(np.float32)
        if self.loss == "cross-entropy":
            target = (target > 0).astype(np.float32)
        return inputs.astype(np.float32), target

    def start(self) -> Float[np.ndarray, " parameters"]:
        """Return the θ from which every trainer starts."""
        network = MLP(*self.widths).build(self.n_inputs, 1, dtype=np.float32)
        return network.initialize(np.random.default_rng(1))

    def layers(
        self, theta: Float[np.ndarray, " parameters"]
    ) -> list[tuple[Matrix, Float[np.ndarray, " width"]]]:
        """Return (W, b) of each layer, as views of θ."""
        layers, at = [], 0
        for before, after in pairwise((self.n_inputs, *self.widths, 1)):
            weights = theta[at : at + before * after].reshape(before, after)
            layers.append((weights, theta[at + before * after : at + (before + 1) * after]))
            at += (before + 1) * after
        return layers


class Trainer(Protocol):
    """One library at work on a problem."""

    def step(self) -> float:
        """Make a step on the first batch; return its mean loss."""
        ...

    def epoch(self) -> None:
        """Make a step on every batch of the shuffled rows."""
        ...

    def predict(self) -> Matrix:
        """Return η for the first batch."""
        ...
