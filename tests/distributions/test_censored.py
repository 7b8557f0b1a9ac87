"""Heads of censored targets: likelihood, score and curvature of every family, units, and what is refused."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from mlekit.arrays import Array
from mlekit.distributions import Gaussian, Head, VonMises, Weibull
from mlekit.distributions.censored import single_outcome
from mlekit.errors import TargetError
from tests.distributions.cases import CASES, Case, fitted
from tests.distributions.test_likelihood import assert_close, derivative

pytestmark = pytest.mark.usefixtures("unchecked_shapes")  # looked at in other tests, in a third of the time

ROWS = 16


def on_a_line(case: Case) -> bool:
    kind = case.distribution
    return (
        fitted(case)
        and case.event_ndim == 0
        and not (
            kind.labelled
            or kind.joint
            or kind._class().circular
            or "trials" in kind.constants
            or case.build
            or case.name
        )
    )


def intervals(low: Array, high: Array) -> pd.DataFrame:
    return pd.DataFrame({"y": pd.arrays.IntervalArray.from_arrays(low, high, closed="right")})


def censored(outcomes: Array, spread: float, seed: int = 0) -> pd.DataFrame:
    """Outcomes of which a quarter each is seen, censored on the right, on the left, and by an interval."""
    rng = np.random.default_rng(seed)
    near, far = outcomes - spread * rng.uniform(size=ROWS), outcomes + spread * rng.uniform(size=ROWS)
    sort = np.arange(ROWS) % 4
    low = np.select([sort == 0, sort == 2], [outcomes, -np.inf], near)
    high = np.select([sort == 0, sort == 1], [outcomes, np.inf], far)
    return intervals(low, high)


class Bound(NamedTuple):
    """A head that has seen censored outcomes, where it starts, raw outputs near there, and the outcomes encoded."""

    case: Case
    head: Head[Any]
    start: Array
    eta: Array
    y: np.ndarray


# A start is sought by many steps: all tests of a family look at one.
@pytest.fixture(scope="module", params=[case for case in CASES if on_a_line(case)], ids=str)
def bound(request: pytest.FixtureRequest) -> Bound:
    case: Case = request.param
    batch = case.typical(0)
    outcomes = np.asarray(batch.sample(ROWS, rng=0), dtype=np.float64)
    spread = float(np.ptp(batch.quantile([0.25, 0.75]))) or 1.0
    frame = censored(outcomes, spread)
    head = case.distribution.family(**case.fixed).bind(frame)
    y = head.encode(frame)
    start = np.broadcast_to(head.start(y), (ROWS, head.n_outputs))
    eta = start + 0.1 * np.random.default_rng(0).standard_normal(start.shape)
    return Bound(case, head, start, eta, y)


def test_score_is_the_derivative_of_the_censored_likelihood(bound: Bound) -> None:
    case, head, _, eta, y = bound
    assert head.censored
    score = head.score(eta, y)
    smooth = np.arange(ROWS)
    if case.distribution.kinked:
        reach = 2e-4 * np.minimum(1.0, np.abs(eta) + 0.01)
        left, right = head.score(eta - reach, y), head.score(eta + reach, y)
        smooth = np.flatnonzero((np.abs(left - right) < 0.1 * np.abs(left) + 0.1).all(axis=1))
    expected = derivative(lambda e: head.log_likelihood(e, y[smooth]), eta[smooth])
    assert_close(score[smooth], expected, rtol=1e-6)
    value, same = head.value_and_score(eta, y)
    np.testing.assert_array_equal(value, head.log_likelihood(eta, y))
    np.testing.assert_array_equal(same, score)


def test_likelihood_is_that_of_the_predicted_distributions(bound: Bound) -> None:
    """In the target's own units: densities of what was seen, probabilities of intervals."""
    _, head, _, eta, y = bound
    natural = head.distribution(eta)
    ends = np.where(np.isinf(y), y, head.shift[0] + head.scale[0] * y)
    seen = ends[:, 0] == ends[:, 1]
    inner = np.where(seen, ends[:, 0], natural.median)
    log_prob = np.where(seen, natural.log_prob(inner), natural.log_prob_between(ends[:, 0], ends[:, 1]))
    np.testing.assert_allclose(head.log_likelihood(eta, y), log_prob, rtol=1e-8, atol=1e-9)


def test_curvature_of_censored_rows_is_positive_definite(bound: Bound) -> None:
    _, head, _, eta, y = bound
    curvature = head.curvature(eta, y)
    assert curvature.shape == (ROWS, head.n_outputs, head.n_outputs)
    assert (np.linalg.eigvalsh(curvature[1:]) > 0).all()


def test_start_is_near_the_marginal_maximum(bound: Bound) -> None:
    _, head, start, _, y = bound
    best = head.log_likelihood(start, y).sum()
    rng = np.random.default_rng(0)
    for _ in range(8):
        moved = start + 0.05 * rng.standard_normal(head.n_outputs)
        assert head.log_likelihood(moved, y).sum() < best + 0.05


def test_everything_seen_is_the_plain_likelihood() -> None:
    y = np.random.default_rng(0).weibull(1.5, 50)
    plain, hidden = pd.DataFrame({"y": y}), intervals(y, y)
    one, other = Weibull.family().bind(plain), Weibull.family().bind(hidden)
    np.testing.assert_array_equal(one.scale, other.scale)
    eta = np.random.default_rng(1).normal(size=(50, 2))
    np.testing.assert_array_equal(
        one.log_likelihood(eta, one.encode(plain)), other.log_likelihood(eta, other.encode(hidden))
    )
    np.testing.assert_array_equal(one.score(eta, one.encode(plain)), other.score(eta, other.encode(hidden)))


def test_units_scale_all_ends_alike() -> None:
    frame = censored(np.random.default_rng(0).normal(5.0, 2.0, ROWS), 2.0)
    plain = Gaussian.family().bind(frame, standardize=False)
    units = Gaussian.family().bind(frame)
    assert units.scale[0] != 1
    eta = np.random.default_rng(1).normal(size=(ROWS, 2)) * 0.1
    loc, log_scale = eta[:, 0], eta[:, 1]
    natural = np.stack([units.shift[0] + units.scale[0] * loc, log_scale + np.log(units.scale[0])], axis=1)
    np.testing.assert_allclose(
        units.log_likelihood(eta, units.encode(frame)),
        plain.log_likelihood(natural, plain.encode(frame)),
        rtol=1e-12,
    )


def test_single_outcomes() -> None:
    assert single_outcome(np.array([[1.0, 1.0], [2.0, 2.0]])) is None
    assert single_outcome(np.array([[1.0, np.inf], [2.0, np.inf]])) == (2.0, np.inf)
    assert single_outcome(np.array([[1.0, 1.0], [1.0, np.inf]])) == (1.0, 1.0)
    assert single_outcome(np.array([[0.0, 2.0], [1.0, 3.0]])) == (1.0, 2.0)


def test_what_cannot_be_censored_is_refused() -> None:
    frame = intervals(np.array([1.0, 2.0]), np.array([1.0, np.inf]))
    with pytest.raises(TargetError, match="needs a family of numbers on a line"):
        VonMises.family().bind(frame)
    with pytest.raises(
        TargetError, match=r"'y' is to lie in \(-inf, -1\] at row 1, but Weibull has values in"
    ):
        Weibull.family().bind(intervals(np.array([1.0, -np.inf]), np.array([1.0, -1.0])))
    with pytest.raises(TargetError, match="holds -1 at row 0, but Weibull needs values in"):
        Weibull.family().bind(intervals(np.array([-1.0, 0.0]), np.array([-1.0, 1.0])))
