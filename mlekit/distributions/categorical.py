"""Categorical(p₁ … p_K): one of K labels.

    log p(c) = η_c − log Σ_k exp(η_k)

Exponential family with T(y) = one-hot(y) (not minimal: adding a constant to all logits changes nothing),
A(η) = log Σ exp η. Its negative log-likelihood is cross-entropy and its score in η is one-hot(y) − p. The labels
are kept: strings, numbers, booleans, whatever the data held, in the order given.

Inside, an outcome is either an integer code (−1 for a label that is not among the categories) or a row of K
numbers t, the weight of each category: one-hot answers, soft labels or counts, with log p(t) = Σ_c t_c·log p_c.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd

from mlekit.arrays import Array, ArrayLike, Labels, read_only, sum_last
from mlekit.distributions.answers import encode_categories, learn_categories
from mlekit.distributions.domain import FiniteSet
from mlekit.distributions.exponential import ExponentialFamily
from mlekit.distributions.fused import Fused
from mlekit.distributions.labels import codes_of
from mlekit.distributions.probabilities import LOGITS, PROBS, checked_probabilities
from mlekit.distributions.special import log_softmax, logsumexp
from mlekit.errors import SupportError

__all__ = ["Categorical"]


class Categorical(ExponentialFamily):
    """A batch of distributions over K labels.

    Args:
        probs: probabilities, the last axis over the categories; each row sums to one within 1e-9.
        logits: unnormalized log-probabilities instead; −inf for what cannot happen.
        categories: the K labels, in order; ``0 … K−1`` if not given.

    Raises:
        ParameterError: unless exactly one of probs and logits is given, for rows that do not sum to one,
            and for labels that repeat or are not K.

    >>> typed = Categorical.from_dict({"random": 0.5, "radon": 0.25, "radom": 0.25})
    >>> float(typed.prob("radon")), typed.mode
    (0.25, 'random')
    >>> typed.probs, typed.log_probs.round(6)
    (array([0.5 , 0.25, 0.25]), array([-0.693147, -1.386294, -1.386294]))

    """

    parameters = (PROBS,)
    predicted = (LOGITS,)
    labelled = True
    joint = True
    constants = frozenset({"categories"})
    fused = Fused("categorical", (), frozenset(), score=True)

    def __init__(
        self,
        *,
        probs: ArrayLike | None = None,
        logits: ArrayLike | None = None,
        categories: ArrayLike | None = None,
    ) -> None:
        self._store(**checked_probabilities("Categorical", probs, logits, categories))

    logits: Array
    categories: Labels

    @classmethod
    def from_dict(cls, probabilities: Mapping[Any, float]) -> Self:
        """A single distribution from a mapping of label to probability.

        Args:
            probabilities: label to probability; they sum to one.

        >>> Categorical.from_dict({"yes": 0.75, "no": 0.25}).categories
        array(['yes', 'no'], dtype=object)

        """
        return cls(probs=list(probabilities.values()), categories=list(probabilities))

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
        """The shape of the logits without their last axis."""
        return self.logits.shape[:-1]

    @property
    def support(self) -> FiniteSet:
        """The categories."""
        return FiniteSet(self.categories)

    def _read(self, value: ArrayLike) -> np.ndarray:
        return codes_of(value, self.categories)

    # ---- likelihood core ----------------------------------------------------------------------------------

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        return cls._unchecked(logits=coordinates[0], categories=constants["categories"])

    def _log_prob(self, value: np.ndarray) -> Array:
        if value.dtype.kind == "f":
            # 0·log 0 = 0: a category that got no weight may be impossible.
            return sum_last(np.where(value == 0, 0.0, value * self.log_probs))
        return self._at_codes(self.log_probs, value, outside=-np.inf)

    @staticmethod
    def _at_codes(table: Array, codes: np.ndarray, outside: float) -> Array:
        # Code −1 picks the last category, and is then put right.
        picked = table[(*np.indices(table.shape[:-1], sparse=True), codes)]
        unknown = codes < 0
        return np.where(unknown, outside, picked) if unknown.any() else picked

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        if value.dtype.kind == "f":
            return (value - value.sum(axis=-1, keepdims=True) * self.probs,)
        return (_onehot(value, len(self.categories)) - self.probs,)

    def _information(self) -> Array:
        return self.statistics_covariance

    @classmethod
    def _learn_constants(cls, target: pd.DataFrame, constants: Mapping[str, Any]) -> dict[str, Any]:
        return {"categories": learn_categories(target, constants.get("categories"))}

    @classmethod
    def _widths(cls, constants: Mapping[str, Any]) -> tuple[int | None, ...]:
        return (len(constants["categories"]),)

    @classmethod
    def _coordinate_labels(cls, name: str, constants: Mapping[str, Any]) -> list[Any] | None:
        return list(constants["categories"].tolist())

    @classmethod
    def _encode(cls, target: pd.DataFrame, constants: Mapping[str, Any]) -> np.ndarray:
        return encode_categories(target, constants["categories"])

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        totals = weights @ value if value.dtype.kind == "f" else np.bincount(value, weights=weights)
        return (np.log(totals),)

    @classmethod
    def _recession(cls, value: np.ndarray, constants: Mapping[str, Any]) -> Array | None:
        # For every class c that has weight in the row: η_c − η_k must not fall, for all k.
        k = len(constants["categories"])
        present = value > 0 if value.dtype.kind == "f" else value[:, None] == np.arange(k)
        differences = np.eye(k)[:, None, :] - np.eye(k)
        return (present[:, :, None, None] * differences).reshape(len(value), k * k, k)

    @classmethod
    def _loss_name(cls, fixed: frozenset[str]) -> str:
        return "cross-entropy"

    @property
    def natural_parameters(self) -> Array:
        """The logits."""
        return self.logits

    def sufficient_statistics(self, value: np.ndarray) -> Array:
        """One-hot rows of the codes."""
        return _onehot(value, len(self.categories)).astype(self.logits.dtype)

    @property
    def log_normalizer(self) -> Array:
        """Log Σ exp(logits)."""
        return logsumexp(self.logits)[..., 0]

    @property
    def expected_statistics(self) -> Array:
        """The probabilities."""
        return self.probs

    @property
    def statistics_covariance(self) -> Array:
        """diag(p) − p pᵀ."""
        p = self.probs
        return p[..., :, None] * np.eye(p.shape[-1]) - p[..., :, None] * p[..., None, :]

    def _with_natural(self, theta: Array) -> Self:
        return self._unchecked(logits=theta, categories=self.categories)

    def _natural_jacobian(self) -> Array:
        k = len(self.categories)
        return np.broadcast_to(np.eye(k), (*self.batch_shape, k, k))

    # ---- distribution functions, in the order of the categories -------------------------------------------

    def _cdf(self, value: np.ndarray) -> Array:
        return self._at_codes(
            np.minimum(np.cumsum(self.probs, axis=-1), 1.0), self._known(value), outside=0.0
        )

    def _log_cdf(self, value: np.ndarray) -> Array:
        cumulative = np.logaddexp.accumulate(self.log_probs, axis=-1)
        return self._at_codes(np.minimum(cumulative, 0.0), self._known(value), outside=-np.inf)

    def _log_sf(self, value: np.ndarray) -> Array:
        backward = np.logaddexp.accumulate(self.log_probs[..., ::-1], axis=-1)[..., ::-1]
        impossible = np.full((*self.batch_shape, 1), -np.inf)
        after = np.concatenate([np.minimum(backward[..., 1:], 0.0), impossible], axis=-1)
        return self._at_codes(after, self._known(value), outside=0.0)

    def _known(self, codes: np.ndarray) -> np.ndarray:
        if (codes < 0).any():
            raise SupportError(
                f"Categorical: a label outside the categories {self.support} has no place in their order"
            )
        return codes

    def _quantile(self, level: np.ndarray) -> Any:
        reached = np.cumsum(self.probs, axis=-1) >= np.asarray(level)[..., None] * (1 - 4e-16)
        reached[..., -1] = True
        return self.categories[np.argmax(reached, axis=-1)]

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def _numeric_categories(self) -> Array:
        try:
            return self.categories.astype(np.float64)
        except (TypeError, ValueError):
            raise self._cannot(f"have moments: its categories {self.support} are not numbers") from None

    @property
    def mean(self) -> Array:
        """Σ p_c·c, for categories that are numbers; a `SupportError` otherwise."""
        return self.probs @ self._numeric_categories

    @property
    def variance(self) -> Array:
        """Σ p_c·(c − mean)², for categories that are numbers; a `SupportError` otherwise."""
        deviations = self._numeric_categories - np.asarray(self.mean)[..., None]
        return sum_last(self.probs * np.square(deviations))

    @property
    def mode(self) -> Any:
        """The likeliest label; the first of those that tie."""
        return self.categories[np.argmax(self.logits, axis=-1)]

    def entropy(self) -> Array:
        """−Σ p_c·log p_c, in nats; 0·log 0 = 0.

        >>> float(Categorical(probs=[0.5, 0.5, 0.0]).entropy())
        0.6931471805599453
        """
        return 0.0 - sum_last(self.probs * np.where(self.probs > 0, self.log_probs, 0.0))

    # ---- sampling and output ------------------------------------------------------------------------------

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        cumulative = np.cumsum(self.probs, axis=-1)
        cumulative /= cumulative[..., -1:]
        uniform = rng.random(shape)
        if cumulative.ndim == 1:
            return self.categories[np.searchsorted(cumulative, uniform, side="right")]
        return self.categories[(uniform[..., None] >= cumulative).sum(axis=-1)]

    def _columns(self) -> dict[Any, Array]:
        return {label: self.probs[..., k] for k, label in enumerate(self.categories.tolist())}

    def __repr__(self) -> str:
        if self.batch_shape:
            return f"Categorical(batch_shape={self.batch_shape}, categories={self.categories.tolist()})"
        return "Categorical(" + ", ".join(f"{k!r}: {float(v):.6g}" for k, v in self._columns().items()) + ")"


def _onehot(codes: np.ndarray, count: int) -> np.ndarray:
    return np.asarray(np.asarray(codes)[..., None] == np.arange(count))
