"""A number, and how it is known: its error, the way it was computed, and why it is infinite if it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from mlekit.arrays import Array, unwrap
from mlekit.errors import ParameterError

__all__ = ["Estimate", "Method", "unit_of"]

Method: TypeAlias = Literal["closed_form", "exact_sum", "quadrature", "monte_carlo"]


@dataclass(frozen=True, eq=False)
class Estimate:
    """A batch of numbers with what is known about them.

    Attributes:
        value: the numbers, of the batch's shape.
        error: a bound on the absolute error (the standard error if ``method`` is ``monte_carlo``), in the
            value's unit; 0 for exact ways, which round but do not approximate.
        method: ``closed_form``, ``exact_sum``, ``quadrature`` or ``monte_carlo``.
        support: why a value is infinite, naming the outcomes; None if none is.

    >>> from mlekit.distributions import Categorical
    >>> from mlekit.information import kl
    >>> p, q = Categorical.from_dict({"a": 0.5, "b": 0.5}), Categorical.from_dict({"a": 1.0, "b": 0.0})
    >>> kl(p, q, estimate=True)
    Estimate(inf, method='closed_form', support="q gives probability 0 to 'b', which p gives 0.5")
    >>> kl(q, p, estimate=True).in_base(2)
    Estimate(1, method='closed_form')

    """

    value: Array
    error: Array
    method: Method
    support: str | None = None

    def __float__(self) -> float:
        """The value of a batch of shape ``()``."""
        return float(self.value)

    def in_base(self, base: float | None) -> Estimate:
        """The same in units of log ``base``: 2 for bits, None for nats."""
        unit = unit_of(base)
        if base is None:
            return self
        return Estimate(unwrap(self.value / unit), unwrap(self.error / unit), self.method, self.support)

    def __repr__(self) -> str:
        value, error = _brief(self.value), _brief(self.error)
        sign = " ± " if np.any(self.error) else ""
        reason = "" if self.support is None else f", support={self.support!r}"
        return f"Estimate({value}{sign}{error if sign else ''}, method={self.method!r}{reason})"


def unit_of(base: float | None) -> float:
    """The nats in one unit of information to that base; a `ParameterError` unless base is None or above 1.

    >>> unit_of(2)
    0.6931471805599453
    """
    if base is None:
        return 1.0
    if not (base > 1 and np.isfinite(base)):
        raise ParameterError(f"base must be a number above 1 (2 for bits) or None for nats, but is {base!r}")
    return float(np.log(base))


def _brief(values: Array) -> str:
    if np.ndim(values) == 0:
        return f"{float(values):.6g}"
    return np.array2string(values, threshold=6, edgeitems=2, precision=6, separator=", ").replace("\n", "")
