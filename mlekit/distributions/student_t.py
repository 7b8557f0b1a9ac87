"""Student's t(ν, μ, σ): a bell with tails like |z|^(−ν−1).

    log p(y) = c(ν/2) − ½ log 2π − (ν + 1)/2·log(1 + z²/ν) − log σ,   z = (y − μ)/σ

with c(x) = log Γ(x + ½) − log Γ(x) − ½ log x, which vanishes as ν → ∞, where the Gaussian is reached. Its score
in μ falls off for outliers, which makes for robust regression. The Fisher information exists in closed form:
Lange, Little & Taylor (1989), Robust statistical modeling using the t distribution, JASA 84.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any, Self

import numpy as np
from scipy.special import betainccinv, betaincinv

from mlekit.arrays import Array, ArrayLike, pick, split
from mlekit.distributions.domain import POSITIVE
from mlekit.distributions.fused import TAILS, Fused
from mlekit.distributions.gamma_ratio import (
    log_gamma_ratio,
    log_gamma_ratio_curvature_rest,
    log_gamma_ratio_slope,
)
from mlekit.distributions.incomplete import lower_beta
from mlekit.distributions.link import LOG
from mlekit.distributions.location_scale import LOC, SCALE, LocationScale
from mlekit.distributions.parameter import Parameter
from mlekit.distributions.special import LOG_2PI
from mlekit.distributions.weighted import robust_units

__all__ = ["StudentT"]

# New rows have heavier tails than those that a network was trained on.
_DF = Parameter("df", POSITIVE, LOG, typical=(0.5, 100.0), held=5.0)
_FAR = 1e8
_SMALL = 0.1
_TINY = 1e-100
_TERMS = 30
# A |z|/√ν whose square is all that counts beside 1.
_FAR_OUT = 1e10
_GUESSED_DF = 5.0
_GUESSED_QUARTILE = 0.7266868438004223


class StudentT(LocationScale):
    """A batch of Student's t distributions.

    Args:
        df: degrees of freedom ν > 0; the moments below order ν exist.
        loc: median and mode (and mean, for df > 1), in the target's units.
        scale: a factor, positive, in the target's units; the standard deviation is √(ν/(ν − 2)) times it.

    Raises:
        ParameterError: for df or a scale that is not positive, NaN, infinities, or shapes that do not broadcast.

    >>> StudentT(df=[1.0, 5.0], loc=0.0, scale=1.0).cdf(2.0)
    array([0.85241638, 0.94903026])
    >>> StudentT(df=[1.0, 2.0, 3.0], loc=0.0, scale=1.0).variance
    array([nan, inf,  3.])

    """

    parameters = (_DF, LOC, SCALE)
    predicted = (LOC, SCALE, _DF)
    fused = Fused(
        "student_t",
        ("df", "loc", "scale"),
        frozenset({"_log_prob", "_entropy", "_proposal", *TAILS}),
        score=True,
    )

    def __init__(self, *, df: ArrayLike, loc: ArrayLike, scale: ArrayLike) -> None:
        self._store_parameters(df=df, loc=loc, scale=scale)

    df: Array

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """What df, loc and scale broadcast to."""
        return np.broadcast_shapes(self.df.shape, self.loc.shape, self.scale.shape)

    # ---- likelihood core ----------------------------------------------------------------------------------

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        loc, log_scale, log_df = coordinates
        return cls._unchecked(df=np.exp(log_df), loc=loc, scale=np.exp(log_scale))

    def _standard_log_prob(self, z: Array) -> Array:
        return self._log_normalizer - 0.5 * (self.df + 1) * self._log_growth(z)

    @property
    def _log_normalizer(self) -> Array:
        """Log Γ((ν + 1)/2)/(Γ(ν/2)·√(πν)), once for a ν that all share."""
        if self.df.ndim == 0:
            return np.asarray(_log_normalizer(float(self.df)), self.df.dtype)
        return log_gamma_ratio(0.5 * self.df) - 0.5 * LOG_2PI

    def _log_growth(self, z: Array) -> Array:
        """log(1 + z²/ν), also where z² overflows."""
        ratio = np.abs(z) / np.sqrt(self.df)
        near = np.asarray(ratio < _FAR)
        growth = np.log1p(np.square(ratio))
        return growth if near.all() else np.where(near, growth, 2 * np.log(ratio))

    def _standard_slope(self, z: Array) -> Array:
        return -(self.df + 1) / (z + self.df / z)

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        z = self._standardize(value)
        share = 1 / (1 + self.df / np.square(z))
        # share − log(1 + z²/ν) = share + log(1 − share), which cancels for small z²/ν: there by its series.
        series = np.zeros_like(share)
        for k in range(16, 1, -1):
            series = (series + 1 / k) * share
        difference = np.where(share < _SMALL, -series * share, share - self._log_growth(z))
        of_df = 0.5 * (self.df * (log_gamma_ratio_slope(0.5 * self.df) + difference) + share)
        return *super()._score(value), of_df

    def _free_score(self, value: np.ndarray, free: Collection[str]) -> tuple[Array, ...]:
        # The score of df costs several times that of loc and scale.
        if "df" in free:
            return self._score(value)
        of_loc, of_scale = super()._score(value)
        return of_loc, of_scale, np.zeros(())

    @property
    def _standard_information(self) -> tuple[Array, Array, Array]:
        return (self.df + 1) / (self.df + 3), np.zeros(()), 2 * self.df / (self.df + 3)

    def _drift(self, value: np.ndarray) -> tuple[Array | None, ...]:
        return *super()._drift(value), None

    def _information(self) -> Array:
        information = np.zeros((*self.batch_shape, 3, 3))
        information[..., :2, :2] = super()._information()
        product = (self.df + 1) * (self.df + 3)
        information[..., 1, 2] = information[..., 2, 1] = -2 * self.df / product
        rest = 0.25 * np.square(self.df) * log_gamma_ratio_curvature_rest(0.5 * self.df)
        information[..., 2, 2] = (7 + 3 / self.df) / (2 * product) - rest
        return information

    @classmethod
    def _center_and_spread(cls, values: Array, weights: Array, *, shift: bool) -> tuple[Array, Array]:
        return robust_units(values, weights, shift=shift)

    @classmethod
    def _guess(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        center, deviation = robust_units(value, weights)
        return (
            center,
            np.log(deviation / _GUESSED_QUARTILE),
            np.full(np.shape(center), np.log(_GUESSED_DF)),
        )

    # ---- distribution functions ---------------------------------------------------------------------------

    def _tail(self, size: Array) -> Array:
        """P(Z < −size) for size ≥ 0."""
        square = np.square(size)
        half, one_half = np.asarray(0.5 * self.df), np.asarray(0.5)
        return 0.5 * lower_beta(half, one_half, 1 / (1 + square / self.df), 1 / (1 + self.df / square))

    def _log_tail(self, size: Array) -> Array:
        """Log P(Z < −size), where it underflows by p(z)·z/(ν + ...)·₂F₁(1, ½; ν/2 + 1; −ν/z²)."""
        tail = self._tail(size)
        growth = self._log_growth(size)
        ratio = np.exp(-2 * np.log(size / np.sqrt(self.df)))
        total, term = np.ones_like(ratio), np.ones_like(ratio)
        for k in range(_TERMS):
            following = -term * ratio * (k + 0.5) / (0.5 * self.df + 1 + k)
            # An asymptotic series: it ends where its terms no longer fall.
            term = np.where(np.abs(following) < np.abs(term), following, 0.0)
            total = total + term
        log_beta = 0.5 * np.log(np.pi / (0.5 * self.df)) - log_gamma_ratio(0.5 * self.df)
        far = 0.5 * np.log1p(ratio) - 0.5 * self.df * growth - np.log(self.df) - log_beta + np.log(total)
        return np.where(tail < _TINY, far, np.log(tail))

    def _standard_cdf(self, z: Array) -> Array:
        size = np.abs(z)
        tail = self._tail(size)
        if (tail < _TINY).any():  # a power of z that has underflowed may have had a small exponent
            tail = np.exp(self._log_tail(size))
        return pick(z < 0, tail, 1 - tail)

    def _standard_log_cdf(self, z: Array) -> Array:
        log_tail = self._log_tail(np.abs(z))
        return np.where(z < 0, log_tail, np.log1p(-np.exp(log_tail)))

    def _standard_log_sf(self, z: Array) -> Array:
        return self._standard_log_cdf(-z)

    def _standard_quantile(self, level: Array) -> Array:
        tail = np.minimum(level, 1 - level)
        size = split(tail > 0.25, _size_of_middle, _size_of_tail, tail, 0.5 * self.df)
        z: Array = np.sign(level - 0.5) * np.sqrt(self.df) * size
        return z

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def _standard_moments(self) -> tuple[Array, Array]:
        mean = np.where(self.df > 1, 0.0, np.nan)
        with np.errstate(divide="ignore"):
            variance = np.where(self.df > 2, 1 / np.maximum(1 - 2 / self.df, 0), np.inf)
        return mean, variance + mean

    @property
    def _point(self) -> Array:
        return self.mode

    @property
    def _standard_mode(self) -> float:
        return 0.0

    @property
    def _standard_entropy(self) -> Array:
        # E[log(1 + Z²/ν)] = ψ((ν + 1)/2) − ψ(ν/2) = c'(ν/2) + 1/ν.
        expected = log_gamma_ratio_slope(0.5 * self.df) + 1 / self.df
        return 0.5 * (self.df + 1) * expected - log_gamma_ratio(0.5 * self.df) + 0.5 * LOG_2PI

    def _proposal(self, first: np.ndarray, second: np.ndarray) -> Array:
        """A coordinate of the polar method's point; Bailey (1994), Polar generation of random variates with the t."""
        growth = -2 * np.log(first) / self.df
        radius = np.sqrt(-self.df * np.expm1(-growth)) * np.exp(0.5 * growth)
        return np.asarray(self.loc + self.scale * radius * np.sin(np.pi * (2 * second - 1)))

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        return self._of_uniform("_proposal", shape, rng, 2)


def _size_of_middle(tail: Array, half: Array) -> Array:
    """|z|/√ν with P(Z < −|z|) = tail, from the probability of the middle."""
    share: Array = betaincinv(0.5, half, 2 * (0.5 - tail))
    return np.sqrt(share / (1 - share))


def _size_of_tail(tail: Array, half: Array) -> Array:
    """The same from that of both tails."""
    # I_x(a, ½) = xᵃ/(a·B(a, ½))·(1 + O(x)), also where the share x of both tails underflows.
    log_beta = 0.5 * np.log(np.pi / half) - log_gamma_ratio(half)
    far = np.power(2 * half * tail * np.exp(log_beta), -0.5 / half)
    return split(far > _FAR_OUT, lambda far, *_: far, _size_of_share, far, tail, half)


def _size_of_share(_: Array, tail: Array, half: Array) -> Array:
    share: Array = betaincinv(half, 0.5, 2 * tail)
    return split(share < 0.5, lambda share, *_: np.sqrt((1 - share) / share), _size_near, share, tail, half)


def _size_near(_: Array, tail: Array, half: Array) -> Array:
    share: Array = betainccinv(0.5, half, 2 * tail)
    return np.sqrt(share / (1 - share))


@lru_cache(maxsize=64)
def _log_normalizer(df: float) -> float:
    return float(log_gamma_ratio(np.asarray(0.5 * df)) - 0.5 * LOG_2PI)
