"""Batch axes as the axes of one outcome, and mixtures of distributions of vectors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logsumexp

from mlekit.distributions import (
    Bernoulli,
    Categorical,
    Dirichlet,
    Gaussian,
    Independent,
    Mixture,
    Multinomial,
    MultivariateGaussian,
    Poisson,
)
from mlekit.errors import ParameterError, SupportError


def test_an_outcome_may_take_several_batch_axes_and_keep_its_own() -> None:
    rng = np.random.default_rng(0)
    base = MultivariateGaussian(loc=rng.normal(size=(5, 3, 4, 2)), scale_tril=[[1.0, 0.0], [0.5, 2.0]])
    p = Independent(base, axes=2)
    assert (p.batch_shape, p.event_shape) == ((5,), (3, 4, 2))
    y = p.sample(7, rng=1)
    assert y.shape == (7, 5, 3, 4, 2)
    np.testing.assert_allclose(p.log_prob(y), base.log_prob(y).sum(axis=(-1, -2)), rtol=1e-13)
    np.testing.assert_allclose(p.entropy(), base.entropy().sum(axis=(-1, -2)), rtol=1e-13)
    covariance = p.covariance.reshape(5, 24, 24)
    assert p.covariance.shape == (5, 3, 4, 2, 3, 4, 2)
    for block in range(12):
        own = slice(2 * block, 2 * block + 2)
        np.testing.assert_allclose(
            covariance[:, own, own], np.broadcast_to(base.covariance[0, 0, 0], (5, 2, 2))
        )
    assert np.count_nonzero(covariance) == 5 * 12 * 4


def test_a_diagonal_gaussian_is_independent_gaussians() -> None:
    loc, scale = np.array([0.5, -1.0, 3.0]), np.array([1e-8, 1.0, 1e8])
    apart, joint = (
        Independent(Gaussian(loc=loc, scale=scale)),
        MultivariateGaussian(loc=loc, scale_tril=np.diag(scale)),
    )
    y = joint.sample(20, rng=0)
    np.testing.assert_allclose(apart.log_prob(y), joint.log_prob(y), rtol=1e-12)
    np.testing.assert_allclose(apart.covariance, joint.covariance)
    np.testing.assert_allclose(apart.entropy(), joint.entropy(), rtol=1e-13)


def test_labels_can_be_coordinates() -> None:
    base = Categorical(probs=[[0.5, 0.5], [0.1, 0.9]], categories=["no", "yes"])
    p = Independent(base)
    assert float(p.log_prob(["no", "yes"])) == pytest.approx(np.log(0.45), rel=1e-14)
    assert p.mode.tolist() == ["no", "yes"]
    assert p.sample(6, rng=0).shape == (6, 2)
    assert list(p.to_frame()) == ["no[0]", "no[1]", "yes[0]", "yes[1]"]
    assert float(p.log_prob(["no", "perhaps"])) == -np.inf
    both = Mixture([p, p])
    assert float(both.log_prob(["no", "yes"])) == pytest.approx(np.log(0.45), rel=1e-14)


def test_an_impossible_coordinate_makes_an_outcome_impossible() -> None:
    p = Independent(Bernoulli(probs=[0.5, 1.0]))
    assert float(p.log_prob([1.0, 0.0])) == -np.inf
    assert float(p.log_prob([1.0, 1.0])) == pytest.approx(np.log(0.5))


@pytest.mark.parametrize("axes", [0, 2, -1])
def test_axes_that_the_batch_does_not_have_are_refused(axes: int) -> None:
    with pytest.raises(ParameterError, match=r"has the batch shape \(3,\)"):
        Independent(Gaussian(loc=[0.0, 1.0, 2.0], scale=1.0), axes)


# ---- mixtures of vectors ----------------------------------------------------------------------------------


def mixtures() -> list[Mixture[MultivariateGaussian]]:
    """The same mixture of three Gaussian vectors, in a batch of four: as one batch, and as a list."""
    rng = np.random.default_rng(1)
    loc, weights = 2 * rng.normal(size=(4, 3, 2)), rng.dirichlet(np.ones(3), 4)
    lower = np.tril(rng.uniform(0.3, 1.5, (4, 3, 2, 2)))
    parts = [MultivariateGaussian(loc=loc[:, i], scale_tril=lower[:, i]) for i in range(3)]
    return [Mixture(MultivariateGaussian(loc=loc, scale_tril=lower), weights), Mixture(parts, weights)]


@pytest.mark.parametrize("p", mixtures(), ids=["batch", "list"])
def test_mixtures_of_vectors(p: Mixture[MultivariateGaussian]) -> None:
    assert (p.batch_shape, p.event_shape, p.n_components) == ((4,), (2,), 3)
    batch = mixtures()[0]
    parts = batch.components
    assert isinstance(parts, MultivariateGaussian)
    y = p.sample(60_000, rng=0)
    assert y.shape == (60_000, 4, 2)
    terms = np.log(batch.weights) + parts.log_prob(y[:50, :, None])
    np.testing.assert_allclose(p.log_prob(y[:50]), logsumexp(terms, axis=-1), rtol=1e-12)
    np.testing.assert_allclose(p.mean, np.einsum("bm,bmi->bi", batch.weights, parts.loc), rtol=1e-13)
    second = parts.covariance + parts.loc[..., :, None] * parts.loc[..., None, :]
    covariance = np.einsum("bm,bmij->bij", batch.weights, second) - p.mean[:, :, None] * p.mean[:, None, :]
    np.testing.assert_allclose(p.covariance, covariance, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(p.variance, np.diagonal(covariance, axis1=-2, axis2=-1), rtol=1e-11)
    error = 5 * np.sqrt(p.variance / len(y))
    assert (np.abs(y.mean(axis=0) - p.mean) < error).all()
    assert p.to_frame().shape == (4, 3 * 6)


def test_what_mixtures_of_vectors_do_not_know_is_refused() -> None:
    p = mixtures()[0]
    with pytest.raises(SupportError, match="entropy estimates it by Monte Carlo"):
        p.entropy()
    with pytest.raises(SupportError, match="cannot seek its mode"):
        _ = p.mode
    with pytest.raises(SupportError, match="have no order"):
        p.cdf([0.0, 0.0])


def test_components_of_several_families_mix_if_their_outcomes_agree() -> None:
    apart, joint = (
        Independent(Gaussian(loc=[0.0, 1.0], scale=1.0)),
        MultivariateGaussian(loc=[0.0, 1.0], scale_tril=np.eye(2)),
    )
    p = Mixture([apart, joint], [0.25, 0.75])
    np.testing.assert_allclose(p.log_prob([0.3, 0.4]), joint.log_prob([0.3, 0.4]), rtol=1e-14)
    with pytest.raises(ParameterError, match=r"the shape \(2,\), those of another \(\)"):
        Mixture([joint, Gaussian(loc=0.0, scale=1.0)])
    with pytest.raises(ParameterError, match="all discrete or all continuous"):
        Mixture([joint, Multinomial(trials=1, probs=[0.5, 0.5])])
    labels = [Independent(Categorical(probs=[[0.5, 0.5]], categories=list(names))) for names in ("ab", "ba")]
    with pytest.raises(ParameterError, match="the same categories in the same order"):
        Mixture(labels)


def test_supports_of_mixtures_of_vectors() -> None:
    counts = Mixture(Multinomial(trials=3, probs=[[0.5, 0.5], [0.1, 0.9]]))
    assert counts.support.contains(np.array([[1.0, 2.0], [1.0, 1.0]])).tolist() == [True, False]
    longer = Mixture(Multinomial(trials=[3, 4], probs=[0.5, 0.5]))
    assert longer.support.contains(np.array([[1.0, 2.0], [2.0, 2.0]])).tolist() == [True, True]
    shares = Mixture(Dirichlet(concentration=[[1.0, 2.0], [3.0, 1.0]]))
    assert float(shares.prob([0.25, 0.75])) == pytest.approx(0.5 * 1.5 + 0.5 * 3 * 0.0625, rel=1e-13)
    numbers = Mixture([Independent(Poisson(rate=[1.0, 2.0])), Independent(Poisson(rate=[5.0, 2.0]))])
    assert numbers.support.contains(np.array([[0.0, 1.0], [0.5, 1.0]])).tolist() == [True, False]
