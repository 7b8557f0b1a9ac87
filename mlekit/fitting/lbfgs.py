"""Limited-memory BFGS, SciPy's implementation, in bursts between which the loop looks on.

Byrd, Lu, Nocedal & Zhu (1995), A limited memory algorithm for bound constrained optimization.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from mlekit.errors import ParameterError
from mlekit.fitting.objective import Objective
from mlekit.fitting.optimizer import Record, Stop

__all__ = ["LBFGS"]

_BURST = 50
_MEMORY = 20


@dataclass(frozen=True)
class LBFGS:
    """L-BFGS over all rows, for any network.

    Args:
        max_iterations: the most iterations.
        tolerance: it has converged when no entry of the mean gradient (per unit of weight) exceeds this.

    A record of the history stands for a burst of up to 50 of its iterations.

    >>> LBFGS()
    LBFGS(max_iterations=1000, tolerance=1e-08)
    """

    max_iterations: int = 1000
    tolerance: float = 1e-8

    def __post_init__(self) -> None:
        if self.max_iterations < 1:
            raise ParameterError(f"LBFGS: max_iterations must be at least 1, but is {self.max_iterations}")
        if not self.tolerance > 0:
            raise ParameterError(f"LBFGS: tolerance must be positive, but is {self.tolerance}")

    def start(
        self, objective: Objective, theta: Float[np.ndarray, " parameters"], rng: np.random.Generator
    ) -> _LBFGSRun:
        """See `Optimizer`."""
        return _LBFGSRun(self, objective, theta.copy())


class _LBFGSRun:
    patience: int | None = 5

    def __init__(
        self, settings: LBFGS, objective: Objective, theta: Float[np.ndarray, " parameters"]
    ) -> None:
        self.settings = settings
        self.objective = objective
        self.theta = theta
        self.total_steps = -(-settings.max_iterations // _BURST)
        self.stop: Stop | None = None
        self.steps = 0
        self._iterations = 0

    def _mean(
        self, theta: Float[np.ndarray, " parameters"]
    ) -> tuple[float, Float[np.ndarray, " parameters"]]:
        value, gradient = self.objective.value_and_gradient(theta.astype(self.theta.dtype))
        weight = self.objective.sample.total_weight
        return value / weight, gradient.astype(np.float64) / weight

    def step(self) -> Record:
        """A burst of iterations, the last of which may end the run."""
        from scipy.optimize import minimize

        result = minimize(
            self._mean,
            self.theta.astype(np.float64),
            jac=True,
            method="L-BFGS-B",
            options={
                "maxiter": min(_BURST, self.settings.max_iterations - self._iterations),
                "maxfun": 20 * _BURST,
                "maxcor": _MEMORY,
                "gtol": self.settings.tolerance,
                "ftol": 0.0,
            },
        )
        self.steps += 1
        before = self.theta
        self.theta = result.x.astype(self.theta.dtype)
        self._iterations += int(result.nit)
        largest = float(np.abs(result.jac).max(initial=0.0))
        if largest <= self.settings.tolerance:
            self.stop = Stop(f"converged: the mean gradient is below {self.settings.tolerance:g}", True)
        elif result.nit == 0 or np.array_equal(before, self.theta):
            # The line search finds nothing better in this precision; close enough to a maximum, that is one.
            self.stop = Stop("converged: no step within rounding raises the likelihood", largest < 1e-4)
        elif self._iterations >= self.settings.max_iterations:
            self.stop = Stop(f"reached max_iterations={self.settings.max_iterations}", False)
        weight = self.objective.sample.total_weight
        prior = self.objective.prior
        nll = float(result.fun) + (0.0 if prior is None else prior.log_prob(self.theta) / weight)
        return Record(nll, float(np.linalg.norm(result.jac) * weight))
