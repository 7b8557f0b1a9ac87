"""What an estimate from a sample says of itself."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import ndtri

from mlekit.errors import ParameterError
from mlekit.information.estimate import unit_of

__all__ = ["SampleEstimate", "checked_level", "normal_estimate"]


@dataclass(frozen=True)
class SampleEstimate:
    """An estimate from a sample, with an interval.

    Attributes:
        value: the estimate, in nats unless another base was asked for.
        low: the lower end of the interval.
        high: the upper end of the interval.
        level: how often such intervals are meant to hold the truth.
        standard_error: of the value.
        method: the estimator.
        size: how many outcomes the sample has.
        notes: what the sample leaves in doubt.

    >>> known = SampleEstimate(0.5, 0.25, 0.75, 0.95, 0.125, "plug_in", 100)
    >>> known, float(known)
    (SampleEstimate(0.5, 95% interval (0.25, 0.75), 'plug_in' from 100 outcomes), 0.5)

    """

    value: float
    low: float
    high: float
    level: float
    standard_error: float
    method: str
    size: int
    notes: tuple[str, ...] = ()

    def __float__(self) -> float:
        return self.value

    def __repr__(self) -> str:
        notes = "".join(f"; {note}" for note in self.notes)
        interval = f"{100 * self.level:.3g}% interval ({self.low:.6g}, {self.high:.6g})"
        return (
            f"SampleEstimate({self.value:.6g}, {interval}, {self.method!r} from {self.size} outcomes{notes})"
        )


def checked_level(level: float) -> float:
    """A level strictly between 0 and 1; a `ParameterError` for another."""
    if not 0 < level < 1:
        raise ParameterError(f"level: an interval's level lies in (0, 1), but is {level!r}")
    return float(level)


def normal_estimate(
    value: float,
    standard_error: float,
    *,
    level: float,
    base: float | None,
    method: str,
    size: int,
    notes: tuple[str, ...],
) -> SampleEstimate:
    """The estimate in units of that base, its interval the quantiles of a Gaussian around it."""
    unit = unit_of(base)
    reach = float(ndtri(0.5 + 0.5 * checked_level(level))) * standard_error
    ends = (value - reach) / unit, (value + reach) / unit
    return SampleEstimate(value / unit, *ends, level, standard_error / unit, method, size, notes)
