"""Memory that outlives a step, and the checks that stand at a built network's door."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
from jaxtyping import Float

from mlekit.errors import NetworkError
from mlekit.networks.protocols import FloatType


class WorkBuffer:
    """Memory that is allocated once for the largest shape asked of it, and lent out as contiguous views."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._memory: Float[np.ndarray, " capacity"] = np.empty(0, dtype)

    def take(self, *shape: int) -> Float[np.ndarray, "..."]:
        """Return an uninitialised C-contiguous array of `shape`; it overlays whatever was taken before."""
        size = math.prod(shape)
        if size > self._memory.size:
            self._memory = np.empty(size, self._memory.dtype)
        return self._memory[:size].reshape(shape)


def checked_dtype(dtype: FloatType) -> np.dtype[Any]:
    """Return `dtype` as a NumPy dtype, if it is one that networks compute in."""
    checked = np.dtype(dtype)
    if checked not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise NetworkError(f"dtype={checked} is not supported; use np.float32 or np.float64.")
    return checked


def checked_count(name: str, count: int, minimum: int) -> int:
    """Return `count` as an int, if it is a whole number of at least `minimum`."""
    try:
        whole = operator.index(count)
    except TypeError:
        raise NetworkError(f"{name}={count!r} is not a whole number; pass an int.") from None
    if isinstance(count, bool) or whole < minimum:
        raise NetworkError(f"{name}={count!r} must be an int of at least {minimum}.")
    return whole


def checked_flag(name: str, flag: bool) -> bool:
    """Return `flag`, if it is True or False and not something that merely counts as one of them."""
    if not isinstance(flag, bool):
        raise NetworkError(f"{name}={flag!r} must be True or False.")
    return flag


def check_flat(name: str, vector: Float[np.ndarray, " _"], n_parameters: int, dtype: np.dtype[Any]) -> None:
    """Raise unless `vector` is the contiguous flat vector that a network of `n_parameters` works on."""
    if vector.shape != (n_parameters,):
        raise NetworkError(f"{name} has shape {vector.shape}; this network has {n_parameters} parameters.")
    if vector.dtype != dtype or not vector.flags.c_contiguous:
        layout = "contiguous" if vector.flags.c_contiguous else "strided"
        raise NetworkError(
            f"{name} is a {layout} {vector.dtype} array; this network was built for contiguous {dtype}: "
            f"pass np.ascontiguousarray({name}, dtype=np.{dtype})."
        )


def check_inputs(shape: tuple[int, ...], n_inputs: int) -> None:
    """Raise unless `shape` is that of a matrix of rows with `n_inputs` columns."""
    if len(shape) != 2 or shape[1] != n_inputs:
        raise NetworkError(f"inputs has shape {shape}; this network was built for (rows, {n_inputs}).")


def check_eta_gradient(shape: tuple[int, ...], n_rows: int, n_outputs: int) -> None:
    """Raise unless `shape` fits the η of `n_rows` rows."""
    if shape != (n_rows, n_outputs):
        raise NetworkError(f"eta_gradient has shape {shape}; eta has {(n_rows, n_outputs)}.")
