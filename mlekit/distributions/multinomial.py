"""Multinomial(n; p₁ … p_K): how often each of K categories comes up among n independent trials.

    log P(t) = log n!/(t₁! … t_K!) + Σ_k t_k·log p_k,   t_k = 0, 1, ... with Σ t_k = n

Exponential family with T(t) = t, θ = the logits η (not minimal: adding a constant to all changes nothing),
A(η) = n·log Σ exp η, h(t) = n!/(t₁! … t_K!). It is the distribution of the counts of n answers, each `Categorical`,
and its likelihood is theirs times the multinomial coefficient. Log-masses are computed as how far they lie below the
peak,

    log P(t) = ℓ(n) − Σ_k [d(t_k, n·p_k) + ℓ(t_k)],   d(x, μ) = x·log(x/μ) + μ − x ≥ 0,   ℓ(k) = log k! − (k·log k − k),

which loses no digits at counts of 1e9 either (Loader 2000).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd

from mlekit.arrays import Array, ArrayLike, Labels, read_only, sum_last, unwrap
from mlekit.distributions.binomial import Binomial
from mlekit.distributions.categorical import Categorical
from mlekit.distributions.domain import COUNTS, Vectors
from mlekit.distributions.exponential import ExponentialFamily
from mlekit.distributions.factorials import deviance, log_factorial_excess
from mlekit.distributions.labels import as_labels
from mlekit.distributions.multivariate import Multivariate
from mlekit.distributions.probabilities import LOGITS, PROBS, checked_probabilities
from mlekit.distributions.special import log1mexp, log_softmax, logsumexp
from mlekit.distributions.target import first_row
from mlekit.distributions.trials import TRIALS
from mlekit.errors import ParameterError, TargetError

__all__ = ["Multinomial"]


class Multinomial(Multivariate, ExponentialFamily):
    """A batch of distributions of counts by category.

    Args:
        trials: how many answers are counted, a whole number ≥ 0.
        probs: probabilities, the last axis over the categories; each row sums to one within 1e-9.
        logits: unnormalized log-probabilities instead; −inf for what cannot happen.
        categories: the K labels, in order; ``0 … K−1`` if not given.

    In a fit the target's columns are the categories, the trials the sums of rows; a prediction speaks of one trial,
    unless the trials are held fixed.

    Raises:
        ParameterError: unless exactly one of probs and logits is given, for rows that do not sum to one, labels that
            repeat or are not K, and shapes that do not broadcast.

    >>> p = Multinomial(trials=3, probs=[0.5, 0.25, 0.25])
    >>> round(float(p.prob([1, 1, 1])), 6)
    0.1875
    >>> p.mean, p.mode
    (array([1.5 , 0.75, 0.75]), array([2., 1., 0.]))
    >>> p.probs, p.log_probs.round(6)
    (array([0.5 , 0.25, 0.25]), array([-0.693147, -1.386294, -1.386294]))

    """

    parameters = (TRIALS, PROBS)
    predicted = (LOGITS,)
    constants = frozenset({"trials", "categories"})
    outcomes = COUNTS

    def __init__(
        self,
        *,
        trials: ArrayLike,
        probs: ArrayLike | None = None,
        logits: ArrayLike | None = None,
        categories: ArrayLike | None = None,
    ) -> None:
        fields = checked_probabilities("Multinomial", probs, logits, categories)
        counted = TRIALS.validate(trials, "Multinomial")
        try:
            np.broadcast_shapes(counted.shape, fields["logits"].shape[:-1])
        except ValueError:
            raise ParameterError(
                f"Multinomial: shapes do not broadcast together: trials {counted.shape}, {fields['logits'].shape[:-1]} "
                "of the probabilities without their last axis"
            ) from None
        self._store(trials=counted, **fields)

    trials: Array
    logits: Array
    categories: Labels

    @cached_property
    def log_probs(self) -> Array:
        """Log p of every category, on the last axis."""
        return self._softmax[0]

    @cached_property
    def probs(self) -> Array:
        """The probability of every category, on the last axis."""
        return self._softmax[1]

    @cached_property
    def _softmax(self) -> tuple[Array, Array]:
        log_probs, probs = log_softmax(self.logits)
        return read_only(log_probs), read_only(probs)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """What trials, and the probabilities without their last axis, broadcast to."""
        return np.broadcast_shapes(self.trials.shape, self.logits.shape[:-1])

    @property
    def event_shape(self) -> tuple[int, ...]:
        """The number of categories, ``(K,)``."""
        return self.logits.shape[-1:]

    @property
    def support(self) -> Vectors:
        """Counts that sum to the trials."""
        return Vectors(COUNTS, self.event_shape, total=self.trials)

    # ---- likelihood core ----------------------------------------------------------------------------------

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        logits = coordinates[0]
        trials = np.asarray(constants.get("trials", 1.0), dtype=logits.dtype)
        return cls._unchecked(
            trials=np.broadcast_to(trials, logits.shape[:-1]),
            logits=logits,
            categories=constants["categories"],
        )

    @property
    def _expected(self) -> Array:
        """n·p."""
        return np.asarray(self.trials)[..., None] * self.probs

    def _log_prob(self, value: np.ndarray) -> Array:
        possible = self.support.contains(value)
        counts = value if np.all(possible) else np.where(np.asarray(possible)[..., None], value, 0)
        below_peak = sum_last(deviance(counts, self._expected) + log_factorial_excess(counts))
        return np.where(possible, log_factorial_excess(self.trials) - below_peak, -np.inf)

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        return (value - self._expected,)

    def _information(self) -> Array:
        return self.statistics_covariance

    @classmethod
    def _learn_constants(cls, target: pd.DataFrame, constants: Mapping[str, Any]) -> dict[str, Any]:
        if target.shape[1] < 2:
            raise TargetError(
                f"{cls.__name__} needs a column of counts for each category, as in 'red + green + blue ~ x', but the "
                f"target is {list(target.columns)}; Categorical takes one column of labels"
            )
        learned: dict[str, Any] = {}
        if "trials" in constants:
            trials = TRIALS.validate(constants["trials"], cls.__name__)
            if trials.ndim:
                raise ParameterError(
                    f"{cls.__name__}: trials must be one number for all rows, but has shape {trials.shape}"
                )
            learned["trials"] = float(trials)
        declared = constants.get("categories", [str(name) for name in target.columns])
        return {**learned, "categories": as_labels(declared, target.shape[1], cls.__name__)}

    @classmethod
    def _widths(cls, constants: Mapping[str, Any]) -> tuple[int | None, ...]:
        return (len(constants["categories"]),)

    @classmethod
    def _coordinate_labels(cls, name: str, constants: Mapping[str, Any]) -> list[Any] | None:
        return list(constants["categories"].tolist())

    @classmethod
    def _encode(cls, target: pd.DataFrame, constants: Mapping[str, Any]) -> np.ndarray:
        counts = super()._encode(target, constants)
        if "trials" in constants:
            sums = counts.sum(axis=1)
            off = sums != constants["trials"]
            if off.any():
                raise TargetError(
                    f"the counts {list(target.columns)} sum to {sums[np.argmax(off)]:g} at {first_row(target, off)}, "
                    f"but the trials are held fixed at {constants['trials']:g}; leave them out to take the sums of rows"
                )
        return counts

    @classmethod
    def _given(cls, value: np.ndarray) -> tuple[dict[str, Any], np.ndarray]:
        return {"trials": value.sum(axis=-1)}, value

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        return (np.log(weights @ value),)

    @classmethod
    def _recession(cls, value: np.ndarray, constants: Mapping[str, Any]) -> Array | None:
        return Categorical._recession(value, constants)

    @classmethod
    def _loss_name(cls, fixed: frozenset[str]) -> str:
        return "multinomial deviance"

    @property
    def natural_parameters(self) -> Array:
        """The logits."""
        return np.broadcast_to(self.logits, self.batch_shape + self.event_shape)

    def sufficient_statistics(self, value: np.ndarray) -> Array:
        """The counts themselves."""
        return np.asarray(value, dtype=np.float64)

    @property
    def log_normalizer(self) -> Array:
        """n·log Σ exp(logits)."""
        return self.trials * logsumexp(self.logits)[..., 0]

    @property
    def expected_statistics(self) -> Array:
        """n·p."""
        return self.mean

    @property
    def statistics_covariance(self) -> Array:
        """n·(diag(p) − p pᵀ)."""
        return self.covariance

    def log_carrier(self, value: np.ndarray) -> Array:
        """Log n!/(t₁! … t_K!), as log P(t) at equal probabilities less n·log 1/K."""
        fair = Multinomial._unchecked(
            trials=self.trials, logits=np.zeros_like(self.logits), categories=self.categories
        )
        log_carrier: Array = fair._log_prob(value) + self.trials * np.log(self.event_shape[0])
        return log_carrier

    @property
    def expected_log_carrier(self) -> Array:
        """E[log h(T)], from the entropy."""
        products = np.where(self.mean == 0, 0.0, self.logits * self.mean)
        return self.log_normalizer - sum_last(products) - self.entropy()

    def _with_natural(self, theta: Array) -> Self:
        trials = np.broadcast_to(self.trials, theta.shape[:-1])
        return self._unchecked(trials=trials, logits=theta, categories=self.categories)

    def _natural_jacobian(self) -> Array:
        size = self.event_shape[0]
        return np.broadcast_to(np.eye(size), (*self.batch_shape, size, size))

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def mean(self) -> Array:
        """n·p."""
        return np.broadcast_to(self._expected, self.batch_shape + self.event_shape)

    @property
    def _failure_probs(self) -> Array:
        return -np.expm1(self.log_probs)

    @property
    def variance(self) -> Array:
        """n·p·(1 − p)."""
        return np.broadcast_to(self._expected * self._failure_probs, self.batch_shape + self.event_shape)

    @property
    def covariance(self) -> Array:
        """n·(diag(p) − p pᵀ)."""
        matrix = -self._expected[..., :, None] * self.probs[..., None, :]
        places = np.arange(self.event_shape[0])
        matrix[..., places, places] = self.variance
        return np.broadcast_to(matrix, self.batch_shape + 2 * self.event_shape)

    @property
    def mode(self) -> Array:
        """The likeliest counts: from ⌊n·p⌋ up, each further answer to the category where p/(t + 1) is greatest.

        No mode lies below ⌊n·p⌋ (Finucan 1964, The mode of a multinomial distribution), and the log-mass is concave in
        each count, so that the greedy choice is the best one; fewer than K answers are left to be dealt out.
        """
        counts = np.array(np.floor(self.mean * (1 - 1e-14)))
        left = np.asarray(self.trials - counts.sum(axis=-1))
        with np.errstate(divide="ignore"):
            while (left > 0).any():
                best = np.argmax(self.log_probs - np.log(counts + 1), axis=-1)[..., None]
                added = np.asarray(left > 0)[..., None] * (np.arange(self.event_shape[0]) == best)
                counts, left = counts + added, left - added.any(axis=-1)
        return counts

    def entropy(self) -> Array:
        """−E[log P(T)] in nats: by sums over the counts of single categories, which are binomial, so exact.

        >>> round(float(Multinomial(trials=2, probs=[0.5, 0.5]).entropy()), 6)  # 1.5·log 2
        1.039721
        """
        trials = np.broadcast_to(np.asarray(self.trials)[..., None], self.batch_shape + self.event_shape)
        logits = np.broadcast_to(self._log_odds, self.batch_shape + self.event_shape)
        counts = Binomial._unchecked(trials=trials, logits=logits)

        def below_peak(_: Array, mean: Array, k: Array) -> Array:
            return deviance(k, mean) + log_factorial_excess(k)

        with np.errstate(all="ignore"):
            total = sum_last(counts._expectation(below_peak))
            return unwrap(np.asarray(total - log_factorial_excess(self.trials)))

    @property
    def _log_odds(self) -> Array:
        """Log p/(1 − p) of each category against all others."""
        with np.errstate(all="ignore"):
            return np.where(self.log_probs == 0, np.inf, self.log_probs - log1mexp(self.log_probs))

    def coordinate(self, index: int) -> Binomial:
        """The counts of one category: binomial.

        >>> Multinomial(trials=3, probs=[0.5, 0.25, 0.25]).coordinate(0)
        Binomial(trials=3, probs=0.5)
        """
        return Binomial(trials=self.trials, logits=self._log_odds[..., index])

    # ---- sampling and output ------------------------------------------------------------------------------

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        probs = self.probs / sum_last(self.probs)[..., None]
        return np.asarray(rng.multinomial(self.trials.astype(np.int64), probs, shape))

    def _columns(self) -> dict[Any, Array]:
        labels = self.categories.tolist()
        return {
            "trials": self.trials,
            **{f"probs[{label}]": self.probs[..., k] for k, label in enumerate(labels)},
        }
