"""What every measure takes besides distributions, and what it answers: plain numbers, or all that is known of them."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias, TypedDict

import numpy as np

from mlekit.arrays import Array, unwrap
from mlekit.distributions import Distribution, Seed
from mlekit.errors import AccuracyError, ParameterError
from mlekit.information.estimate import Estimate, Method

__all__ = ["SAMPLES", "BasedOptions", "Options", "Way", "Ways", "answer", "names_of"]

Way: TypeAlias = Callable[[], tuple[Array, Array]]
Ways: TypeAlias = Mapping[Method, Way]

SAMPLES = 100_000
"""How many samples Monte Carlo takes if nobody says."""

_ACCURATE = 1e-6


class Options(TypedDict, total=False):
    """How a measure is to be computed: what static checkers know of its keywords."""

    method: Method | None
    size: int
    rng: Seed


class BasedOptions(Options, total=False):
    """The same of a measure in units of information."""

    base: float | None


def names_of(*distributions: object) -> str:
    """The families of the arguments, as messages name them; a `ParameterError` for what is no distribution.

    >>> from mlekit.distributions import Bernoulli, Poisson
    >>> names_of(Bernoulli(probs=0.5), Poisson(rate=1.0))
    'Bernoulli and Poisson'
    """
    for distribution in distributions:
        if not isinstance(distribution, Distribution):
            raise ParameterError(
                f"information is of distributions, but {reprlib.repr(distribution)} is none: probabilities become one "
                "by Categorical(probs=...), data by Empirical(...)"
            )
    return " and ".join(type(distribution).__name__ for distribution in distributions)


def answer(
    ways: Ways,
    what: str,
    explain: Callable[[Array], str | None] = lambda _: None,
    *,
    base: float | None = None,
    method: Method | None = None,
    estimate: bool = False,
) -> Array | Estimate:
    """Go the way that was asked for, or the first that exists.

    Args:
        ways: the ways that exist, in order.
        what: the quantity and the families, for messages.
        explain: from values to why they are infinite, if they are.
        base: of the logarithm; None for nats.
        method: the way to go; the first if None.
        estimate: whether to answer with an `Estimate`.

    Raises:
        ParameterError: for a method that does not exist here, a base not above 1, or a result that is NaN.
        AccuracyError: for numbers that are not known to six digits, unless they were sampled or an `Estimate` was
            asked for.

    """
    result = _taken(ways, method, what)
    if estimate:
        return replace(result, support=explain(result.value)).in_base(base)
    _refuse_inaccurate(result, what)
    return result.in_base(base).value


def _taken(ways: Ways, method: Method | None, what: str) -> Estimate:
    chosen = next(iter(ways)) if method is None else method
    if chosen not in ways:
        raise ParameterError(f"method {method!r} does not exist for the {what}; there is {', '.join(ways)}")
    with np.errstate(all="ignore"):
        value, error = ways[chosen]()
    if np.isnan(value).any():
        raise ParameterError(
            f"the {what} is not a number for {int(np.isnan(value).sum())} of {np.size(value)} batch elements: "
            "their parameters are NaN or infinite"
        )
    if chosen != "closed_form":
        error = np.where(np.isinf(value), 0.0, error)
    return Estimate(unwrap(value), unwrap(error), chosen)


def _refuse_inaccurate(result: Estimate, what: str) -> None:
    if result.method in ("closed_form", "monte_carlo"):
        return
    finite = np.isfinite(result.value)
    unsure = finite & ~(result.error <= _ACCURATE * np.maximum(1.0, np.abs(result.value)))
    if np.any(unsure):
        first = np.unravel_index(int(np.argmax(unsure)), np.shape(unsure))
        raise AccuracyError(
            f"the {what} by {result.method} is {np.asarray(result.value)[first]:.6g} ± "
            f"{np.asarray(result.error)[first]:.2g} at batch element {tuple(int(i) for i in first)}; "
            "estimate=True returns it with its error, method='monte_carlo' samples it"
        )
