from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlekit.datasets import simulate_people, true_needs_diet, true_status
from mlekit.errors import ParameterError


def person(index: float, height: float = 170.0) -> pd.DataFrame:
    return pd.DataFrame({"height": [height], "weight": [index * (height / 100) ** 2]})


def test_the_same_seed_gives_the_same_people() -> None:
    pd.testing.assert_frame_equal(simulate_people(50, seed=3), simulate_people(50, seed=3))
    assert not simulate_people(50, seed=3).equals(simulate_people(50, seed=4))


def test_a_generator_is_used_up_and_not_started_again() -> None:
    rng = np.random.default_rng(0)
    assert not simulate_people(5, rng).equals(simulate_people(5, rng))


def test_bodies_are_plausible() -> None:
    people = simulate_people(20_000, seed=1)
    assert people["height"].mean() == pytest.approx(170, abs=0.3)
    assert people["height"].std() == pytest.approx(9, abs=0.2)
    index = people["weight"] / (people["height"] / 100) ** 2
    assert index.median() == pytest.approx(23, abs=0.1)
    assert index.between(10, 60).all()


@pytest.mark.parametrize("height", [150.0, 170.0, 195.0])
def test_at_a_threshold_two_answers_are_equally_likely(height: float) -> None:
    """At index 26 the judges are undecided on the diet, at 25 on overweight, at 18.5 on under."""
    assert true_needs_diet(person(26.0, height)).probs == pytest.approx(0.5)
    under, normal, overweight = true_status(person(25.0, height)).probs[0]
    assert overweight == pytest.approx(normal, abs=0.001)
    assert under < 0.02
    under, normal, overweight = true_status(person(18.5, height)).probs[0]
    assert under == pytest.approx(normal, abs=0.001)
    assert overweight < 0.02


def test_far_from_a_threshold_only_carelessness_is_left() -> None:
    assert true_needs_diet(person(60.0)).probs == pytest.approx(0.975)
    assert true_status(person(60.0)).probs[0] == pytest.approx([0.05 / 3, 0.05 / 3, 0.95 + 0.05 / 3])


def test_answers_occur_as_often_as_their_probabilities_say() -> None:
    people = simulate_people(40_000, seed=2)
    status, diet = true_status(people).probs, true_needs_diet(people).probs
    for k, label in enumerate(["under", "normal", "overweight"]):
        surplus = ((people["status"] == label).to_numpy() - status[:, k]).sum()
        assert abs(surplus) < 4 * np.sqrt((status[:, k] * (1 - status[:, k])).sum())
    surplus = (people["needs_diet"].to_numpy() - diet).sum()
    assert abs(surplus) < 4 * np.sqrt((diet * (1 - diet)).sum())


def test_status_keeps_its_order() -> None:
    assert simulate_people(1)["status"].cat.categories.to_list() == ["under", "normal", "overweight"]


@pytest.mark.parametrize("n", [0, -1, True])
def test_a_size_that_is_none_is_named(n: int) -> None:
    with pytest.raises(ParameterError, match=f"whole number of people.*{n}"):
        simulate_people(n)
