"""The kinds of members that an ensemble has: how each is trained, and how much the mixture listens to it.

A kind is so many members of one shape, which differ by the rows that each holds out. Those of networks take a
stochastic optimizer's steps, all members at once. Those of the linear kind maximize their likelihood under a
Gaussian prior, whose scale is the one of a list under which the held-out rows were likeliest. They are
fitted first, for networks are judged as what they will be: parts of a mixture that has a linear one beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from mlekit.blocks import on_threads, one_blas_thread, thread_count
from mlekit.distributions import Distribution, Gaussian, Head
from mlekit.estimation import marginal_coordinates, starting_point, with_output_biases
from mlekit.fitting import (
    LBFGS,
    Newton,
    Objective,
    Sample,
    Solution,
    Stop,
    WeightPrior,
    optimize,
)
from mlekit.fitting.loop import (
    HISTORY_COLUMNS,
    Course,
    course_of_members,
    progress_bar,
    run_side_by_side,
)
from mlekit.fitting.members import HeldOut, MembersObjective
from mlekit.fitting.optimizer import Run, StochasticOptimizer
from mlekit.fitting.stacking import stacking_weights
from mlekit.networks import BuiltNetwork, Stack
from mlekit.regression import Regression

__all__ = ["Kind", "train", "weigh"]

# From no shrinkage to speak of, of coefficients of standardized columns, to hardly any effect.
_SCALES = tuple(10.0 ** (exponent / 2) for exponent in range(4, -6, -1))
# Between the scales there is more to lose than in the last digits of a maximum, or than in the corner of a kink, to
# which Newton's method would go by several roundings of it.
_SMOOTH = Newton(max_iterations=30, tolerance=1e-6)
_KINKED = LBFGS(max_iterations=200, tolerance=1e-6)
_SHARED_PRODUCTS = (
    2**24
)  # of a step of Newton's method: below, Python takes longer than what threads could share


@dataclass(frozen=True, eq=False)
class Kind:
    """Members of one shape, the rows that they learn from, and those that they are judged by.

    Args:
        regression: from rows to η, of one member.
        members: how many there are.
        head: from η to likelihoods.
        sample: all rows, as this kind reads them, in the precision that it is trained in.
        held_out: which rows each member does not learn from.
        table: other rows, by which all members are judged instead.
        prior: of the weights; None for the kind's own way to keep them small.
    """

    regression: Regression
    members: int
    head: Head[Any]
    sample: Sample
    held_out: Bool[np.ndarray, "rows members"]
    table: Sample | None
    prior: Distribution | None

    @classmethod
    def reading(
        cls,
        regression: Regression,
        members: int,
        head: Head[Any],
        sample: Sample,
        held_out: Bool[np.ndarray, "rows members"],
        table: Sample | None,
        prior: Distribution | None,
    ) -> Kind:
        """A kind that reads the first columns of a sample's features; what is linear is fitted in double precision."""

        def own(rows: Sample) -> Sample:
            dtype = np.float64 if regression.is_linear else np.float32
            target = rows.target.astype(dtype) if rows.target.dtype == np.float32 else rows.target
            return replace(
                rows,
                inputs=np.ascontiguousarray(rows.matrix[:, : regression.width], dtype=dtype),
                target=target,
                offset=None if rows.offset is None else rows.offset.astype(dtype),
            )

        return cls(
            regression, members, head, own(sample), held_out, None if table is None else own(table), prior
        )

    @property
    def linear(self) -> bool:
        """Whether its members are linear in their parameters."""
        return self.regression.is_linear

    @property
    def stack(self) -> Stack:
        """All members in one computation."""
        return self.regression.build_stack(self.members, self.sample.inputs.dtype.type)

    def validation(self, members: Stack, beside: Float[np.ndarray, "members rows"] | None) -> HeldOut | None:
        """The rows that members are judged by; None if there are none."""
        if self.table is not None:
            return replace(HeldOut.shared(members, self.head, self.table), beside=beside)
        if self.held_out.any():
            return replace(HeldOut.of_folds(members, self.head, self.sample, self.held_out), beside=beside)
        return None

    @property
    def training_weights(self) -> Float[np.ndarray, "rows members"]:
        """How often each row counts in the training of each member."""
        own = 1.0 if self.sample.weights is None else self.sample.weights[:, None]
        return np.asarray(~self.held_out * own, dtype=self.sample.inputs.dtype)

    def log_prior(self, solution: Solution) -> float:
        """Log-density of all members' weights under the prior."""
        if self.prior is None:
            return 0.0
        network = self.regression.build(np.float64)
        one = WeightPrior(self.prior, network.penalized, np.ones(network.n_parameters))
        return sum(one.log_prob(theta) for theta in solution.theta)


def train(
    kinds: Sequence[Kind], solver: StochasticOptimizer, seed: int, progress: bool | None
) -> list[Solution]:
    """The solutions of all kinds, of which the last may be linear. An interruption ends them all.

    Networks take turns in one thread; their kernels share the members among as many as there are cores.
    """
    *networks, last = kinds
    if not last.linear:
        networks = [*networks, last]
    with one_blas_thread(), progress_bar(progress) as bar:
        first = [_train_linear(last)] if last.linear else []
        beside = _held_out_log_prob(last, first[0]) if first else None
        courses = [_course(kind, solver, [seed, number], beside, bar) for number, kind in enumerate(networks)]
        if any(solution.interrupted for solution in first):
            for course, _ in courses:
                course.interrupt()
        else:
            run_side_by_side(courses)
    return [*(course.solution for course, _ in courses), *first]


def weigh(kinds: Sequence[Kind], solutions: Sequence[Solution]) -> Float[np.ndarray, " members"]:
    """The weight of every member in the mixture: kinds by how likely they found rows held out, members alike."""
    shares = np.full(len(kinds), 1 / len(kinds))
    found = [_held_out_log_prob(kind, solution) for kind, solution in zip(kinds, solutions, strict=True)]
    counts = kinds[0].validation(kinds[0].stack, None)
    if counts is not None:
        shares = stacking_weights(
            np.stack([log_prob.reshape(-1) for log_prob in found]), counts.weights.reshape(-1)
        )
    return np.repeat(shares / kinds[0].members, kinds[0].members)


def _held_out_log_prob(kind: Kind, solution: Solution) -> Float[np.ndarray, "members rows"]:
    """How likely each member finds the rows that it is judged by; without any, nothing."""
    members = kind.stack
    judge = kind.validation(members, None)
    theta = solution.theta.astype(kind.sample.inputs.dtype)
    return np.zeros((kind.members, 0)) if judge is None else judge.log_prob(members.join(theta))


def _course(
    kind: Kind,
    solver: StochasticOptimizer,
    seed: list[int],
    beside: Float[np.ndarray, "members rows"] | None,
    bar: Any,
) -> tuple[Course, Callable[[], Run]]:
    """The course of all members at once, in steps over batches of rows, and what starts it."""
    rng = np.random.default_rng(seed)
    network, members = kind.regression.build(np.float32), kind.stack
    marginal = marginal_coordinates(kind.head, kind.sample)
    starts = [with_output_biases(network, network.initialize(rng), marginal) for _ in range(kind.members)]
    theta = members.join(np.stack(starts))
    penalized = members.join(np.tile(network.penalized, (kind.members, 1)))
    prior = None if kind.prior is None else WeightPrior(kind.prior, penalized, np.ones(len(theta)))
    training = replace(kind.sample, weights=kind.training_weights)
    objective = MembersObjective(members, kind.head, training, prior, penalized)
    course = course_of_members(members, theta, kind.validation(members, beside), bar)
    return course, lambda: solver.start(objective, theta, rng)


def _train_linear(kind: Kind) -> Solution:
    """Every member at its maximum under the prior that makes all held-out rows likeliest together.

    Priors are tried from wide to narrow, until one is worse than the one before. Where none is better than no
    coefficients at all, these are the members: the marginal distribution.
    """
    members = kind.stack
    judge = kind.validation(members, None)
    assert judge is not None
    network = kind.regression.build(np.float64)
    samples = [replace(kind.sample, weights=weights) for weights in kind.training_weights.T]
    marginal = starting_point(network, kind.head, kind.sample, np.random.default_rng(0))
    thetas = best = np.tile(marginal, (kind.members, 1))
    least, before = float(judge.mean_nll(members.join(thetas)).mean()), np.inf
    chosen, step, began, interrupted = "no coefficients", 0, perf_counter(), False
    priors = [Gaussian(loc=0.0, scale=scale) for scale in _SCALES] if kind.prior is None else [kind.prior]
    try:
        for prior in priors:
            thetas = _maxima(kind, samples, network, prior, thetas)
            mean = float(judge.mean_nll(members.join(thetas)).mean())
            step += 1
            if mean < least:
                best, least, chosen = thetas, mean, repr(prior)
            if mean > before:
                break
            before = mean
    except KeyboardInterrupt:
        interrupted = True
    history = pd.DataFrame(np.nan, index=range(kind.members), columns=HISTORY_COLUMNS).assign(
        member=range(kind.members),
        step=step,
        validation_nll=judge.mean_nll(members.join(best)),
        seconds=perf_counter() - began,
    )
    return Solution(best, history, Stop(f"linear members: {chosen}", True), interrupted)


def _maxima(
    kind: Kind,
    samples: Sequence[Sample],
    network: BuiltNetwork,
    prior: Distribution,
    starts: Float[np.ndarray, "members each"],
) -> Float[np.ndarray, "members each"]:
    """Every linear member at the maximum of its sample's likelihood and a prior, or where the way there ended.

    Threads share much work.
    """
    of_weights = WeightPrior(prior, network.penalized, np.ones(network.n_parameters))
    solver = _KINKED if kind.head.family.distribution.kinked else _SMOOTH
    products = len(kind.sample) * network.n_parameters**2
    threads = min(thread_count(), kind.members) if products >= _SHARED_PRODUCTS else 1
    found: list[Solution | None] = [None] * kind.members

    def climb(thread: int) -> None:
        own = kind.regression.build(np.float64)
        for member in range(thread, kind.members, threads):
            objective = Objective(own, kind.head, samples[member], of_weights)
            found[member] = optimize(
                objective, solver, starts[member], rng=np.random.default_rng(0), progress=False
            )

    on_threads(climb, threads)
    solutions = [solution for solution in found if solution is not None]
    if any(solution.interrupted for solution in solutions):
        raise KeyboardInterrupt
    return np.stack([solution.theta for solution in solutions])
