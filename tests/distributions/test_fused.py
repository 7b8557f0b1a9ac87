"""A kernel says what the core of the same name says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mlekit.distributions import Distribution, Gaussian, NegativeBinomial
from mlekit.distributions.counts import CountDistribution
from mlekit.distributions.fused import TAILS, Fused
from mlekit.kernels import Uniforms
from tests.distributions.cases import CASES, Case
from tests.kernels.support import kernels, needs_library

pytestmark = needs_library

_ODD = np.array([-np.inf, -1e300, -2.5, -1.0, -1e-300, 0.0, 1e-300, 0.5, 1.0, 2.0, 7.0, 1e9, 1e300, np.inf])
_LEVELS = np.array([0.0, 1e-300, 1e-20, 1e-3, 0.2, 0.5, 0.8, 0.999, 1 - 2.0**-53, 1.0])


def fused(case: Case) -> Fused | None:
    found: Fused | None = vars(case.distribution._class()).get("fused")
    return found


FUSED = [
    pytest.param(case, core, id=f"{case}{core}")
    for case in CASES
    for one in [fused(case)]
    if one is not None
    for core in sorted(one.cores)
]


def arguments_of(core: str, value: np.ndarray) -> tuple[np.ndarray, ...]:
    """What a core is asked about: none, one or two arrays."""
    return {"_entropy": (), "_proposal": (value, np.asarray(np.flip(value)))}.get(core, (value,))


def answers(batch: Distribution, core: str, value: np.ndarray) -> tuple[Any, Any]:
    """What the kernel says and what the core says."""
    arguments = arguments_of(core, value)
    shape = np.broadcast_shapes(batch.batch_shape, *(argument.shape for argument in arguments))
    said = batch._by_kernel(core, shape, *arguments)
    assert said is not None
    with np.errstate(all="ignore"):
        return said, np.broadcast_to(getattr(batch, core)(*arguments), shape)


def assert_alike(batch: Distribution, said: Any, expected: Any, core: str, digits: float = 5e-13) -> None:
    # A log-density is a sum of terms, which may cancel where it passes zero, as does a quantile. SciPy's far tails have
    # 13 digits, and what is no normal number is 0 for it; farther out 12.
    relative = np.where(np.abs(expected) < 1e-10, 10 * digits, digits) if core in TAILS else digits
    absolute: Any = {"_log_prob": 2e-13, "_entropy": 2e-13}.get(core, 2e-300)
    if core == "_quantile":
        absolute = 1e-15 * (np.abs(batch.quantile(0.25)) + np.abs(batch.quantile(0.75)))
        with np.errstate(all="ignore"):  # by as much as a unit in a level's last place moves it
            moved = 1e-15 * np.exp(batch._log_cdf(expected) - batch._log_prob(expected))
        absolute = absolute + np.nan_to_num(moved, nan=0, posinf=0)
    with np.errstate(invalid="ignore"):
        alike = np.abs(said - expected) <= relative * np.abs(expected) + absolute
    np.testing.assert_array_equal(np.where(alike, expected, said), expected)


def beyond_scipy(batch: Distribution) -> bool:
    """Counts whose k + 1 is k, and shapes so large that no double is close enough to the probability of failure."""
    if isinstance(batch, NegativeBinomial) and 0 < batch.dispersion < 1e-15 and batch.mean > 1e6:
        return True
    return isinstance(batch, CountDistribution) and bool((np.asarray(batch.mean) > 2**53).all())


def values(batch: Distribution, core: str, size: int) -> np.ndarray:
    """Outcomes, or levels, down the first axis: typical and odd ones."""
    if core == "_entropy":
        return np.zeros(size)
    if core in {"_failures", "_proposal"}:
        return Uniforms.of(np.random.default_rng(0)).array((size,))[:, None]
    if core == "_quantile":
        return np.concatenate([_LEVELS, np.random.default_rng(0).uniform(size=size)])[:, None]
    drawn = np.asarray(batch.sample(size, rng=1), dtype=np.float64).reshape(size, -1)
    far = (
        np.asarray(batch.quantile(_LEVELS[1:-1, None]), dtype=np.float64)
        if core != "_log_prob"
        else drawn[:0]
    )
    odd = np.broadcast_to(_ODD[:, None], (len(_ODD), drawn.shape[1]))
    return np.concatenate([drawn, 3 * np.clip(drawn, -1e307, 1e307), far, odd])


@pytest.mark.parametrize(("case", "core"), FUSED)
def test_typical_parameters(case: Case, core: str) -> None:
    batch = case.typical(5, (40,))
    assert_alike(batch, *answers(batch, core, values(batch, core, 30)), core)


@pytest.mark.parametrize(("case", "core"), FUSED)
def test_extreme_parameters(case: Case, core: str) -> None:
    for parameters in case.extremes:
        batch = case.make(parameters)
        if core in TAILS and beyond_scipy(batch):
            continue  # test_tails.py knows what kernels say there
        # SciPy's incomplete beta functions of parameters like 1e9 have eleven digits.
        digits = 2e-11 if core in TAILS else 5e-13
        assert_alike(batch, *answers(batch, core, values(batch, core, 30)), core, digits)


@pytest.mark.parametrize(("case", "core"), FUSED)
def test_shapes(case: Case, core: str) -> None:
    batch = case.typical(5, (3, 1))
    value = values(case.typical(5, (1,)), core, 4).reshape(-1)[:4]
    assert_alike(batch, *answers(batch, core, value), core)
    assert answers(batch, core, value[:0])[0].shape == ((3, 1) if core == "_entropy" else (3, 0))
    single = case.typical(5)
    said, expected = answers(single, core, np.asarray(value[1]))
    assert_alike(single, said, expected, core)
    assert said.shape == ()


def test_every_kernel_of_a_family_is_declared() -> None:
    families = {one for case in CASES for one in [fused(case)] if one is not None}
    declared = {one.kernel(core): one for one in families for core in one.cores}
    beginnings = tuple(f"{one.family}_" for one in families)
    written = {name for name in kernels() if name.startswith(beginnings) and not name.endswith("_kl")}
    assert written == set(declared)
    for name, family in declared.items():
        core = name.removeprefix(family.family)
        assert kernels()[name] == len(family.fields) + len(arguments_of(core, np.zeros(1)))


def test_a_subclass_with_a_core_of_its_own_is_heard() -> None:
    class Doubled(Gaussian):
        def _log_prob(self, value: np.ndarray) -> Any:
            return 2 * super()._log_prob(value)

    loc = np.zeros(3)
    twice, once = Doubled(loc=loc, scale=1.0).log_prob(1.0), Gaussian(loc=loc, scale=1.0).log_prob(1.0)
    np.testing.assert_allclose(twice, 2 * once, rtol=1e-14)
