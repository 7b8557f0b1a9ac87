"""A fit in words and numbers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd

from mlekit.model import Model
from mlekit.networks import Linear

__all__ = ["facts_table", "summarize"]


def facts_table(model: Model[Any]) -> pd.Series[Any]:
    """What is known of a fit, a line a fact."""
    facts, head = model.facts, model.head.member
    links = {
        name: head.family.links.get(name, head.family.parameter(name).link.name) for name in head.columns
    }
    lines: dict[str, Any] = {
        "family": model.head.name,
        "loss": model.loss_name,
        "target": ", ".join(head.target_names),
        "network": _networks(model),
        "links": ", ".join(f"{name}: {link}" for name, link in links.items()),
        "prior": facts.prior or "none (maximum likelihood)",
        "optimizer": facts.optimizer,
        "stopped": model.stop_reason,
        "converged": "yes" if model.converged else "no",
        "training rows": facts.rows,
        "validation rows": facts.validation_rows,
        "parameters": model.n_parameters,
        "log-likelihood": f"{facts.log_likelihood:.6f}",
        "mean NLL": f"{-facts.log_likelihood / facts.total_weight:.6f} nats",
        "AIC": f"{model.aic:.4f}",
        "BIC": f"{model.bic:.4f}",
    }
    return pd.Series(lines, name="value")


def _networks(model: Model[Any]) -> str:
    described: Counter[str] = Counter()
    for block in model.regression.blocks:
        columns = () if block.formula is None else model.regression.encoding.predictors[block.formula].columns
        kind = "intercept" if isinstance(block.network, Linear) and not columns else repr(block.network)
        described[f"{', '.join(block.parameters)}: {kind}"] += 1
    # The members of an ensemble are alike.
    return "; ".join(f"{count} × {what}" if count > 1 else what for what, count in described.items())


def summarize(model: Model[Any]) -> str:
    """The facts of a fit and, for a linear model, its coefficients, as text."""
    facts = facts_table(model)
    width = max(len(str(name)) for name in facts.index)
    lines = [f"{name:<{width}}  {value}" for name, value in facts.items()]
    if model.is_linear:
        coefficients = model.coefficients
        lines += ["", coefficients.to_string(float_format=lambda value: f"{value: .6g}")]
        if model.facts.prior is not None:
            lines.append("(posterior mode: shrunk by the prior)")
    return "\n".join(lines)
