"""Families: a kind of distribution with some parameters held fixed or given another link.

A `Family` is what a user passes to ``fit``. Once it has seen a target it becomes a `Head`, the bridge from a
network's raw outputs η to distributions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import TYPE_CHECKING, Any, Generic

from mlekit.distributions.composed import D, Kind, spelled
from mlekit.distributions.link import Link
from mlekit.distributions.parameter import Parameter
from mlekit.errors import ParameterError

if TYPE_CHECKING:
    import pandas as pd

    from mlekit.arrays import Array
    from mlekit.distributions.head import Head

__all__ = ["D", "Family", "as_family"]


@dataclass(frozen=True)
class Family(Generic[D]):
    """A kind of distribution to fit; usually made by ``Gaussian.family(scale=1.0)``.

    Args:
        distribution: the class, or the kind that is composed of others.
        fixed: parameter name to the value it is held at, in the target's own units; also constants such as
            ``categories``.
        links: parameter name to the name of the link that replaces its default.
        resolution: what the scale of a family with location and scale does not fall below, in the target's units: 0
            for no such guard; None for what the target's values can tell apart where a network is fitted.

    Raises:
        ParameterError: for unknown names, values outside a domain, or links that do not suit one.

    >>> from mlekit.distributions import Bernoulli, Gaussian
    >>> Gaussian.family(scale=2.0).free
    ('loc',)
    >>> probit = Bernoulli.family(links={"probs": "probit"})
    >>> probit.name, probit.loss_name, probit.link("probs").name, probit.parameter("logits").name
    ('Bernoulli', 'binary cross-entropy', 'probit', 'probs')
    >>> import pandas as pd
    >>> probit.bind(pd.DataFrame({"heads": [0, 1, 1]})).target_names
    ('heads',)
    """

    distribution: Kind[D]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    resolution: float | None = None

    def __post_init__(self) -> None:
        owner = self.name
        if not self.distribution.predicted:
            raise ParameterError(
                f"{owner} cannot be fitted: it has no parameters to predict. Fit a family that has (a mixture of "
                "networks' predictions is fit_ensemble's; data by itself is Empirical)"
            )
        for name, value in self.fixed.items():
            if name not in self.distribution.constants:
                self.parameter(name).validate(value, owner)
        for name, link in self.links.items():
            Link.named(link)
            parameter = self.parameter(name)
            if link not in parameter.links:
                raise ParameterError(
                    f"{owner}: {name} cannot have the link {link!r}; its links are {', '.join(parameter.links)}"
                )
            if parameter.name in self.fixed:
                raise ParameterError(f"{owner}: {name} is held fixed, so it has no link")
        if self.resolution is not None and not (isfinite(self.resolution) and self.resolution >= 0):
            raise ParameterError(f"{owner}: resolution must be a number ≥ 0, but is {self.resolution!r}")
        if not self.free:
            raise ParameterError(f"{owner}: all parameters are held fixed; nothing is left to fit")

    def parameter(self, name: str) -> Parameter:
        """The predicted parameter of that name, or whose coordinate has that name (``logits``)."""
        for parameter in self.distribution.predicted:
            if name in (parameter.name, parameter.coordinate_name):
                return parameter
        known = ", ".join(parameter.name for parameter in self.distribution.predicted)
        raise ParameterError(f"{self.name} predicts {known}; there is no parameter {name!r}")

    def link(self, name: str) -> Link:
        """The link of that parameter here: its default, unless it was given another."""
        parameter = self.parameter(name)
        chosen = [link for key, link in self.links.items() if self.parameter(key) is parameter]
        return Link.named(chosen[0]) if chosen else parameter.link

    @property
    def name(self) -> str:
        """The name of the kind: ``Gaussian``; of what it is composed: ``ZeroInflated(Poisson)``."""
        return spelled(self.distribution)

    @property
    def free(self) -> tuple[str, ...]:
        """The names of the parameters that are predicted, in order."""
        return tuple(p.name for p in self.distribution.predicted if p.name not in self.fixed)

    @property
    def loss_name(self) -> str:
        """What the negative log-likelihood of this family is called elsewhere."""
        return self.distribution._loss_name(frozenset(self.fixed))

    @property
    def columns_beside(self) -> tuple[str, ...]:
        """Names of columns that are read as a part of the target, beside those on the formula's left.

        >>> from mlekit.distributions import Binomial
        >>> Binomial.family(trials="asked").columns_beside
        ('asked',)
        """
        return self.distribution._columns_beside(self.fixed)

    def holding(self, formulas: Collection[str]) -> Family[D]:
        """The same with what an ensemble holds fixed, but for what has a formula.

        >>> from mlekit.distributions import StudentT
        >>> StudentT.family().holding([""]).fixed
        {'df': 5.0}
        """
        asked = {self.parameter(key).name for key in formulas if key}
        held = {
            p.name: p.held for p in self.distribution.predicted if p.held is not None and p.name not in asked
        }
        return replace(self, fixed={**held, **self.fixed})

    def bind(
        self,
        target: pd.DataFrame,
        *,
        weights: Array | None = None,
        standardize: bool = True,
        shift: bool = True,
        identified: bool = False,
        guarded: bool = False,
    ) -> Head[D]:
        """Learn from a target what the family needs to know of it: labels, units, number of outputs.

        Args:
            target: the target columns.
            weights: a weight a row.
            standardize: whether the likelihood may work in units of the target's spread.
            shift: whether it may also be shifted; not without an intercept to take the shift up.
            identified: whether redundant outputs are dropped (K − 1 logits under a reference class).
            guarded: whether a scale stops at the target's resolution, unless the family says otherwise; see
                `mlekit.distributions.resolution`.

        Returns:
            The head.

        Raises:
            TargetError: for a target that does not suit the family.
        """
        from mlekit.distributions.head import Head

        return Head.learn(
            self,
            target,
            weights=weights,
            standardize=standardize,
            shift=shift,
            identified=identified,
            guarded=guarded,
        )


def as_family(family: type[D] | Family[D]) -> Family[D]:
    """A class as the family of it with nothing held fixed; a family as it is."""
    return family if isinstance(family, Family) else family.family()
