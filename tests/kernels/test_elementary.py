"""The kernels' elementary functions, against mpmath over their whole range."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy.special import ndtri

from mlekit.arrays import Array
from tests.kernels.support import ask, kernels, needs_library

pytestmark = needs_library

_RNG = np.random.default_rng(0)
_NEAR = np.concatenate([_RNG.normal(size=200), _RNG.normal(size=200) * 1e-6, [0.0]])
_FAR = 10 ** _RNG.uniform(-300, 2.8, 200)
_POSITIVE = np.concatenate([10 ** _RNG.uniform(-323, 308, 300), _RNG.uniform(0.4, 2.5, 300)])


def _ndtr(x: Any) -> Any:
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


def _logistic(x: Any) -> Any:
    return 1 / (1 + mpmath.exp(-x))


def _stirling_error(x: Any) -> Any:
    return mpmath.loggamma(x + 1) - (mpmath.log(2 * mpmath.pi * x) / 2 + x * mpmath.log(x) - x)


def _normal_quantile(p: Any) -> Any:
    """By Newton's method from nearby."""
    z = mpmath.mpf(float(ndtri(float(p))))
    for _ in range(3):
        log_ratio = mpmath.log(_ndtr(z)) - mpmath.log(p)
        z -= log_ratio * _ndtr(z) / mpmath.npdf(z)
    return z


_MODERATE = np.concatenate([10 ** _RNG.uniform(-12, 12, 200), _RNG.uniform(0, 12, 200)])
_LEVELS = np.concatenate([10 ** _RNG.uniform(-300, -0.3, 100), _RNG.uniform(0.001, 0.999, 100)])

# Where a function is tried, and by how many units in the last place it may be off.
FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Array, float]] = {
    "exp": (mpmath.exp, np.concatenate([_NEAR, _RNG.uniform(-708, 709.7, 300)]), 1.5),
    "expm1": (mpmath.expm1, np.concatenate([_NEAR, _FAR, -_FAR]), 2.5),
    "log": (mpmath.log, _POSITIVE, 1.5),
    "log1p": (mpmath.log1p, np.concatenate([_POSITIVE, 10 ** _RNG.uniform(-16, 0, 200) - 1, 1e-5 * _NEAR]), 1.5),
    "softplus": (lambda x: mpmath.log1p(mpmath.exp(x)), np.concatenate([_NEAR, 30 * _NEAR]), 3.0),
    "log1mexp": (lambda x: mpmath.log(-mpmath.expm1(x)), np.concatenate([-_FAR, -np.abs(_NEAR[:-1])]), 4.0),
    "ndtr": (_ndtr, np.concatenate([_NEAR, _RNG.uniform(-37, 9, 300)]), 8.0),
    "log_ndtr": (lambda x: mpmath.log(_ndtr(x)), np.concatenate([_NEAR, -_FAR, _RNG.uniform(-3, 36, 300)]), 8.0),
    "ndtri": (_normal_quantile, _LEVELS, 16.0),
    "expit": (_logistic, np.concatenate([_NEAR, 300 * _NEAR]), 3.0),
    "logit": (lambda p: mpmath.log(p / (1 - p)), _LEVELS, 6.0),
    "floor": (mpmath.floor, np.concatenate([_NEAR, -_FAR, 1e17 * _NEAR]), 0.5),
    "angle_of_inverse": (lambda x: mpmath.atan(1 / x), _MODERATE, 3.0),
}  # fmt: skip

# The same by digits, of what is a sum of terms that are larger than itself.
SUMS: dict[str, tuple[Callable[[Any], Any], Array]] = {
    "stirling_error": (_stirling_error, _MODERATE),
    "log_factorial_excess": (
        lambda k: mpmath.loggamma(k + 1) - k * mpmath.log(k) + k if k else mpmath.mpf(0),
        np.concatenate([np.arange(30.0), 1e9 + np.arange(3.0)]),
    ),
    "log_gamma_ratio": (
        lambda x: mpmath.loggamma(x + mpmath.mpf(0.5)) - mpmath.loggamma(x) - mpmath.log(x) / 2,
        _MODERATE,
    ),
    "log_minus_digamma": (lambda x: mpmath.log(x) - mpmath.digamma(x), _MODERATE),
    "trigamma_excess": (lambda x: x * mpmath.psi(1, x) - 1, _MODERATE),
}

# What they say of the ends of the line: of −∞, −1, 0, +∞.
ENDS = {
    "exp": [0, np.exp(-1), 1, np.inf],
    "expm1": [-1, np.expm1(-1), 0, np.inf],
    "log": [np.nan, np.nan, -np.inf, np.inf],
    "log1p": [np.nan, -np.inf, 0, np.inf],
    "softplus": [0, np.log1p(np.exp(-1)), np.log(2), np.inf],
    "log1mexp": [0, np.log(1 - np.exp(-1)), -np.inf, np.nan],
    "ndtr": [0, 0.15865525393145707, 0.5, 1],
    "log_ndtr": [-np.inf, np.log(0.15865525393145707), -np.log(2), 0],
}


def test_every_elementary_kernel_is_tried() -> None:
    elementary = {name.removeprefix("elementary_") for name in kernels() if name.startswith("elementary_")}
    assert elementary == {*FUNCTIONS, *SUMS, *PAIRS}


@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_accurate_to_the_last_places(name: str) -> None:
    function, x, units = FUNCTIONS[name]
    with mpmath.workdps(350):  # so that 1 + 1e-300 is more than 1
        expected = [function(mpmath.mpf(float(number))) for number in x]
        nearest = np.array([float(number) for number in expected])
        off = [
            float(abs((mpmath.mpf(float(said)) - number) / mpmath.mpf(float(np.spacing(abs(near))))))
            for said, number, near in zip(ask(f"elementary_{name}", x), expected, nearest, strict=True)
        ]
    assert max(off) < units, x[int(np.argmax(off))]


@pytest.mark.parametrize("name", list(ENDS))
def test_the_ends_of_the_line(name: str) -> None:
    ends = np.array([-np.inf, -1.0, 0.0, np.inf])
    np.testing.assert_allclose(ask(f"elementary_{name}", ends), ENDS[name], rtol=1e-14)
    assert np.isnan(ask(f"elementary_{name}", np.array([np.nan]))).all()


@pytest.mark.parametrize("name", list(SUMS))
def test_accurate_to_fourteen_digits(name: str) -> None:
    function, x = SUMS[name]
    with mpmath.workdps(60):
        expected = [float(function(mpmath.mpf(float(number)))) for number in x]
    np.testing.assert_allclose(ask(f"elementary_{name}", x), expected, rtol=2e-14, atol=2e-15)


PAIRS: dict[str, Callable[[Any, Any], Any]] = {
    "log_ratio": lambda x, y: mpmath.log(x / y),
    "deviance": lambda x, mean: x * mpmath.log(x / mean) + mean - x,
}


@pytest.mark.parametrize("name", list(PAIRS))
def test_of_two_numbers_near_and_far(name: str) -> None:
    x = np.concatenate([_POSITIVE[300:400], 10 ** _RNG.uniform(-100, 100, 100), np.full(100, 1e9)])
    y = np.concatenate([_POSITIVE[400:500], 10 ** _RNG.uniform(-100, 100, 100), 1e9 + np.arange(1.0, 101)])
    with mpmath.workdps(300):
        expected = [
            float(PAIRS[name](mpmath.mpf(float(a)), mpmath.mpf(float(b)))) for a, b in zip(x, y, strict=True)
        ]
    np.testing.assert_allclose(
        ask(f"elementary_{name}", x, y), expected, rtol=1e-14, atol=3e-16 if name == "log_ratio" else 0
    )


def test_edges_of_two_numbers() -> None:
    x, y = np.array([0.0, 1.0, np.inf, 1e-320, 0.0]), np.array([2.0, 0.0, 1.0, 1e300, 0.0])
    edges = [-np.inf, np.inf, np.inf, float(mpmath.log(mpmath.mpf(1e-320) / mpmath.mpf(1e300)))]
    np.testing.assert_allclose(ask("elementary_log_ratio", x[:4], y[:4]), edges, rtol=1e-14)
    np.testing.assert_array_equal(ask("elementary_deviance", x[[0, 1, 4]], y[[0, 1, 4]]), [2.0, np.inf, 0.0])
