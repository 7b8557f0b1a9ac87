"""Proportions beyond what every family is tested for: precision at any concentration, edges, targets."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pandas as pd
import pytest

from mlekit.distributions import Beta, Dirichlet
from mlekit.errors import ParameterError, TargetError

SCALES = [1e-8, 1e-3, 0.5, 1.0, 30.0, 1e4, 1e8]


def exact(alpha: np.ndarray) -> tuple[list[Any], Any, Any]:
    """α, its sum and the log-normalizer in mpmath."""
    parts = [mpmath.mpf(float(a)) for a in alpha]
    n = sum(parts)
    return parts, n, sum(mpmath.loggamma(a) for a in parts) - mpmath.loggamma(n)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("seed", range(3))
def test_density_and_entropy_agree_with_arbitrary_precision(scale: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    alpha = scale * rng.uniform(0.1, 2, 4)
    for x in (rng.dirichlet(np.ones(4)), alpha / alpha.sum()):
        with mpmath.workdps(50):
            parts, n, normalizer = exact(alpha)
            log_prob = sum((a - 1) * mpmath.log(mpmath.mpf(float(v))) for a, v in zip(parts, x, strict=True))
            entropy = normalizer + (n - 4) * mpmath.digamma(n)
            entropy -= sum((a - 1) * mpmath.digamma(a) for a in parts)
        p = Dirichlet(concentration=alpha)
        assert float(p.log_prob(x)) == pytest.approx(float(log_prob - normalizer), rel=1e-12, abs=1e-13)
        assert float(p.entropy()) == pytest.approx(float(entropy), rel=1e-12)


def test_two_proportions_are_beta() -> None:
    alpha, beta = np.array([0.5, 2.0, 1e6]), np.array([3.0, 1.0, 1e-3])
    pair, number = Dirichlet(concentration=np.stack([alpha, beta], axis=-1)), Beta(alpha=alpha, beta=beta)
    y = np.array([[0.25], [0.875]])
    np.testing.assert_allclose(pair.log_prob(np.stack([y, 1 - y], axis=-1)), number.log_prob(y), rtol=1e-11)
    np.testing.assert_allclose(pair.entropy(), number.entropy(), rtol=1e-12)
    np.testing.assert_allclose(pair.variance[:, 0], number.variance, rtol=1e-14)
    np.testing.assert_allclose(pair.covariance[:, 0, 1], -number.variance, rtol=1e-13)


def test_edges_are_limits() -> None:
    edge = np.array([0.0, 0.25, 0.75])
    powers = np.array([[0.5, 2.0, 2.0], [1.0, 2.0, 2.0], [1.5, 2.0, 2.0]])
    log_prob = Dirichlet(concentration=powers).log_prob(edge)
    assert (log_prob[0], log_prob[2]) == (np.inf, -np.inf)
    near = Dirichlet(concentration=powers[1]).log_prob([1e-13, 0.25, 0.75])
    assert float(log_prob[1]) == pytest.approx(float(near), rel=1e-11)


@pytest.mark.parametrize(
    ("alpha", "mode"),
    [
        ([2.0, 3.0, 1.0], [1 / 3, 2 / 3, 0.0]),
        ([0.5, 0.9, 0.1], [0.0, 1.0, 0.0]),
        ([1.0, 1.0], [0.5, 0.5]),
        ([0.5, 1.0], [0.0, 1.0]),
    ],
)
def test_modes(alpha: list[float], mode: list[float]) -> None:
    np.testing.assert_allclose(Dirichlet(concentration=alpha).mode, mode)


@pytest.mark.parametrize("concentration", [2.0, [2.0], [[1.0], [3.0]]])
def test_fewer_than_two_proportions_are_refused(concentration: object) -> None:
    with pytest.raises(ParameterError, match="at least two proportions"):
        Dirichlet(concentration=concentration)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([0.5, 0.4], r"the proportions \['a', 'b'\] sum to 0.9 at row 'y'"),
        ([0.0, 1.0], r"column 'a' holds 0 at row 'y', but Dirichlet needs values in \(0, 1\)"),
        ([np.nan, 1.0], "column 'a' is not finite at row 'y'"),
    ],
)
def test_rows_that_are_no_proportions_are_named(row: list[float], message: str) -> None:
    target = pd.DataFrame([[0.25, 0.75], row], columns=["a", "b"], index=["x", "y"])
    with pytest.raises(TargetError, match=message):
        Dirichlet.family().bind(target).encode(target)
    with pytest.raises(TargetError, match="a column for each proportion"):
        Dirichlet.family().bind(target[["a"]])
