"""The room of kernels: formulas compiled into single loops, and how they are evaluated. Knows arrays only."""

from mlekit.kernels.loading import evaluate, library

__all__ = ["evaluate", "library"]
