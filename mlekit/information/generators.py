"""Functions of δ = log q/p whose mean under p is a divergence: D(p‖q) = E_p[g(δ)].

Every f-divergence is of this kind. Where all of q's probability lies where p's does, E_p[e^δ − 1] = 0, so that
c·(e^δ − 1) may be added to g: with the right c the sum is ≥ 0 and vanishes quadratically at 0, and its mean keeps the
digits of nearly equal arguments. Csiszár (1967), Information-type measures of difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from scipy.special import expit

from mlekit.arrays import Array
from mlekit.distributions import Distribution, FiniteSet
from mlekit.information.elementary import exp_excess
from mlekit.information.rules import leading

__all__ = ["Generator", "LogRatio", "LogRatioToMean", "Power", "Shortfall"]

_LOG_2 = float(np.log(2.0))
_LARGEST_EXPONENT = 700.0


@runtime_checkable
class Generator(Protocol):
    """A function g of δ = log q/p."""

    def direct(self, delta: Array) -> Array:
        """g(δ)."""
        ...

    def excess(self, delta: Array) -> Array:
        """g(δ) + c·(e^δ − 1) ≥ 0."""
        ...

    def log_size(self, delta: Array) -> Array:
        """Log|g(δ)|, also where g(δ) is no float any more."""
        ...

    def slope(self, delta: Array) -> Array:
        """|g′(δ)|: what rounding of δ does to g."""
        ...

    def bound(self, mass_p: Array, mass_q: Array) -> Array:
        """The most of E_p[|g(δ)|] over outcomes to which p and q give these probabilities; NaN if unknown."""
        ...


@dataclass(frozen=True)
class Power:
    """g(δ) = (1 − e^{(1−α)δ})/(1 − α): Tsallis' divergence of order α; for α = 1 it is −δ, Kullback and Leibler's."""

    alpha: float

    def direct(self, delta: Array) -> Array:
        """(1 − e^{(1−α)δ})/(1 − α)."""
        rest = 1 - self.alpha
        return -delta if rest == 0 else -np.expm1(rest * delta) / rest

    def excess(self, delta: Array) -> Array:
        """With ε(x) = e^x − 1 − x: ε(δ) − ε((1−α)δ)/(1 − α)."""
        rest = 1 - self.alpha
        if rest == 0:
            return exp_excess(delta)
        # It is used for small δ only; elsewhere it need not overflow.
        bound = _LARGEST_EXPONENT / max(1.0, abs(rest))
        near = np.clip(delta, -bound, bound)
        return np.asarray(exp_excess(near) - exp_excess(rest * near) / rest)

    def log_size(self, delta: Array) -> Array:
        """Log|1 − e^x| − log|1 − α| for x = (1−α)δ, which is max(x, 0) + log(1 − e^{−|x|}) − log|1 − α|."""
        rest = 1 - self.alpha
        if rest == 0:
            return np.log(np.abs(delta))
        x = rest * delta
        return np.asarray(np.maximum(x, 0) + np.log(-np.expm1(-np.abs(x))) - np.log(abs(rest)))

    def slope(self, delta: Array) -> Array:
        """e^{(1−α)δ}."""
        return np.exp((1 - self.alpha) * delta) if self.alpha != 1 else np.ones_like(delta)

    def bound(self, mass_p: Array, mass_q: Array) -> Array:
        """(P + P^α·Q^(1−α))/(1 − α) for α < 1, by Hölder's inequality; NaN for larger orders."""
        if self.alpha >= 1:
            return np.full(np.broadcast_shapes(np.shape(mass_p), np.shape(mass_q)), np.nan)
        rest = 1 - self.alpha
        return np.asarray((mass_p + mass_p**self.alpha * mass_q**rest) / rest)


@dataclass(frozen=True)
class Shortfall:
    """g(δ) = max(1 − e^δ, 0): total variation. It has a kink at 0 and is no better for terms added."""

    def direct(self, delta: Array) -> Array:
        """max(1 − e^δ, 0)."""
        return np.asarray(-np.expm1(np.minimum(delta, 0.0)))

    def excess(self, delta: Array) -> Array:
        """The same: all of it is ≥ 0."""
        return self.direct(delta)

    def log_size(self, delta: Array) -> Array:
        """Log max(1 − e^δ, 0)."""
        return np.log(self.direct(delta))

    def slope(self, delta: Array) -> Array:
        """e^δ where δ < 0."""
        return np.where(delta < 0, np.exp(delta), 0.0)

    def bound(self, mass_p: Array, mass_q: Array) -> Array:
        """P."""
        return np.asarray(mass_p + 0 * mass_q)


@dataclass(frozen=True)
class LogRatio:
    """δ = log q/p as a function of outcomes.

    Args:
        p: the distribution that means are taken under.
        q: the one that it is compared with.

    """

    p: Distribution
    q: Distribution

    def of(self, outcomes: np.ndarray) -> tuple[Array, Array]:
        """δ, and the sum of sizes that it is the difference of."""
        log_p, log_q = self.p.log_prob(outcomes), self.q.log_prob(outcomes)
        return np.asarray(log_q - log_p), np.asarray(np.abs(log_p) + np.abs(log_q))

    def masses_beyond(self, start: Array, end: Array) -> tuple[Array, Array]:
        """The probabilities that p and q give to counts below the start and above the end."""
        return _mass_beyond(self.p, start, end), _mass_beyond(self.q, start, end)


class LogRatioToMean(LogRatio):
    """Log m/p with m = ½(p + q), which is log(1 + (q/p − 1)/2)."""

    def of(self, outcomes: np.ndarray) -> tuple[Array, Array]:
        """Log m/p, and the sum of sizes whose rounding it carries."""
        delta, size = super().of(outcomes)
        near = np.log1p(0.5 * np.expm1(np.clip(delta, -1, 1)))
        to_mean = np.where(np.abs(delta) < 1, near, np.logaddexp(0.0, delta) - _LOG_2)
        # d(log m/p) = q/(p + q)·d(log q/p): where q is far below p, its rounding does not matter.
        share = expit(delta)
        return to_mean, np.where(share == 0, 0.0, share * size)

    def masses_beyond(self, start: Array, end: Array) -> tuple[Array, Array]:
        """Of p and of the mean."""
        mass_p, mass_q = super().masses_beyond(start, end)
        return mass_p, np.asarray(0.5 * (mass_p + mass_q))


def _mass_beyond(p: Distribution, start: Array, end: Array) -> Array:
    support = p.support
    if isinstance(support, FiniteSet):
        outcomes = leading(support.values.astype(np.float64), max(np.ndim(start), len(p.batch_shape)))
        outside = (outcomes < start) | (outcomes > end)
        return np.asarray(np.where(outside, np.exp(p.log_prob(outcomes)), 0.0).sum(axis=0))
    above = np.exp(p.log_sf(np.minimum(end, support.high)))
    inside = np.maximum(start - 1, support.low)
    return np.asarray(above + np.where(start > support.low, np.exp(p.log_cdf(inside)), 0.0))
