"""Zero-inflated models: known parameters recovered, saved and loaded, and honest about the boundary."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

import mlekit as mk
from mlekit import NegativeBinomial, Poisson, ZeroInflated
from mlekit.errors import TargetError

FORMULAS = {"rate": "y ~ x", "zero_probs": "~ z"}


@pytest.fixture(scope="module")
def visits() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    x, z = rng.normal(size=(2, 4000))
    at_zero = rng.random(4000) < expit(-0.5 + 0.9 * z)
    return pd.DataFrame({"x": x, "z": z, "y": np.where(at_zero, 0, rng.poisson(np.exp(0.8 + 0.5 * x)))})


def test_known_coefficients_are_recovered(visits: pd.DataFrame) -> None:
    model = mk.fit(FORMULAS, visits, ZeroInflated.of(Poisson))
    truth = {
        ("rate", "Intercept"): 0.8, ("rate", "x"): 0.5,
        ("zero_logits", "Intercept"): -0.5, ("zero_logits", "z"): 0.9,
    }  # fmt: skip
    assert model.converged
    assert model.coefficients.to_dict() == pytest.approx(truth, abs=0.1)
    assert model.family is ZeroInflated
    assert repr(model).startswith("Model[ZeroInflated(Poisson)](rate ~ x, zero_probs ~ z; 4 parameters")
    assert list(model.predict_frame(visits).columns) == [
        "rate",
        "zero_probs",
        "mean",
        "std",
        "5%",
        "50%",
        "95%",
    ]


def test_a_saved_model_is_the_same(visits: pd.DataFrame, tmp_path: Path) -> None:
    model = mk.fit(FORMULAS, visits, ZeroInflated.of(Poisson, links={"zero_probs": "probit"}))
    model.save(tmp_path / "visits.mlekit")
    again = mk.load(tmp_path / "visits.mlekit")
    pd.testing.assert_frame_equal(again.predict_frame(visits), model.predict_frame(visits))
    assert again.log_likelihood(visits) == model.log_likelihood(visits)
    assert (again.loss_name, repr(again)) == (model.loss_name, repr(model))


def test_parameters_of_either_can_be_held_fixed(visits: pd.DataFrame) -> None:
    family = ZeroInflated.of(NegativeBinomial.family(dispersion=0.0), zero_probs=0.3)
    model = mk.fit("y ~ x", visits, family)
    assert model.n_parameters == 2
    same = mk.fit("y ~ x", visits, ZeroInflated.of(Poisson, zero_probs=0.3))
    assert model.log_likelihood(visits) == pytest.approx(same.log_likelihood(visits), rel=1e-12)


@pytest.mark.parametrize(
    ("counts", "message"),
    [([1, 2, 3, 5], "'y' holds no 0, so none is in excess; fit Poisson itself"),
     ([0, 1, 0, 1], "'y' holds nothing above 1"),
     ([0, 1, -2, 1], "'y' holds -2 at row 2")],
)  # fmt: skip
def test_targets_that_tell_nothing_of_an_excess_are_refused(counts: list[int], message: str) -> None:
    with pytest.raises(TargetError, match=message):
        mk.fit("y ~ 1", pd.DataFrame({"y": counts}), ZeroInflated.of(Poisson))
