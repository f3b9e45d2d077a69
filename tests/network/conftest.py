"""Provinces that the tests of the network read: Guangdong, and the small one of the how-to page."""

from __future__ import annotations

from pathlib import Path

import pytest
from example_province import write_small

from yilu.network import Network, load


@pytest.fixture(scope="session")
def guangdong() -> Network:
    """The province that yilu ships."""
    return load("guangdong")


@pytest.fixture
def small(root: Path, tmp_path: Path) -> Path:
    """The folder that docs/how-to/province.md tells its reader to write."""
    return write_small(root, tmp_path)
