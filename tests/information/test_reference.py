"""Golden values of discrete measures, from other systems where those are right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats

from mlekit.distributions import (
    BetaBinomial,
    Binomial,
    Categorical,
    DiscreteUniform,
    Distribution,
    Empirical,
    Geometric,
    NegativeBinomial,
    Poisson,
)
from mlekit.information import (
    bhattacharyya,
    conditional_entropy,
    cross_entropy,
    entropy,
    hellinger,
    js,
    kl,
    mutual_information,
    renyi,
    total_variation,
    tsallis,
    wasserstein,
)

P, Q = Categorical(probs=[0.1, 0.2, 0.3, 0.4]), Categorical(probs=[0.4, 0.3, 0.2, 0.1])

# dit 2.3 of these two, in bits: kullback_leibler_divergence, cross_entropy, jensen_shannon_divergence and
# renyi_divergence(p, q, α); unitless: tsallis_divergence(p, q, 3), hellinger_distance, variational_distance,
# bhattacharyya_coefficient, earth_movers_distance (labels, each at the distance 1).
BITS = {
    0.6584962500721154: kl(P, Q, base=2),
    2.504935594743131: cross_entropy(P, Q, base=2),
    0.15356065532898455: js(P, Q, base=2),
    0.3365763885220068: renyi(P, Q, 0.5, base=2),
    1.4210005324322477: renyi(P, Q, 3, base=2),
    3.0850694444444446: tsallis(P, Q, 3),
    0.3318162917087773: hellinger(P, Q),
    0.4: total_variation(P, Q),
    0.8898979485566356: np.exp(-bhattacharyya(P, Q)),
}


@pytest.mark.parametrize(("expected", "found"), BITS.items())
def test_against_dit(expected: float, found: float) -> None:
    assert float(found) == pytest.approx(expected, rel=1e-12)


# dit 2.3: shannon.entropy, conditional_entropy(d, "Y", "X") and mutual_information of this table.
def test_a_joint_table_against_dit() -> None:
    table = [[0.1, 0.2, 0.1], [0.25, 0.05, 0.3]]
    assert float(entropy(Categorical(probs=np.ravel(table)), base=2)) == pytest.approx(2.365957320949175)
    assert conditional_entropy(table, base=2) == pytest.approx(1.3950067264945063, rel=1e-12)
    assert mutual_information(table, base=2) == pytest.approx(0.1638651219508538, rel=1e-12)


# infomeasure 0.6.3, approach="discrete", base="e"; its divergences are right where q has all of p's outcomes.
def test_samples_against_infomeasure() -> None:
    p, q = Empirical([1, 1, 2, 3]), Empirical([1, 2, 2, 3, 3, 3])
    assert float(cross_entropy(p, q)) == pytest.approx(1.3438196019210413, rel=1e-12)
    assert float(kl(p, q)) == pytest.approx(0.30409883108112346, rel=1e-12)
    x, y = [1, 1, 2, 2, 3, 3, 1, 2], [1, 1, 2, 2, 1, 3, 1, 1]
    assert mutual_information(x, y) == pytest.approx(0.48827644301799555, rel=1e-12)


# As far as no mass is so small that SciPy loses it on the way.
COUNTS = np.arange(130)
CASES: list[tuple[Distribution, Any]] = [
    (Poisson(rate=4.5), scipy.stats.poisson(4.5)),
    (Binomial(trials=20, probs=0.3), scipy.stats.binom(20, 0.3)),
    (Geometric(probs=0.2), scipy.stats.geom(0.2, loc=-1)),
    (NegativeBinomial(mean=4.0, dispersion=0.5), scipy.stats.nbinom(2.0, 2.0 / 6.0)),
    (BetaBinomial(trials=20, alpha=2.0, beta=3.0), scipy.stats.betabinom(20, 2.0, 3.0)),
    (DiscreteUniform(low=0, high=20), scipy.stats.randint(0, 21)),
]


@pytest.mark.parametrize(("p", "reference"), CASES, ids=lambda d: type(d).__name__)
def test_counts_against_entropies_of_scipy(p: Distribution, reference: Any) -> None:
    masses = reference.pmf(COUNTS)
    assert float(entropy(p)) == pytest.approx(float(scipy.stats.entropy(masses)), rel=1e-10)
    for q, other in CASES:
        theirs = other.pmf(COUNTS)
        # SciPy divides both by their sums, which are 1 here.
        assert theirs.sum() == pytest.approx(1, abs=1e-12)
        assert float(kl(p, q)) == pytest.approx(
            float(scipy.stats.entropy(masses, theirs)), rel=1e-8, abs=1e-13
        )
        middle = 0.5 * (masses + theirs)
        divergence = 0.5 * (scipy.stats.entropy(masses, middle) + scipy.stats.entropy(theirs, middle))
        assert float(js(p, q)) == pytest.approx(float(divergence), rel=1e-9, abs=1e-14)
        assert float(total_variation(p, q)) == pytest.approx(
            float(np.abs(masses - theirs).sum() / 2), abs=1e-12
        )


def test_distances_of_samples_against_scipy() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=30), rng.gamma(2.0, size=50)
    expected = scipy.stats.wasserstein_distance(x, y)
    assert float(wasserstein(Empirical(x), Empirical(y))) == pytest.approx(float(expected), rel=1e-12)
