"""The one loop: it makes an optimizer's steps, keeps the history, stops early, and restores the best weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from jaxtyping import Float

from mlekit.fitting.members import HeldOut, MembersObjective
from mlekit.fitting.objective import Objective
from mlekit.fitting.optimizer import Optimizer, Record, Run, StochasticOptimizer, Stop

if TYPE_CHECKING:
    import pandas as pd
    from tqdm import tqdm

__all__ = ["HISTORY_COLUMNS", "Solution", "optimize", "optimize_members", "progress_bar"]

Judge: TypeAlias = Callable[[Float[np.ndarray, " parameters"]], Float[np.ndarray, " members"]]
Separate: TypeAlias = Callable[[Float[np.ndarray, " parameters"]], Float[np.ndarray, "members each"]]

HISTORY_COLUMNS = ("step", "train_nll", "validation_nll", "gradient_norm", "seconds")
_BAR_AFTER_SECONDS = 1.0
_OF_ALL = 0.8


@dataclass(frozen=True, eq=False)
class Solution:
    """What a fit came to.

    Args:
        theta: the best weights, of an ensemble a row a member: by validation likelihood where there are validation
            rows, else the last.
        history: a row a record, of an ensemble also a row a member: step, mean NLL of training and validation
            rows (nats), norm of the objective's gradient, seconds since the start.
        stop: why it stopped.
        interrupted: whether the user stopped it.
    """

    theta: Float[np.ndarray, "*members parameters"]
    history: pd.DataFrame
    stop: Stop
    interrupted: bool


def optimize(
    objective: Objective,
    optimizer: Optimizer,
    theta: Float[np.ndarray, " parameters"],
    *,
    rng: np.random.Generator,
    validation: Objective | None = None,
    progress: bool | None = None,
) -> Solution:
    """Run an optimizer to its end.

    Args:
        objective: on the training rows.
        optimizer: its settings.
        theta: where to begin.
        rng: for the shuffling of rows.
        validation: the same network and head on the validation rows, without a prior.
        progress: True for a progress bar, False for none, None for one if the fit takes long and someone
            is there to look.

    Returns:
        The solution. ``KeyboardInterrupt`` ends the run and is not passed on: the best weights so far are
        returned, marked as interrupted.
    """
    judge = None if validation is None else _judge_one(validation)
    keeper = _Keeper(judge, lambda flat: flat[None], theta)
    with progress_bar(progress) as bar:
        stop, interrupted = _run(lambda: optimizer.start(objective, theta, rng), keeper, bar, lambda: False)
    return Solution(keeper.best[0], keeper.history.drop(columns="member"), stop, interrupted)


def optimize_members(
    objective: MembersObjective,
    optimizer: StochasticOptimizer,
    theta: Float[np.ndarray, " parameters"],
    *,
    rng: np.random.Generator,
    validation: HeldOut | None = None,
    bar: tqdm[Any],
    cancelled: Callable[[], bool],
) -> Solution:
    """Run an optimizer over all members of a stack at once; each keeps the best of its own weights.

    Args:
        objective: on the training rows.
        optimizer: its settings.
        theta: where to begin, in the stack's order.
        rng: for the shuffling of rows.
        validation: the rows that each member holds out.
        bar: shows the progress.
        cancelled: asked before every step; if true the run ends as by ``KeyboardInterrupt``.
    """
    judge = None if validation is None else validation.mean_nll
    keeper = _Keeper(judge, objective.stack.separate, theta)
    stop, interrupted = _run(lambda: optimizer.start(objective, theta, rng), keeper, bar, cancelled)
    return Solution(keeper.best, keeper.history, stop, interrupted)


def _judge_one(validation: Objective) -> Judge:
    return lambda theta: np.array([validation.mean_nll(theta)])


def _run(
    start: Callable[[], Run], keeper: _Keeper, bar: tqdm[Any], cancelled: Callable[[], bool]
) -> tuple[Stop, bool]:
    """Why it stopped, and whether by an interruption."""
    try:
        run = start()
        bar.total = (bar.total or 0) + run.total_steps
        # Infinities on the way are answered (a step is halved, a run is stopped), so they are no warnings.
        with np.errstate(all="ignore"):
            return _iterate(run, keeper, bar, cancelled), False
    except KeyboardInterrupt:
        return Stop("interrupted: the best weights so far are kept", False), True


def _iterate(run: Run, keeper: _Keeper, bar: tqdm[Any], cancelled: Callable[[], bool]) -> Stop:
    steps = 0
    while (finished := run.stop) is None:
        if cancelled():
            raise KeyboardInterrupt
        record = run.step()
        steps += 1
        bar.update()
        if record is not None:
            keeper.keep(steps, run, record)
            bar.set_postfix_str(keeper.summary, refresh=False)
            early = keeper.enough(run.patience, record.ends_cycle)
            finished = run.stop
            if finished is None and early is not None:
                return Stop(f"early stopping: no better validation likelihood in {early}", True)
    return finished


class _Keeper:
    """Keeps the history and, for every member, the best weights.

    What a member holds out of a small table is few rows, and the best of a hundred looks at them is mostly luck: so
    it is judged by its own rows for one part, and by those of all members for four.
    """

    def __init__(
        self, judge: Judge | None, separate: Separate, theta: Float[np.ndarray, " parameters"]
    ) -> None:
        self.best = np.array(separate(theta))
        self.summary = ""
        self._rows: list[tuple[float, ...]] = []
        self._judge = judge
        self._separate = separate
        self._best_nll = np.full(len(self.best), np.inf)
        self._cycle_nll = np.inf
        self._best_cycle = np.inf
        self._since_best = 0
        self._start = perf_counter()

    def keep(self, step: int, run: Run, record: Record) -> None:
        """Take down one record; keep the weights that are the best so far."""
        train = np.broadcast_to(record.train_nll, len(self.best))
        each = self._separate(run.theta)
        finite = np.isfinite(train) & np.isfinite(each).all(axis=1)
        nll = np.full(len(train), np.nan)
        # Without validation rows the last finite weights count: a batch's likelihood is too noisy to choose by.
        better = finite
        if self._judge is not None:
            nll = np.where(finite, self._judge(run.theta), np.inf)
            mean = float(nll.mean())
            judged = _OF_ALL * mean + (1 - _OF_ALL) * nll
            better = finite & ((judged < self._best_nll) | np.isinf(self._best_nll))
            self._best_nll = np.fmin(self._best_nll, judged)
            self._cycle_nll = min(self._cycle_nll, mean)
        self.best[better] = each[better]
        self._since_best = 0 if better.any() else self._since_best + 1
        seconds = perf_counter() - self._start
        for member, (of_train, of_validation) in enumerate(zip(train.tolist(), nll.tolist(), strict=True)):
            self._rows.append((member, step, of_train, of_validation, record.gradient_norm, seconds))
        self.summary = f"NLL {train.mean():.4g}" + (
            "" if self._judge is None else f", validation {nll.mean():.4g}"
        )

    @property
    def history(self) -> pd.DataFrame:
        """A row a record and member."""
        import pandas as pd

        columns = ["member", *HISTORY_COLUMNS]
        rows = pd.DataFrame(self._rows, columns=columns, dtype=np.float64)
        return rows.astype({"member": np.int64, "step": np.int64})

    def enough(self, patience: int | None, ends_cycle: bool) -> str | None:
        """What went by without a better validation likelihood, if that is reason to stop."""
        if self._judge is None:
            return None
        if patience is not None and self._since_best >= patience:
            return f"{patience} looks"
        return "a cycle" if ends_cycle and self._cycle_was_idle() else None

    def _cycle_was_idle(self) -> bool:
        """Whether a cycle that ends here brought the validation rows no nearer."""
        idle = not self._cycle_nll < self._best_cycle
        self._best_cycle = min(self._best_cycle, self._cycle_nll)
        self._cycle_nll = np.inf
        return idle


@contextmanager
def progress_bar(wanted: bool | None) -> Iterator[tqdm[Any]]:
    """True for a progress bar, False for none, None for one if it takes long and someone is there to look."""
    # In a notebook tqdm.auto shows a bar although its output is no terminal; disable=None asks it to decide.
    from tqdm.auto import tqdm

    with tqdm(
        desc="fit",
        unit="step",
        delay=0.0 if wanted else _BAR_AFTER_SECONDS,
        disable=None if wanted is None else not wanted,
        leave=bool(wanted),
    ) as bar:
        yield bar
