"""What ``import mlekit`` costs, beside the libraries that it stands on and its peers.

    python -m benchmarks.import_time

Each import is timed in a fresh interpreter, in turns; the interpreter's own start is subtracted by timing inside it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

import numpy as np

from benchmarks.harness import Timing, machine, publish, table

STATEMENTS = {
    "pandas, scipy.special": "import pandas, scipy.special",
    "mlekit": "import mlekit",
    "statsmodels": "import statsmodels.api",
    "scikit-learn": "import sklearn.linear_model, sklearn.neural_network",
    "torch": "import torch",
}


def seconds(statement: str) -> float:
    program = f"import time; start = time.perf_counter(); {statement}; print(time.perf_counter() - start)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9, help="turns that each contestant gets (default: 9)")
    arguments = parser.parse_args()
    for statement in STATEMENTS.values():
        seconds(statement)  # the files are in the system's cache from here on
    rounds = [
        {name: seconds(statement) for name, statement in STATEMENTS.items()} for _ in range(arguments.rounds)
    ]
    times = {name: np.array([each[name] for each in rounds]) for name in STATEMENTS}
    first = times["pandas, scipy.special"]
    timings = [Timing(name, values, values / first) for name, values in times.items()]
    header = [
        "# Import time",
        "",
        "`python -m benchmarks.import_time`",
        "",
        f"* {arguments.rounds} rounds, each import in a fresh interpreter",
        *machine(["numpy", "scipy", "pandas", "scikit-learn", "statsmodels", "torch"]),
        "",
        "mlekit's time includes that of pandas and scipy.special, which it imports.",
    ]
    publish("import_time", header, [table("One import", "ms", {"import": timings})])


if __name__ == "__main__":
    main()
