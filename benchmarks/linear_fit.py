"""A linear fit, from the DataFrame on: mlekit, statsmodels, scikit-learn.

    python -m benchmarks.linear_fit

Each gets the same pandas DataFrame and the names of its columns, and fits by maximum likelihood (scikit-learn's
logistic regression without a penalty; it has no negative binomial). statsmodels and mlekit read a formula and report
a log-likelihood; scikit-learn gets the columns. That coefficients agree is checked first. Needs
``pip install mlekit[bench]``.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression, LogisticRegression

import mlekit as mk
from benchmarks.harness import compare, machine, publish, table, threads

SIZES = [(1_000, 5), (10_000, 20), (100_000, 20)]
TARGETS = {"y": "Gaussian (least squares)", "z": "Bernoulli (logistic)", "n": "Negative binomial"}


def simulate(rows: int, columns: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((rows, columns))
    eta = inputs @ np.linspace(-0.5, 0.5, columns)
    data = pd.DataFrame(inputs, columns=[f"x{j}" for j in range(columns)])
    data["y"] = eta + rng.standard_normal(rows)
    data["z"] = (rng.random(rows) < 1 / (1 + np.exp(-eta))).astype(float)
    data["n"] = rng.poisson(np.exp(0.4 * eta) * rng.gamma(2.0, 0.5, rows))
    return data


def contestants(data: pd.DataFrame, target: str) -> dict[str, Callable[[], np.ndarray]]:
    """Fits that return the slopes."""
    formulas: Any = importlib.import_module("statsmodels.formula.api")
    columns = [name for name in data.columns if name.startswith("x")]
    formula = f"{target} ~ {' + '.join(columns)}"

    families: dict[str, Any] = {"y": mk.Gaussian, "z": mk.Bernoulli, "n": mk.NegativeBinomial}
    family = families[target]

    def with_mlekit() -> np.ndarray:
        return mk.fit(formula, data, family).coefficients.iloc[1 : len(columns) + 1].to_numpy()

    def with_statsmodels() -> np.ndarray:
        if target == "y":
            return np.asarray(formulas.ols(formula, data).fit().params)[1:]
        model = formulas.logit if target == "z" else formulas.negativebinomial
        return np.asarray(model(formula, data).fit(disp=0, maxiter=200).params)[1 : len(columns) + 1]

    def with_scikit_learn() -> np.ndarray:
        model = LinearRegression() if target == "y" else LogisticRegression(C=np.inf, tol=1e-6)
        return np.ravel(model.fit(data[columns], data[target]).coef_)

    fits = {"mlekit": with_mlekit, "statsmodels": with_statsmodels}
    return fits if target == "n" else {**fits, "scikit-learn": with_scikit_learn}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, default=1, help="for BLAS (default: 1)")
    parser.add_argument("--rounds", type=int, default=9, help="turns that each contestant gets (default: 9)")
    arguments = parser.parse_args()
    timings = {}
    with threads(arguments.threads):
        for target, name in TARGETS.items():
            for rows, columns in SIZES:
                fits = contestants(simulate(rows, columns), target)
                slopes = {of: fit() for of, fit in fits.items()}
                for of, found in slopes.items():
                    np.testing.assert_allclose(found, slopes["mlekit"], rtol=1e-3, atol=1e-4, err_msg=of)
                timings[f"{name}, {rows:,} × {columns}"] = compare(fits, rounds=arguments.rounds)
    header = [
        "# A linear fit, from the DataFrame on",
        "",
        "`python -m benchmarks.linear_fit`",
        "",
        f"* {arguments.threads} thread(s) for BLAS; {arguments.rounds} interleaved rounds",
        *machine(["numpy", "scipy", "pandas", "scikit-learn", "statsmodels"]),
        "",
        "mlekit and statsmodels read a formula; scikit-learn is given the columns. Coefficients agree to 1e-3,",
        "which is checked before anything is timed (scikit-learn's L-BFGS is the least exact of the three).",
    ]
    publish("linear_fit", header, [table("One fit", "ms", timings)])


if __name__ == "__main__":
    main()
