"""Predictive likelihood on the UCI regression sets, on the 20 official splits of each.

    python -m benchmarks.uci_regression                                     # about an hour and a half on one core
    python -m benchmarks.uci_regression --splits 2 --sets energy,concrete   # a minute

No setting differs between sets. Scores are the mean negative log-likelihood of the test rows, in nats and in the
target's own units, and the root mean squared error of the predicted mean. Needs ``pip install mlekit[bench]`` and
the reference data (``MLEKIT_SHARED_DATA``).
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pandas as pd

import mlekit as mk
from benchmarks.datasets import UCI, matrix, published, uci_splits
from benchmarks.experiment import Contestant, Fit, Predict, conduct, plan
from benchmarks.harness import machine, publish, threads
from benchmarks.summaries import difference_table, score_table, seconds_table

SPLITS = 20


def scores(log_prob: np.ndarray, mean: np.ndarray, target: pd.Series) -> dict[str, float]:
    """Mean NLL in nats, and the root mean squared error of a point prediction."""
    error = np.asarray(mean) - target.to_numpy()
    return {"nll": -float(np.mean(log_prob)), "rmse": float(np.sqrt(np.mean(np.square(error))))}


def predictor(model: mk.Model[Any]) -> Predict:
    def predict(test: pd.DataFrame) -> dict[str, float]:
        p = model(test)
        mean = p.mean
        point = mean if np.isfinite(mean).all() else np.where(np.isfinite(mean), mean, p.median)
        return scores(p.log_prob(test["y"]), point, test["y"])

    return predict


def ensemble(family: Any) -> Fit:
    return lambda train, seed: predictor(mk.fit_ensemble("y ~ .", train, family, seed=seed, progress=False))


def single(family: Any) -> Fit:
    return lambda train, seed: predictor(mk.fit("y ~ .", train, family, network=mk.MLP(50, 50), seed=seed))


def on_a_grid(train: pd.DataFrame) -> bool:
    return train["y"].nunique() < len(train) / 10


def ngboost(train: pd.DataFrame, seed: int) -> Predict:
    library: Any = importlib.import_module("ngboost")
    model = library.NGBRegressor(verbose=False, random_state=seed).fit(matrix(train), train["y"].to_numpy())

    def predict(test: pd.DataFrame) -> dict[str, float]:
        p = model.pred_dist(matrix(test))
        return scores(p.logpdf(test["y"].to_numpy()), p.mean(), test["y"])

    return predict


CONTESTANTS = {
    "ensemble Student-t": Contestant("mlekit", ensemble(mk.StudentT)),
    "ensemble Gaussian": Contestant("mlekit", ensemble(mk.Gaussian)),
    "Student-t unguarded": Contestant("mlekit", ensemble(mk.StudentT.family(resolution=0)), on_a_grid),
    "Gaussian unguarded": Contestant("mlekit", ensemble(mk.Gaussian.family(resolution=0)), on_a_grid),
    "MLP Gaussian": Contestant("mlekit", single(mk.Gaussian)),
    "NGBoost": Contestant("ngboost", ngboost),
}


def main() -> None:
    chosen = plan("uci_regression", __doc__, list(UCI), list(CONTESTANTS), SPLITS)
    splits = [split for name in chosen.sets for split in uci_splits(name, chosen.splits)]
    with threads(chosen.threads):
        rows = conduct(splits, {name: CONTESTANTS[name] for name in chosen.models}, chosen.rows)
        description = machine(["numpy", "scipy", "pandas", "scikit-learn", "ngboost"])
    in_print = {name: published(name) for name in chosen.sets}
    lowest = {name: f"{value} ({method})" for name, (value, method, _) in in_print.items()}
    sources = sorted({source for _, _, source in in_print.values()})
    header = [
        "# UCI regression: predictive likelihood",
        "",
        chosen.command,
        "",
        f"* {chosen.threads} core(s); the first {chosen.splits} of the 20 official splits of each set",
        *description,
        "",
        "Means over splits ± standard errors; training sets of splits overlap, so that the errors are a lower bound,",
        "as they are in the literature. No setting differs between sets.",
        "",
        "* ensemble: `mk.fit_ensemble('y ~ .', train, family)` as it comes, with `mk.StudentT` and `mk.Gaussian`",
        "* unguarded: the same with `family(resolution=0)`, where the target has fewer than a tenth as many values as",
        "  rows: wine has 6 and naval 51. On such a grid a density can rise without limit, and says ever less about",
        "  the target; by default no scale falls below the grid's own resolution",
        "* MLP: one network, `mk.fit('y ~ .', train, mk.Gaussian, network=mk.MLP(50, 50))`",
        "* NGBoost: `NGBRegressor()` as it comes (Normal, 500 rounds)",
        "* lowest in print: of all published figures known to us, whatever their splits and settings. Sources:",
        *(f"  {source};" for source in sources),
    ]
    report = [
        score_table("Mean test NLL (nats)", rows, "nll", more={"lowest in print": lowest}),
        difference_table("NLL above the best of the run, paired by split", rows, "nll"),
        score_table("RMSE of the mean (of the median where a Student-t has no mean)", rows, "rmse"),
        seconds_table("Seconds a fit (median)", rows),
    ]
    publish("uci_regression", header, report, chosen.folder)


if __name__ == "__main__":
    main()
