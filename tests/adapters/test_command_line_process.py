"""The installed command in processes of its own: pipes, terminals, Ctrl-C, missing extras."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlekit as mk
from tests.support import REPOSITORY

COMMAND = Path(sys.executable).with_name("mlekit")


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the environment of a user with a plain terminal; the working folder holds waves.csv."""
    if not COMMAND.exists():
        pytest.skip(f"mlekit is not installed: there is no {COMMAND.name} beside {Path(sys.executable).name}")
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = np.linspace(-3, 3, 200)
    waves = pd.DataFrame({"x": x, "y": np.sin(x) + rng.normal(0, 0.1, 200), "k": rng.integers(10, 22, 200)})
    waves.to_csv("waves.csv", index=False)
    # The tree is tested, also where a copy of it is installed.
    kept = {k: v for k, v in os.environ.items() if k not in ("FORCE_COLOR", "COLUMNS", "GITHUB_ACTIONS")}
    return {**kept, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1", "TERM": "xterm"}


def run(
    arguments: list[str], environment: dict[str, str], stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments, env=environment, input=stdin, capture_output=True, text=True, timeout=120
    )


def test_results_on_standard_output_and_the_rest_on_standard_error(environment: dict[str, str]) -> None:
    fitted = run(
        [str(COMMAND), "fit", "waves.csv", "y ~ x", "--family", "gaussian", "--save", "m"], environment
    )
    assert (fitted.returncode, fitted.stderr) == (0, "saved to m\n")
    assert "log-likelihood" in fitted.stdout
    wrong = run([str(COMMAND), "predict", "none", "waves.csv"], environment)
    assert (wrong.returncode, wrong.stdout, wrong.stderr) == (1, "", "error: there is no file 'none'\n")


def test_as_a_module(environment: dict[str, str]) -> None:
    shown = run([sys.executable, "-m", "mlekit", "--version"], environment)
    assert (shown.returncode, shown.stdout) == (0, f"mlekit {mk.__version__}\n")


def test_pipes(environment: dict[str, str]) -> None:
    model = mk.fit("y ~ x", pd.read_csv("waves.csv"), mk.Gaussian)
    model.save("m")
    mlekit = shlex.quote(str(COMMAND))
    # Far more than a pipe holds, so that the writer finds it closed.
    pd.concat([pd.read_csv("waves.csv")] * 30).to_csv("long.csv", index=False)
    piped = run(["sh", "-c", f"{mlekit} predict m - --keep x < long.csv | head -n 2"], environment)
    assert (piped.returncode, piped.stderr) == (0, "")
    header, row = piped.stdout.splitlines()
    assert header == "x,loc,scale,mean,std,5%,50%,95%"
    expected = model.predict_frame(pd.read_csv("waves.csv")).iloc[0]
    assert [float(value) for value in row.split(",")] == [-3.0, *expected]


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
def test_a_terminal_of_80_columns_gets_tables_that_fit(environment: dict[str, str]) -> None:
    import fcntl
    import pty
    import struct
    import termios

    mk.fit("k ~ x", pd.read_csv("waves.csv"), mk.Categorical).save("m")
    outer, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 80, 0, 0))
    process = subprocess.Popen(
        [str(COMMAND), "predict", "m", "waves.csv"], env=environment, stdin=inner, stdout=inner, stderr=inner
    )
    os.close(inner)
    received = b""
    while True:
        try:
            block = os.read(outer, 65536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not block:
            break
        received += block
    os.close(outer)
    assert process.wait(timeout=60) == 0
    lines = pd.Series(received.decode().splitlines()).str.replace(r"\x1b\[[0-9;]*m", "", regex=True)
    assert lines.str.len().max() <= 80
    headers = lines[lines.shift(-1).str.contains("──", na=False)].str.split().tolist()
    assert len(headers) > 1
    assert [name for header in headers for name in header] == [str(k) for k in range(10, 22)]
    assert "20 of 200 rows" in lines.iloc[-1]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT is sent otherwise there")
def test_ctrl_c_keeps_the_best_model_so_far(environment: dict[str, str]) -> None:
    long_fit = "fit waves.csv 'y ~ x' --family gaussian --hidden 8 --epochs 200000 --progress --save m"
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    try:
        process = subprocess.Popen(
            [str(COMMAND), *shlex.split(long_fit)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.stderr is not None
    seen = b""
    while b"NLL" not in seen:  # the progress bar names it after the first look at the likelihood
        block = os.read(process.stderr.fileno(), 4096)
        assert block, seen
        seen += block
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in errors
    assert errors.splitlines()[-2:] == [b"saved to m", b"interrupted: this is the best model so far"]
    assert b"interrupted" in output
    model = mk.load("m")
    assert model.interrupted
    waves = pd.read_csv("waves.csv")
    start = mk.fit("y ~ 1", waves, mk.Gaussian)
    assert model.log_likelihood(waves) > start.log_likelihood(waves)


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra_its_name_is_said(environment: dict[str, str], missing: str) -> None:
    script = (
        f"import sys; sys.modules[{missing!r}] = None; from mlekit.adapters.command_line import main; main()"
    )
    process = run([sys.executable, "-c", script], environment)
    assert (process.returncode, process.stdout) == (1, "")
    assert process.stderr == (
        f"error: the command line needs {missing}, which is not installed: pip install 'mlekit[cli]'\n"
    )
