"""An entry of the registry of cases: how the property tests use a family.

An entry needs no more than the class: parameters are drawn by their declarations (uniformly in the coordinate of
the default link over the typical range). Further fields say what SciPy and mpmath call the same distribution,
which parameter values are extreme, and, for unusual families, how to draw parameters or to sum over outcomes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from scipy import stats

from mlekit.arrays import Array
from mlekit.distributions import (
    Distribution,
    FiniteSet,
    Head,
    Parameter,
)
from mlekit.distributions.composed import Composed, Kind, spelled
from mlekit.distributions.link import Link
from tests.distributions.quadrature import support_nodes

Parameters: TypeAlias = dict[str, Any]
Draw: TypeAlias = Callable[[np.random.Generator, tuple[int, ...]], Parameters]


@dataclass(frozen=True)
class Exact:
    """The same distribution in mpmath: functions of the value (an mpf) and the parameters (mpf by name)."""

    log_prob: Callable[..., Any]
    cdf: Callable[..., Any] | None = None
    sf: Callable[..., Any] | None = None


@dataclass(frozen=True)
class Case:
    """How the property tests use a family.

    Args:
        distribution: the class, or the kind that is made of others.
        reference: from scalar parameters to SciPy's frozen distribution.
        exact: the same in mpmath, for the tails.
        extremes: parameters at the ends of what doubles can hold; all answers must stay numbers there.
        draw: from generator and batch shape to parameters; by their declarations if not given.
        fixed: what ``family(...)`` must be told beside the data, such as a number of trials.
        nodes: outcomes of a single distribution and their weights; by its support if not given.
        event_ndim: the number of axes that one outcome has.
        ordered: whether it has a cdf and quantiles.
        moments: whether mean and variance exist; they are NaN otherwise.
        periodic: whether outcomes outside the support stand for others in it, as angles do.
        rtol: relative error allowed against SciPy, where SciPy itself is not exact to 1e-12.
        build: from parameters to the distribution, where they are not its constructor's own.
        held: the value of a predicted parameter, where a property of the same name means something else.
        name: told apart in test names, where a class has several entries.
    """

    distribution: Kind[Distribution]
    reference: Callable[..., Any] | None = None
    exact: Exact | None = None
    extremes: Sequence[Parameters] = ()
    draw: Draw | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict)
    nodes: Callable[[Distribution], tuple[Any, Array]] = support_nodes
    event_ndim: int = 0
    ordered: bool = True
    moments: bool = True
    periodic: bool = False
    rtol: float = 1e-12
    build: Callable[..., Distribution] | None = None
    held: Callable[[Any, str], Any] = getattr
    name: str = ""

    def __str__(self) -> str:
        return self.name or spelled(self.distribution)

    @property
    def class_name(self) -> str:
        """The name of the distributions' class."""
        return self.distribution._class().__name__

    @property
    def owner(self) -> str:
        """A pattern of whom a message about a parameter blames: the class, or one of those that a kind is made of."""
        return r"\w+" if isinstance(self.distribution, Composed) else self.class_name

    # ---- distributions ------------------------------------------------------------------------------------

    def make(self, parameters: Parameters) -> Distribution:
        """The distribution of these parameters, and of the constants that the family is told."""
        constructor: Any = self.build or self.distribution
        constants = {name: value for name, value in self.fixed.items() if name in self.distribution.constants}
        made: Distribution = constructor(**{**constants, **parameters})
        return made

    def parameters(self, seed: int, shape: tuple[int, ...] = ()) -> Parameters:
        """Typical parameters of a batch."""
        rng = np.random.default_rng(seed)
        if self.draw is not None:
            return self.draw(rng, shape)
        return {p.name: typical(p, rng, shape) for p in self.distribution.parameters}

    def typical(self, seed: int, shape: tuple[int, ...] = ()) -> Distribution:
        """A typical batch."""
        return self.make(self.parameters(seed, shape))

    @property
    def continuous(self) -> bool:
        support = self.typical(0).support
        return not isinstance(support, FiniteSet) and not support.integer

    # ---- families and heads -------------------------------------------------------------------------------

    def frame(self, outcomes: Any, columns: int = 1) -> pd.DataFrame:
        """Outcomes of rows as target columns."""
        array = np.asarray(outcomes)
        if array.ndim == 1:
            return pd.DataFrame({"y": array})
        return pd.DataFrame({f"y{j}": array[:, j] for j in range(array.shape[1])})

    def bind(self, *, targets: int = 1, seed: int = 0, rows: int = 200, **settings: Any) -> Head[Any]:
        """A head that has seen typical targets; ``links`` and ``fixed`` go to the family, the rest to bind."""
        links, fixed = settings.pop("links", None), {**self.fixed, **settings.pop("fixed", {})}
        family = self.distribution.family(links=links, **fixed)
        batch = self.typical(seed, () if targets == 1 else (targets,))
        return family.bind(self.frame(batch.sample(rows, rng=seed)), **settings)

    def eta(self, head: Head[Any], rows: int, seed: int = 0) -> Array:
        """Raw outputs of a head in the typical range of its parameters."""
        rng = np.random.default_rng(seed)
        eta = np.empty((rows, head.n_outputs))
        for name, columns in head.columns.items():
            parameter = head.family.parameter(name)
            chosen = head.family.links.get(name)
            link = parameter.link if chosen is None else Link.named(chosen)
            shape = (rows, columns.stop - columns.start)
            eta[:, columns] = link.link(typical(parameter, rng, shape, within=link))
        return eta

    def rows(self, head: Head[Any], rows: int, seed: int = 0) -> tuple[Array, np.ndarray]:
        """Raw outputs, and encoded outcomes drawn from what they predict."""
        eta = self.eta(head, rows, seed)
        outcomes = np.asarray(head.distribution(eta).sample(rng=seed))
        return eta, head.encode(self.frame(outcomes).set_axis(list(head.target_names), axis=1))


def typical(
    parameter: Parameter, rng: np.random.Generator, shape: tuple[int, ...], within: Link | None = None
) -> Array:
    """Values of a parameter, uniform in its default coordinate over the typical range.

    Args:
        parameter: the parameter.
        rng: generator.
        shape: shape.
        within: another link, whose domain the values must lie in as well.
    """
    low, high = parameter.typical
    if within is not None:
        low, high = typical_range(parameter, within)
    if parameter.axes:
        return parameter.link.inverse(rng.uniform(low, high, shape))
    bottom, top = parameter.link.link(np.array([low, high]))
    drawn = parameter.link.inverse(rng.uniform(bottom, top, shape))
    return np.rint(drawn) if parameter.domain.integer else drawn


def typical_range(parameter: Parameter, within: Link) -> tuple[float, float]:
    """The part of the typical range that lies well within a link's domain."""
    low, high = parameter.typical
    return max(low, float(within.domain.low) + 0.05), min(high, float(within.domain.high) - 0.05)


def table(outcomes: Any, masses: Any) -> Any:
    """SciPy's distribution over numbers with these masses."""
    return stats.rv_discrete(values=(outcomes, masses))()


LOCATIONS_AND_SCALES = [{"loc": m, "scale": s} for m in (0.0, -1e8) for s in (1e-8, 1e8, 1e-150, 1e150)]
