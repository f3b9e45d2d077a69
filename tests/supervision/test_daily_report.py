"""The daily report: its figures in Word and HTML are those that DuckDB counts in the event files; its alerts are those of the evidence, shift by shift."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from tests.documents.reading import Grid, read_html, read_word
from yilu.cli import papers, report
from yilu.cli.app import app
from yilu.cli.ingest import ingest_into
from yilu.documents import to_html, to_word
from yilu.errors import YiluError
from yilu.indicators import Period, catalogue, values
from yilu.network.province import folder_of
from yilu.run.facts import Facts
from yilu.settings import load
from yilu.supervision.alerts import alerts_of
from yilu.supervision.reports.daily import BY_CITY, BY_OPERATOR, HEADLINES, Daily, ZeroReport, as_at
from yilu.supervision.reports.daily_document import document
from yilu.supervision.reports.shift import chosen, shift_of
from yilu.supervision.rules import declared, judging
from yilu.supervision.rules.declared import Catalogue
from yilu.supervision.rules.evidence import Evidence
from yilu.supervision.rules.evidence import evidence as rows_of
from yilu.twin.plan import DayPlan
from yilu.twin.write import write_day

HAN = re.compile(r"[\u4e00-\u9fff]")
MORNING = date(2025, 6, 5)
YESTERDAY, BEFORE = 20243, 20242
"""4 and 3 June 2025 as days since 1970."""
LANGUAGES = ("zh", "en")
_SINGLE = {"pieces": 0.0, "relabel": 0.0, "wrong_delivery": 0.0, "wrong_departure": 0.0}
"""SQL over plain numbers stays readable without shipments, new numbers and voids; those are held against the reference elsewhere."""


@dataclass(frozen=True)
class World:
    """A store of three made-up days, its report of the third morning, and DuckDB with the scans of items."""

    facts: Facts
    rules: Catalogue
    told: Daily
    evidence: Evidence
    files: dict[tuple[str, str], bytes]
    sql: duckdb.DuckDBPyConnection

    def table(self, form: str, language: str, named: str) -> Grid:
        """A table of a made file, by the end of its caption."""
        made = self.files[form, language]
        tables = read_html(made).tables if form == "html" else read_word(made).tables
        [found] = [grid for caption, grid in tables.items() if caption.endswith(named)]
        return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Days in which checks are left out and items lie about for long, in a province that is impatient, so that alerts begin and end within a shift."""
    root = tmp_path_factory.mktemp("daily")
    province = root / "province"
    shutil.copytree(folder_of("guangdong"), province)
    (province / "rules.toml").write_text("[thresholds]\nstalled_hours = 9\nlate_hours = 4\n", encoding="utf-8")
    facts = Facts(load(store=root / "store", key_file=root / "key", buckets=8, province=str(province)))
    plan = DayPlan(facts.network, date(2025, 6, 3), 5000, seed=4, days=3).with_rates(**_SINGLE, missing_check=0.02, hold=0.2, delay=0.3)  # fmt: skip
    write_day(plan, root / "events")
    ingest_into(facts, str(root / "events"), "yilu", "", shown=False)
    told = report.figures(facts, MORNING)
    rules = declared.for_province(province)
    made = document(told, facts.network, rules)
    files = {(form, la): write(made, la) for la in LANGUAGES for form, write in papers.WRITERS.items()}
    snapshot = facts.read()
    judge = judging.judge_of(snapshot, facts.network, rules)
    evidence = judging.judged(snapshot, judge, 60 * facts.settings.allowed_lateness_minutes)
    with duckdb.connect() as sql:
        _tell(sql, facts, root / "events")
        yield World(facts, rules, told, evidence, files, sql)


def _tell(sql: duckdb.DuckDBPyConnection, facts: Facts, events: Path) -> None:
    """Tables of scans and of items, from the files, with names of cities as the province gives them."""
    areas, network = facts.network.areas, facts.network
    row = {int(i): n for n, i in enumerate(areas.id)}
    cities = [row.get(int(network.area_city[int(i)]), n) for n, i in enumerate(areas.id)]
    sql.execute("CREATE TABLE areas (code VARCHAR, zh VARCHAR, en VARCHAR, inside BOOLEAN)")
    sql.executemany(
        "INSERT INTO areas VALUES (?, ?, ?, ?)",
        [[str(areas.code[n]), str(areas.name_zh[c]), str(areas.name_en[c]), bool(areas.inside[n])] for n, c in enumerate(cities)],
    )  # fmt: skip
    sql.execute("CREATE TABLE sites (code VARCHAR, inside BOOLEAN)")
    inside = dict(zip(map(str, areas.code), map(bool, areas.inside), strict=True))
    sql.executemany("INSERT INTO sites VALUES (?, ?)", [[str(c), inside[str(a)]] for c, a in zip(network.facilities.code, network.facilities.area, strict=True)])  # fmt: skip
    sql.execute(f"""
        CREATE TABLE scans AS SELECT DISTINCT operator, waybill, kind, facility, epoch("at")::BIGINT AS moment FROM read_parquet('{events}/*.parquet')
            WHERE item_class IS NULL OR item_class NOT IN ('container', 'vehicle');
        CREATE TABLE items AS SELECT t.operator, o.zh AS from_zh, o.en AS from_en, o.inside AS here, d.zh AS to_zh, d.en AS to_en, d.inside AS to_here,
                (accepted + 28800) // 86400 AS day_in, (CASE WHEN signed <= coalesce(back, signed) THEN signed END + 28800) // 86400 AS day_out
            FROM (SELECT operator, waybill, any_value(origin) AS origin, any_value(destination) AS destination FROM read_parquet('{events}/*.parquet') WHERE kind = 'accept' GROUP BY ALL) t
            JOIN areas o ON o.code = t.origin JOIN areas d ON d.code = t.destination
            JOIN (SELECT operator, waybill, min(moment) FILTER (kind = 'accept') AS accepted, min(moment) FILTER (kind = 'deliver') AS signed, min(moment) FILTER (kind = 'return') AS back
                  FROM scans GROUP BY ALL) s ON s.operator = t.operator AND s.waybill = t.waybill;
    """)


FORMS = [(form, language) for form in ("html", "docx") for language in LANGUAGES]


@pytest.mark.parametrize(("form", "language"), FORMS)
def test_cities_are_what_the_event_files_say(world: World, form: str, language: str) -> None:
    """Items accepted and delivered by city, their change on the day before, and the province, as DuckDB counts them in the files."""
    asked = "SELECT {l}, count(*) FILTER ({d} = {y}), count(*) FILTER ({d} = {b}) FROM items WHERE {w} GROUP BY 1"
    counted = {}
    for end, where, day in (("from", "here", "day_in"), ("to", "to_here", "day_out")):
        sql = asked.format(l=f"{end}_{language}", d=day, y=YESTERDAY, b=BEFORE, w=where)
        counted[end] = {name: (n, b) for name, n, b in world.sql.execute(sql).fetchall()}
    rows = {
        row[0]: row for row in world.table(form, language, {"zh": "各市寄递业务情况", "en": "Cities"}[language])[1:]
    }
    cities = [n for n in counted["to"] if n in rows]
    assert len(cities) == 21 and len(rows) == 21 + 4 + 1
    for name in cities:
        for end, at in (("from", 1), ("to", 3)):
            now, then = counted[end].get(name, (0, 0))
            change = "–" if not then else _signed(100 * (now - then) / then)
            assert rows[name][at : at + 2] == [f"{now:,}", change], name
    for end, at in (("from", 1), ("to", 3)):
        assert rows[{"zh": "全省", "en": "Province"}[language]][at] == f"{sum(n for n, _ in counted[end].values()):,}"
    assert sum(n for n, _ in counted["to"].values()) > 1000


def _signed(value: float) -> str:
    text = f"{abs(value):,.1f}"
    return text if text == "0.0" else ("+" if value > 0 else "−") + text


@pytest.mark.parametrize(("form", "language"), FORMS)
def test_headlines_are_the_indicators_values(world: World, form: str, language: str) -> None:
    """Each headline stands with its value of the day and the day before; there is none of the week before, which the store doesn't know."""
    grid = world.table(form, language, {"zh": "主要指标", "en": "Headline indicators"}[language])
    snapshot, network = world.facts.read(), world.facts.network
    found = [
        {r["indicator"]: r["value"] for r in values(snapshot, network, list(HEADLINES), Period(d, d))}
        for d in (date(2025, 6, 4), date(2025, 6, 3))
    ]
    assert len(grid) == 1 + len(HEADLINES)
    for name, row in zip(HEADLINES, grid[1:], strict=True):
        one = catalogue()[name]
        assert row[0] == {"zh": one.zh.replace("(", "（").replace(")", "）"), "en": one.en}[language]
        shown = [_shown(one.unit, v.get(name)) for v in found]
        assert [row[2], row[3]] == shown and row[5:] == ["–", "–"], row
    assert world.told.first_day == date(2025, 6, 3) and sum(row[2] != "–" for row in grid) >= 10


def _shown(unit: str, value: float | None) -> str:
    if value is None:
        return "–"
    if unit == "items":
        return f"{value:,}"
    if unit == "share":
        return f"{100 * (value if value == 1 else min(value, 0.9999)):.2f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


@pytest.mark.parametrize(("form", "language"), FORMS)
def test_operators_add_up_to_the_province(world: World, form: str, language: str) -> None:
    """Every operator of the files stands in the table, most accepted first, and their items are those that DuckDB counts."""
    grid = world.table(form, language, {"zh": "各企业寄递业务情况", "en": "Operators"}[language])[1:]
    operators = world.facts.network.operators
    named = dict(
        zip(map(str, operators.code), operators.name_zh if language == "zh" else operators.name_en, strict=True)
    )
    counted = world.sql.execute(f"SELECT operator, count(*) FILTER (here AND day_in = {YESTERDAY}), count(*) FILTER (to_here AND day_out = {YESTERDAY}) FROM items GROUP BY 1").fetchall()  # fmt: skip
    assert {row[0]: (row[1], row[3]) for row in grid} == {str(named[o]): (f"{a:,}", f"{d:,}") for o, a, d in counted}
    accepted = [int(row[1].replace(",", "")) for row in grid]
    assert accepted == sorted(accepted, reverse=True)


def test_hours_are_the_scans_of_the_files(world: World) -> None:
    """Both series of the chart, by local hour, are the distinct scans at facilities of the province in the files; the page and Word hold the same."""
    for kind in ("accept", "deliver"):
        rows = world.sql.execute(f"""
            SELECT (moment + 28800) % 86400 // 3600, count(*) FROM scans JOIN sites ON code = facility
            WHERE inside AND kind = '{kind}' AND (moment + 28800) // 86400 = {YESTERDAY} GROUP BY 1""").fetchall()
        expected = [dict(rows).get(h, 0) for h in range(24)]
        assert list(world.told.hours[kind]) == expected and sum(expected) > 1000
    data = read_html(world.files["html", "zh"]).tables[""]
    assert [[int(n.replace(",", "")) for n in row] for row in data[1:]] == [[h, *(world.told.hours[k][h] for k in ("accept", "deliver"))] for h in range(24)]  # fmt: skip
    part = read_word(world.files["docx", "en"]).tree("word/charts/chart1.xml")
    c = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
    assert [int(v.text or "") for v in part.findall(f".//{c}val/{c}numLit/{c}pt/{c}v")] == [n for k in ("accept", "deliver") for n in world.told.hours[k]]  # fmt: skip


def _expected(world: World) -> dict[str, Counter[str]]:
    """Alerts of the shift by rule, from the evidence in plain Python: began, ended, go on, are to be checked, items of those that began."""
    until = 1749083400  # 2025-06-05 08:30 in Guangdong
    since = until - 86400
    names = {r.number: r for r in world.rules.rules.values()}
    groups: dict[tuple[int, int, int, int], list[np.void]] = {}
    for row in world.evidence:
        if row["at"] < until:
            groups.setdefault((int(row["rule"]), int(row["operator"]), int(row["place"]), (int(row["at"]) + 28800) // 86400), []).append(row)  # fmt: skip
    out: dict[str, Counter[str]] = {}
    for (number, *_), rows in groups.items():
        rule, first = names[number], min(int(r["at"]) for r in rows)
        ended = [int(r["until"]) if 0 < r["until"] < until else 0 for r in rows]
        over = rule.resolves and all(ended)
        one = out.setdefault(rule.id, Counter())
        one["began"] += first >= since
        one["items"] += sum(int(r["key"]) != 0 for r in rows) if first >= since else 0
        one["ended"] += over and max(ended) >= since
        one["on"] += rule.resolves and not over
        one["check"] += not rule.resolves
    return out


@pytest.mark.parametrize(("form", "language"), FORMS)
def test_alerts_are_the_evidence_up_to_the_hour(world: World, form: str, language: str) -> None:
    """By rule and severity: what began and ended in the 24 hours before 08:30, what goes on, what is to be checked; later evidence isn't known yet."""
    expected = _expected(world)
    rules = world.rules.rules
    grid = world.table(form, language, {"zh": "本班预警按规则", "en": "Alerts of the shift by rule"}[language])[1:]
    said = {row[0]: [int(n.replace(",", "").replace("–", "0")) for n in row[2:7]] for row in grid}
    stirred = {r: c for r, c in expected.items() if c["began"] or c["ended"]}
    assert said == {
        (rules[r].zh if language == "zh" else rules[r].en): [c["began"], c["items"], c["ended"], c["on"], c["check"]]
        for r, c in stirred.items()
    }  # fmt: skip
    assert sum(c["began"] for c in expected.values()) > 50 and sum(c["ended"] for c in expected.values()) > 10 < sum(
        c["on"] for c in expected.values()
    )
    total = world.table(form, language, {"zh": "预警按级别", "en": "Alerts by severity"}[language])[-1]
    assert [int(n.replace(",", "")) for n in total[1:5]] == [sum(c[k] for c in expected.values()) for k in ("began", "ended", "on", "check")]  # fmt: skip


def test_the_gravest_come_first(world: World) -> None:
    """Alerts listed one by one stand by severity and items; each is one that `yilu alerts` knows by that id and began in the shift."""
    grid = world.table("docx", "en", "alerts that began in the shift (12 listed)")[1:]
    alerts = {a.id: a for a in alerts_of(as_at(world.evidence, world.told.shift.until), world.facts.network, world.rules)[0]}  # fmt: skip
    listed = [alerts[row[-1]] for row in grid]
    assert len(listed) == 12 and all(world.told.new(a) for a in listed)
    ranks = [(-a.severity, -a.items) for a in listed]
    began = [(-a.severity, -a.items) for a in alerts.values() if world.told.new(a)]
    assert ranks == sorted(began)[:12]


def test_evidence_as_it_stood() -> None:
    """What begins at the hour is not known before it, and what ends at the hour has not ended."""
    rows = rows_of(1, [1, 2, 3, 4], 0, 1, 1, [50, 99, 100, 60], [0, 100, 0, 99])
    held = as_at(rows, 100)
    assert [(int(r["key"]), int(r["until"])) for r in held] == [(1, 0), (2, 0), (4, 99)]
    assert rows["until"].tolist() == [0, 100, 0, 99], "what was given stays as it was"


@pytest.mark.parametrize(("form", "language"), FORMS)
def test_one_language_and_no_codes(world: World, form: str, language: str) -> None:
    """English pages hold no Chinese sign; Chinese pages no English word but names of feeds, folders and operators' own; no code is shown."""
    made = world.files[form, language]
    if form == "html":
        text = "\n".join(read_html(made).text)
    else:
        file = read_word(made)
        text = "\n".join([t for _, t in file.paragraphs] + [c for g in file.tables.values() for row in g for c in row])
    assert len(text) > 3000
    assert not re.search(r"[a-z]_[a-z]", text)
    if language == "en":
        assert not HAN.search(text) and not re.search(r"[（），；：。]", text)
    else:
        shown = set(re.findall(r"(?<![0-9A-Za-z])[A-Za-z]{2,}(?![0-9])", re.sub(r"\b[0-9a-f]{16}\b", "", text)))
        assert shown <= {"yilu", "obligations"}, shown
        assert not re.search(r"[\u4e00-\u9fff][,;:(]|[,;:)][\u4e00-\u9fff]", text), "marks are full-width"


def test_nothing_of_a_person(world: World) -> None:
    """No waybill number and no pseudonym of an item stands in any file."""
    numbers = [n for (n,) in world.sql.execute("SELECT DISTINCT waybill FROM scans LIMIT 20000").fetchall()]
    keys = {f"{int(k):016x}" for k in world.evidence["key"] if k}
    for (form, language), made in world.files.items():
        text = made.decode() if form == "html" else b"".join(read_word(made).parts.values()).decode(errors="ignore")
        words = set(re.findall(r"\w+", text))
        assert words & set(map(str, numbers)) == set() and words & keys == set(), (form, language)


def test_the_same_commit_gives_the_same_bytes(world: World) -> None:
    """Worked out and written once more, every file is the same."""
    again = document(report.figures(world.facts, MORNING), world.facts.network, world.rules)
    for (form, language), made in world.files.items():
        assert papers.WRITERS[form](again, language) == made


def test_figures_that_may_change_are_marked(world: World) -> None:
    """Once a feed is complete up to midnight no column is marked; before, columns of the day and a note are, and nothing else changes."""
    assert not world.told.provisional
    early = replace(world.told, complete_to=world.told.shift.midnight - 1)
    rules = world.rules
    texts = [to_html(document(t, world.facts.network, rules), "zh").decode() for t in (world.told, early)]
    assert "初步数" not in texts[0] and "初步数" in texts[1]
    titles = [re.findall(r'<th scope="col"[^>]*>([^<]+)', t) for t in texts]
    assert [t.replace("*", "") for t in titles[1]] == titles[0] and titles[1].count("收寄量*") == 2 and "昨日*" in titles[1]  # fmt: skip


def test_protected_periods_have_their_place(world: World) -> None:
    """Zero reports that are handed in stand as a section of their own; without any there is none."""
    rules = world.rules
    with_it = replace(world.told, zero_reports=(ZeroReport("重要活动", "Great event", 0), ZeroReport("长假", "Holiday", 3)))  # fmt: skip
    file = read_word(to_word(document(with_it, world.facts.network, rules), "zh"))
    [grid] = [g for caption, g in file.tables.items() if "零报告" in caption]
    assert grid[1:] == [["重要活动", "零报告", "0"], ["长假", "有情况", "3"]]
    assert "零报告" not in "".join(t for _, t in read_word(world.files["docx", "zh"]).paragraphs)


def run(facts: Facts, *arguments: str) -> Result:
    """`yilu report daily` on a store."""
    s = facts.settings
    return CliRunner().invoke(app, ["report", "daily", *arguments], env={"YILU_STORE": str(s.store), "YILU_KEY_FILE": str(s.key_file), "YILU_PROVINCE": str(s.province)})  # fmt: skip


def test_the_command_writes_what_is_asked(world: World, tmp_path: Path) -> None:
    """The files' paths, one a line; one format and language alone; JSON with the figures; the default is the morning after the latest whole day."""
    ran = run(world.facts, "--date", "2025-06-05", "--out", str(tmp_path / "a"))
    assert ran.exit_code == 0 and len(ran.stdout.split()) == 4
    assert {Path(p).read_bytes() for p in ran.stdout.split()} == set(world.files.values())
    one = json.loads(run(world.facts, "--out", str(tmp_path / "b"), "--format", "html", "--language", "en", "--json").stdout)  # fmt: skip
    assert [Path(p).name for p in one["files"]] == [p.name for p in (tmp_path / "b").iterdir()]
    latest = np.datetime64(int(world.facts.network.local_day(world.facts.read().as_of)), "D")
    assert one["report"]["shift"]["day"] == str(latest)
    assert {c["code"] for c in one["report"]["cities"]} > {"440100", "440300"}


@pytest.mark.parametrize("wrong", ["2025-06-03", "2031-01-01", "tomorrow", "2025-02-30"])
def test_a_day_that_cannot_be_told_of(world: World, wrong: str, tmp_path: Path) -> None:
    """A day before or beyond the store, or none at all, is refused in both languages with the days that there are; nothing is written."""
    error = run(world.facts, "--date", wrong, "--out", str(tmp_path / "out")).exception
    assert isinstance(error, YiluError) and error.exit_code == 2
    assert error.zh and error.next_step and error.next_step_zh and not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written(world: World, tmp_path: Path) -> None:
    """A file stands where the folder should be: exit code 3, the place named, a next step."""
    (tmp_path / "taken").write_text("")
    error = run(world.facts, "--date", "2025-06-05", "--format", "html", "--out", str(tmp_path / "taken")).exception
    assert isinstance(error, YiluError) and error.exit_code == 3 and "taken" in error.message and error.next_step_zh


def of_rows(root: Path, rows: str) -> Facts:
    """A store of a few rows."""
    facts = Facts(load(store=root / "store", key_file=root / "key", buckets=1))
    (root / "e.csv").write_text(f"operator,waybill,kind,at,facility\n{rows}", encoding="utf-8")
    ingest_into(facts, str(root / "e.csv"), "yilu", "", shown=False)
    return facts


def test_a_store_without_events(tmp_path: Path) -> None:
    """Neither where there is no store nor where it holds no event is a report made: exit code 4 and what to do."""
    nothing = Facts(load(store=tmp_path / "none", key_file=tmp_path / "key"))
    empty = of_rows(tmp_path, "SF,A1,accept,never,\n")
    for facts in (nothing, empty):
        error = run(facts, "--out", str(tmp_path / "out")).exception
        assert isinstance(error, YiluError) and error.exit_code == 4 and "yilu ingest" in error.next_step
        assert error.zh and not (tmp_path / "out").exists()


def test_a_store_of_one_item(tmp_path: Path) -> None:
    """The report of the one known day, provisional, with one item accepted and every other figure 0 or a dash."""
    facts = of_rows(tmp_path, "SF,A1,accept,2025-11-11T10:00:00+08:00,\n")
    told = report.figures(facts, None)
    assert told.shift == shift_of(facts.network, date(2025, 11, 12)) == chosen(facts.read(), facts.network, date(2025, 11, 12))  # fmt: skip
    assert told.provisional and sum(told.hours["deliver"]) == 0
    made = document(told, facts.network, declared.declared())
    for language in LANGUAGES:
        assert to_word(made, language) and to_html(made, language)
    assert set(told.operators[0].figures) == set(BY_OPERATOR) > set(BY_CITY) if told.operators else True
