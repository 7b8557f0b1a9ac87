"""Expectations under a continuous distribution by double-exponential quadrature, the whole batch at once.

    E_p[f(Y)] = ∫ p(y)·f(y) dy

The line is cut at quantiles and modes of the distributions involved. A substitution y = φ(t) makes the integrand decay
double-exponentially in t, so that the trapezoidal rule converges at almost exponential speed, also where the integrand
is singular at an end (Takahasi & Mori 1974): on a bounded piece φ is a logistic function of π·sinh t, on an unbounded
one the exponential of ½π·sinh t. Each level halves the step and keeps the nodes of the last; the difference between two
levels bounds the error of the coarser one, and is reported for the finer one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from mlekit.arrays import Array, BoolArray
from mlekit.distributions import Distribution, Interval
from mlekit.errors import ParameterError
from mlekit.information.rules import Expectation, Integrand, blocks, leading, weighted

__all__ = ["Quadrature"]

_LEVELS = np.array([1e-12, 1e-4, 0.02, 0.2, 0.5, 0.8, 0.98, 1 - 1e-4, 1 - 1e-12])
_FINEST = 6
_TOLERANCE = 1e-12
# |t| at most: what lies outside weighs less than rounding, unless the piece ends where p may be singular.
_INNER, _AT_BOUND, _UNBOUNDED = 3.4, 6.0, (-4.1, 5.6)
# Two distances by which the growth of an integrand is seen: far out, close to 0, and as close as can be to another end.
_FAR, _TINY, _RESOLVED = (1e50, 1e90), (1e-50, 1e-90), 1e-12


class Piece(NamedTuple):
    """From one cut to the next: a stretch towards ``end``, whose length is ``length`` (a scale if unbounded)."""

    origin: Array
    length: Array
    unbounded: bool
    reach: tuple[float, float]


class Nodes(NamedTuple):
    """Those of all pieces at one level: to which piece each belongs, its place in there, and its weight."""

    piece: np.ndarray
    place: Array
    weight: Array


class Quadrature:
    """The rule of a continuous distribution on the line.

    Args:
        p: the distribution.
        others: distributions that f depends on; it may have kinks at their modes and medians, and jumps at the ends of
            their supports.
        kinks: further places where f is not smooth, of shape (count, *batch).

    """

    def __init__(self, p: Distribution, *others: Distribution, kinks: Array | None = None) -> None:
        support = p.support
        assert isinstance(support, Interval)
        self.p = p
        self.low, self.high = support.low, support.high
        ndim = max(len(d.batch_shape) for d in (p, *others))
        own = p.quantile(leading(_LEVELS, ndim))
        if not np.isfinite(own).all():
            raise ParameterError(
                f"{type(p).__name__}: the quantiles of some batch elements are not numbers: "
                "their parameters are NaN or infinite"
            )
        cuts = [own, np.asarray(p.mode, dtype=np.float64)[None]]
        for other in others:
            cuts += [
                np.asarray(other.quantile(leading(_LEVELS[3:6], ndim))),
                np.asarray(other.mode, dtype=np.float64)[None],
            ]
            if isinstance(other.support, Interval):
                # The density of the other may jump there; infinite ends are clipped away below.
                cuts += [np.asarray(end)[None] for end in (other.support.low, other.support.high)]
        if kinks is not None:
            cuts.append(kinks)
        shape = np.broadcast_shapes(*(cut.shape[1:] for cut in (leading(cut, ndim) for cut in cuts)))
        full = [np.broadcast_to(leading(cut, ndim), (len(cut), *shape)) for cut in cuts]
        inside = np.clip(np.concatenate(full), own[0], own[-1])
        self.cuts: Array = np.sort(np.where(np.isnan(inside), own[0], inside), axis=0)
        self.spread: Array = np.asarray(own[6] - own[2])
        self.pieces: tuple[Piece, ...] = tuple(self._pieces())

    def _pieces(self) -> Iterator[Piece]:
        """The whole support, piece by piece."""
        first, last = self.cuts[0], self.cuts[-1]
        for left, right in zip(self.cuts[:-1], self.cuts[1:], strict=True):
            if (right > left).any():
                # Half of it from each end, so that both ends are approached with all digits.
                for origin, length in ((left, right - left), (right, left - right)):
                    yield Piece(origin, length, False, (-_INNER, 0.0))
        for bound, cut, sign in ((self.low, first, -1.0), (self.high, last, 1.0)):
            if np.isinf(bound).any():
                yield Piece(cut, sign * self.spread, True, _UNBOUNDED)
            elif (np.asarray(bound) != cut).any():
                yield Piece(np.asarray(bound), cut - bound, False, (-_AT_BOUND, 0.0))
                yield Piece(cut, bound - cut, False, (-_INNER, 0.0))

    def expect(self, integrand: Integrand, shape: tuple[int, ...]) -> Expectation:
        """∫ p·f, refined until the first component has converged for the whole batch."""
        total, size = self._level(integrand, shape, 1)
        error = np.full_like(total, np.inf)
        for level in range(2, _FINEST + 1):
            refined, refined_size = self._level(integrand, shape, level)
            refined, size = 0.5 * total + refined, 0.5 * size + refined_size
            # Rounding of the integrand is a few units in the last place of the sum of absolute values.
            error = np.abs(refined - total) + 1e-15 * size
            total = refined
            if (error[:-1][0] <= _TOLERANCE * size[0] + 1e-300).all():
                break
        mass = total[-1]
        # What the nodes have missed of p's probability (a singular end) weighs like the rest of it.
        error = error[:-1] + np.abs(1 - mass) * np.abs(total[:-1])
        diverges = self._diverges(integrand, shape)
        value = np.where(diverges, np.inf, total[:-1])
        return Expectation(value, np.where(np.isinf(value), 0.0, error))

    def _level(self, integrand: Integrand, shape: tuple[int, ...], level: int) -> tuple[Array, Array]:
        """Step · Σ weight·(f, 1)·p over the nodes that are new at this level, and the same of absolute values."""

        def with_one(outcomes: np.ndarray) -> Array:
            values = integrand.values(outcomes)
            return np.concatenate([values, np.ones((1, *values.shape[1:]))])

        with_mass = Integrand(with_one, integrand.log_size)
        nodes = self._nodes(level)
        origins, lengths = (
            leading(np.stack(np.broadcast_arrays(*parts)), len(shape))
            for parts in (
                [piece.origin for piece in self.pieces],
                [piece.length for piece in self.pieces],
            )
        )
        total: Array = np.zeros(())
        size: Array = np.zeros(())
        # All pieces at once: a call takes longer than the few nodes of one piece.
        for block in blocks(len(nodes.piece), shape):
            piece, place, weight = (
                nodes.piece[block],
                *(leading(part[block], len(shape)) for part in (nodes.place, nodes.weight)),
            )
            outcomes = origins[piece] + lengths[piece] * place
            log_density = self.p.log_prob(outcomes)
            # A node that rounds onto an end may find an infinite density there; the missed mass tells.
            log_density = np.where(np.isposinf(log_density), -np.inf, log_density)
            log_share = log_density + np.log(np.abs(lengths[piece]) * weight)
            # Where p underflows nothing but a ratio of densities could still matter, if that is a number.
            lost = np.exp(log_share) == 0
            if integrand.log_size is not None and lost.any():
                lost &= np.isposinf(integrand.log_size(outcomes))
            log_share = np.where(lost, -np.inf, log_share)
            products = weighted(log_share, outcomes, with_mass)
            # Piece by piece, so that rounding does not add up over thousands of nodes.
            starts = np.flatnonzero(np.diff(piece, prepend=-1))
            total = total + np.add.reduceat(products, starts, axis=1).sum(axis=1)
            size = size + np.add.reduceat(np.abs(products), starts, axis=1).sum(axis=1)
        full = (total.shape[0], *shape)
        return np.array(np.broadcast_to(total, full)), np.array(np.broadcast_to(size, full))

    def _nodes(self, level: int) -> Nodes:
        """The nodes of all pieces that are new at this level."""
        of_each = [_nodes_of(piece.unbounded, piece.reach, level) for piece in self.pieces]
        counts = [len(place) for place, _ in of_each]
        place, weight = (np.concatenate(parts) for parts in zip(*of_each, strict=True))
        return Nodes(np.repeat(np.arange(len(counts)), counts), place, weight)

    def _diverges(self, integrand: Integrand, shape: tuple[int, ...]) -> BoolArray:
        """Whether p·f falls more slowly than 1/y far out, or rises as fast towards an end, by its slope there.

        At a distance y, p·f·y behaves like y^α for a heavy tail or a singular end (and vanishes faster otherwise): its
        integral over log y is finite only for α < 0 far out, and only for α > 0 close to an end. No number is as close
        to an end as to 0, so that α is less certain there.
        """
        result = np.zeros((), dtype=bool)
        for piece in self.pieces:
            if not piece.unbounded and piece.reach[0] != -_AT_BOUND:
                continue
            places = [piece.origin + distance for distance in _distances(piece)]
            outcomes = leading(np.stack(np.broadcast_arrays(*places)), len(shape))
            heights = self.p.log_prob(outcomes) + integrand.log_sizes(outcomes)
            distances = np.log(np.abs(outcomes - piece.origin))
            slope = (heights[:, 1] - heights[:, 0]) / (distances[1] - distances[0]) + 1
            enough = slope >= -1e-9 if piece.unbounded else slope <= np.where(piece.origin == 0, 1e-9, -1e-3)
            result = result | (np.isfinite(heights).all(axis=1) & np.isfinite(slope) & enough)
        return np.asarray(result)


@cache
def _nodes_of(unbounded: bool, reach: tuple[float, float], level: int) -> tuple[Array, Array]:
    """Places φ(t) in a piece of length 1 and weights step·φ′(t), for each t that is new at this level."""
    step = 2.0**-level
    t = step * np.arange(np.ceil(reach[0] / step), np.floor(reach[1] / step) + 1)
    weight = np.where((t == 0) & (not unbounded), 0.5, 1.0) * step
    new = np.full(t.shape, True) if level == 1 else np.round(t / step) % 2 == 1
    t, weight = t[new], weight[new]
    if unbounded:
        place = np.exp(0.5 * np.pi * np.sinh(t))
        return place, weight * 0.5 * np.pi * np.cosh(t) * place
    place = expit(np.pi * np.sinh(t))
    return place, weight * np.pi * np.cosh(t) * place * expit(-np.pi * np.sinh(t))


def _distances(piece: Piece) -> tuple[Array, Array]:
    """Two steps from the end of a piece, along which the growth of an integrand is seen."""
    if piece.unbounded:
        return piece.length * _FAR[0], piece.length * _FAR[1]
    least = _RESOLVED * np.abs(piece.origin)
    wider = np.sqrt(0.1 * least * np.abs(piece.length))
    sign, near_zero = np.sign(piece.length), piece.origin == 0
    return (
        np.where(near_zero, piece.length * _TINY[0], sign * wider),
        np.where(near_zero, piece.length * _TINY[1], sign * least),
    )
