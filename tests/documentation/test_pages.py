"""Every page of the site as it was built last, in a browser: wide and narrow, light and dark, in both languages."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.parse import quote

import pytest

from tests.documentation.browser import command, dumped
from tests.support import REPOSITORY

SITE = REPOSITORY / "docs" / "_build" / "html"
CHECK = Path(__file__).with_name("pages.html")


class Site(SimpleHTTPRequestHandler):
    """The site, the page that looks at its pages, and a place to say what it found."""

    pages: tuple[str, ...] = ()
    found: Queue[dict[str, Any]] = Queue()

    def do_GET(self) -> None:
        if self.path in ("/check", "/pages"):
            checked = self.path == "/check"
            text = CHECK.read_text(encoding="utf-8") if checked else json.dumps(Site.pages)
            self.send_response(200)
            self.send_header("Content-Type", "text/html" if checked else "application/json")
            self.end_headers()
            self.wfile.write(text.encode())
        else:
            super().do_GET()

    def do_POST(self) -> None:
        Site.found.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of each request."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which a folder is served, on this machine only."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Site, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def looked_at(folder: Path, pages: list[str], profile: Path) -> dict[str, Any]:
    """How many pages a browser has looked at, and what is wrong with them."""
    Site.pages = tuple(pages)
    with served(folder) as address:
        start = command(profile, "--hide-scrollbars", "--window-size=1300,1000", "--remote-debugging-port=0")
        browser = subprocess.Popen(
            [*start, f"{address}/check"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            return Site.found.get(timeout=60 + 5 * len(pages))
        finally:
            browser.terminate()
            browser.wait()


@pytest.mark.parametrize("edition", ["en", "ko"])
def test_every_page_fits_and_is_whole(edition: str, tmp_path: Path) -> None:
    if not (SITE / edition).exists():
        pytest.skip("the site is not built: python docs/build.py")
    paths = sorted(path for path in (SITE / edition).rglob("*.html") if "_static" not in path.parts)
    result = looked_at(
        SITE, [f"/{path.relative_to(SITE).as_posix()}" for path in paths], tmp_path / "profile"
    )
    assert result == {"pages": len(paths), "found": []}


@pytest.mark.parametrize(("edition", "query"), [("en", "likelihood"), ("ko", "우도를")])
def test_the_search_needs_no_server(edition: str, query: str, tmp_path: Path) -> None:
    search = SITE / edition / "search.html"
    if not search.exists():
        pytest.skip("the site is not built: python docs/build.py")
    page = dumped(f"{search.as_uri()}?q={quote(query)}", tmp_path / "profile")
    assert re.search(r'<li class="kind-\w+"><a href="tutorial/03-likelihood\.html', page)


PAGE = '<!doctype html><html lang="en"><title>page</title><meta charset="utf-8"><body>{}</body></html>'


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<p>short</p>", ""),
        ('<div style="width: 500px">broad</div>', "too wide"),
        ('<div style="overflow: hidden; width: 40px"><h1>Incomprehensibility</h1></div>', "cut off"),
        (
            '<div class="picture"><svg width="300"><text y="20" font-size="5">fine</text></svg></div>',
            "too small",
        ),
        ('<img src="nowhere.png">', "no image"),
        ("<input type='range'>", "without a name"),
        ('<div data-interactive="none"><div class="panels">still</div></div>', "stands still"),
    ],
)
def test_what_is_wrong_is_found(body: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE.format(body), encoding="utf-8")
    found = looked_at(tmp_path, ["/page.html"], tmp_path / "profile")["found"]
    assert bool(found) == bool(words)
    assert all(words in each for each in found)
