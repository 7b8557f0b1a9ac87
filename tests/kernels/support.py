"""What the tests of kernels share: which there are, and how one is asked."""

from __future__ import annotations

import re

import numpy as np
import pytest

from mlekit.arrays import Array
from mlekit.kernels import Uniforms, evaluate, library
from mlekit.kernels.building import FOLDER

# Where the library is missing though it could be there, test_building.py fails.
needs_library = pytest.mark.skipif(
    library() is None, reason="there are no kernels: no C compiler, or turned off"
)


def kernels() -> dict[str, int]:
    """The name of every kernel of doubles, and how many arguments it takes."""
    sources = "".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.c")))
    found = {}
    for name, names in re.findall(r"^KERNEL\d\((\w+)([\w, ]+)", sources, re.MULTILINE):
        found[name] = len(re.findall(r"\w+", names))
    for kind, name, count in re.findall(
        r"^(OVER_CHUNKS|UNTIL_ACCEPTED|TAILS)\((\w+), (\d)", sources, re.MULTILINE
    ):
        for question in ("_cdf", "_log_cdf", "_log_sf") if kind == "TAILS" else ("",):
            found[name + question] = int(count)
    return found


def ask(name: str, *arguments: Array | Uniforms) -> Array:
    """What a kernel says of arguments that broadcast together."""
    said = evaluate(
        name,
        np.broadcast_shapes(
            *(argument.shape for argument in arguments if not isinstance(argument, Uniforms))
        ),
        arguments,
    )
    assert said is not None
    return said
