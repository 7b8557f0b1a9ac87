"""What Adam remembers of the gradients, and the step that it makes of them."""

from __future__ import annotations

import ctypes
from functools import cache
from math import sqrt
from typing import Any

import numpy as np
from jaxtyping import Float

from mlekit.blocks import thread_count
from mlekit.kernels import address_of, library

__all__ = ["Moments"]

_SHARED_PARAMETERS = 2**15  # some 10 µs; threads take a few to find together


class Moments:
    """Running sums of the gradient and of its square: M = m/(1 − β₁) and V = v/(1 − β₂) take no factor for it.

    In single precision a step is one pass over θ by a kernel, where there is one; else ten by NumPy.
    """

    def __init__(
        self, theta: Float[np.ndarray, " parameters"], beta1: float, beta2: float, epsilon: float
    ) -> None:
        self.betas = beta1, beta2
        self.sum, self.square, self._scratch = np.zeros((3, len(theta)), theta.dtype)
        self._epsilon = epsilon
        self._steps = 0
        self._kernel = _kernel() if theta.dtype == np.float32 else None
        self._threads = thread_count() if len(theta) >= _SHARED_PARAMETERS else 1

    def step(
        self,
        theta: Float[np.ndarray, " parameters"],
        gradient: Float[np.ndarray, " parameters"],
        rate: float,
    ) -> None:
        """Change θ by −rate·m̂/(√v̂ + ε), in place; the gradient may be overwritten."""
        beta1, beta2 = self.betas
        self._steps += 1
        # m̂ = m/(1 − β₁ᵗ) and v̂ = v/(1 − β₂ᵗ) differ from M and V by factors, which go into rate and ε.
        root = sqrt((1 - beta2**self._steps) / (1 - beta2))
        epsilon, rate = self._epsilon * root, rate * root * (1 - beta1) / (1 - beta1**self._steps)
        if self._kernel is not None:
            places = [address_of(array) for array in (gradient, theta, self.sum, self.square)]
            self._kernel(len(theta), *places, beta1, beta2, epsilon, rate, self._threads)
            return
        scratch = self._scratch
        self.sum *= beta1
        self.sum += gradient
        gradient *= gradient
        self.square *= beta2
        self.square += gradient
        np.sqrt(self.square, out=scratch)
        scratch += epsilon
        np.divide(self.sum, scratch, out=scratch)
        scratch *= rate
        theta -= scratch

    def corrected(
        self, rates: Float[np.ndarray, " steps"]
    ) -> tuple[Float[np.ndarray, " steps"], Float[np.ndarray, " steps"]]:
        """The factors that `step` finds one by one, of M and of ε, for steps of these rates that others make."""
        beta1, beta2 = self.betas
        made = np.arange(self._steps + 1, self._steps + 1 + len(rates))
        self._steps += len(rates)
        root = np.sqrt((1 - beta2**made) / (1 - beta2))
        return rates * root * (1 - beta1) / (1 - beta1**made), self._epsilon * root


@cache
def _kernel() -> Any:
    loaded = library()
    if loaded is None:
        return None
    loaded.moments_step.argtypes = (
        *(ctypes.c_ssize_t, *(ctypes.c_void_p,) * 4),
        *(ctypes.c_float,) * 4,
        ctypes.c_ssize_t,
    )
    loaded.moments_step.restype = None
    return loaded.moments_step
