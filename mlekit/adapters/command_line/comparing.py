"""``mlekit compare``: how far two columns of data are from each other, as distributions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from mlekit.adapters.command_line.options import split_list
from mlekit.adapters.command_line.showing import console, print_facts
from mlekit.adapters.tables import read_table
from mlekit.distributions import Empirical
from mlekit.errors import DataError, ParameterError
from mlekit.information import cross_entropy, entropy, js, kl

__all__ = ["compare"]

_SHOWN = 3


def compare(
    first: Annotated[
        Path, typer.Argument(metavar="A", help="Table: CSV, TSV or Parquet; - for standard input.")
    ],
    second: Annotated[
        Path | None, typer.Argument(metavar="B", help="Another table; without it, A again.")
    ] = None,
    column: Annotated[
        str | None, typer.Option(metavar="NAME", help="The column to compare, of A and B.")
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(metavar="P,Q", help="Column P of A and column Q of B (of A if there is no B)."),
    ] = None,
    base: Annotated[float | None, typer.Option(help="Of the logarithm: 2 for bits. Without: nats.")] = None,
) -> None:
    """Entropy, cross-entropy, KL both ways and Jensen-Shannon divergence of two columns.

    The columns are taken as they are: the distribution p is the relative frequency of each value of the first, q
    that of the second.
    """
    names = _column_names(column, columns, two_files=second is not None)
    tables = [(first, read_table(first))]
    tables.append(tables[0] if second is None else (second, read_table(second)))
    p, q = (_distribution(table, name, path) for (path, table), name in zip(tables, names, strict=True))
    values = {
        "H(p)      entropy of p": entropy(p, base=base),
        "H(q)      entropy of q": entropy(q, base=base),
        "CE(p, q)  cross-entropy": cross_entropy(p, q, base=base),
        "CE(q, p)  cross-entropy": cross_entropy(q, p, base=base),
        "KL(p||q)  Kullback-Leibler": kl(p, q, base=base),
        "KL(q||p)  Kullback-Leibler": kl(q, p, base=base),
        "JS(p, q)  Jensen-Shannon": js(p, q, base=base),
    }
    unit = "nats" if base is None else "bits" if base == 2 else f"in logarithms to base {base:g}"
    facts = [
        (f"{letter} = {name!r} of {path}", f"{len(one.values)} rows, {len(one.masses())} values")
        for letter, one, name, (path, _) in zip("pq", (p, q), names, tables, strict=True)
    ]
    print_facts(facts)
    console().print()
    print_facts(
        [("", unit), *((name, f"{float(value):.6f}") for name, value in values.items())], numbers=True
    )
    for reason in (_why_infinite("p", p, "q", q), _why_infinite("q", q, "p", p)):
        if reason is not None:
            console().print(reason)


def _column_names(column: str | None, columns: str | None, *, two_files: bool) -> list[str]:
    if (column is None) == (columns is None):
        raise typer.BadParameter("give one of --column NAME and --columns P,Q")
    if column is not None:
        if not two_files:
            raise typer.BadParameter(
                "with one file there is nothing to compare it with; give a second file, or --columns P,Q",
                param_hint="'--column'",
            )
        return [column, column]
    names = split_list(columns or "")
    if len(names) != 2 or not all(names):
        raise typer.BadParameter(
            f"{columns!r} is not two names with a comma between", param_hint="'--columns'"
        )
    return names


def _distribution(table: pd.DataFrame, name: str, path: Path) -> Empirical:
    if name not in table.columns:
        raise DataError(f"{str(path)!r} has no column {name!r}; it has {', '.join(map(repr, table.columns))}")
    try:
        return Empirical(table[name])
    except ParameterError as error:
        raise DataError(f"column {name!r} of {str(path)!r}: {error}") from error


def _why_infinite(letter: str, one: Empirical, other_letter: str, other: Empirical) -> str | None:
    """Why the divergence from one to the other is infinite; None if it is not."""
    masses = one.masses()
    alone = masses[~masses.index.isin(other.masses().index)]
    if alone.empty:
        return None
    values = ", ".join(f"{value!r} ({mass:.4g})" for value, mass in alone.head(_SHOWN).items())
    more = f" and {len(alone) - _SHOWN} more" if len(alone) > _SHOWN else ""
    return (
        f"CE({letter}, {other_letter}) and KL({letter}||{other_letter}) are infinite: {letter} has values that "
        f"{other_letter} never has, {values}{more}, with probability {alone.sum():.4g} together"
    )
