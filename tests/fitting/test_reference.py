"""Fits against figures that other systems published or compute: Stata, R, NIST, and mpmath at forty digits."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pandas as pd
import pytest

import mlekit as mk
from mlekit.arrays import Array
from tests.support import shared_data


def digits(value: Any, certified: Any) -> float:
    """Return the least number of correct digits, NIST's log relative error."""
    with np.errstate(divide="ignore"):
        errors = np.abs(np.asarray(value) - certified) / np.abs(certified)
        return float(np.min(-np.log10(np.maximum(errors, 1e-16))))


def of_output(model: mk.Model[Any], output: str) -> pd.Series[float]:
    """Return the coefficients of one output, by term."""
    own = model.coefficients[model.coefficients.index.get_level_values("output") == output]
    return own.droplevel("output")


# ---- published fits of real tables --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published() -> dict[str, dict[str, Any]]:
    entries = json.loads(shared_data("tables/reference_models.json").read_text(encoding="utf-8"))
    return {entry["name"]: entry for entry in entries}


def table(entry: dict[str, Any]) -> pd.DataFrame:
    path = shared_data(entry["file"])
    if path.stem == "spector":
        return pd.read_csv(path, sep=r"\s+", quotechar="'")
    return pd.read_csv(path)


def assert_published(model: mk.Model[Any], terms: list[Any], entry: dict[str, Any]) -> None:
    """Compare with the printed figures to the digits that they have, and with a refit at full precision."""
    coefficients = [model.coefficients[term] for term in terms]
    np.testing.assert_allclose(coefficients, entry["refit"]["params"], rtol=2e-7)
    np.testing.assert_allclose(coefficients, entry["params"], rtol=1e-6)
    np.testing.assert_allclose(model.facts.log_likelihood, entry["refit"]["loglik"], rtol=1e-9)


@pytest.mark.parametrize(("name", "links"), [("spector_logit", {}), ("spector_probit", {"probs": "probit"})])
def test_spector(published: dict[str, dict[str, Any]], name: str, links: dict[str, str]) -> None:
    entry = published[name]
    model = mk.fit("GRADE ~ GPA + TUCE + PSI", table(entry), mk.Bernoulli.family(links=links))
    terms = [("logits", term) for term in ("GPA", "TUCE", "PSI", "Intercept")]
    assert_published(model, terms, entry)


def test_graduate_admission(published: dict[str, dict[str, Any]]) -> None:
    entry = published["ucla_admit_logit"]
    model = mk.fit("admit ~ C(rank) + gre + gpa", table(entry), mk.Bernoulli)
    terms = ["Intercept", *(f"C(rank)[T.{rank}]" for rank in (2, 3, 4)), "gre", "gpa"]
    assert_published(model, [("logits", term) for term in terms], entry)
    assert model.aic == pytest.approx(470.52, abs=0.005)


def test_programme_choice(published: dict[str, dict[str, Any]]) -> None:
    entry = published["ucla_hsbdemo_mlogit"]
    students = table(entry)
    # The first category of a pandas categorical is the reference, of the target as of the predictors.
    students["prog"] = pd.Categorical(students["prog"], ["academic", "general", "vocation"])
    students["ses"] = pd.Categorical(students["ses"], ["low", "middle", "high"])
    model = mk.fit("prog ~ ses + write", students, mk.Categorical)
    terms = ["Intercept", "ses[T.middle]", "ses[T.high]", "write"]
    assert_published(model, [(output, term) for output in ("general", "vocation") for term in terms], entry)
    assert model.n_parameters == 8


# ---- NIST StRD ---------------------------------------------------------------------------------------------

# https://www.itl.nist.gov/div898/strd/lls/data/Longley.shtml
LONGLEY = {
    "Intercept": -3482258.63459582,
    "GNPDEFL": 15.0618722713733,
    "GNP": -0.358191792925910e-01,
    "UNEMP": -2.02022980381683,
    "ARMED": -1.03322686717359,
    "POP": -0.511041056535807e-01,
    "YEAR": 1829.15146461355,
}
LONGLEY_RESIDUAL = 304.854073561965


def test_longley() -> None:
    economy = pd.read_csv(shared_data("glm_statsmodels/longley.csv"))
    model = mk.fit("TOTEMP ~ GNPDEFL + GNP + UNEMP + ARMED + POP + YEAR", economy, mk.Gaussian)
    location = of_output(model, "loc")
    assert digits(location[list(LONGLEY)], list(LONGLEY.values())) > 11
    # Maximum likelihood divides by n, NIST's residual standard deviation by n minus the coefficients.
    scale = LONGLEY_RESIDUAL * np.sqrt((16 - 7) / 16)
    assert np.exp(model.coefficients["scale", "Intercept"]) == pytest.approx(scale, rel=1e-10)


def read_strd(path: Path) -> tuple[pd.DataFrame, list[float]]:
    """Return data and certified estimates of one of NIST's files."""
    lines = path.read_text(encoding="ascii").splitlines()
    span = re.search(r"Data\s+\(lines (\d+) to (\d+)\)", "\n".join(lines))
    assert span is not None
    rows = [[float(number) for number in line.split()] for line in lines[int(span[1]) - 1 : int(span[2])]]
    estimates = [
        float(found[1])
        for line in lines
        if (found := re.match(r"\s+B\d+\s+(-?[\d.]+(?:E[+-]?\d+)?)\s+", line))
    ]
    return pd.DataFrame(rows, columns=["y", "x"]), estimates


QUINTIC = " + ".join(["x", *(f"I(x**{power})" for power in range(2, 6))])


@pytest.mark.parametrize(
    ("name", "right", "scale", "correct"),
    [
        ("NoInt1", "x - 1", None, 12),
        ("NoInt2", "x - 1", None, 12),
        ("Norris", "x", None, 12),
        ("Pontius", "x + I(x**2)", None, 12),
        # The quintics of higher difficulty, where the condition of the design costs digits. Those two that
        # are fitted exactly have no maximum in the scale.
        ("Wampler1", QUINTIC, 1.0, 9),
        ("Wampler2", QUINTIC, 1.0, 11),
        ("Wampler3", QUINTIC, None, 9),
        ("Wampler4", QUINTIC, None, 7),
    ],
)
def test_nist(name: str, right: str, scale: float | None, correct: float) -> None:
    data, certified = read_strd(shared_data(f"nist_strd/linear/{name}.dat"))
    family = mk.Gaussian.family() if scale is None else mk.Gaussian.family(scale=scale)
    model = mk.fit(f"y ~ {right}", data, family)
    assert digits(of_output(model, "loc").to_numpy(), certified) > correct
    assert model.converged


def test_an_exact_fit_with_a_free_scale_has_no_maximum() -> None:
    x = np.arange(21.0)
    data = pd.DataFrame({"x": x, "y": sum(x**power for power in range(6))})
    with pytest.raises(mk.FitError, match=r"scale of \['y'\] goes to zero.*Gaussian\.family\(scale="):
        mk.fit(f"y ~ {QUINTIC}", data, mk.Gaussian)


# ---- small tables, solved by mpmath --------------------------------------------------------------------------

X1 = [0.3, -1.2, 2.1, 0.8, -0.4, 1.7, -2.2, 0.1, 1.1, -0.9, 0.6, -1.5]
X2 = [5.0, 3.0, 4.5, 6.1, 2.2, 3.9, 4.4, 5.7, 2.8, 3.3, 4.9, 6.6]
YES = [1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 1]
COLOUR = ["red", "blue", "red", "green", "blue", "green", "green", "red", "blue", "red", "blue", "green"]
LENGTH = [12.1, 8.3, 15.9, 15.2, 7.7, 13.6, 7.9, 13.3, 11.2, 8.4, 12.9, 13.8]
SMALL = pd.DataFrame({"x1": X1, "x2": X2, "yes": YES, "colour": COLOUR, "length": LENGTH})


def maximum(scores: Any, start: list[float]) -> Array:
    """Solve the likelihood equations at forty digits."""
    with mpmath.workdps(40):
        return np.array([float(root) for root in mpmath.findroot(scores, start)])


def design() -> list[list[Any]]:
    return [[mpmath.mpf(1), mpmath.mpf(str(a)), mpmath.mpf(str(b))] for a, b in zip(X1, X2, strict=True)]


def dot(row: list[Any], b: tuple[Any, ...]) -> Any:
    return mpmath.fsum(x * c for x, c in zip(row, b, strict=True))


PROBABILITY = {
    "logit": (lambda e: 1 / (1 + mpmath.exp(-e)), lambda e: mpmath.exp(-e) / (1 + mpmath.exp(-e)) ** 2),
    "probit": (mpmath.ncdf, mpmath.npdf),
    "cloglog": (lambda e: 1 - mpmath.exp(-mpmath.exp(e)), lambda e: mpmath.exp(e - mpmath.exp(e))),
    "cauchit": (lambda e: mpmath.atan(e) / mpmath.pi + 0.5, lambda e: 1 / (mpmath.pi * (1 + e**2))),
}


@pytest.mark.parametrize("link", list(PROBABILITY))
def test_bernoulli_links(link: str) -> None:
    probability, density = PROBABILITY[link]
    rows = design()

    def scores(*b: Any) -> list[Any]:
        etas = [dot(row, b) for row in rows]
        factors = [
            (y - probability(e)) * density(e) / (probability(e) * (1 - probability(e)))
            for y, e in zip(YES, etas, strict=True)
        ]
        return [mpmath.fsum(f * row[j] for f, row in zip(factors, rows, strict=True)) for j in range(3)]

    model = mk.fit("yes ~ x1 + x2", SMALL, mk.Bernoulli.family(links={"probs": link}))
    coefficients = model.coefficients.to_numpy()
    truth = maximum(scores, np.round(coefficients, 2).tolist())
    np.testing.assert_allclose(coefficients, truth, rtol=1e-7)
    with mpmath.workdps(40):
        chances = [probability(dot(row, tuple(map(mpmath.mpf, truth)))) for row in rows]
        total = mpmath.fsum(mpmath.log(p if y else 1 - p) for y, p in zip(YES, chances, strict=True))
    assert model.facts.log_likelihood == pytest.approx(float(total), rel=1e-12)
    assert model.log_likelihood(SMALL) == pytest.approx(float(total), rel=1e-12)


def test_multinomial_logit() -> None:
    rows, order = design(), ["blue", "green", "red"]

    def scores(*b: Any) -> list[Any]:
        result = [mpmath.mpf(0)] * 6
        for row, colour in zip(rows, COLOUR, strict=True):
            odds = [mpmath.mpf(1), mpmath.exp(dot(row, b[:3])), mpmath.exp(dot(row, b[3:]))]
            for k in (1, 2):
                residual = (order[k] == colour) - odds[k] / mpmath.fsum(odds)
                for j in range(3):
                    result[3 * (k - 1) + j] += residual * row[j]
        return result

    model = mk.fit("colour ~ x1 + x2", SMALL, mk.Categorical)
    coefficients = model.coefficients.to_numpy()
    np.testing.assert_allclose(coefficients, maximum(scores, np.round(coefficients, 2).tolist()), rtol=1e-9)


def test_least_squares() -> None:
    rows = design()
    with mpmath.workdps(40):
        matrix, target = mpmath.matrix(rows), mpmath.matrix([mpmath.mpf(str(y)) for y in LENGTH])
        solution = mpmath.lu_solve(matrix.T * matrix, matrix.T * target)
        residual = mpmath.norm(target - matrix * solution) / mpmath.sqrt(len(LENGTH))
        log_likelihood = -len(LENGTH) * (mpmath.log(2 * mpmath.pi * residual**2) + 1) / 2
    model = mk.fit("length ~ x1 + x2", SMALL, mk.Gaussian)
    np.testing.assert_allclose(of_output(model, "loc"), [float(b) for b in solution], rtol=1e-13)
    assert np.exp(model.coefficients["scale", "Intercept"]) == pytest.approx(float(residual), rel=1e-13)
    assert model.facts.log_likelihood == pytest.approx(float(log_likelihood), rel=1e-13)


@pytest.mark.parametrize("offset", [1e3, 1e6, 1e9])
def test_far_from_the_origin(offset: float) -> None:
    """A column with a mean a billion times its spread loses only the digits that its storage has lost."""
    near = mk.fit("length ~ x1 + x2", SMALL, mk.Gaussian)
    far = mk.fit("length ~ x1 + x2", SMALL.assign(x1=SMALL["x1"] + offset), mk.Gaussian)
    stored = 1e-16 * offset * 100
    np.testing.assert_allclose(of_output(far, "loc")[1:], of_output(near, "loc")[1:], rtol=1e-13 + stored)
    np.testing.assert_allclose(far(SMALL.assign(x1=SMALL["x1"] + offset)).mean, near(SMALL).mean, rtol=stored)
