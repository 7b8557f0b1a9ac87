"""The left half of a model: from encoded rows to η, with everything that a fit learned.

A `Regression` says which design matrix feeds which outputs through which network. A formula for each parameter
gives each its own network side by side; a single formula feeds one network, except that a linear one predicts
the family's first parameter only and leaves the others an intercept each, as generalized linear models do, and
any network leaves one to parameters that all rows share.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from mlekit.arrays import RowSource, row_blocks
from mlekit.blocks import on_threads, one_blas_thread, thread_count
from mlekit.distributions import Head
from mlekit.errors import FormulaError
from mlekit.fitting.features import Preparation
from mlekit.fitting.scaling import Scaling
from mlekit.frames import Design, Encoding
from mlekit.networks import (
    BuiltNetwork,
    Linear,
    Network,
    Part,
    Stack,
    build_parallel,
    build_parallel_stack,
)
from mlekit.networks.information import LinearInParameters

__all__ = ["Block", "Regression", "natural_directions", "plan_blocks", "weight_units"]

# Rows that a network takes at a time, so that what it keeps of them stays in the cache, and values that are read at a
# time: alone, and where threads share the work. Neither depends on how many threads there are, so no bit does.
_ALONE = (1024, 2**16)
_SHARED = (256, 2**20)
_MUCH_WORK = 2**27  # of products: threads have to be started, and those of BLAS held back


@dataclass(frozen=True)
class Block:
    """Some parameters, the formula that predicts them, and the network between.

    Args:
        parameters: names of the predicted parameters, in the head's order.
        formula: the key of the predictor in the encoding; None for an intercept alone.
        network: the specification of the network.
        n_outputs: how many columns of η it makes.
        columns: the prepared input columns that it reads.
    """

    parameters: tuple[str, ...]
    formula: str | None
    network: Network
    n_outputs: int
    columns: slice


def plan_blocks(encoding: Encoding, head: Head[Any], network: Network) -> tuple[Block, ...]:
    """Which formula predicts which parameters.

    Raises:
        FormulaError: for a formula of a parameter that the family does not predict, or two of the same.
    """
    sizes = {name: columns.stop - columns.start for name, columns in head.columns.items()}
    first = next(iter(sizes))
    if set(encoding.predictors) == {""} and not isinstance(network, Linear):
        return _one_network(head, network, sizes, len(encoding.predictors[""].columns))
    formulas: dict[str, str] = {}
    for key in encoding.predictors:
        name = first if key == "" else head.family.parameter(key).name
        if name not in sizes:
            raise FormulaError(
                f"parameter {name!r} is held fixed, so it has no formula; remove one of the two"
            )
        if name in formulas:
            raise FormulaError(f"parameter {name!r} has two formulas ({formulas[name]!r} and {key!r})")
        formulas[name] = key
    blocks = []
    position = 0
    for name, size in sizes.items():
        if name not in formulas:
            blocks.append(_intercept(name, size, bias=head.has_intercept(name)))
            continue
        key, own = formulas[name], network
        if isinstance(network, Linear):
            bias = network.bias and encoding.predictors[key].intercept and head.has_intercept(name)
            own = Linear(bias=bias)
        elif not encoding.predictors[key].columns:
            own = Linear(bias=head.has_intercept(name))
        width = len(encoding.predictors[key].columns)
        blocks.append(Block((name,), key, own, size, slice(position, position + width)))
        position += width
    return tuple(blocks)


def _intercept(name: str, size: int, *, bias: bool = True) -> Block:
    return Block((name,), None, Linear(bias=bias), size, slice(0, 0))


def _one_network(
    head: Head[Any], network: Network, sizes: Mapping[str, int], width: int
) -> tuple[Block, ...]:
    """One network for the parameters that differ by row, then an intercept for each that all rows share."""
    own = tuple(name for name in sizes if not head.family.parameter(name).shared) or tuple(sizes)
    shared = [_intercept(name, size) for name, size in sizes.items() if name not in own]
    return (Block(own, "", network, sum(sizes[name] for name in own), slice(0, width)), *shared)


@dataclass(frozen=True, eq=False)
class Regression:
    """The blocks side by side over one matrix of inputs.

    Args:
        encoding: table to design matrices.
        blocks: what predicts what.
    """

    encoding: Encoding
    blocks: tuple[Block, ...]

    @property
    def formulas(self) -> list[str]:
        """The keys of the formulas that are used, in the order in which their designs stand side by side."""
        return list(dict.fromkeys(block.formula for block in self.blocks if block.formula is not None))

    @property
    def columns(self) -> list[str]:
        """The names of the columns of the matrix of inputs: each formula's design in turn."""
        return [column for key in self.formulas for column in self.encoding.predictors[key].columns]

    def has_intercept(self, block: Block) -> bool:
        """Whether a constant can be taken up by a block; every network but a linear one without has biases."""
        return not isinstance(block.network, Linear) or block.network.bias

    @property
    def centered(self) -> np.ndarray:
        """Which input columns may be shifted, since an intercept takes the shift up."""
        flags = np.zeros(len(self.columns), dtype=bool)
        for block in self.blocks:
            flags[block.columns] = self.has_intercept(block)
        return flags

    def inputs(self, designs: Mapping[str, Design], rows: int) -> Design:
        """All formulas' designs side by side."""
        return Design.beside([designs[key] for key in self.formulas], rows)

    def features(self, preparation: Preparation, designs: Mapping[str, Design], rows: int) -> RowSource:
        """What the networks read of them, in double precision."""
        return preparation.reading(self.inputs(designs, rows), np.float64)

    @property
    def width(self) -> int:
        """How many prepared columns the networks read."""
        return max(int(block.columns.stop) for block in self.blocks)

    def build(self, dtype: type[np.floating]) -> BuiltNetwork:
        """The network of all blocks, with its own work buffers."""
        if len(self.blocks) == 1:
            return self.blocks[0].network.build(self.width, self.blocks[0].n_outputs, dtype=dtype)
        return build_parallel(self._parts, self.width, dtype=dtype)

    def build_stack(self, members: int, dtype: type[np.floating]) -> Stack:
        """So many of these networks, each with weights of its own."""
        return build_parallel_stack(self._parts, members, dtype=dtype)

    @property
    def _parts(self) -> list[Part]:
        return [Part(block.network, block.columns, block.n_outputs) for block in self.blocks]

    @property
    def is_linear(self) -> bool:
        """Whether η is linear in the parameters."""
        return isinstance(self.build(np.float64), LinearInParameters)

    def eta(
        self,
        theta: Float[np.ndarray, " parameters"],
        features: Float[RowSource, "all_rows features"],
        rows: slice = slice(None),
    ) -> Float[np.ndarray, "rows outputs"]:
        """η of some rows in double precision, by as many threads as are allowed if that is much work."""
        weights = theta.astype(np.float64)
        first, end, _ = rows.indices(len(features))
        eta = np.empty((end - first, sum(block.n_outputs for block in self.blocks)))
        much = not self.is_linear and len(eta) * len(weights) >= _MUCH_WORK
        size, values = _SHARED if much else _ALONE
        threads = thread_count() if much else 1
        networks = [self.build(np.float64) for _ in range(threads)]
        with one_blas_thread() if threads > 1 else nullcontext():
            for part in row_blocks(len(eta), features.shape[1], values=values):
                read, out = features[first + part.start : first + part.stop], eta[part]

                def fill(thread: int, read: np.ndarray = read, out: np.ndarray = out) -> None:
                    for start in range(thread * size, len(read), threads * size):
                        piece = slice(start, start + size)
                        out[piece] = networks[thread].forward(weights, read[piece])

                on_threads(fill, threads)
        return eta


def weight_units(
    head: Head[Any], network: BuiltNetwork, scaling: Scaling
) -> Float[np.ndarray, " parameters"]:
    """What a weight between standardized quantities is multiplied by to be in the units of the data."""
    units = np.ones(network.n_parameters)
    if not isinstance(network, LinearInParameters):
        return units
    of_outputs = np.concatenate([head.coefficient_units(name)[1] for name in head.columns])
    for predictor, unit in zip(network.predictors, of_outputs, strict=True):
        per_column = unit / scaling.scale[predictor.columns]
        units[predictor.parameters] = np.append(per_column, unit) if predictor.bias else per_column
    return units


def natural_directions(
    head: Head[Any], network: LinearInParameters, scaling: Scaling
) -> Float[np.ndarray, "parameters parameters"]:
    """The matrix from changes of θ to changes of the coefficients in the units of the data."""
    matrix = np.diag(weight_units(head, network, scaling))
    for predictor in network.predictors:
        if predictor.bias:
            *weights, bias = range(*predictor.parameters.indices(network.n_parameters))
            matrix[bias, weights] = -matrix[weights, weights] * scaling.center[predictor.columns]
    return matrix
