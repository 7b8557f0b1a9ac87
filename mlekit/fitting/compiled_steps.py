"""Adam's steps over many batches in one call, where passes and score are kernels: no Python between them.

A step of a small network is some ten microseconds of arithmetic, and as much again is lost for every call from Python.
The kernel takes each member from the first batch to the last before the next one begins, and threads share the members.
It computes what `MinibatchRun` does step by step for all other networks, families and optimizers.
"""

from __future__ import annotations

import ctypes

import numpy as np
from jaxtyping import Bool, Float, Int

from mlekit.distributions.training_score import ScoreKernel
from mlekit.fitting.moments import Moments
from mlekit.fitting.objective import BatchObjective
from mlekit.fitting.sample import Sample
from mlekit.kernels import address_of, perceptron_functions
from mlekit.networks.compiled import CompiledPerceptrons

__all__ = ["CompiledSteps"]


class _Training(ctypes.Structure):
    """What training.h calls a training, whose fields it explains."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("network", "score", "of_rows", "fixed")),
        *((name, ctypes.c_ssize_t) for name in ("steps", "valued_every")),
        *(
            (name, ctypes.c_void_p)
            for name in ("starts", "inputs", "target", "weights", "offset", "penalized")
        ),
        *((name, ctypes.c_void_p) for name in ("rates", "epsilons", "shrinkages")),
        *((name, ctypes.c_float) for name in ("beta1", "beta2", "longest")),
        ("weight", ctypes.c_double),
        *((name, ctypes.c_void_p) for name in ("theta", "sum", "square", "negative_log_likelihood", "norm")),
    )


class CompiledSteps:
    """The steps of one run.

    Args:
        passes: of the members' networks.
        score: of the likelihood.
        moments: what Adam remembers.
        penalized: which weights shrink.
        longest: a longer gradient of a member is shortened to this length.
        mean_weight: of a row.
    """

    def __init__(
        self,
        passes: CompiledPerceptrons,
        score: ScoreKernel,
        moments: Moments,
        penalized: Bool[np.ndarray, " parameters"],
        longest: float,
        mean_weight: float,
    ) -> None:
        functions = perceptron_functions()
        assert functions is not None
        self._functions, self._passes, self._score, self._moments = functions, passes, score, moments
        self._penalized = penalized.astype(np.float32)
        self._nll, self._norms = np.zeros((2, passes.members))
        self._room = np.empty(0, np.float32)
        self._training = _Training(
            score=score.function_address,
            fixed=address_of(score.fixed),
            penalized=address_of(self._penalized),
            beta1=moments.betas[0],
            beta2=moments.betas[1],
            longest=longest,
            weight=mean_weight,
            sum=address_of(moments.sum),
            square=address_of(moments.square),
            negative_log_likelihood=address_of(self._nll),
            norm=address_of(self._norms),
        )

    @classmethod
    def of(cls, objective: BatchObjective, moments: Moments, longest: float) -> CompiledSteps | None:
        """None where there is no kernel for the network or the likelihood, or weights have a prior."""
        passes, score, sample = objective.passes, objective.score.kernel, objective.sample
        if passes is None or score is None or objective.prior is not None or perceptron_functions() is None:
            return None
        arrays = [sample.inputs, sample.weights, sample.offset]
        if any(array.dtype != np.float32 for array in arrays if array is not None) or not score.reads(
            sample.target
        ):
            return None
        mean_weight = sample.total_weight / len(sample)
        return cls(passes, score, moments, objective.penalized, longest, mean_weight)

    def make(
        self,
        theta: Float[np.ndarray, " parameters"],
        sample: Sample,
        starts: Int[np.ndarray, " steps_and_one"],
        rates: Float[np.ndarray, " steps"],
        shrinkages: Float[np.ndarray, " steps"],
        valued_every: int,
    ) -> tuple[Float[np.ndarray, " members"], Float[np.ndarray, " members"]]:
        """Change θ by a step for every batch.

        Args:
            theta: of all members, one after the other.
            sample: the batches, one after the other.
            starts: where each begins, and the last one ends.
            rates: the learning rate of each step.
            shrinkages: what share of a penalized weight goes after each.
            valued_every: the likelihood is that of the last step, and of every so many before it.

        Returns:
            Of each member the negative log-likelihood, summed over those steps, and its last gradient's norm,
            infinite if it was not finite: there the member's way ended.
        """
        inputs, target = np.ascontiguousarray(sample.inputs), np.ascontiguousarray(sample.target, np.float32)
        weights = None if sample.weights is None else np.ascontiguousarray(sample.weights)
        offset = None if sample.offset is None else np.ascontiguousarray(sample.offset)
        batches = np.ascontiguousarray(starts, dtype=np.intp)
        of_step = [x.astype(np.float32) for x in (*self._moments.corrected(rates), shrinkages)]
        most = int(np.diff(batches).max())
        network = self._passes.shape(most, inputs.shape[1], 0)
        strides = () if weights is None else tuple(stride // 4 for stride in weights.strides)
        of_rows = self._score.layout(1, most, self._passes.outputs, strides)
        threads = self._passes.threads(most * len(rates))
        training = self._training
        training.network, training.of_rows = address_of(network), address_of(of_rows)
        training.steps, training.valued_every, training.starts = len(rates), valued_every, address_of(batches)
        training.inputs, training.target = address_of(inputs), address_of(target)
        training.weights = None if weights is None else address_of(weights)
        training.offset = None if offset is None else address_of(offset)
        training.rates, training.epsilons, training.shrinkages = map(address_of, of_step)
        training.theta = address_of(theta)
        room = self._room_for(threads * self._functions.training_room(address_of(network), most))
        self._functions.training_steps(ctypes.addressof(training), self._passes.members, threads, room)
        return self._nll, self._norms

    def _room_for(self, numbers: int) -> int:
        """The address of room for so many, at the beginning of a line of the cache."""
        if len(self._room) < numbers + 16:
            self._room = np.empty(numbers + 16, np.float32)
        return -(-address_of(self._room) // 64) * 64
