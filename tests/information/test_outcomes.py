"""What can be compared, what is infinite and why, and what is an error."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlekit.distributions import (
    Bernoulli,
    Categorical,
    Distribution,
    Empirical,
    Gaussian,
    Mixture,
    OrderedCategorical,
    VonMises,
)
from mlekit.errors import ParameterError
from mlekit.information import cross_entropy, entropy, js, kl, total_variation
from tests.information.families import gamma, poisson, student

LOG_2 = float(np.log(2))


def test_the_mean_nll_of_data_is_its_cross_entropy() -> None:
    y = np.array([0.3, -1.0, 2.5])
    model = Gaussian(loc=[0.0, 1.0], scale=2.0)
    nll = -np.array([model.log_prob(value) for value in y]).mean(axis=0)
    np.testing.assert_allclose(cross_entropy(Empirical(y), model), nll, rtol=1e-15)
    weights = np.array([1.0, 1.0, 2.0])
    weighted = -(weights / 4) @ np.array([model.log_prob(value) for value in y])
    np.testing.assert_allclose(cross_entropy(Empirical(y, weights), model), weighted, rtol=1e-15)


def test_one_outcome_a_row_against_one_prediction_a_row() -> None:
    y = np.array([0.3, -1.0, 2.5])
    predictions = Gaussian(loc=[0.0, 1.0, 2.0], scale=1.0)
    rows = cross_entropy(Empirical(y[:, None]), predictions)
    np.testing.assert_array_equal(rows, -predictions.log_prob(y))
    labels = np.array(["b", "a", "b"])
    classes = Categorical(probs=[[0.1, 0.9], [0.5, 0.5], [0.8, 0.2]], categories=["a", "b"])
    np.testing.assert_array_equal(kl(Empirical(labels[:, None]), classes), -classes.log_prob(labels))


def test_data_to_model_is_cross_entropy_less_entropy() -> None:
    data = Empirical(["a", "b", "b", "c"])
    model = Categorical(probs=[0.25, 0.5, 0.25], categories=["c", "b", "a"])
    assert float(kl(data, model)) == pytest.approx(0, abs=1e-16)
    other = Categorical(probs=[0.7, 0.2, 0.1], categories=["a", "b", "c"])
    expected = cross_entropy(data, other) - entropy(data)
    assert float(kl(data, other)) == pytest.approx(float(expected), rel=1e-14)


def test_data_is_singular_to_a_density_and_says_what_to_do() -> None:
    data, model = Empirical([1.0, 2.0]), Gaussian(loc=[0.0, 1.0], scale=1.0)
    known = kl(data, model, estimate=True)
    assert np.all(known.value == np.inf)
    assert known.support is not None
    assert "has no density" in known.support
    assert "cross_entropy(p, q)" in known.support
    assert "nearest-neighbour" in known.support
    back = kl(model, data, estimate=True)
    assert np.all(back.value == np.inf)
    assert "is continuous" in str(back.support)
    assert np.all(cross_entropy(model, data) == np.inf)
    np.testing.assert_allclose(js(model, data), [LOG_2, LOG_2], rtol=1e-15)


@pytest.mark.parametrize(
    ("p", "q", "reason"),
    [
        (Bernoulli(probs=0.3), Bernoulli(probs=0.0), r"q gives probability 0 to 1\.0, which p gives 0\.3"),
        (
            Empirical(["a", "z", "z", "y"]),
            Categorical(probs=[0.5, 0.5], categories=["a", "b"]),
            r"probability 0 to 'z', which p gives 0\.5; q gives probability 0 to 'y', which p gives 0\.25",
        ),
        (Empirical([-1.0, 2.0]), gamma(2.0, 1.0), r"q \(FromScipy\) gives every single value probability 0"),
        (Gaussian(loc=0.0, scale=1.0), gamma(2.0, 1.0), r"outside \(0, inf\), where p has probability 0\.5"),
        (student(2.0), Gaussian(loc=0.0, scale=1.0), "tails are too light"),
        (poisson(1.0), Bernoulli(probs=0.5), r"0 to 2\.0, which p gives 0\.18394.*for \d+ more outcomes"),
        (Categorical(probs=[0.9, 0.1]), Empirical([0, 0]), r"probability 0 to 1, which p gives 0\.1"),
    ],
)
def test_infinity_has_a_reason(p: Distribution, q: Distribution, reason: str) -> None:
    known = kl(p, q, estimate=True)
    assert float(known) == np.inf
    assert float(known.error) == 0

    assert re.search(reason, str(known.support)), known.support


def test_cross_entropy_of_data_that_a_density_excludes() -> None:
    known = cross_entropy(Empirical([-1.0, 2.0]), gamma(2.0, 1.0), estimate=True)
    assert float(known) == np.inf
    assert known.support == "q gives density 0 to -1.0, which p gives 0.5"


def test_in_a_batch_the_first_infinite_element_is_named() -> None:
    p = Categorical(probs=[[1.0, 0.0], [0.5, 0.5], [0.25, 0.75]], categories=["a", "b"])
    q = Categorical(probs=[1.0, 0.0], categories=["a", "b"])
    known = kl(p, q, estimate=True)
    np.testing.assert_array_equal(known.value, [0.0, np.inf, np.inf])
    assert known.support is not None
    assert known.support.startswith("in 2 of 3 batch elements, first at (1,): q gives probability 0 to 'b'")


def test_a_tiny_probability_that_underflows_is_still_possible() -> None:
    p = Categorical(logits=[0.0, -2000.0])
    q = Categorical(logits=[0.0, -np.inf])
    assert float(kl(p, q)) == np.inf
    assert float(kl(p, q, method="exact_sum")) == np.inf


def test_categories_are_matched_by_label() -> None:
    p = Categorical(probs=[0.2, 0.8], categories=["a", "b"])
    q = Categorical(probs=[0.8, 0.2], categories=["b", "a"])
    assert float(kl(p, q)) == pytest.approx(0, abs=1e-16)


@pytest.mark.parametrize(
    ("p", "q", "message"),
    [
        (
            Categorical(probs=[0.5, 0.5], categories=["a", "b"]),
            Categorical(probs=[0.5, 0.5], categories=["a", "c"]),
            "p has 2, q has 2; only in p: 'b'; only in q: 'c'",
        ),
        (
            Bernoulli(probs=0.5),
            Categorical(probs=[0.2, 0.3, 0.5]),
            "p has 2, q has 3; only in p: none; only in q: 2",
        ),
        (Categorical(probs=[1.0], categories=["a"]), Gaussian(loc=0, scale=1), "labels.*numbers"),
        (Empirical(["a"]), Bernoulli(probs=0.5), "labels.*numbers"),
        (Empirical([1.0]), Empirical(["a"]), "numbers.*labels"),
        (
            VonMises(loc=0.0, concentration=2.0),
            Gaussian(loc=0, scale=1),
            "directions, .*numbers: .* whole turns",
        ),
        (
            Gaussian(loc=0, scale=1),
            VonMises(loc=0.0, concentration=2.0),
            "numbers, .*directions: .* whole turns",
        ),
        (
            Gaussian(loc=np.zeros(3), scale=1),
            Gaussian(loc=np.zeros(4), scale=1),
            r"\(3,\) of p and \(4,\) of q",
        ),
    ],
)
def test_what_cannot_be_compared_is_an_error(p: Distribution, q: Distribution, message: str) -> None:
    for measure in (kl, cross_entropy, js):
        with pytest.raises(ParameterError, match=message):
            measure(p, q)


GRADES = ["low", "medium", "high"]


def graded(order: list[str], loc: float = 0.3) -> OrderedCategorical:
    return OrderedCategorical(loc=loc, cutpoints=[-1.0, 1.0], categories=order)


def mixed(order: list[str]) -> Mixture[OrderedCategorical]:
    return Mixture([graded(order), graded(order, 2.0)], [0.25, 0.75])


@pytest.mark.parametrize("make", [graded, mixed])
def test_declared_categories_are_checked_and_matched_by_label(make: Any) -> None:
    p = make(GRADES)
    probs = dict(zip(GRADES, np.exp(p.log_prob(GRADES)), strict=True))
    shuffled = Categorical.from_dict({name: probs[name] for name in ("high", "low", "medium")})
    flat = Categorical(probs=[0.25, 0.5, 0.25], categories=["medium", "low", "high"])
    expected = sum(probs[name] * np.log(probs[name] / flat.prob(name)) for name in GRADES)
    for measure in (kl, js, total_variation):
        assert float(measure(p, shuffled)) == pytest.approx(0, abs=1e-15)
        assert float(measure(shuffled, p)) == pytest.approx(0, abs=1e-15)
        assert float(measure(p, flat)) == pytest.approx(float(measure(shuffled, flat)), rel=1e-12)
    assert float(kl(p, flat)) == pytest.approx(float(expected), rel=1e-12)
    for other in (make(["low", "medium", "top"]), Categorical(probs=[0.5, 0.5], categories=["low", "top"])):
        for measure in (kl, js, cross_entropy, total_variation):
            with pytest.raises(ParameterError, match=r"only in p: .*'high'; only in q: 'top'"):
                measure(p, other)
            with pytest.raises(ParameterError, match=r"only in p: 'top'; only in q: .*'high'"):
                measure(other, p)


@pytest.mark.parametrize("make", [graded, mixed])
def test_two_orders_must_be_the_same(make: Any) -> None:
    p, q = make(GRADES), graded(["high", "medium", "low"])
    assert float(kl(p, graded(GRADES, -0.5))) > 0
    upward, downward = "'low' < 'medium' < 'high'", "'high' < 'medium' < 'low'"
    with pytest.raises(ParameterError, match=f"{upward} in p, {downward} in q"):
        kl(p, q)
    with pytest.raises(ParameterError, match=f"{downward} in p, {upward} in q"):
        kl(q, p)
    as_labels = Categorical(logits=q.log_probs, categories=q.categories)
    assert float(kl(p, as_labels)) > 0


def test_ordered_categories_opposite_data_and_a_coin() -> None:
    data = Empirical(["low", "low", "high", "top"])
    assert float(kl(data, graded(GRADES))) == np.inf
    assert float(js(data, graded(GRADES))) < LOG_2
    binary = OrderedCategorical(loc=0.0, cutpoints=[0.0])
    assert float(kl(Bernoulli(probs=0.5), binary)) == pytest.approx(0, abs=1e-15)


def test_booleans_are_the_numbers_0_and_1() -> None:
    flags, numbers = Empirical([True, False, True]), Empirical([1, 0, 1])
    assert float(kl(flags, numbers)) == 0
    coin = Categorical(probs=[0.25, 0.75], categories=[False, True])
    assert float(kl(Bernoulli(probs=0.75), coin)) == pytest.approx(0, abs=1e-16)
    assert float(cross_entropy(flags, coin)) == pytest.approx(-(2 * np.log(0.75) + np.log(0.25)) / 3)
    assert float(cross_entropy(numbers, coin)) == float(cross_entropy(flags, coin))


def test_mixed_labels_meet_numbers_where_they_share_some() -> None:
    mixed = Categorical(probs=[0.5, 0.5], categories=["a", 1])
    assert float(cross_entropy(Empirical([1, 1]), mixed)) == pytest.approx(LOG_2)


def test_a_numeric_categorical_opposite_counts() -> None:
    p = Categorical(probs=[0.5, 0.25, 0.25])
    expected = np.sum(p.probs * (np.log(p.probs) - poisson(1.0).log_prob([0, 1, 2])))
    assert float(kl(p, poisson(1.0))) == pytest.approx(float(expected), rel=1e-14)
    assert float(kl(poisson(1.0), p)) == np.inf


def test_pandas_categoricals_are_data() -> None:
    labels = pd.Series(["x", "y", "x"], dtype="category")
    model = Categorical(probs=[0.5, 0.5], categories=["y", "x"])
    assert float(cross_entropy(Empirical(labels), model)) == pytest.approx(LOG_2)


@pytest.mark.parametrize("base", [1.0, 0.5, 0.0, -2.0, np.inf, np.nan])
def test_a_base_is_above_one(base: float) -> None:
    with pytest.raises(ParameterError, match="base"):
        entropy(Bernoulli(probs=0.5), base=base)


def test_batches_of_data() -> None:
    rows = Empirical([["a", "b"], ["b", "b"]])
    model = Categorical(probs=[0.5, 0.5], categories=["a", "b"])
    np.testing.assert_allclose(kl(rows, model), [0.0, LOG_2], atol=1e-16)
    np.testing.assert_allclose(kl(rows, rows), [0.0, 0.0], atol=0)
    np.testing.assert_array_equal(kl(model, rows), [0.0, np.inf])
