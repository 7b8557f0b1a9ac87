"""Two editions, English and Korean, from one set of executed code.

Sphinx translates paragraphs by the catalogues in ``docs/locales/ko/LC_MESSAGES/``, and what the theme says by
``sphinx.po``. What is added here: the words in pictures and in displayed formulas are translated too (by ``words.po``);
each page links to itself in the other language; and a page that has no catalogue says that it is in English only.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

__all__ = [
    "CATALOGUES",
    "NO_PAGES",
    "has_catalogue",
    "has_words",
    "picture_words",
    "setup",
    "translated_picture",
    "translated_table",
    "translations",
]

CATALOGUES = Path(__file__).resolve().parent.parent / "locales" / "ko" / "LC_MESSAGES"
NO_PAGES = {"words", "sphinx"}
LANGUAGES = {"en": "English", "ko": "한국어"}
ENGLISH_ONLY = "이 페이지는 아직 영어로만 있습니다."
# Pages that the build writes have no catalogue; these two stand in the navigation.
TITLES = {"reference/index": "레퍼런스", "about/index": "소개"}

_WORDS = re.compile(r'(<text[^>]*>)([^<]*)(</text>)|(aria-label=")([^"]*)(")')
_CELLS = re.compile(r"(<t[hd]>)(.*?)(</t[hd]>)")
FORMULA_WORDS = re.compile(r"\\text\{([^}]*[^\W\d_]{2,}[^}]*)\}")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_SYMBOLS = re.compile(r"`[^`]*`|\$[^$]*\$")


def has_catalogue(page: str) -> bool:
    """Whether the page is translated."""
    return (CATALOGUES / f"{page}.po").exists()


def has_words(paragraph: str) -> bool:
    """Whether there is something to translate: code, formulas, numbers and symbols stay as they are."""
    return bool(_LETTERS.search(_SYMBOLS.sub("", paragraph)))


def picture_words(markup: str) -> list[str]:
    """What is written in a picture, its description included; numbers are left out."""
    found = [html.unescape(match[2] or match[5] or "").strip() for match in _WORDS.finditer(markup)]
    return [words for words in found if _LETTERS.search(words)]


def translated_picture(markup: str, known: dict[str, str]) -> tuple[str, list[str]]:
    """The picture with its words replaced, and the words that are not known."""
    missing = [words for words in picture_words(markup) if words not in known]

    def replaced(match: re.Match[str]) -> str:
        before, words, after = (match[1], match[2], match[3]) if match[1] else (match[4], match[5], match[6])
        plain = html.unescape(words).strip()
        return f"{before}{html.escape(known.get(plain, plain), quote=True)}{after}"

    return _WORDS.sub(replaced, markup), missing


def translated_table(markup: str, known: dict[str, str]) -> str:
    """The table with those of its cells replaced that are known: what the library itself says stays as it is."""
    return _CELLS.sub(lambda cell: f"{cell[1]}{known.get(cell[2], cell[2])}{cell[3]}", markup)


def translations(page: str) -> dict[str, str]:
    """What the catalogue of a page (or ``words``) holds."""
    from babel.messages.pofile import read_po

    with (CATALOGUES / f"{page}.po").open("rb") as file:
        return {
            str(message.id): str(message.string) for message in read_po(file) if message.id and message.string
        }


def translate_pictures(app: Any, doctree: Any, page: str) -> None:
    """Replace the words in the pictures, and in the tables of families, of a page of the Korean edition."""
    from docutils import nodes
    from sphinx.util import logging

    if app.config.language != "ko" or app.builder.format != "html" or not has_catalogue(page):
        return
    drawn = [node for node in doctree.findall(nodes.raw) if 'class="picture"' in node.astext()]
    listed = [node for node in doctree.findall(nodes.raw) if 'class="table families"' in node.astext()]
    known = translations("words") if drawn or listed else {}
    for node in drawn:
        markup, missing = translated_picture(node.astext(), known)
        for words in missing:
            logging.getLogger(__name__).warning("words.po lacks %r", words, location=page)
        node.children = [nodes.Text(markup)]
    for node in listed:
        node.children = [nodes.Text(translated_table(node.astext(), known))]
    for node in drawn + listed:
        node.rawsource = node.astext()


def report_untranslated(app: Any, doctree: Any) -> None:
    """Warn of each paragraph that the catalogue of its page does not translate; the build makes errors of that."""
    from docutils import nodes
    from sphinx.util import logging

    page = app.env.docname
    if app.config.language != "ko" or not has_catalogue(page):
        return
    known = {" ".join(english.split()) for english in translations(page)}
    for node in doctree.findall(nodes.TextElement):
        words = " ".join((node.rawsource or node.astext()).split())
        # False is also what stays the same in Korean, a name for instance: then the catalogue says so.
        left = node.get("translated") is False and words not in known and has_words(words)
        if left and not isinstance(node, nodes.math_block):
            logging.getLogger(__name__).warning("untranslated: %r", node.astext()[:60], location=node)


def translate_formulas(app: Any, doctree: Any) -> None:
    r"""Replace the words (``\text{...}``) in the displayed formulas of a page of the Korean edition."""
    from docutils import nodes
    from sphinx.util import logging

    if app.config.language != "ko" or not has_catalogue(app.env.docname):
        return
    app.env.note_dependency(str(CATALOGUES / "words.po"))
    for node in doctree.findall(nodes.math_block):
        formula = node.astext()
        known = translations("words") if FORMULA_WORDS.search(formula) else {}
        for words in FORMULA_WORDS.findall(formula):
            if words.strip() not in known:
                logging.getLogger(__name__).warning("words.po lacks %r", words.strip(), location=node)
            formula = formula.replace(
                words, words.replace(words.strip(), known.get(words.strip(), words.strip()))
            )
        node.children = []
        node += nodes.Text(formula)


def name_sections(app: Any, doctree: Any) -> None:
    """Give the sections that the build writes a Korean title, before the navigation takes it."""
    from docutils import nodes

    title = next(doctree.findall(nodes.title), None)
    if app.config.language == "ko" and title is not None and app.env.docname in TITLES:
        title.children = []
        title += nodes.Text(TITLES[app.env.docname])


def say_what_is_english_only(app: Any, doctree: Any) -> None:
    """Put a notice on pages of the Korean edition that have no catalogue."""
    from docutils import nodes

    page = app.env.docname
    if app.config.language != "ko" or has_catalogue(page) or page.startswith("reference/"):
        return
    section = next(doctree.findall(nodes.section), None)
    if section is not None:
        section.insert(1, nodes.note("", nodes.paragraph("", ENGLISH_ONLY)))


def add_other_language(app: Any, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Tell the template where the page stands in the other language."""
    other = "en" if app.config.language == "ko" else "ko"
    up = "../" * (page.count("/") + 1)
    target = page if doctree is not None or page in ("search", "genindex", "py-modindex") else "index"
    context["other_language"] = {"code": other, "name": LANGUAGES[other], "url": f"{up}{other}/{target}.html"}


def name_toggles_by_their_words(
    app: Any, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Take away an English label that hides from a screen reader what is written on a toggle."""
    if "body" in context:
        context["body"] = context["body"].replace('<summary aria-label="Toggle hidden content">', "<summary>")


def setup(app: Any) -> None:
    """Connect the editions to the build."""
    app.connect("doctree-read", name_sections, priority=400)
    app.connect("doctree-read", report_untranslated)
    app.connect("doctree-read", translate_formulas)
    app.connect("doctree-read", say_what_is_english_only)
    app.connect("doctree-resolved", translate_pictures)
    app.connect("html-page-context", add_other_language)
    app.connect("html-page-context", name_toggles_by_their_words)
