"""What every family refuses, by name, and that it answers with numbers up to the ends of its domain."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from mlekit.distributions import FiniteSet
from mlekit.errors import ParameterError, SupportError
from tests.distributions.cases import CASES, Case, Parameters, each, elementwise, fitted, ordered


def invalid(case: Case) -> list[tuple[str, float]]:
    """Every declared parameter with numbers outside its domain."""
    return [
        (parameter.name, bad)
        for parameter in case.distribution.parameters
        for bad in (np.nan, np.inf, -np.inf, -1.0, 0.0, 0.5, 2.0)
        if parameter.name in case.parameters(0) and not parameter.domain.contains(np.asarray(bad))
    ]


@pytest.mark.parametrize(
    ("case", "name", "bad"), [(case, name, bad) for case in CASES for name, bad in invalid(case)], ids=str
)
def test_parameters_outside_their_domain_are_refused(case: Case, name: str, bad: float) -> None:
    """The message names class, parameter, value and position."""
    parameters = case.parameters(0, (2, 3))
    array = np.array(parameters[name])
    position = (1, 2) + (0,) * (array.ndim - 2)
    array[position] = bad
    place = re.escape(f"is {bad:g} at position {position}")
    with pytest.raises(ParameterError, match=f"{case.owner}: {name} must .*{place}"):
        case.make({**parameters, name: array})
    if elementwise(case):
        with pytest.raises(ParameterError, match=f"{case.owner}: {name} must .*is {bad:g}$"):
            case.make({**case.parameters(0), name: bad})


@pytest.mark.parametrize(
    ("case", "name"),
    [(case, name) for case in CASES for name in case.parameters(0) if name != "samples" and not case.build],
    ids=str,
)
def test_parameters_that_are_not_numbers_are_refused(case: Case, name: str) -> None:
    for bad in ("text", "0.5", ["a", "b"], ["1", "2"], [object()], 1j, np.timedelta64(1, "s")):
        with pytest.raises(ParameterError, match=case.class_name):
            case.make({**case.parameters(0), name: bad})
    ragged = [[0.2, 0.8], [1.0]]
    with pytest.raises(ParameterError, match=case.class_name):
        case.make({**case.parameters(0), name: ragged})


@each()
def test_missing_outcomes_are_refused(case: Case) -> None:
    batch = case.typical(0)
    y = np.array(batch.sample(3, rng=0), dtype=np.float64)
    y[1] = np.nan
    calls = [batch.log_prob, batch.prob, *([batch.cdf, batch.log_cdf, batch.log_sf] if case.ordered else [])]
    for call in (*calls, *([batch.score] if fitted(case) else [])):
        with pytest.raises(SupportError, match="NaN"):
            call(y)
    if case.ordered:
        for level in (np.nan, [0.5, np.nan]):
            with pytest.raises(SupportError, match="NaN"):
                batch.quantile(level)


@each(lambda case: not isinstance(case.typical(0).support, FiniteSet))
def test_text_is_not_a_number(case: Case) -> None:
    batch = case.typical(0)
    for text in (
        "a",
        "1.5",
        ["a", "b"],
        ["0", "1"],
        [object()],
        {"a": 1},
        [b"0"],
        np.datetime64("2020-01-01"),
    ):
        with pytest.raises(SupportError, match=case.class_name):
            batch.log_prob(text)  # type: ignore[arg-type]


@each()
def test_what_cannot_happen_has_no_probability(case: Case) -> None:
    batch = case.typical(0)
    outside = () if case.periodic else (-1e9 + 0.5, 1e9 + 0.5)
    for number in (*outside, np.inf, -np.inf):
        impossible = np.full(batch.event_shape, number)
        if isinstance(batch.support, FiniteSet) or not batch.support.contains(impossible):
            assert batch.log_prob(impossible) == -np.inf
            assert batch.prob(impossible) == 0


@each(lambda case: case.event_ndim > 0)
def test_outcomes_with_axes_have_no_order(case: Case) -> None:
    batch = case.typical(0, (3,))
    y = batch.sample(rng=0)
    calls: list[Callable[[], Any]] = [
        partial(batch.cdf, y),
        partial(batch.log_cdf, y),
        partial(batch.log_sf, y),
        partial(batch.quantile, 0.5),
        batch.interval,
    ]
    for call in calls:
        with pytest.raises(SupportError, match="have no order"):
            call()
    with pytest.raises(SupportError, match="have no order"):
        _ = batch.median


@each(lambda case: case.event_ndim > 0)
def test_outcomes_of_another_length_are_refused(case: Case) -> None:
    batch = case.typical(0, (3,))
    longer = np.zeros((3, batch.event_shape[0] + 1))
    with pytest.raises(SupportError, match=rf"an outcome has the shape \({batch.event_shape[0]},\)"):
        batch.log_prob(longer)
    with pytest.raises(SupportError, match="an outcome has the shape"):
        batch.log_prob(0.5)


@each(ordered, lambda case: not isinstance(case.typical(0).support, FiniteSet))
def test_the_cdf_beyond_the_support(case: Case) -> None:
    batch = case.typical(0)
    np.testing.assert_array_equal(batch.cdf([-np.inf, np.inf]), [0, 1])
    np.testing.assert_array_equal(batch.log_cdf([-np.inf, np.inf]), [-np.inf, 0])
    np.testing.assert_array_equal(batch.log_sf([-np.inf, np.inf]), [0, -np.inf])


# ---- extremes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "parameters"), [(case, extreme) for case in CASES for extreme in case.extremes], ids=str
)
def test_answers_stay_numbers_at_extreme_parameters(case: Case, parameters: Parameters) -> None:
    distribution = case.make(parameters)
    y = np.concatenate([np.asarray(distribution.mode)[None], distribution.sample(50, rng=0)])
    assert not np.isnan(distribution.entropy()).any()
    if case.moments:
        assert not np.isnan(distribution.mean).any()
        assert (np.asarray(distribution.variance) >= 0).all()
    else:
        assert np.isnan([distribution.mean, distribution.variance]).all()
    log_prob = distribution.log_prob(y)
    assert not np.isnan(log_prob).any()
    assert (log_prob > -np.inf).all(), "a sample that cannot happen"
    if case.ordered:
        levels = np.array([0.0, 1e-12, 0.2, 0.5, 0.9, 1.0])
        quantiles = distribution.quantile(levels)
        cdf = distribution.cdf(quantiles)
        assert (np.diff(cdf) >= 0).all()
        assert ((cdf >= 0) & (cdf <= 1)).all()
        assert (distribution.log_cdf(quantiles) <= 0).all()
        assert (distribution.log_sf(quantiles) <= 0).all()
    if fitted(case):
        assert not np.isnan(distribution.score(y)).any()
        assert not np.isnan(distribution.fisher_information()).any()
