"""Mixture(p₁ … p_M; w₁ … w_M): an outcome of component i with probability w_i.

    p(y) = Σ_i w_i·p_i(y),    log p(y) = log Σ_i exp(log w_i + log p_i(y))

The cdf is the same sum, so that quantiles are roots between the components' own. This is what an ensemble predicts.
The mode of labels is exact; among numbers it is sought between the components' modes (`peak`). The entropy has no
closed form: it is summed over labels and whole numbers, and integrated over panels between the components' quantiles,
to about nine digits. A mixture is not fitted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from math import prod
from typing import Any, Generic

import numpy as np
from scipy.special import expit

from mlekit.arrays import Array, ArrayLike, Labels, read_only, sum_last, unwrap
from mlekit.distributions.components import check_kinds, checked_weights, is_discrete, labels_of, union
from mlekit.distributions.distribution import Distribution
from mlekit.distributions.domain import FiniteSet, Interval, Vectors
from mlekit.distributions.family import D
from mlekit.distributions.inversion import invert, invert_counts, panels, peak
from mlekit.distributions.labels import codes_of
from mlekit.errors import ParameterError

__all__ = ["Mixture", "elements_of"]

_EDGE_LEVELS = expit(np.linspace(-36.0, 36.0, 97))
_BLOCK_ELEMENTS = 2**20
_MOST_TERMS = 100_000_000


class Mixture(Distribution, Generic[D]):
    """A batch of mixtures.

    Args:
        components: a batch of distributions, of which the last batch axis runs over the M components; or a list of
            M distributions, which may be of several families, all discrete or all continuous.
        weights: the components' probabilities, on the last axis; equal if not given.

    Raises:
        ParameterError: for weights that do not sum to one or are not M, components without a common kind of
            outcome, and shapes that do not broadcast.

    >>> from mlekit.distributions import Gaussian
    >>> p = Mixture(Gaussian(loc=[-1.0, 1.0], scale=0.5), weights=[0.25, 0.75])
    >>> float(p.mean), float(p.variance), round(float(p.cdf(0.0)), 6)
    (0.5, 1.0, 0.261375)
    >>> p.n_components
    2

    """

    def __init__(self, components: D | Sequence[D], weights: ArrayLike | None = None) -> None:
        if isinstance(components, Distribution):
            kept: D | tuple[D, ...] = components
            parts, count = (
                [components.batch_shape[:-1]],
                components.batch_shape[-1] if components.batch_shape else 0,
            )
        else:
            kept = tuple(components)
            parts, count = [part.batch_shape for part in kept], len(kept)
        if count == 0:
            raise ParameterError(
                "Mixture: needs at least one component: distributions in a list, or on the last axis of a batch"
            )
        self._store(components=kept, weights=checked_weights(weights, count))
        check_kinds(kept if isinstance(kept, tuple) else (kept,))
        try:
            np.broadcast_shapes(self.weights.shape[:-1], *parts)
        except ValueError:
            raise ParameterError(
                f"Mixture: shapes do not broadcast together: components {', '.join(map(str, parts))}, weights "
                f"{self.weights.shape[:-1]} without the axis of components"
            ) from None

    components: D | tuple[D, ...]
    weights: Array

    @property
    def n_components(self) -> int:
        """How many components there are: M."""
        return self.weights.shape[-1]

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """What the components, without their last axis, and the weights without theirs broadcast to."""
        if isinstance(self.components, Distribution):
            return np.broadcast_shapes(self.components.batch_shape[:-1], self.weights.shape[:-1])
        return np.broadcast_shapes(self.weights.shape[:-1], *(part.batch_shape for part in self.components))

    @property
    def _first(self) -> Distribution:
        return self.components if isinstance(self.components, Distribution) else self.components[0]

    @property
    def event_shape(self) -> tuple[int, ...]:
        """That of the components."""
        return self._first.event_shape

    def _each(self, answer: Callable[[Distribution, np.ndarray], Any], value: np.ndarray) -> np.ndarray:
        """Every component's answer about outcomes, on a new last axis."""
        if isinstance(self.components, Distribution):
            return np.asarray(answer(self.components, np.expand_dims(value, -1 - len(self.event_shape))))
        answers = [np.asarray(answer(part, value)) for part in self.components]
        return np.stack(np.broadcast_arrays(*answers), axis=-1)

    def _every(self, fact: Callable[[Distribution], Any], axes: int = 0) -> np.ndarray:
        """A fact of every component, with so many axes of its own: the components on the last axis."""
        if isinstance(self.components, Distribution):
            return np.moveaxis(np.asarray(fact(self.components)), -1 - axes, -1)
        return np.stack(np.broadcast_arrays(*map(fact, self.components)), axis=-1)

    @cached_property
    def _log_weights(self) -> Array:
        with np.errstate(divide="ignore"):
            return read_only(np.log(self.weights))

    # ---- outcomes -----------------------------------------------------------------------------------------

    @property
    def support(self) -> Interval | FiniteSet | Vectors:
        """The labels, or the interval that holds all components' supports; of vectors those of their coordinates."""
        parts = (self.components,) if isinstance(self.components, Distribution) else self.components
        axis = -1 - len(self.event_shape) if isinstance(self.components, Distribution) else None
        first = self._first.support
        if isinstance(first, FiniteSet):
            return first
        if isinstance(first, Interval):
            return union([part.support for part in parts if isinstance(part.support, Interval)], axis)
        supports = [part.support for part in parts if isinstance(part.support, Vectors)]
        intervals = [support.coordinates for support in supports if isinstance(support.coordinates, Interval)]
        coordinates = union(intervals, axis) if intervals else first.coordinates
        totals = {
            total for support in supports for total in np.unique(np.asarray(support.total, dtype=float))
        }
        common = len(totals) == 1 and first.total is not None
        return Vectors(coordinates, self.event_shape, float(totals.pop()) if common else None)

    @property
    def _labels(self) -> Labels | None:
        return labels_of(self._first)

    def _read(self, value: ArrayLike) -> np.ndarray:
        if self.event_shape:
            return self._first._read(value)
        return super()._read(value) if self._labels is None else codes_of(value, self._labels)

    # ---- likelihood and distribution functions --------------------------------------------------------------

    def _log_sum(self, answer: Callable[[Distribution, np.ndarray], Any], value: np.ndarray) -> Array:
        """Log Σ_i w_i·exp(answer_i)."""
        terms = self._log_weights + self._each(answer, value)
        # A component without weight has no say, not even of an infinite density.
        terms = np.where(np.isneginf(self._log_weights), -np.inf, terms)
        top = terms.max(axis=-1)
        base = np.where(np.isfinite(top), top, 0.0)
        return unwrap(np.asarray(base + np.log(np.exp(terms - base[..., None]).sum(axis=-1))))

    def _log_prob(self, value: np.ndarray) -> Array:
        return self._log_sum(lambda part, y: part._said("_log_prob", y), value)

    def _log_tails(self, value: np.ndarray) -> tuple[Array, Array]:
        """Log P(Y ≤ y) and log P(Y > y), the greater of the two from the smaller."""
        below = self._log_sum(lambda part, y: part._said("_log_cdf", y), value)
        above = self._log_sum(lambda part, y: part._said("_log_sf", y), value)
        return (
            np.where(below < above, below, np.log1p(-np.exp(np.minimum(above, 0.0)))),
            np.where(below < above, np.log1p(-np.exp(np.minimum(below, 0.0))), above),
        )

    def _log_cdf(self, value: np.ndarray) -> Array:
        return self._log_tails(value)[0]

    def _log_sf(self, value: np.ndarray) -> Array:
        return self._log_tails(value)[1]

    def _cdf(self, value: np.ndarray) -> Array:
        return np.exp(self._log_cdf(value))

    def _quantile(self, level: np.ndarray) -> Any:
        shape = np.broadcast_shapes(level.shape, self.batch_shape)
        if self._labels is not None:
            codes = np.arange(len(self._labels)).reshape(-1, *(1,) * len(shape))
            reached = self._cdf(codes) >= level
            reached[-1] = True
            return self._labels[np.argmax(reached, axis=0)]
        own = self._each(lambda part, at: part._said("_quantile", at), level)
        low = np.broadcast_to(np.where(self.weights > 0, own, np.inf).min(axis=-1), shape)
        high = np.broadcast_to(np.where(self.weights > 0, own, -np.inf).max(axis=-1), shape)
        level = np.broadcast_to(level, shape)
        inner = (level > 0) & (level < 1)
        if self._discrete:
            found = invert_counts(self._cdf, level, *(np.where(inner, end, 0.0) for end in (low, high)))
            return np.where(inner, found, np.where(level == 0, low, high))
        positions = np.flatnonzero(inner)
        found = np.array(np.where(level == 0, low, high))
        found.reshape(-1)[positions] = invert(
            lambda rows, y: self._elements(shape, positions[rows])._log_tails(y),
            lambda rows, y: self._elements(shape, positions[rows])._log_prob(y),
            *(np.reshape(array, -1)[positions] for array in (level, low, high)),
        )
        return found

    def _elements(self, shape: tuple[int, ...], rows: np.ndarray | slice) -> Mixture[Any]:
        """Some elements of the batch broadcast to ``shape`` and flattened."""
        count = self.n_components
        own = np.asarray(rows)[..., None] * count + np.arange(count)
        weights = np.broadcast_to(self.weights, (*shape, count)).reshape(-1)[own]
        if isinstance(self.components, Distribution):
            return Mixture._unchecked(
                components=elements_of(self.components, (*shape, count), own), weights=weights
            )
        parts = tuple(elements_of(part, shape, rows) for part in self.components)
        return Mixture._unchecked(components=parts, weights=weights)

    @property
    def _discrete(self) -> bool:
        return is_discrete(self._first)

    # ---- moments ------------------------------------------------------------------------------------------

    def _average(self, facts: np.ndarray, shape: tuple[int, ...]) -> Array:
        """The weighted mean of facts of components, which have axes of this shape of their own."""
        weights = self.weights.reshape(*self.weights.shape[:-1], *(1,) * len(shape), self.n_components)
        total = sum_last(np.where(weights == 0, 0.0, weights * facts))
        return unwrap(np.broadcast_to(total, self.batch_shape + shape))

    @property
    def _deviations(self) -> Array:
        """mean_i − mean."""
        return self._every(lambda part: part.mean, len(self.event_shape)) - np.asarray(self.mean)[..., None]

    @property
    def mean(self) -> Array:
        """Σ w_i·mean_i."""
        event = self.event_shape
        return self._average(self._every(lambda part: part.mean, len(event)), event)

    @property
    def variance(self) -> Array:
        """Σ w_i·(variance_i + (mean_i − mean)²), of each coordinate."""
        event = self.event_shape
        own = self._every(lambda part: part.variance, len(event))
        return self._average(own + np.square(self._deviations), event)

    @property
    def covariance(self) -> Array:
        """Σ w_i·(covariance_i + (mean_i − mean)·(mean_i − mean)ᵀ)."""
        event, count = self.event_shape, self.n_components
        own = self._every(lambda part: part.covariance, 2 * len(event))
        away = self._deviations.reshape(*self.batch_shape, prod(event), count)
        products = away[..., :, None, :] * away[..., None, :, :]
        return self._average(own + products.reshape(*self.batch_shape, *event, *event, count), 2 * event)

    def _check_line(self, what: str, remedy: str) -> None:
        if self.event_shape:
            raise self._cannot(f"{what} among outcomes of shape {self.event_shape}; {remedy}")

    @property
    def mode(self) -> Any:
        """The likeliest label, or number as far as a grid between the components' modes shows.

        Raises:
            SupportError: for vectors, among which no grid reaches far.
        """
        self._check_line("seek its mode", "climb log_prob from the modes of the components")
        with np.errstate(all="ignore"):
            if self._labels is not None:
                return self._labels[np.argmax(self._masses(), axis=-1)]
            places = self._with_weight(self._every(lambda part: part.mode)).astype(np.float64)
            best = peak(self._log_prob, np.moveaxis(places, -1, 0), whole=self._discrete)
        return unwrap(np.asarray(best))

    @property
    def _point(self) -> Any:
        return self.mode if self._first.labelled else self.mean

    def _masses(self) -> Array:
        """The probability of each label, on the last axis."""
        assert self._labels is not None
        codes = np.arange(len(self._labels)).reshape(-1, *(1,) * len(self.batch_shape))
        return np.moveaxis(np.exp(np.asarray(self._log_prob(codes))), 0, -1)

    def entropy(self) -> Array:
        """−E[log p(Y)], in nats, by summation or quadrature.

        Raises:
            SupportError: for vectors; ``mlekit.entropy`` samples it, and knows the error.

        >>> from mlekit.distributions import Gaussian
        >>> apart = Mixture(Gaussian(loc=[-1e6, 1e6], scale=1.0))
        >>> round(float(apart.entropy() - Gaussian(loc=0.0, scale=1.0).entropy()), 9)  # log 2
        0.693147181
        """
        self._check_line(
            "integrate its entropy", "mlekit.entropy estimates it by Monte Carlo, with the error"
        )
        total = np.zeros(self.batch_shape)
        with np.errstate(all="ignore"):
            for outcomes, weights in self._outcomes():
                log_prob = self._log_prob(outcomes)
                surprise = np.where(np.exp(log_prob) > 0, -np.exp(log_prob) * log_prob, 0.0)
                total = total + (weights * surprise).sum(axis=0)
        return unwrap(np.asarray(total + 0.0))

    def _outcomes(self) -> Iterator[tuple[np.ndarray, Array]]:
        """Blocks of outcomes on a first axis that carry all probability, and their weights."""
        ones = (1,) * len(self.batch_shape)
        size = max(1, _BLOCK_ELEMENTS // max(1, int(np.prod(self.batch_shape)) * self.n_components))
        if self._labels is not None:
            codes = np.arange(len(self._labels)).reshape(-1, *ones)
            yield codes, np.ones(codes.shape)
            return
        own = self._each(lambda part, at: part._said("_quantile", at), _EDGE_LEVELS.reshape(-1, *ones))
        modes = np.broadcast_to(self._every(lambda part: part.mode), own.shape[1:])
        # A component without weight has no say: the heaviest one's places stand in for its own.
        places = np.moveaxis(self._with_weight(np.concatenate([own, modes[None]])), -1, 0)
        edges = places.reshape(places.shape[0] * places.shape[1], *places.shape[2:]).astype(np.float64)
        if not self._discrete:
            yield from panels(edges, size)
            return
        low, high = edges.min(axis=0), edges.max(axis=0)
        count = int((high - low).max(initial=0)) + 1
        if count > _MOST_TERMS:
            raise self._cannot(f"sum its entropy over {count} outcomes; estimate it by Monte Carlo")
        for start in range(0, count, size):
            outcomes = low + np.arange(start, min(start + size, count)).reshape(-1, *ones)
            yield outcomes, (outcomes <= high).astype(np.float64)

    def _with_weight(self, facts: np.ndarray) -> np.ndarray:
        """Facts of components, on the last axis; those of the heaviest component for what has no weight."""
        shape = np.broadcast_shapes(facts.shape, (*self.batch_shape, self.n_components))
        facts, weights = np.broadcast_to(facts, shape), np.broadcast_to(self.weights, shape)
        heaviest = np.argmax(weights, axis=-1)[..., None]
        return np.where(weights > 0, facts, np.take_along_axis(facts, heaviest, axis=-1))

    # ---- sampling and output ------------------------------------------------------------------------------

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        cumulative = np.cumsum(self.weights, axis=-1)
        chosen = (rng.random(shape)[..., None] >= cumulative / cumulative[..., -1:]).sum(axis=-1)
        if isinstance(self.components, Distribution):
            draws = np.asarray(self.components._sample((*shape, self.n_components), rng))
        else:
            axis = -1 - len(self.event_shape)
            draws = np.stack([np.asarray(part._sample(shape, rng)) for part in self.components], axis=axis)
        chosen = chosen.reshape(*shape, 1, *(1 for _ in self.event_shape))
        return np.take_along_axis(draws, chosen, axis=len(shape)).squeeze(axis=len(shape))

    def _columns(self) -> dict[Any, Array]:
        if self._labels is not None:
            masses = self._masses()
            return {label: masses[..., k] for k, label in enumerate(self._labels.tolist())}
        columns: dict[Any, Array] = {}
        for i in range(self.n_components):
            columns[f"weight[{i}]"] = self.weights[..., i]
            batched = isinstance(self.components, Distribution)
            part = self.components if isinstance(self.components, Distribution) else self.components[i]
            for name, values in part._columns().items():
                columns[f"{name}[{i}]"] = (
                    np.broadcast_to(values, part.batch_shape)[..., i] if batched else values
                )
        return columns

    def __repr__(self) -> str:
        parts = (self.components,) if isinstance(self.components, Distribution) else self.components
        names = ", ".join(dict.fromkeys(type(part).__name__ for part in parts))
        return f"Mixture({self.n_components} × {names}, batch_shape={self.batch_shape})"


def elements_of(part: Distribution, shape: tuple[int, ...], rows: np.ndarray | slice) -> Distribution:
    """Some elements of a batch of numbers, broadcast to ``shape`` and flattened; nothing that it has worked out."""
    if isinstance(part, Mixture):
        return part._elements(shape, rows)
    worked_out = {
        name
        for cls in type(part).__mro__
        for name, value in vars(cls).items()
        if isinstance(value, cached_property)
    }
    fields: dict[str, Any] = {}
    for name, value in vars(part).items():
        if isinstance(value, Distribution):
            fields[name] = elements_of(value, shape, rows)
        elif name not in worked_out:
            array = isinstance(value, np.ndarray | np.generic)
            fields[name] = np.broadcast_to(value, shape).reshape(-1)[rows] if array else value
    return type(part)._unchecked(**fields)
