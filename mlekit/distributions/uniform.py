"""Uniform(a, b): every value between two bounds as likely as any other.

    log p(y) = −log(b − a),   a ≤ y ≤ b

Its maximum likelihood lies at the extremes of the data and has no score there, so that it is not fitted by gradients;
it serves as a reference and in measures of information.
"""

from __future__ import annotations

import numpy as np

from mlekit.arrays import Array, ArrayLike, pick, unwrap
from mlekit.distributions.distribution import Distribution
from mlekit.distributions.domain import REAL, Interval
from mlekit.distributions.fused import Fused
from mlekit.distributions.link import IDENTITY
from mlekit.distributions.parameter import Parameter
from mlekit.errors import ParameterError

__all__ = ["Uniform"]


class Uniform(Distribution):
    """A batch of continuous uniform distributions.

    Args:
        low: the lower bound.
        high: the upper bound, greater than ``low``.

    Raises:
        ParameterError: for a bound ``high`` that is not above ``low``, NaN, infinities, or shapes that do not
            broadcast.

    >>> p = Uniform(low=0.0, high=[1.0, 4.0])
    >>> p.log_prob(3.0)
    array([       -inf, -1.38629436])

    """

    parameters = (
        Parameter("low", REAL, IDENTITY, typical=(-10.0, -1.0)),
        Parameter("high", REAL, IDENTITY, typical=(0.0, 10.0)),
    )
    fused = Fused("uniform", ("low", "high"), frozenset({"_log_prob", "_entropy", "_cdf", "_quantile"}))

    def __init__(self, *, low: ArrayLike, high: ArrayLike) -> None:
        self._store_parameters(low=low, high=high)
        lower, upper = np.broadcast_arrays(self.low, self.high)
        valid = upper > lower
        if not valid.all():
            where = tuple(int(i) for i in np.argwhere(~np.atleast_1d(valid))[0])
            place = f" at position {where}" if np.ndim(valid) else ""
            bad, bound = np.atleast_1d(upper)[where], np.atleast_1d(lower)[where]
            raise ParameterError(f"Uniform: high must be above low = {bound:g}, but is {bad:g}{place}")

    low: Array
    high: Array

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """What low and high broadcast to."""
        return np.broadcast_shapes(self.low.shape, self.high.shape)

    @property
    def support(self) -> Interval:
        """From low to high, both included."""
        return Interval(self.low, self.high, low_included=True, high_included=True)

    def _log_prob(self, value: np.ndarray) -> Array:
        possible = self.support.contains(value)
        return pick(possible, -self._log_width, -np.inf)

    # ---- distribution functions ---------------------------------------------------------------------------

    @property
    def _log_width(self) -> Array:
        """log(b − a), also where the difference leaves the doubles."""
        log_width: Array = np.log(0.5 * self.high - 0.5 * self.low) + np.log(2.0)
        return log_width

    def _shares(self, value: np.ndarray) -> tuple[Array, Array]:
        """The parts of the width below and above a value."""
        low, half, high = 0.5 * self.low, 0.5 * value, 0.5 * self.high
        return np.clip((half - low) / (high - low), 0, 1), np.clip((high - half) / (high - low), 0, 1)

    def _cdf(self, value: np.ndarray) -> Array:
        low = 0.5 * self.low
        return np.clip((0.5 * value - low) / (0.5 * self.high - low), 0, 1)

    def _log_cdf(self, value: np.ndarray) -> Array:
        below, above = self._shares(value)
        return pick(below < 0.5, np.log(below), np.log1p(-above))

    def _log_sf(self, value: np.ndarray) -> Array:
        below, above = self._shares(value)
        return pick(above < 0.5, np.log(above), np.log1p(-below))

    def _quantile(self, level: np.ndarray) -> Array:
        rest = 1 - level
        return pick(level == 1, self.high, rest * self.low + level * self.high)

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def mean(self) -> Array:
        """(a + b)/2."""
        return 0.5 * self.low + 0.5 * self.high

    @property
    def variance(self) -> Array:
        """(b − a)²/12."""
        with np.errstate(over="ignore"):
            return np.square(self.high - self.low) / 12

    @property
    def mode(self) -> Array:
        """The mean; any other value between the bounds is as likely."""
        return self.mean

    def entropy(self) -> Array:
        """log(b − a), in nats.

        >>> float(Uniform(low=0.0, high=1.0).entropy())
        0.0
        """
        return self._answer(type(self)._entropy)

    def _entropy(self) -> Array:
        return unwrap(self._log_width)
