"""The linear predictor η = X W + b."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from mlekit.networks.activations import Tanh
from mlekit.networks.information import Predictor, information_of_predictors
from mlekit.networks.mlp_stack import MLPStack
from mlekit.networks.protocols import FloatType
from mlekit.networks.stack import InTurn, Stack
from mlekit.networks.workspace import (
    WorkBuffer,
    check_eta_gradient,
    check_flat,
    check_inputs,
    checked_count,
    checked_dtype,
    checked_flag,
)


@dataclass(frozen=True)
class Linear:
    """The linear predictor η = X W + b, the network of generalised linear models.

    Args:
        bias: whether there is a free constant b per output. Leave it out if X has a column of ones already.

    Examples:
        >>> import numpy as np
        >>> network = Linear().build(n_inputs=2, n_outputs=1)
        >>> network.forward(np.array([1.0, 10.0, 0.5]), np.array([[1.0, 2.0], [3.0, 4.0]]))
        array([[21.5],
               [43.5]])
        >>> Linear().build_stack(5, n_inputs=2, n_outputs=1, dtype=np.float64).n_members
        5
    """

    bias: bool = True

    def __post_init__(self) -> None:
        checked_flag("bias", self.bias)

    def build(self, n_inputs: int, n_outputs: int, *, dtype: FloatType = np.float64) -> BuiltLinear:
        """Fix the shapes: θ is W, row by row, then b."""
        return BuiltLinear(
            checked_count("n_inputs", n_inputs, 0),
            checked_count("n_outputs", n_outputs, 1),
            bias=self.bias,
            dtype=checked_dtype(dtype),
        )

    def build_stack(self, members: int, n_inputs: int, n_outputs: int, *, dtype: FloatType) -> Stack:
        """So many linear predictors: with biases, a perceptron without hidden layers; else one after the other."""
        if not self.bias:
            return InTurn([self.build(n_inputs, n_outputs, dtype=dtype) for _ in range(members)], dtype)
        sizes = (n_inputs, n_outputs)
        return MLPStack(members, sizes, activation=Tanh(), skip=False, dtype=checked_dtype(dtype))


class BuiltLinear:
    """A linear predictor with fixed shapes; θ is W (n_inputs × n_outputs, row by row), then b.

    Inputs of the network's dtype are read where they are, whatever their memory order; others are converted.
    """

    def __init__(self, n_inputs: int, n_outputs: int, *, bias: bool, dtype: np.dtype[Any]) -> None:
        self.n_inputs = n_inputs
        self.n_outputs = n_outputs
        self.n_parameters = (n_inputs + bias) * n_outputs
        self._bias = bias
        self._dtype = dtype
        self._eta = WorkBuffer(dtype)
        self._ones: Float[np.ndarray, " rows"] = np.ones(0, dtype)

    @property
    def penalized(self) -> Bool[np.ndarray, " parameters"]:
        """True at W, False at b."""
        return np.arange(self.n_parameters) < self.n_inputs * self.n_outputs

    @property
    def output_biases(self) -> Int[np.ndarray, " biases"]:
        """Where b stands in θ; empty without biases."""
        return np.arange(self.n_inputs * self.n_outputs, self.n_parameters)

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """Each output as a linear function of its own parameters: every n_outputs-th entry of θ."""
        columns = slice(0, self.n_inputs)
        return tuple(
            Predictor(columns, self._bias, slice(output, self.n_parameters, self.n_outputs))
            for output in range(self.n_outputs)
        )

    def weights(self, theta: Float[np.ndarray, " parameters"]) -> Float[np.ndarray, "inputs outputs"]:
        """Return W as a view of `theta`."""
        return theta[: self.n_inputs * self.n_outputs].reshape(self.n_inputs, self.n_outputs)

    def biases(self, theta: Float[np.ndarray, " parameters"]) -> Float[np.ndarray, " biases"]:
        """Return b as a view of `theta`: n_outputs values, or none."""
        return theta[self.n_inputs * self.n_outputs :]

    def initialize(self, rng: np.random.Generator) -> Float[np.ndarray, " parameters"]:
        """Return zeros: the log-likelihood has one maximum here, and nothing to break a symmetry for."""
        return np.zeros(self.n_parameters, self._dtype)

    def forward(
        self, theta: Float[np.ndarray, " parameters"], inputs: Float[np.ndarray, "rows inputs"]
    ) -> Float[np.ndarray, "rows outputs"]:
        """Return X W + b: a view of a work buffer, valid until the next call."""
        check_flat("theta", theta, self.n_parameters, self._dtype)
        check_inputs(inputs.shape, self.n_inputs)
        eta = self._eta.take(len(inputs), self.n_outputs)
        np.dot(inputs.astype(self._dtype, copy=False), self.weights(theta), out=eta)
        if self._bias:
            np.add(eta, self.biases(theta), out=eta)
        return eta

    def backward(
        self,
        theta: Float[np.ndarray, " parameters"],
        inputs: Float[np.ndarray, "rows inputs"],
        eta_gradient: Float[np.ndarray, "rows outputs"],
        out: Float[np.ndarray, " parameters"],
    ) -> None:
        """Write Xᵀ G, then the column sums of G, into `out`, where G is `eta_gradient`."""
        check_flat("out", out, self.n_parameters, self._dtype)
        check_inputs(inputs.shape, self.n_inputs)
        check_eta_gradient(eta_gradient.shape, len(inputs), self.n_outputs)
        gradient = eta_gradient.astype(self._dtype, copy=False)
        np.dot(inputs.T.astype(self._dtype, copy=False), gradient, out=self.weights(out))
        if self._bias:
            if len(self._ones) < len(inputs):
                self._ones = np.ones(len(inputs), self._dtype)
            # A product with ones is a BLAS call: faster than a sum down the columns of a row-major array.
            np.dot(self._ones[: len(inputs)], gradient, out=self.biases(out))

    def fisher_information(
        self,
        inputs: Float[np.ndarray, "rows inputs"],
        eta_information: Float[np.ndarray, "rows outputs outputs"],
    ) -> Float[np.ndarray, "parameters parameters"]:
        """Return Σ_rows Jᵀ F J, where F is the symmetric `eta_information` of each row.

        Examples:
            >>> import numpy as np
            >>> network = Linear().build(n_inputs=1, n_outputs=1)
            >>> network.fisher_information(np.array([[1.0], [3.0]]), np.full((2, 1, 1), 0.25))
            array([[2.5, 1. ],
                   [1. , 0.5]])
        """
        return information_of_predictors(
            self.predictors, self.n_inputs, self.n_parameters, inputs, eta_information, self._dtype
        )
