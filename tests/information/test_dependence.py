"""Mutual information and conditional entropy of tables, counts and labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mutual_info_score

from mlekit.distributions import Categorical
from mlekit.errors import DataError, ParameterError
from mlekit.information import conditional_entropy, entropy, mutual_information


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 5))
def test_identities(seed: int, rows: int, columns: int) -> None:
    joint = np.random.default_rng(seed).dirichlet(np.full(rows * columns, 0.5)).reshape(rows, columns)
    information = mutual_information(joint)
    h_x, h_y, h_xy = (
        float(entropy(Categorical(probs=p / p.sum())))
        for p in (joint.sum(axis=1), joint.sum(axis=0), joint.reshape(-1))
    )
    assert information >= 0
    assert information == pytest.approx(h_x + h_y - h_xy, abs=1e-12)
    assert information == pytest.approx(mutual_information(joint.T), abs=1e-14)
    assert conditional_entropy(joint) == pytest.approx(h_xy - h_x, abs=1e-12)
    assert information == pytest.approx(h_y - conditional_entropy(joint), abs=1e-12)


def test_labels_against_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 4, 200), rng.integers(0, 3, 200)
    assert mutual_information(x, y) == pytest.approx(mutual_info_score(x, y), rel=1e-12)
    names = np.array(["a", "b", "c", "d"])[x]
    assert mutual_information(names, y) == mutual_information(x, y)
    assert conditional_entropy(y, given=x) + mutual_information(x, y) == pytest.approx(
        float(entropy(Categorical(probs=np.bincount(y) / 200))), rel=1e-12
    )


def test_weather_of_the_textbook() -> None:
    # Cover & Thomas (2006), example 2.2.1: H(X|Y) = 11/8 bits, H(Y|X) = 13/8 bits, I = 3/8 bits.
    joint = np.array(
        [
            [1 / 8, 1 / 16, 1 / 16, 1 / 4],
            [1 / 16, 1 / 8, 1 / 16, 0],
            [1 / 32, 1 / 32, 1 / 16, 0],
            [1 / 32, 1 / 32, 1 / 16, 0],
        ]
    )
    assert conditional_entropy(joint, base=2) == pytest.approx(13 / 8, rel=1e-14)
    assert conditional_entropy(joint.T, base=2) == pytest.approx(11 / 8, rel=1e-14)
    assert mutual_information(joint, base=2) == pytest.approx(3 / 8, rel=1e-13)


def test_near_independence_keeps_its_digits() -> None:
    step = 1e-7
    joint = 0.25 + step * np.array([[1.0, -1.0], [-1.0, 1.0]])
    # I = ½ Σ (p − q)²/q = 8·step² up to terms of fourth order.
    assert mutual_information(joint) == pytest.approx(8 * step**2, rel=1e-6)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([[0.5, 0.4], [0.0, 0.0]], "sums to 0.9"),
        ([[0.5, -0.5], [0.5, 0.5]], "not negative"),
        ([[np.nan, 1.0]], "finite"),
        ([0.5, 0.5], "two axes"),
        ([["a", "b"]], "holds numbers"),
        ([[0, 0], [0, 0]], "sums to 0"),
    ],
)
def test_bad_tables_are_named(table: Any, message: str) -> None:
    for measure in (mutual_information, conditional_entropy):
        with pytest.raises(ParameterError, match=message):
            measure(table)


def test_bad_labels_are_named() -> None:
    with pytest.raises(DataError, match="row 1 is missing"):
        mutual_information(["a", None], [1, 2])
    with pytest.raises(DataError, match="2 labels and y 3"):
        mutual_information(["a", "b"], [1, 2, 3])
    with pytest.raises(DataError, match="shape"):
        mutual_information([], [])


# dit 2.3, in bits: mutual_information and conditional_entropy of the second variable given the first.
def test_against_dit() -> None:
    joint = [[0.4, 0.1], [0.2, 0.3]]
    assert mutual_information(joint, base=2) == pytest.approx(0.12451124978365313, rel=1e-12)
    assert conditional_entropy(joint, base=2) == pytest.approx(0.8464393446710154, rel=1e-12)
