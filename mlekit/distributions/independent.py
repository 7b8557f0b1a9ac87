"""Independent(base): the last batch axes of a distribution as the axes of one outcome.

    log p(y₁ … y_d) = Σ_i log p_i(y_i)

A batch of d Gaussians is d distributions of numbers; as one distribution of vectors it has one log-probability, the
sum, and compares with other distributions of vectors, and mixes with them.
"""

from __future__ import annotations

from math import prod
from typing import Any, Generic, NoReturn

import numpy as np

from mlekit.arrays import Array, ArrayLike, unwrap
from mlekit.distributions.composed import D
from mlekit.distributions.distribution import Distribution
from mlekit.distributions.domain import Vectors
from mlekit.errors import ParameterError, SupportError

__all__ = ["Independent"]


class Independent(Distribution, Generic[D]):
    """A batch of distributions of vectors with independent coordinates.

    Args:
        base: a batch of distributions with at least ``axes`` batch axes; its outcomes may have axes themselves.
        axes: how many of its last batch axes belong to one outcome.

    Raises:
        ParameterError: for a base with fewer batch axes.

    >>> from mlekit.distributions import Gaussian
    >>> p = Independent(Gaussian(loc=[[0.0, 1.0], [2.0, 3.0]], scale=1.0))
    >>> p.batch_shape, p.event_shape
    ((2,), (2,))
    >>> p.log_prob([0.0, 1.0]).round(6)
    array([-1.837877, -5.837877])

    """

    def __init__(self, base: D, axes: int = 1) -> None:
        if not isinstance(base, Distribution):
            raise ParameterError(f"Independent: base must be a distribution, but is {base!r}")
        if not 1 <= axes <= len(base.batch_shape):
            raise ParameterError(
                f"Independent: {axes} batch axes are to belong to an outcome, but the base has the batch shape "
                f"{base.batch_shape}"
            )
        self._store(base=base, axes=axes)

    base: D
    axes: int

    @property
    def _own_shape(self) -> tuple[int, ...]:
        """The axes of an outcome that were batch axes."""
        return self.base.batch_shape[-self.axes :]

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The base's, without the axes that belong to an outcome."""
        return self.base.batch_shape[: -self.axes]

    @property
    def event_shape(self) -> tuple[int, ...]:
        """Those axes, and then the base's own."""
        return self._own_shape + self.base.event_shape

    @property
    def support(self) -> Vectors:
        """Vectors of outcomes of the base."""
        support = self.base.support
        if isinstance(support, Vectors):
            return Vectors(support.coordinates, self.event_shape, support.total)
        return Vectors(support, self.event_shape)

    def _sum(self, by_coordinate: Array) -> Array:
        axes = tuple(range(-self.axes, 0))
        return unwrap(np.asarray(np.sum(by_coordinate, axis=axes)))

    # ---- likelihood ---------------------------------------------------------------------------------------

    def _read(self, value: ArrayLike) -> np.ndarray:
        try:
            return self.base._read(value)
        except SupportError as error:
            raise SupportError(f"Independent: its coordinates cannot be read: {error}") from None

    def _log_prob(self, value: np.ndarray) -> Array:
        terms = np.asarray(self.base._log_prob(value))
        # Of an impossible coordinate and one of infinite density, the impossible one decides.
        impossible = np.isneginf(terms).any(axis=tuple(range(-self.axes, 0)))
        return np.where(impossible, -np.inf, self._sum(terms)) if np.any(impossible) else self._sum(terms)

    def _cdf(self, value: np.ndarray) -> NoReturn:
        raise self._without_order()

    def _quantile(self, level: np.ndarray) -> NoReturn:
        raise self._without_order()

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def mean(self) -> Array:
        """The base's means."""
        return np.asarray(self.base.mean)

    @property
    def variance(self) -> Array:
        """The base's variances."""
        return np.asarray(self.base.variance)

    @property
    def covariance(self) -> Array:
        """The base's own covariances; none between its elements."""
        own, count, size = (
            np.asarray(self.base.covariance),
            prod(self._own_shape),
            prod(self.base.event_shape),
        )
        matrix = np.zeros((*self.batch_shape, count, size, count, size))
        places = np.arange(count)
        blocks = own.reshape(*self.batch_shape, count, size, size)
        matrix[..., places, :, places, :] = np.moveaxis(blocks, -3, 0)
        return matrix.reshape(self.batch_shape + 2 * self.event_shape)

    @property
    def mode(self) -> Any:
        """The base's modes."""
        return np.asarray(self.base.mode)

    @property
    def _point(self) -> Any:
        return self.base._point

    def entropy(self) -> Array:
        """The sum of the base's entropies, in nats.

        >>> from mlekit.distributions import Bernoulli
        >>> round(float(Independent(Bernoulli(probs=[0.5, 0.5, 0.5])).entropy()), 6)  # 3·log 2
        2.079442
        """
        return self._sum(np.asarray(self.base.entropy()))

    # ---- sampling and output ------------------------------------------------------------------------------

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        return self.base._sample(shape + self._own_shape, rng)

    def _columns(self) -> dict[Any, Array]:
        return {
            f"{name}[{','.join(map(str, place))}]": np.broadcast_to(values, self.base.batch_shape)[
                (..., *place)
            ]
            for name, values in self.base._columns().items()
            for place in np.ndindex(self._own_shape)
        }

    def __repr__(self) -> str:
        if self.batch_shape or prod(self.event_shape) > 6:
            name = type(self.base).__name__
            return f"Independent({name}, batch_shape={self.batch_shape}, event_shape={self.event_shape})"
        return f"Independent({self.base!r}, axes={self.axes})"
