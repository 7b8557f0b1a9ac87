"""How the benchmarks of quality run: every model on every split of every data set, a row of scores each.

Rows are written to a CSV file as they come. A run that was interrupted goes on where it stopped, and a row whose
code has not changed (a peer's version, mlekit's sources) is not computed again: after a change of a benchmark itself,
delete the file, or name another with ``--rows``.
What a part of the benchmark finds (some sets, some models, few splits) is printed and kept beside the rows; only
the whole is published.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import shlex
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import pandas as pd

import mlekit

SCRATCH = Path(__file__).parents[1] / "build" / "benchmarks"
KEYS = ["data", "split", "model", "code"]

Key = tuple[str, int, str, str]

Scores = Mapping[str, float]
Predict = Callable[[pd.DataFrame], Scores]
Fit = Callable[[pd.DataFrame, int], Predict]


@dataclass(frozen=True)
class Contestant:
    """A way to fit: from training rows and a seed to what scores test rows.

    Attributes:
        library: its library, whose version (for mlekit: whose sources) a row of scores belongs to.
        fit: makes the fit; only this is timed.
        suits: whether it takes part on training rows like these.
    """

    library: str
    fit: Fit
    suits: Callable[[pd.DataFrame], bool] = lambda _: True


@dataclass(frozen=True)
class Split:
    """Training and test rows, made when they are needed."""

    data: str
    number: int
    rows: Callable[[], tuple[pd.DataFrame, pd.DataFrame]]


@cache
def code_of(library: str) -> str:
    """Return a library's name and version; mlekit's is a digest of its sources."""
    if library != "mlekit":
        return f"{library} {metadata.version(library)}"
    digest = hashlib.sha256()
    for path in sorted(Path(mlekit.__file__).parent.rglob("*.[pch]*")):
        if path.suffix in {".py", ".c", ".h"}:
            digest.update(path.read_bytes())
    return f"mlekit {digest.hexdigest()[:10]}"


def judge(fit: Fit, train: pd.DataFrame, test: pd.DataFrame, seed: int) -> dict[str, float]:
    """Fit, timed, and score the test rows."""
    start = time.perf_counter()
    predict = fit(train, seed)
    seconds = time.perf_counter() - start
    return {**predict(test), "seconds": seconds}


def say_at_once(text: str) -> None:
    """Print, also where the output goes to a file."""
    print(text, flush=True)


def conduct(
    splits: Sequence[Split],
    contestants: Mapping[str, Contestant],
    rows: Path,
    say: Callable[[str], None] = say_at_once,
) -> pd.DataFrame:
    """Run what the file of rows does not hold yet, and return the rows of these splits and contestants.

    A contestant that raises has a row without scores, which keeps the error, and is tried again next time.
    """
    ledger = _Ledger(rows)
    asked = {
        (split.data, split.number, name, code_of(contestant.library)): split
        for split in splits
        for name, contestant in contestants.items()
    }
    todo = [key for key in asked if key not in ledger]
    say(f"{len(asked)} fits, of which {len(todo)} are to be made; their rows are kept in {rows}")
    progress, warm = _Progress(todo), set[str]()
    for key in todo:
        data, number, name, _ = key
        contestant = contestants[name]
        train, test = asked[key].rows()
        if not contestant.suits(train):
            progress.skip(key)
            continue
        if contestant.library not in warm:
            # What a library loads and compiles at its first fit is no part of a fit.
            warm.add(contestant.library)
            with suppress(Exception):
                contestant.fit(train.sample(min(len(train), 200), random_state=0), 0)
        start, error, scores = time.perf_counter(), "", dict[str, float]()
        try:
            scores = judge(contestant.fit, train, test, number)
        except Exception as raised:  # whatever a library raises is that contestant's result
            error = f"{type(raised).__name__}: {raised}".splitlines()[0][:200]
            traceback.print_exc()
        ledger.add(key, scores, error)
        outcome = error or ", ".join(f"{score} {value:.4g}" for score, value in scores.items())
        left = progress.after(key, time.perf_counter() - start)
        say(f"{data} {number:2d} {name}: {outcome}  [about {left} left]")
    return ledger.frame(asked)


class _Ledger:
    """The file of rows: one a data set, split, model and version of its code."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: dict[Key, dict[str, object]] = {}
        if path.exists():
            with path.open(newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    scores = {score: float(value) for score, value in _scores_in(row["scores"])}
                    self._keep(
                        (row["data"], int(row["split"]), row["model"], row["code"]), scores, row["error"]
                    )

    def __contains__(self, key: Key) -> bool:
        return key in self._rows and not self._rows[key]["error"]

    def _keep(self, key: Key, scores: Scores, error: str) -> None:
        self._rows[key] = {**dict(zip(KEYS, key, strict=True)), **scores, "error": error}

    def add(self, key: Key, scores: Scores, error: str) -> None:
        self._keep(key, scores, error)
        new = not self._path.exists()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow([*KEYS, "scores", "error"])
            writer.writerow([*key, " ".join(f"{name}={value!r}" for name, value in scores.items()), error])

    def frame(self, asked: Iterable[Key]) -> pd.DataFrame:
        return pd.DataFrame([self._rows[key] for key in asked if key in self._rows])


def _scores_in(text: str) -> Iterator[tuple[str, str]]:
    for item in text.split():
        name, _, value = item.partition("=")
        yield name, value


class _Progress:
    """How long the rest will take, from how long the same contestant took on the same set, or on any."""

    def __init__(self, todo: Iterable[Key]) -> None:
        self._left = [(data, name) for data, _, name, _ in todo]
        self._seen: dict[tuple[str, str], list[float]] = {}

    def skip(self, key: Key) -> None:
        data, _, name, _ = key
        self._left.remove((data, name))

    def after(self, key: Key, seconds: float) -> str:
        self.skip(key)
        data, _, name, _ = key
        self._seen.setdefault((data, name), []).append(seconds)
        means = {case: sum(each) / len(each) for case, each in self._seen.items()}
        usual = sum(means.values()) / len(means)
        rest = sum(means.get(case, usual) for case in self._left)
        return f"{rest / 60:.0f} min" if rest > 90 else f"{rest:.0f} s"


# ---- command line -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """What of a benchmark to run."""

    sets: list[str]
    models: list[str]
    splits: int
    rows: Path
    threads: int
    whole: bool
    command: str

    @property
    def folder(self) -> Path | None:
        """Where the report goes: None for the published results."""
        return None if self.whole else self.rows.parent


def plan(name: str, doc: str | None, sets: Sequence[str], models: Sequence[str], splits: int) -> Plan:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--splits", type=int, default=splits, help=f"of each set (default: {splits})")
    parser.add_argument("--sets", default=",".join(sets), help="some of: %(default)s")
    parser.add_argument("--models", default=",".join(models), help="some of: %(default)s")
    parser.add_argument(
        "--rows", type=Path, default=SCRATCH / f"{name}.csv", help="file of rows, kept (default: %(default)s)"
    )
    parser.add_argument("--threads", type=int, default=1, help="and cores (default: 1)")
    given = parser.parse_args()
    of_sets, of_models = given.sets.split(","), given.models.split(",")
    for known, asked in ((sets, of_sets), (models, of_models)):
        if strange := [each for each in asked if each not in known]:
            parser.error(f"{strange} not among {list(known)}")
    whole = (of_sets, of_models, given.splits) == (list(sets), list(models), splits)
    said = {
        "sets": "" if of_sets == list(sets) else given.sets,
        "models": "" if of_models == list(models) else given.models,
        "splits": "" if given.splits == splits else str(given.splits),
        "threads": "" if given.threads == 1 else str(given.threads),
    }
    options = "".join(f" --{option} {shlex.quote(value)}" for option, value in said.items() if value)
    command = f"`python -m benchmarks.{name}{options}`"
    return Plan(of_sets, of_models, given.splits, given.rows, given.threads, whole, command)
