"""The same MLP, loss and Adam in three libraries, each as its own users would write a fast loop by hand.

A trainer starts from a given θ in mlekit's order, makes a step on one batch, and makes an epoch over shuffled
batches; `predict` lets the benchmark make sure that all of them learn the same.
"""

from __future__ import annotations

import importlib
from inspect import signature
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer

from benchmarks.problem import BETA1, BETA2, EPSILON, RATE, Matrix, Problem
from mlekit.distributions import Bernoulli, Family, Gaussian, Head
from mlekit.distributions.training_score import TrainingScore
from mlekit.fitting import Adam, Objective, Sample
from mlekit.fitting.moments import Moments
from mlekit.fitting.objective import BatchObjective
from mlekit.fitting.optimizer import Run
from mlekit.networks import MLP


class Mlekit:
    """mlekit's network, score and moments, with a constant rate."""

    def __init__(self, problem: Problem, member: int = 0) -> None:
        self._batch = problem.batch
        self._inputs, self._target = problem.data()
        self._score = TrainingScore(head_of(problem, self._target))
        self._constant = constant_of(problem)
        self._network = MLP(*problem.widths).build(problem.n_inputs, 1, dtype=np.float32)
        self._theta = problem.start(member)
        self._gradient = np.empty_like(self._theta)
        self._moments = Moments(self._theta, BETA1, BETA2, EPSILON)
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
        return self._network.forward(self._theta, self._inputs[: self._batch])

    def _step(self, inputs: Matrix, target: Matrix) -> float:
        eta = self._network.forward(self._theta, inputs)
        log_prob, score = self._score(eta, target[:, 0], None, -1 / len(inputs), True)
        self._network.backward(self._theta, inputs, score, self._gradient)
        self._moments.step(self._theta, self._gradient, RATE)
        assert log_prob is not None
        return self._constant - float(log_prob.sum()) / len(inputs)


def constant_of(problem: Problem) -> float:
    """Return what the loss is less than the negative log-likelihood, negated: that of a Gaussian of scale 1."""
    return 0.0 if problem.loss == "cross-entropy" else -0.5 * float(np.log(2 * np.pi))


def head_of(problem: Problem, target: Matrix) -> Head[Any]:
    """Return the likelihood of which the problem's loss is the negative logarithm, up to a constant."""
    family: Family[Any] = (
        Bernoulli.family() if problem.loss == "cross-entropy" else Gaussian.family(scale=1.0)
    )
    return family.bind(pd.DataFrame(target, columns=["y"]), standardize=False)


class Fit:
    """What `mlekit.fit` runs: the likelihood of a head, Adam with its schedule, clipping and history.

    Its learning rate follows a schedule, so that its numbers are not those of the others.
    """

    def __init__(self, problem: Problem) -> None:
        inputs, target = problem.data()
        head = head_of(problem, target)
        network = MLP(*problem.widths).build(problem.n_inputs, head.n_outputs, dtype=np.float32)
        objective = Objective(network, head, Sample(inputs, target[:, 0]))
        self._epochs = Epochs(problem, objective, problem.start())

    def epoch(self) -> None:
        """Make as many steps as there are batches."""
        self._epochs.make_one()


class Epochs:
    """Epochs of mlekit's own runs, of which a hundred make one."""

    def __init__(
        self, problem: Problem, objective: BatchObjective, theta: Float[np.ndarray, " parameters"]
    ) -> None:
        self._steps = -(-problem.rows // problem.batch)
        self._optimizer = Adam(learning_rate=RATE, batch_size=problem.batch, epochs=100)
        self._objective, self._theta = objective, theta
        self._run, self._due = self._start(), 0

    def _start(self) -> Run:
        return self._optimizer.start(self._objective, self._theta, np.random.default_rng(2))

    def make_one(self) -> None:
        """Make the steps of one; where the run is at its end, of the first one of the next.

        Several steps are one call, so that a few epochs make more than their share, and others none.
        """
        if self._run.stop is not None:
            self._run, self._due = self._start(), 0
        self._due += self._steps
        while self._run.steps < self._due:
            self._run.step()


class ScikitLearn:
    """scikit-learn's own step: the private `_backprop` and `AdamOptimizer` for one step, `partial_fit` for an epoch.

    `partial_fit` validates its input, which a step on one batch would pay for and an epoch hardly feels.
    """

    def __init__(self, problem: Problem) -> None:
        self._inputs, target = problem.data()
        settings: dict[str, Any] = {
            "hidden_layer_sizes": problem.widths,
            "activation": "tanh",
            "alpha": 0.0,
            "batch_size": problem.batch,
            "random_state": 0,
        }
        self._classes: dict[str, Any] = {}
        if problem.loss == "cross-entropy":
            self._model: Any = MLPClassifier(**settings)
            self._classes = {"classes": [0.0, 1.0]}
            self._batch_target = target[: problem.batch].astype(bool)
        else:
            self._model = MLPRegressor(**settings)
            self._batch_target = target[: problem.batch]
        self._target = target[:, 0]
        self._batch_inputs = self._inputs[: problem.batch]
        self.epoch()
        for weights, bias, (start_weights, start_bias) in zip(
            self._model.coefs_, self._model.intercepts_, problem.layers(problem.start()), strict=True
        ):
            weights[:], bias[:] = start_weights, start_bias
        self._parameters = self._model.coefs_ + self._model.intercepts_
        # What the model's optimizer remembers of the epoch above is forgotten with it.
        self._no_weights = [None] * ("sample_weight" in signature(self._model._backprop).parameters)
        self._model._optimizer = AdamOptimizer(self._parameters, RATE, BETA1, BETA2, EPSILON)

    def step(self) -> float:
        """See `Trainer`."""
        model = self._model
        n_layers = len(model.coefs_)
        loss, weights, biases = model._backprop(
            self._batch_inputs,
            self._batch_target,
            *self._no_weights,
            [self._batch_inputs, *[None] * n_layers],
            [None] * n_layers,
            [None] * n_layers,
            [None] * n_layers,
        )
        model._optimizer.update_params(self._parameters, weights + biases)
        return float(loss)

    def epoch(self) -> None:
        """See `Trainer`."""
        self._model.partial_fit(self._inputs, self._target, **self._classes)

    def predict(self) -> Matrix:
        """See `Trainer`."""
        model = self._model
        h = self._batch_inputs
        for weights, bias in list(zip(model.coefs_, model.intercepts_, strict=True))[:-1]:
            h = np.tanh(h @ weights + bias)
        return np.asarray(h @ model.coefs_[-1] + model.intercepts_[-1])


class Torch:
    """PyTorch, eager: `nn.Sequential`, batches as slices of shuffled tensors (a `DataLoader` is slower)."""

    def __init__(self, problem: Problem, *, fused: bool) -> None:
        torch: Any = importlib.import_module("torch")
        self._torch = torch
        self._batch = problem.batch
        self._inputs, self._target = (torch.from_numpy(array) for array in problem.data())
        modules: list[Any] = []
        with torch.no_grad():
            for weights, bias in problem.layers(problem.start()):
                linear = torch.nn.Linear(*weights.shape)
                linear.weight.copy_(torch.from_numpy(weights.T.copy()))
                linear.bias.copy_(torch.from_numpy(bias))
                modules += [linear, torch.nn.Tanh()]
        self._network = torch.nn.Sequential(*modules[:-1])
        self._loss = {
            "cross-entropy": torch.nn.BCEWithLogitsLoss(),
            "squared error": lambda eta, target: 0.5 * torch.nn.functional.mse_loss(eta, target),
        }[problem.loss]
        self._optimizer = torch.optim.Adam(
            self._network.parameters(), lr=RATE, betas=(BETA1, BETA2), eps=EPSILON, fused=fused or None
        )

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
            return np.asarray(self._network(self._inputs[: self._batch]))

    def _step(self, inputs: Any, target: Any) -> float:
        self._optimizer.zero_grad()
        loss = self._loss(self._network(inputs), target)
        loss.backward()
        self._optimizer.step()
        return float(loss.item())
