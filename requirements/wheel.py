"""A wheel without the console's browser libraries would show bare pages: it is not made."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Libraries(BuildHookInterface):
    """Looks for the libraries before a wheel is made; an editable install, which ./do makes first, needs none."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Raises RuntimeError where a library is missing."""
        vendor = runpy.run_path(str(Path(self.root) / "src" / "yilu" / "console" / "vendor.py"))
        missing = vendor["missing"]()
        if version != "editable" and missing:
            raise RuntimeError(
                f"the console's browser libraries are missing: {', '.join(missing)} → ./do wheel fetches them and builds"
            )
