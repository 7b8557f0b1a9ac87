"""Reading any table, column by column: pandas as it is, everything else through narwhals."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlekit.errors import DataError

if TYPE_CHECKING:
    import narwhals as nw

__all__ = ["Table", "rows_of"]


@dataclass(frozen=True)
class Table:
    """A table whose columns are read one at a time, when they are needed.

    Attributes:
        names: The columns' names, in order, repeated ones included.
        index: The rows' labels.
        read: Returns a column as a pandas Series with one value a row, for a name that is there once.
    """

    names: tuple[Any, ...]
    index: pd.Index
    read: Callable[[str], pd.Series]

    @cached_property
    def _counts(self) -> Counter[Any]:
        return Counter(self.names)

    @classmethod
    def of(cls, data: object) -> Table:
        """Look at a DataFrame of pandas, Polars, PyArrow or another library, or at a dict of columns.

        Raises:
            DataError: if it is no such thing, if it is lazy, or if it has no rows.
        """
        if isinstance(data, Mapping):
            try:
                data = pd.DataFrame(dict(data))
            except ValueError as error:
                raise DataError(
                    f"the columns do not make a table: {error}. Give each one value a row, as a list or an array"
                ) from error
        table = cls._pandas(data) if isinstance(data, pd.DataFrame) else cls._foreign(data)
        if len(table.index) == 0:
            raise DataError("the table has no rows: there is nothing to fit or to predict")
        return table

    @classmethod
    def _pandas(cls, data: pd.DataFrame) -> Table:
        return cls(names=tuple(data.columns), index=data.index, read=data.__getitem__)

    @classmethod
    def _foreign(cls, data: object) -> Table:
        import narwhals as nw

        frame = nw.from_native(data, pass_through=True)
        if isinstance(frame, nw.LazyFrame):
            raise DataError(
                f"the table is lazy ({type(data).__module__}.{type(data).__qualname__}): "
                "call .collect() (Polars) or .compute() (Dask) on it first"
            )
        if not isinstance(frame, nw.DataFrame):
            raise DataError(
                f"{type(data).__qualname__} is no table: give a DataFrame (pandas, Polars), a PyArrow table, "
                "or a dict of columns"
            )
        return cls(
            names=tuple(frame.columns),
            index=pd.RangeIndex(len(frame)),
            read=lambda name: _series(frame[name]),
        )

    def column(self, name: str) -> pd.Series:
        """Return one column.

        Raises:
            DataError: if there is no such column, or more than one.
        """
        count = self._counts[name]
        if count > 1:
            raise DataError(f"the table has {count} columns named {name!r}: rename or drop all but one")
        if count == 0:
            known = [str(other) for other in self.names]
            near = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
            hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"it has {_short(known)}"
            raise DataError(f"the table has no column {name!r}: {hint}")
        return self.read(name)

    def others(self, taken: Sequence[str | None]) -> list[str]:
        """Return the columns that ``.`` stands for: all but ``taken``.

        Raises:
            DataError: if a column's name is not a text, so that a formula cannot name it.
        """
        for name in self.names:
            if not isinstance(name, str):
                raise DataError(
                    f"'.' cannot stand for the column {name!r}, whose name is no text: "
                    "data.columns = data.columns.astype(str) makes it one"
                )
        return [name for name in dict.fromkeys(self.names) if name not in taken]


def rows_of(index: pd.Index, positions: np.ndarray) -> str:
    """Name rows by their labels in the table's own index, the first three if there are many.

    >>> rows_of(pd.Index(["a", "b", "c"]), np.array([0, 2]))
    "rows 'a', 'c'"
    """
    labels = [repr(label) for label in index[positions[:3]].tolist()]
    more = f" and {len(positions) - 3} more" if len(positions) > 3 else ""
    return f"{'row' if len(positions) == 1 else 'rows'} {', '.join(labels)}{more}"


def _short(names: Sequence[str]) -> str:
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(map(repr, names[:8])) + more


def _series(column: nw.Series[Any]) -> pd.Series:
    """Turn a narwhals series into a pandas one with the same missing values, categories and their order."""
    import narwhals as nw

    dtype = column.dtype
    if isinstance(dtype, nw.Enum):
        categories = list(column.to_native().dtype.categories)
        return pd.Series(pd.Categorical(column.to_list(), categories=categories, ordered=True))
    if isinstance(dtype, nw.Categorical):
        # An Arrow dictionary has an order of its own. Polars numbers its categories as the process happens to
        # meet them, which says nothing, so theirs are sorted.
        arrow = column.implementation.is_pyarrow()
        return pd.Series(pd.Categorical(column.to_native().to_pandas() if arrow else column.to_list()))
    if dtype.is_numeric() and not isinstance(dtype, nw.Decimal):
        return pd.Series(column.to_numpy())
    if isinstance(dtype, nw.Boolean) and not column.is_null().any():
        return pd.Series(column.to_numpy())
    return pd.Series(column.to_list(), dtype=object)
