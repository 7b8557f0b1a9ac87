"""δ = log q/p of two distributions, and what they give to outcomes far out: what divergences are means of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from mlekit.arrays import Array, BoolArray
from mlekit.distributions import Distribution, FiniteSet, Interval
from mlekit.information.outcomes import excludes
from mlekit.information.rules import leading

__all__ = ["LogRatio", "LogRatioToMean"]

_LOG_2 = float(np.log(2.0))


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

    def left_out(self) -> BoolArray:
        """Whether q leaves out a stretch of what p holds for possible, however little p gives to it."""
        return excludes(self.q, self.p)

    def may_exceed(self) -> BoolArray:
        """Whether q may give probability to what p holds for impossible: unless both reach over the same numbers."""
        if not (isinstance(self.p.support, Interval) and isinstance(self.q.support, Interval)):
            return np.ones((), dtype=bool)
        return excludes(self.p, self.q)

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

    def left_out(self) -> BoolArray:
        """Nothing: the mean has all of p's outcomes."""
        return np.zeros_like(super().left_out())

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
    assert isinstance(support, Interval)
    above = np.exp(p.log_sf(np.minimum(end, support.high)))
    inside = np.maximum(start - 1, support.low)
    return np.asarray(above + np.where(start > support.low, np.exp(p.log_cdf(inside)), 0.0))
