"""A simulated world of people whose height and weight decide, with known probabilities, what is said of them.

    height ~ Gaussian(170 cm, 9 cm),    index = weight/height² ~ 23 kg/m² · exp(Gaussian(0, 0.18))

What is said depends on the body-mass index b (kg/m²) in two steps. Judges agree far from a threshold and disagree
near it, by a logistic curve of scale 0.8 kg/m²; and one answer in twenty is given at random:

    P(under)  = σ((18.5 − b)/0.8)      P(overweight) = σ((b − 25)/0.8)      P(normal) = the rest
    P(diet)   = σ((b − 26)/0.8)
    P(answer) = 0.95 · P(judged so) + 0.05 / (number of answers)

18.5 and 25 are the thresholds of the World Health Organization. Nobody is measured and nothing here is advice.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy.special import expit

from mlekit.distributions import Bernoulli, Categorical, Seed
from mlekit.errors import ParameterError

__all__ = ["checked_size", "simulate_people", "true_needs_diet", "true_status"]

STATUS = ("under", "normal", "overweight")
UNDER_BELOW, OVERWEIGHT_ABOVE, DIET_ABOVE = 18.5, 25.0, 26.0
DISAGREEMENT = 0.8
CARELESS = 0.05


def simulate_people(n: int, seed: Seed = 0) -> pd.DataFrame:
    """Draw people and what is said of them.

    Columns: ``height`` in cm and ``weight`` in kg, to one decimal; ``status`` (a pandas categorical: under,
    normal, overweight) drawn from `true_status`; ``needs_diet`` (a boolean) drawn from `true_needs_diet`.

    Args:
        n: number of people.
        seed: a seed or a NumPy generator; the same seed gives the same people.

    Raises:
        ParameterError: unless n is a whole number of at least 1.

    >>> simulate_people(3, seed=0)
       height  weight  status  needs_diet
    0   171.1    68.6  normal       False
    1   168.8    59.5  normal       False
    2   175.8    75.9  normal        True
    """
    count = checked_size(n, "people")
    rng = np.random.default_rng(seed)
    height = rng.normal(170.0, 9.0, count).round(1)
    index = 23.0 * np.exp(rng.normal(0.0, 0.18, count))
    people = pd.DataFrame({"height": height, "weight": (index * np.square(height / 100)).round(1)})
    people["status"] = pd.Categorical(
        true_status(people).sample(rng=rng), categories=list(STATUS), ordered=True
    )
    people["needs_diet"] = true_needs_diet(people).sample(rng=rng).astype(bool)
    return people


def true_status(people: pd.DataFrame) -> Categorical:
    """The probabilities that each person's status was drawn from.

    Args:
        people: any table with ``height`` (cm) and ``weight`` (kg).

    >>> true_status(pd.DataFrame({"height": [170.0], "weight": [72.25]}))
    Categorical(batch_shape=(1,), categories=['under', 'normal', 'overweight'])
    >>> true_status(pd.DataFrame({"height": [170.0], "weight": [72.25]})).probs.round(4)
    array([[0.0169, 0.4914, 0.4917]])
    """
    index = _body_mass_index(people)
    under = expit((UNDER_BELOW - index) / DISAGREEMENT)
    overweight = expit((index - OVERWEIGHT_ABOVE) / DISAGREEMENT)
    judged = np.stack([under, 1 - under - overweight, overweight], axis=-1)
    return Categorical(probs=(1 - CARELESS) * judged + CARELESS / len(STATUS), categories=STATUS)


def true_needs_diet(people: pd.DataFrame) -> Bernoulli:
    """The probability that each person's ``needs_diet`` was drawn from.

    Args:
        people: any table with ``height`` (cm) and ``weight`` (kg).

    >>> true_needs_diet(pd.DataFrame({"height": [170.0, 170.0], "weight": [60.0, 75.14]})).probs.round(3)
    array([0.026, 0.5  ])
    """
    judged = expit((_body_mass_index(people) - DIET_ABOVE) / DISAGREEMENT)
    return Bernoulli(probs=(1 - CARELESS) * judged + CARELESS / 2)


def _body_mass_index(people: pd.DataFrame) -> Float[np.ndarray, " people"]:
    height = people["height"].to_numpy(dtype=np.float64)
    weight = people["weight"].to_numpy(dtype=np.float64)
    return weight / np.square(height / 100)


def checked_size(n: int, what: str) -> int:
    """A number of rows to simulate."""
    if isinstance(n, bool) or n < 1:
        raise ParameterError(f"n must be a whole number of {what}, at least 1, but is {n!r}")
    return n
