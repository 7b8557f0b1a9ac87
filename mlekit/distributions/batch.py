"""What a batch is: immutable fields that broadcast together, and answers about many elements, block by block."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, NoReturn, Self, TypeVar

import numpy as np

from mlekit.arrays import ArrayLike, read_only, unwrap
from mlekit.blocks import Cut, in_blocks, is_long
from mlekit.distributions.fused import Fused
from mlekit.distributions.predictable import Predictable
from mlekit.errors import ParameterError
from mlekit.kernels import evaluate

__all__ = ["Batch"]

Answer = TypeVar("Answer")

_GENERATED_TOGETHER = 4  # blocks, as every one takes a generator of its own


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

    def _by_kernel(self, core: str, shape: tuple[int, ...], *arguments: np.ndarray) -> Any:
        """What a core says of arguments, by its kernel; None if it has none, or that cannot be had here."""
        fused: Fused | None = vars(type(self)).get("fused")
        if fused is None or core not in fused.cores:
            return None
        fields = (getattr(self, field) for field in fused.fields)
        return evaluate(fused.kernel(core), shape, [*arguments, *fields])

    def _said(self, core: str, *arguments: np.ndarray) -> Any:
        """What a core says, or its kernel in its place: the bits of the answer itself, of some elements."""
        shape = np.broadcast_shapes(self.batch_shape, *(argument.shape for argument in arguments))
        fused = self._by_kernel(core, shape, *arguments)
        return getattr(self, core)(*arguments) if fused is None else fused

    def _of_uniform(self, core: str, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        """What a core that takes levels says of uniform ones, none of which is 0 or 1."""
        level = rng.random(shape)
        level += 2.0**-54  # half a step of the generator
        return self._said(core, level)

    def _of_outcomes(self, core: Callable[..., Answer], value: np.ndarray) -> Answer:
        """What a core of a single distribution says of outcomes with axes of their own, which are not cut."""
        own = len(self.event_shape)

        def block(cut: Cut) -> Answer:
            return core(self, replace(cut, axis=cut.axis - own).of(value) if cut.axis else value)

        answer: Answer = in_blocks(block, value.shape[: value.ndim - own])
        return answer

    @abstractmethod
    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        """Independent outcomes: of the full shape, whose last axes are the batch's, and then of ``event_shape``."""

    def _draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        """Independent outcomes of the full shape; of many, each block's by a generator of its own."""
        if not (self._elementwise() and is_long(shape)):
            return unwrap(self._sample(shape, rng))
        seed = int.from_bytes(rng.bytes(16), "little")

        def block(cut: Cut) -> Any:
            return self._part(cut)._sample(cut.shape(shape), np.random.default_rng(seed + cut.start))

        return in_blocks(block, shape, together=_GENERATED_TOGETHER)
