"""From the spelling of a kind of distribution, as in files and on the command line, back to the kind.

    kind:      NAME  |  NAME(argument, ...)
    argument:  value  |  NAME=value
    value:     number  |  kind

Names are looked up in the tables given, whatever their case and hyphens, and nothing else is executed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mlekit.distributions.composed import Composed, Kind
from mlekit.distributions.distribution import Distribution
from mlekit.errors import ParameterError

__all__ = ["kebab", "read_kind"]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[+-]?(?:inf\b|\d+\.?\d*(?:e[+-]?\d+)?))|(?P<name>[a-z][\w-]*)|(?P<mark>[(),=]))\s*",
    re.IGNORECASE,
)


def read_kind(
    text: str,
    families: Mapping[str, type[Distribution]],
    compositions: Mapping[str, Callable[..., Any]],
) -> Kind[Distribution]:
    """The kind that is spelled so.

    Args:
        text: ``"NegativeBinomial"``, ``"negative-binomial"``, ``"ZeroInflated(Poisson)"``.
        families: the classes by name.
        compositions: what makes kinds of kinds, and their arguments, by name.

    Raises:
        ParameterError: for a name that is in neither table, with the nearest one that is, and for a wrong form.
    """
    known: dict[str, Callable[..., Any]] = {**families, **compositions}
    reading = _Reading(text, _tokens(text), {_plain(name): made for name, made in known.items()})
    kind = reading.value()
    reading.expect("")
    if isinstance(kind, Composed) or (isinstance(kind, type) and issubclass(kind, Distribution)):
        return kind
    raise ParameterError(f"{text!r} names no kind of distribution")


def kebab(name: str) -> str:
    """A class's name in kebab case.

    >>> kebab("InverseGaussian"), kebab("StudentT")
    ('inverse-gaussian', 'student-t')
    """
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


def _shown(token: str) -> str:
    return repr(token) if token else "its end"


def _tokens(text: str) -> list[tuple[str, str]]:
    """(kind of token, text) of every token, and an empty mark as the last."""
    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ParameterError(
                f"{text!r} is no kind of distribution: cannot read it from {text[position:]!r} on"
            )
        tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
        position = match.end()
    return [*tokens, ("mark", "")]


@dataclass
class _Reading:
    """Tokens read from left to right."""

    text: str
    tokens: list[tuple[str, str]]
    names: Mapping[str, Callable[..., Any]]
    position: int = 0

    def take(self) -> tuple[str, str]:
        token = self.tokens[self.position]
        self.position += 1
        return token

    def expect(self, *marks: str) -> str:
        kind, token = self.take()
        if kind == "mark" and token in marks:
            return token
        wanted = " or ".join(repr(mark) if mark else "the end" for mark in marks)
        raise ParameterError(f"{self.text!r} should have {wanted} where it has {_shown(token)}")

    def value(self) -> Any:
        kind, token = self.take()
        if kind == "number":
            return float(token)
        if kind == "mark":
            raise ParameterError(f"{self.text!r} should have a name or a number where it has {_shown(token)}")
        made = self._named(token)
        arguments, named = self._arguments()
        if isinstance(made, type) and issubclass(made, Distribution):
            if arguments or named:
                raise ParameterError(f"{self.text!r}: {made.__name__} takes nothing in parentheses")
            return made
        try:
            return made(*arguments, **named)
        except (TypeError, ParameterError) as error:
            raise ParameterError(f"{self.text!r}: {error}") from None

    def _named(self, name: str) -> Callable[..., Any]:
        made = self.names.get(_plain(name))
        if made is None:
            near = difflib.get_close_matches(_plain(name), self.names, n=1)
            hint = (
                f"; did you mean {kebab(self.names[near[0]].__name__.removesuffix('Kind'))}?" if near else "."
            )
            raise ParameterError(f"there is no family {name!r}{hint}")
        return made

    def _arguments(self) -> tuple[list[Any], dict[str, Any]]:
        arguments: list[Any] = []
        named: dict[str, Any] = {}
        if self.tokens[self.position] != ("mark", "("):
            return arguments, named
        mark, last = self.take()[1], self.tokens[self.position] == ("mark", ")")
        if last:
            mark = self.take()[1]
        while mark != ")":
            if self.tokens[self.position + 1 : self.position + 2] == [("mark", "=")]:
                name = self.take()[1]
                self.take()
                named[name] = self.value()
            else:
                arguments.append(self.value())
            mark = self.expect(",", ")")
        return arguments, named
