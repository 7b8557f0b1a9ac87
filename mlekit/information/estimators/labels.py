"""The entropy of a discrete distribution from a sample of it.

With counts n_k of K kinds among N outcomes, f₁ of them seen once:

    plug_in       −Σ (n/N)·log(n/N): too low by about (K − 1)/(2N)
    miller_madow  the same plus (K − 1)/(2N), K the kinds seen (Miller 1955)
    grassberger   log N − Σ n·G(n)/N, G(n) = ψ(n) + ½(−1)ⁿ(ψ((n+1)/2) − ψ(n/2)) (Grassberger 2003)
    chao_shen     kinds unseen allowed for by the coverage 1 − f₁/N (Chao & Shen 2003)
    james_stein   shrunk towards equal probabilities of all categories (Hausser & Strimmer 2009)
    nsb           the posterior mean under a prior that is nearly flat in the entropy (Nemenman, Shafee & Bialek 2002)

The last two need to know how many categories there are; without being told they take those seen. On simulated data
(benchmarks/results/information_estimators.md) Grassberger's is the steadiest of those that need not know the
categories. From fewer outcomes than kinds all may be far off, and intervals, which know nothing of bias, hold less than
they promise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias, get_args

import numpy as np
from jaxtyping import Float
from scipy.special import digamma, gammaln, polygamma, xlogy

from mlekit.arrays import ArrayLike
from mlekit.distributions import Seed
from mlekit.distributions.labels import label_array
from mlekit.errors import DataError, ParameterError
from mlekit.information.estimators.result import SampleEstimate, normal_estimate

__all__ = ["EntropyMethod", "entropies_of_counts", "estimate_entropy"]

EntropyMethod: TypeAlias = Literal[
    "plug_in", "miller_madow", "grassberger", "chao_shen", "james_stein", "nsb"
]
Counts: TypeAlias = Float[np.ndarray, "tables kinds"]
Values: TypeAlias = Float[np.ndarray, " tables"]

_CONCENTRATIONS = 400


def estimate_entropy(
    sample: ArrayLike | None = None,
    *,
    counts: ArrayLike | None = None,
    method: EntropyMethod = "grassberger",
    categories: int | None = None,
    base: float | None = None,
    level: float = 0.95,
    resamples: int = 500,
    rng: Seed = 0,
) -> SampleEstimate:
    """The entropy of the discrete distribution that a sample came from.

    The standard error is that of the estimator over samples of the same size from the sample's own frequencies (the
    bootstrap), that of ``nsb`` the posterior's standard deviation; the interval is value ± z·standard error. It knows
    nothing of bias: from fewer outcomes than kinds, all of these are still off, the plug-in the most.

    Args:
        sample: labels or numbers, one an outcome; give either these or counts.
        counts: how often each kind came.
        method: ``plug_in``, ``miller_madow``, ``grassberger``, ``chao_shen``, ``james_stein`` or ``nsb``.
        categories: how many kinds there are, seen or not, for ``james_stein`` and ``nsb``; those seen if not given.
        base: of the logarithm; None for nats, 2 for bits.
        level: of the interval.
        resamples: how many samples the bootstrap draws, at least 2.
        rng: a NumPy generator or a seed.

    Returns:
        A `SampleEstimate`.

    Raises:
        DataError: for missing labels, fewer than two outcomes, or counts that are not whole and not negative.
        ParameterError: for an unknown method, fewer categories than were seen, a level outside (0, 1), or unless
            exactly one of sample and counts is given.

    >>> known = estimate_entropy(list("abracadabra"), method="miller_madow", base=2)
    >>> round(known.value, 4), known.low < known.value < known.high
    (2.3027, True)

    """
    seen = _seen(sample, counts)
    if method not in get_args(EntropyMethod):
        raise ParameterError(f"method {method!r} is unknown; there is {', '.join(get_args(EntropyMethod))}")
    kinds = len(seen) if categories is None else categories
    if kinds < len(seen):
        raise ParameterError(f"categories is {kinds}, but the sample holds {len(seen)} kinds")
    if resamples < 2:
        raise ParameterError(f"resamples: a standard error needs at least 2, but resamples is {resamples}")
    size = int(seen.sum())
    if method == "nsb":
        mean, deviation = _posterior(seen, kinds)
    else:
        mean = float(entropies_of_counts(seen[None], method, kinds)[0])
        drawn = np.random.default_rng(rng).multinomial(size, seen / size, resamples).astype(np.float64)
        deviation = float(entropies_of_counts(drawn, method, kinds).std(ddof=1))
    return normal_estimate(
        mean,
        deviation,
        level=level,
        base=base,
        method=method,
        size=size,
        notes=_notes(seen, method, categories),
    )


def entropies_of_counts(counts: Counts, method: EntropyMethod, categories: int) -> Values:
    """The estimates from several tables of counts over the same kinds, in nats; all methods but ``nsb``.

    >>> float(entropies_of_counts(np.array([[2.0, 2.0]]), "plug_in", 2)[0])
    0.6931471805599453
    """
    return _ESTIMATORS[method](counts, categories)


def _plug_in(counts: Counts, _categories: int) -> Values:
    p = counts / counts.sum(axis=-1, keepdims=True)
    entropies: Values = 0.0 - xlogy(p, p).sum(axis=-1)
    return entropies


def _miller_madow(counts: Counts, categories: int) -> Values:
    kinds = (counts > 0).sum(axis=-1)
    return np.asarray(_plug_in(counts, categories) + (kinds - 1) / (2 * counts.sum(axis=-1)))


def _grassberger(counts: Counts, _categories: int) -> Values:
    size = counts.sum(axis=-1)
    n = np.maximum(counts, 1.0)
    sign = np.where(n % 2 == 0, 0.5, -0.5)
    g = digamma(n) + sign * (digamma((n + 1) / 2) - digamma(n / 2))
    return np.asarray(np.log(size) - (counts * g).sum(axis=-1) / size)


def _chao_shen(counts: Counts, _categories: int) -> Values:
    size = counts.sum(axis=-1, keepdims=True)
    singles = (counts == 1).sum(axis=-1, keepdims=True)
    # If every kind came once, the coverage estimate is 0; one less single keeps it above.
    coverage = 1 - np.minimum(singles, size - 1) / size
    p = coverage * counts / size
    included = np.where(counts > 0, -np.expm1(size * np.log1p(-np.minimum(p, 1 - 1e-16))), 1.0)
    return np.asarray(0.0 - (xlogy(p, p) / included).sum(axis=-1))


def _james_stein(counts: Counts, categories: int) -> Values:
    size = counts.sum(axis=-1, keepdims=True)
    p, target = counts / size, 1 / categories
    unseen = categories - counts.shape[-1]
    distance = np.square(p - target).sum(axis=-1, keepdims=True) + unseen * target**2
    variance = (1 - np.square(p).sum(axis=-1, keepdims=True)) / (size - 1)
    share = np.where(variance >= distance, 1.0, variance / np.maximum(distance, 1e-300))
    shrunk = share * target + (1 - share) * p
    rest = unseen * xlogy(share * target, share * target)[..., 0]
    return np.asarray(0.0 - xlogy(shrunk, shrunk).sum(axis=-1) - rest)


_ESTIMATORS: dict[str, Callable[[Counts, int], Values]] = {
    "plug_in": _plug_in,
    "miller_madow": _miller_madow,
    "grassberger": _grassberger,
    "chao_shen": _chao_shen,
    "james_stein": _james_stein,
}


def _posterior(seen: Float[np.ndarray, " kinds"], categories: int) -> tuple[float, float]:
    """Mean and standard deviation of the entropy under a mixture of symmetric Dirichlet priors.

    The mixture's weight is the derivative of the prior's mean entropy ξ(β) = ψ(Kβ + 1) − ψ(β + 1) in β, so that ξ is
    spread evenly; moments given β are those of Wolpert & Wolf (1995).
    """
    if categories == 1:
        return 0.0, 0.0
    size, beta = seen.sum(), np.geomspace(1e-6, 1e4, _CONCENTRATIONS)
    alpha = np.concatenate([seen, [0.0]])[:, None] + beta
    copies = np.concatenate([np.ones(len(seen)), [categories - len(seen)]])[:, None]
    total = size + categories * beta
    evidence = (
        gammaln(categories * beta) - gammaln(total) + (copies * (gammaln(alpha) - gammaln(beta))).sum(axis=0)
    )
    spread = categories * polygamma(1, categories * beta + 1) - polygamma(1, beta + 1)
    weight = np.exp(evidence - evidence.max()) * spread * beta  # β: the grid is even in log β
    weight /= weight.sum()
    mean = digamma(total + 1) - (copies * alpha * digamma(alpha + 1)).sum(axis=0) / total
    one = digamma(alpha + 1) - digamma(total + 2)
    two = digamma(alpha + 2) - digamma(total + 2)
    curvature = polygamma(1, total + 2)
    cross = np.square((copies * alpha * one).sum(axis=0)) - (copies * np.square(alpha * one)).sum(axis=0)
    pairs = np.square(total) - (copies * np.square(alpha)).sum(axis=0)
    squares = (copies * alpha * (alpha + 1) * (np.square(two) + polygamma(1, alpha + 2) - curvature)).sum(
        axis=0
    )
    second = (cross - curvature * pairs + squares) / (total * (total + 1))
    first = float(weight @ mean)
    return first, float(np.sqrt(max(float(weight @ second) - first**2, 0.0)))


def _seen(sample: ArrayLike | None, counts: ArrayLike | None) -> Float[np.ndarray, " kinds"]:
    """The positive counts."""
    import pandas as pd

    if (sample is None) == (counts is None):
        raise ParameterError("give exactly one of sample and counts")
    if sample is not None:
        labels = label_array(sample)
        if labels.ndim != 1:
            raise DataError(f"sample: needs one outcome a row, but its shape is {labels.shape}")
        codes, _ = pd.factorize(labels)
        if (codes < 0).any():
            raise DataError(f"sample: the outcome of row {int(np.argmax(codes < 0))} is missing")
        table = np.bincount(codes).astype(np.float64)
    else:
        table = np.asarray(counts, dtype=np.float64).reshape(-1)
        if not (np.isfinite(table) & (table >= 0) & (table == np.floor(table))).all():
            raise DataError("counts: must be whole numbers that are not negative")
    if table.sum() < 2:
        raise DataError(f"an entropy is estimated from at least 2 outcomes, but there are {int(table.sum())}")
    positive: Float[np.ndarray, " kinds"] = table[table > 0]
    return positive


def _notes(seen: Float[np.ndarray, " kinds"], method: str, categories: int | None) -> tuple[str, ...]:
    notes, size, singles = [], int(seen.sum()), int((seen == 1).sum())
    if len(seen) == 1:
        notes.append("only one kind was seen, so that the bootstrap sees no variation")
    if singles == size:
        notes.append(
            "no kind came twice: the sample says next to nothing of the entropy but that it is large"
        )
    elif singles > 0.1 * size:
        notes.append(f"{singles} of {size} outcomes came once only: many kinds are probably unseen")
    if method in ("james_stein", "nsb") and categories is None:
        notes.append(
            f"the {len(seen)} kinds seen are taken for all there are; say categories= if there are more"
        )
    return tuple(notes)
