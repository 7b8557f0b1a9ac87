"""Probabilities of intervals and their derivatives: against sums, quadrature, mpmath and differences."""

from __future__ import annotations

from collections.abc import Callable

import mpmath
import numpy as np
import pytest

from mlekit.arrays import Array
from mlekit.distributions import (
    Distribution,
    Exponential,
    FiniteSet,
    Gaussian,
    Gumbel,
    Laplace,
    Logistic,
    Poisson,
    Weibull,
)
from mlekit.distributions.intervals import interval_curvature, interval_score, log_interval
from tests.distributions.cases import Case, each, fitted, ordered
from tests.distributions.quadrature import PANEL_LEVELS, panels

pytestmark = pytest.mark.usefixtures("unchecked_shapes")  # looked at in other tests, in a third of the time

LEVELS = np.array([1e-6, 0.01, 0.3, 0.49, 0.490001, 0.6, 0.99, 1 - 1e-6])


def of_numbers(case: Case) -> bool:
    return case.event_ndim == 0 and not isinstance(case.typical(0).support, FiniteSet)


def differentiable(case: Case) -> bool:
    return fitted(case) and not case.periodic


def bounds(distribution: Distribution) -> tuple[Array, Array]:
    """Left, right, neighbouring and wide intervals."""
    places = np.asarray(distribution.quantile(LEVELS), dtype=np.float64)
    open_end = np.full(len(places), np.inf)
    low = np.concatenate([-open_end, places, places[:-1], places[:2]])
    high = np.concatenate([places, open_end, places[1:], places[:-3:-1]])
    return low, high


def inside(case: Case, distribution: Distribution) -> Callable[[float, float], tuple[Array, Array]]:
    """From an interval to its outcomes and their probabilities, by quadrature or one by one."""
    if not case.continuous:
        nodes, weights = case.nodes(distribution)
        masses = weights * distribution.prob(nodes)

        def among(low: float, high: float) -> tuple[Array, Array]:
            within = (nodes > low) & (nodes <= high)
            return nodes[within], masses[within]

        return among
    edges = np.append(distribution.quantile(PANEL_LEVELS), distribution.mode)
    edges = edges[np.isfinite(edges)]

    def between(low: float, high: float) -> tuple[Array, Array]:
        nodes, weights = panels(np.clip(np.append(edges, [low, high]), low, high))
        return nodes, weights * distribution.prob(nodes)

    return between


def own_curvature(p: Distribution, low: Array, high: Array) -> Array:
    return interval_curvature(p._with_coordinates, p._coordinates(), p._kind().predicted, low, high)


@each(ordered, of_numbers)
@pytest.mark.parametrize("seed", range(2))
def test_probability_is_the_sum_of_what_lies_within(case: Case, seed: int) -> None:
    distribution = case.typical(seed)
    within = inside(case, distribution)
    for low, high in zip(*bounds(distribution), strict=True):
        _, mass = within(low, high)
        expected = np.log(mass.sum()) if mass.sum() > 0 else -np.inf
        log_prob = distribution.log_prob_between(low, high)
        if expected > np.log(1e-4):  # the nodes reach no farther than a hundred-millionth into either tail
            assert log_prob == pytest.approx(expected, rel=1e-6, abs=1e-7)
        else:
            assert log_prob == pytest.approx(expected, rel=1e-3)


@each(ordered, of_numbers, differentiable)
@pytest.mark.parametrize("seed", range(2))
def test_score_is_the_expected_score_within(case: Case, seed: int) -> None:
    """Fisher's identity, by quadrature; whatever the family's own form."""
    distribution = case.typical(seed)
    low, high = bounds(distribution)
    unit = 1 / np.sqrt(np.diag(distribution.fisher_information()))
    with np.errstate(all="ignore"):
        score = interval_score(distribution, low, high)
    within = inside(case, distribution)
    for i in range(len(low)):
        nodes, mass = within(low[i], high[i])
        if mass.sum() < 1e-4:
            continue
        expected = mass @ distribution.score(nodes) / mass.sum()
        ours = np.array([np.broadcast_to(part, low.shape)[i] for part in score])
        np.testing.assert_allclose(ours * unit, expected * unit, rtol=1e-5, atol=1e-5)


@each(ordered, of_numbers, differentiable)
@pytest.mark.parametrize("seed", range(2))
def test_score_is_the_derivative_of_the_log_probability(case: Case, seed: int) -> None:
    """Richardson's differences with other steps than the numerical form takes."""
    distribution = case.typical(seed)
    low, high = bounds(distribution)
    coordinates = distribution._coordinates()
    unit = 1 / np.sqrt(np.diag(distribution.fisher_information()))
    with np.errstate(all="ignore"):
        score = interval_score(distribution, low, high)
        for j, part in enumerate(score):
            size = min(unit[j], 1.0)
            step = 1e-3 * size

            def at(steps: float, j: int = j, step: float = step) -> Array:
                moved = (xi + steps * step * (i == j) for i, xi in enumerate(coordinates))
                return log_interval(distribution._with_coordinates(*moved), low, high)

            difference = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step)
            counts = np.isfinite(at(0))
            np.testing.assert_allclose(
                (part * np.ones_like(low))[counts] * size, difference[counts] * size, rtol=1e-6, atol=1e-6
            )


@each(ordered, of_numbers, differentiable)
def test_curvature_is_positive_definite(case: Case) -> None:
    distribution = case.typical(0)
    low, high = bounds(distribution)
    with np.errstate(all="ignore"):
        curvature = own_curvature(distribution, low, high)
    assert np.isfinite(curvature).all()
    unit = 1 / np.sqrt(np.diag(distribution.fisher_information()))
    assert (np.linalg.eigvalsh(curvature * np.outer(unit, unit)) > 5e-4).all()


def test_curvature_of_a_concave_log_probability_is_its_own() -> None:
    """Of an exponential wait: rate·low where it is open, and by mpmath's differentiation where it ends."""
    p = Exponential(rate=np.array([0.5, 2.0]))
    open_ended = own_curvature(p, np.full(2, 3.0), np.full(2, np.inf))
    np.testing.assert_allclose(open_ended[:, 0, 0], p.rate * 3.0, rtol=1e-7)
    closed = own_curvature(p, np.full(2, 1.0), np.full(2, 3.0))
    for i, rate in enumerate((0.5, 2.0)):

        def log_mass(log_rate: object) -> object:
            lam = mpmath.exp(log_rate)
            return mpmath.log(mpmath.exp(-lam) - mpmath.exp(-3 * lam))

        expected = float(-mpmath.diff(log_mass, np.log(rate), 2))
        assert closed[i, 0, 0] == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(
    ("low", "high"),
    [(30.0, 31.0), (-31.0, -30.0), (30.0, 30.000001), (-1e-9, 1e-9), (5.0, 5.01), (-1.0, 1.0), (-9.0, 9.0)],
)
def test_gaussian_intervals_agree_with_arbitrary_precision(low: float, high: float) -> None:
    with mpmath.workdps(250):
        mass = mpmath.ncdf(mpmath.mpf(high)) - mpmath.ncdf(mpmath.mpf(low))
        expected = float(mpmath.log(mass))
        of_loc = float((mpmath.npdf(mpmath.mpf(low)) - mpmath.npdf(mpmath.mpf(high))) / mass)
    batch = Gaussian(loc=0.0, scale=1.0)
    assert batch.log_prob_between(low, high) == pytest.approx(expected, rel=1e-13, abs=1e-30)
    ours = interval_score(batch, np.array(low), np.array(high))
    assert float(ours[0]) == pytest.approx(of_loc, rel=1e-9, abs=1e-12)


def test_far_tails_keep_their_digits() -> None:
    """Where closed forms say what the logarithm is, up to log-probabilities of −1e4."""
    assert Logistic(loc=0.0, scale=1.0).log_prob_between(1e4, np.inf) == pytest.approx(-1e4, rel=1e-15)
    assert Gumbel(loc=0.0, scale=1.0).log_prob_between(-9.0, -8.0) == pytest.approx(-np.exp(8.0), rel=1e-12)
    tail = Weibull(shape=2.0, scale=1.0).log_prob_between(100.0, np.inf)
    assert tail == pytest.approx(-1e4, rel=1e-15)
    # log(e^−1000 − e^−1001) − log 2
    between = Laplace(loc=0.0, scale=1.0).log_prob_between(1000.0, 1001.0)
    assert between == pytest.approx(-1000 + np.log1p(-np.exp(-1.0)) - np.log(2.0), rel=1e-15)
    # a single count is its mass
    p = Poisson(rate=1e9)
    assert p.log_prob_between(999_999_999, 1_000_000_000) == p.log_prob(1_000_000_000)


def test_what_is_no_interval_is_refused() -> None:
    p = Gaussian(loc=0.0, scale=1.0)
    assert p.log_prob_between(1.0, 1.0) == -np.inf
    assert p.log_prob_between(-np.inf, np.inf) == 0.0
    assert Weibull(shape=1.0, scale=1.0).log_prob_between(-2.0, -1.0) == -np.inf
    with pytest.raises(ValueError, match="low exceeds its high"):
        p.log_prob_between(2.0, 1.0)
    with pytest.raises(ValueError, match="NaN"):
        p.log_prob_between(np.nan, 1.0)
