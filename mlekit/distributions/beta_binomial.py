"""BetaBinomial(n, α, β): successes in n trials whose probability of success varies itself, as Beta(α, β).

    log P(k) = log n!/(k!·(n − k)!) + log B(k + α, n − k + β) − log B(α, β),   k = 0, 1, ..., n

A predictor aims at the mean m = α/(α + β) of the probability and at the precision φ = α + β; φ → ∞ is
Binomial(n, m). Given their sum n, two negative binomial counts of means n·m and n·(1 − m) and dispersions 1/α
and 1/β are split like this, so that

    P(k) = NB(k; n·m, 1/α)·NB(n − k; n·(1 − m), 1/β) / NB(n; n, 1/φ),

each of which is computed without cancellation. Sums over the n + 1 outcomes give distribution function, entropy and
Fisher information; their cost grows with n. Skellam (1948); Prentice (1986).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
from scipy.special import expit

from mlekit.arrays import Array, ArrayLike, unwrap
from mlekit.distributions.beta import Beta
from mlekit.distributions.binomial import Binomial
from mlekit.distributions.digamma import log_minus_digamma
from mlekit.distributions.domain import POSITIVE, PROBABILITY
from mlekit.distributions.fused import Fused
from mlekit.distributions.link import LOG, LOGIT
from mlekit.distributions.negative_binomial import NegativeBinomial
from mlekit.distributions.parameter import Parameter
from mlekit.distributions.summation import whole_sum
from mlekit.distributions.trials import TRIALS, SuccessCount, trials_of

__all__ = ["BetaBinomial"]

_ALPHA = Parameter("alpha", POSITIVE, LOG, typical=(0.2, 20.0))
_BETA = Parameter("beta", POSITIVE, LOG, typical=(0.2, 20.0))
_MEAN = Parameter("mean", PROBABILITY, LOGIT, typical=(0.05, 0.95))
_PRECISION = Parameter("precision", POSITIVE, LOG, typical=(0.5, 50.0))


class BetaBinomial(SuccessCount):
    """A batch of beta-binomial distributions over 0, 1, ..., trials.

    In a fit the trials are a constant, ``BetaBinomial.family(trials=10)``, or come from the data: from a column,
    ``BetaBinomial.family(trials="asked")``, or with successes and failures on the left of the formula,
    ``"successes + failures ~ x"``. Predictions are then of a single trial.
    The predicted ``mean`` is that of the probability of success; the expected count is trials times that.

    Args:
        trials: how many trials, a whole number.
        alpha: first parameter of the beta distribution of the probability of success, positive.
        beta: second parameter, positive.

    Raises:
        ParameterError: for trials that are no whole number, or parameters that are not positive.

    >>> BetaBinomial(trials=2, alpha=1.0, beta=1.0).prob([0, 1, 2])
    array([0.33333333, 0.33333333, 0.33333333])
    >>> float(BetaBinomial(trials=2, alpha=1.0, beta=3.0).precision)
    4.0

    """

    parameters = (TRIALS, _ALPHA, _BETA)
    predicted = (_MEAN, _PRECISION)
    fused = Fused("beta_binomial", ("trials", "alpha", "beta"), frozenset({"_log_prob"}))

    def __init__(self, *, trials: ArrayLike, alpha: ArrayLike, beta: ArrayLike) -> None:
        self._store_parameters(trials=trials, alpha=alpha, beta=beta)

    alpha: Array
    beta: Array

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """What the parameters broadcast to."""
        return np.broadcast_shapes(self.trials.shape, self.alpha.shape, self.beta.shape)

    @property
    def precision(self) -> Array:
        """α + β."""
        return self.alpha + self.beta

    # ---- likelihood core ----------------------------------------------------------------------------------

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        logits, log_precision = coordinates
        precision = np.exp(log_precision)
        alpha, beta = precision * expit(logits), precision * expit(-logits)
        trials = np.asarray(trials_of(constants), dtype=alpha.dtype)
        return cls._unchecked(trials=np.broadcast_to(trials, alpha.shape), alpha=alpha, beta=beta)

    def _counts(self) -> tuple[NegativeBinomial, NegativeBinomial, NegativeBinomial]:
        """The negative binomial counts of successes, of failures, and of both."""
        share = self.trials / self.precision
        make = NegativeBinomial._unchecked
        return (
            make(mean=self.alpha * share, dispersion=1 / self.alpha),
            make(mean=self.beta * share, dispersion=1 / self.beta),
            make(mean=self.trials, dispersion=1 / self.precision),
        )

    def _log_prob(self, value: np.ndarray) -> Array:
        possible = self.support.contains(value)
        if possible.all():
            return self._log_mass(value)
        return np.where(possible, self._log_mass(np.where(possible, value, 0)), -np.inf)

    def _log_mass(self, k: np.ndarray) -> Array:
        successes, failures, both = self._counts()
        all_trials = np.asarray(self.trials)
        split = successes._log_mass(k) + failures._log_mass(np.asarray(all_trials - k))
        return split - both._log_mass(all_trials)

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        all_trials = np.asarray(self.trials)
        misses = np.asarray(all_trials - value)
        # ψ(k + a) − ψ(a), whose sum over k trials is what each outcome teaches about a.
        of_alpha = np.log1p(value / self.alpha) + _lag(self.alpha, value)
        of_beta = np.log1p(misses / self.beta) + _lag(self.beta, misses)
        of_mean = self.alpha * (self.beta / self.precision) * (of_alpha - of_beta)
        successes, failures, both = self._counts()
        of_dispersion = successes._score(value)[1] + failures._score(misses)[1] - both._score(all_trials)[1]
        return of_mean, -of_dispersion

    def _information(self) -> Array:
        information = np.zeros((*self.batch_shape, 2, 2))
        for i, j in ((0, 0), (0, 1), (1, 1)):

            def product(p: Self, k: Array, _: Array, i: int = i, j: int = j) -> Array:
                score = p._score(k)
                return score[i] * score[j]

            information[..., i, j] = information[..., j, i] = self._expectation(product)
        return information

    def _curvature(self, value: np.ndarray) -> Array:
        # The square of what was seen stands in for its expectation, a sum over outcomes for every row.
        score = np.stack(np.broadcast_arrays(*self._score(value)), axis=-1)
        return np.asarray(score[..., :, None] * score[..., None, :])

    def _coordinates(self) -> tuple[Array, ...]:
        logits = np.broadcast_to(np.log(self.alpha / self.beta), self.batch_shape)
        return logits, np.log(self.precision)

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        successes, trials = value[..., 0], value[..., 1]
        mean = (weights @ successes) / (weights @ trials)
        binomial = mean * (1 - mean)
        excess = weights @ np.square(successes - trials * mean) - (weights @ trials) * binomial
        # The correlation of two trials of a row is 1/(precision + 1); single trials do not show it.
        correlation = excess / ((weights @ (trials * (trials - 1))) * binomial)
        correlation = np.clip(np.nan_to_num(correlation, nan=0.0), 1e-4, 0.99)
        return np.log(mean) - np.log1p(-mean), np.log(1 / correlation - 1)

    @classmethod
    def _recession(cls, value: np.ndarray, constants: Mapping[str, Any]) -> Array | None:
        # As for Binomial, at a precision that stays.
        successes, trials = value[:, 0], value[:, 1]
        nothing = np.zeros_like(successes)
        of_mean = np.stack([1.0 * (successes > 0), -1.0 * (successes < trials), nothing, nothing], axis=1)
        of_precision = np.stack([nothing, nothing, nothing + 1, nothing - 1], axis=1)
        return np.stack([of_mean, of_precision], axis=2)

    # ---- distribution functions ---------------------------------------------------------------------------

    def _sum(
        self, function: Callable[[Self, np.ndarray, np.ndarray], Array], low: np.ndarray, high: np.ndarray
    ) -> Array:
        """Σ_{k=low}^{high} function(p, k, rows) for every element of what the batch and the bounds broadcast to."""
        shape = np.broadcast_shapes(self.batch_shape, np.shape(low), np.shape(high))
        flat = self._elements(shape, slice(None))
        first, last = (np.broadcast_to(bound, shape).reshape(-1) for bound in (low, high))
        total = whole_sum(
            lambda rows, k: function(
                flat._elements(first.shape, rows), np.minimum(k, flat.trials[rows]), rows
            ),
            first,
            last,
        )
        return total.reshape(shape)

    def _lower(self, k: np.ndarray) -> Array:
        return np.minimum(self._mass(np.zeros_like(k), k), 1.0)

    def _upper(self, k: np.ndarray) -> Array:
        return np.minimum(self._mass(np.asarray(k + 1), np.asarray(self.trials)), 1.0)

    def _mass(self, low: np.ndarray, high: np.ndarray) -> Array:
        """P(low ≤ Y ≤ high)."""
        return self._sum(lambda p, at, _: np.exp(p._log_mass(at)), low, high)

    def _ratio(self, k: np.ndarray, low: np.ndarray, high: np.ndarray) -> Array:
        shape = np.broadcast_shapes(self.batch_shape, k.shape)
        peak = np.broadcast_to(self._log_mass(k), shape).reshape(-1)
        return np.log(self._sum(lambda p, at, rows: np.exp(p._log_mass(at) - peak[rows]), low, high))

    def _log_lower_ratio(self, k: np.ndarray) -> Array:
        return self._ratio(k, np.zeros_like(k), k)

    def _log_upper_ratio(self, k: np.ndarray) -> Array:
        return self._ratio(k, k, np.asarray(self.trials))

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def mean(self) -> Array:
        """n·α/(α + β)."""
        return self.trials * (self.alpha / self.precision)

    @property
    def variance(self) -> Array:
        """n·m·(1 − m)·(φ + n)/(φ + 1)."""
        spread = (self.precision + self.trials) / (self.precision + 1)
        return self.mean * (self.beta / self.precision) * spread

    @property
    def _skewness(self) -> Array:
        lean = (self.beta - self.alpha) / (self.precision + 2) * (self.precision + 2 * self.trials)
        return lean / (self.std * (self.precision + 1)) * (1 + 1 / self.precision)

    @property
    def mode(self) -> Array:
        """The likeliest outcome: an end unless α and β exceed 1."""
        a, b = np.broadcast_arrays(self.alpha, self.beta)
        inner = np.floor((self.trials + 1) * ((a - 1) / np.where(a + b > 2, a + b - 2, 1.0)))
        end = np.where(a < b, 0.0, self.trials)
        return unwrap(np.where((a > 1) & (b > 1), np.clip(inner, 0.0, self.trials), end))

    def entropy(self) -> Array:
        """−E[log P(K)] in nats, by summation.

        >>> round(float(BetaBinomial(trials=3, alpha=1.0, beta=1.0).entropy()), 6)  # log 4
        1.386294
        """
        with np.errstate(all="ignore"):
            return unwrap(self._expectation(lambda _, __, log_prob: -log_prob))

    def _expectation(self, function: Callable[[Self, Array, Array], Array]) -> Array:
        """E[function(p, K, log p(K))] for every element."""

        def term(p: Self, k: np.ndarray, _: np.ndarray) -> Array:
            log_prob = p._log_mass(k)
            return np.where(np.isfinite(log_prob), np.exp(log_prob) * function(p, k, log_prob), 0.0)

        return self._sum(term, np.zeros(self.batch_shape), np.asarray(self.trials))

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        probs = Beta._unchecked(alpha=self.alpha, beta=self.beta)._sample(shape, rng)
        return Binomial._unchecked(trials=self.trials, probs=probs, _failure_probs=1 - probs)._sample(
            shape, rng
        )


def _lag(a: Array, k: np.ndarray) -> Array:
    return log_minus_digamma(a) - log_minus_digamma(a + k)
