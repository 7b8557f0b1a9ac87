"""KL of families of gamma functions, and of geometric ones: far apart and nearly equal, by NumPy and by kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

from mlekit.distributions import Beta, Gamma, Geometric
from mlekit.information.closed_forms import geometric_kl
from mlekit.information.gamma_forms import beta_kl, gamma_kl
from mlekit.kernels import library
from tests.kernels.support import ask

DIGITS = 1e-9


def far_and_near(low: float, high: float, count: int) -> list[tuple[list[np.ndarray], list[np.ndarray]]]:
    """Parameters of p and q, between powers of ten, that differ by so many times themselves."""
    rng = np.random.default_rng(0)
    pairs = []
    for far in (0.3, 0.03, 1e-2, 1e-3, 1e-4, 1e-9):
        p = [10 ** rng.uniform(low, high, 40) for _ in range(count)]
        pairs.append((p, [np.abs(one * (1 + far * rng.normal(size=40))) for one in p]))
    return pairs


def in_many_digits(exact: Callable[..., Any], *columns: np.ndarray, digits: int = 60) -> list[float]:
    with mpmath.workdps(digits):
        return [float(exact(*(mpmath.mpf(float(x)) for x in row))) for row in zip(*columns, strict=True)]


def _gamma_kl(k: Any, rate: Any, other_k: Any, other_rate: Any) -> Any:
    shapes = (k - other_k) * mpmath.digamma(k) - mpmath.loggamma(k) + mpmath.loggamma(other_k)
    return shapes + other_k * mpmath.log(rate / other_rate) + k * (other_rate / rate - 1)


def _beta_kl(a: Any, b: Any, c: Any, d: Any) -> Any:
    means = (
        (a - c) * mpmath.digamma(a) + (b - d) * mpmath.digamma(b) + (c - a + d - b) * mpmath.digamma(a + b)
    )
    return mpmath.log(mpmath.beta(c, d) / mpmath.beta(a, b)) + means


def _geometric_kl(logit: Any, other: Any) -> Any:
    p, q = 1 / (1 + mpmath.exp(-logit)), 1 / (1 + mpmath.exp(-other))
    return mpmath.log(p / q) + (1 - p) / p * mpmath.log((1 - p) / (1 - q))


@pytest.mark.parametrize(
    ("p", "q"), [*far_and_near(-8, -1, 2), *far_and_near(-1, 3, 2), *far_and_near(3, 9, 2)]
)
@pytest.mark.parametrize(
    ("family", "form", "kernel", "exact"),
    [(Gamma, gamma_kl, "gamma_kl", _gamma_kl), (Beta, beta_kl, "beta_kl", _beta_kl)],
)
def test_gamma_functions(
    family: Any, form: Any, kernel: str, exact: Any, p: list[np.ndarray], q: list[np.ndarray]
) -> None:
    expected = in_many_digits(exact, *p, *q)
    names = [parameter.name for parameter in family.parameters]
    found = form(*(family(**dict(zip(names, values, strict=True))) for values in (p, q)))
    np.testing.assert_allclose(found, expected, rtol=DIGITS, atol=0)
    if library() is not None:
        np.testing.assert_allclose(ask(kernel, *p, *q), expected, rtol=DIGITS, atol=0)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(("p", "q"), [*far_and_near(-2, 1, 1), *far_and_near(1.5, 2.84, 1)])
def test_geometric(p: list[np.ndarray], q: list[np.ndarray], sign: int) -> None:
    """Down to probabilities of e^−690."""
    own, other = sign * p[0], sign * q[0]
    expected = np.array(in_many_digits(_geometric_kl, own, other, digits=700))
    found = geometric_kl(Geometric(logits=own), Geometric(logits=other))
    numbers = expected < 1e300
    np.testing.assert_allclose(found[numbers], expected[numbers], rtol=DIGITS, atol=0)
