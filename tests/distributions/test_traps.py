"""Where other libraries fail on a likelihood: each case is a test here, of the families that it concerns.

The failures were seen in torch 2.15, SciPy 1.17, scikit-learn 1.9, XGBoostLSS and skpro.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from mlekit.distributions import Bernoulli, Categorical, Empirical, Gaussian
from mlekit.distributions.labels import codes_of, label_array
from mlekit.errors import SupportError, TargetError
from tests.distributions.cases import Case, each, ordered


def test_an_outcome_against_certainty_is_impossible() -> None:
    """Elsewhere probs are clamped, and log_prob(0) under probs=1 is −15.94 in single precision."""
    assert Bernoulli(probs=1.0).log_prob(0) == -np.inf
    assert Bernoulli(probs=1.0).log_prob(1) == 0
    assert Bernoulli(probs=0.0).log_prob(1) == -np.inf
    assert Bernoulli(logits=np.inf).log_prob([0, 1]).tolist() == [-np.inf, 0]
    head = Bernoulli.family().bind(pd.DataFrame({"y": [0, 1]}))
    value = head.log_likelihood(
        np.array([[np.inf], [-np.inf]], dtype=np.float32), np.array([0.0, 1.0], dtype=np.float32)
    )
    assert value.tolist() == [-np.inf, -np.inf]


def test_log_loss_of_an_impossible_event_is_infinite() -> None:
    """Elsewhere predicted probabilities are clipped, and the loss is 18.02."""
    assert -Categorical(probs=[0.0, 1.0]).log_prob(0) == np.inf
    assert -Bernoulli(probs=[0.0, 0.5]).log_prob([1, 1]).sum() == np.inf


def test_an_impossible_category_without_weight_contributes_nothing() -> None:
    """Elsewhere the cross-entropy with a −inf logit and a zero target is NaN."""
    target = pd.DataFrame({"a": [0.25, 0.0], "b": [0.75, 0.5], "c": [0.0, 0.5]})
    head = Categorical.family().bind(target)
    eta = np.array([[0.0, 0.0, -np.inf], [-np.inf, 0.0, 0.0]])
    for dtype in (np.float64, np.float32):
        value, score = head.value_and_score(eta.astype(dtype), head.encode(target).astype(dtype))
        np.testing.assert_allclose(value, [-np.log(2), -np.log(2)], rtol=1e-6)
        np.testing.assert_allclose(score, [[-0.25, 0.25, 0.0], [0.0, 0.0, 0.0]], atol=1e-7)
    assert Categorical(logits=[0.0, -np.inf]).entropy() == 0


def test_soft_labels_that_do_not_sum_to_one_are_refused_by_row() -> None:
    """Elsewhere they are accepted."""
    target = pd.DataFrame({"a": [0.5, 0.7], "b": [0.5, 0.5]}, index=["first", "second"])
    with pytest.raises(TargetError, match=r"sum to 1\.2 at row 'second'"):
        Categorical.family().bind(target).encode(target)


def test_the_normal_tail_does_not_underflow() -> None:
    """Elsewhere the log of the cdf at −20 is −inf; this is its value in arbitrary precision."""
    p = Gaussian(loc=0.0, scale=1.0)
    assert p.log_cdf(-20.0) == pytest.approx(-203.91715537109725, rel=1e-14)
    assert p.log_sf(20.0) == p.log_cdf(-20.0)
    assert p.log_sf(-20.0) == pytest.approx(-np.exp(-203.91715537109725), rel=1e-13)


@each(ordered)
def test_every_family_has_its_cdf_and_quantile(case: Case) -> None:
    """Elsewhere some are not implemented."""
    distribution = case.typical(0)
    assert 0 < distribution.cdf(distribution.quantile(0.5)) <= 1


@pytest.mark.parametrize("family", [Bernoulli, Gaussian, Categorical])
def test_invalid_rows_do_not_vanish_from_the_likelihood(family: type[Bernoulli]) -> None:
    """Elsewhere NaN rows are left out of the sum; here row and column are named."""
    target = pd.DataFrame({"y": [0.0, 1.0, np.nan, 1.0]}, index=list("abcd"))
    with pytest.raises(TargetError, match=r"column 'y'.*row 'c'"):
        family.family().bind(target)
    for distribution in (Bernoulli(probs=0.5), Gaussian(loc=0, scale=1), Categorical(probs=[0.5, 0.5])):
        with pytest.raises(SupportError, match="NaN"):
            distribution.log_prob([0.0, np.nan])


def test_the_second_parameter_of_a_gaussian_is_its_standard_deviation() -> None:
    """Elsewhere a network's 'variance' is used as one."""
    p = Gaussian(loc=0.0, scale=3.0)
    assert p.std == 3.0
    assert p.variance == 9.0
    head = Gaussian.family().bind(pd.DataFrame({"y": [0.0, 1.0]}), standardize=False)
    assert head.distribution(np.array([[0.0, np.log(3.0)]])).std == pytest.approx(3.0, rel=1e-15)


def test_a_million_predictive_distributions_are_a_few_arrays() -> None:
    """Elsewhere they are objects, 20,000 of which take 9 s. Milliseconds; the bound leaves room for a busy machine."""
    n = 1_000_000
    rng = np.random.default_rng(0)
    y = rng.random(n) < 0.5
    eta = rng.normal(size=n)
    labels = np.array(["no", "yes"], dtype=object)[y.astype(int)]
    start = time.perf_counter()
    Bernoulli(logits=eta).log_prob(y)
    Gaussian(loc=eta, scale=1.0).log_prob(eta)
    codes = codes_of(labels, label_array(["no", "yes"]))
    Categorical(logits=np.stack([-eta, eta], axis=1)).log_prob(codes)
    Empirical(labels).mode  # noqa: B018
    assert time.perf_counter() - start < 5
