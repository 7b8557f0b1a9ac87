"""Fits through a monotone map: equal to the families known under another name, saved, and in the target's units."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

import mlekit as mk
from mlekit import (
    Affine,
    Chain,
    Exp,
    Gaussian,
    Gumbel,
    Laplace,
    Logistic,
    Sigmoid,
    SinhArcsinh,
    StudentT,
    Transformed,
)
from mlekit.errors import TargetError


@pytest.fixture(scope="module")
def prices() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x, z, noise = rng.normal(size=(3, 1500))
    y = np.exp(8 + 0.5 * x + np.exp(-0.4 + 0.2 * z) * noise)
    return pd.DataFrame({"x": x, "z": z, "y": y, "share": expit(x + noise), "rest": expit(-x - noise)})


TWINS: dict[str, tuple[Any, Any, dict[str, tuple[str, float]]]] = {
    "LogNormal": (
        mk.LogNormal,
        Transformed.of(Gaussian, Exp()),
        {"loc": ("loc", 1), "scale": ("scale", 1)},
    ),
    "LogLogistic": (
        mk.LogLogistic,
        Transformed.of(Logistic, Exp()),
        {"scale": ("loc", 1), "shape": ("scale", -1)},
    ),
    "Weibull": (
        mk.Weibull,
        Transformed.of(Gumbel, Chain(Affine(scale=-1.0), Exp())),
        {"scale": ("loc", -1), "shape": ("scale", -1)},
    ),
}


@pytest.mark.parametrize("name", TWINS)
def test_the_same_fit_under_another_name(name: str, prices: pd.DataFrame) -> None:
    known, family, names = TWINS[name]
    first, second = names
    weights = np.arange(len(prices)) % 3
    theirs = mk.fit({first: "y ~ x", second: "~ z"}, prices, known, weights=weights)
    ours = mk.fit({names[first][0]: "y ~ x", names[second][0]: "~ z"}, prices, family, weights=weights)
    assert ours.facts.log_likelihood == pytest.approx(theirs.facts.log_likelihood, rel=1e-12)
    assert ours.log_likelihood(prices) == pytest.approx(theirs.log_likelihood(prices), rel=1e-9)
    for parameter, (other, sign) in names.items():
        np.testing.assert_allclose(
            sign * theirs.coefficients[parameter], ours.coefficients[other], rtol=1e-6, atol=1e-8
        )
    rows = prices.head(20)
    quantiles = ["mean", "std", "5%", "50%", "95%"]
    pd.testing.assert_frame_equal(
        ours.predict_frame(rows)[quantiles], theirs.predict_frame(rows)[quantiles], rtol=1e-6
    )


def test_a_model_is_saved_with_its_map(prices: pd.DataFrame, tmp_path: Path) -> None:
    for family in (TWINS["Weibull"][1], Transformed.of(Gaussian, Sigmoid(), scale=1.0)):
        target = "y" if "Gumbel" in family.name else "share"
        model = mk.fit(f"{target} ~ x", prices, family)
        model.save(tmp_path / "model.mlekit")
        again = mk.load(tmp_path / "model.mlekit")
        assert repr(again) == repr(model)
        assert again.head.member.family.distribution == family.distribution
        assert again.log_likelihood(prices) == model.log_likelihood(prices)
        pd.testing.assert_frame_equal(
            again.predict_frame(prices.head(9)), model.predict_frame(prices.head(9))
        )


def test_several_targets_through_one_map(prices: pd.DataFrame) -> None:
    """What is 1 − share has the coefficients with the sign reversed, and the same likelihood."""
    both = mk.fit("share + rest ~ x", prices, Transformed.of(Gaussian, Sigmoid()))
    one = mk.fit("share ~ x", prices, Transformed.of(Gaussian, Sigmoid()))
    assert both.log_likelihood(prices) == pytest.approx(2 * one.log_likelihood(prices), rel=1e-10)
    assert both.coefficients["rest: loc", "x"] == pytest.approx(-one.coefficients["loc", "x"], rel=1e-8)
    assert one.coefficients["loc", "x"] == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(
    "family",
    [
        Transformed.of(Laplace, Sigmoid()),
        Transformed.of(StudentT.family(df=4.0), Sigmoid(), links={"scale": "softplus"}),
        Transformed.of(Gaussian, Chain(Affine(shift=1e3, scale=1e-3), SinhArcsinh(skewness=0.1))),
    ],
    ids=lambda family: family.name,
)
def test_the_likelihood_is_a_density_of_the_target(family: Any, prices: pd.DataFrame) -> None:
    """What a fit maximizes is Σ log p(y) of the distributions that it predicts."""
    target = "share" if "Sigmoid" in family.name else "x"
    model = mk.fit(f"{target} ~ z", prices, family)
    expected = model(prices).log_prob(prices[target]).sum()
    assert model.facts.log_likelihood == pytest.approx(expected, rel=1e-9)
    assert model.converged


def test_a_network_trains_in_units_of_the_untransformed_outcome(prices: pd.DataFrame) -> None:
    far = Transformed.of(Gaussian, Chain(Affine(shift=-1e6, scale=1e3), Affine(shift=3.0)))
    moved = prices.assign(y=3 - 1e6 + 1e3 * prices["x"] ** 2)
    linear = mk.fit("y ~ x", moved, far)
    model = mk.fit("y ~ x", moved, far, network=mk.MLP(16), seed=0)
    assert model.log_likelihood(moved) > linear.log_likelihood(moved) + 500


def test_a_fixed_scale_has_a_name_for_its_loss() -> None:
    assert Transformed.of(Gaussian, Exp(), scale=1.0).loss_name == "mean squared error of the logarithm"
    assert Transformed.of(Gaussian, Sigmoid(), scale=1.0).loss_name == "mean squared error of the log-odds"
    assert Transformed.of(Gaussian, Exp()).loss_name == "Transformed(Gaussian, Exp()) negative log-likelihood"


def test_targets_out_of_reach_are_refused(prices: pd.DataFrame) -> None:
    with pytest.raises(
        TargetError, match=r"column 'x' holds .* at row .*, but Transformed\(Gaussian, Exp\(\)\) needs"
    ):
        mk.fit("x ~ z", prices, Transformed.of(Gaussian, Exp()))
