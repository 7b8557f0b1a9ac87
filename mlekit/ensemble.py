"""fit_ensemble(): many networks, trained side by side, whose equal mixture is what a row is predicted.

With nothing set this is the library's recipe for the best predictive likelihood; docs/explanation/recipe.md says what
each part of it gains.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Event
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
    starting_point,
    to_sample,
    validation_table,
)
from mlekit.existence import require_spread
from mlekit.fitting import Adam, Sample, WeightPrior
from mlekit.fitting.features import Features, Preparation
from mlekit.fitting.loop import Solution, optimize_members, progress_bar
from mlekit.fitting.members import HeldOut, MembersObjective, deal_folds
from mlekit.fitting.optimizer import StochasticOptimizer
from mlekit.fitting.scaling import Scaling
from mlekit.frames import Encoding, Rows
from mlekit.model import FitFacts, Model
from mlekit.networks import MLP, Network, Stack
from mlekit.networks.information import LinearInParameters
from mlekit.regression import Block, Regression, plan_blocks

__all__ = ["fit_ensemble", "require_ensemble_settings"]

_MEMBERS = 10
_FEWEST_HELD_OUT = 10
_SMOOTH = MLP(50, 50, 50, activation="silu", skip=True)
_STEPPED = MLP(50, 50, activation="relu")
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

        p(y | x) = 1/M Σ_m p(y | η(x; θ_m))

    The recipe, where nothing is set: ten smooth networks (SiLU, with a linear skip) over standardized and whitened
    inputs, and ten with kinks (ReLU) that also read piecewise-linear codes of every column; each holds out another
    tenth of the rows, and keeps the weights under which these were likeliest. It needs no setting for a data set or
    a family.

    Args:
        formula: as for `fit`. With a formula for each parameter, inputs are standardized only.
        data: a pandas or Polars DataFrame, or a PyArrow table.
        family: a distribution class, or one with parameters fixed or re-linked. A scale does not fall below the
            resolution of the target (``Gaussian.family(resolution=0)`` turns that off), and a Student t's df is 5
            unless it has a formula or is fixed elsewhere.
        network: the members' network, e.g. ``MLP(32)``, over standardized inputs; None for the recipe's two kinds.
        members: how many networks (of each kind); 10 by default.
        prior: a distribution of every weight of every member, as for `fit`. None leaves it at the recipe's decay of
            weights.
        weights: a column's name or one number ≥ 0 a row: how often the row counts.
        offset: a column's name or one number a row, added to the first parameter's linear predictor.
        optimizer: `Adam` or `SGD`, with settings of its own.
        validation: the rows that a member's weights are chosen by: a share of the rows, other rows for each member,
            or a table of its own. None is a share of 1/members, but at least ten rows, and at most a third; 0 keeps
            each member's last weights.
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
    kinds = (_SMOOTH, _STEPPED) if network is None else (network,)
    count = _MEMBERS if members is None else members
    require_ensemble_settings(family, kinds, count, prior, optimizer, seed)
    encoding, rows = Encoding.learn(formula, data, weights=weights, offset=offset)
    specification = as_family(family).holding(encoding.predictors.keys())
    array_offset = offset is not None and not isinstance(offset, str)
    assert rows.target is not None
    head = bind_head(specification, encoding, rows, kinds[0], prior)
    require_spread(head, rows.target, rows.weights)
    regressions = [Regression(encoding, plan_blocks(encoding, head, kind)) for kind in kinds]
    preparation, widths = _prepare(regressions, rows, network)
    held_out, validation_rows = _held_out(head, rows, validation, count, np.random.default_rng(seed))
    table = None
    if not isinstance(validation, (int, float, NoneType)):
        table = validation_table(encoding, validation, array_offset)
        validation_rows = len(table.index)
    solver = optimizer or _default_optimizer(len(rows.index), prior)
    groups = []
    for kind, (regression, width) in enumerate(zip(regressions, widths, strict=True)):
        reading = replace(regression, blocks=tuple(_reading(block, width) for block in regression.blocks))
        sample = to_sample(head, regression, preparation, rows, np.float32)
        sample = replace(sample, inputs=np.ascontiguousarray(sample.inputs[:, : reading.width]))
        check = None if table is None else to_sample(head, regression, preparation, table, np.float32)
        if check is not None:
            check = replace(check, inputs=check.inputs[:, : reading.width])
        groups.append(_Group(reading, count, head, sample, held_out, check, prior, solver, [seed, kind]))
    solutions = _train(groups, progress)
    facts = FitFacts(
        rows=len(rows.index),
        total_weight=float(len(rows.index) if rows.weights is None else rows.weights.sum()),
        validation_rows=validation_rows,
        log_likelihood=float("nan"),
        log_prior=sum(group.prior_of(solution) for group, solution in zip(groups, solutions, strict=True)),
        optimizer=repr(solver),
        prior=None if prior is None else repr(prior),
        seed=seed,
        array_offset=array_offset,
    )
    total = count * len(groups)
    histories = [
        solution.history.assign(member=solution.history["member"] + count * kind)
        for kind, solution in enumerate(solutions)
    ]
    blocks = [block for group in groups for _ in range(count) for block in group.regression.blocks]
    model = Model(
        head=MixtureHead(head, np.full(total, 1 / total)),
        regression=Regression(encoding, tuple(blocks)),
        preparation=preparation,
        theta=np.concatenate([solution.theta.reshape(-1) for solution in solutions]),
        facts=facts,
        history=pd.concat(histories, ignore_index=True),
        stop_reason="; ".join(dict.fromkeys(solution.stop.reason for solution in solutions)),
        converged=all(solution.stop.converged for solution in solutions),
        interrupted=any(solution.interrupted for solution in solutions),
    )
    return replace(model, facts=replace(facts, log_likelihood=model._log_likelihood(rows)))


def require_ensemble_settings(
    family: object,
    kinds: Sequence[Network],
    members: object,
    prior: object,
    optimizer: object,
    seed: object,
) -> None:
    """Refuse settings of a wrong type, naming value and remedy."""
    for kind in kinds:
        check_settings(family, kind, prior, None, seed)
        if isinstance(kind.build(1, 1), LinearInParameters):
            raise NetworkError(
                f"network={kind!r} is linear in its parameters: the likelihood has one maximum, and all members would "
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


def _prepare(
    regressions: list[Regression], rows: Rows, network: Network | None
) -> tuple[Preparation, list[int | None]]:
    """What the networks read, and how many of its columns each kind reads; None for those of its formulas."""
    inputs = regressions[0].inputs(rows.inputs, len(rows.index))
    if network is not None or set(regressions[0].encoding.predictors) != {""}:
        return Scaling.learn(inputs, rows.weights, regressions[0].centered), [None] * len(regressions)
    features = Features.learn(inputs, rows.weights)
    return features, [features.n_base, features.n_features]


def _reading(block: Block, width: int | None) -> Block:
    if width is None or block.formula is None:
        return block
    return replace(block, columns=slice(0, width))


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


# ---- training ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Group:
    """Members of one kind, and all that their training needs."""

    regression: Regression
    members: int
    head: Head[Any]
    sample: Sample
    held_out: Bool[np.ndarray, "rows members"]
    table: Sample | None
    prior: Distribution | None
    solver: StochasticOptimizer
    seed: list[int]

    def prior_of(self, solution: Solution) -> float:
        """Log-density of all members' weights under the prior."""
        if self.prior is None:
            return 0.0
        network = self.regression.build(np.float64)
        one = WeightPrior(self.prior, network.penalized, np.ones(network.n_parameters))
        return sum(one.log_prob(theta) for theta in solution.theta)

    def train(self, bar: Any, cancelled: Event) -> Solution:
        """All members of the group at once."""
        rng = np.random.default_rng(self.seed)
        network = self.regression.build(np.float32)
        stack: Stack = self.regression.build_stack(self.members, np.float32)
        starts = [starting_point(network, self.head, self.sample, rng) for _ in range(self.members)]
        theta = stack.join(np.stack(starts))
        penalized = stack.join(np.tile(network.penalized, (self.members, 1)))
        prior = None
        if self.prior is not None:
            prior = WeightPrior(self.prior, penalized, np.ones(len(theta)))
        own = 1.0 if self.sample.weights is None else self.sample.weights[:, None]
        training = replace(self.sample, weights=np.asarray(~self.held_out * own, dtype=np.float32))
        validation = None
        if self.table is not None:
            validation = HeldOut.shared(stack, self.head, self.table)
        elif self.held_out.any():
            validation = HeldOut.of_folds(stack, self.head, self.sample, self.held_out)
        return optimize_members(
            MembersObjective(stack, self.head, training, prior, penalized),
            self.solver,
            theta,
            rng=rng,
            validation=validation,
            bar=bar,
            cancelled=cancelled.is_set,
        )


def _train(groups: list[_Group], progress: bool | None) -> list[Solution]:
    """Every group in a thread of its own, as far as there are cores; an interruption ends them all."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    cancelled = Event()
    workers = min(len(groups), os.cpu_count() or 1)
    # The products are small: threads of BLAS within ours would wait for each other most of the time.
    one_each = threadpool_limits(1, user_api="blas")
    with one_each, progress_bar(progress) as bar, ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(group.train, bar, cancelled) for group in groups]
        while True:
            try:
                return [future.result() for future in futures]
            except KeyboardInterrupt:
                cancelled.set()
