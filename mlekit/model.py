"""Models: what a fit returns. Immutable, generic in the family, and holding no training rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic

import numpy as np
import pandas as pd
from jaxtyping import Float

from mlekit.arrays import Array, ArrayLike, RowSource, row_blocks
from mlekit.distributions import Head, Multivariate, OutputHead, Seed
from mlekit.distributions.family import D
from mlekit.errors import DataError
from mlekit.fitting.features import Preparation
from mlekit.fitting.objective import weighted_sum
from mlekit.frames import Rows
from mlekit.networks.information import LinearInParameters
from mlekit.regression import Regression

if TYPE_CHECKING:
    from mlekit.information.decomposition import Decomposition

__all__ = ["FitFacts", "Model"]

_LEVELS = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class FitFacts:
    """What is known of how a model came about, in numbers: no rows.

    Args:
        rows: training rows.
        total_weight: the sum of their weights; the number of rows if they have none.
        validation_rows: rows held out to choose the weights by.
        log_likelihood: Σ w·log p(y | x) over the training rows, in nats.
        log_prior: log-density of the weights under the prior; 0 without one.
        optimizer: the optimizer and its settings, as text.
        prior: the prior, as text; None for plain maximum likelihood.
        seed: of the fit.
        array_offset: whether the fit had an offset that was no column, so that predictions need one too.
    """

    rows: int
    total_weight: float
    validation_rows: int
    log_likelihood: float
    log_prior: float
    optimizer: str
    prior: str | None
    seed: int
    array_offset: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class Model(Generic[D]):
    """A fitted model: from rows of a DataFrame to one distribution a row.

    Made by ``fit``; ``model(data)`` is a batch of distributions of the family it was fitted with.

    >>> import pandas as pd, mlekit as mk
    >>> tosses = pd.DataFrame({"coin": ["old", "old", "new", "new"] * 5, "heads": [1, 0, 0, 0] * 4 + [1, 1, 1, 0]})
    >>> model = mk.fit("heads ~ coin", tosses, mk.Bernoulli)
    >>> model(tosses.head(3)).mean.round(3)
    array([0.6, 0.6, 0.1])
    >>> model.loss_name, round(model.log_likelihood(tosses), 4), round(model.aic, 3), round(model.bic, 3)
    ('binary cross-entropy', -9.981, 23.962, 25.953)
    >>> model.is_linear, model.n_parameters, model.coefficients.round(3).to_list(), model.family.__name__
    (True, 2, [-2.197, 2.603], 'Bernoulli')
    >>> model.predict(tosses.head(2)).to_list(), model.predict_frame(tosses.head(2)).columns.to_list()
    ([1, 1], ['probs', 'mean', 'std'])
    >>> model.decompose(tosses).kl < 1e-9, "AIC" in model.summary()
    (True, True)
    >>> model.save("tosses.mlekit")  # doctest: +SKIP
    """

    head: OutputHead[D]
    regression: Regression
    preparation: Preparation
    theta: Float[np.ndarray, " parameters"]
    facts: FitFacts
    history: pd.DataFrame = field(default_factory=pd.DataFrame)
    stop_reason: str = ""
    converged: bool = False
    interrupted: bool = False

    def __post_init__(self) -> None:
        self.theta.flags.writeable = False

    def __reduce__(self) -> tuple[Any, ...]:
        # What the head has worked out for itself holds functions, which no copy or pickle could carry.
        facts = (self.facts, self.history, self.stop_reason, self.converged, self.interrupted)
        return Model, (self.head.copy(), self.regression, self.preparation, self.theta, *facts)

    @property
    def _target(self) -> Head[Any]:
        """What is known of the target."""
        return self.head.member

    # ---- prediction ---------------------------------------------------------------------------------------

    def __call__(self, data: object, *, offset: ArrayLike | None = None) -> D:
        """The predicted distributions, one a row of ``data``, in its order.

        Args:
            data: a DataFrame with the columns that the formula reads; a target is not needed.
            offset: added to the linear predictor; a column named in the fit is read from ``data``.

        Raises:
            DataError: for missing columns, NaN, unseen levels and the like, naming column and row.
        """
        return self._distribution(self._encode(data, offset))

    def _encode(
        self,
        data: object,
        offset: ArrayLike | None,
        *,
        target: bool = False,
        weights: ArrayLike | None = None,
    ) -> Rows:
        if self.facts.array_offset and offset is None:
            raise DataError(
                "the model was fitted with an offset that is no column of the table, so predictions need one "
                "too: pass offset=..., or name a column in the fit"
            )
        return self.regression.encoding.encode(data, target=target, weights=weights, offset=offset)

    def _distribution(self, rows: Rows) -> D:
        features = self.regression.features(self.preparation, rows.inputs, len(rows))
        return self.head.distribution(self._eta(features, rows.offset))

    def _eta(self, features: RowSource, offset: Array | None, rows: slice = slice(None)) -> Array:
        eta = self.regression.eta(self.theta, features, rows)
        if offset is not None:
            self.head.add_offset(eta, offset[rows])
        return eta

    def predict(self, data: object, *, offset: ArrayLike | None = None) -> pd.Series[Any] | pd.DataFrame:
        """The likeliest label of every row, or the mean (the median, if there is none), on the index of ``data``.

        Returns:
            A Series named as the target; a DataFrame, a column a target, if there are several.
        """
        rows = self._encode(data, offset)
        distribution = self._distribution(rows)
        values = distribution._point
        if self._target.boolean and not self._target.family.distribution.joint:
            values = np.asarray(values).astype(bool)
        if self._target.n_targets > 1 or distribution.event_shape:
            return pd.DataFrame(values, index=rows.index, columns=list(self._target.target_names))
        name = self._target.target_names[0] if len(self._target.target_names) == 1 else None
        return pd.Series(values, index=rows.index, name=name)

    def predict_frame(self, data: object, *, offset: ArrayLike | None = None) -> pd.DataFrame:
        """Everything about the predicted distributions, a row a row of ``data``, on its index.

        Returns:
            Class probabilities, a column a label, for a `Categorical`; otherwise the parameters, ``mean``,
            ``std`` and the quantiles ``5%``, ``50%``, ``95%`` (none for a yes-or-no outcome). With several
            targets the columns have two levels, target and quantity; of vectors there are the parameters, and the same
            of each coordinate, ``mean[y1]``, ``mean[y2]`` (no quantiles if they are predicted by an ensemble).
        """
        rows = self._encode(data, offset)
        distribution = self._distribution(rows)
        columns = distribution._columns()
        if distribution.event_shape:
            names = self._target.target_names
            for quantity, values in {"mean": distribution.mean, "std": distribution.std}.items():
                columns |= {f"{quantity}[{name}]": values[..., j] for j, name in enumerate(names)}
            if isinstance(distribution, Multivariate):
                parts = {name: distribution.coordinate(j) for j, name in enumerate(names)}
                columns |= {
                    f"{100 * level:g}%[{name}]": part.quantile(level)
                    for level in _LEVELS
                    for name, part in parts.items()
                }
        elif not self._target.family.distribution.joint:
            columns |= {"mean": distribution.mean, "std": distribution.std}
            if not distribution.labelled:
                columns |= {f"{100 * level:g}%": distribution.quantile(level) for level in _LEVELS}
        if self._target.n_targets > 1:
            shape = distribution.batch_shape
            wide = {
                (target, name): np.broadcast_to(values, shape)[:, j]
                for j, target in enumerate(self._target.target_names)
                for name, values in columns.items()
            }
            return pd.DataFrame(wide, index=rows.index)
        flat = {name: np.broadcast_to(values, len(rows.index)) for name, values in columns.items()}
        return pd.DataFrame(flat, index=rows.index)

    # ---- likelihood ---------------------------------------------------------------------------------------

    def log_likelihood(
        self, data: object, *, weights: ArrayLike | None = None, offset: ArrayLike | None = None
    ) -> float:
        """Σ w·log p(y | x) over the rows of ``data``, in nats, constants kept, in the target's own units.

        Args:
            data: a DataFrame with predictors and target.
            weights: one a row; a column of weights named in the fit is used if none are given.
            offset: see `__call__`.
        """
        return self._log_likelihood(self._encode(data, offset, target=True, weights=weights))

    def _log_likelihood(self, rows: Rows) -> float:
        return weighted_sum(self._row_log_likelihood(rows), rows.weights)

    def _row_log_likelihood(self, rows: Rows) -> Float[np.ndarray, " rows"]:
        log_prob = np.empty(len(rows))
        features = self.regression.features(self.preparation, rows.inputs, len(rows))
        for part in row_blocks(len(rows)):
            eta = self._eta(features, rows.offset, part)
            log_prob[part] = self.head.log_likelihood(eta, self._target.encode(rows.outcomes(part)))
        return log_prob

    def decompose(
        self,
        data: object,
        *,
        weights: ArrayLike | None = None,
        offset: ArrayLike | None = None,
        resamples: int | None = None,
        level: float = 0.95,
        rng: Seed = 0,
    ) -> Decomposition:
        """Mean NLL = cross-entropy(data, model) = entropy(data) + KL(data ‖ model), in nats.

        Rows whose predictors are the same form a group, within which the data's own entropy can be told from
        what the model adds to it. Soft labels and counts are so many answers a row.

        Args:
            data: a DataFrame with predictors and target.
            weights: as for `log_likelihood`.
            offset: see `__call__`.
            resamples: how often to redraw each group's rows, for intervals by the bootstrap; None for none.
            level: of the intervals.
            rng: a NumPy generator or a seed, for the resampling.

        Returns:
            The decomposition, by group and overall. For a continuous target, one y per x tells nothing of the
            entropy, and only the cross-entropy is given.

        Raises:
            DataError: for a model of several targets, which has no single entropy, and for intervals from soft
                labels or counts, whose answers are not so many independent rows.
        """
        from mlekit.information.decomposition import grouped_decomposition

        rows = self._encode(data, offset, target=True, weights=weights)
        assert rows.target is not None
        if self._target.censored:
            raise DataError(
                f"decompose: outcomes of {list(self._target.target_names)} are known by intervals, which have no "
                "entropy; decompose a model of outcomes that were seen"
            )
        if self._target.n_targets > 1:
            raise DataError(
                f"decompose: needs one target, but the model has {list(self._target.target_names)}; fit one of them"
            )
        same = pd.DataFrame(self.regression.inputs(rows.inputs, len(rows))[:])
        if rows.offset is not None:
            same["offset"] = rows.offset
        same["all"] = 0  # without any predictor all rows are alike
        groups = same.groupby(list(same.columns), sort=False).ngroup().to_numpy()
        kind = self._target.family.distribution
        vectors = kind.joint and not kind.labelled
        if len(self._target.target_names) == 1 or vectors:
            outcomes = None
            if self._discrete:
                whole = rows.target.groupby(list(rows.target.columns), sort=False).ngroup()
                outcomes = whole.to_numpy() if vectors else rows.target.iloc[:, 0].to_numpy()
            return grouped_decomposition(
                groups,
                outcomes,
                self._row_log_likelihood(rows),
                rows.weights,
                resamples=resamples,
                level=level,
                rng=rng,
            )
        if resamples is not None:
            raise DataError(
                f"decompose: resamples redraws rows of one answer each, but {list(self._target.target_names)} hold "
                "soft labels or counts; leave resamples out"
            )
        encoded = self._target.in_natural_units().encode(rows.target)
        labels, answers = self._target.family.distribution._answers(encoded)
        if rows.weights is not None:
            answers = answers * rows.weights[:, None]
        row, outcome = np.nonzero(answers)
        batch = self._distribution(rows)
        log_prob = np.stack([batch._log_prob(np.full(len(answers), label)) for label in labels], axis=1)
        return grouped_decomposition(groups[row], outcome, log_prob[row, outcome], answers[row, outcome])

    @property
    def _discrete(self) -> bool:
        distribution = self._target.family.distribution
        return bool(distribution.labelled or distribution.outcomes.integer)

    # ---- facts --------------------------------------------------------------------------------------------

    @property
    def family(self) -> type[D]:
        """The class of the predicted distributions."""
        return self.head.predicts

    @property
    def loss_name(self) -> str:
        """What this likelihood is called elsewhere: ``'binary cross-entropy'``, ``'mean squared error'``."""
        return self._target.loss_name

    @property
    def n_parameters(self) -> int:
        """The number of fitted parameters."""
        return len(self.theta)

    @property
    def aic(self) -> float:
        """Akaike's information criterion, 2·parameters − 2·log-likelihood of the training rows."""
        return 2 * self.n_parameters - 2 * self.facts.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion, parameters·log n − 2·log-likelihood of the n training rows (Σ weights)."""
        return float(self.n_parameters * np.log(self.facts.total_weight) - 2 * self.facts.log_likelihood)

    @property
    def is_linear(self) -> bool:
        """Whether η is linear in the parameters, so that these are coefficients."""
        return self.regression.is_linear

    @property
    def coefficients(self) -> pd.Series[float]:
        """The coefficients of a linear model, indexed by output and term, in the units of the data.

        Raises:
            DataError: for a model that is not linear.
        """
        network = self.regression.build(np.float64)
        if not isinstance(network, LinearInParameters):
            raise DataError("coefficients: only a linear model has them; look at the predictions instead")
        names = linear_names(self.head.member, self.regression, network)
        values = [float(self.theta[position]) for position, _, _ in names]
        index = pd.MultiIndex.from_tuples([name[1:] for name in names], names=["output", "term"])
        return pd.Series(values, index=index, name="coefficient")

    def summary(self) -> str:
        """The fit in words and numbers: what was fitted, how well, and the coefficients of a linear model."""
        from mlekit.evaluation.summary import summarize

        return summarize(self)

    def save(self, path: str | Path) -> None:
        """Write the model to a file: weights, schema, levels, family and versions; no training rows.

        The file appears whole or not at all. ``mlekit.load`` reads it, and executes nothing.
        """
        from mlekit.storage import save

        save(self, path)

    def __repr__(self) -> str:
        formulas = ", ".join(
            f"{key or self.regression.encoding.left} ~ {predictor.formula}"
            for key, predictor in self.regression.encoding.predictors.items()
        )
        state = "interrupted" if self.interrupted else "converged" if self.converged else "not converged"
        return (
            f"Model[{self.head.name}]({formulas}; {self.n_parameters} parameters, "
            f"log-likelihood {self.facts.log_likelihood:.6g} on {self.facts.rows} rows, {state})"
        )


def linear_names(
    head: Head[Any], regression: Regression, network: LinearInParameters
) -> list[tuple[int, Any, str]]:
    """(position in θ, output, term) of every coefficient, in the order of outputs, intercepts first."""
    columns = regression.columns
    outputs: list[Any] = []
    for name in head.columns:
        labels = head.output_labels(name)
        if head.family.distribution.joint and len(labels) > 1:
            outputs.extend(labels)
        elif head.n_targets > 1:
            outputs.extend(f"{label}: {name}" for label in labels)
        else:
            outputs.append(head.family.parameter(name).coordinate_name or name)
    names: list[tuple[int, Any, str]] = []
    for output, predictor in zip(outputs, network.predictors, strict=True):
        positions = list(range(*predictor.parameters.indices(network.n_parameters)))
        terms = columns[predictor.columns]
        if predictor.bias:
            names.append((positions[-1], output, "Intercept"))
        names.extend((position, output, term) for position, term in zip(positions, terms, strict=False))
    return names
