"""Batches of every family: shapes, broadcasting, scalars, immutability, output, refused input, extreme parameters."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlekit.distributions import Distribution, FiniteSet, Multivariate
from mlekit.errors import ParameterError, SupportError
from tests.distributions.cases import CASES, Case, Parameters, each, fitted, ordered

SHAPES = [(), (4,), (3, 2), (0,)]


def elementwise(case: Case) -> bool:
    """Whether every parameter is one number a batch element, so that parameters broadcast one by one."""
    return all(np.ndim(value) == 0 for value in case.parameters(0).values())


def outcomes(distribution: Distribution, case: Case, shape: tuple[int, ...] = ()) -> Any:
    """Outcomes of that shape, drawn from the distribution of another batch."""
    return case.typical(0).sample(shape, rng=1)


# ---- shapes -----------------------------------------------------------------------------------------------


@each()
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_answer_has_the_shape_of_the_batch(case: Case, shape: tuple[int, ...]) -> None:
    batch = case.typical(5, shape)
    event = batch.event_shape
    assert len(event) == case.event_ndim
    assert batch.batch_shape == shape
    y = batch.sample(rng=0)
    assert np.shape(y) == shape + event
    assert np.shape(batch.sample(6, rng=0)) == (6, *shape, *event)
    assert np.shape(batch.sample((2, 3), rng=0)) == (2, 3, *shape, *event)
    for answer in (batch.log_prob(y), batch.prob(y), batch.entropy()):
        assert_floats(answer, shape)
    for answer in (batch.mean, batch.variance, batch.std):
        assert_floats(answer, shape + event)
    assert_floats(batch.covariance, shape + event + event)
    assert np.shape(batch.mode) == shape + event
    if case.ordered:
        for answer in (batch.cdf(y), batch.log_cdf(y), batch.log_sf(y)):
            assert_floats(answer, shape)
        assert np.shape(batch.median) == np.shape(batch.quantile(0.3)) == shape
        assert [np.shape(end) for end in batch.interval(0.8)] == [shape, shape]
    if fitted(case):
        score, information = batch.score(y), batch.fisher_information()
        coordinates = score.shape[-1]
        assert score.shape == (*shape, coordinates)
        assert information.shape == (*shape, coordinates, coordinates)


def assert_floats(answer: Any, shape: tuple[int, ...]) -> None:
    """A NumPy scalar for a single distribution, an array for a batch."""
    assert isinstance(answer, np.ndarray if shape else np.float64)
    assert answer.shape == shape
    assert answer.dtype == np.float64


@each()
def test_outcomes_broadcast_against_the_batch(case: Case) -> None:
    batch = case.typical(2, (3, 1))
    y = outcomes(batch, case, (4,))
    calls = [batch.log_prob, batch.prob]
    if case.ordered:
        calls += [batch.cdf, batch.log_cdf, batch.log_sf]
    parameters = case.parameters(2, (3, 1))
    for call in calls:
        together = call(y)
        assert together.shape == (3, 4)
        for i in range(3):
            single = case.make({name: value[i, 0] for name, value in parameters.items()})
            for j in range(4):
                alone = getattr(single, call.__name__)(y[j])
                assert alone == pytest.approx(together[i, j], rel=1e-13, nan_ok=False)
    if case.ordered:
        levels = np.array([0.1, 0.3, 0.5, 0.9])
        together = batch.quantile(levels)
        for i in range(3):
            single = case.make({name: value[i, 0] for name, value in parameters.items()})
            np.testing.assert_array_equal(together[i], single.quantile(levels))
    if fitted(case):
        assert batch.score(y).shape[:2] == (3, 4)
        single = case.make({name: value[1, 0] for name, value in parameters.items()})
        np.testing.assert_allclose(batch.score(y)[1], single.score(y), rtol=1e-13)


@each(lambda case: elementwise(case) and len(case.distribution.parameters) > 1)
def test_parameters_broadcast_against_each_other(case: Case) -> None:
    single = case.parameters(0)
    for varied in single:
        mixed = {
            name: np.full((3, 1), value) if name == varied else np.full(4, value)
            for name, value in single.items()
        }
        batch, alone = case.make(mixed), case.make(single)
        assert batch.batch_shape == (3, 4)
        y = alone.sample(rng=0)
        np.testing.assert_array_equal(batch.log_prob(y), np.full((3, 4), alone.log_prob(y)))
        for name in ("mean", "variance", "mode", "median"):
            np.testing.assert_array_equal(getattr(batch, name), np.full((3, 4), getattr(alone, name)))
        assert batch.entropy().shape == batch.sample(rng=0).shape == (3, 4)
        if fitted(case):
            np.testing.assert_array_equal(
                batch.score(y), np.broadcast_to(alone.score(y), batch.score(y).shape)
            )
            information = batch.fisher_information()
            np.testing.assert_array_equal(
                information, np.broadcast_to(alone.fisher_information(), information.shape)
            )
        clash = {name: np.full(2 if name == varied else 3, value) for name, value in single.items()}
        with pytest.raises(ParameterError, match=rf"broadcast.*({varied}|base) \(2,\)"):
            case.make(clash)


@each()
def test_outcomes_that_do_not_broadcast_are_refused(case: Case) -> None:
    batch = case.typical(0, (3,))
    with pytest.raises(SupportError, match=r"do not broadcast against the batch shape \(3,\)"):
        batch.log_prob(outcomes(batch, case, (4,)))


# ---- immutability -----------------------------------------------------------------------------------------


def public_arrays(distribution: Distribution) -> dict[str, np.ndarray]:
    """The arrays that its attributes and properties give out."""
    found = {}
    for name in [*vars(distribution), *(n for n, _ in inspect.getmembers(type(distribution)))]:
        refused = name == "median" and distribution.event_shape
        value = getattr(distribution, name) if not name.startswith("_") and not refused else None
        if isinstance(value, np.ndarray):
            found[name] = value
    return found


@each()
@pytest.mark.parametrize("predicted", [False, True], ids=["made", "predicted"])
def test_nothing_changes_a_distribution(case: Case, predicted: bool) -> None:
    if predicted and not fitted(case):
        pytest.skip("cannot be predicted")
    if predicted:
        head = case.bind()
        eta = case.eta(head, 4)
        batch = head.distribution(eta)
    else:
        batch = case.typical(0, (4,))
    y = outcomes(batch, case, (4,))
    before, entropy = batch.log_prob(y).copy(), np.copy(batch.entropy())
    names = list(vars(batch))
    for name in names:
        with pytest.raises(AttributeError, match="immutable"):
            setattr(batch, name, 0)
        with pytest.raises(AttributeError, match="immutable"):
            delattr(batch, name)
    with pytest.raises(AttributeError, match="immutable"):
        batch.something = 1
    arrays = public_arrays(batch)
    assert arrays
    for name, array in arrays.items():
        if name in vars(batch):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0
        elif array.flags.writeable:
            array[...] = 0
    if predicted:
        eta[:] = 0
    np.testing.assert_array_equal(batch.log_prob(y), before)
    np.testing.assert_array_equal(batch.entropy(), entropy)


@each()
def test_arrays_that_were_passed_in_are_copied(case: Case) -> None:
    parameters = {name: np.array(value) for name, value in case.parameters(0, (4,)).items()}
    batch = case.make(parameters)
    y = outcomes(batch, case, (4,))
    before = batch.log_prob(y).copy()
    for value in parameters.values():
        value[...] = 0
    np.testing.assert_array_equal(batch.log_prob(y), before)


@each()
def test_copies_and_pickles_are_the_same(case: Case) -> None:
    batch = case.typical(0, (4,))
    y = outcomes(batch, case, (4,))
    for other in (copy.copy(batch), copy.deepcopy(batch), pickle.loads(pickle.dumps(batch))):
        np.testing.assert_array_equal(other.log_prob(y), batch.log_prob(y))


# ---- output -----------------------------------------------------------------------------------------------


@each()
def test_repr_is_short_and_names_the_class(case: Case) -> None:
    single, batch = repr(case.typical(0)), repr(case.typical(0, (100_000,)))
    for text in (single, batch):
        assert text.startswith(case.class_name + "(")
        assert "\n" not in text
        assert len(text) < 300


@each(fitted)
def test_to_frame_has_a_row_a_distribution(case: Case) -> None:
    index = pd.Index(["a", "b", "c"], name="site")
    frame = case.typical(0, (3,)).to_frame(index)
    pd.testing.assert_index_equal(frame.index, index)
    assert frame.notna().all(axis=None)
    assert case.typical(0, (3,)).to_frame().index.tolist() == [0, 1, 2]
    assert len(case.typical(0).to_frame()) == 1
    with pytest.raises(ParameterError, match=r"shape \(2, 3\)"):
        case.typical(0, (2, 3)).to_frame()


@each(elementwise)
def test_to_frame_gives_the_parameters_back(case: Case) -> None:
    parameters = case.parameters(0, (3,))
    frame = case.make(parameters).to_frame()
    assert list(frame) == [parameter.name for parameter in case.distribution.parameters]
    for name in {str(column) for column in frame} & set(parameters):
        np.testing.assert_array_equal(frame[name], parameters[name])


# ---- what is refused --------------------------------------------------------------------------------------


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


@each(lambda case: case.event_ndim > 0 and isinstance(case.typical(0), Multivariate))
def test_coordinates_have_the_moments_and_the_frequencies_of_the_vector(case: Case) -> None:
    batch = case.typical(0, (3,))
    assert isinstance(batch, Multivariate)
    y = batch.sample(4000, rng=0)
    for index in range(batch.event_shape[0]):
        part = batch.coordinate(index)
        assert part.batch_shape == (3,)
        np.testing.assert_allclose(part.mean, batch.mean[:, index], rtol=1e-12)
        np.testing.assert_allclose(part.variance, batch.variance[:, index], rtol=1e-12)
        share = (y[..., index] <= part.median).mean(axis=0)
        assert (np.abs(share - part.cdf(part.median)) < 5 * 0.5 / np.sqrt(4000)).all()


@each(lambda case: case.event_ndim > 0)
def test_many_outcomes_are_answered_as_few(case: Case) -> None:
    """Many are taken in blocks, which must not cut through an outcome."""
    single = case.typical(0)
    few = single.sample(50, rng=0)
    many = np.tile(few, (1000, *(1 for _ in single.event_shape)))
    np.testing.assert_allclose(single.log_prob(many), np.tile(single.log_prob(few), 1000), rtol=1e-13)
    square = many.reshape(200, 250, *single.event_shape)
    np.testing.assert_allclose(single.log_prob(square).reshape(-1), single.log_prob(many), rtol=1e-13)


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
