"""The weights of a mixture: they are the maximum that they are said to be."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from mlekit.fitting.stacking import stacking_weights

RNG = np.random.default_rng(5)


def densities(rows: int, shares: list[float]) -> np.ndarray:
    """Log-densities of draws from a mixture of Gaussians, under each of them."""
    component = RNG.choice(len(shares), size=rows, p=shares)
    y = 1.5 * component + RNG.normal(size=rows)
    return np.asarray(norm.logpdf(y, loc=1.5 * np.arange(len(shares))[:, None]))


@pytest.mark.parametrize("shares", [[0.5, 0.3, 0.2], [0.9, 0.1], [1.0]])
def test_the_shares_of_a_mixture_are_found_again(shares: list[float]) -> None:
    found = stacking_weights(densities(50_000, shares), np.ones(50_000))
    assert found.sum() == pytest.approx(1)
    np.testing.assert_allclose(found, shares, atol=0.02)


def test_no_other_weights_are_likelier() -> None:
    """Against SciPy's optimizer, with the further row that all kinds share alike."""
    log_prob, counts = densities(40, [0.2, 0.5, 0.3]), RNG.integers(0, 4, 40).astype(float)

    def loss(logits: np.ndarray) -> float:
        log_share = logits - np.logaddexp.reduce(logits)
        mixed = np.logaddexp.reduce(log_share[:, None] + log_prob, axis=0)
        return -float(counts @ mixed + log_share.mean())

    best = minimize(loss, np.zeros(3), tol=1e-12).x
    expected = np.exp(best - np.logaddexp.reduce(best))
    np.testing.assert_allclose(stacking_weights(log_prob, counts), expected, atol=1e-4)


def test_what_is_impossible_to_one_leaves_weights_that_sum_to_one() -> None:
    log_prob = np.array([[-np.inf, -1.0, -np.inf], [-1.0, -1.0, -np.inf]])
    found = stacking_weights(log_prob, np.ones(3))
    assert (found > 0).all()
    assert found.sum() == pytest.approx(1)
    assert found[1] > found[0]


def test_without_rows_all_weigh_alike() -> None:
    np.testing.assert_allclose(stacking_weights(np.zeros((3, 0)), np.zeros(0)), 1 / 3)
