"""Stacks of networks: every member computes what it would compute alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from mlekit.networks import (
    MLP,
    BuiltNetwork,
    InTurn,
    Linear,
    Network,
    Part,
    Stack,
    build_parallel,
    build_parallel_stack,
    build_stack,
)
from mlekit.networks.protocols import FloatType

MEMBERS, ROWS, INPUTS, OUTPUTS = 3, 7, 4, 2


@dataclass(frozen=True)
class Foreign:
    """A network that knows nothing of stacks."""

    def build(self, n_inputs: int, n_outputs: int, *, dtype: FloatType = np.float64) -> BuiltNetwork:
        return MLP(5).build(n_inputs, n_outputs, dtype=dtype)


NETWORKS = [
    MLP(5),
    MLP(6, 5, activation="relu"),
    MLP(5, 4, 6, activation="silu", skip=True),
    MLP(3, activation="gelu", skip=True),
    MLP(4, activation="sigmoid"),
    Linear(),
    Linear(bias=False),
    Foreign(),
]


@pytest.mark.parametrize("network", NETWORKS, ids=repr)
def test_members_compute_what_they_would_alone(network: Network) -> None:
    check(network.build(INPUTS, OUTPUTS), build_stack(network, MEMBERS, INPUTS, OUTPUTS))


def test_networks_side_by_side() -> None:
    parts = [Part(MLP(5), slice(0, 3)), Part(Linear(), slice(4, 4)), Part(Foreign(), slice(1, 4), 2)]
    check(build_parallel(parts, INPUTS), build_parallel_stack(parts, MEMBERS))


def check(alone: BuiltNetwork, stack: Stack) -> None:
    """Forward and backward of every member against the one network, with shared rows and with rows of its own."""
    rng = np.random.default_rng(0)
    outputs = alone.n_outputs
    vectors = rng.normal(size=(MEMBERS, alone.n_parameters))
    theta = stack.join(vectors)
    np.testing.assert_array_equal(stack.separate(theta), vectors)
    shared = rng.normal(size=(ROWS, INPUTS))
    own = rng.normal(size=(MEMBERS, ROWS, INPUTS))
    for inputs in (shared, own):
        eta = stack.forward(theta, inputs)
        for m, of_member in enumerate(vectors):
            expected = alone.forward(of_member, inputs[m] if inputs.ndim == 3 else inputs)
            np.testing.assert_allclose(eta[m], expected, rtol=1e-12, atol=1e-12)
    score = rng.normal(size=(MEMBERS, ROWS, outputs))
    gradient = np.empty_like(theta)
    stack.forward(theta, shared)
    stack.backward(theta, shared, score, gradient)
    for m, of_member in enumerate(vectors):
        expected = np.empty(alone.n_parameters)
        alone.forward(of_member, shared)
        alone.backward(of_member, shared, score[m], expected)
        np.testing.assert_allclose(stack.separate(gradient)[m], expected, rtol=1e-11, atol=1e-12)


def test_networks_that_know_nothing_of_stacks_take_turns() -> None:
    assert isinstance(build_stack(Foreign(), MEMBERS, INPUTS, OUTPUTS), InTurn)


def test_theta_may_change_in_place_between_steps() -> None:
    stack = build_stack(MLP(5), MEMBERS, INPUTS, OUTPUTS)
    rng = np.random.default_rng(1)
    theta = stack.join(rng.normal(size=(MEMBERS, MLP(5).build(INPUTS, OUTPUTS).n_parameters)))
    rows = rng.normal(size=(ROWS, INPUTS))
    before = stack.forward(theta, rows).copy()
    theta *= 2
    after = stack.forward(theta, rows)
    assert not np.allclose(before, after)
    np.testing.assert_array_equal(after, stack.forward(theta.copy(), rows))
