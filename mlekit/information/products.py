"""Distributions with independent coordinates: divergences and entropies of a product are sums over its factors."""

from __future__ import annotations

import numpy as np

from mlekit.arrays import Array
from mlekit.distributions import Distribution, Independent
from mlekit.information.answer import Way, Ways
from mlekit.information.estimate import Method

__all__ = ["are_products", "summed"]


def are_products(*parts: Distribution) -> bool:
    """Whether all are products over the same axes, so that their factors can be compared one by one.

    >>> from mlekit.distributions import Gaussian
    >>> p = Independent(Gaussian(loc=[0.0, 1.0], scale=1.0))
    >>> are_products(p, p), are_products(p.base, p.base)
    (True, False)
    """
    axes = {part.axes if isinstance(part, Independent) else 0 for part in parts}
    return len(axes) == 1 and 0 not in axes


def summed(ways: Ways, axes: int) -> Ways:
    """The ways of a quantity of factors, on the last axes, as the ways of the quantity of their product.

    Bounds on errors add up; standard errors, of samples of each factor on its own, add up as their squares do.
    """

    def over(method: Method, way: Way) -> Way:
        def total() -> tuple[Array, Array]:
            value, error = way()
            last = tuple(range(-axes, 0))
            if method == "monte_carlo":
                return np.asarray(value.sum(axis=last)), np.sqrt(np.square(error).sum(axis=last))
            return np.asarray(value.sum(axis=last)), np.asarray(error.sum(axis=last))

        return total

    return {method: over(method, way) for method, way in ways.items()}
