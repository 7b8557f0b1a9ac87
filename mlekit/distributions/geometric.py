"""Geometric(p): the number of failures before the first success, at probability p of success each time.

    log P(k) = log p + k·log(1 − p),   k = 0, 1, 2, ...

Exponential family with θ = log(1 − p) < 0, T(k) = k, A(θ) = −log(1 − exp(θ)), carrier 0. In the logit η = logit p,
log P(k) = −softplus(−η) − k·softplus(η), and the score is (1 − p) − k·p. Everything is computed from logits. (Some
texts count the trials instead of the failures: that is one more.)
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

import numpy as np
from scipy.special import expit, logit

from mlekit.arrays import Array, ArrayLike, pick, read_only, unwrap
from mlekit.distributions.counts import as_counts
from mlekit.distributions.domain import COUNTS, Interval
from mlekit.distributions.exponential import ExponentialFamily
from mlekit.distributions.fused import Fused
from mlekit.distributions.link import LOGIT
from mlekit.distributions.parameter import Parameter, numbers
from mlekit.distributions.special import log1mexp, softplus
from mlekit.errors import ParameterError

__all__ = ["Geometric"]

_POSITIVE_PROBABILITY = Interval(0.0, 1.0, high_included=True)
_PROBS = Parameter("probs", _POSITIVE_PROBABILITY, LOGIT, typical=(0.02, 0.98), coordinate_name="logits")


class Geometric(ExponentialFamily):
    """A batch of geometric distributions over 0, 1, 2, ...

    Args:
        probs: probability of success, in (0, 1].
        logits: log-odds of success instead; +inf for certainty.

    Raises:
        ParameterError: unless exactly one of the two is given, or for a value outside its domain: without any
            chance of success the first one never comes.

    >>> p = Geometric(probs=[0.5, 1.0])
    >>> p.prob(0), p.mean
    (array([0.5, 1. ]), array([1., 0.]))
    >>> float(Geometric(logits=0.0).probs)
    0.5

    """

    parameters = (_PROBS,)
    predicted = (_PROBS,)
    outcomes = COUNTS
    fused = Fused(
        "geometric", ("logits",), frozenset({"_log_prob", "_cdf", "_entropy", "_failures", "_quantile"})
    )

    def __init__(self, *, probs: ArrayLike | None = None, logits: ArrayLike | None = None) -> None:
        if (probs is None) == (logits is None):
            raise ParameterError("Geometric: give exactly one of probs and logits")
        if probs is not None:
            self._store_parameters(probs=probs)
            self._store(logits=read_only(logit(self.probs)))
        else:
            assert logits is not None
            array = numbers(logits, "logits", "Geometric")
            if np.isnan(array).any() or np.isneginf(array).any():
                raise ParameterError(
                    "Geometric: logits must be numbers or +inf, but NaN or −inf is among them"
                )
            self._store(logits=unwrap(read_only(array)))

    logits: Array

    @cached_property
    def probs(self) -> Array:
        """The probability of success."""
        return read_only(expit(self.logits))

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of the parameter."""
        return self.logits.shape

    @property
    def support(self) -> Interval:
        """0, 1, 2, ..."""
        return COUNTS

    # ---- likelihood core ----------------------------------------------------------------------------------

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        return cls._unchecked(logits=coordinates[0])

    @property
    def _log_failure(self) -> Array:
        """Log(1 − p)."""
        return -softplus(self.logits)

    def _log_prob(self, value: np.ndarray) -> Array:
        possible = COUNTS.contains(value)
        k = value if possible.all() else np.where(possible, value, 0)
        # 0·log 0 = 0: with certain success no failure comes.
        failures = pick(k == 0, 0.0, k * self._log_failure)
        log_prob = failures - softplus(-self.logits)
        return log_prob if possible.all() else np.where(possible, log_prob, -np.inf)

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        return (expit(-self.logits) - value * self.probs,)

    def _information(self) -> Array:
        return np.asarray(expit(-self.logits))[..., None, None]

    def _drift(self, value: np.ndarray) -> tuple[Array, ...]:
        return (-(value + 1) * expit(-self.logits),)

    def _coordinates(self) -> tuple[Array, ...]:
        return (self.logits,)

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        return (-np.log(weights @ value),)

    @classmethod
    def _recession(cls, value: np.ndarray, constants: Mapping[str, Any]) -> Array | None:
        # The likelihood of no failure rises for ever with the logit; that of some turns down both ways.
        upward = np.ones_like(value)
        return np.stack([upward, np.where(value > 0, -1.0, 0.0)], axis=1)[:, :, None]

    @property
    def natural_parameters(self) -> Array:
        """Log(1 − p), with an axis of length one."""
        return np.asarray(self._log_failure)[..., None]

    def sufficient_statistics(self, value: np.ndarray) -> Array:
        """The count itself."""
        return np.asarray(value, dtype=np.float64)[..., None]

    @property
    def log_normalizer(self) -> Array:
        """−log p."""
        return softplus(-self.logits)

    @property
    def expected_statistics(self) -> Array:
        """(1 − p)/p."""
        return np.asarray(self.mean)[..., None]

    @property
    def statistics_covariance(self) -> Array:
        """(1 − p)/p²."""
        return np.asarray(self.variance)[..., None, None]

    def _with_natural(self, theta: Array) -> Self:
        log_failure = np.where(theta[..., 0] < 0, theta[..., 0], np.nan)
        return self._unchecked(logits=log1mexp(log_failure) - log_failure)

    def _natural_jacobian(self) -> Array:
        return -np.asarray(self.probs)[..., None, None]

    # ---- distribution functions ---------------------------------------------------------------------------

    def _log_sf(self, value: np.ndarray) -> Array:
        # P(K > k) = (1 − p)^(k + 1).
        trials = np.floor(value) + 1
        return pick(trials <= 0, 0.0, np.maximum(trials, 1) * self._log_failure)

    def _cdf(self, value: np.ndarray) -> Array:
        cdf: Array = -np.expm1(self._log_sf(value))
        return cdf

    def _log_cdf(self, value: np.ndarray) -> Array:
        return np.where(value < 0, -np.inf, log1mexp(self._log_sf(value)))

    def _quantile(self, level: np.ndarray) -> Array:
        certain = np.isneginf(self._log_failure)
        k = np.where(certain, 0, np.maximum(np.ceil(np.log1p(-level) / self._log_failure) - 1, 0))
        # Rounding of the quotient may miss a neighbour: the cdf itself decides.
        k = k - ((k > 0) & (self._said("_cdf", np.asarray(k - 1)) >= level))
        return np.asarray(k + (self._said("_cdf", np.asarray(k)) < level))

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def mean(self) -> Array:
        """(1 − p)/p, the odds of failure."""
        return np.exp(-self.logits)

    @property
    def variance(self) -> Array:
        """(1 − p)/p²."""
        with np.errstate(over="ignore"):
            return self.mean * (1 + self.mean)

    @property
    def mode(self) -> Array:
        """0."""
        return unwrap(np.zeros(self.batch_shape))

    def entropy(self) -> Array:
        """(−p·log p − (1 − p)·log(1 − p))/p, in nats.

        >>> float(Geometric(probs=0.5).entropy())
        1.3862943611198906
        """
        return self._answer(type(self)._entropy)

    def _entropy(self) -> Array:
        with np.errstate(invalid="ignore"):
            failures = np.where(self.mean == 0, 0.0, self.mean * softplus(self.logits))
        return unwrap(softplus(-self.logits) + failures)

    def _failures(self, level: np.ndarray) -> Array:
        """How many failures there are in an exponential wait whose distribution function has that level."""
        return np.asarray(np.floor(np.log1p(-level) / self._log_failure))

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        return as_counts(self._of_uniform("_failures", shape, rng))

    def _columns(self) -> dict[Any, Array]:
        return {"probs": self.probs}
