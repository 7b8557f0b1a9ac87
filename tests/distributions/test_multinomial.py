"""Counts by category beyond what every family is tested for."""

from __future__ import annotations

import mpmath
import numpy as np
import pandas as pd
import pytest

from mlekit.distributions import Binomial, Categorical, Multinomial
from mlekit.errors import ParameterError, TargetError


@pytest.mark.parametrize("trials", [1, 2, 5, 20, 1000, 10**6])
@pytest.mark.parametrize("seed", range(4))
def test_no_exchange_of_one_answer_beats_the_mode(trials: int, seed: int) -> None:
    """The log-mass is concave on the counts, so that a point that no exchange improves is a mode."""
    p = Multinomial(trials=trials, probs=np.random.default_rng(seed).dirichlet(np.full(5, 0.7), 8))
    mode = p.mode
    assert (mode.sum(axis=-1) == trials).all()
    best = p.log_prob(mode)
    for up in range(5):
        for down in range(5):
            moved = mode + np.eye(5)[up] - np.eye(5)[down]
            assert (p.log_prob(moved) <= best + 1e-9).all()


def test_two_categories_are_binomial() -> None:
    trials, probs = np.array([0.0, 3.0, 50.0, 1e9]), 0.3
    pair, number = Multinomial(trials=trials, probs=[probs, 1 - probs]), Binomial(trials=trials, probs=probs)
    successes = np.floor(trials * 0.4)
    both = np.stack([successes, trials - successes], axis=-1)
    np.testing.assert_allclose(pair.log_prob(both), number.log_prob(successes), rtol=1e-13)
    np.testing.assert_allclose(pair.entropy(), number.entropy(), rtol=1e-12)
    np.testing.assert_allclose(pair.variance[:, 0], number.variance, rtol=1e-14)


@pytest.mark.parametrize("scale", [1, 1000, 10**9])
def test_large_counts_agree_with_arbitrary_precision(scale: int) -> None:
    counts, probs = scale * np.array([2.0, 3.0, 5.0]), [0.21, 0.29, 0.5]
    with mpmath.workdps(50):
        expected = mpmath.loggamma(mpmath.mpf(counts.sum()) + 1)
        for count, p in zip(counts.tolist(), Multinomial(trials=1, probs=probs).probs.tolist(), strict=True):
            expected += count * mpmath.log(mpmath.mpf(p)) - mpmath.loggamma(mpmath.mpf(count) + 1)
    ours = Multinomial(trials=counts.sum(), probs=probs).log_prob(counts)
    assert float(ours) == pytest.approx(float(expected), rel=1e-12)


def test_log_likelihood_is_that_of_the_answers_times_the_coefficient() -> None:
    target = pd.DataFrame({"a": [2, 0, 1], "b": [1, 4, 0], "c": [3, 0, 0]})
    counts, answers = Multinomial.family().bind(target), Categorical.family().bind(target)
    eta = np.random.default_rng(1).normal(size=(3, 3))
    y = counts.encode(target)
    coefficient = np.log([60.0, 1.0, 1.0])
    expected = answers.log_likelihood(eta, answers.encode(target)) + coefficient
    np.testing.assert_allclose(counts.log_likelihood(eta, y), expected, rtol=1e-13)
    np.testing.assert_allclose(counts.score(eta, y), answers.score(eta, answers.encode(target)), atol=1e-13)
    assert counts.output_labels("logits") == ["a", "b", "c"]
    np.testing.assert_array_equal(counts.distribution(eta).trials, 1)


def test_counts_of_another_total_are_impossible() -> None:
    p = Multinomial(trials=3, probs=[0.5, 0.5])
    np.testing.assert_array_equal(p.log_prob([[1, 1], [2, 2], [1.5, 1.5], [-1, 4]]), -np.inf)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"trials": 3}, "Multinomial: give exactly one of probs and logits"),
        ({"trials": 3, "probs": [0.5, 0.4]}, "Multinomial: probabilities must sum to 1"),
        ({"trials": 1.5, "probs": [0.5, 0.5]}, "Multinomial: trials must lie in whole numbers"),
        (
            {"trials": [1, 2, 3], "probs": [[0.5, 0.5], [0.1, 0.9]]},
            r"do not broadcast together: trials \(3,\)",
        ),
    ],
)
def test_wrong_parameters_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Multinomial(**settings)  # type: ignore[arg-type]


def test_targets_that_do_not_suit_are_refused() -> None:
    target = pd.DataFrame({"a": [2.0, 1.0], "b": [1.0, 0.5]}, index=["x", "y"])
    with pytest.raises(TargetError, match=r"column 'b' holds 0\.5 at row 'y'"):
        Multinomial.family().bind(target).encode(target)
    with pytest.raises(TargetError, match=r"sum to 3 at row 'x'.*held fixed at 4"):
        Multinomial.family(trials=4).bind(target.head(1)).encode(target.head(1))
    with pytest.raises(TargetError, match="a column of counts for each category"):
        Multinomial.family().bind(target[["a"]])
