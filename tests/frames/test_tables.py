"""Tables of pandas, Polars and PyArrow give the same arrays, and nothing happens to them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mlekit.errors import DataError
from mlekit.frames import Encoding

LEVELS = ["low", "never", "mid", "high"]


def pandas_table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "y": [True, False, True, False, True],
            "x": [1, 2, 3, 4, 5],
            "f": [0.5, 1.5, 2.5, 3.5, 4.5],
            "s": ["b", "a", "b", "c", "a"],
            "b": [True, False, False, True, True],
            "o": pd.Categorical(["mid", "low", "high", "low", "mid"], categories=LEVELS, ordered=True),
            "w": [1.0, 2.0, 0.0, 1.0, 1.0],
        }
    )


def foreign_tables() -> dict[str, Any]:
    plain = pandas_table()
    text = {name: plain[name].astype(object).tolist() for name in plain}
    polars = pl.DataFrame(text).with_columns(pl.col("o").cast(pl.Enum(LEVELS)))
    return {
        "polars": polars,
        "pyarrow": pa.Table.from_pandas(plain, preserve_index=False),
        "dict": {**text, "o": plain["o"]},
        "nullable": plain.assign(o=plain["o"]).astype(
            {"x": "Int64", "f": "Float64", "s": "string", "b": "boolean", "w": "Int8"}
        ),
        "object": plain.astype(dict.fromkeys(("x", "f", "s", "b"), object)),
        "arrow-backed": plain.astype(
            {"x": "int64[pyarrow]", "f": "double[pyarrow]", "s": "string[pyarrow]", "b": "bool[pyarrow]"}
        ),
    }


FORMULA = "y ~ x + f + s + b + o + C(x):f"


@pytest.mark.parametrize("library", list(foreign_tables()))
def test_tables_of_all_libraries_are_equal(library: str) -> None:
    data = foreign_tables()[library]
    wanted_encoding, wanted = Encoding.learn(FORMULA, pandas_table(), weights="w")
    encoding, rows = Encoding.learn(FORMULA, data, weights="w")
    assert encoding == wanted_encoding
    np.testing.assert_array_equal(rows.inputs[""][:], wanted.inputs[""][:])
    assert rows.weights is not None
    assert rows.weights.tolist() == [1.0, 2.0, 0.0, 1.0, 1.0]
    assert rows.index.equals(pd.RangeIndex(5))
    assert rows.target is not None
    assert rows.target["y"].tolist() == [True, False, True, False, True]
    np.testing.assert_array_equal(wanted_encoding.encode(data).inputs[""][:], wanted.inputs[""][:])


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_targets_keep_their_categories_in_order(library: str) -> None:
    _, rows = Encoding.learn("o + s + x ~ f", foreign_tables()[library])
    assert rows.target is not None
    assert list(rows.target.columns) == ["o", "s", "x"]
    assert rows.target["o"].cat.categories.tolist() == LEVELS
    assert rows.target["o"].cat.ordered
    assert rows.target["s"].tolist() == ["b", "a", "b", "c", "a"]
    assert rows.target["x"].dtype == np.int64


def test_categories_of_polars_are_sorted_since_their_own_order_is_an_accident() -> None:
    data = pl.DataFrame({"y": [1, 2, 3], "s": ["z", "a", "m"]}, schema_overrides={"s": pl.Categorical})
    assert Encoding.learn("y ~ s", data)[0].schema["s"].levels == ("a", "m", "z")


def test_dictionaries_of_arrow_keep_their_order_and_their_integers() -> None:
    number = pa.array([3, 1, 3, 2]).dictionary_encode()
    text = pa.array(["z", "a", "z", "m"]).dictionary_encode()
    encoding, rows = Encoding.learn(
        "y ~ n + t", pa.table({"y": [1.0, 2.0, 3.0, 4.0], "n": number, "t": text})
    )
    assert encoding.schema["n"].levels == (3, 1, 2)
    assert encoding.schema["t"].levels == ("z", "a", "m")
    assert rows.inputs[""][:].tolist() == [[0, 0, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 1]]


def test_decimals_are_numbers() -> None:
    data = pl.DataFrame({"y": [1, 2], "price": [1.25, 2.5]}).with_columns(
        pl.col("price").cast(pl.Decimal(10, 2))
    )
    assert Encoding.learn("y ~ price", data)[1].inputs[""][:].tolist() == [[1.25], [2.5]]


def test_a_lazy_table_is_told_to_collect() -> None:
    with pytest.raises(DataError, match=r"lazy \(polars.*LazyFrame\): call \.collect\(\)"):
        Encoding.learn("y ~ x", foreign_tables()["polars"].lazy())


@pytest.mark.parametrize(
    "data", [[1, 2], None, np.ones((2, 2)), pd.Series([1.0], name="y"), "table", pl.Series([1])]
)
def test_other_things_are_no_tables(data: object) -> None:
    with pytest.raises(DataError, match=f"{type(data).__qualname__} is no table"):
        Encoding.learn("y ~ x", data)


@pytest.mark.parametrize("data", [{"y": 1, "x": 2}, {"y": [1, 2], "x": [1]}])
def test_columns_of_a_dict_have_one_length(data: object) -> None:
    with pytest.raises(DataError, match="do not make a table"):
        Encoding.learn("y ~ x", data)


@pytest.mark.parametrize(
    "index",
    [
        pd.Index(["c", "a", "a", "b", "b"], name="who"),
        pd.date_range("2024-01-01", periods=5, name="day"),
        pd.MultiIndex.from_tuples([(1, "a"), (1, "b"), (2, "a"), (2, "b"), (1, "a")]),
    ],
)
@pytest.mark.parametrize("formula", ["y ~ x", "y ~ s + bs(f, df=4)"])
def test_the_index_comes_back_untouched(index: pd.Index, formula: str) -> None:
    data = pandas_table().set_index(index)
    encoding, rows = Encoding.learn(formula, data)
    assert rows.index is data.index
    assert rows.target is not None
    assert rows.target.index.equals(index)
    assert rows.target["y"].tolist() == data["y"].tolist()
    np.testing.assert_array_equal(
        rows.inputs[""][:], Encoding.learn(formula, pandas_table())[1].inputs[""][:]
    )
    assert encoding.encode(data.iloc[[3]]).index.tolist() == [index[3]]


def test_the_table_is_not_modified() -> None:
    data = pandas_table()
    before = data.copy(deep=True)
    encoding, rows = Encoding.learn(
        "y ~ x + clip(f, 0, 1) + poly(f, 2) + s + C(x)", data, weights="w", offset="f"
    )
    encoding.encode(data, target=True)
    for array in (rows.inputs[""][:], rows.weights, rows.offset):
        assert array is not None
        array[...] = 7.0
    pd.testing.assert_frame_equal(data, before)


def test_only_the_columns_of_the_formula_are_looked_at() -> None:
    nested = pd.Series([[1], [2], [3], [4], [5]], dtype=object)
    data = pandas_table().assign(nested=nested, gap=np.nan, day=pd.Timestamp("2024-01-01"))
    data.columns = [*data.columns[:-1], 7]
    Encoding.learn("y ~ x + s", data)
    with pytest.raises(DataError, match=r"'\.' cannot stand for the column 7, whose name is no text"):
        Encoding.learn("y ~ .", data)


def test_the_dot_leaves_out_weights_and_offset() -> None:
    encoding, _ = Encoding.learn("y ~ .", pandas_table(), weights="w", offset="f")
    assert encoding.predictors[""].formula == "x + s + b + o"
    assert (encoding.weights, encoding.offset) == ("w", "f")


def test_integer_categories_match_plain_integers_at_prediction() -> None:
    data = pandas_table().astype({"x": "category"})
    encoding, rows = Encoding.learn("y ~ x", data)
    assert encoding.schema["x"].kind == "categorical"
    assert encoding.schema["x"].levels == (1, 2, 3, 4, 5)
    for values in ([3, 1], [3.0, 1.0], pd.Categorical([3, 1], categories=[9, 1, 3])):
        np.testing.assert_array_equal(
            encoding.encode({"x": values}).inputs[""][:], rows.inputs[""][:][[2, 0]]
        )


def test_booleans_are_zero_and_one_in_whatever_form_they_come() -> None:
    encoding, _ = Encoding.learn("y ~ b", pandas_table())
    assert encoding.schema["b"].kind == "boolean"
    for values in ([True, False], [1, 0], [1.0, 0.0], pd.array([True, False], dtype="boolean")):
        assert encoding.encode({"b": values}).inputs[""][:].tolist() == [[1.0], [0.0]]


def test_weights_and_offsets_come_by_name_or_as_arrays() -> None:
    data = pandas_table()
    encoding, rows = Encoding.learn("y ~ x", data, weights=[1, 2, 3, 4, 5], offset=data["f"])
    assert (encoding.weights, encoding.offset) == (None, None)
    assert rows.weights is not None
    assert rows.weights.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert rows.offset is not None
    assert rows.offset.tolist() == data["f"].tolist()

    named, _ = Encoding.learn("y ~ x", data, weights="w", offset="f")
    assert Encoding.from_json(json.loads(json.dumps(named.to_json()))) == named
    plain = named.encode(data[["x", "f"]])
    assert plain.weights is None
    assert plain.target is None
    assert plain.offset is not None
    assert plain.offset.tolist() == data["f"].tolist()
    complete = named.encode(data, target=True, offset=np.zeros(5))
    assert complete.weights is not None
    assert complete.weights.tolist() == data["w"].tolist()
    assert complete.offset is not None
    assert not complete.offset.any()
