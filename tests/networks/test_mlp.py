"""The multilayer perceptron: values, gradients, buffers, determinism, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.neural_network import MLPRegressor

from mlekit.errors import NetworkError
from mlekit.networks import MLP, BuiltNetwork, HasFisherInformation, Network
from tests.networks.textbook import ACTIVATIONS, Matrix, layers_of, mlp_forward, numerical_gradient

NETWORKS = [
    MLP(*widths, activation=activation, skip=skip)
    for activation in ACTIVATIONS
    for widths, skip in [((5,), False), ((4, 6), False), ((3, 5, 4), True)]
]


def case(network: MLP, *, rows: int = 7, outputs: int = 2) -> tuple[BuiltNetwork, Matrix, Matrix, Matrix]:
    """Return a built network, a θ of generic size, inputs and a gradient in η."""
    rng = np.random.default_rng(3)
    built = network.build(3, outputs)
    theta = rng.normal(0.0, 0.7, built.n_parameters)
    return built, theta, rng.normal(size=(rows, 3)), rng.normal(size=(rows, outputs))


@pytest.mark.parametrize("network", NETWORKS, ids=repr)
def test_forward_is_the_textbook_formula(network: MLP) -> None:
    built, theta, inputs, _ = case(network)
    expected = mlp_forward(network, theta, inputs, 2)
    np.testing.assert_allclose(built.forward(theta, inputs), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("network", NETWORKS, ids=repr)
def test_backward_is_the_derivative_of_forward(network: MLP) -> None:
    built, theta, inputs, eta_gradient = case(network)
    out = np.full(built.n_parameters, np.nan)
    expected = numerical_gradient(built, theta, inputs, eta_gradient)
    built.forward(theta, inputs)
    built.backward(theta, inputs, eta_gradient, out)
    np.testing.assert_allclose(out, expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize("network", NETWORKS, ids=repr)
def test_float32_agrees_with_float64(network: MLP) -> None:
    built, theta, inputs, eta_gradient = case(network)
    single = network.build(3, 2, dtype=np.float32)
    theta32, inputs32 = theta.astype(np.float32), inputs.astype(np.float32)
    out, out32 = np.empty_like(theta), np.empty_like(theta32)
    eta32 = single.forward(theta32, inputs32).copy()
    single.backward(theta32, inputs32, eta_gradient.astype(np.float32), out32)
    eta = built.forward(theta, inputs)
    built.backward(theta, inputs, eta_gradient, out)
    assert eta32.dtype == out32.dtype == np.float32
    np.testing.assert_allclose(eta32, eta, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(out32, out, rtol=1e-4, atol=1e-5 * np.abs(out).max())


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_extreme_inputs_stay_finite(activation: str) -> None:
    built = MLP(2, activation=activation).build(1, 1)
    theta = np.ones(built.n_parameters)
    inputs = np.array([[-1e4], [-40.0], [0.0], [40.0], [1e4]])
    out = np.empty_like(theta)
    eta = built.forward(theta, inputs)
    assert np.isfinite(eta).all()
    built.backward(theta, inputs, np.ones((5, 1)), out)
    assert np.isfinite(out).all()


@pytest.mark.parametrize(("name", "theirs"), [("tanh", "tanh"), ("relu", "relu"), ("sigmoid", "logistic")])
def test_scikit_learn_predicts_the_same_with_the_same_weights(name: str, theirs: str) -> None:
    network = MLP(4, 6, activation=name)
    built, theta, inputs, _ = case(network)
    regressor = MLPRegressor(hidden_layer_sizes=(4, 6), activation=theirs, random_state=0)
    regressor.partial_fit(inputs, np.zeros((7, 2)))
    layers = layers_of(network, theta, 3, 2)
    regressor.coefs_ = [weights for weights, _ in layers]
    regressor.intercepts_ = [bias for _, bias in layers]
    np.testing.assert_allclose(built.forward(theta, inputs), regressor.predict(inputs), rtol=1e-12)


@pytest.mark.parametrize("rows", [0, 1])
@pytest.mark.parametrize("skip", [False, True])
def test_few_rows(rows: int, skip: bool) -> None:
    built, theta, inputs, eta_gradient = case(MLP(4, 4, skip=skip), rows=rows)
    out = np.full(built.n_parameters, np.nan)
    assert built.forward(theta, inputs).shape == (rows, 2)
    built.backward(theta, inputs, eta_gradient, out)
    assert np.isfinite(out).all()
    assert rows or not out.any()


def test_no_inputs_gives_every_row_the_same() -> None:
    built = MLP(4, skip=True).build(0, 2)
    theta = np.random.default_rng(0).normal(size=built.n_parameters)
    inputs, out = np.empty((3, 0)), np.empty(built.n_parameters)
    eta = built.forward(theta, inputs)
    np.testing.assert_array_equal(eta, np.broadcast_to(eta[0], (3, 2)))
    expected = numerical_gradient(built, theta, inputs, np.ones((3, 2)))
    built.forward(theta, inputs)
    built.backward(theta, inputs, np.ones((3, 2)), out)
    np.testing.assert_allclose(out, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    "relayout",
    [
        np.asfortranarray,
        lambda x: np.repeat(x, 2, axis=0)[::2],
        lambda x: np.repeat(x, 3, axis=1)[:, ::3],
        lambda x: x[::-1].copy()[::-1],
        lambda x: x.astype(np.float32),
    ],
    ids=["columns first", "every second row", "every third column", "reversed", "float32"],
)
def test_memory_layout_does_not_matter(relayout: Any) -> None:
    built, theta, inputs, eta_gradient = case(MLP(4, skip=True))
    inputs, eta_gradient = inputs.astype(np.float32).astype(float), np.round(eta_gradient, 1)
    plain, other = np.empty(built.n_parameters), np.empty(built.n_parameters)
    eta = built.forward(theta, inputs).copy()
    built.backward(theta, inputs, eta_gradient, plain)
    np.testing.assert_array_equal(built.forward(theta, relayout(inputs)), eta)
    built.backward(theta, relayout(inputs), relayout(eta_gradient), other)
    np.testing.assert_allclose(other, plain, rtol=1e-6)


def test_work_buffers_are_reused_for_every_batch_size() -> None:
    built, theta, inputs, _ = case(MLP(4, 4), rows=20)
    fresh = {rows: MLP(4, 4).build(3, 2).forward(theta, inputs[:rows]) for rows in (20, 6, 13, 1)}
    first = built.forward(theta, inputs)
    address = first.ctypes.data
    assert built.forward(theta, inputs) is first
    for rows in (6, 20, 1, 13, 20):
        eta = built.forward(theta, inputs[:rows])
        assert eta.ctypes.data == address
        np.testing.assert_allclose(eta, fresh[rows], rtol=1e-13)


def test_gradient_after_a_larger_batch() -> None:
    built, theta, inputs, eta_gradient = case(MLP(4, 4, skip=True), rows=20)
    out, expected = np.empty((2, built.n_parameters))
    built.forward(theta, inputs)
    built.forward(theta, inputs[:5])
    built.backward(theta, inputs[:5], eta_gradient[:5], out)
    fresh = MLP(4, 4, skip=True).build(3, 2)
    fresh.forward(theta, inputs[:5])
    fresh.backward(theta, inputs[:5], eta_gradient[:5], expected)
    np.testing.assert_allclose(out, expected, rtol=1e-12)


def test_backward_may_be_repeated_and_adds_over_rows() -> None:
    built, theta, inputs, eta_gradient = case(MLP(4, 4, activation="gelu"))
    whole, again, part = np.empty((3, built.n_parameters))
    built.forward(theta, inputs)
    built.backward(theta, inputs, eta_gradient, whole)
    built.backward(theta, inputs, eta_gradient, again)
    np.testing.assert_array_equal(whole, again)
    total = np.zeros(built.n_parameters)
    for rows in (slice(0, 3), slice(3, 7)):
        built.forward(theta, inputs[rows])
        built.backward(theta, inputs[rows], eta_gradient[rows], part)
        total += part
    np.testing.assert_allclose(total, whole, rtol=1e-10)


def test_theta_changed_in_place_and_another_theta_are_both_seen() -> None:
    built, theta, inputs, _ = case(MLP(4))
    built.forward(theta, inputs)
    theta *= 0.5
    changed = built.forward(theta, inputs).copy()
    np.testing.assert_allclose(changed, mlp_forward(MLP(4), theta, inputs, 2), rtol=1e-12)
    np.testing.assert_array_equal(built.forward(theta.copy(), inputs), changed)


def test_same_seed_same_bits() -> None:
    def step(seed: int) -> Matrix:
        built = MLP(16, 16).build(3, 1, dtype=np.float32)
        theta = built.initialize(np.random.default_rng(seed))
        inputs = np.random.default_rng(1).normal(size=(50, 3)).astype(np.float32)
        out = np.empty_like(theta)
        built.backward(theta, inputs, built.forward(theta, inputs).copy(), out)
        return np.concatenate([theta, out])

    np.testing.assert_array_equal(step(4), step(4))
    assert (step(4) != step(5)).any()


def test_penalized_are_the_weights() -> None:
    built = MLP(4, 5, skip=True).build(3, 2)
    blocks = [(12, True), (4, False), (20, True), (5, False), (10, True), (2, False), (6, True)]
    expected = np.concatenate([np.full(size, value) for size, value in blocks])
    np.testing.assert_array_equal(built.penalized, expected)


def test_a_specification_is_a_value() -> None:
    assert MLP(16, 16) == MLP(16, 16, activation="tanh")
    assert MLP(16) != MLP(16, skip=True)
    assert len({MLP(8), MLP(8), MLP(9)}) == 2
    assert repr(MLP(16, 16)) == "MLP(16, 16, activation='tanh')"
    written = MLP(3, activation="relu", skip=True, initialization="orthogonal")
    assert eval(repr(written)) == written
    assert isinstance(MLP(2), Network)
    built = MLP(2).build(1, 1)
    assert isinstance(built, BuiltNetwork)
    assert not isinstance(built, HasFisherInformation)
    with pytest.raises(AttributeError):
        MLP(2).skip = True  # type: ignore[misc]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: MLP(), "no hidden layer.*MLP\\(16, 16\\)"),
        (lambda: MLP(4, 0), "width=0 must be an int of at least 1"),
        (lambda: MLP(True), "width=True"),
        (lambda: MLP(4, activation="swish"), "'swish' is unknown; choose one of tanh, relu"),
        (lambda: MLP(4, initialization="xavier"), "'xavier' is unknown; choose one of glorot_uniform"),
        (lambda: MLP(4).build(-1, 1), "n_inputs=-1"),
        (lambda: MLP(4).build(2, 0), "n_outputs=0"),
        (lambda: MLP(4).build(2, 1, dtype=np.float16), "float16 is not supported; use np.float32"),
    ],
)
def test_an_impossible_network_is_refused(make: Any, words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        make()


def test_arrays_that_do_not_fit_are_refused() -> None:
    built, theta, inputs, eta_gradient = case(MLP(4))
    out = np.empty_like(theta)
    with pytest.raises(NetworkError, match=r"theta has shape \(25,\); this network has 26 parameters"):
        built.forward(theta[:-1], inputs)
    with pytest.raises(NetworkError, match=r"np.ascontiguousarray\(theta, dtype=np.float64\)"):
        built.forward(theta.astype(np.float32), inputs)
    with pytest.raises(NetworkError, match="strided"):
        built.forward(np.repeat(theta, 2)[::2], inputs)
    with pytest.raises(
        NetworkError, match=r"inputs has shape \(7, 2\); this network was built for \(rows, 3\)"
    ):
        built.forward(theta, inputs[:, :2])
    with pytest.raises(NetworkError, match=r"inputs has shape \(7, 1\)"):
        built.forward(theta, inputs[:, :1])
    built.forward(theta, inputs)
    with pytest.raises(NetworkError, match=r"another theta.*call forward\(\) with the same arguments"):
        built.backward(theta.copy(), inputs, eta_gradient, out)
    with pytest.raises(NetworkError, match="6 rows after 7"):
        built.backward(theta, inputs[:6], eta_gradient[:6], out)
    with pytest.raises(NetworkError, match=r"eta_gradient has shape \(7, 1\); eta has \(7, 2\)"):
        built.backward(theta, inputs, eta_gradient[:, :1], out)
    with pytest.raises(NetworkError, match="out is a contiguous float32 array"):
        built.backward(theta, inputs, eta_gradient, out.astype(np.float32))
