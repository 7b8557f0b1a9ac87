"""The multilayer perceptron at work: forward, backward, and the memory they run in.

Three decisions make a training step cheap; all come down to fewer and longer NumPy calls.

* Layers are stored with units as rows and samples as columns, and what a layer reads carries a last row of
  ones. W (row by row) followed by b *is* then the contiguous matrix [W; b], so that one matrix product adds
  the bias and one gives both gradients; and the units without the row of ones are still one contiguous
  block, which the vectorised loops of tanh and its like need. Samples as rows would break one or the other.
* Views of θ, of the gradient and of the buffers are made when another array or another number of rows
  arrives, not in every step.
* Everything element-wise happens in place.

In single precision the kernel of `mlekit.networks.compiled` takes their place, where there is one.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from mlekit.errors import NetworkError
from mlekit.networks.activations import Activation
from mlekit.networks.compiled import CompiledPerceptrons
from mlekit.networks.initializations import Initialization, lecun_normal
from mlekit.networks.workspace import WorkBuffer, check_eta_gradient, check_flat, check_inputs

_OUTPUT_SCALE = 0.1


class _Weights(NamedTuple):
    """θ seen as matrices, in the order in which a step needs them."""

    hidden_transposed: tuple[Float[np.ndarray, "width below_and_one"], ...]
    output: Float[np.ndarray, "width_and_one outputs"]
    above: tuple[Float[np.ndarray, "width above"], ...]  # from the last hidden layer's to the first's
    skip: tuple[Float[np.ndarray, "inputs outputs"], ...]  # one or none


class _Gradients(NamedTuple):
    """The gradient seen as matrices, in the order in which backward fills them."""

    above: tuple[Float[np.ndarray, "width_and_one above"], ...]
    first: Float[np.ndarray, "inputs_and_one width"]
    skip: tuple[Float[np.ndarray, "inputs outputs"], ...]


class _Layer(NamedTuple):
    """The buffers of one hidden layer."""

    extended: Float[np.ndarray, "width_and_one rows"]
    values: Float[np.ndarray, "width rows"]
    derivative: Float[np.ndarray, "width rows"]
    delta: Float[np.ndarray, "width rows"]
    delta_by_row: Float[np.ndarray, "rows width"]


class _Buffers(NamedTuple):
    """All buffers, as views for the present number of rows."""

    extended_inputs: Float[np.ndarray, "inputs_and_one rows"]
    inputs: Float[np.ndarray, "inputs rows"]
    layers: tuple[_Layer, ...]
    layers_downwards: tuple[_Layer, ...]
    eta: Float[np.ndarray, "rows outputs"]
    eta_gradient: Float[np.ndarray, "rows outputs"]
    skipped: Float[np.ndarray, "rows outputs"]


class BuiltMLP:
    """A multilayer perceptron with fixed shapes; θ is W₁, b₁, ..., W, b, then S if there is a skip.

    Its buffers hold about 3 · (sum of the widths) numbers for each row of the largest batch it has seen, so
    large tables are best passed in chunks of rows. An instance serves one thread at a time.
    """

    _theta: Float[np.ndarray, " parameters"] | None = None
    _out: Float[np.ndarray, " parameters"] | None = None
    _weights: _Weights
    _gradients: _Gradients

    def __init__(
        self,
        sizes: tuple[int, ...],
        *,
        activation: Activation,
        skip: bool,
        initialization: Initialization,
        dtype: np.dtype[Any],
    ) -> None:
        self.n_inputs, *self._widths, self.n_outputs = sizes
        self._activation = activation
        self._initialization = initialization
        self._dtype = dtype
        self._n_layers = len(sizes) - 1
        self._shapes = [(before + 1, after) for before, after in pairwise(sizes)]
        self._shapes += [(self.n_inputs, self.n_outputs)] * skip
        self.n_parameters = sum(height * width for height, width in self._shapes)
        self.compiled = CompiledPerceptrons.of(
            1, sizes, activation=activation, skip=skip, n_parameters=self.n_parameters, dtype=dtype
        )
        self._rows = 0
        self._memory = [tuple(WorkBuffer(dtype) for _ in range(3)) for _ in sizes]
        self._buffers = self._take_buffers(0)

    @property
    def penalized(self) -> Bool[np.ndarray, " parameters"]:
        """True at weights, the skip's included; False at biases."""
        mask = np.ones(self.n_parameters, np.bool_)
        for layer in self._split(mask)[: self._n_layers]:
            layer[-1] = False
        return mask

    @property
    def output_biases(self) -> Int[np.ndarray, " biases"]:
        """Where the output layer's biases stand in θ."""
        positions = self._split(np.arange(self.n_parameters))[self._n_layers - 1]
        return np.asarray(positions[-1])

    def initialize(self, rng: np.random.Generator) -> Float[np.ndarray, " parameters"]:
        """Draw the hidden weights by the initialisation, small output weights; biases and skip are zero."""
        theta = np.zeros(self.n_parameters, self._dtype)
        *hidden, output = self._split(theta)[: self._n_layers]
        for layer in hidden:
            layer[:-1] = self._initialization(rng, len(layer) - 1, layer.shape[1])
        output[:-1] = _OUTPUT_SCALE * lecun_normal(rng, len(output) - 1, self.n_outputs)
        return theta

    def forward(
        self, theta: Float[np.ndarray, " parameters"], inputs: Float[np.ndarray, "rows inputs"]
    ) -> Float[np.ndarray, "rows outputs"]:
        """Return η: a view of a work buffer, valid until the next call."""
        if theta is not self._theta:
            self._bind_theta(theta)
        if inputs.shape != (self._rows, self.n_inputs):
            check_inputs(inputs.shape, self.n_inputs)
            self._rows = len(inputs)
            if self.compiled is None:
                self._buffers = self._take_buffers(self._rows)
        if self.compiled is not None:
            eta: Float[np.ndarray, "rows outputs"] = self.compiled.forward(theta, inputs)[0]
            return eta
        buffers, weights, activate = self._buffers, self._weights, self._activation.forward
        np.copyto(buffers.inputs, inputs.T)
        below = buffers.extended_inputs
        for layer, transposed in zip(buffers.layers, weights.hidden_transposed, strict=True):
            np.dot(transposed, below, out=layer.values)
            activate(layer.values, layer.derivative, layer.delta)
            below = layer.extended
        np.dot(below.T, weights.output, out=buffers.eta)
        for skip in weights.skip:
            np.dot(buffers.inputs.T, skip, out=buffers.skipped)
            np.add(buffers.eta, buffers.skipped, out=buffers.eta)
        return buffers.eta

    def backward(
        self,
        theta: Float[np.ndarray, " parameters"],
        inputs: Float[np.ndarray, "rows inputs"],
        eta_gradient: Float[np.ndarray, "rows outputs"],
        out: Float[np.ndarray, " parameters"],
    ) -> None:
        """Write Σ_rows (∂η/∂θ)ᵀ eta_gradient into `out`, for the θ and the rows of the last `forward`.

        What that forward pass left in the buffers is used; `inputs` is not read again.

        Raises:
            NetworkError: If θ is another array, or the number of rows another, than in the last `forward`.
        """
        buffers, weights, differentiate = self._buffers, self._weights, self._activation.backward
        if theta is not self._theta or len(inputs) != self._rows:
            raise NetworkError(
                f"backward() got another theta than the last forward(), or {len(inputs)} rows after "
                f"{self._rows}; call forward() with the same arguments first."
            )
        check_eta_gradient(eta_gradient.shape, self._rows, self.n_outputs)
        if out is not self._out:
            self._bind_out(out)
        if self.compiled is not None:
            self.compiled.backward(theta, eta_gradient[None], out)
            return
        gradients = self._gradients
        # The copy makes of a score in float64, or of a slice of a wider one, what BLAS reads directly.
        np.copyto(buffers.eta_gradient, eta_gradient)
        delta_by_row, delta = buffers.eta_gradient, buffers.eta_gradient.T
        for skip in gradients.skip:
            np.dot(buffers.inputs, delta_by_row, out=skip)
        for layer, above, gradient in zip(
            buffers.layers_downwards, weights.above, gradients.above, strict=True
        ):
            np.dot(layer.extended, delta_by_row, out=gradient)
            np.dot(above, delta, out=layer.delta)
            differentiate(layer.values, layer.derivative, layer.delta)
            delta_by_row, delta = layer.delta_by_row, layer.delta
        np.dot(buffers.extended_inputs, delta_by_row, out=gradients.first)

    def _split(self, vector: Shaped[np.ndarray, " parameters"]) -> list[Shaped[np.ndarray, "_ _"]]:
        """Return views of a flat vector: [W; b] of each layer, then S if there is a skip."""
        ends = accumulate(height * width for height, width in self._shapes)
        return [
            vector[end - height * width : end].reshape(height, width)
            for end, (height, width) in zip(ends, self._shapes, strict=True)
        ]

    def _bind_theta(self, theta: Float[np.ndarray, " parameters"]) -> None:
        check_flat("theta", theta, self.n_parameters, self._dtype)
        matrices = self._split(theta)
        layers, skip = matrices[: self._n_layers], matrices[self._n_layers :]
        self._theta = theta
        self._weights = _Weights(
            hidden_transposed=tuple(layer.T for layer in layers[:-1]),
            output=layers[-1],
            above=tuple(layer[:-1] for layer in layers[:0:-1]),
            skip=tuple(skip),
        )

    def _bind_out(self, out: Float[np.ndarray, " parameters"]) -> None:
        check_flat("out", out, self.n_parameters, self._dtype)
        matrices = self._split(out)
        layers, skip = matrices[: self._n_layers], matrices[self._n_layers :]
        self._out = out
        self._gradients = _Gradients(above=tuple(layers[:0:-1]), first=layers[0], skip=tuple(skip))

    def _take_buffers(self, n_rows: int) -> _Buffers:
        of_inputs, *of_layers, of_outputs = self._memory
        extended_inputs = of_inputs[0].take(self.n_inputs + 1, n_rows)
        extended_inputs[-1] = 1.0
        layers = []
        for width, memory in zip(self._widths, of_layers, strict=True):
            extended = memory[0].take(width + 1, n_rows)
            extended[-1] = 1.0
            derivative, delta = (buffer.take(width, n_rows) for buffer in memory[1:])
            layers.append(_Layer(extended, extended[:-1], derivative, delta, delta.T))
        eta, eta_gradient, skipped = (buffer.take(n_rows, self.n_outputs) for buffer in of_outputs)
        return _Buffers(
            extended_inputs,
            extended_inputs[:-1],
            tuple(layers),
            tuple(reversed(layers)),
            eta,
            eta_gradient,
            skipped,
        )
