"""mean NLL = entropy + KL, in groups of rows that share their inputs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlekit.distributions import Categorical, Empirical
from mlekit.errors import DataError
from mlekit.information import cross_entropy, entropy, grouped_decomposition, kl

LABELS = np.array(["a", "b", "c"])


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 8), st.booleans())
def test_identity_and_agreement_with_the_measures(seed: int, rows: int, cells: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, cells, rows)
    codes = rng.integers(0, 3, rows)
    predictions = Categorical(probs=rng.dirichlet(np.ones(3), size=cells), categories=LABELS)
    log_probs = predictions.log_probs[groups, codes]
    weights = rng.gamma(1.0, size=rows) if weighted else None
    parts = grouped_decomposition(groups, LABELS[codes], log_probs, weights)
    assert parts.entropy is not None
    assert parts.kl is not None
    assert parts.group_entropy is not None
    assert parts.group_kl is not None
    w = np.ones(rows) if weights is None else weights
    assert parts.cross_entropy == pytest.approx(-(w @ log_probs) / w.sum(), rel=1e-12)
    assert parts.cross_entropy == pytest.approx(parts.entropy + parts.kl, rel=1e-12)
    assert parts.kl == pytest.approx(parts.group_kl @ parts.group_weights / w.sum(), rel=1e-9, abs=1e-13)
    assert parts.rows == rows
    assert parts.rows_identifiable == sum(int(n) for n in np.bincount(groups) if n > 1)
    for position, group in enumerate(parts.groups):
        mine = groups == group
        data = Empirical(LABELS[codes[mine]], w[mine])
        model = Categorical(logits=predictions.logits[group], categories=LABELS)
        assert parts.group_cross_entropy[position] == pytest.approx(
            float(cross_entropy(data, model)), rel=1e-10
        )
        assert parts.group_entropy[position] == pytest.approx(float(entropy(data)), rel=1e-10, abs=1e-14)
        assert parts.group_kl[position] == pytest.approx(float(kl(data, model)), rel=1e-8, abs=1e-13)


def test_a_model_that_gives_the_frequencies_has_no_kl() -> None:
    groups = np.array([7, 7, 7, 3])
    log_probs = np.log([2 / 3, 2 / 3, 1 / 3, 1.0])
    parts = grouped_decomposition(groups, np.array([True, True, False, True]), log_probs)
    assert parts.kl == pytest.approx(0, abs=1e-15)
    assert parts.groups.tolist() == [3, 7]
    assert parts.rows_identifiable == 3
    assert "3 of 4 rows" in parts.note
    assert "entropy 0.477386 + KL" in repr(parts)
    assert list(parts.to_frame().columns) == ["rows", "weight", "cross_entropy", "entropy", "kl"]


def test_a_continuous_target_has_its_cross_entropy_only() -> None:
    parts = grouped_decomposition(np.array([0, 1]), None, np.array([-1.0, -3.0]))
    assert parts.cross_entropy == 2.0
    assert parts.entropy is None
    assert parts.kl is None
    assert parts.group_entropy is None
    assert parts.rows_identifiable == 0
    assert "cannot be identified" in parts.note
    assert list(parts.to_frame().columns) == ["rows", "weight", "cross_entropy"]
    assert "NaN" not in repr(parts)


def test_an_impossible_outcome_is_infinite_and_one_without_weight_is_not() -> None:
    groups, outcomes, log_probs = np.array([0, 0]), np.array(["a", "b"]), np.array([0.0, -np.inf])
    parts = grouped_decomposition(groups, outcomes, log_probs)
    assert parts.cross_entropy == parts.kl == np.inf
    weighted = grouped_decomposition(groups, outcomes, log_probs, np.array([1.0, 0.0]))
    assert weighted.cross_entropy == weighted.kl == 0.0


@pytest.mark.parametrize(
    ("groups", "outcomes", "log_probs", "weights", "message"),
    [
        ([], [], [], None, "at least one row"),
        ([0, 0], ["a"], [0.0, 0.0], None, "2 rows"),
        ([0, 0], ["a", "b"], [0.0, np.nan], None, "NaN in row 1"),
        ([0, 0], ["a", None], [0.0, 0.0], None, "row 1 is missing"),
        ([0, 0], ["a", "b"], [0.0, 0.0], [1.0, -1.0], "row 1 has -1"),
        ([0, 0], ["a", "b"], [0.0, 0.0], [0.0, 0.0], "zero throughout"),
        (
            [5, 5],
            ["a", "a"],
            [-0.1, -0.2],
            None,
            "rows 0 and 1 of group 5 have the same outcome.*inputs differ",
        ),
    ],
)
def test_bad_input_is_named(
    groups: list[int],
    outcomes: list[str | None],
    log_probs: list[float],
    weights: list[float] | None,
    message: str,
) -> None:
    w = None if weights is None else np.array(weights)
    with pytest.raises(DataError, match=message):
        grouped_decomposition(
            np.array(groups, dtype=np.int64), np.array(outcomes, dtype=object), np.array(log_probs), w
        )
