"""The reference: a page for each public name, written from the package itself, so that none can be missing."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import mlekit
import mlekit.datasets
import mlekit.plotting

__all__ = ["setup", "write_reference"]

ROOMS = {
    "estimation": "Fitting models",
    "distributions": "Distributions",
    "information": "Information",
    "networks": "Networks",
    "fitting": "Optimizers",
    "errors": "Errors",
    "datasets": "Data",
    "plotting": "Pictures",
}


def public_names() -> dict[str, list[str]]:
    """The qualified public names, by part of the reference."""
    parts: dict[str, list[str]] = {room: [] for room in ROOMS}
    for module in (mlekit, mlekit.datasets, mlekit.plotting):
        for name in vars(module)["__all__"]:
            value = vars(module)[name]
            if inspect.isclass(value) or inspect.isfunction(value):
                room = value.__module__.split(".")[1]
                # The modules beside the rooms compose them into models.
                parts[room if room in ROOMS else "estimation"].append(f"{module.__name__}.{name}")
    return {
        room: sorted(names, key=lambda name: name.split(".")[-1].lower()) for room, names in parts.items()
    }


def write_reference(folder: Path) -> None:
    """Write the pages; those that are already so are left alone, so that they are not built again."""
    parts = public_names()
    pages = {"index": _index(parts)}
    for names in parts.values():
        pages |= {name: _page(name) for name in names}
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.rst"):
        if path.stem not in pages:
            path.unlink()
    for name, text in pages.items():
        path = folder / f"{name}.rst"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def _index(parts: dict[str, list[str]]) -> str:
    lines = ["Reference", "=========", "", "Every public name, from its docstring.", ""]
    for room, names in parts.items():
        lines += [ROOMS[room], "-" * len(ROOMS[room]), "", ".. list-table::", "   :widths: 30 70", ""]
        for name in names:
            shown = name.removeprefix("mlekit.")
            lines += [f"   * - :doc:`{shown} <{name}>`", f"     - {_first_line(name)}"]
        lines += ["", ".. toctree::", "   :hidden:", f"   :caption: {ROOMS[room]}", ""]
        lines += [f"   {name.removeprefix('mlekit.')} <{name}>" for name in names] + [""]
    return "\n".join(lines)


def _page(name: str) -> str:
    module, _, short = name.rpartition(".")
    value = _value(name)
    lines = [short, "=" * len(short), ""]
    if inspect.isclass(value):
        if issubclass(value, mlekit.Distribution):
            lines += [*_theory(inspect.getmodule(value)), ""]
        lines += [f".. autoclass:: {module}.{short}", "   :members:", "   :show-inheritance:"]
    else:
        lines += [f".. autofunction:: {module}.{short}"]
    return "\n".join([*lines, ""])


def _theory(module: Any) -> list[str]:
    """The docstring of a family's module, which has its formulas: indented, and shown as they stand."""
    lines: list[str] = []
    for line in inspect.cleandoc(module.__doc__).splitlines():
        formula = line.startswith("    ")
        if formula and not lines[-1].strip():
            lines += [".. code-block:: text", ""]
        lines.append(line if formula else literal_bars(line))
    return lines


def _first_line(name: str) -> str:
    return literal_bars((inspect.getdoc(_value(name)) or "").partition("\n\n")[0].replace("\n", " "))


def literal_bars(line: str) -> str:
    """The line with its bars protected: |x| is an absolute value, not a substitution."""
    code = line.lstrip().startswith((">>>", "...")) or "``" in line or "`|" in line
    return line if code else line.replace("|", r"\|")


def _value(name: str) -> Any:
    module, _, short = name.rpartition(".")
    owner = {"mlekit": mlekit, "mlekit.datasets": mlekit.datasets, "mlekit.plotting": mlekit.plotting}[module]
    return vars(owner)[short]


def show_whole_signatures() -> None:
    """Forget overloads: the signature of the implementation has every argument by name."""
    from sphinx.pycode import ModuleAnalyzer

    for names in public_names().values():
        for name in names:
            analyzer = ModuleAnalyzer.for_module(_value(name).__module__)
            analyzer.analyze()
            analyzer.overloads.clear()


def setup(app: Any) -> None:
    """Write the pages before Sphinx looks for them."""
    from sphinx.util.inspect import TypeAliasForwardRef

    # Of an alias within a union Sphinx writes the representation.
    type.__setattr__(TypeAliasForwardRef, "__repr__", lambda self: self.name)

    def protect(app: Any, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
        lines[:] = [literal_bars(line) for line in lines]

    def begin(app: Any, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
        # Of a property, Napoleon takes what stands before a colon in the first line for its type.
        if what == "property":
            lines[:0] = ["..", ""]

    app.connect("autodoc-process-docstring", begin, priority=400)
    app.connect("autodoc-process-docstring", protect)
    app.connect("builder-inited", lambda app: write_reference(Path(app.srcdir) / "reference"))
    app.connect("builder-inited", lambda app: show_whole_signatures())
