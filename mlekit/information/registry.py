"""The registry of closed forms: which families, or pairs of families, have a formula.

    @closed_form(Gaussian, Gaussian)
    def gaussian_kl(p: Gaussian, q: Gaussian) -> Array: ...

With one family the function is its entropy, with two it is KL(p‖q) unless ``of`` says which other quantity: ``js`` and
``total_variation`` of p and q; ``renyi`` of p, q and the order alpha, for any order ≥ 0 but 1; ``wasserstein`` of p, q
and the order 1 or 2. A form holds for subclasses too; the most specific one is taken. Forms of KL and Rényi may answer
NaN where they have lost their digits or say nothing; then, and where there is no form, the quantity is summed,
integrated or sampled.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any, Literal, TypeAlias, TypeVar

import numpy as np

from mlekit.arrays import Array
from mlekit.blocks import in_blocks
from mlekit.distributions import Distribution
from mlekit.errors import ParameterError
from mlekit.kernels import evaluate

__all__ = ["Quantity", "blockwise", "closed_form", "find_closed_form"]

Quantity: TypeAlias = Literal["entropy", "kl", "js", "renyi", "total_variation", "wasserstein"]
Form: TypeAlias = Callable[..., Array]
F = TypeVar("F", bound=Form)

_FORMS: dict[tuple[Quantity, tuple[type[Distribution], ...]], Form] = {}
_KERNELS: dict[Form, str] = {}


def closed_form(
    *families: type[Distribution], of: Quantity | None = None, kernel: str | None = None
) -> Callable[[F], F]:
    """Register the decorated function as entropy of one family, or as KL(p‖q) or another quantity of two.

    Args:
        *families: the types of the function's first arguments, one or two.
        of: which quantity, if it is neither entropy nor KL.
        kernel: what says the same in compiled code, of the fields that the families' own kernels take.

    Returns:
        The decorator; it gives the function back.

    Raises:
        ParameterError: for another number of families, or if these have a form already.

    >>> from mlekit.distributions import Gaussian
    >>> closed_form(Gaussian, Gaussian)(lambda p, q: 0.0)
    Traceback (most recent call last):
    mlekit.errors.ParameterError: there is a closed form for (Gaussian, Gaussian) already

    """
    names = ", ".join(family.__name__ for family in families)
    if len(families) not in (1, 2) or (of is not None and (len(families) == 1) != (of == "entropy")):
        raise ParameterError(f"a closed form is of one family (entropy) or two, not of ({names})")
    key = (_quantity(families, of), families)

    def register(form: F) -> F:
        if key in _FORMS:
            raise ParameterError(f"there is a closed form for ({names}) already")
        _FORMS[key] = form
        if kernel is not None:
            _KERNELS[form] = kernel
        return form

    return register


def _quantity(arguments: tuple[object, ...], of: Quantity | None) -> Quantity:
    return of or ("entropy" if len(arguments) == 1 else "kl")


def find_closed_form(
    *distributions: Distribution, of: Quantity | None = None, order: float | None = None
) -> Callable[[], Array] | None:
    """The most specific closed form for these arguments, ready to be called; None if there is none.

    Args:
        *distributions: one for entropy, two for the rest.
        of: which quantity, if it is neither entropy nor KL.
        order: the order of quantities that have one, which their form takes as its last argument.

    """
    further = () if order is None else (order,)
    lines: list[list[type[Any]]] = [
        [cls for cls in type(distribution).__mro__ if issubclass(cls, Distribution)]
        for distribution in distributions
    ]
    for families in sorted(
        product(*lines), key=lambda pair: sum(line.index(cls) for line, cls in zip(lines, pair, strict=True))
    ):
        form = _FORMS.get((_quantity(distributions, of), families))
        if form is not None:
            return lambda: blockwise(form, distributions, further)
    return None


def blockwise(form: Form, distributions: tuple[Distribution, ...], further: tuple[float, ...] = ()) -> Array:
    """What a form says of batches, block by block where elements are independent of one another."""
    if not all(distribution._elementwise() for distribution in distributions):
        return form(*distributions, *further)
    shape = np.broadcast_shapes(*(distribution.batch_shape for distribution in distributions))
    fused = _by_kernel(form, distributions, shape)
    if fused is not None:
        return fused
    value: Array = in_blocks(
        lambda cut: form(*(distribution._part(cut) for distribution in distributions), *further), shape
    )
    return value


def _by_kernel(form: Form, distributions: tuple[Distribution, ...], shape: tuple[int, ...]) -> Array | None:
    """What a form says, by its kernel; None if it has none, or that cannot be had here."""
    if form not in _KERNELS:
        return None
    kinds = [vars(type(distribution)).get("fused") for distribution in distributions]
    fields = [
        getattr(distribution, field)
        for distribution, fused in zip(distributions, kinds, strict=True)
        if fused is not None
        for field in fused.fields
    ]
    return evaluate(_KERNELS[form], shape, fields) if None not in kinds else None
