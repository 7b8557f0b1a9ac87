"""Systems whose matrices may lack curvature in some directions, against NumPy's pseudo-inverse."""

from __future__ import annotations

import numpy as np
import pytest

from mlekit.fitting import solving
from mlekit.fitting.solving import solve_positive


def of_rank(size: int, rank: int, seed: int, spread: float) -> np.ndarray:
    """A positive semidefinite matrix whose other eigenvalues lie between spread and 1."""
    rng = np.random.default_rng(seed)
    vectors, _ = np.linalg.qr(rng.normal(size=(size, size)))
    return np.asarray((vectors[:, :rank] * np.geomspace(1.0, spread, rank)) @ vectors[:, :rank].T)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("size", "rank"), [(1, 1), (6, 6), (7, 6), (40, 31), (9, 1)])
def test_the_shortest_solution(size: int, rank: int, seed: int) -> None:
    matrix = of_rank(size, rank, seed, 1e-3)
    matrix /= np.sqrt(np.outer(np.diagonal(matrix), np.diagonal(matrix)))  # so that scaling changes nothing
    vector = matrix @ np.random.default_rng(seed).normal(size=size)
    expected = np.linalg.pinv(matrix, rcond=1e-10, hermitian=True) @ vector
    np.testing.assert_allclose(solve_positive(matrix, vector), expected, rtol=1e-6, atol=1e-8)


def test_ranks_in_doubt_are_left_to_eigenvalues() -> None:
    """A matrix whose eigenvalues fall without a gap has no rank; what solves it still leaves no residual."""
    matrix = of_rank(30, 30, 0, 1e-18)
    scaled = matrix / np.sqrt(np.outer(np.diagonal(matrix), np.diagonal(matrix)))
    vector = scaled @ np.random.default_rng(1).normal(size=30)
    assert solving._by_rank(scaled, vector) is None
    np.testing.assert_allclose(scaled @ solve_positive(scaled, vector), vector, rtol=1e-8, atol=1e-8)


def test_where_nothing_has_curvature_there_is_no_step() -> None:
    np.testing.assert_array_equal(solve_positive(np.zeros((3, 3)), np.zeros(3)), np.zeros(3))
