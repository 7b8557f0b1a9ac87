"""The probabilities of labels as bars."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, log10
from typing import TYPE_CHECKING

import numpy as np

from mlekit.distributions import Categorical
from mlekit.errors import ParameterError
from mlekit.plotting.style import COLORS, quiet_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_probabilities"]

_HATCHES = ("", "///", "...", "xxx", "\\\\\\", "+++", "ooo")
_ROOM = 0.8


def plot_probabilities(
    distributions: Categorical | Mapping[str, Categorical], *, ax: Axes | None = None
) -> Axes:
    """Draw the probability of every label, of one distribution or of several side by side, with its value in percent.

    Args:
        distributions: a single `Categorical` (no batch), or name to `Categorical` over the same categories.
        ax: where to draw.

    Raises:
        ParameterError: for a batch, categories that differ, none at all, or more than seven distributions.

    >>> typed = Categorical.from_dict({"random": 0.5, "radon": 0.25, "radom": 0.25})
    >>> [float(bar.get_height()) for bar in plot_probabilities(typed).patches]
    [0.5, 0.25, 0.25]
    """
    from matplotlib.ticker import PercentFormatter

    named = distributions if isinstance(distributions, Mapping) else {"": distributions}
    if not 1 <= len(named) <= len(COLORS):
        raise ParameterError(f"plot_probabilities: draws 1 to {len(COLORS)} distributions, not {len(named)}")
    categories = next(iter(named.values())).categories.tolist()
    for name, distribution in named.items():
        if distribution.batch_shape:
            raise ParameterError(
                f"plot_probabilities: {name or 'the distribution'} is a batch of shape {distribution.batch_shape}; "
                "choose one row, e.g. model(data.iloc[[0]]), and give Categorical(probs=p.probs[0], ...)"
            )
        if distribution.categories.tolist() != categories:
            raise ParameterError(
                f"plot_probabilities: {name} is over {distribution.categories.tolist()}, but the first is over "
                f"{categories}; bring them to the same order"
            )
    ax = quiet_axes(ax)
    positions, width = np.arange(len(categories)), _ROOM / len(named)
    for k, (name, distribution) in enumerate(named.items()):
        bars = ax.bar(
            positions + (k - (len(named) - 1) / 2) * width,
            distribution.probs,
            0.92 * width,
            label=name,
            color=COLORS[k],
            hatch=_HATCHES[k],
            edgecolor="white",
            linewidth=0,
        )
        ax.bar_label(bars, [_percent(p) for p in distribution.probs.tolist()], padding=2, fontsize="small")
    ax.set_xticks(positions, [str(label) for label in categories])
    ax.tick_params(axis="x", length=0)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    ax.set_ylabel("probability")
    ax.set_ylim(0, 1.08 * max(float(p.probs.max()) for p in named.values()))
    if len(named) > 1:
        ax.legend(frameon=False)
    return ax


def _percent(probability: float) -> str:
    """Percent, with as many decimals, three at most, as it takes to tell it from 0 and 100."""
    far = 100 * min(probability, 1 - probability)
    decimals = 0 if far >= 10 or far == 0 else min(3, max(1, ceil(-log10(far))))
    return f"{100 * probability:.{decimals}f}"
