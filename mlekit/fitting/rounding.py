"""Newton's method for likelihoods with kinks: absolute error, pinball loss.

Such a likelihood is piecewise linear in its location. At the maximum some rows lie on their kinks, so that no
gradient vanishes there, and the Fisher information, which spreads the curvature of the kinks evenly, does not
lead there. So the kinks are rounded within a width δ (in units of the scale), and δ goes to 0:

    δ = 1, 0.3, 0.09, ...: maximize the rounded likelihood by Newton's method from the maximum before.

A rounded likelihood lies below the true one by no more than δ nats a row, and in the end only the few rows on
their kinks, about as many as there are coefficients, are concerned: the likelihood lacks p·δ nats. The maxima
follow a smooth path θ(δ), linear in the end, along which the next one is predicted. Clark & Osborne (1986),
Finite algorithms for Huber's M-estimator, SIAM J. Sci. Stat. Comput. 7; Chen (2007), A finite smoothing algorithm
for quantile regression, J. Comput. Graph. Stat. 16, follow the same idea.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

from mlekit.fitting.objective import Objective
from mlekit.fitting.optimizer import Record, Run, Stop

__all__ = ["RoundingRun"]

_FACTOR = 0.3
_SHARE = 0.1
_ROUNDING = 256 * np.finfo(np.float64).eps
_BLUNT = 0.1

Inner: TypeAlias = Callable[[Objective, Float[np.ndarray, " parameters"], int, float], Run]


class RoundingRun:
    """A run through maxima of ever less rounded likelihoods, a step of Newton's method at a time.

    Args:
        max_iterations: the most steps, all widths together.
        inner: starts a run of Newton's method on an objective, from weights, with a number of steps and a
            tolerance in nats.
        objective: the objective with its kinks.
        theta: where to begin.
    """

    patience: int | None = None

    def __init__(
        self,
        max_iterations: int,
        inner: Inner,
        objective: Objective,
        theta: Float[np.ndarray, " parameters"],
    ) -> None:
        self.theta = theta
        self.total_steps = max_iterations
        self.stop: Stop | None = None
        self._objective = objective
        self._start = inner
        self.steps = 0
        self._width = self._first_width()
        self._path: list[tuple[float, Float[np.ndarray, " parameters"]]] = []
        self._run = self._begin(theta)

    def _at(self, width: float) -> Objective:
        return replace(self._objective, head=self._objective.head.rounded(width))

    def _first_width(self) -> float:
        """About as wide as the outcomes lie from their kinks, where the rounding costs about δ a row."""
        sharp = self._objective.value(self.theta)
        rows = self._objective.sample.total_weight
        width = 1.0
        while self._at(width).value(self.theta) - sharp < _BLUNT * width * rows and width < 1e100:
            width *= 10
        return width

    def _begin(self, theta: Float[np.ndarray, " parameters"]) -> Run:
        # Below the rounding of the sum over rows no promise can be kept.
        tolerance = _SHARE * max(self._width, self._rounding(theta))
        return self._start(self._at(self._width), theta, self.total_steps - self.steps, tolerance)

    def _rounding(self, theta: Float[np.ndarray, " parameters"]) -> float:
        """How far, in nats, the objective's sum over rows may be from its value; no less is worth working for."""
        return _ROUNDING * max(1.0, abs(self._objective.value(theta)))

    def step(self) -> Record | None:
        """One step of Newton's method; where that has converged, on to the next width."""
        record = self._run.step()
        self.steps += 1
        self.theta = self._run.theta
        inner = self._run.stop
        if inner is None:
            return record
        if self.steps >= self.total_steps:
            self.stop = Stop(f"reached max_iterations={self.total_steps}", False)
        elif self._width * len(self.theta) <= self._rounding(self.theta):
            reason = f"converged: kinks are rounded within {self._width:.1g} of the scale"
            self.stop = Stop(reason if inner.converged else inner.reason, inner.converged)
        else:
            self._path = [*self._path[-1:], (self._width, self.theta)]
            self._width *= _FACTOR
            self._run = self._begin(self._predicted())
        return record

    def _predicted(self) -> Float[np.ndarray, " parameters"]:
        """The maximum to expect at the present width: on the straight line through the last two, if that helps."""
        if len(self._path) < 2:
            return self.theta
        (wide, before), (narrow, last) = self._path
        guess = last + (last - before) * ((self._width - narrow) / (narrow - wide))
        objective = self._at(self._width)
        return guess if objective.value(guess) < objective.value(last) else last
