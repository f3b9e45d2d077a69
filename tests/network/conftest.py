"""Provinces that the tests of the network read: Guangdong, and the small one of the how-to page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from yilu.network import Network, load


@pytest.fixture(scope="session")
def guangdong() -> Network:
    """The province that yilu ships."""
    return load("guangdong")


@pytest.fixture
def small(root: Path, tmp_path: Path) -> Path:
    """The folder that docs/how-to/province.md tells its reader to write, made from the page itself."""
    page = (root / "docs" / "how-to" / "province.md").read_text(encoding="utf-8")
    folder = tmp_path / "example"
    folder.mkdir()
    for name, text in re.findall(r"`([a-z_]+\.(?:csv|toml))`[^\n]*\n\n```(?:csv|toml)\n(.*?)```", page, re.DOTALL):
        (folder / name).write_text(text, encoding="utf-8")
    return folder
