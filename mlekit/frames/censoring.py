"""Censored targets, written on a formula's left as ``Surv(time, event)``: what is known is an interval.

    Surv(time, event)                        time where event is 1, more than time where it is 0
    Surv(time, event, type="left")           time where event is 1, at most time where it is 0
    Surv(lower, upper, type="interval")      more than lower, at most upper; equal ends are the outcome itself

The event is a column of booleans or of 0 and 1, or a comparison that makes one: ``status == 2``, ``state == "dead"``.
An end of an interval that is missing or infinite is no bound. The names and codes are those of R's survival package
(Therneau 2023); ``"interval2"``, which means the same there, is read as ``"interval"``.

The target becomes one column of intervals, open on the left and closed on the right, in which the two ends of an
outcome that was seen are the same.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from mlekit.errors import DataError, FormulaError
from mlekit.frames.columns import check_complete, check_finite, kind_of, numbers
from mlekit.frames.tables import Table, rows_of

__all__ = ["Censoring"]

Type: TypeAlias = Literal["right", "left", "interval"]
Code: TypeAlias = str | bool | int | float

_FORMS = 'Surv(time, event), Surv(time, event, type="left") or Surv(lower, upper, type="interval")'


@dataclass(frozen=True)
class Censoring:
    """A censored target: its two columns, and how they are read.

    Attributes:
        source: Its text in the formula.
        columns: Time and event, or lower and upper end.
        type: On which side of the time the outcome lies where it was not seen.
        code: The value of the event's column that says that the outcome was seen; None for a column of 0 and 1.

    >>> Censoring.read('Surv(days, state == "dead")').columns
    ('days', 'state')
    """

    source: str
    columns: tuple[str, str]
    type: Type = "right"
    code: Code | None = None

    @property
    def name(self) -> str:
        """What the outcome is called: the time, or the whole text where there is none."""
        return self.source if self.type == "interval" else self.columns[0]

    @classmethod
    def read(cls, source: str) -> Censoring:
        """Read a call of ``Surv`` without evaluating anything.

        Raises:
            FormulaError: if it is no such call.
        """
        from formulaic.utils.code import sanitize_variable_names

        names: dict[str, str] = {}
        try:
            call = ast.parse(sanitize_variable_names(source, {}, names), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise FormulaError(f"the target {source!r} cannot be read: write {_FORMS}") from error
        match call:
            case ast.Call(func=ast.Name(id="Surv"), args=[ast.Name(id=first), second], keywords=keywords):
                kind = _type(source, keywords)
            case _:
                raise FormulaError(f"the target {source!r} cannot be read: write {_FORMS}")
        code: Code | None = None
        match second:
            case ast.Name(id=column):
                pass
            case ast.Compare(
                left=ast.Name(id=column),
                ops=[ast.Eq()],
                comparators=[ast.Constant(value=bool() | int() | float() | str() as code)],
            ) if kind != "interval":
                pass
            case _:
                raise FormulaError(
                    f"in the target {source!r}, {ast.unparse(second)!r} is neither a column nor, for an event, its "
                    "comparison with a value (status == 2): make a column of it first"
                )
        columns = names.get(first, first), names.get(column, column)
        if columns[0] == columns[1]:
            raise FormulaError(f"the target {source!r} names a column twice")
        return cls(source, columns, kind, code)

    def intervals(self, table: Table) -> pd.DataFrame:
        """The target of a table, as one column of intervals.

        Raises:
            DataError: for missing or infinite times, events that are not 0 or 1, ends in the wrong order, and rows
                that tell nothing.
        """
        if self.type == "interval":
            lower, upper = self._ends(table)
        else:
            time = self._numbers(table, self.columns[0])
            check_complete(self.columns[0], pd.Series(time, index=table.index))
            check_finite(self.columns[0], time, table.index)
            seen = self._seen(table)
            lower = np.where(seen | (self.type == "right"), time, -np.inf)
            upper = np.where(seen | (self.type == "left"), time, np.inf)
        intervals = pd.arrays.IntervalArray.from_arrays(lower, upper, closed="right")
        return pd.DataFrame({self.name: intervals}, index=table.index)

    def _numbers(self, table: Table, name: str) -> np.ndarray:
        series = table.column(name)
        if kind_of(name, series) == "categorical":
            raise DataError(f"column {name!r} is a time in {self.source!r}, but holds {series.dtype} values")
        return numbers(series)

    def _ends(self, table: Table) -> tuple[np.ndarray, np.ndarray]:
        lower, upper = (self._numbers(table, name) for name in self.columns)
        lower = np.where(np.isnan(lower), -np.inf, lower)
        upper = np.where(np.isnan(upper), np.inf, upper)
        wrong = np.flatnonzero((lower > upper) | (lower == np.inf) | (upper == -np.inf))
        if wrong.size:
            at = wrong[0]
            raise DataError(
                f"in {self.source!r} the lower end {lower[at]:g} is not below the upper end {upper[at]:g} in "
                f"{rows_of(table.index, wrong)}: exchange them, or leave the rows out"
            )
        silent = np.flatnonzero(np.isinf(lower) & np.isinf(upper))
        if silent.size:
            raise DataError(
                f"in {self.source!r} neither end is known in {rows_of(table.index, silent)}, which therefore tell "
                "nothing: leave the rows out"
            )
        return lower, upper

    def _seen(self, table: Table) -> np.ndarray:
        name = self.columns[1]
        series = table.column(name)
        check_complete(name, series)
        if self.code is not None:
            values = series.astype(object)
            if type(self.code) is str and kind_of(name, series) != "categorical":
                raise DataError(
                    f"column {name!r} is compared with the text {self.code!r} in {self.source!r}, but holds "
                    f"{series.dtype} values such as {values.iloc[0]!r}"
                )
            return np.asarray(values == self.code, dtype=bool)
        remedy = "say which value means that the outcome was seen, as in Surv(time, status == 2)"
        if kind_of(name, series) == "categorical":
            raise DataError(f"column {name!r} is the event in {self.source!r}, but holds text: {remedy}")
        flags = numbers(series)
        strange = np.flatnonzero((flags != 0) & (flags != 1))
        if strange.size:
            raise DataError(
                f"column {name!r} is the event in {self.source!r}, 1 where the outcome was seen and 0 where not, but "
                f"holds {flags[strange[0]]:g} in {rows_of(table.index, strange)}: {remedy}"
            )
        return np.asarray(flags == 1)


def _type(source: str, keywords: list[ast.keyword]) -> Type:
    """The argument ``type``."""
    match keywords:
        case []:
            return "right"
        case [ast.keyword(arg="type", value=ast.Constant(value=str(given)))]:
            wanted = "interval" if given == "interval2" else given
            found: Type | None = next((known for known in get_args(Type) if known == wanted), None)
            if found is not None:
                return found
    known = ", ".join(map(repr, get_args(Type)))
    raise FormulaError(
        f"in the target {source!r}, all that may follow the two columns is type=, one of {known}"
    )
