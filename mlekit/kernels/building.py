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
from pathlib import Path

__all__ = ["FOLDER", "build", "compiler", "library_path"]

FOLDER = Path(__file__).resolve().parent

_FLAGS = (
    *("-std=c11", "-O3", "-fPIC", "-shared", "-fvisibility=hidden", "-Wall", "-Wextra"),
    # Products are added without rounding in between where the processor can; what is not a number stays as it is.
    *("-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math"),
)
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
    made = path.with_name(f"{path.name}.{os.getpid()}")
    sources = sorted(str(source) for source in FOLDER.glob("*.c"))
    run = subprocess.run(
        [*command, *_FLAGS, *sources, "-lm", "-o", str(made)], capture_output=True, text=True, check=False
    )
    if run.returncode or run.stderr:
        print(run.stderr, file=sys.stderr)
    if run.returncode:
        print(
            f"mlekit: {command[0]} failed, so built without kernels: NumPy does their work", file=sys.stderr
        )
        return None
    for old in FOLDER.glob(f"kernels-*{_SUFFIX}"):
        old.unlink()
    made.replace(path)
    return path


if __name__ == "__main__":
    print(build())
