"""The resolution guard: a scale does not fall below what the target's own values can tell apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlekit.distributions import Cauchy, Family, Gamma, Gaussian, Head, StudentT
from mlekit.errors import ParameterError

GRADES = pd.DataFrame({"grade": [5.0, 6.0, 6.0, 7.0, 5.5, 8.0]})
LEAST = 0.5 / np.sqrt(12)


@pytest.mark.parametrize("family", [Gaussian.family(), StudentT.family(df=5.0), Cauchy.family()], ids=repr)
def test_the_scale_stops_at_the_resolution_in_the_targets_units(family: Family[Gaussian]) -> None:
    head = family.bind(GRADES, guarded=True)
    scale = head.distribution(np.array([[0.0, -20.0], [0.0, 0.0]])).scale
    assert scale[0] == pytest.approx(LEAST, rel=1e-12)
    assert scale[1] > LEAST


def test_value_and_score_are_of_one_expression() -> None:
    """The likelihood does not depend on what is below the floor, and is the guarded distribution's own."""
    head = Gaussian.family().bind(GRADES, guarded=True)
    eta = np.array([[0.1, -3.0], [0.2, -5.0], [-0.3, 0.4], [0.0, -0.2], [0.1, -2.1], [0.5, 1.0]])
    y = head.encode(GRADES)
    value, score = head.value_and_score(eta, y)
    step = 1e-6
    for column in range(2):
        moved = step * np.eye(2)[column]
        slope = (head.log_likelihood(eta + moved, y) - head.log_likelihood(eta - moved, y)) / (2 * step)
        np.testing.assert_allclose(score[:, column], slope, rtol=1e-5, atol=1e-8)
    np.testing.assert_array_equal(score[:2, 1], 0.0)
    np.testing.assert_allclose(value, head.distribution(eta).log_prob(GRADES["grade"].to_numpy()))


def test_single_precision_stays_single() -> None:
    head = Gaussian.family().bind(GRADES, guarded=True)
    value, score = head.value_and_score(np.zeros((6, 2), np.float32), head.encode(GRADES).astype(np.float32))
    assert value.dtype == score.dtype == np.float32


def least(head: Head[Gaussian]) -> float:
    return float(head.distribution(np.array([[0.0, -30.0]])).scale[0])


def test_when_there_is_a_guard() -> None:
    assert least(Gaussian.family().bind(GRADES)) < 1e-10
    assert least(Gaussian.family(resolution=0).bind(GRADES, guarded=True)) < 1e-10
    assert least(Gaussian.family(resolution=2.0).bind(GRADES)) == pytest.approx(2.0)
    assert least(Gaussian.family().bind(GRADES.drop_duplicates(), guarded=True)) < 1e-10
    positive = Gamma.family().bind(GRADES, guarded=True)
    assert not positive.resolution.any()


def test_targets_have_resolutions_of_their_own() -> None:
    two = GRADES.assign(fine=[0.1, 0.2, 0.2, 0.5, 0.3, 0.9])
    head = Gaussian.family().bind(two, guarded=True)
    scale = head.distribution(np.full((1, 4), -30.0)).scale
    np.testing.assert_allclose(scale, [[LEAST, 0.1 / np.sqrt(12)]])


def test_a_negative_resolution_is_refused() -> None:
    with pytest.raises(ParameterError, match="resolution"):
        Gaussian.family(resolution=-1.0)
