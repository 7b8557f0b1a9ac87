"""Densities, distribution functions, quantiles and moments against values that R computed.

The values and their format are those of Distributions.jl (test/ref); an entry there is a Julia expression such as
``Laplace(5.0, 1.5)``, whose positional arguments a line of `FAMILIES` turns into a distribution here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mlekit.distributions import (
    Bernoulli,
    Beta,
    BetaBinomial,
    Binomial,
    Cauchy,
    DiscreteUniform,
    Distribution,
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
    NegativeBinomial,
    Poisson,
    StudentT,
    Uniform,
    VonMises,
    Weibull,
)
from tests.support import shared_data


def location_scale(family: Callable[..., Distribution]) -> Callable[..., Distribution]:
    return lambda loc=0.0, scale=1.0: family(loc=loc, scale=scale)


FAMILIES: dict[str, Callable[..., Distribution]] = {
    "Bernoulli": lambda p=0.5: Bernoulli(probs=p),
    "BetaBinomial": lambda n, a, b: BetaBinomial(trials=n, alpha=a, beta=b),
    "Beta": lambda alpha, beta: Beta(alpha=alpha, beta=beta),
    "Binomial": lambda n, p=0.5: Binomial(trials=n, probs=p),
    "Cauchy": location_scale(Cauchy),
    "DiscreteUniform": lambda low=0.0, high=1.0: DiscreteUniform(low=low, high=high),
    # Here their last argument is a scale.
    "Exponential": lambda scale=1.0: Exponential(rate=1 / scale),
    "Gamma": lambda shape=1.0, scale=1.0: Gamma(shape=shape, rate=1 / scale),
    "Geometric": lambda p=0.5: Geometric(probs=p),
    "Gumbel": location_scale(Gumbel),
    "InverseGaussian": lambda mean=1.0, shape=1.0: InverseGaussian(mean=mean, shape=shape),
    "Laplace": location_scale(Laplace),
    "LogLogistic": lambda scale, shape: LogLogistic(shape=shape, scale=scale),
    "LogNormal": location_scale(LogNormal),
    "Logistic": location_scale(Logistic),
    # R counts failures before r successes.
    "NegativeBinomial": lambda r=1.0, p=0.5: NegativeBinomial(mean=r * (1 - p) / p, dispersion=1 / r),
    "Normal": location_scale(Gaussian),
    "Poisson": lambda rate=1.0: Poisson(rate=rate),
    "TDist": lambda df: StudentT(df=df, loc=0.0, scale=1.0),
    "Uniform": lambda low=0.0, high=1.0: Uniform(low=low, high=high),
    "VonMises": lambda *args: VonMises(
        loc=args[0] if len(args) == 2 else 0.0, concentration=args[-1] if args else 1.0
    ),
    "Weibull": lambda shape=1.0, scale=1.0: Weibull(shape=shape, scale=scale),
}

# R's own routine for the cdf of this one is good to ten digits.
TOLERANCE = {"VonMises": 1e-9}


def entries() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for kind in ("continuous", "discrete"):
        path = shared_data(f"distribution_reference/{kind}_test.ref.json")
        found.extend(json.loads(path.read_text(encoding="utf-8")))
    return found


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_agrees_with_r(name: str) -> None:
    of_family = [entry for entry in entries() if entry["dtype"] == name]
    assert of_family
    rtol = TOLERANCE.get(name, 1e-13)
    for entry in of_family:
        arguments = [float(text) for text in re.findall(r"-?[\d.]+", entry["expr"])]
        distribution = FAMILIES[name](*arguments)
        points = {
            key: np.array([float(point[key]) for point in entry["points"]]) for key in entry["points"][0]
        }
        x = points["x"]
        # Values are printed with 15 digits, so that a place is known to half a unit of the last of them.
        blur = 5e-15 * (1 + np.abs(x)) * np.exp(np.minimum(points["logpdf"], 0)) + 5e-15
        np.testing.assert_allclose(distribution.log_prob(x), points["logpdf"], rtol=rtol, atol=1e-13)
        np.testing.assert_allclose(distribution.prob(x), points["pdf"], rtol=10 * rtol, atol=1e-15)
        assert (np.abs(distribution.cdf(x) - points["cdf"]) <= rtol * points["cdf"] + blur).all()
        for quantile in entry["quans"]:
            assert distribution.quantile(quantile["q"]) == pytest.approx(
                quantile["x"], rel=10 * rtol, abs=10 * rtol
            )
        facts = entry["properties"]
        ours = {
            "mean": distribution.mean,
            "median": distribution.median,
            "mode": distribution.mode,
            "var": distribution.circular_variance
            if isinstance(distribution, VonMises)
            else distribution.variance,
            "entropy": distribution.entropy(),
        }
        for fact in set(ours) & set(facts):
            if isinstance(facts[fact], (int, float)):
                assert ours[fact] == pytest.approx(float(facts[fact]), rel=rtol, abs=1e-13), (entry, fact)
