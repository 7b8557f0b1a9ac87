"""Bring the Korean catalogues up to date with the English pages.

    python -m docs.catalogues tutorial/01-why-probability       one page, or several; new ones get a catalogue
    python -m docs.catalogues                                    all pages that have one

New paragraphs come in with an empty translation, changed ones lose theirs to the end of the file (``#~``). The build
of the Korean edition fails while a page that has a catalogue has a paragraph without a translation.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from docs.book.editions import CATALOGUES, NO_PAGES, has_words
from docs.build import DOCS, OUTPUT, REPOSITORY, kernel_environment


def main(pages: list[str]) -> int:
    """Update, and say what is left to translate."""
    templates = OUTPUT / "gettext"
    command = [sys.executable, "-m", "sphinx", "-b", "gettext", "-q", "-D", "nb_execution_mode=off"]
    command += ["-d", str(OUTPUT / "doctrees" / "gettext"), str(DOCS), str(templates)]
    if status := subprocess.call(command, cwd=REPOSITORY, env=kernel_environment()):
        return status
    have = [path.relative_to(CATALOGUES).with_suffix("").as_posix() for path in CATALOGUES.rglob("*.po")]
    for page in pages or sorted(set(have) - NO_PAGES):
        catalogue = updated(templates / f"{page}.pot", CATALOGUES / f"{page}.po")
        missing = sum(not message.string for message in catalogue if message.id)
        print(f"{page}: {missing} to translate of {len(catalogue)}")
    return 0


def updated(template: Path, path: Path) -> Catalog:
    """Write the catalogue with the messages of the template, in their order."""
    with template.open("rb") as file:
        messages = read_po(file)
    known: dict[str, str] = {}
    if path.exists():
        with path.open("rb") as file:
            old = read_po(file)
        known = {
            str(message.id): str(message.string) for message in [*old, *old.obsolete.values()] if message.id
        }
    catalogue = Catalog(locale="ko", fuzzy=False, header_comment=f"# {path.stem}")
    page = (DOCS / path.relative_to(CATALOGUES)).with_suffix(".md").read_text(encoding="utf-8")
    for message in messages:
        # Displayed formulas stay as they are, but for their words (words.po).
        words = str(message.id)
        translation = known.pop(words, "")
        if has_words(words) and f"$$\n{words.strip()}\n$$" not in page:
            catalogue.add(words, translation)
    for identifier, string in known.items():
        if string and has_words(identifier):
            catalogue.obsolete[identifier] = Catalog().add(identifier, string)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=110, omit_header=True)
    return catalogue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
