"""The G-test: is what data lost against a model more than chance?

    G = 2·Σ O·log(O/E) = 2N·KL(data ‖ model)

Where the model is true, G is distributed like χ² with a degree of freedom for each category but one; where it is not,
like noncentral χ² with noncentrality 2N·KL(truth ‖ model), which gives an interval for that divergence. Wilks (1938);
Sokal & Rohlf, Biometry.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, chndtr, chndtrinc

from mlekit.arrays import Array, ArrayLike
from mlekit.distributions import Categorical
from mlekit.errors import DataError, ParameterError
from mlekit.information.estimators.result import checked_level
from mlekit.information.logits import kl_of_logits

__all__ = ["GTest", "g_test"]

_FEW = 5.0


@dataclass(frozen=True)
class GTest:
    """The outcome of a G-test.

    Attributes:
        statistic: G = 2N·KL(data ‖ model).
        degrees_of_freedom: of its χ² distribution under the model.
        p_value: the probability of so large a G if the model is true.
        kl: KL(data ‖ model) in nats, the plug-in value, too high by about degrees_of_freedom/(2N).
        low: the lower end of the interval for KL(truth ‖ model).
        high: the upper end of that interval.
        level: of the interval.
        size: N.
        notes: what is to be said of the approximation.

    >>> test = g_test([30, 30, 60], [0.3, 0.3, 0.4])
    >>> test.degrees_of_freedom, round(test.kl, 4), round(test.high, 4)
    (2, 0.0204, 0.0668)

    """

    statistic: float
    degrees_of_freedom: int
    p_value: float
    kl: float
    low: float
    high: float
    level: float
    size: int
    notes: tuple[str, ...] = ()


def g_test(
    counts: ArrayLike, model: Categorical | ArrayLike | None = None, *, fitted: int = 0, level: float = 0.95
) -> GTest:
    """Test counts against a model's probabilities, or a table of counts for independence of its rows and columns.

    Args:
        counts: how often each category came, in the model's order; without a model, a table of two axes.
        model: a single `Categorical`, or probabilities that sum to 1; None to test independence.
        fitted: how many of the model's parameters were estimated from these counts.
        level: of the interval for the divergence of the truth from the model.

    Returns:
        A `GTest`. An outcome that the model excludes makes the statistic infinite and the p-value 0.

    Raises:
        DataError: for counts that are negative, not whole or all zero, or a table without a model that has an empty
            row or column.
        ParameterError: for a model of another number of categories or a batch of models, and for no degree of freedom.

    >>> test = g_test([43, 57], [0.5, 0.5])
    >>> round(test.statistic, 4), round(test.p_value, 4)
    (1.9665, 0.1608)

    """
    checked_level(level)
    try:
        observed = np.asarray(counts, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError("counts: must be numbers; count labels first") from None
    if (
        not (np.isfinite(observed) & (observed >= 0) & (observed == np.floor(observed))).all()
        or not observed.any()
    ):
        raise DataError("counts: must be whole numbers that are not negative, some of them positive")
    size = observed.sum()
    expected, degrees = _independent(observed) if model is None else _of_model(observed, model)
    degrees -= fitted
    if degrees < 1:
        raise ParameterError(
            f"counts: {observed.size} categories with {fitted} fitted leave no degree of freedom"
        )
    with np.errstate(divide="ignore"):
        divergence = float(kl_of_logits(np.log(observed.reshape(-1)), np.log(expected.reshape(-1))))
    statistic = 2 * float(size) * divergence
    low, high = (
        _noncentrality(statistic, degrees, tail) / (2 * size) for tail in (0.5 + level / 2, 0.5 - level / 2)
    )
    few = int((expected * size < _FEW).sum())
    notes = (
        (f"{few} of {expected.size} categories expect fewer than {_FEW:g}: χ² is rough there",) if few else ()
    )
    p_value = float(chdtrc(degrees, statistic))
    return GTest(statistic, degrees, p_value, divergence, float(low), float(high), level, int(size), notes)


def _of_model(observed: Array, model: Categorical | ArrayLike) -> tuple[Array, int]:
    known = model if isinstance(model, Categorical) else Categorical(probs=model)
    if known.batch_shape or observed.ndim != 1 or known.probs.shape != observed.shape:
        raise ParameterError(
            f"model: {known.probs.shape[-1]} categories in a batch of shape {known.batch_shape} do not fit counts of "
            f"shape {observed.shape}; one count a category of a single model is needed"
        )
    return np.asarray(known.probs), observed.size - 1


def _independent(observed: Array) -> tuple[Array, int]:
    if observed.ndim != 2:
        raise ParameterError(
            f"without a model, counts are a table of two axes, but their shape is {observed.shape}"
        )
    rows, columns = observed.sum(axis=1), observed.sum(axis=0)
    if not (rows.all() and columns.all()):
        raise DataError(
            "counts: the table has an empty row or column, which tells nothing of dependence; drop it"
        )
    share = np.outer(rows, columns) / observed.sum() ** 2
    return share, (len(rows) - 1) * (len(columns) - 1)


def _noncentrality(statistic: float, degrees: int, tail: float) -> float:
    """The noncentrality at which so small a statistic has this probability; 0 if none makes it so likely."""
    if np.isinf(statistic):
        return np.inf
    if chndtr(statistic, degrees, 0.0) <= tail:
        return 0.0
    return float(chndtrinc(statistic, degrees, tail))
