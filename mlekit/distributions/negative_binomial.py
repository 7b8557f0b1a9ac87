"""NegativeBinomial(μ, α): counts that vary more than Poisson counts, since their rate varies itself.

    log p(k) = log Γ(k + r)/(Γ(r)·k!) + r·log(r/(r + μ)) + k·log(μ/(r + μ)),   r = 1/α,   k = 0, 1, 2, ...

The variance is μ + α·μ²; α → 0 is Poisson(μ), α = 1 is geometric. A Poisson count whose rate is Gamma
distributed with mean μ and shape r. With ρ = (1 + α·k)/(1 + α·μ), t = ρ − 1, Stirling's error δ and the deviance
D(k, m) = k·log(k/m) + m − k, masses are computed as

    −D(k, μ·ρ) − (t − log ρ)/α − ½·log(1 + α·k) − (δ(r) − δ(r + k)) − (log k! − k·log k + k),

which keeps its digits at counts of 1e9 and is Poisson's form for α = 0. The score in log μ is (k − μ)/(1 + α·μ), in
log α it is r·(t − log ρ − g(r) + g(r + k)) with g(x) = log x − ψ(x). The two are uncorrelated; the
information on log α is a sum over outcomes. Hilbe (2011), Negative Binomial Regression.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
from scipy.special import pdtr

from mlekit.arrays import Array, ArrayLike, BoolArray, unwrap
from mlekit.distributions.counts import CountDistribution
from mlekit.distributions.digamma import log_minus_digamma
from mlekit.distributions.domain import COUNTS, Interval
from mlekit.distributions.factorials import deviance_by, log_excess, log_factorial_excess, stirling_error
from mlekit.distributions.fused import TAILS, Fused
from mlekit.distributions.gamma import Gamma
from mlekit.distributions.incomplete import lower_beta, lower_gamma
from mlekit.distributions.link import LOG
from mlekit.distributions.parameter import Parameter
from mlekit.distributions.poisson import Poisson
from mlekit.distributions.summation import count_sum
from mlekit.distributions.tails import log_lower_ratio, log_upper_ratio

__all__ = ["NegativeBinomial"]

_NOT_NEGATIVE = Interval(0.0, np.inf, low_included=True)
_MEAN = Parameter("mean", _NOT_NEGATIVE, LOG, typical=(0.1, 100.0))
_DISPERSION = Parameter("dispersion", _NOT_NEGATIVE, LOG, typical=(0.02, 5.0))
# Of α·(k + 1 + μ)²: below, the logarithms of all probabilities are Poisson's to rounding.
_AS_POISSON = 1e-15
# The sum over outcomes: masses this far out are less than 1e-20; a bell has next to none at zero.
_STDS, _DECAYS, _BELL_DISPERSION = 12.0, 45.0, 1 / 16

_LAST_SUMMED = 4e307


class NegativeBinomial(CountDistribution):
    """A batch of negative binomial distributions over 0, 1, 2, ...

    Args:
        mean: the expected count, not negative.
        dispersion: α in variance = mean + α·mean², not negative; 0 is a Poisson distribution.

    Raises:
        ParameterError: for values that are negative, NaN or infinite, or shapes that do not broadcast.

    >>> p = NegativeBinomial(mean=4.0, dispersion=[0.0, 0.5])
    >>> p.variance
    array([ 4., 12.])
    >>> p.log_prob(3)
    array([-1.63287639, -2.02732554])

    """

    parameters = (_MEAN, _DISPERSION)
    predicted = (_MEAN, _DISPERSION)
    outcomes = COUNTS
    fused = Fused("negative_binomial", ("mean", "dispersion"), frozenset({"_log_prob", *TAILS}))

    def __init__(self, *, mean: ArrayLike, dispersion: ArrayLike) -> None:
        self._store_parameters(mean=mean, dispersion=dispersion)

    dispersion: Array
    # The information on the dispersion is a sum over outcomes for every row: not where it is held fixed.
    mean_only: bool = False

    @property
    def mean(self) -> Array:
        """μ."""
        return unwrap(np.broadcast_to(self.__dict__["mean"], self.batch_shape))

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """What mean and dispersion broadcast to."""
        return np.broadcast_shapes(self.__dict__["mean"].shape, self.dispersion.shape)

    @property
    def support(self) -> Interval:
        """0, 1, 2, ..."""
        return COUNTS

    # ---- likelihood core ----------------------------------------------------------------------------------

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        log_mean, log_dispersion = coordinates
        return cls._unchecked(mean=np.exp(log_mean), dispersion=np.exp(log_dispersion))

    def _log_prob(self, value: np.ndarray) -> Array:
        possible = COUNTS.contains(value)
        # From where sums overflow, a straight line.
        counts = value if possible.all() else np.where(possible, value, 0)
        held = np.asarray(np.minimum(counts, value.dtype.type(_LAST_SUMMED)))
        log_prob = self._log_mass(held)
        beyond = np.asarray(value > held)
        if beyond.any():
            fall = (value - held) * np.log1p(1 / (self.dispersion * self.mean))
            log_prob = np.where(beyond, log_prob - fall, log_prob)
        return log_prob if possible.all() else np.where(possible, log_prob, -np.inf)

    def _log_mass(self, k: np.ndarray) -> Array:
        """Log p(k), and what lies smoothly between for k that are not whole."""
        ratio, share, gap = self._ratios_and_gap(k)
        shape = 1 / self.dispersion
        below_peak = (
            deviance_by(k, self.mean * ratio, (self.mean - k) * share) + gap + log_factorial_excess(k)
        )
        growth, skew = self.dispersion * k, stirling_error(shape) - stirling_error(shape + k)
        logarithm = np.log1p(growth)
        if np.isinf(growth).any():
            logarithm = np.where(np.isinf(growth), np.log(self.dispersion) + np.log(k), logarithm)
        log_mass: Array = -below_peak - skew - 0.5 * logarithm
        return log_mass

    def _ratios_and_gap(self, k: np.ndarray) -> tuple[Array, Array, Array]:
        """ρ, 1/(1 + α·m), and (t − log ρ)/α, whose limit is 0 at α = 0."""
        # Ratios of 1/α + k instead of 1 + α·k, which would overflow first.
        one, factor = np.minimum(1, 1 / self.dispersion), np.minimum(self.dispersion, 1)
        scale = one + factor * self.mean
        ratio = (one + factor * k) / scale
        gap = log_excess(factor * (k - self.mean) / scale, ratio) / self.dispersion
        return ratio, one / scale, np.where(self.dispersion > 0, gap, 0)

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        shape = 1 / self.dispersion
        *_, gap = self._ratios_and_gap(value)
        of_dispersion = gap - shape * (log_minus_digamma(shape) - log_minus_digamma(shape + value))
        return (
            (value - self.mean) / (1 + self.dispersion * self.mean),
            np.where(self.dispersion > 0, of_dispersion, 0),
        )

    def _information(self) -> Array:
        of_dispersion = (
            None if self.mean_only else self._expectation(lambda p, k, _: np.square(p._score(k)[1]))
        )
        return self._diagonal(self.batch_shape, of_dispersion)

    def _curvature(self, value: np.ndarray) -> Array:
        # The square of what was seen stands in for its expectation, a sum over outcomes for every row.
        shape = np.broadcast_shapes(self.batch_shape, value.shape)
        return self._diagonal(shape, None if self.mean_only else np.square(self._score(value)[1]))

    def _diagonal(self, shape: tuple[int, ...], of_dispersion: Array | None) -> Array:
        information = np.zeros((*shape, 2, 2))
        information[..., 0, 0] = self.mean / (1 + self.dispersion * self.mean)
        if of_dispersion is not None:
            information[..., 1, 1] = of_dispersion
        return information

    def _about(self, coordinates: np.ndarray) -> Self:
        return self if 1 in coordinates else self._unchecked(**vars(self), mean_only=True)

    def _drift(self, value: np.ndarray) -> tuple[Array | None, ...]:
        return self.mean * self._ratios_and_gap(value)[0], None

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        mean = weights @ value
        excess = weights @ np.square(value - mean) - mean
        return np.log(mean), np.log(np.clip(excess / np.square(mean), 1e-4, 1e4))

    @classmethod
    def _recession(cls, value: np.ndarray, constants: Mapping[str, Any]) -> Array | None:
        # As for Poisson, at a dispersion that stays: a count of 0 is likelier the smaller its mean, for ever.
        zeros = np.zeros_like(value)
        of_mean = np.stack([zeros - 1, value > 0, zeros, zeros], axis=1)
        of_dispersion = np.stack([zeros, zeros, zeros + 1, zeros - 1], axis=1)
        return np.stack([of_mean, of_dispersion], axis=2)

    @classmethod
    def _loss_name(cls, fixed: frozenset[str]) -> str:
        return "negative binomial deviance" if "dispersion" in fixed else super()._loss_name(fixed)

    # ---- distribution functions ---------------------------------------------------------------------------

    def _lower(self, k: np.ndarray) -> Array:
        spread = self.dispersion * self.mean
        rest = lower_beta(1 / self.dispersion, np.asarray(k + 1), 1 / (1 + spread), spread / (1 + spread))
        poisson = self._as_poisson(k)
        return np.where(poisson, pdtr(k, self.mean), rest) if poisson.any() else rest

    def _upper(self, k: np.ndarray) -> Array:
        spread, above = self.dispersion * self.mean, np.asarray(k + 1)
        rest = lower_beta(above, 1 / self.dispersion, spread / (1 + spread), 1 / (1 + spread))
        poisson = self._as_poisson(k)
        return np.where(poisson, lower_gamma(above, self.mean), rest) if poisson.any() else rest

    def _as_poisson(self, k: np.ndarray) -> BoolArray:
        return self.dispersion * np.square(k + 1 + self.mean) < _AS_POISSON

    def _log_lower_ratio(self, k: np.ndarray) -> Array:
        return log_lower_ratio(k, self.mean, self.dispersion)

    def _log_upper_ratio(self, k: np.ndarray) -> Array:
        return log_upper_ratio(k, self.mean, self.dispersion)

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def variance(self) -> Array:
        """μ + α·μ²."""
        return self.mean * (1 + self.dispersion * self.mean)

    @property
    def _skewness(self) -> Array:
        return (1 + 2 * self.dispersion * self.mean) / self.std

    @property
    def mode(self) -> Array:
        """⌊μ·(1 − α)⌋, at least 0."""
        return np.floor(self.mean * np.maximum(1 - self.dispersion, 0))

    def entropy(self) -> Array:
        """−E[log p(K)] in nats, by summation; no closed form exists.

        >>> round(float(NegativeBinomial(mean=1.0, dispersion=1.0).entropy()), 6)  # geometric: 2·log 2
        1.386294
        """
        with np.errstate(all="ignore"):
            return unwrap(self._expectation(lambda _, __, log_prob: -log_prob))

    def _expectation(self, function: Callable[[Self, Array, Array], Array]) -> Array:
        """E[function(p, K, log p(K))] for every element."""
        shape = self.batch_shape
        flat = self._elements(shape, slice(None))
        mean, dispersion, std = flat.mean, flat.dispersion, np.sqrt(flat.variance)
        decay = np.log1p(1 / (dispersion * mean))
        high = mean + _STDS * std + _DECAYS / decay + 30
        bell = (dispersion < _BELL_DISPERSION) & (np.log1p(dispersion * mean) > _DECAYS * dispersion)
        low = np.where(bell, np.maximum(mean - _STDS * std, 0.0), 0.0)

        def term(rows: np.ndarray, k: Array) -> Array:
            p = flat._elements(mean.shape, rows)
            log_prob = p._log_mass(k)
            return np.where(np.isfinite(log_prob), np.exp(log_prob) * function(p, k, log_prob), 0.0)

        return count_sum(term, low, high, std, bell).reshape(shape)

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        # A shape of 1e300 is a rate that does not vary: the sampler needs no limit of its own.
        size = 1 / np.maximum(self.dispersion, 1e-300)
        rate = self.mean * Gamma._unchecked(shape=size, rate=size)._sample(shape, rng)
        return Poisson._unchecked(rate=rate)._sample(shape, rng)
