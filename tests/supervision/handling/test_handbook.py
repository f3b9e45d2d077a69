"""The handbook of emergencies: what is shipped is whole, a province's file replaces by name, and faults are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.both_languages import assert_both, assert_same_numbers
from yilu.errors import InputError
from yilu.supervision.handling.plans import for_province, handbook, parsed

CLOCK = '[clocks.first_voice]\nzh = "a"\nen = "b"\nwhose = "officer"\nminutes = 30\ngrade = "A"\nsource = "own plan"\n'


def test_the_four_special_plans_are_there() -> None:
    """Accidents in crowded places, network blockage, leak of user data, major events, and the general plan; each with tasks and a source, and only one starts the firm's clock."""
    plans = handbook().plans
    assert set(plans) == {"crowded_place", "network_blockage", "data_leak", "major_event", "other"}
    assert [p.id for p in plans.values() if p.network_blockage] == ["network_blockage"]
    assert all(all(p.source) and p.asks and p.zh and p.en for p in plans.values())
    assert all(a.zh and a.en and a.owner_zh and a.owner_en and a.minutes > 0 for p in plans.values() for a in p.asks)


def test_every_source_stands_in_both_languages() -> None:
    """What clocks, triggers and plans stand on is said in Chinese and in English, with the same numbers of documents and articles, and assumptions named as such in both."""
    book = handbook()
    sources = [one.source for one in (*book.clocks.values(), *book.triggers, *book.plans.values())]
    assert len(sources) == 13
    for source in sources:
        assert_both(source)
        assert_same_numbers(source)


def test_a_provinces_source_may_be_in_one_language() -> None:
    """A source without English stands for both; one that has it is told apart."""
    assert parsed(CLOCK, "emergency.toml").clocks["first_voice"].source == ("own plan", "own plan")
    both = parsed(CLOCK.replace("own plan", "本省预案 4.3 · our own plan, 4.3"), "emergency.toml")
    assert both.clocks["first_voice"].source == ("本省预案 4.3", "our own plan, 4.3")


def test_a_provinces_file_replaces_by_name(tmp_path: Path) -> None:
    """What emergency.toml names is the province's, all else stays as shipped."""
    (tmp_path / "emergency.toml").write_text(CLOCK, encoding="utf-8")
    own, shipped = for_province(tmp_path), handbook()
    assert own.clocks["first_voice"].minutes == 30 and own.clocks["final"] == shipped.clocks["final"]
    assert own.plans == shipped.plans and own.reports == shipped.reports and own.triggers == shipped.triggers
    assert for_province(None) is shipped


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[clock]\n", "clocks, reports, trigger or plan"),
        (CLOCK.replace("first_voice", "fifth"), "one of first_voice"),
        (CLOCK.replace("30", "0"), "1 or more"),
        (CLOCK.replace('"officer"', '"nobody"'), "officer or firm"),
        (CLOCK.replace('"A"', '"Z"'), "one of A"),
        (CLOCK.replace("minutes = 30\n", ""), "a value"),
        ('[reports.last]\nzh="a"\nen="b"\nholds=[]\n', "first, follow_up or final"),
        ('[reports.first]\nzh="a"\nen="b"\nholds=[["a", "b"]]\n', "lists of an id"),
        ('[[plan]]\nid="x"\nzh="a"\nen="b"\nsource="s"\nnetwork_blockage=false\nasks=[["a","b","c","d","e"]]\n', "and minutes"),
    ],
)  # fmt: skip
def test_faults_are_named(text: str, says: str) -> None:
    """File, key, value and what was expected, for each fault by itself."""
    with pytest.raises(InputError, match=says) as refused:
        parsed(text, "emergency.toml")
    assert refused.value.file == "emergency.toml" and refused.value.next_step
