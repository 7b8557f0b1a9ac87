"""The multilayer perceptron as a user writes it: a frozen specification."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlekit.errors import NetworkError
from mlekit.networks.activations import find_activation
from mlekit.networks.built_mlp import BuiltMLP
from mlekit.networks.initializations import find_initialization
from mlekit.networks.mlp_stack import MLPStack
from mlekit.networks.protocols import FloatType
from mlekit.networks.workspace import checked_count, checked_dtype, checked_flag


@dataclass(frozen=True, init=False, repr=False)
class MLP:
    """A multilayer perceptron: h₁ = a(X W₁ + b₁), h₂ = a(h₁ W₂ + b₂), ..., η = h W + b.

    Args:
        *widths: Number of hidden units of each hidden layer, the one next to the inputs first.
        activation: The non-linearity a: ``"tanh"``, ``"relu"``, ``"sigmoid"``, ``"gelu"`` or ``"silu"``.
        skip: Whether the inputs also enter η linearly, past the hidden layers: η = h W + b + X S. The network
            then starts from the linear model and learns the departure from it.
        initialization: How hidden weights are drawn: ``"glorot_uniform"``, ``"glorot_normal"``, ``"he_normal"``,
            ``"lecun_normal"`` or ``"orthogonal"``. By default Glorot for tanh and sigmoid, He for the others.

    Raises:
        NetworkError: If there is no width, a width below one, or an unknown name.

    Note:
        Biases and S start at zero, the output weights W at a tenth of the scale of LeCun et al. (1998): η is
        nearly the same for all rows at first, so a fit starts near the best distribution without inputs.

    Examples:
        >>> import numpy as np
        >>> MLP(16, 16)
        MLP(16, 16, activation='tanh')
        >>> network = MLP(16, 16).build(n_inputs=3, n_outputs=1, dtype=np.float32)
        >>> network.n_parameters
        353
        >>> theta = network.initialize(np.random.default_rng(0))
        >>> network.forward(theta, np.zeros((2, 3), np.float32)).shape
        (2, 1)
        >>> MLP(16, 16).build_stack(5, n_inputs=3, n_outputs=1, dtype=np.float32).n_members
        5
    """

    widths: tuple[int, ...]
    activation: str
    skip: bool
    initialization: str | None

    def __init__(
        self,
        *widths: int,
        activation: str = "tanh",
        skip: bool = False,
        initialization: str | None = None,
    ) -> None:
        if not widths:
            raise NetworkError("MLP() has no hidden layer; give widths, as in MLP(16, 16), or use Linear().")
        find_activation(activation)
        if initialization is not None:
            find_initialization(initialization)
        object.__setattr__(self, "widths", tuple(checked_count("width", width, 1) for width in widths))
        object.__setattr__(self, "activation", activation)
        object.__setattr__(self, "skip", checked_flag("skip", skip))
        object.__setattr__(self, "initialization", initialization)

    def __repr__(self) -> str:
        settings = [str(width) for width in self.widths]
        settings.append(f"activation={self.activation!r}")
        if self.skip:
            settings.append("skip=True")
        if self.initialization is not None:
            settings.append(f"initialization={self.initialization!r}")
        return f"MLP({', '.join(settings)})"

    def build(self, n_inputs: int, n_outputs: int, *, dtype: FloatType = np.float64) -> BuiltMLP:
        """Fix the shapes: θ is W₁ (row by row), b₁, W₂, b₂, ..., W, b, and S if there is a skip."""
        activation = find_activation(self.activation)
        return BuiltMLP(
            (checked_count("n_inputs", n_inputs, 0), *self.widths, checked_count("n_outputs", n_outputs, 1)),
            activation=activation,
            skip=self.skip,
            initialization=find_initialization(self.initialization or activation.initialization),
            dtype=checked_dtype(dtype),
        )

    def build_stack(self, members: int, n_inputs: int, n_outputs: int, *, dtype: FloatType) -> MLPStack:
        """So many members of this shape, computed together; each one's θ is as `build` says."""
        return MLPStack(
            checked_count("members", members, 1),
            (checked_count("n_inputs", n_inputs, 0), *self.widths, checked_count("n_outputs", n_outputs, 1)),
            activation=find_activation(self.activation),
            skip=self.skip,
            dtype=checked_dtype(dtype),
        )
