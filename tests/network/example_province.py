"""The province that docs/how-to/province.md tells its reader to write, made from the page itself."""

from __future__ import annotations

import re
from pathlib import Path


def write_small(root: Path, home: Path) -> Path:
    """Write the page's files into a folder ``example`` of ``home``; gives the folder."""
    page = (root / "docs" / "how-to" / "province.md").read_text(encoding="utf-8")
    folder = home / "example"
    folder.mkdir()
    for name, text in re.findall(r"`([a-z_]+\.(?:csv|toml))`[^\n]*\n\n```(?:csv|toml)\n(.*?)```", page, re.DOTALL):
        (folder / name).write_text(text, encoding="utf-8")
    return folder
