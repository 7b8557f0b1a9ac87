"""Divergences of an order: Rényi's and Tsallis', of which Kullback–Leibler is that of order 1.

    R_α(p‖q) = log c_α/(α − 1)        T_α(p‖q) = (c_α − 1)/(α − 1)
    c_α = E_p[(p(Y)/q(Y))^(α−1)] = Σ p^α·q^(1−α)

Small orders compare where the two have outcomes at all, large ones where p exceeds q by most. Amari's α-divergence is
T_α/α in the parametrization of Cichocki & Amari (2010); the power divergence of Cressie & Read (1984) is the same with
λ = α − 1.
"""

from __future__ import annotations

from typing import Literal, Unpack, overload

import numpy as np

from mlekit.arrays import Array
from mlekit.distributions import Distribution, Seed
from mlekit.errors import ParameterError
from mlekit.information.answer import SAMPLES, BasedOptions, Options, answer, names_of
from mlekit.information.divergence_ways import renyi_ways, tsallis_ways
from mlekit.information.estimate import Estimate, Method
from mlekit.information.outcomes import comparable
from mlekit.information.verdict import explain_divergence

__all__ = ["renyi", "tsallis"]

_RATIO = "(p(Y)/q(Y))^(α−1)"


@overload
def renyi(
    p: Distribution,
    q: Distribution,
    alpha: float,
    *,
    estimate: Literal[False] = False,
    **options: Unpack[BasedOptions],
) -> Array: ...
@overload
def renyi(
    p: Distribution,
    q: Distribution,
    alpha: float,
    *,
    estimate: Literal[True],
    **options: Unpack[BasedOptions],
) -> Estimate: ...
def renyi(
    p: Distribution,
    q: Distribution,
    alpha: float,
    *,
    base: float | None = None,
    method: Method | None = None,
    estimate: bool = False,
    size: int = SAMPLES,
    rng: Seed = 0,
) -> Array | Estimate:
    """R_α(p‖q) = log E_p[(p(Y)/q(Y))^(α−1)]/(α − 1): Rényi's divergence of order α.

    It grows with α. R_0 is −log of the probability that q gives to p's outcomes, R_½ twice the Bhattacharyya distance,
    R_1 = KL(p‖q), R_2 the logarithm of 1 + χ², R_∞ the greatest log p/q. For α < 1 it is infinite only where p and q
    share no outcome, for α ≥ 1 where q excludes one of p's, or its tails are too light.

    Args:
        p: a batch of distributions, or data.
        q: a batch of distributions, broadcast against p's.
        alpha: the order, ≥ 0; ``numpy.inf`` included.
        base: of the logarithm; None for nats, 2 for bits.
        method: ``closed_form``, ``exact_sum``, ``quadrature`` or ``monte_carlo``; the first that exists if None.
        estimate: whether to return an `Estimate`, which knows error, method and why it is infinite.
        size: how many samples Monte Carlo takes.
        rng: a NumPy generator or a seed, for Monte Carlo.

    Returns:
        Array of the broadcast batch shape, or an `Estimate`.

    Raises:
        ParameterError: for outcomes that cannot be compared (categories that differ, labels against
            numbers), shapes that do not broadcast, an order that is negative or NaN, a method that does not exist
            here, or a base not above 1.
        AccuracyError: if numerical ways do not reach six digits and no `Estimate` was asked for.

    Rényi (1961), On measures of entropy and information; van Erven & Harremoës (2014), Rényi divergence and
    Kullback–Leibler divergence.

    >>> from mlekit.distributions import Bernoulli
    >>> p, q = Bernoulli(probs=0.5), Bernoulli(probs=0.25)
    >>> [round(float(renyi(p, q, alpha)), 4) for alpha in (0, 0.5, 1, 2, np.inf)]
    [0.0, 0.0693, 0.1438, 0.2877, 0.6931]

    """
    order = _checked(alpha)
    what = f"Rényi divergence of order {order:g} of {names_of(p, q)}"
    p, q = comparable(p, q)
    mean = "log q(Y)" if order == 1 else _RATIO
    return answer(
        renyi_ways(p, q, order, size, rng),
        what,
        lambda value: explain_divergence(p, q, value, mean),
        base=base,
        method=method,
        estimate=estimate,
    )


@overload
def tsallis(
    p: Distribution,
    q: Distribution,
    alpha: float,
    *,
    estimate: Literal[False] = False,
    **options: Unpack[Options],
) -> Array: ...
@overload
def tsallis(
    p: Distribution, q: Distribution, alpha: float, *, estimate: Literal[True], **options: Unpack[Options]
) -> Estimate: ...
def tsallis(
    p: Distribution,
    q: Distribution,
    alpha: float,
    *,
    method: Method | None = None,
    estimate: bool = False,
    size: int = SAMPLES,
    rng: Seed = 0,
) -> Array | Estimate:
    """T_α(p‖q) = (E_p[(p(Y)/q(Y))^(α−1)] − 1)/(α − 1): Tsallis' relative entropy of order α.

    T_½ is twice the squared Hellinger distance, T_1 = KL(p‖q) in nats, T_2 Pearson's χ² = E_q[(p/q − 1)²]. For α < 1 it
    is at most 1/(1 − α), which it reaches where p and q share no outcome.

    Args:
        p: a batch of distributions, or data.
        q: a batch of distributions, broadcast against p's.
        alpha: the order, ≥ 0, finite.
        method: ``closed_form``, ``exact_sum``, ``quadrature`` or ``monte_carlo``; the first that exists if None.
        estimate: whether to return an `Estimate`, which knows error, method and why it is infinite.
        size: how many samples Monte Carlo takes.
        rng: a NumPy generator or a seed, for Monte Carlo.

    Returns:
        Array of the broadcast batch shape, or an `Estimate`.

    Raises:
        ParameterError: for outcomes that cannot be compared (categories that differ, labels against
            numbers), shapes that do not broadcast, an order that is negative, infinite or NaN, a method that
            does not exist here.
        AccuracyError: if numerical ways do not reach six digits and no `Estimate` was asked for.

    Tsallis (1998), Generalized entropy-based criterion for consistent testing; Cressie & Read (1984).

    >>> from mlekit.distributions import Categorical
    >>> p, q = Categorical(probs=[0.5, 0.5]), Categorical(probs=[0.25, 0.75])
    >>> round(float(tsallis(p, q, 2)), 6)
    0.333333

    """
    order = _checked(alpha)
    if np.isinf(order):
        raise ParameterError(
            "alpha: the Tsallis divergence has finite orders only; renyi has that of order inf"
        )
    what = f"Tsallis divergence of order {order:g} of {names_of(p, q)}"
    p, q = comparable(p, q)
    mean = "log q(Y)" if order == 1 else _RATIO
    return answer(
        tsallis_ways(p, q, order, size, rng),
        what,
        lambda value: explain_divergence(p, q, value, mean),
        method=method,
        estimate=estimate,
    )


def _checked(alpha: float) -> float:
    if not alpha >= 0:
        raise ParameterError(f"alpha: the order of a divergence is ≥ 0, but is {alpha!r}")
    return float(alpha)
