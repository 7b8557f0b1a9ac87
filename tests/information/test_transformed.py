"""Divergences do not change when both distributions are seen through the same map."""

from __future__ import annotations

import numpy as np
import pytest

from mlekit import Affine, Chain, Exp, Gaussian, Gumbel, LogNormal, Sigmoid, Transformed, kl
from mlekit.distributions import Transform


@pytest.mark.parametrize("transform", [Exp(), Sigmoid(), Chain(Affine(scale=-2.0), Exp())], ids=repr)
def test_kl_is_that_of_the_bases(transform: Transform) -> None:
    p, q = Gaussian(loc=[0.0, 1.0], scale=1.0), Gaussian(loc=0.3, scale=[0.5, 2.0])
    estimate = kl(Transformed(p, transform), Transformed(q, transform), estimate=True)
    assert estimate.method == "closed_form"
    np.testing.assert_array_equal(estimate.value, kl(p, q))


def test_kl_agrees_with_the_family_of_that_name() -> None:
    p, q = (Gaussian(loc=0.0, scale=1.0), Gaussian(loc=0.3, scale=0.5))
    same = kl(LogNormal(loc=0.0, scale=1.0), LogNormal(loc=0.3, scale=0.5))
    assert kl(Transformed(p, Exp()), Transformed(q, Exp())) == pytest.approx(same, rel=1e-12)
    assert kl(Transformed(p, Exp()), LogNormal(loc=0.3, scale=0.5)) == pytest.approx(same, rel=1e-6)


def test_different_maps_are_integrated() -> None:
    p = Transformed(Gumbel(loc=0.0, scale=0.5), Exp())
    q = Transformed(Gumbel(loc=0.0, scale=0.5), Chain(Affine(shift=0.1), Exp()))
    moved = kl(Gumbel(loc=0.0, scale=0.5), Gumbel(loc=0.1, scale=0.5))
    assert kl(p, q) == pytest.approx(moved, rel=1e-6)
