"""The output head: a family that has seen its target, and so knows what to do with raw outputs η.

η has shape (rows, outputs). To the left of it is function approximation, to the right probability. Outputs are
ordered by parameter, then by target column (or by category). A head turns η into coordinates ξ of the
parameters' default links, in which every likelihood is written:

    ξ_standardized = change_of_link(η),    ξ = a + b·ξ_standardized,

where (a, b) belong to the unit conversion y = shift + scale·y_standardized. Log-likelihoods carry the Jacobian
−log scale, so that they are in the target's own units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Generic

import numpy as np
import pandas as pd

from mlekit.arrays import Array
from mlekit.distributions.censored import CensoredKind, is_censored
from mlekit.distributions.composed import Kind
from mlekit.distributions.family import D, Family
from mlekit.distributions.resolution import resolutions
from mlekit.distributions.slots import Slot, check_fixed, slots_of
from mlekit.errors import TargetError

__all__ = ["Head"]


@dataclass(frozen=True, eq=False)
class Head(Generic[D]):
    """The bridge from η to distributions, log-likelihoods, scores and Fisher information; see `Family.bind`."""

    family: Family[D]
    target_names: tuple[str, ...]
    constants: Mapping[str, Any] = field(default_factory=dict)
    shift: Array = field(default_factory=lambda: np.zeros(1))
    scale: Array = field(default_factory=lambda: np.ones(1))
    resolution: Array = field(default_factory=lambda: np.zeros(1))
    identified: bool = False
    boolean: bool = False
    censored: bool = False

    @classmethod
    def learn(
        cls,
        family: Family[D],
        target: pd.DataFrame,
        *,
        weights: Array | None,
        standardize: bool,
        shift: bool,
        identified: bool,
        guarded: bool,
    ) -> Head[D]:
        """See `Family.bind`."""
        censored = is_censored(target)
        distribution = CensoredKind(family.distribution) if censored else family.distribution
        given = {name: value for name, value in family.fixed.items() if name in distribution.constants}
        head = cls(
            family=family,
            target_names=tuple(str(name) for name in target.columns),
            constants=distribution._learn_constants(target, given),
            identified=identified,
            boolean=all(pd.api.types.is_bool_dtype(dtype) for dtype in target.dtypes),
            censored=censored,
        )
        check_fixed(family, head.constants, head.target_names)
        units = {p.unit for p in distribution.predicted} - {"none"}
        if not units:
            return head.in_natural_units()
        _, outcomes = distribution._given(head._encode_raw(target))
        values = outcomes.reshape(len(target), -1)
        if head._has_location and "scale" in units:
            known = resolutions(values) if guarded and not censored else np.zeros(head._n_units)
            if family.resolution is not None:
                known = np.full(head._n_units, float(family.resolution))
            head = replace(head, resolution=known)
        if not standardize or family.links:
            return head.in_natural_units()
        w = np.full(len(values), 1 / len(values)) if weights is None else weights / weights.sum()
        movable = shift and "location" in units
        center, spread = distribution._center_and_spread(values, w, shift=movable)
        return replace(head, shift=center, scale=np.where(spread > 0, spread, 1.0))

    @cached_property
    def _observed(self) -> Kind[Any]:
        """The kind whose likelihood the target has: the family's, of outcomes or of intervals that hold them."""
        return CensoredKind(self.family.distribution) if self.censored else self.family.distribution

    @cached_property
    def _working(self) -> Kind[Any]:
        """The same kind in the units that the likelihood works in."""
        return self._observed._rescaled(*self._units)

    @property
    def _units(self) -> tuple[Array, Array]:
        return (self.shift[0], self.scale[0]) if self._n_units == 1 else (self.shift, self.scale)

    @property
    def loss_name(self) -> str:
        """What the negative log-likelihood of this family and target is called elsewhere."""
        return self._observed._loss_name(frozenset(self.family.fixed))

    def in_natural_units(self) -> Head[D]:
        """The same head for outputs that are already in the target's own units."""
        return replace(self, shift=np.zeros(self._n_units), scale=np.ones(self._n_units))

    @property
    def member(self) -> Head[D]:
        """Itself: the head of one network. See `OutputHead`."""
        return self

    def copy(self) -> Head[D]:
        """The same, without what it has worked out for itself."""
        return replace(self)

    @property
    def name(self) -> str:
        """The name of the kind of distribution that is predicted."""
        return self.family.name

    @property
    def predicts(self) -> type[D]:
        """The class of the predicted distributions."""
        return self.family.distribution._class()

    # ---- layout of η --------------------------------------------------------------------------------------

    @property
    def n_targets(self) -> int:
        """How many outcomes a row has: the number of target columns unless they make up one outcome."""
        return 1 if self.family.distribution._is_joint(self.constants) else len(self.target_names)

    @property
    def _n_units(self) -> int:
        """How many numbers of an outcome, or of the outcomes of a row, have a unit of their own."""
        in_units = any(parameter.unit != "none" for parameter in self.family.distribution.predicted)
        return len(self.target_names) if in_units else self.n_targets

    @cached_property
    def _slots(self) -> tuple[Slot, ...]:
        widths = self.family.distribution._widths(self.constants)
        units = (self.shift, self.scale, self.resolution)
        return slots_of(self.family, widths, self.n_targets, *units, identified=self.identified)

    @cached_property
    def columns(self) -> dict[str, slice]:
        """The columns of η that belong to each free parameter."""
        return {slot.parameter.name: slot.columns for slot in self._slots if slot.columns is not None}

    @property
    def n_outputs(self) -> int:
        """The number of columns of η."""
        return max(int(columns.stop) for columns in self.columns.values())

    def coefficient_units(self, name: str) -> tuple[Array, Array]:
        """(a, b) such that a + b·η_standardized is the coordinate of that parameter in the target's units."""
        slot = next(slot for slot in self._slots if slot.parameter.name == name)
        assert slot.columns is not None
        size = slot.columns.stop - slot.columns.start
        return np.broadcast_to(slot.a, size), np.broadcast_to(slot.b, size)

    def has_intercept(self, name: str) -> bool:
        """Whether the predictor of a parameter has an intercept of its own, and no other parameter takes it up."""
        return self.family.parameter(name).intercept_in not in self.columns

    def output_labels(self, name: str) -> list[Any]:
        """What the outputs of a parameter stand for: target columns, or categories."""
        parameter = self.family.parameter(name)
        labels = self.family.distribution._coordinate_labels(name, self.constants)
        if labels is not None:
            return labels[int(self.identified and parameter.redundant) :]
        size = self.columns[name].stop - self.columns[name].start
        return list(self.target_names) if size == len(self.target_names) else list(range(size))

    # ---- targets ------------------------------------------------------------------------------------------

    def _encode_raw(self, target: pd.DataFrame) -> np.ndarray:
        distribution = self._observed
        if self.n_targets == 1:
            return distribution._encode(target, self.constants)
        columns = [distribution._encode(target.iloc[:, [j]], self.constants) for j in range(target.shape[1])]
        return np.stack(columns, axis=1)

    def encode(self, target: pd.DataFrame) -> np.ndarray:
        """Target columns as the array that the likelihood takes, in standardized units.

        Returns:
            Array (rows,), (rows, targets), or (rows, columns) of what makes up one outcome.

        Raises:
            TargetError: for values that do not suit the family.
        """
        if tuple(str(name) for name in target.columns) != self.target_names:
            raise TargetError(f"the target columns are {self.target_names}, not {tuple(target.columns)}")
        values = self._encode_raw(target)
        if values.dtype.kind != "f" or (np.all(self.shift == 0) and np.all(self.scale == 1)):
            return values
        return self._observed._in_units(values, *self._units)

    # ---- η to probability ---------------------------------------------------------------------------------

    def _coordinates(self, eta: Array) -> list[Array]:
        coordinates = []
        for slot in self._slots:
            if slot.columns is None:
                assert slot.constant is not None
                coordinates.append(slot.constant.astype(eta.dtype))
                continue
            xi = eta[:, slot.columns.start] if slot.scalar else eta[:, slot.columns]
            if slot.change is not None:
                xi = slot.change.coordinate(xi)
            if slot.reference:
                xi = np.concatenate([np.zeros((len(eta), 1), dtype=eta.dtype), xi], axis=1)
            coordinates.append(xi)
        return coordinates

    def _rows(self, eta: Array, y: np.ndarray) -> tuple[Any, np.ndarray]:
        """The distributions of rows and their outcomes, which may come with constants of the row (its trials)."""
        given, outcome = self._working._given(y)
        constants = {**self.constants, **given}
        return self._working._from_coordinates(*self._coordinates(eta), **constants), outcome

    def distribution(self, eta: Array) -> D:
        """The predicted distributions in the target's own units, one a row (and target)."""
        natural = [slot.a + slot.b * xi for slot, xi in zip(self._slots, self._coordinates(eta), strict=True)]
        with np.errstate(all="ignore"):
            return self.family.distribution._from_coordinates(*natural, **self.constants)._frozen()

    def _log_prob(self, batch: Any, outcome: np.ndarray) -> Array:
        log_prob: Array = batch._log_prob(outcome)
        if self.family.links:
            # A link such as identity may send η outside a parameter's domain: such an η is impossible.
            log_prob = np.where(np.isnan(log_prob), -np.inf, log_prob)
        return log_prob

    def _row_log_likelihood(self, batch: Any, outcome: np.ndarray, y: np.ndarray) -> Array:
        log_prob = self._log_prob(batch, outcome)
        if self.n_targets > 1:
            log_prob = log_prob @ np.ones(self.n_targets, dtype=log_prob.dtype)
        return np.asarray(log_prob + self._observed._log_jacobian(y, self.scale))

    def _row_score(self, batch: Any, eta: Array, y: np.ndarray) -> Array:
        score = np.empty_like(eta)
        for slot, part in zip(self._slots, batch._free_score(y, self.columns), strict=True):
            if slot.columns is None:
                continue
            if slot.reference:
                part = part[:, 1:]
            if slot.change is not None:
                columns = eta[:, slot.columns.start] if slot.scalar else eta[:, slot.columns]
                part = part * slot.change.slope(columns)
            score[:, slot.columns.start if slot.scalar else slot.columns] = part
        return score

    def log_likelihood(self, eta: Array, y: np.ndarray) -> Array:
        """Log p(y | η) of every row, in nats and the target's own units; targets of a row are summed."""
        with np.errstate(all="ignore"):
            return self._row_log_likelihood(*self._rows(eta, y), y)

    def target_log_likelihood(self, eta: Array, y: np.ndarray) -> Array:
        """`log_likelihood` before the sum over the targets of a row: (rows, targets), or (rows,) for one."""
        with np.errstate(all="ignore"):
            log_prob = self._log_prob(*self._rows(eta, y))
            if self.n_targets == 1:
                return log_prob + self._observed._log_jacobian(y, self.scale)
            units = [
                self._observed._log_jacobian(y[:, j], self.scale[j : j + 1]) for j in range(self.n_targets)
            ]
            return np.asarray(log_prob + np.stack(np.broadcast_arrays(*units), axis=-1))

    def add_offset(self, eta: Array, offset: Array) -> None:
        """Add an offset of every row to the linear predictor of the first parameter, in place."""
        first = self.family.free[0]
        eta[:, self.columns[first]] += offset[:, None] / self.coefficient_units(first)[1]

    def score(self, eta: Array, y: np.ndarray) -> Array:
        """∂ log p/∂η of every row, of the shape of η: where backpropagation starts."""
        with np.errstate(all="ignore"):
            batch, outcome = self._rows(eta, y)
            return self._row_score(batch, eta, outcome)

    def value_and_score(self, eta: Array, y: np.ndarray) -> tuple[Array, Array]:
        """`log_likelihood` and `score` from one expression."""
        with np.errstate(all="ignore"):
            batch, outcome = self._rows(eta, y)
            return self._row_log_likelihood(batch, outcome, y), self._row_score(batch, eta, outcome)

    def balance(self, eta: Array, score: Array) -> None:
        """Multiply the score of every row (and target) by its scale, in place; nothing without location and scale."""
        coordinates = self._coordinates(eta)
        for slot, coordinate in zip(self._slots, coordinates, strict=True):
            if slot.parameter.unit == "scale" and self._has_location and slot.columns is not None:
                spread = np.exp(coordinate)
                for free in self.columns.values():
                    score[:, free] *= spread[:, None] if slot.scalar else spread

    @cached_property
    def _has_location(self) -> bool:
        predicted = self.family.distribution.predicted
        return any(p.unit == "location" for p in predicted) and not any(p.axes for p in predicted)

    def information(self, eta: Array) -> Array:
        """Fisher information of every row with respect to η, of shape (rows, outputs, outputs)."""
        with np.errstate(all="ignore"):
            kind = self.family.distribution._rescaled(*self._units)
            batch = kind._from_coordinates(*self._coordinates(eta), **self.constants)
            return self._of_outputs(batch._about(self._free_coordinates)._information(), eta)

    def curvature(self, eta: Array, y: np.ndarray) -> Array:
        """What Newton's method takes for the Hessian of every row: the information, or that of a rounded kink."""
        with np.errstate(all="ignore"):
            batch, outcome = self._rows(eta, y)
            return self._of_outputs(batch._about(self._free_coordinates)._curvature(outcome), eta)

    def rounded(self, width: float) -> Head[D]:
        """The same head with the kinks of its likelihood rounded within a width, in units of the scale."""
        return replace(self, constants={**self.constants, "width": width})

    def _of_outputs(self, information: Array, eta: Array) -> Array:
        """From coordinates of one row's distributions to outputs."""
        rows, m = len(eta), self.n_targets
        free = self._free_coordinates
        if m == 1:
            information = np.broadcast_to(information, (rows, *information.shape[-2:]))
            if len(free) < information.shape[-1]:
                information = information[:, free[:, None], free]
            if not any(slot.change for slot in self._slots):
                return np.asarray(information)
            slopes = np.concatenate([self._slope(slot, eta) for slot in self._slots if slot.columns], axis=1)
            return np.asarray(information * slopes[:, :, None] * slopes[:, None, :])
        information = np.broadcast_to(information, (rows, m, *information.shape[-2:]))
        result = np.zeros((rows, self.n_outputs, self.n_outputs))
        targets = np.arange(m)
        for i, row in enumerate(self._slots):
            for j, column in enumerate(self._slots):
                if row.columns is not None and column.columns is not None:
                    block = information[:, :, i, j] * self._slope(row, eta) * self._slope(column, eta)
                    result[:, row.columns.start + targets, column.columns.start + targets] = block
        return result

    @cached_property
    def _free_coordinates(self) -> np.ndarray:
        """Positions of the predicted coordinates among all that the distribution's Fisher information has."""
        positions: list[int] = []
        start = 0
        widths = self.family.distribution._widths(self.constants)
        for slot, width in zip(self._slots, widths, strict=True):
            size = 1 if width is None else width
            if slot.columns is not None:
                positions.extend(range(start + slot.reference, start + size))
            start += size
        return np.array(positions, dtype=np.int64)

    def _slope(self, slot: Slot, eta: Array) -> Array:
        columns = eta[:, slot.columns]
        return np.ones_like(columns) if slot.change is None else slot.change.slope(columns)

    def recession(self, y: np.ndarray) -> Array | None:
        """Conditions C, of shape (rows, conditions, outputs), for a change of η to lower no row's likelihood.

        A change Δη with C·Δη ≥ 0 in every row, and > 0 in some, raises the likelihood for ever: then it has no
        maximum. None for families whose likelihood always turns down again.
        """
        m = self.n_targets
        if m == 1:
            cone = self._working._recession(y, self.constants)
            return None if cone is None else cone[:, :, self._free_coordinates]
        cones = [self._working._recession(y[:, j], self.constants) for j in range(m)]
        if any(cone is None for cone in cones):
            return None
        parts = [cone for cone in cones if cone is not None]
        conditions = parts[0].shape[1]
        result = np.zeros((len(y), m * conditions, self.n_outputs))
        for j, cone in enumerate(parts):
            for i, coordinate in enumerate(self._free_coordinates):
                result[:, j * conditions : (j + 1) * conditions, i * m + j] = cone[:, :, coordinate]
        return result

    def start(self, y: np.ndarray, weights: Array | None = None) -> Array:
        """η at or near the maximum likelihood of one distribution for all rows, of shape (outputs,)."""
        w = np.full(len(y), 1 / len(y)) if weights is None else weights / weights.sum()
        eta = np.zeros(self.n_outputs)
        with np.errstate(all="ignore"):
            coordinates = self._working._start(y, w, **self.constants)
            for slot, xi in zip(self._slots, coordinates, strict=True):
                if slot.columns is None:
                    continue
                if slot.reference:
                    xi = xi[1:] - xi[0]
                link = self.family.link(slot.parameter.name)
                if link is not slot.parameter.link:
                    xi = link.link(slot.parameter.link.inverse(xi))
                eta[slot.columns] = xi
        return eta
