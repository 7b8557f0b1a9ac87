"""The benchmarks' data sets: reference data named by ``MLEKIT_SHARED_DATA``, and what scikit-learn ships.

Every table has its target in the column ``y`` and nothing else than predictors beside it; text columns are pandas
categoricals, so that rows of a split know all labels that there are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold

from benchmarks.experiment import Split

UCI = {
    "bostonHousing": "boston",
    "concrete": "concrete",
    "energy": "energy",
    "kin8nm": "kin8nm",
    "naval-propulsion-plant": "naval",
    "wine-quality-red": "wine",
}
FOLDS = 5


def shared(relative: str) -> Path:
    """Return a file of the reference data, or end the program saying how to name its folder."""
    folder = Path(os.environ.get("MLEKIT_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not (path := folder / relative).exists():
        raise SystemExit(
            f"no {relative!r} in {folder}: set MLEKIT_SHARED_DATA to the folder of the reference data"
        )
    return path


@cache
def uci(name: str) -> pd.DataFrame:
    """Return a UCI regression set, with its target as ``y`` and its predictors as ``x0, x1, ...``."""
    folder = shared(f"uci_regression/{name}/data")
    values = np.loadtxt(folder / "data.txt")
    inputs = np.loadtxt(folder / "index_features.txt", dtype=int)
    target = int(np.loadtxt(folder / "index_target.txt"))
    data = pd.DataFrame(values[:, inputs], columns=[f"x{column}" for column in range(len(inputs))])
    data["y"] = values[:, target]
    return data


def uci_splits(name: str, count: int) -> list[Split]:
    """Return the first of the 20 official splits of a UCI set."""

    def rows(number: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        data, folder = uci(name), shared(f"uci_regression/{name}/data")
        train, test = (
            np.loadtxt(folder / f"index_{part}_{number}.txt", dtype=int) for part in ("train", "test")
        )
        return data.iloc[train].reset_index(drop=True), data.iloc[test].reset_index(drop=True)

    return [Split(name, number, partial(rows, number)) for number in range(count)]


def published(name: str) -> tuple[str, str, str]:
    """Return the lowest mean test NLL that is in print for a UCI set, its method and its source."""
    table = pd.read_csv(shared("tables/uci_regression_published.csv"))
    of_set = table[(table["dataset"] == UCI[name]) & (table["metric"] == "NLL")]
    lowest = of_set.iloc[int(np.argmin(of_set["value"]))]
    return f"{lowest['value']:g}", str(lowest["method"]), str(lowest["source"])


def _r(name: str, target: str, *, drop: tuple[str, ...] = (), labels: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return a data set of an R package; columns of ``labels`` are numbers that name categories."""
    data: pd.DataFrame = (
        pd.read_csv(shared(f"r_datasets/{name}.csv")).drop(columns=["rownames", *drop]).dropna()
    )
    data = data.rename(columns={target: "y"})
    data = data.astype(dict.fromkeys(labels, str))
    return data.reset_index(drop=True)


def _scikit_learn(load: Callable[..., Any]) -> pd.DataFrame:
    bunch = load(as_frame=True)
    data: pd.DataFrame = bunch.data.rename(columns=lambda name: name.replace(" ", "_").replace("/", "_"))
    return data.assign(y=np.asarray(bunch.target_names)[bunch.target].astype(str))


def _pima() -> pd.DataFrame:
    return pd.concat([_r("MASS__Pima.tr", "type"), _r("MASS__Pima.te", "type")], ignore_index=True)


CLASSES: Mapping[str, Callable[[], pd.DataFrame]] = {
    "breast cancer": lambda: _scikit_learn(load_breast_cancer),
    "digits": lambda: _scikit_learn(load_digits),
    "wine": lambda: _scikit_learn(load_wine),
    "Pima": _pima,
    "birthwt": lambda: _r("MASS__birthwt", "low", drop=("bwt",), labels=("race",)),
    "titanic": lambda: _r("COUNT__titanic", "survived"),
    "penguins": lambda: _r("palmerpenguins__penguins", "species", drop=("year",)),
    "badhealth": lambda: _r("COUNT__badhealth", "badh"),
    "Mroz": lambda: _r("carData__Mroz", "lfp"),
    "Womenlf": lambda: _r("carData__Womenlf", "partic"),
}
COUNTS: Mapping[str, Callable[[], pd.DataFrame]] = {
    "DoctorVisits": lambda: _r("AER__DoctorVisits", "visits"),
    "NMES1988": lambda: _r(
        "AER__NMES1988", "visits", drop=("nvisits", "ovisits", "novisits", "emergency", "hospital")
    ),
    "bioChemists": lambda: _r("pscl__bioChemists", "art"),
    "badhealth": lambda: _r("COUNT__badhealth", "numvisit"),
}


@cache
def classes(name: str) -> pd.DataFrame:
    """Return a data set with classes: ``y`` is boolean for two of them, text for more."""
    data = _with_categories(CLASSES[name](), but="y")
    labels = data["y"].astype(str)
    second = sorted(labels.unique())[1]
    return data.assign(y=labels == second if labels.nunique() == 2 else labels)


@cache
def counts(name: str) -> pd.DataFrame:
    """Return a data set with counts."""
    return _with_categories(COUNTS[name](), but="y")


def _with_categories(data: pd.DataFrame, *, but: str) -> pd.DataFrame:
    texts = [column for column in data.columns if column != but and data[column].dtype.kind not in "biuf"]
    return data.astype({column: pd.CategoricalDtype(sorted(data[column].unique())) for column in texts})


def folds(name: str, data: pd.DataFrame, count: int, *, stratified: bool) -> list[Split]:
    """Return the first of the splits of repeated five-fold cross-validation, stratified by class or not."""
    kind = RepeatedStratifiedKFold if stratified else RepeatedKFold
    dealt = list(kind(n_splits=FOLDS, n_repeats=-(-count // FOLDS), random_state=0).split(data, data["y"]))

    def rows(number: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        train, test = dealt[number]
        return data.iloc[train].reset_index(drop=True), data.iloc[test].reset_index(drop=True)

    return [Split(name, number, partial(rows, number)) for number in range(count)]


def matrix(data: pd.DataFrame) -> np.ndarray:
    """Return the predictors as numbers, categories as indicators: what a peer without formulas gets."""
    return pd.get_dummies(data.drop(columns="y")).to_numpy(dtype=float)
