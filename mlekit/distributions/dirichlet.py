"""Dirichlet(α₁ … α_K): proportions x₁ … x_K > 0 that sum to one, such as shares of a budget or of a mixture.

    log p(x) = Σ_k (α_k − 1)·log x_k − log B(α),   log B(α) = Σ_k log Γ(α_k) − log Γ(n),   n = Σ_k α_k

a density in any K − 1 of the coordinates. Exponential family with θ = α, T(x) = log x, A(α) = log B(α), carrier
−Σ log x. The mean is m = α/n; n is the precision. With ℓ(k) = log k! − (k·log k − k) and d(x, μ) = x·log(x/μ) + μ − x
the density is

    log p(x) = ℓ(n) − log n − Σ_k [d(α_k, n·x_k) + ℓ(α_k) − log α_k + log x_k] + n·(Σ x_k − 1),

whose terms stay small where those of the definition cancel, at precisions of 1e8 as well; what rounding has left of
Σ x_k − 1 is summed with all digits. Score and information are in the coordinates log α_k:

    α_k·[log(x_k/m_k) + (log α_k − ψ(α_k)) − (log n − ψ(n))],   α_k·([k = l]·ψ'(α_k) − ψ'(n))·α_l.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import digamma

from mlekit.arrays import Array, ArrayLike, sum_last, unwrap
from mlekit.distributions.beta import Beta
from mlekit.distributions.digamma import log_minus_digamma, trigamma_excess
from mlekit.distributions.domain import POSITIVE, PROBABILITY, Interval, Vectors
from mlekit.distributions.exponential import ExponentialFamily
from mlekit.distributions.factorials import deviance, log_factorial_excess
from mlekit.distributions.link import LOG
from mlekit.distributions.multivariate import Multivariate
from mlekit.distributions.parameter import Parameter
from mlekit.distributions.special import log_softmax
from mlekit.distributions.target import first_row
from mlekit.errors import ParameterError, TargetError

__all__ = ["Dirichlet"]

_CONCENTRATION = Parameter("concentration", POSITIVE, LOG, typical=(-0.5, 2.5), axes=1)
_OPEN = Interval(0.0, 1.0)
_SUM_TOLERANCE = 1e-6
_LARGEST_PRECISION = 1e14
_STEPS = 100
_SMALL_PRECISION = 64.0


class Dirichlet(Multivariate, ExponentialFamily):
    """A batch of distributions of proportions.

    Args:
        concentration: α, positive, the last axis over the K ≥ 2 proportions; all equal to 1 it is uniform.

    Raises:
        ParameterError: for a concentration that is not positive, NaN, infinities, or fewer than two of them.

    >>> p = Dirichlet(concentration=[2.0, 3.0, 5.0])
    >>> p.mean, round(float(p.log_prob([0.2, 0.3, 0.5])), 6)
    (array([0.2, 0.3, 0.5]), 2.140654)
    >>> p.event_shape, float(p.precision)
    ((3,), 10.0)

    """

    parameters = (_CONCENTRATION,)
    predicted = (_CONCENTRATION,)
    outcomes = _OPEN

    def __init__(self, *, concentration: ArrayLike) -> None:
        self._store_parameters(concentration=concentration)
        if np.ndim(self.concentration) == 0 or self.concentration.shape[-1] < 2:
            raise ParameterError("Dirichlet: concentration needs a last axis over at least two proportions")

    concentration: Array

    @property
    def precision(self) -> Array:
        """Σ α."""
        return sum_last(self.concentration)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of the concentration without its last axis."""
        return self.concentration.shape[:-1]

    @property
    def event_shape(self) -> tuple[int, ...]:
        """The number of proportions, ``(K,)``."""
        return self.concentration.shape[-1:]

    @property
    def support(self) -> Vectors:
        """Proportions that sum to one; the edges, where one is 0, as limits where the density may be infinite."""
        return Vectors(PROBABILITY, self.event_shape, total=1.0)

    # ---- likelihood core ----------------------------------------------------------------------------------

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        return cls._unchecked(concentration=np.exp(coordinates[0]))

    def _log_prob(self, value: np.ndarray) -> Array:
        alpha, n = self.concentration, self.precision
        possible = self.support.contains(value)
        if np.all(n < _SMALL_PRECISION) and np.all(possible) and value.min(initial=1.0) > 0:
            # Nothing cancels yet, and the definition is the fastest form.
            return sum_last((alpha - 1) * np.log(value)) - self.log_normalizer
        inside = value > 0
        x = np.where(inside, value, 1.0) if not inside.all() else value
        own = (
            deviance(alpha, np.asarray(n)[..., None] * x)
            + log_factorial_excess(alpha)
            - np.log(alpha)
            + np.log(x)
        )
        if not inside.all():
            # At 0 a power is 0⁰ or worse; of 0⁰ all but −log n is gone from the term above.
            limit = np.where(alpha < 1, -np.inf, np.where(alpha > 1, np.inf, -np.log(n)[..., None]))
            own = np.where(inside, own, limit)
        log_prob = log_factorial_excess(n) - np.log(n) - sum_last(own) + n * _excess_over_one(value)
        return (
            np.where(possible & ~np.isnan(log_prob), log_prob, -np.inf) if not np.all(possible) else log_prob
        )

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        return (self._score_of(np.log(value / self._mean)),)

    def _score_of(self, log_ratio: Array) -> Array:
        """The score at log(x/m)."""
        n = np.asarray(self.precision)[..., None]
        own = log_minus_digamma(self.concentration) - log_minus_digamma(n)
        return np.asarray(self.concentration * (log_ratio + own))

    def _information(self) -> Array:
        alpha, n = self.concentration, np.asarray(self.precision)[..., None]
        shared = (1 + trigamma_excess(n)) / n
        information: Array = -(alpha * shared)[..., :, None] * alpha[..., None, :]
        places = np.arange(alpha.shape[-1])
        rest = alpha * (self._others / n)
        information[..., places, places] = (
            rest + alpha * trigamma_excess(alpha) - alpha * (alpha / n) * trigamma_excess(n)
        )
        return information

    @property
    def _others(self) -> Array:
        """Σ of all α but one's own, which beside a large α keeps its digits."""
        apart = 1.0 - np.eye(self.event_shape[0], dtype=self.concentration.dtype)
        return np.asarray(self.concentration @ apart)

    @classmethod
    def _learn_constants(cls, target: pd.DataFrame, constants: Mapping[str, Any]) -> dict[str, Any]:
        if target.shape[1] < 2:
            raise TargetError(
                f"{cls.__name__} needs a column for each proportion, as in 'sand + silt + clay ~ depth', but the "
                f"target is {list(target.columns)}; Beta takes one proportion"
            )
        return {"size": target.shape[1]}

    @classmethod
    def _widths(cls, constants: Mapping[str, Any]) -> tuple[int | None, ...]:
        return (constants["size"],)

    @classmethod
    def _encode(cls, target: pd.DataFrame, constants: Mapping[str, Any]) -> np.ndarray:
        values = super()._encode(target, constants)
        sums = values.sum(axis=1)
        off = np.abs(sums - 1) > _SUM_TOLERANCE
        if off.any():
            raise TargetError(
                f"the proportions {list(target.columns)} sum to {sums[np.argmax(off)]:.9g} at {first_row(target, off)}"
                "; those of a row sum to 1: divide by the sum if that is what you mean"
            )
        return values

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        """Fisher scoring from the precision that the mean variance says, a factor e a step at most."""
        mean, statistics = weights @ value, weights @ np.log(value)
        variance = (weights @ np.square(value - mean)).sum()
        precision = np.clip((mean * (1 - mean)).sum() / variance - 1, 0.1, _LARGEST_PRECISION)
        xi = np.log(mean * precision)
        for _ in range(_STEPS):
            batch = cls._from_coordinates(xi)
            gradient = batch._score_of(statistics - np.log(batch._mean))
            step = np.linalg.solve(batch._information(), gradient)
            xi = xi + np.clip(step, -1, 1)
            if np.exp(xi).sum() > _LARGEST_PRECISION:
                return (np.full_like(xi, np.inf),)
            if (np.abs(step) < 1e-9).all():
                break
        return (xi,)

    @property
    def natural_parameters(self) -> Array:
        """α."""
        return self.concentration

    def sufficient_statistics(self, value: np.ndarray) -> Array:
        """Log x."""
        return np.asarray(np.log(value))

    @property
    def log_normalizer(self) -> Array:
        """Log B(α)."""
        alpha, n = self.concentration, self.precision
        own = log_factorial_excess(alpha) + (alpha - 1) * np.log(alpha) - alpha
        return np.asarray(sum_last(own) - (log_factorial_excess(n) + (n - 1) * np.log(n) - n))

    @property
    def expected_statistics(self) -> Array:
        """ψ(α) − ψ(n)."""
        return np.asarray(digamma(self.concentration) - digamma(self.precision)[..., None])

    @property
    def statistics_covariance(self) -> Array:
        """diag(ψ'(α)) − ψ'(n)."""
        steps = self.concentration
        return np.asarray(self._information() / (steps[..., :, None] * steps[..., None, :]))

    def log_carrier(self, value: np.ndarray) -> Array:
        """−Σ log x."""
        return np.asarray(-sum_last(np.log(value)))

    @property
    def expected_log_carrier(self) -> Array:
        """K·ψ(n) − Σ ψ(α)."""
        return np.asarray(-sum_last(self.expected_statistics))

    def _with_natural(self, theta: Array) -> Self:
        exists = np.asarray((theta > 0).all(axis=-1))[..., None]
        return self._unchecked(concentration=np.where(exists, theta, np.nan))

    def _natural_jacobian(self) -> Array:
        return self.concentration[..., :, None] * np.eye(self.event_shape[0])

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def _mean(self) -> Array:
        return self.concentration / np.asarray(self.precision)[..., None]

    @property
    def mean(self) -> Array:
        """α/n."""
        return self._mean

    @property
    def variance(self) -> Array:
        """m·(1 − m)/(n + 1)."""
        n = np.asarray(self.precision)[..., None]
        return np.asarray(self._mean * (self._others / n) / (n + 1))

    @property
    def covariance(self) -> Array:
        """(diag(m) − m mᵀ)/(n + 1)."""
        n = np.asarray(self.precision)[..., None, None]
        matrix: Array = -self._mean[..., :, None] * self._mean[..., None, :] / (n + 1)
        places = np.arange(self.event_shape[0])
        matrix[..., places, places] = self.variance
        return matrix

    @property
    def mode(self) -> Array:
        """(α − 1)/(n − K) over the proportions with α > 1, the others 0; of none the corner of the greatest α.

        The center, where all α are 1.
        """
        alpha = self.concentration
        excess = np.maximum(alpha - 1, 0.0)
        total = np.asarray(sum_last(excess))[..., None]
        corner = np.arange(self.event_shape[0]) == np.argmax(alpha, axis=-1)[..., None]
        uniform = (alpha == 1).all(axis=-1)[..., None]
        without = np.where(uniform, 1 / self.event_shape[0], np.where(corner, 1.0, 0.0))
        with np.errstate(invalid="ignore"):
            return np.where(total > 0, excess / total, without)

    def entropy(self) -> Array:
        """Log B(α) + (n − K)·ψ(n) − Σ (α_k − 1)·ψ(α_k), in nats, without its cancellation.

        >>> round(float(Dirichlet(concentration=[1.0, 1.0, 1.0]).entropy()), 6)  # −log 2
        -0.693147
        """
        alpha, n, size = self.concentration, self.precision, self.event_shape[0]
        own = log_factorial_excess(alpha) + (alpha - 1) * log_minus_digamma(alpha)
        whole = log_factorial_excess(n) + (n - size) * log_minus_digamma(n)
        return unwrap(np.asarray(sum_last(own) - whole - (size - 1) * np.log(n)))

    def coordinate(self, index: int) -> Beta:
        """One proportion: Beta of its α and the sum of the others.

        >>> Dirichlet(concentration=[2.0, 3.0, 5.0]).coordinate(0)
        Beta(alpha=2, beta=8)
        """
        return Beta(alpha=self.concentration[..., index], beta=self._others[..., index])

    # ---- sampling -----------------------------------------------------------------------------------------

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        full = shape + self.event_shape
        # Of Gamma(α) the logarithm, from Gamma(α + 1) and a power of a uniform number: nothing underflows.
        log_gamma = np.log(rng.standard_gamma(self.concentration + 1, full))
        log_gamma = log_gamma - rng.standard_exponential(full) / self.concentration
        return log_softmax(log_gamma)[1]


def _excess_over_one(value: np.ndarray) -> Array:
    """Σ over the last axis, less 1, as if with twice the digits (Neumaier 1974)."""
    total, lost = (
        np.full(value.shape[:-1], -1.0, dtype=value.dtype),
        np.zeros(value.shape[:-1], dtype=value.dtype),
    )
    for k in range(value.shape[-1]):
        part = value[..., k]
        added = total + part
        lost = lost + np.where(np.abs(total) >= np.abs(part), (total - added) + part, (part - added) + total)
        total = added
    return np.asarray(total + lost)
