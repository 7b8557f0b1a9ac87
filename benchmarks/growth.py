"""How seconds and memory of a fit grow with rows and columns, from the DataFrame on.

    python -m benchmarks.growth                                    # about 5 minutes, 4 GiB
    python -m benchmarks.growth --rows 1e3,1e4,1e5 --repeats 1     # half a minute

Each point is a process of its own: it makes the table column by column (so that nothing but the table has been in
memory), fits a small one for the imports' sake, and then fits. Memory is what the process occupied at most during
the fit beyond what it occupied before. The linear fit is least squares; the MLP makes one pass over the rows, with
a tenth of them held out as always.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

import mlekit as mk
from benchmarks.experiment import SCRATCH
from benchmarks.harness import machine, publish
from benchmarks.summaries import markdown

ROWS = [1e3, 1e4, 1e5, 1e6, 1e7]
COLUMNS = [10, 100, 1000]
CELLS = 1e8  # of the largest table: 800 MB of float64
KINDS = ["linear", "MLP"]
ITEM = 4  # of a design in single precision
MIB = 2**20
ROOT = Path(__file__).parents[1]


class Point(NamedTuple):
    """One fit, measured."""

    seconds: float
    bytes: float


def simulate(rows: int, columns: int) -> pd.DataFrame:
    """Return normal columns and a target that depends on the first ten; no array of all columns is ever made."""
    rng = np.random.default_rng(0)
    data = {f"x{column}": rng.standard_normal(rows) for column in range(columns)}
    target = rng.standard_normal(rows)
    for column in range(min(columns, 10)):
        target += 0.1 * column * data[f"x{column}"]
    return pd.DataFrame({**data, "y": target}, copy=False)


def fit(data: pd.DataFrame, kind: str) -> None:
    if kind == "linear":
        mk.fit("y ~ .", data, mk.Gaussian)
    else:
        mk.fit("y ~ .", data, mk.Gaussian, network=mk.MLP(16), optimizer=mk.Adam(epochs=1), progress=False)


def peak() -> int:
    """Return the most bytes that this process has occupied so far."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def measure_here(kind: str, rows: int, columns: int) -> Point:
    """Fit in this process, which must be a fresh one."""
    fit(simulate(200, 10), kind)
    data = simulate(rows, columns)
    before, start = peak(), time.perf_counter()
    fit(data, kind)
    return Point(time.perf_counter() - start, peak() - before)


def measure(kind: str, rows: int, columns: int, repeats: int) -> Point:
    """Return the medians over fresh processes."""
    command = [sys.executable, "-m", "benchmarks.growth", "--point", kind, str(rows), str(columns)]
    points = []
    for _ in range(repeats):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        points.append(Point(*map(float, done.stdout.split())))
    return Point(*(statistics.median(each) for each in zip(*points, strict=True)))


def growth_table(kind: str, points: dict[tuple[int, int], Point]) -> str:
    heading = ["Columns", "Rows", "seconds", "times the tenth of the rows", "ns a cell", "MiB more"]
    lines = []
    for (rows, columns), point in points.items():
        smaller = points.get((rows // 10, columns))
        ratio = f"{point.seconds / smaller.seconds:.1f}" if smaller else ""
        nanoseconds = 1e9 * point.seconds / (rows * columns)
        designs = point.bytes / (rows * columns * ITEM)
        told = (
            f"{designs:.1f}" if rows * columns >= 1e6 else ""
        )  # below, the design is not what takes the memory
        more = f"{point.bytes / MIB:.0f}"
        lines.append(
            [f"{columns}", f"{rows:,}", f"{point.seconds:.3f}", ratio, f"{nanoseconds:.0f}", more, told]
        )
    return markdown(kind, [*heading, "float32 designs"], lines, text=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", help="numbers of rows (default: 1e3 to 1e7)")
    parser.add_argument("--columns", help="numbers of columns (default: 10, 100, 1000)")
    parser.add_argument("--repeats", type=int, default=3, help="processes a point (default: 3)")
    parser.add_argument("--point", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.point:
        kind, rows, columns = given.point
        print(*measure_here(kind, int(rows), int(columns)))
        return
    all_rows = [int(float(each)) for each in given.rows.split(",")] if given.rows else list(map(int, ROWS))
    all_columns = [int(each) for each in given.columns.split(",")] if given.columns else COLUMNS
    tables = []
    for kind in KINDS:
        points = {}
        for columns in all_columns:
            for rows in all_rows:
                if rows * columns <= CELLS and (kind == "MLP" or rows > columns):
                    points[rows, columns] = measure(kind, rows, columns, given.repeats)
                    print(kind, f"{rows:,} × {columns}:", points[rows, columns], flush=True)
        tables.append(growth_table(kind, points))
    header = [
        "# Growth with rows and columns",
        "",
        "`python -m benchmarks.growth`",
        "",
        f"* medians of {given.repeats} fresh processes a point",
        *machine(["numpy", "scipy", "pandas", "formulaic"]),
        "",
        "A fit from the DataFrame on, formula `y ~ .`: least squares, and an `MLP(16)` that passes once over its rows",
        "(a tenth held out). MiB more: the most that the process occupied during the fit, less what it occupied",
        "before; in designs: in units of rows × columns in single precision. With ten columns, what there is for each",
        "row beside them (target, order of the rows, predictions) weighs as much as a design; in small tables a few",
        "MiB of buffers and of the libraries do. Least squares reads its rows from the table whenever it needs them,",
        "in double precision, and keeps no design; it is left out where there are no more rows than columns.",
    ]
    whole = given.rows is None and given.columns is None
    publish("growth", header, tables, None if whole else SCRATCH)


if __name__ == "__main__":
    main()
