"""Where the coordinates of a predicted distribution come from: columns of η, or constants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from mlekit.arrays import Array
from mlekit.distributions.family import Family
from mlekit.distributions.link import LOG, Change
from mlekit.distributions.parameter import Parameter
from mlekit.distributions.resolution import UNCHANGED, floored
from mlekit.errors import ParameterError

__all__ = ["Slot", "check_fixed", "slots_of"]


class Slot(NamedTuple):
    """Where one predicted parameter comes from: columns of η, or a constant coordinate."""

    parameter: Parameter
    columns: slice | None
    constant: Array | None
    change: Change | None
    scalar: bool
    reference: bool
    a: Array
    b: Array


def slots_of(
    family: Family[Any],
    widths: tuple[int | None, ...],
    n_targets: int,
    shift: Array,
    scale: Array,
    resolution: Array,
    *,
    identified: bool,
) -> tuple[Slot, ...]:
    """The slots of all predicted parameters, in order.

    Args:
        family: with what it holds fixed and links.
        widths: the length of each parameter; None for a scalar.
        n_targets: how many outcomes a row has.
        shift: of the units that the target is in.
        scale: of these units.
        resolution: what the scale of each target does not fall below, in the target's own units; 0 for no guard.
        identified: whether redundant coordinates are left out.
    """
    slots: list[Slot] = []
    position = 0
    for parameter, width in zip(family.distribution.predicted, widths, strict=True):
        a, b = parameter.standardizing(shift, scale)
        if n_targets == 1 and width is None:
            a, b = a[0], b[0]
        if parameter.name in family.fixed:
            held = np.asarray(family.fixed[parameter.name], dtype=np.float64)
            with np.errstate(divide="ignore"):  # a dispersion of 0 is one of −∞ in its coordinate
                natural = parameter.link.link(held)
            slots.append(Slot(parameter, None, (natural - a) / b, None, width is None, False, a, b))
            continue
        reference = identified and parameter.redundant
        size = n_targets if width is None else width - reference
        link = family.link(parameter.name)
        change = None if link is parameter.link else link.into(parameter.link)
        if parameter.unit == "scale" and parameter.link is LOG and resolution.any():
            with np.errstate(divide="ignore"):
                floor = np.log(resolution[0] if n_targets == 1 else resolution) - a
            change = floored(change or UNCHANGED, floor)
        scalar = width is None and n_targets == 1
        columns = slice(position, position + size)
        slots.append(Slot(parameter, columns, None, change, scalar, reference, a, b))
        position += size
    return tuple(slots)


def check_fixed(family: Family[Any], constants: Mapping[str, Any], targets: tuple[str, ...]) -> None:
    """Refuse vectors and matrices held fixed at another size than the target has."""
    widths = family.distribution._widths(constants)
    for parameter, width in zip(family.distribution.predicted, widths, strict=True):
        if width is None or parameter.name not in family.fixed:
            continue
        value = np.asarray(family.fixed[parameter.name], dtype=np.float64)
        expected = np.shape(parameter.link.inverse(np.zeros(width)))
        if value.shape != expected:
            raise ParameterError(
                f"{family.name}: {parameter.name} is held fixed at a value of shape {value.shape}, but "
                f"the target {list(targets)} needs one of shape {expected}"
            )
