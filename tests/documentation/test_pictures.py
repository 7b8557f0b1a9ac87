"""The pictures that move, in a browser where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import REPOSITORY

SCRIPTS = REPOSITORY / "docs" / "_static" / "pictures"
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PAGE = """<!doctype html><html lang="{language}"><meta charset="utf-8"><title>picture</title>
<div class="picture" data-interactive="softmax" data-numbers='{{"names": ["under", "normal"], "z": [0, 1]}}'>
<div class="panels">still</div></div>
<script src="{scripts}/book.js"></script><script>{action}</script></html>"""


def shown(folder: Path, action: str = "", language: str = "en") -> str:
    """The page as a browser leaves it, once the picture stands and the action was taken."""
    if BROWSER is None:
        pytest.skip("no Chromium on this machine")
    page = folder / "page.html"
    waited = f'window.addEventListener("load", () => {{ {action} }});'
    page.write_text(PAGE.format(scripts=SCRIPTS.as_uri(), language=language, action=waited), encoding="utf-8")
    command = [BROWSER, *OPTIONS, f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=2000"]
    run = subprocess.run([*command, "--dump-dom", page.as_uri()], capture_output=True, text=True, timeout=60)
    return run.stdout


def outputs(page: str) -> list[str]:
    return re.findall(r"<output[^>]*>([^<]*)</output>", page)


def move(slider: int, value: float) -> str:
    return (
        f'const slider = document.querySelectorAll("input")[{slider}]; slider.value = {value}; '
        'slider.dispatchEvent(new Event("input"));'
    )


def test_the_picture_takes_the_place_of_the_still_one_in_both_languages(tmp_path: Path) -> None:
    page = shown(tmp_path, language="ko")
    assert 'class="panels" hidden' in page
    assert outputs(page)[-1] == "엔트로피: 0.84 비트"
    assert 'aria-label="로짓: 저체중"' in page


def test_a_logit_moves_both_probabilities(tmp_path: Path) -> None:
    page = shown(tmp_path, move(slider=0, value=1))
    assert outputs(page) == ["1.00", "50.0 %", "1.00", "50.0 %", "entropy: 1.00 bits"]


def test_a_probability_moves_the_logits_and_keeps_their_mean(tmp_path: Path) -> None:
    page = shown(tmp_path, move(slider=1, value=0.5))
    assert outputs(page) == ["0.50", "50.0 %", "0.50", "50.0 %", "entropy: 1.00 bits"]


def test_adding_one_to_every_logit_changes_no_probability(tmp_path: Path) -> None:
    page = shown(tmp_path, 'document.querySelector("button").click();')
    assert outputs(page) == ["1.00", "26.9 %", "2.00", "73.1 %", "entropy: 0.84 bits"]
