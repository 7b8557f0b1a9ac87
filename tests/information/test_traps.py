"""Where information measures fail in libraries that people trust; a test a row."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from mlekit.distributions import Bernoulli, Categorical, Empirical, Gaussian
from mlekit.errors import ParameterError
from mlekit.information import cross_entropy, entropy, js, kl
from tests.information.families import laplace, poisson, student

mpmath.mp.dps = 60


def gaussian_kl(loc_p: float, scale_p: float, loc_q: float, scale_q: float) -> mpmath.mpf:
    """Return KL between the Gaussians with exactly these floats, to 60 digits."""
    a, s, b, t = (mpmath.mpf(x) for x in (loc_p, scale_p, loc_q, scale_q))
    return mpmath.log(t / s) + (s**2 + (a - b) ** 2) / (2 * t**2) - mpmath.mpf(1) / 2


def logits_kl(logits_p: list[float], logits_q: list[float]) -> mpmath.mpf:
    """Return KL between the categoricals with exactly these logits, to 60 digits."""
    p, q = ([mpmath.mpf(x) for x in logits] for logits in (logits_p, logits_q))
    a, b = (mpmath.log(sum(mpmath.exp(x) for x in logits)) for logits in (p, q))
    return sum(mpmath.exp(x - a) * (x - a - y + b) for x, y in zip(p, q, strict=True))


def test_bernoulli_batches_of_different_shapes_broadcast() -> None:
    p, q = Bernoulli(probs=np.full((3, 1), 0.2)), Bernoulli(probs=[0.1, 0.2, 0.3, 0.4])
    for measure in (kl, js, cross_entropy):
        assert measure(p, q).shape == (3, 4)


def test_categoricals_of_different_sizes_are_an_error_that_names_both() -> None:
    p, q = Categorical(probs=np.full(5, 0.2)), Categorical(probs=[1.0])
    for measure in (kl, js, cross_entropy):
        with pytest.raises(ParameterError, match=r"p has 5, q has 1; only in p: 1, 2, 3, 4; only in q: none"):
            measure(p, q)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_uniform_to_logits_of_minus_200(dtype: type[np.floating]) -> None:
    logits = np.array([-200.0, 0.0], dtype=dtype)
    q = Categorical._from_coordinates(logits, categories=np.array([0, 1]))
    p = Categorical(probs=[0.5, 0.5])
    exact = float(logits_kl([0.0, 0.0], [-200.0, 0.0]))
    assert float(kl(p, q)) == pytest.approx(exact, rel=1e-15)
    assert round(exact, 1) == 99.3


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("logit", [-200.0, 200.0])
def test_fair_coin_to_logit_of_200(logit: float, dtype: type[np.floating]) -> None:
    q = Bernoulli._from_coordinates(np.array([logit], dtype=dtype))
    assert kl(Bernoulli(probs=0.5), q)[0] == pytest.approx(99.30685281944005, rel=1e-15)


def test_logits_of_700_on_both_sides() -> None:
    p, q = Bernoulli(logits=[700.0, -700.0, 700.0]), Bernoulli(logits=[-700.0, -700.0, 699.0])
    with mpmath.workdps(1300):
        exact = [float(logits_kl([0, a], [0, b])) for a, b in [(700, -700), (-700, -700), (700, 699)]]
    np.testing.assert_allclose(kl(p, q), exact, rtol=1e-12)
    three = kl(Categorical(logits=[700.0, 0.0, -700.0]), Categorical(logits=[-700.0, 0.0, 700.0]))
    assert float(three) == pytest.approx(1400.0, rel=1e-12)


def test_poisson_0_to_poisson_1() -> None:
    assert float(kl(poisson(0.0), poisson(1.0))) == pytest.approx(1.0, rel=1e-14)


def test_data_with_two_labels_to_a_model_with_one() -> None:
    data, model = Empirical(["a", "b"]), Categorical(probs=[1.0], categories=["a"])
    known = kl(data, model, estimate=True)
    assert float(known) == np.inf
    assert known.support == "q gives probability 0 to 'b', which p gives 0.5"


def test_disjoint_supports() -> None:
    assert float(kl(Empirical([1, 2]), Empirical([3, 4]))) == np.inf
    assert float(js(Empirical([1, 2]), Empirical([3, 4]))) == pytest.approx(np.log(2), rel=1e-15)
    p = Categorical(probs=[1.0, 0.0], categories=["a", "b"])
    q = Categorical(probs=[0.0, 1.0], categories=["a", "b"])
    assert float(kl(p, q)) == np.inf
    assert float(js(p, q)) == pytest.approx(np.log(2), rel=1e-15)


def test_probabilities_that_do_not_sum_to_one_are_an_error() -> None:
    with pytest.raises(ParameterError, match="sum to 1"):
        kl(Categorical(probs=[0.5, 0.5]), Categorical(probs=[0.5, 0.4]))


@pytest.mark.parametrize("step", [1e-2, 1e-4, 1e-8, -1e-8, 1e-12])
@pytest.mark.parametrize(("loc", "scale"), [(0.0, 1.0), (0.3, 1.7), (1e6, 3e-3)])
def test_nearly_equal_gaussians(loc: float, scale: float, step: float) -> None:
    for moved in [
        (loc, scale * (1 + step)),
        (loc + step * scale, scale),
        (loc + step * scale, scale * (1 - step)),
    ]:
        p, q = Gaussian(loc=loc, scale=scale), Gaussian(loc=moved[0], scale=moved[1])
        assert float(kl(p, q)) == pytest.approx(float(gaussian_kl(loc, scale, *moved)), rel=1e-13, abs=0)


@pytest.mark.parametrize("step", [1e-4, 1e-8])
def test_nearly_equal_laplace(step: float) -> None:
    exact = mpmath.exp(-mpmath.mpf(step)) - 1 + mpmath.mpf(step)
    assert float(kl(laplace(0.0, 1.0), laplace(step, 1.0))) == pytest.approx(float(exact), rel=1e-6)


@pytest.mark.parametrize("step", [1e-4, 1e-8, 1e-12])
def test_nearly_equal_logits(step: float) -> None:
    eta, moved = [0.3, -1.2, 40.0, -30.0], [0.3, -1.2 + step, 40.0 - step, -30.0 + 2 * step]
    p, q = Categorical(logits=eta), Categorical(logits=moved)
    assert float(kl(p, q)) == pytest.approx(float(logits_kl(eta, moved)), rel=1e-12, abs=0)
    p2, q2 = Bernoulli(logits=[0.7, -20.0, 3 * step]), Bernoulli(logits=[0.7 + step, -20.0 + step, -step])
    exact = [
        float(logits_kl([0.0, a], [0.0, b]))
        for a, b in zip(p2.logits.tolist(), q2.logits.tolist(), strict=True)
    ]
    np.testing.assert_allclose(kl(p2, q2), exact, rtol=1e-12)


def test_a_rare_category_is_not_drowned_by_the_others() -> None:
    p, q = Categorical(probs=[1.0, 1e-20]), Categorical(probs=[1.0, 2e-20])
    # q − p − p·log(q/p) = 1e-20·(1 − log 2): the first category carries none of it.
    assert float(kl(p, q)) == pytest.approx(1e-20 * (1 - np.log(2)), rel=1e-12)


def test_families_without_a_closed_form_give_a_number_with_method_and_error() -> None:
    known = kl(student(5.0), Gaussian(loc=0.0, scale=1.0), estimate=True)
    assert known.method == "quadrature"
    assert 0 < float(known.error) < 1e-12
    counts = entropy(poisson(3.0), estimate=True)
    with mpmath.workdps(30):
        masses = [mpmath.exp(-3) * mpmath.mpf(3) ** k / mpmath.factorial(k) for k in range(120)]
        exact = -sum(mass * mpmath.log(mass) for mass in masses)
    assert float(counts) == pytest.approx(float(exact), rel=1e-14)
    assert counts.method == "exact_sum"
    assert float(counts.error) < 1e-12


def test_nan_is_an_error() -> None:
    with pytest.raises(ParameterError, match="missing"):
        js(Empirical([1.0, np.nan]), Empirical([1.0]))
    broken = Gaussian._from_coordinates(np.array([0.0, np.nan]), np.array([0.0, 0.0]))
    for measure in (kl, js, cross_entropy):
        with pytest.raises(ParameterError, match="parameters are NaN or infinite"):
            measure(broken, Gaussian(loc=0.0, scale=1.0))
    with pytest.raises(ParameterError, match="not a number for 1 of 2"):
        entropy(Gaussian._from_coordinates(np.zeros(2), np.array([0.0, np.nan])))


def test_an_impossible_category_with_no_probability_costs_nothing() -> None:
    p, q = Categorical(probs=[0.5, 0.5, 0.0]), Categorical(logits=[0.0, 0.0, -np.inf])
    assert float(cross_entropy(p, q)) == pytest.approx(np.log(2), rel=1e-15)
    assert float(kl(p, q)) == 0.0
