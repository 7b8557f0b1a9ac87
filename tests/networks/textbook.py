"""Networks as a textbook writes them: row-major, layer by layer, nothing reused. What the tests compare with."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.special import erf, expit

from mlekit.networks import MLP, BuiltNetwork

Matrix = np.ndarray[Any, np.dtype[Any]]

ACTIVATIONS: dict[str, Callable[[Matrix], Matrix]] = {
    "tanh": np.tanh,
    "relu": lambda z: np.where(z > 0, z, 0.0),
    "sigmoid": expit,
    "gelu": lambda z: z * 0.5 * (1.0 + erf(z / np.sqrt(2.0))),
    "silu": lambda z: z * expit(z),
}


def layers_of(network: MLP, theta: Matrix, n_inputs: int, n_outputs: int) -> list[tuple[Matrix, Matrix]]:
    """Return (W, b) of each layer; what θ holds after them is left out."""
    sizes = (n_inputs, *network.widths, n_outputs)
    layers, at = [], 0
    for before, after in pairwise(sizes):
        weights = theta[at : at + before * after].reshape(before, after)
        at += before * after
        layers.append((weights, theta[at : at + after]))
        at += after
    return layers


def mlp_forward(network: MLP, theta: Matrix, inputs: Matrix, n_outputs: int) -> Matrix:
    """Return η of an MLP."""
    n_inputs = inputs.shape[1]
    *hidden, (weights, bias) = layers_of(network, theta, n_inputs, n_outputs)
    h = inputs
    for hidden_weights, hidden_bias in hidden:
        h = ACTIVATIONS[network.activation](h @ hidden_weights + hidden_bias)
    eta: Matrix = h @ weights + bias
    if network.skip:
        eta = eta + inputs @ theta[len(theta) - n_inputs * n_outputs :].reshape(n_inputs, n_outputs)
    return eta


def numerical_gradient(
    network: BuiltNetwork, theta: Matrix, inputs: Matrix, eta_gradient: Matrix, step: float = 1e-5
) -> Matrix:
    """Return ∂ Σ(η · eta_gradient) / ∂θ by fourth-order central differences."""

    def value(shift: Matrix) -> float:
        return float(np.sum(network.forward(theta + shift, inputs) * eta_gradient))

    gradient = np.empty_like(theta)
    for index in range(len(theta)):
        shift = np.zeros_like(theta)
        shift[index] = step
        near = value(shift) - value(-shift)
        far = value(2 * shift) - value(-2 * shift)
        gradient[index] = (8 * near - far) / (12 * step)
    return gradient
