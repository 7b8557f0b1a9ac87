"""The run-time type checker of the tests: beartype, adapted to how jaxtyping applies it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from beartype import BeartypeConf, FrozenDict, beartype

_CONFIGURATION = BeartypeConf(
    # jaxtyping decorates each method before its class exists, where beartype cannot know what Self stands for and
    # would refuse the method. Self goes unchecked; everything beside it is checked.
    hint_overrides=FrozenDict({Self: Any}),
    # An int is welcome where a float is asked for, as mypy holds too.
    is_pep484_tower=True,
)

checked: Callable[..., Any] = beartype(conf=_CONFIGURATION)
