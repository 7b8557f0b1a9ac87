"""Passes through small multilayer perceptrons as one call each, where their kernel was compiled.

What NumPy takes a dozen calls for is one loop over tiles that stay in the processor's registers. Threads share the
members of an ensemble, each of which one of them computes. A pass computes in single precision, as training does, and
what the NumPy path computes, but for rounding. Layers wider than 512 are left to BLAS.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from mlekit.blocks import thread_count
from mlekit.kernels import address_of, perceptron_functions
from mlekit.networks.activations import Activation, Relu, Sigmoid, Silu, Tanh
from mlekit.networks.workspace import WorkBuffer

__all__ = ["CompiledPerceptrons", "passes_of"]

_ACTIVATIONS: Mapping[type[Activation], int] = MappingProxyType({Tanh: 0, Sigmoid: 1, Relu: 2, Silu: 3})
_WIDEST = 512  # hidden layer; above, OpenBLAS is as fast
_KEPT_PLANS = 8
_SHARED_PRODUCTS = 2**19  # of numbers in a pass: some 20 µs, and threads take a few to find together


class _Plan(NamedTuple):
    """What a pass over inputs of some shape needs: addresses of its sizes and buffers, and the outputs."""

    sizes: np.ndarray
    address: int
    threads: int
    kept: int
    eta: Float[np.ndarray, "members rows outputs"]
    eta_address: int


class CompiledPerceptrons:
    """Members of one shape; the θ of one follows that of another, each in the order of `BuiltMLP`."""

    def __init__(
        self, members: int, sizes: tuple[int, ...], activation: int, skip: bool, n_parameters: int
    ) -> None:
        functions = perceptron_functions()
        assert functions is not None
        self._functions = functions
        self.members, self.outputs = members, sizes[-1]
        self._sizes = sizes
        self._settings = (n_parameters, activation, int(skip), len(sizes) - 2)
        self._plans: dict[tuple[int, ...], _Plan] = {}
        self._kept = WorkBuffer(np.dtype(np.float32))
        without_rows = self.shape(0, 0, 0)  # held here: a bare address would outlive it
        room = functions.perceptron_scratch(without_rows.ctypes.data)
        self._most_threads = min(members, thread_count())
        self._scratch = np.empty(room * self._most_threads, np.float32)
        self._scratch_address = address_of(self._scratch)
        self._current: _Plan | None = None

    @classmethod
    def of(
        cls,
        members: int,
        sizes: tuple[int, ...],
        *,
        activation: Activation,
        skip: bool,
        n_parameters: int,
        dtype: np.dtype[Any],
    ) -> CompiledPerceptrons | None:
        """None where the kernel is missing, the precision is another, or NumPy is the better choice."""
        kind = _ACTIVATIONS.get(type(activation))
        suits = dtype == np.float32 and len(sizes) > 2 and max(sizes[1:-1]) <= _WIDEST
        if kind is None or not suits or perceptron_functions() is None:
            return None
        return cls(members, sizes, kind, skip, n_parameters)

    def forward(
        self, theta: Float[np.ndarray, " parameters"], inputs: Float[np.ndarray, "*own rows inputs"]
    ) -> Float[np.ndarray, "members rows outputs"]:
        """η of every member, of the same rows for all or each one's own: valid until the next call."""
        if inputs.dtype != np.float32 or inputs.strides[-1] != 4 or inputs.strides[-2] % 4:
            inputs = np.ascontiguousarray(inputs, np.float32)
        plan = self._current = self._plan(inputs)
        self._functions.perceptron_forward(
            plan.address,
            self.members,
            plan.threads,
            address_of(theta),
            address_of(inputs),
            plan.kept,
            self._scratch_address,
            plan.eta_address,
        )
        return plan.eta

    def backward(
        self,
        theta: Float[np.ndarray, " parameters"],
        eta_gradient: Float[np.ndarray, "members rows outputs"],
        out: Float[np.ndarray, " parameters"],
    ) -> None:
        """Write every member's Σ_rows (∂η/∂θ)ᵀ eta_gradient into `out`, for what the last `forward` was given."""
        plan = self._current
        assert plan is not None
        gradient = np.ascontiguousarray(eta_gradient, np.float32)
        self._functions.perceptron_backward(
            plan.address,
            self.members,
            plan.threads,
            address_of(theta),
            address_of(gradient),
            plan.kept,
            self._scratch_address,
            address_of(out),
        )

    def _plan(self, inputs: Float[np.ndarray, "*own rows inputs"]) -> _Plan:
        layout = (*inputs.shape, *inputs.strides)
        known = self._plans.get(layout)
        if known is not None:
            return known
        rows = inputs.shape[-2]
        strides = (inputs.strides[-2] // 4, inputs.strides[0] // 4 if inputs.ndim == 3 else 0)
        sizes = self.shape(rows, *strides)
        needed = self.members * self._functions.perceptron_kept(sizes.ctypes.data)
        before = address_of(self._kept.take(0))
        kept = address_of(self._kept.take(needed))
        if kept != before or len(self._plans) >= _KEPT_PLANS:
            self._plans.clear()  # they point to what was there before
        eta = np.empty((self.members, rows, self._sizes[-1]), np.float32)
        plan = _Plan(sizes, sizes.ctypes.data, self.threads(rows), kept, eta, address_of(eta))
        self._plans[layout] = plan
        return plan

    def shape(self, rows: int, row_stride: int, member_stride: int) -> np.ndarray:
        """What perceptron.h calls a perceptron: strides are counted in numbers."""
        return np.array([rows, row_stride, member_stride, *self._settings, *self._sizes], dtype=np.intp)

    def threads(self, rows: int) -> int:
        """How many share a loop over the members, of so many rows."""
        products = self.members * rows * self._settings[0]
        return self._most_threads if products >= _SHARED_PRODUCTS else 1


def passes_of(network: object) -> CompiledPerceptrons | None:
    """The passes of a network or a stack that is computed by nothing else; None for any other.

    >>> from mlekit.networks import Linear
    >>> passes_of(Linear().build(2, 1)) is None
    True
    """
    compiled = getattr(network, "compiled", None)
    return compiled if isinstance(compiled, CompiledPerceptrons) else None
