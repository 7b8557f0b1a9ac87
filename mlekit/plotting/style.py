"""What all pictures share: colours, markers and quiet axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["COLORS", "INK", "MARKERS", "quiet_axes"]

# Okabe & Ito (2008), "Color universal design": blue, orange, green, purple, sky blue, vermilion, yellow.
COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
MARKERS = ("o", "^", "s", "D", "v", "P", "X")
INK = "#333333"


def quiet_axes(ax: Axes | None) -> Axes:
    """The axes to draw on, new ones if there are none, without the lines that carry nothing."""
    if ax is None:
        from matplotlib import pyplot

        _, ax = pyplot.subplots(layout="constrained")
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color("#999999")
    ax.tick_params(color="#999999")
    return ax
