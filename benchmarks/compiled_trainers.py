"""The same MLP, loss and Adam, compiled: PyTorch's whole step in one graph, and JAX.

Each has its step as fast as its users can get it: PyTorch's gradient and update are one function under
`torch.compile`, JAX's are one jitted function with its state donated, and an epoch is one `lax.scan`. Both take
ensembles too: their weights have a leading axis of members.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from benchmarks.problem import BETA1, BETA2, EPSILON, RATE, Matrix, Problem


class TorchCompiled:
    """`torch.func.grad_and_value` and Adam, fused into one graph by `torch.compile`."""

    def __init__(self, problem: Problem) -> None:
        torch: Any = importlib.import_module("torch")
        dynamo: Any = importlib.import_module("torch._dynamo")
        dynamo.reset()  # else the eighth problem is quietly run uncompiled: there is a limit a function
        self._torch, self._batch = torch, problem.batch
        self._inputs, self._target = (torch.from_numpy(array) for array in problem.data())
        layers, members = problem.members_layers(), problem.members
        weights, biases = (
            [torch.from_numpy(array.copy()) for array in kind] for kind in zip(*layers, strict=True)
        )
        self._parameters = [*weights, *biases]
        self._means = [torch.zeros_like(array) for array in self._parameters]
        self._squares = [torch.zeros_like(array) for array in self._parameters]
        self._steps = torch.zeros(())
        cross_entropy, n_layers = problem.loss == "cross-entropy", len(layers)

        def eta(parameters: list[Any], inputs: Any) -> Any:
            h = inputs.expand(members, *inputs.shape)
            for layer in range(n_layers):
                h = torch.baddbmm(parameters[n_layers + layer], h, parameters[layer])
                h = torch.tanh(h) if layer < n_layers - 1 else h
            return h

        def loss(parameters: list[Any], inputs: Any, target: Any) -> Any:
            out = eta(parameters, inputs)
            if cross_entropy:
                each = torch.nn.functional.binary_cross_entropy_with_logits(
                    out, target.expand(out.shape), reduction="none"
                )
            else:
                each = 0.5 * (out - target).square()
            return each.mean(dim=(1, 2)).sum()  # members do not meet: each has the gradient of its own mean

        gradient = torch.func.grad_and_value(loss)

        def step(
            parameters: list[Any], means: list[Any], squares: list[Any], steps: Any, inputs: Any, target: Any
        ) -> Any:
            gradients, value = gradient(parameters, inputs, target)
            steps.add_(1)
            first, second = 1 - BETA1**steps, 1 - BETA2**steps
            for parameter, mean, square, each in zip(parameters, means, squares, gradients, strict=True):
                mean.mul_(BETA1).add_(each, alpha=1 - BETA1)
                square.mul_(BETA2).addcmul_(each, each, value=1 - BETA2)
                parameter.sub_(RATE * (mean / first) / ((square / second).sqrt() + EPSILON))
            return value

        self._eta, self._compiled = eta, torch.compile(step, fullgraph=True, dynamic=False)
        self._members = members

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
        eta = self._eta(self._parameters, self._inputs[: self._batch])
        return np.concatenate(np.asarray(eta))

    def _step(self, inputs: Any, target: Any) -> float:
        value = self._compiled(self._parameters, self._means, self._squares, self._steps, inputs, target)
        return float(value.item()) / self._members


class Jax:
    """`jax.value_and_grad` and Adam in one jitted function; an epoch is one `lax.scan` over its batches."""

    def __init__(self, problem: Problem) -> None:
        jax: Any = importlib.import_module("jax")
        jnp: Any = importlib.import_module("jax.numpy")
        self._batch = problem.batch
        self._arrays = problem.data()
        inputs, target = (jnp.asarray(array) for array in self._arrays)
        self._first = inputs[: self._batch], target[: self._batch]
        parameters = [(jnp.asarray(weights), jnp.asarray(bias)) for weights, bias in problem.members_layers()]
        zeros = jax.tree.map(jnp.zeros_like, parameters)
        self._state = (parameters, zeros, jax.tree.map(jnp.zeros_like, parameters), jnp.zeros(()))
        cross_entropy = problem.loss == "cross-entropy"
        self._rng = np.random.default_rng(2)

        def eta(layers: Any, h: Any) -> Any:
            for number, (weights, bias) in enumerate(layers):
                h = h @ weights + bias
                h = jnp.tanh(h) if number < len(layers) - 1 else h
            return h

        def loss(layers: Any, inputs: Any, target: Any) -> Any:
            out = eta(layers, inputs)
            if cross_entropy:
                return jnp.mean(jax.nn.softplus(out) - target * out)
            return 0.5 * jnp.mean(jnp.square(out - target))

        gradient = jax.vmap(jax.value_and_grad(loss), in_axes=(0, None, None))

        def step(state: Any, batch: Any) -> Any:
            parameters, means, squares, steps = state
            values, gradients = gradient(parameters, *batch)
            steps = steps + 1
            means = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, means, gradients)
            squares = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, squares, gradients)
            first, second = 1 - BETA1**steps, 1 - BETA2**steps

            def moved(parameter: Any, mean: Any, square: Any) -> Any:
                return parameter - RATE * (mean / first) / (jnp.sqrt(square / second) + EPSILON)

            return (jax.tree.map(moved, parameters, means, squares), means, squares, steps), values.mean()

        self._one = jax.jit(step, donate_argnums=0)
        self._all = jax.jit(lambda state, batches: jax.lax.scan(step, state, batches), donate_argnums=0)
        self._eta = jax.jit(jax.vmap(eta, in_axes=(0, None)))

    def step(self) -> float:
        """See `Trainer`."""
        self._state, value = self._one(self._state, self._first)
        return float(value)

    def epoch(self) -> None:
        """See `Trainer`; a remainder of rows that fills no batch is left out, as `scan` needs equal ones."""
        inputs, target = self._arrays
        order = self._rng.permutation(len(inputs))[: len(inputs) - len(inputs) % self._batch]
        batches = tuple(array[order].reshape(-1, self._batch, array.shape[1]) for array in (inputs, target))
        self._state, values = self._all(self._state, batches)
        values.block_until_ready()

    def predict(self) -> Matrix:
        """See `Trainer`."""
        return np.concatenate(np.asarray(self._eta(self._state[0], self._first[0])))
