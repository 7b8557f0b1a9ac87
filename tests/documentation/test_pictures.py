"""The pictures that move, in a browser where there is one: what they show is what mlekit says."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mlekit as mk
from tests.documentation.browser import dumped
from tests.support import REPOSITORY

SCRIPTS = REPOSITORY / "docs" / "_static" / "pictures"
PAGE = """<!doctype html><html lang="{language}"><meta charset="utf-8"><title>picture</title>
<div class="picture" data-interactive="{picture}" data-numbers='{numbers}'><div class="panels">still</div></div>
<script src="{scripts}/book.js"></script><script>{action}</script></html>"""

SOFTMAX: dict[str, Any] = {"names": ["under", "normal"], "z": [0, 1]}
HILLS = [{"weight": 0.6, "loc": -1.6, "scale": 0.6}, {"weight": 0.4, "loc": 1.8, "scale": 0.7}]
ONE = {"loc": 0.0, "scale": 1.0}
WORLDS: list[dict[str, Any]] = [
    {"hills": [{"weight": 1.0, **ONE}], "forth": ONE, "back": ONE},
    {"hills": HILLS, "forth": {"loc": -0.25, "scale": 1.8}, "back": {"loc": -1.6, "scale": 0.65}},
]
DIVERGENCE: dict[str, Any] = {"worlds": WORLDS, "loc": 0.5, "scale": 1.0}
LIKELIHOOD: dict[str, Any] = {"sizes": [10, 100, 1_000, 3_000], "yes": 0.7, "p": 0.7}
DESCENT: dict[str, Any] = {
    "x": [-2.0, -1.2, -0.6, 0.3, 0.8],
    "y": [0, 0, 1, 0, 1],
    "start": [-5.0, 0.0],
    "rate": 1.0,
    "steps": 300,
}
PRIOR: dict[str, Any] = {"imagined": [1, 1], "seen": [3, 0]}
BELL: dict[str, Any] = {
    "y": [3.7, 2.85, 3.2, 5.5],
    "from": 2,
    "to": 7,
    "loc": 3.5,
    "scale": 0.6,
    "name": {"en": "kg", "ko": "킬로"},
}
ROWS = np.random.default_rng(0).normal(size=(40, 2)).round(3)
OPTIMIZERS: dict[str, Any] = {
    "rows": ROWS.tolist(),
    "answers": (ROWS @ [-1.0, 2.0] + np.random.default_rng(1).logistic(size=40) > 0).astype(int).tolist(),
    "bias": 0.2,
    "best": [-0.9, 1.8],
    "start": [1.0, 0.0],
    "steps": 30,
    "most": 200,
}


def shown(
    folder: Path, picture: str, numbers: dict[str, Any], action: str = "", language: str = "en"
) -> tuple[str, list[str]]:
    """The page as a browser leaves it, once the picture stands and the action was taken, and the values on it."""
    page = folder / "page.html"
    waited = f'window.addEventListener("load", () => setTimeout(() => {{ {action} }}, 200));'
    text = PAGE.format(
        scripts=SCRIPTS.as_uri(),
        picture=picture,
        numbers=html.escape(json.dumps(numbers)),
        language=language,
        action=waited,
    )
    page.write_text(text, encoding="utf-8")
    left = dumped(page.as_uri(), folder / "profile")
    return left, re.findall(r"<output[^>]*>([^<]*)</output>", left)


def move(slider: int, value: float) -> str:
    return (
        f'{{ const slider = document.querySelectorAll("input")[{slider}]; slider.value = {value}; '
        'slider.dispatchEvent(new Event("input")); }'
    )


def press(button: int) -> str:
    return f'document.querySelectorAll("button")[{button}].click();'


def read(output: str) -> float:
    """The first number of an output."""
    found = re.search(r"[−\d][\d.]*", output)
    assert found, output
    return float(found[0].replace("−", "-"))


def test_the_picture_takes_the_place_of_the_still_one_in_both_languages(tmp_path: Path) -> None:
    page, values = shown(tmp_path, "softmax", SOFTMAX, language="ko")
    assert 'class="panels" hidden' in page
    assert values[-1] == "엔트로피: 0.84 비트"
    assert 'aria-label="로짓: 저체중"' in page


@pytest.mark.parametrize(
    ("picture", "numbers"),
    [
        ("softmax", SOFTMAX),
        ("divergence", DIVERGENCE),
        ("likelihood", LIKELIHOOD),
        ("descent", DESCENT),
        ("prior", PRIOR),
        ("bell", BELL),
        ("optimizers", OPTIMIZERS),
    ],
)
def test_every_slider_has_a_name_and_no_word_is_missing(
    picture: str, numbers: dict[str, Any], tmp_path: Path
) -> None:
    page, values = shown(tmp_path, picture, numbers, language="ko")
    assert values
    assert "undefined" not in page
    assert "NaN" not in page
    for slider in re.findall(r"<input[^>]*>", page):
        assert re.search(r'aria-label="[^"]+"', slider)
        assert re.search(r"[가-힣]", slider)


def test_a_logit_moves_both_probabilities(tmp_path: Path) -> None:
    _, values = shown(tmp_path, "softmax", SOFTMAX, move(slider=0, value=1))
    assert values == ["1.00", "50.0 %", "1.00", "50.0 %", "entropy: 1.00 bits"]


def test_a_probability_moves_the_logits_and_keeps_their_mean(tmp_path: Path) -> None:
    _, values = shown(tmp_path, "softmax", SOFTMAX, move(slider=1, value=0.5))
    assert values == ["0.50", "50.0 %", "0.50", "50.0 %", "entropy: 1.00 bits"]


def test_adding_one_to_every_logit_changes_no_probability(tmp_path: Path) -> None:
    _, values = shown(tmp_path, "softmax", SOFTMAX, press(0))
    assert values == ["1.00", "26.9 %", "2.00", "73.1 %", "entropy: 0.84 bits"]


@pytest.mark.parametrize(
    ("action", "world", "loc", "scale"),
    [
        ("", 1, 0.5, 1.0),
        (move(0, -3.0) + move(1, 0.3), 1, -3.0, 0.3),
        (press(0) + move(0, 4.0) + move(1, 3.0), 0, 4.0, 3.0),
        (press(2), 1, -0.25, 1.8),
        (press(3), 1, -1.6, 0.65),
    ],
)
def test_divergences_are_those_of_mlekit(
    action: str, world: int, loc: float, scale: float, tmp_path: Path
) -> None:
    _, values = shown(tmp_path, "divergence", DIVERGENCE, action)
    weights, places, widths = (
        [hill[key] for hill in WORLDS[world]["hills"]] for key in ("weight", "loc", "scale")
    )
    p = mk.Mixture(components=mk.Gaussian(loc=places, scale=widths), weights=weights)
    q = mk.Gaussian(loc=loc, scale=scale)
    expected = [loc, scale, *map(float, (mk.entropy(p), mk.kl(p, q), mk.cross_entropy(p, q), mk.kl(q, p)))]
    assert np.allclose([read(value) for value in values], expected, rtol=0, atol=6e-4)


@pytest.mark.parametrize(("size", "p"), [(0, 0.7), (1, 0.31), (2, 0.5), (3, 0.7)])
def test_likelihoods_are_those_of_mlekit(size: int, p: float, tmp_path: Path) -> None:
    _, values = shown(tmp_path, "likelihood", LIKELIHOOD, move(0, p) + move(1, size))
    n = LIKELIHOOD["sizes"][size]
    belief = mk.Bernoulli(probs=p)
    answers = np.repeat([1, 0], [round(0.7 * n), n - round(0.7 * n)])
    product = np.prod(belief.prob(answers))
    shown_product = values[2].translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")).replace(" · 10", "e")
    assert float(shown_product) == (0.0 if product == 0 else float(f"{product:.2e}"))
    total = belief.log_prob(answers).sum()
    assert np.isclose(read(values[3]), total, rtol=0, atol=6e-3)
    assert np.isclose(read(values[4]), -total / n, rtol=0, atol=6e-5)


@pytest.mark.parametrize(
    ("action", "start", "rate"),
    [("", (-5.0, 0.0), 1.0), (move(0, 3.0) + move(1, -2.5) + move(2, 4.0), (3.0, -2.5), 4.0)],
)
def test_walks_end_where_the_scores_of_mlekit_lead(
    action: str, start: tuple[float, float], rate: float, tmp_path: Path
) -> None:
    _, values = shown(tmp_path, "descent", DESCENT, action)
    x, y = np.array(DESCENT["x"]), np.array(DESCENT["y"])
    X = np.column_stack([x, np.ones(len(x))])
    entropy, squared = np.array(start), np.array(start)
    for _ in range(DESCENT["steps"]):
        entropy = entropy + rate * X.T @ mk.Bernoulli(logits=X @ entropy).score(y)[:, 0] / len(y)
        p = mk.Bernoulli(logits=X @ squared)
        squared = squared + rate * X.T @ (2 * p.score(y)[:, 0] * p.variance) / len(y)
    surprise = -mk.Bernoulli(logits=X @ entropy).log_prob(y).mean()
    error = np.mean((y - mk.Bernoulli(logits=X @ squared).probs) ** 2)
    for value, end, loss in zip(values[-2:], (entropy, squared), (surprise, error), strict=True):
        numbers = [float(each.replace("−", "-")) for each in re.findall(r"−?\d+\.\d+", value)]
        assert np.allclose(numbers, [*end, loss], rtol=0, atol=6e-3)


@pytest.mark.parametrize(("action", "heads", "tails"), [("", 4, 1), (move(1, 25) + move(3, 7), 4, 32)])
def test_the_most_believable_is_the_mode_of_mlekit(
    action: str, heads: int, tails: int, tmp_path: Path
) -> None:
    _, values = shown(tmp_path, "prior", PRIOR, action)
    assert np.isclose(read(values[4]), mk.Beta(alpha=1 + heads, beta=1 + tails).mode, rtol=0, atol=6e-4)


@pytest.mark.parametrize("action", ["", move(0, 6.1) + move(1, 2.5), press(0)])
def test_losses_under_a_bell_are_those_of_mlekit(action: str, tmp_path: Path) -> None:
    _, values = shown(tmp_path, "bell", BELL, action)
    loc, scale, loss, error = map(read, values)
    y = np.array(BELL["y"])
    assert np.isclose(loss, -mk.Gaussian(loc=loc, scale=scale).log_prob(y).mean(), rtol=0, atol=6e-4)
    assert np.isclose(error, np.mean((y - loc) ** 2), rtol=0, atol=6e-4)
    if action == press(0):
        assert (round(loc, 2), round(scale, 2)) == (round(y.mean(), 2), round(y.std(), 2))


@pytest.mark.parametrize(
    ("action", "start", "steps"), [("", [1.0, 0.0], 30), (move(0, -2.0) + move(2, 7), [-2.0, 0.0], 7)]
)
def test_optimizers_walk_by_the_scores_of_mlekit(
    action: str, start: list[float], steps: int, tmp_path: Path
) -> None:
    _, values = shown(tmp_path, "optimizers", OPTIMIZERS, action)
    X, y = ROWS, np.array(OPTIMIZERS["answers"])

    def belief(w: np.ndarray) -> mk.Bernoulli:
        return mk.Bernoulli(logits=X @ w + OPTIMIZERS["bias"])

    def gradient(w: np.ndarray) -> np.ndarray:
        return -X.T @ belief(w).score(y)[:, 0] / len(y)

    descent, adam, newton = (np.array(start) for _ in range(3))
    first, second = np.zeros(2), np.zeros(2)
    for t in range(1, steps + 1):
        descent = descent - 2.0 * gradient(descent)
        g = gradient(adam)
        first, second = 0.9 * first + 0.1 * g, 0.99 * second + 0.01 * g**2
        adam = adam - 0.3 * (first / (1 - 0.9**t)) / (np.sqrt(second / (1 - 0.99**t)) + 1e-8)
        information = X.T @ (belief(newton).fisher_information()[:, 0] * X) / len(y)
        newton = newton - np.linalg.solve(information, gradient(newton))
    lowest = -belief(np.array(OPTIMIZERS["best"])).log_prob(y).mean()
    for value, w in [(values[-4], descent), (values[-2], adam), (values[-1], newton)]:
        assert np.isclose(read(value), -belief(w).log_prob(y).mean() - lowest, rtol=0, atol=6e-5)


def test_a_jump_into_infinity_is_told(tmp_path: Path) -> None:
    page, values = shown(tmp_path, "optimizers", OPTIMIZERS | {"rows": (8 * ROWS).tolist()}, move(0, 1.8))
    assert values[-1] == "∞"
    assert "NaN" not in page
