"""One training step and one epoch of a small MLP: mlekit's networks, scikit-learn, PyTorch.

    python -m benchmarks.training_step

Each does the same: forward, the loss and its gradient, backward, Adam; in float32, from the same weights, on the
same batch. That they do is checked first. Needs ``pip install mlekit[bench]``.
"""

from __future__ import annotations

import argparse
import importlib
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from benchmarks.harness import compare, machine, publish, table, threads
from benchmarks.problem import Problem, Trainer
from benchmarks.trainers import Fit, Mlekit, ScikitLearn, Torch

ROWS = 8192
SIZES = [
    ((32, 32), 64),
    ((32, 32), 256),
    ((64, 64), 256),
    ((64, 64), 1024),
    ((64, 64), 4096),
    ((256, 256), 256),
]
LOSSES = ["squared error", "cross-entropy"]
PROBLEMS = [Problem(widths, batch, loss, ROWS) for loss in LOSSES for widths, batch in SIZES]
TRAINERS: dict[str, Callable[[Problem], Trainer]] = {
    "mlekit networks": Mlekit,
    "PyTorch eager": lambda problem: Torch(problem, fused=False),
    "PyTorch eager, fused Adam": lambda problem: Torch(problem, fused=True),
    "scikit-learn": ScikitLearn,
}


def check_agreement(problem: Problem, trainers: dict[str, Trainer], steps: int = 5) -> None:
    """Raise unless all trainers have the same losses and end up with the same predictions."""
    losses = {name: [trainer.step() for _ in range(steps)] for name, trainer in trainers.items()}
    predictions = {name: trainer.predict() for name, trainer in trainers.items()}
    for name in trainers:
        np.testing.assert_allclose(
            losses[name], losses["mlekit networks"], rtol=1e-4, err_msg=f"{problem}, {name}"
        )
        np.testing.assert_allclose(
            predictions[name], predictions["mlekit networks"], atol=1e-3, err_msg=f"{problem}, {name}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, default=1, help="for BLAS and PyTorch (default: 1)")
    parser.add_argument(
        "--rounds", type=int, default=25, help="turns that each contestant gets (default: 25)"
    )
    arguments = parser.parse_args()
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(arguments.threads)
    warnings.simplefilter("ignore", ConvergenceWarning)  # an epoch is not meant to converge

    steps, epochs = {}, {}
    with threads(arguments.threads):
        description = machine(["numpy", "scikit-learn", "torch"])
        for problem in PROBLEMS:
            trainers = {name: make(problem) for name, make in TRAINERS.items()}
            check_agreement(problem, trainers)
            # The first stands for the mere arithmetic; what users get by `fit` does more in a step.
            fit = Fit(problem)
            step = {name: trainer.step for name, trainer in trainers.items()}
            epoch = {name: trainer.epoch for name, trainer in trainers.items()}
            steps[str(problem)] = compare({**step, "mlekit fit": fit.step}, rounds=arguments.rounds)
            epochs[str(problem)] = compare({**epoch, "mlekit fit": fit.epoch}, rounds=arguments.rounds)
    option = "" if arguments.threads == 1 else f" --threads {arguments.threads}"
    header = [
        "# One training step, one epoch",
        "",
        f"`python -m benchmarks.training_step{option}`",
        "",
        f"* {arguments.threads} thread(s) for BLAS and PyTorch; {arguments.rounds} interleaved rounds",
        *description,
        "",
        "Forward (tanh), loss and its gradient, backward, Adam, in float32: the same from the same weights, which",
        "is checked before it is timed.",
        "",
        "* mlekit networks: `mlekit.networks` with the loss and Adam written out in `benchmarks/trainers.py`",
        "* mlekit fit: the steps that `fit` makes, with any distribution's likelihood, schedule, clipping, history",
        "* scikit-learn: the private `_backprop` and `AdamOptimizer` for a step, `partial_fit` for an epoch",
        "* PyTorch: eager mode, with the default and with the fused Adam",
        "",
        f"An epoch is {ROWS} rows, shuffled. Ratios are to the first contestant, round by round.",
    ]
    name = "training_step" if arguments.threads == 1 else f"training_step_{arguments.threads}_threads"
    publish(name, header, [table("One step", "µs", steps), table("One epoch", "ms", epochs)])


if __name__ == "__main__":
    main()
