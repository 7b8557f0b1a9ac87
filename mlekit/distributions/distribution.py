"""What every distribution can do.

Conventions of this room. A distribution is a *batch*: its parameters are arrays that broadcast together, and
``batch_shape`` is what they broadcast to; values passed in broadcast against it. One outcome is a number or a label,
or it has axes of its own, the ``event_shape``, which come last: values have shape ``... + event_shape``, and the rest
of it broadcasts. Everything is in natural units and nats. ``log_prob`` is the log-probability of a discrete outcome
or the log-density of a continuous one, with all constants; impossible outcomes have −inf, and what cannot be an
outcome at all (NaN, text among numbers) raises `SupportError`. Public methods check and convert their arguments once
and call the underscored core, which takes NumPy arrays as they are, in whatever precision, and is what training runs
on.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np

from mlekit.arrays import Array, ArrayLike, unwrap
from mlekit.distributions.batch import Batch
from mlekit.distributions.domain import FiniteSet, Interval, Vectors
from mlekit.distributions.intervals import interval_score, log_interval
from mlekit.distributions.outcomes import as_numbers, brief
from mlekit.errors import ParameterError, SupportError

if TYPE_CHECKING:
    import pandas as pd

    from mlekit.distributions.composed import Kind
    from mlekit.distributions.family import Family

__all__ = ["Distribution", "Seed", "Size"]

Seed: TypeAlias = np.random.Generator | int | None
Size: TypeAlias = int | tuple[int, ...]


class Distribution(Batch, ABC):
    """A batch of probability distributions: immutable, keyword-only, strictly validated.

    Subclasses state their constructor's ``parameters`` and, where a predictor should aim at others (a Gamma's
    mean instead of its rate), the ``predicted`` ones; then the likelihood core in the coordinates of the
    predicted parameters' default links (see `Predictable`); then moments and sampling.

    >>> from mlekit.distributions import Exponential
    >>> p = Exponential(rate=[1.0, 0.1])
    >>> p.batch_shape, p.event_shape, p.mean, p.std, p.mode
    ((2,), (), array([ 1., 10.]), array([ 1., 10.]), array([0., 0.]))
    >>> p.variance, p.covariance
    (array([  1., 100.]), array([  1., 100.]))
    >>> p.support.low, p.log_prob([1.0, -1.0]), p.prob(0.0), p.entropy()
    (0.0, array([ -1., -inf]), array([1. , 0.1]), array([1.        , 3.30258509]))
    >>> p.cdf(1.0), p.log_cdf(1e-200), p.log_sf(1e5)
    (array([0.63212056, 0.09516258]), array([-460.5170186 , -462.81960369]), array([-100000.,  -10000.]))
    >>> p.median, p.quantile(0.95), p.interval(0.5)[1]
    (array([0.69314718, 6.93147181]), array([ 2.99573227, 29.95732274]), array([ 1.38629436, 13.86294361]))
    >>> p.score(2.0), p.fisher_information()[0]  # in log rate
    (array([[-1. ], [ 0.8]]), array([[1.]]))
    >>> p.to_frame(index=["fast", "slow"]).loc["slow", "rate"]
    np.float64(0.1)

    """

    def _kind(self) -> Kind[Self]:
        """What kind of distribution this is: its class, or what it is composed of."""
        return type(self)

    @classmethod
    def family(
        cls, *, links: Mapping[str, str] | None = None, resolution: float | None = None, **fixed: Any
    ) -> Family[Self]:
        """This class as a family to fit, with some parameters held fixed or given another link.

        Args:
            links: parameter name to link name (``identity log logit probit cloglog cauchit inverse sqrt
                softplus``).
            resolution: what the scale does not fall below; see `Family`.
            **fixed: parameters held at a value, in the target's own units.

        Returns:
            A `Family`, to be passed to ``fit``.

        Raises:
            ParameterError: for an unknown parameter or link, or a value outside the domain.

        >>> from mlekit.distributions import Gaussian
        >>> Gaussian.family(scale=1.0).loss_name
        'mean squared error'

        """
        from mlekit.distributions.family import Family

        return Family(cls, fixed=fixed, links=dict(links or {}), resolution=resolution)

    # ---- what a value is ----------------------------------------------------------------------------------

    @property
    @abstractmethod
    def support(self) -> Interval | FiniteSet | Vectors:
        """The outcomes that can happen."""

    def _read(self, value: ArrayLike) -> np.ndarray:
        """Outcomes as the array that the core works on; refuses NaN and text."""
        return as_numbers(value, type(self).__name__, "an outcome")

    def _values(self, value: ArrayLike) -> np.ndarray:
        """Outcomes as the core takes them, of a shape that broadcasts."""
        array = self._read(value)
        self._check_broadcast(array.shape)
        return array

    def _outer(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of values without the axes of a single outcome."""
        return shape[: len(shape) - len(self.event_shape)]

    def _check_broadcast(self, shape: tuple[int, ...]) -> None:
        outer = self._outer(shape)
        if shape[len(outer) :] != self.event_shape:
            raise SupportError(
                f"{type(self).__name__}: an outcome has the shape {self.event_shape}, so values end in these axes, but "
                f"their shape is {shape}"
            )
        try:
            np.broadcast_shapes(outer, self.batch_shape)
        except ValueError:
            raise SupportError(
                f"{type(self).__name__}: values of shape {shape} do not broadcast against the batch shape "
                f"{self.batch_shape}; add axes so that they line up, e.g. values[:, None]"
            ) from None

    # ---- likelihood ---------------------------------------------------------------------------------------

    @abstractmethod
    def _log_prob(self, value: np.ndarray) -> Array:
        """Log p(value); −inf outside the support."""

    def log_prob(self, value: ArrayLike) -> Array:
        """Log p(value) in nats: log-density, or log-probability of a discrete outcome.

        Args:
            value: outcomes; their shape without ``event_shape`` is broadcast against ``batch_shape``.

        Returns:
            Array of the broadcast shape; −inf for what cannot happen.

        Raises:
            SupportError: for NaN, or values of the wrong kind or shape.

        """
        return self._answer(type(self)._log_prob, self._values(value), shared=False)

    def prob(self, value: ArrayLike) -> Array:
        """p(value): exp of `log_prob`."""
        return np.exp(self.log_prob(value))

    def score(self, value: ArrayLike) -> Array:
        """The gradient of log p(value) in the coordinates of the predicted parameters' default links.

        Returns:
            Array of the broadcast shape with one more axis, an entry a coordinate.

        """
        values = self._values(value)
        with np.errstate(all="ignore"):
            scores = self._score(values)
        shape = np.broadcast_shapes(self._outer(values.shape), self.batch_shape)
        columns = [part if part.ndim > len(shape) else np.asarray(part)[..., None] for part in scores]
        return np.concatenate([np.broadcast_to(part, (*shape, part.shape[-1])) for part in columns], axis=-1)

    def fisher_information(self) -> Array:
        """The Fisher information matrix in the same coordinates as `score`: its covariance.

        Returns:
            Array of shape ``batch_shape + (k, k)``, k coordinates.

        """
        with np.errstate(all="ignore"):
            return self._information()

    def _cannot(self, what: str) -> SupportError:
        return SupportError(f"{type(self).__name__} cannot {what}")

    # ---- distribution functions ---------------------------------------------------------------------------

    @abstractmethod
    def _cdf(self, value: np.ndarray) -> Array:
        """P(Y ≤ value)."""

    def _log_cdf(self, value: np.ndarray) -> Array:
        return np.log(self._cdf(value))

    def _log_sf(self, value: np.ndarray) -> Array:
        return np.log1p(-self._cdf(value))

    @abstractmethod
    def _quantile(self, level: np.ndarray) -> Any:
        """The smallest value whose cdf reaches level."""

    def _without_order(self) -> SupportError:
        return self._cannot(
            f"have distribution functions and quantiles: its outcomes, of shape {self.event_shape}, have no order; "
            "those of a single coordinate have"
        )

    def _check_order(self) -> None:
        if self.event_shape:
            raise self._without_order()

    def cdf(self, value: ArrayLike) -> Array:
        """P(Y ≤ value); a `SupportError` for outcomes with axes of their own, which have no order."""
        self._check_order()
        return self._answer(type(self)._cdf, self._values(value))

    def log_cdf(self, value: ArrayLike) -> Array:
        """Log P(Y ≤ value), exact far into the left tail."""
        self._check_order()
        return self._answer(type(self)._log_cdf, self._values(value))

    def log_sf(self, value: ArrayLike) -> Array:
        """Log P(Y > value), exact far into the right tail."""
        self._check_order()
        return self._answer(type(self)._log_sf, self._values(value))

    def log_prob_between(self, low: ArrayLike, high: ArrayLike) -> Array:
        """Log P(low < Y ≤ high), exact far into both tails and for narrow intervals; ±inf is no bound.

        Raises:
            SupportError: for NaN, low > high, and outcomes that are no numbers.

        >>> from mlekit.distributions import Gaussian
        >>> Gaussian(loc=0.0, scale=1.0).log_prob_between([-1.0, 5.0], [1.0, 6.0]).round(6)
        array([ -0.381715, -15.068446])

        """
        if not isinstance(self.support, Interval):
            raise self._cannot("have probabilities of intervals: its outcomes are no numbers")
        low, high = np.broadcast_arrays(self._values(low), self._values(high))
        if (low > high).any():
            raise self._cannot("have the probability of an interval whose low exceeds its high")
        return self._answer(type(self)._log_interval, low, high)

    def _log_interval(self, low: np.ndarray, high: np.ndarray) -> Array:
        return log_interval(self, low, high)

    def _interval_score(self, low: np.ndarray, high: np.ndarray) -> tuple[Array, ...]:
        """∂ log P(low < Y ≤ high)/∂ξ, as `_score`."""
        return interval_score(self, low, high)

    def quantile(self, level: ArrayLike) -> Any:
        """The smallest value y with P(Y ≤ y) ≥ level; in the units of the outcomes.

        Args:
            level: probabilities in [0, 1], broadcast against ``batch_shape``.

        Raises:
            SupportError: for a level outside [0, 1] or NaN, and for outcomes with axes of their own.

        """
        self._check_order()
        array = as_numbers(level, type(self).__name__, "a level")
        if not ((array >= 0) & (array <= 1)).all():
            raise SupportError(f"{type(self).__name__}: levels must lie in [0, 1], but one is {level!r}")
        self._check_broadcast(array.shape)
        return self._answer(type(self)._quantile, array)

    def interval(self, level: float = 0.9) -> tuple[Any, Any]:
        """The equal-tailed interval that holds an outcome with probability ``level`` (at least, if discrete)."""
        if not 0 < level < 1:
            raise SupportError(f"{type(self).__name__}: an interval's level lies in (0, 1), but is {level!r}")
        tail = (1 - level) / 2
        return self.quantile(tail), self.quantile(1 - tail)

    @property
    def median(self) -> Any:
        """The quantile of level one half."""
        return self.quantile(0.5)

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def mean(self) -> Array:
        """E[Y], of shape ``batch_shape + event_shape``."""

    @property
    @abstractmethod
    def variance(self) -> Array:
        """E[(Y − mean)²], of each coordinate."""

    @property
    def covariance(self) -> Array:
        """Cov(Y), of shape ``batch_shape + event_shape + event_shape``; the variance, where outcomes are numbers."""
        return self.variance

    @property
    def std(self) -> Array:
        """The square root of the variance, in the outcome's units."""
        return np.sqrt(self.variance)

    @property
    @abstractmethod
    def mode(self) -> Any:
        """The likeliest outcome, or the place of greatest density."""

    @property
    def _point(self) -> Any:
        """What stands for the whole distribution where one outcome must: the likeliest label, or the mean."""
        return self.mode if self.labelled else self.mean

    @abstractmethod
    def entropy(self) -> Array:
        """−E[log p(Y)] in nats (differential entropy for a continuous distribution)."""

    # ---- sampling and output ------------------------------------------------------------------------------

    def sample(self, size: Size = (), *, rng: Seed = None) -> Any:
        """Independent outcomes.

        Args:
            size: leading shape; the result has shape ``size + batch_shape + event_shape``.
            rng: a NumPy generator, or a seed, or None for fresh entropy.

        >>> from mlekit.distributions import Gaussian
        >>> Gaussian(loc=[0.0, 100.0], scale=1.0).sample(3, rng=0).shape
        (3, 2)

        """
        leading = (size,) if isinstance(size, int) else tuple(size)
        with np.errstate(all="ignore"):
            return unwrap(self._sample(leading + self.batch_shape, np.random.default_rng(rng)))

    def to_frame(self, index: pd.Index[Any] | None = None) -> pd.DataFrame:
        """The parameters as a DataFrame, a row a batch element; of a vector a column an entry, ``loc[0]``, ``loc[1]``.

        Args:
            index: the row labels; ``0, 1, ...`` if not given.

        Raises:
            ParameterError: if the batch has more than one axis.

        """
        import pandas as pd

        if len(self.batch_shape) > 1:
            raise ParameterError(
                f"{type(self).__name__}: a batch of shape {self.batch_shape} has no single row index"
            )
        columns = {
            name: np.broadcast_to(value, self.batch_shape).reshape(-1)
            for name, value in self._columns().items()
        }
        return pd.DataFrame(columns, index=index)

    def _columns(self) -> dict[Any, Array]:
        """The columns of `to_frame`, each of a shape that broadcasts to the batch."""
        columns: dict[Any, Array] = {}
        for parameter in self.parameters:
            values = self.__dict__[parameter.kept_as]
            for place in np.ndindex(values.shape[values.ndim - parameter.axes :]):
                name = f"{parameter.name}[{','.join(map(str, place))}]" if place else parameter.name
                columns[name] = values[(..., *place)] if place else values
        return columns

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={brief(value)}" for name, value in self._columns().items())
        return f"{type(self).__name__}({fields})"
