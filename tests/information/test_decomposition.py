"""mean NLL = entropy + KL, in groups of rows that share their inputs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlekit.distributions import Bernoulli, Categorical, Empirical
from mlekit.errors import DataError, ParameterError
from mlekit.estimation import fit
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


def test_intervals_hold_the_truth() -> None:
    rng = np.random.default_rng(9)
    truth = np.array([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6]])
    model = np.log(np.array([[0.5, 0.3, 0.2], [0.3, 0.3, 0.4]]))
    groups = np.repeat([0, 1], 60)
    exact = {
        "entropy_interval": -(truth * np.log(truth)).sum() / 2,
        "kl_interval": (truth * (np.log(truth) - model)).sum() / 2,
        "cross_entropy_interval": -(truth * model).sum() / 2,
    }
    hits = dict.fromkeys(exact, 0)
    for seed in range(120):
        codes = np.concatenate([rng.choice(3, 60, p=p) for p in truth])
        parts = grouped_decomposition(groups, codes, model[groups, codes], resamples=150, rng=seed)
        for name, value in exact.items():
            low, high = vars(parts)[name]
            hits[name] += low <= value <= high
    assert all(count / 120 > 0.85 for count in hits.values()), hits


def test_intervals_are_optional_and_reproducible() -> None:
    groups, codes = np.array([0, 0, 0, 1]), np.array([0, 1, 1, 0])
    log_probs = np.log([0.5, 0.5, 0.5, 0.5])
    plain = grouped_decomposition(groups, codes, log_probs)
    assert plain.level is None
    assert plain.kl_interval is None
    first = grouped_decomposition(groups, codes, log_probs, resamples=20, rng=1)
    again = grouped_decomposition(groups, codes, log_probs, resamples=20, rng=np.random.default_rng(1))
    assert first.entropy_interval == again.entropy_interval is not None
    assert first.entropy == plain.entropy
    assert f"entropy {first.entropy:.6g} in (" in repr(first)
    alone = grouped_decomposition(np.arange(4), codes, log_probs, resamples=20)
    assert alone.entropy_interval is None
    with pytest.raises(ParameterError, match="resamples"):
        grouped_decomposition(groups, codes, log_probs, resamples=1)
    with pytest.raises(ParameterError, match="level"):
        grouped_decomposition(groups, codes, log_probs, level=0.0)


def test_a_model_gives_intervals() -> None:
    rng = np.random.default_rng(10)
    site = np.repeat(["a", "b"], 40)
    data = pd.DataFrame({"site": site, "y": rng.random(80) < np.where(site == "a", 0.3, 0.6)})
    model = fit("y ~ site", data, Bernoulli)
    parts = model.decompose(data, resamples=50, rng=3)
    assert parts.entropy_interval is not None
    low, high = parts.entropy_interval
    # A saturated model attains the plug-in entropy; the entropy itself is higher.
    assert parts.kl == pytest.approx(0, abs=1e-9)
    assert low < high
    assert parts.entropy is not None
    assert high > parts.entropy
    assert model.decompose(data).entropy_interval is None
