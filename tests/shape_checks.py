"""The run-time type checker of the tests: beartype, adapted to how jaxtyping applies it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import pandas as pd
from beartype import BeartypeConf, FrozenDict, beartype

# Only the stubs of pandas before 3 know `pd.Series[float]`, and only these checks evaluate annotations: elsewhere they
# stay the strings that `from __future__ import annotations` makes of them.
for generic in (pd.Series, pd.Index):
    if "__class_getitem__" not in vars(generic):
        setattr(generic, "__class_getitem__", classmethod(lambda cls, _: cls))  # noqa: B010

_CONFIGURATION = BeartypeConf(
    # jaxtyping decorates each method before its class exists, where beartype cannot know what Self stands for and
    # would refuse the method. Self goes unchecked; everything beside it is checked.
    hint_overrides=FrozenDict({Self: Any}),
    # An int is welcome where a float is asked for, as mypy holds too.
    is_pep484_tower=True,
)

checked: Callable[..., Any] = beartype(conf=_CONFIGURATION)
