"""Elementwise answers about many elements: on parts that stay in the cache, and on every core.

A formula is a chain of passes over arrays. Over a million elements each pass waits for memory, unless the chain is
evaluated on one block after another. Blocks are independent, and NumPy's loops let other threads run, so that as many
threads may share them as there are cores, or as the environment variable ``OMP_NUM_THREADS`` allows. Threads gain where
a block is a few long loops, such as an incomplete beta function; a chain of short ones they slow down, as they wait for
one another between any two. So they share no blocks that take little time, nor those of what is known to be such a
chain. How elements are divided depends on their number alone, and so do results.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeVar

import numpy as np

__all__ = ["Cut", "in_blocks", "is_long", "on_threads", "one_blas_thread", "thread_count"]

Values = TypeVar("Values")

_BLOCK_ELEMENTS = 2**14  # a dozen arrays of so many doubles stay in a core's own cache
_THREADED_ELEMENTS = 2**17  # starting threads takes a tenth of a millisecond
_LONG_SECONDS = 1.5e-4  # that a block takes; below, two threads took longer than one for every family


@dataclass(frozen=True)
class Cut:
    """What takes arrays to their part in a block: a range on one axis, counted from the last; all of it for axis 0.

    >>> Cut(-1, 1, 3).of(np.array([[0, 1, 2, 3]])), Cut(-2, 1, 3).of(np.array([0.0, 1.0]))
    (array([[1, 2]]), array([0., 1.]))
    """

    axis: int = 0
    start: int = 0
    stop: int = 0

    def of(self, values: Values) -> Values:
        """The part; all of what has no such axis, or one element on it for the whole batch."""
        if not (self.axis and isinstance(values, np.ndarray) and values.ndim >= -self.axis):
            return values
        part: Any = values if values.shape[self.axis] == 1 else values[self.place]
        return part  # type: ignore[no-any-return]

    @property
    def place(self) -> tuple[Any, ...]:
        """The index of the part in the whole."""
        return (
            (..., slice(self.start, self.stop), *(slice(None),) * (-self.axis - 1)) if self.axis else (...,)
        )

    def shape(self, whole: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the part of an array of some shape."""
        if not self.axis:
            return whole
        before = len(whole) + self.axis
        return (*whole[:before], self.stop - self.start, *whole[before + 1 :])


def is_long(shape: tuple[int, ...]) -> bool:
    """Whether `in_blocks` divides an answer of this shape.

    >>> is_long((100_000,)), is_long((10, 10))
    (True, False)
    """
    return math.prod(shape) > 2 * _BLOCK_ELEMENTS


def in_blocks(answer: Callable[[Cut], Any], shape: tuple[int, ...], *, shared: bool = True) -> Any:
    """An answer of some shape, whose elements do not depend on one another, block by block if there are many.

    Args:
        answer: from what cuts arrays to a block to the answer on it; called on several threads at once.
        shape: of the whole answer.
        shared: whether threads may share the blocks; not where they are chains of short loops.

    >>> x = np.arange(100_000.0)
    >>> bool((in_blocks(lambda cut: np.square(cut.of(x)), x.shape) == np.square(x)).all())
    True
    """
    if not is_long(shape):
        return answer(Cut())
    size = math.prod(shape)
    axis = max(range(-1, -len(shape) - 1, -1), key=lambda position: shape[position])
    length = shape[axis]
    step = max(1, _BLOCK_ELEMENTS * length // size)
    first, *others = (Cut(axis, start, min(start + step, length)) for start in range(0, length, step))
    began = perf_counter()
    known = np.asarray(answer(first))
    shared = shared and perf_counter() - began >= _LONG_SECONDS
    whole = np.empty(shape, known.dtype)
    whole[first.place] = known

    unlike: list[tuple[Cut, np.ndarray]] = []

    def fill(cut: Cut) -> None:
        # How NumPy treats floating-point errors is a setting of each thread.
        with np.errstate(all="ignore"):
            part = np.asarray(answer(cut))
        if part.dtype == whole.dtype:
            whole[cut.place] = part
        else:  # counts beyond 64-bit integers are floats
            unlike.append((cut, part))

    threads = min(thread_count(), len(others)) if shared and size >= _THREADED_ELEMENTS else 1
    if threads > 1:
        from concurrent.futures import ThreadPoolExecutor

        # Threads of this call alone: a process forked later would wait for ones that it does not have.
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(fill, others))
    else:
        for cut in others:
            fill(cut)
    if unlike:
        whole = whole.astype(np.result_type(whole, *(part for _, part in unlike)))
        for cut, part in unlike:
            whole[cut.place] = part
    return whole


def on_threads(work: Callable[[int], object], threads: int) -> None:
    """Do the work of every thread, which it is told the number of; the calling one takes the first.

    >>> done = np.zeros(3)
    >>> on_threads(lambda thread: done.__setitem__(thread, 1), 3)
    >>> done
    array([1., 1., 1.])
    """
    if threads == 1:
        work(0)
        return
    from concurrent.futures import ThreadPoolExecutor

    # Threads of this call alone: a process forked later would wait for ones that it does not have.
    with ThreadPoolExecutor(threads - 1) as pool:
        others = [pool.submit(work, thread) for thread in range(1, threads)]
        work(0)
    for other in others:
        other.result()


def one_blas_thread() -> AbstractContextManager[object]:
    """Where products are small, or many threads make them: those of BLAS would wait for each other most of the time."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    limits: AbstractContextManager[object] = threadpool_limits(1, user_api="blas")
    return limits


def thread_count() -> int:
    """The cores that this process may use, or fewer if the environment says so.

    >>> thread_count() >= 1
    True
    """
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    return min(cores, int(allowed)) if allowed.isdecimal() and int(allowed) > 0 else cores
