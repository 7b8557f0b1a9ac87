"""Networks as JSON, through an explicit table of types: reading one never looks up or runs foreign code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mlekit.errors import FileFormatError, NetworkError
from mlekit.networks.linear import Linear
from mlekit.networks.mlp import MLP
from mlekit.networks.protocols import Network


def to_json(network: Network) -> dict[str, Any]:
    """Return a network's specification as a dictionary that JSON can hold.

    Raises:
        NetworkError: If the network is not one of mlekit's own.

    Examples:
        >>> to_json(MLP(8, activation="relu"))
        {'type': 'MLP', 'widths': [8], 'activation': 'relu', 'skip': False, 'initialization': None}
    """
    if isinstance(network, Linear):
        return {"type": "Linear", "bias": network.bias}
    if isinstance(network, MLP):
        return {
            "type": "MLP",
            "widths": list(network.widths),
            "activation": network.activation,
            "skip": network.skip,
            "initialization": network.initialization,
        }
    raise NetworkError(
        f"{network!r} cannot be written to a file: only {' and '.join(_READERS)} can. "
        "Keep such a network in code and save its parameters instead."
    )


def from_json(settings: Mapping[str, Any]) -> Network:
    """Return the network that `to_json` wrote.

    Raises:
        FileFormatError: If the type is unknown, or a setting is missing, superfluous or invalid.

    Examples:
        >>> from_json({"type": "Linear", "bias": True})
        Linear(bias=True)
    """
    remaining = dict(settings)
    name = remaining.pop("type", None)
    reader = _READERS.get(name) if isinstance(name, str) else None
    if reader is None:
        raise FileFormatError(f"network type {name!r} is unknown; this version reads {', '.join(_READERS)}.")
    try:
        return reader(**remaining)
    except (TypeError, NetworkError) as error:
        raise FileFormatError(f"{name} cannot be read from {dict(settings)}: {error}") from error


def _read_linear(*, bias: bool) -> Linear:
    return Linear(bias=bias)


def _read_mlp(*, widths: list[int], activation: str, skip: bool, initialization: str | None) -> MLP:
    return MLP(*widths, activation=activation, skip=skip, initialization=initialization)


_READERS: Mapping[str, Callable[..., Network]] = {"Linear": _read_linear, "MLP": _read_mlp}
