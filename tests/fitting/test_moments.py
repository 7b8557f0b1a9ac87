"""Adam's step by its kernel, and by NumPy in double precision."""

from __future__ import annotations

import numpy as np

from mlekit.fitting.moments import Moments


def test_single_precision_follows_double() -> None:
    rng = np.random.default_rng(0)
    start = rng.normal(size=1003)
    thetas = {dtype: start.astype(np.float32).astype(dtype) for dtype in (np.float32, np.float64)}
    moments = {dtype: Moments(theta, 0.9, 0.99, 1e-8) for dtype, theta in thetas.items()}
    for step in range(50):
        gradient = (rng.normal(size=1003) * 10.0 ** rng.integers(-8, 3, 1003)).astype(np.float32)
        for dtype, theta in thetas.items():
            moments[dtype].step(theta, gradient.astype(dtype), 0.01 / (1 + step))
    np.testing.assert_allclose(thetas[np.float32], thetas[np.float64], rtol=1e-5, atol=1e-6)


def test_the_first_step_is_the_rate_in_the_gradients_direction() -> None:
    for dtype in (np.float32, np.float64):
        theta = np.zeros(5, dtype)
        Moments(theta, 0.9, 0.999, 1e-12).step(theta, np.array([3, -2, 1e-3, 0, 5], dtype), 0.1)
        np.testing.assert_allclose(theta, [-0.1, 0.1, -0.1, 0, -0.1], rtol=1e-5)
