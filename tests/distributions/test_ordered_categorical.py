"""Ordered categories: narrow and far intervals against arbitrary precision, soft labels, order, and what is refused."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pandas as pd
import pytest

from mlekit.distributions import Categorical, OrderedCategorical
from mlekit.errors import ParameterError, SupportError, TargetError

LINKS = ["logit", "probit"]


def cdf(x: Any, link: str) -> Any:
    """F in mpmath."""
    return mpmath.ncdf(x) if link == "probit" else 1 / (1 + mpmath.exp(-x))


def mass(loc: float, low: float, high: float, link: str) -> Any:
    """F(high − loc) − F(low − loc), in the left tail, where F has all its digits."""
    a, b = (mpmath.mpf(cut) - mpmath.mpf(loc) for cut in (low, high))
    if a + b > 0:
        a, b = -b, -a
    return cdf(b, link) - cdf(a, link)


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("width", [1e-12, 1e-5, 0.1, 0.3, 0.49, 0.51, 1.0, 3.0, 50.0])
def test_masses_and_slopes_of_intervals_keep_their_digits(link: str, width: float) -> None:
    """Powers of two as locations and cutpoints of few digits: the differences are exact, and so is the width."""
    width = float(np.ldexp(np.round(np.ldexp(width, 50)), -50))
    for loc in (-64.0, -32.0, -5.0, -1.0, -0.125, 0.0, 0.0625, 0.75, 2.0, 6.5, 32.0, 64.0):
        p = OrderedCategorical(loc=loc, cutpoints=[0.0, width], link=link)
        with mpmath.workdps(60):
            middle = mass(loc, 0.0, width, link)
            probabilities = [cdf(mpmath.mpf(-loc), link), middle, cdf(loc - mpmath.mpf(width), link)]
            expected = [float(mpmath.log(value)) for value in probabilities]
            density = mpmath.npdf if link == "probit" else lambda x: cdf(x, "logit") * cdf(-x, "logit")
            at_low, at_high = density(mpmath.mpf(-loc)), density(mpmath.mpf(width) - loc)
            slopes = [float((at_low - at_high) / middle), float(width * at_high / middle)]
        np.testing.assert_allclose(p.log_prob([0, 1, 2]), expected, rtol=2e-13, atol=1e-60)
        score = p.score(1)
        np.testing.assert_allclose(score[[0, 2]], slopes, rtol=1e-11, atol=1e-13)
        assert score[1] == -score[0]


@pytest.mark.parametrize("link", LINKS)
def test_tails_do_not_underflow(link: str) -> None:
    p = OrderedCategorical(loc=0.0, cutpoints=[-100.0, 0.0, 100.0], link=link)
    with mpmath.workdps(60):
        tail = float(mpmath.log(cdf(mpmath.mpf(-100), link)))
    assert p.log_cdf(0) == pytest.approx(tail, rel=1e-13)
    assert p.log_sf(2) == p.log_prob(3) == pytest.approx(tail, rel=1e-13)
    assert [p.cdf(3), p.log_cdf(3), p.log_sf(3)] == [1.0, 0.0, -np.inf]


def test_two_categories_are_a_bernoulli() -> None:
    p = OrderedCategorical(loc=[0.0, 1.5], cutpoints=[0.5])
    np.testing.assert_allclose(p.probs[:, 1], 1 / (1 + np.exp(0.5 - np.array([0.0, 1.5]))), rtol=1e-14)


def test_the_same_as_a_categorical() -> None:
    p = OrderedCategorical(loc=0.3, cutpoints=[-1.0, 0.0, 2.0], categories=list("abcd"))
    q = p.to_categorical()
    assert isinstance(q, Categorical)
    np.testing.assert_allclose(q.log_prob(list("abcd")), p.log_prob(list("abcd")), rtol=1e-14)
    assert [p.quantile(level) for level in (0.0, 0.5, 1.0)] == [
        q.quantile(level) for level in (0.0, 0.5, 1.0)
    ]
    assert p.log_prob("z") == -np.inf
    with pytest.raises(SupportError, match="no place in their order"):
        p.cdf("z")
    with pytest.raises(SupportError, match="are not numbers"):
        _ = p.mean


def test_parameters_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"cutpoints must .* increase .* but is 1 at position \(2,\)"):
        OrderedCategorical(loc=0.0, cutpoints=[0.0, 1.0, 1.0])
    with pytest.raises(ParameterError, match="link must be one of logit, probit, but is 'cloglog'"):
        OrderedCategorical(loc=0.0, cutpoints=[0.0], link="cloglog")
    with pytest.raises(ParameterError, match="at least one cutpoint"):
        OrderedCategorical(loc=0.0, cutpoints=0.0)
    with pytest.raises(ParameterError, match="3 probabilities, but 2 categories"):
        OrderedCategorical(loc=0.0, cutpoints=[0.0, 1.0], categories=["a", "b"])
    with pytest.raises(ParameterError, match=r"broadcast.*loc \(4,\), cutpoints \(3, 2\)"):
        OrderedCategorical(loc=np.zeros(4), cutpoints=np.tile([0.0, 1.0], (3, 1)))
    with pytest.raises(ParameterError, match=r"cutpoints must .* increase"):
        OrderedCategorical.family(cutpoints=[1.0, 0.0])
    with pytest.raises(ParameterError, match="link must be one of"):
        OrderedCategorical.family(link="log").bind(pd.DataFrame({"y": [0, 1]}))


def test_the_order_comes_from_numbers_an_ordered_categorical_or_the_user() -> None:
    words = ["low", "high", "low"]
    with pytest.raises(TargetError, match="its labels have no order"):
        OrderedCategorical.family().bind(pd.DataFrame({"y": words}))
    with pytest.raises(TargetError, match="its labels have no order"):
        OrderedCategorical.family().bind(pd.DataFrame({"y": pd.Categorical(words)}))
    ordered = pd.Categorical(words, categories=["low", "high"], ordered=True)
    heads = [
        OrderedCategorical.family().bind(pd.DataFrame({"y": ordered})),
        OrderedCategorical.family(categories=["low", "high"]).bind(pd.DataFrame({"y": words})),
        OrderedCategorical.family().bind(pd.DataFrame({"y": [1, 10, 1]})),
    ]
    assert [head.constants["categories"].tolist() for head in heads] == [["low", "high"]] * 2 + [[1, 10]]
    assert heads[0].output_labels("cutpoints") == ["low|high"]


@pytest.mark.parametrize("link", LINKS)
def test_soft_labels_and_counts_weigh_the_log_probabilities(link: str) -> None:
    counts = pd.DataFrame({"a": [2, 0, 1], "b": [1, 4, 0], "c": [0, 1, 5]})
    head = OrderedCategorical.family(link=link).bind(counts)
    eta = np.random.default_rng(0).normal(size=(3, head.n_outputs))
    value, score = head.value_and_score(eta, head.encode(counts))
    p = head.distribution(eta)
    np.testing.assert_allclose(value, (counts.to_numpy() * p.log_probs).sum(axis=1), rtol=1e-13)
    expected = sum(counts.to_numpy()[:, [k]] * p.score(label) for k, label in enumerate("abc"))
    np.testing.assert_allclose(score, expected, rtol=1e-12, atol=1e-13)
    shares = counts.sum().to_numpy() / counts.to_numpy().sum()
    start = head.distribution(head.start(head.encode(counts))[None])
    np.testing.assert_allclose(start.probs[0], shares, rtol=1e-12)
