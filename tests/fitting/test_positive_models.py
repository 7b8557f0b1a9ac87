"""Models of positive outcomes and proportions: published fits, and known truths."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mlekit as mk
from tests.support import shared_data

# Stata stops where the log-likelihood no longer gains, its coefficients have five digits then.
COEFFICIENTS = 5e-5


def published(name: str) -> dict[str, Any]:
    entries = json.loads(shared_data("tables/reference_models.json").read_text(encoding="utf-8"))
    entry: dict[str, Any] = next(entry for entry in entries if entry["name"] == name)
    return entry


def test_gamma_model_of_survival_with_cancer() -> None:
    entry = published("glm_cancerlog")
    patients = pd.read_csv(shared_data("glm_statsmodels/stata_cancer_glm.csv"))
    # The printed log-likelihood is that of shape 1; the coefficients do not depend on the shape.
    model = mk.fit("studytime ~ age + C(drug)", patients, mk.Gamma.family(shape=1.0))
    order = ["age", "C(drug)[T.2]", "C(drug)[T.3]", "Intercept"]
    np.testing.assert_allclose(
        [model.coefficients["mean", term] for term in order], entry["params"], rtol=COEFFICIENTS
    )
    assert model.log_likelihood(patients) == pytest.approx(entry["loglik"], rel=1e-9)
    # The two maxima are the same number but for its last digits, which are rounding.
    assert model.log_likelihood(patients) >= entry["loglik"] - 4 * np.spacing(abs(entry["loglik"]))
    free = mk.fit("studytime ~ age + C(drug)", patients, mk.Gamma)
    np.testing.assert_allclose(
        [free.coefficients["mean", term] for term in order], entry["params"], rtol=COEFFICIENTS
    )


def test_inverse_gaussian_model_of_hospital_stays() -> None:
    entry = published("glm_invgausslog")
    stays = pd.read_csv(shared_data("glm_statsmodels/stata_medpar1_glm.csv"))
    model = mk.fit("los ~ codes + C(admitype)", stays, mk.InverseGaussian.family(shape=1.0))
    order = ["codes", "C(admitype)[T.type3]", "Intercept"]
    found = [model.coefficients["mean", term] for term in order]
    np.testing.assert_allclose(found, entry["params"], rtol=COEFFICIENTS)
    assert model.log_likelihood(stays) == pytest.approx(entry["loglik"], rel=1e-9)


TRUTHS: dict[str, tuple[Any, Any]] = {
    "Exponential": (mk.Exponential, lambda a, _: mk.Exponential(rate=np.exp(a))),
    "Gamma": (mk.Gamma, lambda a, b: mk.Gamma(shape=np.exp(b), rate=np.exp(b - a))),
    "LogNormal": (mk.LogNormal, lambda a, b: mk.LogNormal(loc=a, scale=np.exp(b))),
    "Weibull": (mk.Weibull, lambda a, b: mk.Weibull(scale=np.exp(a), shape=np.exp(b))),
    "LogLogistic": (mk.LogLogistic, lambda a, b: mk.LogLogistic(scale=np.exp(a), shape=np.exp(b))),
    "InverseGaussian": (mk.InverseGaussian, lambda a, b: mk.InverseGaussian(mean=np.exp(a), shape=np.exp(b))),
    "Beta": (
        mk.Beta,
        lambda a, b: mk.Beta(alpha=np.exp(b) / (1 + np.exp(-a)), beta=np.exp(b) / (1 + np.exp(a))),
    ),
}


@pytest.mark.parametrize("name", TRUTHS)
def test_known_parameters_are_recovered(name: str) -> None:
    family, make = TRUTHS[name]
    rng = np.random.default_rng(5)
    x, z = rng.normal(size=(2, 4000))
    frame = pd.DataFrame({"x": x, "z": z, "y": make(0.4 + 0.5 * x, 0.8 - 0.3 * z).sample(rng=6)})
    first, *second = (parameter.name for parameter in family.predicted)
    formulas = {first: "y ~ x", **dict.fromkeys(second, "~ z")}
    model = mk.fit(formulas, frame, family)
    assert model.converged
    truth = [0.4, 0.5] + [0.8, -0.3] * len(second)
    np.testing.assert_allclose(model.coefficients, truth, atol=0.08)
    # A change of units moves the intercepts only, and the log-likelihood by the change's Jacobian.
    if name != "Beta":
        scaled = frame.assign(y=1e6 * frame["y"])
        moved = mk.fit(formulas, scaled, family).log_likelihood(scaled)
        assert moved + 4000 * np.log(1e6) == pytest.approx(model.log_likelihood(frame), rel=1e-9)


def test_waits_that_are_all_zero_have_no_maximum() -> None:
    frame = pd.DataFrame({"y": [0.0, 0.0, 0.0], "x": [1.0, 2.0, 4.0]})
    with pytest.raises(mk.TargetError, match=r"column 'y' is 0 in all 3 rows.*rate would be infinite"):
        mk.fit("y ~ x", frame, mk.Exponential)
