"""Formulas as MathML, made when the pages are built: no script, no network, and readable aloud."""

from __future__ import annotations

import re
from typing import Any

from latex2mathml.converter import convert

__all__ = ["mathml", "setup"]


NAMES = "log|exp|max|min|arg max|arg min"
SPACE = '<mspace width="0.167em" />'
# TeX puts a thin space between a function's name and its neighbours, but for brackets around what it is applied to.
BEFORE = re.compile(rf"(</m(?:i|n|sub|sup)>|&#x00029;</mo>)(?=<mi>(?:{NAMES})</mi>)")
AFTER = re.compile(rf"(<mi>(?:{NAMES})</mi>)(?=<m(?:i|n|over|sub|sup|row|frac)>)")


def mathml(latex: str, display: str) -> str:
    """The formula as MathML.

    Raises:
        ValueError: for what the converter does not know and would show as text.
    """
    markup: str = convert(latex, display=display)
    unknown = re.search(r"<m[io]>(?:&|\\[^<]*)</m[io]>|linebreak=", markup)
    if unknown:
        raise ValueError(f"the formula {latex!r} has what latex2mathml does not know: {unknown[0]}")
    spaced = AFTER.sub(rf"\1{SPACE}", BEFORE.sub(rf"\1{SPACE}", markup))
    return spaced.replace("<mo>&#x0221E;</mo>", "<mi>&#x0221E;</mi>")


def setup(app: Any) -> None:
    """Make MathML what the pages use for mathematics."""

    def visit_inline(translator: Any, node: Any) -> None:
        translator.body.append(mathml(node.astext(), "inline"))
        raise _skip()

    def visit_block(translator: Any, node: Any) -> None:
        translator.body.append(f'<div class="formula" tabindex="0">{mathml(node.astext(), "block")}</div>')
        raise _skip()

    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))


def _skip() -> Exception:
    from docutils.nodes import SkipNode

    error: Exception = SkipNode()
    return error
