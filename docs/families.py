"""The table of families, made from the code, so that it cannot go stale.

    python docs/families.py        write it into README.md

A family appears once it is in `mlekit.distributions.FAMILIES`. The test of the README fails while the table differs;
the guide on families makes it anew whenever the documentation is built.
"""

from __future__ import annotations

import html
import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np

from mlekit.distributions import FAMILIES, Distribution, Family, Parameter
from mlekit.distributions.domain import REAL

CODE = re.compile("`([^`]*)`")
README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- families: written by docs/families.py -->\n", "<!-- families: end -->\n"


HEADINGS = ("Family", "The target", "`fit` predicts (link)", "The loss this implies")


def rows() -> list[tuple[str, str, str, str]]:
    """The table, a row a family: its name, what it is for, what is predicted of it, and its losses."""
    return [
        (f"`{name}`", _target(family), _predicted(family), _losses(family))
        for name, family in FAMILIES.items()
    ]


def table() -> str:
    """The table in Markdown."""
    lines = [HEADINGS, ("---",) * len(HEADINGS), *rows()]
    return "".join(
        f"|{'|'.join(line)}|\n" if line[0] == "---" else f"| {' | '.join(line)} |\n" for line in lines
    )


def html_table(reference: str) -> str:
    """The table in HTML, where each family leads to its page in the folder ``reference``."""

    def cell(text: str) -> str:
        return CODE.sub(r"<code>\1</code>", html.escape(text))

    def line(family: str, target: str, predicted: str, loss: str) -> str:
        link = f'<a href="{reference}/mlekit.{family.strip("`")}.html">{cell(family)}</a>'
        known = f"<td>{cell(target)}</td><td>{cell(predicted)}</td>"
        return f'<tr><th>{link}</th>{known}<td translate="no">{cell(loss)}</td></tr>'

    head = "".join(f"<th>{cell(text)}</th>" for text in HEADINGS)
    return (
        f'<table class="table families"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(line(*row) for row in rows())}</tbody></table>"
    )


def with_table(page: str) -> str:
    """The page with the table between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not after:
        raise ValueError(f"the page lacks the marks {BEGIN.strip()} and {END.strip()}")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _target(family: type[Distribution]) -> str:
    if family.labelled and family.joint:
        return "labels of any kind, or a column a label"
    if family.labelled:
        return "booleans, or 0 and 1"
    if family.joint:
        return "a column a coordinate: " + _numbers(family)
    return _numbers(family)


def _numbers(family: type[Distribution]) -> str:
    return "real numbers" if family.outcomes == REAL else str(family.outcomes).replace("inf", "∞")


def _predicted(family: type[Distribution]) -> str:
    def described(parameter: Parameter) -> str:
        return f"{parameter.name} ({parameter.link.name})"

    return ", ".join(described(parameter) for parameter in family.predicted)


def _losses(family: type[Distribution]) -> str:
    """The name of the loss, and its other names where some parameters are held fixed."""
    names = {Family(family).loss_name: ""}
    for size in range(1, len(family.predicted)):
        for fixed in itertools.combinations(family.predicted, size):
            held = {parameter.name: _middle(parameter) for parameter in fixed}
            names.setdefault(Family(family, fixed=held).loss_name, f"{', '.join(held)} fixed")
    return "; ".join(name + (f" ({when})" if when else "") for name, when in names.items())


def _middle(parameter: Parameter) -> Any:
    """A typical value; of a vector or a matrix one with a single coordinate."""
    middle = sum(parameter.typical) / 2
    return parameter.link.inverse(np.array([middle])) if parameter.axes else middle


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
