"""Build the documentation, every code cell executed and every warning an error.

    python docs/build.py             both editions: docs/_build/html/en and docs/_build/html/ko
    python docs/build.py --no-ko     English only, while writing

Cells are executed once for both editions; a page is executed again where its cells changed, and all are where the
package changed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

DOCS = Path(__file__).resolve().parent
REPOSITORY = DOCS.parent
OUTPUT = DOCS / "_build"
# A kernel warns that its messages, which stay on this machine, are not encrypted.
KERNEL_SETTINGS = 'get_config().IPKernelApp.log_level = "ERROR"\n'
LANDING = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>mlekit</title>
<script>location.replace((navigator.language || "en").startsWith("ko") ? "ko/index.html" : "en/index.html")</script>
<p><a href="en/index.html">English</a> · <a href="ko/index.html" lang="ko">한국어</a></p>
</html>
"""


def main(arguments: list[str]) -> int:
    """Build, and return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--no-ko", action="store_true", help="build the English edition only")
    editions = ["en"] if parser.parse_args(arguments).no_ko else ["en", "ko"]
    environment = kernel_environment()
    for edition in editions:
        began = time.perf_counter()
        command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q"]
        command += ["-D", f"language={edition}", "-d", str(OUTPUT / "doctrees" / edition)]
        status = subprocess.call(
            [*command, str(DOCS), str(OUTPUT / "html" / edition)], cwd=REPOSITORY, env=environment
        )
        if status:
            return status
        print(f"{edition}: {time.perf_counter() - began:.0f} s")
    (OUTPUT / "html" / "index.html").write_text(LANDING, encoding="utf-8")
    broken = broken_links(OUTPUT / "html") if len(editions) == 2 else []
    print("\n".join(broken), end="\n" if broken else "")
    return int(bool(broken))


class Page(HTMLParser):
    """The links of a page, and the places on it that a link can lead to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag links to, and what it can be linked by."""
        for name, value in attrs:
            if value and name in ("href", "src"):
                self.links.append(value)
            elif value and name in ("id", "name"):
                self.places.add(value)


def broken_links(site: Path) -> list[str]:
    """Every link within the site that leads nowhere, and every one that a page would fetch from elsewhere."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html")) if "_static" not in path.parts}
    broken = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            place = unquote(parts.fragment)
            if not target.exists() or (place and target in pages and place not in pages[target].places):
                broken.append(f"{path.relative_to(site)}: {link} leads nowhere")
    return broken


def kernel_environment() -> dict[str, str]:
    """What Sphinx and the kernels that it starts find in their environment: this tree, and warnings as errors."""
    profile = OUTPUT / "ipython" / "profile_default"
    (profile / "startup").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(DOCS / "book" / "kernel_startup.py", profile / "startup" / "strict.py")
    (profile / "ipython_kernel_config.py").write_text(KERNEL_SETTINGS, encoding="utf-8")
    cache = OUTPUT / "cells" / digest()
    for older in (OUTPUT / "cells").glob("*"):
        if older != cache:
            shutil.rmtree(older)
    path = os.pathsep.join([str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])])
    return os.environ | {
        "PYTHONPATH": path,
        "IPYTHONDIR": str(OUTPUT / "ipython"),
        "BOOK_CACHE": str(cache),
        "OMP_NUM_THREADS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def digest() -> str:
    """A digest of the code that cells can see: their results are kept until it changes."""
    known = hashlib.sha256()
    seen = (DOCS / "book" / name for name in ("kernel_startup.py", "pictures.py"))
    package = (path for kind in ("*.py", "*.c", "*.h") for path in (REPOSITORY / "mlekit").rglob(kind))
    for path in sorted([*package, *seen]):
        known.update(path.read_bytes())
    return known.hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
