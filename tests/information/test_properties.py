"""Laws of information, on random distributions; golden values from SciPy and mpmath."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mlekit.distributions import (
    Bernoulli,
    Beta,
    Categorical,
    Distribution,
    Empirical,
    Gamma,
    Gaussian,
    NegativeBinomial,
    Uniform,
)
from mlekit.information import cross_entropy, entropy, hellinger, js, kl, tsallis
from mlekit.information.ways import rooted

LOG_2 = float(np.log(2))


def build(family: str, first: Any, second: Any) -> Distribution:
    match family:
        case "Bernoulli":
            return Bernoulli(logits=first)
        case "Categorical":
            return Categorical(logits=first)
        case "Gaussian":
            return Gaussian(loc=first, scale=np.exp(second / 20))
        case _:
            return Empirical(list(first))


@st.composite
def pairs(draw: Any) -> tuple[tuple[str, Any, Any], tuple[str, Any, Any]]:
    """Draw what makes two distributions of one family; they are built in the test."""
    family = draw(st.sampled_from(["Bernoulli", "Categorical", "Gaussian", "Empirical"]))
    if family == "Empirical":
        text = st.text("abc", min_size=1, max_size=8)
        return (family, draw(text), None), (family, draw(text) + "abc", None)
    shape = draw(st.sampled_from([(), (1,), (3,), (2, 3)]))
    last = (draw(st.integers(1, 5)),) if family == "Categorical" else ()

    def arguments(batch: tuple[int, ...]) -> tuple[str, Any, Any]:
        reals = hnp.arrays(np.float64, (2, *batch, *last), elements=st.floats(-50, 50))
        return (family, *draw(reals))

    return arguments(shape), arguments(draw(st.sampled_from([shape, ()])))


@given(pairs())
def test_laws(pair: tuple[tuple[str, Any, Any], tuple[str, Any, Any]]) -> None:
    p, q = (build(*arguments) for arguments in pair)
    divergence = kl(p, q)
    assert np.all(divergence >= 0)
    assert np.all(kl(p, p) == 0)
    assert np.all(kl(q, q) == 0)
    sums = entropy(p) + divergence
    np.testing.assert_allclose(cross_entropy(p, q), sums, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(kl(p, q, base=2) * LOG_2, divergence, rtol=1e-14)
    np.testing.assert_allclose(entropy(p, base=10) * np.log(10), entropy(p), rtol=1e-14, atol=1e-300)


@settings(max_examples=25)  # those of Gaussians are integrals
@given(pairs())
def test_laws_of_jensen_shannon(pair: tuple[tuple[str, Any, Any], tuple[str, Any, Any]]) -> None:
    p, q = (build(*arguments) for arguments in pair)
    there, back = js(p, q, estimate=True), js(q, p, estimate=True)
    np.testing.assert_allclose(there.value, back.value, rtol=1e-9, atol=1e-14)
    assert np.all((there.value >= 0) & (there.value <= LOG_2))
    assert np.all(js(p, p) == 0)
    # JS ≤ ½ KL(p‖q)-type bounds: m gives at least half of p's probability to everything.
    assert np.all(there.value <= 0.5 * np.minimum(kl(p, q), LOG_2) + 0.5 * LOG_2 + 1e-12)


@settings(max_examples=25)
@given(st.permutations(range(4)), hnp.arrays(np.float64, (2, 4), elements=st.floats(-9, 9)))
def test_order_of_categories_does_not_matter(order: list[int], logits: np.ndarray) -> None:
    names = ["a", "b", "c", "d"]
    p, q = (Categorical(logits=row, categories=names) for row in logits)
    shuffled = Categorical(logits=logits[1][order], categories=[names[i] for i in order])
    for measure in (kl, cross_entropy, js):
        np.testing.assert_allclose(measure(p, shuffled), measure(p, q), rtol=1e-12, atol=1e-15)


def test_equal_categoricals_with_shifted_logits_are_equal() -> None:
    logits = np.array([0.25, -1.5, 3.0])
    assert float(kl(Categorical(logits=logits), Categorical(logits=logits + 64))) == 0.0


def test_against_scipy() -> None:
    rng = np.random.default_rng(1)
    p, q = rng.dirichlet(np.ones(6), size=(2, 50))
    a, b = Categorical(probs=p), Categorical(probs=q)
    np.testing.assert_allclose(kl(a, b), scipy.stats.entropy(p, q, axis=-1), rtol=1e-11)
    np.testing.assert_allclose(kl(a, b, base=2), scipy.stats.entropy(p, q, axis=-1, base=2), rtol=1e-11)
    np.testing.assert_allclose(entropy(a), scipy.stats.entropy(p, axis=-1), rtol=1e-13)
    from scipy.spatial.distance import jensenshannon

    np.testing.assert_allclose(js(a, b), jensenshannon(p, q, axis=-1) ** 2, rtol=1e-11)
    np.testing.assert_allclose(
        entropy(Gaussian(loc=1.0, scale=[0.1, 3.0])), scipy.stats.norm(1.0, [0.1, 3.0]).entropy(), rtol=1e-14
    )


@pytest.mark.parametrize(("loc", "scale"), [(0.5, 2.0), (3.0, 0.7)])
def test_jensen_shannon_of_gaussians_against_mpmath(loc: float, scale: float) -> None:
    def density(y: Any, center: float, width: float) -> Any:
        return mpmath.npdf(y, center, width)

    def integrand(y: Any) -> Any:
        p, q = density(y, 0, 1), density(y, loc, scale)
        m = (p + q) / 2
        return (p * mpmath.log(p / m) + q * mpmath.log(q / m)) / 2

    with mpmath.workdps(30):
        exact = mpmath.quad(integrand, [-20, -8, -2, 0, 2, 4, 8, 20])
    known = js(Gaussian(loc=0.0, scale=1.0), Gaussian(loc=loc, scale=scale), estimate=True)
    assert abs(float(known) - float(exact)) <= float(known.error) < 1e-12


def test_a_million_pairs_at_once() -> None:
    n = 1_000_000
    rng = np.random.default_rng(2)
    p = Gaussian(loc=rng.normal(size=n), scale=1.0)
    divergence = kl(p, Gaussian(loc=0.0, scale=rng.gamma(3.0, size=n)))
    assert divergence.shape == (n,)
    assert np.isfinite(divergence).all()
    logits = rng.normal(size=(2, n, 10))
    many = kl(Categorical(logits=logits[0]), Categorical(logits=logits[1]))
    few = kl(Categorical(logits=logits[0, -3:]), Categorical(logits=logits[1, -3:]))
    np.testing.assert_array_equal(many[-3:], few)


@pytest.mark.parametrize(
    "at",
    [
        lambda h: Gamma(shape=2.0 + 2 * h, rate=1.0),
        lambda h: Beta(alpha=20.0 + h, beta=3.0),
        lambda h: NegativeBinomial(mean=3.0, dispersion=0.5 + h),
    ],
    ids=["gamma", "beta", "negative binomial"],
)
@pytest.mark.parametrize("measure", [kl, js, hellinger, lambda p, q: tsallis(p, q, 2.0)])
def test_every_small_step_keeps_its_digits(
    at: Callable[[np.ndarray], Distribution], measure: Callable[..., Any]
) -> None:
    """Divergences grow with the square of a small step, whatever it is, a distance with the step."""
    power = 1 if measure is hellinger else 2
    steps = 10.0 ** -np.arange(5.0, 9.1, 0.5)
    sizes = measure(at(np.zeros(())), at(steps)) / steps**power
    np.testing.assert_allclose(sizes, sizes[0], rtol=1e-4)


def test_what_only_the_second_holds_for_possible_is_not_lost_in_rounding() -> None:
    """Of two uniform distributions the wider has a little that the other has not, which is all that there is."""
    p, q = Uniform(low=0.0, high=1.0), Uniform(low=0.0, high=1.0 + 1e-13)
    assert float(kl(p, q, method="quadrature")) == pytest.approx(float(kl(p, q)), rel=1e-2)


def test_the_error_of_a_root_is_a_number_at_zero() -> None:
    """The root of a square that may be anything up to its error may be anything up to the root of that."""

    def way() -> tuple[np.ndarray, np.ndarray]:
        return np.array([0.0, 4.0, 1.0]), np.array([1e-16, 1e-8, 0.0])

    value, error = rooted(way)()
    np.testing.assert_array_equal(value, [0.0, 2.0, 1.0])
    np.testing.assert_allclose(error, [1e-8, 2.5e-9, 0.0], rtol=1e-6)
