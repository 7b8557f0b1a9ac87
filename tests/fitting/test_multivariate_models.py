"""Regressions of vectors: closed-form maxima, formulas of single parameters, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import mlekit as mk

pytestmark = pytest.mark.usefixtures("unchecked_shapes")  # looked at in other tests, in a third of the time

ROWS = 400


@pytest.fixture(scope="module")
def world() -> pd.DataFrame:
    """Three targets in very different units whose residuals are correlated."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(ROWS, 2))
    noise = rng.normal(size=(ROWS, 3)) @ np.array([[1.0, 0, 0], [0.5, 2.0, 0], [-0.3, 1.0, 0.5]]).T
    y = np.column_stack([np.ones(ROWS), x]) @ np.array([[1.0, 20.0, 5.0], [2.0, -1.0, 4.0], [0.1, 3.0, 2.0]])
    y = (y + noise) * [1e-3, 1.0, 1e6] + [0.0, 0.0, 1e9]
    return pd.DataFrame(np.column_stack([x, y]), columns=["x1", "x2", "a", "b", "c"]).assign(
        w=rng.integers(0, 4, ROWS).astype(float)
    )


def multivariate_regression(world: pd.DataFrame, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Least squares by column, the mean product of residuals, and the log-likelihood by SciPy."""
    design = np.column_stack([np.ones(len(world)), world[["x1", "x2"]]])
    targets = world[["a", "b", "c"]].to_numpy()
    root = np.sqrt(weights)[:, None]
    coefficients = np.linalg.lstsq(root * design, root * targets, rcond=None)[0]
    residuals = targets - design @ coefficients
    covariance = (weights[:, None] * residuals).T @ residuals / weights.sum()
    # SciPy takes matrices in such different units for singular: in units of the spread it does not.
    spread = np.sqrt(np.diagonal(covariance))
    standardized = stats.multivariate_normal(np.zeros(3), covariance / np.outer(spread, spread))
    total = weights @ (standardized.logpdf(residuals / spread) - np.log(spread).sum())
    return coefficients, covariance, float(total)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_linear_fit_is_multivariate_least_squares(world: pd.DataFrame, weighted: bool) -> None:
    weights = world["w"].to_numpy() if weighted else np.ones(ROWS)
    model = mk.fit("a + b + c ~ x1 + x2", world, mk.MultivariateGaussian, weights="w" if weighted else None)
    assert model.converged
    coefficients, covariance, total = multivariate_regression(world, weights)
    p = model(world)
    assert p.batch_shape == (ROWS,)
    np.testing.assert_allclose(p.covariance[0], covariance, rtol=1e-9)
    spread = np.sqrt(np.diagonal(covariance))
    ours = model.coefficients.to_numpy()[:9].reshape(3, 3).T
    np.testing.assert_allclose((ours - coefficients) / spread, 0, atol=1e-7)
    assert model.facts.log_likelihood == pytest.approx(total, rel=1e-12)
    assert model.n_parameters == 15
    assert model.coefficients.index.get_level_values("output").unique().tolist() == [
        "a",
        "b",
        "c",
        *(f"log scale_tril[{i},{i}]" for i in range(3)),
        "scale_tril[1,0]",
        "scale_tril[2,0]",
        "scale_tril[2,1]",
    ]


def test_one_column_is_a_gaussian_regression(world: pd.DataFrame) -> None:
    vector = mk.fit("b ~ x1", world, mk.MultivariateGaussian)
    number = mk.fit("b ~ x1", world, mk.Gaussian)
    np.testing.assert_allclose(vector.coefficients, number.coefficients, rtol=1e-8)
    assert vector.facts.log_likelihood == pytest.approx(number.facts.log_likelihood, rel=1e-12)


def test_each_parameter_may_have_its_own_formula() -> None:
    rng = np.random.default_rng(2)
    count = 20_000
    x = rng.uniform(-1, 1, count)
    lower = np.zeros((count, 2, 2))
    lower[:, 0, 0], lower[:, 1, 1], lower[:, 1, 0] = np.exp(0.5 * x), np.exp(-1 - x), 0.4 + 2 * x
    y = np.einsum("nij,nj->ni", lower, rng.normal(size=(count, 2))) + np.column_stack([1 + x, -2 * x])
    data = pd.DataFrame({"x": x, "u": y[:, 0], "v": y[:, 1]})
    model = mk.fit({"loc": "u + v ~ x", "scale_tril": "~ x"}, data, mk.MultivariateGaussian)
    expected = [1, 1, 0, -2, 0, 0.5, -1, -1, 0.4, 2]
    np.testing.assert_allclose(model.coefficients, expected, atol=0.05)
    assert (
        model.facts.log_likelihood > mk.fit("u + v ~ x", data, mk.MultivariateGaussian).facts.log_likelihood
    )


def test_parameters_held_fixed(world: pd.DataFrame) -> None:
    lower = np.array([[2e-3, 0.0], [1.0, 3.0]])
    model = mk.fit("a + b ~ x1", world, mk.MultivariateGaussian.family(scale_tril=lower))
    np.testing.assert_allclose(
        model(world).scale_tril[0] if model(world).scale_tril.ndim > 2 else lower, lower
    )
    design = np.column_stack([np.ones(ROWS), world["x1"]])
    least_squares = np.linalg.lstsq(design, world[["a", "b"]].to_numpy(), rcond=None)[0]
    np.testing.assert_allclose(model.coefficients.to_numpy().reshape(2, 2).T, least_squares, rtol=1e-7)
    centered = mk.fit({"scale_tril": "a + b ~ 1"}, world, mk.MultivariateGaussian.family(loc=[0.0, 20.0]))
    deviations = world[["a", "b"]].to_numpy() - [0.0, 20.0]
    np.testing.assert_allclose(centered(world).covariance[0], deviations.T @ deviations / ROWS, rtol=1e-9)


def test_predictions_have_a_column_a_target(world: pd.DataFrame, tmp_path: Path) -> None:
    model = mk.fit("a + b ~ x1 + x2", world, mk.MultivariateGaussian)
    shuffled = world.sample(frac=1, random_state=0)
    predicted = model.predict(shuffled)
    assert isinstance(predicted, pd.DataFrame)
    assert list(predicted.columns) == ["a", "b"]
    pd.testing.assert_index_equal(predicted.index, shuffled.index)
    frame = model.predict_frame(shuffled)
    assert list(frame.columns) == [
        *("loc[0]", "loc[1]", "scale_tril[0,0]", "scale_tril[1,0]", "scale_tril[1,1]"),
        *("mean[a]", "mean[b]", "std[a]", "std[b]"),
        *("5%[a]", "5%[b]", "50%[a]", "50%[b]", "95%[a]", "95%[b]"),
    ]
    alone = stats.norm(frame["mean[a]"], frame["std[a]"])
    np.testing.assert_allclose(frame["5%[a]"], alone.ppf(0.05), rtol=1e-12)
    np.testing.assert_array_equal(frame[["mean[a]", "mean[b]"]], predicted)
    model.save(tmp_path / "vectors.mlekit")
    again = mk.load(tmp_path / "vectors.mlekit")
    pd.testing.assert_frame_equal(again.predict_frame(shuffled), frame)
    assert again.log_likelihood(world) == model.log_likelihood(world)
    assert model.decompose(world).cross_entropy == pytest.approx(
        -model.log_likelihood(world) / ROWS, rel=1e-12
    )


def test_a_network_learns_a_covariance_that_turns() -> None:
    rng = np.random.default_rng(4)
    count = 4000
    x = rng.uniform(-2, 2, count)
    rho = np.sin(1.5 * x) * 0.9
    z = rng.normal(size=(count, 2))
    data = pd.DataFrame({"x": x, "u": z[:, 0], "v": rho * z[:, 0] + np.sqrt(1 - rho**2) * z[:, 1]})
    model = mk.fit("u + v ~ x", data, mk.MultivariateGaussian, network=mk.MLP(16), seed=0)
    found = model(data).correlation[:, 0, 1]
    assert np.abs(found - rho).mean() < 0.12


@pytest.mark.parametrize("right", ["1", "x1"])
def test_targets_that_determine_one_another_are_named(world: pd.DataFrame, right: str) -> None:
    data = world.assign(sum=world["a"] * 1e3 + world["b"])
    with pytest.raises(
        mk.FitError, match=r"\['a', 'b'\] determine the target 'sum' exactly.*Leave 'sum' out"
    ):
        mk.fit(f"a + b + sum ~ {right}", data, mk.MultivariateGaussian)


def test_a_target_that_the_predictors_determine_is_named(world: pd.DataFrame) -> None:
    data = world.assign(exact=3 * world["x1"] - 1)
    with pytest.raises(mk.FitError, match="the predictors determine the target 'exact' exactly"):
        mk.fit("exact + b ~ x1", data, mk.MultivariateGaussian)


def test_a_constant_target_is_named(world: pd.DataFrame) -> None:
    with pytest.raises(mk.FitError, match="the target 'flat' is 7 in every row"):
        mk.fit("a + flat ~ x1", world.assign(flat=7.0), mk.MultivariateGaussian)


def test_fewer_rows_than_columns_are_refused(world: pd.DataFrame) -> None:
    with pytest.raises(mk.FitError):
        mk.fit("a + b + c ~ 1", world.head(3), mk.MultivariateGaussian)


# ---- counts by category, proportions ----------------------------------------------------------------------


def test_counts_by_category_are_fitted_like_single_answers() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=300)
    logits = np.column_stack([np.zeros(300), 0.5 + x, -1 - 0.5 * x])
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    counts = rng.multinomial(rng.integers(0, 12, 300), probs)
    data = pd.DataFrame({"x": x, "red": counts[:, 0], "green": counts[:, 1], "blue": counts[:, 2]})
    model = mk.fit("red + green + blue ~ x", data, mk.Multinomial)
    answers = mk.fit("red + green + blue ~ x", data[counts.sum(axis=1) > 0], mk.Categorical)
    np.testing.assert_allclose(model.coefficients, answers.coefficients, rtol=1e-5)
    assert model.coefficients.index.get_level_values("output").unique().tolist() == ["green", "blue"]
    np.testing.assert_allclose(model.coefficients, [0.5, 1.0, -1.0, -0.5], atol=0.25)
    expected = stats.multinomial(counts.sum(axis=1), model(data).probs).logpmf(counts).sum()
    assert model.log_likelihood(data) == pytest.approx(expected, rel=1e-12)
    assert list(model.predict_frame(data))[:4] == ["trials", "probs[red]", "probs[green]", "probs[blue]"]
    parts = model.decompose(data)
    assert parts.cross_entropy == pytest.approx(-expected / 300, rel=1e-12)
    assert parts.entropy is not None
    assert parts.kl == pytest.approx(parts.cross_entropy - parts.entropy, rel=1e-12)


def test_a_category_that_never_comes_up_is_refused() -> None:
    data = pd.DataFrame({"a": [1, 2, 3], "b": [0, 0, 0], "c": [2, 1, 5]})
    with pytest.raises(mk.FitError):
        mk.fit("a + b + c ~ 1", data, mk.Multinomial)


def test_separated_counts_are_named() -> None:
    data = pd.DataFrame({"x": [-2.0, -1, 1, 2], "a": [3, 2, 0, 0], "b": [0, 0, 4, 1]})
    with pytest.raises(mk.FitError, match="x"):
        mk.fit("a + b ~ x", data, mk.Multinomial)


def test_proportions_recover_their_concentrations() -> None:
    rng = np.random.default_rng(5)
    count = 5000
    x = rng.uniform(-1, 1, count)
    alpha = np.exp(np.column_stack([0.5 + x, 1 - 0.5 * x, np.zeros(count)]))
    shares = rng.standard_gamma(alpha)
    shares /= shares.sum(axis=1, keepdims=True)
    data = pd.DataFrame(shares, columns=["sand", "silt", "clay"]).assign(x=x)
    model = mk.fit("sand + silt + clay ~ x", data, mk.Dirichlet)
    assert model.converged
    np.testing.assert_allclose(model.coefficients, [0.5, 1.0, 1.0, -0.5, 0.0, 0.0], atol=0.08)
    predicted = model.predict(data)
    assert isinstance(predicted, pd.DataFrame)
    assert list(predicted) == ["sand", "silt", "clay"]
    np.testing.assert_allclose(predicted.sum(axis=1), 1)
    held = mk.fit("sand + silt + clay ~ x", data, mk.Dirichlet, network=mk.MLP(8), seed=0)
    assert (
        held.facts.log_likelihood > mk.fit("sand + silt + clay ~ 1", data, mk.Dirichlet).facts.log_likelihood
    )


def test_proportions_that_do_not_vary_have_no_maximum() -> None:
    data = pd.DataFrame({"a": [0.25] * 5, "b": [0.75] * 5})
    with pytest.raises(mk.FitError):
        mk.fit("a + b ~ 1", data, mk.Dirichlet)
