"""The types that users see are a contract: ``accepted.py`` checks cleanly, ``rejected.py`` fails as said."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import REPOSITORY

pytest.importorskip("mypy", reason="typed expectations need mypy: pip install -e '.[dev]'")

FOLDER = Path(__file__).resolve().parent
MARKER = re.compile(r"#\s*expect:\s*([\w-]+(?:\s*,\s*[\w-]+)*)\s*$")


class Finding(NamedTuple):
    """An error that mypy reports, or that a marker announces."""

    file: str
    line: int
    code: str


@pytest.fixture(scope="module")
def findings(request: pytest.FixtureRequest) -> dict[Finding, str]:
    """Run mypy once on both files; return its errors and their messages."""
    command = [sys.executable, "-m", "mypy", "--strict", "--output=json"]
    # A cache of its own: another mypy of the same checkout may run at the same time.
    command += [f"--cache-dir={request.config.cache.mkdir('mypy')}"]
    files = [str(FOLDER / name) for name in ("accepted.py", "rejected.py")]
    run = subprocess.run([*command, *files], cwd=REPOSITORY, capture_output=True, text=True)
    assert run.returncode in (0, 1), run.stdout + run.stderr
    reports = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    return {
        Finding(Path(report["file"]).name, report["line"], report["code"]): report["message"]
        for report in reports
        if report["severity"] == "error"
    }


def announced(name: str) -> set[Finding]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return {
        Finding(name, number, code.strip())
        for number, line in enumerate(lines, start=1)
        if (marker := MARKER.search(line))
        for code in marker[1].split(",")
    }


def test_accepted_has_no_error(findings: dict[Finding, str]) -> None:
    assert {finding: text for finding, text in findings.items() if finding.file == "accepted.py"} == {}


def test_rejected_has_exactly_the_announced_errors(findings: dict[Finding, str]) -> None:
    expected = announced("rejected.py")
    assert expected, "no line of rejected.py announces an error"
    missing = sorted(expected - set(findings))
    surprising = {f: text for f, text in findings.items() if f.file == "rejected.py" and f not in expected}
    assert not missing, "mypy accepts what it should reject"
    assert not surprising, "mypy rejects what is not announced"
