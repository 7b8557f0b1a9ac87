"""What can be said of a penguin: its species, its weight and its sex, each as a probability distribution.

    python examples/penguins.py [--output FOLDER]

The rows are real (344 Palmer penguins, shipped with mlekit). A third of them is kept apart, and every claim below
is about those.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot

import mlekit as mk
from mlekit.datasets import penguins
from mlekit.plotting import plot_prediction_band, plot_probability_surface

PRIOR = mk.Gaussian(loc=0, scale=1)
BILL = {"bill_length_mm": "bill length (mm)", "bill_depth_mm": "bill depth (mm)"}


def main(output: Path) -> None:
    table = penguins().dropna()
    held_out = table.sample(frac=1 / 3, random_state=0)
    known = table.drop(held_out.index)
    print(f"{len(table)} complete rows: {len(known)} to learn from, {len(held_out)} kept apart")
    compare_species(known, held_out)
    heavy = predict_body_mass(known, held_out)
    predict_sex(known, held_out)
    output.mkdir(parents=True, exist_ok=True)
    draw_species(known, held_out, output / "penguins_species.png")
    draw_body_mass(heavy, table, output / "penguins_body_mass.png")
    print(f"\npictures: {output}")


# ---- species: Categorical ---------------------------------------------------------------------------------


def compare_species(known: pd.DataFrame, held_out: pd.DataFrame) -> None:
    formula = "species ~ bill_length_mm + bill_depth_mm + body_mass_g"
    title("Which species? (Categorical)")
    try:
        mk.fit(formula, known, mk.Categorical)
        raise AssertionError("these columns separate the species: there is no maximum to find")
    except mk.FitError as error:
        print("without a prior:", str(error).partition(":")[0], "→ with a prior:")

    frequencies = mk.Empirical(known["species"]).to_categorical()
    guess = float(frequencies.log_prob(held_out["species"]).mean())
    rows = [("species' frequencies alone", 2, -guess, (held_out["species"] == frequencies.mode).mean())]
    models = {
        "Linear()": mk.fit(formula, known, mk.Categorical, prior=PRIOR),
        "MLP(16)": mk.fit(formula, known, mk.Categorical, network=mk.MLP(16), prior=PRIOR, seed=0),
    }
    for name, model in models.items():
        right = (model.predict(held_out) == held_out["species"]).mean()
        rows.append((name, model.n_parameters, nll(model, held_out), right))
    report = pd.DataFrame(rows, columns=["network", "parameters", "NLL (nats a row)", "right"])
    print(
        report.to_string(
            index=False, formatters={"NLL (nats a row)": "{:.3f}".format, "right": "{:.0%}".format}
        )
    )

    linear = models["Linear()"]
    unsure = held_out.iloc[np.argsort(linear(held_out).entropy())[-3:]]
    print("\nThe three it is least sure of (Linear):")
    print(linear.predict_frame(unsure).round(3).assign(species=unsure["species"]).to_string())
    assert linear.loss_name == "cross-entropy"
    for model in models.values():
        assert nll(model, held_out) < -guess / 5, "far better than the frequencies"
        assert (model.predict(held_out) == held_out["species"]).mean() > 0.95


def draw_species(known: pd.DataFrame, held_out: pd.DataFrame, path: Path) -> None:
    figure, axes = pyplot.subplots(1, 2, figsize=(9, 4), dpi=120, layout="constrained", sharey=True)
    networks: dict[str, mk.Network] = {"Linear()": mk.Linear(), "MLP(16)": mk.MLP(16)}
    for ax, (name, network) in zip(axes, networks.items(), strict=True):
        model = mk.fit(
            "species ~ bill_length_mm + bill_depth_mm", known, mk.Categorical, network=network, prior=PRIOR
        )
        plot_probability_surface(model, held_out, *BILL, target="species", ax=ax)
        ax.set_title(name, fontsize="medium")
        ax.set(xlabel=BILL["bill_length_mm"], ylabel=BILL["bill_depth_mm"])
        ax.get_legend().remove()
    axes[1].set_ylabel("")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False)
    figure.savefig(path)
    pyplot.close(figure)


# ---- body mass: Gaussian ----------------------------------------------------------------------------------


def predict_body_mass(known: pd.DataFrame, held_out: pd.DataFrame) -> mk.Model[mk.Gaussian]:
    title("How heavy? (Gaussian, a formula for each parameter)")
    mean = "body_mass_g ~ flipper_length_mm + species + sex"
    model = mk.fit({"loc": mean, "scale": "~ sex + species"}, known, mk.Gaussian)
    print(model.predict_frame(held_out.head(3)).round(0).astype(int).to_string())
    low, high = model(held_out).interval(0.9)
    inside = float(((held_out["body_mass_g"] >= low) & (held_out["body_mass_g"] <= high)).mean())
    without = mk.fit("body_mass_g ~ 1", known, mk.Gaussian)
    print(f"\nNLL {nll(model, held_out):.3f} nats a row, without any column {nll(without, held_out):.3f}")
    print(f"{inside:.0%} of the penguins kept apart weigh what its 90 % intervals say")
    assert nll(model, held_out) < nll(without, held_out) - 0.5
    assert 0.82 <= inside <= 0.97
    return model


def draw_body_mass(model: mk.Model[mk.Gaussian], table: pd.DataFrame, path: Path) -> None:
    gentoo = table[table["species"] == "Gentoo"]
    figure, ax = pyplot.subplots(figsize=(6, 4), dpi=120, layout="constrained")
    for sex, color in (("male", "#D55E00"), ("female", "#0072B2")):
        rows = gentoo[gentoo["sex"] == sex]
        at = {"species": "Gentoo", "sex": sex}
        plot_prediction_band(
            model, rows, "flipper_length_mm", "body_mass_g", at=at, label=sex, color=color, ax=ax
        )
    ax.set_title("Gentoo penguins", fontsize="medium")
    ax.set(xlabel="flipper length (mm)", ylabel="body mass (g)")
    figure.savefig(path)
    pyplot.close(figure)


# ---- sex: Bernoulli ---------------------------------------------------------------------------------------


def predict_sex(known: pd.DataFrame, held_out: pd.DataFrame) -> None:
    title("Male or female? (Bernoulli)")
    known, held_out = (rows.assign(male=rows["sex"] == "male") for rows in (known, held_out))
    model = mk.fit("male ~ body_mass_g + bill_depth_mm + bill_length_mm + species", known, mk.Bernoulli)
    print(model.predict_frame(held_out.head(3)).round(3).to_string())
    right = (model.predict(held_out) == held_out["male"]).mean()
    print(f"\n{model.loss_name} {nll(model, held_out):.3f} nats a row, {right:.0%} right")
    assert nll(model, held_out) < np.log(2) / 2, "half the surprise of a coin"
    assert right > 0.85


# ---- words ------------------------------------------------------------------------------------------------


def nll(model: mk.Model[Any], rows: pd.DataFrame) -> float:
    """The mean negative log-likelihood of rows, in nats."""
    return -model.log_likelihood(rows) / len(rows)


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
