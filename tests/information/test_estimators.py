"""Estimates from samples: golden values, truth on simulated data, and what is said of samples that tell little."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats
from scipy.special import gammaln, polygamma, xlogy

from mlekit.distributions import Bernoulli, Categorical, Empirical, Gaussian
from mlekit.errors import DataError, ParameterError
from mlekit.information import entropy
from mlekit.information.estimators import (
    GTest,
    estimate_differential_entropy,
    estimate_entropy,
    estimate_kl,
    g_test,
)
from mlekit.information.estimators.labels import EntropyMethod

METHODS: list[EntropyMethod] = ["plug_in", "miller_madow", "grassberger", "chao_shen", "james_stein", "nsb"]
LETTERS = list("abracadabra")


# infomeasure 0.6.3, entropy(codes of the letters, approach=..., base="e"); james_stein is its "shrink".
@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("plug_in", 1.4142790651247086),
        ("miller_madow", 1.5960972469428905),
        ("chao_shen", 1.7281465926701693),
        ("james_stein", 1.6005969077551983),
    ],
)
def test_discrete_against_infomeasure(method: EntropyMethod, expected: float) -> None:
    known = estimate_entropy(LETTERS, method=method)
    assert known.value == pytest.approx(expected, rel=1e-13)
    assert known.low < known.value < known.high
    assert known.value - known.low == pytest.approx(1.959964 * known.standard_error, rel=1e-6)
    bits = estimate_entropy(counts=[5, 2, 2, 1, 1], method=method, base=2)
    assert bits.value * np.log(2) == pytest.approx(expected, rel=1e-13)
    assert bits.standard_error * np.log(2) == pytest.approx(known.standard_error, rel=0.2)


def test_grassberger_by_its_recursion() -> None:
    # Grassberger (2003): G_1 = −γ − log 2, G_2 = 2 − γ − log 2, G_{2n+1} = G_{2n}, G_{2n+2} = G_{2n} + 2/(2n+1).
    g = {1: -np.euler_gamma - np.log(2), 2: 2 - np.euler_gamma - np.log(2)}
    for n in range(1, 10):
        g[2 * n + 1] = g[2 * n]
        g[2 * n + 2] = g[2 * n] + 2 / (2 * n + 1)
    counts = [1, 4, 7, 8, 2]
    expected = np.log(22) - sum(n * g[n] for n in counts) / 22
    assert estimate_entropy(counts=counts, method="grassberger").value == pytest.approx(
        float(expected), rel=1e-13
    )


def test_nsb_by_simulating_its_posterior() -> None:
    counts, kinds = np.array([5.0, 2.0, 2.0, 1.0, 1.0, 0.0, 0.0]), 7
    beta = np.geomspace(1e-4, 1e3, 300)
    evidence = gammaln(kinds * beta) - gammaln(11 + kinds * beta)
    evidence = evidence + (gammaln(counts[:, None] + beta) - gammaln(beta)).sum(axis=0)
    weight = np.exp(evidence) * (kinds * polygamma(1, kinds * beta + 1) - polygamma(1, beta + 1)) * beta
    rng = np.random.default_rng(1)
    draws = rng.choice(beta, p=weight / weight.sum(), size=20_000)
    gammas = rng.gamma(counts + draws[:, None])
    p = gammas / gammas.sum(axis=1, keepdims=True)
    entropies = -xlogy(p, p).sum(axis=1)
    known = estimate_entropy(counts=counts, method="nsb", categories=kinds)
    assert known.value == pytest.approx(entropies.mean(), abs=5 * entropies.std() / np.sqrt(len(p)))
    assert known.standard_error == pytest.approx(entropies.std(), rel=0.03)


# README.rst of ndd 1.9: entropy(counts, k=100, return_std=True), its NSB estimate.
def test_nsb_against_ndd() -> None:
    counts = [4, 12, 4, 5, 3, 1, 5, 1, 2, 2, 2, 2, 11, 3, 4, 12, 12, 1, 2]
    known = estimate_entropy(counts=counts, method="nsb", categories=100)
    assert known.value == pytest.approx(2.8060922529931225, rel=1e-5)
    assert known.standard_error == pytest.approx(0.11945501149743358, rel=1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_bias_and_coverage_of_discrete_entropy(method: EntropyMethod) -> None:
    p = np.arange(1.0, 11.0) / 55
    truth = float(entropy(Categorical(probs=p)))
    rng = np.random.default_rng(3)
    known = [
        estimate_entropy(counts=rng.multinomial(200, p), method=method, categories=10, resamples=60, rng=rng)
        for _ in range(150)
    ]
    bias = np.mean([estimate.value for estimate in known]) - truth
    coverage = np.mean([estimate.low <= truth <= estimate.high for estimate in known])
    if method in ("miller_madow", "grassberger", "nsb"):
        assert abs(bias) < 0.012
        assert coverage > 0.88
    else:  # once all kinds were seen many times, Chao & Shen's is the plug-in again
        assert abs(bias) < 0.04
    if method == "plug_in":
        assert bias == pytest.approx(-9 / 400, abs=0.008)


def test_shrinkage_knows_of_categories_unseen() -> None:
    few = [3, 2, 1]
    values = [estimate_entropy(counts=few, method="james_stein", categories=k).value for k in (3, 10, 100)]
    assert values[0] < values[1] < values[2]
    # What is unseen may as well be given as zeros.
    padded = np.array([*few, *[0] * 7])
    assert estimate_entropy(counts=padded, method="james_stein", categories=10).value == values[1]


def test_samples_that_tell_little_say_so() -> None:
    assert any("no kind came twice" in note for note in estimate_entropy(list("abcdef")).notes)
    assert any("once only" in note for note in estimate_entropy(LETTERS).notes)
    assert any("only one kind" in note for note in estimate_entropy(["a", "a", "a"]).notes)
    assert any("taken for all there are" in note for note in estimate_entropy(LETTERS, method="nsb").notes)
    assert estimate_entropy(["a", "a", "a"], method="miller_madow").value == 0.0


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"sample": ["a"]}, DataError, "at least 2"),
        ({"sample": ["a", None]}, DataError, "row 1 is missing"),
        ({"counts": [1.5, 2]}, DataError, "whole numbers"),
        ({"counts": [-1, 4]}, DataError, "whole numbers"),
        ({}, ParameterError, "exactly one"),
        ({"sample": LETTERS, "categories": 3}, ParameterError, "holds 5 kinds"),
        ({"sample": LETTERS, "level": 1.0}, ParameterError, "level"),
        ({"sample": LETTERS, "resamples": 1}, ParameterError, "resamples"),
    ],
)
def test_bad_samples_are_named(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        estimate_entropy(**arguments)


POINTS = np.array(
    [[0.0, 0.1], [0.5, 0.9], [1.3, 0.2], [2.0, 2.2], [0.7, 1.9], [1.1, 1.05], [0.2, 1.3], [1.9, 0.6]]
)


# infomeasure 0.6.3, entropy(points, approach="metric", k=k, noise_level=0, minkowski_p=2, base="e").
@pytest.mark.parametrize(("k", "expected"), [(1, 3.1031263966396185), (3, 2.4787750575915455)])
def test_kozachenko_leonenko_against_infomeasure(k: int, expected: float) -> None:
    assert estimate_differential_entropy(POINTS, neighbours=k).value == pytest.approx(expected, rel=1e-13)


def test_wang_kulkarni_verdu_by_hand() -> None:
    x, y = POINTS[:4], POINTS[4:]
    own = np.sqrt(((x[:, None] - x) ** 2).sum(-1)) + np.where(np.eye(4) == 1, np.inf, 0.0)
    other = np.sqrt(((x[:, None] - y) ** 2).sum(-1))
    expected = 2 * np.mean(np.log(other.min(1) / own.min(1))) + np.log(4 / 3)
    assert estimate_kl(x, y, neighbours=1).value == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.parametrize("dimension", [1, 2])
def test_neighbours_find_the_truth(dimension: int) -> None:
    rng = np.random.default_rng(4)
    truth_entropy, truth_kl = dimension * 0.5 * np.log(2 * np.pi * np.e), dimension * 0.5 * 0.8**2
    hits = np.zeros(2)
    for _ in range(60):
        x, y = rng.normal(size=(500, dimension)), rng.normal(0.8, size=(700, dimension))
        for i, (known, truth) in enumerate(
            [(estimate_differential_entropy(x), truth_entropy), (estimate_kl(x, y), truth_kl)]
        ):
            hits[i] += known.low <= truth <= known.high
            assert abs(known.value - truth) < 6 * known.standard_error
    assert np.all(hits / 60 > 0.85)


def test_kl_to_a_model() -> None:
    rng = np.random.default_rng(5)
    model = Gaussian(loc=1.0, scale=2.0)
    truth = np.log(2) + (1 + 1) / 8 - 0.5
    known = [estimate_kl(rng.normal(size=400), model) for _ in range(60)]
    assert np.mean([k.value for k in known]) == pytest.approx(truth, abs=0.03)
    assert np.mean([k.low <= truth <= k.high for k in known]) > 0.85
    excluded = estimate_kl(rng.normal(size=20), _positive())
    assert excluded.value == np.inf
    assert "gives density 0 to row" in excluded.notes[0]


def _positive() -> Any:
    from tests.information.families import gamma

    return gamma(2.0, 1.0)


def test_ties_are_said_or_refused() -> None:
    rounded = np.random.default_rng(6).normal(size=200).round(1)
    with pytest.raises(DataError, match="data that was rounded is discrete"):
        estimate_differential_entropy(rounded)
    once = np.random.default_rng(7).normal(size=200)
    once[3] = once[4]
    assert any("1 of 200 rows repeat" in note for note in estimate_differential_entropy(once).notes)
    with pytest.raises(DataError, match="sample and other"):
        estimate_kl(np.arange(9.0) ** 1.5, np.repeat(np.arange(3.0), 4))
    assert any("few" in note for note in estimate_differential_entropy(POINTS).notes)


@pytest.mark.parametrize(
    ("sample", "other", "error", "message"),
    [
        ([1.0, 2.0, 3.0], [0.0, 1.0, 2.0, 5.0, 7.0], DataError, "3 rows are too few"),
        ([1.0, 2.0, np.nan, 3.0, 4.0], [0.0], DataError, "row 2 is NaN"),
        (["a", "b"], [0.0], DataError, "numbers"),
        (POINTS, np.arange(9.0), DataError, "2 columns, other has 1"),
        (np.arange(9.0) ** 2, Bernoulli(probs=0.5), ParameterError, "discrete"),
        (np.arange(9.0) ** 2, Gaussian(loc=[0.0], scale=1.0), ParameterError, "single model"),
        (POINTS, Gaussian(loc=0.0, scale=1.0), ParameterError, "of one variable"),
    ],
)
def test_bad_rows_are_named(sample: Any, other: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        estimate_kl(sample, other)
    with pytest.raises(ParameterError, match="at least 1"):
        estimate_kl(POINTS, POINTS, neighbours=0)


def test_g_test_against_scipy() -> None:
    counts, p = np.array([43, 20, 37]), np.array([0.4, 0.3, 0.3])
    known = g_test(counts, Categorical(probs=p))
    expected = scipy.stats.power_divergence(counts, p * 100, lambda_="log-likelihood")
    assert known.statistic == pytest.approx(expected.statistic, rel=1e-12)
    assert known.p_value == pytest.approx(expected.pvalue, rel=1e-10)
    assert known.kl == pytest.approx(known.statistic / 200, rel=1e-14)
    table = np.array([[10, 20, 30], [25, 20, 15]])
    independence = g_test(table)
    contingency = scipy.stats.chi2_contingency(table, correction=False, lambda_="log-likelihood")
    assert independence.statistic == pytest.approx(contingency.statistic, rel=1e-12)
    assert independence.p_value == pytest.approx(contingency.pvalue, rel=1e-10)
    assert independence.degrees_of_freedom == contingency.dof


def test_g_test_interval_holds_the_divergence() -> None:
    truth, model = np.array([0.5, 0.3, 0.2]), np.array([0.4, 0.3, 0.3])
    divergence = float(scipy.stats.entropy(truth, model))
    rng = np.random.default_rng(8)
    tests: list[GTest] = [g_test(rng.multinomial(300, truth), model) for _ in range(200)]
    assert np.mean([test.low <= divergence <= test.high for test in tests]) > 0.9
    true: list[GTest] = [g_test(rng.multinomial(300, model), model) for _ in range(400)]
    assert np.mean([test.p_value < 0.05 for test in true]) == pytest.approx(0.05, abs=0.035)
    assert np.mean([test.low == 0 for test in true]) > 0.9


def test_g_test_of_the_impossible_and_of_few() -> None:
    known = g_test([3, 1], [1.0, 0.0])
    assert (known.statistic, known.p_value, known.kl, known.low, known.high) == (
        np.inf,
        0.0,
        np.inf,
        np.inf,
        np.inf,
    )
    assert "fewer than 5" in known.notes[0]
    refused: list[tuple[Any, Any, type[Exception], str]] = [
        ([1, -1], [0.5, 0.5], DataError, "not negative"),
        ([0, 0], [0.5, 0.5], DataError, "positive"),
        ([1, 2, 3], [0.5, 0.5], ParameterError, "do not fit"),
        ([[1, 0], [2, 0]], None, DataError, "empty row or column"),
        ([1, 2], None, ParameterError, "two axes"),
        ([3], [1.0], ParameterError, "no degree of freedom"),
    ]
    for counts, model, error, message in refused:
        with pytest.raises(error, match=message):
            g_test(counts, model)


def test_an_empirical_distribution_has_the_plug_in_entropy() -> None:
    assert estimate_entropy(LETTERS, method="plug_in").value == pytest.approx(
        float(entropy(Empirical(LETTERS)))
    )
