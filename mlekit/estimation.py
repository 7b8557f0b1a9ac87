"""fit(): the rooms composed. Table → design → η → likelihood → maximum → `Model`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from mlekit.arrays import ArrayLike
from mlekit.distributions import Distribution, Family, Head
from mlekit.distributions.family import D
from mlekit.errors import DataError, FitError, FormulaError, ParameterError
from mlekit.fitting import Adam, Newton, Objective, Optimizer, Sample, Solution, WeightPrior, optimize
from mlekit.fitting.identifiability import require_identified
from mlekit.fitting.scaling import Scaling
from mlekit.fitting.separation import refuse_separation
from mlekit.frames import Encoding, Rows
from mlekit.model import FitFacts, Model, linear_names
from mlekit.networks import BuiltNetwork, Linear, Network
from mlekit.networks.information import LinearInParameters
from mlekit.regression import Regression, plan_blocks

__all__ = ["fit"]

_AUTOMATIC_VALIDATION = 0.1
_AUTOMATIC_FROM_ROWS = 100
_FAR_OUT = 10.0
_COLLAPSED = np.log(1e-7)


def fit(
    formula: str | Mapping[str, str],
    data: object,
    family: type[D] | Family[D],
    *,
    network: Network = Linear(),  # noqa: B008  (a frozen value)
    prior: Distribution | None = None,
    weights: str | ArrayLike | None = None,
    offset: str | ArrayLike | None = None,
    optimizer: Optimizer | None = None,
    validation: float | object | None = None,
    seed: int = 0,
    progress: bool | None = None,
) -> Model[D]:
    """Fit a distribution of the target, given the predictors, by maximum likelihood.

        θ̂ = argmax Σ_rows w·log p(y | η(x; θ)) + log prior(θ)

    No loss is chosen: it is the negative log-likelihood of what the target is (``model.loss_name`` says what
    that is called elsewhere).

    Args:
        formula: Wilkinson notation (``"y ~ x1 + C(site)"``, ``"y ~ ."``), or a formula for each parameter,
            ``{"loc": "y ~ x", "scale": "~ z"}``, where a parameter without one is an intercept. A single
            formula with a linear network predicts the family's first parameter, the others are intercepts;
            with an MLP all parameters are outputs of the one network. Several columns on the left are as
            many independent outputs, or, for `Categorical`, soft labels or counts of each category.
        data: a pandas or Polars DataFrame, or a PyArrow table.
        family: a distribution class, or one with parameters fixed or re-linked: ``Gaussian.family(scale=1)``.
        network: ``Linear()`` or ``MLP(16, 16)``, or anything of the `Network` protocol.
        prior: a distribution of every weight, e.g. ``Gaussian(loc=0, scale=1)`` (an L2 penalty); biases have
            none. It speaks of a linear model's coefficients in the units of the data, and of an MLP's weights
            between standardized columns.
        weights: a column's name or one number ≥ 0 a row: how often the row counts.
        offset: a column's name or one number a row, added to the first parameter's linear predictor.
        optimizer: `Newton` (default for what is linear), `LBFGS`, `Adam` (default otherwise) or `SGD`.
        validation: rows to choose the best weights by: a share of the rows, drawn by ``seed``, or a table of
            its own. None lets an MLP trained on 100 rows or more hold out a tenth; 0 holds out none.
        seed: of initial weights, the shuffling and the choice of validation rows: the same seed gives the
            same bits.
        progress: True or False to show a progress bar or not; None shows one on long fits.

    Returns:
        The model. An interrupted fit (Ctrl-C) returns the best model so far, with ``interrupted=True``.

    Raises:
        FormulaError: for a formula that cannot be read or does not suit the family.
        DataError: for a table that cannot be used, naming column, row and remedy.
        FitError: where the likelihood has no maximum, naming the columns at fault.

    >>> import pandas as pd, mlekit as mk
    >>> cars = pd.DataFrame({"speed": [4.0, 7, 9, 12, 15, 20], "distance": [2.0, 13, 10, 20, 26, 48]})
    >>> model = mk.fit("distance ~ speed", cars, mk.Gaussian)
    >>> model.coefficients.round(4).to_dict()
    {('loc', 'Intercept'): -9.0571, ('loc', 'speed'): 2.5872, ('scale', 'Intercept'): 1.1978}
    """
    specification: Family[D] = family if isinstance(family, Family) else family.family()
    encoding, rows = Encoding.learn(formula, data, weights=weights, offset=offset)
    rng = np.random.default_rng(seed)
    train, held_out = _split(encoding, rows, validation, network, rng)
    head = _bind(specification, encoding, rows, network, prior)
    regression = Regression(encoding, plan_blocks(encoding, head, network))
    linear = isinstance(regression.build(np.float64), LinearInParameters)
    dtype: type[np.floating] = np.float64 if linear else np.float32
    built = regression.build(dtype)
    inputs = regression.inputs(train.inputs, len(train.index))
    scaling = Scaling.learn(inputs, train.weights, regression.centered)
    sample = _sample(head, regression, scaling, train, dtype)
    network_prior = None
    if prior is not None:
        network_prior = WeightPrior(prior, built.penalized, _weight_units(head, built, scaling))
    objective = Objective(built, head, sample, network_prior)
    check = None
    if held_out is not None:
        check = Objective(built, head, _sample(head, regression, scaling, held_out, dtype))
    if linear and prior is None:
        _require_identified(regression, built, sample, scaling)
    theta = _start(built, head, sample, rng)
    solver: Optimizer = optimizer or (Newton() if linear else Adam())
    solution = optimize(objective, solver, theta, rng=rng, validation=check, progress=progress)
    if linear and not solution.interrupted:
        _require_maximum(regression, objective, solution)
    facts = FitFacts(
        rows=len(train.index),
        validation_rows=0 if held_out is None else len(held_out.index),
        log_likelihood=objective.log_likelihood(solution.theta),
        log_prior=0.0 if network_prior is None else network_prior.log_prob(solution.theta),
        optimizer=repr(solver),
        prior=None if prior is None else repr(prior),
        seed=seed,
        array_offset=offset is not None and not isinstance(offset, str),
    )
    model = Model(
        head=head,
        regression=regression,
        scaling=scaling,
        theta=solution.theta,
        facts=facts,
        history=solution.history,
        stop_reason=solution.stop.reason,
        converged=solution.stop.converged,
        interrupted=solution.interrupted,
    )
    return _in_natural_units(model, built) if isinstance(built, LinearInParameters) else model


# ---- rows -------------------------------------------------------------------------------------------------


def _split(
    encoding: Encoding,
    rows: Rows,
    validation: float | object | None,
    network: Network,
    rng: np.random.Generator,
) -> tuple[Rows, Rows | None]:
    """Training and validation rows."""
    count = len(rows.index)
    if validation is not None and not isinstance(validation, (int, float)):
        return rows, encoding.encode(validation, target=True)
    if validation is None:
        automatic = not isinstance(network, Linear) and count >= _AUTOMATIC_FROM_ROWS
        share = _AUTOMATIC_VALIDATION if automatic else 0.0
    else:
        share = float(validation)
    if not 0 <= share < 1:
        raise ParameterError(f"validation must be a share in [0, 1) or a table, but is {share}")
    if share == 0:
        return rows, None
    held_out = max(1, round(share * count))
    if held_out >= count:
        raise DataError(f"validation={share:g} of {count} rows leaves none to train on; give more rows")
    order = rng.permutation(count)
    return _take(rows, np.sort(order[held_out:])), _take(rows, np.sort(order[:held_out]))


def _take(rows: Rows, positions: np.ndarray) -> Rows:
    return Rows(
        index=rows.index[positions],
        inputs={name: design[positions] for name, design in rows.inputs.items()},
        target=None if rows.target is None else rows.target.iloc[positions],
        weights=None if rows.weights is None else rows.weights[positions],
        offset=None if rows.offset is None else rows.offset[positions],
    )


def _sample(
    head: Head[Any], regression: Regression, scaling: Scaling, rows: Rows, dtype: type[np.floating]
) -> Sample:
    assert rows.target is not None
    target = head.encode(rows.target)
    if target.dtype.kind == "f":
        target = target.astype(dtype, copy=False)
    offset = None
    if rows.offset is not None:
        first = head.columns[head.family.free[0]]
        if first.stop - first.start > 1:
            raise FormulaError(
                f"an offset needs a family with one linear predictor, but {head.family.distribution.__name__} "
                f"has {first.stop - first.start}; put it into the formula as a column"
            )
        offset = np.zeros((len(rows.index), head.n_outputs), dtype=dtype)
        offset[:, first] = rows.offset[:, None] / head.coefficient_units(head.family.free[0])[1]
    return Sample(
        inputs=scaling.apply(regression.inputs(rows.inputs, len(rows.index)), dtype),
        target=target,
        weights=None if rows.weights is None else rows.weights.astype(dtype),
        offset=offset,
    )


# ---- head and start ---------------------------------------------------------------------------------------


def _bind(
    family: Family[D], encoding: Encoding, rows: Rows, network: Network, prior: Distribution | None
) -> Head[D]:
    """The head for this target; units are converted only where an intercept can take up what that moves."""
    assert rows.target is not None
    intercepts = True
    if isinstance(network, Linear):
        keys = encoding.predictors.values()
        intercepts = network.bias and all(predictor.intercept for predictor in keys)
    return family.bind(
        rows.target,
        weights=rows.weights,
        standardize=intercepts or family.distribution.predicted[0].unit == "location",
        shift=intercepts,
        identified=isinstance(network, Linear) and prior is None,
    )


def _start(
    network: BuiltNetwork, head: Head[Any], sample: Sample, rng: np.random.Generator
) -> Float[np.ndarray, " parameters"]:
    """Initial weights, with the outputs' biases at the marginal maximum likelihood."""
    theta = network.initialize(rng)
    marginal = head.start(sample.target, sample.weights)
    if not np.isfinite(marginal).all():
        raise FitError(
            f"no single {head.family.distribution.__name__} has maximum likelihood for the target "
            f"{list(head.target_names)}: its scale would be zero or a probability 0 or 1. Is it constant?"
        )
    positions = network.output_biases
    if len(positions) == len(marginal):
        theta[positions] = marginal
    return theta


# ---- checks of a linear fit -------------------------------------------------------------------------------


def _require_identified(
    regression: Regression, network: BuiltNetwork, sample: Sample, scaling: Scaling
) -> None:
    assert isinstance(network, LinearInParameters)
    columns = regression.columns
    inputs = sample.inputs if sample.weights is None else sample.inputs[sample.weights > 0]
    checked: set[tuple[int, int]] = set()
    for predictor in network.predictors:
        span = predictor.columns
        if (span.start, span.stop) not in checked:
            checked.add((span.start, span.stop))
            require_identified(inputs[:, span], columns[span], scaling.scale[span], intercept=predictor.bias)


def _require_maximum(regression: Regression, objective: Objective, solution: Solution) -> None:
    """Refuse a linear fit that ran away instead of reaching a maximum."""
    network, head, sample = objective.network, objective.head, objective.sample
    assert isinstance(network, LinearInParameters)
    largest = np.zeros(head.n_outputs)
    lowest = np.full(head.n_outputs, np.inf)
    for chunk in sample.chunks():
        eta = objective.eta(solution.theta, chunk)
        largest = np.maximum(largest, np.abs(eta).max(axis=0))
        lowest = np.minimum(lowest, eta.min(axis=0))
    for name, columns in head.columns.items():
        if head.family.parameter(name).unit == "scale" and lowest[columns].min() < _COLLAPSED:
            raise FitError(
                f"the {name} of {list(head.target_names)} goes to zero: the predictors fit the target exactly, so "
                f"the likelihood has no maximum. Hold it fixed ({head.family.distribution.__name__}.family("
                f"{name}=...)), or use fewer columns"
            )
    if objective.prior is None and largest.max() > _FAR_OUT:
        cone = head.recession(sample.target)
        if cone is not None:
            names = [
                f"{term}" if len(head.columns) == head.n_outputs == 1 else f"{output}: {term}"
                for _, output, term in sorted(linear_names(head, regression, network), key=lambda n: n[0])
            ]
            refuse_separation(_constraints(network, sample, cone), names)


def _constraints(
    network: LinearInParameters, sample: Sample, cone: Float[np.ndarray, "rows conditions outputs"]
) -> Float[np.ndarray, "conditions parameters"]:
    """C_i·∂η_i/∂θ for every row and condition."""
    rows, conditions, _ = cone.shape
    result = np.zeros((rows, conditions, network.n_parameters))
    for output, predictor in enumerate(network.predictors):
        positions = np.arange(network.n_parameters)[predictor.parameters]
        design = sample.inputs[:, predictor.columns]
        if predictor.bias:
            design = np.concatenate([design, np.ones((rows, 1))], axis=1)
        result[:, :, positions] += cone[:, :, output, None] * design[:, None, :]
    kept = result if sample.weights is None else result[sample.weights > 0]
    return kept.reshape(-1, network.n_parameters)


# ---- units ------------------------------------------------------------------------------------------------


def _weight_units(
    head: Head[Any], network: BuiltNetwork, scaling: Scaling
) -> Float[np.ndarray, " parameters"]:
    """What a weight between standardized quantities is multiplied by to be in the units of the data."""
    units = np.ones(network.n_parameters)
    if not isinstance(network, LinearInParameters):
        return units
    of_outputs = np.concatenate([head.coefficient_units(name)[1] for name in head.columns])
    for predictor, unit in zip(network.predictors, of_outputs, strict=True):
        per_column = unit / scaling.scale[predictor.columns]
        units[predictor.parameters] = np.append(per_column, unit) if predictor.bias else per_column
    return units


def _in_natural_units(model: Model[D], network: LinearInParameters) -> Model[D]:
    """The same linear model with its coefficients in the units of the data, and nothing standardized."""
    head, scaling = model.head, model.scaling
    theta = model.theta * _weight_units(head, network, scaling)
    shifts = np.concatenate([head.coefficient_units(name)[0] for name in head.columns])
    for predictor, shift in zip(network.predictors, shifts, strict=True):
        if predictor.bias:
            own = theta[predictor.parameters]
            own[-1] += shift - own[:-1] @ scaling.center[predictor.columns]
            theta[predictor.parameters] = own
    return Model(
        head=head.in_natural_units(),
        regression=model.regression,
        scaling=Scaling.identity(len(scaling.center)),
        theta=theta,
        facts=model.facts,
        history=model.history,
        stop_reason=model.stop_reason,
        converged=model.converged,
        interrupted=model.interrupted,
    )
