"""Where measures of information go wrong."""

from __future__ import annotations

import numpy as np

import mlekit as mk
from tests.traps.registry import Refusal, Trap

__all__ = ["INFORMATION"]

FAIR, UNIT = mk.Bernoulli(probs=0.5), mk.Gaussian(loc=0.0, scale=1.0)

INFORMATION = [
    Trap(
        "KL of `Bernoulli` batches of shapes (3, 1) and (4,): the shape",
        "`IndexError` (torch 2.13)",
        "they broadcast: (3, 4)",
        lambda: mk.kl(mk.Bernoulli(probs=np.full((3, 1), 0.5)), mk.Bernoulli(probs=np.full(4, 0.1))).shape,
        (3, 4),
    ),
    Trap(
        "KL of `Categorical`, 5 equally likely categories to 1",
        "−1.609, silently (torch 2.13)",
        "an error that names both sizes",
        lambda: mk.kl(mk.Categorical(probs=np.full(5, 0.2)), mk.Categorical(probs=[1.0])),
        Refusal(mk.ParameterError, "p has 5, q has 1; only in p: 1, 2, 3, 4"),
    ),
    Trap(
        "KL of a fair `Categorical` to logits (−200, 0)",
        "∞ in float32 (torch 2.13)",
        "100 − log 2 + log(1 + e⁻²⁰⁰) = 99.3069",
        lambda: mk.kl(mk.Categorical(probs=[0.5, 0.5]), mk.Categorical(logits=[-200.0, 0.0])),
        100 - np.log(2),
    ),
    Trap(
        "KL of a fair `Bernoulli` to logits −200 and 200",
        "∞, with gradient 0, in float32 (torch 2.13)",
        "99.3069",
        lambda: mk.kl(FAIR, mk.Bernoulli(logits=[-200.0, 200.0])),
        [100 - np.log(2)] * 2,
    ),
    Trap(
        "KL of `Poisson(0)` to `Poisson(1)`",
        "nan (torch 2.13)",
        "1",
        lambda: mk.kl(mk.Poisson(rate=0.0), mk.Poisson(rate=1.0)),
        1.0,
    ),
    Trap(
        "KL of `Binomial(5, 1)` to `Binomial(5, ½)`",
        "−∞ (torch 2.13)",
        "5 log 2",
        lambda: mk.kl(mk.Binomial(trials=5, probs=1.0), mk.Binomial(trials=5, probs=0.5)),
        5 * np.log(2),
    ),
    Trap(
        "KL of `Binomial(3, ½)` to `Binomial(5, ½)`",
        "`NotImplementedError` (torch 2.13)",
        "a finite sum, 0.455422",
        lambda: mk.kl(mk.Binomial(trials=3, probs=0.5), mk.Binomial(trials=5, probs=0.5)),
        np.log(4) + (3 * np.log(3 / 5) + 3 * np.log(3 / 10) + np.log(1 / 10)) / 8,
    ),
    Trap(
        "KL of data {a, b} to a model that knows a only",
        "−0.693 (infomeasure 0.6.3)",
        "∞",
        lambda: mk.kl(mk.Empirical(["a", "b"]), mk.Categorical(probs=[1.0], categories=["a"])),
        np.inf,
    ),
    Trap(
        "KL of disjoint data, {1, 2} to {3, 4}",
        "−0.693 (infomeasure 0.6.3)",
        "∞",
        lambda: mk.kl(mk.Empirical([1, 2]), mk.Empirical([3, 4])),
        np.inf,
    ),
    Trap(
        "KL of (½, ½) to (0.5, 0.4), which sums to 0.9",
        "0.0116 (`kl_div`), 0.1116 (`rel_entr`), renormalized to 0.0062 (`entropy`; SciPy 1.17)",
        "an error",
        lambda: mk.kl(mk.Categorical(probs=[0.5, 0.5]), mk.Categorical(probs=[0.5, 0.4])),
        Refusal(mk.ParameterError, "must sum to 1"),
    ),
    Trap(
        "10⁹ · KL of Gaussians whose scales differ by 1e-4",
        "10.0044 in float32, wrong in the fourth digit (torch 2.13)",
        "9.99833: ½(r² − 1 − 2 log r) without cancellation",
        lambda: 1e9 * mk.kl(UNIT, mk.Gaussian(loc=0.0, scale=1.0001)),
        9.99833355830313453,  # mpmath, 30 digits
    ),
    Trap(
        "10⁹ · KL of `Laplace`, shifted by 1e-4",
        "0 in float32 (torch 2.13)",
        "e⁻ᵗ − 1 + t without cancellation: 4.99983",
        lambda: 1e9 * mk.kl(mk.Laplace(loc=0.0, scale=1.0), mk.Laplace(loc=1e-4, scale=1.0)),
        1e9 * (1e-8 / 2 - 1e-12 / 6 + 1e-16 / 24),
    ),
    Trap(
        "entropy of `NegativeBinomial` (mean 3, dispersion ½) and of `Poisson(3)`",
        "`NotImplementedError` (torch 2.13)",
        "2.20671 and 1.93147, summed",
        lambda: (
            float(mk.entropy(mk.NegativeBinomial(mean=3.0, dispersion=0.5))),
            float(mk.entropy(mk.Poisson(rate=3.0))),
        ),
        [2.2067138542971737274, 1.9314701981485689339],  # mpmath, 30 digits
    ),
    Trap(
        "KL of `StudentT(5)` to a standard `Gaussian`",
        "`NotImplementedError` (torch 2.13)",
        "0.124769, integrated",
        lambda: mk.kl(mk.StudentT(df=5.0, loc=0.0, scale=1.0), UNIT),
        0.124769194123610094,  # mpmath, 30 digits
    ),
    Trap(
        "KL of a mixture of two Gaussians to one of scale 1.5",
        "`NotImplementedError` (torch 2.13)",
        "0.0130787, integrated",
        lambda: mk.kl(mk.Mixture(mk.Gaussian(loc=[-1.0, 1.0], scale=1.0)), mk.Gaussian(loc=0.0, scale=1.5)),
        0.0130787322057772144,  # mpmath, 30 digits
    ),
    Trap(
        "JS of data with NaN among it",
        "NaN dropped: −0.189 (dit 2.3)",
        "an error",
        lambda: mk.js(mk.Empirical([1.0, np.nan]), mk.Empirical([1.0])),
        Refusal(mk.ParameterError, "missing"),
    ),
]
