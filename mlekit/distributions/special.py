"""Elementary functions in forms that neither overflow nor cancel; every dtype in, the same dtype out."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import erfcx

from mlekit.arrays import Array, sum_last, unwrap

__all__ = ["LOG_2PI", "log1mexp", "log_softmax", "logsumexp", "ndtr_hazard", "softplus"]

LOG_2PI = float(np.log(2.0 * np.pi))


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
    return unwrap(
        np.where(
            near,
            np.log(-np.expm1(np.where(near, x, -1.0))),
            np.log1p(-np.exp(np.where(near, -1.0, x))),
        )
    )


def logsumexp(x: Array) -> Array:
    """Log Σ exp(x) over the last axis, kept as an axis of length one; −inf entries weigh nothing.

    >>> logsumexp(np.array([-np.inf, 1000.0, 1000.0]))
    array([1000.69314718])
    """
    top = np.max(x, axis=-1, keepdims=True)
    if not np.isfinite(top).all():
        top = np.where(np.isfinite(top), top, 0)
    return np.asarray(top + np.expand_dims(np.log(sum_last(np.exp(x - top))), -1))


def log_softmax(x: Array) -> Array:
    """X − log Σ exp(x) over the last axis.

    >>> log_softmax(np.array([0.0, -200.0]))
    array([   0., -200.])
    """
    return x - logsumexp(x)


def ndtr_hazard(x: Array) -> Array:
    """φ(x) / Φ(x): the slope of log Φ, finite however far out (it tends to −x on the left).

    >>> round(float(ndtr_hazard(np.float64(-30.0))), 6)
    30.033259
    """
    return math.sqrt(2 / math.pi) / erfcx(x * -math.sqrt(0.5))
