"""Right-hand sides and columns become design matrices.

Formulas of plain numeric columns and their products are the usual case, and large ones are nearly always of
this kind: they stay where they are until their rows are read. Everything else goes through formulaic.
Both give the same matrix; the tests hold them equal.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from mlekit.errors import DataError, FileFormatError, FormulaError
from mlekit.frames.columnar import Design
from mlekit.frames.columns import Source, check_finite
from mlekit.frames.expressions import VECTORISED
from mlekit.frames.formulas import RightSide
from mlekit.frames.states import plain, revive
from mlekit.frames.tables import rows_of

__all__ = ["Predictor", "learn_design"]


@dataclass(frozen=True)
class Predictor:
    """The learned right-hand side of one parameter.

    Attributes:
        formula: The right-hand side, with ``.`` expanded, in canonical spelling.
        columns: Names of the design matrix's columns, without the intercept: ``("gre", "C(rank)[T.2]")``.
        intercept: Whether the predictor has an intercept.
        state: What its transforms and categories remember of the training data, in plain JSON types. Empty for
            a formula of plain numeric columns.
    """

    formula: str
    columns: tuple[str, ...]
    intercept: bool
    state: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def right(self) -> RightSide:
        """The formula, parsed (and read against the allow-list)."""
        return RightSide.parse(self.formula)

    def design(self, sources: Mapping[str, Source], index: pd.Index) -> Design:
        """Return the design matrix of new rows, without the intercept's column.

        Raises:
            DataError: naming the column or term and the rows, where the matrix would not be finite.
            FileFormatError: if the state is not this formula's.
        """
        if _direct(self.right, sources):
            return _products(self.right, sources, index)[1]
        try:
            names, matrix, state = _materialise(self.right, sources, index, self.state)
        except _UnusableTermError as error:
            raise DataError(str(error)) from error
        if names != self.columns or state != self.state:
            # Else a transform whose memory is lost would quietly learn from the new rows.
            raise FileFormatError(
                f"the formula {self.formula!r} and what it remembers do not belong together"
            )
        return Design.of(matrix)


class _UnusableTermError(Exception):
    """A term cannot be computed: the formula's fault at first, the new rows' fault later."""


def learn_design(
    right: RightSide, sources: Mapping[str, Source], index: pd.Index
) -> tuple[Predictor, Design]:
    """Learn a right-hand side from the training rows; return it with their design matrix.

    Raises:
        FormulaError: if a term cannot be computed (a spline with too few degrees of freedom).
        DataError: if the design matrix would not be finite.
    """
    state: Mapping[str, Any] = {}
    if _direct(right, sources):
        names, design = _products(right, sources, index)
    else:
        try:
            names, matrix, state = _materialise(right, sources, index, {})
        except _UnusableTermError as error:
            raise FormulaError(str(error)) from error
        design = Design.of(matrix)
    if len(set(names)) < len(names):
        raise FormulaError(f"the formula {right.formula!r} gives two columns one name: {names}")
    return Predictor(right.formula, names, right.intercept, state), design


def _direct(right: RightSide, sources: Mapping[str, Source]) -> bool:
    return right.products is not None and not any(
        isinstance(sources[name], pd.Categorical) for name in right.columns
    )


def _products(
    right: RightSide, sources: Mapping[str, Source], index: pd.Index
) -> tuple[tuple[str, ...], Design]:
    """Columns and products of columns, which are all finite."""
    products = right.products or ()
    factors = tuple(tuple(np.asarray(sources[name]) for name in product) for product in products)
    design = Design(factors, rows=len(index))
    names = tuple(":".join(product) for product in products)
    for name in right.columns:
        check_finite(name, sources[name], index)
    interactions = tuple(product for product in factors if len(product) > 1)
    if not np.isfinite(
        Design(interactions, rows=len(index)).total
    ):  # finite numbers may have an infinite product
        _explain(names, design[:], sources, right, index)
    return names, design


def _materialise(
    right: RightSide, sources: Mapping[str, Source], index: pd.Index, state: Mapping[str, Any]
) -> tuple[tuple[str, ...], Float[np.ndarray, "rows columns"], Mapping[str, Any]]:
    """Let formulaic compute a design matrix; learn the state of its transforms if ``state`` is empty."""
    from formulaic import ModelSpec
    from formulaic.errors import DataMismatchWarning
    from formulaic.parser.types import Factor

    for name in right.columns:
        check_finite(name, sources[name], index)
    transforms = revive(state["transforms"]) if state else {}
    levels = revive(state["levels"]) if state else {}
    spec = ModelSpec(
        formula=right.terms,
        na_action="ignore",
        output="numpy",
        transform_state=transforms,
        encoder_state={
            term: (Factor.Kind.CATEGORICAL, {"categories": known}) for term, known in levels.items()
        },
    )
    # A label that is no category of a term becomes a row of zeros, with a warning.
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error", DataMismatchWarning)
        try:
            result = spec.get_model_matrix(
                pd.DataFrame(
                    {
                        name: sources[name] if name in right.labelled else _in_formula(sources[name])
                        for name in right.columns
                    },
                    index=range(len(index)),
                    copy=False,
                ),
                context={"np": np, "numpy": np, **VECTORISED},
            )
        except Exception as error:  # whatever the arithmetic of a formula raises
            _explain_bounds(right, sources, index, transforms)
            raise _UnusableTermError(f"the formula {right.formula!r} cannot be computed: {error}") from error
    learned = result.model_spec
    names = tuple(learned.column_names)[int(right.intercept) :]
    matrix = np.ascontiguousarray(np.asarray(result, dtype=np.float64)[:, int(right.intercept) :])
    with np.errstate(all="ignore"):
        finite = bool(np.isfinite(matrix.sum()))
    if not finite:
        _explain(names, matrix, sources, right, index)
    categories = {
        term: memory["categories"]
        for term, (_, memory) in learned.encoder_state.items()
        if "categories" in memory
    }
    # Sorted, since formulaic visits the terms in the order of a set.
    remembered = {"transforms": learned.transform_state, "levels": categories}
    return names, matrix, {part: plain(dict(sorted(memory.items()))) for part, memory in remembered.items()}


def _in_formula(source: Source) -> Source:
    """Numbers in double precision: integers would overflow, and single precision would stay single."""
    if isinstance(source, pd.Categorical) or source.dtype.kind not in "iuf":
        return source
    return source.astype(np.float64, copy=False)


def _explain(
    names: tuple[str, ...],
    matrix: Float[np.ndarray, "rows columns"],
    sources: Mapping[str, Source],
    right: RightSide,
    index: pd.Index,
) -> None:
    """Raise a DataError that names the first column, or else term, that is not finite (a sum may overflow)."""
    for name in right.columns:
        check_finite(name, sources[name], index)
    for name, values in zip(names, matrix.T, strict=True):
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size:
            raise DataError(
                f"the term {name!r} is {values[bad[0]]} in {rows_of(index, bad)}: it is not defined there "
                "(a logarithm of zero, a constant scaled to variance one, an overflow); change the term or the rows"
            )


def _explain_bounds(
    right: RightSide, sources: Mapping[str, Source], index: pd.Index, transforms: Mapping[str, Any]
) -> None:
    """Raise a DataError that names the rows beyond a spline's boundary knots, if there are any."""
    for name, values in sources.items():
        for source in right.expressions:
            low, high = (transforms.get(source, {}).get(f"{side}_bound") for side in ("lower", "upper"))
            if (
                low is None
                or isinstance(values, pd.Categorical)
                or not source.startswith((f"bs({name},", f"bs({name})"))
            ):
                continue
            beyond = np.flatnonzero((values < low) | (values > high))
            if beyond.size:
                raise DataError(
                    f"column {name!r} is {values[beyond[0]]} in {rows_of(index, beyond)}, beyond the boundary knots "
                    f"of {source!r} ({low} and {high}): add extrapolation='extend' or 'clip' to the spline, or "
                    "set its lower_bound and upper_bound"
                )
