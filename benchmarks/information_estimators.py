"""Bias, error and coverage of estimates of information from samples, where the truth is known.

    python -m benchmarks.information_estimators

Each line simulates many samples of one size from one distribution: ``bias`` is the mean of value − truth, ``rmse`` the
root of its mean square, ``coverage`` how often the interval of level 95 % holds the truth. Writes
``benchmarks/results/information_estimators.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
from scipy.special import xlogy

from mlekit.distributions import Categorical, Gaussian
from mlekit.information import cross_entropy, entropy, grouped_decomposition, kl
from mlekit.information.estimators import (
    SampleEstimate,
    estimate_differential_entropy,
    estimate_entropy,
    estimate_kl,
    g_test,
)
from mlekit.information.estimators.labels import EntropyMethod

RESULTS = Path(__file__).parent / "results" / "information_estimators.md"
REPETITIONS, RESAMPLES = 400, 100

Draw = Callable[[np.random.Generator], SampleEstimate]
Parts = Callable[[np.random.Generator], dict[str, SampleEstimate]]


class Line(NamedTuple):
    """One setting, simulated."""

    task: str
    truth_name: str
    size: int
    method: str
    bias: float
    rmse: float
    coverage: float


def simulate(task: str, truth_name: str, size: int, method: str, truth: float, draw: Draw) -> Line:
    rng = np.random.default_rng(20_240_601)
    known = [draw(rng) for _ in range(REPETITIONS)]
    errors = np.array([estimate.value for estimate in known]) - truth
    coverage = float(np.mean([estimate.low <= truth <= estimate.high for estimate in known]))
    rmse = float(np.sqrt(np.mean(np.square(errors))))
    return Line(task, truth_name, size, method, float(errors.mean()), rmse, coverage)


def discrete() -> Iterator[Line]:
    kinds = 100
    ranks = np.arange(1.0, kinds + 1)
    truths = {"uniform over 100": np.full(kinds, 1 / kinds), "Zipf over 100": (1 / ranks) / (1 / ranks).sum()}
    for name, p in truths.items():
        for size in (50, 200, 1000):
            for method in get_args(EntropyMethod):

                def draw(
                    rng: np.random.Generator,
                    p: np.ndarray = p,
                    size: int = size,
                    method: EntropyMethod = method,
                ) -> SampleEstimate:
                    counts = rng.multinomial(size, p)
                    return estimate_entropy(
                        counts=counts, method=method, categories=kinds, resamples=RESAMPLES, rng=rng
                    )

                yield simulate("entropy", name, size, method, -float(xlogy(p, p).sum()), draw)


def continuous() -> Iterator[Line]:
    for dimension in (1, 2, 5):
        for size in (200, 2000):
            own_entropy = dimension * 0.5 * np.log(2 * np.pi * np.e)
            shift = 1 / np.sqrt(dimension)

            def own(rng: np.random.Generator, shape: tuple[int, int] = (size, dimension)) -> SampleEstimate:
                return estimate_differential_entropy(rng.normal(size=shape))

            def between(
                rng: np.random.Generator, shape: tuple[int, int] = (size, dimension), shift: float = shift
            ) -> SampleEstimate:
                return estimate_kl(rng.normal(size=shape), rng.normal(shift, size=shape))

            name = f"Gaussian, {dimension} dimensions"
            yield simulate("differential entropy", name, size, "kozachenko_leonenko", float(own_entropy), own)
            yield simulate("KL of samples, truth 0.5", name, size, "wang_kulkarni_verdu", 0.5, between)
    for size in (200, 2000):

        def to_model(rng: np.random.Generator, size: int = size) -> SampleEstimate:
            return estimate_kl(rng.normal(size=size), Gaussian(loc=1.0, scale=1.0))

        yield simulate(
            "KL to a model, truth 0.5", "Gaussian", size, "nearest_neighbour_to_model", 0.5, to_model
        )


def against_models() -> Iterator[Line]:
    """KL of the truth from a model, by the noncentral χ² of the G-test."""
    truth = np.array([0.5, 0.3, 0.2])
    for name, model in {"another": np.array([0.4, 0.3, 0.3]), "the truth itself": truth}.items():
        for size in (100, 1000):

            def draw(rng: np.random.Generator, model: np.ndarray = model, size: int = size) -> SampleEstimate:
                test = g_test(rng.multinomial(size, truth), model)
                return SampleEstimate(
                    test.kl, test.low, test.high, test.level, np.nan, "g_test", size, test.notes
                )

            divergence = float(kl(Categorical(probs=truth), Categorical(probs=model)))
            yield simulate("KL to a model", f"3 kinds, model {name}", size, "g_test", divergence, draw)


def decompositions() -> Iterator[Line]:
    """Entropy, KL and cross-entropy of groups of rows, by redrawing the rows of each group."""
    truth = np.random.default_rng(1).dirichlet(np.ones(3), size=20)
    model = 0.7 * truth + 0.3 / 3
    truths = {
        "entropy": float(np.mean(entropy(Categorical(probs=truth)))),
        "kl": float(np.mean(kl(Categorical(probs=truth), Categorical(probs=model)))),
        "cross_entropy": float(np.mean(cross_entropy(Categorical(probs=truth), Categorical(probs=model)))),
    }
    for rows in (10, 50):
        groups = np.repeat(np.arange(len(truth)), rows)

        def parts(
            rng: np.random.Generator, groups: np.ndarray = groups, rows: int = rows
        ) -> dict[str, SampleEstimate]:
            codes = np.concatenate([rng.choice(3, rows, p=p) for p in truth])
            known = grouped_decomposition(
                groups, codes, np.log(model)[groups, codes], resamples=RESAMPLES, rng=rng
            )
            values = {
                "entropy": (known.entropy, known.entropy_interval),
                "kl": (known.kl, known.kl_interval),
                "cross_entropy": (known.cross_entropy, known.cross_entropy_interval),
            }
            return {
                name: SampleEstimate(value, *interval, 0.95, np.nan, "decomposition", len(codes))
                for name, (value, interval) in values.items()
                if value is not None and interval is not None
            }

        for name, value in truths.items():

            def draw(rng: np.random.Generator, name: str = name, parts: Parts = parts) -> SampleEstimate:
                return parts(rng)[name]

            task = f"{name} within groups".replace("_", "-").replace("kl", "KL")
            yield simulate(task, f"20 groups of {rows} rows, 3 kinds", len(groups), "bootstrap", value, draw)


def table(lines: list[Line]) -> str:
    head = "| task | truth | N | method | bias | rmse | coverage of 95 % |\n|---|---|---|---|---|---|---|\n"
    return head + "".join(
        f"| {line.task} | {line.truth_name} | {line.size} | `{line.method}` | {line.bias:+.3f} | {line.rmse:.3f} | "
        f"{100 * line.coverage:.0f} % |\n"
        for line in lines
    )


def main() -> None:
    lines = [*discrete(), *continuous(), *against_models(), *decompositions()]
    page = (
        "# Estimates of information from samples\n\n"
        f"Nats; {REPETITIONS} samples a line, from known distributions; `python -m benchmarks.information_estimators` "
        "makes this page.\n\n" + table(lines)
    )
    RESULTS.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
