"""Scores and Fisher information against the log-likelihood itself, and the theory of exponential families."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mlekit.arrays import Array
from mlekit.distributions import Distribution, ExponentialFamily, Head
from mlekit.distributions.composed import Kind
from tests.distributions.cases import Case, each, each_link, exponential, fitted, independent
from tests.support import seeds

pytestmark = pytest.mark.usefixtures("unchecked_shapes")  # looked at in other tests, in a third of the time

ROWS = 40
SEEDS = seeds(5)


def derivative(function: Callable[[Array], Array], at: Array, step: float = 5e-5) -> Array:
    """∂ function/∂at_j of every row by central differences of fourth order, on a new last axis.

    ``function`` takes rows (rows, k) and returns (rows, ...).
    """
    columns = []
    for j in range(at.shape[1]):
        unit = np.zeros_like(at)
        unit[:, j] = step * np.minimum(1.0, np.abs(at[:, j]) + 0.01)
        size = unit[:, j].reshape(-1, *(1,) * (function(at).ndim - 1))
        near, far = (
            function(at + unit) - function(at - unit),
            function(at + 2 * unit) - function(at - 2 * unit),
        )
        columns.append((8 * near - far) / (12 * size))
    return np.stack(columns, axis=-1)


def assert_close(actual: Array, expected: Array, rtol: float) -> None:
    """Equal within ``rtol`` of the element, or of 1e-3 of the largest where an element is small."""
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=1e-3 * rtol * np.abs(expected).max() + 1e-12)


def away_from_kinks(case: Case, head: Head[Any], eta: Array, y: np.ndarray) -> np.ndarray:
    """The rows where differences do not reach across a kink of the likelihood; almost all of them."""
    if not case.distribution.kinked:
        return np.arange(len(y))
    reach = 2e-4 * np.minimum(1.0, np.abs(eta) + 0.01)
    left, right = head.score(eta - reach, y), head.score(eta + reach, y)
    rows = np.flatnonzero((np.abs(left - right) < 0.1 * np.abs(left) + 0.1).all(axis=1))
    assert len(rows) > 0.8 * len(y)
    return rows


# ---- score ------------------------------------------------------------------------------------------------


@each_link()
def test_score_is_the_derivative_of_the_log_likelihood(case: Case, links: dict[str, str]) -> None:
    head = case.bind(links=links)
    parts = []
    for seed in SEEDS:
        eta, y = case.rows(head, ROWS, seed)
        rows = away_from_kinks(case, head, eta, y)
        parts.append((eta[rows], y[rows]))
    # One call for the rows of all seeds, each of which is compared by itself.
    eta, y = (np.concatenate(part) for part in zip(*parts, strict=True))
    score, expected = head.score(eta, y), derivative(lambda e: head.log_likelihood(e, y), eta)
    ends = np.cumsum([len(part) for part, _ in parts])[:-1]
    for ours, theirs in zip(np.split(score, ends), np.split(expected, ends), strict=True):
        assert_close(ours, theirs, rtol=1e-6)


@each(independent)
def test_score_of_several_targets_and_units(case: Case) -> None:
    head = case.bind(targets=3)
    eta, y = case.rows(head, ROWS)
    rows = away_from_kinks(case, head, eta, y)
    eta, y = eta[rows], y[rows]
    assert_close(head.score(eta, y), derivative(lambda e: head.log_likelihood(e, y), eta), rtol=1e-6)


@each_link()
def test_value_and_score_are_the_log_likelihood_and_the_score(case: Case, links: dict[str, str]) -> None:
    head = case.bind(links=links)
    eta, y = case.rows(head, ROWS)
    value, score = head.value_and_score(eta, y)
    np.testing.assert_array_equal(value, head.log_likelihood(eta, y))
    np.testing.assert_array_equal(score, head.score(eta, y))
    assert np.isfinite(value).all()
    assert np.isfinite(score).all()


@each(fitted)
@pytest.mark.parametrize("seed", SEEDS)
def test_expected_score_is_zero_and_its_covariance_the_fisher_information(case: Case, seed: int) -> None:
    distribution = case.typical(seed)
    nodes, weights = case.nodes(distribution)
    mass, score = weights * distribution.prob(nodes), distribution.score(nodes)
    information = distribution.fisher_information()
    scale = np.sqrt(np.diag(information))
    assert (np.abs(mass @ score) <= 1e-8 * scale + 1e-14).all()
    covariance = np.einsum("n,nj,nk->jk", mass, score, score)
    np.testing.assert_allclose(information, covariance, atol=1e-8 * np.outer(scale, scale).max(), rtol=1e-8)


@each_link()
def test_information_of_a_head_is_the_covariance_of_its_score(case: Case, links: dict[str, str]) -> None:
    head = case.bind(links=links)
    eta = case.eta(head, 3)
    information = head.information(eta)
    assert information.shape == (3, head.n_outputs, head.n_outputs)
    for row in range(3):
        single = head.distribution(eta[row : row + 1])
        nodes, weights = case.nodes(squeeze(single, case.distribution))
        y = head.encode(case.frame(nodes).set_axis(list(head.target_names), axis=1))
        value, score = head.value_and_score(np.repeat(eta[row : row + 1], len(nodes), axis=0), y)
        mass = weights * np.exp(value)
        covariance = np.einsum("n,nj,nk->jk", mass, score, score)
        assert mass.sum() == pytest.approx(1, rel=1e-9)
        np.testing.assert_allclose(information[row], covariance, rtol=1e-7, atol=1e-8 * covariance.max())


def squeeze(batch: Distribution, kind: Kind[Distribution]) -> Distribution:
    """The only element of a batch of shape (1,)."""
    names = {name for p in (*kind.parameters, *kind.predicted) for name in (p.name, p.coordinate_name)}
    fields = {
        name: squeeze(value, kind)
        if isinstance(value, Distribution)
        else value[0]
        if name in names
        else value
        for name, value in vars(batch).items()
    }
    return type(batch)._unchecked(**fields)


@each(independent)
def test_information_of_several_targets_is_that_of_each(case: Case) -> None:
    head = case.bind(targets=2, standardize=False)
    eta = case.eta(head, ROWS)
    information = head.information(eta)
    for j in range(2):
        columns = [range(*c.indices(head.n_outputs))[j] for c in head.columns.values()]
        single = case.bind(standardize=False)
        np.testing.assert_array_equal(
            information[:, columns][:, :, columns], single.information(eta[:, columns])
        )
        others = [k for k in range(head.n_outputs) if k not in columns]
        assert (information[:, columns][:, :, others] == 0).all()


@each(fitted)
@pytest.mark.parametrize("seed", SEEDS)
def test_start_is_near_the_marginal_maximum_likelihood(case: Case, seed: int) -> None:
    """From the starting point one step of Fisher scoring gains little a row."""
    head = case.bind(seed=seed, rows=500)
    y = head.encode(
        case.frame(case.typical(seed).sample(500, rng=seed)).set_axis(list(head.target_names), axis=1)
    )
    start = head.start(y)
    assert start.shape == (head.n_outputs,)
    eta = np.repeat(start[None, :], len(y), axis=0)
    gradient, information = head.score(eta, y).mean(axis=0), head.information(eta[:1])[0]
    gain = 0.5 * gradient @ np.linalg.pinv(information) @ gradient
    assert gain < 0.05


# ---- exponential families ---------------------------------------------------------------------------------


def exponential_family(case: Case, seed: int) -> ExponentialFamily:
    distribution = case.typical(seed)
    assert isinstance(distribution, ExponentialFamily)
    return distribution


def encoded(case: Case, distribution: Distribution) -> tuple[Any, np.ndarray, Array]:
    """Outcomes, the same as the core takes them, and the mass or quadrature weight on each."""
    nodes, weights = case.nodes(distribution)
    return nodes, distribution._values(nodes), weights * distribution.prob(nodes)


@each(exponential)
@pytest.mark.parametrize("seed", SEEDS)
def test_statistics_have_their_mean_and_covariance(case: Case, seed: int) -> None:
    distribution = exponential_family(case, seed)
    _, y, mass = encoded(case, distribution)
    statistics = distribution.sufficient_statistics(y)
    mean = distribution.expected_statistics
    np.testing.assert_allclose(mass @ statistics, mean, rtol=1e-8, atol=1e-9)
    deviation = statistics - mean
    covariance = np.einsum("n,nj,nk->jk", mass, deviation, deviation)
    tolerance = 1e-8 * np.abs(covariance).max()
    np.testing.assert_allclose(distribution.statistics_covariance, covariance, rtol=1e-8, atol=tolerance)
    carrier = mass @ distribution.log_carrier(y)
    np.testing.assert_allclose(distribution.expected_log_carrier, carrier, rtol=1e-8, atol=1e-10)


@each(exponential, fitted)
def test_log_normalizer_generates_the_statistics(case: Case) -> None:
    """∂A/∂ξ = Jᵀ E[T], ∂E[T]/∂ξ = Cov[T] J and ∂θ/∂ξ = J, by differences: so E[T] = ∇A and Cov[T] = ∇²A."""
    head = case.bind(standardize=False)
    xi = case.eta(head, ROWS)

    def at(coordinates: Array) -> ExponentialFamily:
        batch = head.distribution(coordinates)
        assert isinstance(batch, ExponentialFamily)
        return batch

    batch = at(xi)
    jacobian = np.broadcast_to(batch._natural_jacobian(), (ROWS, *batch._natural_jacobian().shape[-2:]))
    assert_close(jacobian, derivative(lambda e: at(e).natural_parameters, xi), rtol=1e-7)
    gradient = np.einsum("ndk,nd->nk", jacobian, batch.expected_statistics)
    assert_close(gradient, derivative(lambda e: at(e).log_normalizer, xi), rtol=1e-7)
    curvature = np.einsum("nde,nek->ndk", batch.statistics_covariance, jacobian)
    assert_close(curvature, derivative(lambda e: at(e).expected_statistics, xi), rtol=1e-7)


@each(exponential)
def test_natural_parameters_say_which_member_it_is(case: Case) -> None:
    distribution = exponential_family(case, 0)
    again = distribution._with_natural(distribution.natural_parameters)
    np.testing.assert_allclose(again.natural_parameters, distribution.natural_parameters, rtol=1e-12)
    np.testing.assert_allclose(again.log_normalizer, distribution.log_normalizer, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(again.expected_statistics, distribution.expected_statistics, rtol=1e-11)
    nodes, _ = case.nodes(distribution)
    np.testing.assert_allclose(again.log_prob(nodes), distribution.log_prob(nodes), rtol=1e-10, atol=1e-10)


@each(exponential)
@pytest.mark.parametrize("seed", SEEDS)
def test_derived_forms_equal_the_stable_ones(case: Case, seed: int) -> None:
    distribution = exponential_family(case, seed)
    nodes, y, mass = encoded(case, distribution)
    inside = mass > 1e-20 * mass.max()
    nodes, y = nodes[inside], y[inside]
    derived = ExponentialFamily._log_prob(distribution, y)
    np.testing.assert_allclose(distribution.log_prob(nodes), derived, rtol=1e-8, atol=1e-8)
    score = np.stack(ExponentialFamily._score(distribution, y), axis=-1)
    assert_close(distribution.score(nodes), score, rtol=1e-7)
    assert_close(distribution.fisher_information(), ExponentialFamily._information(distribution), rtol=1e-9)
    np.testing.assert_allclose(distribution.entropy(), ExponentialFamily.entropy(distribution), rtol=1e-8)
