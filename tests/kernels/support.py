"""What the tests of kernels share: which there are, and how one is asked."""

from __future__ import annotations

import re

import numpy as np
import pytest

from mlekit.arrays import Array
from mlekit.kernels import evaluate, library
from mlekit.kernels.building import FOLDER

# Where the library is missing though it could be there, test_building.py fails.
needs_library = pytest.mark.skipif(
    library() is None, reason="there are no kernels: no C compiler, or turned off"
)


def kernels() -> dict[str, int]:
    """The name of every kernel of doubles, and how many arguments it takes."""
    sources = (path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.c")))
    found = (re.findall(r"^(?:KERNEL|OVER_CHUNKS\()([\w(, ]+)", source, re.MULTILINE) for source in sources)
    heads = (re.findall(r"\w+", head) for heads in found for head in heads)
    # KERNEL2(name, first, second), or OVER_CHUNKS(name, 2, ...).
    return {
        first: int(rest[0]) if rest[0].isdigit() else len(rest) for first, *rest in map(_from_name, heads)
    }


def _from_name(words: list[str]) -> list[str]:
    return words[1:] if words[0].isdigit() else words


def ask(name: str, *arguments: Array) -> Array:
    """What a kernel says of arguments that broadcast together."""
    said = evaluate(name, np.broadcast_shapes(*(argument.shape for argument in arguments)), arguments)
    assert said is not None
    return said
