"""The version of this tree, which need not be that of what is installed."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0.dev0"
