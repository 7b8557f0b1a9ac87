"""A chart of questions, each with the shape of what is chosen by a yes.

Questions are read from the top down, and the first yes decides. What leads to what is drawn in one column, so that the
chart is as legible on a telephone as beside another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from docs.book.pictures import BLUE, INK, MUTED, panel
from mlekit.distributions import Distribution, FiniteSet, Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Choice", "decisions"]

WIDTH, ROW = 3.45, 0.62
"""Inches: of a chart, and of a question in it."""


class Choice(NamedTuple):
    """A question, what a yes chooses, and an example of its shape: a single distribution."""

    question: str
    family: str
    example: Distribution


def decisions(title: str, choices: list[Choice]) -> Figure:
    """Draw the questions one below the other, with an arrow from each to what it chooses."""
    figure, ax = panel(WIDTH, ROW * (len(choices) + 0.55))
    ax.set(xlim=(0, WIDTH), ylim=(-ROW * len(choices), ROW * 0.55), xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    ax.text(0, ROW * 0.25, title, weight="bold", va="center")
    spine = 0.1
    ax.plot([spine, spine], [-ROW * (len(choices) - 0.72), -0.02], color=MUTED, linewidth=1.2, zorder=1)
    for k, (question, family, example) in enumerate(choices):
        top = -ROW * k
        ax.scatter(spine, top - 0.17, s=36, color=BLUE, zorder=2)
        ax.text(spine + 0.17, top - 0.17, question, va="center", color=INK)
        ax.annotate(
            "",
            xytext=(spine + 0.2, top - 0.43),
            xy=(spine + 0.48, top - 0.43),
            arrowprops={"arrowstyle": "->", "color": MUTED, "shrinkA": 0, "shrinkB": 0},
        )
        _sketch(ax, example, (spine + 0.56, spine + 1.16), (top - 0.56, top - 0.3))
        ax.text(spine + 1.26, top - 0.43, family, va="center", color=BLUE, weight="bold")
    return figure


def _sketch(ax: Axes, example: Distribution, across: tuple[float, float], up: tuple[float, float]) -> None:
    """The probabilities, or the density, of a distribution within a box; of vectors, outcomes."""

    def placed(values: Any, box: tuple[float, float]) -> Any:
        low, high = np.min(values), np.max(values)
        return box[0] + (values - low) / (high - low) * (box[1] - box[0])

    if example.event_shape:
        points = np.asarray(example.sample(60, rng=4), dtype=float)
        ax.scatter(placed(points[:, 0], across), placed(points[:, 1], up), s=2.5, color=BLUE, linewidths=0)
        return
    x, heights = _shape(example)
    top = up[0] + heights / heights.max() * (up[1] - up[0])
    if isinstance(example.support, Interval) and not example.support.integer:  # a density
        ax.fill_between(placed(x, across), up[0], top, color=BLUE, alpha=0.3, linewidth=0)
        ax.plot(placed(x, across), top, color=BLUE, linewidth=1.2)
    else:
        width = (across[1] - across[0]) / len(x)
        ax.bar(across[0] + width * (x + 0.5), top - up[0], 0.7 * width, bottom=up[0], color=BLUE)
    ax.plot(across, [up[0], up[0]], color=MUTED, linewidth=0.8)


def _shape(example: Distribution) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes, counted from 0 where they are bars, and what the distribution says of each."""
    support = example.support
    if isinstance(support, FiniteSet):
        return np.arange(len(support.values)), example.prob(support.values)
    low, high = (float(example.quantile(level)) for level in (0.002, 0.99))
    x = np.arange(high + 1) if support.integer else np.linspace(low, high, 120)
    return x, example.prob(x)
