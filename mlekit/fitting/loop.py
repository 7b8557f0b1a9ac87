"""The one loop: it makes an optimizer's steps, keeps the history, stops early, and restores the best weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from mlekit.fitting.objective import Objective
from mlekit.fitting.optimizer import Optimizer, Record, Run, Stop

if TYPE_CHECKING:
    import pandas as pd
    from tqdm import tqdm

__all__ = ["HISTORY_COLUMNS", "Solution", "optimize"]

HISTORY_COLUMNS = ("step", "train_nll", "validation_nll", "gradient_norm", "seconds")
_BAR_AFTER_SECONDS = 1.0


@dataclass(frozen=True, eq=False)
class Solution:
    """What a fit came to.

    Args:
        theta: the best weights: by validation likelihood where there are validation rows, else the last.
        history: a row a record: step, mean NLL of training and validation rows (nats), norm of the
            objective's gradient, seconds since the start.
        stop: why it stopped.
        interrupted: whether the user stopped it.
    """

    theta: Float[np.ndarray, " parameters"]
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
    keeper = _Keeper(validation, theta)
    stop: Stop | None = None
    interrupted = False
    try:
        run = optimizer.start(objective, theta, rng)
        keeper.patience = run.patience
        # Infinities on the way are answered (a step is halved, a run is stopped), so they are no warnings.
        with np.errstate(all="ignore"), _progress_bar(run.total_steps, progress) as bar:
            stop = _iterate(run, keeper, bar)
    except KeyboardInterrupt:
        interrupted = True
        stop = Stop("interrupted: the best weights so far are kept", False)
    import pandas as pd

    history = pd.DataFrame(keeper.rows, columns=list(HISTORY_COLUMNS))
    return Solution(keeper.best, history.astype({"step": np.int64}), stop, interrupted)


def _iterate(run: Run, keeper: _Keeper, bar: tqdm[Any]) -> Stop:
    steps = 0
    while run.stop is None:
        record = run.step()
        steps += 1
        bar.update()
        if record is not None:
            keeper.keep(steps, run, record)
            bar.set_postfix_str(keeper.summary, refresh=False)
            if keeper.exhausted and run.stop is None:
                return Stop(f"early stopping: no better validation likelihood in {run.patience} looks", True)
    return run.stop


class _Keeper:
    """Keeps the history and the best weights."""

    def __init__(self, validation: Objective | None, theta: Float[np.ndarray, " parameters"]) -> None:
        self.rows: list[tuple[float, ...]] = []
        self.best = theta.copy()
        self.patience: int | None = None
        self.summary = ""
        self._validation = validation
        self._best_nll = np.inf
        self._since_best = 0
        self._start = perf_counter()

    def keep(self, step: int, run: Run, record: Record) -> None:
        """Take down one record; keep the weights if they are the best so far."""
        finite = np.isfinite(record.train_nll) and np.isfinite(run.theta).all()
        nll = np.nan if self._validation is None else np.inf
        if finite and self._validation is not None:
            nll = self._validation.mean_nll(run.theta)
        self.rows.append((step, record.train_nll, nll, record.gradient_norm, perf_counter() - self._start))
        # Without validation rows the last finite weights count: a batch's likelihood is too noisy to choose by.
        score = nll if self._validation is not None else -float(len(self.rows))
        if finite and score < self._best_nll:
            self._best_nll, self._since_best = score, 0
            np.copyto(self.best, run.theta)
        else:
            self._since_best += 1
        self.summary = f"NLL {record.train_nll:.4g}" + (
            "" if self._validation is None else f", validation {nll:.4g}"
        )

    @property
    def exhausted(self) -> bool:
        """Whether the validation likelihood has not improved for too long."""
        return (
            self._validation is not None and self.patience is not None and self._since_best >= self.patience
        )


@contextmanager
def _progress_bar(total: int, wanted: bool | None) -> Iterator[tqdm[Any]]:
    # In a notebook tqdm.auto shows a bar although its output is no terminal; disable=None asks it to decide.
    from tqdm.auto import tqdm

    with tqdm(
        total=total,
        desc="fit",
        unit="step",
        delay=0.0 if wanted else _BAR_AFTER_SECONDS,
        disable=None if wanted is None else not wanted,
        leave=bool(wanted),
        miniters=1 if total < 1000 else None,
    ) as bar:
        yield bar
