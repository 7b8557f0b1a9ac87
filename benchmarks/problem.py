"""What the training benchmarks train: an MLP on made data, and what every trainer of it can do."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from jaxtyping import Float

from mlekit.networks import MLP

Matrix = Float[np.ndarray, "rows columns"]
Stack = Float[np.ndarray, "members rows columns"]

RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8


@dataclass(frozen=True)
class Problem:
    """What is trained: n inputs → tanh layers → one output, by squared error or by binary cross-entropy.

    With several members it is an ensemble: as many networks on the same batches, each from a start of its own.
    """

    widths: tuple[int, ...]
    batch: int
    loss: str
    rows: int
    n_inputs: int = 16
    members: int = 1

    def __str__(self) -> str:
        members = f"{self.members} members " if self.members > 1 else ""
        return f"{members}{'→'.join(map(str, self.sizes))}, batch {self.batch}, {self.loss}"

    @property
    def sizes(self) -> tuple[int, ...]:
        """The widths of all layers, inputs and output included."""
        return self.n_inputs, *self.widths, 1

    @property
    def flops(self) -> int:
        """Floating-point operations of the matrix products of one step, of all members.

        A layer of m × n weights takes 2mn a row forward, as many for the gradient of its weights, and as many
        again for that of its inputs, which the first layer does without.
        """
        first, *further = (before * after for before, after in pairwise(self.sizes))
        return 2 * self.batch * self.members * (2 * first + 3 * sum(further))

    def data(self) -> tuple[Matrix, Matrix]:
        """Return float32 inputs and targets, the latter 0 or 1 for cross-entropy."""
        rng = np.random.default_rng(0)
        inputs = rng.normal(size=(self.rows, self.n_inputs))
        signal = np.sin(inputs[:, :1]) + inputs[:, 1:2] * inputs[:, 2:3]
        target = (signal + 0.5 * rng.normal(size=signal.shape)).astype(np.float32)
        if self.loss == "cross-entropy":
            target = (target > 0).astype(np.float32)
        return inputs.astype(np.float32), target

    def start(self, member: int = 0) -> Float[np.ndarray, " parameters"]:
        """Return the θ from which every trainer starts that member."""
        network = MLP(*self.widths).build(self.n_inputs, 1, dtype=np.float32)
        return network.initialize(np.random.default_rng([1, member]))

    def layers(
        self, theta: Float[np.ndarray, " parameters"]
    ) -> list[tuple[Matrix, Float[np.ndarray, " width"]]]:
        """Return (W, b) of each layer, as views of θ."""
        layers, at = [], 0
        for before, after in pairwise(self.sizes):
            weights = theta[at : at + before * after].reshape(before, after)
            layers.append((weights, theta[at + before * after : at + (before + 1) * after]))
            at += (before + 1) * after
        return layers

    def members_layers(self) -> list[tuple[Stack, Stack]]:
        """Return (W, b) of each layer, with a leading axis of members; b has an axis of one row."""
        members = [self.layers(self.start(member)) for member in range(self.members)]
        return [
            (np.stack([weights for weights, _ in layer]), np.stack([bias[None] for _, bias in layer]))
            for layer in zip(*members, strict=True)
        ]


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
