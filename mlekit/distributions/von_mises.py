"""VonMises(μ, κ): directions, as angles in radians.

    log p(y) = κ·cos(y − μ) − log 2π·I₀(κ) = −2κ·sin²((y − μ)/2) − log 2π·e^(−κ)·I₀(κ)

I₀ is a modified Bessel function. Angles that differ by whole turns are the same direction and have the same
density. Where an order or a difference is needed (cdf, quantiles, moments), the angle is the one within half a
turn of μ, so that nothing depends on where the circle is cut. The Fisher information exists in closed form, by
A(κ) = I₁(κ)/I₀(κ), the mean resultant length. Mardia & Jupp (2000), Directional Statistics.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy.special import i0e, i1e, ndtri

from mlekit.arrays import Array, ArrayLike, pick, unwrap
from mlekit.distributions.distribution import Distribution
from mlekit.distributions.domain import POSITIVE, REAL, Interval
from mlekit.distributions.fused import TAILS, Fused
from mlekit.distributions.link import IDENTITY, LOG
from mlekit.distributions.parameter import Parameter
from mlekit.distributions.special import LOG_2PI

__all__ = ["VonMises"]

_LOC = Parameter("loc", REAL, IDENTITY, typical=(-3.0, 3.0))
_CONCENTRATION = Parameter("concentration", POSITIVE, LOG, typical=(0.05, 50.0))

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)
_DECAY = 40.0  # beyond e⁻⁴⁰ of its largest value an integrand does not count
_ITERATIONS = 60
_LARGE = 25.0
_ROUNDING = 4 * np.finfo(np.float64).eps


def _resultant_series(terms: int = 24) -> list[float]:
    """a_k of A(κ) ~ Σ_k a_k/κᵏ, which A' = 1 − A/κ − A² determines one by one."""
    a = [1.0]
    for m in range(1, terms):
        a.append(((m - 2) * a[m - 1] - sum(a[i] * a[m - i] for i in range(1, m))) / 2)
    return a


_SERIES = _resultant_series()


class VonMises(Distribution):
    """A batch of von Mises distributions.

    Args:
        loc: mean direction, in radians.
        concentration: κ > 0: near 0 all directions are alike, for large κ the angle is nearly Gaussian with
            standard deviation 1/√κ.

    Raises:
        ParameterError: for a concentration that is not positive, NaN, infinities, or shapes that do not broadcast.

    >>> p = VonMises(loc=0.0, concentration=2.0)
    >>> p.log_prob([0.0, np.pi, 2 * np.pi])
    array([-0.66187061, -4.66187061, -0.66187061])
    >>> p.quantile([0.05, 0.5, 0.95])
    array([-1.41796619,  0.        ,  1.41796619])
    >>> round(float(p.circular_variance), 6)  # 1 − I₁(κ)/I₀(κ)
    0.302225

    """

    parameters = (_LOC, _CONCENTRATION)
    predicted = (_LOC, _CONCENTRATION)
    circular = True
    fused = Fused("von_mises", ("loc", "concentration"), frozenset({"_log_prob", "_proposal", *TAILS}))

    def __init__(self, *, loc: ArrayLike, concentration: ArrayLike) -> None:
        self._store_parameters(loc=loc, concentration=concentration)

    loc: Array
    concentration: Array

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """What loc and concentration broadcast to."""
        return np.broadcast_shapes(self.loc.shape, self.concentration.shape)

    @property
    def support(self) -> Interval:
        """The turn around loc; every other angle stands for one in it."""
        return Interval(self.loc - np.pi, self.loc + np.pi, low_included=True, high_included=True)

    # ---- likelihood core ----------------------------------------------------------------------------------

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        loc, log_concentration = coordinates
        return cls._unchecked(loc=loc, concentration=np.exp(log_concentration))

    @property
    def _log_normalizer(self) -> Array:
        """Log 2π·e^(−κ)·I₀(κ)."""
        log_bessel: Array = np.log(i0e(self.concentration))
        return log_bessel + LOG_2PI

    @property
    def _resultant(self) -> tuple[Array, Array, Array]:
        """A, κ(1 − A) and κ²A', where they would cancel by their series."""
        k = np.minimum(self.concentration, _LARGE)
        length = i1e(k) / i0e(k)
        w = 1 / np.maximum(self.concentration, _LARGE)
        rest, slope = np.zeros_like(w), np.zeros_like(w)
        for m in range(len(_SERIES) - 1, 0, -1):
            rest = rest * w - _SERIES[m]
            slope = slope * w - m * _SERIES[m]
        small = self.concentration < _LARGE
        return (
            np.where(small, length, 1 - rest * w),
            np.where(small, k * (1 - length), rest),
            np.where(small, np.square(k) - k * length - np.square(k * length), slope),
        )

    def _log_prob(self, value: np.ndarray) -> Array:
        log_prob = (
            -2 * self.concentration * np.square(np.sin(0.5 * (value - self.loc))) - self._log_normalizer
        )
        possible = np.isfinite(value)
        return log_prob if possible.all() else np.where(possible, log_prob, -np.inf)

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        deviation = value - self.loc
        rest = self._resultant[1] - 2 * self.concentration * np.square(np.sin(0.5 * deviation))
        return self.concentration * np.sin(deviation), rest

    def _information(self) -> Array:
        length, _, slope = self._resultant
        information = np.zeros((*self.batch_shape, 2, 2))
        information[..., 0, 0] = self.concentration * length
        information[..., 1, 1] = slope
        return information

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        """The marginal maximum likelihood: the mean direction, and κ with A(κ) = mean cos(y − μ)."""
        loc = np.arctan2(weights @ np.sin(value), weights @ np.cos(value))
        rest = weights @ (2 * np.square(np.sin(0.5 * (value - loc))))
        xi = np.log(np.maximum(0.5 / rest - 0.5, 0.1))
        for _ in range(_ITERATIONS):
            batch = cls._from_coordinates(loc, xi)
            _, log_slope, curvature = batch._resultant
            step = (log_slope - batch.concentration * rest) / curvature
            xi = xi + np.clip(step, -1, 1)
        return loc, xi

    # ---- distribution functions ---------------------------------------------------------------------------

    def _integral(self, start: Array, power: int = 0) -> Array:
        """∫ (angle)^power·exp(−2κ·(sin²(angle/2) − sin²(start/2))) over angles from start to π."""
        reach = np.square(np.sin(0.5 * start)) + 0.5 * _DECAY / self.concentration
        end = np.where(reach < 1, 2 * np.arcsin(np.sqrt(np.minimum(reach, 1))), np.pi)
        half = 0.5 * (end - start)
        quarter, sine, cosine = 0.25 * half, np.sin(start), np.cos(start)
        total = np.zeros(np.shape(half))
        for node, weight in zip(_NODES.tolist(), _WEIGHTS.tolist(), strict=True):
            # sin(b/2)·sin(b/2 + start) by t = tan(b/4): one fast function instead of two slow ones.
            t = np.tan((1 + node) * quarter)
            square = np.square(t)
            fall = 2 * t * (2 * t * cosine + (1 - square) * sine) / np.square(1 + square)
            term = weight * np.exp(-2 * self.concentration * fall)
            total = total + (term * (start + half * (1 + node)) ** power if power else term)
        return total * half

    def _log_tail(self, distance: Array) -> Array:
        """Log P(angle from loc > distance) for a distance in [0, π]."""
        top = -2 * self.concentration * np.square(np.sin(0.5 * distance))
        log_integral: Array = np.log(self._integral(distance))
        log_tail: Array = log_integral + top - self._log_normalizer
        return log_tail

    def _log_below(self, angle: Array) -> Array:
        """Log P(angle from loc ≤ angle)."""
        angle = np.clip(angle, -np.pi, np.pi)
        log_tail = self._log_tail(np.abs(angle))
        return np.where(angle < 0, log_tail, np.log1p(-np.exp(log_tail)))

    def _log_cdf(self, value: np.ndarray) -> Array:
        return self._log_below(value - self.loc)

    def _log_sf(self, value: np.ndarray) -> Array:
        return self._log_below(self.loc - value)

    def _cdf(self, value: np.ndarray) -> Array:
        angle = np.clip(value - self.loc, -np.pi, np.pi)
        tail = np.exp(self._log_tail(np.abs(angle)))
        return pick(angle < 0, tail, 1 - tail)

    def _quantile(self, level: np.ndarray) -> Array:
        """By Halley's method on the logarithm of the tail, kept within a bracket that shrinks."""
        shape = np.broadcast_shapes(level.shape, self.batch_shape)
        tail = np.broadcast_to(np.minimum(level, 1 - level), shape).reshape(-1)
        centred = VonMises._unchecked(
            loc=np.zeros(()), concentration=np.broadcast_to(self.concentration, shape)
        )
        distance = centred._elements(shape, slice(None))._nearly(tail)
        low, high = np.zeros(tail.shape), np.full(tail.shape, np.pi)
        active = np.flatnonzero((tail > 0) & (tail < 0.5))
        for _ in range(_ITERATIONS):
            at, target, part = distance[active], np.log(tail[active]), centred._elements(shape, active)
            log_tail = part._said("_log_sf", at)
            excess = log_tail - target
            bottom = low[active] = np.where(excess > 0, at, low[active])
            top = high[active] = np.where(excess > 0, high[active], at)
            hazard = np.exp(part._said("_log_prob", at) - log_tail)
            bend = 1 + 0.5 * excess * (1 - part.concentration * np.sin(at) / hazard)
            moved = at + excess / hazard / np.maximum(bend, 0.25)
            following = np.where((moved >= bottom) & (moved <= top), moved, 0.5 * (bottom + top))
            distance[active] = following
            # What is left of a small excess is of third order; of one that is rounding, nothing more can be had.
            rounding = np.abs(excess) <= _ROUNDING * (1 + np.abs(target))
            rounding |= np.abs(following - at) <= 4e-16 * at
            active = active[~(rounding | ((np.abs(excess) <= 1e-6) & (following == moved)))]
            if not len(active):
                break
        distance = np.where(tail == 0, np.pi, np.where(tail == 0.5, 0.0, distance)).reshape(shape)
        return self.loc + np.where(level < 0.5, -distance, distance)

    def _nearly(self, tail: Array) -> Array:
        """About where a tail begins: by a normal distribution, or for a small κ by the first of its Fourier series."""
        k = self.concentration
        z = -ndtri(np.maximum(tail, np.finfo(np.float64).tiny)) / (2 * np.sqrt(k))
        length = self._resultant[0]
        second = np.maximum(1 - 2 * length / k, 0.0)
        share = np.pi * (1 - 2 * tail)
        angle = share * (1 - 0.5 * length)
        for _ in range(3):
            reached = angle + 2 * length * np.sin(angle) + second * np.sin(2 * angle)
            slope = 1 + 2 * length * np.cos(angle) + 2 * second * np.cos(2 * angle)
            angle = np.clip(angle + (share - reached) / np.maximum(slope, 0.1), 0.0, np.pi)
        return np.where((k > 2) & (z < 0.9), 2 * np.arcsin(np.minimum(z, 0.9)), angle)

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def mean(self) -> Array:
        """The mean direction, loc."""
        return unwrap(np.broadcast_to(self.loc, self.batch_shape))

    @property
    def variance(self) -> Array:
        """E[(Y − loc)²] of the angle within half a turn of loc, in square radians."""
        squares = 2 * self._integral(np.zeros(()), power=2) / np.exp(self._log_normalizer)
        return unwrap(np.broadcast_to(squares, self.batch_shape))

    @property
    def circular_variance(self) -> Array:
        """1 − A(κ), between 0 (one direction) and 1 (all directions alike)."""
        return unwrap(np.broadcast_to(self._resultant[1] / self.concentration, self.batch_shape))

    @property
    def mode(self) -> Array:
        """The mean direction, loc."""
        return self.mean

    def entropy(self) -> Array:
        """Log 2π·I₀(κ) − κ·A(κ), in nats."""
        return unwrap(np.broadcast_to(self._log_normalizer + self._resultant[1], self.batch_shape))

    def _proposal(self, first: np.ndarray, second: np.ndarray) -> Array:
        """From a wrapped Cauchy distribution, whose half angle has a tangent that is Cauchy's; Best & Fisher (1979)."""
        k = self.concentration
        root = np.where(k < 5e8, np.sqrt(1 + np.square(2 * k)), 2 * k)
        length = 1 + root + np.sqrt(2 * (1 + root))
        # 1 − ρ and ρ, by which the wrapped distribution decays, and 1 − cos(angle).
        lack, decay = (1 + 1 / (root + 2 * k) + np.sqrt(2 * (1 + root))) / length, 2 * k / length
        tangent = lack / (1 + decay) * np.tan(np.pi * (first - 0.5))
        far = np.square(tangent) / (1 + np.square(tangent))
        c = np.square(lack) * (k / (2 * decay)) + 2 * k * far
        accepted = np.log(second) <= np.log(c) + (1 - c)
        return np.where(accepted, self.loc + 2 * np.arctan(tangent), np.nan)

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        return self._of_uniform("_proposal", shape, rng, 2)
