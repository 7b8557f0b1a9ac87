"""Labels keep their type and their order, from the data through a Categorical or Empirical and back out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlekit.distributions import Categorical, Empirical
from mlekit.distributions.labels import codes_of, label_array
from mlekit.errors import ParameterError, SupportError

YEARS = (2001, 2002, 2003)
DAY = pd.Timestamp("2020-02-29")

# Labels in an order that is not sorted, and the type that comes back out.
LABELS: dict[str, tuple[list[Any], type]] = {
    "strings": (["low", "high", "mid"], str),
    "integers": ([7, -2, 5], np.integer),
    "floats": ([0.5, -0.25, 0.125], np.floating),
    "booleans": ([True, False], np.bool_),
    "large integers": ([2**60 + 1, 2**60, 3], np.integer),
    "mixed": (["a", 1, 2.5, b"a"], object),
    "strings that are numbers": (["1", "0", "01"], str),
    "dates": ([DAY, DAY + pd.Timedelta(days=1)], pd.Timestamp),
    "one": (["only"], str),
}
each_kind = pytest.mark.parametrize(("labels", "kind"), LABELS.values(), ids=LABELS.keys())


def categorical(labels: Any) -> Categorical:
    weights = np.arange(1, len(labels) + 1, dtype=np.float64)
    return Categorical(probs=weights / weights.sum(), categories=labels)


@each_kind
def test_a_categorical_keeps_its_labels(labels: list[Any], kind: type) -> None:
    p = categorical(labels)
    assert p.categories.tolist() == labels
    assert [type(label) for label in p.categories.tolist()] == [type(label) for label in labels]
    assert p.mode == labels[-1]
    assert isinstance(p.mode, kind)
    assert isinstance(p.sample(rng=0), kind)
    assert isinstance(p.quantile(0.5), kind)
    assert set(p.sample(500, rng=0).tolist()) == set(labels)
    assert list(p.to_frame()) == labels
    assert [p.quantile(level) for level in (0.0, 1.0)] == [labels[0], labels[-1]]
    np.testing.assert_allclose([p.prob(label) for label in labels], p.probs, rtol=1e-15)
    for label in labels:
        assert repr(label) in repr(p)


@each_kind
def test_a_batch_of_categoricals_keeps_its_labels(labels: list[Any], kind: type) -> None:
    k = len(labels)
    p = Categorical(logits=3 * np.eye(k), categories=labels)
    assert p.mode.tolist() == labels
    assert p.sample(2, rng=0).shape == (2, k)
    assert set(p.sample(200, rng=0).ravel().tolist()) == set(labels)
    values = np.empty(k, dtype=object)
    values[:] = labels
    np.testing.assert_array_equal(p.log_prob(values), np.diag(p.log_probs))
    frame = p.to_frame(pd.RangeIndex(10, 10 + k))
    assert list(frame) == labels
    np.testing.assert_array_equal(frame.to_numpy(), p.probs)


@each_kind
def test_an_empirical_keeps_its_labels(labels: list[Any], kind: type) -> None:
    data = [labels[i] for i in (0, *range(len(labels)), 0)]
    p = Empirical(data)
    assert p.values.tolist() == data
    assert p.mode == labels[0]
    assert isinstance(p.mode, kind)
    assert isinstance(p.sample(rng=0), kind)
    assert set(p.support.values.tolist()) == set(labels)
    assert p.prob(labels[0]) == pytest.approx(3 / len(data), rel=1e-15)
    assert p.prob(data)[1] == p.prob(labels[0])
    assert set(p.to_frame()["value"]) == set(labels)
    assert p.to_frame()["mass"].sum() == pytest.approx(1, rel=1e-15)
    q = p.to_categorical()
    assert set(q.categories.tolist()) == set(labels)
    for label in labels:
        assert q.prob(label) == pytest.approx(float(p.prob(label)), rel=1e-15)
    assert q.entropy() == pytest.approx(float(p.entropy()), rel=1e-14)


def _object(labels: list[Any]) -> pd.Series[Any]:
    return pd.Series(labels, dtype=object)


@pytest.mark.parametrize(
    "wrap",
    [
        list,
        tuple,
        np.array,
        pd.Series,
        pd.Index,
        pd.Categorical,
        _object,
        lambda v: pd.Series(v, dtype="category"),
    ],
    ids=["list", "tuple", "array", "series", "index", "categorical", "object", "category"],
)
@pytest.mark.parametrize(
    "labels",
    [["b", "a", "b"], [3, 1, 3], [2.5, 1.5, 2.5], [True, False, True]],
    ids=["str", "int", "float", "bool"],
)
def test_the_container_does_not_matter(wrap: Any, labels: list[Any]) -> None:
    p = Categorical(probs=[0.25, 0.75], categories=sorted(set(labels)))
    np.testing.assert_array_equal(p.log_prob(wrap(labels)), np.log([0.75, 0.25, 0.75]))
    q = Empirical(wrap(labels))
    assert q.prob(labels[0]) == pytest.approx(2 / 3, rel=1e-15)
    assert q.mode == labels[0]
    assert [type(v) for v in q.values.tolist()] == [type(v) for v in labels]


def test_pandas_string_columns_old_and_new_are_the_same_labels() -> None:
    labels = ["x", "y", "x"]
    p = Categorical(probs=[0.25, 0.75], categories=pd.Series(["x", "y"], dtype="string"))
    for dtype in ("object", "string", "str", "category"):
        column = pd.Series(labels, dtype=dtype)
        np.testing.assert_array_equal(p.prob(column), [0.25, 0.75, 0.25])
        assert [type(v) for v in Empirical(column).values] == [str] * 3
        head = Categorical.family().bind(column.to_frame("y"))
        assert head.constants["categories"].tolist() == ["x", "y"]
        assert head.encode(column.to_frame("y")).tolist() == [0, 1, 0]


def test_the_order_of_a_pandas_categorical_is_kept() -> None:
    order = ["low", "mid", "high"]
    column = pd.Series(pd.Categorical(["high", "low", "mid", "high"], categories=order, ordered=True))
    head = Categorical.family().bind(column.to_frame("y"))
    assert head.constants["categories"].tolist() == order
    assert head.output_labels("logits") == order
    assert head.encode(column.to_frame("y")).tolist() == [2, 0, 1, 2]
    p = head.distribution(np.log([[0.2, 0.3, 0.5]]))
    assert p.median.tolist() == ["mid"]
    assert p.quantile(0.1).tolist() == ["low"]
    np.testing.assert_allclose(p.cdf("mid"), [0.5], rtol=1e-14)
    assert list(p.to_frame()) == order
    data = Empirical(column)
    assert data.median == "mid"
    assert data.quantile([0.0, 0.25, 0.3, 1.0]).tolist() == ["low", "low", "mid", "high"]
    np.testing.assert_array_equal(data.cdf(order), [0.25, 0.5, 1])
    np.testing.assert_allclose(np.exp(data.log_sf(order)), [0.75, 0.5, 0], rtol=1e-15)
    with pytest.raises(SupportError, match="has no place in their order"):
        data.cdf("highest")
    assert data.support.values.tolist() == order
    assert data.to_categorical().categories.tolist() == order
    assert data.to_frame()["value"].tolist() == order


def test_labels_of_a_plain_column_are_sorted_where_they_can_be() -> None:
    for column, expected in [(["b", "a"], ["a", "b"]), ([3, 1], [1, 3]), ([True, False], [False, True])]:
        head = Categorical.family().bind(pd.DataFrame({"y": column}))
        assert head.constants["categories"].tolist() == expected
    mixed = pd.DataFrame({"y": pd.Series(["b", 1, "a", 1], dtype=object)})
    head = Categorical.family().bind(mixed)
    assert head.constants["categories"].tolist() == ["b", 1, "a"]
    assert head.encode(mixed).tolist() == [0, 1, 2, 1]


def test_booleans_and_numbers_are_told_apart_from_text() -> None:
    p = Categorical(probs=[0.25, 0.75], categories=[False, True])
    assert p.prob("True") == 0
    assert p.prob(True) == 0.75
    assert p.prob(1) == p.prob(1.0) == 0.75
    assert Empirical([True, False, True, True]).prob(1) == 0.75
    assert Empirical([1, 0, 1, 1]).prob(True) == 0.75
    q = Categorical(probs=[0.25, 0.75], categories=["1", "2"])
    assert q.prob(1) == 0
    assert q.prob("1") == 0.25
    r = Categorical(probs=[0.25, 0.75], categories=[1, 2])
    np.testing.assert_array_equal(r.prob([1.0, 2.0, 1.5]), [0.25, 0.75, 0.0])


def test_a_label_that_is_no_category_cannot_happen() -> None:
    p = Categorical.from_dict({"a": 0.5, "b": 0.5})
    assert p.log_prob("c") == -np.inf
    np.testing.assert_array_equal(p.log_prob([["a"], ["c"]]), [[np.log(0.5)], [-np.inf]])
    with pytest.raises(SupportError, match=r"outside the categories {'a', 'b'}"):
        p.cdf("c")
    with pytest.raises(SupportError, match=r"its categories {'a', 'b'} are not numbers"):
        _ = p.mean
    with pytest.raises(SupportError, match="labels, not numbers"):
        Empirical(["a", "b"]).cdf("a")
    for missing in (None, np.nan, pd.NA, ["a", None]):
        with pytest.raises(SupportError, match="missing"):
            p.log_prob(missing)  # type: ignore[arg-type]


def test_numeric_categories_have_moments() -> None:
    p = Categorical(probs=[0.5, 0.25, 0.25], categories=[10, 20, 40])
    assert p.mean == 20
    assert p.variance == 150


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"probs": [0.5, 0.5], "categories": ["a", "a"]}, r"categories repeat: \['a', 'a'\]"),
        ({"probs": [0.5, 0.5], "categories": ["a"]}, "2 probabilities, but 1 categories"),
        ({"probs": [0.5, 0.4]}, r"those of row \(0,\) sum to 0.9; divide by the sum"),
        ({"probs": [[0.5, 0.5], [0.3, 0.3]]}, r"those of row \(1,\) sum to 0.6"),
        ({"probs": 0.5}, "needs a last axis"),
        ({"probs": []}, "needs a last axis"),
        ({"logits": [0.0, np.nan]}, "NaN or .inf is among them"),
        ({"logits": [0.0, np.inf]}, "NaN or .inf is among them"),
        ({"logits": [-np.inf, -np.inf]}, "nothing could happen"),
        ({}, "exactly one of probs and logits"),
        ({"probs": [1.0], "logits": [0.0]}, "exactly one of probs and logits"),
    ],
)
def test_categories_and_probabilities_must_fit(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Categorical(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"samples": []}, "at least one sample"),
        ({"samples": [1.0, np.nan]}, "1 of 2 samples are missing"),
        ({"samples": ["a", None]}, "1 of 2 samples are missing"),
        ({"samples": [1.0, np.inf]}, "must be finite"),
        (
            {"samples": [1, 2], "weights": [1.0]},
            r"weights of shape \(1,\) do not match samples of shape \(2,\)",
        ),
        ({"samples": [1, 2], "weights": [1.0, -1.0]}, "finite and not negative"),
        ({"samples": [1, 2], "weights": [1.0, np.nan]}, "finite and not negative"),
        ({"samples": [1, 2], "weights": [0.0, 0.0]}, "zero throughout"),
    ],
)
def test_samples_and_weights_must_fit(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Empirical(**arguments)


def test_an_empirical_in_batches_is_each_of_its_rows() -> None:
    samples = np.array([[1.0, 2.0, 2.0, 5.0], [5.0, 5.0, 1.0, -1.0]])
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    batch, rows = Empirical(samples, weights), [Empirical(row, weights) for row in samples]
    assert batch.mode.tolist() == [row.mode for row in rows]
    np.testing.assert_allclose(batch.to_categorical().prob(5.0), [0.4, 0.3], rtol=1e-15)
    for name in ("mean", "variance", "median"):
        np.testing.assert_allclose(getattr(batch, name), [getattr(row, name) for row in rows], rtol=1e-14)
    np.testing.assert_allclose(batch.entropy(), [row.entropy() for row in rows], rtol=1e-14)
    np.testing.assert_allclose(batch.log_sf(1.0), [row.log_sf(1.0) for row in rows], rtol=1e-14)


def test_quantiles_of_data_are_data() -> None:
    """In the data's own type; an integer beyond 2**53 comes out to the last digit."""
    large = Empirical([2**60 + 1, 2**60 + 3, 5])
    assert large.median == 2**60 + 1
    assert large.prob([2**60, 2**60 + 1]).tolist() == [0, pytest.approx(1 / 3)]
    assert large.cdf(2**60) == pytest.approx(1 / 3)
    assert isinstance(Empirical([3, 1, 2]).median, np.int64)
    assert isinstance(Empirical([3.0, 1, 2]).median, np.float64)
    assert Empirical([True, False, True]).median is np.True_
    assert Empirical([[1, 2, 3], [4, 6, 5]]).quantile(0.5).tolist() == [2, 5]


def test_label_arrays_and_codes() -> None:
    assert label_array([1, 2]).dtype == np.int64
    assert label_array([1, 2.5]).dtype == np.float64
    assert label_array([True, False]).dtype == np.bool_
    assert label_array([True, 2]).tolist() == [True, 2]
    assert label_array("abc").shape == ()
    assert codes_of("b", label_array(["a", "b"])).shape == ()
    assert codes_of([["b", "a"], ["z", "b"]], label_array(["a", "b"])).tolist() == [[1, 0], [-1, 1]]
    original = np.array([1, 2, 3])
    labels = label_array(original)
    original[0] = 9
    assert labels.tolist() == [1, 2, 3]
