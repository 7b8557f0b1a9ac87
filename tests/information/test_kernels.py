"""A kernel says what the closed form that names it says."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

from mlekit.distributions import Distribution
from mlekit.information import kl
from mlekit.information.registry import _FORMS, _KERNELS, _by_kernel
from tests.distributions.cases import CASES
from tests.kernels.support import ask, kernels, needs_library

pytestmark = needs_library

KERNELS = [
    pytest.param(form, families, id=f"{families[0].__name__} {_KERNELS[form]}")
    for (_, families), form in _FORMS.items()
    if form in _KERNELS
]


def batches(family: type[Distribution], seed: int, size: int) -> Distribution:
    return next(case for case in CASES if case.distribution is family).typical(seed, (size,))


def nearly(p: Distribution, by: float) -> Distribution:
    """The same with all parameters but those that say where it lies a little larger."""
    return type(p)(**{one.name: np.asarray(getattr(p, one.name)) * (1 + by) for one in p.parameters})


@pytest.mark.parametrize(("form", "families"), KERNELS)
def test_far_and_near(form, families) -> None:  # type: ignore[no-untyped-def]
    p, q = (batches(family, seed, 300) for seed, family in enumerate(families))
    # The closed forms lose some of the digits that kernels keep.
    for pair, rtol in (
        ((p, q), 1e-10),
        ((p, nearly(p, 1e-3)), 1e-6),
        ((p, nearly(p, 1e-6)), 0.2),
        ((p, p), 0),
    ):
        said = _by_kernel(form, pair, p.batch_shape)
        assert said is not None
        assert (said >= 0).all()
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(said, form(*pair), rtol=rtol, atol=0)
    np.testing.assert_array_equal(said, 0)
    np.testing.assert_array_equal(kl(p, q), _by_kernel(form, (p, q), p.batch_shape))


def test_every_kernel_of_a_divergence_is_named() -> None:
    assert {name for name in kernels() if name.endswith("_kl")} == set(_KERNELS.values())


def test_nearly_equal_gamma_functions_keep_their_digits() -> None:
    rng = np.random.default_rng(0)
    p = [10 ** rng.uniform(-1, 3, 40) for _ in range(2)]
    for far, rtol in ((0.3, 1e-9), (1e-4, 1e-9), (1e-9, 1e-9)):
        q = [one * (1 + far * rng.normal(size=40)) for one in p]
        q = [np.abs(one) for one in q]
        for name, exact in (("gamma_kl", _gamma_kl), ("beta_kl", _beta_kl)):
            with mpmath.workdps(60):
                rows = zip(*p, *q, strict=True)
                expected = [float(exact(*(mpmath.mpf(float(x)) for x in row))) for row in rows]
            np.testing.assert_allclose(ask(name, *p, *q), expected, rtol=rtol, atol=0)


def _gamma_kl(k: Any, rate: Any, other_k: Any, other_rate: Any) -> Any:
    shapes = (k - other_k) * mpmath.digamma(k) - mpmath.loggamma(k) + mpmath.loggamma(other_k)
    return shapes + other_k * mpmath.log(rate / other_rate) + k * (other_rate / rate - 1)


def _beta_kl(a: Any, b: Any, c: Any, d: Any) -> Any:
    means = (
        (a - c) * mpmath.digamma(a) + (b - d) * mpmath.digamma(b) + (c - a + d - b) * mpmath.digamma(a + b)
    )
    return mpmath.log(mpmath.beta(c, d) / mpmath.beta(a, b)) + means
