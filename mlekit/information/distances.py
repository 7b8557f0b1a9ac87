"""Distances between distributions: bounded, symmetric, and 0 for equal arguments only.

    TV(p, q) = sup_A |P(A) − Q(A)| = ½ Σ |p − q|
    BC(p, q) = Σ √(p·q),    H(p, q) = √(1 − BC),    Bhattacharyya distance = −log BC

Total variation and Hellinger's are metrics, and H² ≤ TV ≤ H·√(2 − H²). The Bhattacharyya distance is half of Rényi's
divergence of order ½; it has no bound, and no triangle inequality.
"""

from __future__ import annotations

from typing import Literal, Unpack, overload

import numpy as np

from mlekit.arrays import Array
from mlekit.distributions import Distribution, Seed
from mlekit.information.answer import SAMPLES, BasedOptions, Options, answer, names_of
from mlekit.information.divergence_ways import renyi_ways, total_variation_ways, tsallis_ways
from mlekit.information.estimate import Estimate, Method
from mlekit.information.outcomes import comparable
from mlekit.information.verdict import explain_divergence
from mlekit.information.ways import mapped, rooted

__all__ = ["bhattacharyya", "hellinger", "total_variation"]


@overload
def hellinger(
    p: Distribution, q: Distribution, *, estimate: Literal[False] = False, **options: Unpack[Options]
) -> Array: ...
@overload
def hellinger(
    p: Distribution, q: Distribution, *, estimate: Literal[True], **options: Unpack[Options]
) -> Estimate: ...
def hellinger(
    p: Distribution,
    q: Distribution,
    *,
    method: Method | None = None,
    estimate: bool = False,
    size: int = SAMPLES,
    rng: Seed = 0,
) -> Array | Estimate:
    """H(p, q) = √(1 − Σ √(p·q)) = √(½ Σ (√p − √q)²): Hellinger's distance.

    A metric between 0 and 1; 1 for those that share no outcome, among them a discrete and a continuous distribution.

    Args:
        p: a batch of distributions, or data.
        q: a batch of distributions, broadcast against p's.
        method: ``closed_form``, ``exact_sum``, ``quadrature`` or ``monte_carlo``; the first that exists if None.
        estimate: whether to return an `Estimate`, which knows error and method.
        size: how many samples Monte Carlo takes.
        rng: a NumPy generator or a seed, for Monte Carlo.

    Returns:
        Array of the broadcast batch shape, or an `Estimate`.

    Raises:
        ParameterError: for outcomes that cannot be compared (categories that differ, labels against
            numbers), shapes that do not broadcast, a method that does not exist here.
        AccuracyError: if numerical ways do not reach six digits and no `Estimate` was asked for.

    Hellinger (1909); Le Cam (1986), Asymptotic Methods in Statistical Decision Theory.

    >>> from mlekit.distributions import Gaussian
    >>> round(float(hellinger(Gaussian(loc=0.0, scale=1.0), Gaussian(loc=2.0, scale=1.0))), 6)
    0.627271

    """
    what = f"Hellinger distance of {names_of(p, q)}"
    p, q = comparable(p, q)
    ways = {name: rooted(way, 0.5) for name, way in tsallis_ways(p, q, 0.5, size, rng).items()}
    return answer(ways, what, method=method, estimate=estimate)


@overload
def total_variation(
    p: Distribution, q: Distribution, *, estimate: Literal[False] = False, **options: Unpack[Options]
) -> Array: ...
@overload
def total_variation(
    p: Distribution, q: Distribution, *, estimate: Literal[True], **options: Unpack[Options]
) -> Estimate: ...
def total_variation(
    p: Distribution,
    q: Distribution,
    *,
    method: Method | None = None,
    estimate: bool = False,
    size: int = SAMPLES,
    rng: Seed = 0,
) -> Array | Estimate:
    """TV(p, q) = sup_A |P(A) − Q(A)| = ½ Σ |p − q|: the most that the probability of any event differs by.

    A metric between 0 and 1; 1 for those that share no outcome, among them a discrete and a continuous distribution.
    Who must tell from one outcome which of two equally likely distributions it came from is right with probability
    ½(1 + TV) at best.

    Args:
        p: a batch of distributions, or data.
        q: a batch of distributions, broadcast against p's.
        method: ``closed_form``, ``exact_sum``, ``quadrature`` or ``monte_carlo``; the first that exists if None.
        estimate: whether to return an `Estimate`, which knows error and method.
        size: how many samples Monte Carlo takes.
        rng: a NumPy generator or a seed, for Monte Carlo.

    Returns:
        Array of the broadcast batch shape, or an `Estimate`.

    Raises:
        ParameterError: for outcomes that cannot be compared (categories that differ, labels against
            numbers), shapes that do not broadcast, a method that does not exist here.
        AccuracyError: if numerical ways do not reach six digits and no `Estimate` was asked for.

    Le Cam (1986); Pinsker's inequality TV ≤ √(KL/2) is in Cover & Thomas (2006), lemma 11.6.1.

    >>> from mlekit.distributions import Bernoulli
    >>> total_variation(Bernoulli(probs=[0.5, 1.0]), Bernoulli(probs=[0.25, 0.0]))
    array([0.25, 1.  ])

    """
    what = f"total variation distance of {names_of(p, q)}"
    p, q = comparable(p, q)
    return answer(total_variation_ways(p, q, size, rng), what, method=method, estimate=estimate)


@overload
def bhattacharyya(
    p: Distribution, q: Distribution, *, estimate: Literal[False] = False, **options: Unpack[BasedOptions]
) -> Array: ...
@overload
def bhattacharyya(
    p: Distribution, q: Distribution, *, estimate: Literal[True], **options: Unpack[BasedOptions]
) -> Estimate: ...
def bhattacharyya(
    p: Distribution,
    q: Distribution,
    *,
    base: float | None = None,
    method: Method | None = None,
    estimate: bool = False,
    size: int = SAMPLES,
    rng: Seed = 0,
) -> Array | Estimate:
    """−log Σ √(p·q): the Bhattacharyya distance, half of Rényi's divergence of order ½.

    Symmetric, ≥ 0, and infinite where p and q share no outcome.

    Args:
        p: a batch of distributions, or data.
        q: a batch of distributions, broadcast against p's.
        base: of the logarithm; None for nats, 2 for bits.
        method: ``closed_form``, ``exact_sum``, ``quadrature`` or ``monte_carlo``; the first that exists if None.
        estimate: whether to return an `Estimate`, which knows error, method and why it is infinite.
        size: how many samples Monte Carlo takes.
        rng: a NumPy generator or a seed, for Monte Carlo.

    Returns:
        Array of the broadcast batch shape, or an `Estimate`.

    Raises:
        ParameterError: for outcomes that cannot be compared (categories that differ, labels against
            numbers), shapes that do not broadcast, a method that does not exist here, or a base not above 1.
        AccuracyError: if numerical ways do not reach six digits and no `Estimate` was asked for.

    Bhattacharyya (1943); Kailath (1967), The divergence and Bhattacharyya distance measures in signal selection.

    >>> from mlekit.distributions import Gaussian
    >>> float(bhattacharyya(Gaussian(loc=0.0, scale=1.0), Gaussian(loc=2.0, scale=1.0)))
    0.5

    """
    what = f"Bhattacharyya distance of {names_of(p, q)}"
    p, q = comparable(p, q)
    ways = {
        name: mapped(way, lambda r: 0.5 * r, lambda r: np.full(np.shape(r), 0.5))
        for name, way in renyi_ways(p, q, 0.5, size, rng).items()
    }
    return answer(
        ways,
        what,
        lambda value: explain_divergence(p, q, value, "√(p(Y)/q(Y))"),
        base=base,
        method=method,
        estimate=estimate,
    )
