"""The registry of cases: one entry a family, and every property test of the room applies to it.

The entries stand in the files of the folder ``registry``; here they are one, with what picks among them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mlekit.distributions import ExponentialFamily, Parameter
from mlekit.distributions.link import Link
from tests.distributions.case import Case, Parameters, typical_range
from tests.distributions.registry import bounded, composed, counts, labels, positive, real_line, vectors

__all__ = ["CASES", "Case", "Parameters"]

CASES: tuple[Case, ...] = (
    *labels.CASES,
    *counts.CASES,
    *real_line.CASES,
    *positive.CASES,
    *bounded.CASES,
    *composed.CASES,
    *vectors.CASES,
)


def each(*keep: Callable[[Case], bool]) -> pytest.MarkDecorator:
    """Parametrize a test over the cases that satisfy all conditions."""
    chosen = [case for case in CASES if all(condition(case) for condition in keep)]
    return pytest.mark.parametrize("case", chosen, ids=str)


def fitted(case: Case) -> bool:
    return bool(case.distribution.predicted)


def ordered(case: Case) -> bool:
    return case.ordered


def numeric(case: Case) -> bool:
    return case.event_ndim == 0


def exponential(case: Case) -> bool:
    return issubclass(case.distribution._class(), ExponentialFamily)


def independent(case: Case) -> bool:
    """Whether several target columns are several outcomes."""
    return fitted(case) and not case.distribution.joint


def elementwise(case: Case) -> bool:
    """Whether every parameter is one number a batch element, so that parameters broadcast one by one."""
    return all(np.ndim(value) == 0 for value in case.parameters(0).values())


def links_of(case: Case) -> list[tuple[str, str]]:
    """Every parameter of a family with every link that it may be given in place of its own."""
    return [
        (parameter.name, link)
        for parameter in case.distribution.predicted
        for link in parameter.links
        if link != parameter.link.name and reaches(parameter, Link.named(link))
    ]


def reaches(parameter: Parameter, link: Link) -> bool:
    """Whether a link reaches typical values of the parameter."""
    low, high = typical_range(parameter, link)
    return low < high


def each_link() -> pytest.MarkDecorator:
    """Parametrize a test over the families, each with its default links and with every other admissible one."""
    chosen = [
        pytest.param(case, links, id=" ".join([str(case), *links.values()]))
        for case in CASES
        if fitted(case)
        for links in [{}, *({name: link} for name, link in links_of(case))]
    ]
    return pytest.mark.parametrize(("case", "links"), chosen)
