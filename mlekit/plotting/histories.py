"""How a fit went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlekit.plotting.style import COLORS, INK, quiet_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_history"]


def plot_history(history: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the negative log-likelihood against the optimizer's steps.

    The step with the best validation likelihood is marked: it is the one whose weights a fit keeps.

    Args:
        history: ``model.history``: columns ``step``, ``train_nll`` and ``validation_nll``, in nats a row; the last
            is left out where it is NaN throughout.
        ax: where to draw.

    >>> steps = pd.DataFrame({"step": [1, 2, 3], "train_nll": [0.7, 0.5, 0.4], "validation_nll": [0.7, 0.6, 0.65]})
    >>> [line.get_label() for line in plot_history(steps).get_lines()]
    ['training', 'validation']
    """
    ax = quiet_axes(ax)
    step, validation = history["step"].to_numpy(), history["validation_nll"].to_numpy(dtype=np.float64)
    ax.plot(step, history["train_nll"].to_numpy(), color=COLORS[0], label="training")
    if not np.isnan(validation).all():
        ax.plot(step, validation, color=COLORS[5], linestyle="--", label="validation")
        best = int(np.nanargmin(validation))
        ax.scatter(step[best], validation[best], color=INK, zorder=3, label=f"kept: step {step[best]}")
        ax.legend(frameon=False)
    ax.set_xlabel("step")
    ax.set_ylabel("negative log-likelihood (nats a row)")
    return ax
