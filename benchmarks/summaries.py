"""Tables of what an experiment found: means, their standard errors, paired differences, seconds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

__all__ = ["difference_table", "markdown", "score_table", "seconds_table"]


def markdown(title: str, columns: Sequence[str], lines: Sequence[Sequence[str]], *, text: int = 1) -> str:
    """Return a Markdown table under a title; the columns after the first ``text`` ones are set right."""
    rule = "".join("---|" if number < text else "--:|" for number in range(len(columns)))
    rows = [f"| {' | '.join(line)} |" for line in [columns, *lines]]
    return "\n".join([f"### {title}", "", rows[0], f"|{rule}", *rows[1:], ""])


def score_table(
    title: str,
    rows: pd.DataFrame,
    score: str,
    *,
    more: Mapping[str, Mapping[str, str]] | None = None,
) -> str:
    """Return a Markdown table of means ± standard errors over splits: a line a set, a column a model.

    The least mean is set in bold. ``more`` holds further columns, by heading and set.
    """
    models, more = list(dict.fromkeys(rows["model"])), more or {}
    lines = []
    for data, of_set in rows.groupby("data", sort=False):
        values = {model: _values(of_set, model, score) for model in models}
        means = {model: float(np.mean(each)) for model, each in values.items() if len(each)}
        best = min(means, key=lambda model: means[model], default="")
        cells = []
        for model in models:
            text = _mean(values[model])
            failed = int((of_set.loc[of_set["model"] == model, "error"] != "").sum())
            text = f"**{text}**" if model == best else text
            cells.append(f"{text} ({failed} failed)" if failed else text)
        extra = [column.get(str(data), "") for column in more.values()]
        lines.append([str(data), str(of_set["split"].nunique()), *cells, *extra])
    return markdown(title, ["Set", "splits", *models, *more], lines)


def difference_table(title: str, rows: pd.DataFrame, score: str) -> str:
    """Return a Markdown table of mean differences ± their standard errors to the best model, split by split."""
    models = list(dict.fromkeys(rows["model"]))
    lines = []
    for data, of_set in rows.groupby("data", sort=False):
        wide = of_set[of_set["error"] == ""].pivot(index="split", columns="model", values=score)
        best = str(wide.mean().idxmin())
        cells = [
            "" if model == best or model not in wide else _mean((wide[model] - wide[best]).dropna())
            for model in models
        ]
        lines.append([str(data), best, *cells])
    return markdown(title, ["Set", "best", *models], lines, text=2)


def seconds_table(title: str, rows: pd.DataFrame) -> str:
    """Return a Markdown table of the median seconds a fit."""
    models = list(dict.fromkeys(rows["model"]))
    lines = []
    for data, of_set in rows.groupby("data", sort=False):
        medians = [_values(of_set, model, "seconds") for model in models]
        lines.append([str(data), *(f"{np.median(each):.3g}" if len(each) else "" for each in medians)])
    return markdown(title, ["Set", *models], lines)


def _values(of_set: pd.DataFrame, model: str, score: str) -> pd.Series:
    return of_set.loc[(of_set["model"] == model) & (of_set["error"] == ""), score]


def _mean(values: pd.Series) -> str:
    """Return "mean ± standard error" of some splits' values, to two digits of the standard error."""
    if not len(values):
        return ""
    mean = float(values.mean())
    if not math.isfinite(mean):
        return "∞" if mean > 0 else str(mean)
    error = float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else 0.0
    if error == 0.0:
        return f"{mean:.4g}"
    decimals = max(0, 1 - math.floor(math.log10(error)))
    return f"{mean:.{decimals}f} ± {error:.{decimals}f}"
