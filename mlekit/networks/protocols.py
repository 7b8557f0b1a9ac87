"""What a network is to the rest of the library: a frozen specification that builds a differentiable map."""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Int

FloatType: TypeAlias = np.dtype[Any] | type[Any]


@runtime_checkable
class BuiltNetwork(Protocol):
    """A differentiable map η = f(θ, X) whose shapes are fixed, over one flat parameter vector θ.

    Implementations own their work buffers, so an instance serves one thread at a time. Whoever writes one
    promises four things: rows are independent of each other; `forward` and `backward` read θ and never
    write it; θ may be changed in place between a `backward` and the next `forward`; and `backward` is the
    exact derivative of `forward`.

    Examples:
        >>> from mlekit.networks import Linear
        >>> network = Linear().build(n_inputs=2, n_outputs=1)
        >>> network.n_inputs, network.n_outputs, network.n_parameters
        (2, 1, 3)
        >>> network.penalized, network.output_biases  # W, then b
        (array([ True,  True, False]), array([2]))
        >>> theta, X = network.initialize(np.random.default_rng(0)), np.array([[1.0, 2.0]])
        >>> theta[:] = [1.0, 10.0, 0.5]
        >>> network.forward(theta, X)
        array([[21.5]])
        >>> gradient = np.empty(3)
        >>> network.backward(theta, X, np.array([[1.0]]), gradient)
        >>> gradient
        array([1., 2., 1.])
    """

    @property
    def n_inputs(self) -> int:
        """Number of columns of X."""
        ...

    @property
    def n_outputs(self) -> int:
        """Number of columns of η."""
        ...

    @property
    def n_parameters(self) -> int:
        """Length of θ."""
        ...

    @property
    def penalized(self) -> Bool[np.ndarray, " parameters"]:
        """True where a prior over weights applies: at weights, not at biases."""
        ...

    @property
    def output_biases(self) -> Int[np.ndarray, " biases"]:
        """Where in θ the constants stand that are added to η last, one an output; empty if there are none.

        An output without one among others that have some has −1.

        A fit sets them so that it starts at the best constant prediction.
        """
        ...

    def initialize(self, rng: np.random.Generator) -> Float[np.ndarray, " parameters"]:
        """Return a new θ to start from, drawn with `rng`."""
        ...

    def forward(
        self, theta: Float[np.ndarray, " parameters"], inputs: Float[np.ndarray, "rows inputs"]
    ) -> Float[np.ndarray, "rows outputs"]:
        """Return η for the rows of `inputs`: a view of a work buffer, valid until the next call."""
        ...

    def backward(
        self,
        theta: Float[np.ndarray, " parameters"],
        inputs: Float[np.ndarray, "rows inputs"],
        eta_gradient: Float[np.ndarray, "rows outputs"],
        out: Float[np.ndarray, " parameters"],
    ) -> None:
        """Write Σ_rows (∂η/∂θ)ᵀ eta_gradient into `out`, for the θ and the rows of the last `forward`."""
        ...


@runtime_checkable
class Network(Protocol):
    """The specification of a network: what a user writes, before the number of columns is known.

    A specification is immutable and carries no weights, so that one value can be used in many fits. To bring
    a network of your own, implement `build`; the result must be a `BuiltNetwork`.

    Examples:
        A network without inputs' influence, one free constant per output:

        >>> from dataclasses import dataclass
        >>> import numpy as np
        >>> from mlekit.networks import BuiltNetwork, Linear, Network
        >>> @dataclass(frozen=True)
        ... class Constant:
        ...     def build(self, n_inputs: int, n_outputs: int, *, dtype=np.float64) -> BuiltNetwork:
        ...         return Linear().build(0, n_outputs, dtype=dtype)
        >>> isinstance(Constant(), Network)
        True
    """

    def build(self, n_inputs: int, n_outputs: int, *, dtype: FloatType = np.float64) -> BuiltNetwork:
        """Fix the shapes and the floating-point type (float32 or float64) of θ and of all computations."""
        ...


@runtime_checkable
class HasFisherInformation(Protocol):
    """A built network that can carry a Fisher information in η over to one in θ.

    With the Jacobian J = ∂η/∂θ of a row and F the information of that row's distribution in η, the
    information in θ is Σ_rows Jᵀ F J. Fisher scoring is offered for networks that have this.
    """

    def fisher_information(
        self,
        inputs: Float[np.ndarray, "rows inputs"],
        eta_information: Float[np.ndarray, "rows outputs outputs"],
    ) -> Float[np.ndarray, "parameters parameters"]:
        """Return Σ_rows Jᵀ F J, where F is the symmetric `eta_information` of each row."""
        ...
