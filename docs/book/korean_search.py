"""Search in the Korean edition.

Korean words carry particles (우도를, 우도의) and stand within others (최대우도), while Sphinx finds whole words.
So the index holds every piece of a Korean word, and what a reader types needs only be such a piece. That makes it
about twice as large, and needs neither a dictionary nor a server. ``korean_search.js`` cuts the query.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from sphinx.search.en import SearchEnglish

__all__ = ["PARTICLES", "SearchKorean", "setup"]

# The longest first. Not 도, in which many nouns of this field end (우도, 밀도, 산포도).
_ENDINGS = """
에서는 으로는 이라는 에서 에는 으로 마다 보다 처럼 까지 부터 이란 이나
을 를 은 는 이 가 의 에 와 과 로 만 들 란
"""
PARTICLES = tuple(re.findall(r"\w+", _ENDINGS))


def pieces(word: str) -> set[str]:
    """Two syllables of a word and more, wherever they begin; a single one where it is the word but for a particle."""
    starts = range(len(word))
    found = {word[start:end] for start in starts for end in range(start + 2, len(word) + 1)}
    return found | {word} | {word[0] for particle in PARTICLES if word[1:] == particle}


class SearchKorean(SearchEnglish):
    """English words by their stems, Korean words by their pieces."""

    lang = "ko"
    # Not "Korean": Sphinx names the script that stems by it, and that is the one for English words.
    language_name = "English"
    stopwords = frozenset({*SearchEnglish.stopwords, *PARTICLES})
    js_splitter_code = f"const particles = {json.dumps(PARTICLES)};\n" + (
        Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
    )

    _runs = re.compile(r"[가-힣]+|[^\W가-힣]+")

    def split(self, input: str) -> list[str]:
        """The words of a text, each Korean one with its pieces."""
        found = []
        for run in self._runs.findall(input):
            found += sorted(pieces(run)) if "가" <= run[0] <= "힣" else [run]
        return found


def setup(app: Any) -> None:
    """Make it the search of the edition whose language it is."""
    app.add_search_language(SearchKorean)
