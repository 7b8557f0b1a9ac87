"""``python -m mlekit`` is the command ``mlekit``."""

from __future__ import annotations

from mlekit.adapters.command_line import main

if __name__ == "__main__":
    main()
