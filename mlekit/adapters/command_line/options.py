"""What is written in options: NAME=VALUE, lists, names of families."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import typer

from mlekit.distributions import COMPOSITIONS, FAMILIES, TRANSFORMS, Distribution
from mlekit.distributions.composed import Kind
from mlekit.distributions.spelling import kebab, read_kind
from mlekit.errors import ParameterError

__all__ = ["family_named", "number_or_text", "pairs", "split_list", "value_of"]

Value = TypeVar("Value")


def family_named(name: str) -> Kind[Distribution]:
    """The family of that name in any spelling: NegativeBinomial, negative-binomial, zero-inflated(poisson).

    Raises:
        typer.BadParameter: naming the families there are.
    """
    try:
        return read_kind(name, FAMILIES, {**COMPOSITIONS, **TRANSFORMS})
    except ParameterError as error:
        known = ", ".join(kebab(key) for key in FAMILIES)
        raise typer.BadParameter(
            f"{error} The families: {known}; made of those: {', '.join(map(kebab, COMPOSITIONS))}",
            param_hint="'--family'",
        ) from None


def pairs(option: str, texts: Sequence[str] | None, value: Callable[[str], Value]) -> dict[str, Value]:
    """NAME=VALUE, several times, as a mapping.

    Args:
        option: the option's name, for messages.
        texts: what was given.
        value: what makes a value of the text after the sign.

    Raises:
        typer.BadParameter: for a text without the sign, or a name that is given twice.

    >>> pairs("--fix", ["scale=1.0"], number_or_text)
    {'scale': 1.0}
    """
    result: dict[str, Value] = {}
    for text in texts or ():
        name, sign, rest = (part.strip() for part in text.partition("="))
        if not (name and sign and rest):
            raise typer.BadParameter(f"{text!r} is not of the form NAME=VALUE", param_hint=f"'{option}'")
        if name in result:
            raise typer.BadParameter(f"{name!r} is given twice", param_hint=f"'{option}'")
        result[name] = value(rest)
    return result


def number_or_text(text: str) -> int | float | str:
    """A number if it reads as one.

    >>> number_or_text("3"), number_or_text("0.5"), number_or_text("low")
    (3, 0.5, 'low')
    """
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def value_of(text: str) -> int | float | str | list[int | float | str]:
    """A number or text; several with commas between them make a list.

    >>> value_of("low,mid,high")
    ['low', 'mid', 'high']
    """
    items = split_list(text)
    return number_or_text(text) if len(items) == 1 else [number_or_text(item) for item in items]


def split_list(text: str) -> list[str]:
    """What stands between commas.

    >>> split_list("16, 16")
    ['16', '16']
    """
    return [item.strip() for item in text.split(",")]
