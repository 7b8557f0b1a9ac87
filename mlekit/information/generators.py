"""Functions of δ = log q/p whose mean under p is a divergence: D(p‖q) = E_p[g(δ)].

Every f-divergence is of this kind. Where all of q's probability lies where p's does, E_p[e^δ − 1] = 0, so that
c·(e^δ − 1) may be added to g: with the right c the sum is ≥ 0 and vanishes quadratically at 0, and its mean keeps the
digits of nearly equal arguments. Csiszár (1967), Information-type measures of difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from mlekit.arrays import Array
from mlekit.information.elementary import exp_excess

__all__ = ["Generator", "Power", "Shortfall"]

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
        """The probability p itself."""
        return np.asarray(mass_p + 0 * mass_q)
