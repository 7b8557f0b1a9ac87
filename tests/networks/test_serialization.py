"""Networks survive JSON; what is not a network does not become one."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from mlekit.errors import FileFormatError, NetworkError
from mlekit.networks import MLP, BuiltNetwork, Linear, Network, from_json, to_json


@pytest.mark.parametrize(
    "network",
    [
        Linear(),
        Linear(bias=False),
        MLP(16, 16),
        MLP(3, activation="gelu", skip=True, initialization="orthogonal"),
    ],
    ids=repr,
)
def test_round_trip(network: Network) -> None:
    assert from_json(json.loads(json.dumps(to_json(network)))) == network


def test_a_foreign_network_is_refused() -> None:
    class Foreign:
        def build(self, n_inputs: int, n_outputs: int, *, dtype: Any = np.float64) -> BuiltNetwork:
            return Linear().build(n_inputs, n_outputs, dtype=dtype)

    with pytest.raises(NetworkError, match=r"Foreign.*cannot be written to a file: only Linear and MLP"):
        to_json(Foreign())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "network type None is unknown; this version reads Linear, MLP"),
        ({"type": "Transformer"}, "'Transformer' is unknown"),
        ({"type": ["MLP"]}, "is unknown"),
        ({"type": "Linear"}, "bias"),
        ({"type": "Linear", "bias": True, "depth": 3}, "depth"),
        ({"type": "Linear", "bias": "yes"}, "bias"),
        ({"type": "MLP", "widths": [8]}, "activation"),
        (
            {"type": "MLP", "widths": [], "activation": "tanh", "skip": False, "initialization": None},
            "no hidden",
        ),
        ({"type": "MLP", "widths": 8, "activation": "tanh", "skip": False, "initialization": None}, "widths"),
        (
            {"type": "MLP", "widths": [8], "activation": 3, "skip": False, "initialization": None},
            "activation",
        ),
    ],
)
def test_what_cannot_be_read_is_named(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(FileFormatError, match=words):
        from_json(settings)
