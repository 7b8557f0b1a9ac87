"""The library of kernels, and how one is evaluated over arrays.

A kernel is a formula of numbers, compiled into one loop over the elements of arrays: one pass through memory, where
NumPy takes one for each operation. ctypes lets other threads run meanwhile, so that many elements are shared among as
many threads as `thread_count` allows. An element's bits depend neither on where it stands, nor on how many there are.
"""

from __future__ import annotations

import ctypes
import math
import os
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np

from mlekit.arrays import Array
from mlekit.blocks import on_threads, thread_count
from mlekit.kernels.building import library_path
from mlekit.kernels.uniforms import Uniforms

__all__ = ["address_of", "evaluate", "library"]

_THREADED_ELEMENTS = 2**17  # starting a thread takes a tenth of a millisecond


@lru_cache(maxsize=1)
def library() -> ctypes.CDLL | None:
    """The compiled kernels; None where they were not built, or ``MLEKIT_KERNELS=0`` in the environment."""
    path = library_path()
    if os.environ.get("MLEKIT_KERNELS") == "0" or not path.exists():
        return None
    try:
        return ctypes.CDLL(str(path))
    except OSError:  # a checkout that machines of several kinds share
        return None


def address_of(array: np.ndarray) -> int:
    """Where an array's numbers lie, in a third of the time that NumPy takes to say it, where that can be.

    >>> numbers = np.zeros(3)
    >>> address_of(numbers[1:]) - address_of(numbers)
    8
    """
    memory: Any = array  # NumPy's stubs for old Pythons do not call it a buffer
    try:
        return ctypes.addressof(ctypes.c_char.from_buffer(memory))
    except (TypeError, ValueError):  # read-only, empty, or with gaps
        address: int = array.__array_interface__["data"][0]
        return address


def evaluate(name: str, shape: tuple[int, ...], arguments: Sequence[Array | Uniforms]) -> Array | None:
    """What a kernel says of arguments that broadcast to a shape.

    Args:
        name: of the kernel.
        shape: of the answer.
        arguments: in the kernel's order; random numbers are made on the way.

    Returns:
        The answer, in double precision; None where there is no library, or an argument has another precision.

    Raises:
        TypeError: for another number of arguments than the kernel takes.

    >>> halves = evaluate("gaussian_cdf", (2,), [np.zeros(2), np.zeros(()), np.ones(())])
    >>> halves is None or halves.tolist() == [0.5, 0.5]
    True

    """
    function, count = _function(name)
    given = [one if isinstance(one, Uniforms) else np.asarray(one) for one in arguments]
    if function is None or any(isinstance(one, np.ndarray) and one.dtype != np.float64 for one in given):
        return None
    if len(given) != count:
        raise TypeError(f"the kernel {name} takes {count} arguments, not {len(given)}")
    out = np.empty(shape)
    laid = [one if isinstance(one, Uniforms) else _laid_out(one, shape) for one in given]
    strides = [-1 if isinstance(one, Uniforms) else 0 if one.size == 1 else 1 for one in laid]
    starts = [0 if isinstance(one, Uniforms) else address_of(one) for one in laid]
    target = address_of(out)
    pointers, numbers = ctypes.c_void_p * len(laid), ctypes.c_ssize_t * len(laid)

    def part(first: int, last: int) -> None:
        words = {j: one.words(first) for j, one in enumerate(laid) if isinstance(one, Uniforms)}
        places = (
            address_of(words[j]) if stride < 0 else starts[j] + 8 * first * stride
            for j, stride in enumerate(strides)
        )
        function(last - first, pointers(*places), numbers(*strides), target + 8 * first)

    in_parts(part, math.prod(shape))
    return out


def in_parts(part: Callable[[int, int], None], size: int) -> None:
    """Work on elements from a first to before a last, on as many threads as are allowed if there are many."""
    threads = thread_count() if size >= _THREADED_ELEMENTS else 1
    edges = [size * k // threads for k in range(threads + 1)]
    on_threads(lambda thread: part(*edges[thread : thread + 2]), threads)


def _laid_out(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """One number, or all of them one after the other."""
    if array.size == 1 or (array.shape == shape and array.flags.c_contiguous and array.flags.aligned):
        return array
    return np.ascontiguousarray(np.broadcast_to(array, shape))


@cache
def _function(name: str) -> tuple[Any, int]:
    """A kernel and how many arguments it takes; None where there is no library."""
    loaded = library()
    if loaded is None:
        return None, 0
    function = getattr(loaded, name)
    function.argtypes = (ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
    function.restype = None
    return function, ctypes.c_int.in_dll(loaded, f"{name}_arguments").value
