"""Room 2: from the rows of X to η, the raw outputs, and the chain rule back.

Conventions of this room
------------------------
``n`` rows, ``p`` inputs, ``k`` outputs, and one flat vector θ of all weights and biases.

* ``inputs`` is the (n, p) design matrix, ``eta`` the (n, k) array of unconstrained raw outputs.
* What comes back through `BuiltNetwork.backward` is a *sum* over rows; whoever wants a mean divides.
* A network knows nothing of targets: the derivative of the log-likelihood in η arrives from outside.
"""

from __future__ import annotations

from mlekit.networks.built_mlp import BuiltMLP
from mlekit.networks.linear import BuiltLinear, Linear
from mlekit.networks.mlp import MLP
from mlekit.networks.parallel import LinearParallel, Parallel, Part, build_parallel
from mlekit.networks.parallel_stack import build_parallel_stack
from mlekit.networks.protocols import BuiltNetwork, HasFisherInformation, Network
from mlekit.networks.serialization import from_json, to_json
from mlekit.networks.stack import InTurn, Stack, build_stack

__all__ = [
    "MLP",
    "BuiltLinear",
    "BuiltMLP",
    "BuiltNetwork",
    "HasFisherInformation",
    "InTurn",
    "Linear",
    "LinearParallel",
    "Network",
    "Parallel",
    "Part",
    "Stack",
    "build_parallel",
    "build_parallel_stack",
    "build_stack",
    "from_json",
    "to_json",
]
