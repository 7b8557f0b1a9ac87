"""The head of an ensemble: from the outputs of all members to mixtures, and the protocol that all heads share.

η has the outputs of the first member, then of the second, and so on. Each member's outputs go through the same
`Head`; what a row is predicted is the mixture of its members' distributions,

    log p(y | η) = log Σ_m w_m·p(y | η_m).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import numpy as np

from mlekit.arrays import Array
from mlekit.distributions.distribution import Distribution
from mlekit.distributions.family import D
from mlekit.distributions.head import Head
from mlekit.distributions.mixture import Mixture

__all__ = ["MixtureHead", "OutputHead"]

D_co = TypeVar("D_co", bound=Distribution, covariant=True)


@runtime_checkable
class OutputHead(Protocol[D_co]):
    """What a model needs of the right side of η: a `Head`, or a `MixtureHead` over one."""

    @property
    def member(self) -> Head[Any]:
        """The head of one network: what is known of the target, and of the family that was fitted."""
        ...

    @property
    def name(self) -> str:
        """The name of the kind of distribution that is predicted."""
        ...

    @property
    def n_outputs(self) -> int:
        """The number of columns of η."""
        ...

    @property
    def predicts(self) -> type[D_co]:
        """The class of the predicted distributions."""
        ...

    def copy(self) -> OutputHead[D_co]:
        """The same, without what it has worked out for itself, which may hold functions."""
        ...

    def distribution(self, eta: Array) -> D_co:
        """The predicted distributions in the target's own units, one a row (and target)."""
        ...

    def log_likelihood(self, eta: Array, y: np.ndarray) -> Array:
        """Log p(y | η) of every row, in nats and the target's own units."""
        ...

    def add_offset(self, eta: Array, offset: Array) -> None:
        """Add an offset of every row to the linear predictor of the first parameter, in place."""
        ...


@dataclass(frozen=True, eq=False)
class MixtureHead(Generic[D]):
    """The bridge from the outputs of M networks to mixtures of M components.

    Args:
        member: the head of each member.
        weights: the members' probabilities, which sum to one.
    """

    member: Head[D]
    weights: Array

    @property
    def name(self) -> str:
        """``Mixture[Gaussian]``, or of another family."""
        return f"Mixture[{self.member.name}]"

    @property
    def n_outputs(self) -> int:
        """M times the outputs of a member."""
        return len(self.weights) * self.member.n_outputs

    @property
    def predicts(self) -> type[Mixture[D]]:
        """`Mixture`."""
        return Mixture

    def copy(self) -> MixtureHead[D]:
        """The same, without what its member's head has worked out for itself."""
        return replace(self, member=replace(self.member))

    def _parts(self, eta: Array) -> list[Array]:
        return np.split(eta, len(self.weights), axis=1)

    def distribution(self, eta: Array) -> Mixture[D]:
        """The predicted mixtures, one a row (and target)."""
        return Mixture([self.member.distribution(part) for part in self._parts(eta)], weights=self.weights)

    def log_likelihood(self, eta: Array, y: np.ndarray) -> Array:
        """Log Σ_m w_m·p(y | η_m) of every row; targets of a row are mixed each for itself, then summed."""
        parts = [self.member.target_log_likelihood(part, y) for part in self._parts(eta)]
        with np.errstate(all="ignore"):
            terms = np.stack(parts, axis=-1) + np.log(self.weights)
            top = terms.max(axis=-1)
            base = np.where(np.isfinite(top), top, 0.0)
            mixed = base + np.log(np.exp(terms - base[..., None]).sum(axis=-1))
        return mixed if mixed.ndim == 1 else np.asarray(mixed.sum(axis=-1))

    def add_offset(self, eta: Array, offset: Array) -> None:
        """See `OutputHead`."""
        for part in self._parts(eta):
            self.member.add_offset(part, offset)
