"""A simulated world in which people type "radom": what did they mean?

    P(word)                 random 0.60, radon 0.30, radom 0.01, other words the rest
    P(typed "radom" | word) random 0.01, radon 0.01, radom 0.30 (the city, which most write with a capital)

so that of those who typed "radom" half mean random, a quarter radon and a quarter the city. They type it in a
short sentence, *opening* radom *object* *ending*, whose words depend on what is meant and, that given, not on one
another:

    P(word | typed, sentence) ∝ P(word) · P(typed | word) · P(opening | word) · P(object | word) · P(ending | word)

The logarithm of the right-hand side is a sum over the words that are present. So the truth is linear in them, and a
`Categorical` with a linear predictor can come as close to it as the number of sentences allows.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy.special import logsumexp

from mlekit.datasets.people import checked_size
from mlekit.distributions import Categorical, Seed
from mlekit.errors import DataError

__all__ = ["possible_sentences", "simulate_typing", "true_word"]

TYPED = "radom"
WORDS = ("random", "radon", "radom")
FREQUENCIES = (0.60, 0.30, 0.01)
MISTYPED = (0.01, 0.01, 0.30)

# P(word of the sentence | word meant), in the order of WORDS. Half of the sentences have no ending,
# whatever is meant, so that its absence says nothing.
OPENINGS = {
    "it's": (0.25, 0.15, 0.15),
    "a": (0.40, 0.05, 0.05),
    "the": (0.20, 0.25, 0.10),
    "in": (0.05, 0.10, 0.45),
    "measured": (0.05, 0.40, 0.02),
    "near": (0.05, 0.05, 0.23),
}
OBJECTS = {
    "variable": (0.30, 0.005, 0.005),
    "number": (0.30, 0.02, 0.02),
    "walk": (0.15, 0.015, 0.075),
    "level": (0.05, 0.40, 0.02),
    "gas": (0.02, 0.35, 0.03),
    "detector": (0.05, 0.16, 0.02),
    "station": (0.03, 0.04, 0.45),
    "today": (0.10, 0.01, 0.38),
}
ENDINGS = {
    "": (0.50, 0.50, 0.50),
    "downstairs": (0.02, 0.28, 0.02),
    "tomorrow": (0.03, 0.07, 0.33),
    "please": (0.30, 0.01, 0.01),
    "again": (0.15, 0.14, 0.14),
}
PARTS = (OPENINGS, OBJECTS, ENDINGS)


def simulate_typing(n: int, seed: Seed = 0) -> pd.DataFrame:
    """Draw sentences in which somebody typed "radom", and the word that was meant.

    Columns: ``sentence``, and ``word`` (a pandas categorical: random, radon, radom).

    Args:
        n: number of sentences.
        seed: a seed or a NumPy generator; the same seed gives the same sentences.

    Raises:
        ParameterError: unless n is a whole number of at least 1.

    >>> simulate_typing(3, seed=0)
                    sentence    word
    0   it's radom gas again   radon
    1  the radom walk please  random
    2  measured radom number  random
    """
    count = checked_size(n, "sentences")
    rng = np.random.default_rng(seed)
    meant: np.ndarray = Categorical(probs=_word_given_typed()).sample(count, rng=rng)
    columns = []
    for part in PARTS:
        given_word = Categorical(probs=np.array(list(part.values())).T, categories=list(part))
        columns.append(Categorical(logits=given_word.logits[meant], categories=list(part)).sample(rng=rng))
    sentences = [_sentence(*words) for words in zip(*columns, strict=True)]
    return pd.DataFrame({"sentence": sentences, "word": pd.Categorical(np.take(WORDS, meant), list(WORDS))})


def true_word(sentences: Iterable[str]) -> Categorical:
    """P(word | typed, sentence): what the typist meant, given the words of each sentence.

    Words that the world does not know say nothing, and neither does case; a sentence that lacks a part is
    judged by the rest of it.

    Args:
        sentences: texts in which "radom" was typed.

    Raises:
        DataError: for a sentence without "radom".

    >>> true_word(["radom", "It's radom variable"]).probs.round(3)
    array([[0.5  , 0.25 , 0.25 ],
           [0.99 , 0.005, 0.005]])
    """
    log_prior = np.log(_word_given_typed())
    return Categorical(
        logits=np.array([log_prior + _evidence(sentence) for sentence in sentences]), categories=WORDS
    )


def possible_sentences() -> pd.Series[float]:
    """Every sentence that can occur in this world, as the index of its probability.

    With it an expectation over the world is a finite sum.

    >>> sentences = possible_sentences()
    >>> len(sentences), sentences.idxmax()
    (240, 'a radom number')
    """
    log_prior = np.log(_word_given_typed())
    sentences = [_sentence(*words) for words in product(*PARTS)]
    joint = np.array([log_prior + _evidence(sentence) for sentence in sentences])
    return pd.Series(
        np.exp(logsumexp(joint, axis=1)), index=pd.Index(sentences, name="sentence"), name="probability"
    )


def _word_given_typed() -> Float[np.ndarray, " words"]:
    joint = np.array(FREQUENCIES) * np.array(MISTYPED)
    posterior: np.ndarray = joint / joint.sum()
    return posterior


def _sentence(opening: str, thing: str, ending: str) -> str:
    return " ".join([opening, TYPED, thing, ending]).rstrip()


def _evidence(sentence: str) -> Float[np.ndarray, " words"]:
    """Log P(sentence | word) for every word."""
    present = set(sentence.lower().split())
    if TYPED not in present:
        raise DataError(f"the sentence {sentence!r} does not have the typed word {TYPED!r} in it")
    evidence = np.zeros(len(WORDS))
    for part in PARTS:
        found = present & part.keys()
        for word in found or {""} & part.keys():
            evidence += np.log(part[word])
    return evidence
