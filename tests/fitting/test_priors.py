"""A prior's negative log-density is the penalty, and it speaks of coefficients in the units of the data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.linear_model import LogisticRegression, Ridge

import mlekit as mk
from mlekit.distributions import Head
from mlekit.fitting import Objective, Sample, WeightPrior
from mlekit.networks import BuiltNetwork
from tests.fitting.simulation import WHOLE_BATCHES, overlapping

TABLE = overlapping()


def l2(strength: float) -> mk.Gaussian:
    """Return the prior whose negative log-density is ½·strength·w² and a constant."""
    return mk.Gaussian(loc=0.0, scale=strength**-0.5)


@pytest.mark.parametrize("strength", [0.01, 1.0, 100.0])
def test_ridge(strength: float) -> None:
    x, y = load_diabetes(return_X_y=True, scaled=False)
    data = pd.DataFrame(x).add_prefix("x").assign(y=y)
    # With σ fixed at 50, −log-likelihood is squared error over 2·50².
    model = mk.fit("y ~ .", data, mk.Gaussian.family(scale=50.0), prior=l2(strength))
    ridge = Ridge(alpha=strength * 2500, solver="svd").fit(x, y)
    np.testing.assert_allclose(model.coefficients.iloc[1:], ridge.coef_, rtol=1e-8)
    assert model.coefficients.iloc[0] == pytest.approx(ridge.intercept_, rel=1e-8)


@pytest.mark.parametrize("strength", [0.1, 10.0])
def test_penalized_logistic_regression(strength: float) -> None:
    x, y = load_breast_cancer(return_X_y=True)
    x = x[:, :6]  # in units of their own: a mean area in the hundreds beside a smoothness below one
    data = pd.DataFrame(x).add_prefix("x").assign(y=y)
    model = mk.fit("y ~ .", data, mk.Bernoulli, prior=l2(strength))
    other = LogisticRegression(C=1 / strength, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(x, y)
    np.testing.assert_allclose(model.coefficients.iloc[1:], other.coef_[0], rtol=1e-5)
    np.testing.assert_allclose(model(data).mean, other.predict_proba(x)[:, 1], rtol=1e-5)


@pytest.mark.parametrize("strength", [0.1, 10.0])
def test_penalized_multinomial_regression(strength: float) -> None:
    """Under a prior all K weight vectors are kept, and treated alike."""
    wine = load_wine()
    x = wine.data[:, :4]
    data = pd.DataFrame(x).add_prefix("x").assign(y=wine.target_names[wine.target])
    model = mk.fit("y ~ .", data, mk.Categorical, prior=l2(strength))
    assert model.n_parameters == 3 * 5
    other = LogisticRegression(C=1 / strength, solver="lbfgs", tol=1e-10, max_iter=100_000).fit(
        x, wine.target
    )
    table = model.coefficients.unstack()
    weights = table[[f"x{j}" for j in range(4)]].loc[model(data).categories.tolist()]
    np.testing.assert_allclose(weights, other.coef_, rtol=2e-3, atol=1e-5)
    np.testing.assert_allclose(model(data).probs, other.predict_proba(x), rtol=2e-3, atol=1e-6)
    np.testing.assert_allclose(weights.sum(), 0, atol=1e-9)


def test_the_prior_does_not_depend_on_the_units_of_the_fit() -> None:
    """Metres or millimetres: the same model, if the prior is told in the same units."""
    metres = mk.fit("yes ~ x1 + x2", TABLE, mk.Bernoulli, prior=l2(1.0))
    data = TABLE.assign(x1=1000 * TABLE["x1"], x2=1000 * TABLE["x2"])
    millimetres = mk.fit("yes ~ x1 + x2", data, mk.Bernoulli, prior=l2(1e6))
    np.testing.assert_allclose(millimetres(data).mean, metres(TABLE).mean, rtol=1e-9)


def test_a_prior_elsewhere_than_zero_draws_there() -> None:
    model = mk.fit("yes ~ x1 + x2", TABLE, mk.Bernoulli, prior=mk.Gaussian(loc=3.0, scale=1e-4))
    np.testing.assert_allclose(model.coefficients.iloc[1:], 3.0, atol=1e-3)


def test_a_wide_prior_is_maximum_likelihood() -> None:
    likeliest = mk.fit("yes ~ x1 + x2 + group", TABLE, mk.Bernoulli)
    model = mk.fit("yes ~ x1 + x2 + group", TABLE, mk.Bernoulli, prior=mk.Gaussian(loc=0.0, scale=1e6))
    np.testing.assert_allclose(model.theta, likeliest.theta, rtol=1e-8)
    assert likeliest.facts.log_prior == 0.0


def test_intercepts_have_no_prior() -> None:
    tight = mk.Gaussian(loc=0.0, scale=1e-6)
    model = mk.fit("length ~ x1 + x2", TABLE, mk.Gaussian, prior=tight)
    assert model.coefficients["loc", "Intercept"] == pytest.approx(TABLE["length"].mean(), abs=1e-3)
    spread = np.exp(model.coefficients["scale", "Intercept"])
    assert spread == pytest.approx(TABLE["length"].std(ddof=0), rel=1e-6)


def test_the_objective_is_log_likelihood_and_log_prior_and_nothing_else() -> None:
    prior = mk.Gaussian(loc=0.1, scale=0.5)
    model = mk.fit("yes ~ x1 + x2", TABLE, mk.Bernoulli, prior=prior)
    assert model.facts.log_likelihood == pytest.approx(model.log_likelihood(TABLE), rel=1e-12)
    log_prior = np.sum(prior.log_prob(model.coefficients.iloc[1:].to_numpy()))
    assert model.facts.log_prior == pytest.approx(log_prior, rel=1e-12)


@pytest.mark.parametrize("optimizer", [mk.LBFGS(), *WHOLE_BATCHES])
def test_every_optimizer_minimizes_the_same_penalized_objective(optimizer: mk.Optimizer) -> None:
    exact = mk.fit("yes ~ x1 + group", TABLE, mk.Bernoulli, prior=l2(5.0))
    model = mk.fit("yes ~ x1 + group", TABLE, mk.Bernoulli, prior=l2(5.0), optimizer=optimizer)
    exact_value = exact.facts.log_likelihood + exact.facts.log_prior
    value = model.facts.log_likelihood + model.facts.log_prior
    assert value == pytest.approx(exact_value, abs=1e-9)


def test_a_networks_weights_shrink() -> None:
    def run(prior: mk.Distribution | None) -> float:
        network = mk.MLP(8)
        model = mk.fit("yes ~ x1 + x2", TABLE, mk.Bernoulli, network=network, prior=prior)
        weights = model.theta[network.build(2, 1).penalized]
        return float(np.square(weights).sum())

    assert run(l2(20.0)) < run(l2(1.0)) < run(None)


# ---- derivatives ---------------------------------------------------------------------------------------------


def objective(network: BuiltNetwork, prior: mk.Distribution, units: np.ndarray) -> Objective:
    rng = np.random.default_rng(1)
    target = pd.DataFrame({"yes": [0, 1, 1, 0, 1]})
    head: Head[mk.Bernoulli] = mk.Bernoulli.family().bind(target)
    sample = Sample(rng.normal(size=(5, network.n_inputs)), head.encode(target), rng.random(5) + 0.5)
    return Objective(network, head, sample, WeightPrior(prior, network.penalized, units))


@pytest.mark.parametrize("network", [mk.Linear(), mk.MLP(3)])
@pytest.mark.parametrize("prior", [mk.Gaussian(loc=0.0, scale=1.0), mk.Gaussian(loc=-0.5, scale=0.2)])
def test_gradient_is_that_of_the_value(network: mk.Network, prior: mk.Distribution) -> None:
    built = network.build(2, 1)
    rng = np.random.default_rng(0)
    theta = rng.normal(size=built.n_parameters)
    target = objective(built, prior, rng.random(built.n_parameters) + 0.5)
    value, gradient = target.value_and_gradient(theta)
    step = 1e-6
    numeric = [
        (target.value_and_gradient(theta + e)[0] - target.value_and_gradient(theta - e)[0]) / (2 * step)
        for e in step * np.eye(built.n_parameters)
    ]
    np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-8)
    assert value == pytest.approx(target.value(theta), rel=1e-14)


def test_information_of_the_prior_is_its_curvature() -> None:
    built = mk.Linear().build(2, 1)
    units = np.array([2.0, 0.5, 1.0])
    prior = WeightPrior(mk.Gaussian(loc=0.0, scale=0.1), built.penalized, units)
    np.testing.assert_allclose(prior.curvature(np.zeros(3)), [100 * 4, 100 * 0.25, 0])


# ---- what is no prior ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prior", "match"),
    [
        (mk.Gaussian(loc=[0.0, 1.0], scale=1.0), r"not a batch of shape \(2,\)"),
        (mk.Bernoulli(probs=0.5), "Bernoulli has no location"),
    ],
)
def test_what_is_no_prior_is_refused(prior: Any, match: str) -> None:
    with pytest.raises(mk.ParameterError, match=match):
        mk.fit("yes ~ x1", TABLE, mk.Bernoulli, prior=prior)
