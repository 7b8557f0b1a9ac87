"""The objective: −(log-likelihood + log-prior), a sum over chunks of rows.

    F(θ) = −Σ_rows w·log p(y | η(x; θ)) − log prior(θ)

Value, gradient and Fisher information of a sum are sums, so that the rows may come in chunks of any size and
from anywhere. Everything here is in the target's own units: the likelihood's constants are kept, and nothing
is divided by the number of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float

from mlekit.arrays import Array
from mlekit.distributions import Head
from mlekit.distributions.training_score import TrainingScore
from mlekit.errors import FitError
from mlekit.fitting.prior import WeightPrior
from mlekit.fitting.sample import Chunk, Sample
from mlekit.networks import BuiltNetwork, HasFisherInformation
from mlekit.networks.compiled import CompiledPerceptrons, passes_of

__all__ = ["BatchObjective", "Expansion", "Objective", "require_linear", "weighted_sum"]


_LOOKED_AT = 4096  # rows at a time where nothing comes back through the network


@runtime_checkable
class BatchObjective(Protocol):
    """What a stochastic optimizer needs of an objective: the gradient of a few of its rows."""

    @property
    def sample(self) -> Sample:
        """The rows."""
        ...

    @property
    def prior(self) -> WeightPrior | None:
        """Over the penalized weights."""
        ...

    @property
    def penalized(self) -> Bool[np.ndarray, " parameters"]:
        """Where a prior, or a decay, of weights applies: at weights, not at biases."""
        ...

    @property
    def passes(self) -> CompiledPerceptrons | None:
        """Through the network, or all members', where they are one kernel."""
        ...

    @property
    def score(self) -> TrainingScore:
        """Of the likelihood: where a gradient begins."""
        ...

    def shorten(self, gradient: Float[np.ndarray, " parameters"], longest: float) -> None:
        """Shorten each member's gradient that is longer, in place."""
        ...

    def chunk_gradient(
        self,
        theta: Float[np.ndarray, " parameters"],
        chunk: Chunk,
        out: Float[np.ndarray, " parameters"],
        factor: float = 1.0,
        *,
        valued: bool = True,
    ) -> float | Float[np.ndarray, " members"]:
        """Write factor·∂(−log-likelihood)/∂θ of one chunk into ``out``; return that −log-likelihood, by member.

        Unless ``valued``, the likelihood need not be computed, and NaN may be returned.
        """
        ...


class Expansion(NamedTuple):
    """F(θ), its gradient, and the expected Hessian: Fisher information of the rows plus the prior's curvature."""

    value: float
    gradient: Float[np.ndarray, " parameters"]
    information: Float[np.ndarray, "parameters parameters"]


@dataclass(frozen=True, eq=False)
class Objective:
    """−(log-likelihood + log-prior) of a network and a head on a sample.

    Args:
        network: the map from inputs to η.
        head: the map from η to likelihoods.
        sample: the rows.
        prior: over the penalized weights; None for plain maximum likelihood.
    """

    network: BuiltNetwork
    head: Head[Any]
    sample: Sample
    prior: WeightPrior | None = None

    @cached_property
    def score(self) -> TrainingScore:
        """See `BatchObjective`."""
        return TrainingScore(self.head)

    @property
    def passes(self) -> CompiledPerceptrons | None:
        """See `BatchObjective`."""
        return passes_of(self.network)

    def shorten(self, gradient: Float[np.ndarray, " parameters"], longest: float) -> None:
        """See `BatchObjective`."""
        gradient *= min(1.0, longest / float(np.linalg.norm(gradient)))

    @property
    def penalized(self) -> Bool[np.ndarray, " parameters"]:
        """Where a prior, or a decay, of weights applies."""
        return self.network.penalized

    def eta(self, theta: Float[np.ndarray, " parameters"], chunk: Chunk) -> Float[np.ndarray, "rows outputs"]:
        """The outputs for a chunk: a view of the network's buffer, with the offset added in place."""
        eta = self.network.forward(theta, chunk.inputs)
        if chunk.offset is not None:
            eta += chunk.offset
        return eta

    def log_likelihood(self, theta: Float[np.ndarray, " parameters"]) -> float:
        """Σ w·log p(y | η)."""
        total = 0.0
        for chunk in self.sample.chunks(_LOOKED_AT):
            log_prob = self.head.log_likelihood(self.eta(theta, chunk), chunk.target)
            total += weighted_sum(log_prob, chunk.weights)
        return total

    def mean_nll(self, theta: Float[np.ndarray, " parameters"]) -> float:
        """−log-likelihood per unit of weight, in nats."""
        return -self.log_likelihood(theta) / self.sample.total_weight

    def value(self, theta: Float[np.ndarray, " parameters"]) -> float:
        """F(θ)."""
        prior = 0.0 if self.prior is None else self.prior.log_prob(theta)
        return -self.log_likelihood(theta) - prior

    def chunk_gradient(
        self,
        theta: Float[np.ndarray, " parameters"],
        chunk: Chunk,
        out: Float[np.ndarray, " parameters"],
        factor: float = 1.0,
        *,
        valued: bool = True,
    ) -> float:
        """Write factor·∂(−log-likelihood)/∂θ of one chunk into ``out``; return that −log-likelihood, if ``valued``."""
        return self._chunk_gradient(theta, chunk, self.eta(theta, chunk), out, factor, valued)

    def _chunk_gradient(
        self,
        theta: Float[np.ndarray, " parameters"],
        chunk: Chunk,
        eta: Float[np.ndarray, "rows outputs"],
        out: Float[np.ndarray, " parameters"],
        factor: float,
        valued: bool,
    ) -> float:
        log_prob, score = self.score(eta, chunk.target, chunk.weights, -factor, valued)
        nll = float("nan") if log_prob is None else -weighted_sum(log_prob, chunk.weights)
        self.network.backward(theta, chunk.inputs, score, out)
        return nll

    def value_and_gradient(
        self, theta: Float[np.ndarray, " parameters"]
    ) -> tuple[float, Float[np.ndarray, " parameters"]]:
        """F(θ) and ∇F(θ), from the same pass over the rows."""
        return self._sums(theta, None)

    def expansion(self, theta: Float[np.ndarray, " parameters"]) -> Expansion:
        """F to second order about θ, from one pass over the rows.

        Raises:
            FitError: for a network that is not linear in θ.
        """
        size = self.network.n_parameters
        information = np.zeros((size, size))
        value, gradient = self._sums(theta, information)
        if self.prior is not None:
            information[np.diag_indices(size)] += self.prior.curvature(theta)
        return Expansion(value, gradient, information)

    def _sums(
        self,
        theta: Float[np.ndarray, " parameters"],
        information: Float[np.ndarray, "parameters parameters"] | None,
    ) -> tuple[float, Float[np.ndarray, " parameters"]]:
        """F(θ) and ∇F(θ); the rows' Fisher information is added to `information`, if it is asked for."""
        value, gradient, part = 0.0, np.zeros_like(theta), np.empty_like(theta)
        for chunk in self.sample.chunks():
            eta = self.eta(theta, chunk)
            if information is not None:
                of_eta = self.head.curvature(eta, chunk.target)
                if chunk.weights is not None:
                    of_eta = of_eta * chunk.weights[:, None, None]
                information += self._linear.fisher_information(chunk.inputs, of_eta)
            value += self._chunk_gradient(theta, chunk, eta, part, 1.0, True)
            gradient += part
        if self.prior is not None:
            value -= self.prior.log_prob(theta)
            self.prior.subtract_gradient(theta, gradient, 1.0)
        return value, gradient

    @cached_property
    def _linear(self) -> HasFisherInformation:
        return require_linear(self.network)


def require_linear(network: BuiltNetwork) -> HasFisherInformation:
    """The network, if Fisher scoring is possible with it."""
    if not isinstance(network, HasFisherInformation):
        raise FitError(
            "Newton (Fisher scoring) needs a network that is linear in its parameters; use LBFGS or Adam"
        )
    return network


def weighted_sum(log_prob: Array, weights: Array | None) -> float:
    """Σ w·log p, in double precision.

    >>> weighted_sum(np.array([-1.0, -np.inf]), np.array([2.0, 0.0]))
    -2.0
    """
    if weights is None:
        return float(log_prob.sum(dtype=np.float64))
    # A row of weight zero does not count even where its outcome is impossible.
    return float((weights * np.where(weights == 0, 0.0, log_prob)).sum(dtype=np.float64))
