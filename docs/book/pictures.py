"""Pictures that the pages draw: SVG within the page, in its font and its colours, light or dark.

Text stays text, so that it can be read aloud, searched, and translated (`docs.book.editions`). Several panels stand
side by side where there is room, and below one another on a telephone.
"""

from __future__ import annotations

import hashlib
import html
import io
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cycler import cycler
from IPython.display import HTML
from matplotlib import pyplot, style

from mlekit.plotting.style import COLORS, quiet_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "BLUE",
    "COLORS",
    "GREEN",
    "INK",
    "MUTED",
    "ORANGE",
    "PURPLE",
    "VERMILION",
    "panel",
    "show",
    "space",
]

BLUE, ORANGE, GREEN, PURPLE, _, VERMILION, _ = COLORS
# Colours that stand for the theme's own: each becomes a variable of the style sheet. The palette does too, as lines
# and words need other shades of it on a dark ground, and words darker ones on a light ground.
INK, MUTED, PAPER = "#010203", "#999999", "#ffffff"
PALETTE = {"blue": BLUE, "orange": ORANGE, "green": GREEN, "purple": PURPLE, "vermilion": VERMILION}
VARIABLES = {
    INK: "var(--pst-color-text-base)",
    "#333333": "var(--pst-color-text-base)",
    MUTED: "var(--pst-color-text-muted)",
    PAPER: "var(--pst-color-background)",
}
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "mlekit",
    "font.size": 10.5,
    "axes.titlesize": "medium",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.edgecolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "axes.prop_cycle": cycler(color=COLORS),
}


def panel(width: float = 3.6, height: float = 2.8) -> tuple[Figure, Axes]:
    """A figure with one pair of quiet axes, sizes in inches; 3.6 is half of the page's column, 7.2 all of it."""
    style.use(STYLE)
    figure, ax = pyplot.subplots(figsize=(width, height), layout="constrained")
    return figure, quiet_axes(ax)


def space(width: float = 3.6, height: float = 3.1) -> tuple[Figure, Any]:
    """A figure with one pair of three-dimensional axes."""
    style.use(STYLE)
    figure = pyplot.figure(figsize=(width, height))
    ax: Any = figure.add_axes((0.02, 0.04, 0.9, 0.94), projection="3d", computed_zorder=False)
    ax.set_facecolor("none")
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.set_pane_color((0.6, 0.6, 0.6, 0.12))
        axis.line.set_color(MUTED)
        axis._axinfo["grid"].update(color=(0.6, 0.6, 0.6, 0.35), linewidth=0.5)
    return figure, ax


def show(
    *figures: Figure, alt: str, interactive: str | None = None, data: Mapping[str, Any] | None = None
) -> HTML:
    """Put figures into the page as one picture.

    Args:
        figures: the panels, in the order in which they are read.
        alt: what the picture says, for those who do not see it.
        interactive: the name of the script in ``_static/pictures/`` that makes the picture movable; without
            JavaScript the figures stand as they are.
        data: numbers for that script.
    """
    panels = "".join(_svg(figure, f"{alt}{k}") for k, figure in enumerate(figures))
    for figure in figures:
        pyplot.close(figure)
    live = ""
    if interactive is not None:
        live = f' data-interactive="{interactive}" data-numbers="{html.escape(json.dumps(data or {}))}"'
    label = html.escape(alt, quote=True)
    return HTML(
        f'<div class="picture"{live}><div class="panels" role="img" aria-label="{label}">{panels}</div></div>'
    )


def _svg(figure: Figure, key: str) -> str:
    """The SVG of a figure, with identifiers of its own and the page's colours."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", dpi=160, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    prefix = "p" + hashlib.sha256(key.encode()).hexdigest()[:8]
    text = re.sub(r'\bid="', f'id="{prefix}-', text)
    text = re.sub(r"url\(#", f"url(#{prefix}-", text)
    text = re.sub(r'href="#', f'href="#{prefix}-', text)
    for color, variable in VARIABLES.items():
        text = text.replace(color, variable)
    for name, color in PALETTE.items():
        words = re.compile(rf"(<text[^>]*){color}", re.IGNORECASE)
        text = words.sub(rf"\1var(--book-{name}-words)", text)
        text = re.sub(color, f"var(--book-{name})", text, flags=re.IGNORECASE)
    width, height = figure.get_size_inches() * 96
    text = re.sub(r'^<svg([^>]*?) width="[^"]*"', r"<svg\1", text, count=1, flags=re.DOTALL)
    text = re.sub(r'^<svg([^>]*?) height="[^"]*"', r"<svg\1", text, count=1, flags=re.DOTALL)
    text = re.sub(
        r"^<svg", f'<svg width="{width:.0f}" height="{height:.0f}" aria-hidden="true"', text, count=1
    )
    # MyST ends an HTML block at an empty line.
    return re.sub(r"\n\s*\n", "\n", text)
