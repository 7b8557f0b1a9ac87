"""What distributions over 0, 1, 2, ... share: how their cdf, its logarithms and their quantiles come about."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Self

import numpy as np
from scipy.special import ndtri

from mlekit.arrays import Array, BoolArray, pick
from mlekit.distributions.distribution import Distribution

__all__ = ["FEW", "CountDistribution", "as_counts", "summed", "transformed"]

# From here on towards zero a probability has lost digits, or is about to.
_TINY = 1e-280
_FARTHEST = 1e300
# By what part of a level, or of what it leaves, a cdf may fall short of it by rounding: R's, and more than ours.
_ROUNDING = 64 * np.finfo(np.float64).eps
FEW = 10.0
"""Counts expected, below which they are counted one by one."""
_MOST_OF_FEW = 64  # one of few exceeds it with a probability of 1e-32
# Near the end of 64-bit integers.
_LARGEST_SAMPLED = 1e18


class CountDistribution(Distribution):
    """A distribution over whole numbers from 0 to ``_last``, told by its tail probabilities."""

    @property
    def _last(self) -> float | Array:
        """The greatest outcome there may be."""
        return np.inf

    @abstractmethod
    def _lower(self, k: np.ndarray) -> Array:
        """P(Y ≤ k) for whole 0 ≤ k < last, exact as far as doubles reach."""

    @abstractmethod
    def _upper(self, k: np.ndarray) -> Array:
        """P(Y > k) for the same."""

    @abstractmethod
    def _log_lower_ratio(self, k: np.ndarray) -> Array:
        """Log (P(Y ≤ k)/p(k)) far below the mean."""

    @abstractmethod
    def _log_upper_ratio(self, k: np.ndarray) -> Array:
        """Log (P(Y ≥ k)/p(k)) far above the mean."""

    @property
    @abstractmethod
    def _skewness(self) -> Array:
        """E[(Y − mean)³]/std³; quantiles are sought from there."""

    def _places(self, value: np.ndarray) -> tuple[np.ndarray, BoolArray, BoolArray]:
        """Where the values lie: the whole number below, and whether that is before the first or from the last on."""
        k = np.floor(value)
        before, beyond = k < 0, k >= np.minimum(self._last, _FARTHEST)
        return np.asarray(pick(before | beyond, 0.0, k)), before, beyond

    def _cdf(self, value: np.ndarray) -> Array:
        k, before, beyond = self._places(value)
        return pick(before, 0.0, pick(beyond, 1.0, self._lower(k)))

    def _log_cdf(self, value: np.ndarray) -> Array:
        k, before, beyond = self._places(value)
        lower, upper = self._lower(k), self._upper(k)

        def far(rows: np.ndarray) -> Array:
            part, at = self._among(k, lower.shape, rows)
            return np.asarray(part._log_prob(at) + part._log_lower_ratio(at))

        inside = _logarithm(lower, upper, far)
        return np.where(before, -np.inf, np.where(beyond, 0.0, inside))

    def _log_sf(self, value: np.ndarray) -> Array:
        k, before, beyond = self._places(value)
        lower, upper = self._lower(k), self._upper(k)

        def far(rows: np.ndarray) -> Array:
            part, at = self._among(np.asarray(k + 1), upper.shape, rows)
            return np.asarray(part._log_prob(at) + part._log_upper_ratio(at))

        inside = _logarithm(upper, lower, far)
        return np.where(before, 0.0, np.where(beyond, -np.inf, inside))

    def _quantile(self, level: np.ndarray) -> Array:
        """By galloping to a bracket from the Cornish-Fisher approximation, and bisecting it.

        That takes a few evaluations of the cdf in the bulk, and never more than twice the number of digits. Levels that
        the cdf takes, like 1/2, are those of round parameters: an outcome has one of them if its cdf rounds to it.
        """
        shape = np.broadcast_shapes(level.shape, self.batch_shape)
        level = np.broadcast_to(level, shape).reshape(-1)
        flat = self._elements(shape, slice(None))
        mean, std = np.asarray(flat.mean), np.asarray(flat.std)
        last = np.broadcast_to(flat._last, level.shape)
        z = ndtri(np.clip(level, 1e-300, 1 - 1e-16))
        guess = mean + std * (z + np.minimum(flat._skewness, 2.0) * (np.square(z) - 1) / 6)
        k = np.clip(np.rint(np.nan_to_num(guess)), 0, np.minimum(last, _FARTHEST))
        # Throughout, below is −1 or a k whose cdf falls short of the level, and above one whose cdf does not.
        below, above, stride = np.full(k.shape, -1.0), np.full(k.shape, np.inf), np.ones(k.shape)
        active = np.flatnonzero((level > 0) & (level < 1))
        enough = level - _ROUNDING * np.minimum(level, 1 - level)
        while len(active):
            at = k[active]
            reached = flat._elements(level.shape, active)._said("_cdf", at) >= enough[active]
            above[active] = np.where(reached, at, above[active])
            below[active] = np.where(reached, below[active], at)
            low, top, step = below[active], above[active], stride[active]
            outward = np.clip(np.where(reached, at - step, at + step), 0, last[active])
            middle = low + np.maximum(np.floor((top - low) / 2), 1)
            k[active] = np.where((low >= 0) & np.isfinite(top), middle, outward)
            stride[active] = 2 * step
            active = active[(top - low > 1) & (np.nextafter(low, np.inf) < top)]
        ends = np.where(level == 0, 0.0, np.where(std > 0, last, mean))
        return np.where((level == 0) | (level == 1), ends, above).reshape(shape)

    def _among(self, k: np.ndarray, shape: tuple[int, ...], rows: np.ndarray) -> tuple[Self, np.ndarray]:
        """Some elements of the batch broadcast to ``shape`` and flattened, and what each is asked about."""
        return self._elements(shape, rows), np.broadcast_to(k, shape).reshape(-1)[rows]


def _logarithm(probability: Array, complement: Array, far: Callable[[np.ndarray], Array]) -> Array:
    """The logarithm of a probability, from whichever of itself, its complement and its far form is exact.

    The far form is asked for the elements that need it only: it takes many steps in the bulk.
    """
    value = np.asarray(pick(probability < 0.5, np.log(probability), np.log1p(-complement)))
    tiny = np.flatnonzero(probability < _TINY)
    if len(tiny):
        value = value.copy()
        value.reshape(-1)[tiny] = far(tiny)
    return value


def transformed(level: np.ndarray, a: Array, b: Array, center: Array) -> tuple[Array, Array]:
    """Hörmann's count of a uniform number between 0 and 1, and the density of what it is rounded from, inverted."""
    u = level - 0.5
    from_end = 0.5 - np.abs(u)
    return np.floor((2 * a / from_end + b) * u + center), a / np.square(from_end) + b


def summed(level: np.ndarray, mass: Array, ratio: Callable[[int], Array]) -> Array:
    """The first count whose distribution function reaches a level, of fewer than `FEW` expected.

    Args:
        level: between 0 and 1.
        mass: of no count.
        ratio: of the mass of a count to that of the one before.
    """
    mass = np.asarray(mass)
    reached, count = mass, np.zeros(np.broadcast_shapes(level.shape, mass.shape))
    for k in range(1, _MOST_OF_FEW):
        short = level > reached
        if not short.any():
            break
        count += short
        mass = mass * ratio(k)
        reached = reached + mass
    return count


def as_counts(counts: np.ndarray) -> np.ndarray:
    """Whole numbers as 64-bit integers, in the memory of the floats that they were; as these where integers end."""
    if np.max(counts, initial=0.0) > _LARGEST_SAMPLED:
        return counts
    whole: np.ndarray = counts.view(np.int64)
    np.copyto(whole, counts, casting="unsafe")  # in place: new memory takes twice as long
    return whole
