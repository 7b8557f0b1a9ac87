"""Families of labels."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import mpmath
import numpy as np
from scipy import stats
from scipy.special import logit

from mlekit.arrays import Array
from mlekit.distributions import Bernoulli, Categorical, OrderedCategorical
from tests.distributions.case import Case, Draw, Exact, Parameters, table


def _dirichlet(name: str, to: Callable[[Array], Array], size: int) -> Draw:
    return lambda rng, shape: {name: to(rng.dirichlet(np.ones(size), shape))}


def _cutpoints(size: int) -> Draw:
    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Parameters:
        steps = rng.uniform(0.3, 1.5, (*shape, size))
        return {"loc": rng.uniform(-1, 1, shape), "cutpoints": np.cumsum(steps, axis=-1) - 2.5}

    return draw


def _ordered(latent: Any, loc: Any, cutpoints: Any) -> Any:
    below = np.concatenate([[0.0], latent.cdf(cutpoints - loc), [1.0]])
    return table(np.arange(len(below) - 1), np.diff(below))


_NEAR = (1e-300, 1e-16, 1 - 1e-16)


CASES = (
    Case(
        Bernoulli,
        reference=lambda probs: stats.bernoulli(probs),
        exact=Exact(
            log_prob=lambda y, probs: mpmath.log(probs if y else 1 - probs),
            cdf=lambda y, probs: 1 - probs if y < 1 else mpmath.mpf(1),
            sf=lambda y, probs: probs if y < 1 else mpmath.mpf(0),
        ),
        extremes=[{"probs": p} for p in (0.0, 1.0, *_NEAR)]
        + [{"logits": t} for t in (-700, 700, 1e8, -np.inf)],
    ),
    Case(
        Bernoulli,
        draw=lambda rng, shape: {"logits": rng.uniform(-4, 4, shape)},
        exact=Exact(
            log_prob=lambda y, logits: -mpmath.log1p(mpmath.exp(-logits if y else logits)),
            cdf=lambda y, logits: 1 / (1 + mpmath.exp(logits)) if y < 1 else mpmath.mpf(1),
            sf=lambda y, logits: 1 / (1 + mpmath.exp(-logits)) if y < 1 else mpmath.mpf(0),
        ),
        name="Bernoulli-logits",
    ),
    Case(
        Categorical,
        draw=_dirichlet("probs", np.asarray, 5),
        reference=lambda probs: table(np.arange(len(probs)), probs),
        extremes=[
            *({"probs": p} for p in ([1.0, 0.0, 0.0], [1e-300, 0.5, 0.5], [1.0])),
            *({"logits": t} for t in ([-700.0, 0.0, 700.0], [-np.inf, 0.0, 1e8], [1e300, -1e300])),
        ],
    ),
    Case(
        Categorical,
        draw=_dirichlet("logits", lambda p: logit(p) - 1, 2),
        reference=lambda logits: table([0, 1], np.exp(logits - np.logaddexp(*logits))),
        name="Categorical-logits",
    ),
    *(
        Case(
            OrderedCategorical,
            draw=_cutpoints(4),
            reference=partial(_ordered, latent),
            fixed={"link": link},
            extremes=[
                {"loc": 0.0, "cutpoints": [-800.0, 0.0, 800.0]},
                {"loc": 1e8, "cutpoints": [-1.0, 1e8, 1e8 + 1e-4]},
                {"loc": -40.0, "cutpoints": [0.0, 1e-300, 1e300]},
            ],
            name=name,
        )
        for name, link, latent in (
            ("OrderedCategorical", "logit", stats.logistic),
            ("OrderedCategorical-probit", "probit", stats.norm),
        )
    ),
)
