"""The catalogue of rules, and what a province sets otherwise."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path

import pytest

from tests.both_languages import assert_both, assert_same_numbers
from yilu.errors import InputError
from yilu.run.facts import Facts
from yilu.settings import load
from yilu.supervision.rules.declared import SEVERITIES, declared, for_province, parsed

GOOD = """
[thresholds]
some_hours = { default = 3, unit = "hours", least = 1, most = 9, zh = "时", en = "Hours." }
[[rule]]
id = "a"
zh = "甲"
en = "A"
input = "items"
severity = 2
stands_on = "law"
resolves = false
thresholds = ["some_hours"]
means_zh = "甲"
means_en = "A."
"""


def test_every_rule_says_all_of_itself() -> None:
    """Its name, what it stands on and what it means in both languages, with the same numbers of articles; every threshold is used by a rule and lies within its bounds."""
    catalogue = declared()
    for rule in catalogue.rules.values():
        assert all((rule.zh, rule.en, rule.means_zh, rule.means_en)), rule.id
        assert_both(rule.stands_on)
        assert_same_numbers(rule.stands_on)
        assert rule.severity in SEVERITIES
    assert [r.number for r in catalogue.rules.values()] == list(range(1, len(catalogue.rules) + 1))
    assert {t for r in catalogue.rules.values() for t in r.thresholds} == set(catalogue.thresholds)
    for t in catalogue.thresholds.values():
        assert t.least <= t.default <= t.most and t.zh and t.en, t.name


PERIOD = "[[protected]]\nid = 'g'\nzh = '会'\nen = 'Games'\nfirst = 2025-11-05\nlast = 2025-11-21\n"


def test_a_province_sets_periods_that_tighten_rules(tmp_path: Path) -> None:
    """What a period says of its items is read; of others the province's own values hold, against which it must be stricter."""
    text = f"{PERIOD}side = 'destination'\narea = 'A'\n[protected.thresholds]\nstalled_hours = 47\n[protected.severity]\nlate = 2\n"
    (tmp_path / "rules.toml").write_text(f"[thresholds]\nstalled_hours = 48\n{text}")
    found = for_province(tmp_path)
    assert found["stalled_hours"] == 48 and found.each("stalled_hours") == [47, 48]
    (period,) = found.protected
    assert (period.first, period.last) == (date(2025, 11, 5), date(2025, 11, 21)) and period.severity == {"late": 2}
    assert (period.side, period.area, period.item_class) == ("destination", "A", "")
    assert {r.id for r in found.rules.values() if period.tightens(r)} == {"stalled", "late"}


def test_a_province_sets_thresholds_severities_and_leaves_rules_out(tmp_path: Path) -> None:
    """What rules.toml says holds; everything else stays as declared; without the file nothing changes."""
    assert for_province(tmp_path) == declared() == for_province(None)
    (tmp_path / "rules.toml").write_text('off = ["late"]\n[thresholds]\nstalled_hours = 48\n[severity]\nbacklog = 4\n')
    found = for_province(tmp_path)
    assert found["stalled_hours"] == 48 and found["late_hours"] == declared()["late_hours"]
    assert found.rules["backlog"].severity == 4 and found.rules["late"].severity == declared().rules["late"].severity
    assert found.off == {"late"}


@pytest.mark.parametrize(
    ("text", "column", "value"),
    [
        ("[thresholds]\nstalled = 3", "thresholds.stalled", 3),
        ("[thresholds]\nstalled_hours = 0", "thresholds.stalled_hours", 0),
        ("[thresholds]\nstalled_hours = true", "thresholds.stalled_hours", True),
        ("[thresholds]\nstalled_hours = 'long'", "thresholds.stalled_hours", "long"),
        ("thresholds = 3", "thresholds", 3),
        ("[severity]\nlate = 5", "severity.late", 5),
        ("[severity]\nnone = 2", "severity.none", 2),
        ("[severity]\nlate = 0", "severity.late", 0),
        ("[severity]\nunusual_low = 3", "severity.unusual_low", 3),
        ("[thresholds]\nunusual_days = 3", "thresholds.unusual_days", 3),
        ("[thresholds]\nzero_report_hour = 25", "thresholds.zero_report_hour", 25),
        ("protected = 3", "protected", 3),
        ("[[protected]]\n" * 33, "protected", 33),
        (PERIOD, "protected g", None),
        (f"{PERIOD}[protected.thresholds]\nlate_hours = 168", "protected g, thresholds.late_hours", 168),
        (f"{PERIOD}[protected.thresholds]\nlate_hours = -1", "protected g, thresholds.late_hours", -1),
        (f"{PERIOD}[protected.thresholds]\nlate_hours = true", "protected g, thresholds.late_hours", True),
        (f"{PERIOD}[protected.thresholds]\nsilent_hours = 2", "protected g, thresholds.silent_hours", 2),
        (f"{PERIOD}[protected.severity]\nlate = 1", "protected g, severity.late", 1),
        (f"{PERIOD}[protected.severity]\nlate = 5", "protected g, severity.late", 5),
        (f"{PERIOD}[protected.severity]\nsilent_feed = 4", "protected g, severity.silent_feed", 4),
        (f"{PERIOD}[protected.severity]\nsender_token = 4", "protected g, severity.sender_token", 4),
        (f"{PERIOD}side = 'left'", "protected g, side", "left"),
        (f"{PERIOD}item_class = 'vehicle'", "protected g, item_class", "vehicle"),
        (f"{PERIOD}sender_kind = 'any'", "protected g, sender_kind", "any"),
        (f"{PERIOD}place = 'x'", "protected g, place", None),
        (PERIOD.replace("'Games'", "3"), "protected g, en", 3),
        (PERIOD.replace("first = ", "# "), "protected g, first", None),
        (PERIOD.replace("2025-11-21", "2025-11-04"), "protected g, last", "2025-11-04"),
        (PERIOD.replace("2025-11-21", "'2025-11-21'"), "protected g, last", "2025-11-21"),
        (PERIOD.replace("2025-11-21", "2025-11-21T08:00:00"), "protected g, last", datetime(2025, 11, 21, 8)),
        (f"{PERIOD}[protected.severity]\nlate = 2\n{PERIOD}", "protected g, id", "g"),
        ("off = ['none']", "off", "none"),
        ("off = 'late'\nother = 1", "other", None),
        ("[thresholds", None, None),
    ],
)
def test_a_faulty_file_is_named_with_key_and_value(
    tmp_path: Path, text: str, column: str | None, value: object
) -> None:
    """File, key, value and what was expected, for everything that can be wrong in a province's rules.toml."""
    (tmp_path / "rules.toml").write_text(text)
    with pytest.raises(InputError) as raised:
        for_province(tmp_path)
    assert (raised.value.file, raised.value.column, raised.value.value) == ("rules.toml", column, value)
    assert raised.value.expected


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("severity = 2", "severity = 7", "rule a, severity"),
        ('input = "items"', 'input = "weather"', "rule a, input"),
        ('["some_hours"]', '["other_hours"]', "rule a, thresholds"),
        ('means_en = "A."', "", "rule a, means_en"),
        ('stands_on = "law"', 'stands_on = "law"\nextra = 1', "rule a, extra"),
        ('means_en = "A."', 'means_en = "A."\ninhibits = ["b"]', "rule a, inhibits"),
        ('means_en = "A."', 'means_en = "A."\ngroup_by = ["weather"]', "rule a, group_by"),
        ("default = 3", "default = 33", "thresholds.some_hours"),
        ("default = 3", 'default = "3"', "thresholds.some_hours, default"),
        ('unit = "hours", ', "", "thresholds.some_hours, unit"),
    ],
)
def test_a_faulty_catalogue_is_named_with_its_key(old: str, new: str, column: str) -> None:
    """Each fault of a catalogue names the rule or threshold and the key; the catalogue without it is read."""
    assert parsed(GOOD, "catalogue.toml").rules["a"].thresholds == ("some_hours",)
    assert old in GOOD
    with pytest.raises(InputError) as raised:
        parsed(GOOD.replace(old, new), "catalogue.toml")
    assert raised.value.column == column and raised.value.file == "catalogue.toml"


def test_what_is_unusual_inhibits_nothing_and_nothing_inhibits_it() -> None:
    """A catalogue in which a notice of the unusual stands on either side of an inhibition is refused: rule, key and what was expected."""
    other = GOOD[GOOD.index("[[rule]]") :].replace('"a"', '"b"')
    unusual = other.replace("severity = 2", "severity = 0")
    inhibits = 'means_en = "A."\ninhibits = ["b"]'
    assert parsed(GOOD.replace('means_en = "A."', inhibits) + other, "catalogue.toml").rules["a"].inhibits == ("b",)
    for text in (
        GOOD.replace('means_en = "A."', inhibits) + unusual,
        GOOD.replace("severity = 2", "severity = 0").replace('means_en = "A."', inhibits) + other,
    ):
        with pytest.raises(InputError) as raised:
            parsed(text, "catalogue.toml")
        assert (raised.value.column, raised.value.value) == ("rule a, inhibits", "b")


def test_two_rules_of_one_id_are_refused() -> None:
    """Ids stand in alerts' identities: two rules can't share one."""
    twice = GOOD + GOOD[GOOD.index("[[rule]]") :]
    with pytest.raises(InputError, match="no other rule"):
        parsed(twice, "catalogue.toml")


def test_lower_thresholds_reach_the_fold(tmp_path: Path) -> None:
    """Waits that are over are marked by the province's own thresholds: else a lowered one would find only waits that go on."""
    folder = tmp_path / "own"
    shutil.copytree(str(files("yilu.provinces") / "guangdong"), folder)
    (folder / "rules.toml").write_text("[thresholds]\nstalled_hours = 72\nbacklog_hours = 20\n", encoding="utf-8")
    limits = [Facts(load(province=p)).rules.limits.tolist()[4:] for p in ("guangdong", str(folder))]
    assert limits == [[96 * 3600, 30 * 3600], [72 * 3600, 20 * 3600]]
