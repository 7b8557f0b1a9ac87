"""``mlekit fit``: fit a model to a table, print the fit, save it."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

import mlekit as mk
from mlekit.adapters.command_line.options import family_named, pairs, split_list, value_of
from mlekit.adapters.command_line.showing import print_model
from mlekit.adapters.tables import read_table, require_writable
from mlekit.distributions import FAMILIES, Family
from mlekit.distributions.spelling import kebab

__all__ = ["fit"]


class OptimizerName(StrEnum):
    """The optimizers that --optimizer names."""

    newton = "newton"
    lbfgs = "lbfgs"
    adam = "adam"
    sgd = "sgd"


def fit(
    data: Annotated[Path, typer.Argument(help="Table to fit to: CSV, TSV or Parquet; - for standard input.")],
    formula: Annotated[str, typer.Argument(help='What is predicted from what: "y ~ x1 + C(site)".')],
    family: Annotated[
        str,
        typer.Option(
            metavar="NAME", help=f"What the target is: {', '.join(kebab(key) for key in FAMILIES)}."
        ),
    ],
    parameter: Annotated[
        list[str] | None,
        typer.Option(metavar='NAME="~ z"', help="A formula for one more parameter, as scale; repeatable."),
    ] = None,
    fix: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Hold a parameter at a value: scale=1.0; repeatable."),
    ] = None,
    link: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=LINK", help="Another link of a parameter: probs=probit; repeatable."),
    ] = None,
    hidden: Annotated[
        str | None,
        typer.Option(
            metavar="WIDTHS", help="Hidden units of each layer of an MLP: 16,16. Without: a linear model."
        ),
    ] = None,
    activation: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Of the hidden units: tanh (default), relu, sigmoid, gelu or silu."
        ),
    ] = None,
    prior_scale: Annotated[
        float | None,
        typer.Option(
            metavar="S", help="Give every weight a Gaussian(0, S) prior. Without: maximum likelihood."
        ),
    ] = None,
    weights: Annotated[str | None, typer.Option(metavar="COLUMN", help="How often each row counts.")] = None,
    offset: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Is added to the first parameter's linear predictor.")
    ] = None,
    optimizer: Annotated[
        OptimizerName | None,
        typer.Option(
            metavar="NAME", help="newton (default for linear models), lbfgs, adam (for an MLP) or sgd."
        ),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Passes over the rows (adam, sgd).")
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(metavar="R", help="Size of the steps (adam, sgd).")
    ] = None,
    validation: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE", help="Rows to choose the best weights by. An MLP holds out 0.1 by default."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="The same seed gives the same fit.")] = 0,
    progress: Annotated[
        bool | None,
        typer.Option("--progress/--no-progress", help="Show a progress bar. By default on long fits."),
    ] = None,
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="Save the model to this file.")] = None,
) -> None:
    """Fit a model by maximum likelihood and print it.

    Ctrl-C ends a fit early: the best model so far is printed, and saved if --save is given.
    """
    specification = _family(family, fix, link)
    network = _network(hidden, activation)
    solver = _optimizer(optimizer, epochs, learning_rate, linear=hidden is None)
    formulas = pairs("--parameter", parameter, str)
    first = specification.free[0]
    if any(specification.parameter(name).name == first for name in formulas):
        raise typer.BadParameter(f"{first} is what FORMULA predicts already", param_hint="'--parameter'")
    if save is not None:
        require_writable(save, table=False)
    model = mk.fit(
        {first: formula, **formulas} if formulas else formula,
        read_table(data),
        specification,
        network=network,
        prior=None if prior_scale is None else mk.Gaussian(loc=0.0, scale=prior_scale),
        weights=weights,
        offset=offset,
        optimizer=solver,
        validation=validation,
        seed=seed,
        progress=progress,
    )
    print_model(model)
    if save is not None:
        model.save(save)
        typer.echo(f"saved to {save}", err=True)
    if model.interrupted:
        typer.echo("interrupted: this is the best model so far", err=True)
        raise typer.Exit(130)


def _family(name: str, fix: list[str] | None, link: list[str] | None) -> Family[Any]:
    fixed: dict[str, Any] = pairs("--fix", fix, value_of)
    return Family(family_named(name), fixed, pairs("--link", link, str))


def _network(hidden: str | None, activation: str | None) -> mk.Network:
    if hidden is None:
        if activation is not None:
            raise typer.BadParameter(
                "a linear model has none; give --hidden too", param_hint="'--activation'"
            )
        return mk.Linear()
    try:
        widths = [int(width) for width in split_list(hidden)]
    except ValueError as error:
        raise typer.BadParameter(
            f"{hidden!r} is no list of whole numbers as 16,16", param_hint="'--hidden'"
        ) from error
    return mk.MLP(*widths) if activation is None else mk.MLP(*widths, activation=activation)


def _optimizer(
    name: OptimizerName | None, epochs: int | None, learning_rate: float | None, *, linear: bool
) -> mk.Optimizer | None:
    """The optimizer that the options describe; None for the default of ``fit``."""
    settings: dict[str, Any] = {"epochs": epochs, "learning_rate": learning_rate}
    given = {key: value for key, value in settings.items() if value is not None}
    match name:
        case None if not given:
            return None
        case OptimizerName.sgd:
            return replace(mk.SGD(), **given)
        case OptimizerName.adam:
            return replace(mk.Adam(), **given)
        case None if not linear:
            return replace(mk.Adam(), **given)
    if given:
        option = f"--{next(iter(given)).replace('_', '-')}"
        raise typer.BadParameter(
            "only adam and sgd have it; choose one with --optimizer", param_hint=f"'{option}'"
        )
    return mk.Newton() if name is OptimizerName.newton else mk.LBFGS()
