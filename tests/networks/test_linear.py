"""The linear predictor and its Fisher information."""

from __future__ import annotations

import numpy as np
import pytest

from mlekit.errors import NetworkError
from mlekit.networks import BuiltNetwork, HasFisherInformation, Linear, Network
from tests.networks.textbook import Matrix, numerical_gradient

SHAPES = [(rows, inputs, outputs) for rows in (0, 1, 9) for inputs in (0, 1, 4) for outputs in (1, 3)]


def jacobian(inputs: Matrix, n_outputs: int, *, bias: bool) -> Matrix:
    """Return ∂η/∂θ of a linear predictor, rows × outputs × parameters."""
    n_rows, n_inputs = inputs.shape
    by_weight = np.einsum("ni,ab->nbia", inputs, np.eye(n_outputs))
    blocks = [by_weight.reshape(n_rows, n_outputs, n_inputs * n_outputs)]
    if bias:
        blocks.append(np.broadcast_to(np.eye(n_outputs), (n_rows, n_outputs, n_outputs)))
    return np.concatenate(blocks, axis=2)


def information(rng: np.random.Generator, rows: int, outputs: int) -> Matrix:
    root = rng.normal(size=(rows, outputs, outputs))
    product: Matrix = np.einsum("nij,nkj->nik", root, root)
    return product


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_linear_against_its_jacobian(
    shape: tuple[int, int, int], bias: bool, dtype: type[np.floating]
) -> None:
    rows, n_inputs, n_outputs = shape
    rng = np.random.default_rng(0)
    network = Linear(bias=bias).build(n_inputs, n_outputs, dtype=dtype)
    assert network.n_parameters == (n_inputs + bias) * n_outputs
    theta = rng.normal(size=network.n_parameters).astype(dtype)
    inputs, eta_gradient = rng.normal(size=(rows, n_inputs)), rng.normal(size=(rows, n_outputs))
    eta_information = information(rng, rows, n_outputs)
    out = np.full(network.n_parameters, np.nan, dtype)
    J = jacobian(inputs, n_outputs, bias=bias)
    tolerance = 1e-12 if dtype is np.float64 else 1e-4

    eta = network.forward(theta, inputs)
    assert eta.dtype == dtype
    np.testing.assert_allclose(eta, J @ theta, rtol=tolerance, atol=tolerance)
    network.backward(theta, inputs, eta_gradient, out)
    np.testing.assert_allclose(out, np.einsum("nkp,nk->p", J, eta_gradient), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(
        network.fisher_information(inputs, eta_information),
        np.einsum("nap,nab,nbq->pq", J, eta_information, J),
        rtol=tolerance,
        atol=tolerance,
    )


def test_information_over_many_blocks_of_rows_with_empty_blocks() -> None:
    rng = np.random.default_rng(1)
    inputs = np.asfortranarray(rng.normal(size=(40_001, 2)))
    eta_information = np.zeros((40_001, 3, 3))
    eta_information[:, 0, 0] = rng.uniform(size=40_001)
    eta_information[:, 1, 1] = rng.uniform(size=40_001)
    eta_information[:, 0, 2] = eta_information[:, 2, 0] = rng.normal(size=40_001)
    J = jacobian(inputs, 3, bias=True)
    expected = np.einsum("nap,nab,nbq->pq", J, eta_information, J, optimize=True)
    actual = Linear().build(2, 3).fisher_information(inputs, eta_information)
    np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(actual[1::3, 2::3], 0.0)


def test_gradient_of_a_linear_predictor() -> None:
    rng = np.random.default_rng(2)
    network = Linear().build(3, 2)
    theta, inputs, eta_gradient = rng.normal(size=8), rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    out = np.empty(8)
    network.forward(theta, inputs)
    network.backward(theta, inputs, eta_gradient, out)
    np.testing.assert_allclose(out, numerical_gradient(network, theta, inputs, eta_gradient), rtol=1e-6)


def test_parts_of_theta_are_views() -> None:
    network = Linear().build(3, 2)
    theta = network.initialize(np.random.default_rng(0))
    assert not theta.any()
    network.weights(theta)[:] = 1.0
    network.biases(theta)[:] = [2.0, 3.0]
    np.testing.assert_array_equal(theta, [1, 1, 1, 1, 1, 1, 2, 3])
    np.testing.assert_array_equal(network.penalized, theta == 1.0)
    np.testing.assert_array_equal(network.forward(theta, np.ones((1, 3))), [[5.0, 6.0]])
    assert Linear(bias=False).build(3, 2).biases(np.zeros(6)).size == 0


def test_inputs_of_any_layout_and_type() -> None:
    network = Linear().build(2, 1)
    theta = np.array([1.0, -2.0, 0.5])
    inputs = np.arange(12.0).reshape(6, 2)
    eta = network.forward(theta, inputs).copy()
    for other in (
        np.asfortranarray(inputs),
        np.repeat(np.repeat(inputs, 2, axis=1), 2, axis=0)[::2, ::2],
        inputs.astype(np.float32),
    ):
        np.testing.assert_array_equal(network.forward(theta, other), eta)


def test_the_work_buffer_is_reused() -> None:
    network = Linear().build(2, 1)
    theta, inputs = np.ones(3), np.ones((8, 2))
    address = network.forward(theta, inputs).ctypes.data
    assert network.forward(theta, inputs[:3]).ctypes.data == address
    assert network.forward(theta, inputs).ctypes.data == address


def test_protocols_and_equality() -> None:
    assert Linear() == Linear(bias=True) != Linear(bias=False)
    assert isinstance(Linear(), Network)
    assert isinstance(Linear().build(1, 1), BuiltNetwork)
    assert isinstance(Linear().build(1, 1), HasFisherInformation)


def test_arrays_that_do_not_fit_are_refused() -> None:
    network = Linear().build(2, 1)
    theta, inputs, out = np.ones(3), np.ones((4, 2)), np.empty(3)
    with pytest.raises(NetworkError, match=r"theta has shape \(4,\)"):
        network.forward(np.ones(4), inputs)
    with pytest.raises(NetworkError, match=r"inputs has shape \(4, 3\)"):
        network.forward(theta, np.ones((4, 3)))
    with pytest.raises(NetworkError, match=r"eta_gradient has shape \(4, 2\); eta has \(4, 1\)"):
        network.backward(theta, inputs, np.ones((4, 2)), out)
    with pytest.raises(NetworkError, match=r"out is a contiguous float32 array"):
        network.backward(theta, inputs, np.ones((4, 1)), np.empty(3, np.float32))
    with pytest.raises(NetworkError, match=r"4 rows with 1 outputs need \(4, 1, 1\)"):
        network.fisher_information(inputs, np.ones((4, 2, 2)))
