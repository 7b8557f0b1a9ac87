"""Bernoulli(p): one yes-or-no outcome.

    log p(y) = y·log p + (1 − y)·log(1 − p) = −softplus((1 − 2y)·η),   η = logit p,   y ∈ {0, 1}

Exponential family with θ = η, T(y) = y, A(θ) = softplus(θ). Its negative log-likelihood is binary cross-entropy
and its score in η is y − p. Everything is computed from logits; probabilities are derived.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from mlekit.arrays import Array, ArrayLike, Labels, pick, read_only, unwrap
from mlekit.distributions.domain import PROBABILITY, Interval
from mlekit.distributions.exponential import ExponentialFamily
from mlekit.distributions.fused import Fused
from mlekit.distributions.link import LOGIT
from mlekit.distributions.parameter import Parameter, numbers
from mlekit.distributions.special import softplus
from mlekit.distributions.target import binary_target, refuse_single_class
from mlekit.errors import ParameterError

__all__ = ["Bernoulli"]

_PROBS = Parameter("probs", PROBABILITY, LOGIT, typical=(0.01, 0.99), coordinate_name="logits")
_OUTCOMES = Interval(0.0, 1.0, low_included=True, high_included=True, integer=True)


class Bernoulli(ExponentialFamily):
    """A batch of Bernoulli distributions over {0, 1} (or {False, True}).

    Args:
        probs: P(Y = 1), in [0, 1].
        logits: log-odds log(p/(1 − p)) instead; ±inf for certainty.

    Raises:
        ParameterError: unless exactly one of the two is given, or for a value outside its domain.

    >>> p = Bernoulli(probs=[0.2, 0.5])
    >>> p.log_prob([1, 0])
    array([-1.60943791, -0.69314718])
    >>> Bernoulli(logits=[-1000.0, 0.0]).probs
    array([0. , 0.5])
    >>> float(Bernoulli(probs=1.0).log_prob(0))
    -inf

    """

    parameters = (_PROBS,)
    outcomes = _OUTCOMES
    predicted = (_PROBS,)
    labelled = True
    # No kernel of the distribution function: quantiles ask this one, to the last bit.
    fused = Fused("bernoulli", ("logits",), frozenset({"_log_prob", "_entropy"}), score=True)

    def __init__(self, *, probs: ArrayLike | None = None, logits: ArrayLike | None = None) -> None:
        if (probs is None) == (logits is None):
            raise ParameterError("Bernoulli: give exactly one of probs and logits")
        if probs is not None:
            self._store_parameters(probs=probs)
            self._store(logits=read_only(logit(self.probs)))
        else:
            assert logits is not None
            array = numbers(logits, "logits", "Bernoulli")
            if np.isnan(array).any():
                raise ParameterError("Bernoulli: logits must be numbers or ±inf, but NaN is among them")
            self._store(logits=unwrap(read_only(array)))

    logits: Array

    @cached_property
    def probs(self) -> Array:
        """P(Y = 1)."""
        return read_only(expit(self.logits))

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of the parameter."""
        return self.logits.shape

    @property
    def support(self) -> Interval:
        """{0, 1}."""
        return _OUTCOMES

    # ---- likelihood core ----------------------------------------------------------------------------------

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        return cls._unchecked(logits=coordinates[0])

    def _log_prob(self, value: np.ndarray) -> Array:
        log_prob = -softplus((1 - 2 * value) * self.logits)
        possible = (value == 0) | (value == 1)
        return log_prob if possible.all() else np.where(possible, log_prob, -np.inf)

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        return (value - self.probs,)

    def _information(self) -> Array:
        return self.statistics_covariance

    def _drift(self, value: np.ndarray) -> tuple[Array, ...]:
        return ((1 - value) * self.probs,)

    def _coordinates(self) -> tuple[Array, ...]:
        return (self.logits,)

    @classmethod
    def _learn_constants(cls, target: pd.DataFrame, constants: Mapping[str, Any]) -> dict[str, Any]:
        for j in range(target.shape[1]):
            refuse_single_class(
                binary_target(target.iloc[:, [j]], cls.__name__), target.columns[j], cls.__name__
            )
        return dict(constants)

    @classmethod
    def _encode(cls, target: pd.DataFrame, constants: Mapping[str, Any]) -> np.ndarray:
        return binary_target(target, cls.__name__)

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        return (logit(weights @ value),)

    @classmethod
    def _recession(cls, value: np.ndarray, constants: Mapping[str, Any]) -> Array | None:
        return (2 * value - 1)[:, None, None]

    @classmethod
    def _loss_name(cls, fixed: frozenset[str]) -> str:
        return "binary cross-entropy"

    @property
    def natural_parameters(self) -> Array:
        """The logits, with an axis of length one."""
        return np.asarray(self.logits)[..., None]

    def sufficient_statistics(self, value: np.ndarray) -> Array:
        """The outcome itself."""
        return np.asarray(value)[..., None]

    @property
    def log_normalizer(self) -> Array:
        """Softplus of the logits."""
        return softplus(self.logits)

    @property
    def expected_statistics(self) -> Array:
        """The probability p of a one."""
        return np.asarray(self.probs)[..., None]

    @property
    def statistics_covariance(self) -> Array:
        """p(1 − p)."""
        return np.asarray(self.variance)[..., None, None]

    def _with_natural(self, theta: Array) -> Self:
        return self._unchecked(logits=theta[..., 0])

    def _natural_jacobian(self) -> Array:
        return np.ones((*self.batch_shape, 1, 1))

    # ---- distribution functions ---------------------------------------------------------------------------

    def _cdf(self, value: np.ndarray) -> Array:
        return pick(value < 0, 0.0, pick(value >= 1, 1.0, expit(-self.logits)))

    def _log_cdf(self, value: np.ndarray) -> Array:
        at_zero = np.where(value >= 1, 0.0, -softplus(self.logits))
        return np.where(value < 0, -np.inf, at_zero)

    def _log_sf(self, value: np.ndarray) -> Array:
        at_zero = np.where(value >= 1, -np.inf, -softplus(-self.logits))
        return np.where(value < 0, 0.0, at_zero)

    def _quantile(self, level: np.ndarray) -> np.ndarray:
        return np.asarray(level > expit(-self.logits)).astype(np.int64)

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def mean(self) -> Array:
        """The probability p of a one."""
        return self.probs

    @property
    def variance(self) -> Array:
        """p(1 − p), computed from both tails so that it keeps its digits near 0 and 1."""
        return self.probs * expit(-self.logits)

    @property
    def mode(self) -> Labels:
        """1 where p > 1/2, else 0."""
        return unwrap(np.where(np.asarray(self.logits) > 0, 1, 0))

    def entropy(self) -> Array:
        """−p·log p − (1 − p)·log(1 − p), in nats; 0 for a certain outcome.

        >>> float(Bernoulli(probs=0.5).entropy())
        0.6931471805599453
        """
        return self._answer(type(self)._entropy)

    def _entropy(self) -> Array:
        size = np.abs(self.logits)
        rest = expit(-size)
        # With t = |logit|: softplus(−t) + t·expit(−t); the product is 0 in the limit of certainty.
        return unwrap(softplus(-size) + rest * np.where(rest == 0, 0.0, size))

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        return np.asarray(rng.random(shape) < self.probs).astype(np.int64)

    def _columns(self) -> dict[Any, Array]:
        return {"probs": self.probs}
