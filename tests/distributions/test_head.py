"""The head at the seam: units, fixed parameters, several targets, identified categories, what targets may hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlekit.arrays import Array
from mlekit.distributions import Bernoulli, Categorical, Gaussian
from mlekit.distributions.head import Head
from mlekit.errors import ParameterError, TargetError
from tests.distributions.cases import Case, each, each_link, fitted, independent

ROWS = 50


def natural(head: Head[Any], target: pd.DataFrame, eta: Array) -> Array:
    """Log-likelihood of rows by the distributions' own log_prob, in the target's own units."""
    outcomes = target.to_numpy()
    batch = head.distribution(eta)
    single = outcomes.shape[1] == 1 and not batch.event_shape
    own = batch.log_prob(outcomes[:, 0] if single else outcomes)
    total: Array = own.reshape(len(eta), -1).sum(axis=1)
    return total


def drawn(case: Case, head: Head[Any], seed: int = 0) -> tuple[Array, pd.DataFrame]:
    """Raw outputs, and target columns drawn from what they predict."""
    eta = case.eta(head, ROWS, seed)
    frame = case.frame(head.distribution(eta).sample(rng=seed))
    return eta, frame.set_axis(list(head.target_names), axis=1)


# ---- units ------------------------------------------------------------------------------------------------


@each(fitted)
@pytest.mark.parametrize("settings", [{}, {"shift": False}, {"standardize": False}], ids=str)
def test_log_likelihood_is_in_the_targets_own_units(case: Case, settings: dict[str, bool]) -> None:
    head = case.bind(**settings)
    eta, target = drawn(case, head)
    np.testing.assert_allclose(
        head.log_likelihood(eta, head.encode(target)), natural(head, target, eta), rtol=1e-9
    )


@each(independent)
def test_log_likelihood_of_several_targets_is_the_sum(case: Case) -> None:
    head = case.bind(targets=3)
    assert head.n_targets == 3
    eta, target = drawn(case, head)
    np.testing.assert_allclose(
        head.log_likelihood(eta, head.encode(target)), natural(head, target, eta), rtol=1e-9
    )
    for j, name in enumerate(target):
        columns = [range(*c.indices(head.n_outputs))[j] for c in head.columns.values()]
        alone = head.distribution(eta).log_prob(target.to_numpy())[:, j]
        assert alone.shape == (ROWS,)
        assert all(head.output_labels(parameter)[j] == name for parameter in head.columns)
        assert len(columns) == len(head.columns)


@each(fitted)
def test_coefficient_units_lead_to_a_head_in_natural_units(case: Case) -> None:
    head = case.bind()
    eta, target = drawn(case, head)
    own = np.empty_like(eta)
    for name, columns in head.columns.items():
        a, b = head.coefficient_units(name)
        own[:, columns] = a + b * eta[:, columns]
    plain = head.in_natural_units()
    expected = head.log_likelihood(eta, head.encode(target))
    np.testing.assert_allclose(plain.log_likelihood(own, plain.encode(target)), expected, rtol=1e-9)


def test_a_standardized_gaussian_has_targets_of_mean_zero_and_unit_spread() -> None:
    target = pd.DataFrame({"y": [980.0, 1000.0, 1020.0, 1040.0]})
    weights = np.array([1.0, 1.0, 1.0, 3.0])
    y = Gaussian.family().bind(target, weights=weights).encode(target)
    share = weights / weights.sum()
    assert share @ y == pytest.approx(0, abs=1e-15)
    assert share @ np.square(y) == pytest.approx(1, rel=1e-15)
    unshifted = Gaussian.family().bind(target, shift=False)
    assert (unshifted.encode(target) > 0).all()
    np.testing.assert_allclose(unshifted.encode(target) * unshifted.scale, target["y"], rtol=1e-15)


@each(fitted)
def test_fixed_parameters_are_held_in_the_targets_own_units(case: Case) -> None:
    predicted = case.distribution.predicted
    for parameter in predicted if len(predicted) > 1 else ():
        value = case.held(case.typical(4), parameter.name)
        head = case.bind(fixed={parameter.name: value})
        eta, target = drawn(case, head)
        assert parameter.name not in head.columns
        held = case.held(head.distribution(eta), parameter.name)
        np.testing.assert_allclose(held, value, rtol=1e-12)
        expected = natural(head, target, eta)
        y = head.encode(target)
        np.testing.assert_allclose(head.log_likelihood(eta, y), expected, rtol=1e-9)
        # Fixing a parameter at what η would have said changes nothing but the columns.
        free = case.bind()
        full = np.empty((ROWS, free.n_outputs))
        a, b = free.coefficient_units(parameter.name)
        full[:, free.columns[parameter.name]] = (parameter.link.link(np.asarray(value)) - a) / b
        for name, columns in head.columns.items():
            (low, slope), (other_low, other_slope) = (
                head.coefficient_units(name),
                free.coefficient_units(name),
            )
            full[:, free.columns[name]] = (low + slope * eta[:, columns] - other_low) / other_slope
        y_free = free.encode(target)
        np.testing.assert_allclose(free.log_likelihood(full, y_free), expected, rtol=1e-9)
        kept = [k for name in head.columns for k in range(*free.columns[name].indices(free.n_outputs))]
        np.testing.assert_array_equal(head.scale, free.scale)
        np.testing.assert_allclose(head.information(eta), free.information(full)[:, kept][:, :, kept])


def test_families_refuse_what_makes_no_sense() -> None:
    with pytest.raises(ParameterError, match=r"Gaussian: scale must lie in \(0, inf\), but is -1"):
        Gaussian.family(scale=-1.0)
    with pytest.raises(ParameterError, match="nothing is left to fit"):
        Gaussian.family(loc=0.0, scale=1.0)
    with pytest.raises(ParameterError, match="predicts loc, scale; there is no parameter 'rate'"):
        Gaussian.family(rate=1.0)
    with pytest.raises(ParameterError, match="there is no link 'probbit'; the links are cauchit, cloglog"):
        Bernoulli.family(links={"probs": "probbit"})
    with pytest.raises(ParameterError, match="scale is held fixed, so it has no link"):
        Gaussian.family(scale=1.0, links={"scale": "softplus"})
    with pytest.raises(ParameterError, match="logits cannot have the link 'probit'; its links are identity"):
        Categorical.family(links={"logits": "probit"})
    assert Bernoulli.family(links={"logits": "probit"}).parameter("logits").name == "probs"


# ---- precision --------------------------------------------------------------------------------------------


@each_link()
@pytest.mark.parametrize("targets", [1, 2])
def test_single_precision_stays_single_and_close(case: Case, links: dict[str, str], targets: int) -> None:
    if targets > 1 and case.distribution.joint:
        pytest.skip("its columns make up one outcome")
    head = case.bind(links=links, targets=targets)
    eta, y = case.rows(head, ROWS)
    single = eta.astype(np.float32)
    y_single = y.astype(np.float32) if y.dtype.kind == "f" else y
    value, score = head.value_and_score(single, y_single)
    assert value.dtype == score.dtype == np.float32
    assert score.shape == eta.shape
    expected, expected_score = head.value_and_score(single.astype(np.float64), y_single)
    np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
    np.testing.assert_allclose(score, expected_score, rtol=1e-3, atol=1e-4 * np.abs(expected_score).max())


@each(fitted)
def test_single_precision_with_a_fixed_parameter(case: Case) -> None:
    for parameter in case.distribution.predicted[1:]:
        head = case.bind(fixed={parameter.name: case.held(case.typical(0), parameter.name)})
        eta, y = case.rows(head, ROWS)
        y_single = y.astype(np.float32) if y.dtype.kind == "f" else y
        value, score = head.value_and_score(eta.astype(np.float32), y_single)
        assert value.dtype == score.dtype == np.float32


# ---- categories -------------------------------------------------------------------------------------------


def softened(rows: int = ROWS, k: int = 4) -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(0).dirichlet(np.ones(k), rows), columns=list("abcd")[:k])


def test_identified_outputs_are_those_of_all_categories_but_the_first() -> None:
    target = pd.DataFrame({"y": np.random.default_rng(0).choice(["x", "y", "z"], ROWS)})
    full, reference = Categorical.family().bind(target), Categorical.family().bind(target, identified=True)
    assert (full.n_outputs, reference.n_outputs) == (3, 2)
    assert (full.output_labels("logits"), reference.output_labels("logits")) == (["x", "y", "z"], ["y", "z"])
    eta = np.random.default_rng(1).normal(size=(ROWS, 2))
    padded = np.concatenate([np.zeros((ROWS, 1)), eta], axis=1)
    y = full.encode(target)
    np.testing.assert_array_equal(full.log_likelihood(padded, y), reference.log_likelihood(eta, y))
    np.testing.assert_array_equal(full.score(padded, y)[:, 1:], reference.score(eta, y))
    np.testing.assert_array_equal(full.information(padded)[:, 1:, 1:], reference.information(eta))
    np.testing.assert_array_equal(full.distribution(padded).probs, reference.distribution(eta).probs)
    np.testing.assert_allclose(reference.start(y), full.start(y)[1:] - full.start(y)[0], rtol=1e-14)
    assert np.linalg.matrix_rank(full.information(padded)[0]) == 2
    assert np.linalg.matrix_rank(reference.information(eta)[0]) == 2


def test_soft_labels_weigh_the_log_probabilities() -> None:
    target = softened()
    head = Categorical.family().bind(target)
    assert head.output_labels("logits") == list("abcd")
    y, eta = head.encode(target), np.random.default_rng(1).normal(size=(ROWS, 4))
    log_probs = head.distribution(eta).log_probs
    np.testing.assert_allclose(
        head.log_likelihood(eta, y), (target.to_numpy() * log_probs).sum(axis=1), rtol=1e-13
    )
    np.testing.assert_allclose(
        head.score(eta, y), target.to_numpy() - np.exp(log_probs), rtol=1e-9, atol=1e-14
    )
    start = np.exp(head.start(y) - np.log(np.exp(head.start(y)).sum()))
    np.testing.assert_allclose(start, target.mean(), rtol=1e-12)


def test_one_hot_columns_are_a_column_of_labels() -> None:
    labels = pd.Series(np.random.default_rng(0).choice(list("abc"), ROWS), name="y")
    onehot, column = (
        Categorical.family().bind(pd.get_dummies(labels)),
        Categorical.family().bind(labels.to_frame()),
    )
    eta = np.random.default_rng(1).normal(size=(ROWS, 3))
    value, score = onehot.value_and_score(eta, onehot.encode(pd.get_dummies(labels)))
    expected, expected_score = column.value_and_score(eta, column.encode(labels.to_frame()))
    np.testing.assert_allclose(value, expected, rtol=1e-14)
    np.testing.assert_allclose(score, expected_score, atol=1e-15)


def test_counts_weigh_like_repeated_rows() -> None:
    counts = pd.DataFrame({"a": [2, 0, 1], "b": [1, 4, 0]})
    head = Categorical.family().bind(counts)
    eta = np.random.default_rng(1).normal(size=(3, 2))
    y = head.encode(counts)
    log_probs = head.distribution(eta).log_probs
    np.testing.assert_allclose(
        head.log_likelihood(eta, y), (counts.to_numpy() * log_probs).sum(axis=1), rtol=1e-14
    )
    expected = counts.to_numpy() - counts.sum(axis=1).to_numpy()[:, None] * np.exp(log_probs)
    np.testing.assert_allclose(head.score(eta, y), expected, rtol=1e-13)


# ---- what a target may hold -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "column", "message"),
    [
        (Bernoulli, ["yes", "no"], "column 'y' is to be Bernoulli, which needs booleans or 0/1.*'no', 'yes'"),
        (Bernoulli, [0, 1, 2], "column 'y' holds 2 at row 'c', but Bernoulli needs booleans or 0/1"),
        (Bernoulli, [0.0, np.nan, 1.0], "column 'y' holds nan at row 'b'"),
        (Bernoulli, [1, 1, 1], "column 'y' holds one class only .1 in all 3 rows."),
        (Bernoulli, [False, False], "column 'y' holds one class only .0 in all 2 rows."),
        (
            Gaussian,
            ["yes", "no"],
            "column 'y' is to be Gaussian, which needs numbers.*Categorical for labels",
        ),
        (Gaussian, [1.0, np.inf, 2.0], "column 'y' is not finite at row 'b'"),
        (Gaussian, [1.0, np.nan, np.nan], "column 'y' is not finite at row 'b' .and 1 more."),
        (Categorical, ["a", "a", "a"], "column 'y' holds one class only .'a' in all 3 rows."),
        (Categorical, ["a", None, "b"], "column 'y' is missing at row 'b'"),
        (Bernoulli, pd.array([True, None, False], dtype="boolean"), "column 'y' holds nan at row 'b'"),
        (Bernoulli, ["1", "0"], "needs booleans or 0/1, but it holds '0', '1'"),
        (Gaussian, pd.array([1, None], dtype="Int64"), "column 'y' is not finite at row 'b'"),
        (Gaussian, ["1", "0"], "needs numbers, but it holds '0', '1'"),
        (Gaussian, pd.to_datetime(["2020-01-01", "2021-01-01"]), "needs numbers, but it holds Timestamp"),
        (
            Categorical,
            pd.Categorical(["a", "b", "a"], categories=["a", "b", "c", "d"]),
            r"column 'y' declares categories that no row holds: \['c', 'd'\].*remove_unused_categories",
        ),
    ],
)
def test_a_target_that_does_not_suit_the_family_is_refused(
    family: type[Any], column: Any, message: str
) -> None:
    target = pd.DataFrame({"y": column}, index=list("abc")[: len(column)])
    with pytest.raises(TargetError, match=message):
        family.family().bind(target).encode(target)


def test_a_label_outside_the_declared_categories_is_refused() -> None:
    target = pd.DataFrame({"y": ["a", "b", "c"]}, index=[10, 20, 30])
    with pytest.raises(TargetError, match=r"column 'y' holds 'c' at row 30, which is not among the declared"):
        Categorical.family(categories=["a", "b"]).bind(target)
    head = Categorical.family(categories=["c", "b", "a"]).bind(target)
    assert head.constants["categories"].tolist() == ["c", "b", "a"]
    assert head.encode(target).tolist() == [2, 1, 0]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([0.5, 0.4], "sum to 0.9 at row 'b'"),
        ([0.5, 0.5 + 1e-5], "sum to 1.00001 at row 'b'"),
        ([-0.5, 1.5], "column 'n' holds -0.5 at row 'b'"),
        ([np.nan, 1.0], "column 'n' holds nan at row 'b'"),
        ([np.inf, 1.0], "column 'n' holds inf at row 'b'"),
        (["x", 1.0], "must hold soft labels or counts, but some are not numbers"),
    ],
)
def test_soft_labels_that_are_none_are_refused_by_row(row: list[Any], message: str) -> None:
    target = pd.DataFrame([[0.25, 0.75], row, [0.5, 0.5]], columns=["n", "m"], index=list("abc"))
    head = Categorical.family().bind(pd.DataFrame([[0.25, 0.75]], columns=["n", "m"]))
    with pytest.raises(TargetError, match=message):
        head.encode(target)


def test_counts_of_nothing_are_refused() -> None:
    target = pd.DataFrame({"a": [1, 0], "b": [2, 0]})
    head = Categorical.family().bind(target)
    with pytest.raises(TargetError, match="sum to 0 at row 1"):
        head.encode(target)


def test_columns_of_another_target_are_refused() -> None:
    head = Gaussian.family().bind(pd.DataFrame({"y": [1.0, 2.0]}))
    with pytest.raises(TargetError, match=r"the target columns are \('y',\), not \('z',\)"):
        head.encode(pd.DataFrame({"z": [1.0, 2.0]}))


def test_boolean_targets_are_remembered_as_such() -> None:
    assert Bernoulli.family().bind(pd.DataFrame({"y": [True, False]})).boolean
    assert not Bernoulli.family().bind(pd.DataFrame({"y": [1, 0]})).boolean


def test_an_output_outside_the_domain_is_impossible() -> None:
    """With an identity link η may be no probability: the likelihood of that is zero, not NaN."""
    target = pd.DataFrame({"y": [0, 1, 1]})
    head = Bernoulli.family(links={"probs": "identity"}).bind(target)
    value = head.log_likelihood(np.array([[1.5], [-0.5], [0.25]]), head.encode(target))
    np.testing.assert_allclose(value, [-np.inf, -np.inf, np.log(0.25)], rtol=1e-15)
