"""Activation functions and their derivatives, in place.

Every activation works on three buffers of the same shape that belong to one hidden layer:

* ``values`` holds z = (weighted inputs) when `Activation.forward` starts and a(z) when it ends;
* ``derivative`` is the activation's own: it finds there in `Activation.backward` what it left in forward;
* ``delta`` is free in forward, and in backward turns from ∂/∂a into ∂/∂z = a′(z) · ∂/∂a.

Where a′ is a cheap function of a, it is computed in backward, so that a prediction does not pay for it.
The order of the operations keeps scalars out where it can: an array operand saves NumPy a conversion, which is
felt at a batch of 64 rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr

from mlekit.errors import NetworkError


@runtime_checkable
class Activation(Protocol):
    """An element-wise non-linearity a(z), with its derivative and the initialisation that suits it."""

    @property
    def initialization(self) -> str:
        """Name of the initialisation under which signals keep their variance through many layers."""
        ...

    def forward(
        self,
        values: Float[np.ndarray, "... width rows"],
        derivative: Float[np.ndarray, "... width rows"],
        delta: Float[np.ndarray, "... width rows"],
    ) -> None:
        """Replace z by a(z) in `values`."""
        ...

    def backward(
        self,
        values: Float[np.ndarray, "... width rows"],
        derivative: Float[np.ndarray, "... width rows"],
        delta: Float[np.ndarray, "... width rows"],
    ) -> None:
        """Multiply `delta` by a′(z); `values` stays, and a second call would do the same."""
        ...


def _sigmoid(z: Float[np.ndarray, "... width rows"], out: Float[np.ndarray, "... width rows"]) -> None:
    # ½(1 + tanh(z/2)) never overflows, and NumPy has a vectorised tanh; expit is ten times slower.
    np.multiply(z, 0.5, out=out)
    np.tanh(out, out=out)
    np.multiply(out, 0.5, out=out)
    np.add(out, 0.5, out=out)


class Tanh:
    """a = tanh(z), a′ = 1 − a²."""

    initialization = "glorot_uniform"

    def forward(
        self,
        values: Float[np.ndarray, "... width rows"],
        derivative: Float[np.ndarray, "... width rows"],
        delta: Float[np.ndarray, "... width rows"],
    ) -> None:
        """Replace z by tanh(z)."""
        np.tanh(values, out=values)

    def backward(
        self,
        values: Float[np.ndarray, "... width rows"],
        derivative: Float[np.ndarray, "... width rows"],
        delta: Float[np.ndarray, "... width rows"],
    ) -> None:
        """Turn δ into δ − δ·a²."""
        np.multiply(values, values, out=derivative)
        np.multiply(derivative, delta, out=derivative)
        np.subtract(delta, derivative, out=delta)


class Sigmoid:
    """a = 1 / (1 + exp(−z)), a′ = a − a²."""

    initialization = "glorot_uniform"

    def forward(
        self,
        values: Float[np.ndarray, "... width rows"],
        derivative: Float[np.ndarray, "... width rows"],
        delta: Float[np.ndarray, "... width rows"],
    ) -> None:
        """Replace z by 1 / (1 + exp(−z))."""
        _sigmoid(values, values)

    def backward(
        self,
        values: Float[np.ndarray, "... width rows"],
        derivative: Float[np.ndarray, "... width rows"],
        delta: Float[np.ndarray, "... width rows"],
    ) -> None:
        """Multiply δ by a − a²."""
        np.multiply(values, values, out=derivative)
        np.subtract(values, derivative, out=derivative)
        np.multiply(delta, derivative, out=delta)


class _WithStoredDerivative:
    """Backward for activations whose forward leaves a′(z) in `derivative`."""

    initialization = "he_normal"

    def backward(
        self,
        values: Float[np.ndarray, "... width rows"],
        derivative: Float[np.ndarray, "... width rows"],
        delta: Float[np.ndarray, "... width rows"],
    ) -> None:
        """Multiply δ by the stored a′."""
        np.multiply(delta, derivative, out=delta)


class Relu(_WithStoredDerivative):
    """a = max(z, 0), a′ = 1 where z > 0, else 0."""

    def forward(
        self,
        values: Float[np.ndarray, "... width rows"],
        derivative: Float[np.ndarray, "... width rows"],
        delta: Float[np.ndarray, "... width rows"],
    ) -> None:
        """Replace z by z · a′(z): both together cost less than np.maximum with a scalar alone."""
        np.greater(values, 0.0, out=derivative)
        np.multiply(values, derivative, out=values)


class Gelu(_WithStoredDerivative):
    """a = z Φ(z), a′ = Φ(z) + z φ(z), Φ and φ the Gaussian's cdf and density (Hendrycks & Gimpel 2016)."""

    def forward(
        self,
        values: Float[np.ndarray, "... width rows"],
        derivative: Float[np.ndarray, "... width rows"],
        delta: Float[np.ndarray, "... width rows"],
    ) -> None:
        """Replace z by z Φ(z), Φ in its exact form."""
        np.multiply(values, values, out=derivative)
        np.multiply(derivative, -0.5, out=derivative)
        np.exp(derivative, out=derivative)
        np.multiply(derivative, 1.0 / math.sqrt(2.0 * math.pi), out=derivative)
        np.multiply(derivative, values, out=derivative)
        ndtr(values, out=delta)
        np.add(derivative, delta, out=derivative)
        np.multiply(values, delta, out=values)


class Silu(_WithStoredDerivative):
    """a = z σ(z), a′ = σ + a (1 − σ), with σ the sigmoid (Elfwing, Uchibe & Doya 2018)."""

    def forward(
        self,
        values: Float[np.ndarray, "... width rows"],
        derivative: Float[np.ndarray, "... width rows"],
        delta: Float[np.ndarray, "... width rows"],
    ) -> None:
        """Replace z by z σ(z)."""
        _sigmoid(values, delta)
        np.multiply(values, delta, out=values)
        np.multiply(values, delta, out=derivative)
        np.subtract(values, derivative, out=derivative)
        np.add(derivative, delta, out=derivative)


ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {"tanh": Tanh(), "relu": Relu(), "sigmoid": Sigmoid(), "gelu": Gelu(), "silu": Silu()}
)


def find_activation(name: str) -> Activation:
    """Return the activation called `name`.

    Raises:
        NetworkError: If there is none; the message lists the names.
    """
    if name not in ACTIVATIONS:
        raise NetworkError(f"activation={name!r} is unknown; choose one of {', '.join(ACTIVATIONS)}.")
    return ACTIVATIONS[name]
