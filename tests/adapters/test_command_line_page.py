"""The page of the command line shows what the commands print.

In a ``console`` block a line that begins with ``$`` is a command, continued after a backslash; what stands below
it is its output. The page's Python blocks write the tables. ``python -m tests.adapters.test_command_line_page``
writes the outputs anew.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import REPOSITORY
from tests.test_readme import run_page

PAGE = REPOSITORY / "docs" / "guides" / "command-line.md"
FENCE = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"\$ (?P<command>(?:.*\\\n)*.*\n)(?P<output>(?:(?!\$ ).*\n)*)")
NUMBER = re.compile(r"(?<![\w.])-?\d+\.\d+(?:e[-+]\d+)?")


class Shown(NamedTuple):
    """A command on the page and the output below it."""

    command: str
    output: str


def shown_commands(page: str) -> list[Shown]:
    return [
        Shown(match["command"].replace("\\\n", "").strip(), match["output"])
        for fence in FENCE.finditer(page)
        for match in COMMAND.finditer(fence[0])
    ]


def printed(command: str) -> str:
    """Run a command in a shell, where ``mlekit`` is that of this interpreter; its output, errors included."""
    plain = {
        name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "GITHUB_ACTIONS")
    }
    process = subprocess.run(
        ["sh", "-c", f'mlekit() {{ "{sys.executable}" -m mlekit "$@"; }}\n{command}'],
        env={**plain, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    return "".join(f"{line.rstrip()}\n" for line in process.stdout.splitlines())


def assert_same(actual: str, shown: str, command: str) -> None:
    """Words and layout are the same to the letter; numbers with a point to four digits, as machines round."""
    assert NUMBER.sub("#", actual) == NUMBER.sub("#", shown), command
    numbers = [[float(number) for number in NUMBER.findall(text)] for text in (actual, shown)]
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-4, abs=1e-5), command


@pytest.mark.skipif(sys.platform == "win32", reason="the page is written for a POSIX shell")
def test_the_page_shows_what_the_commands_print(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_page(PAGE)
    shown = shown_commands(PAGE.read_text(encoding="utf-8"))
    assert len(shown) >= 8
    for command, output in shown:
        assert_same(printed(command), output, command)


def test_commands_are_read_with_their_output() -> None:
    page = "x\n```console\n$ a \\\n  b\n1\n\n$ c\n```\n```bash\n$ d\n```\n```console\n$ e\n2\n```\n"
    assert shown_commands(page) == [Shown("a   b", "1\n\n"), Shown("c", ""), Shown("e", "2\n")]


@pytest.mark.parametrize("actual", ["x 1.52\n", "x  1.5\n", "y 1.5\n", "x 1.5\nx\n", "x\n"])
def test_another_output_is_found(actual: str) -> None:
    assert_same("x 1.50000001\n", "x 1.5\n", "")
    with pytest.raises(AssertionError):
        assert_same(actual, "x 1.5\n", "")


def rewrite() -> None:
    """Put what the commands print now below them."""
    page = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        run_page(PAGE)

        def run(match: re.Match[str]) -> str:
            return f"$ {match['command']}{printed(match['command'])}"

        PAGE.write_text(FENCE.sub(lambda fence: COMMAND.sub(run, fence[0]), page), encoding="utf-8")


if __name__ == "__main__":
    rewrite()
