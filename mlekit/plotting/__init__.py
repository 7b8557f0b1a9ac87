"""DataFrames and distributions → matplotlib axes.

Conventions of this room. Every function takes an optional ``ax``, draws on it (on a new figure without one) and
returns it; it neither shows nor saves. Axes are labelled with the names of the columns. A *predictor* is whatever
turns a DataFrame into a batch of distributions: a fitted ``Model``, or the truth of a simulated world. Colours are
those of Okabe and Ito (2008), which the colour-blind can tell apart, and are never the only difference.
"""

from __future__ import annotations

from mlekit.plotting.bands import plot_prediction_band
from mlekit.plotting.bars import plot_probabilities
from mlekit.plotting.histories import plot_history
from mlekit.plotting.surfaces import plot_probability_surface

__all__ = ["plot_history", "plot_prediction_band", "plot_probabilities", "plot_probability_surface"]
