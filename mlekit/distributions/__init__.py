"""The room of distributions: (η, y) -> log-likelihood, score, Fisher information. Knows neither X nor weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlekit.distributions.asymmetric_laplace import AsymmetricLaplace
from mlekit.distributions.bernoulli import Bernoulli
from mlekit.distributions.beta import Beta
from mlekit.distributions.beta_binomial import BetaBinomial
from mlekit.distributions.binomial import Binomial
from mlekit.distributions.categorical import Categorical
from mlekit.distributions.cauchy import Cauchy
from mlekit.distributions.dirichlet import Dirichlet
from mlekit.distributions.discrete_uniform import DiscreteUniform
from mlekit.distributions.distribution import Distribution, Seed
from mlekit.distributions.domain import COUNTS, FiniteSet, Interval, Vectors
from mlekit.distributions.empirical import Empirical
from mlekit.distributions.exponential import ExponentialFamily
from mlekit.distributions.exponential_distribution import Exponential
from mlekit.distributions.family import Family
from mlekit.distributions.gamma import Gamma
from mlekit.distributions.gaussian import Gaussian
from mlekit.distributions.geometric import Geometric
from mlekit.distributions.gumbel import Gumbel
from mlekit.distributions.head import Head
from mlekit.distributions.independent import Independent
from mlekit.distributions.inverse_gaussian import InverseGaussian
from mlekit.distributions.laplace import Laplace
from mlekit.distributions.link import Link
from mlekit.distributions.log_logistic import LogLogistic
from mlekit.distributions.log_normal import LogNormal
from mlekit.distributions.logistic import Logistic
from mlekit.distributions.mixture import Mixture
from mlekit.distributions.mixture_head import MixtureHead, OutputHead
from mlekit.distributions.multinomial import Multinomial
from mlekit.distributions.multivariate import Multivariate
from mlekit.distributions.multivariate_gaussian import MultivariateGaussian
from mlekit.distributions.negative_binomial import NegativeBinomial
from mlekit.distributions.ordered_categorical import OrderedCategorical
from mlekit.distributions.parameter import Parameter
from mlekit.distributions.poisson import Poisson
from mlekit.distributions.student_t import StudentT
from mlekit.distributions.transform import Affine, Chain, Transform
from mlekit.distributions.transformed import Transformed, TransformedKind
from mlekit.distributions.transforms import (
    TRANSFORMS,
    Exp,
    Log,
    Logit,
    Power,
    Sigmoid,
    SinhArcsinh,
    Softplus,
)
from mlekit.distributions.truncated import Truncated, TruncatedKind
from mlekit.distributions.uniform import Uniform
from mlekit.distributions.von_mises import VonMises
from mlekit.distributions.weibull import Weibull
from mlekit.distributions.zero_inflated import ZeroInflated, ZeroInflatedKind

__all__ = [
    "COMPOSITIONS",
    "COUNTS",
    "FAMILIES",
    "TRANSFORMS",
    "Affine",
    "AsymmetricLaplace",
    "Bernoulli",
    "Beta",
    "BetaBinomial",
    "Binomial",
    "Categorical",
    "Cauchy",
    "Chain",
    "Dirichlet",
    "DiscreteUniform",
    "Distribution",
    "Empirical",
    "Exp",
    "Exponential",
    "ExponentialFamily",
    "Family",
    "FiniteSet",
    "Gamma",
    "Gaussian",
    "Geometric",
    "Gumbel",
    "Head",
    "Independent",
    "Interval",
    "InverseGaussian",
    "Laplace",
    "Link",
    "Log",
    "LogLogistic",
    "LogNormal",
    "Logistic",
    "Logit",
    "Mixture",
    "MixtureHead",
    "Multinomial",
    "Multivariate",
    "MultivariateGaussian",
    "NegativeBinomial",
    "OrderedCategorical",
    "OutputHead",
    "Parameter",
    "Poisson",
    "Power",
    "Seed",
    "Sigmoid",
    "SinhArcsinh",
    "Softplus",
    "StudentT",
    "Transform",
    "Transformed",
    "Truncated",
    "Uniform",
    "Vectors",
    "VonMises",
    "Weibull",
    "ZeroInflated",
]

FAMILIES: dict[str, type[Distribution]] = {
    family.__name__: family
    for family in (
        AsymmetricLaplace,
        Bernoulli,
        Beta,
        BetaBinomial,
        Binomial,
        Categorical,
        Cauchy,
        Dirichlet,
        Exponential,
        Gamma,
        Gaussian,
        Geometric,
        Gumbel,
        InverseGaussian,
        Laplace,
        Logistic,
        LogLogistic,
        LogNormal,
        Multinomial,
        MultivariateGaussian,
        NegativeBinomial,
        OrderedCategorical,
        Poisson,
        StudentT,
        VonMises,
        Weibull,
    )
}
"""Every distribution that can be fitted, by name: what saved models and the command line look up."""

COMPOSITIONS: dict[str, Callable[..., Any]] = {
    "Transformed": TransformedKind,
    "Truncated": TruncatedKind,
    "ZeroInflated": ZeroInflatedKind,
}
"""What makes kinds of other kinds, by name: what saved models and the command line look up besides."""
