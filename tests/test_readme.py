"""The Python blocks of the README and of the documentation run, and print what the page says they print.

The blocks of a page run in order in one namespace. A ``text`` block that directly follows a ``python`` block
is that block's output, to the letter.
"""

from __future__ import annotations

import contextlib
import io
import re
import runpy
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import REPOSITORY

FENCE = re.compile(r"^```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^```[ ]*$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A block of Python on a page, the line where its source begins, and its output where shown."""

    source: str
    line: int
    output: str | None


def python_blocks(page: str) -> list[Block]:
    fences = list(FENCE.finditer(page))
    blocks = []
    for fence, following in zip_longest(fences, fences[1:]):
        if fence["language"] != "python":
            continue
        adjacent = following is not None and not page[fence.end() : following.start()].strip()
        shown = following["body"] if following and adjacent and following["language"] == "text" else None
        blocks.append(Block(fence["body"], page.count("\n", 0, fence.start("body")) + 1, shown))
    return blocks


def run_page(path: Path) -> None:
    """Run the blocks of a page; fail where a block raises or prints something else than the page shows."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    for block in python_blocks(path.read_text(encoding="utf-8")):
        printed = io.StringIO()
        # The empty lines make a traceback name the line of the page.
        code = compile("\n" * (block.line - 1) + block.source, str(path), "exec", dont_inherit=True)
        with contextlib.redirect_stdout(printed):
            exec(code, namespace)
        if block.output is not None:
            assert printed.getvalue() == block.output, f"output of the block at {path.name}:{block.line}"


# What the build of the documentation writes is left out. Its `{code-cell}` blocks run there, not here.
BUILT = {"_build", "about", "reference"}
PAGES = [
    REPOSITORY / "README.md",
    *sorted(
        path
        for path in (REPOSITORY / "docs").rglob("*.md")
        if path.relative_to(REPOSITORY / "docs").parts[0] not in BUILT
    ),
]


def is_built(path: Path) -> bool:
    """Whether the build of the documentation writes this file, and so checks the links to it."""
    documentation = REPOSITORY / "docs"
    return path.is_relative_to(documentation) and path.relative_to(documentation).parts[0] in BUILT


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_page_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # files that a page writes
    run_page(path)


# [text](target) and ![text](target), where the target is a file beside the page.
LINK = re.compile(r"\]\((?!https?:|mailto:|#)(?P<target>[^)#\s]+)")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_links_lead_somewhere(path: Path) -> None:
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    targets = [(path.parent / link["target"]).resolve() for link in LINK.finditer(text)]
    assert [target for target in targets if not target.exists() and not is_built(target)] == []


def test_the_table_of_families_is_what_the_code_says() -> None:
    written = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    families = runpy.run_path(str(REPOSITORY / "docs" / "families.py"))
    assert written == families["with_table"](written), "run: python docs/families.py"


def page_of(folder: Path, text: str) -> Path:
    path = folder / "page.md"
    path.write_text(text.replace("'''", "```"))
    return path


def test_blocks_share_a_namespace_and_their_output_is_compared(tmp_path: Path) -> None:
    first, second = "'''python\nx = 2\n'''\n", "'''python\nprint(x + 1)\nprint()\n'''\n"
    page = page_of(tmp_path, f"# Title\n{first}\nwords\n{second}\n'''text\n3\n\n'''\n")
    run_page(page)
    assert [block.line for block in python_blocks(page.read_text())] == [3, 8]


@pytest.mark.parametrize("shown", ["4\n", "3 \n", "3\n3\n", ""])
def test_wrong_output_is_found(tmp_path: Path, shown: str) -> None:
    page = page_of(tmp_path, f"'''python\nprint(3)\n'''\n'''text\n{shown}'''\n")
    with pytest.raises(AssertionError, match=r"page\.md:2"):
        run_page(page)


def test_blocks_of_other_languages_do_not_run(tmp_path: Path) -> None:
    run_page(page_of(tmp_path, "'''bash\nexit 1\n'''\n'''\nraise SystemExit\n'''\n'''text\nno\n'''\n"))


def test_output_belongs_to_the_block_before_it(tmp_path: Path) -> None:
    run_page(page_of(tmp_path, "'''python\nprint(3)\n'''\nA table of something else:\n'''text\n4\n'''\n"))


def test_an_error_in_a_block_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        run_page(page_of(tmp_path, "'''python\n1 / 0\n'''\n"))
