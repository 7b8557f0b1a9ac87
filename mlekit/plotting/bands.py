"""A predicted distribution of a number, against one column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlekit.distributions import Distribution
from mlekit.errors import ParameterError
from mlekit.plotting.grids import grid_of, span
from mlekit.plotting.style import COLORS, INK, quiet_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_prediction_band"]

_POINTS = 200


def plot_prediction_band(
    predictor: Callable[[pd.DataFrame], Distribution],
    data: pd.DataFrame,
    x: str,
    y: str,
    *,
    at: Mapping[str, Any] | None = None,
    label: str = "",
    color: str = COLORS[0],
    ax: Axes | None = None,
) -> Axes:
    """Draw the predicted mean and the 5 %, 50 % and 95 % quantiles of y along x, over the data.

    Args:
        predictor: a model (or any function) that turns a table into univariate distributions.
        data: rows to show as points; their range of x is drawn.
        x: the column along the horizontal axis.
        y: the target's column.
        at: values of the other columns that the predictor reads.
        label: put before the names in the legend, to tell several bands on one axes apart.
        color: of points, lines and band.
        ax: where to draw.

    Raises:
        ParameterError: for a column that is missing or not numeric, and for a predictor of labels.

    >>> from mlekit.distributions import Gaussian
    >>> data = pd.DataFrame({"age": [1.0, 9.0], "height": [80.0, 130.0]})
    >>> ax = plot_prediction_band(lambda t: Gaussian(loc=75 + 6 * t["age"], scale=5.0), data, "age", "height")
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('age', 'height')
    """
    low, high = span(data, x)
    positions = np.linspace(low, high, _POINTS)
    predicted = predictor(grid_of({x: positions}, at))
    if predicted.labelled:
        raise ParameterError(
            f"plot_prediction_band: {y!r} is predicted as {type(predicted).__name__}, which has labels and no "
            "quantiles to draw; use plot_probability_surface or plot_probabilities"
        )
    ax = quiet_axes(ax)
    ax.scatter(data[x], data[y], s=12, color=color, alpha=0.45, linewidths=0, zorder=1)
    lower, median, upper = (np.broadcast_to(predicted.quantile(q), len(positions)) for q in (0.05, 0.5, 0.95))
    prefix = f"{label}: " if label else ""
    ax.fill_between(positions, lower, upper, color=color, alpha=0.18, linewidth=0, label=f"{prefix}5–95 %")
    ax.plot(positions, np.broadcast_to(predicted.mean, len(positions)), color=color, label=f"{prefix}mean")
    if not np.allclose(median, predicted.mean, rtol=1e-6):
        ax.plot(positions, median, color=INK, linestyle=":", label=f"{prefix}median")
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.legend(frameon=False)
    return ax
