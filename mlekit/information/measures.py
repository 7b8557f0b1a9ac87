"""Entropy, cross-entropy, Kullback–Leibler and Jensen–Shannon divergence between distributions, data and models.

Conventions. All are in nats unless ``base`` says otherwise; batches broadcast. Integrals are sums for discrete
distributions, and 0·log 0 = 0. Data is a distribution too: `Empirical`. Each quantity knows its ways, and takes the
first one that exists: a closed form, an exact sum over the outcomes, quadrature, Monte Carlo.

    H(p) = −E_p[log p(Y)]        CE(p, q) = −E_p[log q(Y)]
    KL(p‖q) = E_p[log p(Y)/q(Y)] = CE(p, q) − H(p)
    JS(p, q) = ½ KL(p‖m) + ½ KL(q‖m),   m = ½(p + q)

Never a wrong finite number: what cannot be compared is an error, what is infinite is +inf, and says why.
"""

from __future__ import annotations

from typing import Literal, Unpack, overload

from mlekit.arrays import Array
from mlekit.distributions import Distribution, Seed
from mlekit.information.answer import SAMPLES, BasedOptions, answer, names_of
from mlekit.information.divergence_ways import divergence_ways, jensen_shannon_ways
from mlekit.information.estimate import Estimate, Method
from mlekit.information.outcomes import comparable
from mlekit.information.verdict import explain_cross_entropy, explain_divergence, explain_entropy
from mlekit.information.ways import cross_entropy_ways, entropy_ways

__all__ = ["cross_entropy", "entropy", "js", "kl"]


@overload
def entropy(
    p: Distribution, *, estimate: Literal[False] = False, **options: Unpack[BasedOptions]
) -> Array: ...
@overload
def entropy(p: Distribution, *, estimate: Literal[True], **options: Unpack[BasedOptions]) -> Estimate: ...
def entropy(
    p: Distribution,
    *,
    base: float | None = None,
    method: Method | None = None,
    estimate: bool = False,
    size: int = SAMPLES,
    rng: Seed = 0,
) -> Array | Estimate:
    """H(p) = −E_p[log p(Y)]: the mean surprise of p's outcomes; differential entropy if p is continuous.

    Args:
        p: a batch of distributions.
        base: of the logarithm; None for nats, 2 for bits.
        method: ``closed_form``, ``exact_sum``, ``quadrature`` or ``monte_carlo``; the first that exists if None.
        estimate: whether to return an `Estimate`, which knows error, method and why it is infinite.
        size: how many samples Monte Carlo takes.
        rng: a NumPy generator or a seed, for Monte Carlo.

    Returns:
        Array of p's batch shape, or an `Estimate`.

    Raises:
        ParameterError: for a method that does not exist here, or a base not above 1.
        AccuracyError: if numerical ways do not reach six digits and no `Estimate` was asked for.

    Shannon (1948); Cover & Thomas (2006), chapters 2 and 8.

    >>> from mlekit.distributions import Categorical
    >>> typed = Categorical.from_dict({"random": 0.5, "radon": 0.25, "radom": 0.25})
    >>> float(entropy(typed, base=2))
    1.5

    """
    what = f"entropy of {names_of(p)}"
    return answer(
        entropy_ways(p, size, rng),
        what,
        lambda value: explain_entropy(p, value),
        base=base,
        method=method,
        estimate=estimate,
    )


@overload
def cross_entropy(
    p: Distribution, q: Distribution, *, estimate: Literal[False] = False, **options: Unpack[BasedOptions]
) -> Array: ...
@overload
def cross_entropy(
    p: Distribution, q: Distribution, *, estimate: Literal[True], **options: Unpack[BasedOptions]
) -> Estimate: ...
def cross_entropy(
    p: Distribution,
    q: Distribution,
    *,
    base: float | None = None,
    method: Method | None = None,
    estimate: bool = False,
    size: int = SAMPLES,
    rng: Seed = 0,
) -> Array | Estimate:
    """CE(p, q) = −E_p[log q(Y)] = H(p) + KL(p‖q): the mean surprise of p's outcomes for one who expects q.

    With `Empirical` data in the place of p it is the mean negative log-likelihood of the data under q, also where q
    is continuous: then each outcome counts by q's log-density.

    Args:
        p: a batch of distributions, or data.
        q: a batch of distributions, broadcast against p's.
        base: of the logarithm; None for nats, 2 for bits.
        method: ``closed_form``, ``exact_sum``, ``quadrature`` or ``monte_carlo``; the first that exists if None.
        estimate: whether to return an `Estimate`, which knows error, method and why it is infinite.
        size: how many samples Monte Carlo takes.
        rng: a NumPy generator or a seed, for Monte Carlo.

    Returns:
        Array of the broadcast batch shape, or an `Estimate`; +inf where q excludes what p holds for possible.

    Raises:
        ParameterError: for outcomes that cannot be compared (categories that differ, labels against
            numbers), shapes that do not broadcast, a method that does not exist here, or a base not above 1.
        AccuracyError: if numerical ways do not reach six digits and no `Estimate` was asked for.

    Cover & Thomas (2006), section 5.4.

    >>> from mlekit.distributions import Empirical, Gaussian
    >>> round(float(cross_entropy(Empirical([-1.0, 0.0, 1.0]), Gaussian(loc=0.0, scale=1.0))), 6)
    1.252272

    """
    what = f"cross-entropy of {names_of(p, q)}"
    p, q = comparable(p, q)
    return answer(
        cross_entropy_ways(p, q, size, rng),
        what,
        lambda value: explain_cross_entropy(p, q, value),
        base=base,
        method=method,
        estimate=estimate,
    )


@overload
def kl(
    p: Distribution, q: Distribution, *, estimate: Literal[False] = False, **options: Unpack[BasedOptions]
) -> Array: ...
@overload
def kl(
    p: Distribution, q: Distribution, *, estimate: Literal[True], **options: Unpack[BasedOptions]
) -> Estimate: ...
def kl(
    p: Distribution,
    q: Distribution,
    *,
    base: float | None = None,
    method: Method | None = None,
    estimate: bool = False,
    size: int = SAMPLES,
    rng: Seed = 0,
) -> Array | Estimate:
    """KL(p‖q) = E_p[log p(Y)/q(Y)]: the surprise that q adds to that of p's outcomes; relative entropy.

    It is ≥ 0, and 0 for equal arguments only. +inf where q excludes what p holds for possible, which includes a
    discrete p (such as `Empirical` data) opposite a continuous q and the reverse; `Estimate.support` says why.

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

    Kullback & Leibler (1951); Cover & Thomas (2006), chapter 2.

    >>> from mlekit.distributions import Bernoulli
    >>> kl(Bernoulli(probs=[0.5, 0.25]), Bernoulli(probs=0.5), base=2)
    array([0.        , 0.18872188])

    """
    what = f"KL divergence of {names_of(p, q)}"
    p, q = comparable(p, q)
    return answer(
        divergence_ways(p, q, size, rng),
        what,
        lambda value: explain_divergence(p, q, value),
        base=base,
        method=method,
        estimate=estimate,
    )


@overload
def js(
    p: Distribution, q: Distribution, *, estimate: Literal[False] = False, **options: Unpack[BasedOptions]
) -> Array: ...
@overload
def js(
    p: Distribution, q: Distribution, *, estimate: Literal[True], **options: Unpack[BasedOptions]
) -> Estimate: ...
def js(
    p: Distribution,
    q: Distribution,
    *,
    base: float | None = None,
    method: Method | None = None,
    estimate: bool = False,
    size: int = SAMPLES,
    rng: Seed = 0,
) -> Array | Estimate:
    """JS(p, q) = ½ KL(p‖m) + ½ KL(q‖m) with m = ½(p + q): Jensen–Shannon divergence.

    Symmetric and always finite: 0 for equal arguments, log 2 (1 bit) for those that share no outcome, among them a
    discrete and a continuous distribution. Its square root is a metric.

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

    Lin (1991), Divergence measures based on the Shannon entropy; Endres & Schindelin (2003).

    >>> from mlekit.distributions import Empirical
    >>> float(js(Empirical(["a", "a"]), Empirical(["b", "b", "b"]), base=2))
    1.0

    """
    what = f"Jensen–Shannon divergence of {names_of(p, q)}"
    p, q = comparable(p, q)
    return answer(jensen_shannon_ways(p, q, size, rng), what, base=base, method=method, estimate=estimate)
