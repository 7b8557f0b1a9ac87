"""Write the tables of docs/explanation/traps.md: what a call answers elsewhere, what is right, and what mlekit answers.

    python -m docs.traps

The calls stand in tests/traps, where each is a test; what the page says of mlekit is what they answer when this runs. A
test fails while the page differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.traps.fitting import FITTING
from tests.traps.information import INFORMATION
from tests.traps.likelihood import LIKELIHOOD
from tests.traps.registry import Trap, answered

PAGE = Path(__file__).resolve().parent / "explanation" / "traps.md"
SECTIONS = {"Information": INFORMATION, "Likelihood": LIKELIHOOD, "Fitting": FITTING}


def table(traps: Sequence[Trap]) -> str:
    """The rows of a section, in Markdown."""
    head = "| Call | Seen elsewhere | Right | mlekit |\n|---|---|---|---|\n"
    return head + "".join(
        f"| {trap.call} | {trap.elsewhere} | {trap.right} | {_cell(answered(trap))} |\n" for trap in traps
    )


def with_tables(page: str) -> str:
    """The page with each section's table between its marks."""
    for name, traps in SECTIONS.items():
        begin, end = f"<!-- {name}: written by docs/traps.py -->\n", f"<!-- {name}: end -->\n"
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        if not rest or end not in page:
            raise ValueError(f"the page lacks the marks of {name}")
        page = f"{before}{begin}\n{table(traps)}\n{end}{after}"
    return page


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
