"""Batches of every family: shapes, broadcasting, scalars, immutability, output."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlekit.distributions import Distribution, Multivariate
from mlekit.errors import ParameterError, SupportError
from tests.distributions.cases import Case, each, elementwise, fitted

SHAPES = [(), (4,), (3, 2), (0,)]


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


@each(lambda case: case.event_ndim > 0)
def test_many_outcomes_are_answered_as_few(case: Case) -> None:
    """Many are taken in blocks, which must not cut through an outcome."""
    single = case.typical(0)
    few = single.sample(50, rng=0)
    many = np.tile(few, (1000, *(1 for _ in single.event_shape)))
    np.testing.assert_allclose(single.log_prob(many), np.tile(single.log_prob(few), 1000), rtol=1e-13)
    square = many.reshape(200, 250, *single.event_shape)
    np.testing.assert_allclose(single.log_prob(square).reshape(-1), single.log_prob(many), rtol=1e-13)


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
