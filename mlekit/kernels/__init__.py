"""The room of kernels: formulas compiled into single loops, and how they are evaluated. Knows arrays only."""

from mlekit.kernels.columns import Columns
from mlekit.kernels.loading import address_of, evaluate, library
from mlekit.kernels.perceptrons import perceptron_functions
from mlekit.kernels.uniforms import Uniforms

__all__ = ["Columns", "Uniforms", "address_of", "evaluate", "library", "perceptron_functions"]
