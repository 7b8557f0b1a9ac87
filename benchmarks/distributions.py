"""A million rows: log-probabilities, distribution functions, quantiles, samples; mlekit, PyTorch, SciPy.

    python -m benchmarks.distributions
    python -m benchmarks.distributions --families Gaussian Poisson --rounds 3

Every row has parameters of its own, in float64. Distributions are made before the clock starts, except in the lines
that say so. Answers are compared before anything is timed. mlekit uses as many threads as ``OMP_NUM_THREADS`` allows,
which is all cores where it is not set; PyTorch is timed with as many, and with one. SciPy has one. Where a million
rows take SciPy long, it is timed on as few as take half a second, and the time scaled (marked ≈). Entropies and KL
divergences are timed where PyTorch has them. What is found of a family is kept in ``build/benchmarks/``, and published
when all families have been timed, so that they may be timed one after another. Needs ``pip install mlekit[bench]``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import torch
import torch.distributions

import mlekit as mk
from benchmarks.families import CONTESTS, Contest
from benchmarks.harness import RESULTS, Timing, compare, machine, publish
from mlekit.blocks import thread_count
from mlekit.kernels import library

Call = Callable[[], object]

ROWS, FEWER = 1_000_000, 1_000
LONG = 0.5  # seconds that a call of SciPy may take
OURS, THEIRS, ALONE, SCIPY = "mlekit", "PyTorch", "PyTorch, 1 thread", "SciPy"
PARTS = RESULTS.parent.parent / "build" / "benchmarks" / "distributions"
QUESTIONS = ("log_prob", "construction, log_prob", "cdf", "quantile", "sample", "entropy", "kl")
ONLY_WITH_PYTORCH = ("entropy", "kl")
TOLERANCE = 1e-6

HEADER = """mlekit's milliseconds for a million rows (medians), and the others', with how many times mlekit's they are
(median of the ratios of rounds). Every row has parameters of its own, in float64. Distributions are made before the
clock starts, except in the lines "construction, log_prob". ≈: SciPy was timed on fewer rows, and the time scaled. An
empty cell: there is no such function. Answers agree to 1e-6, relatively or absolutely, which is checked first;
PyTorch's distribution functions are not exact in the tails (its Gaussian's is 0 below −9 standard deviations),
mlekit's are. SciPy's von Mises distribution function is a normal approximation from a concentration of 50 on."""


def calls(contest: Contest, rows: int) -> dict[str, dict[str, Call]]:
    """What each contestant does for each question, by question and contestant."""
    parameters = contest.parameters(rows)
    others = {name: values if name == "trials" else np.roll(values, 1) for name, values in parameters.items()}
    ours, other = contest.ours(**parameters), contest.ours(**others)
    outcomes = np.asarray(ours.sample(rng=2), dtype=np.float64)
    level = np.random.default_rng(3).uniform(0.001, 0.999, rows)
    generator = np.random.default_rng(4)
    answers: dict[str, dict[str, Call]] = {
        "log_prob": {OURS: lambda: ours.log_prob(outcomes)},
        "construction, log_prob": {OURS: lambda: contest.ours(**parameters).log_prob(outcomes)},
        "cdf": {OURS: lambda: ours.cdf(outcomes)},
        "quantile": {OURS: lambda: ours.quantile(level)},
        "sample": {OURS: lambda: ours.sample(rng=generator)},
        "entropy": {OURS: ours.entropy},
        "kl": {OURS: lambda: mk.kl(ours, other)},
    }
    if contest.torch is not None:
        make = contest.torch
        tensors = {name: torch.from_numpy(array) for name, array in parameters.items()}
        theirs, values, levels = make(**tensors), torch.from_numpy(outcomes), torch.from_numpy(level)
        their_other = make(**{name: torch.from_numpy(array) for name, array in others.items()})
        answers["log_prob"][THEIRS] = lambda: theirs.log_prob(values)
        answers["construction, log_prob"][THEIRS] = lambda: make(**tensors).log_prob(values)
        answers["cdf"][THEIRS] = lambda: theirs.cdf(values)
        answers["quantile"][THEIRS] = lambda: theirs.icdf(levels)
        answers["sample"][THEIRS] = theirs.sample
        answers["entropy"][THEIRS] = theirs.entropy
        answers["kl"][THEIRS] = lambda: torch.distributions.kl_divergence(theirs, their_other)
    if contest.scipy is not None:
        create = contest.scipy
        frozen, shifted = create(**parameters), outcomes + contest.shift
        discrete = isinstance(frozen.dist, scipy_discrete())
        answers["log_prob"][SCIPY] = partial(frozen.logpmf if discrete else frozen.logpdf, shifted)
        answers["construction, log_prob"][SCIPY] = lambda: (
            create(**parameters).logpmf(shifted) if discrete else create(**parameters).logpdf(shifted)
        )
        answers["cdf"][SCIPY] = lambda: frozen.cdf(shifted)
        answers["quantile"][SCIPY] = lambda: frozen.ppf(level) - contest.shift
        answers["sample"][SCIPY] = lambda: frozen.rvs(size=rows, random_state=generator)
        answers["entropy"][SCIPY] = frozen.entropy
    return answers


def scipy_discrete() -> type:
    """The class of SciPy's discrete distributions."""
    from scipy.stats import rv_discrete

    return rv_discrete


def present(question: str, answers: Mapping[str, Call]) -> dict[str, Call]:
    """The contestants that have an answer; none but PyTorch's questions where it has none."""
    found = {}
    for name, answer in answers.items():
        try:
            answer()
        except NotImplementedError:
            continue
        found[name] = answer
    return found if question not in ONLY_WITH_PYTORCH or THEIRS in found else {}


def check_agreement(family: str, question: str, answers: Mapping[str, Call]) -> None:
    """Hold all answers to ours; samples have nothing to agree on, and counts may differ where a level is a tie."""
    if question == "sample":
        return
    expected = np.asarray(answers[OURS]())
    for name, answer in answers.items():
        agree = np.isclose(np.asarray(answer()), expected, rtol=TOLERANCE, atol=TOLERANCE)
        if agree.mean() < 0.999:
            raise AssertionError(
                f"{family}, {question}: {name} disagrees in {1 - agree.mean():.2%} of the rows"
            )


def contest_timings(
    family: str, questions: Sequence[str], *, rounds: int, rows: int = ROWS
) -> dict[str, dict[str, Timing]]:
    """Seconds that all rows take, by question and contestant."""
    contest, timings = CONTESTS[family], {}
    few, many = calls(contest, FEWER), calls(contest, rows)
    for question in questions:
        answers = present(question, few[question])
        if len(answers) < 2:
            continue
        check_agreement(family, question, answers)
        contestants = {name: many[question][name] for name in answers}
        if THEIRS in answers:
            contestants[ALONE] = _threaded(many[question][THEIRS], 1)
            contestants[THEIRS] = _threaded(many[question][THEIRS], thread_count())
        factor = 1
        if SCIPY in answers:
            while _seconds(few[question][SCIPY]) * rows / FEWER > LONG * factor and factor < rows // FEWER:
                factor *= 10
            contestants[SCIPY] = calls(contest, rows // factor)[question][SCIPY]
        timings[question] = {found.name: found for found in compare(contestants, rounds=rounds, turn=0.0)}
        if factor > 1:
            found = timings[question][SCIPY]
            timings[question][SCIPY] = Timing(f"≈ {SCIPY}", factor * found.seconds, factor * found.ratios)
    return timings


def _threaded(call: Call, count: int) -> Call:
    def called() -> object:
        torch.set_num_threads(count)
        return call()

    return called


def _seconds(call: Call) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def lines(family: str, timings: Mapping[str, Mapping[str, Timing]]) -> list[str]:
    """A line a question: our milliseconds; theirs, and how many times ours that is."""
    table = []
    for question, of in timings.items():
        cells = [f"{1e3 * float(np.median(of[OURS].seconds)):.1f}"]
        cells += [_cell(of[name]) if name in of else "" for name in (THEIRS, ALONE, SCIPY)]
        table.append(f"| {family} | {question} | {' | '.join(cells)} |")
        family = ""
    return table


def _cell(timing: Timing) -> str:
    mark = "≈ " if timing.name.startswith("≈") else ""
    return f"{mark}{1e3 * float(np.median(timing.seconds)):.1f} ({float(np.median(timing.ratios)):.2f}×)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--families", nargs="+", choices=list(CONTESTS), default=list(CONTESTS))
    parser.add_argument("--questions", nargs="+", choices=QUESTIONS, default=list(QUESTIONS))
    parser.add_argument("--rounds", type=int, default=5, help="turns that each contestant gets (default: 5)")
    arguments = parser.parse_args()
    for family in arguments.families:
        found = lines(family, contest_timings(family, arguments.questions, rounds=arguments.rounds))
        print(*found, sep="\n", flush=True)
        if tuple(arguments.questions) == QUESTIONS:
            PARTS.mkdir(parents=True, exist_ok=True)
            (PARTS / f"{family}.md").write_text("\n".join(found), encoding="utf-8")
    if all((PARTS / f"{family}.md").exists() for family in CONTESTS):
        publish_parts(arguments.rounds)


def publish_parts(rounds: int) -> None:
    """Put the tables of all families together."""
    table = [
        f"| Family | Question | {OURS} ms | {THEIRS}, {thread_count()} thread(s) ms | {ALONE} ms | {SCIPY} ms |",
        "|---|---|--:|--:|--:|--:|",
        *((PARTS / f"{family}.md").read_text(encoding="utf-8") for family in CONTESTS),
    ]
    kernels = "compiled kernels" if library() else "no compiled kernels"
    header = [
        "# A million rows of every family",
        "",
        "`python -m benchmarks.distributions`",
        "",
        f"* {thread_count()} thread(s); {rounds} interleaved rounds; {kernels}",
        *machine(["numpy", "scipy", "torch"]),
        "",
        HEADER,
    ]
    publish("distributions", header, ["\n".join([*table, ""])])


if __name__ == "__main__":
    main()
