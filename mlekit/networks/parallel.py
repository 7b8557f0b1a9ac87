"""Several networks side by side: each reads its own columns of X and produces its own columns of η.

This is distributional regression's network: a formula per parameter gives each parameter's predictor columns
of its own, of which there may be none (an intercept), and which predictors may share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from jaxtyping import Bool, Float, Int

from mlekit.errors import NetworkError
from mlekit.networks.information import LinearInParameters, Predictor, information_of_predictors
from mlekit.networks.protocols import BuiltNetwork, FloatType, Network
from mlekit.networks.workspace import (
    WorkBuffer,
    check_eta_gradient,
    check_flat,
    check_inputs,
    checked_count,
    checked_dtype,
)

N = TypeVar("N", bound=BuiltNetwork)


@dataclass(frozen=True)
class Part:
    """One of the networks in a `Parallel`: which network, over which input columns, for how many outputs.

    Attributes:
        network: The specification.
        columns: The input columns that it reads, as a slice with start and stop and without step.
        n_outputs: How many columns of η it produces.
    """

    network: Network
    columns: slice
    n_outputs: int = 1


def build_parallel(parts: Sequence[Part], n_inputs: int, *, dtype: FloatType = np.float64) -> Parallel[Any]:
    """Build networks that share a matrix of inputs, one vector θ and one matrix η.

    Args:
        parts: The networks; their outputs, and their pieces of θ, follow each other in this order.
        n_inputs: Number of columns of X.
        dtype: float32 or float64, for all parts.

    Returns:
        A `LinearParallel`, which has a Fisher information, if every part is linear in θ.

    Raises:
        NetworkError: If there are no parts, or a part's columns are not a slice within the inputs.

    Examples:
        >>> from mlekit.networks import MLP, Linear
        >>> loc, scale = Part(MLP(8), slice(0, 3)), Part(Linear(), slice(3, 3))
        >>> network = build_parallel([loc, scale], n_inputs=3)
        >>> network.n_outputs, network.n_parameters
        (2, 42)
    """
    if not parts:
        raise NetworkError("parts is empty; give at least one Part.")
    n_inputs, checked = checked_count("n_inputs", n_inputs, 0), checked_dtype(dtype)
    columns = [_checked_columns(part.columns, n_inputs) for part in parts]
    networks = [
        part.network.build(of_part.stop - of_part.start, part.n_outputs, dtype=checked)
        for part, of_part in zip(parts, columns, strict=True)
    ]
    linear = [network for network in networks if isinstance(network, LinearInParameters)]
    if len(linear) < len(networks):
        return Parallel(networks, columns, n_inputs, checked)
    return LinearParallel(linear, columns, n_inputs, checked)


def _checked_columns(columns: slice, n_inputs: int) -> slice:
    start, stop, _ = columns.indices(n_inputs)
    if columns.step not in (None, 1) or (columns.start, columns.stop) != (start, stop) or stop < start:
        raise NetworkError(
            f"columns={columns} is not a plain range of {n_inputs} input columns; "
            f"use slice(start, stop) with 0 <= start <= stop <= {n_inputs}."
        )
    return slice(start, stop)


class _Piece(NamedTuple):
    """Where one network stands in the whole."""

    columns: slice
    parameters: slice
    outputs: slice


class Parallel(Generic[N]):
    """Built networks side by side; θ is the first network's, then the second's, and so on.

    A piece of θ or of a gradient is handed to its network as the same view each time, so that networks which
    prepare themselves for an array do so once.
    """

    def __init__(
        self, networks: Sequence[N], columns: Sequence[slice], n_inputs: int, dtype: np.dtype[Any]
    ) -> None:
        self.networks = tuple(networks)
        self.n_inputs = n_inputs
        self.n_outputs = sum(network.n_outputs for network in networks)
        self.n_parameters = sum(network.n_parameters for network in networks)
        self._dtype = dtype
        self._eta = WorkBuffer(dtype)
        parameters = accumulate((network.n_parameters for network in networks), initial=0)
        outputs = accumulate((network.n_outputs for network in networks), initial=0)
        self._pieces = tuple(
            _Piece(of_columns, slice(*of_parameters), slice(*of_outputs))
            for of_columns, of_parameters, of_outputs in zip(
                columns, pairwise(parameters), pairwise(outputs), strict=True
            )
        )
        self._theta: Float[np.ndarray, " parameters"] | None = None
        self._theta_views: tuple[Float[np.ndarray, " _"], ...] = ()
        self._out: Float[np.ndarray, " parameters"] | None = None
        self._out_views: tuple[Float[np.ndarray, " _"], ...] = ()

    @property
    def penalized(self) -> Bool[np.ndarray, " parameters"]:
        """What each network says of its own parameters."""
        return np.concatenate([network.penalized for network in self.networks])

    @property
    def output_biases(self) -> Int[np.ndarray, " biases"]:
        """Each network's in turn, −1 for the outputs of those that have none; empty if no output has one."""
        positions = np.full(self.n_outputs, -1)
        for network, piece in zip(self.networks, self._pieces, strict=True):
            own = network.output_biases
            if len(own):
                positions[piece.outputs] = np.where(own < 0, -1, own + piece.parameters.start)
        return positions if (positions >= 0).any() else positions[:0]

    def initialize(self, rng: np.random.Generator) -> Float[np.ndarray, " parameters"]:
        """Let each network draw its own start, in order."""
        return np.concatenate([network.initialize(rng) for network in self.networks])

    def forward(
        self, theta: Float[np.ndarray, " parameters"], inputs: Float[np.ndarray, "rows inputs"]
    ) -> Float[np.ndarray, "rows outputs"]:
        """Return η: a view of a work buffer, valid until the next call."""
        check_inputs(inputs.shape, self.n_inputs)
        if theta is not self._theta:
            check_flat("theta", theta, self.n_parameters, self._dtype)
            self._theta = theta
            self._theta_views = tuple(theta[piece.parameters] for piece in self._pieces)
        eta = self._eta.take(len(inputs), self.n_outputs)
        for network, piece, of_theta in zip(self.networks, self._pieces, self._theta_views, strict=True):
            eta[:, piece.outputs] = network.forward(of_theta, inputs[:, piece.columns])
        return eta

    def backward(
        self,
        theta: Float[np.ndarray, " parameters"],
        inputs: Float[np.ndarray, "rows inputs"],
        eta_gradient: Float[np.ndarray, "rows outputs"],
        out: Float[np.ndarray, " parameters"],
    ) -> None:
        """Write Σ_rows (∂η/∂θ)ᵀ eta_gradient into `out`, for the θ and the rows of the last `forward`.

        Raises:
            NetworkError: If θ is another array than in the last `forward`.
        """
        check_inputs(inputs.shape, self.n_inputs)
        check_eta_gradient(eta_gradient.shape, len(inputs), self.n_outputs)
        if theta is not self._theta:
            raise NetworkError(
                "backward() got another theta than the last forward(); call forward() with it first."
            )
        if out is not self._out:
            check_flat("out", out, self.n_parameters, self._dtype)
            self._out = out
            self._out_views = tuple(out[piece.parameters] for piece in self._pieces)
        for network, piece, of_theta, of_out in zip(
            self.networks, self._pieces, self._theta_views, self._out_views, strict=True
        ):
            network.backward(of_theta, inputs[:, piece.columns], eta_gradient[:, piece.outputs], of_out)


class LinearParallel(Parallel[LinearInParameters]):
    """Networks side by side that are all linear in θ, and so have a Fisher information together."""

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """Each network's predictors, moved to their places in the whole."""
        return tuple(
            predictor.shifted(piece.columns, piece.parameters.start)
            for network, piece in zip(self.networks, self._pieces, strict=True)
            for predictor in network.predictors
        )

    def fisher_information(
        self,
        inputs: Float[np.ndarray, "rows inputs"],
        eta_information: Float[np.ndarray, "rows outputs outputs"],
    ) -> Float[np.ndarray, "parameters parameters"]:
        """Return Σ_rows Jᵀ F J, where F is the symmetric `eta_information` of each row."""
        return information_of_predictors(
            self.predictors, self.n_inputs, self.n_parameters, inputs, eta_information, self._dtype
        )
