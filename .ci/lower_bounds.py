"""Print the lower bound of everything that the tests need as pip constraints: the oldest environment.

pip and no other installer reads them, so that the machine's own configuration of pip holds (index, certificates).
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
extras: dict[str, list[str]] = project["optional-dependencies"]

# Without the extra `types`: stubs describe one release of a library, and are read in the current environment.
requirements = [*project["dependencies"], *extras["plot"], *extras["cli"], *extras["test"]]
for requirement in requirements:
    if requirement.startswith("mlekit["):
        continue
    bounded = re.fullmatch(r"([\w.-]+)>=([\w.]+)", requirement)
    if bounded is None:
        raise SystemExit(
            f"{requirement!r} in pyproject.toml: write it as name>=oldest, the release .ci/run is to try"
        )
    print(f"{bounded[1]}=={bounded[2]}")
