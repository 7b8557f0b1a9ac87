"""Networks side by side agree with the same networks alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mlekit.errors import NetworkError
from mlekit.networks import (
    MLP,
    BuiltNetwork,
    HasFisherInformation,
    Linear,
    LinearParallel,
    Part,
    build_parallel,
)
from tests.networks.textbook import numerical_gradient

# Two parts share a column, one has none, one has two outputs.
MIXED = [Part(MLP(4), slice(0, 2)), Part(Linear(), slice(1, 4), 2), Part(Linear(), slice(4, 4))]
LINEAR = [Part(Linear(bias=False), slice(0, 2)), *MIXED[1:]]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("parts", [MIXED, LINEAR], ids=["mixed", "linear"])
def test_the_whole_is_its_parts(parts: list[Part], dtype: type[np.floating]) -> None:
    rng = np.random.default_rng(0)
    whole = build_parallel(parts, 4, dtype=dtype)
    alone = [p.network.build(p.columns.stop - p.columns.start, p.n_outputs, dtype=dtype) for p in parts]
    theta = rng.normal(size=whole.n_parameters).astype(dtype)
    pieces = np.split(theta, np.cumsum([network.n_parameters for network in alone])[:-1])
    inputs = rng.normal(size=(6, 4)).astype(dtype)
    eta_gradient = rng.normal(size=(6, 4)).astype(dtype)
    out = np.full(whole.n_parameters, np.nan, dtype)

    eta = whole.forward(theta, inputs)
    whole.backward(theta, inputs, eta_gradient, out)
    etas, gradients, at = [], [], 0
    for network, part, piece in zip(alone, parts, pieces, strict=True):
        gradient = np.empty_like(piece)
        columns = inputs[:, part.columns]
        etas.append(network.forward(piece, columns))
        network.backward(piece, columns, eta_gradient[:, at : at + part.n_outputs], gradient)
        gradients.append(gradient)
        at += part.n_outputs
    np.testing.assert_allclose(eta, np.concatenate(etas, axis=1), rtol=1e-6)
    np.testing.assert_allclose(out, np.concatenate(gradients), rtol=1e-5)
    np.testing.assert_array_equal(whole.penalized, np.concatenate([n.penalized for n in alone]))
    assert (whole.n_inputs, whole.n_outputs) == (4, 4)
    assert isinstance(whole, BuiltNetwork)


def test_initialization_runs_through_the_parts() -> None:
    whole = build_parallel(MIXED, 4)
    theta = whole.initialize(np.random.default_rng(5))
    alone = MLP(4).build(2, 1).initialize(np.random.default_rng(5))
    np.testing.assert_array_equal(theta[: len(alone)], alone)
    assert not theta[len(alone) :].any()


def test_information_has_blocks_between_the_parts() -> None:
    rng = np.random.default_rng(1)
    whole = build_parallel(LINEAR, 4)
    assert isinstance(whole, LinearParallel)
    assert isinstance(whole, HasFisherInformation)
    inputs = rng.normal(size=(30, 4))
    root = rng.normal(size=(30, 4, 4))
    eta_information = np.einsum("nij,nkj->nik", root, root)
    # η is linear in θ, so that its Jacobian is η at the unit vectors.
    J = np.stack([whole.forward(unit, inputs).copy() for unit in np.eye(whole.n_parameters)], axis=2)
    expected = np.einsum("nap,nab,nbq->pq", J, eta_information, J)
    np.testing.assert_allclose(
        whole.fisher_information(inputs, eta_information), expected, rtol=1e-10, atol=1e-10
    )


def test_a_parallel_network_may_be_part_of_a_larger_one() -> None:
    class Pair:
        """Two linear predictors, of all columns and of none."""

        def build(self, n_inputs: int, n_outputs: int, *, dtype: Any = np.float64) -> BuiltNetwork:
            assert n_outputs == 2
            parts = [Part(Linear(), slice(0, n_inputs)), Part(Linear(), slice(0, 0))]
            return build_parallel(parts, n_inputs, dtype=dtype)

    rng = np.random.default_rng(2)
    whole = build_parallel([Part(Linear(), slice(0, 1)), Part(Pair(), slice(1, 3), 2)], 3)
    assert isinstance(whole, LinearParallel)
    inputs, F = rng.normal(size=(8, 3)), np.ones((8, 3, 3))
    J = np.stack([whole.forward(unit, inputs).copy() for unit in np.eye(whole.n_parameters)], axis=2)
    expected = np.einsum("nap,nab,nbq->pq", J, F, J)
    np.testing.assert_allclose(whole.fisher_information(inputs, F), expected, rtol=1e-12, atol=1e-12)


def test_gradient_with_changing_batches_and_thetas() -> None:
    rng = np.random.default_rng(3)
    whole = build_parallel(MIXED, 4)
    assert not isinstance(whole, HasFisherInformation)
    out = np.empty(whole.n_parameters)
    for rows in (9, 4, 0, 9):
        theta = rng.normal(size=whole.n_parameters)
        inputs, eta_gradient = rng.normal(size=(rows, 4)), rng.normal(size=(rows, 4))
        expected = numerical_gradient(whole, theta, inputs, eta_gradient)
        whole.forward(theta, inputs)
        whole.backward(theta, inputs, eta_gradient, out)
        np.testing.assert_allclose(out, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    "columns", [slice(0, 5), slice(3, 2), slice(None, 2), slice(0, 4, 2), slice(-2, 4)], ids=str
)
def test_columns_must_be_a_plain_range(columns: slice) -> None:
    with pytest.raises(NetworkError, match="is not a plain range of 4 input columns"):
        build_parallel([Part(Linear(), columns)], 4)


def test_errors() -> None:
    with pytest.raises(NetworkError, match="parts is empty"):
        build_parallel([], 4)
    whole = build_parallel(MIXED, 4)
    theta, inputs = np.zeros(whole.n_parameters), np.zeros((2, 4))
    with pytest.raises(NetworkError, match="theta has shape"):
        whole.forward(theta[1:], inputs)
    with pytest.raises(NetworkError, match=r"inputs has shape \(2, 3\)"):
        whole.forward(theta, inputs[:, :3])
    whole.forward(theta, inputs)
    with pytest.raises(NetworkError, match="another theta"):
        whole.backward(theta.copy(), inputs, np.zeros((2, 4)), np.empty_like(theta))
    with pytest.raises(NetworkError, match="eta_gradient has shape"):
        whole.backward(theta, inputs, np.zeros((2, 3)), np.empty_like(theta))
