"""What the documentation is made with, as far as it needs nothing that only the extra ``docs`` installs."""

from __future__ import annotations

from pathlib import Path

import pytest

import mlekit
import mlekit.datasets
import mlekit.plotting
from docs import build, families
from docs.book import contents, editions, reference
from tests.support import REPOSITORY

PICTURE = (
    '<div class="picture" aria-label="Bars &amp; lines"><text x="1">probability</text><text>0.5</text></div>'
)


def test_words_of_a_picture_are_its_labels_and_its_description() -> None:
    assert editions.picture_words(PICTURE) == ["Bars & lines", "probability"]


def test_a_picture_is_translated_and_what_is_missing_is_named() -> None:
    markup, missing = editions.translated_picture(PICTURE, {"probability": "확률 <p>"})
    assert "확률 &lt;p&gt;</text>" in markup
    assert "0.5</text>" in markup
    assert missing == ["Bars & lines"]


def test_a_table_of_families_is_translated_but_for_what_the_library_says() -> None:
    row = (
        '<tr><th><a href="x.html"><code>Beta</code></a></th><td>real numbers</td><td>loc (identity)</td></tr>'
    )
    known = {"real numbers": "실수"}
    assert editions.translated_table(row, known) == row.replace("real numbers", "실수")


def test_losses_keep_the_names_that_the_library_gives_them() -> None:
    known = {"real numbers": "실수", "cross-entropy": "교차 엔트로피"}
    table = editions.translated_table(families.html_table("reference"), known)
    assert "<td>실수</td>" in table
    assert '<td translate="no">cross-entropy</td>' in table


@pytest.mark.parametrize("kind", [".py", ".c", ".h"])
def test_cells_are_executed_again_where_a_source_changed(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "REPOSITORY", tmp_path)
    source = tmp_path / "mlekit" / f"source{kind}"
    source.parent.mkdir()
    source.write_text("one")
    before = build.digest()
    source.write_text("two")
    assert build.digest() != before


@pytest.mark.parametrize(
    ("link", "leads_to"),
    [
        ("[c](../CHANGELOG.md)", "[c](about/changes.md)"),
        ("[t](../benchmarks/results/training_step.md#here)", "[t](about/training_step.md#here)"),
        ("[h](explanation/house.md)", "[h](explanation/house.md)"),
        ("[e](../examples/diet.py)", "e"),
        ("![p](images/diet_needed.png)", "![p](images/diet_needed.png)"),
        ("[w](https://example.org)", "[w](https://example.org)"),
        ("```\n[c](../CHANGELOG.md)\n```", "```\n[c](../CHANGELOG.md)\n```"),
    ],
)
def test_links_out_of_the_folder_lead_to_pages(link: str, leads_to: str) -> None:
    assert contents.relinked(link, REPOSITORY / "docs" / "index.md", "index") == leads_to


def test_links_of_a_page_from_outside_lead_into_the_folder() -> None:
    text = contents.relinked(
        "[house](docs/explanation/house.md)", REPOSITORY / "CONTRIBUTING.md", "about/contributing"
    )
    assert text == "[house](../explanation/house.md)"


def test_every_page_is_in_the_table_of_contents() -> None:
    docs = REPOSITORY / "docs"
    others = contents.unlisted(docs)
    assert "index" not in others
    listed = "\n".join(path.read_text(encoding="utf-8") for path in docs.glob("*/index.md"))
    for path in docs.glob("*.md"):
        assert path.stem == "index" or path.stem in others or f"/{path.stem}" in listed


@pytest.mark.parametrize("section", ["explanation", "guides", "tutorial"])
def test_every_page_of_a_section_is_in_its_list(section: str) -> None:
    folder = REPOSITORY / "docs" / section
    listed = (folder / "index.md").read_text(encoding="utf-8").splitlines()
    pages = {path.stem for path in folder.glob("*.md")} - {"index"}
    assert pages - set(listed) == set()


def test_links_that_lead_nowhere_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<p id="here"><a href="b.html#there">x</a><a href="#here">y</a>')
    (tmp_path / "b.html").write_text('<p id="there"><a href="c.html">x</a><a href="a.html#gone">y</a>')
    assert build.broken_links(tmp_path) == [
        "b.html: c.html leads nowhere",
        "b.html: a.html#gone leads nowhere",
    ]


def test_every_public_name_has_a_page_and_a_family_its_formulas(tmp_path: Path) -> None:
    reference.write_reference(tmp_path)
    pages = {path.stem for path in tmp_path.glob("*.rst")}
    for module in (mlekit, mlekit.datasets, mlekit.plotting):
        for name in vars(module)["__all__"]:
            assert f"{module.__name__}.{name}" in pages or not callable(vars(module)[name])
    assert ".. code-block:: text\n\n    log p(y) = k·log λ" in (tmp_path / "mlekit.Gamma.rst").read_text(
        encoding="utf-8"
    )
