"""What is done when a wheel is built: the kernels are compiled, if this machine has a C compiler."""

from __future__ import annotations

import runpy
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_BUILDING = Path(__file__).parent / "mlekit" / "kernels" / "building.py"


class KernelBuildHook(BuildHookInterface[Any]):
    """Puts the library of kernels into the wheel, which is then one of this platform, for every Python."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and name what the wheel has beside the files of the repository."""
        library = runpy.run_path(str(_BUILDING))["build"]()
        if library is not None:
            platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{platform}"
            build_data["artifacts"].append(library.relative_to(self.root).as_posix())
