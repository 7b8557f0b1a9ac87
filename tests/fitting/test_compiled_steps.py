"""Adam's steps by one kernel make the way that step by step is made, but for rounding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mlekit as mk
from mlekit.distributions import Gaussian
from mlekit.distributions.family import as_family
from mlekit.fitting import Adam, Objective, Sample, WeightPrior
from mlekit.fitting.members import MembersObjective
from mlekit.fitting.minibatch import MinibatchRun
from mlekit.kernels import perceptron_functions
from mlekit.networks import MLP, build_stack, compiled
from mlekit.networks.mlp_stack import MLPStack

pytestmark = pytest.mark.skipif(
    perceptron_functions() is None, reason="there is no kernel for this processor, or it is turned off"
)

ROWS, MEMBERS = 203, 3
NETWORK = MLP(12, 7, activation="silu", skip=True)
FAMILIES = [mk.Gaussian, mk.StudentT.family(df=5.0), mk.Bernoulli, mk.Poisson, mk.Categorical]
ADAM = Adam(learning_rate=0.02, batch_size=32, epochs=12, warmup=5)


def sample(family: Any, *, weighted: bool, offset: bool, members: int) -> tuple[Any, Sample]:
    rng = np.random.default_rng(0)
    head = as_family(family).bind(pd.DataFrame({"y": rng.integers(0, 2, ROWS)}), guarded=True)
    outcomes = rng.integers(0, 2, ROWS)
    codes = as_family(family).distribution is mk.Categorical
    weights = rng.choice([0.0, 1.0, 2.5], (ROWS, members)).astype(np.float32)
    return head, Sample(
        inputs=rng.normal(size=(ROWS, 4)).astype(np.float32),
        target=outcomes if codes else outcomes.astype(np.float32),
        weights=weights if weighted else None,
        offset=rng.normal(0, 0.3, (ROWS, head.n_outputs)).astype(np.float32) if offset else None,
    )


def one(family: Any = mk.Gaussian, *, weighted: bool = True, offset: bool = False) -> tuple[Any, np.ndarray]:
    head, rows = sample(family, weighted=weighted, offset=offset, members=1)
    if weighted:
        assert rows.weights is not None
        rows = replace(rows, weights=rows.weights[:, 0])
    network = NETWORK.build(4, head.n_outputs, dtype=np.float32)
    return Objective(network, head, rows), network.initialize(np.random.default_rng(1))


def several(family: Any = mk.Gaussian, *, offset: bool = False) -> tuple[Any, np.ndarray]:
    head, rows = sample(family, weighted=True, offset=offset, members=MEMBERS)
    network = NETWORK.build(4, head.n_outputs, dtype=np.float32)
    stack = build_stack(NETWORK, MEMBERS, 4, head.n_outputs, dtype=np.float32)
    theta = stack.join(np.stack([network.initialize(np.random.default_rng(m)) for m in range(MEMBERS)]))
    penalized = stack.join(np.tile(network.penalized, (MEMBERS, 1)))
    return MembersObjective(stack, head, rows, None, penalized), theta


def finished(objective: Any, theta: np.ndarray, adam: Adam, *, by_kernel: bool) -> tuple[MinibatchRun, Any]:
    run: Any = adam.start(objective, theta, np.random.default_rng(2))
    assert run._compiled is not None
    if not by_kernel:
        run._compiled = None
    records = []
    with np.errstate(all="ignore"):
        while run.stop is None:
            records.append(run.step())
    assert run.steps == run.total_steps
    return run, [record for record in records if record is not None]


@pytest.mark.parametrize(
    "adam",
    [ADAM, replace(ADAM, weight_decay=0.3, cycles=2), replace(ADAM, clip_norm=0.3)],
    ids=["plain", "decay and cycles", "clipped"],
)
@pytest.mark.parametrize("offset", [False, True])
@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_a_network_and_members_go_the_same_way(family: Any, offset: bool, adam: Adam) -> None:
    problems = [one(family, weighted=weighted, offset=offset) for weighted in (False, True)]
    for objective, theta in [*problems, several(family, offset=offset)]:
        kernel, of_kernel = finished(objective, theta, adam, by_kernel=True)
        python, of_python = finished(objective, theta, adam, by_kernel=False)
        assert np.abs(python.theta - theta).max() > 0.1
        np.testing.assert_allclose(kernel.theta, python.theta, rtol=2e-3, atol=2e-4)
        assert len(of_kernel) == len(of_python)
        for ours, theirs in zip(of_kernel, of_python, strict=True):
            np.testing.assert_allclose(ours.train_nll, theirs.train_nll, rtol=1e-3, atol=1e-4)
            np.testing.assert_allclose(ours.gradient_norm, theirs.gradient_norm, rtol=1e-2)
            assert ours.ends_cycle == theirs.ends_cycle


def test_each_member_is_clipped_by_itself() -> None:
    """So a member among others is what it is alone."""
    objective, theta = several()
    together, _ = finished(objective, theta, replace(ADAM, clip_norm=0.05), by_kernel=True)
    stack = build_stack(NETWORK, 1, 4, objective.head.n_outputs, dtype=np.float32)
    each = theta.reshape(MEMBERS, -1)
    mean_weight = objective.sample.total_weight / ROWS
    for member in range(MEMBERS):
        # What a gradient is divided by is the mean weight of all members' rows.
        own = objective.sample.weights[:, member : member + 1]
        same_total = own * (mean_weight / own.mean())
        part = replace(
            objective,
            stack=stack,
            sample=replace(objective.sample, weights=same_total.astype(np.float32)),
            penalized=objective.penalized[: each.shape[1]],
        )
        alone, _ = finished(part, each[member], replace(ADAM, clip_norm=0.05), by_kernel=True)
        among = together.theta.reshape(MEMBERS, -1)[member]
        np.testing.assert_allclose(alone.theta, among, rtol=0.02, atol=0.02)


def test_threads_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_SHARED_PRODUCTS", 0)
    found = []
    for threads in (1, 2, 3):
        monkeypatch.setattr(compiled, "thread_count", lambda threads=threads: threads)
        objective, theta = several()
        assert isinstance(objective.stack, MLPStack)
        run, _ = finished(objective, theta, ADAM, by_kernel=True)
        found.append(run.theta)
    np.testing.assert_array_equal(found[1], found[0])
    np.testing.assert_array_equal(found[2], found[0])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_ends_the_run(value: float) -> None:
    objective, theta = several()
    objective.sample.inputs[100] = value
    objective.sample.weights[100] = 1.0
    run: Any = ADAM.start(objective, theta, np.random.default_rng(2))
    while run.stop is None:
        record = run.step()
    assert "not finite" in run.stop.reason
    assert record.train_nll == np.inf
    assert np.isfinite(run.theta).all()


def test_what_has_no_kernel_goes_step_by_step() -> None:
    objective, theta = one()
    double = replace(objective.sample, inputs=objective.sample.inputs.astype(float))
    prior = WeightPrior(Gaussian(loc=0.0, scale=1.0), objective.penalized, np.ones(len(theta)))
    heavy = as_family(mk.Laplace).bind(pd.DataFrame({"y": objective.sample.target}))
    wide = MLP(513).build(4, 2, dtype=np.float32)
    for other in (
        replace(objective, sample=double),
        replace(objective, prior=prior),
        replace(objective, head=heavy),
        replace(objective, network=wide),
    ):
        start = other.network.initialize(np.random.default_rng(0))
        run: Any = ADAM.start(other, start, np.random.default_rng(0))
        assert run._compiled is None
        run.step()
        assert run.steps > 0
