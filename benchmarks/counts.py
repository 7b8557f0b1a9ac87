"""Counts: predictive likelihood and Poisson deviance, by repeated five-fold cross-validation.

    python -m benchmarks.counts                                  # about a quarter of an hour on one core
    python -m benchmarks.counts --splits 2 --sets bioChemists    # a minute

A model that predicts a distribution is scored by its own likelihood; a peer that predicts a mean only, by that of
the Poisson distribution with that mean, which is what its loss stands for. Needs ``pip install mlekit[bench]`` and
the reference data (``MLEKIT_SHARED_DATA``).
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import PoissonRegressor
from sklearn.metrics import mean_poisson_deviance
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import mlekit as mk
from benchmarks.datasets import COUNTS, FOLDS, counts, folds, matrix
from benchmarks.experiment import Contestant, Fit, Predict, conduct, plan
from benchmarks.harness import machine, publish, threads
from benchmarks.summaries import difference_table, score_table, seconds_table

SPLITS = 20


def scores(log_prob: np.ndarray, mean: np.ndarray, target: pd.Series) -> dict[str, float]:
    deviance = mean_poisson_deviance(target, np.broadcast_to(mean, len(target)))
    return {"nll": -float(np.mean(log_prob)), "deviance": float(deviance)}


def predictor(model: mk.Model[Any]) -> Predict:
    def predict(test: pd.DataFrame) -> dict[str, float]:
        p = model(test)
        return scores(p.log_prob(test["y"]), p.mean, test["y"])

    return predict


def ensemble(family: Any) -> Fit:
    return lambda train, seed: predictor(mk.fit_ensemble("y ~ .", train, family, seed=seed, progress=False))


def linear(family: Any) -> Fit:
    return lambda train, seed: predictor(mk.fit("y ~ .", train, family, seed=seed))


def of_means(make: Callable[[int], Any]) -> Fit:
    """A regressor of scikit-learn's kind that predicts means."""

    def fit(train: pd.DataFrame, seed: int) -> Predict:
        model = make(seed).fit(matrix(train), train["y"].to_numpy())

        def predict(test: pd.DataFrame) -> dict[str, float]:
            mean = model.predict(matrix(test))
            return scores(mk.Poisson(rate=mean).log_prob(test["y"]), mean, test["y"])

        return predict

    return fit


def poisson_regressor(seed: int) -> Any:
    penalties = {"poissonregressor__alpha": np.logspace(-6, 1, 8)}
    model = make_pipeline(StandardScaler(), PoissonRegressor(max_iter=1000))
    dealt = KFold(5, shuffle=True, random_state=seed)
    return GridSearchCV(model, penalties, scoring="neg_mean_poisson_deviance", cv=dealt)


def boosting(seed: int) -> Any:
    return HistGradientBoostingRegressor(loss="poisson", random_state=seed)


def statsmodels(train: pd.DataFrame, _seed: int) -> Predict:
    """NB2 by maximum likelihood; one indicator a category is left out, since it has no penalty."""
    models: Any = importlib.import_module("statsmodels.discrete.discrete_model")

    def design(rows: pd.DataFrame) -> np.ndarray:
        columns = pd.get_dummies(rows.drop(columns="y"), drop_first=True).to_numpy(dtype=float)
        return np.column_stack([np.ones(len(rows)), columns])

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns on the way to the maximum; whether it arrived is checked
        fitted = models.NegativeBinomial(train["y"].to_numpy(), design(train)).fit(disp=0, maxiter=500)
    if not fitted.mle_retvals["converged"]:
        raise ArithmeticError("statsmodels' NegativeBinomial did not converge")
    *coefficients, dispersion = fitted.params

    def predict(test: pd.DataFrame) -> dict[str, float]:
        mean = np.exp(design(test) @ np.asarray(coefficients))
        p = mk.NegativeBinomial(mean=mean, dispersion=dispersion)
        return scores(p.log_prob(test["y"]), mean, test["y"])

    return predict


CONTESTANTS = {
    "ensemble Poisson": Contestant("mlekit", ensemble(mk.Poisson)),
    "ensemble negative binomial": Contestant("mlekit", ensemble(mk.NegativeBinomial)),
    "linear Poisson": Contestant("mlekit", linear(mk.Poisson)),
    "linear negative binomial": Contestant("mlekit", linear(mk.NegativeBinomial)),
    "PoissonRegressor": Contestant("scikit-learn", of_means(poisson_regressor)),
    "gradient boosting": Contestant("scikit-learn", of_means(boosting)),
    "statsmodels NegativeBinomial": Contestant("statsmodels", statsmodels),
}


def main() -> None:
    chosen = plan("counts", __doc__, list(COUNTS), list(CONTESTANTS), SPLITS)
    splits = [
        split for name in chosen.sets for split in folds(name, counts(name), chosen.splits, stratified=False)
    ]
    with threads(chosen.threads):
        rows = conduct(splits, {name: CONTESTANTS[name] for name in chosen.models}, chosen.rows)
        description = machine(["numpy", "scipy", "pandas", "scikit-learn", "statsmodels"])
    sizes = [f"{name} {len(counts(name))} × {counts(name).shape[1] - 1}" for name in chosen.sets]
    header = [
        "# Counts: predictive likelihood",
        "",
        chosen.command,
        "",
        f"* {chosen.threads} core(s); {chosen.splits} splits: {FOLDS}-fold cross-validation, repeated",
        *description,
        f"* rows × predictors: {'; '.join(sizes)}",
        "",
        "Means over splits ± standard errors; differences are paired by split. Training sets of splits overlap, so",
        "that the errors are a lower bound. No setting differs between sets.",
        "",
        "* ensemble: `mk.fit_ensemble('y ~ .', train, family)` as it comes",
        "* linear: `mk.fit('y ~ .', train, family)`",
        "* PoissonRegressor: standardized inputs, its penalty chosen among 8 by deviance in 5 folds",
        "* gradient boosting: `HistGradientBoostingRegressor(loss='poisson')` as it comes",
        "* statsmodels NegativeBinomial: NB2 by maximum likelihood; its likelihood is computed from its estimates",
        "",
        "PoissonRegressor and gradient boosting predict a mean and nothing else. Their NLL is that of the Poisson",
        "distribution with this mean, whose deviance they minimise. The deviance compares means alone.",
    ]
    report = [
        score_table("Mean test NLL (nats)", rows, "nll"),
        difference_table("NLL above the best, paired by split", rows, "nll"),
        score_table("Poisson deviance of the mean", rows, "deviance"),
        seconds_table("Seconds a fit (median)", rows),
    ]
    publish("counts", header, report, chosen.folder)


if __name__ == "__main__":
    main()
