"""Many multilayer perceptrons of one shape, computed together.

The decisions of `mlekit.networks.built_mlp` hold here too: units are rows and samples columns, what a layer reads
carries a last row of ones for the biases, and everything element-wise happens in place. One more axis runs over the
members; `np.matmul` hands their products to BLAS one after the other, and all else is one call for all members.

The θ of one member follows that of another, each in the order of `BuiltMLP`: [W; b] of every layer, then the skip. In
single precision the kernel of `mlekit.networks.compiled` takes NumPy's place, where there is one.
"""

from __future__ import annotations

import math
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Shaped

from mlekit.networks.activations import Activation
from mlekit.networks.compiled import CompiledPerceptrons


class _Layer(NamedTuple):
    """The buffers of one hidden layer."""

    extended: Float[np.ndarray, "members width_and_one rows"]
    values: Float[np.ndarray, "members width rows"]
    derivative: Float[np.ndarray, "members width rows"]
    delta: Float[np.ndarray, "members width rows"]


class _Buffers(NamedTuple):
    """All buffers for one number of rows, which are the same for all members or each one's own."""

    inputs: Float[np.ndarray, "*own inputs_and_one rows"]
    layers: tuple[_Layer, ...]


class MLPStack:
    """Members of one shape; see `mlekit.networks.stack.Stack`. Without hidden layers they are linear."""

    def __init__(
        self,
        members: int,
        sizes: tuple[int, ...],
        *,
        activation: Activation,
        skip: bool,
        dtype: np.dtype[Any],
    ) -> None:
        self.n_members = members
        self._sizes = sizes
        self._activation = activation
        self._dtype = dtype
        self._n_hidden = len(sizes) - 2
        self._shapes = [(before + 1, after) for before, after in pairwise(sizes)]
        self._shapes += [(sizes[0], sizes[-1])] * skip
        self._each = sum(map(math.prod, self._shapes))
        self._buffers: dict[tuple[int, ...], _Buffers] = {}
        self._current: _Buffers | None = None
        self._bound: dict[int, tuple[Float[np.ndarray, " parameters"], list[np.ndarray]]] = {}
        self.compiled = CompiledPerceptrons.of(
            members, sizes, activation=activation, skip=skip, n_parameters=self._each, dtype=dtype
        )

    # ---- the order of parameters --------------------------------------------------------------------------

    def join(self, vectors: Shaped[np.ndarray, "members each"]) -> Shaped[np.ndarray, " parameters"]:
        """Member after member."""
        return np.array(vectors).reshape(-1)

    def separate(self, vector: Float[np.ndarray, " parameters"]) -> Float[np.ndarray, "members each"]:
        """The reverse of `join`."""
        return vector.reshape(self.n_members, -1).copy()

    def _views(self, vector: Shaped[np.ndarray, " parameters"]) -> list[np.ndarray]:
        """The matrices of every layer, then of the skip, as views."""
        each = vector.reshape(self.n_members, self._each)
        ends = accumulate(map(math.prod, self._shapes), initial=0)
        return [
            each[:, start:stop].reshape(self.n_members, *shape)
            for (start, stop), shape in zip(pairwise(ends), self._shapes, strict=True)
        ]

    # ---- the computation ----------------------------------------------------------------------------------

    def forward(
        self, theta: Float[np.ndarray, " parameters"], inputs: Float[np.ndarray, "*own rows inputs"]
    ) -> Float[np.ndarray, "members rows outputs"]:
        """See `Stack`."""
        if self.compiled is not None:
            return self.compiled.forward(theta, inputs)
        weights = self._matrices(theta)
        buffers = self._current = self._take(inputs.shape)
        np.copyto(buffers.inputs[..., :-1, :], inputs.swapaxes(-1, -2))
        below = buffers.inputs
        for layer, matrix in zip(buffers.layers, weights, strict=False):
            np.matmul(matrix.swapaxes(1, 2), below, out=layer.values)
            self._activation.forward(layer.values, layer.derivative, layer.delta)
            below = layer.extended
        eta: Float[np.ndarray, "members rows outputs"] = np.matmul(
            below.swapaxes(-1, -2), weights[self._n_hidden]
        )
        for skip in weights[self._n_hidden + 1 :]:
            eta += np.matmul(inputs, skip)
        return eta

    def backward(
        self,
        theta: Float[np.ndarray, " parameters"],
        inputs: Float[np.ndarray, "rows inputs"],
        eta_gradient: Float[np.ndarray, "members rows outputs"],
        out: Float[np.ndarray, " parameters"],
    ) -> None:
        """See `Stack`."""
        if self.compiled is not None:
            self.compiled.backward(theta, eta_gradient, out)
            return
        buffers = self._current
        assert buffers is not None
        weights, gradients = self._matrices(theta), self._matrices(out)
        by_row = eta_gradient
        for gradient in gradients[self._n_hidden + 1 :]:
            np.matmul(inputs.swapaxes(-1, -2), by_row, out=gradient)
        below = [buffers.inputs, *(layer.extended for layer in buffers.layers)]
        for depth in range(self._n_hidden, 0, -1):
            np.matmul(below[depth], by_row, out=gradients[depth])
            layer = buffers.layers[depth - 1]
            np.matmul(weights[depth][:, :-1], by_row.swapaxes(1, 2), out=layer.delta)
            self._activation.backward(layer.values, layer.derivative, layer.delta)
            by_row = layer.delta.swapaxes(1, 2)
        np.matmul(below[0], by_row, out=gradients[0])

    def _matrices(self, vector: Float[np.ndarray, " parameters"]) -> list[np.ndarray]:
        """Views of a vector, made once for each that comes again and again."""
        known = self._bound.get(id(vector))
        if known is None or known[0] is not vector:
            if len(self._bound) > 8:
                self._bound.clear()
            known = self._bound[id(vector)] = (vector, self._views(vector))
        return known[1]

    def _take(self, shape: tuple[int, ...]) -> _Buffers:
        """Buffers for inputs of a shape; a run has few shapes, and comes back to each."""
        if shape not in self._buffers:
            if len(self._buffers) > 8:
                self._buffers.clear()
            *own, rows, n_inputs = shape
            layers = []
            for width in self._sizes[1:-1]:
                extended = np.ones((self.n_members, width + 1, rows), self._dtype)
                derivative, delta = np.empty((2, self.n_members, width, rows), self._dtype)
                layers.append(_Layer(extended, extended[:, :-1], derivative, delta))
            inputs = np.ones((*own, n_inputs + 1, rows), self._dtype)
            self._buffers[shape] = _Buffers(inputs, tuple(layers))
        return self._buffers[shape]
