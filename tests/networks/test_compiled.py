"""The kernel of perceptrons computes what NumPy computes, but for rounding, with the same bits for any company."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from mlekit.kernels import library, perceptron_functions
from mlekit.networks import MLP, build_stack, compiled
from mlekit.networks.activations import find_activation
from mlekit.networks.compiled import CompiledPerceptrons
from tests.support import REPOSITORY

pytestmark = pytest.mark.skipif(
    perceptron_functions() is None, reason="there is no kernel for this processor, or it is turned off"
)

SHAPES = [
    (MLP(32, 32), 16, 1, 64),
    (MLP(5, activation="sigmoid"), 3, 2, 7),
    (MLP(50, 50, 50, activation="silu", skip=True), 22, 2, 130),
    (MLP(17, 33, activation="relu", skip=True), 9, 19, 65),
    (MLP(3, 1, 2), 1, 1, 1),
    (MLP(4, activation="silu"), 0, 2, 9),
]


def problem(network: MLP, n_inputs: int, n_outputs: int, rows: int, dtype: Any) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    built = network.build(n_inputs, n_outputs, dtype=dtype)
    theta = (built.initialize(rng) + rng.normal(0, 0.3, built.n_parameters)).astype(np.float32)
    inputs, score = rng.normal(size=(rows, n_inputs)), rng.normal(size=(rows, n_outputs))
    return built, theta.astype(dtype), inputs.astype(np.float32).astype(dtype), score.astype(np.float32)


@pytest.mark.parametrize(("network", "n_inputs", "n_outputs", "rows"), SHAPES)
def test_as_numpy_in_double_precision_but_for_rounding(
    network: MLP, n_inputs: int, n_outputs: int, rows: int
) -> None:
    """So the gradient is the derivative, too: that of the NumPy path is checked by differences."""
    single, theta, inputs, score = problem(network, n_inputs, n_outputs, rows, np.float32)
    double, exact_theta, exact_inputs, _ = problem(network, n_inputs, n_outputs, rows, np.float64)
    assert single.compiled is not None
    assert double.compiled is None
    eta, exact = single.forward(theta, inputs), double.forward(exact_theta, exact_inputs)
    np.testing.assert_allclose(eta, exact, rtol=1e-5, atol=2e-6 * np.abs(exact).max())
    gradient, exact_gradient = np.empty_like(theta), np.empty_like(exact_theta)
    single.backward(theta, inputs, score, gradient)
    double.backward(exact_theta, exact_inputs, score.astype(float), exact_gradient)
    largest = np.abs(exact_gradient).max()
    np.testing.assert_allclose(gradient, exact_gradient, rtol=1e-4, atol=3e-6 * largest)


SHARED = """
import os, numpy as np
from mlekit.networks import MLP, build_stack, compiled
compiled.thread_count = lambda: 3
compiled._SHARED_PRODUCTS = 0
stack = build_stack(MLP(20, 12), 5, 6, 2, dtype=np.float32)
rng = np.random.default_rng(0)
theta = rng.normal(size=5 * (7 * 20 + 21 * 12 + 13 * 2)).astype(np.float32)
inputs = rng.normal(size=(70, 6)).astype(np.float32)
before = stack.forward(theta, inputs).copy()
child = os.fork()
if not child:  # none of its parent's threads are here
    os._exit(0 if (stack.forward(theta, inputs) == before).all() else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), (stack.forward(theta, inputs) == before).all())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_threads_survive_a_fork() -> None:
    """In the process that forked; in the other one there are new ones."""
    run = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", SHARED]
    found = subprocess.run(run, capture_output=True, text=True, timeout=120, check=True, cwd=REPOSITORY)
    assert found.stdout.split() == ["0", "True"]


@pytest.mark.parametrize("own", [False, True])
def test_a_member_has_the_same_bits_in_any_company(own: bool) -> None:
    network, members, rows = MLP(20, 12, activation="silu", skip=True), 5, 70
    stack = build_stack(network, members, 6, 2, dtype=np.float32)
    rng = np.random.default_rng(1)
    alone = [network.build(6, 2, dtype=np.float32) for _ in range(members)]
    thetas = [built.initialize(rng) for built in alone]
    inputs = rng.normal(size=(members, rows, 6) if own else (rows, 6)).astype(np.float32)
    score = rng.normal(size=(members, rows, 2)).astype(np.float32)
    theta = stack.join(np.stack(thetas))
    out = np.empty_like(theta)
    eta = stack.forward(theta, inputs).copy()
    if not own:
        stack.backward(theta, inputs, score, out)
    for member, built in enumerate(alone):
        rows_of_member = inputs[member] if own else inputs
        np.testing.assert_array_equal(eta[member], built.forward(thetas[member], rows_of_member))
        if not own:
            part = np.empty_like(thetas[member])
            built.backward(thetas[member], inputs, score[member], part)
            np.testing.assert_array_equal(stack.separate(out)[member], part)


def same_on_threads(gradient: Callable[[int], np.ndarray]) -> np.ndarray:
    """What it gives, eight times on four threads: the same bits."""
    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(gradient, range(8))
    for other in others:
        np.testing.assert_array_equal(other, first)
    return first


def test_threads_do_not_disturb_each_other() -> None:
    def gradient(_: int) -> np.ndarray:
        built, theta, inputs, score = problem(MLP(40, 40), 8, 1, 200, np.float32)
        out: np.ndarray = np.empty_like(theta)
        for _ in range(20):
            built.forward(theta, inputs)
            built.backward(theta, inputs, score, out)
        return out

    same_on_threads(gradient)


def test_callers_of_one_team_do_not_disturb_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "thread_count", lambda: 3)
    monkeypatch.setattr(compiled, "_SHARED_PRODUCTS", 0)

    def gradient(_: int) -> np.ndarray:
        rng = np.random.default_rng(0)
        stack = build_stack(MLP(24, 16), 5, 6, 2, dtype=np.float32)
        theta = rng.normal(size=5 * (7 * 24 + 25 * 16 + 17 * 2)).astype(np.float32)
        inputs, score = rng.normal(size=(70, 6)).astype(np.float32), np.ones((5, 70, 2), np.float32)
        out: np.ndarray = np.empty_like(theta)
        for _ in range(50):
            stack.forward(theta, inputs)
            stack.backward(theta, inputs, score, out)
        return out

    first = same_on_threads(gradient)
    monkeypatch.setattr(compiled, "thread_count", lambda: 1)
    np.testing.assert_array_equal(gradient(0), first)


@pytest.mark.parametrize("relayout", [np.asfortranarray, lambda x: np.repeat(x, 2, axis=0)[::2], np.float64])
def test_inputs_may_lie_anyhow(relayout: Any) -> None:
    built, theta, inputs, _ = problem(MLP(8), 5, 1, 33, np.float32)
    eta = built.forward(theta, inputs).copy()
    np.testing.assert_array_equal(built.forward(theta, relayout(inputs)), eta)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "silu"])
def test_what_is_not_a_number_stays_so_and_far_ends_are_finite(activation: str) -> None:
    built = MLP(1, activation=activation).build(1, 1, dtype=np.float32)
    theta = np.array([1, 0, 1, 0], dtype=np.float32)
    inputs = np.array([[np.nan], [-1e4], [-20.0], [-1e-6], [0.0], [1e-6], [20.0], [1e4]], dtype=np.float32)
    values = built.forward(theta, inputs)[:, 0]
    assert np.isnan(values[0])
    wide = inputs[1:, 0].astype(float)[None]
    expected = wide.copy()
    with np.errstate(over="ignore"):
        find_activation(activation).forward(expected, np.empty_like(wide), np.empty_like(wide))
    np.testing.assert_allclose(values[1:], expected[0], rtol=1e-6, atol=1e-7)


def test_left_to_numpy_where_it_has_no_kernel_or_a_faster_one() -> None:
    def of(activation: str, width: int, dtype: Any) -> CompiledPerceptrons | None:
        return CompiledPerceptrons.of(
            1, (2, width, 1), activation=find_activation(activation), skip=False, n_parameters=1, dtype=dtype
        )

    assert library() is not None
    assert of("tanh", 8, np.dtype(np.float32)) is not None
    assert of("gelu", 8, np.dtype(np.float32)) is None
    assert of("tanh", 8, np.dtype(np.float64)) is None
    assert of("tanh", 513, np.dtype(np.float32)) is None
