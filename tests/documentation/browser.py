"""A browser for the tests of pages, where the machine has one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

__all__ = ["BROWSER", "OPTIONS", "command", "dumped"]

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)


def command(profile: Path, *options: str) -> list[str]:
    """What starts the browser with a profile of its own; skips where there is none."""
    if BROWSER is None:
        pytest.skip("no Chromium on this machine")
    return [BROWSER, *OPTIONS, f"--user-data-dir={profile}", *options]


def dumped(address: str, profile: Path) -> str:
    """The page as the browser leaves it once its scripts have run."""
    run = subprocess.run(
        [*command(profile, "--virtual-time-budget=4000"), "--dump-dom", address],
        capture_output=True,
        text=True,
        timeout=60,
    )
    return run.stdout
