"""Data to try things on: real penguins, and two simulated worlds whose true probabilities are known.

What is simulated comes with its truth as a distribution (`true_needs_diet`, `true_status`, `true_word`), so that
KL(P ‖ P̃) from the world P to a model P̃ can be computed and not only estimated. All rows are made here or are in
the public domain (CC0).
"""

from __future__ import annotations

from mlekit.datasets.palmer import penguins
from mlekit.datasets.people import simulate_people, true_needs_diet, true_status
from mlekit.datasets.typing_errors import possible_sentences, simulate_typing, true_word

__all__ = [
    "penguins",
    "possible_sentences",
    "simulate_people",
    "simulate_typing",
    "true_needs_diet",
    "true_status",
    "true_word",
]
