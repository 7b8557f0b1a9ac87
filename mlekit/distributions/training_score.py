"""The weighted score of a batch of rows: where backpropagation starts, in every training step.

Families that declare so have it as one kernel, in single precision and for heads of one target with the default links;
it computes what NumPy computes for all the others, but for rounding.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from mlekit.arrays import Array
from mlekit.distributions.fused import Fused
from mlekit.distributions.head import Head
from mlekit.kernels import address_of, library

__all__ = ["ScoreKernel", "TrainingScore"]

_COORDINATES = 2  # that a kernel takes; what comes after them is a shape, held fixed
_KEPT_PLANS = 8


class TrainingScore:
    """factor·w·∂ log p/∂η of every row, and member.

    Args:
        head: from η to likelihoods.
        balanced: whether a row's score is multiplied by its scale, if the family has a location and a scale.
    """

    def __init__(self, head: Head[Any], *, balanced: bool = False) -> None:
        self._head = head
        self._balanced = balanced
        self.kernel = ScoreKernel.of(head, balanced)

    def __call__(
        self,
        eta: Float[np.ndarray, "*members rows outputs"],
        target: np.ndarray,
        weights: Float[np.ndarray, "rows *members"] | None,
        factor: float,
        valued: bool,
    ) -> tuple[Float[np.ndarray, "*members rows"] | None, Float[np.ndarray, "*members rows outputs"]]:
        """The log-likelihood of every row if asked for, and the score; 0 is that of rows of weight 0.

        Both are valid until the next call.

        Args:
            eta: outputs.
            target: encoded outcomes of the rows.
            weights: of rows, and of each member's rows; None where all are 1.
            factor: of every score.
            valued: whether the log-likelihood is asked for.
        """
        if self.kernel is not None and self.kernel.takes(eta, target, weights):
            return self.kernel(eta, target, weights, factor, valued)
        flat = eta.reshape(-1, eta.shape[-1])
        every = np.concatenate([target] * len(eta)) if eta.ndim == 3 else target
        log_prob = None
        if valued:
            value, score = self._head.value_and_score(flat, every)
            log_prob = value.reshape(eta.shape[:-1])
        else:
            score = self._head.score(flat, every)
        if self._balanced:
            self._head.balance(flat, score)
        score = score.reshape(eta.shape)
        score *= factor
        if weights is not None:
            by_member = weights.T
            score *= by_member[..., None]
            # What does not count may be impossible, and its score infinite.
            score[by_member == 0] = 0.0
        return log_prob, score


class _Plan(NamedTuple):
    """What a call for arrays of some shape needs: sizes, and room for the answers, each with its address."""

    sizes: np.ndarray
    address: int
    score: Array
    score_address: int
    log_prob: Array
    log_prob_address: int


class ScoreKernel:
    """A head's kernel, with the numbers that it takes beside the arrays."""

    def __init__(self, function: Any, places: list[int], fixed: list[float], balanced: bool) -> None:
        self._function = function
        self._places = places
        self._balanced = balanced
        self.fixed = np.array([0.0, *fixed], np.float32)
        self._fixed_address = address_of(self.fixed)
        self._plans: dict[tuple[int, ...], _Plan] = {}

    @classmethod
    def of(cls, head: Head[Any], balanced: bool) -> ScoreKernel | None:
        """None where the family has none, or is not as the kernel takes it."""
        fused = vars(head.family.distribution).get("fused")
        if head.censored or head.n_targets > 1 or head.family.links:
            return None
        if not (isinstance(fused, Fused) and fused.score):
            return None
        function = _function(fused.kernel("_score"))
        slots = head._slots[:_COORDINATES]
        shapes = [slot.constant for slot in head._slots[_COORDINATES:]]
        held_shapes = [float(np.exp(shape)) for shape in shapes if shape is not None]
        if function is None or len(held_shapes) < len(shapes):
            return None
        places = [-1 if slot.columns is None else slot.columns.start for slot in slots]
        held = [0.0 if slot.constant is None else float(slot.constant) for slot in slots]
        rest = _COORDINATES - len(slots)
        # What changes a scale's coordinate where the links are the default ones is the guard's floor.
        guards = [slot.change for slot in slots if slot.change is not None]
        floor = float(guards[0].coordinate(np.array(-np.inf))) if guards else -np.inf
        shape = held_shapes[0] if held_shapes else 0.0
        scaled = balanced and len(slots) == _COORDINATES and places[1] >= 0
        constant = _value_at_nothing(head) if all(slot.scalar for slot in slots) else 0.0
        fixed = [floor, *held, *[0.0] * rest, shape, constant]
        return cls(function, [*places, *[-1] * rest], fixed, scaled)

    def takes(self, eta: np.ndarray, target: np.ndarray, weights: np.ndarray | None) -> bool:
        """Whether all are of single precision, or codes of categories, and lie as the kernel reads them."""
        single = eta.dtype == np.float32 and (weights is None or weights.dtype == np.float32)
        return single and self.reads(target) and eta.flags.c_contiguous

    @staticmethod
    def reads(target: np.ndarray) -> bool:
        """Whether these are single numbers, or codes of categories."""
        return target.ndim == 1 and (target.dtype == np.float32 or target.dtype.kind == "i")

    def __call__(
        self,
        eta: np.ndarray,
        target: np.ndarray,
        weights: np.ndarray | None,
        factor: float,
        valued: bool,
    ) -> tuple[Array | None, Array]:
        """As `TrainingScore`, for what it `takes`."""
        layout = eta.shape if weights is None else (*eta.shape, *weights.strides)
        plan = self._plans.get(layout)
        if plan is None:
            plan = self._plans[layout] = self._plan(eta.shape, () if weights is None else weights.strides)
        self.fixed[0] = factor
        target = np.ascontiguousarray(target, np.float32)
        self._function(
            plan.address,
            self._fixed_address,
            address_of(eta),
            address_of(target),
            None if weights is None else address_of(weights),
            plan.score_address,
            plan.log_prob_address if valued else None,
        )
        return plan.log_prob if valued else None, plan.score

    def _plan(self, shape: tuple[int, ...], strides: tuple[int, ...]) -> _Plan:
        *members, rows, outputs = shape
        sizes = self.layout(members[0] if members else 1, rows, outputs, tuple(step // 4 for step in strides))
        score, log_prob = np.empty(shape, np.float32), np.empty(shape[:-1], np.float32)
        if len(self._plans) >= _KEPT_PLANS:
            self._plans.clear()
        return _Plan(sizes, address_of(sizes), score, address_of(score), log_prob, address_of(log_prob))

    @property
    def function_address(self) -> int | None:
        """Where the kernel lies."""
        return ctypes.cast(self._function, ctypes.c_void_p).value

    def layout(self, members: int, rows: int, outputs: int, steps: tuple[int, ...]) -> np.ndarray:
        """What scores.h calls rows of members; `steps` are from a weight to the next row's, and member's."""
        by_row_and_member = [*steps, *[0] * (2 - len(steps))]
        return np.array([members, rows, outputs, *by_row_and_member, *self._places, self._balanced], np.intp)


def _value_at_nothing(head: Head[Any]) -> float:
    """The log-likelihood of the outcome 0 where the coordinates that a kernel takes are 0."""
    coordinates: list[Array] = [np.zeros(()) for _ in head._slots]
    for place, slot in enumerate(head._slots[_COORDINATES:], start=_COORDINATES):
        assert slot.constant is not None
        coordinates[place] = slot.constant
    batch = head._working._from_coordinates(*coordinates, **head.constants)
    y = np.zeros(1)
    return float(batch._log_prob(y)[0] + np.mean(head._observed._log_jacobian(y, head.scale)))


@cache
def _function(name: str) -> Any:
    """A kernel of scores; None where there is no library."""
    loaded = library()
    if loaded is None:
        return None
    function = getattr(loaded, name)
    function.argtypes, function.restype = (ctypes.c_void_p,) * 7, None
    return function
