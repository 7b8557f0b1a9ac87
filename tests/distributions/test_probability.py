"""Masses and densities, distribution functions, moments and samples of every family."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
from scipy import optimize, stats

from mlekit.arrays import Array
from mlekit.distributions import Distribution, FiniteSet, Interval
from tests.distributions.cases import CASES, Case, each, ordered
from tests.distributions.quadrature import PANEL_LEVELS, panels
from tests.support import seeds

pytestmark = pytest.mark.usefixtures("unchecked_shapes")  # looked at in other tests, in a third of the time

LEVELS = np.array([1e-6, 0.01, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.99])
SEEDS = seeds(4)


def bulk(distribution: Distribution, levels: Array = LEVELS) -> Any:
    """Outcomes throughout the bulk of a single distribution."""
    if isinstance(distribution.support, FiniteSet):
        return distribution.support.values
    if distribution.event_shape:
        return distribution.sample(50, rng=0)
    return np.unique(distribution.quantile(levels))


def referenced(case: Case) -> bool:
    return case.reference is not None


def exact(case: Case) -> bool:
    return case.exact is not None


def continuous(case: Case) -> bool:
    return case.continuous


def expectation(case: Case, distribution: Distribution, function: Any) -> Any:
    """E[f(Y)] by summation or quadrature."""
    nodes, weights = case.nodes(distribution)
    return np.tensordot(weights * distribution.prob(nodes), function(nodes), axes=1)


def outer(deviations: Array) -> Array:
    """Products of all pairs of coordinates of each outcome; the square, where it is a number."""
    if deviations.ndim == 1:
        return np.square(deviations)
    return deviations[:, :, None] * deviations[:, None, :]


# ---- masses and densities ---------------------------------------------------------------------------------


@each()
@pytest.mark.parametrize("seed", SEEDS)
def test_probabilities_sum_or_integrate_to_one(case: Case, seed: int) -> None:
    assert expectation(case, case.typical(seed), lambda y: np.ones(len(y))) == pytest.approx(1, rel=1e-10)


@each(referenced)
@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_scipy(case: Case, seed: int) -> None:
    assert case.reference is not None
    parameters = case.parameters(seed)
    ours, theirs = case.make(parameters), case.reference(**parameters)
    y = bulk(ours)
    log_prob = theirs.logpdf if case.continuous else theirs.logpmf
    np.testing.assert_allclose(ours.log_prob(y), log_prob(y), rtol=case.rtol, atol=case.rtol)
    np.testing.assert_allclose(ours.prob(y), np.exp(log_prob(y)), rtol=10 * case.rtol)
    if case.ordered:
        np.testing.assert_allclose(ours.cdf(y), theirs.cdf(y), rtol=10 * case.rtol)
        np.testing.assert_allclose(
            ours.log_cdf(y), theirs.logcdf(y), rtol=10 * case.rtol, atol=10 * case.rtol
        )
        # SciPy's own survival function is 1 − cdf in places: compared absolutely.
        np.testing.assert_allclose(np.exp(ours.log_sf(y)), theirs.sf(y), rtol=10 * case.rtol, atol=1e-14)
        np.testing.assert_allclose(ours.quantile(LEVELS), theirs.ppf(LEVELS), rtol=10 * case.rtol, atol=1e-13)


@each(referenced)
@pytest.mark.parametrize("seed", SEEDS)
def test_moments_agree_with_scipy(case: Case, seed: int) -> None:
    assert case.reference is not None
    parameters = case.parameters(seed)
    ours, theirs = case.make(parameters), case.reference(**parameters)
    np.testing.assert_allclose(ours.mean, theirs.mean(), rtol=case.rtol, atol=1e-14)
    np.testing.assert_allclose(ours.variance, theirs.var(), rtol=100 * case.rtol)
    np.testing.assert_allclose(ours.std, theirs.std(), rtol=100 * case.rtol)
    np.testing.assert_allclose(ours.entropy(), theirs.entropy(), rtol=case.rtol, atol=1e-14)


@each(exact)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("log_prob", [-30.0, -800.0, -1e4])
def test_tails_agree_with_arbitrary_precision(case: Case, seed: int, log_prob: float) -> None:
    assert case.exact is not None
    parameters = case.parameters(seed)
    distribution = case.make(parameters)
    named = {name: mpmath.mpf(float(value)) for name, value in parameters.items()}
    for y in far_out(distribution, log_prob):
        value = mpmath.mpf(float(y))
        with mpmath.workdps(320):  # so many digits that 1 − p still tells of a tiny p
            expected = case.exact.log_prob(value, **named)
            assert float(distribution.log_prob(y)) == pytest.approx(float(expected), rel=1e-12, abs=1e-14)
            for function, ours in (
                (case.exact.cdf, distribution.log_cdf),
                (case.exact.sf, distribution.log_sf),
            ):
                if function is not None:
                    probability = function(value, **named)
                    tail = float(mpmath.log(probability)) if probability else -np.inf
                    assert float(ours(y)) == pytest.approx(tail, rel=1e-11, abs=1e-300)


def far_out(distribution: Distribution, log_prob: float) -> list[float]:
    """On either side of the mode, the value whose log-probability is about this; all of few outcomes."""
    support = distribution.support
    assert isinstance(support, Interval)
    if support.integer and np.isfinite(support.high):
        low, high = float(support.low), float(support.high)
        return list(np.unique(np.linspace(low, high, 5).round()))
    found, mode = [], float(distribution.mode)
    for end in (float(support.low), float(support.high)):
        # On a scale that reaches from a millionth of the spread to 1e12 times it, or to the end of the support.
        spread = float(np.diff(distribution.quantile([0.25, 0.75]))[0]) or 1.0
        reach = min(abs(end - mode), 1e12 * spread)
        if reach == 0:
            continue
        sign = np.sign(end - mode)

        def excess(
            step: float,
            mode: float = mode,
            sign: float = sign,
            reach: float = reach,
            whole: bool = support.integer,
        ) -> float:
            y = mode + sign * reach * np.exp(step)
            return max(float(distribution.log_prob(np.rint(y) if whole else y)), -1e300) - log_prob

        if excess(0.0) < 0:
            step = optimize.brentq(excess, np.log(1e-6 * spread / reach), 0.0, xtol=1e-6)
            y = mode + sign * reach * np.exp(step)
            found.append(float(np.rint(y)) if support.integer else float(y))
    return found


# ---- distribution functions -------------------------------------------------------------------------------


@each(ordered)
@pytest.mark.parametrize("seed", SEEDS)
def test_cdf_is_the_sum_of_what_lies_below(case: Case, seed: int) -> None:
    distribution = case.typical(seed)
    if case.continuous:
        edges = np.append(distribution.quantile(PANEL_LEVELS), distribution.mode)
        for y in bulk(distribution):
            nodes, weights = panels(np.minimum(edges, y))
            assert distribution.cdf(y) == pytest.approx(weights @ distribution.prob(nodes), rel=1e-7)
    else:
        nodes, _ = case.nodes(distribution)
        below = np.cumsum(distribution.prob(nodes))
        np.testing.assert_allclose(distribution.cdf(nodes), below, rtol=1e-9, atol=1e-12)


@each(ordered)
@pytest.mark.parametrize("seed", SEEDS)
def test_cdf_log_cdf_and_log_sf_are_one_function(case: Case, seed: int) -> None:
    distribution = case.typical(seed)
    y = bulk(distribution)
    np.testing.assert_allclose(np.exp(distribution.log_cdf(y)), distribution.cdf(y), rtol=1e-12)
    np.testing.assert_allclose(np.exp(distribution.log_sf(y)), 1 - distribution.cdf(y), rtol=1e-9, atol=1e-14)


@each(ordered, continuous)
@pytest.mark.parametrize("seed", SEEDS)
def test_quantile_inverts_the_cdf(case: Case, seed: int) -> None:
    distribution = case.typical(seed)
    np.testing.assert_allclose(distribution.cdf(distribution.quantile(LEVELS)), LEVELS, rtol=1e-9)
    y = bulk(distribution)
    spread = np.ptp(y)
    np.testing.assert_allclose(distribution.quantile(distribution.cdf(y)), y, rtol=1e-9, atol=1e-9 * spread)


@each(ordered, lambda case: not case.continuous)
@pytest.mark.parametrize("seed", SEEDS)
def test_quantile_is_the_first_outcome_that_reaches_the_level(case: Case, seed: int) -> None:
    distribution = case.typical(seed)
    outcomes = case.nodes(distribution)[0]
    cdf = distribution.cdf(outcomes)
    levels = np.concatenate([LEVELS, cdf[cdf < 1] * (1 - 1e-12)])
    first = np.searchsorted(np.maximum.accumulate(cdf), levels)
    np.testing.assert_array_equal(distribution.quantile(levels), outcomes[first])
    # A level that the cdf takes exactly belongs to the outcome where it takes it.
    kept = cdf < 1 - 1e-12
    positive = np.diff(cdf, prepend=0) > 1e-12
    np.testing.assert_array_equal(distribution.quantile(cdf[kept & positive]), outcomes[kept & positive])


@each(ordered)
def test_ends_of_the_quantile_are_the_ends_of_the_support(case: Case) -> None:
    distribution = case.typical(0)
    support = distribution.support
    low, high = distribution.quantile([0.0, 1.0])
    if isinstance(support, FiniteSet):
        assert low == support.values[0]
        assert high == support.values[-1]
    else:
        assert isinstance(support, Interval)
        assert (low, high) == (support.low, support.high)


@each(ordered)
def test_median_and_interval_are_quantiles(case: Case) -> None:
    distribution = case.typical(3)
    assert distribution.median == distribution.quantile(0.5)
    assert distribution.interval(0.9) == tuple(distribution.quantile([(1 - 0.9) / 2, 1 - (1 - 0.9) / 2]))
    for level in (0.0, 1.0, -0.1, np.nan):
        with pytest.raises(ValueError, match="interval's level"):
            distribution.interval(level)
    for level in (-0.1, 1.1):
        with pytest.raises(ValueError, match=rf"levels must lie in \[0, 1\], but one is {level}"):
            distribution.quantile(level)


# ---- moments and samples ----------------------------------------------------------------------------------


@each()
@pytest.mark.parametrize("seed", SEEDS)
def test_moments_and_entropy_are_expectations(case: Case, seed: int) -> None:
    distribution = case.typical(seed)
    mean, variance = distribution.mean, distribution.variance
    if np.isfinite(mean).all():
        np.testing.assert_allclose(mean, expectation(case, distribution, np.asarray), rtol=1e-8, atol=1e-10)
    if np.isfinite(variance).all():
        squares = expectation(case, distribution, lambda y: np.square(y - mean))
        np.testing.assert_allclose(variance, squares, rtol=1e-7)
        np.testing.assert_array_equal(distribution.std, np.sqrt(variance))
        products = expectation(case, distribution, lambda y: outer(y - mean))
        np.testing.assert_allclose(
            distribution.covariance, products, rtol=1e-7, atol=1e-9 * float(np.max(variance))
        )
    surprise = expectation(
        case, distribution, lambda y: np.where(distribution.prob(y) > 0, -distribution.log_prob(y), 0.0)
    )
    np.testing.assert_allclose(distribution.entropy(), surprise, rtol=1e-8, atol=1e-10)


@each()
@pytest.mark.parametrize("seed", SEEDS)
def test_mode_is_the_likeliest_outcome(case: Case, seed: int) -> None:
    distribution = case.typical(seed)
    nodes, _ = case.nodes(distribution)
    assert distribution.log_prob(distribution.mode) >= distribution.log_prob(nodes).max() - 1e-9


@each()
@pytest.mark.parametrize("seed", range(3))
def test_samples_follow_the_distribution(case: Case, seed: int) -> None:
    """Within five standard errors: frequencies below quantiles, or of the outcomes; then mean and variance."""
    distribution = case.typical(seed)
    count = 40_000
    samples = distribution.sample(count, rng=seed)
    assert len(samples) == count
    if case.ordered and case.event_ndim == 0:
        places = np.unique(distribution.quantile(np.linspace(0.05, 0.95, 19)))
        expected = distribution.cdf(places)
        frequency = (np.asarray(samples)[:, None] <= places).mean(axis=0)
        error = np.sqrt(expected * (1 - expected) / count)
        assert (np.abs(frequency - expected) <= 5 * error + 1e-12).all()
    mean, variance = distribution.mean, distribution.variance
    if np.isfinite(mean).all() and np.isfinite(variance).all():
        assert (np.abs(samples.mean(axis=0) - mean) <= 5 * np.sqrt(variance / count)).all()
    if case.continuous and case.event_ndim == 0 and np.isfinite(variance):
        fourth = expectation(case, distribution, lambda y: np.square(np.square(y - mean) - variance))
        if np.isfinite(fourth):
            assert abs(samples.var() - variance) <= 6 * np.sqrt(fourth / count)


@each()
def test_samples_repeat_with_the_seed_and_differ_without(case: Case) -> None:
    distribution = case.typical(0, (50,))
    first, again = distribution.sample(20, rng=7), distribution.sample(20, rng=np.random.default_rng(7))
    np.testing.assert_array_equal(first, again)
    assert (distribution.sample(20, rng=8) != first).any()
    assert (distribution.sample(20) != distribution.sample(20)).any()


@each()
def test_samples_of_a_batch_are_independent(case: Case) -> None:
    """Elements of a batch do not share their random numbers."""
    parameters = case.parameters(1)
    batch = case.make({name: np.stack([value, value]) for name, value in parameters.items()})
    samples = batch.sample(20_000, rng=0).reshape(20_000, 2, -1)[..., 0]
    correlation = float(stats.spearmanr(samples).statistic)
    assert abs(correlation) < 0.05


def test_every_family_has_a_case() -> None:
    from mlekit.distributions import FAMILIES

    assert {case.distribution for case in CASES} >= set(FAMILIES.values())
    assert len({str(case) for case in CASES}) == len(CASES)
