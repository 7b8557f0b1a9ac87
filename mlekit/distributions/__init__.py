"""The room of distributions: (η, y) -> log-likelihood, score, Fisher information. Knows neither X nor weights."""

from __future__ import annotations

from mlekit.distributions.bernoulli import Bernoulli
from mlekit.distributions.categorical import Categorical
from mlekit.distributions.distribution import Distribution, Seed
from mlekit.distributions.domain import FiniteSet, Interval
from mlekit.distributions.empirical import Empirical
from mlekit.distributions.exponential import ExponentialFamily
from mlekit.distributions.family import Family
from mlekit.distributions.gaussian import Gaussian
from mlekit.distributions.head import Head
from mlekit.distributions.link import Link
from mlekit.distributions.parameter import Parameter
from mlekit.distributions.poisson import Poisson

__all__ = [
    "FAMILIES",
    "Bernoulli",
    "Categorical",
    "Distribution",
    "Empirical",
    "ExponentialFamily",
    "Family",
    "FiniteSet",
    "Gaussian",
    "Head",
    "Interval",
    "Link",
    "Parameter",
    "Poisson",
    "Seed",
]

FAMILIES: dict[str, type[Distribution]] = {
    family.__name__: family
    for family in (
        Bernoulli,
        Categorical,
        Gaussian,
        Poisson,
    )
}
"""Every distribution that can be fitted, by name: what saved models and the command line look up."""
