"""The benchmarks of quality score what they say, and fit their peers as they say, on small simulated tables."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

import mlekit as mk
from benchmarks import classification, counts, datasets, time_to_quality, uci_regression
from benchmarks.experiment import judge
from tests.support import shared_data


def line(rows: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x, kind = rng.normal(size=rows), rng.choice(["a", "b"], size=rows)
    y = 2 * x + (kind == "a") + 0.5 * rng.normal(size=rows)
    return pd.DataFrame({"x": x, "kind": pd.Categorical(kind), "y": y})


def whole_numbers(rows: int = 400) -> pd.DataFrame:
    data = line(rows)
    rng = np.random.default_rng(1)
    mean = np.exp(0.3 * data["x"])
    return data.assign(y=rng.poisson(mean * rng.gamma(2.0, 0.5, size=rows)))


def test_a_regression_is_scored_in_nats_and_in_the_units_of_the_target() -> None:
    target = pd.Series([0.0, 2.0])
    found = uci_regression.scores(np.log([0.5, 0.25]), np.array([1.0, 2.0]), target)
    assert found == pytest.approx({"nll": 1.5 * math.log(2), "rmse": math.sqrt(0.5)})


def test_mlekit_is_scored_by_its_own_likelihood() -> None:
    data = line()
    quick = mk.Adam(steps=50)
    model = mk.fit_ensemble("y ~ .", data, mk.StudentT, network=mk.MLP(4), members=2, optimizer=quick, seed=0)
    found = uci_regression.predictor(model)(data)
    assert found["nll"] == pytest.approx(-model.log_likelihood(data) / len(data))
    assert math.isfinite(found["rmse"])


@pytest.mark.parametrize("name", ["MLP Gaussian", "NGBoost"])
@pytest.mark.filterwarnings("ignore:::ngboost", "ignore:::lifelines")
def test_regressions_learn(name: str) -> None:
    if name == "NGBoost":
        pytest.importorskip("ngboost")
    data = line()
    found = judge(uci_regression.CONTESTANTS[name].fit, data, data, 0)
    alone = mk.Gaussian(loc=float(data["y"].mean()), scale=float(data["y"].std(ddof=0)))
    assert found["nll"] < -float(alone.log_prob(data["y"]).mean())
    assert found["rmse"] < float(data["y"].std())


def test_pytorch_ensembles_learn() -> None:
    pytest.importorskip("torch")
    data = line()
    few, many = (judge(time_to_quality.pytorch(steps), data, data, 0) for steps in (10, 300))
    assert many["nll"] < few["nll"]
    assert many["rmse"] < 0.7


def test_gaussian_processes_learn() -> None:
    data = line()
    found = judge(time_to_quality.gaussian_process(0), data, data, 0)
    assert found["rmse"] < 0.7


@pytest.mark.parametrize("name", ["logistic regression", "gradient boosting"])
def test_classifiers_are_scored_by_log_loss(name: str) -> None:
    data = datasets.classes("wine")
    found = judge(classification.CONTESTANTS[name].fit, data, data, 0)
    assert 0 < found["log_loss"] < 0.2
    assert found["accuracy"] > 0.95


def test_log_loss_is_scikit_learns() -> None:
    data = line().assign(y=line()["x"] > 0.3)
    model = mk.fit("y ~ kind", data, mk.Bernoulli)
    found = classification.predictor(model)(data)
    assert found["log_loss"] == pytest.approx(log_loss(data["y"], model(data).mean))
    assert found["accuracy"] == (model.predict(data) == data["y"]).mean()


def test_statsmodels_finds_the_same_negative_binomial() -> None:
    pytest.importorskip("statsmodels")
    data = whole_numbers()
    names = ["linear negative binomial", "statsmodels NegativeBinomial"]
    own, peer = (judge(counts.CONTESTANTS[name].fit, data, data, 0) for name in names)
    assert own["nll"] == pytest.approx(peer["nll"], abs=1e-5)


@pytest.mark.parametrize("name", ["PoissonRegressor", "gradient boosting"])
def test_means_are_scored_under_poisson(name: str) -> None:
    data = whole_numbers()
    found = judge(counts.CONTESTANTS[name].fit, data, data, 0)
    # Half the deviance is the NLL above that of the saturated model, row by row.
    perfect = mk.Poisson(rate=np.maximum(data["y"], 1e-300)).log_prob(data["y"])
    assert found["nll"] == pytest.approx(found["deviance"] / 2 - float(perfect.mean()))


def test_the_time_to_a_mark_is_that_of_the_first_budget_that_reaches_it() -> None:
    runs = [("NGBoost @500", 1.0, 9.0), ("NGBoost @60", 2.0, 1.0)]
    runs += [
        ("mlekit plain @125", 1.5, 0.1),
        ("mlekit plain @250", 0.9, 0.2),
        ("mlekit plain @500", 0.8, 0.4),
    ]
    runs += [("PyTorch plain @125", 1.1, 0.3)]
    rows = pd.DataFrame(
        [{"data": "set", "split": 0, "model": m, "nll": n, "seconds": s, "error": ""} for m, n, s in runs]
    )
    kinds = ["NGBoost", "mlekit plain", "PyTorch plain", "scikit-learn Gaussian process"]
    first, best = time_to_quality.summarize(rows, kinds)
    assert first.splitlines()[-1] == "| set | 1.000 | 9.00 | 0.20 | never | not run |"
    assert "| 1.000 in 9.00 s | 0.800 in 0.40 s | 1.100 in 0.30 s | not run |" in best


def test_splits_are_dealt_once_and_keep_every_class() -> None:
    data = datasets.classes("wine")
    dealt = datasets.folds("wine", data, 7, stratified=True)
    assert [split.number for split in dealt] == list(range(7))
    for split in dealt:
        train, test = split.rows()
        assert len(train) + len(test) == len(data)
        assert train["y"].nunique() == test["y"].nunique() == 3


def test_reference_data_is_read() -> None:
    folder: Path = shared_data("uci_regression/energy/data")
    train, test = datasets.uci_splits("energy", 1)[0].rows()
    assert len(train) + len(test) == len(np.loadtxt(folder / "data.txt"))
    value, method, source = datasets.published("energy")
    assert float(value) < 1
    assert method
    assert source
    for name in datasets.COUNTS:
        assert (datasets.counts(name)["y"] >= 0).all()
    for name in datasets.CLASSES:
        assert 2 <= datasets.classes(name)["y"].nunique() <= 10
        assert np.isfinite(datasets.matrix(datasets.classes(name))).all()
