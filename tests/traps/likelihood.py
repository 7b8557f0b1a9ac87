"""Where likelihoods and losses go wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd

import mlekit as mk
from tests.traps.registry import Refusal, Trap

__all__ = ["LIKELIHOOD"]

SOFT = pd.DataFrame(
    {"a": [0.5, 0.7, 0.2], "b": [0.5, 0.5, 0.8], "x": [1.0, 2.0, 3.0]}, index=["i", "ii", "iii"]
)
HOLES = pd.DataFrame({"y": [0.5, 1.5, np.nan, 2.0], "x": [1.0, 2.0, 3.0, 4.0]}, index=list("abcd"))


def gradient_is_of_the_value() -> str:
    """Whether every score of a Gamma is the slope of its log-density, also at a value close to 0."""
    y, step = np.array([1e-12, 1e-3, 1.0, 40.0]), 1e-5

    def at(log_mean: float, log_shape: float) -> mk.Gamma:
        shape = np.exp(log_shape)
        return mk.Gamma(shape=shape, rate=shape / np.exp(log_mean))

    slopes = [
        (at(*(0.3 + up)).log_prob(y) - at(*(0.3 - up)).log_prob(y)) / (2 * step) for up in step * np.eye(2)
    ]
    score = at(0.3, 0.3).score(y)
    return "yes" if np.allclose(score, np.stack(slopes, axis=-1), rtol=1e-6, atol=1e-7) else "no"


LIKELIHOOD = [
    Trap(
        "log-probability of 0 under `Bernoulli(probs=1)`",
        "−15.94: probabilities are clamped, in float32 (torch 2.13)",
        "−∞",
        lambda: mk.Bernoulli(probs=1.0).log_prob(0),
        -np.inf,
    ),
    Trap(
        "cross-entropy of target (1, 0) and logits (0, −∞)",
        "nan (torch 2.13)",
        "0: what got no weight contributes nothing",
        lambda: mk.cross_entropy(mk.Categorical(probs=[1.0, 0.0]), mk.Categorical(logits=[0.0, -np.inf])),
        0.0,
    ),
    Trap(
        "soft labels (0.7, 0.5)",
        "accepted: 1.076 (torch 2.13)",
        "an error that names the row",
        lambda: mk.fit("a + b ~ x", SOFT, mk.Categorical),
        Refusal(mk.TargetError, r"sum to 1\.2 at row 'ii'"),
    ),
    Trap(
        "log-loss of an event that the model holds for impossible",
        "36.04: clipped (scikit-learn 1.9)",
        "∞",
        lambda: -mk.Bernoulli(probs=0.0).log_prob(1),
        np.inf,
    ),
    Trap(
        "log cdf of a standard Gaussian at −20",
        "−∞: the logarithm of an underflown cdf (torch 2.13)",
        "−203.917",
        lambda: mk.Gaussian(loc=0.0, scale=1.0).log_cdf(-20.0),
        -203.91715537109725,  # mpmath
    ),
    Trap(
        "cdf of `Beta(1, 2)` and `StudentT(3)` at ½; medians of `Gamma(2)` and `Poisson(1)`",
        "`NotImplementedError` (torch 2.13)",
        "0.75, 0.674276; 1.67835, 1",
        lambda: (
            float(mk.Beta(alpha=1.0, beta=2.0).cdf(0.5)),
            float(mk.StudentT(df=3.0, loc=0.0, scale=1.0).cdf(0.5)),
            float(mk.Gamma(shape=2.0, rate=1.0).quantile(0.5)),
            float(mk.Poisson(rate=1.0).quantile(0.5)),
        ),
        [0.75, 0.6742760175759245, 1.6783469900166612, 1.0],  # SciPy 1.17
    ),
    Trap(
        "a row of the training target is NaN",
        "it vanishes in a nansum (XGBoostLSS †)",
        "an error with row and column",
        lambda: mk.fit("y ~ x", HOLES, mk.Gaussian),
        Refusal(mk.DataError, r"column 'y'.*row 'c'"),
    ),
    Trap(
        "is the gradient of a `Gamma` that of its log-density?",
        "no: it has an epsilon that the density lacks (NGBoost †)",
        "yes: value and gradient come from one expression",
        gradient_is_of_the_value,
        "yes",
    ),
    Trap(
        "standard deviation and variance of `Gaussian(scale=3)`",
        "a “variance” that is used as a standard deviation (DeepTab †)",
        "3 and 9",
        lambda: (float(mk.Gaussian(loc=0.0, scale=3.0).std), float(mk.Gaussian(loc=0.0, scale=3.0).variance)),
        [3.0, 9.0],
    ),
    Trap(
        "a million predictive distributions: how many arrays?",
        "a million objects: over 9 s for 20,000 (skpro †)",
        "as many as parameters: 2",
        lambda: len(mk.Gaussian(loc=np.zeros(1_000_000), scale=np.ones(1_000_000)).to_frame().columns),
        2.0,
    ),
]
