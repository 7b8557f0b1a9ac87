"""Targets that count successes among trials, whose number is fixed, in a column of its own, or successes + failures.

An encoded target has successes and trials on its last axis. Where the trials come from the data, a prediction speaks
of a single trial: how many more there will be is not the model's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mlekit.arrays import Array
from mlekit.distributions.counts import CountDistribution
from mlekit.distributions.domain import COUNTS, Interval
from mlekit.distributions.link import LOG
from mlekit.distributions.parameter import Parameter
from mlekit.distributions.target import first_row, numeric_target
from mlekit.errors import ParameterError, TargetError

__all__ = ["TRIALS", "SuccessCount", "trials_of"]

TRIALS = Parameter("trials", COUNTS, LOG, typical=(1.0, 60.0))


class SuccessCount(CountDistribution):
    """A distribution of the number of successes among ``trials``."""

    constants = frozenset({"trials"})
    outcomes = COUNTS

    trials: Array

    @property
    def support(self) -> Interval:
        """0, 1, ..., trials."""
        return Interval(0.0, self.trials, low_included=True, high_included=True, integer=True)

    @property
    def _last(self) -> Array:
        return self.trials

    @classmethod
    def _columns_beside(cls, constants: Mapping[str, Any]) -> tuple[str, ...]:
        trials = constants.get("trials")
        return (trials,) if isinstance(trials, str) else ()

    @classmethod
    def _is_joint(cls, constants: Mapping[str, Any]) -> bool:
        return isinstance(constants.get("trials", ""), str)

    @classmethod
    def _learn_constants(cls, target: pd.DataFrame, constants: Mapping[str, Any]) -> dict[str, Any]:
        return _learn_trials(target, constants, cls.__name__)

    @classmethod
    def _encode(cls, target: pd.DataFrame, constants: Mapping[str, Any]) -> np.ndarray:
        return _encode_trials(target, constants, cls.__name__)

    @classmethod
    def _given(cls, value: np.ndarray) -> tuple[dict[str, Any], np.ndarray]:
        return {"trials": value[..., 1]}, value[..., 0]

    @classmethod
    def _answers(cls, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        successes, trials = value[..., 0], value[..., 1]
        return np.array([0.0, 1.0]), np.stack([trials - successes, successes], axis=-1)


def trials_of(constants: Mapping[str, Any]) -> Any:
    """The trials that distributions are made with: those fixed, or a row's; a single one where a column has them."""
    trials = constants.get("trials", 1.0)
    return 1.0 if isinstance(trials, str) else trials


def _learn_trials(target: pd.DataFrame, constants: Mapping[str, Any], family: str) -> dict[str, Any]:
    """The number of trials, validated where it is fixed; nothing if successes and failures are columns of the target.

    Raises:
        ParameterError: for trials that are not one whole number.
        TargetError: for a target from which the number of trials does not follow.
    """
    if isinstance(constants.get("trials"), str):
        if target.shape[1] != 2:
            raise TargetError(
                f"{family} takes one column of successes beside that of its trials, {constants['trials']!r}, but the "
                f"formula has {list(target.columns[:-1])} on its left"
            )
        return dict(constants)
    if "trials" in constants:
        trials = TRIALS.validate(constants["trials"], family)
        if trials.ndim:
            raise ParameterError(
                f"{family}: trials must be one number for all rows, but has shape {trials.shape}"
            )
        return {"trials": float(trials)}
    if target.shape[1] != 2:
        raise TargetError(
            f"{family} needs to know the trials of each row: put two columns on the left, successes + failures, name "
            f'their column with {family}.family(trials="asked"), or fix their number with {family}.family(trials=10); '
            f"the target is {list(target.columns)}"
        )
    return {}


def _encode_trials(target: pd.DataFrame, constants: Mapping[str, Any], family: str) -> Array:
    """Successes and trials of each row, of shape (rows, 2).

    Raises:
        TargetError: for what is no whole number of successes (or failures) in range, by column and row.
    """
    if isinstance(constants.get("trials"), str):
        successes, trials = (numeric_target(target.iloc[:, [j]], COUNTS, family) for j in (0, 1))
        if (more := successes > trials).any():
            count, name = target.columns
            first = int(np.argmax(more))
            raise TargetError(
                f"column {count!r} holds {successes[first]:g} at {first_row(target, more)}, but {name!r} says "
                f"{trials[first]:g} there: {family} counts successes among the trials"
            )
        return np.stack([successes, trials], axis=1)
    if "trials" in constants:
        possible = Interval(0.0, constants["trials"], low_included=True, high_included=True, integer=True)
        successes = numeric_target(target, possible, family)
        return np.stack([successes, np.full_like(successes, constants["trials"])], axis=1)
    successes, failures = (numeric_target(target.iloc[:, [j]], COUNTS, family) for j in (0, 1))
    return np.stack([successes, successes + failures], axis=1)
