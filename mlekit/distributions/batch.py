"""What a batch is: immutable fields that broadcast together, and answers about many elements, block by block."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, NoReturn, Self, TypeVar

import numpy as np

from mlekit.arrays import Array, ArrayLike, read_only, unwrap
from mlekit.blocks import Cut, in_blocks
from mlekit.distributions.fused import Fused
from mlekit.distributions.predictable import Predictable
from mlekit.errors import ParameterError
from mlekit.kernels import Uniforms, evaluate

__all__ = ["Batch"]

Answer = TypeVar("Answer")

_MOST_ATTEMPTS = (
    200  # of which each is accepted with a probability of a half at least; what is no number never is
)


class Batch(Predictable):
    """What a `Distribution` is beside probability: parameters in arrays, an element of the batch at each place."""

    fused: ClassVar[Fused | None] = None
    """Which of its answers a compiled kernel gives."""

    @property
    @abstractmethod
    def batch_shape(self) -> tuple[int, ...]:
        """The shape that the parameters broadcast to."""

    @property
    def event_shape(self) -> tuple[int, ...]:
        """The axes of one outcome: ``()`` for a number or a label, ``(d,)`` for a vector of d numbers."""
        return ()

    # ---- construction -------------------------------------------------------------------------------------

    def _store(self, **fields: Any) -> None:
        """Set the fields of a distribution under construction."""
        self.__dict__.update(fields)

    def _store_parameters(self, **values: ArrayLike) -> None:
        """Validate parameters by their declarations, check that they broadcast, and set them."""
        owner = type(self).__name__
        declared = {parameter.name: parameter for parameter in self.parameters}
        arrays = {name: declared[name].validate(value, owner) for name, value in values.items()}
        try:
            np.broadcast_shapes(
                *(array.shape[: array.ndim - declared[name].axes] for name, array in arrays.items())
            )
        except ValueError:
            shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
            raise ParameterError(f"{owner}: shapes do not broadcast together: {shapes}") from None
        self._store(**{declared[name].kept_as: array for name, array in arrays.items()})

    @classmethod
    def _unchecked(cls, **fields: Any) -> Self:
        """An instance with these fields as they are: for values that are valid by construction."""
        self = object.__new__(cls)
        self.__dict__.update(fields)
        return self

    def _frozen(self) -> Self:
        """Itself, all its arrays read-only."""
        for field in vars(self).values():
            read_only(field)
        return self

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable; make a new one instead of setting {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable; {name} cannot be deleted")

    # ---- many elements --------------------------------------------------------------------------------------

    @classmethod
    def _elementwise(cls) -> bool:
        """Whether elements of the batch have nothing to do with one another, and are told by their parameters."""
        return bool(cls.parameters) and not any(one.axes for one in (*cls.parameters, *cls.predicted))

    def _part(self, cut: Cut) -> Self:
        """The batch's part in a block."""
        if not cut.axis:
            return self
        return self._unchecked(**{name: cut.of(value) for name, value in vars(self).items()})

    def _answer(self, core: Callable[..., Answer], *arguments: np.ndarray, shared: bool = True) -> Answer:
        """What a core says of arguments that broadcast against the batch; ``shared`` is that of `in_blocks`."""
        with np.errstate(all="ignore"):
            if self.event_shape and not self.batch_shape:
                return unwrap(self._of_outcomes(core, *arguments))
            if not self._elementwise():
                return unwrap(core(self, *arguments))
            shape = np.broadcast_shapes(self.batch_shape, *(argument.shape for argument in arguments))
            fused: Answer | None = self._by_kernel(core.__name__, shape, *arguments)
            if fused is not None:
                return unwrap(fused)

            def block(cut: Cut) -> Answer:
                return core(self._part(cut), *map(cut.of, arguments))

            answer: Answer = in_blocks(block, shape, shared=shared)
            return unwrap(answer)

    def _by_kernel(self, core: str, shape: tuple[int, ...], *arguments: np.ndarray | Uniforms) -> Any:
        """What a core says of arguments, by its kernel; None if it has none, or that cannot be had here."""
        fused: Fused | None = vars(type(self)).get("fused")
        if fused is None or core not in fused.cores:
            return None
        fields = (getattr(self, field) for field in fused.fields)
        return evaluate(fused.kernel(core), shape, [*arguments, *fields])

    def _said(self, core: str, *arguments: np.ndarray) -> Any:
        """What a core says, or its kernel in its place: the bits of the answer itself, of some elements."""
        fused: Fused | None = vars(type(self)).get("fused")
        said = None
        if fused is not None and core in fused.cores:
            shape = np.broadcast_shapes(self.batch_shape, *(argument.shape for argument in arguments))
            said = self._by_kernel(core, shape, *arguments)
        return getattr(self, core)(*arguments) if said is None else said

    def _elements(self, shape: tuple[int, ...], rows: np.ndarray | slice) -> Self:
        """Some elements of the batch broadcast to ``shape`` and flattened."""

        def some(value: Any) -> Array:
            whole = np.broadcast_to(value, shape)
            if isinstance(rows, slice) or whole.flags.c_contiguous:
                return whole.reshape(-1)[rows]
            return whole[np.unravel_index(rows, shape)]

        return self._unchecked(**{name: some(value) for name, value in vars(self).items()})

    def _of_outcomes(self, core: Callable[..., Answer], value: np.ndarray) -> Answer:
        """What a core of a single distribution says of outcomes with axes of their own, which are not cut."""
        own = len(self.event_shape)

        def block(cut: Cut) -> Answer:
            return core(self, replace(cut, axis=cut.axis - own).of(value) if cut.axis else value)

        answer: Answer = in_blocks(block, value.shape[: value.ndim - own])
        return answer

    # ---- sampling -----------------------------------------------------------------------------------------

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        """Independent outcomes: of the full shape, whose last axes are the batch's, and then of ``event_shape``.

        Quantiles of uniform levels, unless a family has a faster way.
        """
        return self._of_uniform("_quantile", shape, rng)

    def _of_uniform(
        self, core: str, shape: tuple[int, ...], rng: np.random.Generator, count: int = 1
    ) -> np.ndarray:
        """What a core says of as many uniform numbers an outcome, by its kernel if it has one.

        Where it is not a number, which `_proposal` says of numbers that it refuses, it is asked about others.
        """
        streams = [Uniforms.of(rng) for _ in range(count)]
        fused = self._by_kernel(core, shape, *streams)
        if fused is not None:
            return np.asarray(fused)
        numbers = [stream.array(shape) for stream in streams]

        def block(cut: Cut) -> Any:
            return getattr(self._part(cut), core)(*map(cut.of, numbers))

        outcomes = np.asarray(in_blocks(block, shape) if self._elementwise() else block(Cut()))
        if core == "_proposal":
            self._propose_again(outcomes, streams)
        return outcomes

    def _proposal(self, first: np.ndarray, second: np.ndarray) -> Array:
        """An outcome made of two uniform numbers; NaN where it is refused."""
        raise NotImplementedError

    def _propose_again(self, outcomes: np.ndarray, streams: list[Uniforms]) -> None:
        """Put others in the place of outcomes that were refused."""
        flat = outcomes.reshape(-1)
        refused = np.flatnonzero(np.isnan(flat))
        for attempt in range(1, _MOST_ATTEMPTS):
            if not len(refused):
                break
            numbers = (stream.at(refused, attempt) for stream in streams)
            flat[refused] = again = self._elements(outcomes.shape, refused)._proposal(*numbers)
            refused = refused[np.isnan(again)]
