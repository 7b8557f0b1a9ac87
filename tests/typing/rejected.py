"""What a type checker must reject, and why. mypy reads this file; nothing imports it.

To add an expectation, write a wrong line and end it with a comment that names mypy's error code, or several
codes with commas between them.
"""

from __future__ import annotations

import mlekit
from mlekit.arrays import Array, ArrayLike
from mlekit.errors import DataError, FitError, MlekitError, TargetError

mlekit.__version__ + 1  # expect: operator
mlekit.fitt  # expect: attr-defined

data_error: type[DataError] = FitError  # expect: assignment
narrower: type[TargetError] = DataError  # expect: assignment
not_a_key_error: type[KeyError] = MlekitError  # expect: assignment

MlekitError("scale", remedy="make it positive")  # expect: call-arg

no_numbers: ArrayLike = {"loc": 0.0}  # expect: assignment
nothing: ArrayLike = None  # expect: assignment


def scalar_is_no_array(value: float) -> Array:
    return value  # expect: return-value
