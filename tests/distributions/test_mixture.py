"""Mixtures: tails and levels far out, modes, components of several kinds and without weight, what is refused."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
from scipy import stats

from mlekit.distributions import (
    Bernoulli,
    Categorical,
    Distribution,
    Empirical,
    Exponential,
    Gaussian,
    Interval,
    Laplace,
    Mixture,
    OrderedCategorical,
    Poisson,
)
from mlekit.errors import ParameterError, SupportError

APART = Mixture(Gaussian(loc=[-1e4, 0.0, 3.0], scale=[1e-3, 1.0, 100.0]), [0.2, 0.5, 0.3])


def apart(y: float, tail: int) -> Any:
    """The cdf (tail = −1) or survival function (+1) of APART in mpmath."""
    parts = zip((0.2, 0.5, 0.3), (-1e4, 0.0, 3.0), (1e-3, 1.0, 100.0), strict=True)
    return sum(w * mpmath.ncdf(-tail * (mpmath.mpf(y) - m) / mpmath.mpf(s)) for w, m, s in parts)


def test_tails_and_quantiles_agree_with_arbitrary_precision() -> None:
    with mpmath.workdps(40):
        for y in (-2e5, -1e4, -9999.999, -3000.0, -1.0, 0.0, 2.5, 1e3, 1e5):
            for tail, ours in ((-1, APART.log_cdf(y)), (1, APART.log_sf(y))):
                assert float(ours) == pytest.approx(float(mpmath.log(apart(y, tail))), rel=1e-12)
        for level in (1e-300, 1e-12, 0.1999, 0.2, 0.2001, 0.5, 0.9, 1 - 1e-13):
            y = float(APART.quantile(level))
            slope = float(APART.prob(y)) * max(abs(y), 1e-3)
            assert abs(float(apart(y, -1)) - level) <= 4e-16 * slope + 1e-13 * level


def test_quantiles_within_a_gap_are_the_first_to_reach_the_level() -> None:
    """Between components nothing lies: the cdf is flat at 1/2, and the lower end of the gap reaches it."""
    p = Mixture(Laplace(loc=[-1e9, 1e9], scale=1e-3))
    assert p.quantile(0.5) == pytest.approx(-1e9, abs=1.0)
    np.testing.assert_allclose(p.quantile([0.25, 0.75]), [-1e9, 1e9], rtol=1e-15)


def test_a_mixture_of_one_or_of_equals_is_the_component() -> None:
    one, same = Mixture([Gaussian(loc=1.0, scale=2.0)]), Mixture(Gaussian(loc=[1.0, 1.0], scale=2.0))
    for p in (one, same):
        q = Gaussian(loc=1.0, scale=2.0)
        y = np.array([-50.0, 0.0, 1.0, 40.0])
        for name in ("log_prob", "log_cdf", "log_sf"):
            np.testing.assert_allclose(getattr(p, name)(y), getattr(q, name)(y), rtol=1e-13)
        levels = np.array([0.0, 1e-100, 0.3, 0.9, 1.0])
        np.testing.assert_allclose(p.quantile(levels), q.quantile(levels), rtol=1e-13)
        assert [p.mean, p.mode] == [1.0, 1.0]
        assert float(p.entropy()) == pytest.approx(float(q.entropy()), rel=1e-12)


def test_a_component_without_weight_has_no_say() -> None:
    p = Mixture([Gaussian(loc=0.0, scale=1.0), Gaussian(loc=1e9, scale=1e-200)], [1.0, 0.0])
    q = Gaussian(loc=0.0, scale=1.0)
    assert p.log_prob(1e9) == q.log_prob(1e9)
    np.testing.assert_allclose(p.quantile([0.1, 0.999]), q.quantile([0.1, 0.999]), rtol=1e-13)
    assert [p.mode, p.mean, p.variance] == [0.0, 0.0, 1.0]
    assert float(p.entropy()) == pytest.approx(float(q.entropy()), rel=1e-12)
    assert (p.sample(100, rng=0) < 10).all()


def test_the_mode_lies_between_components() -> None:
    """Two equal Gaussians less than two standard deviations apart have one mode, in the middle."""
    assert Mixture(Gaussian(loc=[-0.9, 0.9], scale=1.0)).mode == pytest.approx(0.0, abs=1e-6)
    batch = Mixture(Gaussian(loc=[[-5.0, 5.0], [0.0, 1.0]], scale=[1.0, 2.0]), [[0.2, 0.8], [0.5, 0.5]])
    for row, mode in enumerate(batch.mode):
        grid = mode + np.linspace(-0.01, 0.01, 5)
        density = batch.log_prob(grid[:, None])[:, row]
        assert density.argmax() == 2
    counts = Mixture(Poisson(rate=[3.5, 40.0, 200.5]), [0.01, 0.29, 0.7])
    assert counts.mode == counts.log_prob(np.arange(300)).argmax()


def test_families_in_a_list() -> None:
    p = Mixture([Gaussian(loc=0.0, scale=1.0), Exponential(rate=[1.0, 2.0])], [0.5, 0.5])
    assert p.batch_shape == (2,)
    expected = 0.5 * stats.norm.cdf(0.7) + 0.5 * stats.expon.cdf(0.7, scale=[1.0, 0.5])
    np.testing.assert_allclose(p.cdf(0.7), expected, rtol=1e-13)
    support = p.support
    assert isinstance(support, Interval)
    assert (support.low, support.high) == (-np.inf, np.inf)
    assert list(p.to_frame()) == ["weight[0]", "loc[0]", "scale[0]", "weight[1]", "rate[1]"]
    waiting = Mixture(Exponential(rate=[1.0, 2.0])).support
    assert isinstance(waiting, Interval)
    assert (waiting.low, waiting.low_included) == (0.0, True)


def test_labels_are_mixed_by_probability() -> None:
    probs = [[[0.9, 0.1], [0.5, 0.5]], [[0.2, 0.8], [0.4, 0.6]]]
    p = Mixture(Categorical(probs=probs, categories=["no", "yes"]), [0.25, 0.75])
    assert p.batch_shape == (2,)
    np.testing.assert_allclose(p.prob("no"), [0.6, 0.35], rtol=1e-14)
    assert p.mode.tolist() == ["no", "yes"]
    assert p.to_frame(None).columns.tolist() == ["no", "yes"]
    assert p.quantile(0.55).tolist() == ["no", "yes"]
    np.testing.assert_allclose(
        p.entropy(), Categorical(probs=[[0.6, 0.4], [0.35, 0.65]]).entropy(), rtol=1e-13
    )
    ordered = OrderedCategorical(loc=[0.0, 1.0], cutpoints=[0.0], categories=["no", "yes"])
    assert Mixture(ordered).prob("yes") == pytest.approx(0.5 * (0.5 + 1 / (1 + np.exp(-1.0))), rel=1e-14)
    with pytest.raises(SupportError, match="are not numbers"):
        _ = p.mean


def test_yes_or_no() -> None:
    p = Mixture(Bernoulli(probs=[0.2, 0.9]))
    assert p.prob(1) == pytest.approx(0.55, rel=1e-15)
    assert p.mean == pytest.approx(0.55, rel=1e-15)
    assert (p.mode, p.quantile(0.45), p.quantile(0.46)) == (1, 0, 1)
    assert float(p.entropy()) == pytest.approx(float(Bernoulli(probs=0.55).entropy()), rel=1e-13)
    assert set(np.unique(p.sample(100, rng=0))) == {0, 1}


@pytest.mark.parametrize(
    ("components", "weights", "message"),
    [
        (Gaussian(loc=0.0, scale=1.0), None, "at least one component"),
        ([], None, "at least one component"),
        (Gaussian(loc=[0.0, 1.0], scale=1.0), [0.5, 0.4], r"must sum to 1, but some sum to 0\.9"),
        (Gaussian(loc=[0.0, 1.0], scale=1.0), [1.5, -0.5], r"weights must lie in \[0, 1\], but is 1\.5"),
        (Gaussian(loc=[0.0, 1.0], scale=1.0), [0.2, 0.3, 0.5], r"2 components, but weights of shape \(3,\)"),
        (Gaussian(loc=[0.0, 1.0], scale=1.0), "half", "weights must be numbers"),
        ([Gaussian(loc=0.0, scale=1.0), Poisson(rate=1.0)], None, "all discrete or all continuous"),
        (
            [Categorical(probs=[0.5, 0.5]), Categorical(probs=[0.5, 0.5], categories=["a", "b"])],
            None,
            "the same categories",
        ),
        ([Bernoulli(probs=0.5), Categorical(probs=[0.5, 0.5])], None, "the same categories"),
        ([Empirical(["a", "b"])], None, "Empirical cannot be a component.*to_categorical"),
        (Gaussian(loc=np.zeros((3, 2)), scale=1.0), np.full((4, 2), 0.5), "do not broadcast together"),
    ],
)
def test_components_that_make_no_mixture_are_refused(
    components: Distribution | list[Distribution], weights: Any, message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        Mixture(components, weights)


def test_mixtures_cannot_be_fitted() -> None:
    with pytest.raises(ParameterError, match="no parameters to predict"):
        Mixture.family()
