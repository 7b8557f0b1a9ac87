"""Kinds of distributions that are made of others, such as zero-inflated ones, and what a fit asks of them.

A class says of itself how it is fitted (`Predictable`). What a distribution made of another says depends on the
other, and no class is made at run time: so a frozen value says it, and answers the same questions. It holds the kind
that it is made of, and passes on what it does not change. The parameters of that kind and the composition's own lie
side by side under their own names: ``{"rate": "y ~ x", "zero_probs": "~ z"}``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

import numpy as np

from mlekit.arrays import Array
from mlekit.distributions.distribution import Distribution
from mlekit.distributions.domain import Interval
from mlekit.distributions.parameter import Parameter
from mlekit.errors import ParameterError

if TYPE_CHECKING:
    import pandas as pd

    from mlekit.distributions.family import Family

__all__ = ["Composed", "D", "Kind", "spelled"]

D = TypeVar("D", bound=Distribution)
D_co = TypeVar("D_co", bound=Distribution, covariant=True)


@dataclass(frozen=True)
class Composed(ABC, Generic[D_co]):
    """A kind of distribution that is made of another; the pattern of every composition.

    A composition says how its distributions come about (`_from_coordinates`, `_class`), and overrides of the rest
    what the other kind does not answer for it: see `Predictable` for what each question means. Its fields are what a
    file and the command line spell: ``ZeroInflated(Poisson)``.

    Args:
        base: the kind that it is made of.

    Raises:
        ParameterError: if both have a parameter of the same name.
    """

    base: Kind[Any]

    def __post_init__(self) -> None:
        base: object = self.base
        if not (isinstance(base, Composed) or (isinstance(base, type) and issubclass(base, Distribution))):
            raise ParameterError(
                f"base must be a distribution class or a kind made of others, but is {base!r}"
            )
        names = [parameter.name for parameter in self.predicted]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ParameterError(f"{self._code()} has two parameters named {twice!r}; compose it otherwise")

    def family(self, *, links: Mapping[str, str] | None = None, **fixed: Any) -> Family[D_co]:
        """This kind as a family to fit; see `Distribution.family`."""
        from mlekit.distributions.family import Family

        return Family(self, fixed=fixed, links=dict(links or {}))

    # ---- what its distributions are -----------------------------------------------------------------------

    @abstractmethod
    def _from_coordinates(self, *coordinates: Array, **constants: Any) -> D_co:
        """The batch at coordinates ξ of the predicted parameters: valid by construction, any precision."""

    @abstractmethod
    def _class(self) -> type[D_co]:
        """The class of its distributions."""

    def _code(self, held: str = "") -> str:
        """The code that makes the family, with this held fixed."""
        arguments = [self.base._code()]
        for own in fields(self)[1:]:
            value = repr(vars(self)[own.name])
            arguments.append(f"{own.name}={value}" if own.kw_only else value)
        return f"{self._class().__name__}.of({', '.join(arguments + [held] * bool(held))})"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All parameters of the distributions."""
        return self.base.parameters

    @property
    def predicted(self) -> tuple[Parameter, ...]:
        """The parameters that a network predicts, in the order of its outputs."""
        return self.base.predicted

    @property
    def labelled(self) -> bool:
        """Whether outcomes are labels."""
        return self.base.labelled

    @property
    def joint(self) -> bool:
        """Whether several target columns make up one outcome."""
        return self.base.joint

    @property
    def constants(self) -> frozenset[str]:
        """Arguments that are neither predicted nor fixed parameters."""
        return self.base.constants

    @property
    def outcomes(self) -> Interval:
        """The values that a target column may hold."""
        return self.base.outcomes

    @property
    def kinked(self) -> bool:
        """Whether the log-density has kinks that a fit must round."""
        return self.base.kinked

    @property
    def least_squares(self) -> bool:
        """Whether the likeliest location is that of least squares."""
        return False

    # ---- what a family must know of its target ------------------------------------------------------------

    def _learn_constants(self, target: pd.DataFrame, constants: Mapping[str, Any]) -> dict[str, Any]:
        return self.base._learn_constants(target, constants)

    def _widths(self, constants: Mapping[str, Any]) -> tuple[int | None, ...]:
        return self.base._widths(constants)

    def _coordinate_labels(self, name: str, constants: Mapping[str, Any]) -> list[Any] | None:
        return self.base._coordinate_labels(name, constants)

    def _encode(self, target: pd.DataFrame, constants: Mapping[str, Any]) -> np.ndarray:
        return self.base._encode(target, constants)

    def _columns_beside(self, constants: Mapping[str, Any]) -> tuple[str, ...]:
        return self.base._columns_beside(constants)

    def _is_joint(self, constants: Mapping[str, Any]) -> bool:
        return self.base._is_joint(constants)

    def _given(self, value: np.ndarray) -> tuple[dict[str, Any], np.ndarray]:
        return self.base._given(value)

    def _answers(self, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.base._answers(value)

    def _center_and_spread(self, values: Array, weights: Array, *, shift: bool) -> tuple[Array, Array]:
        return self.base._center_and_spread(values, weights, shift=shift)

    def _rescaled(self, shift: Array, scale: Array) -> Kind[Any]:
        return replace(self, base=self.base._rescaled(shift, scale))

    def _in_units(self, value: np.ndarray, shift: Array, scale: Array) -> np.ndarray:
        return self.base._in_units(value, shift, scale)

    def _log_jacobian(self, value: np.ndarray, scale: Array) -> Array | float:
        return self.base._log_jacobian(value, scale)

    def _start(self, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        return self.base._start(value, weights, **constants)

    def _recession(self, value: np.ndarray, constants: Mapping[str, Any]) -> Array | None:
        return self.base._recession(value, constants)

    def _loss_name(self, fixed: frozenset[str]) -> str:
        return f"{spelled(self)} negative log-likelihood"


Kind: TypeAlias = type[D] | Composed[D]
"""What can be fitted: a class of distributions, or a composition. `Predictable` says what either is asked."""


def spelled(kind: Kind[Any]) -> str:
    """What files, messages and the command line call a kind: ``Poisson``, ``ZeroInflated(Poisson)``."""
    return kind._code().replace(".of(", "(")
