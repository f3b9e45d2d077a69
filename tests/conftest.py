"""Fixtures and settings of all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.kernels import compiled_by_one

ROOT = Path(__file__).parents[1]

# Generated examples take what they take on a busy machine; a slow one is no failure. In a run of its own a wider search is asked for with
# --hypothesis-profile=deep.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("deep", parent=settings.get_profile("house"), max_examples=2000)
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--each-once``: of a test that is run for many cases the first only. ``--whole``: the console's tests on PostgreSQL are run for all of theirs."""
    parser.addoption("--each-once", action="store_true", help="of a test with many cases run the first only")
    parser.addoption(
        "--whole", action="store_true", help="on PostgreSQL run every case of the console's tests, not each test once"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Workers wait for each other's kernels instead of compiling each of them again."""
    compiled_by_one()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest test begins first: at the end all other workers would wait for it."""
    items.sort(key=lambda item: "postgresql" not in item.nodeid)
    if config.getoption("--each-once"):
        firsts = {item.nodeid.partition("[")[0]: item for item in reversed(items)}
        once = [item for item in items if firsts[item.nodeid.partition("[")[0]] is item]
        config.hook.pytest_deselected(items=[item for item in items if item not in once])
        items[:] = once


@pytest.fixture(scope="session")
def root() -> Path:
    """Folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the large real inputs, beside the project or where YILU_SHARED_DATA says; skips where it is not there."""
    named = os.environ.get("YILU_SHARED_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(
            f"the shared inputs are not there: {'YILU_SHARED_DATA' if named else '../shared/data'} is no folder"
        )
    return folder


@pytest.fixture(autouse=True)
def settings_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on the settings of who runs it: variables of yilu are unset, except those for tests."""
    for name in list(os.environ):
        if name.startswith("YILU_") and name not in {
            "YILU_SHARED_DATA",
            "YILU_EXAMPLES",
            "YILU_VENV",
            "YILU_UV",
            "YILU_PYTHON",
            "YILU_NPM",
            "YILU_CHROMIUM",
        }:
            monkeypatch.delenv(name)
