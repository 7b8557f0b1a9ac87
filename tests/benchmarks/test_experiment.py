"""Experiments keep their rows, go on where they stopped, and are summarised with their errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.experiment import Contestant, Predict, Split, code_of, conduct, judge
from benchmarks.growth import Point, growth_table, measure
from benchmarks.summaries import difference_table, score_table, seconds_table


def mean_of(train: pd.DataFrame, seed: int) -> Predict:
    mean = float(train["y"].mean()) + seed
    return lambda test: {"nll": float((test["y"] - mean).abs().mean())}


def broken(train: pd.DataFrame, seed: int) -> Predict:
    raise ArithmeticError(f"no fit of {len(train)} rows, seed {seed}")


def splits(count: int) -> list[Split]:
    data = pd.DataFrame({"y": np.arange(10.0)})
    return [Split("line", number, lambda: (data, data)) for number in range(count)]


def test_a_fit_is_timed_and_its_rows_are_scored() -> None:
    data = pd.DataFrame({"y": [1.0, 3.0]})
    found = judge(mean_of, data, data, 0)
    assert found["nll"] == 1.0
    assert found["seconds"] > 0


def test_rows_are_kept_and_not_computed_again(tmp_path: Path) -> None:
    fits: list[int] = []

    def counted(train: pd.DataFrame, seed: int) -> Predict:
        fits.append(len(train))
        return mean_of(train, seed)

    rows, said = tmp_path / "folder" / "rows.csv", list[str]()
    contestants = {
        "mean": Contestant("numpy", counted),
        "none": Contestant("numpy", counted, lambda _: False),
    }
    first = conduct(splits(2), contestants, rows, said.append)
    made = len(fits)
    again = conduct(splits(3), contestants, rows, said.append)
    assert made == 3  # one to warm up, and the two splits
    assert len(fits) == 5  # the same for the one split that is new
    assert "6 fits, of which 4 are to be made" in said[-2]
    assert list(again["nll"]) == [2.5, 2.6, 2.9]
    pd.testing.assert_frame_equal(again.head(2), first)
    assert set(again["code"]) == {f"numpy {np.__version__}"}


def test_a_failure_is_a_row_and_is_tried_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, said = tmp_path / "rows.csv", list[str]()
    contestants = {"mean": Contestant("numpy", mean_of), "broken": Contestant("numpy", broken)}
    for _ in range(2):
        found = conduct(splits(1), contestants, rows, said.append)
        assert list(found["error"]) == ["", "ArithmeticError: no fit of 10 rows, seed 0"]
    assert "1 are to be made" in said[-2]
    assert "Traceback" in capsys.readouterr().err
    assert "| line | 1 | **2.5** |  (1 failed) |" in score_table("t", found, "nll")


def test_mlekit_is_known_by_its_sources() -> None:
    assert code_of("mlekit").startswith("mlekit ")
    assert len(code_of("mlekit")) == len("mlekit ") + 10


def test_tables_show_means_errors_and_paired_differences() -> None:
    scores = {"one": [1.0, 2.0, 3.0, 4.0], "two": [1.5, 2.25, 3.75, 4.5]}
    rows = pd.DataFrame(
        [
            {"data": "set", "split": split, "model": model, "error": "", "nll": value, "seconds": 2.0}
            for model, values in scores.items()
            for split, value in enumerate(values)
        ]
    )
    # sd(1, 2, 3, 4) = 1.291, over √4; the differences 0.5, 0.25, 0.75, 0.5 have sd 0.2041.
    table = score_table("Likelihood", rows, "nll", more={"in print": {"set": "0.9 (somewhere)"}})
    assert table.splitlines()[-1] == "| set | 4 | **2.50 ± 0.65** | 3.00 ± 0.68 | 0.9 (somewhere) |"
    assert difference_table("d", rows, "nll").splitlines()[-1] == "| set | one |  | 0.50 ± 0.10 |"
    assert seconds_table("s", rows).splitlines()[-1] == "| set | 2 | 2 |"
    impossible = rows.assign(nll=rows["nll"].where(rows["split"] > 0, np.inf))
    assert score_table("i", impossible, "nll").splitlines()[-1] == "| set | 4 | **∞** | ∞ |"


def test_growth_measures_a_fresh_process() -> None:
    point = measure("MLP", 300, 3, repeats=1)
    assert point.seconds > 0
    assert 0 <= point.bytes < 2**30


def test_growth_compares_with_a_tenth_of_the_rows() -> None:
    points = {(10**5, 10): Point(0.1, 4e6), (10**6, 10): Point(1.2, 80 * 2**20)}
    line = growth_table("MLP", points).splitlines()[-1]
    assert line == "| 10 | 1,000,000 | 1.200 | 12.0 | 120 | 80 | 2.1 |"
