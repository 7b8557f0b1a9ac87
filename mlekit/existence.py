"""Whether a linear model has a maximum of the likelihood, and one only: checked before and after the fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from mlekit.distributions import Head
from mlekit.errors import FitError
from mlekit.fitting import Objective, Sample, Solution
from mlekit.fitting.identifiability import require_identified
from mlekit.fitting.scaling import Scaling
from mlekit.fitting.separation import refuse_separation
from mlekit.model import linear_names
from mlekit.networks.information import LinearInParameters
from mlekit.regression import Regression, natural_directions

__all__ = ["require_identified_design", "require_maximum", "require_spread"]

_FAR_OUT = 10.0
_COLLAPSED = np.log(1e-7)


def require_spread(head: Head[Any], target: pd.DataFrame, weights: np.ndarray | None) -> None:
    """Refuse a constant target of a family with a free location and a free scale, which would be zero."""
    free = {head.family.parameter(name).unit: name for name in head.columns}
    if not {"location", "scale"} <= set(free):
        return
    counting = target if weights is None else target[weights > 0]
    for name, column in counting.items():
        if (column == column.iloc[0]).all():
            owner, scale = head.family.distribution.__name__, free["scale"]
            raise FitError(
                f"the target {str(name)!r} is {float(column.iloc[0]):g} in every row, so its {scale} goes to zero "
                f"and the likelihood has no maximum. Hold it fixed ({owner}.family({scale}=...)), or give rows that "
                "differ"
            )


def require_identified_design(
    regression: Regression, network: LinearInParameters, head: Head[Any], sample: Sample, scaling: Scaling
) -> None:
    """Refuse a design that does not determine its coefficients: constant or collinear columns, too few rows.

    An intercept that another parameter takes up counts as one.
    """
    columns = regression.columns
    inputs = sample.inputs if sample.weights is None else sample.inputs[sample.weights > 0]
    taken_up = np.zeros(head.n_outputs, dtype=bool)
    for name, outputs in head.columns.items():
        taken_up[outputs] = not head.has_intercept(name)
    checked: set[tuple[int, int]] = set()
    for predictor, elsewhere in zip(network.predictors, taken_up.tolist(), strict=True):
        span = predictor.columns
        if (span.start, span.stop) not in checked:
            checked.add((span.start, span.stop))
            design = inputs[:, span] - inputs[:, span].mean(axis=0) if elsewhere else inputs[:, span]
            intercept = predictor.bias or elsewhere
            require_identified(design, columns[span], scaling.scale[span], intercept=intercept)


def require_maximum(
    regression: Regression, objective: Objective, scaling: Scaling, solution: Solution
) -> None:
    """Refuse a fit of a linear model that ran away instead of reaching a maximum: a zero scale, separation."""
    network, head, sample = objective.network, objective.head, objective.sample
    assert isinstance(network, LinearInParameters)
    largest = np.zeros(head.n_outputs)
    lowest = np.full(head.n_outputs, np.inf)
    parts = []
    for chunk in sample.chunks():
        eta = objective.eta(solution.theta, chunk)
        parts.append(head.log_likelihood(eta, chunk.target))
        largest = np.maximum(largest, np.abs(eta).max(axis=0))
        lowest = np.minimum(lowest, eta.min(axis=0))
    log_prob = np.concatenate(parts)
    for name, columns in head.columns.items():
        if head.family.parameter(name).unit == "scale" and lowest[columns].min() < _COLLAPSED:
            raise FitError(
                f"the {name} of {list(head.target_names)} goes to zero: the predictors fit the target exactly, so "
                f"the likelihood has no maximum. Hold it fixed ({head.family.distribution.__name__}.family("
                f"{name}=...)), or use fewer columns"
            )
    if objective.prior is None and largest.max() > _FAR_OUT and head.recession(sample.target[:1]) is not None:
        names = [
            f"{term}" if len(head.columns) == head.n_outputs == 1 else f"{output}: {term}"
            for _, output, term in sorted(linear_names(head, regression, network), key=lambda n: n[0])
        ]
        counting = np.arange(len(sample)) if sample.weights is None else np.flatnonzero(sample.weights)
        worst_first = counting[np.argsort(log_prob[counting], kind="stable")]
        refuse_separation(
            lambda rows: _conditions(network, head, sample.take(rows)),
            worst_first,
            natural_directions(head, network, scaling),
            names,
        )


def _conditions(
    network: LinearInParameters, head: Head[Any], sample: Sample
) -> Float[np.ndarray, "conditions parameters"]:
    """C_i·∂η_i/∂θ for every row and condition."""
    cone = head.recession(sample.target)
    assert cone is not None
    rows, conditions, _ = cone.shape
    result = np.zeros((rows, conditions, network.n_parameters))
    for output, predictor in enumerate(network.predictors):
        positions = np.arange(network.n_parameters)[predictor.parameters]
        design = sample.inputs[:, predictor.columns]
        if predictor.bias:
            design = np.concatenate([design, np.ones((rows, 1))], axis=1)
        result[:, :, positions] += cone[:, :, output, None] * design[:, None, :]
    return result.reshape(-1, network.n_parameters)
