"""Every measure between every pair of families over like outcomes, and between families and data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mlekit.distributions import Categorical, Distribution, Empirical, FiniteSet, Interval, Mixture
from mlekit.information import (
    Estimate,
    bhattacharyya,
    cross_entropy,
    hellinger,
    js,
    kl,
    renyi,
    total_variation,
    wasserstein,
)
from mlekit.information.outcomes import is_direction
from tests.distributions.cases import CASES

pytestmark = pytest.mark.usefixtures("unchecked_shapes")  # looked at in other tests, in a third of the time

LOG_2 = float(np.log(2))
SYMMETRIC: list[Callable[..., Estimate]] = [js, hellinger, total_variation, bhattacharyya]


def kind(p: Distribution) -> str | None:
    """What its outcomes are; None for those that are compared elsewhere."""
    support = p.support
    if p.event_shape or not isinstance(support, Interval):
        return None
    if support.integer:
        return "counts"
    if is_direction(p):
        return "directions"
    if np.isneginf(support.low).all():
        return "real numbers"
    return "positive numbers" if np.isposinf(support.high).all() else "numbers in an interval"


def members() -> dict[str, dict[str, Distribution]]:
    """One distribution a family, by the kind of outcomes and the family's name."""
    found: dict[str, dict[str, Distribution]] = {}
    for case in CASES:
        p = case.typical(0)
        of_kind = kind(p)
        if of_kind is not None:
            found.setdefault(of_kind, {}).setdefault(type(p).__name__, p)
    return found


LABELS: dict[str, Distribution] = {
    str(case): p
    for case in CASES
    for p in [case.typical(0)]
    if isinstance(p.support, FiniteSet) and p.support.values.tolist() == [0, 1, 2, 3, 4]
}
LABELS["Mixture"] = Mixture(Categorical(logits=np.random.default_rng(1).normal(size=(3, 5))))
LABELS["Empirical"] = Empirical([0, 1, 1, 2, 4, 4, 4])
MEMBERS = {**members(), "labels": LABELS}
# Whom a family is compared with: itself, its neighbours on both sides, and one farther on among those of its kind.
STEPS = (0, 1, -1, 4)
EACH = [(of_kind, name) for of_kind, named in MEMBERS.items() for name in named]


def opposite(of_kind: str, name: str) -> set[str]:
    """The families that a family is compared with."""
    names = list(MEMBERS[of_kind])
    return {names[(names.index(name) + step) % len(names)] for step in STEPS}


def known(measure: Callable[..., Estimate], *arguments: Any) -> tuple[float, float]:
    """The value, which is a number or infinite for a reason, and how far it may be off."""
    estimate = measure(*arguments, estimate=True)
    value, error = float(estimate.value), float(estimate.error)
    assert not np.isnan(value)
    assert error >= 0
    assert value < np.inf or estimate.support, "infinite without a reason"
    return value, error


def cells(p: Distribution, edges: np.ndarray) -> Categorical:
    """What is left of p where only the cell between edges is seen that an outcome falls into."""
    below = np.asarray(p.cdf(edges))
    masses = np.diff(np.concatenate([[0.0], below, [1.0]]))
    return Categorical(probs=np.maximum(masses, 0) / np.maximum(masses, 0).sum())


@pytest.mark.parametrize(("of_kind", "name"), EACH)
def test_every_measure_is_a_number_or_infinite_for_a_reason(of_kind: str, name: str) -> None:
    p = MEMBERS[of_kind][name]
    for other in sorted(opposite(of_kind, name)):
        q = MEMBERS[of_kind][other]
        divergence, slack = known(kl, p, q)
        known(cross_entropy, p, q)
        tolerance = 1e-9 + slack
        assert divergence >= 0
        if of_kind not in ("labels", "directions"):
            edges = np.unique(np.asarray(q.quantile(np.array([0.1, 0.5, 0.9])), dtype=np.float64))
            seen_p, seen_q = cells(p, edges), cells(q, edges)
            assert float(kl(seen_p, seen_q)) <= divergence * (1 + 1e-9) + tolerance, other
        if other == name:
            assert divergence <= 1e-12
            assert max(known(measure, p, q)[0] for measure in SYMMETRIC) <= 1e-7
            continue
        (jensen, _), (distance, of_distance), (variation, of_variation), (angle, _) = (
            known(measure, p, q) for measure in SYMMETRIC
        )
        assert 0 <= jensen <= LOG_2
        assert 0 <= distance <= 1
        assert 0 <= variation <= 1
        assert angle >= 0
        assert variation <= np.sqrt(divergence / 2) + of_variation + tolerance, "Pinsker"
        assert distance**2 <= variation + of_variation + of_distance + 1e-9
        assert variation <= distance * np.sqrt(2 - distance**2) + of_variation + of_distance + 1e-9
        assert 2 * angle <= divergence * (1 + 1e-9) + tolerance, "Rényi's divergence grows with its order"
        if of_kind not in ("labels", "directions"):
            assert float(total_variation(seen_p, seen_q)) <= variation + of_variation + 1e-9


@pytest.mark.parametrize("of_kind", MEMBERS)
def test_symmetric_measures_are_symmetric(of_kind: str) -> None:
    named = list(MEMBERS[of_kind].values())
    for p, q in zip(named, [*named[1:], named[0]], strict=True):
        for measure in SYMMETRIC:
            (there, slack), (back, of_back) = known(measure, p, q), known(measure, q, p)
            if np.isfinite(slack) and np.isfinite(of_back):
                assert there == pytest.approx(back, rel=1e-9, abs=slack + of_back + 1e-7), measure
        if of_kind not in ("labels", "directions"):
            (there, slack), (back, of_back) = known(wasserstein, p, q), known(wasserstein, q, p)
            assert there == pytest.approx(back, rel=1e-6, abs=slack + of_back)


@pytest.mark.parametrize(("of_kind", "name"), [pair for pair in EACH if pair[0] != "labels"])
def test_every_family_opposite_data(of_kind: str, name: str) -> None:
    p = MEMBERS[of_kind][name]
    data = Empirical(np.asarray(p.sample(20, rng=0)))
    assert known(cross_entropy, data, p)[0] < np.inf
    known(cross_entropy, p, data)
    counted = of_kind == "counts"
    for first, second in ((data, p), (p, data)):
        divergence, _ = known(kl, first, second)
        assert (divergence < np.inf) or not counted or first is p
        jensen, variation = known(js, first, second)[0], known(total_variation, first, second)[0]
        assert 0 < jensen < LOG_2 if counted else jensen == pytest.approx(LOG_2)
        assert 0 < variation < 1 if counted else variation == 1
        known(hellinger, first, second)
        known(renyi, first, second, 0.5)
    if of_kind != "directions":
        assert known(wasserstein, data, p)[0] > 0
