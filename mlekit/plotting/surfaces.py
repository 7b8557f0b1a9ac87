"""Probabilities of labels over a plane of two columns, with the decision boundary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from mlekit.distributions import Bernoulli, Categorical
from mlekit.errors import ParameterError
from mlekit.plotting.grids import grid_of, span
from mlekit.plotting.style import COLORS, INK, MARKERS, quiet_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_probability_surface"]

_STEPS = 160
_PALE = 0.5
_LEVELS = (0.1, 0.9)
_MARGIN = 0.12


def plot_probability_surface(
    predictor: Callable[[pd.DataFrame], Bernoulli | Categorical],
    data: pd.DataFrame,
    x: str,
    y: str,
    *,
    target: str | None = None,
    at: Mapping[str, Any] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Colour the plane of two columns by what is predicted there; lines separate the likeliest labels.

    The colour of a place is the mixture of the labels' colours in the proportions of their probabilities. The solid
    line is the decision boundary; for a `Bernoulli`, broken lines are the probabilities 10 % and 90 %.

    Args:
        predictor: a model (or any function) that turns a table into `Bernoulli` or `Categorical` distributions.
        data: its ranges of x and y are drawn.
        x: the column along the horizontal axis.
        y: the column along the vertical axis.
        target: a column of labels: the rows of ``data`` are drawn as points with a marker a label.
        at: values of the other columns that the predictor reads.
        ax: where to draw.

    Raises:
        ParameterError: for columns that are missing, not numeric or constant; for predictors of anything but labels;
            and for more labels than can be told apart.

    >>> data = pd.DataFrame({"u": [-1.0, 1.0], "v": [-1.0, 1.0], "heads": [False, True]})
    >>> ax = plot_probability_surface(lambda t: Bernoulli(logits=t["u"] + t["v"]), data, "u", "v", target="heads")
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['False', 'True']
    """
    sides = span(data, x, 0.05), span(data, y, 0.05)
    across, up = (np.linspace(low, high, _STEPS) for low, high in sides)
    horizontal, vertical = np.meshgrid(across, up)
    predicted = predictor(grid_of({x: horizontal.reshape(-1), y: vertical.reshape(-1)}, at))
    labels, probs = _labels(predicted)
    surface = probs.reshape(_STEPS, _STEPS, len(labels))

    ax = quiet_axes(ax)
    palette = np.array([_rgb(color) for color in COLORS[: len(labels)]])
    mixed = surface @ (1 - _PALE * (1 - palette))
    # Grid points are the middles of the picture's cells, half a cell of which lies beyond the outermost ones.
    half = (across[1] - across[0]) / 2, (up[1] - up[0]) / 2
    extent = (across[0] - half[0], across[-1] + half[0], up[0] - half[1], up[-1] + half[1])
    ax.imshow(mixed, origin="lower", extent=extent, aspect="auto", interpolation="bilinear")
    for k in range(len(labels) if len(labels) > 2 else 1):
        lead = surface[..., k] - np.delete(surface, k, axis=-1).max(axis=-1)
        if lead.min() < 0 < lead.max():
            ax.contour(across, up, lead, levels=[0.0], colors=INK, linewidths=1.6)
    if isinstance(predicted, Bernoulli):
        _draw_levels(ax, across, up, surface[..., 1], data[[x, y]].to_numpy(dtype=np.float64))
    if target is not None:
        _draw_points(ax, data, x, y, target, labels)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    return ax


def _labels(predicted: Any) -> tuple[list[Any], Float[np.ndarray, "points labels"]]:
    """The labels, and the probability of each at every grid point."""
    if isinstance(predicted, Bernoulli):
        return [False, True], np.stack([1 - predicted.probs, predicted.probs], axis=-1)
    if not isinstance(predicted, Categorical):
        raise ParameterError(
            f"plot_probability_surface: needs Bernoulli or Categorical, but {type(predicted).__name__} is predicted; "
            "plot_prediction_band draws numbers"
        )
    labels = predicted.categories.tolist()
    if len(labels) > len(COLORS):
        raise ParameterError(
            f"plot_probability_surface: tells {len(COLORS)} labels apart, but there are {len(labels)}"
        )
    return labels, predicted.probs


def _draw_levels(
    ax: Axes,
    across: Float[np.ndarray, " steps"],
    up: Float[np.ndarray, " steps"],
    surface: Float[np.ndarray, "steps steps"],
    points: Float[np.ndarray, "rows 2"],
) -> None:
    """Broken lines at 10 % and 90 %, their names where they are farthest from the points."""
    from matplotlib.patheffects import withStroke

    levels = [level for level in _LEVELS if surface.min() < level < surface.max()]
    if not levels:
        return
    lines = ax.contour(across, up, surface, levels=levels, colors=INK, linewidths=0.9, linestyles="--")
    corner, size = np.array([across[0], up[0]]), np.array([np.ptp(across), np.ptp(up)])
    taken = (points - corner) / size
    places = []
    for path in lines.get_paths():
        relative = (np.asarray(path.vertices) - corner) / size
        inside = relative[((relative > _MARGIN) & (relative < 1 - _MARGIN)).all(axis=1)]
        if len(inside):
            gap = np.square(inside[:, None] - taken).sum(axis=-1).min(axis=1)
            places.append(tuple(inside[np.argmax(gap)] * size + corner))
    names = ax.clabel(lines, fmt=lambda level: f"{100 * level:.0f} %", fontsize="small", manual=places)
    for name in names:
        name.set_path_effects([withStroke(linewidth=3, foreground="white", alpha=0.8)])


def _draw_points(ax: Axes, data: pd.DataFrame, x: str, y: str, target: str, labels: list[Any]) -> None:
    for k, label in enumerate(labels):
        rows = data[data[target] == label]
        ax.scatter(
            rows[x],
            rows[y],
            s=20,
            color=COLORS[k],
            marker=MARKERS[k],
            edgecolors="white",
            linewidths=0.5,
            label=str(label),
        )
    ax.legend(title=target, framealpha=0.9, edgecolor="none")


def _rgb(color: str) -> tuple[float, float, float]:
    from matplotlib.colors import to_rgb

    return to_rgb(color)
