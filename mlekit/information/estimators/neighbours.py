"""Entropy and KL divergence of continuous data, by the distances to nearest neighbours.

With ρ_i the distance from x_i to its k-th neighbour among the other N − 1 rows, ν_i that to the k-th among the M rows
of another sample, c_d the volume of the unit ball in d dimensions:

    density at x_i:   log f̂_i = ψ(k) − ψ(N) − log c_d − d·log ρ_i         (Kozachenko & Leonenko 1987)
    entropy:          −mean log f̂_i
    KL to a sample:   d·mean log(ν_i/ρ_i) + log(M/(N − 1))                 (Wang, Kulkarni & Verdú 2009)
    KL to a model q:  mean (log f̂_i − log q(x_i))

Distances are Euclidean: columns of unlike units should be put on one scale first. Biases vanish slowly in many
dimensions, and where densities end abruptly. Equal rows have distance 0 and no density: data that was rounded is
refused.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import digamma, gammaln

from mlekit.arrays import ArrayLike
from mlekit.distributions import Distribution
from mlekit.errors import DataError, ParameterError
from mlekit.information.estimators.result import SampleEstimate, normal_estimate
from mlekit.information.outcomes import is_discrete

__all__ = ["estimate_differential_entropy", "estimate_kl"]

Rows = Float[np.ndarray, "rows columns"]
Column = Float[np.ndarray, " rows"]


def estimate_differential_entropy(
    sample: ArrayLike, *, neighbours: int = 3, base: float | None = None, level: float = 0.95
) -> SampleEstimate:
    """The entropy of the density that a sample came from, by nearest neighbours.

    Args:
        sample: numbers, shape (rows,) or (rows, columns).
        neighbours: k: more of them lower the variance and raise the bias.
        base: of the logarithm; None for nats, 2 for bits.
        level: of the interval, value ± z·s/√N with the deviation s of the log-densities.

    Returns:
        A `SampleEstimate`.

    Raises:
        DataError: for NaN, infinities, no more rows than neighbours, or more equal rows than neighbours.
        ParameterError: for neighbours below 1, or a level outside (0, 1).

    Kozachenko & Leonenko (1987); Berrett, Samworth & Yuan (2019), Efficient multivariate entropy estimation via
    k-nearest neighbour distances.

    >>> x = np.random.default_rng(0).normal(size=2000)
    >>> known = estimate_differential_entropy(x)
    >>> known.low < 1.4189 < known.high
    True

    """
    rows = _rows("sample", sample)
    density = _log_density(rows, neighbours)
    return normal_estimate(
        -float(density.values.mean()),
        _standard_error(density.values),
        level=level,
        base=base,
        method="kozachenko_leonenko",
        size=len(rows),
        notes=density.notes,
    )


def estimate_kl(
    sample: ArrayLike,
    other: ArrayLike | Distribution,
    *,
    neighbours: int = 3,
    base: float | None = None,
    level: float = 0.95,
) -> SampleEstimate:
    """KL(p‖q) from a sample of a density p, where q is another sample's density or a model.

    The estimate may be negative where the divergence is small: it is not pushed up to 0, which would hide its spread.

    Args:
        sample: numbers from p, shape (rows,) or (rows, columns).
        other: numbers from q with the same columns, or a single continuous distribution.
        neighbours: k: more of them lower the variance and raise the bias.
        base: of the logarithm; None for nats, 2 for bits.
        level: of the interval.

    Returns:
        A `SampleEstimate`; +inf if the model gives density 0 to an outcome of the sample.

    Raises:
        DataError: for NaN, infinities, too few rows, columns that differ, or more equal rows than neighbours.
        ParameterError: for neighbours below 1, a level outside (0, 1), and a model that is discrete or a batch.

    Wang, Kulkarni & Verdú (2009), Divergence estimation for multidimensional densities via k-nearest-neighbor
    distances.

    >>> from mlekit.distributions import Gaussian
    >>> x = np.random.default_rng(0).normal(size=2000)
    >>> known = estimate_kl(x, Gaussian(loc=1.0, scale=1.0))
    >>> known.low < 0.5 < known.high
    True

    """
    rows = _rows("sample", sample)
    if isinstance(other, Distribution):
        return _kl_to_model(rows, other, neighbours, base, level)
    others = _rows("other", other)
    if others.shape[1] != rows.shape[1]:
        raise DataError(f"sample has {rows.shape[1]} columns, other has {others.shape[1]}")
    _check_neighbours("other", len(others) + 1, neighbours)
    own = _log_density(rows, neighbours)
    distance, nearest = _distances(others, rows, neighbours)
    _refuse_zero(distance, "sample and other", neighbours)
    dimension = rows.shape[1]
    log_other = (
        digamma(neighbours) - np.log(len(others)) - _log_ball(dimension) - dimension * np.log(distance)
    )
    # ψ(N) in the own density is replaced by log(N − 1), as in the paper.
    terms = own.values + digamma(len(rows)) - np.log(len(rows) - 1) - log_other
    # How often each row of the other sample was the one that counted, in units of its mean, is p/q there: its
    # spread is what the other sample adds to the error.
    ratio = np.bincount(nearest, minlength=len(others)) * len(others) / len(rows)
    error = float(np.hypot(_standard_error(terms), _standard_error(ratio)))
    return normal_estimate(
        float(terms.mean()),
        error,
        level=level,
        base=base,
        method="wang_kulkarni_verdu",
        size=len(rows),
        notes=own.notes,
    )


def _kl_to_model(
    rows: Rows, model: Distribution, neighbours: int, base: float | None, level: float
) -> SampleEstimate:
    name = type(model).__name__
    if is_discrete(model):
        raise ParameterError(
            f"other ({name}) is discrete, but nearest neighbours compare densities; see g_test"
        )
    columns = rows.shape[1]
    if columns > 1 and not model.joint:
        raise ParameterError(f"other ({name}) is of one variable, but the sample has {columns} columns")
    surprise = -np.asarray(model.log_prob(rows if model.joint else rows[:, 0]))
    if surprise.shape != (len(rows),) or model.batch_shape:
        raise ParameterError(
            f"other ({name}) is a batch of shape {model.batch_shape}; estimate_kl takes a single model"
        )
    density = _log_density(rows, neighbours)
    terms = surprise + density.values
    notes = density.notes
    if np.isposinf(surprise).any():
        row = int(np.argmax(surprise))
        notes = (f"the model gives density 0 to row {row}", *notes)
        return SampleEstimate(
            np.inf, np.inf, np.inf, level, 0.0, "nearest_neighbour_to_model", len(rows), notes
        )
    return normal_estimate(
        float(terms.mean()),
        _standard_error(terms),
        level=level,
        base=base,
        method="nearest_neighbour_to_model",
        size=len(rows),
        notes=notes,
    )


class _Density(NamedTuple):
    """Log-densities at the rows of a sample, and what is to be said of it."""

    values: Column
    notes: tuple[str, ...]


def _log_density(rows: Rows, neighbours: int) -> _Density:
    _check_neighbours("sample", len(rows), neighbours)
    distance, _ = _distances(rows, rows, neighbours + 1)  # the row itself is its nearest neighbour
    _refuse_zero(distance, "sample", neighbours)
    count, dimension = rows.shape
    values = digamma(neighbours) - digamma(count) - _log_ball(dimension) - dimension * np.log(distance)
    notes = []
    repeated = count - len(np.unique(rows, axis=0))
    if repeated:
        notes.append(
            f"{repeated} of {count} rows repeat another, which a density would not do: rounded data?"
        )
    if count < 100 * dimension:
        notes.append(f"{count} rows in {dimension} dimensions: few, so that the bias may exceed the interval")
    return _Density(values, tuple(notes))


def _distances(among: Float[np.ndarray, "others columns"], of: Rows, rank: int) -> tuple[Column, np.ndarray]:
    """The distance from each row to its rank-th nearest among others, and which one that is."""
    from scipy.spatial import cKDTree

    distances, indices = (np.asarray(found)[:, 0] for found in cKDTree(among).query(of, k=[rank]))
    return distances, indices


def _log_ball(dimension: int) -> float:
    """The logarithm of the volume of the unit ball."""
    return float(0.5 * dimension * np.log(np.pi) - gammaln(0.5 * dimension + 1))


def _standard_error(terms: Column) -> float:
    return float(terms.std(ddof=1) / np.sqrt(len(terms)))


def _check_neighbours(name: str, rows: int, neighbours: int) -> None:
    if neighbours < 1:
        raise ParameterError(f"neighbours must be at least 1, but is {neighbours}")
    if rows <= neighbours:
        raise DataError(f"{name}: {rows} rows are too few for the distance to neighbour number {neighbours}")


def _refuse_zero(distance: Column, name: str, neighbours: int) -> None:
    zero = distance == 0
    if zero.any():
        raise DataError(
            f"{name}: {int(zero.sum())} rows, first row {int(np.argmax(zero))}, equal {neighbours} or more others, so "
            "that no density can be told from distances; data that was rounded is discrete (estimate_entropy, g_test), "
            "or take more neighbours"
        )


def _rows(name: str, sample: ArrayLike) -> Rows:
    try:
        array = np.asarray(sample, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(
            f"{name}: nearest neighbours need numbers; for labels there is estimate_entropy"
        ) from None
    if array.ndim not in (1, 2) or array.size == 0:
        raise DataError(f"{name}: needs rows of numbers, but its shape is {array.shape}")
    rows: Rows = array[:, None] if array.ndim == 1 else array
    if not np.isfinite(rows).all():
        raise DataError(f"{name}: row {int(np.argmin(np.isfinite(rows).all(axis=1)))} is NaN or infinite")
    return rows
