"""What an optimizer is to the loop: settings that start a run, and a run that makes steps.

An optimizer is a frozen dataclass of settings. ``start`` gives a run, which owns θ and whatever else changes;
only `mlekit.fitting.loop` iterates it.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from mlekit.fitting.objective import BatchObjective, Objective

__all__ = ["Optimizer", "Record", "Run", "StochasticOptimizer", "Stop"]


class Record(NamedTuple):
    """What a step reports for the history: the mean negative log-likelihood (by member) and the gradient's norm.

    ``ends_cycle`` says that the learning rate has come down, so that the weights may be judged against those before.
    """

    train_nll: float | Float[np.ndarray, " members"]
    gradient_norm: float
    ends_cycle: bool = False


class Stop(NamedTuple):
    """Why a run ended, and whether at a maximum of the likelihood."""

    reason: str
    converged: bool


@runtime_checkable
class Run(Protocol):
    """An optimization under way."""

    @property
    def theta(self) -> Float[np.ndarray, " parameters"]:
        """The current parameters; the run may change this array in place."""
        ...

    @property
    def total_steps(self) -> int:
        """The most steps that it will make."""
        ...

    @property
    def patience(self) -> int | None:
        """How many records without a better validation likelihood end it; None for never."""
        ...

    @property
    def steps(self) -> int:
        """How many it has made."""
        ...

    def step(self) -> Record | None:
        """Make a step, or several that cost less together; a record if one is due."""
        ...

    @property
    def stop(self) -> Stop | None:
        """Why it is finished; None while it is not."""
        ...


@runtime_checkable
class StochasticOptimizer(Protocol):
    """Settings of an optimizer that needs no more than gradients of a few rows."""

    def start(
        self,
        objective: BatchObjective,
        theta: Float[np.ndarray, " parameters"],
        rng: np.random.Generator,
    ) -> Run:
        """Begin at θ, which is copied."""
        ...

    @property
    def batch_size(self) -> int | None:
        """Rows a step; None for a number that suits the table."""
        ...


@runtime_checkable
class Optimizer(Protocol):
    """Settings of an optimizer: passed to ``fit``, which starts a run and makes its steps.

    >>> import pandas as pd
    >>> from mlekit.distributions import Bernoulli
    >>> from mlekit.fitting import Newton
    >>> from mlekit.fitting.sample import Sample
    >>> from mlekit.networks import Linear
    >>> answers = pd.DataFrame({"heads": [0, 1, 1]})
    >>> head = Bernoulli.family().bind(answers)
    >>> sample = Sample(np.empty((3, 0)), head.encode(answers))
    >>> objective = Objective(Linear().build(0, 1), head, sample)
    >>> run = Newton().start(objective, np.zeros(1), np.random.default_rng(0))
    >>> while run.stop is None:
    ...     record = run.step()
    >>> run.theta, run.stop.converged  # log-odds of 2 to 1
    (array([0.69314718]), True)
    """

    def start(
        self,
        objective: Objective,
        theta: Float[np.ndarray, " parameters"],
        rng: np.random.Generator,
    ) -> Run:
        """Begin at θ, which is copied."""
        ...
