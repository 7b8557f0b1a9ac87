"""Expectations of functions of a continuous outcome, by quadrature, and whether they exist.

With the median m, the outcome is written as x = m + s·sinh(t) where it has no bounds, as a + (m − a)·exp(t) above a
bound a or b − (b − m)·exp(−t) below b, and by its log-odds between two: so that panels in t reach as far out, or as
close to a bound, as tails and singularities ask for. Edges of panels are quantiles whose levels are evenly spaced in
logit, out to 2e-15 from either end; on each panel Gauss's rule with twelve nodes integrates density times function.
Farther out follow stretches of t of length log 2. Where the last of them still matters, their sums have settled to a
geometric series, as they do for tails that fall like a power, and it is summed; if it does not fall, the expectation
is infinite.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import expit

from mlekit.arrays import Array, unwrap
from mlekit.distributions.distribution import Distribution
from mlekit.distributions.domain import Interval
from mlekit.distributions.inversion import panels

__all__ = ["expectation"]

Map = Callable[[Array], Array]

_LOGITS = np.linspace(-34.0, 34.0, 35)
_STRETCHES = 12
_NONE = np.zeros(0)
_PARTS = np.array([0.0, 0.5, 1.0])
_NEGLIGIBLE = 1e-16
_FALLS = 1 - 1e-6
_BLOCK_NODES = 200_000


def expectation(p: Distribution, function: Map, log_size: Map | None = None, bends: Array = _NONE) -> Array:
    """E[f(Y)] for every element of a batch of continuous distributions, to some ten digits.

    Args:
        p: the batch.
        function: f, elementwise.
        log_size: log |f|, for where f itself leaves the doubles.
        bends: places at which panels are to end, since f is not smooth across them on the scale of p.

    Returns:
        Array of the batch's shape: ±inf where the integral diverges, NaN where it does so on both sides with
        opposite signs.

    >>> from mlekit.distributions import Gaussian
    >>> round(float(expectation(Gaussian(loc=0.0, scale=1.0), np.square)), 9)
    1.0
    >>> growth = lambda x: 0.6 * np.square(x)
    >>> float(expectation(Gaussian(loc=0.0, scale=1.0), lambda x: np.exp(growth(x)), growth))
    inf
    """

    def mass(x: Array, length: Array) -> Array:
        log_prob = p._log_prob(x)
        values = function(x)
        masses = np.where(log_prob > -np.inf, np.exp(log_prob) * length * values, 0.0)
        if log_size is None or np.isfinite(values).all():
            return masses
        far = np.sign(values) * np.exp(log_prob + log_size(x)) * length
        return np.where(np.isinf(values) & (log_prob > -np.inf), far, masses)

    support = p.support
    assert isinstance(support, Interval)
    shape = p.batch_shape
    levels = expit(_LOGITS).reshape(-1, *(1,) * len(shape))

    def integral(edges: Array) -> Array:
        total = np.zeros(shape)
        for t, weights in panels(edges, max(1, _BLOCK_NODES // max(1, total.size))):
            x, slope = place.outcome(t)
            # Of each element alone, so that the sum does not depend on its company.
            total = total + np.ascontiguousarray(np.moveaxis(mass(x, weights * slope), 0, -1)).sum(axis=-1)
        return total

    with np.errstate(all="ignore"):
        quantiles = np.broadcast_to(np.asarray(p._quantile(levels), dtype=np.float64), (len(levels), *shape))
        place = _Place(support, quantiles)
        # A kink of the density can only be at the mode.
        mode = np.asarray(p.mode, dtype=np.float64)
        mode = np.clip(np.where(np.isfinite(mode), mode, place.middle), quantiles[0], quantiles[-1])
        further = [mode, *(np.clip(bend, quantiles[0], quantiles[-1]) for bend in bends)]
        edges = place.coordinate(
            np.concatenate([quantiles, *(np.broadcast_to(x, (1, *shape)) for x in further)])
        )
        total = whole = integral(edges)
        for sign, outermost in ((-1.0, edges[0]), (1.0, edges[len(levels) - 1])):
            before = last = whole
            for stretch in range(_STRETCHES):
                octave = outermost + sign * np.log(2.0) * (stretch + _PARTS.reshape(-1, *(1,) * len(shape)))
                before, last = last, integral(octave)
                total = total + last
                if (np.abs(last) <= _NEGLIGIBLE * np.abs(whole)).all():
                    break
            ratio = last / before
            rest = np.where(np.abs(ratio) < _FALLS, last * ratio / (1 - ratio), np.sign(last) * np.inf)
            total = total + np.where(np.abs(last) <= _NEGLIGIBLE * np.abs(whole), 0.0, rest)
    return unwrap(np.asarray(total))


class _Place:
    """The map between outcomes x and t; t is 0 at the median."""

    def __init__(self, support: Interval, quantiles: Array) -> None:
        self.middle = quantiles[len(quantiles) // 2]
        self.unit = quantiles[len(quantiles) // 2 + 1] - self.middle
        self.low, self.high = (np.asarray(end, dtype=np.float64) for end in (support.low, support.high))
        self.above_low, self.below_high = self.middle - self.low, self.high - self.middle
        # Whether there are bounds is a matter of the family, the same for all elements of a batch.
        self.bounds = bool(np.isfinite(self.low).all()), bool(np.isfinite(self.high).all())

    def coordinate(self, x: Array) -> Array:
        """The t of outcomes."""
        rise: Array = np.log((x - self.low) / self.above_low)
        fall: Array = -np.log((self.high - x) / self.below_high)
        match self.bounds:
            case (True, False):
                return rise
            case (False, True):
                return fall
            case (True, True):
                return rise + fall
        free: Array = np.arcsinh((x - self.middle) / self.unit)
        return free

    def outcome(self, t: Array) -> tuple[Array, Array]:
        """The outcomes at t, and dx/dt."""
        match self.bounds:
            case (True, False):
                rise = self.above_low * np.exp(t)
                return self.low + rise, rise
            case (False, True):
                fall = self.below_high * np.exp(-t)
                return self.high - fall, fall
            case (True, True):
                odds = np.exp(-np.abs(t)) * np.where(t < 0, self.above_low, self.below_high)
                share = odds / (odds + np.where(t < 0, self.below_high, self.above_low))
                nearer = (self.high - self.low) * share
                return np.where(t < 0, self.low + nearer, self.high - nearer), nearer * (1 - share)
        return self.middle + self.unit * np.sinh(t), self.unit * np.cosh(t)
