"""What tests of several rooms share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def shared_data(relative: str) -> Path:
    """Return a file or folder of the optional reference data, or skip the test (or module) that asks for it.

    The environment variable ``MLEKIT_SHARED_DATA`` names the folder; by default it is ``shared/data`` beside
    the checkout.
    """
    folder = Path(os.environ.get("MLEKIT_SHARED_DATA") or REPOSITORY.parent / "shared" / "data")
    path = folder / relative
    if not path.exists():
        pytest.skip(
            f"reference data {relative!r} is not there: set MLEKIT_SHARED_DATA to its folder",
            allow_module_level=True,
        )
    return path


def seeds(count: int) -> range:
    """Seeds of a test that draws its cases: so many, or fewer if the environment variable ``MLEKIT_SEEDS`` says so."""
    return range(min(count, int(os.environ.get("MLEKIT_SEEDS") or count)))
