"""How the library of kernels is compiled: by the C compiler of the machine, if it has one.

Needs nothing but the standard library, since packages are built before anything else is installed. The library's
name tells the sources that it was made of, so that one of other sources is never taken for it.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

__all__ = ["FOLDER", "build", "compiler", "library_path"]

FOLDER = Path(__file__).resolve().parent

_FLAGS = (
    *("-std=c11", "-O3", "-fPIC", "-pthread", "-fvisibility=hidden", "-Wall", "-Wextra"),
    # Products are added without rounding in between where the processor can; what is not a number stays as it is.
    *("-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math"),
)
# GCC's, which would make branches of conditions that a formula asks twice: loops with branches are not vectorised.
_FORMULA_FLAGS = ("-fno-tree-pre", "-fno-thread-jumps")
_SUFFIX = {"darwin": ".dylib", "win32": ".dll"}.get(sys.platform, ".so")


def library_path() -> Path:
    """Where the library of these sources lies, once it was built.

    >>> library_path().name.startswith("kernels-")
    True
    """
    digest = hashlib.sha256()
    for source in sorted([*FOLDER.glob("*.c"), *FOLDER.glob("*.h")]):
        digest.update(source.read_bytes())
    return FOLDER / f"kernels-{digest.hexdigest()[:16]}{_SUFFIX}"


def compiler() -> list[str] | None:
    """The command of the C compiler, which the environment variable ``CC`` may name; None where there is none."""
    command = shlex.split(os.environ.get("CC", "cc"))
    return command if command and shutil.which(command[0]) else None


def build() -> Path | None:
    """Compile the library where it is missing, and say so where that cannot be.

    Returns:
        Its path, or None without a compiler or where it fails: then NumPy does all the work.
    """
    path, command = library_path(), compiler()
    if path.exists():
        return path
    if command is None:
        print("mlekit: no C compiler (cc, or what CC names), so built without kernels: NumPy does their work")
        return None
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix="kernels-") as folder:
        made = Path(folder) / path.name
        failure = _compile(command, made)
        if failure is not None:
            print(failure, file=sys.stderr)
            print(
                f"mlekit: {command[0]} failed, so built without kernels: NumPy does their work",
                file=sys.stderr,
            )
            return None
        for old in FOLDER.glob(f"kernels-*{_SUFFIX}"):
            old.unlink()
        made.replace(path)
    return path


def _compile(command: list[str], made: Path) -> str | None:
    """Compile and link, all sources at once; what the compiler says if it fails."""
    objects = {source: made.with_name(f"{source.stem}.o") for source in sorted(FOLDER.glob("*.c"))}
    of_formulas = _FORMULA_FLAGS if _accepts(command, _FORMULA_FLAGS) else ()
    calls = []
    for source, target in objects.items():
        further = of_formulas if '"elementary.h"' in source.read_text(encoding="utf-8") else ()
        calls.append([*command, *_FLAGS, *further, "-c", str(source), "-o", str(target)])
    running = [subprocess.Popen(call, stderr=subprocess.PIPE, text=True) for call in calls]
    words = [process.communicate()[1] for process in running]
    if any(process.returncode for process in running):
        return "".join(words)
    link = [*command, "-shared", "-pthread", *map(str, objects.values()), "-lm", "-o", str(made)]
    linked = subprocess.run(link, stderr=subprocess.PIPE, text=True, check=False)
    return linked.stderr if linked.returncode else None


def _accepts(command: list[str], flags: tuple[str, ...]) -> bool:
    call = [*command, *flags, "-E", "-x", "c", os.devnull]
    return subprocess.run(call, capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    print(build())
