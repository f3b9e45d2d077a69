"""Finding by typing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from yilu.console.facts import newest
from yilu.console.pages.finding import EACH, fits


def found(client: Any, q: str) -> list[dict[str, Any]]:
    """What is found for a text."""
    rows: list[dict[str, Any]] = client.get("/find.json", {"q": q}).json()["tables"]["found"]
    return rows


def test_a_name_fits_in_either_language() -> None:
    """Part of a name is enough, capitals don't matter."""
    assert (
        fits("guang", ("广州市", "Guangzhou"))
        and fits("广州", ("广州市", "Guangzhou"))
        and not fits("shen", ("广州市", "Guangzhou"))
    )


@pytest.mark.parametrize(
    ("q", "code"), [("Guangzhou", "440100"), ("广州", "440100"), ("440100", "440100"), ("  guangzhou ", "440100")]
)
def test_a_city_is_found_by_name_and_code(client_of: Callable[[str], Any], q: str, code: str) -> None:
    """In Chinese, in English, by its code; the hit leads to the overview of that city."""
    assert f"/?area={code}" in [r["address"] for r in found(client_of("duty"), q)]


def test_pages_come_before_anything_is_typed(client_of: Callable[[str], Any]) -> None:
    """The pages that the role opens, and no page that it doesn't."""
    addresses = [r["address"] for r in found(client_of("duty"), "") if r["kind"] == "页面"]
    assert "/" in addresses
    assert (
        "/records/users/" in [r["address"] for r in found(client_of("administrator"), "")]
        and "/records/users/" not in addresses
    )


def test_nothing_out_of_scope_is_found(client_of: Callable[[str], Any]) -> None:
    """An officer of Shenzhen finds neither Guangzhou nor its places, nor alerts there; the province's finds all three."""
    assert found(client_of("city"), "广州") == [] and found(client_of("city"), "SC-440100") == []
    assert {r["kind"] for r in found(client_of("duty"), "广州")} >= {"地区", "场所", "预警"}


def test_a_carrier_finds_its_own_alerts_alone(client_of: Callable[[str], Any]) -> None:
    """Typing another firm's name finds nothing of it."""
    alerts, names = newest().alerts, newest().facts.network.operators
    assert alerts is not None
    others = {names.name_of_id[a.operator][0] for a in alerts.alerts if a.operator} - {
        names.name_of_id[names.index_of_code["ZTO"]][0]
    }
    assert others and all(found(client_of("carrier"), other) == [] for other in others)


def test_there_are_at_most_so_many_of_a_kind(client_of: Callable[[str], Any]) -> None:
    """A short text gives a short list."""
    kinds = [r["kind"] for r in found(client_of("duty"), "a")]
    assert kinds and max(kinds.count(k) for k in set(kinds)) <= EACH


def test_the_page_says_what_to_type_where_nothing_fits(client_of: Callable[[str], Any]) -> None:
    """Without scripts the same is found on a page; where nothing is, the next step is said."""
    assert "没有找到" in client_of("duty").get("/find/?q=zzzz").content.decode()
