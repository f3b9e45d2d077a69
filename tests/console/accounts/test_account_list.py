"""The list of accounts names what an account is for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("language", "city", "firm", "right"),
    [("zh-hans", "深圳市", "中通快递", "审批人"), ("en", "Shenzhen", "ZTO Express", "Approver")],
)
def test_areas_firms_and_rights_stand_by_name(
    client_of: Callable[[str], Any], made: Callable[..., Any], language: str, city: str, firm: str, right: str
) -> None:
    """Nobody knows accounts by codes of areas and operators."""
    made("ann", "supervisor", areas=["440300"], rights=["approver"])
    client = client_of("administrator")
    client.cookies["language"] = language
    page = client.get("/records/users/").content.decode()
    main = page[page.index("<main") :]
    assert city in main and firm in main and right in main
    assert "440300" not in main and ">ZTO<" not in main and "approver<" not in main
