"""Adam's step by its kernel, and by NumPy in double precision."""

from __future__ import annotations

import numpy as np

from mlekit.fitting.moments import Moments


def test_single_precision_follows_double() -> None:
    rng = np.random.default_rng(0)
    start = rng.normal(size=1003)
    single = start.astype(np.float32)
    double = single.astype(np.float64)
    moments = [(theta, Moments(theta, 0.9, 0.99, 1e-8)) for theta in (single, double)]
    for step in range(50):
        gradient = (rng.normal(size=1003) * 10.0 ** rng.integers(-8, 3, 1003)).astype(np.float32)
        for theta, moment in moments:
            moment.step(theta, gradient.astype(theta.dtype), 0.01 / (1 + step))
    np.testing.assert_allclose(single, double, rtol=1e-5, atol=1e-6)


def test_weights_that_nothing_reaches_come_to_rest() -> None:
    """Their moments are nothing in the end, rather than numbers too small for a processor's fast ways."""
    theta = np.ones(70_000, np.float32)
    moments = Moments(theta, 0.9, 0.999, 1e-8)
    moments.step(theta, np.ones_like(theta), 0.1)
    for _ in range(1000):
        moments.step(theta, np.zeros_like(theta), 0.0)
    if moments._kernel is not None:
        assert (moments.sum == 0).all()
    assert np.isfinite(theta).all()


def test_the_first_step_is_the_rate_in_the_gradients_direction() -> None:
    for theta in (np.zeros(5, np.float32), np.zeros(5)):
        gradient = np.array([3, -2, 1e-3, 0, 5]).astype(theta.dtype)
        Moments(theta, 0.9, 0.999, 1e-12).step(theta, gradient, 0.1)
        np.testing.assert_allclose(theta, [-0.1, 0.1, -0.1, 0, -0.1], rtol=1e-5)
