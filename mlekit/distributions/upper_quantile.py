"""Quantiles told by the probability above them, for levels too small to be told by what is missing to one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mlekit.arrays import Array
from mlekit.distributions.distribution import Distribution
from mlekit.distributions.domain import Interval
from mlekit.distributions.inversion import invert

__all__ = ["upper_quantile"]

_RARE = 0.25


def upper_quantile(p: Distribution, level: np.ndarray) -> Array:
    """The outcome that a continuous distribution exceeds with this probability, exact for small ones too.

    >>> from mlekit.distributions import Gaussian
    >>> float(upper_quantile(Gaussian(loc=0.0, scale=1.0), np.array(1e-20)).round(6))
    9.26234
    """
    shape = np.broadcast_shapes(level.shape, p.batch_shape)
    rare = np.asarray((level > 0) & (level < _RARE))
    common = np.broadcast_to(p._quantile(np.asarray(np.where(rare, 0.5, 1 - level))), shape)
    return common if not rare.any() else np.where(rare, _rarely_exceeded(p, level, shape), common)


@np.errstate(all="ignore")
def _rarely_exceeded(p: Distribution, level: np.ndarray, shape: tuple[int, ...]) -> Array:
    """The same for small levels, solved for −x, whose cdf is the survival function of x."""
    support = p.support
    assert isinstance(support, Interval)
    level, middle, far, end = (
        np.array(np.broadcast_to(part, shape), dtype=np.float64).reshape(-1)
        for part in (
            np.where((level > 0) & (level < _RARE), level, _RARE),
            p._quantile(np.asarray(0.5)),
            p._quantile(np.asarray(1 - np.finfo(np.float64).eps)),
            support.high,
        )
    )
    places = middle.copy()

    def answer(core: Callable[[np.ndarray], Array], positions: np.ndarray, z: Array) -> Array:
        places[positions] = -z
        answers: Array = np.broadcast_to(core(places.reshape(shape)), shape).reshape(-1)[positions]
        return answers

    def tails(positions: np.ndarray, z: Array) -> tuple[Array, Array]:
        return answer(p._log_sf, positions, z), answer(p._log_cdf, positions, z)

    def log_prob(positions: np.ndarray, z: Array) -> Array:
        return answer(p._log_prob, positions, z)

    everywhere = np.arange(len(level))
    short = np.ones(len(level), dtype=bool)
    while short.any():
        far = np.where(short, np.minimum(middle + 2 * (far - middle), end), far)
        short = (tails(everywhere, -far)[0] > np.log(level)) & (far < end)
    return -invert(tails, log_prob, level, -far, -middle).reshape(shape)
