"""What drafts of earlier years would have proposed, held against what came."""

from __future__ import annotations

from benchmarks.forecast_drafts import SINCE, counted, drafted, section


def test_drafts_of_earlier_years() -> None:
    """Each uses nothing after its year, and is counted as reached exactly where the outcome is not behind it; what came out badly stands on the page: of 2021 no even proposal was reached."""
    rows = drafted("guangdong", 2025)
    assert {r["since"] for r in rows} == set(SINCE) and all(r["last"] <= r["since"] for r in rows)
    for r in rows:
        assert r["reached"] == [a for a, p in r["proposals"].items() if r["came"] >= p["value"]]
    assert counted(rows)[2021]["even"] == (0, 4) and counted(rows)[2022]["cautious"] == (4, 4)
    page = section("guangdong", 2025)
    assert "2021: cautious 1 of 4, even 0 of 4, ambitious 0 of 4" in page
