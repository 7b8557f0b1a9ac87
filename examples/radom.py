"""Someone typed "radom". What did they mean?

    python examples/radom.py [--output FOLDER]

Rules branch, they cannot hold a possibility: a distribution can. From a first guess, through answers that contradict
each other, to a model that reads the sentence, in a simulated world whose true probabilities are known.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot

import mlekit as mk
from mlekit.datasets import possible_sentences, simulate_typing, true_word
from mlekit.plotting import plot_probabilities

SIZES = (100, 1_000, 10_000, 100_000)
SEEDS = range(5)
PRIOR = mk.Gaussian(loc=0, scale=1)


def main(output: Path) -> None:
    hold_a_possibility()
    learn_from_conflicting_answers()
    model = learn_typing(10_000, seed=0)
    read_the_sentence(model)
    divergences = approach_the_truth()
    output.mkdir(parents=True, exist_ok=True)
    draw_sentences(model, output / "radom_sentences.png")
    draw_divergences(divergences, output / "radom_divergence.png")
    print(f"\npictures: {output}")


# ---- one word, several possibilities ----------------------------------------------------------------------


def hold_a_possibility() -> None:
    title('P("radom")')
    meant = mk.Categorical.from_dict({"random": 0.5, "radon": 0.25, "radom": 0.25})
    surprise = -meant.log_prob(meant.categories) / np.log(2)
    for word, probability, bits in zip(meant.categories, meant.probs, surprise, strict=True):
        print(f"{word:<8} {probability:>4.0%}   surprise if it turns out so: {bits:.0f} bits")
    print(f"mean surprise, the entropy: {mk.entropy(meant, base=2):.1f} bits = {mk.entropy(meant):.3f} nats")
    assert surprise.tolist() == [1.0, 2.0, 2.0]
    assert mk.entropy(meant, base=2) == 1.5


# ---- answers that contradict each other -------------------------------------------------------------------


def learn_from_conflicting_answers() -> None:
    title("Three people are sure, each of something else")
    answers = pd.DataFrame(
        {
            "sentence": ["in radom today"] * 3 + ["a radom number"] * 12,
            "random": [1, 0, 0] + [1] * 9 + [0] * 3,
            "radon": [0, 1, 0] + [0] * 9 + [1, 1, 0],
            "radom": [0, 0, 1] + [0] * 9 + [0, 0, 1],
        }
    )
    model = mk.fit("random + radon + radom ~ sentence", answers, mk.Categorical)
    asked = pd.DataFrame({"sentence": ["in radom today", "a radom number"]})
    learned = model(asked)
    print(answers.groupby("sentence", sort=False).sum().rename_axis("answers, 100 % each").to_string())
    print("\n" + model.predict_frame(asked).round(3).set_index(asked["sentence"]).to_string())
    print("\nNobody wrote the uncertainty in: it came out of answers that nobody doubted.")

    alike = mk.Empirical(["random", "radon", "radom"]).to_categorical()
    trained = mk.Categorical(probs=learned.probs[0], categories=learned.categories)
    loss = mk.cross_entropy(alike, trained)
    print(
        f"loss {loss:.4f} = entropy of the answers {mk.entropy(alike):.4f} "
        f"+ KL(answers ‖ model) {mk.kl(alike, trained):.4f} nats"
    )
    np.testing.assert_allclose(learned.probs, [[1 / 3, 1 / 3, 1 / 3], [9 / 12, 2 / 12, 1 / 12]], atol=1e-6)
    np.testing.assert_allclose(loss, np.log(3), atol=1e-9)


# ---- the words around it ----------------------------------------------------------------------------------


def presence(sentences: pd.Series[str]) -> pd.DataFrame:
    """A column for each word of a sentence: 1 where it is present. "radom" itself always is."""
    return sentences.str.get_dummies(" ").drop(columns="radom")


VOCABULARY = presence(possible_sentences().index.to_series()).columns


def learn_typing(rows: int, seed: int) -> mk.Model[mk.Categorical]:
    typed = simulate_typing(rows, seed)
    words = presence(typed["sentence"]).reindex(columns=VOCABULARY, fill_value=0)
    return mk.fit("word ~ .", words.assign(word=typed["word"]), mk.Categorical, prior=PRIOR)


def model_says(model: mk.Model[mk.Categorical], sentences: list[str]) -> mk.Categorical:
    lower = pd.Series(sentences).str.lower()
    return model(presence(lower).reindex(columns=VOCABULARY, fill_value=0))


SENTENCES = ["It's radom variable", "In radom station", "The radom walk again"]


def read_the_sentence(model: mk.Model[mk.Categorical]) -> None:
    title("P(word | sentence), learned from 10,000 simulated sentences")
    truth, learned = true_word(SENTENCES), model_says(model, SENTENCES)
    table = pd.concat(
        {
            "true": truth.to_frame(index=pd.Index(SENTENCES)),
            "learned": learned.to_frame(index=pd.Index(SENTENCES)),
        },
        axis=1,
    )
    print(table.round(3).to_string())
    assert abs(learned.probs[0, 0] - 0.99) < 0.01, '"It\'s radom variable": random, 99 %'
    np.testing.assert_allclose(learned.probs, truth.probs, atol=0.05)


# ---- closer to the truth ----------------------------------------------------------------------------------


def approach_the_truth() -> pd.DataFrame:
    """KL(P ‖ P̃), a row a number of sentences and a column a seed: an exact sum over all sentences there are."""
    title("KL(P ‖ P̃): how far the model is from the world, in nats a sentence")
    sentences = possible_sentences()
    truth, weight = true_word(sentences.index), sentences.to_numpy()
    divergences = pd.DataFrame(
        {
            seed: {
                n: float(weight @ mk.kl(truth, model_says(learn_typing(n, seed), sentences.index.to_list())))
                for n in SIZES
            }
            for seed in SEEDS
        }
    ).rename_axis("sentences")
    report = pd.DataFrame(
        {"mean over 5 seeds": divergences.mean(axis=1), "expected": asymptote(divergences.index)}
    )
    print(report.to_string(float_format="{:.6f}".format))
    print(f"expected where sentences are many: {FREE} free parameters / (2 · sentences)")
    mean = divergences.mean(axis=1).to_numpy()
    assert (np.diff(mean) < 0).all(), "more sentences, nearer to the truth"
    np.testing.assert_allclose(mean[2:], asymptote(divergences.index)[2:], rtol=0.5)
    return divergences


# An intercept and 5 + 7 + 4 contrasts between words that exclude each other, for each of 2 log-odds.
FREE = 2 * (1 + 5 + 7 + 4)


def asymptote(sentences: pd.Index[int]) -> np.ndarray:
    return np.asarray(FREE / (2 * sentences.to_numpy(dtype=float)))


# ---- pictures ---------------------------------------------------------------------------------------------


def draw_sentences(model: mk.Model[mk.Categorical], path: Path) -> None:
    figure, axes = pyplot.subplots(1, 3, figsize=(9, 3.2), dpi=120, layout="constrained", sharey=True)
    truth, learned = true_word(SENTENCES), model_says(model, SENTENCES)
    for k, (ax, sentence) in enumerate(zip(axes, SENTENCES, strict=True)):
        pair = {
            name: mk.Categorical(probs=p.probs[k], categories=p.categories.tolist())
            for name, p in (("world", truth), ("model", learned))
        }
        plot_probabilities(pair, ax=ax)
        ax.set_title(f"“{sentence}”", fontsize="medium")
        ax.get_legend().remove()
        ax.set(ylim=(0, 1.1), ylabel="")
    axes[0].set_ylabel("probability of the word meant")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False)
    figure.savefig(path)
    pyplot.close(figure)


def draw_divergences(divergences: pd.DataFrame, path: Path) -> None:
    figure, ax = pyplot.subplots(figsize=(6, 3.8), dpi=120, layout="constrained")
    ax.plot(
        divergences.index,
        asymptote(divergences.index),
        color="#999999",
        linestyle="--",
        label=f"{FREE} / (2 · sentences)",
    )
    ax.plot(divergences.index, divergences.mean(axis=1), color="#0072B2", label="mean of 5 simulations")
    for seed in divergences:
        label = "one simulation" if seed == 0 else None
        ax.scatter(
            divergences.index, divergences[seed], s=14, color="#0072B2", alpha=0.5, label=label, linewidths=0
        )
    ax.set(xscale="log", yscale="log", xlabel="sentences learned from", ylabel="KL(world ‖ model) (nats)")
    ax.set_xticks(divergences.index, [f"{n:,}" for n in divergences.index])
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    figure.savefig(path)
    pyplot.close(figure)


def title(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).parent / "output", help="for the pictures"
    )
    main(parser.parse_args().output)
