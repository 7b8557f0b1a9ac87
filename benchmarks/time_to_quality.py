"""Seconds to a given predictive likelihood: that of NGBoost, as it comes, on the UCI regression sets.

    python -m benchmarks.time_to_quality                              # about 20 minutes on one core
    python -m benchmarks.time_to_quality --splits 1 --sets energy     # a minute or two

Every contestant is run with several budgets (training steps, or rounds of boosting), each a fit of its own with the
schedule of that budget. Its time to the mark is that of the first budget whose mean test NLL over the splits is no
worse than NGBoost's with its own 500 rounds. Needs ``pip install mlekit[bench]`` and the reference data
(``MLEKIT_SHARED_DATA``).
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.preprocessing import StandardScaler

import mlekit as mk
from benchmarks.datasets import UCI, matrix, uci_splits
from benchmarks.experiment import Contestant, Fit, Predict, conduct, plan
from benchmarks.harness import machine, publish, threads
from benchmarks.summaries import markdown
from benchmarks.torch_ensemble import TorchEnsemble
from benchmarks.uci_regression import predictor, scores
from mlekit.ensemble import _default_optimizer

SPLITS = 3
STEPS = (125, 250, 500, 1000, 2000, 4000)
ROUNDS = (60, 125, 250, 500)
MOST_ROWS = 2000  # of a Gaussian process, whose time grows as their cube
MARK = ("NGBoost", 500)


def plain(steps: int) -> Fit:
    def fit(train: pd.DataFrame, seed: int) -> Predict:
        network, optimizer = mk.MLP(32, 32), mk.Adam(steps=steps)
        return predictor(
            mk.fit_ensemble(
                "y ~ .",
                train,
                mk.Gaussian,
                network=network,
                members=5,
                optimizer=optimizer,
                seed=seed,
                progress=False,
            )
        )

    return fit


def recipe(family: Any) -> Callable[[int], Fit]:
    def with_steps(steps: int) -> Fit:
        def fit(train: pd.DataFrame, seed: int) -> Predict:
            optimizer = replace(_default_optimizer(len(train), None), steps=steps)
            return predictor(
                mk.fit_ensemble("y ~ .", train, family, optimizer=optimizer, seed=seed, progress=False)
            )

        return fit

    return with_steps


def pytorch(steps: int) -> Fit:
    def fit(train: pd.DataFrame, seed: int) -> Predict:
        model = TorchEnsemble(train, seed, widths=(32, 32), members=5, steps=steps)
        return lambda test: scores(*model.predict(test), test["y"])

    return fit


def ngboost(rounds: int) -> Fit:
    def fit(train: pd.DataFrame, seed: int) -> Predict:
        library: Any = importlib.import_module("ngboost")
        model = library.NGBRegressor(n_estimators=rounds, verbose=False, random_state=seed)
        model.fit(matrix(train), train["y"].to_numpy())

        def predict(test: pd.DataFrame) -> dict[str, float]:
            p = model.pred_dist(matrix(test))
            return scores(p.logpdf(test["y"].to_numpy()), p.mean(), test["y"])

        return predict

    return fit


def gaussian_process(restarts: int) -> Fit:
    def fit(train: pd.DataFrame, seed: int) -> Predict:
        scaler = StandardScaler().fit(matrix(train))
        inputs = scaler.transform(matrix(train))
        kernel = ConstantKernel() * RBF(np.ones(inputs.shape[1])) + WhiteKernel()
        model = GaussianProcessRegressor(
            kernel, normalize_y=True, n_restarts_optimizer=restarts, random_state=seed
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a length scale at its bound is an answer
            model.fit(inputs, train["y"].to_numpy())

        def predict(test: pd.DataFrame) -> dict[str, float]:
            mean, deviation = model.predict(scaler.transform(matrix(test)), return_std=True)
            return scores(mk.Gaussian(loc=mean, scale=deviation).log_prob(test["y"]), mean, test["y"])

        return predict

    return fit


KINDS: dict[str, tuple[str, Callable[[int], Fit], tuple[int, ...]]] = {
    "NGBoost": ("ngboost", ngboost, ROUNDS),
    "mlekit plain": ("mlekit", plain, STEPS),
    "mlekit recipe Gaussian": ("mlekit", recipe(mk.Gaussian), STEPS),
    "mlekit recipe Student-t": ("mlekit", recipe(mk.StudentT), STEPS),
    "PyTorch plain": ("torch", pytorch, STEPS),
    "scikit-learn Gaussian process": ("scikit-learn", gaussian_process, (0,)),
}


def contestants(kinds: list[str]) -> dict[str, Contestant]:
    """Every kind with every budget, ``NGBoost @500``; the mark is always among them."""
    made = {}
    for kind in dict.fromkeys([MARK[0], *kinds]):
        library, make, budgets = KINDS[kind]
        for budget in budgets if kind in kinds else [MARK[1]]:
            small = kind == "scikit-learn Gaussian process"
            suits = (lambda train: len(train) <= MOST_ROWS) if small else (lambda _: True)
            made[f"{kind} @{budget}"] = Contestant(library, make(budget), suits)
    return made


def summarize(rows: pd.DataFrame, kinds: list[str]) -> tuple[str, str]:
    """Return the table of seconds to the mark, and that of the best likelihood of any budget."""
    rows = rows[rows["error"] == ""]
    kind = rows["model"].str.partition(" @")[0]
    means = rows.groupby(["data", kind, "model"], sort=False)[["nll", "seconds"]].mean()
    to_mark, best = [], []
    for data in dict.fromkeys(rows["data"]):
        mark = float(means.loc[(data, MARK[0], f"{MARK[0]} @{MARK[1]}"), "nll"])
        cells, most = list[str](), list[str]()
        for name in kinds:
            if (data, name) not in {key[:2] for key in means.index}:
                cells, most = [*cells, "not run"], [*most, "not run"]
                continue
            runs = means.loc[(data, name)].sort_values("seconds")
            enough = runs[runs["nll"] <= mark]
            cells.append(f"{enough['seconds'].iloc[0]:.2f}" if len(enough) else "never")
            least = runs.loc[runs["nll"].idxmin()]
            most.append(f"{least['nll']:.3f} in {least['seconds']:.2f} s")
        to_mark.append([data, f"{mark:.3f}", *cells])
        best.append([data, *most])
    return (
        markdown("Seconds to NGBoost's NLL", ["Set", "NLL", *kinds], to_mark),
        markdown("The best mean NLL of any budget, and its seconds", ["Set", *kinds], best),
    )


def main() -> None:
    chosen = plan("time_to_quality", __doc__, list(UCI), list(KINDS), SPLITS)
    splits = [split for name in chosen.sets for split in uci_splits(name, chosen.splits)]
    with threads(chosen.threads):
        importlib.import_module("torch").set_num_threads(chosen.threads)
        rows = conduct(splits, contestants(chosen.models), chosen.rows)
        description = machine(["numpy", "scipy", "pandas", "scikit-learn", "ngboost", "torch"])
    header = [
        "# Time to a predictive likelihood",
        "",
        chosen.command,
        "",
        f"* {chosen.threads} core(s); the first {SPLITS} official splits of each set",
        *description,
        "",
        "Every budget is a fit of its own, with its own schedule; the time is that of the first budget whose mean test",
        "NLL is no worse than that of NGBoost with its default of 500 rounds.",
        "",
        f"* NGBoost: {', '.join(map(str, ROUNDS))} rounds",
        f"* the ensembles: at most {', '.join(map(str, STEPS))} steps (more by the root of the rows beyond 8000)",
        "* plain: 5 members, `MLP(32, 32)` with tanh, Gaussian; in PyTorch the same (`benchmarks/torch_ensemble.py`):",
        "  all members in one array, fused Adam, eager mode",
        "* recipe: `mk.fit_ensemble` as it comes, with so many steps",
        f"* Gaussian process: RBF with a length a column, up to {MOST_ROWS} rows",
    ]
    publish("time_to_quality", header, list(summarize(rows, chosen.models)), chosen.folder)


if __name__ == "__main__":
    main()
