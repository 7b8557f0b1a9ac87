"""The helpers that every room shares."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mlekit.arrays import pick

SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1.5, -2.5, 5e-324])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_pick_is_where(dtype: type) -> None:
    first: Any = SPECIAL.astype(dtype)
    second = first[::-1]
    conditions: list[Any] = [np.arange(8) % 3 == 0, np.zeros(8, bool), np.True_]
    for condition in [*conditions, (np.arange(16) < 7).reshape(2, 8)]:
        for chosen, otherwise in ((first, second), (first, 1.0), (-np.inf, second), (first[:1], second)):
            picked, expected = pick(condition, chosen, otherwise), np.where(condition, chosen, otherwise)
            np.testing.assert_array_equal(picked, expected)
            np.testing.assert_array_equal(np.signbit(picked), np.signbit(expected))
            assert picked.dtype == expected.dtype
