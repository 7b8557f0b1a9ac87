"""Tables in files come back as they were, and what is wrong with a file is said in words."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlekit.adapters.tables import SUFFIXES, read_table, require_writable, write_table
from mlekit.errors import DataError

TABLE = pd.DataFrame(
    {
        "x": [0.1, 1 / 3, -1.5e-300, 1.5e300],
        "n": [1, 2, 3, -4],
        "label": ["a", "süd, mit Komma", "x[T.b]", 'quote "q"'],
        "flag": [True, False, True, True],
    }
)


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".CSV"])
def test_a_table_comes_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"my.table{suffix}"
    write_table(TABLE, path)
    pd.testing.assert_frame_equal(read_table(path), TABLE, rtol=1e-15, atol=0)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_row_labels_come_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"table{suffix}"
    labelled = TABLE.set_index(pd.Index(["p", "q", "r", "s"]))
    write_table(labelled, path)
    pd.testing.assert_frame_equal(read_table(path), labelled)


def test_suffixes_say_the_format(tmp_path: Path) -> None:
    write_table(TABLE[["x", "n"]].head(1), tmp_path / "t.tsv")
    assert (tmp_path / "t.tsv").read_text() == "x\tn\n0.1\t1\n"
    write_table(TABLE[["x", "n"]].head(1), tmp_path / "t.csv.gz")
    assert gzip.decompress((tmp_path / "t.csv.gz").read_bytes()) == b"x,n\n0.1,1\n"


def test_row_labels_of_other_programs_are_no_column(tmp_path: Path) -> None:
    """R's write.csv and pandas' to_csv put them into a first column without a name; '.' must not find them."""
    path = tmp_path / "table.csv"
    path.write_text('"","y","x"\n"3",1,2\n"9",2,3\n')
    table = read_table(path)
    assert list(table.columns) == ["y", "x"]
    assert table.index.tolist() == [3, 9]


def test_the_mark_of_spreadsheets_is_not_part_of_a_name(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes("größe,n\n1,2\n".encode("utf-8-sig"))
    assert list(read_table(path).columns) == ["größe", "n"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", r"t\.csv' is empty"),
        ("t.csv", b"x,y\n", r"t\.csv' holds no rows, only 2 column names"),
        ("t.csv", "x\nsüd\n".encode("latin-1"), r"t\.csv' is not UTF-8 text: byte 0xfc .* save it as UTF-8"),
        ("t.csv", b"x,y,x\n1,2,3\n", r"t\.csv': there are several columns named 'x'"),
        ("t.csv", b"x,y\n1,2\n1,2,3,4\n", r"t\.csv' is damaged or of another format: .*line 3"),
        ("t.csv.gz", b"x,y\n1,2\n", r"t\.csv\.gz': it is not compressed by gzip"),
        ("t.csv.gz", gzip.compress(b"x,y\n1,2\n" * 100, mtime=0)[:-12], r"t\.csv\.gz' is damaged"),
        ("t.parquet", b"", r"t\.parquet': it is damaged or no Parquet file"),
        ("t.parquet", b"x,y\n1,2\n", r"t\.parquet': it is damaged or no Parquet file"),
        ("t.xlsx", b"PK", r"t\.xlsx' has none of the suffixes of a table: \.csv, .*\.parquet"),
        ("table", b"x\n1\n", r"table' has none of the suffixes"),
    ],
)
def test_unusable_files_are_named_with_what_is_wrong(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_table(path)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no file '.*none\.csv'"):
        read_table(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match=r"folder\.csv' is a folder"):
        read_table(tmp_path / "folder.csv")
    with pytest.raises(DataError, match=r"there is no folder '.*none'"):
        require_writable(tmp_path / "none" / "t.csv", table=True)
    with pytest.raises(DataError, match="it is a folder"):
        require_writable(tmp_path / "folder.csv", table=True)
    with pytest.raises(DataError, match="none of the suffixes"):
        require_writable(tmp_path / "model.bin", table=True)
    require_writable(tmp_path / "model.bin", table=False)


def test_missing_values_stay_missing(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n1,\n,2\n")
    assert np.isnan(read_table(path).to_numpy()).tolist() == [[False, True], [True, False]]
