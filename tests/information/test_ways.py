"""Every quantity knows its ways, and all of them agree: one registry of pairs feeds these tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mlekit.distributions import Bernoulli, Categorical, Distribution, Empirical, Gaussian
from mlekit.errors import AccuracyError, ParameterError
from mlekit.information import Estimate, cross_entropy, entropy, js, kl
from mlekit.information.answer import names_of
from mlekit.information.divergence_ways import divergence_ways, jensen_shannon_ways
from mlekit.information.outcomes import comparable
from mlekit.information.ways import (
    cross_entropy_ways,
    entropy_ways,
)
from tests.information.families import Geometric, gamma, laplace, poisson, student

Measure = Callable[..., Estimate]

PAIRS: dict[str, tuple[Distribution, Distribution]] = {
    "Bernoulli": (Bernoulli(probs=[0.1, 0.5, 0.999]), Bernoulli(logits=[[0.3], [-4.0]])),
    "Categorical": (
        Categorical(probs=[[0.2, 0.3, 0.5], [0.0, 0.9, 0.1]], categories=["a", "b", "c"]),
        Categorical(logits=[0.1, -1.0, 2.0], categories=["b", "c", "a"]),
    ),
    "Bernoulli, Categorical": (
        Bernoulli(probs=[0.2, 0.6]),
        Categorical(probs=[0.3, 0.7], categories=[True, False]),
    ),
    "Gaussian": (Gaussian(loc=[0.0, 3.0], scale=1.5), Gaussian(loc=[[-0.5], [0.1]], scale=[[0.8], [4.0]])),
    "Gaussian, far from 0": (Gaussian(loc=1e6, scale=1.0), Gaussian(loc=1e6 + 1, scale=[1.0, 3.0])),
    "Empirical, Bernoulli": (Empirical([0, 1, 1, 1]), Bernoulli(probs=[0.3, 0.75])),
    "Empirical, Categorical": (
        Empirical([["a", "b", "b"], ["c", "c", "a"]]),
        Categorical(probs=[0.2, 0.3, 0.5], categories=["a", "b", "c"]),
    ),
    "Empirical": (Empirical([1.0, 2.0, 2.0]), Empirical([2.0, 1.0, 3.0, 3.0], weights=[2.0, 1.0, 1.0, 1.0])),
    "Laplace": (laplace([0.0, 0.4], 1.0), laplace(0.1, [[1.0], [2.0]])),
    "Student, Gaussian": (student([3.0, 8.0]), Gaussian(loc=0.2, scale=2.0)),
    "Gaussian, Student": (Gaussian(loc=0.2, scale=2.0), student([1.0, 8.0])),
    "Gamma, infinite at 0": (gamma(0.4, [1.0, 2.0]), gamma(0.6, 1.0)),
    "Poisson": (poisson([0.7, 60.0]), poisson([1.0, 50.0])),
    "Geometric": (Geometric(probs=[0.02, 0.7]), Geometric(probs=[[0.05], [0.5]])),
    "Poisson, Geometric": (poisson([0.7, 9.0]), Geometric(probs=0.2)),
}


@pytest.fixture(params=PAIRS)
def pair(request: pytest.FixtureRequest) -> tuple[Distribution, Distribution]:
    return PAIRS[request.param]


def ways_of(measure: str, p: Distribution, q: Distribution) -> list[str]:
    ways = {"kl": divergence_ways, "cross_entropy": cross_entropy_ways, "js": jensen_shannon_ways}[measure]
    return list(ways(*comparable(p, q), 2, 0))


@pytest.mark.parametrize("measure", [kl, cross_entropy, js])
def test_all_ways_agree(measure: Measure, pair: tuple[Distribution, Distribution]) -> None:
    p, q = pair
    best = measure(p, q, estimate=True)
    shape = np.broadcast_shapes(p.batch_shape, q.batch_shape)
    assert np.shape(best.value) == np.shape(best.error) == shape
    assert np.all(np.isfinite(best.value))
    assert np.all(best.error <= 1e-10 * (1 + np.abs(best.value)))
    assert best.support is None
    ways = ways_of(getattr(measure, "__name__", ""), p, q)
    assert ways[0] == best.method
    for way in ways:
        other = measure(p, q, method=way, estimate=True, size=20_000)
        assert other.method == way
        # Sampled values lie within five standard errors; the others within their bounds and rounding.
        bound = 5 * other.error if way == "monte_carlo" else other.error
        rounding = 1e-11 * (1 + np.abs(best.value))
        assert np.all(np.abs(other.value - best.value) <= bound + best.error + rounding), way


@pytest.mark.parametrize("side", [0, 1])
def test_all_ways_of_entropy_agree(side: int, pair: tuple[Distribution, Distribution]) -> None:
    p = pair[side]
    best = entropy(p, estimate=True)
    for way in entropy_ways(p, 2, 0):
        other = entropy(p, method=way, estimate=True, size=20_000)
        bound = 5 * other.error if way == "monte_carlo" else other.error
        assert np.all(
            np.abs(other.value - best.value) <= bound + best.error + 1e-11 * (1 + np.abs(best.value))
        )


def test_plain_call_returns_the_value_of_the_estimate(pair: tuple[Distribution, Distribution]) -> None:
    p, q = pair
    for plain, known in [
        (kl(p, q), kl(p, q, estimate=True)),
        (js(p, q), js(p, q, estimate=True)),
        (cross_entropy(p, q), cross_entropy(p, q, estimate=True)),
        (entropy(p), entropy(p, estimate=True)),
    ]:
        np.testing.assert_array_equal(plain, known.value)


@pytest.mark.parametrize(
    ("p", "q", "ways"),
    [
        (Gaussian(loc=0, scale=1), Gaussian(loc=0, scale=1), ["closed_form", "quadrature", "monte_carlo"]),
        (Bernoulli(probs=0.5), Bernoulli(probs=0.5), ["closed_form", "exact_sum", "monte_carlo"]),
        (Empirical([1, 2]), Empirical([1, 2]), ["exact_sum", "monte_carlo"]),
        (student(3.0), Gaussian(loc=0, scale=1), ["quadrature", "monte_carlo"]),
        (Geometric(probs=0.5), Geometric(probs=0.5), ["closed_form", "exact_sum", "monte_carlo"]),
        (Gaussian(loc=0, scale=1), Empirical([1.0]), ["closed_form"]),
    ],
)
def test_which_ways_exist(p: Distribution, q: Distribution, ways: list[str]) -> None:
    assert ways_of("kl", p, q) == ways


def test_a_way_that_does_not_exist_is_refused() -> None:
    p = Gaussian(loc=0.0, scale=1.0)
    with pytest.raises(
        ParameterError, match=r"exact_sum.*KL divergence of Gaussian.*closed_form, quadrature"
    ):
        kl(p, p, method="exact_sum")
    with pytest.raises(ParameterError, match="quadrature"):
        js(Bernoulli(probs=0.5), Bernoulli(probs=0.1), method="quadrature")


def test_monte_carlo_is_reproducible_and_its_error_shrinks() -> None:
    p, q = Gaussian(loc=0.0, scale=1.0), Gaussian(loc=1.0, scale=2.0)
    first = kl(p, q, method="monte_carlo", size=1000, rng=7, estimate=True)
    again = kl(p, q, method="monte_carlo", size=1000, rng=np.random.default_rng(7), estimate=True)
    larger = kl(p, q, method="monte_carlo", size=100_000, rng=7, estimate=True)
    assert float(first) == float(again) != float(larger)
    assert float(first.error) / float(larger.error) == pytest.approx(10, rel=0.2)
    with pytest.raises(ParameterError, match="at least 2 samples"):
        kl(p, q, method="monte_carlo", size=1)


def test_monte_carlo_errors_are_standard_errors() -> None:
    # Each element of a batch is sampled by itself.
    p, q = Gaussian(loc=np.zeros(300), scale=1.0), Gaussian(loc=0.0, scale=2.0)
    sampled = kl(p, q, method="monte_carlo", size=200, estimate=True)
    scores = (sampled.value - kl(p, q)) / sampled.error
    assert abs(scores.mean()) < 0.25
    assert 0.85 < scores.std() < 1.15


def test_an_unreached_accuracy_is_an_error_unless_an_estimate_is_asked_for() -> None:
    # The second moment of p barely exists: the integrand's tail falls as 1/y to the power 1.001.
    p, q = student(2.001), Gaussian(loc=0.0, scale=1.0)
    rough = kl(p, q, estimate=True)
    assert rough.method == "quadrature"
    # E[Y²] = df/(df − 2); the rest of KL is a difference of logarithms.
    exact = 0.5 * 2.001 / 0.001 + 0.5 * np.log(2 * np.pi) - float(p.frozen.entropy())
    assert abs(float(rough) - exact) > 1e-6 * exact
    with pytest.raises(AccuracyError, match="quadrature"):
        kl(p, q)


def test_estimate_speaks() -> None:
    exact = entropy(Bernoulli(probs=0.5), estimate=True, base=2)
    assert repr(exact) == "Estimate(1, method='closed_form')"
    assert float(exact) == 1.0
    sampled = entropy(Bernoulli(probs=[0.5, 0.1]), estimate=True, method="monte_carlo")
    assert " ± " in repr(sampled)
    with pytest.raises(TypeError):
        float(sampled)


@pytest.mark.parametrize("given", [[0.5, 0.5], Gaussian, "Gaussian", None])
def test_what_is_no_distribution_is_refused_with_a_remedy(given: object) -> None:
    with pytest.raises(ParameterError, match=r"is none: probabilities become one by Categorical.*Empirical"):
        names_of(Gaussian(loc=0.0, scale=1.0), given)
