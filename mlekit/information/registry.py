"""The registry of closed forms: which families, or pairs of families, have a formula.

    @closed_form(Gaussian, Gaussian)
    def gaussian_kl(p: Gaussian, q: Gaussian) -> Array: ...

With one family the function is its entropy, with two it is KL(p‖q). A form holds for subclasses too; the most
specific one is taken. What has no closed form is summed, integrated or sampled.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any, TypeAlias, TypeVar

from mlekit.arrays import Array
from mlekit.distributions import Distribution
from mlekit.errors import ParameterError

__all__ = ["closed_form", "find_closed_form"]

Form: TypeAlias = Callable[..., Array]
F = TypeVar("F", bound=Form)

_FORMS: dict[tuple[type[Distribution], ...], Form] = {}


def closed_form(*families: type[Distribution]) -> Callable[[F], F]:
    """Register the decorated function as entropy of one family, or as KL(p‖q) of two.

    Args:
        *families: the types of the function's arguments, one or two.

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
    if len(families) not in (1, 2):
        raise ParameterError(f"a closed form is of one family or two, not of ({names})")

    def register(form: F) -> F:
        if families in _FORMS:
            raise ParameterError(f"there is a closed form for ({names}) already")
        _FORMS[families] = form
        return form

    return register


def find_closed_form(*distributions: Distribution) -> Callable[[], Array] | None:
    """The most specific closed form for these arguments, ready to be called; None if there is none."""
    lines: list[list[type[Any]]] = [
        [cls for cls in type(distribution).__mro__ if issubclass(cls, Distribution)]
        for distribution in distributions
    ]
    for families in sorted(
        product(*lines), key=lambda pair: sum(line.index(cls) for line, cls in zip(lines, pair, strict=True))
    ):
        form = _FORMS.get(families)
        if form is not None:
            return lambda: form(*distributions)
    return None
