"""What a type checker must reject, and why. mypy reads this file; nothing imports it.

To add an expectation, write a wrong line and end it with a comment that names mypy's error code, or several
codes with commas between them.
"""

from __future__ import annotations

import pandas as pd

import mlekit
from mlekit import MLP, Adam, Bernoulli, Categorical, Gaussian, Model, fit, kl
from mlekit.arrays import Array, ArrayLike
from mlekit.errors import DataError, FitError, MlekitError, TargetError

mlekit.__version__ + 1  # expect: operator
mlekit.fitt  # expect: attr-defined

data_error: type[DataError] = FitError  # expect: assignment
narrower: type[TargetError] = DataError  # expect: assignment
not_a_key_error: type[KeyError] = MlekitError  # expect: assignment

MlekitError("scale", remedy="make it positive")  # expect: call-arg

no_numbers: ArrayLike = {"loc": 0.0}  # expect: assignment
nothing: ArrayLike = None  # expect: assignment


def scalar_is_no_array(value: float) -> Array:
    return value  # expect: return-value


def members_of_another_family(data: pd.DataFrame) -> None:
    fit("y ~ x", data, Categorical)(data).scale  # expect: attr-defined
    fit("y ~ x", data, Gaussian)(data).probs  # expect: attr-defined
    fit("y ~ x", data, Gaussian.family(scale=1.0))(data).logits  # expect: attr-defined
    other: Model[Bernoulli] = fit("y ~ x", data, Gaussian.family(scale=1.0))  # expect: arg-type
    other(data).lgits  # expect: attr-defined


def misspelt_or_misplaced_settings(data: pd.DataFrame) -> None:
    fit("y ~ x", data, Bernoulli, netwrk=MLP(4))  # expect: call-arg
    fit("y ~ x", data, "bernoulli")  # expect: arg-type
    fit("y ~ x", data, Bernoulli, network=MLP)  # expect: arg-type
    fit("y ~ x", data, Bernoulli, optimizer=Adam)  # expect: arg-type
    fit("y ~ x", data, Bernoulli, prior=1.0)  # expect: arg-type
    fit("y ~ x", data, Bernoulli, seed="0")  # expect: arg-type
    Adam(learning_rte=0.1)  # expect: call-arg
    Gaussian(loc=0.0, sigma=1.0)  # expect: call-arg
    Bernoulli(probs=0.5).scale  # expect: attr-defined


def immutable(model: Model[Gaussian], optimizer: Adam, p: Gaussian) -> None:
    model.converged = True  # expect: misc
    optimizer.epochs = 3  # expect: misc


def estimates(p: Gaussian) -> float:
    return kl(p, p, estimate=True)  # expect: return-value
