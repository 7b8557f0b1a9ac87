"""Elementary functions in forms that neither overflow nor cancel; every dtype in, the same dtype out."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import erfcx

from mlekit.arrays import Array, pick, sum_last, unwrap

__all__ = ["LOG_2PI", "horner", "log1mexp", "log_softmax", "logsumexp", "max_last", "ndtr_hazard", "softplus"]

LOG_2PI = float(np.log(2.0 * np.pi))


def horner(coefficients: Sequence[float], x: Array) -> Array:
    """Σ_k coefficient_k·xᵏ.

    >>> horner([1.0, 0.0, 3.0], np.array([0.0, 2.0]))
    array([ 1., 13.])
    """
    total = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        # In place: memory that is warm already.
        total *= x
        total += x.dtype.type(coefficient)
    return total


def softplus(x: Array) -> Array:
    """log(1 + exp(x)), exact at both ends: exp(x) far left, x far right, 0 at −inf.

    >>> float(softplus(np.float64(-50.0))), float(softplus(np.float64(800.0)))
    (1.9287498479639178e-22, 800.0)
    """
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def log1mexp(x: Array) -> Array:
    """log(1 − exp(x)) for x ≤ 0, by whichever of two forms keeps its digits (Mächler 2012).

    >>> float(log1mexp(np.float64(-1e-20)))
    -46.051701859880914
    """
    x = np.asarray(x)
    near = x > -np.log(2.0)
    return unwrap(pick(near, np.log(-np.expm1(np.maximum(x, -1))), np.log1p(-np.exp(np.minimum(x, -0.5)))))


def logsumexp(x: Array) -> Array:
    """Log Σ exp(x) over the last axis, kept as an axis of length one; −inf entries weigh nothing.

    >>> logsumexp(np.array([-np.inf, 1000.0, 1000.0]))
    array([1000.69314718])
    """
    top = max_last(x)
    if not np.isfinite(top).all():
        top = np.where(np.isfinite(top), top, 0)
    return np.asarray(top + np.expand_dims(np.log(sum_last(np.exp(x - top))), -1))


def max_last(x: Array) -> Array:
    """The maximum over the last axis, kept as an axis of length one.

    >>> max_last(np.array([[1.0, 3.0], [2.0, 0.0]]))
    array([[3.],
           [2.]])
    """
    # NumPy reduces a short last axis row by row; over a leading axis it is ten times as fast.
    leading = np.ascontiguousarray(x.transpose(-1, *range(x.ndim - 1)))
    return np.asarray(leading.max(axis=0))[..., None]


def log_softmax(x: Array) -> tuple[Array, Array]:
    """X − log Σ exp(x) over the last axis, and its exponential, from one evaluation of exp.

    >>> log_softmax(np.array([0.0, -200.0]))
    (array([   0., -200.]), array([1.00000000e+00, 1.38389653e-87]))
    """
    below = x - max_last(x)
    weights = np.exp(below)
    # A product with ones is the sum; NumPy's own is slow over a short last axis.
    total = np.asarray(weights @ np.ones(x.shape[-1], dtype=x.dtype))[..., None]
    return below - np.log(total), weights / total


def ndtr_hazard(x: Array) -> Array:
    """φ(x) / Φ(x): the slope of log Φ, finite however far out (it tends to −x on the left).

    >>> round(float(ndtr_hazard(np.float64(-30.0))), 6)
    30.033259
    """
    return math.sqrt(2 / math.pi) / erfcx(x * -math.sqrt(0.5))
