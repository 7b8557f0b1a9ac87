"""How samples come about: the same with kernels and without, and exact where they are refused and asked again."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mlekit.arrays import Array
from mlekit.distributions import Beta, Binomial, Gamma, Gaussian, Poisson, StudentT, VonMises
from mlekit.distributions.counts import transformed
from tests.distributions.cases import Case, each
from tests.kernels.support import needs_library

LEVELS = np.unique(np.concatenate([np.linspace(1e-7, 1 - 1e-7, 20_001), np.logspace(-15, -5, 500)]))


@needs_library
@each()
def test_kernels_and_numpy_draw_alike(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same numbers make the same outcomes, up to rounding; which may seldom decide whether one is refused."""
    for batch, size in ((case.typical(2, (300,)), 3), (case.typical(3), 900)):
        said = np.asarray(batch.sample(size, rng=5))
        with monkeypatch.context() as patch:
            patch.setattr("mlekit.distributions.batch.evaluate", lambda *_: None)
            alone = np.asarray(batch.sample(size, rng=5))
        assert said.dtype == alone.dtype
        if said.dtype.kind not in "fiu":
            np.testing.assert_array_equal(said, alone)
        else:
            alike = np.isclose(said, alone, rtol=1e-10, atol=1e-10 * float(np.median(np.abs(said))))
            assert alike.mean() > 0.999


@pytest.mark.parametrize("rate", [10.0, 11.7, 13.25, 25.0, 400.0])
def test_counts_stay_below_the_hat_of_their_proposals(rate: float) -> None:
    b = 0.931 + 2.53 * np.sqrt(rate)
    k, hat = transformed(LEVELS, np.asarray(0.02483 * b - 0.059), np.asarray(b), np.asarray(rate + 0.43))
    within(np.exp(Poisson(rate=rate).log_prob(k)), 1.01 * (1.1239 + 1.1328 / (b - 3.4)) / hat)


@pytest.mark.parametrize("probs", [0.5, 0.3, 0.01])
@pytest.mark.parametrize("mean", [10.0, 11.7, 13.25, 25.0, 400.0])
def test_successes_stay_below_the_hat_of_their_proposals(mean: float, probs: float) -> None:
    trials = np.ceil(mean / probs)
    b = 1.15 + 2.53 * np.sqrt(trials * probs * (1 - probs))
    a = 0.0248 * b + 0.01 * probs - 0.0873
    k, hat = transformed(LEVELS, np.asarray(a), np.asarray(b), np.asarray(trials * probs + 0.5))
    mass = np.exp(Binomial(trials=trials, probs=probs).log_prob(k))
    within(mass, (2.83 + 5.1 / b) * 1.01 / np.sqrt(2 * np.pi) / hat)


def within(mass: Array, hat: Array) -> None:
    assert (mass <= hat).all()
    assert (mass > 0.9 * hat).any()


@pytest.mark.parametrize("rate", [0.01, 3.0, 9.99, 10.0, 13.25, 60.0])
def test_frequencies_of_counts(rate: float) -> None:
    frequencies(Poisson(rate=rate), stats.poisson(rate))


@pytest.mark.parametrize(
    ("trials", "probs"), [(3, 0.9), (40, 0.02), (19, 0.52), (21, 0.5), (500, 0.97), (400, 0.3)]
)
def test_frequencies_of_successes(trials: int, probs: float) -> None:
    frequencies(Binomial(trials=trials, probs=probs), stats.binom(trials, probs))


def frequencies(ours: Poisson | Binomial, theirs: object) -> None:
    drawn = ours.sample(400_000, rng=11)
    low, high = theirs.ppf([1e-4, 1 - 1e-4]).astype(int)  # type: ignore[attr-defined]
    places = np.arange(low, high + 1)
    observed = [(drawn == k).sum() for k in places]
    masses = theirs.pmf(places)  # type: ignore[attr-defined]
    rest = [len(drawn) - sum(observed)], [1 - masses.sum()]
    found, expected = np.append(observed, rest[0]), len(drawn) * np.append(masses, rest[1])
    kept = expected > 0
    assert (
        stats.chisquare(found[kept], expected[kept] * (found[kept].sum() / expected[kept].sum())).pvalue
        > 1e-4
    )


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Gamma(shape=0.05, rate=2.0), stats.gamma(0.05, scale=0.5)),
        (Gamma(shape=1.0, rate=2.0), stats.gamma(1.0, scale=0.5)),
        (Gamma(shape=3e5, rate=1.0), stats.gamma(3e5)),
        (Beta(alpha=0.02, beta=1.6), stats.beta(0.02, 1.6)),
        (Beta(alpha=400.0, beta=3.0), stats.beta(400.0, 3.0)),
        (StudentT(df=0.3, loc=0.0, scale=1.0), stats.t(0.3)),
        (StudentT(df=1e7, loc=0.0, scale=1.0), stats.norm()),
        (VonMises(loc=0.0, concentration=1e-3), stats.vonmises(1e-3)),
        (VonMises(loc=0.0, concentration=3.0), stats.vonmises(3.0)),
        (VonMises(loc=0.0, concentration=1e10), stats.norm(scale=1e-5)),
        (Gaussian(loc=0.0, scale=1.0), stats.norm()),
    ],
)
def test_distribution_functions_of_samples(ours: Gamma, theirs: object) -> None:
    drawn = ours.sample(200_000, rng=3)
    assert stats.kstest(drawn, theirs.cdf).pvalue > 1e-3  # type: ignore[attr-defined]


def test_parameters_that_are_no_numbers_end_as_such() -> None:
    gamma = Gamma._unchecked(shape=np.array([2.0, np.nan]), rate=np.ones(2))
    assert np.isnan(gamma.sample(rng=0)).tolist() == [False, True]


def test_rare_and_frequent_successes_side_by_side() -> None:
    trials, probs = np.tile([5.0, 100.0, 30.0, 1000.0], 30_000), np.tile([0.3, 0.5, 0.9, 0.02], 30_000)
    drawn = Binomial(trials=trials, probs=probs).sample(rng=0).reshape(-1, 4)
    mean, variance = (trials * probs)[:4], (trials * probs * (1 - probs))[:4]
    assert (np.abs(drawn.mean(axis=0) - mean) < 5 * np.sqrt(variance / len(drawn))).all()
    np.testing.assert_allclose(drawn.var(axis=0), variance, rtol=0.03)
    assert (drawn <= trials[:4]).all()
