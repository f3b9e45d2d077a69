"""Returns: planted faults are found and nothing else is, whatever the enterprise's past."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plan.returns_made import MONTHLY, PARTS, Line, sound, write
from yilu.errors import InputError
from yilu.network import folder_of, load
from yilu.plan import returns, statistics
from yilu.plan.period import period
from yilu.plan.returns import REASONS, Cell, Finding
from yilu.plan.returns.forms import FILE, Owed, periods

NETWORK = load("guangdong")
SERIES = statistics.load("guangdong").series
ENTERPRISES = [str(c) for c in NETWORK.operators.code]
FORMS = returns.forms_of(folder_of("guangdong"), SERIES, ENTERPRISES)
EARLY = date(2025, 1, 1)
"""A day on which nothing is late or missing."""


def examined(
    tmp_path: Path, new: list[Line], past: Sequence[Line] = (), received: date = EARLY, as_of: date = EARLY
) -> list[Finding]:
    """What is found of new rows where past ones were accepted."""
    accepted = {c.key: c.value for c in cells(tmp_path / "past.csv", past)} if past else {}
    held, unsound = returns.read(write(tmp_path / "new.csv", new), FORMS, SERIES, ENTERPRISES)
    return unsound + returns.judged(held, accepted, FORMS, SERIES, received, as_of)


def cells(path: Path, lines: Sequence[Line]) -> list[Cell]:
    """Rows as they are read."""
    held, unsound = returns.read(write(path, lines), FORMS, SERIES, ENTERPRISES)
    assert unsound == []
    return held


def split(lines: list[Line], first: str) -> tuple[list[Line], list[Line]]:
    """Rows before a period and from it on."""
    return [x for x in lines if x.period < first], [x for x in lines if x.period >= first]


def spoilt(lines: list[Line], period: str, series: str, factor: float) -> list[Line]:
    """Rows with one of them multiplied."""
    out = [x.times(factor) if (x.period, x.series) == (period, series) else x for x in lines]
    assert out != lines
    return out


def told(found: list[Finding]) -> list[tuple[str, str, str]]:
    """Findings by code, period and series."""
    return sorted((f.code, f.period, f.series) for f in found)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the files of all examples."""
    return tmp_path_factory.mktemp("returns")


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from([3, 8, 14, 26]))
def test_sound_returns_have_no_finding(place: Path, seed: int, months: int) -> None:
    """Growth, noise and rounding of honest returns are never found fault with, with a past or without one."""
    lines = sound(seed, months)
    assert examined(place, lines) == []
    past, new = split(lines, lines[-20].period)
    assert examined(place, new, past) == []


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.sampled_from([10, 100, 10_000]), st.booleans(), st.sampled_from(MONTHLY))
def test_a_mistaken_unit_is_recognised(place: Path, seed: int, times: int, large: bool, series: str) -> None:
    """One figure given 10, 100 or 10,000 times too large or small is the one thing found, said as such, with the right value expected."""
    past, new = split(sound(seed, 14), "2026-01")
    found = examined(place, spoilt(new, "2026-01", series, times if large else 1 / times), past)
    assert told(found) == [("factor", "2026-01", series)]
    assert f"{times:,}" in found[0].detail.zh and f"{times:,}" in found[0].detail.en
    true = next(x for x in new if (x.period, x.series) == ("2026-01", series)).value
    shown = float(found[0].expected.zh.rstrip("元件").replace(",", ""))
    # What was divided is rounded to whole items; a small number divided by 10,000 keeps few digits.
    assert shown == pytest.approx(true, abs=0.6 * times if not large else 0.6)
    assert (found[0].file, found[0].column) == ("new.csv", "value") and found[0].row


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from([10, 100, 10_000]), st.sampled_from(PARTS["express_volume"]))
def test_a_sum_betrays_a_unit_without_any_past(place: Path, seed: int, times: int, series: str) -> None:
    """Of an enterprise that nobody knows yet a mistaken unit is found by the total that it alone would heal; where another would too, the sum is told and no guess made."""
    new = spoilt(sound(seed, 1), "2025-01", series, times)
    by = {x.series: x.value for x in new}
    names = ("express_volume", *PARTS["express_volume"])
    tried = [by | {name: by[name] * 10.0**k} for name in names for k in (-4, -2, -1, 1, 2, 4)]
    healing = [t for t in tried if math.isclose(t[names[0]], sum(t[n] for n in names[1:]), rel_tol=1e-3)]
    found = told(examined(place, new))
    if len(healing) == 1:
        assert found == [("factor", "2025-01", series)]
    else:
        assert ("sum", "2025-01", "express_volume") in found and {code for code, _, _ in found} <= {"sum", "price"}


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.floats(1.02, 1.2), st.sampled_from(sorted(PARTS)))
def test_a_total_that_is_no_sum(place: Path, seed: int, factor: float, total: str) -> None:
    """A total that is off by some per cent is found once, as a sum, though the quarter is off too."""
    past, new = split(sound(seed, 15), "2026-01")
    assert told(examined(place, spoilt(new, "2026-01", total, factor), past)) == [("sum", "2026-01", total)]


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.floats(1.01, 1.25))
def test_a_quarter_that_is_not_its_months(place: Path, seed: int, factor: float) -> None:
    """A quarterly figure that its three months don't add up to is found, also where the months were accepted long before."""
    past, new = split(sound(seed, 15), "2026Q1")
    assert {x.period for x in new} == {"2026Q1"}
    found = examined(place, spoilt(new, "2026Q1", "express_revenue", factor), past)
    assert told(found) == [("quarter", "2026Q1", "express_revenue")]


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from([2.5, 3.5, 0.4, 0.3]))
def test_an_implausible_change(place: Path, seed: int, factor: float) -> None:
    """A consistent jump of a whole return, totals and parts alike, is found of each figure as a change, and of none as a unit."""
    past, new = split(sound(seed, 14), "2026-02")
    jumped = [x.times(factor) for x in new if x.series in PARTS]
    jumped += [x.times(factor) for x in new if x.series not in PARTS]
    # Totals are made sums again, so that nothing but the change is wrong.
    by = {x.series: x.value for x in jumped}
    jumped = [
        Line(x.enterprise, x.period, x.series, sum(by[p] for p in PARTS[x.series]), x.unit) if x.series in PARTS else x
        for x in jumped
    ]
    assert told(examined(place, jumped, past)) == sorted(("change", "2026-02", s) for s in MONTHLY)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from([1.6, 0.6]))
def test_a_price_that_the_past_does_not_know(place: Path, seed: int, factor: float) -> None:
    """Revenue of abroad that doesn't fit its volume is told, as a change or a price, of that figure alone."""
    past, new = split(sound(seed, 14), "2026-02")
    by = {x.series: x for x in new}
    moved = by["abroad_revenue"].times(factor)
    total = by["express_revenue"]
    new = [
        moved if x.series == "abroad_revenue"
        else Line(x.enterprise, x.period, x.series, total.value + moved.value - by["abroad_revenue"].value, x.unit) if x is total else x
        for x in new
    ]  # fmt: skip
    found = examined(place, new, past)
    assert found and {(f.code, f.series) for f in found} <= {
        ("change", "abroad_revenue"),
        ("price", "abroad_revenue"),
        ("change", "express_revenue"),
    }
    assert any(f.series == "abroad_revenue" for f in found)


def test_an_impossible_price_without_a_past(tmp_path: Path) -> None:
    """Where all volumes are ten thousand times too small together, no sum and no past tells: the price does."""
    new = [x.times(1e-4) if x.unit == "件" else x for x in sound(3, 1)]
    by = {x.series: x.value for x in new}
    new = [
        Line(x.enterprise, x.period, x.series, sum(by[p] for p in PARTS[x.series]), x.unit)
        if x.series == "express_volume"
        else x
        for x in new
    ]
    found = examined(tmp_path, new)
    assert {f.code for f in found} == {"price"}
    assert {"express_revenue", "same_city_revenue", "intercity_revenue", "abroad_revenue"} == {f.series for f in found}


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.data())
def test_faults_of_several_months_are_all_found(place: Path, seed: int, data: st.DataObject) -> None:
    """Several planted faults in one file are all found, each where it is, and nothing beside them: one does not hide or breed another."""
    past, new = split(sound(seed, 20), "2026-02")
    months = sorted({x.period for x in new if "Q" not in x.period})
    chosen = data.draw(st.lists(st.sampled_from(months), min_size=1, max_size=4, unique=True))
    expected = []
    for month in chosen:
        code, series, factor = data.draw(st.sampled_from([
            ("factor", "intercity", 10_000.0), ("factor", "abroad_revenue", 0.01), ("factor", "express_volume", 10.0), ("sum", "express_revenue", 1.1),
        ]))  # fmt: skip
        new = spoilt(new, month, series, factor)
        expected.append((code, month, series))
    assert told(examined(place, new, past)) == sorted(expected)


def test_missing_late_and_incomplete(tmp_path: Path) -> None:
    """What was due and is not there, what came after its day, and what a return lacks; nothing on the due day itself."""
    january = [x for x in sound(1, 1) if x.series != "abroad"]
    assert told(examined(tmp_path, january, received=date(2025, 2, 8), as_of=date(2025, 2, 8))) == [
        ("incomplete", "2025-01", "abroad")
    ]
    found = examined(tmp_path, january, received=date(2025, 2, 9), as_of=date(2025, 4, 9))
    monthly = [("missing", m, "") for e in ("EX-E2", "EX-E3") for m in ("2025-01", "2025-02", "2025-03")]
    assert told(found) == sorted(
        [
            ("incomplete", "2025-01", "abroad"),
            ("late", "2025-01", ""),
            ("missing", "2025-02", ""),
            ("missing", "2025-03", ""),
            *monthly,
        ]
    )
    assert next(f for f in found if f.code == "late").value == "2025-02-09"
    assert {f.enterprise for f in found} == {"EX-E1", "EX-E2", "EX-E3"}
    assert "2025-02-08" in next(f for f in found if f.code == "late").expected.zh


@given(
    st.dates(date(2024, 1, 1), date(2026, 12, 31)),
    st.integers(0, 800),
    st.integers(0, 800),
    st.sampled_from(["monthly", "quarterly"]),
)
def test_periods_that_are_owed(begins: date, until: int, later: int, name: str) -> None:
    """Every month or quarter that begins from the first day on, ends its duty before the last, and was due before the day asked; told by walking all days."""
    form, as_of, ends = FORMS.forms[name], begins + timedelta(days=later), begins + timedelta(days=until)
    every = 1 if name == "monthly" else 3
    days = [begins + timedelta(days=n) for n in range(later + 1)]
    starts = [d for d in days if d.day == 1 and (d.month - 1) % every == 0 and d < ends]
    texts = [f"{d:%Y-%m}" if every == 1 else f"{d.year}Q{(d.month + 2) // 3}" for d in starts]
    owed = [t for t in texts if period(t).last + timedelta(days=form.due_days) < as_of]
    assert [p.text for p in periods(form, Owed("EX-E1", name, begins, ends), as_of)] == owed


def test_a_festival_that_moves_is_no_finding(tmp_path: Path) -> None:
    """A February that is as low as the one a year before is plausible, though the month before was not low."""
    lines = [x.times(0.5) if x.period.endswith("-02") else x for x in sound(5, 26) if "Q" not in x.period]
    by = {(x.period, x.series): x.value for x in lines}
    lines = [
        Line(x.enterprise, x.period, x.series, sum(by[x.period, p] for p in PARTS[x.series]), x.unit)
        if x.series in PARTS
        else x
        for x in lines
    ]
    past, new = split(lines, "2027-02")
    assert examined(tmp_path, new, past) == []


BAD: list[tuple[str, Callable[[str], str], tuple[str, int | None, str | None]]] = [
    ("cut off in a row", lambda t: t[: t.rindex(",")], ("table", 9, None)),
    ("a wrong column", lambda t: t.replace("unit", "units", 1), ("table", None, "units")),
    ("a column left out", lambda t: "\n".join(line.rpartition(",")[0] for line in t.splitlines()) + "\n", ("table", None, "unit")),
    ("an empty file", lambda t: "", ("table", None, None)),
    ("a header alone", lambda t: t.splitlines()[0] + "\n", ("table", None, None)),
    ("no CSV", lambda t: t + '"', ("table", None, None)),
    ("an unknown enterprise", lambda t: t.replace("EX-E1", "EX-E9", 1), ("enterprise", 1, "enterprise")),
    ("an unknown unit", lambda t: t.replace("件", "箱", 1), ("unit", 1, "unit")),
    ("money for items", lambda t: t.replace("件", "元", 1), ("unit", 1, "unit")),
    ("an unknown series", lambda t: t.replace("same_city,", "same_town,", 1), ("series", 1, "series")),
    ("a series of another return", lambda t: t.replace("same_city,", "sector_revenue,", 1), ("series", 1, "series")),
    ("a year", lambda t: t.replace("2025-01", "2025", 1), ("period", 1, "period")),
    ("no period", lambda t: t.replace("2025-01", "January", 1), ("period", 1, "period")),
    ("a negative value", lambda t: t.replace("same_city,", "same_city,-", 1), ("value", 1, "value")),
    ("part of an item", lambda t: t.replace(",件", ".5,件", 1), ("value", 1, "value")),
    ("text for a value", lambda t: t.replace("same_city,", "same_city,about ", 1), ("table", 1, "value")),
    ("full-width digits", lambda t: t.replace(",件", "１,件", 1), ("table", 1, "value")),
    ("a row twice", lambda t: t + t.splitlines()[1] + "\n", ("repeated", 10, "value")),
    ("a row twice, differing", lambda t: t + t.splitlines()[1].replace("city,", "city,9") + "\n", ("contradictory", 10, "value")),
]  # fmt: skip


@pytest.mark.parametrize(("what", "spoil", "expected"), BAD, ids=[what for what, _, _ in BAD])
def test_bad_files(
    tmp_path: Path, what: str, spoil: Callable[[str], str], expected: tuple[str, int | None, str | None]
) -> None:
    """Every way a file can be broken is named with row and column, and keeps its other rows."""
    path = write(tmp_path / "new.csv", sound(2, 1))
    path.write_text(spoil(path.read_text(encoding="utf-8").replace("\r\n", "\n")), encoding="utf-8")
    held, found = returns.read(path, FORMS, SERIES, ENTERPRISES)
    named = [(f.code, f.row, f.column) for f in found]
    assert named == ([expected, ("table", None, "unit")] if what == "a wrong column" else [expected]), what
    assert all(f.file == "new.csv" and f.expected.zh and f.expected.en and f.reason.kind == "unsound" for f in found)
    assert len(held) == {"repeated": 9, "contradictory": 8}.get(expected[0], 8 if expected[1] else 0)


@pytest.mark.parametrize("name", ["none.csv", "returns.xlsx"])
def test_no_such_file(tmp_path: Path, name: str) -> None:
    """What is not there, or is no CSV, is an input error with a next step."""
    with pytest.raises(InputError) as refused:
        returns.read(tmp_path / name, FORMS, SERIES, ENTERPRISES)
    assert refused.value.next_step


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('every = "month"', 'every = "week"', "forms.monthly, every"),
        ("due_days = 8", "due_days = -1", "forms.monthly, due_days"),
        ("least_history = 6", "", "checks, least_history"),
        ("most_deviations = 6.0", "most_deviations = 0.0", "checks, most_deviations"),
        ("[1.0, 60.0]", "[60.0, 1.0]", "prices, express_unit_price"),
        ('"abroad"', '"overseas"', "forms.monthly, series"),
        ("[letter]", "[letters]", "letters"),
    ],
)
def test_faulty_forms_are_named(folder: Path, old: str, new: str, named: str) -> None:
    """A wrong key of returns.toml is named with its value and what is expected."""
    path = folder / FILE
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        returns.forms_of(folder, SERIES, ENTERPRISES)
    assert (refused.value.file, refused.value.column) == (FILE, named)


def test_who_reports_must_be_there(folder: Path) -> None:
    """reporting.csv names operators and forms that there are."""
    (folder / "reporting.csv").write_text("enterprise,form,valid_from\nEX-E9,monthly,2025-01-01\n", encoding="utf-8")
    with pytest.raises(InputError, match="row 1, column enterprise"):
        returns.forms_of(folder, SERIES, ENTERPRISES)


def test_reasons_are_said_in_both_languages() -> None:
    """Each has words and what is asked, in Chinese and English."""
    for reason in REASONS.values():
        assert reason.words.zh and reason.words.en and reason.ask.zh and reason.ask.en
        assert reason.kind in ("unsound", "query", "reminder")


def test_supervision_never_reads_returns(root: Path) -> None:
    """Statistics are asked for under the promise that they are no ground for a penalty: no room that supervises, runs or computes indicators names them."""
    for room in ("supervision", "run", "items", "indicators", "twin"):
        for path in (root / "src" / "yilu" / room).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            assert "yilu.plan" not in text and "settings.returns" not in text, path.name
    parser = (root / ".importlinter").read_text(encoding="utf-8")
    for room in ("supervision", "run", "items", "indicators", "twin"):
        section = parser.partition(f"[importlinter:contract:{room}]")[2].partition("[importlinter")[0]
        assert "yilu.plan" in section
