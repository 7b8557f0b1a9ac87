"""How much one variable tells of another: mutual information and conditional entropy of discrete data or a joint table.

    I(X; Y) = KL(p(x, y) ‖ p(x)·p(y)) = H(Y) − H(Y | X)        H(Y | X) = −E[log p(Y | X)]

Both take a table of joint probabilities (rows x, columns y), a table of counts, or one label of each variable a row
of data. What comes from data is the plug-in value: of independent variables with r and c values it is not 0 but about
(r − 1)(c − 1)/(2N) nats; `g_test` says whether a value stands out from that.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from mlekit.arrays import ArrayLike
from mlekit.distributions.labels import label_array
from mlekit.errors import DataError, ParameterError
from mlekit.information.estimate import unit_of
from mlekit.information.logits import kl_of_logits

__all__ = ["conditional_entropy", "cross_table", "mutual_information"]

Table = Float[np.ndarray, "rows columns"]

_SUM_TOLERANCE = 1e-9


def mutual_information(x: ArrayLike, y: ArrayLike | None = None, *, base: float | None = None) -> float:
    """I(X; Y) = Σ p(x, y)·log(p(x, y)/(p(x)·p(y))): what either variable tells of the other.

    Args:
        x: labels, one a row of data; or, without y, a table of joint probabilities or counts.
        y: labels, one a row of data.
        base: of the logarithm; None for nats, 2 for bits.

    Returns:
        A float, ≥ 0, and 0 for independent variables only; of labels or counts, the plug-in value.

    Raises:
        ParameterError: for a table that is not of two axes, has negative or infinite entries, or is neither counts
            nor sums to 1; a base not above 1.
        DataError: for labels that are missing or of different numbers.

    Cover & Thomas (2006), section 2.3.

    >>> mutual_information([[0.5, 0.0], [0.0, 0.5]], base=2)
    1.0
    >>> round(mutual_information(["a", "a", "b", "b"], [1, 1, 1, 2]), 6)
    0.215762

    """
    unit = unit_of(base)
    joint = _probabilities(x, y)
    with np.errstate(divide="ignore"):
        log_joint = np.log(joint)
        margins = np.log(joint.sum(axis=1))[:, None] + np.log(joint.sum(axis=0))
    return float(kl_of_logits(log_joint.reshape(-1), margins.reshape(-1))) / unit


def conditional_entropy(y: ArrayLike, given: ArrayLike | None = None, *, base: float | None = None) -> float:
    """H(Y | X) = −Σ p(x, y)·log(p(x, y)/p(x)): what stays uncertain of Y for one who knows X.

    Args:
        y: labels, one a row of data; or, without ``given``, a table of joint probabilities or counts, whose rows are
            the values of X and whose columns are those of Y.
        given: labels of X, one a row of data.
        base: of the logarithm; None for nats, 2 for bits.

    Returns:
        A float between 0 and H(Y); of labels or counts, the plug-in value.

    Raises:
        ParameterError: for a table that is not of two axes, has negative or infinite entries, or is neither counts
            nor sums to 1; a base not above 1.
        DataError: for labels that are missing or of different numbers.

    Cover & Thomas (2006), section 2.2.

    >>> conditional_entropy([[0.5, 0.0], [0.25, 0.25]], base=2)
    0.5

    """
    unit = unit_of(base)
    joint = _probabilities(y, None) if given is None else _probabilities(given, y)
    rows = joint.sum(axis=1, keepdims=True)
    share = np.divide(joint, rows, out=np.ones_like(joint), where=joint > 0)
    return float(0.0 - (joint * np.log(share)).sum()) / unit


def cross_table(x: ArrayLike, y: ArrayLike) -> Table:
    """How often each pair of labels comes, rows for x and columns for y, in the order of their first coming.

    >>> cross_table(["a", "b", "a"], [1, 1, 2])
    array([[1., 1.],
           [1., 0.]])
    """
    import pandas as pd

    codes, sizes = [], []
    for name, labels in (("x", x), ("y", y)):
        array = label_array(labels)
        if array.ndim != 1 or len(array) == 0:
            raise DataError(f"{name}: needs one label a row of data, but its shape is {array.shape}")
        code, levels = pd.factorize(array)
        if (code < 0).any():
            raise DataError(f"{name}: the label of row {int(np.argmax(code < 0))} is missing")
        codes.append(code)
        sizes.append(len(levels))
    if len(codes[0]) != len(codes[1]):
        raise DataError(
            f"x has {len(codes[0])} labels and y {len(codes[1])}; one of each a row of data is needed"
        )
    cells = np.bincount(codes[0] * sizes[1] + codes[1], minlength=sizes[0] * sizes[1])
    table: Table = cells.reshape(sizes).astype(np.float64)
    return table


def _probabilities(x: ArrayLike, y: ArrayLike | None) -> Table:
    if y is not None:
        counted = cross_table(x, y)
        share: Table = counted / counted.sum()
        return share
    try:
        table = np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError):
        raise ParameterError("a joint table holds numbers; for labels give both variables") from None
    if table.ndim != 2 or table.size == 0:
        raise ParameterError(
            f"a joint table has two axes, but the shape is {table.shape}; for labels give both variables"
        )
    if not (np.isfinite(table).all() and (table >= 0).all()):
        raise ParameterError(
            "a joint table holds probabilities or counts: finite numbers that are not negative"
        )
    total = float(table.sum())
    counts = bool((table == np.floor(table)).all()) and total > 0
    if not counts and abs(total - 1) > _SUM_TOLERANCE:
        raise ParameterError(
            f"a joint table sums to 1, or holds counts; this one sums to {total:.9g}: "
            "divide by the sum if that is meant"
        )
    probabilities: Table = table / total
    return probabilities
