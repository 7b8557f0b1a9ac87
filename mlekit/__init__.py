"""mlekit: typed probabilistic modelling that treats deep learning as maximum-likelihood estimation.

Say what the target *is*; a linear predictor or a small network maps the rows of a DataFrame to that
distribution's parameters; one fitter maximizes the likelihood.

>>> import pandas as pd
>>> import mlekit as mk
>>> people = pd.DataFrame({"height": [160, 170, 180, 175, 165, 182], "weight": [75, 60, 99, 68, 70, 77],
...                        "diet": [True, False, True, False, False, True]})
>>> model = mk.fit("diet ~ height + weight", people, mk.Bernoulli, prior=mk.Gaussian(loc=0, scale=1))
>>> model.loss_name
'binary cross-entropy'
"""

from __future__ import annotations

from mlekit.distributions import (
    AsymmetricLaplace,
    Bernoulli,
    Beta,
    BetaBinomial,
    Binomial,
    Categorical,
    Cauchy,
    DiscreteUniform,
    Distribution,
    Empirical,
    Exponential,
    ExponentialFamily,
    Family,
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
    OrderedCategorical,
    Poisson,
    StudentT,
    Uniform,
    VonMises,
    Weibull,
)
from mlekit.errors import (
    AccuracyError,
    DataError,
    FileFormatError,
    FitError,
    FormulaError,
    MlekitError,
    NetworkError,
    ParameterError,
    SupportError,
    TargetError,
)
from mlekit.estimation import fit
from mlekit.fitting import LBFGS, SGD, Adam, Newton, Optimizer
from mlekit.information import (
    Decomposition,
    Estimate,
    bhattacharyya,
    conditional_entropy,
    cross_entropy,
    entropy,
    hellinger,
    js,
    kl,
    mutual_information,
    perplexity,
    renyi,
    total_variation,
    tsallis,
    wasserstein,
)
from mlekit.model import Model
from mlekit.networks import MLP, BuiltNetwork, Linear, Network
from mlekit.storage import load

__version__ = "0.1.0.dev0"

__all__ = [
    "LBFGS",
    "MLP",
    "SGD",
    "AccuracyError",
    "Adam",
    "AsymmetricLaplace",
    "Bernoulli",
    "Beta",
    "BetaBinomial",
    "Binomial",
    "BuiltNetwork",
    "Categorical",
    "Cauchy",
    "DataError",
    "Decomposition",
    "DiscreteUniform",
    "Distribution",
    "Empirical",
    "Estimate",
    "Exponential",
    "ExponentialFamily",
    "Family",
    "FileFormatError",
    "FitError",
    "FormulaError",
    "Gamma",
    "Gaussian",
    "Geometric",
    "Gumbel",
    "InverseGaussian",
    "Laplace",
    "Linear",
    "LogLogistic",
    "LogNormal",
    "Logistic",
    "MlekitError",
    "Model",
    "NegativeBinomial",
    "Network",
    "NetworkError",
    "Newton",
    "Optimizer",
    "OrderedCategorical",
    "ParameterError",
    "Poisson",
    "StudentT",
    "SupportError",
    "TargetError",
    "Uniform",
    "VonMises",
    "Weibull",
    "bhattacharyya",
    "conditional_entropy",
    "cross_entropy",
    "entropy",
    "fit",
    "hellinger",
    "js",
    "kl",
    "load",
    "mutual_information",
    "perplexity",
    "renyi",
    "total_variation",
    "tsallis",
    "wasserstein",
]
