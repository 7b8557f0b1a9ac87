"""The family that a guide writes is what the guide says: its code is taken from the page, and judged by other systems.

The density is held to mpmath and SciPy, the score to differences of mpmath's density, and the rest to properties, as
for a family of the library.
"""

from __future__ import annotations

import re
from typing import Any

import mpmath
import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

import mlekit as mk
from mlekit.distributions import FAMILIES
from tests.support import REPOSITORY

PAGE = REPOSITORY / "docs" / "guides" / "add-a-family.md"
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(?P<source>.*?)^```$", re.MULTILINE | re.DOTALL)

SHAPES, SCALES = [0.3, 1.5, 3.0, 40.0], [1e-3, 1.0, 50.0]
BATCH = [(shape, scale) for shape in SHAPES for scale in SCALES]
OUTCOMES = [0.0, 1e-12, 0.2, 1.0, 7.0, 1e4, 1e12]


def cell_with(text: str) -> str:
    """The one cell of the page that holds this text."""
    cells = [match["source"] for match in CELL.finditer(PAGE.read_text(encoding="utf-8"))]
    (found,) = [cell for cell in cells if text in cell]
    return found


@pytest.fixture(scope="module")
def lomax() -> Any:
    namespace: dict[str, Any] = {"__name__": "guide"}
    exec(compile(cell_with("class Lomax"), str(PAGE), "exec", dont_inherit=True), namespace)
    return namespace["Lomax"]


def log_density(y: Any, log_scale: Any, log_shape: Any) -> Any:
    """Log p(y) by mpmath, in the coordinates that a network predicts."""
    scale, shape = mpmath.exp(log_scale), mpmath.exp(log_shape)
    return mpmath.log(shape / scale) - (shape + 1) * mpmath.log1p(mpmath.mpf(y) / scale)


@pytest.mark.parametrize(("shape", "scale"), BATCH)
def test_density_and_tails_are_those_of_mpmath_and_scipy(lomax: Any, shape: float, scale: float) -> None:
    p, other = lomax(shape=shape, scale=scale), stats.lomax(shape, scale=scale)
    with mpmath.workdps(40):
        logs = mpmath.log(mpmath.mpf(scale)), mpmath.log(mpmath.mpf(shape))
        density = [float(log_density(y, *logs)) for y in OUTCOMES]
        survival = [
            float(-mpmath.mpf(shape) * mpmath.log1p(mpmath.mpf(y) / mpmath.mpf(scale))) for y in OUTCOMES
        ]
        below = [float(mpmath.log(-mpmath.expm1(value))) for value in survival[1:]]
    np.testing.assert_allclose(p.log_prob(OUTCOMES), density, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(p.log_sf(OUTCOMES), survival, rtol=1e-12)
    np.testing.assert_allclose(p.log_cdf(OUTCOMES[1:]), below, rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(p.log_prob(OUTCOMES), other.logpdf(OUTCOMES), rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(p.log_prob([-1e-300, -1.0, np.inf]), -np.inf)


@pytest.mark.parametrize(("shape", "scale"), BATCH)
def test_score_is_the_derivative_of_the_density(lomax: Any, shape: float, scale: float) -> None:
    p = lomax(shape=shape, scale=scale)
    with mpmath.workdps(40):
        here, step = (mpmath.log(mpmath.mpf(scale)), mpmath.log(mpmath.mpf(shape))), mpmath.mpf("1e-12")
        slopes = []
        for y in OUTCOMES:
            for axis in (0, 1):
                high = [at + step * (k == axis) for k, at in enumerate(here)]
                low = [at - step * (k == axis) for k, at in enumerate(here)]
                slopes.append(float((log_density(y, *high) - log_density(y, *low)) / (2 * step)))
    expected = np.reshape(slopes, (-1, 2))
    np.testing.assert_allclose(p.score(OUTCOMES), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("shape", "scale"), BATCH)
def test_information_entropy_and_moments_are_expectations(lomax: Any, shape: float, scale: float) -> None:
    p = lomax(shape=shape, scale=scale)

    def expected(of: Any) -> float:
        # Over the level, in which nothing is far away: y is the quantile of 1 − exp(−t).
        return float(
            integrate.quad(lambda t: np.exp(-t) * of(scale * np.expm1(t / shape)), 0, 60, limit=400)[0]
        )

    for i, j in [(0, 0), (0, 1), (1, 1)]:
        product = expected(lambda y, i=i, j=j: p.score(y)[i] * p.score(y)[j])
        np.testing.assert_allclose(p.fisher_information()[i, j], product, rtol=1e-7)
    np.testing.assert_allclose(p.entropy(), expected(lambda y: -p.log_prob(y)), rtol=1e-7, atol=1e-9)
    mean, variance = stats.lomax(shape, scale=scale).stats(moments="mv")
    np.testing.assert_allclose(p.mean, mean if shape > 1 else np.inf, rtol=1e-12)
    np.testing.assert_allclose(p.variance, variance if shape > 2 else np.inf, rtol=1e-12)


def test_quantiles_samples_and_shapes(lomax: Any) -> None:
    p = lomax(shape=np.reshape(SHAPES, (4, 1)), scale=SCALES)
    levels = np.array([1e-12, 0.1, 0.5, 0.99])
    for level in levels:
        np.testing.assert_allclose(p.cdf(p.quantile(level)), level, rtol=1e-9)
    drawn = p.sample(2_000, rng=0)
    assert drawn.shape == (2_000, 4, 3)
    for row, shape in enumerate(SHAPES):
        for column, scale in enumerate(SCALES):
            fit = stats.kstest(drawn[:, row, column], stats.lomax(shape, scale=scale).cdf)
            assert fit.pvalue > 1e-4


def test_a_fit_finds_the_truth_and_its_maximum(lomax: Any) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=4_000)
    table = pd.DataFrame({"x": x, "y": lomax(shape=2.0, scale=np.exp(1 + 0.5 * x)).sample(rng=rng)})
    model = mk.fit("y ~ x", table, lomax)
    found = model.coefficients.to_numpy()
    np.testing.assert_allclose(found, [1, 0.5, np.log(2)], atol=0.15)
    # At the maximum the mean score is zero, in the coordinates of every coefficient.
    score = model(table).score(table["y"].to_numpy())
    slopes = [score[:, 0].sum(), score[:, 0] @ x, score[:, 1].sum()]
    np.testing.assert_allclose(slopes, 0, atol=1e-5)


def test_the_guide_s_closed_form_is_what_the_integral_gives(lomax: Any) -> None:
    p, q = lomax(shape=3.0, scale=2.0), lomax(shape=1.5, scale=2.0)
    source = cell_with("def lomax_kl").partition("def lomax_kl")[2].partition("\n\n\n")[0]
    namespace: dict[str, Any] = {"np": np}
    exec(compile(f"def lomax_kl{source}", str(PAGE), "exec", dont_inherit=True), namespace)
    np.testing.assert_allclose(namespace["lomax_kl"](p, q), mk.kl(p, q), rtol=1e-9)
    assert np.isnan(namespace["lomax_kl"](p, lomax(shape=1.5, scale=1.0)))


def test_it_is_saved_once_it_is_known(lomax: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pd.DataFrame({"y": lomax(shape=1.5, scale=2.0).sample(300, rng=2)})
    model = mk.fit("y ~ 1", table, lomax)
    with pytest.raises(mk.FileFormatError, match="FAMILIES"):
        model.save(tmp_path / "waits.mlekit")
    monkeypatch.setitem(FAMILIES, "Lomax", lomax)
    model.save(tmp_path / "waits.mlekit")
    assert mk.load(tmp_path / "waits.mlekit").log_likelihood(table) == model.log_likelihood(table)
