"""What each part of fit_ensemble's recipe gains: the recipe with one part changed, on a few UCI sets.

    python -m benchmarks.recipe_parts                      # about ten minutes on one core
    python -m benchmarks.recipe_parts --splits 1 --sets energy

Scores are the mean negative log-likelihood of the test rows, in nats and in the target's own units, of a Student t.
Every change can be made from the outside, by the arguments of ``fit_ensemble``.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from time import process_time
from typing import Any

import numpy as np

import mlekit as mk
from benchmarks.datasets import UCI, uci_splits
from benchmarks.harness import publish

ADAM = mk.Adam(batch_size=64, steps=4000, cycles=4, weight_decay=0.1, patience=None, clip_norm=float("inf"))
SMOOTH = mk.MLP(50, 50, 50, activation="silu", skip=True)
STEPPED = mk.MLP(50, 50, activation="relu")
PARTS: dict[str, dict[str, Any]] = {
    "the recipe": {},
    "one kind: smooth networks on standardized inputs": {"network": SMOOTH, "members": 20},
    "one kind: networks with kinks on standardized inputs": {"network": STEPPED, "members": 20},
    "3 members a kind": {"members": 3, "validation": 0.1},
    "one member a kind": {"members": 1},
    "one cycle": {"optimizer": replace(ADAM, cycles=1)},
    "half the steps": {"optimizer": replace(ADAM, steps=2000)},
    "batches of 32": {"optimizer": replace(ADAM, batch_size=32)},
    "no decay of weights": {"optimizer": replace(ADAM, weight_decay=0.0)},
    "a fifth held out": {"validation": 0.2},
    "Gaussian in place of Student t": {"family": mk.Gaussian},
}


def main() -> None:
    """Run all changes on all splits and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--sets", default="bostonHousing,concrete,energy")
    arguments = parser.parse_args()
    sets = arguments.sets.split(",")
    lines = [
        "| | " + " | ".join(UCI[name] for name in sets) + " | CPU seconds a fit |",
        "|---|" + "---:|" * (len(sets) + 1),
    ]
    for part, change in PARTS.items():
        scores, seconds = [], []
        for name in sets:
            of_set = []
            for split in uci_splits(name, arguments.splits):
                train, test = split.rows()
                call = {"family": mk.StudentT, **change}
                start = process_time()
                model: mk.Model[Any] = mk.fit_ensemble("y ~ .", train, **call)
                seconds.append(process_time() - start)
                of_set.append(-model.log_likelihood(test) / len(test))
            scores.append(np.mean(of_set))
        cells = " | ".join(f"{score:.3f}" for score in scores)
        lines.append(f"| {part} | {cells} | {np.mean(seconds):.1f} |")
        print(lines[-1], flush=True)
    header = [
        "# What each part of the recipe gains",
        "",
        f"Mean test NLL in nats on the first {arguments.splits} official splits; made by "
        "`python -m benchmarks.recipe_parts`.",
    ]
    publish("recipe_parts", header, ["\n".join(lines) + "\n"])


if __name__ == "__main__":
    main()
