"""Bad tables never pass silently: every error names the column, the rows, the value and a remedy."""

from __future__ import annotations

import datetime
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlekit.errors import DataError, FileFormatError, FormulaError
from mlekit.frames import Encoding

INDEX = ["ann", "bob", "cid", "dan", "eve", "fay"]


def table(**columns: Any) -> pd.DataFrame:
    data: dict[str, Any] = {
        "y": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        "x": [1.0, 2.0, 3.0, 5.0, 8.0, 13.0],
        "site": ["b", "a", "b", "c", "a", "b"],
        "flag": [True, False, True, True, False, False],
        "rank": [1, 2, 3, 1, 2, 3],
    }
    return pd.DataFrame({**data, **columns}, index=INDEX)


def some(value: Any, *rows: int) -> list[Any]:
    """Six ones, but ``value`` in some rows."""
    return [value if row in rows else 1.0 for row in range(6)]


@pytest.mark.parametrize(
    ("columns", "formula", "message"),
    [
        (
            {"x": some(np.nan, 1, 2, 3, 5)},
            "y ~ x",
            r"'x' has 4 missing values.*rows 'bob', 'cid', 'dan' and 1 more",
        ),
        ({"x": some(np.nan, 4)}, "y ~ log(x)", r"'x' has 1 missing value .*in row 'eve'"),
        ({"x": some(None, 4)}, "y ~ x", "'x' has 1 missing value .*in row 'eve'"),
        (
            {"x": pd.array([1, 2, None, 4, 5, 6], dtype="Int64")},
            "y ~ x",
            "'x' has 1 missing value .*row 'cid'",
        ),
        (
            {"flag": pd.array([True] * 5 + [None], dtype="boolean")},
            "y ~ flag",
            "'flag' has 1 missing .*'fay'",
        ),
        ({"site": ["a", None, "b", "a", "a", "a"]}, "y ~ site", "'site' has 1 missing value .*row 'bob'"),
        (
            {"site": pd.Categorical(["a", None, "b", "a", "a", "a"])},
            "y ~ site",
            "'site' has 1 missing .*'bob'",
        ),
        ({"site": [None] * 6}, "y ~ site", "'site' has 6 missing values"),
        ({"site": pd.array([None] * 6, dtype="string")}, "y ~ site", "'site' has 6 missing values"),
        ({"x": [pd.NaT] * 6}, "y ~ x", "'x' has 6 missing values"),
        ({"y": some(np.nan, 0)}, "y ~ x", "'y' has 1 missing value .*row 'ann'"),
        ({"y": ["a", None, "b", "a", "a", "a"]}, "y ~ x", "'y' has 1 missing value .*row 'bob'"),
        ({"x": some(np.inf, 1)}, "y ~ x", r"'x' is infinite \(inf\) in row 'bob'"),
        ({"x": some(-np.inf, 1, 5)}, "y ~ site:x", r"'x' is infinite \(-inf\) in rows 'bob', 'fay'"),
        ({"y": some(np.inf, 3)}, "y ~ x", r"'y' is infinite \(inf\) in row 'dan'"),
        ({"x": some(0.0, 2)}, "y ~ log(x)", r"term 'log\(x\)' is -inf in row 'cid'.*not defined there"),
        ({"x": some(-1.0, 2, 3)}, "y ~ np.log(x)", r"term 'np.log\(x\)' is nan in rows 'cid', 'dan'"),
        ({"x": some(1e300, 2)}, "y ~ x:z", "term 'x:z' is inf in row 'cid'"),
        (
            {"x": [2.0] * 6},
            "y ~ scale(x)",
            r"term 'scale\(x\)' is nan in rows 'ann', 'bob', 'cid' and 3 more",
        ),
        ({"x": some(1j, 2)}, "y ~ x", "'x' is complex: take its real and imaginary parts"),
        ({"x": pd.Timestamp("2024-02-03")}, "y ~ x", r"'x' holds Timestamp values .*\.dt\.year"),
        ({"x": pd.Timedelta("3 days")}, "y ~ x", r"'x' holds Timedelta values"),
        ({"x": pd.Period("2024-01")}, "y ~ x", r"'x' holds Period values .*\.dt\.year"),
        ({"x": [datetime.date(2024, 1, 2)] * 6}, "y ~ x", r"'x' holds date values .*\.dt\.year"),
        ({"y": pd.Timestamp("2024-02-03")}, "y ~ x", "'y' holds Timestamp values"),
        ({"x": pd.Series([[1]] * 6, index=INDEX)}, "y ~ x", r"'x' holds list values such as \[1\]"),
        ({"x": pd.Series([{"a": 1}] * 6, index=INDEX)}, "y ~ x", "'x' holds dict values"),
        ({"x": ["1", 1, "1", 1, 1, 1]}, "y ~ x", "'x' holds str values such as '1': make all of them text"),
        (
            {"x": pd.cut(pd.Series(range(6), index=INDEX), 2)},
            "y ~ x",
            r"'x' has Interval categories.*astype\(str\)",
        ),
        ({}, "y ~ xx", "no column 'xx': did you mean 'x'"),
        ({}, "y ~ sites + x", "no column 'sites': did you mean 'site'"),
        ({}, "y ~ log(rnk)", "no column 'rnk': did you mean 'rank'"),
        ({}, "Y ~ x", "no column 'Y': it has 'y', 'x', 'site', 'flag', 'rank'"),
        ({}, "y ~ np", "no column 'np'"),
    ],
)
def test_unusable_columns(columns: dict[str, Any], formula: str, message: str) -> None:
    data = table(**columns)
    data["z"] = 1e10
    with pytest.raises(DataError, match=message):
        Encoding.learn(formula, data)


@pytest.mark.parametrize("formula", ["y ~ x", "y ~ x + C(site)"])
def test_the_same_faults_are_found_at_prediction(formula: str) -> None:
    encoding, _ = Encoding.learn(formula, table())
    with pytest.raises(DataError, match=r"'x' has 1 missing value .*row 'dan'"):
        encoding.encode(table(x=some(np.nan, 3)))
    with pytest.raises(DataError, match=r"'x' is infinite \(inf\) in row 'dan'"):
        encoding.encode(table(x=some(np.inf, 3)))
    with pytest.raises(DataError, match="no column 'x'"):
        encoding.encode(table().drop(columns="x"))
    with pytest.raises(DataError, match="no column 'y'"):
        encoding.encode(table().drop(columns="y"), target=True)
    with pytest.raises(DataError, match="no rows"):
        encoding.encode(table().head(0))
    encoding.encode(table().drop(columns="y"))


def test_an_empty_table() -> None:
    with pytest.raises(DataError, match="no rows"):
        Encoding.learn("y ~ x", table().head(0))


def test_repeated_column_names() -> None:
    data = table()
    data.columns = ["y", "x", "x", "flag", "rank"]
    with pytest.raises(DataError, match="2 columns named 'x': rename or drop all but one"):
        Encoding.learn("y ~ x", data)
    with pytest.raises(DataError, match="2 columns named 'x'"):
        Encoding.learn("y ~ .", data)
    Encoding.learn("y ~ rank", data)


@pytest.mark.parametrize(
    ("formula", "columns", "message"),
    [
        (
            "y ~ x",
            {"x": ["1"] * 6},
            r"'x' was numeric .* holds .* such as '1' now: convert it.*pd.to_numeric",
        ),
        ("y ~ flag", {"flag": ["yes"] * 6}, "'flag' was boolean when .* such as 'yes' now"),
        ("y ~ flag", {"flag": some(2.5, 1, 2)}, r"'flag' was boolean .*holds .*2\.5.* in rows 'bob', 'cid'"),
        ("y ~ site", {"site": [1, 2, 3, 4, 5, 6]}, "'site' holds .*1.* its levels were text then: convert"),
        ("y ~ C(rank)", {"rank": ["1"] * 6}, "'rank' holds '1' .* its levels were numbers then: convert"),
        (
            "y ~ site",
            {"site": ["a", "z", "a", "z", "q", "b"]},
            "'site' holds 'z' in rows 'bob', 'dan', 'eve', a .*'b', 'c'",
        ),
        (
            "y ~ site",
            {"site": pd.Categorical(["a", "z"] * 3)},
            "'site' holds 'z' in rows 'bob', 'dan', 'fay'",
        ),
        (
            "y ~ C(rank)",
            {"rank": [1, 2, 3, 4, 1, 1]},
            r"'rank' holds .*4.* in row 'dan', a level .*knows 1, 2, 3",
        ),
        ("y ~ C(rank) + rank", {"rank": some(1.5, 2)}, r"'rank' holds .*1\.5.* in row 'cid'"),
        ("y ~ C(flag)", {"flag": some(7.0, 2)}, "'flag' holds .*7.0.* in row 'cid'.*knows False, True"),
        ("y ~ C(x % 2)", {"x": some(1.5, 2)}, "outside of the nominated levels"),
        ("y ~ log(x)", {"x": some(-1.0, 2)}, r"term 'log\(x\)' is nan in row 'cid'"),
        (
            "y ~ bs(x, df=4)",
            {"x": some(99.0, 2, 3)},
            r"'x' is 99.0 in rows 'cid', 'dan', beyond .*'bs\(x, df=4\)' \(1.0 and 13.0\): add extrapolation=",
        ),
        ("y ~ bs(x + rank, df=4)", {"x": some(99.0, 2)}, "extend beyond upper and/or lower bounds"),
    ],
)
def test_rows_that_do_not_fit_the_training_table(formula: str, columns: dict[str, Any], message: str) -> None:
    encoding, _ = Encoding.learn(formula, table())
    with pytest.raises(DataError, match=message):
        encoding.encode(table(**columns))


def test_an_unused_level_is_as_unseen_as_any_other() -> None:
    site = pd.Categorical(["b", "a", "b", "c", "a", "b"], categories=["a", "b", "c", "never"])
    encoding, _ = Encoding.learn("y ~ site", table(site=site))
    with pytest.raises(DataError, match="'site' holds 'never' in row 'ann'"):
        encoding.encode(table(site=["never", *site[1:]]))


def test_a_spline_may_be_extrapolated_when_it_is_told_so() -> None:
    encoding, _ = Encoding.learn("y ~ bs(x, degree=1, extrapolation='extend')", table())
    np.testing.assert_allclose(encoding.encode({"x": [25.0, 1.0]}).inputs[""][:], [[2.0], [0.0]])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (some(-2.0, 1, 3), r"weights is negative \(-2.0\) in rows 'bob', 'dan': weights are 0 or more"),
        (some(np.nan, 1), "'weights' has 1 missing value .*row 'bob'"),
        (some(np.inf, 1), r"'weights' is infinite \(inf\) in row 'bob'"),
        ([0.0] * 6, "weights is 0 in all 6 rows"),
        ([1.0] * 5, r"weights has the shape \(5,\), but the table has 6 rows"),
        (np.ones((6, 1)), r"weights has the shape \(6, 1\)"),
        (["a"] * 6, "'weights' holds text such as 'a'"),
        (np.ones(6, dtype=complex), "'weights' is complex"),
        (pd.Series(np.ones(6)), r"another index than the table's: reindex it, or give weights.to_numpy\(\)"),
        ("wx", "no column 'wx'"),
        ("site", "'site' holds text"),
    ],
)
def test_unusable_weights(weights: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Encoding.learn("y ~ x", table(), weights=weights)
    encoding, _ = Encoding.learn("y ~ x", table())
    if not isinstance(weights, str):
        with pytest.raises(DataError, match=message):
            encoding.encode(table(), weights=weights)


@pytest.mark.parametrize(
    ("offset", "message"),
    [
        (some(np.nan, 1), "'offset' has 1 missing value .*row 'bob'"),
        ([1.0], r"offset has the shape \(1,\), but the table has 6 rows"),
        (1.0, r"offset has the shape \(\), but"),
        ("site", "'site' holds text"),
    ],
)
def test_unusable_offsets(offset: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Encoding.learn("y ~ x", table(), offset=offset)


def test_named_weights_and_offsets_are_checked_at_prediction() -> None:
    encoding, _ = Encoding.learn("y ~ x", table(), weights="rank", offset="x")
    with pytest.raises(DataError, match=r"rank is negative"):
        encoding.encode(table(rank=[-1] * 6), target=True)
    encoding.encode(table().drop(columns=["rank", "y"]))
    other, _ = Encoding.learn("y ~ site", table(), offset="x")
    with pytest.raises(DataError, match="no column 'x'"):
        other.encode(table().drop(columns="x"))


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("y ~ x + y", "target 'y' stands on the right"),
        ("y + x ~ log(x)", "target 'x' stands on the right"),
        ({"loc": "y ~ x", "scale": "~ y"}, "target 'y' stands on the right of 'y'"),
        ("~ x", "exactly one formula names the target"),
        ("log(y) ~ x", "is no plain column"),
        ("y ~ bs(x, df=2)", "cannot be computed: .*`df` must be greater than 3"),
        ("y ~ C(site, Treatment('zz'))", "cannot be computed: .*zz"),
        ("y ~ C(site, levels=['a', 'b'])", "cannot be computed: .*outside of the nominated levels"),
        ("y ~ log(site)", "cannot be computed: .*TypeError"),
        ("y ~ `x:rank` + x:rank", "gives two columns one name"),
    ],
)
def test_unusable_formulas(formula: Any, message: str) -> None:
    data = table()
    data["x:rank"] = ["p", "q"] * 3 if "site" in str(formula) else 1.0
    with pytest.raises(FormulaError, match=message):
        Encoding.learn(formula, data)


def document() -> dict[str, Any]:
    encoding, _ = Encoding.learn("y ~ x + C(site) + poly(x, 2)", table(), weights="rank")
    loaded: dict[str, Any] = json.loads(json.dumps(encoding.to_json()))
    return loaded


def test_a_saved_formula_cannot_run_anything() -> None:
    hostile = document()
    hostile["predictors"][""]["formula"] = "x + __import__('os').getcwd()"
    with pytest.raises(FormulaError):
        Encoding.from_json(hostile)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("predictors",), [], "'predictors' is .*not a dict"),
        (("target_names",), [1], "not a list of texts"),
        (("weights",), 3, "'weights' is 3, not a str"),
        (("predictors", ""), "x", "lacks 'formula'"),
        (("predictors", "", "columns"), "x", "'columns' is 'x', not a list"),
        (("predictors", "", "intercept"), False, "'intercept' is False, against the formula"),
        (("predictors", "", "intercept"), "yes", "not a bool"),
        (("predictors", "", "state"), {"code": 1}, "'state' has the parts"),
        (("schema", "x", "kind"), "callable", "'kind' is 'callable', not one of"),
        (("schema", "site", "levels"), [], "'levels' is empty"),
        (("schema", "site", "levels"), None, "'levels' is None, not a list"),
        (("schema", "site", "levels"), [["a"]], "no label"),
        (("schema",), {}, "'schema' has"),
    ],
)
def test_documents_in_another_format(path: tuple[str, ...], value: object, message: str) -> None:
    damaged = document()
    part = damaged
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    with pytest.raises(FileFormatError, match=message):
        Encoding.from_json(damaged)


def test_a_damaged_memory_is_found_when_it_is_used() -> None:
    damaged = document()
    damaged["predictors"][""]["state"]["transforms"] = {"pickle": "gASVQAAA"}
    with pytest.raises(FileFormatError, match="not in its format"):
        Encoding.from_json(damaged).encode(table())


def test_a_transform_without_its_memory_does_not_learn_from_new_rows() -> None:
    damaged = document()
    damaged["predictors"][""]["state"]["transforms"] = {"entries": []}
    with pytest.raises(FileFormatError, match="do not belong together"):
        Encoding.from_json(damaged).encode(table())


def test_a_document_without_a_part() -> None:
    incomplete = document()
    del incomplete["schema"]
    with pytest.raises(FileFormatError, match="lacks 'schema'"):
        Encoding.from_json(incomplete)


def numbers_as_text(count: int, *others: str) -> pd.DataFrame:
    values = [f"{0.5 * number}" for number in range(count)] + list(others)
    return pd.DataFrame(
        {"y": np.arange(float(len(values))), "x": values}, index=pd.RangeIndex(len(values)) + 7
    )


@pytest.mark.parametrize("dtype", ["object", "string"])
def test_numbers_that_a_word_made_text_are_refused(dtype: str) -> None:
    data = numbers_as_text(30, "n/a").astype({"x": dtype})
    with pytest.raises(DataError, match=r"'x' is text .* 30 different numbers, and 'n/a' \(row 37\).*C\(x\)"):
        Encoding.learn("y ~ x", data)
    with pytest.raises(DataError, match="'x' is text that holds 30 different numbers: make numbers of it"):
        Encoding.learn("y ~ x", numbers_as_text(30).astype({"x": dtype}))


@pytest.mark.parametrize(
    ("data", "formula"),
    [
        (numbers_as_text(30, "n/a"), "y ~ C(x)"),
        (numbers_as_text(30, "n/a").astype({"x": "category"}), "y ~ x"),
        (numbers_as_text(15, "8+"), "y ~ x"),  # as many as labels may be
        (numbers_as_text(30, *"abcdefgh"), "y ~ x"),  # codes, some of which are all digits
    ],
)
def test_labels_may_look_like_numbers(data: pd.DataFrame, formula: str) -> None:
    encoding, _ = Encoding.learn(formula, data)
    assert len(encoding.predictors[""].columns) == len(data) - 1
