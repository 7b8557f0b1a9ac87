"""The library is built where it can be, and not missed where it cannot."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mlekit.kernels import building, library
from tests.kernels.polynomials import HEADER, RULE_HEADER, header, rule_header


def test_the_library_is_there_where_it_can_be() -> None:
    if os.environ.get("MLEKIT_KERNELS") == "0":
        pytest.skip("kernels are turned off")
    if building.compiler() is None:
        pytest.skip("there is no C compiler")
    assert library() is not None, "build it: python mlekit/kernels/building.py"


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with kernels of its own, short to compile."""
    shutil.copy(building.FOLDER / "kernel.h", tmp_path)
    (tmp_path / "twice.c").write_text('#include "kernel.h"\nKERNEL1(twice, x) { return 2 * x; }\n')
    monkeypatch.setattr(building, "FOLDER", tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", ["", "no-such-compiler", "false"])
def test_without_a_compiler_there_is_no_library(
    command: str, sources: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CC", command)
    assert building.build() is None
    assert "without kernels" in "".join(capfd.readouterr())
    assert sorted(path.suffix for path in sources.iterdir()) == [".c", ".h"]


@pytest.mark.skipif(building.compiler() is None, reason="there is no C compiler")
def test_a_library_of_other_sources_gives_way(sources: Path) -> None:
    first = building.build()
    assert first is not None
    assert first.exists()
    assert building.build() == first
    (sources / "twice.c").write_text('#include "kernel.h"\nKERNEL1(twice, x) { return x + x; }\n')
    assert not building.library_path().exists()
    second = building.build()
    assert second is not None
    assert second.exists()
    assert not first.exists()


def test_the_polynomials_are_those_derived() -> None:
    assert HEADER.read_text(encoding="utf-8") == header(), "run python -m tests.kernels.polynomials"
    assert RULE_HEADER.read_text(encoding="utf-8") == rule_header()
