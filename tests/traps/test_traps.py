"""Every trap is avoided, and the page of traps says what the calls answer."""

from __future__ import annotations

import pytest

from docs import traps
from tests.support import REPOSITORY
from tests.traps.registry import Trap, check

TRAPS = [trap for section in traps.SECTIONS.values() for trap in section]


@pytest.mark.parametrize("trap", TRAPS, ids=str)
def test_trap(trap: Trap) -> None:
    check(trap)


def test_calls_have_different_names() -> None:
    assert len({trap.call for trap in TRAPS}) == len(TRAPS)


def test_the_page_says_what_the_calls_answer() -> None:
    written = (REPOSITORY / "docs" / "explanation" / "traps.md").read_text(encoding="utf-8")
    assert written == traps.with_tables(written), "run: python -m docs.traps"
