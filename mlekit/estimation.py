"""fit(): the rooms composed. Table → design → η → likelihood → maximum → `Model`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from types import NoneType
from typing import Any

import numpy as np
from jaxtyping import Float

from mlekit.arrays import ArrayLike, positions_of, row_blocks
from mlekit.distributions import Distribution, Family, Head
from mlekit.distributions.family import D, as_family
from mlekit.errors import DataError, FitError, FormulaError, NetworkError, ParameterError
from mlekit.existence import Explained, require_identified_design, require_maximum, require_spread
from mlekit.fitting import Adam, Newton, Objective, Optimizer, Sample, WeightPrior, optimize
from mlekit.fitting.features import Preparation
from mlekit.fitting.least_squares import at_least_squares
from mlekit.fitting.objective import weighted_sum
from mlekit.fitting.scaling import Scaling
from mlekit.frames import Encoding, Rows
from mlekit.model import FitFacts, Model
from mlekit.networks import BuiltNetwork, Linear, Network
from mlekit.networks.information import LinearInParameters
from mlekit.regression import Regression, natural_directions, plan_blocks, weight_units

__all__ = ["fit"]

_AUTOMATIC_VALIDATION = 0.1
_AUTOMATIC_FROM_ROWS = 100
_FEW_VALUES = 2**18  # kept even if they need not be


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
            many independent outputs; for `Categorical` they are soft labels or counts of each category, and for a
            family of vectors (`MultivariateGaussian`, `Dirichlet`, `Multinomial`) the coordinates of one outcome.
            ``Surv(time, event)`` on the left is a time that was observed where the event is 1, and exceeded
            where it is 0 (right censoring); ``type="left"``, or ``Surv(lower, upper, type="interval")``, say
            what else is known of it.
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
    {('loc', 'Intercept'): -10.2977, ('loc', 'speed'): 2.6983, ('scale', 'Intercept'): 1.2834}
    """
    check_settings(family, network, prior, optimizer, seed)
    specification = as_family(family)
    encoding, rows = Encoding.learn(
        formula, data, weights=weights, offset=offset, beside=specification.columns_beside
    )
    rng = np.random.default_rng(seed)
    array_offset = offset is not None and not isinstance(offset, str)
    if isinstance(validation, (int, float, NoneType)):
        train, held_out = _split(rows, _validation_share(validation, rows, network), rng)
    else:
        train, held_out = rows, validation_table(encoding, validation, array_offset)
    head = bind_head(specification, encoding, rows, network, prior)
    require_spread(head, train.outcomes(slice(None)), train.weights)
    regression = Regression(encoding, plan_blocks(encoding, head, network))
    linear = regression.is_linear
    dtype: type[np.floating] = np.float64 if linear else np.float32
    built = regression.build(dtype)
    inputs = regression.inputs(train.inputs, len(train))
    scaling = Scaling.learn(inputs, train.weights, regression.centered)
    solver: Optimizer = optimizer or (Newton() if linear else Adam())
    kept = not isinstance(solver, Newton)
    sample = to_sample(head, regression, scaling, train, dtype, kept=kept)
    network_prior = None
    if prior is not None:
        network_prior = WeightPrior(prior, built.penalized, weight_units(head, built, scaling))
    objective = Objective(built, head, sample, network_prior)
    check = None
    if held_out is not None:
        check = Objective(built, head, to_sample(head, regression, scaling, held_out, dtype, kept=kept))
    if isinstance(built, LinearInParameters) and prior is None:
        require_identified_design(regression, built, head, sample, scaling)
    theta = at_least_squares(objective, starting_point(built, head, sample, rng))
    solution = optimize(objective, solver, theta, rng=rng, validation=check, progress=progress)
    log_likelihood = float("nan")
    if linear:
        explained = Explained.of(objective, solution.theta)
        log_likelihood = weighted_sum(explained.log_prob, sample.weights)
        if not solution.interrupted:
            require_maximum(regression, objective, scaling, solution.theta, explained)
    facts = FitFacts(
        rows=len(train),
        total_weight=sample.total_weight,
        validation_rows=0 if held_out is None else len(held_out),
        log_likelihood=log_likelihood,
        log_prior=0.0 if network_prior is None else network_prior.log_prob(solution.theta),
        optimizer=repr(solver),
        prior=None if prior is None else repr(prior),
        seed=seed,
        array_offset=array_offset,
    )
    model = Model(
        head=head,
        regression=regression,
        preparation=scaling,
        theta=solution.theta,
        facts=facts,
        history=solution.history,
        stop_reason=solution.stop.reason,
        converged=solution.stop.converged,
        interrupted=solution.interrupted,
    )
    if isinstance(built, LinearInParameters):
        return _in_natural_units(model, built, head, scaling)
    # A network is trained in single precision, but what is reported is of double precision.
    return replace(model, facts=replace(facts, log_likelihood=model._log_likelihood(train)))


# ---- settings ---------------------------------------------------------------------------------------------


def check_settings(family: object, network: object, prior: object, optimizer: object, seed: object) -> None:
    """Refuse settings of a wrong type; a class in place of its instance, or the reverse, is the usual one."""
    if not (isinstance(family, Family) or (isinstance(family, type) and issubclass(family, Distribution))):
        raise ParameterError(
            f"family must be a distribution class, such as Bernoulli, or one with parameters held fixed, such as "
            f"Gaussian.family(scale=1.0), but is {family!r}"
        )
    if isinstance(network, type) or not isinstance(network, Network):
        raise NetworkError(f"network must be one such as Linear() or MLP(16, 16), but is {network!r}")
    if prior is not None and not isinstance(prior, Distribution):
        raise ParameterError(
            f"prior must be a distribution of each weight, such as Gaussian(loc=0, scale=1), but is {prior!r}"
        )
    if isinstance(optimizer, type) or not isinstance(optimizer, Optimizer | None):
        raise ParameterError(f"optimizer must be one such as Adam() or LBFGS(), but is {optimizer!r}")
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ParameterError(f"seed must be a whole number ≥ 0, but is {seed!r}")


def _validation_share(validation: float | None, rows: Rows, network: Network) -> float:
    if validation is None:
        automatic = not isinstance(network, Linear) and len(rows) >= _AUTOMATIC_FROM_ROWS
        return _AUTOMATIC_VALIDATION if automatic else 0.0
    if isinstance(validation, bool) or not 0 <= validation < 1:
        raise ParameterError(f"validation must be a share in [0, 1) or a table, but is {validation}")
    return float(validation)


# ---- rows -------------------------------------------------------------------------------------------------


def validation_table(encoding: Encoding, table: object, array_offset: bool) -> Rows:
    """The rows of a table that is there to choose weights by."""
    if array_offset:
        raise DataError(
            "a validation table needs the offset too: name a column that both tables have, as in offset='exposure'"
        )
    return encoding.encode(table, target=True)


def _split(rows: Rows, share: float, rng: np.random.Generator) -> tuple[Rows, Rows | None]:
    """Training and validation rows."""
    if share == 0:
        return rows, None
    count = len(rows)
    held_out = max(1, round(share * count))
    if held_out >= count:
        raise DataError(f"validation={share:g} of {count} rows leaves none to train on; give more rows")
    assert rows.table_target is not None
    order = rng.permutation(positions_of(count))
    # A row of every class is trained on: the first ones dealt go to the end, where validation does not reach.
    first = ~np.logical_and.reduce(
        [column.iloc[order].duplicated() for _, column in rows.table_target.items()]
    )
    order = np.concatenate([order[~first], order[first]])
    return rows.take(np.sort(order[held_out:])), rows.take(np.sort(order[:held_out]))


def to_sample(
    head: Head[Any],
    regression: Regression,
    preparation: Preparation,
    rows: Rows,
    dtype: type[np.floating],
    *,
    kept: bool = True,
) -> Sample:
    """Rows as a fit works on them: prepared inputs, encoded targets, and offsets of η.

    Inputs that are not to be kept are made whenever they are read, unless there are few.
    """
    offset = None
    if rows.offset is not None:
        first = head.columns[head.family.free[0]]
        if first.stop - first.start > 1:
            raise FormulaError(
                f"an offset needs a family with one linear predictor, but {head.family.name} "
                f"has {first.stop - first.start}; put it into the formula as a column"
            )
        offset = np.zeros((len(rows), head.n_outputs), dtype=dtype)
        head.add_offset(offset, rows.offset)
    inputs = regression.inputs(rows.inputs, len(rows))
    prepare = preparation.apply if kept or prod(inputs.shape) <= _FEW_VALUES else preparation.reading
    return Sample(
        inputs=prepare(inputs, dtype),
        target=_encoded(head, rows, dtype),
        weights=None if rows.weights is None else rows.weights.astype(dtype),
        offset=offset,
    )


def _encoded(head: Head[Any], rows: Rows, dtype: type[np.floating]) -> np.ndarray:
    """The encoded targets, real ones in the precision of the fit; no copy in another precision is made of the whole."""
    whole = np.empty(0)
    for part in row_blocks(len(rows)):
        target = head.encode(rows.outcomes(part))
        if target.dtype.kind == "f" and not head.censored:
            target = target.astype(dtype, copy=False)
        if part.start == 0:
            whole = np.empty((len(rows), *target.shape[1:]), target.dtype)
        whole[part] = target
    return whole


# ---- head and start ---------------------------------------------------------------------------------------


def bind_head(
    family: Family[D], encoding: Encoding, rows: Rows, network: Network, prior: Distribution | None
) -> Head[D]:
    """The head for this target; units are converted only where an intercept can take up what that moves."""
    without = set()
    if isinstance(network, Linear):
        for key, predictor in encoding.predictors.items():
            if not (network.bias and predictor.intercept):
                without.add(family.parameter(key or family.free[0]).unit)
    return family.bind(
        rows.outcomes(slice(None)),
        weights=rows.weights,
        # A new unit adds to the logarithm of a scale; a location is multiplied, and only a shift adds to it.
        standardize=without <= {"location", "none"},
        shift="location" not in without,
        identified=isinstance(network, Linear) and prior is None,
        guarded=not isinstance(network, Linear),
    )


def starting_point(
    network: BuiltNetwork, head: Head[Any], sample: Sample, rng: np.random.Generator
) -> Float[np.ndarray, " parameters"]:
    """Initial weights, with the outputs' biases at the marginal maximum likelihood."""
    return with_output_biases(network, network.initialize(rng), marginal_coordinates(head, sample))


def marginal_coordinates(head: Head[Any], sample: Sample) -> Float[np.ndarray, " outputs"]:
    """The outputs at which one distribution for all rows has maximum likelihood, or nearly."""
    marginal = head.start(sample.target, sample.weights)
    if not np.isfinite(marginal).all():
        raise FitError(
            f"no single {head.family.name} has maximum likelihood for the target "
            f"{list(head.target_names)}: a scale, a rate or a probability would run to the end of its range, as where "
            "every row that is trained on and has weight is 0. Give rows that differ, or hold the parameter fixed"
        )
    return marginal


def with_output_biases(
    network: BuiltNetwork, theta: Float[np.ndarray, " parameters"], outputs: Float[np.ndarray, " outputs"]
) -> Float[np.ndarray, " parameters"]:
    """θ with those outputs as the biases of the last layer, in place."""
    positions = network.output_biases
    if len(positions) == len(outputs):
        theta[positions[positions >= 0]] = outputs[positions >= 0]
    return theta


def _in_natural_units(
    model: Model[D], network: LinearInParameters, head: Head[D], scaling: Scaling
) -> Model[D]:
    """The same linear model with its coefficients in the units of the data, and nothing standardized."""
    theta = natural_directions(head, network, scaling) @ model.theta
    shifts = np.concatenate([head.coefficient_units(name)[0] for name in head.columns])
    for predictor, shift in zip(network.predictors, shifts, strict=True):
        if predictor.bias:
            theta[range(*predictor.parameters.indices(network.n_parameters))[-1]] += shift
    natural = Scaling.identity(len(scaling.center))
    return replace(model, head=head.in_natural_units(), preparation=natural, theta=theta)
