"""Perplexity: entropy as a number of outcomes."""

from __future__ import annotations

from typing import Literal, Unpack, overload

import numpy as np

from mlekit.arrays import Array
from mlekit.distributions import Distribution, Seed
from mlekit.information.answer import SAMPLES, Options, answer, names_of
from mlekit.information.estimate import Estimate, Method
from mlekit.information.verdict import explain_entropy
from mlekit.information.ways import entropy_ways, mapped

__all__ = ["perplexity"]


@overload
def perplexity(p: Distribution, *, estimate: Literal[False] = False, **options: Unpack[Options]) -> Array: ...
@overload
def perplexity(p: Distribution, *, estimate: Literal[True], **options: Unpack[Options]) -> Estimate: ...
def perplexity(
    p: Distribution,
    *,
    method: Method | None = None,
    estimate: bool = False,
    size: int = SAMPLES,
    rng: Seed = 0,
) -> Array | Estimate:
    """e^H(p): how many equally likely outcomes are as uncertain as p; of a density, the length of such an interval.

    The base of the logarithm does not matter. Of a model on data it is ``np.exp(cross_entropy(data, model))``.

    Args:
        p: a batch of distributions.
        method: ``closed_form``, ``exact_sum``, ``quadrature`` or ``monte_carlo``; the first that exists if None.
        estimate: whether to return an `Estimate`, which knows error, method and why it is infinite.
        size: how many samples Monte Carlo takes.
        rng: a NumPy generator or a seed, for Monte Carlo.

    Returns:
        Array of p's batch shape, or an `Estimate`.

    Raises:
        ParameterError: for a method that does not exist here.
        AccuracyError: if numerical ways do not reach six digits and no `Estimate` was asked for.

    Jelinek et al. (1977), Perplexity: a measure of the difficulty of speech recognition tasks.

    >>> from mlekit.distributions import Categorical
    >>> round(float(perplexity(Categorical(probs=[0.25, 0.25, 0.25, 0.25]))), 12)
    4.0

    """
    what = f"perplexity of {names_of(p)}"
    ways = {name: mapped(way, np.exp, np.exp) for name, way in entropy_ways(p, size, rng).items()}
    return answer(ways, what, lambda value: explain_entropy(p, value), method=method, estimate=estimate)
