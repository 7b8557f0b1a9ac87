"""The members of an ensemble as one objective: a sum over rows and members, each member on rows of its own.

Members are dealt the folds of one permutation of the rows: each trains on all rows but its fold, and keeps the weights
under which its fold was likeliest. All of them see the same batch, in which a member's held-out rows have weight 0.

A location's score grows with the inverse square of the scale, so that rows that are already predicted well would
crowd out the others. Rows are therefore weighted by their present scale, a constant as far as the gradient goes: the
β-NLL of Seitzer, Tavakoli, Antic & Martius (2022, On the pitfalls of heteroscedastic uncertainty estimation), β = ½.
Families without a location and a scale have no such weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from mlekit.distributions import Head
from mlekit.distributions.training_score import TrainingScore
from mlekit.fitting.prior import WeightPrior
from mlekit.fitting.sample import CHUNK_ROWS, Chunk, Sample
from mlekit.networks import Stack
from mlekit.networks.compiled import CompiledPerceptrons, passes_of

__all__ = ["HeldOut", "MembersObjective", "deal_folds"]

# Three kinds share a mixture: two of networks, and the linear one that a network is judged beside.
_LOG_OWN = np.log(2 / 3)
_LOG_BESIDE = np.log(1 / 3)


def deal_folds(
    labels: Int[np.ndarray, " rows"], members: int, share: float, rng: np.random.Generator
) -> Bool[np.ndarray, "rows members"]:
    """Which rows each member holds out: the same share for all, of each label as far as it goes.

    Args:
        labels: a number a kind of row; kinds are spread evenly over the members.
        members: how many there are.
        share: of the rows that each holds out; with 1/members every row is held out once.
        rng: for the permutation.

    >>> held_out = deal_folds(np.array([0, 0, 0, 1, 1, 1]), 3, 1 / 3, np.random.default_rng(0))
    >>> held_out.sum(axis=0), held_out[:3].sum(axis=0)
    (array([2, 2, 2]), array([1, 1, 1]))
    """
    rows = len(labels)
    shuffled = rng.permutation(rows)
    dealt = shuffled[np.argsort(labels[shuffled], kind="stable")]
    # Every M-th row of the sorted ones is dealt to the same member: its stretch has all labels.
    order = np.concatenate([dealt[member::members] for member in range(members)])
    rank = np.empty(rows, dtype=np.int64)
    rank[order] = np.arange(rows)
    starts = np.concatenate([[0], np.cumsum([len(dealt[member::members]) for member in range(members)])])
    sizes = np.diff(starts) if np.isclose(share * members, 1) else np.full(members, round(share * rows))
    sizes = np.maximum(sizes, 1)
    return np.asarray((rank[:, None] - starts[:-1]) % max(rows, 1) < sizes)


@dataclass(frozen=True, eq=False)
class MembersObjective:
    """Σ_members −(log-likelihood + log-prior), over the flat θ of a stack.

    Args:
        stack: the members.
        head: the map from η to likelihoods, the same for all.
        sample: the rows, with a weight a row and member.
        prior: over the penalized weights of all members.
        penalized: where weights stand in θ, not biases.
    """

    stack: Stack
    head: Head[Any]
    sample: Sample
    prior: WeightPrior | None
    penalized: Bool[np.ndarray, " parameters"]

    @cached_property
    def score(self) -> TrainingScore:
        """See `BatchObjective`."""
        return TrainingScore(self.head, balanced=True)

    @property
    def passes(self) -> CompiledPerceptrons | None:
        """See `BatchObjective`."""
        return passes_of(self.stack)

    def shorten(self, gradient: Float[np.ndarray, " parameters"], longest: float) -> None:
        """See `BatchObjective`."""
        each = self.stack.separate(gradient)
        norms = np.linalg.norm(each, axis=1, keepdims=True)
        np.copyto(gradient, self.stack.join(each * np.minimum(1.0, longest / norms).astype(each.dtype)))

    def chunk_gradient(
        self,
        theta: Float[np.ndarray, " parameters"],
        chunk: Chunk,
        out: Float[np.ndarray, " parameters"],
        factor: float = 1.0,
        *,
        valued: bool = True,
    ) -> Float[np.ndarray, " members"]:
        """Write factor·∂(−log-likelihood)/∂θ of one chunk into ``out``; return that −log-likelihood of each member."""
        assert chunk.weights is not None
        eta = self.stack.forward(theta, chunk.inputs)
        if chunk.offset is not None:
            eta += chunk.offset
        log_prob, score = self.score(eta, chunk.target, chunk.weights, -factor, valued)
        nll = np.full(len(eta), np.nan)
        if log_prob is not None:
            weights = chunk.weights.T
            nll = -np.where(weights != 0, weights * log_prob, 0.0).sum(axis=1)
        self.stack.backward(theta, chunk.inputs, score, out)
        return nll


@dataclass(frozen=True, eq=False)
class HeldOut:
    """The rows that members are judged by: the same for all, or each one's own.

    Args:
        stack: the members.
        head: the map from η to likelihoods.
        inputs: rows for all, or a first axis of members.
        target: the encoded targets, of all rows or of all members' rows one after the other.
        weights: how often each row counts for each member; 0 fills up where members have fewer rows than others.
        offset: of η, as the target.
        beside: log-densities of the same rows by other members, which `mean_nll` mixes in: a member that is part of
            a mixture is none the worse for a row that it finds all but impossible, if another does not.
    """

    stack: Stack
    head: Head[Any]
    inputs: Float[np.ndarray, "*own rows inputs"]
    target: np.ndarray
    weights: Float[np.ndarray, "members rows"]
    offset: Float[np.ndarray, "*own rows outputs"] | None
    beside: Float[np.ndarray, "members rows"] | None = None

    @classmethod
    def shared(cls, stack: Stack, head: Head[Any], sample: Sample) -> HeldOut:
        """The same rows for all members."""
        own = np.ones(len(sample)) if sample.weights is None else sample.weights
        weights = np.broadcast_to(own, (stack.n_members, len(sample)))
        return cls(stack, head, sample.matrix, sample.target[None], weights, sample.offset)

    @classmethod
    def of_folds(
        cls, stack: Stack, head: Head[Any], sample: Sample, held_out: Bool[np.ndarray, "rows members"]
    ) -> HeldOut:
        """Each member's own rows."""
        own = [np.flatnonzero(column) for column in held_out.T]
        size = max(map(len, own))
        rows = np.stack([np.resize(positions, size) for positions in own])
        real = np.arange(size) < np.array([len(positions) for positions in own])[:, None]
        weights = real if sample.weights is None else real * sample.weights[rows]
        offset = None if sample.offset is None else sample.offset[rows]
        return cls(stack, head, sample.matrix[rows], sample.target[rows], weights.astype(np.float64), offset)

    def log_prob(self, theta: Float[np.ndarray, " parameters"]) -> Float[np.ndarray, "members rows"]:
        """Log p(y) of each member's rows, in nats and double precision; 0 where they have no weight."""
        members, rows = self.weights.shape
        result = np.zeros((members, rows))
        step = max(1, CHUNK_ROWS // members)
        for start in range(0, rows, step):
            part = slice(start, start + step)
            eta = self.stack.forward(theta, self.inputs[..., part, :])
            if self.offset is not None:
                eta += self.offset[..., part, :]
            target = self.target[:, part]
            target = np.broadcast_to(target, (members, *target.shape[1:]))
            flat = eta.reshape(-1, eta.shape[-1])
            log_prob = self.head.log_likelihood(flat, target.reshape(len(flat), *target.shape[2:]))
            result[:, part] = log_prob.reshape(members, -1)
        return np.where(self.weights == 0, 0.0, result)

    def mean_nll(self, theta: Float[np.ndarray, " parameters"]) -> Float[np.ndarray, " members"]:
        """Each member's −log-likelihood per unit of weight, in nats."""
        log_prob = self.log_prob(theta)
        if self.beside is not None:
            log_prob = np.logaddexp(log_prob + _LOG_OWN, self.beside + _LOG_BESIDE)
        return np.asarray(-(self.weights * log_prob).sum(axis=1) / self.weights.sum(axis=1))
