"""Sums over whole numbers of terms like p(k)·f(k), for every element of a batch, with far fewer points than numbers.

The sum over all whole numbers of a smooth function that dies out on both sides equals its integral, and so does any
coarser lattice, up to exp(−2π²·(σ/step)²) for a bell of width σ (Poisson's summation formula). So a wide bell needs
a hundred points, wherever it lies. A wide function that does not die out at the low end is summed term by
term there, and beyond by Gaussian quadrature for sums (nodes and weights of the discrete Chebyshev polynomials,
exact for polynomials) over blocks that double in length: 24 points an octave.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from mlekit.arrays import Array, BoolArray

__all__ = ["count_sum", "whole_sum"]

Term = Callable[[np.ndarray, Array], Array]

_POINTS_A_STD = 6.0
_EXACT = 64
_NODES = 24
_LONGEST = 1024
_BLOCK_ELEMENTS = 2**18


class _Nodes(NamedTuple):
    """Points of a rule, their weights, and for each the first whole number that it speaks for."""

    offset: Array
    weight: Array
    first: Array


def whole_sum(term: Term, low: Array, high: Array) -> Array:
    """Σ_{k = low}^{high} term(k) for every element, number by number: right for any terms, and as slow as long.

    >>> whole_sum(lambda rows, k: k, np.array([1.0, 5.0]), np.array([4.0, 4.0]))
    array([10., 0.])
    """
    total = np.zeros(low.shape)
    count = high - low + 1
    order = np.argsort(count, kind="stable")
    start = int(np.searchsorted(count[order], 1))
    while start < len(order):
        end = min(len(order), start + max(1, int(_BLOCK_ELEMENTS // (2 * count[order[start]]))))
        end = min(end, int(np.searchsorted(count[order], 2 * count[order[start]], side="right")))
        rows = order[start:end]
        offset = np.arange(count[rows].max())[:, None]
        terms = np.where(offset < count[rows], term(rows, low[rows] + offset), 0.0)
        total[rows] = np.add.accumulate(terms, axis=0)[-1]
        start = end
    return total


def count_sum(term: Term, low: Array, high: Array, std: Array, bell: BoolArray) -> Array:
    """Σ_{k = low}^{high} term(k) for every element.

    Args:
        term: (positions, k) -> the terms of the elements at these positions, k of shape (points, positions); it is
            smooth in k also between whole numbers.
        low: the first whole number that counts, shape (elements,).
        high: the last one.
        std: the width of the terms as a function of k.
        bell: whether they die out at both ends.

    Returns:
        The sums, shape (elements,).
    """
    step = np.where(bell, np.maximum(1.0, std / _POINTS_A_STD), 1.0)
    count = np.floor((high - low) / step) + 1
    total = np.zeros(count.shape)
    order = np.argsort(count, kind="stable")
    start = 0
    while start < len(order):
        # Elements of about the same length together, as many as a block holds.
        shortest = count[order[start]]
        length = min(2 * shortest + 32, _LONGEST if shortest <= _LONGEST else np.inf)
        end = int(np.searchsorted(count[order], length, side="right"))
        end = min(end, start + max(1, int(_BLOCK_ELEMENTS // min(length, 2 * _LONGEST))))
        rows = order[start:end]
        span = count[rows].max()
        nodes = _numbers(span) if span <= _LONGEST else _octaves(int(np.ceil(np.log2(span / _EXACT))))
        terms = nodes.weight[:, None] * term(rows, low[rows] + step[rows] * nodes.offset[:, None])
        # Added up in order: an element's sum does not depend on which others it is computed with.
        partial = np.add.accumulate(np.where(nodes.first[:, None] < count[rows], terms, 0.0), axis=0)
        total[rows] = step[rows] * partial[-1]
        start = end
    return total


def _numbers(span: float) -> _Nodes:
    """Every whole number below ``span``."""
    offset = np.arange(span)
    return _Nodes(offset, np.ones_like(offset), offset)


@cache
def _octaves(doublings: int) -> _Nodes:
    """Nodes for Σ_{k=0}^{64·2ᵈ − 1}: single numbers up to 64, then 24 points for each doubling."""
    parts = [_numbers(_EXACT)]
    for octave in range(doublings):
        length = float(_EXACT) * 2.0**octave
        offset, weight = _gauss_sum(length)
        parts.append(_Nodes(length + offset, weight, np.full_like(offset, length)))
    return _Nodes(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _gauss_sum(length: float) -> tuple[Array, Array]:
    """Gaussian nodes and weights for Σ_{k=0}^{length−1} (Golub & Welsch 1969), in units that keep their digits."""
    j = np.arange(1.0, _NODES)
    coupling = 0.5 * np.sqrt((1 - np.square(j / length)) / (4 - 1 / np.square(j)))
    values, vectors = np.linalg.eigh(np.diag(coupling, 1) + np.diag(coupling, -1))
    return (length - 1) / 2 + length * values, length * np.square(vectors[0])
