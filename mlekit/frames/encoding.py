"""Tables become arrays: learned once from the training table, applied to every later one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from mlekit.arrays import ArrayLike
from mlekit.errors import DataError, FileFormatError, FormulaError
from mlekit.frames.censoring import Censoring
from mlekit.frames.columnar import Design
from mlekit.frames.columns import Column, Source, check_complete, check_finite, kind_of, numbers
from mlekit.frames.designs import Predictor, learn_design
from mlekit.frames.documents import column_of, document_of, entries, optional_text, predictor_of, texts
from mlekit.frames.formulas import RightSide, expand, split
from mlekit.frames.tables import Table, rows_of

__all__ = ["Encoding", "Rows"]


@dataclass(frozen=True)
class Rows:
    """What one table became, or some of its rows, in order.

    Attributes:
        table_index: The table's index; a RangeIndex for tables that have none (Polars, PyArrow).
        inputs: The design matrix of each parameter, without the intercept's column; a slice of it is an array.
        table_target: The left-hand columns of all rows of the table, in the formula's order, in the table's own types
            and without missing values; for a censored target one column of intervals. None where they were not
            asked for.
        weights: Weights ≥ 0, one a row.
        offset: What is added to the linear predictor, one number a row.
        positions: Which of the table's rows these are; None for all of them.
    """

    table_index: pd.Index
    inputs: Mapping[str, Design]
    table_target: pd.DataFrame | None = None
    weights: Float[np.ndarray, " rows"] | None = None
    offset: Float[np.ndarray, " rows"] | None = None
    positions: Int[np.ndarray, " rows"] | None = None

    def __len__(self) -> int:
        return len(self.table_index) if self.positions is None else len(self.positions)

    @property
    def index(self) -> pd.Index:
        """The rows' labels."""
        return self.table_index if self.positions is None else self.table_index[self.positions]

    @property
    def target(self) -> pd.DataFrame | None:
        """The left-hand columns of these rows; taken from the table's when asked for."""
        return None if self.table_target is None else self.outcomes(slice(None))

    def outcomes(self, part: slice) -> pd.DataFrame:
        """The left-hand columns of a part of these rows."""
        assert self.table_target is not None
        return self.table_target.iloc[part if self.positions is None else self.positions[part]]

    def take(self, positions: Int[np.ndarray, " rows"]) -> Rows:
        """Some of the rows, in the order given."""
        return Rows(
            table_index=self.table_index,
            inputs={name: design.take(positions) for name, design in self.inputs.items()},
            table_target=self.table_target,
            weights=None if self.weights is None else self.weights[positions],
            offset=None if self.offset is None else self.offset[positions],
            positions=positions if self.positions is None else self.positions[positions],
        )


@dataclass(frozen=True)
class Encoding:
    """How tables become arrays: learned with `learn`, applied with `encode`. It holds no training rows.

    Attributes:
        predictors: The learned right-hand side of each parameter; ``""`` for a plain formula.
        target_names: The columns on the formula's left.
        schema: What each column that the right-hand sides read was at the time of fitting.
        weights: Name of the column of weights, if they came as a name.
        offset: Name of the column of offsets, if they came as a name.
        censoring: How the target columns are read, if they tell of a censored outcome.
        beside: Columns that are read as a part of the target, after those on the formula's left.

    >>> people = pd.DataFrame({"ill": [0, 1, 1, 0], "age": [30, 50, 60, 40], "site": ["b", "a", "b", "c"]})
    >>> encoding, rows = Encoding.learn("ill ~ age + site", people)
    >>> encoding.predictors[""].columns
    ('age', 'site[T.b]', 'site[T.c]')
    >>> rows.inputs[""][:]
    array([[30.,  1.,  0.],
           [50.,  0.,  0.],
           [60.,  1.,  0.],
           [40.,  0.,  1.]])
    >>> encoding.encode({"site": ["b"], "age": [33]}).inputs[""][:]
    array([[33.,  1.,  0.]])
    """

    predictors: Mapping[str, Predictor]
    target_names: tuple[str, ...]
    schema: Mapping[str, Column]
    weights: str | None = None
    offset: str | None = None
    censoring: Censoring | None = None
    beside: tuple[str, ...] = ()

    @classmethod
    def learn(
        cls,
        formula: str | Mapping[str, str],
        data: object,
        *,
        weights: str | ArrayLike | None = None,
        offset: str | ArrayLike | None = None,
        beside: tuple[str, ...] = (),
    ) -> tuple[Encoding, Rows]:
        """Learn how the training table becomes arrays.

        Args:
            formula: Wilkinson notation (``"y ~ x + C(site)"``), or one formula for each parameter, exactly one of
                which names the target.
            data: A DataFrame (pandas, Polars, anything else that narwhals reads), a PyArrow table, or a dict of
                columns. It is not modified.
            weights: A column's name, or one number ≥ 0 a row.
            offset: A column's name, or one number a row.
            beside: Columns that are read as a part of the target, after those on the formula's left.

        Returns:
            The encoding, and the training rows with their target.

        Raises:
            FormulaError: if the formula cannot be read, or may not do what it asks for.
            DataError: if a column is missing or unusable; it names the column, the rows and a remedy.
        """
        left, sides = split(formula)
        censoring = left if isinstance(left, Censoring) else None
        targets = left.columns if isinstance(left, Censoring) else left
        if beside and censoring is not None:
            raise FormulaError(f"a censored target has no columns beside it, but {beside[0]!r} was named")
        if again := set(beside).intersection(targets):
            raise FormulaError(
                f"{again.pop()!r} was named beside the target, and stands on the formula's left too"
            )
        table = Table.of(data)
        weights_name = weights if isinstance(weights, str) else None
        offset_name = offset if isinstance(offset, str) else None
        taken = [*targets, *beside, weights_name, offset_name]
        rights = {
            parameter: RightSide.parse(RightSide.parse(expand(text, lambda: table.others(taken))).formula)
            for parameter, text in sides.items()
        }
        for right in rights.values():
            if shared := {*targets, *beside}.intersection(right.columns):
                raise FormulaError(
                    f"the target {shared.pop()!r} stands on the right of {right.formula!r} as well"
                )
        labelled = frozenset().union(*(right.labelled for right in rights.values()))
        series = {name: table.column(name) for right in rights.values() for name in right.columns}
        schema = {
            name: Column.learn(name, column, labelled=name in labelled) for name, column in series.items()
        }
        sources = {name: schema[name].apply(name, column) for name, column in series.items()}
        predictors, inputs = {}, {}
        for parameter, right in rights.items():
            predictors[parameter], inputs[parameter] = learn_design(right, sources, table.index)
        encoding = cls(predictors, targets, schema, weights_name, offset_name, censoring, beside)
        return encoding, encoding._complete(Rows(table.index, inputs), table, True, weights, offset)

    def encode(
        self,
        data: object,
        *,
        target: bool = False,
        weights: ArrayLike | None = None,
        offset: ArrayLike | None = None,
    ) -> Rows:
        """Turn another table into arrays, with what was learned from the training table.

        Args:
            data: A table with the columns that the formula reads, in any order.
            target: Whether to read the target as well, and the weights if they were learned by name.
            weights: One number ≥ 0 a row, instead of the column that was named.
            offset: One number a row, instead of the column that was named.

        Raises:
            DataError: as `learn`, and for levels that the training table did not have, and changed types.
        """
        table = Table.of(data)
        sources: dict[str, Source] = {
            name: column.apply(name, table.column(name)) for name, column in self.schema.items()
        }
        inputs = {
            parameter: predictor.design(sources, table.index)
            for parameter, predictor in self.predictors.items()
        }
        given_weights = self.weights if weights is None and target else weights
        given_offset = self.offset if offset is None else offset
        return self._complete(Rows(table.index, inputs), table, target, given_weights, given_offset)

    def _complete(
        self,
        rows: Rows,
        table: Table,
        target: bool,
        weights: str | ArrayLike | None,
        offset: str | ArrayLike | None,
    ) -> Rows:
        return replace(
            rows,
            table_target=self._target(table) if target else None,
            weights=None if weights is None else _weights(weights, table),
            offset=None if offset is None else _numbers("offset", offset, table),
        )

    def _target(self, table: Table) -> pd.DataFrame:
        if self.censoring is not None:
            return self.censoring.intervals(table)
        return _target((*self.target_names, *self.beside), table)

    @property
    def left(self) -> str:
        """The formula's left-hand side as text."""
        return " + ".join(self.target_names) if self.censoring is None else self.censoring.source

    def to_json(self) -> dict[str, object]:
        """Return the encoding as plain JSON types."""
        return {
            "predictors": {key: document_of(predictor) for key, predictor in self.predictors.items()},
            "target_names": list(self.target_names),
            "schema": {name: document_of(column) for name, column in self.schema.items()},
            "weights": self.weights,
            "offset": self.offset,
            "censoring": None if self.censoring is None else self.censoring.source,
            "beside": list(self.beside),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, object]) -> Encoding:
        """Return the encoding that `to_json` described. Nothing in the document is executed.

        Raises:
            FileFormatError: if it is no such document.
            FormulaError: if a formula in it may not do what it asks for.
        """
        source = optional_text({"censoring": None, **document}, "censoring")
        encoding = cls(
            predictors={key: predictor_of(part) for key, part in entries(document, "predictors").items()},
            target_names=texts(document, "target_names"),
            schema={name: column_of(part) for name, part in entries(document, "schema").items()},
            weights=optional_text(document, "weights"),
            offset=optional_text(document, "offset"),
            censoring=None if source is None else Censoring.read(source),
            beside=texts({"beside": [], **document}, "beside"),
        )
        read = {name for predictor in encoding.predictors.values() for name in predictor.right.columns}
        if read != set(encoding.schema):
            raise FileFormatError(
                f"the formulas read {sorted(read)}, but 'schema' has {sorted(encoding.schema)}"
            )
        return encoding


def _target(names: Iterable[str], table: Table) -> pd.DataFrame:
    columns = {}
    for name in names:
        series = table.column(name)
        check_complete(name, series)
        if kind_of(name, series) == "numeric":
            check_finite(name, numbers(series), table.index)
        columns[name] = series.array
    return pd.DataFrame(columns, index=table.index, copy=False)


def _weights(given: str | ArrayLike, table: Table) -> Float[np.ndarray, " rows"]:
    values = _numbers("weights", given, table)
    negative = np.flatnonzero(values < 0)
    if negative.size:
        raise DataError(
            f"{_called('weights', given)} is negative ({values[negative[0]]}) in "
            f"{rows_of(table.index, negative)}: weights are 0 or more"
        )
    if not values.any():
        raise DataError(f"{_called('weights', given)} is 0 in all {len(values)} rows: give a row some weight")
    return values


def _numbers(role: str, given: str | ArrayLike, table: Table) -> Float[np.ndarray, " rows"]:
    """Return weights or offsets as one finite float64 a row."""
    if isinstance(given, str):
        series = table.column(given)
    else:
        if isinstance(given, pd.Series) and not given.index.equals(table.index):
            raise DataError(
                f"{role} is a Series on another index than the table's: reindex it, or give "
                f"{role}.to_numpy() to take its values by position"
            )
        values = np.asarray(given)
        if values.shape != (len(table.index),):
            raise DataError(
                f"{role} has the shape {values.shape}, but the table has {len(table.index)} rows: give one a row"
            )
        series = pd.Series(values, index=table.index)
    name = _called(role, given)
    if kind_of(name, series) == "categorical":
        raise DataError(f"{name!r} holds text such as {series.iloc[0]!r}: {role} are numbers")
    result = np.array(numbers(series))
    check_finite(name, result, table.index)
    return result


def _called(role: str, given: str | ArrayLike) -> str:
    return given if isinstance(given, str) else role
