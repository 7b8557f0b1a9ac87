"""Empirical(x₁ … x_N): data as a distribution, mass w_i on each sample (1/N if not weighted).

    P(Y = y) = Σ_i w_i·[x_i = y]

It is discrete whatever the samples are. Numbers keep their order, so that it has a cdf, quantiles and moments; a
pandas categorical keeps the order of its categories, for a cdf and quantiles; other labels have masses only. The
last axis of the samples counts the samples, axes before it are the batch.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mlekit.arrays import Array, ArrayLike, Labels, sum_last
from mlekit.distributions.categorical import Categorical
from mlekit.distributions.distribution import Distribution
from mlekit.distributions.domain import FiniteSet
from mlekit.distributions.labels import codes_of, label_array
from mlekit.distributions.outcomes import as_numbers
from mlekit.distributions.parameter import numbers
from mlekit.errors import ParameterError, SupportError

__all__ = ["Empirical"]


class _Atoms(NamedTuple):
    """Samples sorted along the last axis; the last copy of each distinct value carries the value's mass."""

    order: np.ndarray
    codes: np.ndarray
    masses: Array


class _Sorted(NamedTuple):
    """The samples in their order along the last axis: as numbers, as they are, and their weights."""

    places: np.ndarray
    values: Labels
    weights: Array


class Empirical(Distribution):
    """The distribution of a sample.

    Args:
        samples: numbers or labels, the last axis over the samples. A pandas categorical keeps its order.
        weights: non-negative, of the samples' shape or of their last axis; they are divided by their sum.

    Raises:
        ParameterError: for no samples, NaN or missing samples, infinite samples, or weights that are negative,
            NaN, or zero throughout.

    >>> heads = Empirical(["radom", "random", "random", "radon"])
    >>> float(heads.prob("random"))
    0.5
    >>> heads.numeric, heads.to_frame()["mass"].to_list()
    (False, [0.25, 0.5, 0.25])
    >>> Empirical([1.0, 2.0, 4.0]).median
    np.float64(2.0)

    """

    def __init__(self, samples: ArrayLike, weights: ArrayLike | None = None) -> None:
        values = np.atleast_1d(label_array(samples))
        if values.shape[-1] == 0:
            raise ParameterError("Empirical: needs at least one sample")
        missing = np.asarray(pd.isna(values))
        if missing.any():
            raise ParameterError(
                f"Empirical: {int(missing.sum())} of {values.size} samples are missing (NaN); drop them first"
            )
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise ParameterError("Empirical: samples must be finite, but an infinity is among them")
        values.flags.writeable = False
        self._store(values=values, weights=_normalized(weights, values.shape), _ordered=_order(samples))

    values: Labels
    weights: Array
    _ordered: Labels | None

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of the samples without their last axis."""
        return self.values.shape[:-1]

    @property
    def numeric(self) -> bool:
        """Whether the samples are numbers or booleans."""
        return self.values.dtype.kind in "iufb"

    @property
    def support(self) -> FiniteSet:
        """The distinct samples."""
        return FiniteSet(self._distinct)

    # ---- atoms --------------------------------------------------------------------------------------------

    @cached_property
    def _distinct(self) -> Labels:
        """Distinct samples over the whole batch: in the categories' order, else sorted, else as they came."""
        if self._ordered is not None:
            present = set(self.values.reshape(-1).tolist())
            return label_array([label for label in self._ordered.tolist() if label in present])
        if self.numeric:
            return np.unique(self.values)
        return label_array(pd.unique(self.values.reshape(-1)))

    @cached_property
    def _codes(self) -> np.ndarray:
        codes = pd.Index(self._distinct).get_indexer(pd.Index(self.values.reshape(-1)))
        return np.asarray(codes, dtype=np.int64).reshape(self.values.shape)

    @cached_property
    def _atoms(self) -> _Atoms:
        order = np.argsort(self._codes, axis=-1, kind="stable")
        codes = np.take_along_axis(self._codes, order, axis=-1)
        cumulative = np.cumsum(np.take_along_axis(self.weights, order, axis=-1), axis=-1)
        before = np.concatenate([np.zeros((*self.batch_shape, 1)), cumulative[..., :-1]], axis=-1)
        changes = codes[..., 1:] != codes[..., :-1]
        edge = np.ones((*self.batch_shape, 1), dtype=bool)
        first = np.concatenate([edge, changes], axis=-1)
        last = np.concatenate([changes, edge], axis=-1)
        start = np.maximum.accumulate(np.where(first, before, 0.0), axis=-1)
        return _Atoms(order, codes, np.where(last, cumulative - start, 0.0))

    def masses(self) -> pd.Series[float]:
        """The distinct samples and their masses, as a Series; for a single distribution.

        >>> Empirical([3, 1, 3, 3]).masses().to_dict()
        {1: 0.25, 3: 0.75}
        """
        if self.batch_shape:
            raise ParameterError(
                f"Empirical: a batch of shape {self.batch_shape} has no single table of masses"
            )
        masses = np.bincount(self._codes, weights=self.weights, minlength=len(self._distinct))
        return pd.Series(masses, index=pd.Index(self._distinct), name="mass")

    def to_categorical(self) -> Categorical:
        """The same distribution as a `Categorical` over the distinct samples.

        >>> Empirical(["a", "b", "b", "b"]).to_categorical()
        Categorical('a': 0.25, 'b': 0.75)
        """
        onehot = self._codes[..., None] == np.arange(len(self._distinct))
        probs = (
            (onehot * self.weights[..., None]).sum(axis=-2) if self.batch_shape else self.masses().to_numpy()
        )
        return Categorical(probs=probs / probs.sum(axis=-1, keepdims=True), categories=self._distinct)

    # ---- likelihood ---------------------------------------------------------------------------------------

    def _read(self, value: ArrayLike) -> np.ndarray:
        labels = label_array(value)
        if self.numeric and labels.dtype.kind not in "iub":
            labels = as_numbers(value, "Empirical", "an outcome")
        missing = np.asarray(pd.isna(labels))
        if missing.any():
            raise SupportError(f"Empirical: {int(missing.sum())} of {labels.size} values are missing (NaN)")
        return labels

    def _log_prob(self, value: np.ndarray) -> Array:
        if not self.batch_shape:
            positions = codes_of(value, self._distinct)
            mass = np.where(positions < 0, 0.0, self.masses().to_numpy()[positions])
        else:
            mass = ((self.values == value[..., None]) * self.weights).sum(axis=-1)
        return np.log(mass)

    # ---- distribution functions ---------------------------------------------------------------------------

    def _places(self, value: np.ndarray) -> np.ndarray:
        """Outcomes as numbers in their order: themselves, or positions among a pandas categorical's categories."""
        if self.numeric:
            return value
        if self._ordered is None:
            raise self._cannot("have an order: its samples are labels, not numbers nor a pandas categorical")
        places = codes_of(value, self._ordered)
        if (places < 0).any():
            raise SupportError(
                f"Empirical: a label outside the categories {FiniteSet(self._ordered)} has no place in their order"
            )
        return places

    @cached_property
    def _sorted(self) -> _Sorted:
        places = self._places(self.values)
        order = np.argsort(places, axis=-1, kind="stable")
        return _Sorted(
            np.take_along_axis(places, order, axis=-1),
            np.take_along_axis(self.values, order, axis=-1),
            np.take_along_axis(self.weights, order, axis=-1),
        )

    def _at(self, table: Array, value: np.ndarray) -> Array:
        """``table[k]`` where k samples are at most ``value``."""
        places = self._places(value)
        if not self.batch_shape:
            return np.take(table, np.searchsorted(self._sorted.places, places, side="right"))
        return _pick(table, (self._sorted.places <= places[..., None]).sum(axis=-1))

    def _cdf(self, value: np.ndarray) -> Array:
        cumulative = np.cumsum(self._sorted.weights, axis=-1)
        none = np.zeros((*self.batch_shape, 1))
        return self._at(np.concatenate([none, np.minimum(cumulative, 1.0)], axis=-1), value)

    def _log_sf(self, value: np.ndarray) -> Array:
        above = np.cumsum(self._sorted.weights[..., ::-1], axis=-1)[..., ::-1]
        none = np.zeros((*self.batch_shape, 1))
        log_mass: Array = np.log(self._at(np.concatenate([np.minimum(above, 1.0), none], axis=-1), value))
        return log_mass

    def _quantile(self, level: np.ndarray) -> Any:
        cumulative = np.cumsum(self._sorted.weights, axis=-1)
        last = self.values.shape[-1] - 1
        # A tolerance of a few rounding errors of the sum, so that quantile(k/N) is the k-th sample.
        target = np.asarray(level) - 4e-16 * (last + 1)
        if not self.batch_shape:
            position = np.searchsorted(cumulative, target, side="left")
            return self._sorted.values[np.minimum(position, last)]
        return _pick(self._sorted.values, np.minimum((cumulative < target[..., None]).sum(axis=-1), last))

    # ---- moments ------------------------------------------------------------------------------------------

    def _numbers(self) -> Array:
        if not self.numeric:
            raise self._cannot("have moments: its samples are labels, not numbers")
        return self.values.astype(np.float64)

    @property
    def mean(self) -> Array:
        """Σ w_i x_i."""
        return sum_last(self._numbers() * self.weights)

    @property
    def variance(self) -> Array:
        """Σ w_i (x_i − mean)²: the variance of this distribution, not an estimate of another's."""
        deviations = self._numbers() - np.asarray(self.mean)[..., None]
        return sum_last(np.square(deviations) * self.weights)

    @property
    def mode(self) -> Any:
        """The sample with the greatest mass; the first in order of those that tie."""
        atoms = self._atoms
        heaviest = np.argmax(atoms.masses, axis=-1)[..., None]
        return self._distinct[np.take_along_axis(atoms.codes, heaviest, axis=-1)[..., 0]]

    def entropy(self) -> Array:
        """−Σ m·log m over the masses m of the distinct samples, in nats (the plug-in estimate).

        >>> float(Empirical(["a", "b", "a", "b"]).entropy())
        0.6931471805599453
        """
        masses = self._atoms.masses
        return 0.0 - sum_last(masses * np.log(np.where(masses > 0, masses, 1.0)))

    # ---- sampling and output ------------------------------------------------------------------------------

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        cumulative = np.cumsum(self.weights, axis=-1)
        cumulative /= cumulative[..., -1:]
        uniform = rng.random(shape)
        if not self.batch_shape:
            return self.values[np.searchsorted(cumulative, uniform, side="right")]
        return _pick(self.values, (uniform[..., None] >= cumulative).sum(axis=-1))

    def to_frame(self, index: pd.Index[Any] | None = None) -> pd.DataFrame:
        """A row a distinct sample, with its mass; for a single distribution."""
        frame = self.masses().rename_axis("value").reset_index()
        return frame if index is None else frame.set_index(index)

    def __repr__(self) -> str:
        count = self.values.shape[-1]
        return f"Empirical({count} samples, {len(self._distinct)} distinct, batch_shape={self.batch_shape})"


def _pick(table: Labels, position: np.ndarray) -> Labels:
    """table[..., position], the batch axes of both broadcast together."""
    rows = np.broadcast_to(table, (*position.shape, table.shape[-1]))
    return np.take_along_axis(rows, position[..., None], axis=-1)[..., 0]


def _normalized(weights: ArrayLike | None, shape: tuple[int, ...]) -> Array:
    if weights is None:
        return np.broadcast_to(1.0 / shape[-1], shape)
    array = numbers(weights, "weights", "Empirical")
    if array.shape not in (shape, shape[-1:]):
        raise ParameterError(
            f"Empirical: weights of shape {array.shape} do not match samples of shape {shape}"
        )
    if not np.isfinite(array).all() or (array < 0).any():
        raise ParameterError("Empirical: weights must be finite and not negative")
    total = array.sum(axis=-1, keepdims=True)
    if (total <= 0).any():
        raise ParameterError("Empirical: weights are zero throughout")
    normalized = np.broadcast_to(array / total, shape).copy()
    normalized.flags.writeable = False
    return normalized


def _order(samples: Any) -> Labels | None:
    """The declared order of a pandas categorical, if the samples are one."""
    if isinstance(samples, pd.Series):
        samples = samples.array
    return label_array(samples.categories) if isinstance(samples, pd.Categorical) else None
