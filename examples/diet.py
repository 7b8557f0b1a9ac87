"""Does a person of this height and weight need a diet? And are they under, normal or overweight?

    python examples/diet.py [--output FOLDER]

The people are simulated, so the true probabilities are known. No loss is chosen below: binary cross-entropy and
cross-entropy are what the likelihoods of a `Bernoulli` and a `Categorical` are called elsewhere.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from matplotlib import pyplot

import mlekit as mk
from mlekit.datasets import simulate_people, true_needs_diet, true_status
from mlekit.plotting import plot_history, plot_probability_surface

NETWORKS: dict[str, mk.Network] = {"Linear()": mk.Linear(), "MLP(16)": mk.MLP(16)}
P = TypeVar("P", mk.Bernoulli, mk.Categorical)


def main(output: Path) -> None:
    known, fresh = simulate_people(2_000, seed=0), simulate_people(20_000, seed=1)
    print(f"{len(known):,} people to learn from, {len(fresh):,} others to judge by")
    diets = compare("needs_diet", mk.Bernoulli, true_needs_diet, known, fresh)
    statuses = compare("status", mk.Categorical, true_status, known, fresh)
    assert diets["MLP(16)"].loss_name == "binary cross-entropy"
    assert statuses["MLP(16)"].loss_name == "cross-entropy"
    ask(diets["MLP(16)"], statuses["MLP(16)"])
    output.mkdir(parents=True, exist_ok=True)
    shown = fresh.head(150)
    draw({"truth": true_needs_diet, **diets}, shown, "needs_diet", output / "diet_needed.png")
    draw({"truth": true_status, **statuses}, shown, "status", output / "diet_status.png")
    draw_history(diets["MLP(16)"], output / "diet_history.png")
    print(f"\npictures: {output}")


def compare(
    target: str,
    family: type[P],
    truth: Callable[[pd.DataFrame], P],
    known: pd.DataFrame,
    fresh: pd.DataFrame,
) -> dict[str, mk.Model[P]]:
    """Fit each network, and hold it to what is true."""
    models = {
        name: mk.fit(f"{target} ~ height + weight", known, family, network=network, seed=0)
        for name, network in NETWORKS.items()
    }
    title(f"{target} ({family.__name__}, {models['Linear()'].loss_name})")
    true = truth(fresh)
    least = float(mk.entropy(true).mean())
    rows: dict[str, dict[str, float]] = {}
    for name, model in models.items():
        surprise = -model(fresh).log_prob(fresh[target])
        divergence = float(mk.kl(true, model(fresh)).mean())
        loss = -model.log_likelihood(fresh) / len(fresh)
        rows[name] = {
            "mean NLL": loss,
            "scikit-learn": log_loss_elsewhere(model, fresh, target),
            "entropy + KL": least + divergence,
            "KL(truth ‖ model)": divergence,
            "right": float(np.mean(model(fresh).mode == fresh[target].to_numpy())),
        }
        assert abs(loss - (least + divergence)) < 4 * surprise.std() / np.sqrt(len(fresh)), "up to chance"
        if sklearn_is_here():
            assert abs(loss - rows[name]["scikit-learn"]) < 1e-9, "the same number under another name"
    print(pd.DataFrame(rows).T.to_string(float_format="{:.4f}".format))
    print(f"entropy of the truth: {least:.4f} nats, below which no model comes")
    assert rows["MLP(16)"]["KL(truth ‖ model)"] < rows["Linear()"]["KL(truth ‖ model)"] / 3
    return models


def sklearn_is_here() -> bool:
    return importlib.util.find_spec("sklearn") is not None


def log_loss_elsewhere(model: mk.Model[Any], rows: pd.DataFrame, target: str) -> float:
    """What scikit-learn's log_loss makes of the same probabilities; NaN where scikit-learn is not installed."""
    if not sklearn_is_here():
        return float("nan")
    from sklearn.metrics import log_loss

    predicted = model(rows)
    if isinstance(predicted, mk.Bernoulli):
        return float(log_loss(rows[target], predicted.probs))
    # It wants labels in alphabetical order.
    order = np.argsort(predicted.categories.astype(str))
    return float(log_loss(rows[target].astype(str), predicted.probs[:, order]))


def ask(diet: mk.Model[mk.Bernoulli], status: mk.Model[mk.Categorical]) -> None:
    title("Three people of 175 cm")
    people = pd.DataFrame({"height": 175.0, "weight": [55.0, 75.0, 95.0]})
    answer = people.assign(needs_diet=diet(people).probs).join(status.predict_frame(people))
    print(answer.round(3).to_string(index=False))
    light, middle, heavy = diet(people).probs
    assert light < 0.1 < middle < 0.9 < heavy
    assert status(people).mode.tolist() == ["under", "normal", "overweight"]


# ---- pictures ---------------------------------------------------------------------------------------------


def draw(
    predictors: Mapping[str, Callable[[pd.DataFrame], mk.Bernoulli | mk.Categorical]],
    people: pd.DataFrame,
    target: str,
    path: Path,
) -> None:
    figure, axes = pyplot.subplots(1, 3, figsize=(9, 3.6), dpi=120, layout="constrained", sharey=True)
    for ax, (name, predictor) in zip(axes, predictors.items(), strict=True):
        plot_probability_surface(predictor, people, "height", "weight", target=target, ax=ax)
        ax.get_legend().remove()
        ax.set_title(name, fontsize="medium")
        ax.set(xlabel="height (cm)", ylabel="")
    axes[0].set_ylabel("weight (kg)")
    handles, labels = axes[0].get_legend_handles_labels()
    named = {"False": "needs no diet", "True": "needs a diet"}
    figure.legend(
        handles,
        [named.get(label, label) for label in labels],
        loc="outside upper center",
        ncols=3,
        frameon=False,
    )
    figure.savefig(path)
    pyplot.close(figure)


def draw_history(model: mk.Model[Any], path: Path) -> None:
    figure, ax = pyplot.subplots(figsize=(6, 3.6), dpi=120, layout="constrained")
    plot_history(model.history, ax=ax)
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
