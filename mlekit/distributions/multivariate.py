"""Distributions of vectors: several target columns that make up one outcome."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from mlekit.arrays import Array
from mlekit.distributions.distribution import Distribution
from mlekit.distributions.domain import Vectors
from mlekit.distributions.outcomes import brief
from mlekit.distributions.target import numeric_target

__all__ = ["Multivariate"]


class Multivariate(Distribution):
    """A batch of distributions of vectors, which have no order, so no distribution function and no quantiles.

    Those of a single `coordinate` have.
    """

    joint = True

    @property
    @abstractmethod
    def event_shape(self) -> tuple[int, ...]:
        """The length of one outcome, ``(d,)``."""

    @property
    @abstractmethod
    def support(self) -> Vectors:
        """The vectors that can happen."""

    @property
    @abstractmethod
    def covariance(self) -> Array:
        """The covariance matrix, of shape ``batch_shape + (d, d)``."""

    @abstractmethod
    def coordinate(self, index: int) -> Distribution:
        """The distribution of one coordinate, which has quantiles; ``index`` counts from 0."""

    def _cdf(self, value: np.ndarray) -> NoReturn:
        raise self._without_order()

    def _quantile(self, level: np.ndarray) -> NoReturn:
        raise self._without_order()

    @classmethod
    def _encode(cls, target: pd.DataFrame, constants: Mapping[str, Any]) -> np.ndarray:
        columns = (target.iloc[:, [j]] for j in range(target.shape[1]))
        return np.stack([numeric_target(column, cls.outcomes, cls.__name__) for column in columns], axis=1)

    def __repr__(self) -> str:
        if self.batch_shape or self.event_shape[0] > 4:
            return f"{type(self).__name__}(batch_shape={self.batch_shape}, event_shape={self.event_shape})"
        fields = ", ".join(f"{p.name}={brief(getattr(self, p.kept_as))}" for p in self.parameters)
        return f"{type(self).__name__}({fields})"
