"""What people and machines are shown: status, questions, one item, in both languages, on a terminal and in a file."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from yilu.cli import answers as asking
from yilu.cli.app import app
from yilu.cli.ingest import ingest_into
from yilu.cli.output import print_error, print_line, print_table, say
from yilu.cli.titles import percent, titles
from yilu.errors import YiluError
from yilu.items import cubes
from yilu.items.manifest import Counts
from yilu.items.schema import ITEM_CLASSES, SENDER_KINDS
from yilu.network import load as load_network
from yilu.run.facts import Facts
from yilu.settings import load
from yilu.twin.plan import DayPlan
from yilu.twin.write import write_day

ZONE = re.compile(r"\d\d:\d\d:\d\d\+08:00")
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """A store with a small day in which some places are unknown, and a file with rows that can't be used."""
    folder = tmp_path_factory.mktemp("screens")
    plan = DayPlan(load_network("guangdong"), date(2025, 11, 11), 400).with_rates(
        unknown_place=0.02, missing_check=0.02
    )
    write_day(plan, folder / "events")
    (folder / "bad.csv").write_text(
        "operator,waybill,kind,at,facility\nSF,A1,accept,never,\nSF,A2,warp,2025-11-11T10:00:00+08:00,MOON\n", encoding="utf-8"
    )  # fmt: skip
    facts = Facts(load(env={}, store=folder / "store", key_file=folder / "key", buckets=4))
    ingest_into(facts, str(folder / "events"), "yilu", "", shown=False)
    ingest_into(facts, str(folder / "bad.csv"), "yilu", "carrier", shown=False)
    return facts


def run(store: Facts, *arguments: str, language: str = "zh") -> Result:
    """A command on the store, its output in a file."""
    s = store.settings
    env = {"YILU_STORE": str(s.store), "YILU_KEY_FILE": str(s.key_file), "YILU_LANGUAGE": language, "COLUMNS": "40"}
    return CliRunner().invoke(app, list(arguments), env=env)


def width(text: str) -> int:
    """Columns of a terminal that a text takes."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


@pytest.mark.parametrize("question", [q.value for q in asking.Question])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_column_has_a_title_in_the_language(store: Facts, question: str, language: str) -> None:
    """Whatever is asked and however grouped, no column shows its code; Chinese titles are Chinese and English ones are not."""
    for by in ("", *asking._GROUPS[question]):
        ran = run(store, "ask", question, "--by", by, language=language)
        assert ran.exit_code == 0, ran.output
        heading, titles_line, rule, *lines = ran.output.splitlines()
        assert set(rule) == {"─"}
        columns = re.split(r"\s{2,}", titles_line.strip())
        codes = json.loads(run(store, "ask", question, "--by", by, "--json").output)["rows"][0]
        assert len(columns) == len(codes)
        assert not any("_" in c for c in columns), columns
        assert all(bool(HAN.search(c)) == (language == "zh") or "%" in c for c in columns), columns
        assert ZONE.search(heading)
        assert ("口径" if language == "zh" else "Basis") in ran.output
        assert lines


def test_titles_are_whole() -> None:
    """Each title has both languages; every measure, status, check, class, kind of sender and count has one; rows have five cells."""
    known = titles()
    lines = (files("yilu.cli") / "titles.csv").read_text(encoding="utf-8").splitlines()
    assert {len(row) for row in csv.reader(lines)} == {5}
    assert len(known) == len(lines) - 1, "no code stands twice"
    assert [
        code for code, t in known.items() if (not HAN.search(t.zh) and "%" not in t.zh) or not t.en or HAN.search(t.en)
    ] == []
    wanted = [("column", m) for m in (*cubes.MEASURES, *cubes.STATUSES) if m not in ("gone", "gone_late")]
    wanted += [("check", c) for c in cubes.CHECKS] + [("item_class", c) for c in ITEM_CLASSES]
    wanted += [("sender_kind", c) for c in SENDER_KINDS] + [("count", c) for c in vars(Counts())]
    assert [w for w in wanted if w not in known] == []


def test_a_wide_table_is_not_squeezed_into_a_file(store: Facts) -> None:
    """Written into a file, every row is one line however narrow the terminal is, columns stand under their titles, no line ends in blanks."""
    ran = run(store, "ask", "checks", "--by", "operator,day,sender_kind")
    rows = json.loads(run(store, "ask", "checks", "--by", "operator,day,sender_kind", "--json").output)["rows"]
    lines = ran.output.splitlines()
    assert len(lines) == 3 + len(rows) + 2
    assert len({width(line) for line in lines[1 : 3 + len(rows)]}) == 1, "columns are aligned, Chinese counted as two"
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize(
    "arguments", [("dwell", "--operator", "SF"), ("scans", "--as-of", "2025-11-12T00:00"), ("transit", "--direction", "destination")]
)  # fmt: skip
def test_an_option_that_would_do_nothing_is_refused(store: Facts, arguments: tuple[str, ...]) -> None:
    """A figure is never wider than what was asked for: a question that can't be narrowed so says so."""
    ran = run(store, "ask", *arguments)
    assert isinstance(ran.exception, YiluError)
    assert ran.exception.exit_code == 2 and ran.exception.next_step_zh and ran.exception.zh


def test_status_says_first_what_to_look_at(store: Facts) -> None:
    """Missing checks, quarantine, unmapped codes and unknown places stand on top with their number and a next step, in one language."""
    for language, words in (
        ("zh", ("需要关注", "检查缺失", "隔离行", "未映射代码的事件", "未知地点的事件", "yilu ask checks")),
        ("en", ("to look at", "checks missing", "quarantined rows", "events with an unmapped code", "events at an unknown place")),
    ):  # fmt: skip
        said = run(store, "status", language=language).output
        first = said.split("\n\n")[0]
        assert all(word in first for word in words), first
        assert bool(HAN.search(said)) == (language == "zh")
        assert not re.search(r"[a-z]_[a-z]", re.sub(r"bad_time|missing_\w+", "", said)), said


def test_status_shows_how_far_each_feed_is_complete(store: Facts) -> None:
    """Complete up to the latest event less the allowed lateness, never beyond the last receipt; both stand in the answer."""
    found: dict[str, Any] = json.loads(run(store, "status", "--json").output)
    feeds = {e["feed"]: e for e in found["events"]}
    late = 60 * store.settings.allowed_lateness_minutes
    assert set(feeds) == {"yilu", "carrier"} and late > 0
    for e in feeds.values():
        assert e["complete_to"] == min(e["latest"] - late, e["received"])
        assert e["received"] > 0
    assert found["quarantine"] == {"bad_time": 1}
    snapshot = store.read()
    early = feeds["yilu"]["latest"] - 7200
    held = type(snapshot)(
        snapshot.disk,
        type(snapshot.at)(1, 4, "", "", watermarks={"f": early + 7200}, received={"f": early}),
        snapshot.rules,
    )
    assert held.watermarks(3600) == {"f": early}
    assert "完整至" in run(store, "status").output


def test_an_item_is_told_in_words(store: Facts) -> None:
    """One item's screen has no code and no empty column; its times bear their zone."""
    snapshot = store.read()
    key = next(
        int(r["key"]) for b in range(4) for r in snapshot.rows(b) if r["delivered_last"] and not int(r["start"]) >> 63
    )
    for language in ("zh", "en"):
        said = run(store, "item", f"{key:016x}", language=language).output
        assert ZONE.search(said)
        assert not re.search(r"[a-z]_[a-z]", said)
        assert bool(HAN.search(said)) == (language == "zh")


@pytest.mark.parametrize(
    "arguments", [("0" * 16,), ("A1", "--operator", "SF"), ("A1",), ("A1", "--operator", "nobody")]
)
def test_an_item_that_is_not_there(store: Facts, arguments: tuple[str, ...]) -> None:
    """Whoever asks for what the store doesn't know reads in both languages what to do, and never the number."""
    error = run(store, "item", *arguments).exception
    assert isinstance(error, YiluError) and error.exit_code == 3
    assert error.zh and error.next_step and error.next_step_zh
    assert "A1" not in error.message + error.zh


def test_a_share_below_all_is_never_shown_as_all() -> None:
    """100.00 % stands only where nothing is lacking."""
    assert [percent(r) for r in (None, 0.0, 0.999999, 1.0)] == ["–", "0.00 %", "99.99 %", "100.00 %"]


def test_unknown_places_are_counted_and_named(store: Facts, tmp_path: Path) -> None:
    """Events at a facility that the province doesn't have are counted by commit and store, the same as lie at place 0 in the log; codes are named."""
    snapshot = store.read()
    keys = sorted({int(k) for b in range(4) for k in snapshot.rows(b)["key"]})
    import numpy as np

    held = snapshot.events(np.array(keys, np.uint64))
    own = held.via == 0
    # what repeats an event was counted with its rows too
    assert 0 < int(np.count_nonzero(held.place[own] == 0)) <= snapshot.at.counts.unknown_place
    facts = Facts(load(env={}, store=tmp_path / "store", key_file=tmp_path / "key", buckets=1))
    (tmp_path / "e.csv").write_text(
        "operator,waybill,kind,at,facility\nSF,A1,accept,2025-11-11T10:00:00+08:00,MOON\nSF,A1,arrive,2025-11-11T11:00:00+08:00,\n",
        encoding="utf-8",
    )
    summary = ingest_into(facts, str(tmp_path / "e.csv"), "yilu", "", shown=False)
    assert summary.unknown["place"] == {"MOON": 1, "": 1}
    assert summary.counts.unknown_place == facts.read().at.counts.unknown_place == 2


def drawn(wide: int, columns: list[str], rows: list[list[object]]) -> list[str]:
    """The lines of a table on a terminal."""
    from io import StringIO

    from rich.console import Console

    from yilu.cli.output import draw

    console = Console(file=StringIO(), force_terminal=True, color_system=None, width=wide, highlight=False)
    draw(console, "", columns, rows)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("wide", [20, 40, 60, 80, 100, 200])
def test_no_number_is_broken_on_a_narrow_terminal(wide: int) -> None:
    """However narrow the terminal, every number of a row stands whole in one line; titles and names may fold."""
    columns = ["企业", "其中无收寄记录", "accepted", "on time rate", "退回、丢失等"]
    rows: list[list[object]] = [
        ["中国邮政速递物流", 1_234_567, 21_765, "96.18 %", 82],
        ["A", 7, 9_000_000, "100.00 %", 0],
    ]
    lines = drawn(wide, columns, rows)
    for number in ("1,234,567", "21,765", "96.18 %", "9,000,000", "100.00 %"):
        assert sum(number in line for line in lines) == 1, lines
    assert all(width(line.rstrip()) <= wide for line in lines if not line.startswith(tuple(columns)))


@pytest.mark.parametrize("wide", range(70, 130, 3))
def test_no_column_falls_off(wide: int) -> None:
    """A table of eleven columns shows the last one at any width, under a title that is whole when its folded lines are joined."""
    columns = [
        "企业",
        "收寄",
        "其中无收寄记录",
        "签收",
        "退回、丢失等",
        "在途",
        "到期",
        "准时",
        "逾期签收",
        "逾期未签收",
        "准时率",
    ]
    rows: list[list[object]] = [["中国邮政速递物流", 21765, 0, 21683, 82, 0, 21159, 20351, 728, 0, "96.18 %"]]
    text = "\n".join(drawn(wide, columns, rows))
    assert "96.18 %" in text and "21,765" in text
    assert all(text.count(sign) >= "".join(columns).count(sign) for sign in set("".join(columns)))


def test_what_is_shown_stands_as_it_was_given(capsys: pytest.CaptureFixture[str]) -> None:
    """Codes and keys with colons or brackets are shown as they are, in errors, lines, remarks and tables: nothing is taken for a picture or for markup."""
    given = "ext:x: [bold]"
    print_error(YiluError(given, zh=given), as_json=False)
    say(given)
    print_line(given)
    print_table(given, ("code", given), [("1", given)])
    told = capsys.readouterr()
    assert told.err.count(given) == 3 and told.out.count(given) == 4
