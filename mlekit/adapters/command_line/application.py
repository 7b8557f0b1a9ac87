"""The commands put together, and how their errors are said: one message, an exit status, no traceback.

Exit status: 0 for success, 1 for an error of mlekit or of a file, 2 for wrong usage, 130 for Ctrl-C.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Annotated, ParamSpec, TypeVar

import typer

import mlekit as mk
from mlekit.adapters.command_line.comparing import compare
from mlekit.adapters.command_line.fitting import fit
from mlekit.adapters.command_line.predicting import predict
from mlekit.adapters.command_line.showing import show
from mlekit.errors import MlekitError

__all__ = ["application"]

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

INTERRUPTED = 130


def reporting(command: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """The command with its errors said in one message on standard error."""

    @wraps(command)
    def reported(*arguments: Parameters.args, **options: Parameters.kwargs) -> Result:
        try:
            return command(*arguments, **options)
        except BrokenPipeError:
            raise  # `mlekit ... | head` is no error to speak of; typer ends quietly
        except (MlekitError, OSError) as error:
            typer.secho("error: ", err=True, fg=typer.colors.RED, nl=False)
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from error
        except KeyboardInterrupt as error:
            typer.echo("interrupted", err=True)
            raise typer.Exit(INTERRUPTED) from error

    return reported


def _say_version(wanted: bool) -> bool:
    if wanted:
        typer.echo(f"mlekit {mk.__version__}")
        raise typer.Exit
    return wanted


application = typer.Typer(
    name="mlekit",
    help="Fit probabilistic models by maximum likelihood, predict with them, and compare data.",
    epilog="Tables are CSV, TSV (also .gz) or Parquet files; - is CSV from standard input.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@application.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """What stands before a command."""


application.command(
    epilog='Example: mlekit fit people.csv "diet ~ height + weight" --family bernoulli --save diet.mlekit'
)(reporting(fit))
application.command(
    epilog="Example: mlekit predict diet.mlekit people.csv --keep name --output predicted.csv",
)(reporting(predict))
application.command(
    epilog="Example: mlekit compare survey.csv --columns before,after --base 2",
)(reporting(compare))
application.command(epilog="Example: mlekit show diet.mlekit")(reporting(show))
