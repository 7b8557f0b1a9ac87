"""The house: who imports whom, how large a file is, what an import costs, what is documented."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Protocol

import pytest

import mlekit
import mlekit.datasets
import mlekit.plotting
from tests.support import REPOSITORY

PACKAGE = REPOSITORY / "mlekit"

# Each room, and what it may import; arrays, blocks, errors and kernels are common ground. An import inside a
# function counts as well: it costs nothing at import time but couples just the same.
COMMON_GROUND = {"arrays", "blocks", "errors", "kernels"}
ROOMS_TO_THE_MODEL = COMMON_GROUND | {"frames", "networks", "distributions", "fitting"}
ROOMS = {
    "arrays": set(),
    "blocks": set(),
    "errors": set(),
    "kernels": {"arrays", "blocks"},
    "frames": COMMON_GROUND,
    "networks": COMMON_GROUND,
    "distributions": COMMON_GROUND,
    "fitting": COMMON_GROUND | {"networks", "distributions"},
    "information": COMMON_GROUND | {"distributions"},
    "plotting": COMMON_GROUND | {"distributions"},
    "regression": ROOMS_TO_THE_MODEL,
    "model": ROOMS_TO_THE_MODEL | {"regression", "information", "evaluation", "storage"},
    "existence": ROOMS_TO_THE_MODEL | {"regression", "model"},
    "estimation": ROOMS_TO_THE_MODEL | {"regression", "existence", "model"},
    "version": set(),
    "kinds": ROOMS_TO_THE_MODEL | {"regression", "estimation"},
    "ensemble": ROOMS_TO_THE_MODEL | {"regression", "existence", "model", "estimation", "kinds"},
    "storage": ROOMS_TO_THE_MODEL | {"regression", "model", "version"},
    "evaluation": ROOMS_TO_THE_MODEL | {"regression", "information", "model"},
    "datasets": COMMON_GROUND | {"distributions"},
    "adapters": ROOMS_TO_THE_MODEL
    | {
        "regression",
        "information",
        "model",
        "estimation",
        "ensemble",
        "storage",
        "evaluation",
        "plotting",
        "datasets",
    },
    "__main__": {"adapters"},
}
# The public surface (mlekit/__init__.py) re-exports from every room.

LONGEST_MODULE = 400

# Loaded when used, not by `import mlekit`. What pandas loads by itself (pyarrow, where it is) does not count.
HEAVY = {
    "matplotlib",
    "sklearn",
    "torch",
    "formulaic",
    "scipy.stats",
    "scipy.optimize",
    "pyarrow",
    "polars",
    "typer",
    "rich",
}

# Paths of one machine, and the arguments that tie an installation to one package index.
FORBIDDEN = re.compile(
    r"(?<![\w.:~/}*-])/(?:root|work|home|Users|tmp|opt|mnt)(?:/|\b)|[A-Z]:\\Users\b|--(?:extra-)?index-url|pypi\.org"
)


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    """Return the rooms that a module imports anywhere in its source, type-checking blocks included."""
    package = ("mlekit", *path.relative_to(PACKAGE).parts[:-1])
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else ()
            base = ".".join((*above, *([node.module] if node.module else [])))
            # The room stands after the import in `from mlekit import frames`, else before it.
            names.update(f"{base}.{alias.name}" for alias in node.names)
    parts = [name.split(".") for name in names]
    return {part[1] for part in parts if part[0] == "mlekit" and len(part) > 1}


@pytest.mark.parametrize(
    "path", [p for p in modules() if p != PACKAGE / "__init__.py"], ids=lambda p: str(p.relative_to(PACKAGE))
)
def test_imports_follow_the_house(path: Path) -> None:
    room = room_of(path)
    assert room in ROOMS, f"{room} is a new room: say in ROOMS what it may import"
    strangers = imported_rooms(path) - ROOMS[room] - {room}
    assert not strangers, (
        f"{room} may import {sorted(ROOMS[room])}, but {path.name} imports {sorted(strangers)}"
    )


def test_inner_modules_do_not_reach_for_the_public_surface() -> None:
    """``import mlekit`` inside the package is a cycle that hides which room is meant."""
    for path in modules():
        if path == PACKAGE / "__init__.py" or room_of(path) == "adapters":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert "mlekit" not in [alias.name for alias in node.names], path


@pytest.mark.parametrize(
    ("source", "rooms"),
    [
        ("import mlekit.frames.table", {"frames"}),
        ("from mlekit.frames import table", {"frames"}),
        ("from mlekit import frames", {"frames"}),
        ("from .gaussian import Gaussian", {"distributions"}),
        ("from . import gaussian", {"distributions"}),
        ("from ..frames.table import Table", {"frames"}),
        ("from .. import frames", {"frames"}),
        ("def f():\n    from mlekit.model import fit", {"model"}),
        ("if TYPE_CHECKING:\n    import mlekit.model as model", {"model"}),
        ("import numpy\nfrom scipy import frames", set()),
    ],
)
def test_imports_are_recognised(
    source: str, rooms: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.test_house.PACKAGE", tmp_path)
    path = tmp_path / "distributions" / "probe.py"
    path.parent.mkdir()
    path.write_text(source)
    assert imported_rooms(path) == rooms


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_is_one_room(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_MODULE, f"{path.name} has {lines} lines: it is two rooms"


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*/__init__.py")), ids=lambda p: p.parent.name)
def test_the_door_of_a_room_only_re_exports(path: Path) -> None:
    """What is defined stands in a module with a name that says what it is."""
    defined = [
        node.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]
    assert defined == []


def test_importing_mlekit_loads_nothing_heavy() -> None:
    script = (
        "import sys, numpy, pandas, scipy.special; before = set(sys.modules); import mlekit; "
        f"print(*sorted({HEAVY!r} & (set(sys.modules) - before)))"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == []


def public_objects() -> list[tuple[str, object]]:
    """Return the functions and classes that the surface exports, data and pictures included."""
    exported = [
        (name, vars(module)[name])
        for module in (mlekit, mlekit.datasets, mlekit.plotting)
        for name in vars(module)["__all__"]
    ]
    return [(name, value) for name, value in exported if inspect.isfunction(value) or inspect.isclass(value)]


def test_every_public_name_exists_and_is_said_once() -> None:
    names = vars(mlekit).get("__all__", [])
    assert len(names) == len(set(names))
    assert [name for name in names if name not in vars(mlekit)] == []
    visible = {
        name
        for name, value in vars(mlekit).items()
        if not name.startswith("_") and not isinstance(value, ModuleType) and name != "annotations"
    }
    assert visible <= set(names), "re-exported, but not in __all__"


def test_every_public_name_is_documented_with_an_example() -> None:
    undocumented, without_example = [], []
    for name, value in public_objects():
        # Of the class itself: an inherited docstring describes something else.
        text = value.__doc__ or ""
        if not text.strip():
            undocumented.append(name)
        elif ">>>" not in text:
            without_example.append(name)
    assert undocumented == []
    assert without_example == []


def function_of(member: object) -> object:
    """The function behind a method or a property; None for anything else."""
    if isinstance(member, staticmethod | classmethod):
        return member.__func__
    if isinstance(member, property):
        return member.fget
    if isinstance(member, cached_property):
        return member.func
    return member if inspect.isfunction(member) else None


def is_shown(name: str, owner: type) -> bool:
    """Whether an example says how it is used: its own, or that of a class that has it or of an interface."""
    interfaces = [
        each for _, each in public_objects() if inspect.isclass(each) and Protocol in each.__bases__
    ]
    for each in (*owner.__mro__, *(each for each in interfaces if name in vars(each))):
        own = function_of(vars(each).get(name))
        examples = re.findall(r"^ *(?:>>>|\.\.\.) .*$", each.__doc__ or "", flags=re.MULTILINE)
        if ">>>" in (getattr(own, "__doc__", None) or "") or re.search(rf"\.{name}\b", "\n".join(examples)):
            return True
    return False


def test_every_public_member_is_documented_and_shown_by_an_example() -> None:
    members = [
        (f"{name}.{member}", value, member, own)
        for name, value in public_objects()
        if inspect.isclass(value)
        for member, attribute in vars(value).items()
        if not member.startswith("_") and (own := function_of(attribute)) is not None
    ]
    assert len(members) > 300
    assert [name for name, _, _, own in members if not (getattr(own, "__doc__", None) or "").strip()] == []
    assert [name for name, owner, member, _ in members if not is_shown(member, owner)] == []


def tracked_files() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached"], cwd=REPOSITORY, capture_output=True, text=True
    )
    if listing.returncode != 0:
        pytest.skip("not a git checkout: which files are tracked is unknown")
    return [REPOSITORY / name for name in listing.stdout.split("\0") if name]


def test_no_tracked_text_names_one_machine() -> None:
    found = []
    for path in tracked_files():
        if not path.is_file() or path == Path(__file__):
            continue
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # an image or a compressed table
        found += [
            f"{path.relative_to(REPOSITORY)}:{number}: {line.strip()[:100]}"
            for number, line in enumerate(lines, start=1)
            if FORBIDDEN.search(line)
        ]
    assert found == []
