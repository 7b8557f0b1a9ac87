"""The latent variable behind ordered categories: the probability of an interval under a standard distribution.

For F logistic or normal, both symmetric about 0, with F = σ for the former,

    log(σ(b) − σ(a)) = log σ(b) + log σ(−a) + log(1 − e^{a − b}),

without cancellation. For the normal the interval is reflected into the left tail, where log Φ(b) + log(1 −
Φ(a)/Φ(b)) keeps its digits unless the interval is narrow; then φ at its middle m times ∫ e^{−mt − t²/2} dt does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit, log_ndtr, logit, ndtr, ndtri

from mlekit.arrays import Array
from mlekit.distributions.special import LOG_2PI, log1mexp, ndtr_hazard, softplus
from mlekit.errors import ParameterError

__all__ = ["LATENT", "Latent", "latent_named"]

Map = Callable[[Array], Array]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(10)
_NARROW, _STEEP = 0.5, 4.0


@dataclass(frozen=True)
class Latent:
    """A standard distribution that is symmetric about 0, and what it puts between a and b.

    Args:
        cdf: F.
        log_cdf: log F; of −x it is the logarithm of the upper tail.
        quantile: the inverse of F.
        log_mass: from (a, b, b − a) to log(F(b) − F(a)); a may be −∞ or b +∞.
        slopes: from the same to −(∂/∂a + ∂/∂b) log mass, which is the derivative in a location that a and b are
            measured from, and (b − a)·∂/∂b log mass, in the logarithm of the width with a held.
        draw: independent outcomes of a shape.
    """

    cdf: Map
    log_cdf: Map
    quantile: Map
    log_mass: Callable[[Array, Array, Array], Array]
    slopes: Callable[[Array, Array, Array], tuple[Array, Array]]
    draw: Callable[[np.random.Generator, tuple[int, ...]], Array]


def latent_named(link: str) -> Latent:
    """The latent variable of a link, ``"logit"`` or ``"probit"``.

    >>> float(latent_named("probit").cdf(np.float64(0.0)))
    0.5
    """
    if link not in LATENT:
        raise ParameterError(f"OrderedCategorical: link must be one of {', '.join(LATENT)}, but is {link!r}")
    return LATENT[link]


# ---- logistic ---------------------------------------------------------------------------------------------


def _logistic_log_mass(a: Array, b: Array, width: Array) -> Array:
    return log1mexp(-width) - softplus(-b) - softplus(a)


def _logistic_slopes(a: Array, b: Array, width: Array) -> tuple[Array, Array]:
    above = expit(-b)
    return expit(a) - above, width * above + width / np.expm1(width)


# ---- normal -----------------------------------------------------------------------------------------------


def _normal_log_mass(a: Array, b: Array, width: Array) -> Array:
    low, high = _reflected(a, b)
    log_mass = np.asarray(log_ndtr(high) + log1mexp(_log_ratio(low, high)))
    narrow, middle, w = _narrow(a, b, width)
    if narrow.any():
        total = _moments(middle, w)[0]
        log_mass[narrow] = np.log(w * total) - 0.5 * (np.square(middle) + LOG_2PI)
    return log_mass


def _normal_slopes(a: Array, b: Array, width: Array) -> tuple[Array, Array]:
    low, high = _reflected(a, b)
    log_ratio = _log_ratio(low, high)
    ratio, share = np.exp(log_ratio), -np.expm1(log_ratio)
    of_low, of_high = np.where(ratio > 0, ratio * ndtr_hazard(low), 0.0) / share, ndtr_hazard(high) / share
    reflected = low != a
    location = np.asarray(np.where(reflected, of_high - of_low, of_low - of_high))
    spread = np.asarray(width * np.where(reflected, of_low, of_high))
    narrow, middle, w = _narrow(a, b, width)
    if narrow.any():
        total, first = _moments(middle, w)
        location[narrow] = middle + first / total
        spread[narrow] = np.exp(-0.5 * w * (middle + 0.25 * w)) / total
    return location, spread


def _reflected(a: Array, b: Array) -> tuple[Array, Array]:
    """The interval, or its mirror image if it lies mostly to the right of 0."""
    right = a + b > 0
    return np.where(right, -b, a), np.where(right, -a, b)


def _log_ratio(low: Array, high: Array) -> Array:
    """Log Φ(low)/Φ(high); −∞ also where both are 0 in floating point."""
    of_low = log_ndtr(low)
    return np.where(np.isneginf(of_low), of_low, of_low - log_ndtr(high))


def _narrow(a: Array, b: Array, width: Array) -> tuple[np.ndarray, Array, Array]:
    """Which intervals are narrow, their middles and their widths."""
    a, b, width = np.broadcast_arrays(a, b, width)
    middle = np.asarray(0.5 * (a + b))
    narrow = np.asarray((width < _NARROW) & (width * np.abs(middle) < _STEEP))
    return narrow, middle[narrow], width[narrow]


def _moments(middle: Array, width: Array) -> tuple[Array, Array]:
    """The means of e^{−mt − t²/2} and of t times that, over |t| ≤ width/2."""
    t = 0.5 * width[..., None] * _NODES.astype(width.dtype)
    weight = np.exp(-t * (middle[..., None] + 0.5 * t)) * (0.5 * _WEIGHTS).astype(width.dtype)
    return weight.sum(axis=-1), (t * weight).sum(axis=-1)


LATENT = {
    "logit": Latent(
        expit,
        log_expit,
        logit,
        _logistic_log_mass,
        _logistic_slopes,
        lambda rng, shape: rng.logistic(size=shape),
    ),
    "probit": Latent(
        ndtr,
        log_ndtr,
        ndtri,
        _normal_log_mass,
        _normal_slopes,
        lambda rng, shape: rng.standard_normal(shape),
    ),
}
