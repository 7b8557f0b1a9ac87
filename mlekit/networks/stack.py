"""Networks of one shape side by side, each with weights of its own: the members of an ensemble, as they are trained.

A step of many small networks costs little more than the arithmetic if all of them are in one array, and mostly
overhead if each comes in its turn. A stack is what training sees of them: one flat vector of all members' parameters,
in whatever order suits the computation, and η with an axis of members.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Shaped

from mlekit.networks.protocols import BuiltNetwork, FloatType, Network


@runtime_checkable
class Stack(Protocol):
    """Members of one shape. An instance owns its work buffers, and so serves one thread at a time."""

    @property
    def n_members(self) -> int:
        """How many networks there are."""
        ...

    def join(self, vectors: Shaped[np.ndarray, "members each"]) -> Shaped[np.ndarray, " parameters"]:
        """One flat vector in the stack's own order, from a vector a member in its network's order."""
        ...

    def separate(self, vector: Float[np.ndarray, " parameters"]) -> Float[np.ndarray, "members each"]:
        """The reverse of `join`."""
        ...

    def forward(
        self, theta: Float[np.ndarray, " parameters"], inputs: Float[np.ndarray, "*own rows inputs"]
    ) -> Float[np.ndarray, "members rows outputs"]:
        """η of every member, of the same rows for all or, with a first axis of members, of each one's own.

        A view of a work buffer, valid until the next call.
        """
        ...

    def backward(
        self,
        theta: Float[np.ndarray, " parameters"],
        inputs: Float[np.ndarray, "rows inputs"],
        eta_gradient: Float[np.ndarray, "members rows outputs"],
        out: Float[np.ndarray, " parameters"],
    ) -> None:
        """Write every member's Σ_rows (∂η/∂θ)ᵀ eta_gradient into `out`, after `forward` with the same arguments."""
        ...


@runtime_checkable
class Stackable(Protocol):
    """A network that knows how to compute many of its kind at once."""

    def build_stack(self, members: int, n_inputs: int, n_outputs: int, *, dtype: FloatType) -> Stack:
        """So many members of this shape."""
        ...


def build_stack(
    network: Network, members: int, n_inputs: int, n_outputs: int, *, dtype: FloatType = np.float64
) -> Stack:
    """Members side by side: in one computation where the network offers that, else one after the other.

    >>> from mlekit.networks import MLP
    >>> stack = build_stack(MLP(8), 3, n_inputs=2, n_outputs=1)
    >>> stack.n_members
    3
    """
    if isinstance(network, Stackable):
        return network.build_stack(members, n_inputs, n_outputs, dtype=dtype)
    return InTurn([network.build(n_inputs, n_outputs, dtype=dtype) for _ in range(members)], dtype)


class InTurn:
    """A stack of any networks: one after the other."""

    def __init__(self, networks: list[BuiltNetwork], dtype: FloatType) -> None:
        self._networks = networks
        self._dtype: np.dtype[Any] = np.dtype(dtype)
        self._theta: Float[np.ndarray, " parameters"] | None = None
        self._of_theta: list[Float[np.ndarray, " each"]] = []

    @property
    def n_members(self) -> int:
        """How many networks there are."""
        return len(self._networks)

    def join(self, vectors: Shaped[np.ndarray, "members each"]) -> Shaped[np.ndarray, " parameters"]:
        """Member after member."""
        return np.array(vectors).reshape(-1)

    def separate(self, vector: Float[np.ndarray, " parameters"]) -> Float[np.ndarray, "members each"]:
        """The reverse of `join`."""
        return vector.reshape(self.n_members, -1).copy()

    def forward(
        self, theta: Float[np.ndarray, " parameters"], inputs: Float[np.ndarray, "*own rows inputs"]
    ) -> Float[np.ndarray, "members rows outputs"]:
        """See `Stack`."""
        if theta is not self._theta:
            # A network knows its θ by identity, so that each must keep one view for all steps.
            self._theta, self._of_theta = theta, list(theta.reshape(self.n_members, -1))
        own = np.broadcast_to(inputs, (self.n_members, *inputs.shape[-2:]))
        pairs = zip(self._networks, self._of_theta, own, strict=True)
        return np.stack([network.forward(of_member, rows) for network, of_member, rows in pairs])

    def backward(
        self,
        theta: Float[np.ndarray, " parameters"],
        inputs: Float[np.ndarray, "rows inputs"],
        eta_gradient: Float[np.ndarray, "members rows outputs"],
        out: Float[np.ndarray, " parameters"],
    ) -> None:
        """See `Stack`."""
        parts = out.reshape(self.n_members, -1)
        for network, of_member, score, part in zip(
            self._networks, self._of_theta, eta_gradient, parts, strict=True
        ):
            network.backward(of_member, inputs, score, part)
