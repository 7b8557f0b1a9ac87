"""A parameter declares itself once: name, domain, link, typical range, and how it scales with the target.

That declaration drives validation, the network's outputs, the tests' cases and the documentation's tables.
"""

from __future__ import annotations

import reprlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mlekit.arrays import Array, ArrayLike, read_only, unwrap
from mlekit.distributions.domain import Interval
from mlekit.distributions.link import LINKS, Link
from mlekit.distributions.outcomes import to_float
from mlekit.distributions.triangular import entries
from mlekit.errors import ParameterError

__all__ = ["Parameter", "Unit", "numbers"]

Unit = Literal["none", "location", "scale", "inverse", "rows"]


@dataclass(frozen=True)
class Parameter:
    """One parameter of a distribution.

    Args:
        name: the field's name for it.
        domain: the values that it may take.
        link: its default link, whose coordinate the likelihood is written in.
        typical: a range in which tests draw it and in which accuracy is promised.
        unit: how it follows the target y when y becomes (y − shift)/scale: a ``location`` is shifted and
            scaled, a ``scale`` is scaled, an ``inverse`` is divided, ``none`` does not care; of a matrix the
            ``rows`` are scaled, one a target column.
        coordinate_name: the name of its default coordinate where that has one of its own (``logits``).
        axes: how many axes one value of it has: 1 for a vector (a logit a category), 2 for a matrix. Then there
            is one link, from the value to its coordinates on one axis, and ``typical`` is a range of those.
        redundant: whether adding a constant to all its coordinates changes nothing, as to all logits.
        shared: whether it is one for all rows unless it has a formula of its own.
        held: where the members of an ensemble hold it unless it has a formula of its own: rows that a network has
            learned tell nothing of it.
        intercept_in: the parameter that takes up the intercept of its predictor, which has none while that is free.
        attribute: what a distribution keeps it as, where its name is taken by a method.

    """

    name: str
    domain: Interval
    link: Link
    typical: tuple[float, float]
    unit: Unit = "none"
    coordinate_name: str | None = None
    axes: int = 0
    redundant: bool = False
    shared: bool = False
    held: float | None = None
    intercept_in: str | None = None
    attribute: str | None = None

    @property
    def kept_as(self) -> str:
        """The attribute of a distribution that holds it."""
        return self.attribute or self.name

    @property
    def links(self) -> tuple[str, ...]:
        """The names of the links that it can be given: those that reach some of its domain."""
        if self.axes:
            return (self.link.name,)
        return tuple(name for name, link in LINKS.items() if link.domain.overlaps(self.domain))

    def validate(self, value: ArrayLike, owner: str) -> Array:
        """``value`` as float64 of its own, read-only; a `ParameterError` names the first bad element."""
        array = numbers(value, self.name, owner)
        valid = self.domain.contains(array)
        if not valid.all():
            where = np.argwhere(~np.atleast_1d(valid))[0]
            bad = np.atleast_1d(array)[tuple(where)]
            place = f" at position {tuple(int(i) for i in where)}" if array.ndim else ""
            raise ParameterError(f"{owner}: {self.name} must lie in {self.domain}, but is {bad:g}{place}")
        return unwrap(read_only(array))

    def standardizing(self, shift: Array, scale: Array) -> tuple[Array, Array]:
        """(a, b) of the map ξ = a + b·ξ_standardized that goes with y = shift + scale·y_standardized."""
        match self.unit:
            case "location":
                return shift, scale
            case "scale":
                return np.log(scale), np.ones_like(scale)
            case "inverse":
                return -np.log(scale), np.ones_like(scale)
            case "rows":
                below = scale[entries(len(scale))[0][len(scale) :]]
                return np.append(np.log(scale), np.zeros_like(below)), np.append(np.ones_like(scale), below)
            case "none":
                return np.zeros_like(scale), np.ones_like(scale)


def numbers(value: ArrayLike, name: str, owner: str) -> Array:
    """``value`` as a float64 array of its own; a `ParameterError` if it does not consist of numbers.

    >>> numbers([0, 1], "loc", "Gaussian")
    array([0., 1.])
    """
    try:
        return np.array(to_float(value))
    except (TypeError, ValueError):
        raise ParameterError(f"{owner}: {name} must be numbers, but is {reprlib.repr(value)}") from None
