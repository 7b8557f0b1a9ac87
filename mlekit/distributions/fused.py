"""Which answers of a family a compiled kernel gives, in place of a chain of NumPy's loops."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TAILS", "Fused"]

TAILS = ("_cdf", "_log_cdf", "_log_sf")
"""The cores that answer from the same tails."""


@dataclass(frozen=True)
class Fused:
    """The kernels of a family. A kernel says what the core of the same name says, to rounding.

    It holds for the class that declares it and no subclass, whose core may be another.

    Args:
        family: what the names of the kernels begin with.
        fields: of a distribution, which are a kernel's arguments after the outcomes (or levels).
        cores: which cores have one.
        score: whether a training step has one for its weighted scores.

    >>> Fused("gaussian", ("loc", "scale"), frozenset({"_cdf"})).kernel("_cdf")
    'gaussian_cdf'

    """

    family: str
    fields: tuple[str, ...]
    cores: frozenset[str]
    score: bool = False

    def kernel(self, core: str) -> str:
        """The name of a core's kernel."""
        return self.family + core
