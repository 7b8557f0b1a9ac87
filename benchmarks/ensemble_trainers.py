"""Ensembles of the same MLP, all members on the same batch: mlekit's stack, its networks in turn, PyTorch's bmm."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.problem import BETA1, BETA2, EPSILON, RATE, Matrix, Problem
from benchmarks.trainers import Epochs, Mlekit, constant_of, head_of
from mlekit.distributions.training_score import TrainingScore
from mlekit.fitting import Sample
from mlekit.fitting.members import MembersObjective
from mlekit.fitting.moments import Moments
from mlekit.networks import MLP, build_stack


class MlekitStack:
    """mlekit's stack of networks, their scores, and Adam on one flat vector of all members."""

    def __init__(self, problem: Problem) -> None:
        self._batch, self._members = problem.batch, problem.members
        self._inputs, self._target = problem.data()
        self._score = TrainingScore(head_of(problem, self._target))
        self._constant = constant_of(problem)
        self._stack = build_stack(
            MLP(*problem.widths), problem.members, problem.n_inputs, 1, dtype=np.float32
        )
        self._theta = self._stack.join(np.stack([problem.start(member) for member in range(problem.members)]))
        self._moments = Moments(self._theta, BETA1, BETA2, EPSILON)
        self._gradient = np.empty_like(self._theta)
        self._rng = np.random.default_rng(2)

    def step(self) -> float:
        """See `Trainer`."""
        return self._step(self._inputs[: self._batch], self._target[: self._batch])

    def epoch(self) -> None:
        """See `Trainer`."""
        order = self._rng.permutation(len(self._inputs))
        inputs, target = self._inputs[order], self._target[order]
        for start in range(0, len(order), self._batch):
            self._step(inputs[start : start + self._batch], target[start : start + self._batch])

    def predict(self) -> Matrix:
        """See `Trainer`."""
        return np.concatenate(self._stack.forward(self._theta, self._inputs[: self._batch]))

    def _step(self, inputs: Matrix, target: Matrix) -> float:
        eta = self._stack.forward(self._theta, inputs)
        log_prob, score = self._score(eta, target[:, 0], None, -1 / len(inputs), True)
        self._stack.backward(self._theta, inputs, score, self._gradient)
        self._moments.step(self._theta, self._gradient, RATE)
        assert log_prob is not None
        return self._constant - float(log_prob.sum()) / (len(inputs) * self._members)


class MlekitInTurn:
    """One mlekit network after the other."""

    def __init__(self, problem: Problem) -> None:
        single = replace(problem, members=1)
        self._members = [Mlekit(single, member) for member in range(problem.members)]

    def step(self) -> float:
        """See `Trainer`."""
        return float(np.mean([member.step() for member in self._members]))

    def epoch(self) -> None:
        """See `Trainer`."""
        for member in self._members:
            member.epoch()

    def predict(self) -> Matrix:
        """See `Trainer`."""
        return np.concatenate([member.predict() for member in self._members])


class FitMembers:
    """What `mlekit.fit_ensemble` runs: the likelihood of a head, weights a row and member, Adam with its schedule.

    Its learning rate follows a schedule, so that its numbers are not those of the others.
    """

    def __init__(self, problem: Problem) -> None:
        inputs, target = problem.data()
        head = head_of(problem, target)
        stack = build_stack(MLP(*problem.widths), problem.members, problem.n_inputs, 1, dtype=np.float32)
        theta = stack.join(np.stack([problem.start(member) for member in range(problem.members)]))
        weights = np.ones((problem.rows, problem.members), dtype=np.float32)
        sample = Sample(inputs, target[:, 0], weights)
        objective = MembersObjective(stack, head, sample, None, np.zeros(len(theta), dtype=bool))
        self._epochs = Epochs(problem, objective, theta)

    def epoch(self) -> None:
        """Make as many steps as there are batches."""
        self._epochs.make_one()


class TorchStack:
    """PyTorch, eager: `baddbmm` over an axis of members, and its fused Adam."""

    def __init__(self, problem: Problem) -> None:
        torch: Any = importlib.import_module("torch")
        self._torch, self._batch, self._members = torch, problem.batch, problem.members
        self._cross_entropy = problem.loss == "cross-entropy"
        self._inputs, self._target = (torch.from_numpy(array) for array in problem.data())
        self._layers = [
            tuple(torch.from_numpy(array.copy()).requires_grad_() for array in layer)
            for layer in problem.members_layers()
        ]
        parameters = [array for layer in self._layers for array in layer]
        self._optimizer = torch.optim.Adam(parameters, lr=RATE, fused=True)

    def step(self) -> float:
        """See `Trainer`."""
        return self._step(self._inputs[: self._batch], self._target[: self._batch])

    def epoch(self) -> None:
        """See `Trainer`."""
        order = self._torch.randperm(len(self._inputs))
        inputs, target = self._inputs[order], self._target[order]
        for start in range(0, len(order), self._batch):
            self._step(inputs[start : start + self._batch], target[start : start + self._batch])

    def predict(self) -> Matrix:
        """See `Trainer`."""
        with self._torch.no_grad():
            return np.concatenate(np.asarray(self._eta(self._inputs[: self._batch])))

    def _eta(self, inputs: Any) -> Any:
        h = inputs.expand(self._members, *inputs.shape)
        for number, (weights, bias) in enumerate(self._layers):
            h = self._torch.baddbmm(bias, h, weights)
            h = self._torch.tanh(h) if number < len(self._layers) - 1 else h
        return h

    def _step(self, inputs: Any, target: Any) -> float:
        self._optimizer.zero_grad()
        eta = self._eta(inputs)
        if self._cross_entropy:
            # The logits' own loss, since the target is shared: log(1 + exp η) − y η.
            each = self._torch.nn.functional.softplus(eta) - target * eta
        else:
            each = 0.5 * (eta - target).square()
        loss = each.mean(dim=(1, 2)).sum()  # members do not meet: each has the gradient of its own mean
        loss.backward()
        self._optimizer.step()
        return float(loss.item()) / self._members
