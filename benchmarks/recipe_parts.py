"""What each part of fit_ensemble's recipe gains: the recipe with one part changed.

    python -m benchmarks.recipe_parts                                  # two or three minutes on one core
    python -m benchmarks.recipe_parts --trainings                      # with changes of the training: ten minutes
    python -m benchmarks.recipe_parts --splits 1 --sets energy,Pima

One training a split tells of all parts that choose and mix: at every look at the networks it is recorded how likely
each member finds the rows that it holds out, and those of the test. A change of the training itself takes a fit of
its own. Scores are mean negative log-likelihoods of test rows, in nats: of a Student t on the UCI sets, of classes
elsewhere. Needs ``pip install mlekit[bench]`` and the reference data (``MLEKIT_SHARED_DATA``).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
from scipy.special import logsumexp

import mlekit as mk
from benchmarks.classification import family
from benchmarks.datasets import CLASSES, UCI, classes, folds, uci_splits
from benchmarks.experiment import SCRATCH, Split
from benchmarks.harness import publish, threads
from benchmarks.summaries import markdown
from mlekit.ensemble import _default_optimizer
from mlekit.fitting.members import HeldOut
from mlekit.fitting.stacking import stacking_weights

SETS = "bostonHousing,concrete,energy,breast cancer,wine,Pima,birthwt,Womenlf"


@dataclass(frozen=True)
class Members:
    """Log-densities by members of one kind: of rows they hold out, and of the test's; networks have many looks."""

    held_out: np.ndarray  # looks × members × rows
    test: np.ndarray
    weights: np.ndarray  # members × rows

    def mean_nll(self, beside: np.ndarray | None, share: float) -> np.ndarray:
        """Of every look and member, mixed with another kind's density."""
        log_prob = self.held_out
        if beside is not None:
            log_prob = np.logaddexp(log_prob + np.log1p(-share), beside + np.log(share))
        return np.asarray(-(self.weights * log_prob).sum(axis=2) / self.weights.sum(axis=1))

    def best(self, beside: np.ndarray | None = None, share: float = 1 / 3, of_all: float = 0.8) -> Members:
        """The look that each member keeps, judged by its own rows and those of all."""
        own = self.mean_nll(beside, share)
        looks = (of_all * own.mean(axis=1, keepdims=True) + (1 - of_all) * own).argmin(axis=0)
        member = np.arange(len(looks))
        return Members(self.held_out[looks, member][None], self.test[looks, member][None], self.weights)


Kinds = tuple[Members, Members, Members]


def mixed(kinds: list[Members], *, stacked: bool = True, members: int | None = None) -> float:
    """Mean test NLL of the mixture of kinds that have kept one look each."""
    weights = np.full(len(kinds), 1 / len(kinds))
    if stacked:
        found = np.stack([kind.held_out.reshape(-1) for kind in kinds])
        weights = stacking_weights(found, kinds[0].weights.reshape(-1))
    of_kinds = [
        logsumexp(kind.test[0, :members], axis=0) - np.log(len(kind.test[0, :members])) for kind in kinds
    ]
    return -float(logsumexp(np.stack(of_kinds), axis=0, b=weights[:, None]).mean())


def chosen(kinds: Kinds, **settings: Any) -> list[Members]:
    """Both kinds of networks at their best looks beside the linear kind, and that."""
    smooth, stepped, linear = kinds
    beside = linear.held_out[0]
    return [smooth.best(beside, **settings), stepped.best(beside, **settings), linear]


def without_lines(kinds: Kinds) -> list[Members]:
    """Networks alone, chosen without regard to others."""
    return [kinds[0].best(), kinds[1].best()]


RECORDED: dict[str, Callable[[Kinds], float]] = {
    "the recipe": lambda kinds: mixed(chosen(kinds)),
    "without linear members": lambda kinds: mixed(without_lines(kinds)),
    "without networks with kinks": lambda kinds: mixed([chosen(kinds)[0], kinds[2]]),
    "without smooth networks": lambda kinds: mixed(chosen(kinds)[1:]),
    "linear members alone": lambda kinds: mixed([kinds[2]]),
    "networks chosen as if alone": lambda kinds: mixed([*without_lines(kinds), kinds[2]]),
    "each network chosen by its own fold": lambda kinds: mixed(chosen(kinds, of_all=0.0)),
    "all networks of a kind chosen at one step": lambda kinds: mixed(chosen(kinds, of_all=1.0)),
    "kinds weigh alike": lambda kinds: mixed(chosen(kinds), stacked=False),
    "3 of the 10 members a kind": lambda kinds: mixed(chosen(kinds), members=3),
    "1 of the 10 members a kind": lambda kinds: mixed(chosen(kinds), members=1),
    "no linear members, own folds, weights alike": lambda kinds: mixed(
        [kinds[0].best(of_all=0.0), kinds[1].best(of_all=0.0)], stacked=False
    ),
}
TRAINED: dict[str, dict[str, Any]] = {
    "one cycle": {"cycles": 1},
    "half the steps": {"steps": 2000},
    "no decay of weights": {"weight_decay": 0.0},
}


@contextmanager
def looks() -> Iterator[list[tuple[HeldOut, np.ndarray]]]:
    """Every look at members that is taken inside, with their weights."""
    seen: list[tuple[HeldOut, np.ndarray]] = []
    compute = HeldOut.mean_nll

    def record(self: HeldOut, theta: np.ndarray) -> np.ndarray:
        seen.append((self, theta.copy()))
        return compute(self, theta)

    with patch.object(HeldOut, "mean_nll", record):
        yield seen


def recorded(train: pd.DataFrame, test: pd.DataFrame, kind: Any, seed: int) -> Kinds:
    """One training of the recipe, as all its members were at every look."""
    with looks() as seen:
        model = mk.fit_ensemble("y ~ .", train, kind, seed=seed, progress=False)
    rows = model.regression.encoding.encode(test, target=True)
    assert rows.target is not None
    head = model.head.member
    inputs = model.preparation.apply(model.regression.inputs(rows.inputs, len(rows.index)), np.float32)
    outcomes = head.encode(rows.target)
    by_width: dict[int, list[tuple[HeldOut, np.ndarray]]] = {}
    for judge, theta in seen:
        by_width.setdefault(judge.inputs.shape[-1], []).append((judge, theta))

    def members(width: int) -> Members:
        held_out, of_test = [], []
        for judge, theta in by_width[width]:
            own = np.ascontiguousarray(inputs[:, :width], dtype=judge.inputs.dtype)
            held_out.append(judge.log_prob(theta))
            of_test.append(
                [head.log_likelihood(eta, outcomes) for eta in judge.stack.forward(theta, own).copy()]
            )
        return Members(np.stack(held_out), np.array(of_test), by_width[width][0][0].weights)

    linear, smooth, stepped = map(members, sorted(by_width))
    return smooth, stepped, linear.best(of_all=1.0)


def trained(train: pd.DataFrame, test: pd.DataFrame, kind: Any, seed: int, change: dict[str, Any]) -> float:
    """Mean test NLL of the recipe with other steps."""
    optimizer = replace(_default_optimizer(len(train), None), **change)
    model = mk.fit_ensemble("y ~ .", train, kind, optimizer=optimizer, seed=seed, progress=False)
    return -model.log_likelihood(test) / len(test)


def splits_of(name: str, count: int) -> list[Split]:
    """The first splits of a set of either sort."""
    return uci_splits(name, count) if name in UCI else folds(name, classes(name), count, stratified=True)


def main() -> None:
    """Run all changes on all splits and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--sets", default=SETS, help=f"some of {', '.join([*UCI, *CLASSES])}")
    parser.add_argument(
        "--trainings", action="store_true", help="change the training too, a fit for each change"
    )
    arguments = parser.parse_args()
    trainings = TRAINED if arguments.trainings else {}
    sets = arguments.sets.split(",")
    scores: dict[str, dict[str, list[float]]] = {part: {} for part in (*RECORDED, *trainings)}
    with threads(1):
        for name in sets:
            for split in splits_of(name, arguments.splits):
                train, test = split.rows()
                kind = mk.StudentT if name in UCI else family(train)
                kinds = recorded(train, test, kind, split.number)
                for part, change in RECORDED.items():
                    scores[part].setdefault(name, []).append(change(kinds))
                for part, settings in trainings.items():
                    score = trained(train, test, kind, split.number, settings)
                    scores[part].setdefault(name, []).append(score)
                print(
                    name,
                    split.number,
                    {part: round(of[name][-1], 4) for part, of in scores.items()},
                    flush=True,
                )
    lines = [[part, *(f"{np.mean(of[name]):.3f}" for name in sets)] for part, of in scores.items()]
    header = [
        "# What each part of the recipe gains",
        "",
        f"Mean test NLL in nats on the first {arguments.splits} splits of each set; made by",
        f"`python -m benchmarks.recipe_parts{' --trainings' * arguments.trainings}`.",
        "",
        "All lines but those of another training share their networks, so that differences between lines are surer",
        "than the figures; of few splits they are still rough.",
        "",
    ]
    whole = (arguments.sets, arguments.splits) == (SETS, 3)
    table = markdown(
        "Student t on the UCI sets, classes elsewhere",
        ["Changed", *(UCI.get(name, name) for name in sets)],
        lines,
    )
    publish("recipe_parts", header, [table], *([] if whole else [SCRATCH]))


if __name__ == "__main__":
    main()
