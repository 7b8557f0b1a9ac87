"""Likelihoods and priors with kinks: the true optimum, as linear programming and scikit-learn find it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog
from sklearn.linear_model import Lasso, LogisticRegression

import mlekit as mk
from mlekit.arrays import Array
from mlekit.fitting.proximal import Kinks, proximal_step
from tests.support import shared_data

QUANTILES = (0.05, 0.25, 0.5, 0.9)


def pinball(residual: Array, quantile: float) -> float:
    return float(np.maximum(quantile * residual, (quantile - 1) * residual).sum())


def least_pinball(inputs: Array, target: Array, quantile: float) -> tuple[float, Array]:
    """The least pinball loss of a linear predictor, and where it is, by linear programming."""
    rows, columns = inputs.shape
    result = linprog(
        np.concatenate([np.zeros(columns), np.full(rows, quantile), np.full(rows, 1 - quantile)]),
        A_eq=np.concatenate([inputs, np.eye(rows), -np.eye(rows)], axis=1),
        b_eq=target,
        bounds=[(None, None)] * columns + [(0, None)] * (2 * rows),
    )
    assert result.fun is not None
    assert result.x is not None
    return float(result.fun), np.asarray(result.x[:columns])


def simulated(rows: int, columns: int, seed: int) -> tuple[pd.DataFrame, Array]:
    """A sparse linear predictor of columns on many scales, with heavy-tailed noise."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, columns)) * np.exp(rng.normal(size=columns))
    slopes = rng.normal(size=columns) * (rng.random(columns) < 0.4)
    data = pd.DataFrame(x, columns=[f"x{j}" for j in range(columns)])
    data["y"] = 3 + x @ slopes + rng.standard_t(2, size=rows)
    data["z"] = x @ slopes + rng.logistic(size=rows) > 0
    return data, np.concatenate([np.ones((rows, 1)), x], axis=1)


def formula(target: str, columns: int) -> str:
    return f"{target} ~ " + " + ".join(f"x{j}" for j in range(columns))


# ---- likelihoods ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quantile", QUANTILES)
@pytest.mark.parametrize("fixed", [{}, {"scale": 1.0}, {"scale": 1e3}], ids=str)
def test_quantile_regression_reaches_the_linear_program(quantile: float, fixed: dict[str, Any]) -> None:
    engel = pd.read_csv(shared_data("glm_statsmodels/engel.csv"))
    inputs = np.stack([np.ones(len(engel)), engel["income"].to_numpy()], axis=1)
    least, where = least_pinball(inputs, engel["foodexp"].to_numpy(), quantile)
    model = mk.fit("foodexp ~ income", engel, mk.AsymmetricLaplace.family(quantile=quantile, **fixed))
    coefficients = model.coefficients.to_numpy()[: inputs.shape[1]]
    assert model.converged, model.stop_reason
    assert pinball(engel["foodexp"].to_numpy() - inputs @ coefficients, quantile) <= least * (1 + 1e-10)
    np.testing.assert_allclose(coefficients, where, rtol=1e-6)
    if not fixed:
        # The scale that maximizes the likelihood is the mean loss.
        assert model(engel).scale[0] == pytest.approx(least / len(engel), rel=1e-8)


@pytest.mark.parametrize(("rows", "columns"), [(30, 2), (400, 4), (1000, 12)])
def test_absolute_error_reaches_the_linear_program(rows: int, columns: int) -> None:
    data, inputs = simulated(rows, columns, seed=rows)
    target = data["y"].to_numpy()
    least, _ = least_pinball(inputs, target, 0.5)
    model = mk.fit(formula("y", columns), data, mk.Laplace)
    residual = target - inputs @ model.coefficients.to_numpy()[: inputs.shape[1]]
    assert model.converged, model.stop_reason
    assert pinball(residual, 0.5) <= least * (1 + 1e-12)
    assert (np.abs(residual) < 1e-8).sum() >= columns + 1


def test_a_median_alone_is_the_median() -> None:
    data = pd.DataFrame({"y": [1.0, 2.0, 3.0, 10.0, 500.0], "w": [1.0, 1.0, 5.0, 1.0, 1.0]})
    assert mk.fit("y ~ 1", data, mk.Laplace).coefficients.iloc[0] == pytest.approx(3, rel=1e-10)
    weighted = mk.fit("y ~ 1", data.assign(y=data["y"] + 7), mk.Laplace, weights="w")
    assert weighted.coefficients.iloc[0] == pytest.approx(10, rel=1e-10)


def test_scales_with_predictors_are_at_a_maximum() -> None:
    """No coefficient can be moved to gain: of a kinked likelihood no gradient says that."""
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=300), "z": rng.uniform(-1, 1, size=300)})
    truth = mk.Laplace(loc=1 + 2 * data["x"], scale=np.exp(0.3 + 0.8 * data["z"]))
    data["y"] = truth.sample(rng=1)
    model = mk.fit({"loc": "y ~ x", "scale": "~ z"}, data, mk.Laplace)
    assert model.converged, model.stop_reason
    best = model.log_likelihood(data)
    coefficients = model.coefficients.to_numpy()
    for direction in rng.normal(size=(200, 4)):
        for length in (1e-1, 1e-3, 1e-5):
            b = coefficients + length * direction
            moved = mk.Laplace(loc=b[0] + b[1] * data["x"], scale=np.exp(b[2] + b[3] * data["z"]))
            assert moved.log_prob(data["y"]).sum() <= best + 1e-9


# ---- priors -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [0.02, 0.1])
@pytest.mark.parametrize(("rows", "columns"), [(200, 10), (300, 60), (60, 90)])
def test_lasso(rows: int, columns: int, scale: float) -> None:
    """Squared error with a Laplace prior of scale s is the lasso with strength 1/s, also for rows < columns."""
    data, inputs = simulated(rows, columns, seed=1)
    model = mk.fit(
        formula("y", columns), data, mk.Gaussian.family(scale=1.0), prior=mk.Laplace(loc=0, scale=scale)
    )
    lasso = Lasso(alpha=1 / (scale * rows), tol=1e-14, max_iter=10**6).fit(inputs[:, 1:], data["y"])
    slopes = model.coefficients.to_numpy()[1:]
    assert model.converged, model.stop_reason
    np.testing.assert_array_equal(slopes == 0, lasso.coef_ == 0)
    np.testing.assert_allclose(slopes, lasso.coef_, atol=1e-9)
    assert (slopes == 0).any()


@pytest.mark.parametrize("scale", [0.1, 0.5])
def test_logistic_regression_with_an_l1_penalty(scale: float) -> None:
    data, inputs = simulated(200, 8, seed=2)
    standard = data.assign(**{f"x{j}": inputs[:, j + 1] / inputs[:, j + 1].std() for j in range(8)})
    model = mk.fit(formula("z", 8), standard, mk.Bernoulli, prior=mk.Laplace(loc=0, scale=scale))
    x = standard[[f"x{j}" for j in range(8)]]
    reference = LogisticRegression(l1_ratio=1.0, C=scale, solver="saga", tol=1e-13, max_iter=10**6)
    reference.fit(x.to_numpy(), data["z"])
    slopes = model.coefficients.to_numpy()[1:]
    assert model.converged, model.stop_reason
    np.testing.assert_array_equal(slopes == 0, reference.coef_[0] == 0)
    np.testing.assert_allclose(slopes, reference.coef_[0], atol=1e-7)


def test_a_kink_elsewhere_than_at_zero() -> None:
    """Weights that the data says little of stay where the prior has its kink."""
    data, _ = simulated(200, 5, seed=3)
    model = mk.fit(
        formula("y", 5), data, mk.Gaussian.family(scale=1.0), prior=mk.Laplace(loc=0.25, scale=1e-4)
    )
    np.testing.assert_allclose(model.coefficients.to_numpy()[1:], 0.25, rtol=1e-13)


def test_absolute_error_with_an_l1_penalty() -> None:
    """Both at once, against a linear program: |β| is the absolute error of further rows, 0 ≈ β/s."""
    data, inputs = simulated(100, 6, seed=4)
    scale = 0.1
    penalties = np.concatenate([np.zeros((6, 1)), np.eye(6) / scale], axis=1)
    target = np.concatenate([data["y"].to_numpy(), np.zeros(6)])
    least, where = least_pinball(np.concatenate([inputs, penalties]), target, 0.5)
    model = mk.fit(formula("y", 6), data, mk.Laplace.family(scale=1.0), prior=mk.Laplace(loc=0, scale=scale))
    slopes = model.coefficients.to_numpy()
    value = np.abs(data["y"] - inputs @ slopes).sum() + np.abs(slopes[1:]).sum() / scale
    assert model.converged, model.stop_reason
    assert value <= 2 * least * (1 + 1e-10)
    np.testing.assert_array_equal(slopes[1:] == 0, np.abs(where[1:]) < 1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_proximal_step_satisfies_the_optimality_conditions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = 12
    root = rng.normal(size=(size - 3 * (seed % 2), size))
    curvature, gradient = root.T @ root, 3 * (root.T @ rng.normal(size=len(root)))
    theta = rng.normal(size=size) * (rng.random(size) < 0.5)
    kinks = Kinks(np.zeros(size), np.full(size, 2.0), rng.uniform(1, 3, size))
    target = theta + proximal_step(gradient, curvature, theta, kinks)
    slope = gradient + curvature @ (target - theta)
    np.testing.assert_allclose(slope[target > 0], -kinks.right[target > 0], rtol=1e-7)
    np.testing.assert_allclose(slope[target < 0], kinks.left[target < 0], rtol=1e-7)
    at = target == 0
    assert at.any()
    assert ((-kinks.right[at] <= slope[at] + 1e-9) & (slope[at] - 1e-9 <= kinks.left[at])).all()
