"""What ``fit`` asks of a kind of distribution: a likelihood core in coordinates, and what to know of a target.

Coordinates ξ are those of the predicted parameters' default links: reals without bounds. A class that declares
no ``predicted`` parameters cannot be fitted, and needs nothing of this. The class methods and class attributes are
what a kind is asked; `Composed` kinds, which are made of others, answer the same as values.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from mlekit.arrays import Array
from mlekit.distributions.domain import REAL, Interval
from mlekit.distributions.parameter import Parameter
from mlekit.distributions.target import numeric_target
from mlekit.errors import ParameterError, SupportError

if TYPE_CHECKING:
    import pandas as pd

    from mlekit.distributions.composed import Kind


__all__ = ["Predictable"]


class Predictable:
    """The fitting side of a `Distribution`."""

    parameters: ClassVar[tuple[Parameter, ...]] = ()
    """The constructor's parameters."""

    predicted: ClassVar[tuple[Parameter, ...]] = ()
    """The parameters that a network predicts, in the order of its outputs."""

    labelled: ClassVar[bool] = False
    """Whether outcomes are labels, so that the likeliest one is the natural point prediction."""

    joint: ClassVar[bool] = False
    """Whether several target columns make up one outcome; otherwise each column is an outcome of its own."""

    constants: ClassVar[frozenset[str]] = frozenset()
    """Constructor arguments that are neither predicted nor fixed parameters (labels, numbers of trials)."""

    outcomes: ClassVar[Interval] = REAL
    """The values that a target column may hold."""

    kinked: ClassVar[bool] = False
    """Whether the log-density is linear in the outcome on either side of its location, with a kink there."""

    least_squares: ClassVar[bool] = False
    """Whether the likeliest location is that of least squares, at any scale that all rows share."""

    circular: ClassVar[bool] = False
    """Whether outcomes are directions, of which none is the first or the last."""

    @classmethod
    def _class(cls) -> type[Self]:
        """The class of this kind's distributions."""
        return cls

    @classmethod
    def _code(cls, held: str = "") -> str:
        """The code that names this kind, or makes it a family with something held fixed (``scale=1.0``)."""
        return f"{cls.__name__}.family({held})" if held else cls.__name__

    # ---- likelihood core ----------------------------------------------------------------------------------

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        """∂ log p/∂ξ, an array for each predicted parameter (with a last axis where it is a vector)."""
        raise SupportError(f"{type(self).__name__} cannot be fitted: it has no score")

    def _free_score(self, value: np.ndarray, free: Collection[str]) -> tuple[Array, ...]:
        """`_score`, where what belongs to a parameter that is not free will not be read."""
        return self._score(value)

    def _information(self) -> Array:
        """Cov(score) of shape (*batch, k, k) over all predicted coordinates."""
        raise SupportError(f"{type(self).__name__} cannot be fitted: it has no Fisher information")

    def _about(self, coordinates: np.ndarray) -> Self:
        """A batch that answers as this one does about these coordinates, and may leave the others' information out."""
        return self

    def _curvature(self, value: np.ndarray) -> Array:
        """What a step of Newton's method takes for −∂² log p/∂ξ²: its expectation, the information."""
        return self._information()

    def _drift(self, value: np.ndarray) -> tuple[Array | None, ...]:
        """What −∂ P(Y ≤ value)/∂ξ is over p(value), for each predicted parameter; None where in no closed form.

        For a continuous family it is how fast a coordinate moves the outcome of a given level.
        """
        return (None,) * len(self._coordinates())

    def _coordinates(self) -> tuple[Array, ...]:
        """The coordinates ξ of this batch: what `_from_coordinates` made it of."""
        if not self.predicted:
            raise SupportError(f"{type(self).__name__} has no coordinates of its own")
        return tuple(parameter.link.link(self.__dict__[parameter.kept_as]) for parameter in self.predicted)

    def _with_coordinates(self, *coordinates: Array) -> Self:
        """The batch of the same constants at other coordinates."""
        constants = {p.name: self.__dict__[p.kept_as] for p in self.parameters if p.name in self.constants}
        return self._from_coordinates(*coordinates, **constants)

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        """The batch at coordinates ξ of the predicted parameters: valid by construction, any precision."""
        raise ParameterError(f"{cls.__name__} cannot be predicted: it has no coordinates")

    # ---- what a family must know of its target ------------------------------------------------------------

    @classmethod
    def _learn_constants(cls, target: pd.DataFrame, constants: Mapping[str, Any]) -> dict[str, Any]:
        """The constants of `_from_coordinates`, completed by what the target shows (its labels)."""
        return dict(constants)

    @classmethod
    def _widths(cls, constants: Mapping[str, Any]) -> tuple[int | None, ...]:
        """The length of each predicted parameter; None for a scalar."""
        return (None,) * len(cls.predicted)

    @classmethod
    def _coordinate_labels(cls, name: str, constants: Mapping[str, Any]) -> list[Any] | None:
        """What the coordinates of a predicted parameter stand for; None for a scalar."""
        return None

    @classmethod
    def _encode(cls, target: pd.DataFrame, constants: Mapping[str, Any]) -> np.ndarray:
        """A target's column (all columns if ``joint``) as the array that the core works on."""
        return numeric_target(target, cls.outcomes, cls.__name__)

    @classmethod
    def _columns_beside(cls, constants: Mapping[str, Any]) -> tuple[str, ...]:
        """Names of columns that are read as a part of the target, beside those on the formula's left."""
        return ()

    @classmethod
    def _is_joint(cls, constants: Mapping[str, Any]) -> bool:
        """Whether the target's columns make up one outcome, given the constants."""
        return cls.joint

    @classmethod
    def _given(cls, value: np.ndarray) -> tuple[dict[str, Any], np.ndarray]:
        """What an encoded target gives beside its outcomes (trials of a row), as constants; and the outcomes."""
        return {}, value

    @classmethod
    def _answers(cls, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """An encoded target that counts answers: what they may be, and how many of each, of shape (rows, outcomes)."""
        return np.arange(value.shape[1]), value

    @classmethod
    def _center_and_spread(cls, values: Array, weights: Array, *, shift: bool) -> tuple[Array, Array]:
        """The units that a fit works in: mean and standard deviation of every target column.

        Args:
            values: encoded outcomes, rows first, a column a target.
            weights: a weight a row, summing to one.
            shift: whether the units may be shifted; if not, the center is 0.
        """
        center = weights @ values if shift else np.zeros(values.shape[1:])
        distance = values - center
        # In units of the largest: squares of numbers beyond 1e154, or below its inverse, are no numbers.
        unit = np.abs(distance).max(axis=0, initial=0.0)
        unit = np.where(unit > 0, unit, 1.0)
        return center, unit * np.sqrt(weights @ np.square(distance / unit))

    @classmethod
    def _rescaled(cls, shift: Array, scale: Array) -> Kind[Any]:
        """The kind of (Y − shift)/scale, for Y of this one: another where it has bounds of its own."""
        return cls

    @classmethod
    def _in_units(cls, value: np.ndarray, shift: Array, scale: Array) -> np.ndarray:
        """Encoded outcomes y as (y − shift)/scale; what comes beside them stays as it is."""
        return np.asarray((value - shift) / scale)

    @classmethod
    def _log_jacobian(cls, value: np.ndarray, scale: Array) -> Array | float:
        """What turns log-densities of outcomes in units into those of the target: −log scale, or so a row.

        Args:
            value: encoded outcomes in units.
            scale: the units of every target.
        """
        return -float(np.log(scale).sum())

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        """Coordinates at or near the maximum likelihood of one distribution for all rows.

        Args:
            value: encoded outcomes, rows first.
            weights: a weight a row, summing to one.
            **constants: as for `_from_coordinates`.
        """
        raise ParameterError(f"{cls.__name__} cannot be fitted: it has no starting point")

    @classmethod
    def _recession(cls, value: np.ndarray, constants: Mapping[str, Any]) -> Array | None:
        """Conditions of shape (rows, conditions, coordinates) for a change of ξ to lower no row's likelihood.

        None if the likelihood falls in every direction in the end, whatever the outcome.
        """
        return None

    @classmethod
    def _loss_name(cls, fixed: frozenset[str]) -> str:
        """What the negative log-likelihood is called elsewhere, given the names of the fixed parameters."""
        return f"{cls.__name__} negative log-likelihood"
