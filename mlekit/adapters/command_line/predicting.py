"""``mlekit predict``: what a saved model predicts for the rows of a table."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

import mlekit as mk
from mlekit.adapters.command_line.showing import console, print_frame
from mlekit.adapters.tables import STANDARD_STREAM, read_table, require_writable, write_table
from mlekit.errors import DataError

__all__ = ["predict"]

_ROWS_ON_A_TERMINAL = 20


def predict(
    model: Annotated[Path, typer.Argument(help="File that mlekit fit --save wrote.")],
    data: Annotated[
        Path, typer.Argument(help="Table to predict for: CSV, TSV or Parquet; - for standard input.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write to this .csv, .tsv or .parquet file, not to standard output."
        ),
    ] = None,
    point: Annotated[
        bool,
        typer.Option("--point", help="Only the likeliest label or the mean, as column TARGET_predicted."),
    ] = False,
    keep: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Put this column of the table in front; repeatable."),
    ] = None,
) -> None:
    """Predict a distribution for every row: its parameters, mean, deviation and quantiles, or class probabilities.

    A terminal gets a table, a pipe gets CSV.
    """
    if output is not None:
        require_writable(output, table=True)
    fitted = mk.load(model)
    table = read_table(data)
    frame = _with_kept(_point(fitted, table) if point else _everything(fitted, table), table, keep or [])
    if output is None and sys.stdout.isatty():
        _print_some(frame)
    else:
        write_table(frame, output or STANDARD_STREAM)


def _point(model: mk.Model[Any], table: pd.DataFrame) -> pd.DataFrame:
    predicted = model.predict(table)
    if isinstance(predicted, pd.Series):
        name = "predicted" if predicted.name is None else f"{predicted.name}_predicted"
        return predicted.to_frame(name)
    return predicted.add_suffix("_predicted")


def _everything(model: mk.Model[Any], table: pd.DataFrame) -> pd.DataFrame:
    """The prediction frame; with several targets its columns are TARGET_QUANTITY."""
    frame = model.predict_frame(table)
    if isinstance(frame.columns, pd.MultiIndex):
        return frame.set_axis([f"{target}_{quantity}" for target, quantity in frame.columns], axis=1)
    return frame.rename(columns=str)


def _with_kept(frame: pd.DataFrame, table: pd.DataFrame, keep: list[str]) -> pd.DataFrame:
    for name in keep:
        if name not in table.columns:
            known = ", ".join(map(repr, table.columns))
            raise DataError(f"--keep: the table has no column {name!r}; it has {known}")
    result = pd.concat([table[list(dict.fromkeys(keep))], frame], axis=1)
    repeated = result.columns[result.columns.duplicated()]
    if len(repeated):
        raise DataError(
            f"the output would have two columns {repeated[0]!r}; rename the column that --keep names"
        )
    return result


def _print_some(frame: pd.DataFrame) -> None:
    shown = frame.head(_ROWS_ON_A_TERMINAL).reset_index(names="")
    print_frame(shown, [""])
    if len(frame) > len(shown):
        console().print(f"{len(shown)} of {len(frame)} rows; --output FILE or a pipe gets all")
