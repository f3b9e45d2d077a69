"""Fixtures of the EPCIS tests: the shared example documents."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def epcis_documents() -> Path:
    """The folder of shared EPCIS documents (Documents, Events, Invalid); skips where it is not there."""
    folder = Path(__file__).resolve().parents[4] / "shared" / "data" / "events" / "epcis"
    if not folder.is_dir():
        pytest.skip("the shared EPCIS documents (../shared/data/events/epcis) are not there")
    return folder
