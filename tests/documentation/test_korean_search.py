"""The search of the Korean edition, as it is typed: in a browser where there is one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.documentation.browser import dumped
from tests.support import REPOSITORY

CONFIGURATION = 'extensions, language = ["docs.book.korean_search"], "ko"\n'
PAGES = {
    "index": "목차\n====\n\n이 쪽에는 아무것도 없습니다.\n",
    "likelihood": "최대우도추정\n============\n\n우도를 가장 크게 합니다. 라벨이 흩어진 정도를 봅니다.\n",
    "loss": "손실 함수\n=========\n\n로그우도의 부호를 바꾸면 교차 엔트로피입니다. KL은 더 작습니다. Fitted.\n",
    "changes": "Changelog\n=========\n\nKL is exact.\n",
    "rows": "표\n==\n\n행마다 점 하나이고, 행렬의 열은 엔트로피와 상관이 없습니다.\n",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("sphinx", reason="needs the extra docs")
    folder = tmp_path_factory.mktemp("site")
    (folder / "conf.py").write_text(CONFIGURATION, encoding="utf-8")
    for name, text in PAGES.items():
        (folder / f"{name}.rst").write_text(f":orphan:\n\n{text}", encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "-q", str(folder), str(folder / "out")]
    subprocess.run(command, cwd=REPOSITORY, check=True)
    return folder / "out"


def results(site: Path, query: str, profile: Path) -> list[str]:
    """The pages that the search page lists, in their order."""
    page = dumped(f"{(site / 'search.html').as_uri()}?q={quote(query)}", profile)
    assert "검색 결과" in page
    return re.findall(r'<li class="kind-\w+"><a href="(\w+)\.html', page)


@pytest.mark.parametrize(
    ("query", "pages"),
    [
        ("우도를", {"likelihood", "loss"}),
        ("교차 엔트로피", {"loss"}),
        ("교차엔트로피", {"loss"}),
        ("손실함수", {"loss"}),
        ("KL은 fitting", {"loss"}),
        ("행", {"rows"}),
        ("없는낱말", set()),
    ],
)
def test_a_query_finds_the_pages_that_hold_it_with_whatever_particle(
    site: Path, query: str, pages: set[str], tmp_path: Path
) -> None:
    assert set(results(site, query, tmp_path)) == pages


def test_of_equals_pages_in_korean_come_first(site: Path, tmp_path: Path) -> None:
    assert results(site, "KL", tmp_path) == ["loss", "changes"]


def test_the_index_holds_korean_words_without_their_particles(site: Path) -> None:
    index = (site / "searchindex.js").read_text(encoding="utf-8").encode().decode("unicode_escape")
    for word in ("우도", "최대우도추정", "엔트로피", "kl", "fit", "행"):
        assert f'"{word}":' in index, word
    for word in ("를", "은", "the"):
        assert f'"{word}":' not in index, word
