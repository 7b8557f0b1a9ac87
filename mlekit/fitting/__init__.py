"""Room 4: the objective, priors, optimizers and the loop. Knows a flat θ; joins networks and distributions."""

from __future__ import annotations

from mlekit.fitting.adam import Adam
from mlekit.fitting.lbfgs import LBFGS
from mlekit.fitting.loop import Solution, optimize
from mlekit.fitting.newton import Newton
from mlekit.fitting.objective import Objective
from mlekit.fitting.optimizer import Optimizer, Stop
from mlekit.fitting.prior import WeightPrior
from mlekit.fitting.sample import Sample
from mlekit.fitting.sgd import SGD

__all__ = [
    "LBFGS",
    "SGD",
    "Adam",
    "Newton",
    "Objective",
    "Optimizer",
    "Sample",
    "Solution",
    "Stop",
    "WeightPrior",
    "optimize",
]
