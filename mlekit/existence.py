"""Whether a linear model has a maximum of the likelihood, and one only: checked before and after the fit."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from mlekit.distributions import Head
from mlekit.distributions.censored import single_outcome
from mlekit.distributions.link import LOG, LOG_CHOLESKY, LOGIT
from mlekit.distributions.triangular import side
from mlekit.errors import FitError
from mlekit.fitting import Objective, Sample
from mlekit.fitting.identifiability import null_directions, require_identified
from mlekit.fitting.scaling import Scaling
from mlekit.fitting.separation import refuse_separation
from mlekit.model import linear_names
from mlekit.networks.information import LinearInParameters
from mlekit.regression import Regression, natural_directions

__all__ = ["Explained", "require_identified_design", "require_maximum", "require_spread"]

_FAR_OUT = 10.0
_MOVES = 1e-6
_VANISHED = float(np.log(1e-7))


def require_spread(head: Head[Any], target: pd.DataFrame, weights: np.ndarray | None) -> None:
    """Refuse a constant target of a continuous family that is free to shrink to that one point."""
    if head.censored:
        _require_events(head, target if weights is None else target[weights > 0])
        return
    distribution = head.family.distribution
    if distribution.labelled or distribution.outcomes.integer or len(head.columns) < 2:
        return
    counting = target if weights is None else target[weights > 0]
    name = list(head.columns)[1]
    for column_name, column in counting.items():
        if (column == column.iloc[0]).all():
            raise FitError(
                f"the target {str(column_name)!r} is {float(column.iloc[0]):g} in every row, so the likelihood has no "
                f"maximum: the distribution would shrink to that point, its spread to zero. Hold its {name} fixed "
                f"({distribution._code(f'{name}=...')}), or give rows that differ"
            )


def _require_events(head: Head[Any], target: pd.DataFrame) -> None:
    """Refuse a censored target that one single outcome, or one as large or small as you like, would explain."""
    found = single_outcome(head.in_natural_units().encode(target))
    name, owner = head.target_names[0], head.family.distribution
    if found is None:
        return
    low, high = found
    if np.isinf(low) or np.isinf(high):
        side, way = ("right", "larger") if np.isinf(high) else ("left", "smaller")
        raise FitError(
            f"no outcome {name!r} is seen: every row is censored on the {side}, so the likelihood has no maximum: the "
            f"{way} {owner._code()} expects it, the likelier; give rows in which it was seen"
        )
    if len(head.columns) > 1 and not owner.outcomes.integer:
        second = list(head.columns)[1]
        raise FitError(
            f"the outcome {name!r} may be {high:g} in every row, so the likelihood has no maximum: the distribution "
            f"would shrink to that point, its spread to zero. Hold its {second} fixed "
            f"({owner._code(f'{second}=...')}), or give rows that differ"
        )


def require_identified_design(
    regression: Regression, network: LinearInParameters, head: Head[Any], sample: Sample, scaling: Scaling
) -> None:
    """Refuse a design that does not determine its coefficients: constant or collinear columns, too few rows.

    An intercept that another parameter takes up counts as one.
    """
    columns = regression.columns
    rows, mean, products = sample.second_moments
    taken_up = np.zeros(head.n_outputs, dtype=bool)
    for name, outputs in head.columns.items():
        taken_up[outputs] = not head.has_intercept(name)
    checked: set[tuple[int, int]] = set()
    for predictor, elsewhere in zip(network.predictors, taken_up.tolist(), strict=True):
        span = predictor.columns
        if (span.start, span.stop) not in checked:
            checked.add((span.start, span.stop))
            center = mean[span] if elsewhere else np.zeros_like(mean[span])
            require_identified(
                partial(_counting_inputs, sample, span, center),
                products[span, span] - np.outer(center, center),
                columns[span],
                scaling.scale[span],
                rows=rows,
                intercept=predictor.bias or elsewhere,
            )


def _counting_inputs(
    sample: Sample, span: slice, center: Float[np.ndarray, " some"]
) -> Float[np.ndarray, "rows some"]:
    """Some columns of the rows that have weight, less a center."""
    counting = sample.matrix if sample.weights is None else sample.matrix[sample.weights > 0]
    return np.asarray(counting[:, span] - center)


class Explained(NamedTuple):
    """What a fit came to, row by row.

    Attributes:
        log_prob: the log-likelihood of each row.
        lowest: of each output.
        highest: of each output.
        edges: see `_edges`.
    """

    log_prob: Float[np.ndarray, " rows"]
    lowest: Float[np.ndarray, " outputs"]
    highest: Float[np.ndarray, " outputs"]
    edges: Int[np.ndarray, "rows outputs"]

    @classmethod
    def of(cls, objective: Objective, theta: Float[np.ndarray, " parameters"]) -> Explained:
        """One pass over the rows."""
        head, sample = objective.head, objective.sample
        log_prob, edges = np.empty(len(sample)), np.zeros((len(sample), head.n_outputs), np.int8)
        lowest, highest = np.full(head.n_outputs, np.inf), np.full(head.n_outputs, -np.inf)
        start = 0
        for chunk in sample.chunks():
            eta, part = objective.eta(theta, chunk), slice(start, start + len(chunk.target))
            log_prob[part] = head.log_likelihood(eta, chunk.target)
            lowest = np.minimum(lowest, eta.min(axis=0))
            highest = np.maximum(highest, eta.max(axis=0))
            edges[part] = _edges(head, eta)
            start = part.stop
        return cls(log_prob, lowest, highest, edges)


def require_maximum(
    regression: Regression,
    objective: Objective,
    scaling: Scaling,
    theta: Float[np.ndarray, " parameters"],
    explained: Explained,
) -> None:
    """Refuse a fit of a linear model that ran away instead of reaching a maximum: a zero scale, separation."""
    network, head, sample = objective.network, objective.head, objective.sample
    assert isinstance(network, LinearInParameters)
    log_prob, lowest, highest, edges = explained
    _refuse_runaway(head, lowest, highest)
    names = [
        f"{term}" if len(head.columns) == head.n_outputs == 1 else f"{output}: {term}"
        for _, output, term in sorted(linear_names(head, regression, network), key=lambda n: n[0])
    ]
    largest = max(-lowest.min(), highest.max())
    far_out = largest > _FAR_OUT or head.censored
    if objective.prior is None and far_out and head.recession(sample.target[:1]) is not None:
        counting = np.arange(len(sample)) if sample.weights is None else np.flatnonzero(sample.weights)
        worst_first = counting[np.argsort(log_prob[counting], kind="stable")]
        refuse_separation(
            lambda rows: _conditions(network, head, sample.take(rows)),
            worst_first,
            natural_directions(head, network, scaling),
            names,
            what="outcomes that are seen and those that are not" if head.censored else "the classes",
        )
    _refuse_edge(objective, scaling, theta, edges, names)


def _refuse_runaway(
    head: Head[Any], lowest: Float[np.ndarray, " outputs"], highest: Float[np.ndarray, " outputs"]
) -> None:
    """Refuse a shape of the distribution (not its first parameter) that has gone to zero or to infinity.

    A scale collapses where the predictors fit exactly; a Student t's df grows without end on tails no heavier than
    Gaussian ones.
    """
    distribution = head.family.distribution
    first, *others = distribution.predicted
    for parameter in [first] * (first.axes > 0) + others:
        name = parameter.name
        if name not in head.columns or head.family.link(name) is not parameter.link:
            continue
        columns = head.columns[name]
        if parameter.link is LOG_CHOLESKY:
            _refuse_singular(head, lowest[columns])
        if parameter.link is not LOG:
            continue
        # Zero itself may be a value (a dispersion that vanishes where counts vary no more than Poisson ones).
        vanishes = lowest[columns].min() < _VANISHED and not parameter.domain.low_included
        explodes = highest[columns].max() > -_VANISHED
        fixed = f"Hold it fixed ({distribution._code(f'{name}=...')})"
        if vanishes and parameter.unit == "scale":
            raise FitError(
                f"the {name} of {list(head.target_names)} goes to zero: the predictors fit the target exactly, so "
                f"the likelihood has no maximum. {fixed}, or use fewer columns"
            )
        if vanishes or (explodes and parameter.unit == "none"):
            raise FitError(
                f"the {name} of {list(head.target_names)} goes to {'zero' if vanishes else 'infinity'}, so the "
                f"likelihood of {head.family.name} has no maximum. {fixed}, or choose the simpler family that it "
                "becomes there"
            )


def _refuse_singular(head: Head[Any], lowest: Float[np.ndarray, " coordinates"]) -> None:
    """Refuse a covariance matrix that has become singular; its first coordinates are logarithms of the diagonal."""
    gone = np.flatnonzero(lowest[: side(len(lowest))] < _VANISHED)
    if len(gone):
        name = head.target_names[gone[0]]
        others = list(head.target_names[: gone[0]])
        raise FitError(
            f"the likelihood of {head.family.name} has no maximum: the predictors"
            f"{f' and {others}' if others else ''} determine the target {name!r} exactly, so that the covariance "
            f"matrix is singular. Leave {name!r} out, or use fewer columns"
        )


def _edges(head: Head[Any], eta: Float[np.ndarray, "rows outputs"]) -> Int[np.ndarray, "rows outputs"]:
    """−1 or 1 where a share (that is not the first parameter) is 0 or 1 as far as a likelihood can tell, else 0."""
    edges = np.zeros(eta.shape, dtype=np.int8)
    for parameter in head.family.distribution.predicted[1:]:
        if parameter.name in head.columns and parameter.link is LOGIT:
            columns = head.columns[parameter.name]
            with np.errstate(all="ignore"):
                log_odds = LOGIT.link(head.family.link(parameter.name).inverse(eta[:, columns]))
            edges[:, columns] = np.where(np.abs(log_odds) > -_VANISHED, np.sign(log_odds), 0)
    return edges


def _refuse_edge(
    objective: Objective,
    scaling: Scaling,
    theta: Float[np.ndarray, " parameters"],
    edges: Int[np.ndarray, "rows outputs"],
    names: list[str],
) -> None:
    """Refuse a share of the distribution that has gone to 0 or 1 in so many rows that the others leave it open.

    No row where it is at the edge has a say in its coefficients any more; those must be determined by the others.
    """
    network, head, sample = objective.network, objective.head, objective.sample
    assert isinstance(network, LinearInParameters)
    if not edges.any():
        return
    counts = np.ones(len(sample), dtype=bool) if sample.weights is None else sample.weights > 0
    for output in np.flatnonzero(edges[counts].any(axis=0)).tolist():
        predictor, edge = network.predictors[output], edges[:, output]
        free = np.arange(network.n_parameters)[predictor.parameters]
        design = sample.inputs_at(np.flatnonzero(counts & (edge == 0)))[:, predictor.columns]
        if predictor.bias:
            design = np.concatenate([design, np.ones((len(design), 1))], axis=1)
        if objective.prior is not None:
            design, free = design[:, ~network.penalized[free]], free[~network.penalized[free]]
        left_open = null_directions(design)
        running = np.zeros(len(theta))
        running[free] = left_open @ (left_open.T @ theta[free])
        running = natural_directions(head, network, scaling) @ running
        moving = np.flatnonzero(np.abs(running) > _MOVES * np.abs(running).max(initial=_MOVES))
        if len(moving):
            name = next(
                key for key, columns in head.columns.items() if columns.start <= output < columns.stop
            )
            ends = " or ".join(end for end, side in (("0", -1), ("1", 1)) if (edge[counts] == side).any())
            directions = [f"{names[j]} → {'+' if running[j] > 0 else '−'}∞" for j in moving]
            raise FitError(
                f"the {name} of {list(head.target_names)} goes to {ends} in {np.count_nonzero(edge[counts])} of "
                f"{counts.sum()} rows, and the others do not determine it, so the likelihood of {head.family.name} has "
                f"no maximum: {', '.join(directions)}. Hold it fixed "
                f"({head.family.distribution._code(f'{name}=...')}), use fewer columns for it, or choose the simpler "
                "family that it becomes there"
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
        design = sample.matrix[:, predictor.columns]
        if predictor.bias:
            design = np.concatenate([design, np.ones((rows, 1))], axis=1)
        result[:, :, positions] += cone[:, :, output, None] * design[:, None, :]
    return result.reshape(-1, network.n_parameters)
