"""``mlekit show``: what is known of a saved model; and how models and tables look on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

import mlekit as mk
from mlekit.evaluation.summary import facts_table

__all__ = ["console", "print_facts", "print_frame", "print_model", "show"]


def show(model: Annotated[Path, typer.Argument(help="File that mlekit fit --save wrote.")]) -> None:
    """Print what is known of a saved model: facts, and the coefficients of a linear one."""
    print_model(mk.load(model))


def console() -> Console:
    """Standard output; texts are printed as they are, without markup, so that x[T.b] stays x[T.b]."""
    return Console(markup=False, emoji=False, highlight=False)


def print_model(model: mk.Model[Any]) -> None:
    """Print facts and, for a linear model, coefficients."""
    print_facts([(str(name), str(value)) for name, value in facts_table(model).items()])
    if model.is_linear:
        frame = model.coefficients.reset_index()
        print_frame(frame, [str(name) for name in frame.columns[:2]])
        if model.facts.prior is not None:
            console().print("posterior mode: the coefficients are shrunk by the prior")


def print_facts(facts: Sequence[tuple[str, str]], *, numbers: bool = False) -> None:
    """Print names and what they are, a line each."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold", justify="right" if numbers else "left")
    for name, value in facts:
        table.add_row(Text(name), Text(value))
    console().print(table)


def print_frame(frame: pd.DataFrame, keys: Sequence[str] = ()) -> None:
    """Print a table; one that is wider than the terminal in several parts, each with the key columns.

    Args:
        frame: the table.
        keys: columns that say what a row is; they stand in front of every part.
    """
    screen = console()
    cells = {str(name): _cells(column) for name, column in frame.items()}
    for names in _parts(cells, list(keys), screen.width):
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in names:
            number = pd.api.types.is_numeric_dtype(frame[name]) and frame[name].dtype.kind != "b"
            table.add_column(Text(name), justify="right" if number else "left", overflow="fold")
        for row in zip(*(cells[name] for name in names), strict=True):
            table.add_row(*map(Text, row))
        screen.print(table)


def _cells(column: pd.Series[Any]) -> list[str]:
    if pd.api.types.is_float_dtype(column):
        return [f"{value:.6g}" for value in column]
    return [str(value) for value in column]


def _parts(cells: dict[str, list[str]], keys: list[str], width: int) -> Iterator[list[str]]:
    """Columns in groups that fit the width; one that does not fit at all is folded by itself."""

    def extent(names: list[str]) -> int:
        return sum(max(map(cell_len, (name, *cells[name]))) + 3 for name in names)

    part = list(keys)
    for name in cells:
        if name in keys:
            continue
        if len(part) > len(keys) and extent([*part, name]) > width:
            yield part
            part = list(keys)
        part.append(name)
    yield part
