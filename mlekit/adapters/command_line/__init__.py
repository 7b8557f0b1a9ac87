"""The command ``mlekit``: fit, predict, compare and show, from tables in files."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; without the packages of the extra ``cli``, say how to install them."""
    try:
        _run()
    except KeyboardInterrupt:  # while modules are loaded; later the commands take care of it
        print("interrupted", file=sys.stderr)
        sys.exit(130)


def _run() -> None:
    try:
        import rich  # noqa: F401  (asked for here so that its absence is said in words)
        import typer  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name not in ("rich", "typer"):
            raise
        print(
            f"error: the command line needs {error.name}, which is not installed: pip install 'mlekit[cli]'",
            file=sys.stderr,
        )
        sys.exit(1)
    from mlekit.adapters.command_line.application import application

    application(prog_name="mlekit")
