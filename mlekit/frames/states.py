"""What formulaic's transforms remember from the training data, as plain JSON values and back.

The memory is made of numbers, texts, lists, arrays and mappings whose keys may be integers (`poly`). JSON knows
neither arrays nor integer keys, so those two are wrapped in an object of one key: ``{"array": ...}`` and
``{"entries": [[key, value], ...]}``. Python writes floats with as many digits as it takes to read back the same
bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mlekit.errors import FileFormatError

__all__ = ["plain", "revive"]


def plain(value: Any) -> Any:
    """Return a remembered value as plain JSON types.

    >>> plain({0: np.float64(0.5), "knots": np.array([1.0, 2.0])})
    {'entries': [[0, 0.5], ['knots', {'array': [1.0, 2.0]}]]}
    """
    match value:
        case np.generic():
            return value.item()
        case np.ndarray():
            return {"array": value.tolist()}
        case Mapping():
            return {"entries": [[plain(key), plain(item)] for key, item in value.items()]}
        case list() | tuple():
            return [plain(item) for item in value]
        case None | bool() | int() | float() | str():
            return value
        case _:
            raise TypeError(f"a transform remembers {value!r}, which has no plain form")


def revive(value: Any) -> Any:
    """Return what `plain` was given.

    Raises:
        FileFormatError: for anything that `plain` does not write.

    >>> revive({"entries": [[0, 0.5], ["knots", {"array": [1.0, 2.0]}]]})
    {0: 0.5, 'knots': array([1., 2.])}
    """
    match value:
        case {"array": array}:
            return np.array(array)
        case {"entries": list(entries)}:
            return {key: revive(item) for key, item in entries}
        case list():
            return [revive(item) for item in value]
        case None | bool() | int() | float() | str():
            return value
        case _:
            raise FileFormatError(f"a transform's memory holds {value!r}, which is not in its format")
