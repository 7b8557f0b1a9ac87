"""The identity that maximum likelihood rests on, taken apart over the groups of rows that share their inputs.

    mean NLL = cross-entropy(data, model) = entropy(data) + KL(data ‖ model)

Rows with the same inputs get the same prediction, so within such a group the data is one empirical distribution and
the model another one. The entropy is what no model can predict from these inputs; KL is what this model leaves to
learn. The plug-in entropy of n outcomes is too low by about (classes − 1)/(2n) nats (Miller 1955), and says nothing
in a group of one row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from mlekit.arrays import Array, Labels
from mlekit.distributions import Seed
from mlekit.errors import DataError, ParameterError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Decomposition", "grouped_decomposition"]

Interval: TypeAlias = tuple[float, float]

_SAME_PREDICTION = 1e-4

_CONTINUOUS = (
    "The target is continuous: hardly any value comes twice, so its entropy given the inputs cannot be identified from "
    "one outcome per input, and neither can the KL divergence; the cross-entropy is the mean negative log-likelihood."
)


@dataclass(frozen=True, eq=False)
class Decomposition:
    """Mean negative log-likelihood = entropy + KL, over all rows and for each group of them; in nats.

    Attributes:
        cross_entropy: the weighted mean negative log-likelihood of all rows.
        entropy: the plug-in entropy of the outcomes within groups; None if it is not identifiable.
        kl: ``cross_entropy − entropy``; None if it is not identifiable.
        groups: the ids of the groups, ascending.
        group_weights: the total weight of each group's rows.
        group_rows: how many rows each group has.
        group_cross_entropy: ``cross_entropy`` of each group; the overall one is their weighted mean.
        group_entropy: ``entropy`` of each group.
        group_kl: ``kl`` of each group.
        rows_identifiable: how many rows are in groups of more than one row, where an entropy can be seen; 0 for a
            continuous target.
        note: what to make of it, in a sentence.
        level: of the intervals; None if they were not asked for.
        cross_entropy_interval: for the cross-entropy of the distribution that the rows came from.
        entropy_interval: for that distribution's entropy.
        kl_interval: for the divergence of the model from it.

    >>> heads = np.array([True, True, False, True])
    >>> parts = grouped_decomposition(np.zeros(4, dtype=int), heads, np.log([0.5, 0.5, 0.5, 0.5]))
    >>> parts
    Decomposition(cross_entropy=0.693147 = entropy 0.562335 + KL 0.130812; every row shares its inputs with another row)
    >>> parts.rows, parts.to_frame()["kl"].to_list()
    (4, [0.130812])

    """

    cross_entropy: float
    entropy: float | None
    kl: float | None
    groups: np.ndarray
    group_weights: Array
    group_rows: np.ndarray
    group_cross_entropy: Array
    group_entropy: Array | None
    group_kl: Array | None
    rows_identifiable: int
    note: str
    level: float | None = None
    cross_entropy_interval: Interval | None = None
    entropy_interval: Interval | None = None
    kl_interval: Interval | None = None

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.group_rows.sum())

    def to_frame(self) -> pd.DataFrame:
        """A row a group; the columns entropy and kl only where they exist."""
        import pandas as pd

        columns: dict[str, Any] = {
            "rows": self.group_rows,
            "weight": self.group_weights,
            "cross_entropy": self.group_cross_entropy,
        }
        if self.group_entropy is not None and self.group_kl is not None:
            columns |= {"entropy": self.group_entropy, "kl": self.group_kl}
        return pd.DataFrame(columns, index=pd.Index(self.groups, name="group"))

    def __repr__(self) -> str:
        if self.entropy is None or self.kl is None:
            return f"Decomposition(cross_entropy={self.cross_entropy:.6g}; {self.note})"
        return (
            f"Decomposition(cross_entropy={self.cross_entropy:.6g} = entropy {self.entropy:.6g}"
            f"{_brief(self.entropy_interval)} + KL {self.kl:.6g}{_brief(self.kl_interval)}; {self.note})"
        )


def _brief(interval: Interval | None) -> str:
    return "" if interval is None else f" in ({interval[0]:.6g}, {interval[1]:.6g})"


def grouped_decomposition(
    groups: np.ndarray,
    outcomes: Labels | None,
    log_probs: Array,
    weights: Array | None = None,
    *,
    resamples: int | None = None,
    level: float = 0.95,
    rng: Seed = 0,
) -> Decomposition:
    """Split the mean negative log-likelihood into entropy and KL within groups of rows that share their inputs.

    For group g with weights w, total W_g, and masses m_c = Σ_{i: y_i = c} w_i / W_g:

        CE_g = −Σ w_i·log p(y_i)/W_g,    H_g = −Σ_c m_c·log m_c,    KL_g = CE_g − H_g.

    Args:
        groups: an integer a row; rows with equal inputs have equal numbers. Shape (rows,).
        outcomes: codes or labels of the outcomes, shape (rows,); None for a continuous target.
        log_probs: the model's log p(y_row) in nats, shape (rows,).
        weights: a weight a row, not negative; 1 each if not given.
        resamples: how often to redraw the rows of every group among themselves, for intervals; None for none.
        level: of the intervals.
        rng: a NumPy generator or a seed, for the resampling.

    Returns:
        The decomposition; ``cross_entropy == entropy + kl`` up to rounding, overall and in each group.

    Raises:
        DataError: for no rows, lengths that differ, NaN, weights that are negative or zero throughout, and for rows of
            one group with the same outcome but different log-probabilities: their inputs cannot have been the same.
        ParameterError: for fewer than two resamples, or a level outside (0, 1).

    The intervals are those of the basic bootstrap, which takes the plug-in's bias for the one that resampling adds:
    they lie above the plug-in entropy and below the plug-in KL where groups are small. Rows that are alone in their
    group are certain of nothing, and no interval knows of them.

    Cover & Thomas (2006), chapter 2; Miller (1955), Note on the bias of information estimates; Davison & Hinkley
    (1997), Bootstrap Methods and their Application, section 5.2.

    >>> half = np.log([0.5, 0.5, 0.5, 0.5])
    >>> parts = grouped_decomposition(np.array([0, 0, 1, 1]), np.array(["a", "b", "a", "a"]), half)
    >>> parts.to_frame()[["entropy", "kl"]]
            entropy        kl
    group
    0      0.693147  0.000000
    1      0.000000  0.693147

    """
    w = _checked(groups, outcomes, log_probs, weights)
    if resamples is not None and resamples < 2:
        raise ParameterError(f"resamples: intervals need at least 2, but resamples is {resamples}")
    if not 0 < level < 1:
        raise ParameterError(f"level: an interval's level lies in (0, 1), but is {level!r}")
    ids, group, rows = np.unique(groups, return_inverse=True, return_counts=True)
    totals: Array = np.bincount(group, weights=w).astype(np.float64)
    kept = totals > 0
    # A row without weight counts for nothing, also if it was impossible.
    surprise = np.where(w > 0, -w * np.where(w > 0, log_probs, 0.0), 0.0)
    whole = totals.sum()
    cross = np.divide(np.bincount(group, weights=surprise), totals, out=np.zeros_like(totals), where=kept)
    overall = float(surprise.sum() / whole)
    if outcomes is None:
        return Decomposition(overall, None, None, ids, totals, rows, cross, None, None, 0, _CONTINUOUS)
    owner, cell = _cells(group, _codes(outcomes), log_probs, ids)
    entropies = _entropies(owner, cell, w, totals)
    entropy = float(entropies @ totals / whole)
    kl = np.maximum(cross - entropies, 0.0)
    identifiable = int(rows[rows > 1].sum())
    note = (
        f"{identifiable} of {len(group)} rows share their inputs with another row; only they show an entropy"
        if identifiable < len(group)
        else "every row shares its inputs with another row"
    )
    found: dict[str, Any] = {}
    if resamples is not None and identifiable:
        drawn = _redrawn(group, owner, cell, w, surprise, resamples, np.random.default_rng(rng))
        estimates = np.array([overall, entropy, overall - entropy])
        tails = np.quantile(drawn, [0.5 + level / 2, 0.5 - level / 2], axis=0)
        ends = np.maximum(2 * estimates - tails, 0.0).T.tolist() if np.isfinite(overall) else None
        if ends is not None:
            names = ("cross_entropy_interval", "entropy_interval", "kl_interval")
            found = {"level": level, **{name: tuple(pair) for name, pair in zip(names, ends, strict=True)}}
    return Decomposition(
        overall,
        entropy,
        max(overall - entropy, 0.0),
        ids,
        totals,
        rows,
        cross,
        entropies,
        kl,
        identifiable,
        note,
        **found,
    )


def _checked(groups: np.ndarray, outcomes: Labels | None, log_probs: Array, weights: Array | None) -> Array:
    """The weights, after everything has been looked at."""
    count = len(groups)
    given = {"outcomes": outcomes, "log_probs": log_probs, "weights": weights}
    lengths = {name: np.shape(array) for name, array in given.items() if array is not None}
    if count == 0:
        raise DataError("groups: a decomposition needs at least one row")
    if any(shape != (count,) for shape in lengths.values()):
        raise DataError(f"groups has {count} rows, but the shapes of the others are {lengths}")
    if np.isnan(log_probs).any():
        raise DataError(f"log_probs is NaN in row {int(np.argmax(np.isnan(log_probs)))}")
    w = np.ones(count) if weights is None else np.asarray(weights, dtype=np.float64)
    bad = ~(np.isfinite(w) & (w >= 0))
    if bad.any():
        raise DataError(
            f"weights must be finite and not negative, but row {int(np.argmax(bad))} has {w[bad][0]:g}"
        )
    if not w.any():
        raise DataError("weights are zero throughout")
    return w


def _codes(outcomes: Labels) -> np.ndarray:
    import pandas as pd

    codes, _ = pd.factorize(np.asarray(outcomes))
    if (codes < 0).any():
        raise DataError(f"outcomes: row {int(np.argmax(codes < 0))} is missing; drop such rows first")
    return np.asarray(codes, dtype=np.int64)


def _cells(
    group: np.ndarray, codes: np.ndarray, log_probs: Array, ids: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The group of each cell of equal group and outcome, and the cell of each row.

    Raises:
        DataError: for groups that got different predictions.

    """
    _, first, cell = np.unique(group * (codes.max() + 1) + codes, return_index=True, return_inverse=True)
    expected = log_probs[first][cell]
    with np.errstate(invalid="ignore"):  # −inf twice is equal
        distance = np.abs(log_probs - expected)
    differs = ~((log_probs == expected) | (distance <= _SAME_PREDICTION * (1 + np.abs(expected))))
    if differs.any():
        row = int(np.argmax(differs))
        raise DataError(
            f"groups: rows {int(first[cell[row]])} and {row} of group {ids[group[row]]} have the same outcome, but "
            f"log-probabilities {expected[row]:.6g} and {log_probs[row]:.6g}, so their inputs differ; "
            "group rows by all inputs of the model"
        )
    return group[first], cell


def _entropies(owner: np.ndarray, cell: np.ndarray, w: Array, totals: Array) -> Array:
    """The plug-in entropy of each group."""
    mass = np.bincount(cell, weights=w, minlength=len(owner))
    share = np.divide(mass, totals[owner], out=np.zeros_like(mass), where=mass > 0)
    terms = -share * np.log(np.where(share > 0, share, 1.0))
    return np.bincount(owner, weights=terms, minlength=len(totals)).astype(np.float64)


def _redrawn(
    group: np.ndarray,
    owner: np.ndarray,
    cell: np.ndarray,
    w: Array,
    surprise: Array,
    resamples: int,
    rng: np.random.Generator,
) -> Array:
    """Cross-entropy, entropy and KL of samples in which each group's rows are drawn from that group's."""
    by_group = np.argsort(group, kind="stable")
    sizes = np.bincount(group)
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    counts = np.repeat(sizes, sizes)
    drawn = np.empty((resamples, 3))
    for sample in drawn:
        rows = by_group[starts + (rng.random(len(group)) * counts).astype(np.int64)]
        weights = w[rows]
        totals = np.bincount(group[rows], weights=weights, minlength=len(sizes)).astype(np.float64)
        whole = totals.sum()
        entropy = float(_entropies(owner, cell[rows], weights, totals) @ totals / whole)
        cross = float(surprise[rows].sum() / whole)
        sample[:] = cross, entropy, cross - entropy
    return drawn
