"""DiscreteUniform(a, b): every whole number from a to b, both included, is as likely as any other.

log P(k) = −log(b − a + 1),   k = a, a + 1, ..., b
"""

from __future__ import annotations

import numpy as np

from mlekit.arrays import Array, ArrayLike, unwrap
from mlekit.distributions.counts import as_counts
from mlekit.distributions.distribution import Distribution
from mlekit.distributions.domain import Interval
from mlekit.distributions.fused import Fused
from mlekit.distributions.link import IDENTITY
from mlekit.distributions.parameter import Parameter
from mlekit.errors import ParameterError

__all__ = ["DiscreteUniform"]

_WHOLE = Interval(integer=True)
_LOW = Parameter("low", _WHOLE, IDENTITY, typical=(-20.0, 0.0))
_HIGH = Parameter("high", _WHOLE, IDENTITY, typical=(0.0, 20.0))
# Of so many outcomes each has a millionth more or less of the levels that a sample takes.
_MOST_BY_LEVELS = 2.0**32


class DiscreteUniform(Distribution):
    """A batch of uniform distributions over whole numbers.

    Args:
        low: the smallest outcome, a whole number.
        high: the greatest outcome, a whole number that is not below ``low``.

    Raises:
        ParameterError: for bounds that are not whole numbers, or a high below its low.

    >>> die = DiscreteUniform(low=1, high=6)
    >>> round(float(die.prob(6)), 6), float(die.mean)
    (0.166667, 3.5)

    """

    parameters = (_LOW, _HIGH)
    fused = Fused("discrete_uniform", ("low", "high"), frozenset({"_log_prob", "_cdf", "_quantile"}))

    def __init__(self, *, low: ArrayLike, high: ArrayLike) -> None:
        self._store_parameters(low=low, high=high)
        below = np.asarray(self.high < self.low)
        if below.any():
            place = np.unravel_index(int(np.argmax(below)), below.shape)
            first, last = (np.broadcast_to(bound, below.shape)[place] for bound in (self.low, self.high))
            where = f" at position {tuple(int(i) for i in place)}" if below.ndim else ""
            raise ParameterError(
                f"DiscreteUniform: high must not lie below low, but {last:g} < {first:g}{where}"
            )

    low: Array
    high: Array

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """What low and high broadcast to."""
        return np.broadcast_shapes(self.low.shape, self.high.shape)

    @property
    def support(self) -> Interval:
        """The whole numbers from low to high."""
        return Interval(self.low, self.high, low_included=True, high_included=True, integer=True)

    @property
    def _count(self) -> Array:
        return self.high - self.low + 1

    def _log_prob(self, value: np.ndarray) -> Array:
        return np.where(self.support.contains(value), -np.log(self._count), -np.inf)

    # ---- distribution functions ---------------------------------------------------------------------------

    def _reached(self, value: np.ndarray) -> Array:
        """How many outcomes are at or below the value."""
        reached: Array = np.clip(np.floor(value) - self.low + 1, 0, self._count)
        return reached

    def _cdf(self, value: np.ndarray) -> Array:
        cdf: Array = self._reached(value) / self._count
        return cdf

    def _log_sf(self, value: np.ndarray) -> Array:
        return np.log((self._count - self._reached(value)) / self._count)

    def _quantile(self, level: np.ndarray) -> Array:
        k = np.clip(np.ceil(level * self._count), 1, self._count)
        # Rounding of the product may miss a neighbour: the cdf itself decides.
        k = np.where((k > 1) & ((k - 1) / self._count >= level), k - 1, k)
        quantile: Array = self.low + np.where(k / self._count < level, k + 1, k) - 1
        return quantile

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def mean(self) -> Array:
        """(a + b)/2."""
        return self.low + (self.high - self.low) / 2

    @property
    def variance(self) -> Array:
        """((b − a + 1)² − 1)/12."""
        span = self.high - self.low
        return span * (span + 2) / 12

    @property
    def mode(self) -> Array:
        """The smallest of the outcomes, which are all alike."""
        return unwrap(np.broadcast_to(self.low, self.batch_shape))

    def entropy(self) -> Array:
        """log(b − a + 1), in nats.

        >>> round(float(DiscreteUniform(low=1, high=8).entropy() / np.log(2)), 9)  # bits
        3.0
        """
        return np.log(self._count)

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        if np.max(self._count, initial=0.0) <= _MOST_BY_LEVELS:
            return as_counts(self._of_uniform("_quantile", shape, rng))
        low, high = (np.asarray(bound).astype(np.int64) for bound in (self.low, self.high))
        return np.asarray(rng.integers(low, high, shape, endpoint=True))
