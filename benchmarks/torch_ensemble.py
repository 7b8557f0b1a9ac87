"""An ensemble of mean-and-scale networks as one would write it in PyTorch, all members in one array.

The recipe is that of ``mk.fit_ensemble("y ~ .", train, mk.Gaussian, network=mk.MLP(32, 32), members=5,
optimizer=mk.Adam(steps=...))``: standardized columns and target, tanh, NLL weighted by the scale (Seitzer et al. 2022,
β = ½), Adam with warm-up and half a cosine, each member's best weights by the NLL of a fold of its own, about a
hundred looks, patience of thirty. Every step is a handful of calls: `baddbmm` over an axis of members, one backward
pass, the fused Adam; batches are slices of rows that were shuffled at once.
"""

from __future__ import annotations

import importlib
import math
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.datasets import matrix

LEARNING_RATE, BETAS, WARMUP, CLIP_NORM, LOOKS, PATIENCE = 1e-2, (0.9, 0.99), 50, 10.0, 100, 30


class TorchEnsemble:
    """Fitted when made.

    Args:
        train: rows with predictors and the target ``y``.
        seed: of everything that is drawn.
        widths: of the hidden layers.
        members: how many networks.
        steps: at most, for up to 8000 rows; more by the root of the rows beyond.
    """

    def __init__(
        self, train: pd.DataFrame, seed: int, *, widths: tuple[int, ...], members: int, steps: int
    ) -> None:
        self._torch: Any = importlib.import_module("torch")
        self._members = members
        inputs, target = matrix(train), train["y"].to_numpy(dtype=float)
        self._center, scale = inputs.mean(axis=0), inputs.std(axis=0)
        self._scale = np.where(scale > 0, scale, 1.0)
        self._mean, self._spread = float(target.mean()), float(target.std())
        x, y = self._inputs(inputs), self._tensor((target - self._mean) / self._spread)
        self._torch.manual_seed(seed)
        self._layers = self._start((x.shape[1], *widths, 2))
        self._train(x, y, steps)

    def predict(self, data: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Return log p(y | x) in the target's own units, and the mean, of every row."""
        x = self._inputs(matrix(data))
        y = self._tensor((data["y"].to_numpy(dtype=float) - self._mean) / self._spread)
        with self._torch.no_grad():
            eta = self._eta(x.expand(self._members, *x.shape)).double()
            each = -self._nll(eta, y.double())
            mixture = self._torch.logsumexp(each, dim=0) - math.log(self._members)
            mean = eta[..., 0].mean(dim=0)
        return np.asarray(mixture) - math.log(self._spread), self._mean + self._spread * np.asarray(mean)

    def _inputs(self, inputs: np.ndarray) -> Any:
        return self._tensor((inputs - self._center) / self._scale)

    def _tensor(self, values: np.ndarray) -> Any:
        return self._torch.from_numpy(values.astype(np.float32))

    def _start(self, sizes: tuple[int, ...]) -> list[tuple[Any, Any]]:
        torch, layers = self._torch, []
        for before, after in pairwise(sizes):
            deviation = math.sqrt(1 / before) if after != sizes[-1] else 0.1 * math.sqrt(1 / before)
            weights = deviation * torch.randn(self._members, before, after)
            bias = torch.zeros(
                self._members, 1, after
            )  # standardized, the target's marginal is a standard normal
            layers.append((weights.requires_grad_(), bias.requires_grad_()))
        return layers

    def _eta(self, h: Any) -> Any:
        for weights, bias in self._layers[:-1]:
            h = self._torch.tanh(self._torch.baddbmm(bias, h, weights))
        weights, bias = self._layers[-1]
        return self._torch.baddbmm(bias, h, weights)

    def _nll(self, eta: Any, y: Any) -> Any:
        """−log of the normal density, a row and member each."""
        standard = (y - eta[..., 0]) * self._torch.exp(-eta[..., 1])
        return 0.5 * standard.square() + eta[..., 1] + 0.5 * math.log(2 * math.pi)

    def _train(self, x: Any, y: Any, steps: int) -> None:
        torch, members, rows = self._torch, self._members, len(x)
        parameters = [array for layer in self._layers for array in layer]
        optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, betas=BETAS, fused=True)
        batch = int(min(max(1.5 * math.sqrt(rows), 32), 512, rows))
        total = round(steps * max(1.0, math.sqrt(rows / 8000)))
        # Members hold out the folds of one permutation; the last rows, which fill no fold, are trained on by all.
        folds = torch.randperm(rows)[: rows - rows % members].reshape(members, -1)
        counts = torch.ones(rows, members).scatter_(0, folds.T, 0.0)
        held_x, held_y = x[folds], y[folds]
        best = [parameter.detach().clone() for parameter in parameters]
        best_nll, since_best = torch.full((members,), math.inf), 0
        order = torch.empty(0)
        start, every = 0, math.ceil(total / LOOKS)
        for step in range(total):
            if start >= len(order):
                order, start = torch.randperm(rows), 0
                shuffled_x, shuffled_y, shuffled_counts = x[order], y[order], counts[order]
            part = slice(start, start + batch)
            start += batch
            inputs = shuffled_x[part]
            optimizer.param_groups[0]["lr"] = _rate(step, total)
            optimizer.zero_grad()
            eta = self._eta(inputs.expand(members, *inputs.shape))
            nll = self._nll(eta, shuffled_y[part]) * eta[..., 1].detach().exp()
            loss = (nll * shuffled_counts[part].T).sum() / (len(inputs) * (1 - 1 / members))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, CLIP_NORM)
            optimizer.step()
            if (step + 1) % every and step + 1 < total:
                continue
            with torch.no_grad():
                now = self._nll(self._eta(held_x), held_y).mean(dim=1)
                better = now < best_nll
                best_nll = torch.where(better, now, best_nll)
                for kept, parameter in zip(best, parameters, strict=True):
                    kept[better] = parameter[better]
            since_best = 0 if bool(better.any()) else since_best + 1
            if since_best >= PATIENCE:
                break
        with torch.no_grad():
            for kept, parameter in zip(best, parameters, strict=True):
                parameter.copy_(kept)


def _rate(step: int, total: int) -> float:
    rising = min(1.0, (step + 1) / (WARMUP + 1))
    return LEARNING_RATE * rising * 0.5 * (1 + math.cos(math.pi * step / total))
