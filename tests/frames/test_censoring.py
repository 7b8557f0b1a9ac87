"""Censored targets in formulas: what is read, what comes out, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlekit.errors import DataError, FormulaError
from mlekit.frames import Encoding

PATIENTS = pd.DataFrame(
    {
        "time": [5.0, 8.0, 2.0],
        "dead": [True, False, True],
        "status": [2, 1, 2],
        "last state": ["dead", "alive", "dead"],
        "upper": [7.0, np.nan, 2.0],
        "age": [50.0, 60.0, 70.0],
    },
    index=["a", "b", "c"],
)
RIGHT = [(5.0, 5.0), (8.0, np.inf), (2.0, 2.0)]


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        ("Surv(time, dead)", RIGHT),
        ("Surv(time, status == 2)", RIGHT),
        ("Surv(time, `last state` == 'dead')", RIGHT),
        ('Surv(time, dead, type="right")', RIGHT),
        ('Surv(time, dead, type="left")', [(5.0, 5.0), (-np.inf, 8.0), (2.0, 2.0)]),
        ('Surv(time, upper, type="interval")', [(5.0, 7.0), (8.0, np.inf), (2.0, 2.0)]),
        ('Surv(time, upper, type="interval2")', [(5.0, 7.0), (8.0, np.inf), (2.0, 2.0)]),
    ],
)
def test_intervals_of_a_target(left: str, expected: list[tuple[float, float]]) -> None:
    encoding, rows = Encoding.learn(f"{left} ~ age", PATIENTS)
    assert rows.target is not None
    column = rows.target.iloc[:, 0]
    assert [(interval.left, interval.right) for interval in column] == expected
    assert list(column.index) == ["a", "b", "c"]
    assert column.name == (left if "interval" in left else "time")
    assert encoding.left == left
    again = Encoding.from_json(encoding.to_json())
    assert again == encoding
    read = again.encode(PATIENTS, target=True).target
    assert read is not None
    pd.testing.assert_frame_equal(read, rows.target)


def test_the_columns_of_a_target_are_no_predictors() -> None:
    table = PATIENTS[["time", "dead", "age"]]
    encoding, _ = Encoding.learn("Surv(time, dead) ~ .", table)
    assert list(encoding.schema) == ["age"]
    with pytest.raises(FormulaError, match="the target 'dead' stands on the right"):
        Encoding.learn("Surv(time, dead) ~ age + dead", table)


def test_a_file_without_censoring_is_still_read() -> None:
    encoding, _ = Encoding.learn("time ~ age", PATIENTS)
    document = encoding.to_json()
    del document["censoring"]
    assert Encoding.from_json(document) == encoding


@pytest.mark.parametrize(
    ("left", "message"),
    [
        ("Surv(time)", "cannot be read: write Surv"),
        ("Surv(log(time), dead)", "cannot be read: write Surv"),
        ("Surv(time, dead, upper)", "cannot be read: write Surv"),
        ("Surv(time, dead) + age", "cannot be read: write Surv"),
        ("Surv(time, exec('1'))", "neither a column nor"),
        ("Surv(time, status > 1)", "neither a column nor"),
        ("Surv(time, status == age)", "neither a column nor"),
        ("Surv(time, time)", "names a column twice"),
        ('Surv(time, dead, type="counting")', "one of 'right', 'left', 'interval'"),
        ('Surv(time, dead, kind="left")', "one of 'right', 'left', 'interval'"),
        ('Surv(time, upper == 2, type="interval")', "neither a column nor"),
    ],
)
def test_targets_that_cannot_be_read(left: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message):
        Encoding.learn(f"{left} ~ 1", PATIENTS)


@pytest.mark.parametrize(
    ("left", "changed", "message"),
    [
        ("Surv(time, status)", {}, "'status' is the event .*holds 2 in rows 'a', 'c': say which value"),
        ("Surv(time, `last state`)", {}, "holds text: say which value"),
        ("Surv(time, dead == 'yes')", {}, "compared with the text 'yes'"),
        ("Surv(time, dead)", {"time": [1.0, np.nan, 2.0]}, "'time' has 1 missing value"),
        ("Surv(time, dead)", {"time": [1.0, np.inf, 2.0]}, "'time' is infinite"),
        ("Surv(time, dead)", {"dead": [True, None, False]}, "'dead' has 1 missing value"),
        ("Surv(time, dead)", {"time": ["1", "2", "3"]}, "'time' is a time"),
        ('Surv(time, upper, type="interval")', {"upper": [1.0, 9.0, 2.0]}, "5 is not below .* 1 in row 'a'"),
        (
            'Surv(time, upper, type="interval")',
            {"time": [1.0, np.nan, 2.0]},
            "neither end is known in row 'b'",
        ),
        ("Surv(time, death)", {}, "no column 'death'"),
    ],
)
def test_tables_that_do_not_suit(left: str, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Encoding.learn(f"{left} ~ 1", PATIENTS.assign(**changed))
