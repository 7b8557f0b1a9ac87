"""What holds for every test and doctest of the repository.

This file stands at the root, not in ``tests/``, so that it is read before anything else is collected, also
when only the doctests of one room are asked for (``pytest mlekit/networks``).
"""

from __future__ import annotations

import contextlib
import importlib
import os
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import jaxtyping
import pytest

import tests.shape_checks

ROOT = Path(__file__).resolve().parent

# Workers of pytest-xdist inherit these. One BLAS thread per worker: the workers are the parallelism.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

if "mlekit" in sys.modules:
    raise RuntimeError(
        "mlekit was imported before the hook that checks its shapes: find the pytest plugin that imports it"
    )
# The kernels of this tree's sources, wherever there is a compiler: compiled when they have changed.
if os.environ.get("MLEKIT_KERNELS") != "0":
    runpy.run_path(str(ROOT / "mlekit" / "kernels" / "building.py"))["build"]()
# From here on every annotated argument and result in mlekit is checked at run time, array shapes included. A run that
# asks the same questions of other dependencies may do without.
if os.environ.get("MLEKIT_SHAPE_CHECKS") != "0":
    jaxtyping.install_import_hook("mlekit", tests.shape_checks.__name__ + ".checked")


@pytest.fixture
def unchecked_shapes() -> Iterator[None]:
    """Leave shapes to other tests: in what calls many small functions, looking at them takes most of the time."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


def pytest_collect_file(file_path: Path) -> None:
    """Import a module of the package before pytest does so for its doctests: pytest's own way can miss the hook."""
    module = file_path.relative_to(ROOT).with_suffix("") if file_path.is_relative_to(ROOT) else Path()
    if module.parts[:1] == ("mlekit",) and file_path.suffix == ".py":
        # What goes wrong here goes wrong again when pytest imports the module, and is reported then.
        with contextlib.suppress(Exception):
            importlib.import_module(".".join(module.parts).removesuffix(".__init__"))


# No deadline: a busy machine is not a bug. Derandomised: the same commit gives the same verdict.
hypothesis.settings.register_profile("mlekit", deadline=None, derandomize=True)
hypothesis.settings.load_profile("mlekit")

# Each of its lines is wrong on purpose; mypy reads it (tests/typing), nobody may import it.
collect_ignore = ["tests/typing/rejected.py"]
