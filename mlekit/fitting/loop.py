"""The one loop: it makes an optimizer's steps, keeps the history, stops early, and restores the best weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from jaxtyping import Float

from mlekit.fitting.members import HeldOut
from mlekit.fitting.objective import Objective
from mlekit.fitting.optimizer import Optimizer, Record, Run, Stop
from mlekit.networks import Stack

if TYPE_CHECKING:
    import pandas as pd
    from tqdm import tqdm

__all__ = [
    "HISTORY_COLUMNS",
    "Course",
    "Solution",
    "course_of_members",
    "optimize",
    "progress_bar",
    "run_side_by_side",
]

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
    with progress_bar(progress) as bar:
        course = Course(judge, lambda flat: flat[None], theta, bar)
        run_side_by_side([(course, lambda: optimizer.start(objective, theta, rng))])
    solution = course.solution
    return replace(solution, theta=solution.theta[0], history=solution.history.drop(columns="member"))


def course_of_members(
    stack: Stack, theta: Float[np.ndarray, " parameters"], validation: HeldOut | None, bar: tqdm[Any]
) -> Course:
    """The course of all members of a stack at once; each keeps the best of its own weights.

    Args:
        stack: the members.
        theta: where they begin, in the stack's order.
        validation: the rows that each member holds out.
        bar: shows the progress.
    """
    return Course(None if validation is None else validation.mean_nll, stack.separate, theta, bar)


def run_side_by_side(courses: Sequence[tuple[Course, Callable[[], Run]]]) -> None:
    """Start runs and take them to their ends, all of them by turns, so that ``KeyboardInterrupt`` finds none behind."""
    try:
        # Infinities on the way are answered (a step is halved, a run is stopped), so they are no warnings.
        with np.errstate(all="ignore"):
            runs = [course.begin(start()) for course, start in courses]
            while any(course.stop is None for course, _ in courses):
                for (course, _), run in zip(courses, runs, strict=True):
                    course.advance(run)
    except KeyboardInterrupt:
        for course, _ in courses:
            course.interrupt()


def _judge_one(validation: Objective) -> Judge:
    return lambda theta: np.array([validation.mean_nll(theta)])


class Course:
    """How far a run has come: its history and, for every member, the best weights so far.

    What a member holds out of a small table is few rows, and the best of a hundred looks at them is mostly luck: so
    it is judged by its own rows for one part, and by those of all members for four.

    Args:
        judge: each member's mean NLL of validation rows; None where there are none.
        separate: the members' weights, a row each.
        theta: where they begin.
        bar: shows the progress.
    """

    def __init__(
        self,
        judge: Judge | None,
        separate: Separate,
        theta: Float[np.ndarray, " parameters"],
        bar: tqdm[Any],
    ) -> None:
        self.stop: Stop | None = None
        self._interrupted = False
        self._best = np.array(separate(theta))
        self._bar = bar
        self._rows: list[tuple[float, ...]] = []
        self._judge = judge
        self._separate = separate
        self._best_nll = np.full(len(self._best), np.inf)
        self._cycle_nll = np.inf
        self._best_cycle = np.inf
        self._since_best = 0
        self._steps = 0
        self._start = perf_counter()

    def begin(self, run: Run) -> Run:
        """Note how many steps there are to come."""
        self._bar.total = (self._bar.total or 0) + run.total_steps
        self.stop = run.stop
        return run

    def advance(self, run: Run) -> None:
        """Make steps until a record is due, and take it down; none where the run has stopped."""
        while self.stop is None:
            record = run.step()
            self._bar.update(run.steps - self._steps)
            self._steps = run.steps
            self.stop = run.stop
            if record is not None:
                self._keep(run, record)
                early = self._enough(run.patience, record.ends_cycle)
                if self.stop is None and early is not None:
                    self.stop = Stop(f"early stopping: no better validation likelihood in {early}", True)
                return

    def interrupt(self) -> None:
        """End it here, unless it has ended."""
        if self.stop is None:
            self.stop = Stop("interrupted: the best weights so far are kept", False)
            self._interrupted = True

    def _keep(self, run: Run, record: Record) -> None:
        """Take down one record; keep the weights that are the best so far."""
        train = np.broadcast_to(record.train_nll, len(self._best))
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
        self._best[better] = each[better]
        self._since_best = 0 if better.any() else self._since_best + 1
        seconds = perf_counter() - self._start
        for member, (of_train, of_validation) in enumerate(zip(train.tolist(), nll.tolist(), strict=True)):
            self._rows.append((member, self._steps, of_train, of_validation, record.gradient_norm, seconds))
        validation = "" if self._judge is None else f", validation {nll.mean():.4g}"
        self._bar.set_postfix_str(f"NLL {train.mean():.4g}{validation}", refresh=False)

    @property
    def solution(self) -> Solution:
        """What it came to."""
        import pandas as pd

        assert self.stop is not None
        names = ("member", *HISTORY_COLUMNS)
        columns = np.array(self._rows, dtype=np.float64).reshape(-1, len(names)).T
        counts = ("member", "step")
        history = {
            name: column.astype(np.int64) if name in counts else column
            for name, column in zip(names, columns, strict=True)
        }
        return Solution(self._best, pd.DataFrame(history), self.stop, self._interrupted)

    def _enough(self, patience: int | None, ends_cycle: bool) -> str | None:
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
