"""Exponential families: one theory, written once.

    log p(y; θ) = θ·T(y) − A(θ) + log h(y)

with natural parameters θ, sufficient statistics T, log-normalizer A and carrier h. Everything else follows:

    E[T(Y)] = ∇A(θ),  Cov[T(Y)] = ∇²A(θ),  score = T(y) − ∇A(θ),
    entropy = A(θ) − θ·∇A(θ) − E[log h(Y)],
    KL(p‖q) = A(θ_q) − A(θ_p) − (θ_q − θ_p)·∇A(θ_p)       (the Bregman divergence of A).

In the coordinates ξ that a network predicts, the chain rule with J = ∂θ/∂ξ gives score_ξ = Jᵀ(T − ∇A) and
Fisher information Jᵀ ∇²A J. A family may replace any derived form by one that keeps more digits; a generic test
holds the two equal. Barndorff-Nielsen (1978), Information and Exponential Families.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Self

import numpy as np

from mlekit.arrays import Array, sum_last, unwrap
from mlekit.distributions.distribution import Distribution

__all__ = ["ExponentialFamily"]


class ExponentialFamily(Distribution):
    """A distribution with natural parameters, sufficient statistics and a log-normalizer.

    Arrays of natural parameters and statistics have one more axis than the batch, of length d. For a Poisson,
    log p(y) = log h(y) + θ·T(y) − A(θ) with θ = log λ, T(y) = y, A(θ) = λ and h(y) = 1/y!:

    >>> from mlekit.distributions import Poisson
    >>> p = Poisson(rate=2.0)
    >>> p.natural_parameters.round(6), p.sufficient_statistics(np.array(3.0)), float(p.log_normalizer)
    (array([0.693147]), array([3.]), 2.0)
    >>> float(p.log_carrier(np.array(3.0)) + 3 * np.log(2.0) - 2.0), float(p.log_prob(3))
    (-1.712318, -1.712318)
    >>> p.expected_statistics, p.statistics_covariance
    (array([2.]), array([[2.]]))
    >>> float(p.log_normalizer - p.natural_parameters[0] * 2.0 - p.expected_log_carrier), float(p.entropy())
    (1.704883, 1.704883)

    """

    @property
    @abstractmethod
    def natural_parameters(self) -> Array:
        """θ, of shape batch_shape + (d,)."""

    @abstractmethod
    def sufficient_statistics(self, value: np.ndarray) -> Array:
        """T(y), of shape value.shape + (d,)."""

    @property
    @abstractmethod
    def log_normalizer(self) -> Array:
        """A(θ)."""

    @property
    @abstractmethod
    def expected_statistics(self) -> Array:
        """E[T(Y)] = ∇A(θ), of shape batch_shape + (d,)."""

    @property
    @abstractmethod
    def statistics_covariance(self) -> Array:
        """Cov[T(Y)] = ∇²A(θ), of shape batch_shape + (d, d)."""

    def log_carrier(self, value: np.ndarray) -> Array:
        """Log h(y); 0 unless the family says otherwise."""
        return np.zeros(np.shape(value))

    @property
    def expected_log_carrier(self) -> Array:
        """E[log h(Y)]."""
        return unwrap(np.zeros(self.batch_shape))

    @abstractmethod
    def _with_natural(self, theta: Array) -> Self:
        """The member of the same family with these natural parameters; its own are NaN where there is none."""

    @abstractmethod
    def _natural_jacobian(self) -> Array:
        """∂θ/∂ξ, of shape batch_shape + (d, k)."""

    # ---- derived ------------------------------------------------------------------------------------------

    def _log_prob(self, value: np.ndarray) -> Array:
        statistics = self.sufficient_statistics(value)
        log_prob = (
            sum_last(self.natural_parameters * statistics) - self.log_normalizer + self.log_carrier(value)
        )
        return np.where(self.support.contains(value), log_prob, -np.inf)

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        deviation = self.sufficient_statistics(value) - self.expected_statistics
        score = np.einsum("...dk,...d->...k", self._natural_jacobian(), deviation)
        return tuple(score[..., j] for j in range(score.shape[-1]))

    def _information(self) -> Array:
        jacobian = self._natural_jacobian()
        information: Array = np.einsum(
            "...dj,...de,...ek->...jk", jacobian, self.statistics_covariance, jacobian
        )
        return information

    def entropy(self) -> Array:
        """A(θ) − θ·∇A(θ) − E[log h(Y)], in nats."""
        inner = sum_last(self.natural_parameters * self.expected_statistics)
        return self.log_normalizer - inner - self.expected_log_carrier
