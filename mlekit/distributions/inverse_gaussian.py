"""InverseGaussian(μ, λ): the time until a Brownian motion with drift first reaches a level.

    log p(y) = ½ log(λ/2π) − 3/2·log y − ½a²,   a = √(λ/y)·(y/μ − 1),   y > 0

Exponential family with θ = (−λ/(2μ²), −λ/2), T(y) = (y, 1/y), A(θ) = −λ/μ − ½ log λ and carrier
−½ log 2π − 3/2·log y. Mean and shape are orthogonal; with λ fixed the negative log-likelihood is λ/2 times the
inverse Gaussian deviance up to constants. With b = √(λ/y)·(y/μ + 1), so that b² = a² + 4λ/μ,

    P(Y ≤ y) = Φ(a) + exp(2λ/μ)·Φ(−b) = ½ exp(−½a²)·(erfcx(−a/√2) + erfcx(b/√2)),

in which exp(2λ/μ) cannot overflow. The Fisher information exists in closed form. Chhikara & Folks (1989), The Inverse
Gaussian Distribution; Giner & Smyth (2016), statmod: probability calculations for the inverse Gaussian distribution.
"""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np
from scipy.special import erfcx, exp1, ndtri

from mlekit.arrays import Array, ArrayLike, BoolArray, unwrap
from mlekit.distributions.domain import POSITIVE, Interval
from mlekit.distributions.exponential import ExponentialFamily
from mlekit.distributions.fused import Fused
from mlekit.distributions.link import LOG
from mlekit.distributions.parameter import Parameter
from mlekit.distributions.positive import NOT_NEGATIVE, density_above_zero
from mlekit.distributions.special import LOG_2PI

__all__ = ["InverseGaussian"]

_MEAN = Parameter("mean", POSITIVE, LOG, typical=(0.05, 20.0), unit="scale")
_SHAPE = Parameter("shape", POSITIVE, LOG, typical=(0.05, 20.0), unit="scale")

_ROOT_HALF = math.sqrt(0.5)
_ITERATIONS = 200
_ROUNDING = 4 * np.finfo(np.float64).eps
_SLOPE = 2 / math.sqrt(math.pi)
_LARGEST_RATIO = 1e15
# Beyond it e^x·E₁(x) by its asymptotic series, which so many terms make exact.
_FAR, _TERMS = 50.0, 25
# Gauss's rule on (0, 1), which exp(−45) counts nothing at the end of.
_REACH = 45.0
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(32)
_RULE = list(zip((0.5 + 0.5 * _NODES).tolist(), (0.5 * _WEIGHTS).tolist(), strict=True))


class InverseGaussian(ExponentialFamily):
    """A batch of inverse Gaussian (Wald) distributions.

    Args:
        mean: μ, positive, in the target's units.
        shape: λ, positive, in the target's units; the variance is μ³/λ.

    Raises:
        ParameterError: for parameters that are not positive, NaN, infinities, or shapes that do not broadcast.

    >>> p = InverseGaussian(mean=1.0, shape=[0.5, 2.0])
    >>> p.variance, p.cdf(1.0)
    (array([2. , 0.5]), array([0.71379179, 0.62769784]))

    """

    parameters = (_MEAN, _SHAPE)
    predicted = (_MEAN, _SHAPE)
    outcomes = POSITIVE
    fused = Fused(
        "inverse_gaussian", ("mean", "shape"), frozenset({"_log_prob", "_cdf", "_quantile", "_proposal"})
    )

    def __init__(self, *, mean: ArrayLike, shape: ArrayLike) -> None:
        self._store_parameters(mean=mean, shape=shape)

    shape: Array

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """What mean and shape broadcast to."""
        return np.broadcast_shapes(self._mean.shape, self.shape.shape)

    @property
    def support(self) -> Interval:
        """The positive reals, and 0 as their limit."""
        return NOT_NEGATIVE

    # ---- likelihood core ----------------------------------------------------------------------------------

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        log_mean, log_shape = coordinates
        return cls._unchecked(mean=np.exp(log_mean), shape=np.exp(log_shape))

    @property
    def _mean(self) -> Array:
        mean: Array = self.__dict__["mean"]
        return mean

    def _deviation(self, value: Array) -> Array:
        """a² = λ·(y − μ)²/(μ²·y)."""
        distance = value - self._mean
        return distance / self._mean * (distance / value) * (self.shape / self._mean)

    def _log_prob(self, value: np.ndarray) -> Array:
        return density_above_zero(value, self._log_density, lambda: np.full(self.batch_shape, -np.inf))

    def _log_density(self, value: Array) -> Array:
        constant = 0.5 * np.log(self.shape) - 0.5 * LOG_2PI
        log_density: Array = constant - 1.5 * np.log(value) - 0.5 * self._deviation(value)
        return log_density

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        of_mean = (value - self._mean) / self._mean * (self.shape / self._mean)
        return of_mean, 0.5 - 0.5 * self._deviation(value)

    def _information(self) -> Array:
        information = np.zeros((*self.batch_shape, 2, 2))
        information[..., 0, 0] = self.shape / self._mean
        information[..., 1, 1] = 0.5
        return information

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        mean = weights @ value
        # The maximum itself: 1/λ = E[1/y] − 1/μ, which is a mean of squares.
        spread = weights @ (np.square((value - mean) / mean) / value)
        return np.log(mean), -np.log(np.maximum(spread, 1 / (_LARGEST_RATIO * mean)))

    @classmethod
    def _loss_name(cls, fixed: frozenset[str]) -> str:
        return "inverse Gaussian deviance" if "shape" in fixed else super()._loss_name(fixed)

    @property
    def natural_parameters(self) -> Array:
        """(−λ/(2μ²), −λ/2)."""
        return _stack(-0.5 * self.shape / np.square(self._mean), -0.5 * self.shape)

    def sufficient_statistics(self, value: np.ndarray) -> Array:
        """(y, 1/y)."""
        return _stack(value, 1 / value)

    @property
    def log_normalizer(self) -> Array:
        """−λ/μ − ½ log λ."""
        return -self.shape / self._mean - 0.5 * np.log(self.shape)

    @property
    def expected_statistics(self) -> Array:
        """(μ, 1/μ + 1/λ)."""
        return _stack(self._mean, 1 / self._mean + 1 / self.shape)

    @property
    def statistics_covariance(self) -> Array:
        """[[μ³/λ, −μ/λ], [−μ/λ, 1/(μλ) + 2/λ²]]."""
        cross = -self._mean / self.shape
        of_reciprocal = (1 / self._mean + 2 / self.shape) / self.shape
        return np.stack([_stack(self.variance, cross), _stack(cross, of_reciprocal)], axis=-2)

    def log_carrier(self, value: np.ndarray) -> Array:
        """−½ log 2π − 3/2·log y."""
        carrier: Array = -0.5 * LOG_2PI - 1.5 * np.log(value)
        return carrier

    @property
    def expected_log_carrier(self) -> Array:
        """−½ log 2π − 3/2·E[log Y]."""
        return unwrap(-0.5 * LOG_2PI - 1.5 * self._expected_logarithm)

    def _with_natural(self, theta: Array) -> Self:
        exists = (theta[..., 0] < 0) & (theta[..., 1] < 0)
        ratio = np.where(exists, theta[..., 1] / theta[..., 0], np.nan)
        return self._unchecked(mean=np.sqrt(ratio), shape=np.where(exists, -2 * theta[..., 1], np.nan))

    def _natural_jacobian(self) -> Array:
        slope = self.shape / np.square(self._mean)
        zero = np.zeros_like(self._mean)
        return np.stack([_stack(slope, -0.5 * slope), _stack(zero, -0.5 * self.shape)], axis=-2)

    # ---- distribution functions ---------------------------------------------------------------------------

    def _tails(self, value: np.ndarray) -> tuple[Array, BoolArray]:
        """The logarithm of P(Y ≤ y) left of the mean and of P(Y > y) right of it, and which it is."""
        y = np.maximum(value, 0)
        root = np.sqrt(self.shape / y) * _ROOT_HALF
        a, b = root * (y - self._mean) / self._mean, root * (y + self._mean) / self._mean
        right = value >= self._mean
        # erfcx(b/√2) is added on the left and taken off on the right.
        whole, part = erfcx(np.abs(a)), erfcx(b)
        close = np.asarray(right & (whole < 2 * part) & (y < np.inf))
        rest = np.asarray(whole + np.where(right, -part, part))
        if close.any():
            rest[close] = _fall_of_erfcx(a[close], np.broadcast_to(root, close.shape)[close])
        tail = np.where(y == 0, -np.inf, np.where(np.isposinf(y), -np.inf, np.log(0.5 * rest) - np.square(a)))
        return tail, right

    def _cdf(self, value: np.ndarray) -> Array:
        tail, right = self._tails(value)
        return np.where(right, -np.expm1(tail), np.exp(tail))

    def _log_cdf(self, value: np.ndarray) -> Array:
        tail, right = self._tails(value)
        return np.where(right, np.log1p(-np.exp(tail)), tail)

    def _log_sf(self, value: np.ndarray) -> Array:
        tail, right = self._tails(value)
        return np.where(right, tail, np.log1p(-np.exp(tail)))

    def _quantile(self, level: np.ndarray) -> Array:
        """No closed form: Newton for the logarithm of the smaller tail in s = ½ log(y/μ), kept in a bracket."""
        shape = np.broadcast_shapes(level.shape, self.batch_shape)
        p = np.broadcast_to(level, shape).reshape(-1)
        root = np.broadcast_to(np.sqrt(2 * self.shape / self._mean), shape).reshape(-1)
        above = _scaled_tail(np.zeros_like(root), root, np.ones(root.shape, dtype=bool))[0]
        right = p > 0.5 * (2 - above)
        tail = np.where(right, 1 - p, p)
        # As if the tail were a normal one from the mean on; a little too far to the right.
        start = ndtri(np.minimum(tail / np.where(right, above, 2 - above), 0.5))
        distance = np.arcsinh(np.abs(start) / (math.sqrt(2) * root))
        near, far = np.zeros_like(root), np.full_like(root, np.inf)
        active = np.flatnonzero(tail > 0)
        for _ in range(_ITERATIONS):
            at, target = distance[active], np.log(tail[active])
            scaled, from_mean = _scaled_tail(at, root[active], right[active])
            excess = np.log(0.5 * scaled) - from_mean - target
            slope = _SLOPE * root[active] * np.exp(np.where(right[active], -at, at)) / scaled
            low = near[active] = np.where(excess > 0, at, near[active])
            high = far[active] = np.where(excess > 0, far[active], at)
            newton, between = at + excess / slope, np.where(high < np.inf, 0.5 * (low + high), 2 * at + 1)
            following = distance[active] = np.where((newton >= low) & (newton <= high), newton, between)
            # Steps of a billionth part leave nothing to do; where the equation holds, more would follow its rounding.
            slight = np.abs(following - at) <= 1e-9 * at + 1e-17
            active = active[~(slight | (np.abs(excess) <= _ROUNDING * (1 - target)))]
            if not len(active):
                break
        y = np.broadcast_to(self._mean, shape) * np.exp(np.where(right, 2, -2) * distance).reshape(shape)
        return np.where(level <= 0, 0.0, np.where(level >= 1, np.inf, y))

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def mean(self) -> Array:
        """μ."""
        return unwrap(np.broadcast_to(self._mean, self.batch_shape))

    @property
    def variance(self) -> Array:
        """μ³/λ."""
        return self._mean * self._mean * (self._mean / self.shape)

    @property
    def mode(self) -> Array:
        """μ·(√(1 + c²) − c) with c = 3μ/(2λ)."""
        c = 1.5 * self._mean / self.shape
        return self._mean / (np.hypot(1, c) + c)

    @property
    def _expected_logarithm(self) -> Array:
        """E[log Y] = log μ − exp(2λ/μ)·E₁(2λ/μ)."""
        x = np.asarray(2 * self.shape / self._mean)
        far = np.maximum(x, _FAR)
        series = np.ones_like(far)
        for n in range(_TERMS, 0, -1):
            series = 1 - n / far * series
        near = np.minimum(x, _FAR)
        return np.log(self._mean) - np.where(x > _FAR, series / far, np.exp(near) * exp1(near))

    def entropy(self) -> Array:
        """½ log(2πe/λ) + 3/2·E[log Y], in nats.

        >>> round(float(InverseGaussian(mean=1.0, shape=1.0).entropy()), 6)
        0.876946
        """
        return unwrap(0.5 * (1 + LOG_2PI - np.log(self.shape)) + 1.5 * self._expected_logarithm)

    def _proposal(self, first: np.ndarray, second: np.ndarray) -> Array:
        """The smaller of two roots, or the other, whose product is μ²; Michael, Schucany & Haas (1976)."""
        w = np.square(ndtri(first)) * (0.5 * self._mean / self.shape)
        smaller = 1 / (1 + w + np.sqrt(w * (w + 2)))
        return self._mean * np.where(second * (1 + smaller) <= 1, smaller, 1 / smaller)

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        return self._of_uniform("_proposal", shape, rng, 2)


def _scaled_tail(distance: Array, root: Array, right: BoolArray) -> tuple[Array, Array]:
    """For s = ∓distance, exp(u²) times twice the probability below y, or above it, and u² = (root·sinh s)² = ½a²."""
    u, v = root * np.sinh(distance), root * np.cosh(distance)
    whole, part = erfcx(u), erfcx(v)
    scaled = whole + np.where(right, -part, part)
    close = np.asarray(right & (whole < 2 * part))
    if close.any():
        scaled[close] = _fall_of_erfcx(u[close], 0.5 * root[close] * np.exp(-distance[close]))
    return scaled, np.square(u)


def _fall_of_erfcx(a: Array, root: Array) -> Array:
    """erfcx(a) − erfcx(a + 2·root) = 2/√π·∫ exp(−t² − 2at)·(1 − exp(−4·root·t)) dt, which does not cancel."""
    reach = _REACH / (a + np.sqrt(np.square(a) + _REACH))
    total = np.zeros_like(reach)
    for node, weight in _RULE:
        t = reach * node
        total -= weight * np.exp(-t * (t + 2 * a)) * np.expm1(-4 * root * t)
    fall: Array = _SLOPE * reach * total
    return fall


def _stack(first: Array, second: Array) -> Array:
    return np.stack(np.broadcast_arrays(first, second), axis=-1)
