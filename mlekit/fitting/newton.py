"""Newton's method with the expected Hessian (Fisher scoring) and step control.

    θ ← θ + t·I(θ)⁻¹ ∇ log-likelihood,    t = 1, ½, ¼, ... until the objective falls enough (Armijo)

For canonical links the Fisher information is the Hessian, and convergence is quadratic. Where it is not, and
steps near the maximum shrink slowly, BFGS corrections (limited memory) learn the difference of the two, which
makes convergence superlinear. The gradient is summed from residuals in full precision, so that each step also
refines what rounding left over from the step before: the coefficients keep the digits that the condition of the
design allows. Fisher (1935); McCullagh & Nelder (1989), section 2.5; Nocedal & Wright (2006), algorithm 7.4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from mlekit.errors import ParameterError
from mlekit.fitting.objective import Objective, require_linear
from mlekit.fitting.optimizer import Record, Run, Stop
from mlekit.fitting.proximal import proximal_step
from mlekit.fitting.rounding import RoundingRun
from mlekit.fitting.solving import is_definite, solve_positive
from mlekit.networks.information import LinearInParameters

__all__ = ["Newton"]

_SUFFICIENT = 1e-4
_HALVINGS = 40
_ROUNDING = 64 * np.finfo(np.float64).eps
_NEGLIGIBLE = 1e-10
_NEAR = 1e-2
_SLOW = 0.1
_MEMORY = 10
_LONGEST = 3.0
_HIDDEN = (
    "rounding hides whether this is the maximum: columns are too nearly collinear; center those that are far from 0, "
    "and replace one of two that are nearly the same by their difference"
)


@dataclass(frozen=True)
class Newton:
    """Fisher scoring, for networks that are linear in their parameters.

    Args:
        max_iterations: the most steps.
        tolerance: it has converged when a step promises to raise the log-likelihood by less than this many
            nats (half the Newton decrement); that last step is still made. A promise of t nats is a step of
            at most √(2t) standard errors. It has also converged where rounding hinders promises below 1e-10
            nats from shrinking further.

    >>> Newton(max_iterations=50)
    Newton(max_iterations=50, tolerance=1e-16)
    """

    max_iterations: int = 100
    tolerance: float = 1e-16

    def __post_init__(self) -> None:
        if self.max_iterations < 1:
            raise ParameterError(f"Newton: max_iterations must be at least 1, but is {self.max_iterations}")
        if not self.tolerance > 0:
            raise ParameterError(f"Newton: tolerance must be positive, but is {self.tolerance}")

    def start(
        self, objective: Objective, theta: Float[np.ndarray, " parameters"], rng: np.random.Generator
    ) -> Run:
        """See `Optimizer`."""
        require_linear(objective.network)
        if objective.head.family.distribution.kinked:
            return RoundingRun(self.max_iterations, _rounded, objective, theta.astype(np.float64))
        return _NewtonRun(self, objective, theta.astype(np.float64))


def _rounded(
    objective: Objective, theta: Float[np.ndarray, " parameters"], steps: int, tolerance: float
) -> Run:
    return _NewtonRun(Newton(steps, tolerance), objective, theta)


class _NewtonRun:
    patience: int | None = None

    def __init__(
        self, settings: Newton, objective: Objective, theta: Float[np.ndarray, " parameters"]
    ) -> None:
        self.settings = settings
        self.objective = objective
        self.theta = theta
        self.total_steps = settings.max_iterations
        self.stop: Stop | None = None
        self.steps = 0
        self._promise = np.inf
        self._pairs: list[tuple[Float[np.ndarray, " parameters"], Float[np.ndarray, " parameters"]]] = []
        # Where the prior has kinks, it is kept out of gradient and curvature, and steps are proximal.
        self._kinks = None if objective.prior is None else objective.prior.kinks()
        self._smooth = objective if self._kinks is None else replace(objective, prior=None)
        network = objective.network
        self._predictors = network.predictors if isinstance(network, LinearInParameters) else None
        self._value, self._gradient, self._information = self._at(theta, curved=True)

    def _at(
        self, theta: Float[np.ndarray, " parameters"], *, curved: bool
    ) -> tuple[float, Float[np.ndarray, " parameters"], Float[np.ndarray, "parameters parameters"] | None]:
        """The objective there; the information only if a step is to be made from there."""
        if curved:
            value, gradient, information = self._smooth.expansion(theta)
            return value + self._penalty(theta), gradient, information
        value, gradient = self._smooth.value_and_gradient(theta)
        return value + self._penalty(theta), gradient, None

    def _penalty(self, theta: Float[np.ndarray, " parameters"]) -> float:
        """The part of the objective that is not in the gradient."""
        prior = self.objective.prior
        return 0.0 if self._kinks is None or prior is None else -prior.log_prob(theta)

    def step(self) -> Record:
        """One step of Fisher scoring."""
        direction, information = self._shortened(self._direction()), self._information
        decrement = self._decrement(direction)
        accepted = self._search(direction, decrement)
        self.steps += 1
        before, self._promise = self._promise, decrement / 2
        if not self._promise >= 0:
            self.stop = Stop("no step helps: the Fisher information is not positive definite", False)
        elif self._promise <= self.settings.tolerance:
            self.stop = Stop(f"converged: a step promises less than {self.settings.tolerance:g} nats", True)
        elif self._promise <= _NEGLIGIBLE and self._promise > 0.9 * before:
            self.stop = Stop(f"converged: steps promise {self._promise:.2g} nats, which is rounding", True)
        elif not accepted:
            small = bool(self._promise <= _ROUNDING * max(1.0, abs(self._value)) * 1e3)
            reason = "converged: no step within rounding raises the likelihood" if small else "no step helps"
            self.stop = Stop(reason, small)
        elif self.steps == self.settings.max_iterations:
            self.stop = Stop(f"reached max_iterations={self.settings.max_iterations}", False)
        lost = self.stop is not None and (self.stop.converged or not self._promise >= 0)
        if lost and self._hides_directions(information):
            self.stop = Stop(_HIDDEN, False)
        prior = self.objective.prior
        nll = self._value + (0.0 if prior is None else prior.log_prob(self.theta))
        return Record(nll / self.objective.sample.total_weight, float(np.linalg.norm(self._gradient)))

    def _direction(self) -> Float[np.ndarray, " parameters"]:
        """−H·∇F, where H is the inverse information, corrected by what slow steps taught about the curvature."""
        if self._information is None:
            self._information = self._smooth.expansion(self.theta).information
        information = self._information
        if self._kinks is not None:
            return proximal_step(self._gradient, information, self.theta, self._kinks)
        descent = -self._gradient
        taught: list[float] = []
        for move, change in reversed(self._pairs):
            share = float(move @ descent) / float(move @ change)
            descent = descent - share * change
            taught.append(share)
        direction = solve_positive(information, descent)
        for (move, change), share in zip(self._pairs, reversed(taught), strict=True):
            direction = direction + (share - float(change @ direction) / float(move @ change)) * move
        return direction

    def _decrement(self, direction: Float[np.ndarray, " parameters"]) -> float:
        """The fall of the objective that its slope promises, or, by a proximal step, at least promises."""
        if self._kinks is None:
            return -float(self._gradient @ direction)
        assert self._information is not None
        # Never more than −g·d − (P(θ + d) − P(θ)), and free of the cancellation in that.
        return float(direction @ self._information @ direction)

    def _hides_directions(self, information: Float[np.ndarray, "parameters parameters"] | None) -> bool:
        """Whether the likelihood may still rise in directions of which rounding leaves no curvature."""
        identified = self.objective.head.identified and self.objective.prior is None
        return identified and information is not None and not is_definite(information)

    def _shortened(self, direction: Float[np.ndarray, " parameters"]) -> Float[np.ndarray, " parameters"]:
        """The direction, if it does not move a logarithm or log-odds too far; there the information misleads.

        Where a parameter hardly matters (a large df of Student's t), its information says nothing of what it is
        like elsewhere. Locations are free to move: their information is the same everywhere.
        """
        head = self.objective.head
        squares = self._mean_squares(direction)
        parameters = {name: head.family.parameter(name) for name in head.columns}
        relinked = {head.family.parameter(name).name for name in head.family.links}
        longest = max(
            (
                float(squares[columns].max())
                for name, columns in head.columns.items()
                if parameters[name].unit != "location" and name not in relinked
            ),
            default=0.0,
        )
        typical = np.sqrt(longest)
        return direction * (_LONGEST / typical) if typical > _LONGEST else direction

    def _mean_squares(self, direction: Float[np.ndarray, " parameters"]) -> Float[np.ndarray, " outputs"]:
        """Of each output's moves."""
        network, sample = self.objective.network, self.objective.sample
        if self._predictors is not None:
            moves = [
                (own, np.append(direction[own.parameters], [0.0] * (not own.bias)))
                for own in self._predictors
            ]
            return np.array(
                [sample.second_moments.mean_square(own.columns, move[:-1], move[-1]) for own, move in moves]
            )
        # A network of someone's own may have an information, and not tell what its outputs are made of.
        squares = np.zeros(network.n_outputs)
        for chunk in sample.chunks():
            move = np.square(network.forward(direction, chunk.inputs))
            squares += move.sum(axis=0) if chunk.weights is None else chunk.weights @ move
        return squares / sample.total_weight

    def _search(self, direction: Float[np.ndarray, " parameters"], decrement: float) -> bool:
        slack = _ROUNDING * max(1.0, abs(self._value))
        last = decrement / 2 <= self.settings.tolerance
        for halving in range(_HALVINGS):
            length = 0.5**halving
            candidate = self.theta + length * direction
            value, gradient, information = self._at(candidate, curved=halving == 0 and not last)
            # Within rounding of the maximum the value cannot tell steps apart any more; the gradient can.
            if (
                value <= self._value - _SUFFICIENT * length * decrement + slack
                and np.isfinite(gradient).all()
            ):
                move, change = candidate - self.theta, gradient - self._gradient
                slow = _NEAR > decrement / 2 > max(_SLOW * self._promise, _NEGLIGIBLE)
                if slow and self._kinks is None and move @ change > 0:
                    self._pairs = [*self._pairs[1 - _MEMORY :], (move, change)]
                self.theta, self._value, self._gradient = candidate, value, gradient
                self._information = information
                return True
        return False
