"""What a trap is: a call that goes wrong elsewhere, what is right, and how it is asked here.

One entry is both a test and a row of the page of traps: what the page says of mlekit is what the call answers when the
page is made, and the tests hold it to what is right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pytest

from mlekit.errors import MlekitError

__all__ = ["Refusal", "Trap", "answered", "check", "shown"]


@dataclass(frozen=True)
class Refusal:
    """An error with a message that says why.

    Args:
        error: its class.
        match: what the message must hold, a regular expression.
    """

    error: type[MlekitError]
    match: str


Answer: TypeAlias = float | bool | str | tuple[Any, ...] | Refusal


@dataclass(frozen=True)
class Trap:
    """A call that is known to go wrong elsewhere.

    Args:
        call: what is asked, in words.
        elsewhere: what was seen, with the library and its version; † where it is told of and was not run.
        right: what is right, in words.
        ask: the call, here.
        expected: what it must answer: numbers to nine digits, text and flags exactly, or a refusal.
    """

    call: str
    elsewhere: str
    right: str
    ask: Callable[[], Any]
    expected: Answer | Sequence[float]

    def __str__(self) -> str:
        return self.call


def check(trap: Trap) -> None:
    """Ask, and hold the answer to what is right."""
    if isinstance(trap.expected, Refusal):
        with pytest.raises(trap.expected.error, match=trap.expected.match):
            trap.ask()
        return
    answer = trap.ask()
    if isinstance(trap.expected, str | bool | tuple):
        assert answer == trap.expected
    else:
        np.testing.assert_allclose(answer, trap.expected, rtol=1e-9, atol=0)


def answered(trap: Trap) -> str:
    """What the call answers here, in words for a table; of a message, as much as the test asks for."""
    if not isinstance(trap.expected, Refusal):
        return shown(trap.ask())
    with pytest.raises(trap.expected.error) as raised:
        trap.ask()
    message = str(raised.value)
    found = re.search(trap.expected.match, message)
    assert found is not None, message
    more = "" if found.end() == len(message) else " …"
    return f"`{type(raised.value).__name__}`: {message[: found.end()]}{more}"


def shown(answer: Any) -> str:
    """An answer in words: numbers to six digits."""
    if isinstance(answer, bool | np.bool_):
        return "yes" if answer else "no"
    if isinstance(answer, str):
        return answer
    if isinstance(answer, tuple):
        return f"({', '.join(shown(part) for part in answer)})"
    values = np.asarray(answer, dtype=np.float64).reshape(-1).tolist()
    return ", ".join(f"{value + 0.0:.6g}".replace("-", "−").replace("inf", "∞") for value in values)
