"""Formulas: how they are read and spelled, and that they cannot run anything."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import formulaic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlekit.errors import FormulaError
from mlekit.frames.expressions import Expression
from mlekit.frames.formulas import RightSide, expand, sides, split


@pytest.mark.parametrize(
    ("text", "formula", "columns"),
    [
        ("x", "x", ("x",)),
        ("x - 1", "0 + x", ("x",)),
        ("0", "0", ()),
        ("1", "1", ()),
        ("a * b", "a + b + a:b", ("a", "b")),
        ("(a + b + c) ** 2 - a:c", "a + b + c + a:b + b:c", ("a", "b", "c")),
        ("a:b + a", "a + a:b", ("a", "b")),
        ("log(z)", "log(z)", ("z",)),
        ("{x > 3}", "{x > 3}", ("x",)),
        ("`a b`", "`a b`", ("a b",)),
        ("np.log(`a b`)", "np.log(`a b`)", ("a b",)),
        ("Q('a b')", "Q('a b')", ("a b",)),
        ("Sepal.Length", "`Sepal.Length`", ("Sepal.Length",)),
        ("C(site, Treatment('b'))", "C(site, Treatment('b'))", ("site",)),
        ("C(site, contr.sum)", "C(site, contr.sum)", ("site",)),
    ],
)
def test_the_canonical_spelling_has_the_same_terms(text: str, formula: str, columns: tuple[str, ...]) -> None:
    right = RightSide.parse(text)
    assert right.formula == formula
    assert right.columns == columns
    again = RightSide.parse(right.formula)
    assert again.formula == formula
    assert list(map(str, again.terms)) == list(map(str, right.terms))


@pytest.mark.parametrize(
    ("text", "targets", "right"),
    [
        ("y ~ x", ("y",), " x"),
        ("~ x", (), " x"),
        ("y~-1+x", ("y",), "-1+x"),
        ("a + `b c` ~ x", ("a", "b c"), " x"),
        ("y ~ {~x}", ("y",), " {~x}"),
    ],
)
def test_sides(text: str, targets: tuple[str, ...], right: str) -> None:
    assert sides(text) == (targets, right)


def test_a_mapping_has_one_target() -> None:
    assert split({"loc": "y ~ x", "scale": "~ z"}) == (("y",), {"loc": " x", "scale": " z"})
    for formulas in ({"loc": "y ~ x", "scale": "y ~ z"}, {"loc": "~ x"}, {}):
        with pytest.raises(FormulaError, match="exactly one formula names the target"):
            split(formulas)


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        (".", "(`a` + `b c`)"),
        (". - a", "(`a` + `b c`) - a"),
        ("log(a.b):.", "log(a.b):(`a` + `b c`)"),
        ("0.5:a", "0.5:a"),
        ("`.` + a.", "`.` + a."),
    ],
)
def test_the_dot_stands_for_the_other_columns(text: str, expanded: str) -> None:
    assert expand(text, lambda: ["a", "b c"]) == expanded


def test_the_dot_of_no_other_columns_is_an_intercept() -> None:
    assert RightSide.parse(expand(".", list)).formula == "1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("log(y) ~ x", "'log\\(y\\)' is no plain column: make a column of it, or choose a family"),
        ("y * z ~ x", "not a sum of plain columns"),
        ("y + y ~ x", "names a column twice"),
        ("1 ~ x", "no plain column"),
        ("y", "no '~'"),
        ("y ~ ", "ends after '~'"),
    ],
)
def test_unusable_left_sides(text: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message):
        sides(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x | z", "several parts"),
        ("x ~ z", "several parts"),
        ("x + ", "cannot be read"),
        ("`x", "cannot be read"),
        ("(x", "cannot be read"),
        ("2", "cannot be read"),
        ("x + 'a'", "cannot be read"),
        ("log(x", "cannot be read"),
        ("log(2)", "reads no column"),
        ("log + log(x)", "'log' clashes with another name"),
        ("`a b` + log(a_b)", "'a b' clashes with another name"),
        ("`log(x)` + log(x)", "spelled like a term"),
        ("{" + "-" * 20_000 + "x}", "cannot be read"),
    ],
)
def test_unusable_right_sides(text: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message):
        RightSide.parse(text)


def test_messages_have_one_line_without_colours() -> None:
    with pytest.raises(FormulaError) as caught:
        RightSide.parse("x for y")
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


HOSTILE = [
    "{{__import__('pathlib').Path({path!r}).touch()()}}",  # formulaic evaluates what is called while it parses
    "__import__('pathlib').Path({path!r}).touch()",
    "{{__import__('pathlib').Path({path!r}).touch()}}",
    "I(__import__('pathlib').Path({path!r}).touch())",
    "C(x, levels=__import__('pathlib').Path({path!r}).touch())",
    "{{(lambda: open({path!r}, 'w'))()}}",
    "{{[open(p, 'w') for p in [{path!r}]]}}",
    "open({path!r}, 'w')",
    "x[open({path!r}, 'w')]",
    "np.save({path!r}, x)",
    "numpy.lib.npyio.save({path!r}, x)",
    "x.to_csv({path!r})",
    "log(x, out=x)",
    "np.log(x, x)",
    "clip(x, 0, 1, x)",
    "bs(x, _state={{}})",
    "log(*x)",
    "C(x, **x)",
    "{{().__class__}}",
    "{{x if x else x}}",
    "{{x.T}}",
    "{{x @ x}}",
    "{{f'{{x}}'}}",
    "{{(y := x)}}",
    "np.log(x)[0]",
    "np['log'](x)",
    "Q(x)",
    "hashed(x)",
    "lag(x)",
]


@pytest.mark.parametrize("template", HOSTILE)
def test_a_formula_runs_nothing_of_its_own(template: str, tmp_path: Path) -> None:
    victim = tmp_path / "made"
    with pytest.raises(FormulaError):
        RightSide.parse(template.format(path=str(victim)))
    assert not victim.exists()


def test_an_unknown_function_is_named_with_a_remedy() -> None:
    with pytest.raises(FormulaError, match=r"calls arctan\(\).*make a column of it first. Known are C, "):
        RightSide.parse("arctan(x)")
    with pytest.raises(FormulaError, match=r"'bs\(x, knot=3\)', but bs takes \(x, df, knots"):
        RightSide.parse("bs(x, knot=3)")


@given(st.text(alphabet="xyC(){}[]~+-*:|`'\"._1 \\,=<>&@lognpQ", max_size=30))
def test_any_text_is_a_formula_or_a_formula_error(text: str) -> None:
    try:
        right = RightSide.parse(text)
    except FormulaError:
        return
    assert RightSide.parse(right.formula).formula == right.formula


def test_labels_are_told_from_other_columns() -> None:
    expression = Expression.read("C(site, levels=['a', 'b'])")
    assert expression.columns == expression.labelled == {"site"}
    assert Expression.read("C(x > 0)").labelled == frozenset()
    assert Expression.read("C(`a b`)").labelled == {"a b"}


@pytest.mark.parametrize(
    "text",
    [
        *("a", "a + b", "0 + a + b", "`a b` + x.y", "b + a + b", "(a + b)", "(a)", "(a) + (b)", "(0 + a)"),
        *("a + 0", "a - 1", "1 + a", "0 + b:a", "a + a:b"),
    ],
)
def test_plain_sums_are_read_as_formulaic_reads_them(text: str) -> None:
    def factors(terms: Iterable[Any]) -> list[list[tuple[object, ...]]]:
        return [[(each.expr, each.eval_method, each.kind) for each in term.factors] for term in terms]

    right = RightSide.parse(text)
    assert factors(right.terms) == factors(formulaic.Formula(text))
    assert factors(RightSide.parse(right.formula).terms) == factors(right.terms)
