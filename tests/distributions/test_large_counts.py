"""Tails of counts at large rates, against their sums in mpmath; probabilities by the incomplete beta function."""

from __future__ import annotations

import mpmath
import numpy as np
import pandas as pd
import pytest
from scipy.special import betainc, betaincc

from mlekit import fit
from mlekit.distributions import NegativeBinomial, Poisson
from mlekit.distributions.incomplete import lower_beta


def poisson_log_tails(rate: float, k: float) -> tuple[float, float]:
    """Log P(K ≤ k) and log P(K > k): the smaller as a mass times Σ of ratios, the other from it."""
    with mpmath.workdps(40):
        mean, count = mpmath.mpf(rate), int(k)
        log_mass = count * mpmath.log(mean) - mean - mpmath.loggamma(count + 1)
        above = k > rate
        term = total = mean / (count + 1) if above else mpmath.mpf(1)
        step = 1
        while term > total * mpmath.mpf(10) ** -35:
            term *= mean / (count + 1 + step) if above else (count - step + 1) / mean
            total += term
            step += 1
        smaller = log_mass + mpmath.log(total)
        larger = mpmath.log1p(-mpmath.exp(smaller))
    return (float(larger), float(smaller)) if above else (float(smaller), float(larger))


@pytest.mark.parametrize("rate", [150_001.0, 1e6, 3e7])
@pytest.mark.parametrize("stds", [-30.0, -8.0, -4.3, -1.0, 0.5, 4.3, 4.5, 8.0, 30.0])
def test_tails_of_large_rates(rate: float, stds: float) -> None:
    k = float(np.floor(rate + stds * np.sqrt(rate)))
    expected = poisson_log_tails(rate, k)
    for p in (Poisson(rate=rate), NegativeBinomial(mean=rate, dispersion=0.0)):
        np.testing.assert_allclose([p.log_cdf(k), p.log_sf(k)], expected, rtol=1e-12)


def test_both_sides_of_the_incomplete_beta_function() -> None:
    a, b, x = (
        array.reshape(-1) for array in np.meshgrid([0.3, 2.0, 300.0], [0.5, 4.0, 90.0], [0.01, 0.4, 0.97])
    )
    rest = 1 - x
    expected = np.where(x < rest, betainc(a, b, x), betaincc(b, a, rest))
    np.testing.assert_allclose(lower_beta(a, b, x, rest), expected, rtol=1e-12, atol=1e-300)
    # Where 1 − x has lost what the rest of it is.
    np.testing.assert_allclose(
        lower_beta(np.array(1e12), np.array(1.0), np.array(1.0), np.array(2e-12)), np.exp(-2.0), rtol=1e-11
    )


def test_a_dispersion_that_is_held_costs_no_sum_over_outcomes(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=200)})
    data["y"] = rng.negative_binomial(2, 0.3, 200)
    free = NegativeBinomial(mean=[0.5, 40.0], dispersion=0.5)
    about_mean = free._about(np.array([0]))
    assert free._about(np.array([0, 1])) is free
    np.testing.assert_array_equal(
        about_mean.fisher_information()[..., 0, 0], free.fisher_information()[..., 0, 0]
    )
    with monkeypatch.context() as patch:
        patch.setattr(NegativeBinomial, "_expectation", None)
        model = fit("y ~ x", data, NegativeBinomial.family(dispersion=0.5))
    assert model.converged


def test_a_fit_of_the_dispersion_sums_over_rows_not_over_outcomes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a step takes for the curvature has the information for its mean, so that one does for the other."""
    p = NegativeBinomial(mean=[[0.5], [40.0]], dispersion=[[0.5], [2.0]])
    k = np.arange(6000.0)
    curvature = np.einsum("ik,ikab->iab", p.prob(k), p._curvature(k))
    np.testing.assert_allclose(curvature, p.fisher_information()[:, 0], rtol=1e-9, atol=1e-12)
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=400)})
    data["y"] = rng.negative_binomial(2, 2 / (2 + np.exp(1 + 0.5 * data["x"])))
    monkeypatch.setattr(NegativeBinomial, "_expectation", None)
    model = fit({"mean": "y ~ x", "dispersion": "~ x"}, data, NegativeBinomial)
    assert model.converged
    assert model.history["gradient_norm"].iloc[-1] < 1e-6


@pytest.mark.parametrize("dispersion", [1e-3, 0.5, 1.7, 50.0, 1e10])
@pytest.mark.parametrize("k", [1e300, 1e305, 1e308, 1.7e308])
def test_log_probabilities_of_counts_near_the_end_of_doubles(dispersion: float, k: float) -> None:
    with mpmath.workdps(700):
        shape, count, odds = 1 / mpmath.mpf(dispersion), mpmath.mpf(k), mpmath.mpf(dispersion) * 3
        mass = mpmath.loggamma(count + shape) - mpmath.loggamma(count + 1) - mpmath.loggamma(shape)
        expected = float(mass + count * mpmath.log(odds / (1 + odds)) - shape * mpmath.log1p(odds))
    p = NegativeBinomial(mean=3.0, dispersion=dispersion)
    np.testing.assert_allclose(p.log_prob(k), expected, rtol=1e-12)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(p._log_prob(np.array(k)), expected, rtol=1e-12)
