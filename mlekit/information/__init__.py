"""The room of information: entropy, cross-entropy and divergences between distributions, data and models.

Reads distributions; knows nothing of networks, tables or fits. `closed_form` is how a family adds a formula of its own.
"""

from __future__ import annotations

from mlekit.information import closed_forms as closed_forms
from mlekit.information import cross_forms as cross_forms
from mlekit.information import entropies as entropies
from mlekit.information import gamma_forms as gamma_forms
from mlekit.information import location_forms as location_forms
from mlekit.information import vector_forms as vector_forms
from mlekit.information.decomposition import Decomposition, grouped_decomposition
from mlekit.information.dependence import conditional_entropy, mutual_information
from mlekit.information.distances import bhattacharyya, hellinger, total_variation
from mlekit.information.divergences import renyi, tsallis
from mlekit.information.estimate import Estimate, Method
from mlekit.information.estimators import (
    GTest,
    SampleEstimate,
    estimate_differential_entropy,
    estimate_entropy,
    estimate_kl,
    g_test,
)
from mlekit.information.measures import cross_entropy, entropy, js, kl
from mlekit.information.perplexity import perplexity
from mlekit.information.registry import closed_form
from mlekit.information.transport import wasserstein

__all__ = [
    "Decomposition",
    "Estimate",
    "GTest",
    "Method",
    "SampleEstimate",
    "bhattacharyya",
    "closed_form",
    "conditional_entropy",
    "cross_entropy",
    "entropy",
    "estimate_differential_entropy",
    "estimate_entropy",
    "estimate_kl",
    "g_test",
    "grouped_decomposition",
    "hellinger",
    "js",
    "kl",
    "mutual_information",
    "perplexity",
    "renyi",
    "total_variation",
    "tsallis",
    "wasserstein",
]
