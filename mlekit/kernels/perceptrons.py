"""The functions of perceptron.h and training.h, for the vectors of this processor."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any, NamedTuple

from mlekit.kernels.loading import library

__all__ = ["PerceptronFunctions", "perceptron_functions"]


class PerceptronFunctions(NamedTuple):
    """Sizes of memory in numbers, passes through networks, and training steps."""

    perceptron_kept: Any
    perceptron_scratch: Any
    perceptron_forward: Any
    perceptron_backward: Any
    training_room: Any
    training_steps: Any


@cache
def perceptron_functions() -> PerceptronFunctions | None:
    """None where there is no library, or it has none for this processor."""
    loaded = library()
    lanes = 0 if loaded is None else loaded.perceptron_lanes()
    if not lanes:
        return None
    names = PerceptronFunctions._fields
    functions = PerceptronFunctions(*(getattr(loaded, f"{name}_{lanes}") for name in names))
    number, address = ctypes.c_ssize_t, ctypes.c_void_p
    for size in (functions.perceptron_kept, functions.perceptron_scratch):
        size.argtypes, size.restype = (address,), number
    for passing in (functions.perceptron_forward, functions.perceptron_backward):
        passing.argtypes, passing.restype = (address, number, number, *(address,) * 5), None
    functions.training_room.argtypes, functions.training_room.restype = (address, number), number
    functions.training_steps.argtypes = (address, number, number, address)
    functions.training_steps.restype = None
    return functions
