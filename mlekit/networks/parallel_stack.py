"""Stacks side by side: members whose parameters are predicted by several networks each, as in `parallel`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Shaped

from mlekit.networks.parallel import Part
from mlekit.networks.protocols import FloatType
from mlekit.networks.stack import Stack, build_stack


class _Piece(NamedTuple):
    """One of the stacks, and its places in the inputs, in a member's θ, in the stack's θ, and in η."""

    stack: Stack
    columns: slice
    of_member: slice
    of_all: slice
    outputs: slice


def build_parallel_stack(parts: Sequence[Part], members: int, *, dtype: FloatType = np.float64) -> Stack:
    """So many members, each of which is these networks side by side.

    Args:
        parts: as for `build_parallel`; a member's θ and η have their order.
        members: how many there are.
        dtype: float32 or float64.

    >>> from mlekit.networks import MLP, Linear
    >>> build_parallel_stack([Part(MLP(8), slice(0, 3)), Part(Linear(), slice(3, 3))], 2).n_members
    2
    """
    widths = [part.columns.stop - part.columns.start for part in parts]
    if len(parts) == 1:
        return build_stack(parts[0].network, members, widths[0], parts[0].n_outputs, dtype=dtype)
    sizes = [
        part.network.build(width, part.n_outputs, dtype=dtype).n_parameters
        for part, width in zip(parts, widths, strict=True)
    ]
    spans = [slice(*ends) for ends in pairwise(accumulate(sizes, initial=0))]
    outputs = [slice(*ends) for ends in pairwise(accumulate((part.n_outputs for part in parts), initial=0))]
    return ParallelStack(
        members,
        [
            _Piece(
                build_stack(part.network, members, width, part.n_outputs, dtype=dtype),
                part.columns,
                span,
                slice(members * span.start, members * span.stop),
                of_eta,
            )
            for part, width, span, of_eta in zip(parts, widths, spans, outputs, strict=True)
        ],
    )


class ParallelStack:
    """Stacks of the same members side by side; θ is that of the first, of the second, and so on."""

    def __init__(self, members: int, pieces: list[_Piece]) -> None:
        self.n_members = members
        self._pieces = pieces
        self._views: dict[int, tuple[Float[np.ndarray, " parameters"], list[np.ndarray]]] = {}

    def join(self, vectors: Shaped[np.ndarray, "members each"]) -> Shaped[np.ndarray, " parameters"]:
        """See `Stack`."""
        return np.concatenate([piece.stack.join(vectors[:, piece.of_member]) for piece in self._pieces])

    def separate(self, vector: Float[np.ndarray, " parameters"]) -> Float[np.ndarray, "members each"]:
        """See `Stack`."""
        return np.concatenate([piece.stack.separate(vector[piece.of_all]) for piece in self._pieces], axis=1)

    def forward(
        self, theta: Float[np.ndarray, " parameters"], inputs: Float[np.ndarray, "*own rows inputs"]
    ) -> Float[np.ndarray, "members rows outputs"]:
        """See `Stack`."""
        etas = [
            piece.stack.forward(own, inputs[..., piece.columns])
            for piece, own in zip(self._pieces, self._split(theta), strict=True)
        ]
        return np.concatenate(etas, axis=2)

    def backward(
        self,
        theta: Float[np.ndarray, " parameters"],
        inputs: Float[np.ndarray, "rows inputs"],
        eta_gradient: Float[np.ndarray, "members rows outputs"],
        out: Float[np.ndarray, " parameters"],
    ) -> None:
        """See `Stack`."""
        parts = zip(self._pieces, self._split(theta), self._split(out), strict=True)
        for piece, own, of_out in parts:
            piece.stack.backward(own, inputs[:, piece.columns], eta_gradient[..., piece.outputs], of_out)

    def _split(self, vector: Float[np.ndarray, " parameters"]) -> list[np.ndarray]:
        """Each stack's part of a vector: the same view for the same vector, for stacks know θ by identity."""
        known = self._views.get(id(vector))
        if known is None or known[0] is not vector:
            if len(self._views) > 8:
                self._views.clear()
            known = self._views[id(vector)] = (vector, [vector[piece.of_all] for piece in self._pieces])
        return known[1]
