"""The kernels' elementary functions, against mpmath over their whole range."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

from mlekit.arrays import Array
from tests.kernels.support import ask, kernels, needs_library

pytestmark = needs_library

_RNG = np.random.default_rng(0)
_NEAR = np.concatenate([_RNG.normal(size=200), _RNG.normal(size=200) * 1e-6, [0.0]])
_FAR = 10 ** _RNG.uniform(-300, 2.8, 200)
_POSITIVE = np.concatenate([10 ** _RNG.uniform(-323, 308, 300), _RNG.uniform(0.4, 2.5, 300)])


def _ndtr(x: Any) -> Any:
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


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
}  # fmt: skip

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
    assert elementary == set(FUNCTIONS) == set(ENDS)


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
