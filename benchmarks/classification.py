"""Log-loss on data with classes, by repeated stratified cross-validation.

    python -m benchmarks.classification                               # about 40 minutes on one core
    python -m benchmarks.classification --splits 2 --sets wine,Pima   # a minute

No setting differs between sets. The log-loss is −log p of the class that was, in nats, without any clipping.
Needs ``pip install mlekit[bench]`` and, for the data sets of R packages, the reference data
(``MLEKIT_SHARED_DATA``).
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import mlekit as mk
from benchmarks.datasets import CLASSES, FOLDS, classes, folds, matrix
from benchmarks.experiment import Contestant, Predict, conduct, plan
from benchmarks.harness import machine, publish, threads
from benchmarks.summaries import difference_table, score_table, seconds_table

SPLITS = 10
MOST = {"digits": FOLDS}  # each of which takes all contestants together two or three minutes


def scores(log_prob: np.ndarray, right: np.ndarray) -> dict[str, float]:
    return {"log_loss": -float(np.mean(log_prob)), "accuracy": float(np.mean(right))}


def family(train: pd.DataFrame) -> type[mk.Bernoulli] | type[mk.Categorical]:
    return mk.Bernoulli if train["y"].dtype == bool else mk.Categorical


def predictor(model: mk.Model[Any]) -> Predict:
    def predict(test: pd.DataFrame) -> dict[str, float]:
        right = np.asarray(model.predict(test)) == test["y"].to_numpy()
        return scores(model(test).log_prob(test["y"]), right)

    return predict


def ensemble(train: pd.DataFrame, seed: int) -> Predict:
    return predictor(mk.fit_ensemble("y ~ .", train, family(train), seed=seed, progress=False))


def single(train: pd.DataFrame, seed: int) -> Predict:
    return predictor(mk.fit("y ~ .", train, family(train), network=mk.MLP(50, 50), seed=seed))


def peer(make: Callable[[int, int], Any], library: str = "scikit-learn") -> Contestant:
    """A classifier of scikit-learn's kind, made for that many classes and a seed, on the matrix of predictors."""

    def fit(train: pd.DataFrame, seed: int) -> Predict:
        labels, codes = np.unique(train["y"].to_numpy(), return_inverse=True)
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", ConvergenceWarning
            )  # scikit-learn's defaults stop early on some sets
            model = make(len(labels), seed).fit(matrix(train), codes)

        def predict(test: pd.DataFrame) -> dict[str, float]:
            probs, true = model.predict_proba(matrix(test)), np.searchsorted(labels, test["y"].to_numpy())
            with np.errstate(divide="ignore"):
                log_prob = np.log(probs[np.arange(len(test)), true])
            return scores(log_prob, probs.argmax(axis=1) == true)

        return predict

    return Contestant(library, fit)


def logistic(_classes: int, seed: int) -> Any:
    penalties = {"logisticregression__C": np.logspace(-4, 4, 17)}
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    dealt = StratifiedKFold(5, shuffle=True, random_state=seed)
    return GridSearchCV(model, penalties, scoring="neg_log_loss", cv=dealt)


def perceptron(_classes: int, seed: int) -> Any:
    return make_pipeline(StandardScaler(), MLPClassifier(random_state=seed))


def forest(_classes: int, seed: int) -> Any:
    return CalibratedClassifierCV(RandomForestClassifier(random_state=seed), method="sigmoid", cv=5)


def boosting(_classes: int, seed: int) -> Any:
    return HistGradientBoostingClassifier(random_state=seed)


def ngboost(n_classes: int, seed: int) -> Any:
    library: Any = importlib.import_module("ngboost")
    distribution = importlib.import_module("ngboost.distns").k_categorical(n_classes)
    return library.NGBClassifier(Dist=distribution, verbose=False, random_state=seed)


CONTESTANTS = {
    "ensemble": Contestant("mlekit", ensemble),
    "MLP": Contestant("mlekit", single),
    "logistic regression": peer(logistic),
    "MLPClassifier": peer(perceptron),
    "calibrated forest": peer(forest),
    "gradient boosting": peer(boosting),
    "NGBoost": peer(ngboost, "ngboost"),
}


def main() -> None:
    chosen = plan("classification", __doc__, list(CLASSES), list(CONTESTANTS), SPLITS)
    splits = [
        split
        for name in chosen.sets
        for split in folds(name, classes(name), min(chosen.splits, MOST.get(name, SPLITS)), stratified=True)
    ]
    with threads(chosen.threads):
        rows = conduct(splits, {name: CONTESTANTS[name] for name in chosen.models}, chosen.rows)
        description = machine(["numpy", "scipy", "pandas", "scikit-learn", "ngboost"])
    sizes = []
    for name in chosen.sets:
        data = classes(name)
        sizes.append(f"{name} {len(data)} × {data.shape[1] - 1}, {data['y'].nunique()} classes")
    header = [
        "# Classification: log-loss",
        "",
        chosen.command,
        "",
        f"* {chosen.threads} core(s); {chosen.splits} splits: {FOLDS}-fold stratified cross-validation, repeated",
        f"  (of digits at most {FOLDS})",
        *description,
        f"* rows × predictors: {'; '.join(sizes)}",
        "",
        "−log p of the class that was, without any clipping: one class that was held impossible makes a mean infinite.",
        "Means over splits ± standard errors; differences are paired by split. Training sets of splits overlap, so",
        "that the errors are a lower bound. No setting differs between sets.",
        "",
        "* ensemble: `mk.fit_ensemble('y ~ .', train, mk.Bernoulli)` (`mk.Categorical` from three classes on)",
        "* MLP: one network, `mk.fit(..., network=mk.MLP(50, 50))`",
        "* logistic regression: standardized inputs, C chosen among 17 from 1e-4 to 1e4 by log-loss in 5 folds",
        "* MLPClassifier: standardized inputs, otherwise as it comes",
        "* calibrated forest: `RandomForestClassifier()` with Platt scaling in 5 folds",
        "* gradient boosting: `HistGradientBoostingClassifier()` as it comes",
        "* NGBoost: `NGBClassifier()` as it comes",
        "",
        "Peers without formulas are given categories as indicator columns.",
    ]
    report = [
        score_table("Mean log-loss (nats)", rows, "log_loss"),
        difference_table("Log-loss above the best, paired by split", rows, "log_loss"),
        score_table("Error rate", rows.assign(error_rate=1 - rows["accuracy"]), "error_rate"),
        seconds_table("Seconds a fit (median)", rows),
    ]
    publish("classification", header, report, chosen.folder)


if __name__ == "__main__":
    main()
