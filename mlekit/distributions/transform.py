"""Monotone maps y = g(x) of the real line or a part of it: what each must say, the linear one, and one after another.

Each is a frozen value, known by its name and numbers, so that models with it can be saved. Arguments within the domain
are promised to the core; what lies at its ends may be mapped to infinities.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mlekit.arrays import Array
from mlekit.distributions.domain import REAL, Interval
from mlekit.distributions.parameter import numbers
from mlekit.errors import ParameterError

if TYPE_CHECKING:
    from mlekit.distributions.distribution import Distribution

__all__ = ["Affine", "Chain", "Transform", "check_numbers", "image", "reaches_only"]


class Transform(ABC):
    """A strictly monotone, smooth map y = g(x).

    >>> from mlekit.distributions import Exponential
    >>> from mlekit.distributions.transforms import Exp
    >>> g, x = Exp(), np.array([0.0, 1000.0])
    >>> g.domain.low, g.range.low, g.increasing, g.linear, g.bends
    (-inf, 0.0, True, False, array([], dtype=float64))
    >>> g.forward(np.array([0.0])), g.inverse(np.array([1.0])), g.log_size(x), g.log_slope(x)
    (array([1.]), array([0.]), array([   0., 1000.]), array([   0., 1000.]))
    >>> float(g.expected_log_slope(Exponential(rate=0.5)))  # E[X]
    2.0
    """

    inverse_name: ClassVar[str] = ""
    """What x is of y in words, where there is a word for it: ``the logarithm``."""

    @property
    def domain(self) -> Interval:
        """Where x may lie."""
        return REAL

    @property
    def range(self) -> Interval:
        """Where y may lie, without the ends."""
        return REAL

    @property
    def increasing(self) -> bool:
        """Whether y rises with x."""
        return True

    def __repr__(self) -> str:
        arguments = [
            repr(value) if isinstance(value, Transform) else f"{one.name}={value!r}"
            for one in fields(self)  # type: ignore[arg-type]  # every transform is a dataclass
            if (value := vars(self)[one.name]) != one.default
        ]
        return f"{type(self).__name__}({', '.join(arguments)})"

    @abstractmethod
    def forward(self, x: Array) -> Array:
        """Y = g(x)."""

    def log_size(self, x: Array) -> Array:
        """Log |g(x)|, also where g(x) leaves the doubles."""
        return np.log(np.abs(self.forward(x)))

    @abstractmethod
    def inverse(self, y: Array) -> Array:
        """The x with g(x) = y."""

    @abstractmethod
    def log_slope(self, x: Array) -> Array:
        """Log |g′(x)|."""

    @property
    def linear(self) -> bool:
        """Whether the slope is the same everywhere."""
        return False

    @property
    def bends(self) -> Array:
        """Places x between which the map is nearly an exponential, a power or a straight line."""
        return np.zeros(0)

    def expected_log_slope(self, base: Distribution) -> Array | None:
        """E[log |g′(X)|], where it follows from what is known of X; else None."""
        return None


@dataclass(frozen=True, repr=False)
class Affine(Transform):
    """y = shift + scale·x.

    Args:
        shift: what is added.
        scale: the factor, not 0; a negative one reflects.

    >>> float(Affine(shift=32.0, scale=1.8).forward(np.float64(100.0)))
    212.0
    """

    shift: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        check_numbers(self)
        if self.scale == 0:
            raise ParameterError("Affine: scale must not be 0")

    @property
    def increasing(self) -> bool:
        """Whether scale is positive."""
        return self.scale > 0

    def forward(self, x: Array) -> Array:
        """Shift + scale·x."""
        return self.shift + self.scale * x

    def inverse(self, y: Array) -> Array:
        """(y − shift)/scale."""
        return (y - self.shift) / self.scale

    def log_slope(self, x: Array) -> Array:
        """Log |scale|."""
        return np.full_like(x, np.log(abs(self.scale)))

    @property
    def linear(self) -> bool:
        """It is."""
        return True

    def expected_log_slope(self, base: Distribution) -> Array | None:
        """Log |scale|."""
        return np.asarray(np.log(abs(self.scale)))


@dataclass(frozen=True, repr=False)
class Chain(Transform):
    """y = second(first(x)).

    Args:
        first: what is applied to x.
        second: what is applied to that.

    Raises:
        ParameterError: if the first reaches values that are outside the second's domain.

    >>> from mlekit.distributions.transforms import Exp
    >>> shifted = Chain(Exp(), Affine(shift=10.0))
    >>> float(shifted.forward(np.float64(0.0)))
    11.0
    """

    first: Transform
    second: Transform

    def __post_init__(self) -> None:
        for part in (self.first, self.second):
            if not isinstance(part, Transform):
                raise ParameterError(
                    f"Chain: its parts must be transforms, such as Exp(), but one is {part!r}"
                )
        if not reaches_only(self.first.range, self.second.domain):
            raise ParameterError(
                f"Chain: {self.first!r} reaches {self.first.range}, but {self.second!r} needs values in "
                f"{self.second.domain}"
            )

    @property
    def domain(self) -> Interval:
        """The first's."""
        return self.first.domain

    @property
    def range(self) -> Interval:
        """What the second makes of the first's range."""
        return image(self.second, self.first.range)

    @property
    def increasing(self) -> bool:
        """Whether both or neither of the two reflect."""
        return self.first.increasing == self.second.increasing

    @property
    def linear(self) -> bool:
        """Whether both are."""
        return self.first.linear and self.second.linear

    @property
    def bends(self) -> Array:
        """Those of both, as places x."""
        reached = self.second.bends[self.first.range.contains(self.second.bends)]
        return np.concatenate([self.first.bends, self.first.inverse(reached)])

    def forward(self, x: Array) -> Array:
        """second(first(x))."""
        return self.second.forward(self.first.forward(x))

    def log_size(self, x: Array) -> Array:
        """The second's, of what the first makes."""
        return self.second.log_size(self.first.forward(x))

    def inverse(self, y: Array) -> Array:
        """The first's inverse of the second's."""
        return self.first.inverse(self.second.inverse(y))

    def log_slope(self, x: Array) -> Array:
        """The sum of both, each where it is applied."""
        return self.first.log_slope(x) + self.second.log_slope(self.first.forward(x))


def image(transform: Transform, interval: Interval) -> Interval:
    """Where a transform sends an interval, its ends included only where the transform has them in its range."""
    with np.errstate(all="ignore"):
        ends = [transform.forward(np.asarray(end, dtype=np.float64)) for end in (interval.low, interval.high)]
    included = [interval.low_included, interval.high_included]
    if not transform.increasing:
        ends, included = ends[::-1], included[::-1]
    kept = [
        bool(np.all(is_in & transform.range.contains(end))) for end, is_in in zip(ends, included, strict=True)
    ]
    low, high = (end if np.ndim(end) else float(end) for end in ends)
    return Interval(low, high, *kept)


def reaches_only(interval: Interval, domain: Interval) -> bool:
    """Whether an interval lies within a domain, but perhaps for its ends, which a density does not care for."""
    return bool(np.all(interval.low >= domain.low) and np.all(interval.high <= domain.high))


def check_numbers(transform: Any) -> None:
    """Keep the fields of a transform as floats; refuse what is no finite number."""
    for name, value in vars(transform).items():
        number = float(numbers(value, name, type(transform).__name__))
        if not np.isfinite(number):
            raise ParameterError(f"{type(transform).__name__}: {name} must be finite, but is {number}")
        object.__setattr__(transform, name, number)
