"""One training step and one epoch of a small MLP, or of an ensemble: mlekit, scikit-learn, PyTorch, JAX.

    python -m benchmarks.training_step                        # three minutes, a third of them compilation
    python -m benchmarks.training_step --rounds 3 --cases 2   # the first two cases: a minute

Each does the same: forward, the loss and its gradient, backward, Adam; in float32, from the same weights, on the
same batch. That they do is checked first. Needs ``pip install mlekit[bench]``.
"""

from __future__ import annotations

import argparse
import importlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from benchmarks.compiled_trainers import Jax, TorchCompiled
from benchmarks.ensemble_trainers import FitMembers, MlekitInTurn, MlekitStack, TorchStack
from benchmarks.experiment import SCRATCH
from benchmarks.harness import Arithmetic, compare, machine, product_speed, publish, table, threads
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
ENSEMBLES = [
    replace(Problem(widths, batch, "squared error", ROWS), members=members)
    for members in (5, 20)
    for widths, batch in SIZES[:3]
]
TRAINERS: dict[str, Callable[[Problem], Trainer]] = {
    "mlekit networks": Mlekit,
    "PyTorch eager": lambda problem: Torch(problem, fused=False),
    "PyTorch eager, fused Adam": lambda problem: Torch(problem, fused=True),
    "PyTorch compiled": TorchCompiled,
    "JAX": Jax,
    "scikit-learn": ScikitLearn,
}
ENSEMBLE_TRAINERS: dict[str, Callable[[Problem], Trainer]] = {
    "mlekit stack": MlekitStack,
    "mlekit networks in turn": MlekitInTurn,
    "PyTorch eager, fused Adam": TorchStack,
    "PyTorch compiled": TorchCompiled,
    "JAX": Jax,
}


def check_agreement(problem: Problem, trainers: Mapping[str, Trainer], steps: int = 5) -> None:
    """Raise unless all trainers have the same losses and end up with the same predictions."""
    losses = {name: [trainer.step() for _ in range(steps)] for name, trainer in trainers.items()}
    predictions = {name: trainer.predict() for name, trainer in trainers.items()}
    first = next(iter(trainers))
    for name in trainers:
        np.testing.assert_allclose(losses[name], losses[first], rtol=1e-4, err_msg=f"{problem}, {name}")
        np.testing.assert_allclose(
            predictions[name], predictions[first], atol=1e-3, err_msg=f"{problem}, {name}"
        )


@dataclass(frozen=True)
class Measurement:
    """How much is measured: so many rounds, of so many of the problems, beside a large product's speed."""

    rounds: int
    cases: int | None
    peak: float

    def tables(
        self,
        of_what: str,
        problems: Sequence[Problem],
        makers: Mapping[str, Callable[[Problem], Trainer]],
        fit: str,
        make_fit: type[Fit | FitMembers],
    ) -> list[str]:
        """Time the steps of all trainers, then their epochs and those of a fit."""
        steps, epochs = {}, {}
        chosen = problems[: self.cases]
        for problem in chosen:
            print(problem, flush=True)
            trainers = {name: make(problem) for name, make in makers.items()}
            check_agreement(problem, trainers)
            step = {name: trainer.step for name, trainer in trainers.items()}
            epoch = {name: trainer.epoch for name, trainer in trainers.items()}
            steps[str(problem)] = compare(step, rounds=self.rounds)
            epochs[str(problem)] = compare({fit: make_fit(problem).epoch, **epoch}, rounds=self.rounds)
        of_step = {str(problem): problem.flops for problem in chosen}
        of_epoch = {str(problem): problem.flops * ROWS // problem.batch for problem in chosen}
        return [
            table(f"One step{of_what}", "µs", steps, Arithmetic(of_step, self.peak)),
            table(f"One epoch{of_what}", "ms", epochs, Arithmetic(of_epoch, self.peak)),
        ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, default=1, help="for BLAS and PyTorch (default: 1)")
    parser.add_argument(
        "--rounds", type=int, default=25, help="turns that each contestant gets (default: 25)"
    )
    parser.add_argument("--cases", type=int, help="only so many of the cases of each table")
    arguments = parser.parse_args()
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(arguments.threads)
    warnings.simplefilter("ignore", ConvergenceWarning)  # an epoch is not meant to converge

    with threads(arguments.threads):
        description = machine(["numpy", "scikit-learn", "torch", "jax"])
        peak = product_speed()
        measure = Measurement(arguments.rounds, arguments.cases, peak)
        tables = [
            *measure.tables("", PROBLEMS, TRAINERS, "mlekit fit", Fit),
            *measure.tables(
                " of an ensemble", ENSEMBLES, ENSEMBLE_TRAINERS, "mlekit fit_ensemble", FitMembers
            ),
        ]
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
        "* mlekit networks, stack: `mlekit.networks`, a likelihood's score, and Adam, each called from Python, in",
        "  `benchmarks/trainers.py`",
        "* mlekit fit, fit_ensemble: the steps that they make, with schedule, clipping, history and shuffling: only as",
        "  epochs, as many steps are one call",
        "* scikit-learn: the private `_backprop` and `AdamOptimizer` for a step, `partial_fit` for an epoch",
        "* PyTorch eager: with the default and with the fused Adam; compiled: gradient and Adam in one graph",
        "  (`torch.func`, `torch.compile`), compilation not counted",
        "* JAX: gradient and Adam jitted as one function, its state donated; an epoch is one `lax.scan`; compilation",
        "  not counted",
        "* ensembles: the same batch for all members; one array of weights a layer (in turn: one network after",
        "  another)",
        "",
        f"NumPy multiplies two float32 matrices of 1024 × 1024 at {peak / 1e9:.0f} GFLOP/s in the same run. A step's",
        "operations are those of its matrix products. OpenBLAS chooses its kernels by the processor's model, and falls",
        "back to older ones for models that it does not know: where the line above says Haswell on a processor with",
        "AVX-512, `OPENBLAS_CORETYPE=SkylakeX` makes NumPy's products, and with them mlekit, faster.",
        "",
        f"An epoch is {ROWS} rows, shuffled. Ratios are to the first contestant, round by round.",
    ]
    name = "training_step" if arguments.threads == 1 else f"training_step_{arguments.threads}_threads"
    publish(name, header, tables, None if arguments.cases is None else SCRATCH)


if __name__ == "__main__":
    main()
