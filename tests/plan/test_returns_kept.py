"""Accepted returns: a correction keeps what it replaced, nothing is half-written, damage is named; and the commands over them."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from tests.plan.returns_made import MONTHLY, Line, sound, write
from yilu.cli.app import main
from yilu.errors import StoreError
from yilu.plan import returns, statistics

SERIES = statistics.load("guangdong").series


def run(*words: str) -> int:
    """The exit code of ``yilu plan returns``."""
    with pytest.raises(SystemExit) as leaving:
        main(["plan", "returns", *words])
    code = leaving.value.code
    assert code is None or isinstance(code, int)
    return code or 0


def printed(capsys: pytest.CaptureFixture[str]) -> dict:
    """The one JSON document that was printed."""
    document: dict = json.loads(capsys.readouterr().out)
    return document


def accept(path: Path, folder: Path, *words: str) -> int:
    """Accept a file on a day on which nothing is late."""
    return run("accept", str(path), "--received", "2025-01-15", "--returns", str(folder), "--json", *words)


@pytest.fixture
def january() -> list[Line]:
    """One sound monthly return."""
    return sound(7, 1)


def test_a_correction_keeps_what_it_replaced(
    tmp_path: Path, january: list[Line], capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that changes accepted figures is refused unless it is called a correction; then the new value stands and the old one is still told."""
    folder = tmp_path / "returns"
    assert accept(write(tmp_path / "a.csv", january), folder) == 0
    assert printed(capsys) == {"filing": 1, "figures": 9, "findings": []}
    first = (folder / "000001.json").read_bytes()
    # Two parts move against each other, so that the total still holds.
    moved = {"same_city": 5, "intercity": -5}
    corrected = [Line(x.enterprise, x.period, x.series, x.value + moved.get(x.series, 0), x.unit) for x in january]
    path = write(tmp_path / "b.csv", corrected)
    assert accept(path, folder) == 3
    assert "--correction" in json.loads(capsys.readouterr().err)["next_step"]
    assert [p.name for p in sorted(folder.glob("*.json"))] == ["000001.json"]
    assert accept(path, folder, "--correction") == 0
    assert printed(capsys)["figures"] == 2, "only what differs is a correction"
    kept = returns.kept(folder, SERIES)
    key = ("EX-E1", "same_city", "2025-01")
    assert [(f.number, cell.text) for f, cell in kept.history(key)] == [
        (1, str(january[0].value)),
        (2, str(january[0].value + 5)),
    ]
    assert kept.standing()[key][0].number == 2 and len(kept.standing()) == 9
    assert (folder / "000001.json").read_bytes() == first, "what was accepted is never changed"
    assert run("show", "--returns", str(folder), "--history", "--json") == 0
    shown = [r for r in json.loads(capsys.readouterr().out) if r["series"] == "same_city"]
    assert [(r["filing"], r["stands"]) for r in shown] == [(1, False), (2, True)]


def test_a_file_is_accepted_once(tmp_path: Path, january: list[Line], capsys: pytest.CaptureFixture[str]) -> None:
    """The same content under another name is told, and nothing is kept twice."""
    assert accept(write(tmp_path / "a.csv", january), tmp_path / "returns") == 0
    assert accept(write(tmp_path / "b.csv", january), tmp_path / "returns") == 3
    assert "filing 1" in capsys.readouterr().err
    assert len(returns.kept(tmp_path / "returns", SERIES).filings) == 1


def test_what_is_found_must_be_confirmed(
    tmp_path: Path, january: list[Line], capsys: pytest.CaptureFixture[str]
) -> None:
    """A return with something to be asked about is not kept; once the answer is there it is, with what was found and why it was taken."""
    folder = tmp_path / "returns"
    path = write(tmp_path / "a.csv", [x.times(1.1) if x.series == "express_volume" else x for x in january])
    assert accept(path, folder) == 1
    found = printed(capsys)
    assert found["filing"] is None and [f["code"] for f in found["findings"]] == ["sum"]
    assert list(folder.glob("*.json")) == []
    assert accept(path, folder, "--confirmed", "复函2025-3号") == 0
    (filing,) = returns.kept(folder, SERIES).filings
    assert filing.confirmed == "复函2025-3号" and [f["code"] for f in filing.findings] == ["sum"]


def test_a_broken_file_is_never_kept(tmp_path: Path, january: list[Line], capsys: pytest.CaptureFixture[str]) -> None:
    """A row that can't be read keeps the whole file out, whatever was confirmed."""
    path = write(
        tmp_path / "a.csv", [Line("EX-E9", *list(vars(x).values())[1:]) if x.series == "abroad" else x for x in january]
    )
    assert accept(path, tmp_path / "returns", "--confirmed", "x", "--correction") == 1
    assert [f["code"] for f in printed(capsys)["findings"]][:1] == ["enterprise"]
    assert list((tmp_path / "returns").glob("*.json")) == []


def test_late_returns_are_kept(tmp_path: Path, january: list[Line], capsys: pytest.CaptureFixture[str]) -> None:
    """Lateness is told and noted with the filing, and keeps nobody's figures out."""
    path = write(tmp_path / "a.csv", january)
    assert run("accept", str(path), "--received", "2025-03-01", "--returns", str(tmp_path / "returns"), "--json") == 0
    assert [f["code"] for f in printed(capsys)["findings"]] == ["late"]


@pytest.mark.parametrize("spoil", ["cut", "gone", "keys", "unit"])
def test_damage_is_named(tmp_path: Path, january: list[Line], spoil: str) -> None:
    """A filing that was cut off, changed or taken away is named; nothing is answered from what is left."""
    folder = tmp_path / "returns"
    for n in (1, 2):
        changed = [Line(x.enterprise, f"2025-0{n}", x.series, x.value, x.unit) for x in january]
        assert accept(write(tmp_path / f"{n}.csv", changed), folder) == 0
    path = folder / "000001.json"
    text = path.read_text(encoding="utf-8")
    if spoil == "gone":
        path.unlink()
    else:
        path.write_text(
            {"cut": text[:-40], "keys": text.replace('"digest"', '"sum"'), "unit": text.replace("件", "箱")}[spoil],
            encoding="utf-8",
        )
    with pytest.raises(StoreError, match="0000"):
        returns.kept(folder, SERIES)
    assert run("show", "--returns", str(folder)) == 4


def _accepts(folder: Path, files: list[Path]) -> None:
    """Accept files one after the other, in a process of its own."""
    for file in files:
        run("accept", str(file), "--received", "2025-01-15", "--returns", str(folder), "--json")


def test_kills_leave_whole_filings(tmp_path: Path) -> None:
    """Whenever the process is killed, what is there are whole filings, and the next acceptance goes on behind them."""
    files = [write(tmp_path / f"{n}.csv", [Line("EX-E1", f"2025-{n:02}", s, 1000 if s in ("express_volume", "intercity") else 8000 if s in ("express_revenue", "intercity_revenue") else 0, "元" if "revenue" in s else "件") for s in MONTHLY]) for n in range(1, 13)]  # fmt: skip
    folder = tmp_path / "returns"
    context = multiprocessing.get_context("fork")
    for delay in (0.02, 0.03, 0.05, 0.08, 0.12, 0.2):
        process = context.Process(target=_accepts, args=(folder, files))
        process.start()
        time.sleep(delay)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        filings = returns.kept(folder, SERIES).filings
        assert [len(f.cells) for f in filings] == [9] * len(filings)
    process = context.Process(target=_accepts, args=(folder, files))
    process.start()
    process.join()
    assert len(returns.kept(folder, SERIES).standing()) == 9 * 12


def test_two_at_once_lose_nothing(tmp_path: Path, january: list[Line]) -> None:
    """Two processes that accept at the same time each get a number of their own."""
    folder = tmp_path / "returns"
    halves = []
    for e in ("EX-E1", "EX-E2"):
        halves.append([
            write(tmp_path / f"{e}{n}.csv", [Line(e, f"2025-{n:02}", x.series, x.value, x.unit) for x in january]) for n in range(1, 6)
        ])  # fmt: skip
    context = multiprocessing.get_context("fork")
    running = [context.Process(target=_accepts, args=(folder, half)) for half in halves]
    for process in running:
        process.start()
    for process in running:
        process.join()
    assert len(returns.kept(folder, SERIES).filings) == 10


def test_check_tells_and_keeps_nothing(tmp_path: Path, january: list[Line], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0 and nothing for sound returns, 1 and the findings for others; what is missing is told of the enterprises in the files, or of all when asked."""
    path, folder = write(tmp_path / "a.csv", january), tmp_path / "returns"
    words = ("--returns", str(folder), "--json")
    assert run("check", str(path), "--received", "2025-02-08", *words) == 0
    assert printed(capsys) == {"figures": 9, "findings": []}
    assert run("check", str(path), "--received", "2025-03-09", *words) == 1
    assert {(f["code"], f["enterprise"]) for f in printed(capsys)["findings"]} == {
        ("late", "EX-E1"),
        ("missing", "EX-E1"),
    }
    assert run("check", str(path), "--received", "2025-02-08", "--as-of", "2025-02-09", *words) == 1
    assert {(f["code"], f["enterprise"]) for f in printed(capsys)["findings"]} == {
        ("missing", "EX-E2"),
        ("missing", "EX-E3"),
    }
    assert not folder.exists()
    assert run("check", str(path), "--received", "yesterday") == 2
    assert run("check", str(tmp_path / "none.csv")) == 3


@pytest.mark.parametrize("language", ["zh", "en"])
def test_findings_are_shown_in_one_language(
    tmp_path: Path,
    january: list[Line],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    language: str,
) -> None:
    """The table for people says file, row, value, what was found and what was expected in the language that is set."""
    monkeypatch.setenv("YILU_LANGUAGE", language)
    path = write(tmp_path / "a.csv", [x.times(1.1) if x.series == "express_volume" else x for x in january])
    assert run("check", str(path), "--received", "2025-02-08", "--returns", str(tmp_path / "r")) == 1
    text = capsys.readouterr().out
    assert (
        "a.csv" in text
        and ("合计与分项之和不符" in text) == (language == "zh")
        and ("sum of its parts" in text) == (language == "en")
    )


def test_letters(tmp_path: Path, january: list[Line], capsys: pytest.CaptureFixture[str]) -> None:
    """A letter to each enterprise with findings, in both languages and forms, the same bytes each time; each says what was sent, what was expected, and that it judges nothing."""
    path = write(tmp_path / "a.csv", [x.times(1.1) if x.series == "express_volume" else x for x in january])
    words = (str(path), "--received", "2025-02-10", "--as-of", "2025-02-10", "--returns", str(tmp_path / "r"), "--json")
    assert run("letter", *words, "--out", str(tmp_path / "one")) == 0
    files = [Path(f) for f in printed(capsys)["files"]]
    assert {f.name for f in files} == {
        f"query-{e}-2025-02-10-{la}.{form}"
        for e in ("EX-E1", "EX-E2", "EX-E3")
        for la in ("zh", "en")
        for form in ("docx", "html")
    }
    page = (tmp_path / "one" / "query-EX-E1-2025-02-10-zh.html").read_text(encoding="utf-8")
    value = next(x.value for x in january if x.series == "express_volume")
    for said in (
        "示例快递企业甲",
        "快递业务量",
        f"{round(1.1 * value):,}件",
        "合计与分项之和不符",
        "不作为处罚的依据",
        "2025年2月15日",
        "a.csv",
    ):
        assert said in page, said
    english = (tmp_path / "one" / "query-EX-E1-2025-02-10-en.html").read_text(encoding="utf-8")
    for said in ("Example enterprise A", "Express volume", "no ground for a penalty", "15 February 2025"):
        assert said in english, said
    other = (tmp_path / "one" / "query-EX-E2-2025-02-10-zh.html").read_text(encoding="utf-8")
    assert "未报送" in other and "示例快递企业甲" not in other and f"{round(1.1 * value):,}" not in other, (
        "no letter tells of another enterprise"
    )
    assert run("letter", *words, "--out", str(tmp_path / "two")) == 0
    assert all(f.read_bytes() == (tmp_path / "two" / f.name).read_bytes() for f in files)
    capsys.readouterr()
    assert (
        run(
            "letter",
            *words,
            "--out",
            str(tmp_path / "three"),
            "--enterprise",
            "EX-E3",
            "--format",
            "html",
            "--language",
            "en",
        )
        == 0
    )
    assert [Path(f).name for f in printed(capsys)["files"]] == ["query-EX-E3-2025-02-10-en.html"]
    assert run("letter", "--enterprise", "EX-E9") == 2
