"""What a type checker must accept, and with which types. mypy reads this file; nothing runs it.

To add an expectation, write a line: ``assert_type(expression, Type)``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, assert_type

import numpy as np
import pandas as pd

import mlekit
from mlekit import (
    LBFGS,
    MLP,
    SGD,
    Adam,
    Bernoulli,
    Categorical,
    Distribution,
    Estimate,
    Exp,
    Family,
    Gaussian,
    Linear,
    Mixture,
    Model,
    Network,
    Newton,
    Optimizer,
    Poisson,
    Transformed,
    ZeroInflated,
    cross_entropy,
    entropy,
    fit,
    fit_ensemble,
    kl,
    load,
)
from mlekit.arrays import Array, ArrayLike, BoolArray, Labels
from mlekit.errors import (
    DataError,
    FileFormatError,
    FitError,
    FormulaError,
    MlekitError,
    ParameterError,
    SupportError,
    TargetError,
)

assert_type(mlekit.__version__, str)


def errors_are_the_built_in_ones_too() -> None:
    of_value: list[type[ValueError]] = [
        DataError,
        FileFormatError,
        FitError,
        FormulaError,
        ParameterError,
        SupportError,
        TargetError,
    ]
    of_mlekit: list[type[MlekitError]] = [DataError, ParameterError, TargetError]
    of_data: list[type[DataError]] = [TargetError]
    assert_type((of_value, of_mlekit, of_data)[2][0], type[DataError])


def numbers_in_many_forms(
    series: pd.Series[float], array: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> None:
    forms: list[ArrayLike] = [1, 2.5, True, [1, 2], (0.5, 1.0), [[1.0], [2.0]], np.float32(3), array, series]
    assert_type(forms[0], ArrayLike)


def arrays_of_any_float(half: np.ndarray[tuple[int, int], np.dtype[np.float16]], values: Array) -> None:
    widened: Array = half
    total: Array = values + widened
    positive: BoolArray = values > 0
    assert_type((total, positive), tuple[Array, BoolArray])


def labels_of_any_kind(words: np.ndarray[tuple[int], np.dtype[np.str_]], truths: BoolArray) -> None:
    kinds: list[Labels] = [words, truths]
    assert_type(kinds[0], Labels)


# ---- models are generic in their distribution ------------------------------------------------------------------


def a_fit_knows_its_family(data: pd.DataFrame) -> None:
    assert_type(fit("y ~ x", data, Gaussian), Model[Gaussian])
    assert_type(fit("y ~ x", data, Gaussian)(data), Gaussian)
    assert_type(fit("y ~ x", data, Gaussian)(data).scale, Array)
    assert_type(fit("y ~ x", data, Gaussian)(data).log_prob(data["y"]), Array)
    assert_type(fit("y ~ x", data, Categorical)(data).probs, Array)
    assert_type(fit("y ~ x", data, Categorical)(data).categories, Labels)
    assert_type(fit("y ~ x", data, Bernoulli, network=MLP(16, 16), seed=0)(data).logits, Array)


def a_family_with_fixed_parameters_is_one_too(data: pd.DataFrame) -> None:
    assert_type(Gaussian.family(scale=1.0), Family[Gaussian])
    assert_type(fit("y ~ x", data, Gaussian.family(scale=1.0)), Model[Gaussian])
    assert_type(fit("y ~ x", data, Bernoulli.family(links={"probs": "probit"})), Model[Bernoulli])
    assert_type(fit({"loc": "y ~ x", "scale": "~ x"}, data, Gaussian), Model[Gaussian])


def a_family_of_a_family_knows_both(data: pd.DataFrame) -> None:
    assert_type(ZeroInflated.of(Poisson), Family[ZeroInflated[Poisson]])
    assert_type(ZeroInflated.of(Poisson.family(rate=2.0)), Family[ZeroInflated[Poisson]])
    assert_type(fit("y ~ x", data, ZeroInflated.of(Poisson)), Model[ZeroInflated[Poisson]])
    assert_type(fit("y ~ x", data, ZeroInflated.of(Poisson))(data).base.rate, Array)
    assert_type(fit("y ~ x", data, ZeroInflated.of(Poisson)).family, type[ZeroInflated[Poisson]])
    assert_type(fit("y ~ x", data, Transformed.of(Gaussian, Exp())), Model[Transformed[Gaussian]])
    assert_type(fit("y ~ x", data, Transformed.of(Gaussian, Exp()))(data).base.loc, Array)


def what_models_answer(model: Model[Bernoulli], data: pd.DataFrame, path: Path) -> None:
    assert_type(model.predict(data), pd.Series[Any] | pd.DataFrame)
    assert_type(model.predict_frame(data), pd.DataFrame)
    assert_type(model.log_likelihood(data), float)
    assert_type(model.history, pd.DataFrame)
    assert_type((model.loss_name, model.stop_reason, model.summary()), tuple[str, str, str])
    assert_type((model.converged, model.interrupted), tuple[bool, bool])
    assert_type((model.aic, model.bic), tuple[float, float])
    assert_type(model.family, type[Bernoulli])
    assert_type(load(path), Model[Any])


def any_family(data: pd.DataFrame, family: type[Distribution]) -> Model[Distribution]:
    return fit("y ~ x", data, family)


def settings() -> None:
    optimizers: list[Optimizer] = [Newton(), LBFGS(), Adam(epochs=2), SGD(momentum=0.5)]
    networks: list[Network] = [Linear(), MLP(4)]
    prior: Distribution = Gaussian(loc=0.0, scale=1.0)
    assert_type((optimizers[0], networks[0], prior)[2], Distribution)


def an_estimate_is_asked_for(p: Gaussian, q: Gaussian) -> None:
    assert_type(kl(p, q, estimate=True), Estimate)
    assert_type(entropy(p, estimate=True), Estimate)
    assert_type(cross_entropy(p, q, estimate=True), Estimate)


def an_ensemble_predicts_mixtures_of_its_family(table: pd.DataFrame) -> None:
    model = fit_ensemble("y ~ .", table, Gaussian)
    assert_type(model, Model[Mixture[Gaussian]])
    assert_type(model(table), Mixture[Gaussian])
    held = fit_ensemble(
        "y ~ .", table, Gaussian.family(scale=1.0), network=MLP(8), members=5, optimizer=SGD()
    )
    assert_type(held, Model[Mixture[Gaussian]])
    assert_type(held.family, type[Mixture[Gaussian]])
