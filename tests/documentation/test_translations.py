"""The Korean edition: a paragraph without a translation fails the build."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from docs.book import editions
from tests.support import REPOSITORY

CONFIGURATION = """
import docs.book.editions
from pathlib import Path

docs.book.editions.CATALOGUES = Path(__file__).parent / "locales/ko/LC_MESSAGES"
extensions = ["myst_parser", "docs.book.editions"]
locale_dirs, gettext_compact, language = ["locales"], False, "ko"
"""
PAGE = "# Title\n\nFirst paragraph.\n\n`mk.fit`: 0.5\n\nSecond paragraph.\n"
# What the build writes (the reference, from docstrings) or brings in from elsewhere (the changelog, what was measured).
ENGLISH_ONLY = {"_build", "about", "reference"}
TRANSLATED = 'msgid "Title"\nmsgstr "제목"\n\nmsgid "First paragraph."\nmsgstr "첫 문단."\n\n'


@pytest.mark.parametrize(
    ("rest", "status"),
    [
        ("", 1),
        ('msgid "Second paragraph."\nmsgstr ""\n', 1),
        ('msgid "Second paragraph."\nmsgstr "둘째 문단."\n', 0),
        ('msgid "Second paragraph."\nmsgstr "Second paragraph."\n', 0),
    ],
)
def test_an_untranslated_paragraph_fails_the_build(tmp_path: Path, rest: str, status: int) -> None:
    pytest.importorskip("myst_parser", reason="needs the extra docs")
    (tmp_path / "conf.py").write_text(CONFIGURATION, encoding="utf-8")
    (tmp_path / "index.md").write_text(PAGE, encoding="utf-8")
    catalogue = tmp_path / "locales/ko/LC_MESSAGES/index.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text(TRANSLATED + rest, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "-q", str(tmp_path), str(tmp_path / "out")]
    run = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert run.returncode == status, run.stderr
    assert ("untranslated: 'Second paragraph.'" in run.stderr) == bool(status)


@pytest.mark.parametrize(
    ("paragraph", "has"),
    [
        ("`mk.kl(p, q)`, `mk.js(p, q)`", False),
        ("$\\log p$", False),
        ("(3, 4)", False),
        ("η, y", False),
        ("5 log 2", True),
        ("`frames/` knows", True),
        ("{doc}`Reference <reference/index>`", True),
    ],
)
def test_code_formulas_and_numbers_are_no_words(paragraph: str, has: bool) -> None:
    assert editions.has_words(paragraph) == has


def test_every_catalogue_has_its_page() -> None:
    pages = [
        path.relative_to(editions.CATALOGUES).with_suffix("") for path in editions.CATALOGUES.rglob("*.po")
    ]
    docs = REPOSITORY / "docs"
    assert [
        page for page in pages if page.name not in editions.NO_PAGES and not (docs / f"{page}.md").exists()
    ] == []


def test_every_page_is_translated() -> None:
    docs = REPOSITORY / "docs"
    pages = [path.relative_to(docs).with_suffix("") for path in docs.rglob("*.md")]
    untranslated = [
        page.as_posix()
        for page in pages
        if page.parts[0] not in ENGLISH_ONLY and not editions.has_catalogue(page.as_posix())
    ]
    assert untranslated == [], "`python -m docs.catalogues PAGE` makes a catalogue to fill"
