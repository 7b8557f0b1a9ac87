"""Families whose own `entropy` is exact, with as many operations for many outcomes as for few.

Sources: Johnson, Kotz & Balakrishnan (1994, 1995), Continuous Univariate Distributions; Cover & Thomas (2006), Elements
of Information Theory, for vectors.
"""

from __future__ import annotations

from mlekit.arrays import Array
from mlekit.distributions import (
    AsymmetricLaplace,
    Bernoulli,
    Beta,
    Categorical,
    Cauchy,
    Dirichlet,
    DiscreteUniform,
    Distribution,
    Empirical,
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
    StudentT,
    Uniform,
    VonMises,
    Weibull,
)
from mlekit.information.registry import closed_form

__all__ = ["own_entropy"]


@closed_form(AsymmetricLaplace)
@closed_form(Bernoulli)
@closed_form(Beta)
@closed_form(Categorical)
@closed_form(Cauchy)
@closed_form(Dirichlet)
@closed_form(DiscreteUniform)
@closed_form(Empirical)
@closed_form(Exponential)
@closed_form(Gamma)
@closed_form(Gaussian)
@closed_form(Geometric)
@closed_form(Gumbel)
@closed_form(InverseGaussian)
@closed_form(Laplace)
@closed_form(LogLogistic)
@closed_form(LogNormal)
@closed_form(Logistic)
@closed_form(Multinomial)
@closed_form(MultivariateGaussian)
@closed_form(StudentT)
@closed_form(Uniform)
@closed_form(VonMises)
@closed_form(Weibull)
def own_entropy(p: Distribution) -> Array:
    """What the family says of itself."""
    return p.entropy()
