"""Closed forms between families: against 30 digits, against all other ways, and as many as other libraries have."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import mlekit.distributions
from mlekit.distributions import (
    Bernoulli,
    Beta,
    Binomial,
    Categorical,
    Cauchy,
    Distribution,
    Exponential,
    Gamma,
    Gaussian,
    Geometric,
    Gumbel,
    Interval,
    InverseGaussian,
    Laplace,
    Logistic,
    LogNormal,
    OrderedCategorical,
    Poisson,
    Uniform,
    VonMises,
    Weibull,
)
from mlekit.errors import ParameterError
from mlekit.information import cross_entropy, entropy, kl, renyi

Density = Callable[..., Any]


def beta(y: Any, alpha: Any, beta: Any) -> Any:
    return y ** (alpha - 1) * (1 - y) ** (beta - 1) / mpmath.beta(alpha, beta)


def von_mises(y: Any, loc: Any, concentration: Any) -> Any:
    return mpmath.exp(concentration * mpmath.cos(y - loc)) / (
        2 * mpmath.pi * mpmath.besseli(0, concentration)
    )


def weibull(y: Any, shape: Any, scale: Any) -> Any:
    z = y / scale
    return shape / scale * z ** (shape - 1) * mpmath.exp(-(z**shape))


def gumbel(y: Any, loc: Any, scale: Any) -> Any:
    z = (y - loc) / scale
    return mpmath.exp(-z - mpmath.exp(-z)) / scale


def uniform(y: Any, low: Any, high: Any) -> Any:
    return 1 / (high - low) if low <= y <= high else mpmath.mpf(0)


def inverse_gaussian(y: Any, mean: Any, shape: Any) -> Any:
    spread = mpmath.sqrt(shape / (2 * mpmath.pi * y**3))
    return spread * mpmath.exp(-shape * (y - mean) ** 2 / (2 * mean**2 * y))


DENSITIES: dict[type[Distribution], Density] = {
    Beta: beta,
    Exponential: lambda y, rate: rate * mpmath.exp(-rate * y),
    Gamma: lambda y, shape, rate: (
        rate**shape * y ** (shape - 1) * mpmath.exp(-rate * y) / mpmath.gamma(shape)
    ),
    Gaussian: lambda y, loc, scale: mpmath.npdf(y, loc, scale),
    Gumbel: gumbel,
    InverseGaussian: inverse_gaussian,
    Laplace: lambda y, loc, scale: mpmath.exp(-abs(y - loc) / scale) / (2 * scale),
    Logistic: lambda y, loc, scale: mpmath.sech((y - loc) / (2 * scale)) ** 2 / (4 * scale),
    LogNormal: lambda y, loc, scale: mpmath.npdf(mpmath.log(y), loc, scale) / y,
    Uniform: uniform,
    VonMises: von_mises,
    Weibull: weibull,
}

FINITE: list[tuple[Distribution, Distribution]] = [
    (Beta(alpha=2.5, beta=1.5), Gaussian(loc=0.3, scale=0.4)),
    (Exponential(rate=0.7), Gaussian(loc=1.0, scale=2.0)),
    (Gamma(shape=2.5, rate=1.5), Gaussian(loc=1.0, scale=2.0)),
    (Gumbel(loc=0.5, scale=1.5), Gaussian(loc=1.0, scale=2.0)),
    (InverseGaussian(mean=1.5, shape=2.0), Gaussian(loc=1.0, scale=2.0)),
    (Laplace(loc=0.5, scale=1.5), Gaussian(loc=1.0, scale=2.0)),
    (Logistic(loc=0.5, scale=1.5), Gaussian(loc=1.0, scale=2.0)),
    (LogNormal(loc=0.5, scale=0.4), Gaussian(loc=1.0, scale=2.0)),
    (Uniform(low=-1.0, high=2.0), Gaussian(loc=1.0, scale=2.0)),
    (Weibull(shape=1.5, scale=2.0), Gaussian(loc=1.0, scale=2.0)),
    (Beta(alpha=2.5, beta=1.5), Exponential(rate=0.7)),
    (Gamma(shape=2.5, rate=1.5), Exponential(rate=0.7)),
    (LogNormal(loc=0.5, scale=0.4), Exponential(rate=0.7)),
    (Uniform(low=0.5, high=2.0), Exponential(rate=0.7)),
    (Weibull(shape=1.5, scale=2.0), Exponential(rate=0.7)),
    (Beta(alpha=2.5, beta=1.5), Gamma(shape=2.5, rate=1.5)),
    (Exponential(rate=0.7), Gamma(shape=2.5, rate=1.5)),
    (LogNormal(loc=0.5, scale=0.4), Gamma(shape=2.5, rate=1.5)),
    (Uniform(low=0.5, high=2.0), Gamma(shape=2.5, rate=1.5)),
    (Weibull(shape=1.5, scale=2.0), Gamma(shape=2.5, rate=1.5)),
    (Exponential(rate=0.7), Weibull(shape=1.5, scale=2.0)),
    (Gaussian(loc=1.0, scale=2.0), Gumbel(loc=0.5, scale=1.5)),
    (Exponential(rate=0.7), Gumbel(loc=0.5, scale=1.5)),
    (Gamma(shape=2.5, rate=1.5), Gumbel(loc=0.5, scale=1.5)),
    (Laplace(loc=1.0, scale=0.6), Gumbel(loc=0.5, scale=1.5)),
    (Logistic(loc=1.0, scale=0.6), Gumbel(loc=0.5, scale=1.5)),
    (Uniform(low=-1.0, high=2.0), Gumbel(loc=0.5, scale=1.5)),
    (Gaussian(loc=1.0, scale=2.0), Laplace(loc=0.5, scale=1.5)),
    (Uniform(low=0.25, high=0.75), Beta(alpha=2.5, beta=1.5)),
    (Beta(alpha=2.5, beta=1.5), Uniform(low=-1.0, high=2.0)),
    (VonMises(loc=0.0, concentration=1.5), VonMises(loc=1.0, concentration=4.0)),
]


def names(d: Distribution) -> str:
    return type(d).__name__


def parameters(d: Distribution) -> dict[str, Any]:
    return {name: mpmath.mpf(float(value)) for name, value in d._columns().items()}


@pytest.mark.parametrize(("p", "q"), FINITE, ids=names)
def test_against_mpmath_and_quadrature(p: Distribution, q: Distribution) -> None:
    own, other = DENSITIES[type(p)], DENSITIES[type(q)]
    of_p, of_q = parameters(p), parameters(q)

    def integrand(y: Any) -> Any:
        density = own(y, **of_p)
        return density * mpmath.log(density / other(y, **of_q)) if density > 0 else mpmath.mpf(0)

    levels = [1e-40, 1e-6, 0.05, 0.5, 0.95, 1 - 1e-6]
    cuts = [mpmath.mpf(float(p.quantile(level))) for level in levels]
    kinks = [of_p["loc"], of_q["loc"]] if isinstance(p, Laplace) or isinstance(q, Laplace) else []
    support = p.support
    assert isinstance(support, Interval)
    low, high = (mpmath.mpf(float(end)) for end in (support.low, support.high))
    ends = [
        low if mpmath.isfinite(low) else 3 * cuts[0] - 2 * cuts[2],
        high if mpmath.isfinite(high) else 20 * cuts[-1] - 19 * cuts[3],
    ]
    inside = [cut for cut in cuts + kinks if ends[0] < cut < ends[1]]
    with mpmath.workdps(25):
        exact = float(mpmath.quad(integrand, sorted({ends[0], *inside, ends[1]})))
    known = kl(p, q, estimate=True)
    assert known.method == "closed_form"
    assert float(known) == pytest.approx(exact, rel=1e-9)
    assert float(kl(p, q, method="quadrature")) == pytest.approx(exact, rel=1e-9)
    crossed = cross_entropy(p, q, estimate=True)
    assert crossed.method == "closed_form"
    assert float(crossed) == pytest.approx(exact + float(entropy(p)), rel=1e-9)


def test_an_exponential_is_a_gamma_and_a_weibull_of_shape_one() -> None:
    p = Exponential(rate=[0.5, 3.0])
    gamma, weibull = Gamma(shape=1.0, rate=p.rate), Weibull(shape=1.0, scale=1 / p.rate)
    for first, second in itertools.permutations((p, gamma, weibull), 2):
        if (first, second) != (gamma, weibull):
            np.testing.assert_allclose(kl(first, second), 0.0, atol=1e-31)


@pytest.mark.parametrize("step", [1e-2, 1e-4, 1e-6])
def test_nearly_a_member_of_the_other_family(step: float) -> None:
    for shape, power in [(1 + step, 1.0), (1.0, 1 + step), (1 + step, 1 - 0.7 * step)]:
        p, q = Weibull(shape=power, scale=2.0), Gamma(shape=shape, rate=0.5)
        with mpmath.workdps(60):
            k, a, s, b = (mpmath.mpf(x) for x in (power, shape, 2.0, 0.5))
            mean_log = mpmath.log(s) - mpmath.euler / k
            surprise = (
                b * s * mpmath.gamma(1 + 1 / k) - (a - 1) * mean_log + mpmath.loggamma(a) - a * mpmath.log(b)
            )
            own = mpmath.euler * (1 - 1 / k) + mpmath.log(s / k) + 1
            exact = float(surprise - own)
        assert float(kl(p, q)) == pytest.approx(exact, rel=1e-9, abs=0)
    # A Gamma that is all but Gaussian: a difference of entropies would have lost its digits, and is not taken.
    known = kl(Gamma(shape=1e7, rate=1e7), Gaussian(loc=1.0, scale=1e7**-0.5), estimate=True)
    assert known.method == "quadrature"
    assert float(known) == pytest.approx(1 / (3 * 1e7), rel=1e-4)


def test_a_tail_that_is_too_heavy_is_infinite() -> None:
    q = Gumbel(loc=0.5, scale=1.5)
    for family in (Laplace, Logistic):
        known = kl(family(loc=1.0, scale=[1.4, 1.5, 3.0]), q, estimate=True)
        assert known.method == "closed_form"
        np.testing.assert_array_equal(np.isinf(known.value), [False, True, True])
        assert "too light" in str(known.support)


@pytest.mark.parametrize("alpha", [0.3, 0.5, 1.5])
def test_orders_of_an_exponential_opposite_a_gamma(alpha: float) -> None:
    p, q = Exponential(rate=[0.5, 3.0]), Gamma(shape=[[1.2], [0.7]], rate=1.0)
    for first, second in ((p, q), (q, p)):
        best = renyi(first, second, alpha, estimate=True)
        assert best.method == "closed_form"
        other = renyi(first, second, alpha, method="quadrature")
        np.testing.assert_allclose(best.value, other, rtol=1e-9)
    with pytest.raises(ParameterError, match="large finite alpha"):
        renyi(p, q, np.inf)


def test_what_is_left_out_is_infinite_without_an_integral() -> None:
    real, counts = Gaussian(loc=[0.0, 40.0], scale=1.0), Poisson(rate=2.0)
    for p, q in [
        (real, Gamma(shape=2.0, rate=1.0)),
        (Gamma(shape=2.0, rate=1.0), Uniform(low=0.0, high=[1.0, 9.0])),
        (counts, Binomial(trials=3, probs=[0.1, 0.9])),
        (Beta(alpha=2.0, beta=1.0), Uniform(low=0.5, high=[1.0, 9.0])),
    ]:
        known = kl(p, q, estimate=True)
        assert known.method == "closed_form"
        assert np.all(np.isposinf(known.value))
        assert known.support is not None
    some = kl(Beta(alpha=2.0, beta=1.0), Uniform(low=[0.0, 0.5], high=1.0), estimate=True)
    np.testing.assert_array_equal(np.isinf(some.value), [False, True])
    # No probability beyond 3, though counts of 7 trials could be there.
    assert np.isfinite(kl(Binomial(trials=7, probs=0.0), Binomial(trials=3, probs=0.5)))


@pytest.mark.parametrize("probs", [0.0, 1e-9, 0.05, 0.3, 1.0])
def test_a_coin_as_a_count(probs: float) -> None:
    p, q = Bernoulli(probs=probs), Poisson(rate=[0.0, 1e-9, 0.3, 4.0])
    best, summed = kl(p, q, estimate=True), kl(p, q, method="exact_sum", estimate=True)
    assert best.method == "closed_form"
    np.testing.assert_allclose(best.value, summed.value, rtol=1e-9, atol=1e-17)


# ---- as many as others have -------------------------------------------------------------------------------

TYPICAL: dict[str, Distribution] = {
    "Bernoulli": Bernoulli(probs=0.3),
    "Beta": Beta(alpha=2.0, beta=3.0),
    "Binomial": Binomial(trials=5, probs=0.3),
    "Categorical": Categorical(probs=[0.2, 0.3, 0.5]),
    "Cauchy": Cauchy(loc=0.5, scale=2.0),
    "Exponential": Exponential(rate=1.5),
    "Gamma": Gamma(shape=2.0, rate=1.5),
    "Geometric": Geometric(probs=0.3),
    "Gumbel": Gumbel(loc=0.5, scale=2.0),
    "Laplace": Laplace(loc=0.5, scale=2.0),
    "LogNormal": LogNormal(loc=0.5, scale=2.0),
    "Normal": Gaussian(loc=0.5, scale=2.0),
    "OrderedLogistic": OrderedCategorical(loc=0.5, cutpoints=[-1.0, 1.0]),
    "Poisson": Poisson(rate=1.5),
    "Uniform": Uniform(low=0.25, high=0.75),
    "VonMises": VonMises(loc=0.5, concentration=2.0),
    "Weibull": Weibull(shape=2.0, scale=1.5),
}
"""What a family of another library is called there, and a distribution of it here."""

# Their families that are none of ours, wrappers, and those of vectors.
ABSENT = {"ContinuousBernoulli", "HalfNormal", "Pareto"}
WRAPPERS = {"ExponentialFamily", "Independent", "TransformedDistribution"}
VECTORS = {"Dirichlet", "LowRankMultivariateNormal", "MultivariateNormal", "OneHotCategorical"}


def test_every_pair_that_torch_has() -> None:
    kl_of_torch = pytest.importorskip("torch.distributions.kl", reason="torch lists the pairs that it has")
    pairs = {(p.__name__, q.__name__) for p, q in kl_of_torch._KL_REGISTRY}
    assert len(pairs) > 50
    unknown = {name for pair in pairs for name in pair} - {*TYPICAL, *ABSENT, *WRAPPERS, *VECTORS}
    assert not unknown, "families that this test has never heard of"
    ours = {pair for pair in pairs if set(pair) <= set(TYPICAL)}
    assert len(ours) > 40
    for first, second in sorted(ours):
        known = kl(TYPICAL[first], TYPICAL[second], estimate=True)
        assert known.method == "closed_form", (first, second)


# tensorflow-probability 0.25.0, every RegisterKL whose families exist here.
@pytest.mark.parametrize(
    ("first", "second"),
    [
        *(
            (name, name)
            for name in TYPICAL
            if name not in ("Binomial", "Exponential", "Geometric", "Poisson")
        ),
        ("Weibull", "Gamma"),
    ],
)
def test_every_pair_that_tensorflow_probability_has(first: str, second: str) -> None:
    assert kl(TYPICAL[first], TYPICAL[second], estimate=True).method == "closed_form"


def test_absent_families_are_absent() -> None:
    assert not ABSENT & set(mlekit.distributions.__all__)
