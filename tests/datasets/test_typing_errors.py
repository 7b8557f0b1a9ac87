from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlekit.datasets import possible_sentences, simulate_typing, true_word
from mlekit.datasets.typing_errors import FREQUENCIES, MISTYPED, PARTS
from mlekit.errors import DataError, ParameterError


def test_the_tables_are_probabilities() -> None:
    for part in PARTS:
        assert np.sum(list(part.values()), axis=0) == pytest.approx([1.0, 1.0, 1.0])
    assert sum(FREQUENCIES) <= 1
    assert all(0 <= p <= 1 for p in MISTYPED)
    words = [word for part in PARTS for word in part]
    assert len(words) == len(set(words)), "a word in two parts would be counted twice"


def test_without_a_sentence_half_mean_random() -> None:
    assert true_word(["radom"]).probs[0] == pytest.approx([0.5, 0.25, 0.25])


def test_the_posterior_is_bayes_rule() -> None:
    """By hand: 0.5·0.25·0.30 against 0.25·0.15·0.005, twice."""
    numerators = np.array([0.5 * 0.25 * 0.30, 0.25 * 0.15 * 0.005, 0.25 * 0.15 * 0.005])
    assert true_word(["It's radom variable"]).probs[0] == pytest.approx(numerators / numerators.sum())
    assert true_word(["It's radom variable"]).probs[0, 0] == pytest.approx(0.99, abs=0.001)


def test_unknown_words_and_case_say_nothing() -> None:
    plain, adorned = true_word(["in radom today", "Today we met IN lovely RADOM"]).probs
    assert plain == pytest.approx(adorned)


def test_sentences_and_their_probabilities_cover_the_world() -> None:
    sentences = possible_sentences()
    assert sentences.index.is_unique
    assert sentences.sum() == pytest.approx(1.0)
    assert sentences.to_numpy() @ true_word(sentences.index).probs == pytest.approx([0.5, 0.25, 0.25])


def test_words_and_sentences_occur_as_often_as_their_probabilities_say() -> None:
    n = 50_000
    typed = simulate_typing(n, seed=5)
    truth = possible_sentences()
    counts = typed["sentence"].value_counts().reindex(truth.index, fill_value=0)
    z: pd.Series[float] = (counts - n * truth) / np.sqrt(n * truth * (1 - truth))
    assert np.square(z).mean() == pytest.approx(1.0, abs=0.35)
    posterior = true_word(typed["sentence"]).probs
    for k, word in enumerate(["random", "radon", "radom"]):
        surplus = ((typed["word"] == word).to_numpy() - posterior[:, k]).sum()
        assert abs(surplus) < 4 * np.sqrt((posterior[:, k] * (1 - posterior[:, k])).sum())


def test_the_same_seed_gives_the_same_sentences() -> None:
    pd.testing.assert_frame_equal(simulate_typing(50, seed=3), simulate_typing(50, seed=3))
    assert not simulate_typing(50, seed=3).equals(simulate_typing(50, seed=4))


def test_a_sentence_without_the_typed_word_is_refused() -> None:
    with pytest.raises(DataError, match=r"it's random.*'radom'"):
        true_word(["it's radom", "it's random"])


def test_no_sentences_is_refused() -> None:
    with pytest.raises(ParameterError, match="sentences"):
        simulate_typing(0)
