"""Uniform random numbers, each told by its place: any thread may make any of them, and compiled loops on the way.

The i-th is a function of a seed and an odd step: the 64 bits of seed + (i + 1)·step, mixed. That is SplitMix64, of
which every sample takes a stream of its own. Steele, Lea & Flood (2014), Fast splittable pseudorandom number
generators.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

__all__ = ["Uniforms"]

_WORD = 2**64
_FEWEST_CHANGES = (
    24  # between neighbouring bits of a step, with fewer of which its stream is not random enough
)
_NEXT_ATTEMPT = 0xD1B54A32D192ED03
_ALTERNATING = 0xAAAAAAAAAAAAAAAA


@dataclass(frozen=True)
class Uniforms:
    """As many uniform numbers as are asked for, odd multiples of 2⁻⁵³ between 0 and 1.

    Args:
        seed: of 64 bits.
        step: of 64 bits, odd.

    >>> numbers = Uniforms.of(np.random.default_rng(0)).array((2, 1000))
    >>> bool((numbers > 0).all() and (numbers < 1).all())
    True

    """

    seed: int
    step: int

    @classmethod
    def of(cls, rng: np.random.Generator) -> Self:
        """A stream that a generator chooses."""
        seed, step = (int.from_bytes(rng.bytes(8), "little") for _ in range(2))
        step |= 1
        changes = (step ^ (step >> 1)).bit_count()
        return cls(seed, step ^ _ALTERNATING if changes < _FEWEST_CHANGES else step)

    def words(self, first: int) -> np.ndarray:
        """What a kernel is told of the numbers from one on: where the seed has come to, and the step."""
        return np.array([(self.seed + first * self.step) % _WORD, self.step], dtype=np.uint64)

    def array(self, shape: tuple[int, ...]) -> np.ndarray:
        """The first of the numbers, as kernels make them."""
        return self.at(np.arange(math.prod(shape))).reshape(shape)

    def at(self, places: np.ndarray, attempt: int = 0) -> np.ndarray:
        """The numbers of some places, for an attempt to make something of them after others failed."""
        with np.errstate(over="ignore"):
            z = places.astype(np.uint64)
            z += np.uint64(1)
            z *= np.uint64(self.step)
            z += np.uint64((self.seed + attempt * _NEXT_ATTEMPT) % _WORD)
            z ^= z >> np.uint64(30)
            z *= np.uint64(0xBF58476D1CE4E5B9)
            z ^= z >> np.uint64(27)
            z *= np.uint64(0x94D049BB133111EB)
            z ^= z >> np.uint64(31)
        # 52 bits after the point of a number from 1 to 2, and a half of the last.
        z >>= np.uint64(12)
        z |= np.uint64(0x3FF0000000000000)
        numbers = z.view(np.float64)
        numbers -= 1 - 2.0**-53
        return numbers
