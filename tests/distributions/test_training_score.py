"""The weighted score that training starts from: by kernels in single precision, and by NumPy in double."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import mlekit as mk
from mlekit.distributions.family import as_family
from mlekit.distributions.head import Head
from mlekit.distributions.training_score import TrainingScore
from mlekit.kernels import library

ROWS, MEMBERS = 37, 3
RNG = np.random.default_rng(0)
TARGETS = {
    "number": RNG.normal(3.0, 2.0, ROWS),
    "rounded": np.round(RNG.normal(3.0, 2.0, ROWS)),
    "yes": RNG.integers(0, 2, ROWS),
    "count": RNG.poisson(4.0, ROWS),
    "kind": RNG.choice(["a", "b", "c", "d"], ROWS),
}
HEADS: list[tuple[Any, str]] = [
    (mk.Gaussian, "number"),
    (mk.Gaussian, "rounded"),
    (mk.Gaussian.family(scale=1.3), "number"),
    (mk.Gaussian.family(loc=0.5), "number"),
    (mk.StudentT.family(df=5.0), "number"),
    (mk.StudentT.family(df=1.7, scale=0.4), "rounded"),
    (mk.Bernoulli, "yes"),
    (mk.Poisson, "count"),
    (mk.Categorical, "kind"),
]
WITHOUT: list[tuple[Any, str]] = [
    (mk.StudentT, "number"),
    (mk.Laplace, "number"),
    (mk.Bernoulli.family(links={"probs": "probit"}), "yes"),
    (mk.NegativeBinomial, "count"),
]

needs_kernels = pytest.mark.skipif(library() is None, reason="there are no kernels, or they are turned off")


def bound(family: Any, target: str) -> tuple[Head[Any], np.ndarray]:
    table = pd.DataFrame({"y": TARGETS[target]})
    head = as_family(family).bind(table, guarded=True)
    y = head.encode(table)
    return head, y if y.dtype.kind == "i" else y.astype(np.float64)


def single(y: np.ndarray) -> np.ndarray:
    """Numbers as training has them; codes stay codes."""
    return y if y.dtype.kind == "i" else y.astype(np.float32)


def expected(
    head: Head[Any], eta: np.ndarray, y: np.ndarray, weights: np.ndarray, balanced: bool
) -> np.ndarray:
    score = head.score(eta, y)
    if balanced:
        head.balance(eta, score)
    return np.where(weights[:, None] == 0, 0.0, -0.5 * weights[:, None] * score)


@needs_kernels
@pytest.mark.parametrize(("family", "target"), HEADS, ids=str)
def test_these_families_have_a_kernel(family: Any, target: str) -> None:
    assert TrainingScore(bound(family, target)[0]).kernel is not None


@pytest.mark.parametrize("balanced", [False, True])
@pytest.mark.parametrize(("family", "target"), [*HEADS, *WITHOUT], ids=str)
def test_every_member_has_the_weighted_score_of_its_rows(family: Any, target: str, balanced: bool) -> None:
    head, y = bound(family, target)
    # Scales from a guard's 0.3 to far above it, and far below.
    eta = np.random.default_rng(1).normal(0, 1.5, (MEMBERS, ROWS, head.n_outputs)).astype(np.float32)
    weights = np.random.default_rng(2).choice([0.0, 1.0, 2.5], (ROWS, MEMBERS)).astype(np.float32)
    training = TrainingScore(head, balanced=balanced)
    log_prob, score = training(eta, single(y), weights, -0.5, True)
    again, same = training(eta, single(y), weights, -0.5, False)
    np.testing.assert_array_equal(same, score)
    assert again is None
    assert log_prob is not None
    for member in range(MEMBERS):
        exact = eta[member].astype(np.float64)
        of_rows = expected(head, exact, y, weights[:, member].astype(np.float64), balanced)
        np.testing.assert_allclose(score[member], of_rows, rtol=2e-4, atol=2e-5)
        np.testing.assert_allclose(log_prob[member], head.log_likelihood(exact, y), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("family", "target"), [*HEADS, *WITHOUT], ids=str)
def test_of_one_network(family: Any, target: str) -> None:
    head, y = bound(family, target)
    eta = np.random.default_rng(1).normal(0, 1.5, (ROWS, head.n_outputs)).astype(np.float32)
    for weights in (None, np.linspace(0, 3, ROWS).astype(np.float32)):
        _, score = TrainingScore(head)(eta, single(y), weights, -0.5, False)
        counts = np.ones(ROWS) if weights is None else weights.astype(np.float64)
        of_rows = expected(head, eta.astype(np.float64), y, counts, balanced=False)
        np.testing.assert_allclose(score, of_rows, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize(("family", "target"), [*HEADS, *WITHOUT], ids=str)
def test_the_score_is_the_derivative(family: Any, target: str) -> None:
    head, y = bound(family, target)
    eta = np.random.default_rng(3).normal(0, 0.7, (ROWS, head.n_outputs))
    _, score = TrainingScore(head)(eta.astype(np.float32), single(y), None, 1.0, False)
    for output in range(head.n_outputs):
        step = np.zeros(head.n_outputs)
        step[output] = 1e-5
        slope = (head.log_likelihood(eta + step, y) - head.log_likelihood(eta - step, y)) / 2e-5
        np.testing.assert_allclose(score[:, output], slope, rtol=5e-4, atol=5e-5)


@needs_kernels
@pytest.mark.parametrize(("family", "target"), HEADS, ids=str)
def test_rows_without_weight_have_no_score_whatever_they_are(family: Any, target: str) -> None:
    head, y = bound(family, target)
    eta = np.full((ROWS, head.n_outputs), np.inf, np.float32)
    _, score = TrainingScore(head)(eta, single(y), np.zeros(ROWS, np.float32), 1.0, False)
    assert (score == 0).all()
    eta[:] = np.nan
    _, score = TrainingScore(head)(eta, single(y), None, 1.0, False)
    assert np.isnan(score).any(axis=1).all()
