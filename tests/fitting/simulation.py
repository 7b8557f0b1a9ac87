"""Small tables with a known truth, for the tests of fitting."""

from __future__ import annotations

import numpy as np
import pandas as pd

import mlekit as mk

__all__ = ["WHOLE_BATCHES", "overlapping"]

WHOLE_BATCHES = (
    mk.Adam(learning_rate=0.1, epochs=400, batch_size=10_000, warmup=5),
    mk.SGD(learning_rate=0.3, epochs=800, batch_size=10_000, warmup=5),
)
"""Optimizers that come to the maximum itself: with all rows in each batch nothing is left to chance."""


def overlapping(rows: int = 200, seed: int = 0) -> pd.DataFrame:
    """Two numbers, a group, and targets of every kind that depend on them but leave doubt."""
    rng = np.random.default_rng(seed)
    x1, x2 = rng.normal(size=(2, rows))
    group = rng.choice(["a", "b", "c"], rows)
    eta = 0.5 + x1 - 0.7 * x2 + (group == "b")
    noise = rng.gumbel(size=(rows, 3)) + np.stack([eta, 0.5 * x2, np.zeros(rows)], axis=1)
    return pd.DataFrame(
        {
            "x1": x1,
            "x2": 40 + 5 * x2,
            "group": group,
            "yes": (rng.random(rows) < 1 / (1 + np.exp(-eta))).astype(np.int64),
            "also": (rng.random(rows) < 1 / (1 + np.exp(eta + x1))).astype(np.int64),
            "kind": np.array(["low", "mid", "high"])[noise.argmax(axis=1)],
            "length": 100 + 3 * eta + np.exp(0.3 * x1) * rng.normal(size=rows),
            "width": 7 - eta + 0.5 * rng.normal(size=rows),
            "weight": rng.integers(0, 4, rows),
        }
    )
