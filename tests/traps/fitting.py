"""Where fits go wrong."""

from __future__ import annotations

import contextlib
import pickle
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import mlekit as mk
from tests.traps.registry import Refusal, Trap

__all__ = ["FITTING"]

SEPARATED = pd.DataFrame({"x": [1.0, 2, 3, 4, 4, 5, 6, 7], "sick": [0, 0, 0, 0, 1, 1, 1, 1]})


def table(rows: int = 90) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    x, z = rng.normal(size=(2, rows))
    kind = rng.choice(np.array(["oak", "elm", "ash"]), size=rows)
    return pd.DataFrame(
        {
            "x": x,
            "z": z,
            "double": 2 * x + 1,
            "site": np.resize(["a", "b", "c"], rows),
            "kind": kind,
            "paid": np.where(x + rng.normal(size=rows) > 0, "yes", "no"),
            "length": 3 + x + rng.normal(size=rows),
            "line": 3 + 2 * x,
        }
    )


def file_of(model: mk.Model[mk.Gaussian]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        model.save(path)
        return path.read_bytes()


def holds_training_rows() -> bool:
    data = table()
    content = file_of(mk.fit("length ~ x + z", data, mk.Gaussian))
    return any(number.tobytes() in content for number in data["length"].to_numpy())


def load_of_a_pickle() -> object:
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        path = Path("model.pickle")
        path.write_bytes(pickle.dumps(table()))
        return mk.load(path)


def change_of_units() -> float:
    """The gain of log-likelihood a row, in log 1000, where a length in metres is given in millimetres."""
    data = table()
    metres, millimetres = (
        mk.fit("length ~ x", data.assign(length=unit * data["length"]), mk.Gaussian).facts.log_likelihood
        for unit in (1.0, 1000.0)
    )
    return float((metres - millimetres) / len(data) / np.log(1000.0))


def standard_errors_of(model: mk.Model[mk.Bernoulli]) -> str:
    """What the summary says beside the coefficients."""
    said = model.summary()
    offered = any(word in said.lower() for word in ("std", "standard error", "p-value"))
    return "given" if offered else "not offered; the summary says " + said.splitlines()[-1].strip("()")


FITTING = [
    Trap(
        "logistic regression, classes that meet in one value of x: quasi-complete separation",
        "coefficient 21.3, standard error 17,812, `converged=True`, no warning (statsmodels 0.15); 9.50, no warning "
        "(scikit-learn 1.9, no penalty)",
        "found before the fit; column and sign of what is infinite; a remedy",
        lambda: mk.fit("sick ~ x", SEPARATED, mk.Bernoulli),
        Refusal(mk.FitError, r"quasi-completely separated.*x → \+∞.*prior"),
    ),
    Trap(
        "parameters of a softmax over 3 classes with 2 columns",
        "9, a weight vector a class: singular Fisher information, meaningless standard errors (†)",
        "(K − 1)(p + 1) = 6, under a reference class",
        lambda: mk.fit("kind ~ x + z", table(), mk.Categorical).n_parameters,
        6.0,
    ),
    Trap(
        "standard errors of a fit with a prior",
        "printed as if there were none (†)",
        "said so, or refused",
        lambda: standard_errors_of(
            mk.fit("sick ~ x", SEPARATED, mk.Bernoulli, prior=mk.Gaussian(loc=0, scale=1))
        ),
        "not offered; the summary says posterior mode: shrunk by the prior",
    ),
    Trap(
        "`C(site)` of three levels: the coefficients",
        "“Matrix is singular” (glum †)",
        "an identified coding: a level is dropped",
        lambda: ", ".join(
            mk.fit("length ~ C(site)", table(), mk.Gaussian.family(scale=1.0))
            .coefficients.index.get_level_values("term")
            .astype(str)
        ),
        "Intercept, C(site)[T.b], C(site)[T.c]",
    ),
    Trap(
        "columns x and 2x + 1",
        "the same (glum †)",
        "an error that names the columns",
        lambda: mk.fit("length ~ x + double + z", table(), mk.Gaussian),
        Refusal(mk.FitError, r"columns \['x', 'double'\] are collinear"),
    ),
    Trap(
        "a category at prediction time that training never saw",
        "an obscure error, or a silent row of zeros (several †)",
        "an error with column, value and row",
        lambda: mk.fit("length ~ site", table(), mk.Gaussian)(table().assign(site="z")),
        Refusal(mk.DataError, r"column 'site' holds 'z'"),
    ),
    Trap(
        "a `Gaussian` with both parameters free, on points that a line interpolates",
        "σ collapses (Seitzer et al. 2022 †)",
        "an error with a remedy",
        lambda: mk.fit("line ~ x", table(), mk.Gaussian),
        Refusal(mk.FitError, r"scale of \['line'\] goes to zero"),
    ),
    Trap(
        "log-likelihood a row, metres less millimetres, in units of log 1000",
        "0, where the loss on a standardized target is reported (common practice †)",
        "1: the Jacobian counts",
        change_of_units,
        1.0,
    ),
    Trap(
        "does a saved model hold the rows that it was trained on?",
        "yes: pickles of several GB (statsmodels †, NGBoost †)",
        "no: weights and what is needed to read a table",
        holds_training_rows,
        False,
    ),
    Trap(
        "loading a pickle",
        "runs whatever code it holds (statsmodels †, NGBoost †)",
        "nothing is executed: an error",
        load_of_a_pickle,
        Refusal(mk.FileFormatError, "is no saved model"),
    ),
    Trap(
        "a target of labels yes and no: what is predicted?",
        "labels must be 0 … K − 1 (NGBoost †)",
        "any labels, kept",
        lambda: ", ".join(
            sorted(set(np.asarray(mk.fit("paid ~ x", table(), mk.Categorical).predict(table())).tolist()))
        ),
        "no, yes",
    ),
]
