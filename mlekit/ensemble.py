"""fit_ensemble(): many networks, trained side by side, whose mixture is what a row is predicted.

With nothing set this is the library's recipe for the best predictive likelihood; docs/explanation/recipe.md says what
each part of it gains.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import NoneType
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool

from mlekit.arrays import ArrayLike
from mlekit.distributions import Distribution, Family, Head, Mixture, MixtureHead
from mlekit.distributions.family import D, as_family
from mlekit.errors import DataError, NetworkError, ParameterError
from mlekit.estimation import (
    bind_head,
    check_settings,
    to_sample,
    validation_table,
)
from mlekit.existence import require_spread
from mlekit.fitting import Adam
from mlekit.fitting.features import Features, Part, Preparation
from mlekit.fitting.members import deal_folds
from mlekit.fitting.optimizer import StochasticOptimizer
from mlekit.fitting.scaling import Scaling
from mlekit.frames import Encoding, Rows
from mlekit.kinds import Kind, train, weigh
from mlekit.model import FitFacts, Model
from mlekit.networks import MLP, Linear, Network
from mlekit.networks.information import LinearInParameters
from mlekit.regression import Regression, plan_blocks

__all__ = ["fit_ensemble", "require_ensemble_settings"]

_MEMBERS = 10
_FEWEST_HELD_OUT, _MOST_HELD_OUT = 10, 20_000  # rows; more would tell a hundred looks apart no better
# What reads which of the features.
_KINDS: Mapping[Part, Network] = {
    "whitened": MLP(48, 48, 48, activation="silu", skip=True),
    "coded": MLP(48, 48, activation="relu"),
    "columns": Linear(),
}
_ADAM = Adam(cycles=4, weight_decay=0.1, steps=4000, patience=None, clip_norm=float("inf"))


def fit_ensemble(
    formula: str | Mapping[str, str],
    data: object,
    family: type[D] | Family[D],
    *,
    network: Network | None = None,
    members: int | None = None,
    prior: Distribution | None = None,
    weights: str | ArrayLike | None = None,
    offset: str | ArrayLike | None = None,
    optimizer: StochasticOptimizer | None = None,
    validation: float | object | None = None,
    seed: int = 0,
    progress: bool | None = None,
) -> Model[Mixture[D]]:
    """Fit many networks, each by maximum likelihood, and predict the mixture of their distributions.

        p(y | x) = Σ_m w_m·p(y | η(x; θ_m))

    The recipe, where nothing is set: ten smooth networks (SiLU, with a linear skip) over standardized and whitened
    inputs, ten with kinks (ReLU) that also read piecewise-linear codes of every column, and ten linear predictors,
    shrunk as far as that helps; each holds out another tenth of the rows. A network keeps the weights under which
    rows held out were likeliest, and each kind has the weight in the mixture that makes them likeliest. It needs no
    setting for a data set or a family.

    Args:
        formula: as for `fit`. With a formula for each parameter, inputs are standardized only.
        data: a pandas or Polars DataFrame, or a PyArrow table.
        family: a distribution class, or one with parameters fixed or re-linked. A scale does not fall below the
            resolution of the target (``Gaussian.family(resolution=0)`` turns that off), and a Student t's df is 5
            unless it has a formula or is fixed elsewhere.
        network: the members' network, e.g. ``MLP(32)``, over standardized inputs; None for the recipe's kinds.
        members: how many there are (of each kind); 10 by default.
        prior: a distribution of every weight of every member, as for `fit`. None leaves it at the recipe's decay of
            networks' weights, and lets held-out rows choose the scale of a Gaussian prior of linear ones.
        weights: a column's name or one number ≥ 0 a row: how often the row counts.
        offset: a column's name or one number a row, added to the first parameter's linear predictor.
        optimizer: `Adam` or `SGD`, with settings of its own.
        validation: the rows that a member's weights are chosen by: a share of the rows, other rows for each member,
            or a table of its own. None is a share of 1/members, but at least ten rows, if that is no more than a
            third, and at most 20,000; 0 keeps each network's last weights, weighs both kinds alike, and leaves the
            linear one out.
        seed: of initial weights, the shuffling and the choice of rows: the same seed gives the same bits, on any
            number of cores.
        progress: True or False to show a progress bar or not; None shows one on long fits.

    Returns:
        A model that predicts mixtures. An interrupted fit (Ctrl-C) returns the best weights so far, with
        ``interrupted=True``.

    Raises:
        FormulaError: for a formula that cannot be read or does not suit the family.
        DataError: for a table that cannot be used, naming column, row and remedy.
        NetworkError: for a network that is linear in its parameters: all members would be the same.

    >>> import numpy as np, pandas as pd, mlekit as mk
    >>> x = np.linspace(-3, 3, 60)
    >>> waves = pd.DataFrame({"x": x, "y": np.sin(x) + np.random.default_rng(0).normal(0, 0.1, 60)})
    >>> quick = mk.Adam(steps=400)
    >>> model = mk.fit_ensemble("y ~ x", waves, mk.Gaussian, network=MLP(16), members=3, optimizer=quick)
    >>> model
    Model[Mixture[Gaussian]](y ~ x; ...)
    >>> model(waves).n_components, bool(abs(model.predict(waves) - np.sin(x)).mean() < 0.3)
    (3, True)
    """
    count = _MEMBERS if members is None else members
    require_ensemble_settings(family, network, count, prior, optimizer, seed)
    kinds: Mapping[Part, Network] = _KINDS if network is None else {"columns": network}
    specification = as_family(family)
    encoding, rows = Encoding.learn(
        formula, data, weights=weights, offset=offset, beside=specification.columns_beside
    )
    specification = specification.holding(encoding.predictors.keys())
    array_offset = offset is not None and not isinstance(offset, str)
    assert rows.target is not None
    head = bind_head(specification, encoding, rows, next(iter(kinds.values())), prior)
    require_spread(head, rows.target, rows.weights)
    held_out, validation_rows = _held_out(head, rows, validation, count, np.random.default_rng(seed))
    table = None
    if not isinstance(validation, (int, float, NoneType)):
        table = validation_table(encoding, validation, array_offset)
        validation_rows = len(table.index)
    if not validation_rows:  # only rows held out say how far lines are to be shrunk and trusted
        kinds = {part: kind for part, kind in kinds.items() if not isinstance(kind, Linear)}
    plans = {part: Regression(encoding, plan_blocks(encoding, head, kind)) for part, kind in kinds.items()}
    plan = next(iter(plans.values()))
    preparation = _prepare(plan, rows, network)
    sample = to_sample(head, plan, preparation, rows, np.float32)
    check = None if table is None else to_sample(head, plan, preparation, table, np.float32)
    groups = [
        Kind.reading(_told(of_kind, part, preparation), count, head, sample, held_out, check, prior)
        for part, of_kind in plans.items()
    ]
    solver = optimizer or _default_optimizer(len(rows.index), prior)
    solutions = train(groups, solver, seed, progress)
    facts = FitFacts(
        rows=len(rows.index),
        total_weight=float(len(rows.index) if rows.weights is None else rows.weights.sum()),
        validation_rows=validation_rows,
        log_likelihood=float("nan"),
        log_prior=sum(map(Kind.log_prior, groups, solutions)),
        optimizer=repr(solver),
        prior=None if prior is None else repr(prior),
        seed=seed,
        array_offset=array_offset,
    )
    histories = [
        solution.history.assign(member=solution.history["member"] + count * kind)
        for kind, solution in enumerate(solutions)
    ]
    blocks = [block for kind in groups for _ in range(count) for block in kind.regression.blocks]
    model = Model(
        head=MixtureHead(head, weigh(groups, solutions)),
        regression=Regression(encoding, tuple(blocks)),
        preparation=preparation,
        theta=np.concatenate([solution.theta.reshape(-1).astype(np.float32) for solution in solutions]),
        facts=facts,
        history=pd.concat(histories, ignore_index=True),
        stop_reason="; ".join(dict.fromkeys(solution.stop.reason for solution in solutions)),
        converged=all(solution.stop.converged for solution in solutions),
        interrupted=any(solution.interrupted for solution in solutions),
    )
    return replace(model, facts=replace(facts, log_likelihood=model._log_likelihood(rows)))


def require_ensemble_settings(
    family: object,
    network: Network | None,
    members: object,
    prior: object,
    optimizer: object,
    seed: object,
) -> None:
    """Refuse settings of a wrong type, naming value and remedy."""
    given = MLP(1) if network is None else network
    check_settings(family, given, prior, None, seed)
    if isinstance(given.build(1, 1), LinearInParameters):
        raise NetworkError(
            f"network={network!r} is linear in its parameters: the likelihood has one maximum, and all members would "
            "be the same. Use fit, or a network with hidden layers"
        )
    if isinstance(optimizer, type) or not isinstance(optimizer, StochasticOptimizer | None):
        raise ParameterError(f"optimizer: an ensemble is trained by Adam() or SGD(), but is {optimizer!r}")
    if isinstance(members, bool) or not isinstance(members, (int, np.integer)) or members < 1:
        raise ParameterError(f"members must be a whole number ≥ 1, but is {members!r}")


def _default_optimizer(rows: int, prior: Distribution | None) -> Adam:
    """The recipe's; a prior takes the place of the decay of weights."""
    batch = int(np.clip(0.75 * np.sqrt(rows), 64, 512))
    return replace(_ADAM, batch_size=batch, weight_decay=_ADAM.weight_decay if prior is None else 0.0)


# ---- rows -------------------------------------------------------------------------------------------------


def _prepare(regression: Regression, rows: Rows, network: Network | None) -> Preparation:
    """What the networks read, learned from the training rows."""
    inputs = regression.inputs(rows.inputs, len(rows.index))
    if network is not None or set(regression.encoding.predictors) != {""}:
        return Scaling.learn(inputs, rows.weights, regression.centered)
    return Features.learn(inputs, rows.weights)


def _told(plan: Regression, part: Part, preparation: Preparation) -> Regression:
    """The plan, told which part of the features its networks read; formulas of parameters know theirs."""
    if not isinstance(preparation, Features):
        return plan
    own = slice(0, preparation.widths[part])
    blocks = [block if block.formula is None else replace(block, columns=own) for block in plan.blocks]
    return replace(plan, blocks=tuple(blocks))


def _held_out(
    head: Head[Any],
    rows: Rows,
    validation: object,
    members: int,
    rng: np.random.Generator,
) -> tuple[Bool[np.ndarray, "rows members"], int]:
    """Which rows each member holds out, and how many that are."""
    count = len(rows.index)
    nothing = np.zeros((count, members), dtype=bool)
    if not isinstance(validation, (int, float, NoneType)):
        return nothing, 0
    if count < 2:
        raise DataError(
            f"an ensemble needs at least two rows, one to choose weights by, but there is {count}"
        )
    if validation is None:
        share = max(1 / members if members > 1 else 0.1, min(_FEWEST_HELD_OUT / count, 1 / 3))
        share = min(share, _MOST_HELD_OUT / count)
    elif isinstance(validation, bool) or not 0 <= validation < 1:
        raise ParameterError(f"validation must be a share in [0, 1) or a table, but is {validation}")
    else:
        share = float(validation)
    if share == 0:
        return nothing, 0
    assert rows.target is not None
    labels = np.zeros(count, dtype=np.int64)
    if head.family.distribution.labelled and rows.target.shape[1] == 1:
        labels = pd.factorize(rows.target.iloc[:, 0])[0].astype(np.int64)
    held_out = deal_folds(labels, members, share, rng)
    return held_out, int(held_out[:, 0].sum())
