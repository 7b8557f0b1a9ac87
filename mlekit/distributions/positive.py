"""What families of positive outcomes share: a density that may be anything at 0, and logarithms of ratios."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from mlekit.arrays import Array
from mlekit.distributions.domain import Interval
from mlekit.distributions.target import numeric_target
from mlekit.errors import TargetError

__all__ = ["NOT_NEGATIVE", "density_above_zero", "geometric_units", "log_ratio", "refuse_all_zero"]

NOT_NEGATIVE = Interval(0.0, np.inf, low_included=True)


def density_above_zero(
    value: np.ndarray, inside: Callable[[Array], Array], at_zero: Callable[[], Array]
) -> Array:
    """The log-density: ``inside`` where the value is positive and finite, its limit at 0, and −inf elsewhere.

    >>> density_above_zero(np.array([-1.0, 0.0, 2.0]), np.log, lambda: np.array(7.0))
    array([      -inf, 7.        , 0.69314718])
    """
    positive = (value > 0) & (value < np.inf)
    if positive.all():
        return inside(value)
    log_density = inside(np.where(positive, value, 1))
    return np.where(positive, log_density, np.where(value == 0, at_zero(), -np.inf))


@np.errstate(all="ignore")
def log_ratio(value: Array, scale: Array) -> Array:
    """log(value/scale), exact near 1 and also where the ratio leaves the doubles.

    >>> log_ratio(np.array([0.0, 1e300]), np.float64(1e-300))
    array([        -inf, 1381.5510558])
    """
    ratio = value / scale
    held = (ratio > 0) & (ratio < np.inf)
    return np.log(ratio) if held.all() else np.where(held, np.log(ratio), np.log(value) - np.log(scale))


def refuse_all_zero(target: pd.DataFrame, outcomes: Interval, family: str, consequence: str) -> None:
    """Refuse a target column that is 0 in every row, where the likelihood has no maximum."""
    for name in target:
        if len(target) and (numeric_target(target[[name]], outcomes, family) == 0).all():
            raise TargetError(
                f"column {str(name)!r} is 0 in all {len(target)} rows, so the likelihood of {family} has no "
                f"maximum: {consequence}; give rows that are not 0"
            )


def geometric_units(values: Array, weights: Array) -> tuple[Array, Array]:
    """Center 0 and the geometric mean of every column: units for outcomes whose logarithms matter.

    >>> geometric_units(np.array([[1.0], [100.0]]), np.array([0.5, 0.5]))
    (array([0.]), array([10.]))
    """
    return np.zeros(values.shape[1:]), np.exp(weights @ np.log(values))
