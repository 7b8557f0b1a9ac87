"""Initial weights: the variances that the papers derive, and where a network starts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mlekit.networks import MLP
from mlekit.networks.initializations import INITIALIZATIONS
from tests.networks.textbook import layers_of

VARIANCES: dict[str, Callable[[int, int], float]] = {
    "glorot_uniform": lambda n_in, n_out: 2 / (n_in + n_out),
    "glorot_normal": lambda n_in, n_out: 2 / (n_in + n_out),
    "he_normal": lambda n_in, _: 2 / n_in,
    "lecun_normal": lambda n_in, _: 1 / n_in,
    "orthogonal": lambda n_in, n_out: 1 / max(n_in, n_out),
}


@pytest.mark.parametrize("shape", [(300, 200), (150, 400)])
@pytest.mark.parametrize("name", list(INITIALIZATIONS))
def test_variance_and_mean(name: str, shape: tuple[int, int]) -> None:
    weights = INITIALIZATIONS[name](np.random.default_rng(0), *shape)
    expected = VARIANCES[name](*shape)
    assert weights.shape == shape
    # The standard error of a Gaussian sample's variance is √(2/60,000) of it: this is four of them.
    assert weights.var() == pytest.approx(expected, rel=0.023)
    assert abs(weights.mean()) < 4 * np.sqrt(expected / weights.size)


def test_uniform_keeps_its_bounds() -> None:
    weights = INITIALIZATIONS["glorot_uniform"](np.random.default_rng(0), 30, 66)
    assert 0.24 < np.abs(weights).max() <= 0.25


@pytest.mark.parametrize("shape", [(20, 8), (8, 20)])
def test_orthogonal_is_orthonormal_with_signs_of_both_kinds(shape: tuple[int, int]) -> None:
    weights = INITIALIZATIONS["orthogonal"](np.random.default_rng(0), *shape)
    small = weights.T @ weights if shape[0] > shape[1] else weights @ weights.T
    np.testing.assert_allclose(small, np.eye(8), atol=1e-13)
    corners = [INITIALIZATIONS["orthogonal"](np.random.default_rng(s), 3, 3)[0, 0] for s in range(400)]
    assert abs(np.sign(corners).mean()) < 4 / np.sqrt(400)


@pytest.mark.parametrize(
    ("activation", "scheme"),
    [
        ("tanh", "glorot_uniform"),
        ("sigmoid", "glorot_uniform"),
        ("relu", "he_normal"),
        ("gelu", "he_normal"),
        ("silu", "he_normal"),
    ],
)
def test_the_default_follows_the_activation(activation: str, scheme: str) -> None:
    default, named = (
        network.build(5, 2).initialize(np.random.default_rng(7))
        for network in (
            MLP(6, activation=activation),
            MLP(6, activation=activation, initialization=scheme),
        )
    )
    np.testing.assert_array_equal(default, named)


def test_a_fit_starts_near_the_marginal_distribution() -> None:
    network = MLP(200, 200, activation="relu", skip=True)
    built = network.build(10, 3, dtype=np.float32)
    theta = built.initialize(np.random.default_rng(0))
    layers = layers_of(network, theta, 10, 3)
    assert theta.dtype == np.float32
    assert not any(bias.any() for _, bias in layers)
    assert not theta[-30:].any()
    assert layers[-1][0].var() == pytest.approx(0.01 / 200, rel=0.25)
    eta = built.forward(theta, np.random.default_rng(1).normal(size=(500, 10)).astype(np.float32))
    assert eta.std() < 0.2
