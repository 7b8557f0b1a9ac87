"""Estimates of information from samples of unknown distributions, each with an interval.

`entropy` and `kl` of an `Empirical` distribution are exact numbers about the sample. What is estimated here is about
the distribution that the sample came from, of which the sample's own entropy is too low.
"""

from __future__ import annotations

from mlekit.information.estimators.g_test import GTest, g_test
from mlekit.information.estimators.labels import estimate_entropy
from mlekit.information.estimators.neighbours import estimate_differential_entropy, estimate_kl
from mlekit.information.estimators.result import SampleEstimate

__all__ = [
    "GTest",
    "SampleEstimate",
    "estimate_differential_entropy",
    "estimate_entropy",
    "estimate_kl",
    "g_test",
]
