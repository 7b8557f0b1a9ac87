"""Learned inputs: standardized, whitened, piecewise-linearly encoded."""

from __future__ import annotations

import numpy as np
import pytest

from mlekit.fitting.features import Features

RNG = np.random.default_rng(5)
ROWS = 400
X = np.column_stack(
    [
        RNG.lognormal(size=ROWS),
        np.full(ROWS, 7.0),
        RNG.normal(100, 3, ROWS),
        RNG.integers(0, 2, ROWS).astype(float),
    ]
)
X = np.column_stack([X, X[:, 2] + 1e-3 * RNG.normal(size=ROWS)])


def test_the_three_sets_of_columns() -> None:
    features = Features.learn(X, None)
    assert features.kept.tolist() == [0, 2, 3, 4]
    assert features.n_base == 8
    assert features.counts.tolist() == [17, 17, 0, 17]  # two values are no curve
    values = features.apply(X, np.float64)
    assert values.shape == (ROWS, 8 + 3 * 16)
    z, w, codes = values[:, :4], values[:, 4:8], values[:, 8:]
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(z.std(axis=0), 1)
    covariance = w.T @ w / ROWS
    np.testing.assert_allclose(covariance - np.diag(np.diag(covariance)), 0, atol=1e-8)
    assert np.diag(covariance).min() < np.diag(covariance).max() <= 1 + 1e-9
    assert np.abs(codes).max() == 1
    np.testing.assert_allclose(
        np.sort(codes[:, :16], axis=1)[:, ::-1], codes[:, :16]
    )  # filled from the first on


def test_a_code_is_linear_between_its_edges() -> None:
    features = Features.learn(X, None)
    first, second = features.edges[:2]
    at = features.scaling.center + features.scaling.scale * ((first + 0.25 * (second - first)) * np.eye(5)[0])
    code = features.apply(at[None], np.float64)[0, 8]
    assert code == pytest.approx(2 * 0.25 - 1)


def test_rows_of_weight_zero_have_no_say() -> None:
    weights = np.r_[np.ones(ROWS), np.zeros(3)]
    wild = Features.learn(np.vstack([X, np.full((3, 5), 1e6)]), weights)
    alone = Features.learn(X, np.ones(ROWS))
    np.testing.assert_allclose(wild.apply(X, np.float64), alone.apply(X, np.float64))


def test_more_columns_than_rows() -> None:
    """Directions without variance are left out: on new rows they would be noise magnified."""
    wide = RNG.normal(size=(10, 30))
    features = Features.learn(wide, None)
    assert features.whitening.shape == (30, 9)
    assert np.abs(features.apply(RNG.normal(size=(200, 30)), np.float64)).max() < 50


def test_no_columns() -> None:
    features = Features.learn(np.empty((4, 0)), None)
    assert features.apply(np.empty((3, 0)), np.float32).shape == (3, 0)
