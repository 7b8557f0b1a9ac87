"""Families that only tests know, made from scipy.stats: what any family of the interface must get from this room."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.stats

from mlekit.arrays import Array, ArrayLike
from mlekit.distributions import Distribution, ExponentialFamily, Interval


class FromScipy(Distribution):
    """A distribution of scipy.stats behind the interface; its own entropy is a trap that nobody may use."""

    def __init__(
        self, name: str, *, low: float = -np.inf, integer: bool = False, **parameters: ArrayLike
    ) -> None:
        arrays = {key: np.asarray(value, dtype=np.float64) for key, value in parameters.items()}
        frozen: Any = getattr(scipy.stats, name)(**arrays)
        shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
        support = Interval(low, np.inf, low_included=integer, integer=integer)
        self._store(frozen=frozen, shape=shape, region=support)

    frozen: Any
    shape: tuple[int, ...]
    region: Interval

    @property
    def batch_shape(self) -> tuple[int, ...]:
        return self.shape

    @property
    def support(self) -> Interval:
        return self.region

    def _log_prob(self, value: np.ndarray) -> Array:
        log_prob: Array = self.frozen.logpmf(value) if self.region.integer else self.frozen.logpdf(value)
        return log_prob

    def _cdf(self, value: np.ndarray) -> Array:
        cdf: Array = self.frozen.cdf(value)
        return cdf

    def _log_cdf(self, value: np.ndarray) -> Array:
        log_cdf: Array = self.frozen.logcdf(value)
        return log_cdf

    def _log_sf(self, value: np.ndarray) -> Array:
        log_sf: Array = self.frozen.logsf(value)
        return log_sf

    def _quantile(self, level: np.ndarray) -> Any:
        return self.frozen.ppf(level)

    @property
    def mean(self) -> Array:
        mean: Array = self.frozen.mean()
        return mean

    @property
    def variance(self) -> Array:
        variance: Array = self.frozen.var()
        return variance

    @property
    def mode(self) -> Any:
        return self.median

    def entropy(self) -> Array:
        raise NotImplementedError("no closed form")

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        return self.frozen.rvs(size=shape, random_state=rng)

    def _columns(self) -> dict[Any, Array]:
        return {}


def poisson(rate: ArrayLike) -> FromScipy:
    return FromScipy("poisson", low=0.0, integer=True, mu=rate)


def laplace(loc: ArrayLike, scale: ArrayLike) -> FromScipy:
    return FromScipy("laplace", loc=loc, scale=scale)


def student(df: ArrayLike, loc: ArrayLike = 0.0, scale: ArrayLike = 1.0) -> FromScipy:
    return FromScipy("t", df=df, loc=loc, scale=scale)


def gamma(shape: ArrayLike, rate: ArrayLike) -> FromScipy:
    return FromScipy("gamma", low=0.0, a=shape, scale=1 / np.asarray(rate))


class Geometric(ExponentialFamily):
    """Failures before the first success: an exponential family without a closed form of its own registered.

    θ = log(1 − p), T = y, A = −log p.
    """

    def __init__(self, *, probs: ArrayLike) -> None:
        self._store(probs=np.asarray(probs, dtype=np.float64))

    probs: Array

    @property
    def batch_shape(self) -> tuple[int, ...]:
        return self.probs.shape

    @property
    def support(self) -> Interval:
        return Interval(0.0, np.inf, low_included=True, integer=True)

    @property
    def natural_parameters(self) -> Array:
        return np.log1p(-self.probs)[..., None]

    def sufficient_statistics(self, value: np.ndarray) -> Array:
        return np.asarray(value, dtype=np.float64)[..., None]

    @property
    def log_normalizer(self) -> Array:
        return -np.log(self.probs)

    @property
    def expected_statistics(self) -> Array:
        return ((1 - self.probs) / self.probs)[..., None]

    @property
    def statistics_covariance(self) -> Array:
        covariance: Array = ((1 - self.probs) / self.probs**2)[..., None, None]
        return covariance

    def _with_natural(self, theta: Array) -> Geometric:
        return Geometric(probs=np.where(theta[..., 0] < 0, -np.expm1(theta[..., 0]), np.nan))

    def _natural_jacobian(self) -> Array:
        return np.ones((*self.batch_shape, 1, 1))

    def _cdf(self, value: np.ndarray) -> Array:
        return -np.expm1(self._log_sf(value))

    def _log_sf(self, value: np.ndarray) -> Array:
        log_sf: Array = (np.floor(value) + 1) * np.log1p(-self.probs)
        return log_sf

    def _quantile(self, level: np.ndarray) -> Any:
        return np.maximum(np.ceil(np.log1p(-level) / np.log1p(-self.probs)) - 1, 0.0)

    @property
    def mean(self) -> Array:
        return (1 - self.probs) / self.probs

    @property
    def variance(self) -> Array:
        variance: Array = (1 - self.probs) / self.probs**2
        return variance

    @property
    def mode(self) -> Any:
        return np.zeros(self.batch_shape)

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        return rng.geometric(self.probs, shape) - 1.0

    def _columns(self) -> dict[Any, Array]:
        return {"probs": self.probs}
