"""Gaussian vectors beyond what every family is tested for: covariances, marginals, conditionals, extreme scales."""

from __future__ import annotations

import mpmath
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mlekit.distributions import Gaussian, MultivariateGaussian
from mlekit.distributions.triangular import from_rows, inverse, solve, solve_transposed
from mlekit.errors import ParameterError, TargetError


@pytest.fixture
def batch() -> MultivariateGaussian:
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(5, 4, 6)) * [[1.0], [1e4], [1e-4], [1.0]]
    return MultivariateGaussian(loc=rng.normal(size=(5, 4)), scale_tril=from_rows(rows))


def test_substitution_solves_triangular_systems(batch: MultivariateGaussian) -> None:
    lower, y = batch.scale_tril, batch.loc
    np.testing.assert_allclose(np.einsum("bij,bj->bi", lower, solve(lower, y)), y, rtol=1e-11)
    np.testing.assert_allclose(np.einsum("bji,bj->bi", lower, solve_transposed(lower, y)), y, rtol=1e-8)
    product = inverse(lower) @ lower
    np.testing.assert_allclose(product, np.broadcast_to(np.eye(4), product.shape), atol=1e-9)


def test_from_covariance_agrees_with_scipy() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(3, 2, 5))
    covariance = rows @ np.swapaxes(rows, -1, -2)
    p = MultivariateGaussian.from_covariance(loc=[1.0, -2.0], covariance=covariance)
    np.testing.assert_allclose(p.covariance, covariance, rtol=1e-14)
    y = rng.normal(size=(7, 1, 2))
    for i in range(3):
        expected = stats.multivariate_normal([1.0, -2.0], covariance[i]).logpdf(y[:, 0])
        np.testing.assert_allclose(p.log_prob(y)[:, i], expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("covariance", "message"),
    [
        ([[1.0, 2.0], [2.0, 1.0]], r"positive definite, but has the eigenvalue -1; leave out"),
        ([[[1.0, 0.0], [0.0, 1.0]], [[4.0, 0.0], [0.0, -3.0]]], r"eigenvalue -3 at batch element \(1,\)"),
        ([[1.0, 2.0], [0.0, 1.0]], r"must be symmetric, but is not at position \(0, 1\)"),
        ([[1.0, 2.0]], r"square matrices on its last two axes, but has the shape \(1, 2\)"),
        ([[1.0, np.nan], [np.nan, 1.0]], "finite square matrices"),
    ],
)
def test_what_is_no_covariance_matrix_is_refused(covariance: list[object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        MultivariateGaussian.from_covariance(loc=[0.0, 0.0], covariance=covariance)


@pytest.mark.parametrize(
    ("loc", "scale_tril", "message"),
    [
        ([0.0], [[1.0, 0.5], [0.0, 1.0]], r"lower triangular square matrices.*is 0.5 at position \(0, 1\)"),
        ([0.0, 0.0], [[1.0, 0.0], [3.0, -1.0]], r"positive diagonal, but is -1 at position \(1, 1\)"),
        ([0.0, 0.0], [[1.0, 0.0]], "lower triangular square matrices"),
        ([0.0, 0.0, 0.0], [[1.0, 0.0], [0.0, 1.0]], "loc has 3 coordinates, but scale_tril 2 rows"),
        (0.0, [[1.0]], "loc needs a last axis"),
        ([0.0], 1.0, "loc needs a last axis.*and scale_tril two"),
    ],
)
def test_parameters_that_do_not_fit_together_are_refused(
    loc: object, scale_tril: object, message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        MultivariateGaussian(loc=loc, scale_tril=scale_tril)  # type: ignore[arg-type]


def test_marginals_have_the_submatrix_of_the_covariance(batch: MultivariateGaussian) -> None:
    chosen = [3, 0, 1]
    part = batch.marginal(chosen)
    np.testing.assert_array_equal(part.loc, batch.loc[:, chosen])
    expected = batch.covariance[:, chosen][:, :, chosen]
    spread = np.sqrt(np.diagonal(expected, axis1=-2, axis2=-1))
    scaled = (part.covariance - expected) / (spread[:, :, None] * spread[:, None, :])
    np.testing.assert_allclose(scaled, 0, atol=1e-14)
    single = batch.coordinate(2)
    assert isinstance(single, Gaussian)
    np.testing.assert_allclose(single.variance, batch.variance[:, 2])
    np.testing.assert_allclose(batch.marginal([2]).log_prob(np.zeros((5, 1))), single.log_prob(np.zeros(5)))


def test_conditionals_times_marginals_are_the_joint_density(batch: MultivariateGaussian) -> None:
    y = batch.sample(rng=0)
    given = {2: y[:, 2], 0: y[:, 0]}
    rest = batch.conditional(given)
    product = batch.marginal([2, 0]).log_prob(y[:, [2, 0]]) + rest.log_prob(y[:, [1, 3]])
    np.testing.assert_allclose(product, batch.log_prob(y), rtol=1e-11)


@pytest.mark.parametrize("places", [[], [0, 0], [4], [-1]])
def test_coordinates_that_do_not_exist_are_refused(batch: MultivariateGaussian, places: list[int]) -> None:
    with pytest.raises(ParameterError, match="distinct positions 0 … 3"):
        batch.marginal(places)


def test_correlations_do_not_depend_on_units(batch: MultivariateGaussian) -> None:
    units = np.array([1e-8, 1.0, 1e100, 3.0])
    scaled = MultivariateGaussian(loc=batch.loc, scale_tril=batch.scale_tril * units[:, None])
    np.testing.assert_allclose(scaled.correlation, batch.correlation, rtol=1e-13)
    np.testing.assert_allclose(np.diagonal(scaled.correlation, axis1=-2, axis2=-1), 1, rtol=1e-14)


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_nearly_singular_matrices_agree_with_arbitrary_precision(scale: float) -> None:
    lower = scale * np.array([[1.0, 0, 0], [0.3, 1e-6, 0], [-2.0, 1e3, 1e-3]])
    y = scale * np.array([0.7, 0.2, 40.0])
    with mpmath.workdps(60):
        matrix = mpmath.matrix(lower.tolist())
        z = mpmath.lu_solve(matrix, mpmath.matrix(y.tolist()))
        expected = -(z.T * z)[0] / 2 - mpmath.log(mpmath.det(matrix)) - 1.5 * mpmath.log(2 * mpmath.pi)
    ours = MultivariateGaussian(loc=np.zeros(3), scale_tril=lower).log_prob(y)
    assert float(ours) == pytest.approx(float(expected), rel=1e-12)


def test_infinite_outcomes_are_impossible() -> None:
    p = MultivariateGaussian(loc=[0.0, 0.0], scale_tril=np.eye(2))
    np.testing.assert_array_equal(p.log_prob([[np.inf, 0.0], [np.inf, -np.inf], [0.0, -np.inf]]), -np.inf)


def test_a_fixed_matrix_of_another_size_is_refused() -> None:
    target = pd.DataFrame({"a": [0.0, 1.0], "b": [2.0, 5.0]})
    with pytest.raises(
        ParameterError, match=r"held fixed at a value of shape \(3, 3\).*needs one of shape \(2, 2\)"
    ):
        MultivariateGaussian.family(scale_tril=np.eye(3)).bind(target)
    with pytest.raises(ParameterError, match=r"loc is held fixed at a value of shape \(1,\)"):
        MultivariateGaussian.family(loc=[0.0]).bind(target)


def test_a_column_that_does_not_suit_is_named() -> None:
    target = pd.DataFrame({"a": [0.0, 1.0], "b": [2.0, np.nan]}, index=["x", "y"])
    with pytest.raises(TargetError, match="column 'b' is not finite at row 'y'"):
        MultivariateGaussian.family().bind(target)
