"""A kernel says what the closed form that names it says."""

from __future__ import annotations

import numpy as np
import pytest

from mlekit.distributions import Distribution
from mlekit.information import kl
from mlekit.information.registry import _FORMS, _KERNELS, _by_kernel
from tests.distributions.cases import CASES
from tests.kernels.support import kernels, needs_library

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
    for pair, rtol in (
        ((p, q), 1e-10),
        ((p, nearly(p, 1e-3)), 1e-9),
        ((p, nearly(p, 1e-6)), 1e-9),
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
