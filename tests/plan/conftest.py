"""Provinces that the tests of the plan read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from yilu.network import folder_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of Guangdong's folder, to be spoilt."""
    return Path(shutil.copytree(folder_of("guangdong"), tmp_path / "province"))
