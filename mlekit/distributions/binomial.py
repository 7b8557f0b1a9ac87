"""Binomial(n, p): the number of successes in n independent trials, each with probability p.

    log P(k) = log n!/(k!·(n − k)!) + k·log p + (n − k)·log(1 − p),   k = 0, 1, ..., n

Exponential family for a given n, with θ = η = logit p, T(k) = k, A(θ) = n·softplus(θ), carrier log n!/(k!(n − k)!).
Its score in η is k − n·p. Masses are computed as −D(k, np) − D(n − k, n(1 − p)) + F(n) − F(k) − F(n − k), with
D(k, m) = k·log(k/m) + m − k and F(k) = log k! − k·log k + k, which keeps its digits at 1e9 trials.
Loader (2000), Fast and Accurate Computation of Binomial Probabilities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Self

import numpy as np
from scipy.special import expit, logit

from mlekit.arrays import Array, ArrayLike, read_only, split, unwrap
from mlekit.distributions.counts import FEW, as_counts, summed, transformed
from mlekit.distributions.domain import PROBABILITY
from mlekit.distributions.exponential import ExponentialFamily
from mlekit.distributions.factorials import deviance, log_factorial_excess
from mlekit.distributions.fused import TAILS, Fused
from mlekit.distributions.incomplete import lower_beta
from mlekit.distributions.link import LOGIT
from mlekit.distributions.parameter import Parameter, numbers
from mlekit.distributions.special import softplus
from mlekit.distributions.summation import count_sum
from mlekit.distributions.tails import log_upper_ratio
from mlekit.distributions.trials import TRIALS, SuccessCount, trials_of
from mlekit.errors import ParameterError

__all__ = ["Binomial"]

_PROBS = Parameter("probs", PROBABILITY, LOGIT, typical=(0.01, 0.99), coordinate_name="logits")
# From this variance on the masses beyond 12 standard deviations, or at an end, are less than 1e-30 in all.
_BELL, _STDS = 200.0, 12.0
_LIKELIEST = 1.01 / np.sqrt(2 * np.pi)


class Binomial(SuccessCount, ExponentialFamily):
    """A batch of binomial distributions over 0, 1, ..., trials.

    In a fit the trials are a constant, ``Binomial.family(trials=10)``, or come from the data: from a column,
    ``Binomial.family(trials="asked")``, or with successes and failures on the left of the formula,
    ``"successes + failures ~ x"``. Predictions are then of a single trial.

    Args:
        trials: how many trials, a whole number.
        probs: probability of success, in [0, 1].
        logits: log-odds of success instead; ±inf for certainty.

    Raises:
        ParameterError: unless exactly one of probs and logits is given, or for a value outside its domain.

    >>> p = Binomial(trials=[3, 1_000_000_000], probs=0.5)
    >>> p.log_prob([0, 500_000_000])
    array([ -2.07944154, -10.58742427])
    >>> float(Binomial(trials=3, logits=0.0).probs)
    0.5

    """

    parameters = (TRIALS, _PROBS)
    predicted = (_PROBS,)
    fused = Fused(
        "binomial", ("trials", "probs", "_failure_probs"), frozenset({"_log_prob", "_proposal", *TAILS})
    )

    def __init__(
        self, *, trials: ArrayLike, probs: ArrayLike | None = None, logits: ArrayLike | None = None
    ) -> None:
        if (probs is None) == (logits is None):
            raise ParameterError("Binomial: give exactly one of probs and logits")
        if probs is not None:
            self._store_parameters(trials=trials, probs=probs)
            self._store(logits=read_only(logit(self.probs)))
        else:
            assert logits is not None
            array = numbers(logits, "logits", "Binomial")
            if np.isnan(array).any():
                raise ParameterError("Binomial: logits must be numbers or ±inf, but NaN is among them")
            self._store_parameters(trials=trials, probs=expit(array))
            self._store(logits=unwrap(read_only(array)))

    logits: Array

    @cached_property
    def probs(self) -> Array:
        """The probability of success."""
        return read_only(expit(self.logits))

    @cached_property
    def _failure_probs(self) -> Array:
        return read_only(expit(-self.logits))

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """What trials and probabilities broadcast to."""
        return np.broadcast_shapes(self.trials.shape, self.logits.shape)

    # ---- likelihood core ----------------------------------------------------------------------------------

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        logits = coordinates[0]
        trials = np.asarray(trials_of(constants), dtype=logits.dtype)
        shape = np.broadcast_shapes(trials.shape, logits.shape)
        return cls._unchecked(trials=np.broadcast_to(trials, shape), logits=logits)

    def _log_prob(self, value: np.ndarray) -> Array:
        possible = self.support.contains(value)
        if possible.all():
            return self._log_mass(value)
        return np.where(possible, self._log_mass(np.where(possible, value, 0)), -np.inf)

    def _log_mass(self, k: np.ndarray) -> Array:
        """Log P(k), and what lies smoothly between for k that are not whole."""
        failures = np.asarray(self.trials - k)
        below_peak = deviance(k, self.trials * self.probs)
        below_peak = below_peak + deviance(failures, self.trials * self._failure_probs)
        return log_factorial_excess(self.trials) - (
            below_peak + log_factorial_excess(k) + log_factorial_excess(failures)
        )

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        return (value * self._failure_probs - (self.trials - value) * self.probs,)

    def _information(self) -> Array:
        return self.statistics_covariance

    def _drift(self, value: np.ndarray) -> tuple[Array, ...]:
        return ((self.trials - value) * self.probs,)

    def _coordinates(self) -> tuple[Array, ...]:
        return (np.broadcast_to(self.logits, self.batch_shape),)

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        successes, trials = value[..., 0], value[..., 1]
        return (np.log(weights @ successes) - np.log(weights @ (trials - successes)),)

    @classmethod
    def _recession(cls, value: np.ndarray, constants: Mapping[str, Any]) -> Array | None:
        # Any success forbids that the logit falls for ever, any failure that it rises.
        successes, trials = value[:, 0], value[:, 1]
        return np.stack([1.0 * (successes > 0), -1.0 * (successes < trials)], axis=1)[:, :, None]

    @classmethod
    def _loss_name(cls, fixed: frozenset[str]) -> str:
        return "binomial deviance"

    @property
    def natural_parameters(self) -> Array:
        """The logits, with an axis of length one."""
        return np.broadcast_to(self.logits, self.batch_shape)[..., None]

    def sufficient_statistics(self, value: np.ndarray) -> Array:
        """The count itself."""
        return np.asarray(value, dtype=np.float64)[..., None]

    @property
    def log_normalizer(self) -> Array:
        """n·softplus(η)."""
        return self.trials * softplus(self.logits)

    @property
    def expected_statistics(self) -> Array:
        """n·p."""
        return np.asarray(self.mean)[..., None]

    @property
    def statistics_covariance(self) -> Array:
        """n·p·(1 − p)."""
        return np.asarray(self.variance)[..., None, None]

    def log_carrier(self, value: np.ndarray) -> Array:
        """Log n!/(k!·(n − k)!), as log P(k) at p = 1/2 less n·log ½."""
        fair = Binomial._unchecked(trials=self.trials, logits=np.zeros_like(self.trials))
        log_carrier: Array = fair._log_prob(value) + self.trials * np.log(2.0)
        return log_carrier

    @property
    def expected_log_carrier(self) -> Array:
        """E[log n!/(K!·(n − K)!)], from the entropy."""
        return self.log_normalizer - self.logits * self.mean - self.entropy()

    def _with_natural(self, theta: Array) -> Self:
        logits = theta[..., 0]
        return self._unchecked(trials=np.broadcast_to(self.trials, logits.shape), logits=logits)

    def _natural_jacobian(self) -> Array:
        return np.ones((*self.batch_shape, 1, 1))

    # ---- distribution functions ---------------------------------------------------------------------------

    def _lower(self, k: np.ndarray) -> Array:
        return lower_beta(
            np.maximum(self.trials - k, 1.0), np.asarray(k + 1), self._failure_probs, self.probs
        )

    def _upper(self, k: np.ndarray) -> Array:
        return lower_beta(
            np.asarray(k + 1), np.maximum(self.trials - k, 1.0), self.probs, self._failure_probs
        )

    def _log_lower_ratio(self, k: np.ndarray) -> Array:
        # At most k successes are at least n − k failures.
        return log_upper_ratio(
            np.asarray(self.trials - k), self.trials * self._failure_probs, -1 / self.trials
        )

    def _log_upper_ratio(self, k: np.ndarray) -> Array:
        return log_upper_ratio(k, self.trials * self.probs, -1 / self.trials)

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def mean(self) -> Array:
        """n·p."""
        return self.trials * self.probs

    @property
    def variance(self) -> Array:
        """n·p·(1 − p)."""
        return self.trials * self.probs * self._failure_probs

    @property
    def _skewness(self) -> Array:
        return (self._failure_probs - self.probs) / self.std

    @property
    def mode(self) -> Array:
        """⌊(n + 1)·p⌋, at most n."""
        return np.minimum(np.floor((self.trials + 1) * self.probs), self.trials)

    def entropy(self) -> Array:
        """−E[log P(K)] in nats, by summation; no closed form exists.

        >>> round(float(Binomial(trials=2, probs=0.5).entropy()), 6)  # 1.5·log 2
        1.039721
        """
        with np.errstate(all="ignore"):
            return unwrap(self._expectation(lambda log_prob, *_: -log_prob))

    def _expectation(self, function: Callable[[Array, Array, Array], Array]) -> Array:
        """E[f(log P(K), mean, K)] for a smooth f, by summation."""
        flat = self._elements(self.batch_shape, slice(None))
        mean, std, trials = flat.mean, flat.std, flat.trials
        bell = flat.variance > _BELL
        low = np.maximum(np.floor(mean - _STDS * std - 30), 0.0)
        high = np.minimum(np.ceil(mean + _STDS * std + 30), trials)

        def term(rows: np.ndarray, k: Array) -> Array:
            k = np.minimum(k, trials[rows])
            log_prob = flat._elements(mean.shape, rows)._log_mass(k)
            return np.where(np.isfinite(log_prob), np.exp(log_prob) * function(log_prob, mean[rows], k), 0.0)

        return count_sum(term, low, high, std, bell).reshape(self.batch_shape)

    def _proposal(self, first: np.ndarray, second: np.ndarray) -> Array:
        """By transformed rejection, few counts by the sums of their probabilities; Hörmann (1993).

        Successes, or failures if these are rarer.
        """
        p, q = np.minimum(self.probs, self._failure_probs), np.maximum(self.probs, self._failure_probs)
        rarer = split(self.trials * p < FEW, _few, _many, self.trials, p, q, first, second)
        return np.where(self.probs <= self._failure_probs, rarer, self.trials - rarer)

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        return as_counts(self._of_uniform("_proposal", shape, rng, 2))

    def _columns(self) -> dict[Any, Array]:
        return {"trials": self.trials, "probs": self.probs}


def _few(trials: Array, p: Array, q: Array, level: np.ndarray, _: np.ndarray) -> Array:
    odds = p / q
    counts = summed(level, np.exp(trials * np.log1p(-p)), lambda k: (trials + 1) * odds / k - odds)
    return np.minimum(counts, trials)


def _many(trials: Array, p: Array, q: Array, first: np.ndarray, second: np.ndarray) -> Array:
    mean = trials * p
    b = 1.15 + 2.53 * np.sqrt(mean * q)
    k, hat = transformed(first, 0.0248 * b + 0.01 * p - 0.0873, b, mean + 0.5)
    held = np.clip(k, 0, trials)
    below_peak = deviance(held, mean) + deviance(trials - held, trials * q)
    log_mass = log_factorial_excess(trials) - below_peak
    log_mass = log_mass - log_factorial_excess(held) - log_factorial_excess(trials - held)
    # The likeliest count has no more than 1.01 times the greatest density of a normal number as spread.
    top = (2.83 + 5.1 / b) * _LIKELIEST
    return np.where((k >= 0) & (k <= trials) & (np.log(second * top / hat) <= log_mass), k, np.nan)
