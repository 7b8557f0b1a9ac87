"""What a formula may compute: an allow-list over the syntax tree of every expression in it.

Formulas are data: they come out of saved models, and formulaic evaluates what it is given (even while it only
parses). So each expression is read here first, and passes only if every node of its tree is a column, a
constant, an operator or one of the functions below, called with arguments that the function is known to have.
A list of forbidden things would never be complete. NumPy's ``out=`` is among the arguments that are not
offered, for it would write into the caller's table.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlekit.errors import FormulaError

__all__ = ["FUNCTIONS", "VECTORISED", "Expression", "alias"]

_UFUNCS = (
    *(np.exp, np.expm1, np.log, np.log10, np.log1p, np.log2, np.sqrt),
    *(np.cos, np.sin, np.tan, np.tanh),
)
VECTORISED: dict[str, Callable[..., Any]] = {
    **{function.__name__: function for function in _UFUNCS},
    "abs": np.abs,
    "clip": np.clip,
}
_NUMPY = {**dict.fromkeys(VECTORISED, ("x",)), "clip": ("x", "a_min", "a_max")}
_CUBIC_SPLINE = ("x", "df", "knots", "lower_bound", "upper_bound", "constraints", "extrapolation")
_CONTRASTS = {
    "Treatment": ("reference",),
    "Sum": (),
    "Helmert": ("reverse", "scale"),
    "Diff": ("backward",),
    "Poly": ("scores",),
    "contr.treatment": ("base",),
    "contr.sum": (),
    "contr.helmert": ("reverse", "scale"),
    "contr.diff": ("backward",),
    "contr.poly": ("scores",),
}
FUNCTIONS: dict[str, tuple[str, ...]] = {
    **_NUMPY,
    **{f"{prefix}.{name}": names for prefix in ("np", "numpy") for name, names in _NUMPY.items()},
    "C": ("data", "contrasts", "levels", "spans_intercept"),
    "I": ("data",),
    "Q": ("variable",),
    "bs": (
        *("x", "df", "knots", "degree", "include_intercept"),
        *("lower_bound", "upper_bound", "extrapolation"),
    ),
    "cc": _CUBIC_SPLINE,
    "cr": _CUBIC_SPLINE,
    "cs": _CUBIC_SPLINE,
    "center": ("data",),
    "poly": ("x", "degree", "raw"),
    "scale": ("data", "center", "scale", "ddof"),
    "standardize": ("x", "center", "rescale", "ddof"),
    **_CONTRASTS,
}
_ARITHMETIC = (
    *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow),
    *(ast.BitAnd, ast.BitOr),  # of comparisons: (x > 0) & (z < 1)
)
_COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_SIGNS = (ast.UAdd, ast.USub, ast.Invert)


def alias(column: str) -> str:
    """Return the identifier under which formulaic evaluates a column whose name is not one.

    >>> alias("systolic pressure")
    'systolic_pressure'
    """
    word = re.sub(r"\W", "_", column)
    return f"_{word}" if word[:1].isdigit() else word


@dataclass(frozen=True)
class Expression:
    """One expression of a formula, found to be harmless.

    Attributes:
        source: The expression as formulaic spells it; names that are no identifiers stand in backticks.
        columns: The columns that it reads.
        labelled: Those among them whose values it reads as labels of categories: the ``site`` of ``C(site)``.
        functions: The functions that it calls.
        call: Whether it is a single call, which needs no braces in a formula.

    >>> Expression.read("C(site)").labelled
    frozenset({'site'})
    >>> Expression.read("exec('...')")
    Traceback (most recent call last):
    ...
    mlekit.errors.FormulaError: the formula calls exec(), which formulas may not: make a column of it first...
    """

    source: str
    columns: frozenset[str]
    labelled: frozenset[str]
    functions: frozenset[str]
    call: bool

    @classmethod
    def read(cls, source: str) -> Expression:
        """Read one expression of a formula without evaluating anything.

        Raises:
            FormulaError: if it is no expression, or holds anything that is not on the list.
        """
        from formulaic.utils.code import sanitize_variable_names

        names: dict[str, str] = {}
        try:
            tree = ast.parse(sanitize_variable_names(source, {}, names), mode="eval")
            found = set(_walk(tree.body))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            if isinstance(error, FormulaError):
                raise
            raise FormulaError(f"the formula's part {source!r} cannot be read as an expression") from error
        return cls(
            source=source,
            columns=frozenset(names.get(name, name) for role, name in found if role in ("column", "labels")),
            labelled=frozenset(names.get(name, name) for role, name in found if role == "labels"),
            functions=frozenset(name for role, name in found if role == "function"),
            call=isinstance(tree.body, ast.Call),
        )


def _walk(node: ast.expr) -> Iterator[tuple[str, str]]:
    """Yield what an expression uses as (role, name); raise at the first node that is not allowed."""
    match node:
        case ast.Constant(value=bool() | int() | float() | str() | None):
            return
        case ast.Name(id=name):
            yield "column", name
        case ast.UnaryOp(op=op, operand=operand) if isinstance(op, _SIGNS):
            yield from _walk(operand)
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _ARITHMETIC):
            yield from _walk_all(left, right)
        case ast.Compare(left=left, ops=ops, comparators=others) if all(
            isinstance(op, _COMPARISONS) for op in ops
        ):
            yield from _walk_all(left, *others)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            yield from _walk_all(*elements)
        case ast.Dict(keys=keys, values=values):
            yield from _walk_all(*(key for key in keys if key is not None), *values)
        case ast.Call():
            yield from _walk_call(node)
        case _:
            raise FormulaError(
                f"the formula contains {ast.unparse(node)!r}, which formulas may not: make a column of it first"
            )


def _walk_all(*nodes: ast.expr) -> Iterator[tuple[str, str]]:
    for node in nodes:
        yield from _walk(node)


def _walk_call(node: ast.Call) -> Iterator[tuple[str, str]]:
    name = ast.unparse(node.func)
    if name not in FUNCTIONS:
        raise FormulaError(
            f"the formula calls {name}(), which formulas may not: make a column of it first. "
            f"Known are {', '.join(sorted(known for known in FUNCTIONS if '.' not in known))}"
        )
    parameters = FUNCTIONS[name]
    strange = [word.arg or "**" for word in node.keywords if word.arg not in parameters]
    if strange or len(node.args) > len(parameters):
        raise FormulaError(
            f"the formula calls {ast.unparse(node)!r}, but {name} takes ({', '.join(parameters)}) in formulas"
        )
    yield "function", name
    arguments = [*node.args, *(word.value for word in node.keywords)]
    match name, arguments:
        case "Q", [ast.Constant(value=str(column))]:
            yield "column", column
        case "Q", _:
            raise FormulaError(f"the formula contains {ast.unparse(node)!r}: Q takes one name as a text")
        case "C", [ast.Name(id=column), *others]:
            yield "labels", column
            for other in others:
                # A contrast may be named without calling it: C(site, Sum).
                if ast.unparse(other) not in _CONTRASTS:
                    yield from _walk(other)
        case _:
            yield from _walk_all(*arguments)
