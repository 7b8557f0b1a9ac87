"""Tables in files: CSV, TSV and Parquet, by suffix.

Whatever is wrong with a file is a `DataError` or an `OSError` that names the file. Text is UTF-8; numbers are
written in full precision and read as ``pandas.read_csv`` reads them. A first column without a name holds the
rows' labels, as pandas and R write them.
"""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from mlekit.errors import DataError

__all__ = ["STANDARD_STREAM", "SUFFIXES", "read_table", "require_writable", "write_table"]

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet")
"""The suffixes of files that can be read and written."""

STANDARD_STREAM = Path("-")
"""Stands for standard input or output, as CSV."""


def read_table(path: Path) -> pd.DataFrame:
    r"""Read a table.

    Args:
        path: a file with one of the `SUFFIXES`; ``-`` for CSV from standard input.

    Returns:
        The table: at least one row, and columns with different names.

    Raises:
        DataError: for another suffix, an empty or damaged file, text that is not UTF-8, or repeated columns.
        FileNotFoundError: if there is no such file.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "points.csv"
    ...     _ = path.write_text("x,y\n1,2.5\n2,3.5\n")
    ...     read_table(path)["y"].tolist()
    [2.5, 3.5]
    """
    if path == STANDARD_STREAM:
        name = "standard input"
        frame = _parse(name, _read_text, io.BytesIO(sys.stdin.buffer.read()), ",")
    else:
        name = repr(str(path))
        suffix = _suffix(path)
        if not path.exists():
            raise FileNotFoundError(f"there is no file {name}")
        if path.is_dir():
            raise DataError(f"{name} is a folder; give a file ({', '.join(SUFFIXES)})")
        if suffix == ".parquet":
            frame = _parse(name, _read_parquet, path)
        else:
            frame = _parse(name, _read_text, path, "\t" if suffix.startswith(".tsv") else ",")
    if frame.empty:
        raise DataError(f"{name} holds no rows, only {len(frame.columns)} column names")
    return frame


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table: numbers in full precision, row labels in front unless they only count the rows.

    Args:
        frame: the table.
        path: a file, whose suffix says the format; ``-`` for CSV on standard output.

    Raises:
        DataError: for a suffix that is not among `SUFFIXES`.
    """
    suffix = ".csv" if path == STANDARD_STREAM else _suffix(path)
    if suffix == ".parquet":
        frame.to_parquet(path)
        return
    labelled = not frame.index.equals(pd.RangeIndex(len(frame)))
    to_csv = partial(
        frame.to_csv,
        sep="\t" if suffix.startswith(".tsv") else ",",
        index=labelled,
        index_label="" if labelled else None,
    )
    if path == STANDARD_STREAM:
        to_csv(sys.stdout.buffer, mode="wb")
    else:
        to_csv(path)


def require_writable(path: Path, *, table: bool) -> None:
    """Check, before any long work, that a file can be written there.

    Args:
        path: the file.
        table: whether it is to be a table, so that its suffix matters.

    Raises:
        DataError: if the folder does not exist, if the path is a folder, or for another suffix.
    """
    if path == STANDARD_STREAM and table:
        return
    if table:
        _suffix(path)
    if not path.parent.is_dir():
        raise DataError(f"{str(path)!r} cannot be written: there is no folder {str(path.parent)!r}")
    if path.is_dir():
        raise DataError(f"{str(path)!r} cannot be written: it is a folder")


def _suffix(path: Path) -> str:
    for suffix in SUFFIXES:
        if path.name.lower().endswith(suffix):
            return suffix
    raise DataError(f"{str(path)!r} has none of the suffixes of a table: {', '.join(SUFFIXES)}")


def _parse(name: str, read: Callable[..., pd.DataFrame], *arguments: object) -> pd.DataFrame:
    """Read, and say of what fails in which file it failed and what to do."""
    try:
        return read(*arguments)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name} is not UTF-8 text: byte {error.object[error.start]:#04x} does not belong there; save it as UTF-8"
        ) from error
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{name} is empty: it has not even column names") from error
    except (pd.errors.ParserError, EOFError, zlib.error) as error:
        raise DataError(f"{name} is damaged or of another format: {error}") from error
    except DataError as error:
        raise DataError(f"{name}: {error}") from error


def _read_text(source: Path | io.BytesIO, separator: str) -> pd.DataFrame:
    # pandas renames a repeated column to 'x.1' without a word, so the names are looked at as they stand.
    header = _read_csv(source, separator, header=None, nrows=1, dtype=str).iloc[0]
    repeated = header[header.duplicated()].dropna()
    if len(repeated):
        raise DataError(f"there are several columns named {repeated.iloc[0]!r}: rename or drop all but one")
    if isinstance(source, io.BytesIO):
        source.seek(0)
    if pd.isna(header.iloc[0]) and len(header) > 1:
        return _read_csv(source, separator, index_col=0).rename_axis(None)
    return _read_csv(source, separator, index_col=False)


def _read_csv(source: Path | io.BytesIO, separator: str, **settings: Any) -> pd.DataFrame:
    zipped = isinstance(source, Path) and source.name.lower().endswith(".gz")
    try:
        frame: pd.DataFrame = pd.read_csv(
            source,
            sep=separator,
            encoding="utf-8-sig",  # also takes the mark that spreadsheets put before UTF-8
            compression="gzip" if zipped else None,
            low_memory=False,
            **settings,
        )
    except gzip.BadGzipFile as error:
        raise DataError(f"it is not compressed by gzip ({error})") from error
    return frame


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        import pyarrow as pa
    except ModuleNotFoundError as error:
        raise DataError("Parquet needs pyarrow: pip install 'mlekit[cli]'") from error
    try:
        return pd.read_parquet(path, engine="pyarrow")
    except pa.ArrowException as error:
        raise DataError(f"it is damaged or no Parquet file ({error})") from error
