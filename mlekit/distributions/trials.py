"""Targets that count successes among trials: one column at a fixed number of trials, or successes and failures.

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
from mlekit.distributions.target import numeric_target
from mlekit.errors import ParameterError, TargetError

__all__ = ["TRIALS", "SuccessCount"]

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
    def _is_joint(cls, constants: Mapping[str, Any]) -> bool:
        return "trials" not in constants

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


def _learn_trials(target: pd.DataFrame, constants: Mapping[str, Any], family: str) -> dict[str, Any]:
    """The fixed number of trials, validated; nothing if successes and failures are columns of the target.

    Raises:
        ParameterError: for trials that are not one whole number.
        TargetError: for a target from which the number of trials does not follow.
    """
    if "trials" in constants:
        trials = TRIALS.validate(constants["trials"], family)
        if trials.ndim:
            raise ParameterError(
                f"{family}: trials must be one number for all rows, but has shape {trials.shape}"
            )
        return {"trials": float(trials)}
    if target.shape[1] != 2:
        raise TargetError(
            f"{family} needs to know the trials of each row: put two columns on the left, successes + failures, or "
            f"fix their number with {family}.family(trials=10); the target is {list(target.columns)}"
        )
    return {}


def _encode_trials(target: pd.DataFrame, constants: Mapping[str, Any], family: str) -> Array:
    """Successes and trials of each row, of shape (rows, 2).

    Raises:
        TargetError: for what is no whole number of successes (or failures) in range, by column and row.
    """
    if "trials" in constants:
        possible = Interval(0.0, constants["trials"], low_included=True, high_included=True, integer=True)
        successes = numeric_target(target, possible, family)
        return np.stack([successes, np.full_like(successes, constants["trials"])], axis=1)
    successes, failures = (numeric_target(target.iloc[:, [j]], COUNTS, family) for j in (0, 1))
    return np.stack([successes, successes + failures], axis=1)
