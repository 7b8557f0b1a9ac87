"""How the benchmarks measure: contestants take turns in one process, and the whole distribution is kept.

A machine's clock speed drifts and other programs come and go. So contestants are timed in short turns, one after
another in an order that changes from round to round, and compared round by round: what slows one round slows
all of its turns, and leaves the ratio alone. A ratio of 2 says that the contestant needs twice the time of
the first one.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from jaxtyping import Float
from threadpoolctl import threadpool_info, threadpool_limits  # type: ignore[import-untyped]

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Timing:
    """Seconds per call of one contestant, one value a round, and the same relative to the first contestant's."""

    name: str
    seconds: Float[np.ndarray, " rounds"]
    ratios: Float[np.ndarray, " rounds"]


def compare(
    contestants: Mapping[str, Callable[[], object]], *, rounds: int = 25, turn: float = 0.01
) -> list[Timing]:
    """Time contestants against each other.

    Args:
        contestants: what to call, by name; the first is what the others are compared with.
        rounds: how many turns each gets.
        turn: seconds that a turn lasts at least, in as many calls as it takes.
    """
    calls = {name: _calls_in(contestant, turn) for name, contestant in contestants.items()}
    names = list(contestants)
    seconds = {name: np.empty(rounds) for name in names}
    for number in range(rounds):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            seconds[name][number] = _time(contestants[name], calls[name]) / calls[name]
    return [Timing(name, seconds[name], seconds[name] / seconds[names[0]]) for name in names]


def _calls_in(contestant: Callable[[], object], turn: float) -> int:
    """Return how many calls last `turn` seconds; the search for it warms the contestant up."""
    calls = 1
    while (elapsed := _time(contestant, calls)) < turn:
        calls = max(2 * calls, int(calls * turn / max(elapsed, 1e-7)))
    return calls


def _time(contestant: Callable[[], object], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        contestant()
    return time.perf_counter() - start


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Keep to `count` cores, and give BLAS and OpenMP libraries that are loaded by now as many threads each.

    What is loaded later, and threads that nobody counts, find no other cores (where the system has such a thing).
    """
    cores = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []
    with threadpool_limits(limits=count):
        if sys.platform == "linux":
            os.sched_setaffinity(0, cores[:count])
        try:
            yield
        finally:
            if sys.platform == "linux":
                os.sched_setaffinity(0, cores)


def machine(libraries: Sequence[str]) -> list[str]:
    """Return what a reader needs to know of the machine, and of those libraries that it has, as Markdown items."""
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    blas = sorted(
        {
            f"{pool['internal_api']} {pool['version']} ({pool.get('architecture', '?')} kernels)"
            for pool in pools
        }
    )
    present = [library for library in libraries if find_spec(library.replace("scikit-learn", "sklearn"))]
    versions = ", ".join(f"{library} {metadata.version(library)}" for library in present)
    return [
        f"* processor: {_processor()}, {os.cpu_count()} cores visible; {platform.system()} {platform.machine()}",
        f"* software: Python {platform.python_version()}, {versions}",
        f"* BLAS: {', '.join(blas)}",
    ]


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        first = cpuinfo.read_text(encoding="utf-8").split("\n\n")[0]
        lines = [line.partition(":") for line in first.splitlines()]
        fields = {name.strip(): value.strip() for name, _, value in lines}
        if "model name" in fields:
            return f"{fields['model name']} (family {fields.get('cpu family')}, model {fields.get('model')})"
    return platform.processor() or "unknown"


@dataclass(frozen=True)
class Arithmetic:
    """What a call computes, and how fast a large matrix product computes on the same machine.

    Attributes:
        flops: floating-point operations a call, by case.
        peak: operations a second of a large product.
    """

    flops: Mapping[str, float]
    peak: float


def product_speed(size: int = 1024, rounds: int = 10) -> float:
    """Return the best floating-point operations a second of NumPy's product of large float32 matrices."""
    left, right = np.random.default_rng(0).standard_normal((2, size, size), dtype=np.float32)
    out = np.empty_like(left)
    return 2 * size**3 / min(_time(lambda: np.matmul(left, right, out=out), 3) / 3 for _ in range(rounds))


def table(
    title: str, unit: str, rows: Mapping[str, Sequence[Timing]], arithmetic: Arithmetic | None = None
) -> str:
    """Return a Markdown table: one line per case and contestant.

    Args:
        title: what was timed.
        unit: ``"µs"`` or ``"ms"``.
        rows: by case, what `compare` returned.
        arithmetic: adds how many operations a second that is, and which part of a large product's.
    """
    scale = {"µs": 1e6, "ms": 1e3}[unit]
    columns = [f"median {unit}", "min", "max", "ratio (median of rounds)", "ratio min to max"]
    columns += ["GFLOP/s", "of a large product"] if arithmetic else []
    lines = [
        f"### {title}",
        "",
        f"| Case | Contestant | {' | '.join(columns)} |",
        f"|---|---|{'--:|' * len(columns)}",
    ]
    for case, timings in rows.items():
        label = case
        for timing in timings:
            low, high, median = (
                f"{scale * float(f(timing.seconds)):.1f}" for f in (np.min, np.max, np.median)
            )
            ratio, smallest, largest = (f"{float(f(timing.ratios)):.2f}" for f in (np.median, np.min, np.max))
            cells = [label, timing.name, median, low, high, ratio, f"{smallest} to {largest}"]
            if arithmetic:
                speed = arithmetic.flops[case] / float(np.median(timing.seconds))
                cells += [f"{speed / 1e9:.1f}", f"{100 * speed / arithmetic.peak:.0f} %"]
            lines.append(f"| {' | '.join(cells)} |")
            label = ""
    return "\n".join([*lines, ""])


def publish(name: str, header: Sequence[str], tables: Sequence[str], folder: Path | None = None) -> None:
    """Print a report and write it to ``benchmarks/results/<name>.md``, or to another folder."""
    report = "\n".join([*header, "", *tables])
    print(report)
    folder = folder or RESULTS
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text(report, encoding="utf-8")
