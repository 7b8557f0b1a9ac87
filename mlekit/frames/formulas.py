"""Formulas as text: their sides, the columns they name, and a canonical spelling of the right-hand side.

formulaic tokenises and parses (it knows Wilkinson's operators); every expression goes through `Expression`
before formulaic sees the formula as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from mlekit.errors import FormulaError
from mlekit.frames.censoring import Censoring
from mlekit.frames.expressions import Expression, alias

if TYPE_CHECKING:
    from formulaic.formula import SimpleFormula
    from formulaic.parser.types import Factor, Token

__all__ = ["RightSide", "expand", "quote", "sides", "split"]


@dataclass(frozen=True)
class RightSide:
    """The parsed right-hand side of a formula.

    Attributes:
        formula: Its canonical spelling, which parses to the same terms.
        intercept: Whether it has one.
        terms: For formulaic: all terms, the intercept included.
        products: Where every term is a plain column or a product of plain columns: those columns, term by term,
            without the intercept. None where any term needs more than that.
        expressions: Its expressions, plain columns aside.
        columns: All columns that it reads, in the order of their first use.
    """

    formula: str
    intercept: bool
    terms: SimpleFormula
    products: tuple[tuple[str, ...], ...] | None
    expressions: Mapping[str, Expression]
    columns: tuple[str, ...]

    @property
    def labelled(self) -> frozenset[str]:
        """Columns whose values are read as labels of categories, whatever their type."""
        return frozenset().union(*(expression.labelled for expression in self.expressions.values()))

    @classmethod
    @lru_cache(maxsize=256)
    def parse(cls, text: str) -> RightSide:
        """Parse a right-hand side, in which ``.`` is expanded already.

        Raises:
            FormulaError: if it is no formula, or holds something that formulas may not do.

        >>> RightSide.parse("a * b - 1").formula
        '0 + a + b + a:b'
        """
        from formulaic import Formula
        from formulaic.formula import SimpleFormula
        from formulaic.parser.types import Factor

        expressions: Mapping[str, Expression] = {}
        terms = _sum_of_names(list(_tokens(text)))
        if terms is None:
            expressions = {token.token: Expression.read(token.token) for token in _python_tokens(text)}
            try:
                terms = Formula(text)
            except Exception as error:  # formulaic raises many kinds; its input here is nothing but the text
                raise _unreadable(text, error) from error
        if not isinstance(terms, SimpleFormula):
            raise FormulaError(f"the formula {text!r} has several parts: write one right-hand side")

        lookup, literal = Factor.EvalMethod.LOOKUP, Factor.EvalMethod.LITERAL
        intercept, plain = False, True
        columns: dict[str, None] = {}
        products: list[tuple[str, ...]] = []
        spelled: list[str] = []
        for term in terms:
            if [factor.expr for factor in term.factors] == ["1"]:
                intercept = True
                continue
            names = tuple(factor.expr for factor in term.factors if factor.eval_method is lookup)
            plain = plain and len(names) == len(term.factors)
            products.append(names)
            spelled.append(":".join(_spell(factor, expressions) for factor in term.factors))
            for factor in term.factors:
                read: Sequence[str] = () if factor.eval_method is literal else (factor.expr,)
                if factor.expr in expressions and factor.eval_method is not lookup:
                    read = sorted(expressions[factor.expr].columns)
                    if not read:
                        raise FormulaError(f"the formula's term {factor.expr!r} reads no column")
                columns.update(dict.fromkeys(read))
        _refuse_clashes(expressions.values(), columns)
        return cls(
            formula=" + ".join((spelled or ["1"]) if intercept else ["0", *spelled]),
            intercept=intercept,
            terms=terms,
            products=tuple(products) if plain else None,
            expressions=expressions,
            columns=tuple(columns),
        )


def quote(column: str) -> str:
    """Return a column's name as a formula spells it: in backticks."""
    if "`" in column or "\\" in column:
        raise FormulaError(f"the column name {column!r} cannot stand in a formula: rename the column")
    return f"`{column}`"


def split(formula: str | Mapping[str, str]) -> tuple[tuple[str, ...] | Censoring, dict[str, str]]:
    """Split a formula, or a mapping of formulas, into the targets and the right-hand side of each parameter.

    A plain formula's parameter has the name ``""``.

    Raises:
        FormulaError: unless exactly one formula has a left-hand side, made of plain columns or one call of ``Surv``.

    >>> split({"loc": "y ~ x", "scale": "~ z"})
    (('y',), {'loc': ' x', 'scale': ' z'})
    """
    if not isinstance(formula, str | Mapping):
        raise FormulaError(f"a formula is a text such as 'y ~ x', or a mapping of them, not {formula!r}")
    formulas = {"": formula} if isinstance(formula, str) else dict(formula)
    pairs = {parameter: sides(text) for parameter, text in formulas.items()}
    lefts = [left for left, _ in pairs.values() if left]
    if len(lefts) != 1:
        found = f"{len(lefts)} of {len(formulas)} do in {formula!r}"
        raise FormulaError(f"exactly one formula names the target on its left ('y ~ x'), but {found}")
    return lefts[0], {parameter: right for parameter, (_, right) in pairs.items()}


def sides(text: str) -> tuple[tuple[str, ...] | Censoring, str]:
    """Return the target columns on a formula's left, or the censored target there, and the text to the right of ``~``.

    >>> sides("a + `b c` ~ x")
    (('a', 'b c'), ' x')
    """
    if not isinstance(text, str):
        raise FormulaError(f"a formula is a text such as 'y ~ x', not {text!r}")
    tildes = [token for token in _tokens(text) if token.kind is token.Kind.OPERATOR and "~" in token.token]
    if not tildes:
        raise FormulaError(
            f"the formula {text!r} has no '~': write 'y ~ x', or '~ x' where no target is named"
        )
    # An operator's token starts with the operators before it, and leaves out the blanks between them.
    position = text.index("~", tildes[0].source_start)
    left, right = text[:position], text[position + 1 :]
    if not right.strip():
        raise FormulaError(f"the formula {text!r} ends after '~': write '~ 1' for an intercept alone")
    return _targets(left), right


def expand(text: str, columns: Callable[[], Sequence[str]]) -> str:
    """Replace each ``.`` of a right-hand side by the sum of ``columns()``, which are asked for only then.

    >>> expand("log(a):.", lambda: ["a", "b"])
    'log(a):(`a` + `b`)'
    """
    for token in reversed(list(_tokens(text))):
        start = token.source_start
        if token.token == text[start] == ".":  # a column of that name would start with its backtick
            everything = f"({' + '.join(map(quote, columns())) or '1'})"
            text = text[:start] + everything + text[start + 1 :]
    return text


def _targets(left: str) -> tuple[str, ...] | Censoring:
    tokens = list(_tokens(left))
    if any(token.token.startswith("Surv(") and token.kind is token.Kind.PYTHON for token in tokens):
        return Censoring.read(left.strip())
    names, joins = tokens[::2], tokens[1::2]
    remedy = (
        "make a column of it, or choose a family that has the transformation (LogNormal has the logarithm)"
    )
    for token in names:
        if token.kind is not token.Kind.NAME:
            raise FormulaError(f"the target {token.token!r} is no plain column: {remedy}")
    if any(token.token != "+" for token in joins) or (tokens and len(names) == len(joins)):
        raise FormulaError(f"the left-hand side {left.strip()!r} is not a sum of plain columns: {remedy}")
    targets = tuple(token.token for token in names)
    if len(set(targets)) < len(targets):
        raise FormulaError(f"the left-hand side {left.strip()!r} names a column twice")
    return targets


def _tokens(text: str) -> Iterator[Token]:
    from formulaic.parser.algos.tokenize import tokenize

    try:
        yield from tokenize(text)
    except Exception as error:  # formulaic raises many kinds; its input here is nothing but the text
        raise _unreadable(text, error) from error


def _sum_of_names(tokens: Sequence[Token]) -> SimpleFormula | None:
    """Return the terms of a plain sum of columns, with or without a leading ``0``; None for any other formula.

    It is the usual formula of many columns, for which formulaic needs time as the square of their number. It may
    stand in parentheses, as it does where it was a dot.
    """
    from formulaic.formula import SimpleFormula
    from formulaic.parser.types import Factor, Term

    enclosed = bool(tokens) and (tokens[0].token, tokens[-1].token) == ("(", ")")
    if enclosed:
        tokens = tokens[1:-1]
    names, joins = list(tokens[::2]), tokens[1::2]
    # Within parentheses, a zero takes no intercept away.
    intercept = enclosed or not (names and names[0].kind is names[0].Kind.VALUE and names[0].token == "0")
    if not intercept:
        names = names[1:]
    if len(tokens) % 2 == 0 or not names or any(token.token != "+" for token in joins):
        return None
    if any(token.kind is not token.Kind.NAME for token in names):
        return None
    one = [Term([Factor("1", eval_method=Factor.EvalMethod.LITERAL)])] if intercept else []
    distinct = {token.token: Term([token.to_factor()]) for token in names}
    return SimpleFormula([*one, *distinct.values()])


def _python_tokens(text: str) -> Iterator[Token]:
    """Yield the expressions of a formula as formulaic will evaluate them: tidied, but not looked at yet."""
    from formulaic.parser.algos.sanitize_tokens import sanitize_tokens

    try:
        tokens = list(sanitize_tokens(_tokens(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, FormulaError):
            raise
        raise _unreadable(text, error) from error
    return (token for token in tokens if token.kind is token.Kind.PYTHON)


def _unreadable(text: str, error: BaseException) -> FormulaError:
    reason = (str(error).splitlines() or [type(error).__name__])[0]  # formulaic adds a coloured excerpt
    return FormulaError(f"the formula {text.strip()!r} cannot be read: {reason}")


def _spell(factor: Factor, expressions: Mapping[str, Expression]) -> str:
    if factor.eval_method is factor.EvalMethod.LITERAL:
        return str(factor.expr)
    if factor.eval_method is factor.EvalMethod.LOOKUP:
        return factor.expr if str(factor.expr).isidentifier() else quote(factor.expr)
    return factor.expr if expressions[factor.expr].call else f"{{{factor.expr}}}"


def _refuse_clashes(expressions: Iterable[Expression], columns: Mapping[str, None]) -> None:
    """Refuse names that formulaic would confuse within expressions, or tell apart by a random suffix.

    The suffix would hide the remembered state of a transform from the next call.
    """
    for expression in expressions:
        called = {name.partition(".")[0] for name in expression.functions}
        for column in columns:
            if column == expression.source:
                raise FormulaError(f"the column {column!r} is spelled like a term of the formula: rename it")
            rivals = {alias(name) for name in expression.columns if name != column} | called
            if column in called or (alias(column) in rivals and len(columns) > 1):
                raise FormulaError(
                    f"the column name {column!r} clashes with another name in {expression.source!r}: rename it"
                )
