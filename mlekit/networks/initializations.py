"""Random initial weights, each named after the paper that derives its variance.

A layer of independent weights with variance v maps inputs of variance s to sums of variance n_inputs · v · s;
the schemes choose v so that signals, gradients or both keep their scale from layer to layer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

from mlekit.errors import NetworkError

Initialization: TypeAlias = Callable[[np.random.Generator, int, int], Float[np.ndarray, "inputs outputs"]]


def glorot_uniform(
    rng: np.random.Generator, n_inputs: int, n_outputs: int
) -> Float[np.ndarray, "inputs outputs"]:
    """Uniform on ±√(6 / (n_inputs + n_outputs)) (Glorot & Bengio 2010, eq. 16)."""
    bound = math.sqrt(6.0 / (n_inputs + n_outputs))
    return rng.uniform(-bound, bound, size=(n_inputs, n_outputs))


def glorot_normal(
    rng: np.random.Generator, n_inputs: int, n_outputs: int
) -> Float[np.ndarray, "inputs outputs"]:
    """Gaussian with variance 2 / (n_inputs + n_outputs) (Glorot & Bengio 2010, eq. 12)."""
    return rng.normal(0.0, math.sqrt(2.0 / (n_inputs + n_outputs)), size=(n_inputs, n_outputs))


def he_normal(rng: np.random.Generator, n_inputs: int, n_outputs: int) -> Float[np.ndarray, "inputs outputs"]:
    """Gaussian with variance 2 / n_inputs, for rectifiers (He et al. 2015, eq. 10)."""
    return rng.normal(0.0, math.sqrt(2.0 / max(n_inputs, 1)), size=(n_inputs, n_outputs))


def lecun_normal(
    rng: np.random.Generator, n_inputs: int, n_outputs: int
) -> Float[np.ndarray, "inputs outputs"]:
    """Gaussian with variance 1 / n_inputs (LeCun et al. 1998, section 4.6)."""
    return rng.normal(0.0, math.sqrt(1.0 / max(n_inputs, 1)), size=(n_inputs, n_outputs))


def orthogonal(
    rng: np.random.Generator, n_inputs: int, n_outputs: int
) -> Float[np.ndarray, "inputs outputs"]:
    """Orthonormal columns, or rows if there are more outputs, uniformly distributed (Saxe et al. 2014)."""
    tall = rng.normal(size=(max(n_inputs, n_outputs), min(n_inputs, n_outputs)))
    q, r = np.linalg.qr(tall)
    # QR leaves the signs to the algorithm; with a positive diagonal of R the distribution is uniform (Haar).
    q *= np.where(np.diagonal(r) < 0.0, -1.0, 1.0)
    return q if n_inputs >= n_outputs else np.ascontiguousarray(q.T)


INITIALIZATIONS: Mapping[str, Initialization] = MappingProxyType(
    {
        "glorot_uniform": glorot_uniform,
        "glorot_normal": glorot_normal,
        "he_normal": he_normal,
        "lecun_normal": lecun_normal,
        "orthogonal": orthogonal,
    }
)


def find_initialization(name: str) -> Initialization:
    """Return the initialisation called `name`.

    Raises:
        NetworkError: If there is none; the message lists the names.
    """
    if name not in INITIALIZATIONS:
        raise NetworkError(f"initialization={name!r} is unknown; choose one of {', '.join(INITIALIZATIONS)}.")
    return INITIALIZATIONS[name]
