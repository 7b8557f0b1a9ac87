"""The table of contents takes in every page.

A page that no list names stands at the end of the guides. What lies outside this folder (the changelog, how to
contribute, what was measured) is brought in as pages, and links to it lead there.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

__all__ = ["REPOSITORY", "bring_in", "relinked", "setup", "unlisted"]

REPOSITORY = Path(__file__).resolve().parent.parent.parent
MARK = "(pages that no other list names)"
LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?!https?:|mailto:|#|<)(?P<target>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")
FENCED = re.compile(r"(^```.*?^```[ ]*$)", re.MULTILINE | re.DOTALL)


def unlisted(docs: Path) -> list[str]:
    """The pages directly in the folder that no section's list names."""
    listed = {
        line.strip().removeprefix("/")
        for index in docs.glob("*/index.md")
        for line in index.read_text(encoding="utf-8").splitlines()
    }
    pages = sorted(path.stem for path in docs.glob("*.md"))
    return [page for page in pages if page != "index" and page not in listed]


def pages_from_outside() -> dict[str, Path]:
    """Files of the repository that are pages too, by the name of the page."""
    measured = sorted((REPOSITORY / "benchmarks" / "results").glob("*.md"))
    return {
        "index": REPOSITORY / "README.md",
        "about/changes": REPOSITORY / "CHANGELOG.md",
        "about/contributing": REPOSITORY / "CONTRIBUTING.md",
    } | {f"about/{path.stem}": path for path in measured}


def relinked(text: str, file: Path, page: str) -> str:
    """The text with links to files turned into links between pages; a link that leads to no page keeps its text."""
    pages = {path: name for name, path in pages_from_outside().items()}
    docs = REPOSITORY / "docs"

    def link(match: re.Match[str]) -> str:
        target = (file.parent / match["target"]).resolve()
        name = pages.get(target)
        if name is None and target.suffix == ".md" and target.is_relative_to(docs):
            return match[0] if file.is_relative_to(docs) else _to(target.relative_to(docs), match, page)
        if name is not None:
            return _to(Path(f"{name}.md"), match, page)
        return match[0] if target.is_relative_to(docs) else match["text"]

    parts = FENCED.split(text)
    return "".join(part if k % 2 else LINK.sub(link, part) for k, part in enumerate(parts))


def _to(target: Path, match: re.Match[str], page: str) -> str:
    relative = Path(os.path.relpath(target, Path(page).parent)).as_posix()
    return f"[{match['text']}]({relative}{match['anchor'] or ''})"


def bring_in(docs: Path) -> None:
    """Write the pages that come from outside, where they changed."""
    names = [name for name in pages_from_outside() if name != "index"]
    listed = "\n".join(name.removeprefix("about/") for name in names)
    _write(docs / "about" / "index.md", f"# About\n\n```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n")
    for name, path in pages_from_outside().items():
        if name != "index":
            _write(docs / f"{name}.md", relinked(path.read_text(encoding="utf-8"), path, name))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def setup(app: Any) -> None:
    """Bring pages in before Sphinx looks for them, and complete each before it is read."""

    def complete(app: Any, page: str, source: list[str]) -> None:
        path = Path(app.env.doc2path(page))
        if path.suffix == ".md":
            entries = "\n".join(f"/{name}" for name in unlisted(Path(app.srcdir)))
            source[0] = relinked(source[0].replace(MARK, entries), path, page)

    app.connect("builder-inited", lambda app: bring_in(Path(app.srcdir)))
    app.connect("source-read", complete)
    app.connect(
        "env-get-outdated", lambda app, env, added, changed, removed: ["guides/index"] if added else []
    )
