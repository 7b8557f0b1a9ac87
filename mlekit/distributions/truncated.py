"""Truncated(base, low, high): the outcomes of ``base`` that lie from low to high; others are never seen.

    log p(y) = log p_base(y) − log P,   low ≤ y ≤ high,   P = P_base(low ≤ Y ≤ high)

Both ends belong to it: ``Truncated(Poisson(rate=2.0), low=1)`` counts from 1. All that is needed of the base is exact
far into its tails, and so is this, also where P is too small for a double. The score is the base's less its expectation
between the ends, which is ∂ log P/∂ξ. Mean, variance, entropy and Fisher information are summed, or integrated over
panels between the base's quantiles and about the ends, to about eight digits. Johnson, Kotz & Balakrishnan (1994),
Continuous Univariate Distributions 1, section 10.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, TypeVar

import numpy as np

from mlekit.arrays import Array, ArrayLike, read_only, unwrap
from mlekit.distributions.composed import Composed, Kind
from mlekit.distributions.distribution import Distribution
from mlekit.distributions.domain import Interval
from mlekit.distributions.family import Family, as_family
from mlekit.distributions.link import IDENTITY
from mlekit.distributions.marginal import climb
from mlekit.distributions.outcomes import brief
from mlekit.distributions.parameter import Parameter
from mlekit.distributions.transformed import TransformedKind
from mlekit.distributions.truncation import is_discrete, places, truncated_quantile
from mlekit.errors import ParameterError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Truncated", "TruncatedKind"]

B = TypeVar("B", bound=Distribution)

_ENDS = Interval(low_included=True, high_included=True)
_LOW = Parameter("low", _ENDS, IDENTITY, typical=(-1.0, 0.0), unit="location")
_HIGH = Parameter("high", _ENDS, IDENTITY, typical=(1.0, 2.0), unit="location")


class Truncated(Distribution, Generic[B]):
    """A batch of distributions cut to an interval.

    Args:
        base: a batch of distributions of numbers.
        low: the least outcome that is seen; −inf for no bound.
        high: the greatest one; inf for no bound.

    Raises:
        ParameterError: for a base whose outcomes are no numbers, NaN, low ≥ high, an interval without any probability,
            or shapes that do not broadcast.

    >>> from mlekit.distributions import Gaussian, Poisson
    >>> p = Truncated(Gaussian(loc=0.0, scale=1.0), low=[-1.0, 40.0])
    >>> p.mean.round(6), p.quantile(0.5).round(6)
    (array([ 0.2876  , 40.024969]), array([ 0.200174, 40.017314]))
    >>> Truncated(Poisson(rate=2.0), low=1).prob([0, 1, 2]).round(6)
    array([0.      , 0.313035, 0.313035])

    """

    def __init__(self, base: B, *, low: ArrayLike = -np.inf, high: ArrayLike = np.inf) -> None:
        if not isinstance(base.support, Interval):
            raise ParameterError(f"Truncated: base must be a distribution of numbers, but {base!r} is not")
        bottom, top = _LOW.validate(low, "Truncated"), _HIGH.validate(high, "Truncated")
        try:
            np.broadcast_shapes(base.batch_shape, bottom.shape, top.shape)
        except ValueError:
            raise ParameterError(
                f"Truncated: shapes do not broadcast together: base {base.batch_shape}, low {bottom.shape}, high "
                f"{top.shape}"
            ) from None
        self._store(base=base, low=bottom, high=top)
        if not np.isfinite(self._log_mass).all():
            raise ParameterError(
                f"Truncated: {base!r} has no probability from low {brief(bottom)} to high {brief(top)}"
            )

    base: B
    low: Array
    high: Array
    precision: np.dtype[Any] = np.dtype(np.float64)
    """What log-probabilities and scores come out in."""

    @classmethod
    def family(cls, *, links: Mapping[str, str] | None = None, **fixed: Any) -> NoReturn:
        """Say what is truncated: ``Truncated.of(Gaussian, low=0.0)``.

        Raises:
            ParameterError: always.
        """
        raise ParameterError("Truncated is fitted over a family of numbers: Truncated.of(Gaussian, low=0.0)")

    @staticmethod
    def of(
        base: type[B] | Family[B],
        *,
        low: float = -np.inf,
        high: float = np.inf,
        links: Mapping[str, str] | None = None,
        **fixed: Any,
    ) -> Family[Truncated[B]]:
        """The truncated version of a family, to be passed to ``fit``.

        Args:
            base: a class of distributions of numbers, or one with parameters held fixed or given another link.
            low: the least outcome that is seen, in the target's units.
            high: the greatest one.
            links: parameter name to link name.
            **fixed: parameters held at a value.

        Raises:
            ParameterError: for a base whose outcomes are no numbers on a line, and low ≥ high.

        >>> from mlekit.distributions import Poisson
        >>> Truncated.of(Poisson, low=1).name
        'Truncated(Poisson, 1.0, inf)'

        """
        inner = as_family(base)
        kind: TruncatedKind[B] = TruncatedKind(inner.distribution, float(low), float(high))
        return kind.family(links={**inner.links, **(links or {})}, **{**inner.fixed, **fixed})

    def _kind(self) -> TruncatedKind[B]:
        return TruncatedKind(self.base._kind(), self.low, self.high)

    @property
    def _ends(self) -> tuple[np.ndarray, np.ndarray]:
        """What all outcomes exceed, and the greatest one."""
        if is_discrete(self.base):
            return np.asarray(np.ceil(self.low) - 1), np.asarray(np.floor(self.high))
        return np.asarray(self.low), np.asarray(self.high)

    @cached_property
    def _log_mass(self) -> Array:
        """Log P."""
        with np.errstate(all="ignore"):
            return read_only(np.asarray(self.base._log_interval(*self._ends)))

    def _frozen(self) -> Self:
        self.base._frozen()
        return super()._frozen()

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """What the base and the ends broadcast to."""
        return np.broadcast_shapes(self.base.batch_shape, np.shape(self.low), np.shape(self.high))

    @property
    def support(self) -> Interval:
        """The base's outcomes from low to high."""
        base = self.base.support
        assert isinstance(base, Interval)
        low, high = self.low, self.high
        if base.integer:
            low, high = np.ceil(low), np.floor(high)
        bottom, top = np.maximum(base.low, low), np.minimum(base.high, high)
        return Interval(
            bottom if np.ndim(bottom) else float(bottom),
            top if np.ndim(top) else float(top),
            bool(base.low_included or np.all(np.asarray(low) > base.low)),
            bool(base.high_included or np.all(np.asarray(high) < base.high)),
            base.integer,
        )

    # ---- likelihood core ----------------------------------------------------------------------------------

    def _coordinates(self) -> tuple[Array, ...]:
        return self.base._coordinates()

    def _with_coordinates(self, *coordinates: Array) -> Self:
        base = self.base._with_coordinates(*coordinates)
        return self._unchecked(base=base, low=self.low, high=self.high)

    def _within(self, value: np.ndarray) -> np.ndarray:
        """The nearest place between the ends."""
        return np.asarray(np.clip(value, *self._ends))

    def _log_prob(self, value: np.ndarray) -> Array:
        inside = (value >= self.low) & (value <= self.high)
        nearest = np.where(inside, value, np.where(np.isfinite(self.low), self.low, self.high))
        log_prob = np.where(inside, self.base._log_prob(nearest) - self._log_mass, -np.inf)
        return log_prob.astype(self.precision, copy=False)

    @cached_property
    def _expected_score(self) -> tuple[Array, ...]:
        """What the base's score is on average between the ends: ∂ log P/∂ξ."""
        return self.base._interval_score(*self._ends)

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        pairs = zip(self.base._score(value), self._expected_score, strict=True)
        return tuple(np.asarray(part - mean, dtype=self.precision) for part, mean in pairs)

    def _log_interval(self, low: np.ndarray, high: np.ndarray) -> Array:
        return self.base._log_interval(self._within(low), self._within(high)) - self._log_mass

    def _interval_score(self, low: np.ndarray, high: np.ndarray) -> tuple[Array, ...]:
        part = self.base._interval_score(self._within(low), self._within(high))
        return tuple(a - b for a, b in zip(part, self._expected_score, strict=True))

    def _information(self) -> Array:
        return self._covariance(coarse=False)

    def _curvature(self, value: np.ndarray) -> Array:
        return self._covariance(coarse=True)

    def _covariance(self, *, coarse: bool) -> Array:
        """Of the score, by summation or quadrature."""
        expected = self._expected_score

        def products(y: Array) -> Array:
            parts = [part - mean for part, mean in zip(self.base._score(y), expected, strict=True)]
            score = np.stack(np.broadcast_arrays(*parts, y)[:-1], axis=-1)
            product: Array = score[..., :, None] * score[..., None, :]
            return product

        return self._expectation(products, coarse=coarse)

    # ---- distribution functions ---------------------------------------------------------------------------

    def _cdf(self, value: np.ndarray) -> Array:
        return np.exp(self._log_cdf(value))

    def _log_cdf(self, value: np.ndarray) -> Array:
        return self._log_interval(self._ends[0], value)

    def _log_sf(self, value: np.ndarray) -> Array:
        return self._log_interval(value, self._ends[1])

    def _quantile(self, level: np.ndarray) -> Array:
        return truncated_quantile(self.base, *self._ends, self._log_mass, level)

    # ---- moments ------------------------------------------------------------------------------------------

    def _expectation(self, function: Callable[[Array], Array], *, coarse: bool = False) -> Array:
        """E[function(Y)], whose values may have more axes; where the probability is 0 they do not count."""
        total: Array | None = None
        with np.errstate(all="ignore"):
            low, high = self._ends
            for y, weights in places(self.base, low, high, self._log_mass, coarse=coarse):
                mass = weights * np.exp(self._log_prob(y))
                values = function(y)
                mass = mass.reshape(mass.shape + (1,) * (values.ndim - mass.ndim))
                terms = np.where(mass > 0, mass * values, 0.0)
                # Added up in order: an element's sum does not depend on which others it is computed with.
                before = terms[:0] if total is None else total[None]
                total = np.add.accumulate(np.concatenate([before, terms]), axis=0)[-1]
        assert total is not None
        return total

    @property
    def _origin(self) -> Array:
        """A place among the outcomes, so that moments are told from there and keep their digits."""
        with np.errstate(all="ignore"):
            return self._quantile(np.full(self.batch_shape, 0.5))

    @property
    def mean(self) -> Array:
        """E[Y], by summation or quadrature."""
        origin = self._origin
        return unwrap(np.asarray(origin + self._expectation(lambda y: y - origin)))

    @property
    def variance(self) -> Array:
        """E[(Y − mean)²], by summation or quadrature."""
        mean = np.asarray(self.mean)
        return unwrap(np.asarray(self._expectation(lambda y: np.square(y - mean))))

    @property
    def mode(self) -> Array:
        """The likeliest outcome: the base's, or the end that is nearest to it."""
        support = self.support
        places = np.broadcast_arrays(
            np.clip(self.base.mode, support.low, support.high), support.low, support.high, self._log_mass
        )[:3]
        with np.errstate(all="ignore"):
            heights = [
                np.where(np.isfinite(y), self._log_prob(np.where(np.isfinite(y), y, 0.0)), -np.inf)
                for y in places
            ]
        best = np.argmax(np.nan_to_num(heights, nan=-np.inf, neginf=-np.inf, posinf=np.inf), axis=0)
        return unwrap(np.choose(best, places))

    def entropy(self) -> Array:
        """−E[log p(Y)], in nats, by summation or quadrature.

        >>> from mlekit.distributions import Exponential
        >>> round(float(Truncated(Exponential(rate=1.0), low=50.0).entropy()), 6)
        1.0
        """
        return unwrap(np.asarray(self._expectation(lambda y: -np.asarray(self._log_prob(y)))))

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        with np.errstate(all="ignore"):
            return self._quantile(rng.random(shape))

    def _columns(self) -> dict[Any, Array]:
        return {**self.base._columns(), "low": self.low, "high": self.high}

    def __repr__(self) -> str:
        return f"Truncated({self.base!r}, low={brief(self.low)}, high={brief(self.high)})"


@dataclass(frozen=True)
class TruncatedKind(Composed[Truncated[B]], Generic[B]):
    """A kind of distribution cut to an interval; usually made by ``Truncated.of(Gaussian, low=0.0)``.

    Args:
        base: a kind of distributions of numbers.
        low: the least outcome that is seen.
        high: the greatest one.

    Raises:
        ParameterError: for a base whose outcomes are no numbers on a line, and low ≥ high.

    >>> from mlekit.distributions import Gaussian
    >>> TruncatedKind(Gaussian, low=0.0).outcomes
    Interval(low=0.0, high=inf, low_included=True, high_included=False, integer=False)
    """

    low: Any = -np.inf
    high: Any = np.inf

    def __post_init__(self) -> None:
        super().__post_init__()
        base = self.base
        if base.labelled or base.joint or base._class().circular or "trials" in base.constants:
            raise ParameterError(f"Truncated: {base._code()} is no family of numbers on a line, one a row")
        if isinstance(base, TransformedKind):
            raise ParameterError(
                "Truncated: what is transformed is cut first: Transformed.of(Truncated.of(Gaussian, low=0.0), Exp())"
            )
        if not np.all(np.asarray(self.low) < np.asarray(self.high)):
            raise ParameterError(
                f"Truncated: low must be below high, but they are {self.low!r} and {self.high!r}"
            )

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The base's parameters, low and high."""
        return (*self.base.parameters, _LOW, _HIGH)

    def _class(self) -> type[Truncated[B]]:
        return Truncated

    def _from_coordinates(self, *coordinates: Array, **constants: Any) -> Truncated[B]:
        # In double precision also where a network works in single: differences of probabilities need it.
        exact = (np.asarray(xi, dtype=np.float64) for xi in coordinates)
        base = self.base._from_coordinates(*exact, **constants)
        low, high = (
            np.broadcast_to(np.asarray(end, dtype=np.float64), base.batch_shape)
            for end in (self.low, self.high)
        )
        return Truncated._unchecked(base=base, low=low, high=high, precision=np.asarray(coordinates[0]).dtype)

    @property
    def outcomes(self) -> Interval:
        """The base's, from low to high."""
        base = self.base.outcomes
        return Interval(
            max(base.low, self.low),
            min(base.high, self.high),
            base.low_included or bool(self.low > base.low),
            base.high_included or bool(self.high < base.high),
            base.integer,
        )

    def _encode(self, target: pd.DataFrame, constants: Mapping[str, Any]) -> np.ndarray:
        from mlekit.distributions.target import numeric_target

        return numeric_target(target, self.outcomes, self._code().replace(".of(", "("))

    def _rescaled(self, shift: Array, scale: Array) -> Kind[Any]:
        base = self.base._rescaled(shift, scale)
        return replace(self, base=base, low=(self.low - shift) / scale, high=(self.high - shift) / scale)

    def _start(self, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        """The base's, and from there to the maximum of the truncated likelihood."""
        start = self.base._start(value, weights, **constants)
        if value.ndim > 1:
            return start
        return climb(self, start, value, weights, constants)

    def _recession(self, value: np.ndarray, constants: Mapping[str, Any]) -> Array | None:
        return None
