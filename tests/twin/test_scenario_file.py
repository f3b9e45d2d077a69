"""Scenario files: what they may say, and what is said of those that can't be."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from yilu.errors import InputError
from yilu.network import Network
from yilu.twin import faults
from yilu.twin.scenario import FAULTS, read

HEAD = 'zh = "试"\nen = "trial"\n[[fault]]\n'
TIMES = 'from = "+0 08:00"\nuntil = "+1 00:30"\n'


def given(tmp_path: Path, text: str) -> Path:
    """A scenario file."""
    path = tmp_path / "s.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "column", "value", "expected"),
    [
        (HEAD + 'kind = "theft"\n' + TIMES, "fault 1, kind", "theft", "one of"),
        (HEAD + 'kind = "stalled"\nfrom = "+0 08:00"\n', "fault 1, until", None, "a value"),
        (HEAD + 'kind = "stalled"\nfrom = "soon"\nuntil = "+1 00:00"\n', "fault 1, from", "soon", "a local time"),
        (HEAD + 'kind = "stalled"\nfrom = "+0 25:00"\nuntil = "+1 00:00"\n', "fault 1, from", "+0 25:00", "a local time"),
        (HEAD + 'kind = "stalled"\nfrom = "2025-06-03T08:00+08:00"\nuntil = "+1 00:00"\n', "fault 1, from", "2025-06-03T08:00+08:00", "a local time"),
        (HEAD + 'kind = "stalled"\nfrom = "+1 08:00"\nuntil = "+1 08:00"\n', "fault 1, until", "+1 08:00", "later than from"),
        (HEAD + 'kind = "stalled"\nfrom = "2025-06-03T08:00"\nuntil = "+9 08:00"\n', "fault 1, until", "+9 08:00", "the same way"),
        (HEAD + 'kind = "stalled"\nshare = 1.5\n' + TIMES, "fault 1, share", "1.5", "at most 1"),
        (HEAD + 'kind = "stalled"\nshare = true\n' + TIMES, "fault 1, share", "True", "a number"),
        (HEAD + 'kind = "stalled"\nminutes = 30000\n' + TIMES, "fault 1, minutes", "30000", "1 to 28800"),
        (HEAD + 'kind = "false_signing"\nminutes = 3\n' + TIMES, "fault 1, minutes", "3", "no such key"),
        (HEAD + 'kind = "stalled"\noperator = "XX"\n' + TIMES, "fault 1, operator", "XX", "a code of the province"),
        (HEAD + 'kind = "backlog"\n' + TIMES, "fault 1, facility", None, "needs it"),
        (HEAD + 'kind = "impossible_travel"\n' + TIMES, "fault 1, to", None, "needs it"),
        (HEAD + 'kind = "stalled"\nto = "SC-440100"\n' + TIMES, "fault 1, to", "SC-440100", "no such key"),
        (HEAD + 'kind = "stalled"\nhow_many = 3\n' + TIMES, "fault 1, how_many", None, "one of"),
        (HEAD + 'kind = "closed_crossing"\n' + TIMES, "fault 1, crossing", None, "QIONGZHOU"),
        (HEAD + 'kind = "closed_crossing"\ncrossing = "CHANNEL"\n' + TIMES, "fault 1, crossing", "CHANNEL", "one of"),
        (HEAD + 'kind = "closed_crossing"\ncrossing = "SZZS"\n' + TIMES, "fault 1, crossing", "SZZS", "can't be reached without"),
        (HEAD + 'kind = "closed_crossing"\ncrossing = "QIONGZHOU"\nshare = 0.5\n' + TIMES, "fault 1, share", "0.5", "closed to all"),
        (HEAD + 'kind = "stalled"\ncrossing = "QIONGZHOU"\n' + TIMES, "fault 1, crossing", "QIONGZHOU", "no such key"),
        (HEAD + 'kind = "outlet_fading"\n' + TIMES, "fault 1, facility", None, "needs it"),
        (HEAD + 'kind = "outlet_fading"\nfacility = "DP-440106"\nminutes = 3\n' + TIMES, "fault 1, minutes", "3", "no such key"),
        (HEAD + 'kind = "sender_token"\n' + TIMES, "fault 1, facility", None, "needs it"),
        (HEAD + 'kind = "silent_feed"\n' + TIMES, "fault 1, operator", None, "needs it"),
        (HEAD + 'kind = "silent_feed"\noperator = "SF"\nshare = 0.5\n' + TIMES, "fault 1, share", "0.5", "no such key"),
        (HEAD + 'kind = "silent_feed"\noperator = "SF"\nfacility = "SC-440100"\n' + TIMES, "fault 1, facility", "SC-440100", "no such key"),
        (HEAD + 'kind = "unmapped"\nminutes = 5\n' + TIMES, "fault 1, minutes", "5", "no such key"),
        (HEAD + 'kind = "clock_ahead"\nminutes = 1441\n' + TIMES, "fault 1, minutes", "1441", "1 to 1440"),
        ('zh = "试"\nen = "trial"\nfault = 3\n', "(file), fault", "3", "a list"),
        ('zh = "试"\nen = "trial"\n' + 63 * ("[[fault]]\nkind = 'stalled'\n" + TIMES), "fault", "63", "at most 62"),
        ("zh = ", None, None, "TOML"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(
    tmp_path: Path, guangdong: Network, text: str, column: str | None, value: str | None, expected: str
) -> None:
    """A wrong scenario names its file, the key, the value and what was expected; nothing is made."""
    with pytest.raises(InputError) as error:
        read(given(tmp_path, text), guangdong)
    assert error.value.file == "s.toml" and error.value.column == column
    assert (None if error.value.value is None else str(error.value.value)) == value and expected in error.value.expected


def test_a_missing_file_is_an_input_error(tmp_path: Path, guangdong: Network) -> None:
    """No file, no traceback."""
    with pytest.raises(InputError):
        read(tmp_path / "none.toml", guangdong)


def test_times_are_local_and_may_count_from_the_first_day(tmp_path: Path, guangdong: Network) -> None:
    """``+1 00:30`` of a plan from 3 June is 4 June, half past midnight in Guangdong; defaults of the kind hold where nothing is said."""
    [row] = read(given(tmp_path, HEAD + 'kind = "stalled"\n' + TIMES), guangdong).compiled(guangdong, date(2025, 6, 3))
    zone = ZoneInfo("Asia/Shanghai")
    assert row[faults.FROM] == datetime(2025, 6, 3, 8, tzinfo=zone).timestamp()
    assert row[faults.UNTIL] == datetime(2025, 6, 4, 0, 30, tzinfo=zone).timestamp()
    assert row[faults.SHARE] == 1 << 32 and row[faults.SECONDS] == FAULTS["stalled"].default_s == 120 * 3600


def test_every_kind_of_fault_is_explained() -> None:
    """docs/explain/twin.md names every kind."""
    page = (Path(__file__).parents[2] / "docs/explain/twin.md").read_text(encoding="utf-8")
    assert not [kind for kind in FAULTS if f"`{kind}`" not in page]
