"""The monotone maps that `Transformed` distributions are made with, beside the linear one and chains of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import expit, logit

from mlekit.arrays import Array
from mlekit.distributions.domain import POSITIVE, Interval
from mlekit.distributions.special import softplus
from mlekit.distributions.transform import Affine, Chain, Transform, check_numbers
from mlekit.errors import ParameterError

if TYPE_CHECKING:
    from mlekit.distributions.distribution import Distribution

__all__ = ["TRANSFORMS", "Exp", "Log", "Logit", "Power", "Sigmoid", "SinhArcsinh", "Softplus"]

_UNIT = Interval(0.0, 1.0)
_ABOUT_ZERO = np.concatenate([-(2.0 ** np.arange(6, -1, -1)), np.zeros(1), 2.0 ** np.arange(7)])


@dataclass(frozen=True, repr=False)
class Exp(Transform):
    """y = exp(x): a log-Gaussian from a Gaussian.

    >>> float(Exp().inverse(np.float64(1.0)))
    0.0
    """

    inverse_name: ClassVar[str] = "the logarithm"

    @property
    def range(self) -> Interval:
        """The positive numbers."""
        return POSITIVE

    def forward(self, x: Array) -> Array:
        """exp(x)."""
        return np.exp(x)

    def log_size(self, x: Array) -> Array:
        """The input x itself."""
        return x

    def inverse(self, y: Array) -> Array:
        """Log y."""
        return np.log(y)

    def log_slope(self, x: Array) -> Array:
        """The input x itself."""
        return x

    def expected_log_slope(self, base: Distribution) -> Array | None:
        """E[X]."""
        return base.mean


@dataclass(frozen=True, repr=False)
class Log(Transform):
    """y = log x, of positive x.

    >>> float(Log().forward(np.float64(1.0)))
    0.0
    """

    @property
    def domain(self) -> Interval:
        """The positive numbers."""
        return POSITIVE

    inverse_name: ClassVar[str] = "the exponential"

    def forward(self, x: Array) -> Array:
        """Log x."""
        return np.log(x)

    def inverse(self, y: Array) -> Array:
        """exp(y)."""
        return np.exp(y)

    def log_slope(self, x: Array) -> Array:
        """−log x."""
        return -np.log(x)


@dataclass(frozen=True, repr=False)
class Power(Transform):
    """y = x^exponent, of positive x: roots, squares, reciprocals.

    Args:
        exponent: not 0; with a negative one y falls as x rises.

    >>> float(Power(exponent=-1.0).forward(np.float64(4.0)))
    0.25
    """

    exponent: float

    def __post_init__(self) -> None:
        check_numbers(self)
        if self.exponent == 0:
            raise ParameterError("Power: exponent must not be 0, for then y would always be 1")

    @property
    def domain(self) -> Interval:
        """The positive numbers."""
        return POSITIVE

    @property
    def range(self) -> Interval:
        """The positive numbers."""
        return POSITIVE

    @property
    def increasing(self) -> bool:
        """Whether the exponent is positive."""
        return self.exponent > 0

    def forward(self, x: Array) -> Array:
        """x^exponent."""
        return np.power(x, self.exponent)

    def log_size(self, x: Array) -> Array:
        """exponent·log x."""
        return self.exponent * np.log(x)

    def inverse(self, y: Array) -> Array:
        """y^(1/exponent)."""
        return np.power(y, 1 / self.exponent)

    def log_slope(self, x: Array) -> Array:
        """Log |exponent| + (exponent − 1)·log x."""
        log_slope: Array = np.log(abs(self.exponent)) + (self.exponent - 1) * np.log(x)
        return log_slope


@dataclass(frozen=True, repr=False)
class Sigmoid(Transform):
    """y = 1/(1 + exp(−x)): proportions whose log-odds are x, as in the logit-normal.

    >>> float(Sigmoid().forward(np.float64(0.0)))
    0.5
    """

    inverse_name: ClassVar[str] = "the log-odds"

    @property
    def range(self) -> Interval:
        """Between 0 and 1."""
        return _UNIT

    @property
    def bends(self) -> Array:
        """About 0."""
        return _ABOUT_ZERO

    def forward(self, x: Array) -> Array:
        """1/(1 + exp(−x))."""
        return expit(x)

    def inverse(self, y: Array) -> Array:
        """log(y/(1 − y))."""
        return logit(y)

    def log_slope(self, x: Array) -> Array:
        """Log y + log(1 − y)."""
        return -softplus(x) - softplus(-x)


@dataclass(frozen=True, repr=False)
class Logit(Transform):
    """y = log(x/(1 − x)), of x between 0 and 1.

    >>> float(Logit().forward(np.float64(0.5)))
    0.0
    """

    @property
    def domain(self) -> Interval:
        """Between 0 and 1."""
        return _UNIT

    def forward(self, x: Array) -> Array:
        """log(x/(1 − x))."""
        return logit(x)

    def inverse(self, y: Array) -> Array:
        """1/(1 + exp(−y))."""
        return expit(y)

    def log_slope(self, x: Array) -> Array:
        """−log x − log(1 − x)."""
        return -np.log(x) - np.log1p(-x)


@dataclass(frozen=True, repr=False)
class Softplus(Transform):
    """y = log(1 + exp(x)): positive, near exp(x) far below 0 and near x far above.

    >>> round(float(Softplus().forward(np.float64(0.0))), 6)
    0.693147
    """

    @property
    def range(self) -> Interval:
        """The positive numbers."""
        return POSITIVE

    @property
    def bends(self) -> Array:
        """About 0."""
        return _ABOUT_ZERO

    def forward(self, x: Array) -> Array:
        """log(1 + exp(x))."""
        return softplus(x)

    def inverse(self, y: Array) -> Array:
        """log(exp(y) − 1)."""
        return y + np.log(-np.expm1(-y))

    def log_slope(self, x: Array) -> Array:
        """−log(1 + exp(−x))."""
        return -softplus(-x)


@dataclass(frozen=True, repr=False)
class SinhArcsinh(Transform):
    """y = sinh(tailweight·(arcsinh x + skewness)): a Gaussian with skewness and other tails.

    Jones & Pewsey (2009), Sinh-arcsinh distributions, Biometrika 96 (their δ is 1/tailweight, ε is
    tailweight·skewness).

    Args:
        skewness: positive for a longer right tail.
        tailweight: positive; above 1 for heavier tails.

    >>> round(float(SinhArcsinh().forward(np.float64(3.0))), 12)
    3.0
    """

    skewness: float = 0.0
    tailweight: float = 1.0

    def __post_init__(self) -> None:
        check_numbers(self)
        if self.tailweight <= 0:
            raise ParameterError(f"SinhArcsinh: tailweight must be positive, but is {self.tailweight:g}")

    @property
    def bends(self) -> Array:
        """About 0, and about where the result is 0."""
        return np.concatenate(
            [_ABOUT_ZERO, np.sinh(np.arcsinh(_ABOUT_ZERO) / self.tailweight - self.skewness)]
        )

    def forward(self, x: Array) -> Array:
        """sinh(tailweight·(arcsinh x + skewness))."""
        return np.sinh(self._inner(x))

    def _inner(self, x: Array) -> Array:
        inner: Array = self.tailweight * (np.arcsinh(x) + self.skewness)
        return inner

    def log_size(self, x: Array) -> Array:
        """|tailweight·(arcsinh x + skewness)| − log 2 far out."""
        size = np.abs(self._inner(x))
        return np.where(size < 30, np.log(np.sinh(np.minimum(size, 30))), size - np.log(2.0))

    def inverse(self, y: Array) -> Array:
        """sinh(arcsinh(y)/tailweight − skewness)."""
        return np.sinh(np.arcsinh(y) / self.tailweight - self.skewness)

    def log_slope(self, x: Array) -> Array:
        """Log tailweight + log cosh(arcsinh y) − ½·log(1 + x²)."""
        size = np.abs(self._inner(x))
        log_cosh = size + np.log1p(np.exp(-2 * size)) - np.log(2.0)
        log_slope: Array = np.log(self.tailweight) + log_cosh - np.log(np.hypot(1.0, x))
        return log_slope


TRANSFORMS: dict[str, type[Transform]] = {
    transform.__name__: transform
    for transform in (Affine, Chain, Exp, Log, Logit, Power, Sigmoid, SinhArcsinh, Softplus)
}
"""Every transform by name: what saved models and the command line look up."""
