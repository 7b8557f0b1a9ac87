"""Divergences between distributions of vectors: all ways agree, nearly equal arguments keep their digits, refusals."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
from scipy import linalg

from mlekit.distributions import (
    Bernoulli,
    Categorical,
    Dirichlet,
    Distribution,
    Gaussian,
    Independent,
    Laplace,
    Mixture,
    Multinomial,
    MultivariateGaussian,
    Poisson,
    StudentT,
    Vectors,
)
from mlekit.errors import ParameterError
from mlekit.information import (
    bhattacharyya,
    cross_entropy,
    entropy,
    hellinger,
    js,
    kl,
    renyi,
    total_variation,
    tsallis,
    wasserstein,
)
from mlekit.information.vectors import every_vector


def gaussian(seed: int, size: int = 3, batch: tuple[int, ...] = ()) -> MultivariateGaussian:
    rng = np.random.default_rng(seed)
    lower = np.tril(rng.normal(size=(*batch, size, size)), -1) + np.eye(size) * rng.uniform(0.5, 2, size)
    return MultivariateGaussian(loc=0.5 * rng.normal(size=(*batch, size)), scale_tril=lower)


PAIRS: dict[str, tuple[Distribution, Distribution]] = {
    "MultivariateGaussian": (gaussian(0, batch=(2, 1)), gaussian(1, batch=(3,))),
    "Dirichlet": (
        Dirichlet(concentration=[[0.5, 2.0, 3.0], [9.0, 7.0, 4.0]]),
        Dirichlet(concentration=[1.0, 1.5, 3.0]),
    ),
    "Multinomial": (
        Multinomial(trials=6, probs=[[0.2, 0.3, 0.5], [0.0, 0.9, 0.1]]),
        Multinomial(trials=6, probs=[0.1, 0.6, 0.3]),
    ),
    "Independent Gaussian": (
        Independent(Gaussian(loc=[[0.0, 1.0], [0.3, 0.3]], scale=[1.0, 2.0])),
        Independent(Gaussian(loc=[0.5, 0.5], scale=1.5)),
    ),
    "Independent Bernoulli": (
        Independent(Bernoulli(probs=[0.2, 0.5, 0.9])),
        Independent(Bernoulli(probs=[0.3, 0.6, 0.7])),
    ),
    "Independent Student, Laplace": (
        Independent(StudentT(df=[4.0, 9.0], loc=0.0, scale=1.0)),
        Independent(Laplace(loc=[0.0, 0.5], scale=1.0)),
    ),
    "Independent, MultivariateGaussian": (
        Independent(Gaussian(loc=[0.0, 1.0, 0.5], scale=[1.0, 2.0, 0.7])),
        gaussian(2),
    ),
    "Mixture": (
        Mixture(gaussian(3, batch=(2,)), [0.3, 0.7]),
        Mixture([gaussian(4), gaussian(5)]),
    ),
}


@pytest.fixture(params=PAIRS)
def pair(request: pytest.FixtureRequest) -> tuple[Distribution, Distribution]:
    return PAIRS[request.param]


@pytest.mark.parametrize(
    "measure",
    [kl, cross_entropy, bhattacharyya, hellinger, lambda p, q, **o: tsallis(p, q, 0.7, **o)],
    ids=["kl", "cross_entropy", "bhattacharyya", "hellinger", "tsallis"],
)
def test_sampling_agrees_with_what_is_known(measure: Any, pair: tuple[Distribution, Distribution]) -> None:
    p, q = pair
    best = measure(p, q, estimate=True)
    sampled = measure(p, q, estimate=True, method="monte_carlo", size=20_000, rng=1)
    assert np.shape(best.value) == np.broadcast_shapes(p.batch_shape, q.batch_shape)
    assert np.all(np.isfinite(best.value))
    bound = 5 * np.hypot(sampled.error, best.error if best.method == "monte_carlo" else 0.0) + 1e-9
    assert np.all(np.abs(sampled.value - best.value) <= bound)
    sampled_only = any(isinstance(d, Mixture) for d in pair)
    assert (best.method == "monte_carlo") == sampled_only


@pytest.mark.parametrize("name", ["Multinomial", "Independent Bernoulli"])
def test_sums_over_all_outcomes_agree_with_the_closed_forms(name: str) -> None:
    p, q = PAIRS[name]
    for measure in (kl, cross_entropy):
        np.testing.assert_allclose(measure(p, q), measure(p, q, method="exact_sum"), rtol=1e-11)
    np.testing.assert_allclose(entropy(p), entropy(p, method="exact_sum"), rtol=1e-11)
    for alpha in (0.0, 0.5, 2.0):
        np.testing.assert_allclose(
            renyi(p, q, alpha), renyi(p, q, alpha, method="exact_sum"), rtol=1e-11, atol=1e-14
        )
    assert isinstance(p.support, Vectors)
    outcomes = every_vector(p.support)
    outcomes = outcomes.reshape(len(outcomes), *(1 for _ in p.batch_shape), -1)
    with np.errstate(invalid="ignore"):
        ratios = p.log_prob(outcomes) - q.log_prob(outcomes)
    np.testing.assert_allclose(renyi(p, q, np.inf), np.nanmax(ratios, axis=0), rtol=1e-11)
    assert js(p, q, estimate=True).method == total_variation(p, q, estimate=True).method == "exact_sum"


def test_what_has_no_sum_is_sampled_with_its_error() -> None:
    p, q = gaussian(0), gaussian(1)
    for measure in (js, total_variation):
        known = measure(p, q, estimate=True)
        assert known.method == "monte_carlo"
        assert 0 < float(known.error) < 0.01
    many = Multinomial(trials=10**6, probs=[0.2, 0.3, 0.5])
    assert entropy(many, estimate=True).method == "closed_form"
    assert js(many, many, estimate=True).method == "monte_carlo"


# ---- Gaussian vectors against other formulas --------------------------------------------------------------


def exact_gaussian_kl(p: MultivariateGaussian, q: MultivariateGaussian) -> float:
    with mpmath.workdps(60):
        lower_p, lower_q = (mpmath.matrix(d.scale_tril.tolist()) for d in (p, q))
        shift = mpmath.matrix([mpmath.mpf(a) - mpmath.mpf(b) for a, b in zip(p.loc, q.loc, strict=True)])
        sigma_p, sigma_q = lower_p * lower_p.T, lower_q * lower_q.T
        inverse = sigma_q**-1
        product = inverse * sigma_p
        trace = sum(product[i, i] for i in range(product.rows))
        logs = mpmath.log(mpmath.det(sigma_q) / mpmath.det(sigma_p))
        return float((trace - product.rows + logs + (shift.T * inverse * shift)[0]) / 2)


@pytest.mark.parametrize("step", [0.0, 1e-9, 1e-6, 1e-3, 0.1, 3.0])
@pytest.mark.parametrize("seed", range(3))
def test_kl_of_nearly_equal_gaussian_vectors(step: float, seed: int) -> None:
    p, away = gaussian(seed), gaussian(seed + 10)
    q = MultivariateGaussian(
        loc=p.loc + step * away.loc, scale_tril=p.scale_tril + step * np.tril(away.scale_tril)
    )
    if step == 0:
        assert float(kl(p, q)) == 0
        assert float(renyi(p, q, 0.5)) == float(renyi(p, q, 3.0)) == float(renyi(p, q, np.inf)) == 0
        assert float(wasserstein(p, q, order=2)) == 0
        return
    assert float(kl(p, q)) == pytest.approx(exact_gaussian_kl(p, q), rel=1e-11)
    if step < 1e-2:  # near one another all orders are α times that of order 1, up to third order
        assert float(renyi(p, q, 0.5)) == pytest.approx(0.5 * float(kl(p, q)), rel=20 * step + 1e-9)


def test_one_coordinate_is_a_gaussian_number() -> None:
    loc, scale = np.array([0.0, 1.0, 3.0]), np.array([1.0, 2.0, 2.0])
    vectors = MultivariateGaussian(loc=loc[:, None], scale_tril=scale[:, None, None])
    numbers = Gaussian(loc=loc, scale=scale)
    q_vector = MultivariateGaussian(loc=[0.5], scale_tril=[[2.0]])
    q_number = Gaussian(loc=0.5, scale=2.0)
    np.testing.assert_allclose(kl(vectors, q_vector), kl(numbers, q_number), rtol=1e-13)
    for alpha in (0.0, 0.3, 2.0, 5.0, np.inf):
        np.testing.assert_allclose(
            renyi(vectors, q_vector, alpha), renyi(numbers, q_number, alpha), rtol=1e-12, atol=1e-15
        )
    np.testing.assert_allclose(
        wasserstein(vectors, q_vector, order=2), wasserstein(numbers, q_number, order=2), rtol=1e-13
    )


@pytest.mark.parametrize("alpha", [0.2, 0.5, 0.9, 1.5, 4.0])
def test_renyi_of_gaussian_vectors_by_determinants(alpha: float) -> None:
    for seed in range(6):
        p, q = gaussian(seed), gaussian(seed + 20)
        mixed = alpha * q.covariance + (1 - alpha) * p.covariance
        found = float(renyi(p, q, alpha))
        if (np.linalg.eigvalsh(mixed) <= 0).any():
            assert found == np.inf
            continue
        shift = p.loc - q.loc
        logs = [np.linalg.slogdet(matrix)[1] for matrix in (mixed, p.covariance, q.covariance)]
        expected = 0.5 * alpha * shift @ np.linalg.solve(mixed, shift)
        expected -= 0.5 * (logs[0] - (1 - alpha) * logs[1] - alpha * logs[2]) / (alpha - 1)
        assert found == pytest.approx(expected, rel=1e-10)


def test_wasserstein_of_gaussian_vectors_by_matrix_roots() -> None:
    for seed in range(5):
        p, q = gaussian(seed, size=4), gaussian(seed + 20, size=4)
        root = linalg.sqrtm(p.covariance)
        cross = linalg.sqrtm(root @ q.covariance @ root).real
        square = np.sum((p.loc - q.loc) ** 2) + np.trace(p.covariance + q.covariance - 2 * cross)
        assert float(wasserstein(p, q, order=2)) == pytest.approx(np.sqrt(square), rel=1e-9)
    near = MultivariateGaussian(loc=p.loc, scale_tril=p.scale_tril * (1 + 1e-9))
    exact = 1e-9 * np.sqrt(np.trace(p.covariance))
    assert float(wasserstein(p, near, order=2)) == pytest.approx(exact, rel=1e-6)
    with pytest.raises(ParameterError, match="order 2 is known"):
        wasserstein(p, q)


def test_the_triangle_inequality_and_scales_far_apart() -> None:
    tiny = MultivariateGaussian(loc=np.zeros(3), scale_tril=1e-8 * gaussian(0).scale_tril)
    huge = MultivariateGaussian(loc=np.zeros(3), scale_tril=1e8 * gaussian(1).scale_tril)
    assert float(kl(tiny, huge)) == pytest.approx(exact_gaussian_kl(tiny, huge), rel=1e-12)
    assert float(kl(huge, tiny)) == pytest.approx(exact_gaussian_kl(huge, tiny), rel=1e-12)
    assert np.isfinite(renyi(tiny, huge, 0.5))
    assert float(renyi(huge, tiny, 2.0)) == np.inf
    one, two, three = gaussian(0), gaussian(1), gaussian(2)
    assert wasserstein(one, three, order=2) <= wasserstein(one, two, order=2) + wasserstein(
        two, three, order=2
    )


# ---- proportions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1e-8, 1e-3, 1.0, 1e4, 1e8])
@pytest.mark.parametrize("step", [1e-9, 1e-6, 1e-2, 0.2, 5.0])
def test_kl_of_proportions_agrees_with_arbitrary_precision(scale: float, step: float) -> None:
    rng = np.random.default_rng(0)
    for _ in range(3):
        alpha = scale * rng.uniform(0.1, 2, 4)
        p, q = (Dirichlet(concentration=a) for a in (alpha, alpha * (1 + step * rng.uniform(0, 1, 4))))
        with mpmath.workdps(60):
            a, b = ([mpmath.mpf(float(x)) for x in d.concentration] for d in (p, q))
            total = mpmath.loggamma(sum(a)) - mpmath.loggamma(sum(b))
            for x, y in zip(a, b, strict=True):
                total += mpmath.loggamma(y) - mpmath.loggamma(x)
                total += (x - y) * (mpmath.digamma(x) - mpmath.digamma(sum(a)))
        assert float(kl(p, q)) == pytest.approx(float(total), rel=1e-9)
        assert float(kl(p, p)) == 0


# ---- counts by category -----------------------------------------------------------------------------------


def test_counts_of_other_totals_share_no_outcome() -> None:
    p, q = Multinomial(trials=[3, 4], probs=[0.5, 0.5]), Multinomial(trials=4, probs=[0.25, 0.75])
    known = kl(p, q, estimate=True)
    assert np.isinf(known.value).tolist() == [True, False]
    assert "where the sums differ" in str(known.support)
    one = Multinomial(trials=1, probs=[0.5, 0.5]), Multinomial(trials=1, probs=[0.25, 0.75])
    assert float(known.value[1]) == pytest.approx(4 * float(kl(*one)), rel=1e-14)
    missing = kl(
        Multinomial(trials=2, probs=[0.5, 0.5]), Multinomial(trials=2, probs=[1.0, 0.0]), estimate=True
    )
    assert "q gives probability 0 to (0.0, 2.0)" in str(missing.support)


def test_categories_of_counts_are_taken_in_one_order() -> None:
    p = Multinomial(trials=5, probs=[0.2, 0.3, 0.5], categories=["a", "b", "c"])
    q = Multinomial(trials=5, probs=[0.5, 0.25, 0.25], categories=["c", "a", "b"])
    answers = [Categorical(probs=d.probs, categories=d.categories) for d in (p, q)]
    assert float(kl(p, q)) == pytest.approx(5 * float(kl(*answers)), rel=1e-14)
    with pytest.raises(ParameterError, match="only in q: 'd'"):
        kl(p, Multinomial(trials=5, probs=[0.2, 0.3, 0.5], categories=["a", "b", "d"]))


# ---- products ---------------------------------------------------------------------------------------------


def test_divergences_of_products_are_sums() -> None:
    p, q = Poisson(rate=[1.0, 5.0, 0.2]), Poisson(rate=[2.0, 4.0, 0.2])
    whole = Independent(p), Independent(q)
    assert float(kl(*whole)) == pytest.approx(float(kl(p, q).sum()), rel=1e-14)
    assert float(renyi(*whole, 0.5)) == pytest.approx(float(renyi(p, q, 0.5).sum()), rel=1e-14)
    assert float(cross_entropy(*whole)) == pytest.approx(float(cross_entropy(p, q).sum()), rel=1e-14)
    assert float(entropy(whole[0])) == pytest.approx(float(entropy(p).sum()), rel=1e-14)
    numeric = Independent(StudentT(df=[3.0, 5.0], loc=0.0, scale=1.0)), PAIRS["Independent Gaussian"][1]
    known = kl(*numeric, estimate=True)
    assert known.method == "quadrature"
    assert float(known.error) < 1e-8


def test_labels_of_products_are_matched() -> None:
    p = Independent(Categorical(probs=[[0.2, 0.8], [0.5, 0.5]], categories=["a", "b"]))
    q = Independent(Categorical(probs=[[0.8, 0.2], [0.5, 0.5]], categories=["b", "a"]))
    assert float(kl(p, q)) == 0


def test_outcomes_of_other_shapes_cannot_be_compared() -> None:
    with pytest.raises(
        ParameterError, match=r"has the shape \(3,\), one of q \(MultivariateGaussian\) \(2,\)"
    ):
        kl(gaussian(0), gaussian(0, size=2))
    with pytest.raises(ParameterError, match="no closed form for Dirichlet"):
        wasserstein(Dirichlet(concentration=[1.0, 2.0]), Dirichlet(concentration=[2.0, 2.0]), order=2)
