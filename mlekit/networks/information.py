"""The Fisher information in θ of networks that are linear in θ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from mlekit.errors import NetworkError
from mlekit.networks.protocols import BuiltNetwork, HasFisherInformation
from mlekit.networks.workspace import check_inputs

# Rows are taken in blocks whose design matrix fits a core's second-level cache, but never in short ones: each block
# adds to a whole matrix of parameters × parameters.
_BLOCK_ELEMENTS = 32_768
_BLOCK_ROWS = 1024


@dataclass(frozen=True, slots=True)
class Predictor:
    """One output as a linear function of θ: η_j = X[:, columns] · θ[parameters], then the bias as last entry.

    Attributes:
        columns: The input columns that the output depends on.
        bias: Whether the last of the parameters multiplies a constant one.
        parameters: Where in θ its weights, then its bias, stand.
    """

    columns: slice
    bias: bool
    parameters: slice

    def shifted(self, columns: slice, n_before: int) -> Predictor:
        """Return this predictor as part of a larger network: its inputs are `columns` of that network's."""
        return Predictor(
            slice(columns.start + self.columns.start, columns.start + self.columns.stop),
            self.bias,
            slice(self.parameters.start + n_before, self.parameters.stop + n_before, self.parameters.step),
        )


@runtime_checkable
class LinearInParameters(BuiltNetwork, HasFisherInformation, Protocol):
    """A built network whose outputs are linear in θ, so that its Jacobian is made of columns of X."""

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """One predictor for each output."""
        ...


def information_of_predictors(
    predictors: Sequence[Predictor],
    n_inputs: int,
    n_parameters: int,
    inputs: Float[np.ndarray, "rows inputs"],
    eta_information: Float[np.ndarray, "rows outputs outputs"],
    dtype: np.dtype[Any],
) -> Float[np.ndarray, "parameters parameters"]:
    """Return Σ_rows Jᵀ F J as one product (f_ab · X_a)ᵀ X_b for each pair a ≤ b of outputs.

    F is taken to be symmetric: only its upper triangle is read. Pairs for which f_ab is zero in all rows
    (parameters that are orthogonal in the information, such as a Gaussian's loc and scale) cost nothing.
    """
    check_inputs(inputs.shape, n_inputs)
    n_rows, n_outputs = len(inputs), len(predictors)
    if eta_information.shape != (n_rows, n_outputs, n_outputs):
        raise NetworkError(
            f"eta_information has shape {eta_information.shape}; "
            f"{n_rows} rows with {n_outputs} outputs need {(n_rows, n_outputs, n_outputs)}."
        )
    information = np.zeros((n_parameters, n_parameters), dtype)
    pairs = [(a, b) for a in range(n_outputs) for b in range(a, n_outputs) if eta_information[:, a, b].any()]
    n_block = max(_BLOCK_ROWS, _BLOCK_ELEMENTS // max(1, n_inputs))
    for start in range(0, n_rows, n_block):
        rows = slice(start, min(start + n_block, n_rows))
        for a, b in pairs:
            left, right = predictors[a], predictors[b]
            factors = eta_information[rows, a, b].astype(dtype)
            products = _weighted_products(left, right, inputs[rows].astype(dtype, copy=False), factors)
            information[left.parameters, right.parameters] += products
    for a, b in pairs:
        if a < b:
            upper = information[predictors[a].parameters, predictors[b].parameters]
            information[predictors[b].parameters, predictors[a].parameters] = upper.T
    return information


def _weighted_products(
    left: Predictor,
    right: Predictor,
    inputs: Float[np.ndarray, "rows inputs"],
    factors: Float[np.ndarray, " rows"],
) -> Float[np.ndarray, "left right"]:
    """Return Σ_rows f · (x_left, 1)(x_right, 1)ᵀ, the ones only where there are biases.

    The ones are summed apart instead of being written beside x, and a product of a matrix with itself is left
    to BLAS as such, which then computes half of it: so factors of one sign go in by their root.
    """
    columns, others = inputs[:, left.columns], inputs[:, right.columns]
    inner = (columns.shape[1], others.shape[1])
    products = np.empty((inner[0] + left.bias, inner[1] + right.bias), inputs.dtype)
    block = products[: inner[0], : inner[1]]
    if factors.size and (factors == factors[0]).all():
        block[...] = columns.T @ others
        block *= factors[0]
    elif left.columns == right.columns and (factors >= 0).all():
        rooted = columns * np.sqrt(factors)[:, None]
        block[...] = rooted.T @ rooted
    else:
        block[...] = (columns * factors[:, None]).T @ others
    if right.bias:
        products[: inner[0], -1] = factors @ columns
    if left.bias:
        products[-1, : inner[1]] = factors @ others
    if left.bias and right.bias:
        products[-1, -1] = factors.sum()
    return products
