"""The scaffolding does what the other tests rely on: shapes are checked, missing reference data skips."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from beartype.roar import BeartypeCallHintViolation
from jaxtyping import TypeCheckError

import mlekit
from tests.support import REPOSITORY, shared_data

PROBE = '''
from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Float


def predict(
    X: Float[np.ndarray, "rows inputs"], weights: Float[np.ndarray, " inputs"]
) -> Float[np.ndarray, " rows"]:
    return X @ weights


def column_sums(X: Float[np.ndarray, "rows inputs"]) -> Float[np.ndarray, " rows"]:
    """Annotated wrongly: there is one sum for each input."""
    return X.sum(axis=0)


@dataclass(frozen=True)
class Affine:
    weights: Float[np.ndarray, "inputs outputs"]
    bias: Float[np.ndarray, " outputs"]

    @classmethod
    def halves(cls, weights: Float[np.ndarray, "inputs outputs"]) -> tuple[Self, Self]:
        affine = cls(weights / 2, np.zeros(weights.shape[1]))
        return affine, affine
'''

VIOLATIONS = (TypeCheckError, BeartypeCallHintViolation)


@pytest.fixture
def shape_checks() -> None:
    if os.environ.get("MLEKIT_SHAPE_CHECKS") == "0":
        pytest.skip("shapes are not checked in this run")


@pytest.fixture
def probe(shape_checks: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a new module of the package, imported in the way in which all its modules are."""
    (tmp_path / "shape_probe.py").write_text(PROBE)
    monkeypatch.setattr(mlekit, "__path__", [*mlekit.__path__, str(tmp_path)])
    yield importlib.import_module("mlekit.shape_probe")
    del sys.modules["mlekit.shape_probe"]


def test_fitting_shapes_pass(probe: Any) -> None:
    assert probe.predict(np.ones((3, 2)), np.ones(2)).tolist() == [2.0, 2.0, 2.0]
    assert probe.Affine(np.ones((2, 1)), np.ones(1)).bias.tolist() == [1.0]


@pytest.mark.parametrize(
    ("X", "weights"),
    [
        (np.ones((3, 2)), np.ones(3)),
        (np.ones(3), np.ones(3)),
        (np.ones((3, 2), dtype=np.int64), np.ones(2)),
        ([[1.0, 2.0]], np.ones(2)),
    ],
    ids=["sizes disagree", "one axis missing", "not float", "not an array"],
)
def test_wrong_argument_is_rejected(probe: Any, X: object, weights: object) -> None:
    with pytest.raises(VIOLATIONS):
        probe.predict(X, weights)


def test_wrong_result_is_rejected(probe: Any) -> None:
    with pytest.raises(VIOLATIONS):
        probe.column_sums(np.ones((3, 2)))


def test_wrong_field_is_rejected(probe: Any) -> None:
    with pytest.raises(VIOLATIONS):
        probe.Affine(weights=np.ones((2, 3)), bias=np.ones(2))


def test_methods_that_speak_of_self_are_checked(probe: Any) -> None:
    assert probe.Affine.halves(np.ones((2, 3)))[0].weights.tolist() == [[0.5] * 3] * 2
    with pytest.raises(VIOLATIONS):
        probe.Affine.halves(np.ones(2))


@pytest.mark.usefixtures("shape_checks")
def test_every_module_of_the_package_is_checked() -> None:
    """Whatever has been imported by now went through the hook."""
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] == "mlekit"]
    specifications = [module.__spec__ for module in modules if module.__spec__ is not None]
    assert len(specifications) == len(modules) > 0
    unchecked = [
        specification.name
        for specification in specifications
        if specification.origin is not None  # a folder alone holds no code
        and not type(specification.loader).__module__.startswith("jaxtyping")
    ]
    assert unchecked == []


def test_the_tree_is_tested_and_not_an_installed_copy() -> None:
    assert Path(mlekit.__file__).parent == REPOSITORY / "mlekit"


def test_reference_data_is_found_where_the_variable_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "table.csv").write_text("x\n1\n")
    monkeypatch.setenv("MLEKIT_SHARED_DATA", str(tmp_path))
    assert shared_data("table.csv") == tmp_path / "table.csv"


def test_absent_reference_data_skips_with_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLEKIT_SHARED_DATA", str(tmp_path))
    with pytest.raises(pytest.skip.Exception, match=r"table\.csv.*MLEKIT_SHARED_DATA"):
        shared_data("table.csv")
