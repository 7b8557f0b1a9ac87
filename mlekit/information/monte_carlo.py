"""Expectations by sampling: the mean of f over independent outcomes, and its standard error."""

from __future__ import annotations

import numpy as np

from mlekit.arrays import Array
from mlekit.distributions import Distribution, Seed
from mlekit.errors import ParameterError
from mlekit.information.rules import Expectation, Integrand, blocks, leading

__all__ = ["MonteCarlo"]


class MonteCarlo:
    """The mean over ``size`` samples of p; its error is the standard error, s/√size.

    Args:
        p: the distribution to sample.
        size: how many samples, at least 2.
        rng: a NumPy generator, or a seed.

    """

    def __init__(self, p: Distribution, size: int, rng: Seed) -> None:
        if size < 2:
            raise ParameterError(f"size: a standard error needs at least 2 samples, but size is {size}")
        self.p = p
        self.size = size
        self.rng = np.random.default_rng(rng)

    def expect(self, integrand: Integrand, shape: tuple[int, ...]) -> Expectation:
        """Mean and standard error, block by block (Chan, Golub & LeVeque 1983)."""
        count = 0
        mean: Array = np.zeros(1)
        squares: Array = np.zeros(1)
        ndim = len(shape) + len(self.p.event_shape)
        for block in blocks(self.size, shape):
            size = block.stop - block.start
            values = integrand.values(leading(np.asarray(self.p.sample(size, rng=self.rng)), ndim))
            block_mean: Array = values.mean(axis=1)
            block_squares = np.square(values - block_mean[:, None]).sum(axis=1)
            step = block_mean - mean
            squares = squares + block_squares + np.square(step) * (count * size / (count + size))
            count += size
            mean = mean + step * (size / count)
        full = (mean.shape[0], *shape)
        error = np.sqrt(squares / (count - 1) / count)
        # One impossible sample makes the mean infinite, and then the mean is all that is known.
        error = np.where(np.isinf(mean), 0.0, error)
        return Expectation(np.array(np.broadcast_to(mean, full)), np.array(np.broadcast_to(error, full)))
