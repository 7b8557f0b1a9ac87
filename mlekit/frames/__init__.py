"""Room 1: a table becomes arrays, and labels come back. It knows DataFrames and formulas, never η."""

from mlekit.frames.columnar import Design
from mlekit.frames.designs import Predictor
from mlekit.frames.encoding import Encoding, Rows

__all__ = ["Design", "Encoding", "Predictor", "Rows"]
