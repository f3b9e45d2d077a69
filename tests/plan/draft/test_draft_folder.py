"""The folder of a draft: sound, whole or not there, the same every time, and never over somebody's edits."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_statistics import NATION, PROVINCE, plan_of, series_of, statistics_of, target_of

from yilu.cli.app import main
from yilu.errors import InputError, YiluError
from yilu.network import Network
from yilu.network import load as load_network
from yilu.plan import check, read
from yilu.plan.covering import NUMBER, gaps
from yilu.plan.draft import Draft, draft, edited, write
from yilu.plan.draft.outline import pieces

TARGETS = (
    ("volume", "亿件", "flow", {"2019": "10.0", "2020": "12.5", "2023": "15", "2025": "19.2"}),
    ("satisfaction", "分", "ratio", {"2022": "83.7", "2024": "84.9", "2025": "85.2"}),
    ("outlets", "个", "stock", {"2020": "20000", "2025": "23000"}),
    ("rank", "位", "ratio", {"2025": "3"}),
)


@pytest.fixture(scope="module")
def network() -> Network:
    """Where a draft's names are from."""
    return load_network("guangdong")


def small(choose: str = "even") -> Draft:
    """A draft of three indicators and two gaps."""
    series = {series_of(code, unit, kind): {int(y): v for y, v in levels.items()} for code, unit, kind, levels in TARGETS}  # fmt: skip
    targets = [target_of(c, unit, f"statistic:{c}") for c, unit, *_ in TARGETS]
    targets.append(
        target_of("stations", "个", "register:village_stations", zh="一村一站", en="A station in every village")
    )
    return draft(plan_of(*targets), statistics_of(series), PROVINCE, NATION, 2025, 2030, choose=choose)


def run(*words: str) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as leaving:
        main(["plan", *words])
    code = leaving.value.code
    assert code is None or isinstance(code, int)
    return code or 0


def table(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of a table as they are written."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


def content(folder: Path) -> dict[str, bytes]:
    """Every file's bytes."""
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


def test_the_draft_is_a_sound_plan(network: Network, tmp_path: Path) -> None:
    """The reader finds no fault, the figures agree with one another, the list holds every number of the draft's own document, and every quote stands in it."""
    made = small()
    folder = write(made, network, tmp_path / "next").folder
    plan, problems = read(folder)
    assert problems == [] and plan is not None
    document = (folder / "outline.md").read_text(encoding="utf-8")
    assert gaps(plan, document) == []
    assert {f.verdict for f in check(plan)} == {"agrees"}
    assert "23000" in document and "(2022年)" not in document, "baselines of the draft's own year need no year"
    assert all(row.quote in document for row in (*plan.targets, *plan.facts))
    assert (plan.from_year, plan.to_year, plan.baseline_year, plan.published) == (2026, 2030, 2025, "draft")


def test_long_names_and_wild_figures_make_a_sound_plan(network: Network, tmp_path: Path) -> None:
    """Names as long as a cell may be, with numbers in them, and series of which nothing can be known: no fault, no number that the list doesn't hold."""
    wild = series_of("wild", "亿件")
    held = statistics_of({wild: {2015: "1", 2017: "90000", 2018: "0.01", 2020: "80000", 2021: "0.02", 2025: "70000"}})
    long = "一12乡三4" * 80
    targets = (
        target_of("wild", "亿件", "statistic:wild", zh="九" * 300, en="9" * 300),
        target_of("other", "个", "not_yet", zh=long, en=long, needed_zh=long, needed_en=long),
    )
    folder = write(draft(plan_of(*targets), held, PROVINCE, NATION, 2025, 2030), network, tmp_path / "next").folder
    plan, problems = read(folder)
    assert problems == [] and plan is not None and len(plan.proposals) == 3
    assert gaps(plan, (folder / "outline.md").read_text(encoding="utf-8")) == []


@given(words=st.text("a1二.", min_size=1, max_size=60), most=st.integers(12, 20))
def test_pieces_cut_no_number(words: str, most: int) -> None:
    """Together they are the words; the numbers in them are the same, where none is longer than a piece."""
    parts = pieces(words, most)
    numbers = NUMBER.findall(words)
    assert "".join(parts) == words and all(0 < len(p) <= most for p in parts)
    if all(len(n) < most // 2 for n in numbers):
        assert [n for p in parts for n in NUMBER.findall(p)] == numbers


def test_what_is_read_is_what_was_drafted(network: Network, tmp_path: Path) -> None:
    """Proposals, what they rest on and gaps come back with each digit; targets are those chosen."""
    for choose in ("cautious", "even", "ambitious"):
        made = small(choose)
        plan, _ = read(write(made, network, tmp_path / choose).folder)
        assert plan is not None
        assert plan.proposals == tuple(p for d in made.drafted for p in d.proposals)
        assert plan.bases == tuple(d.basis for d in made.drafted)
        assert plan.gaps == made.gaps and [g.code for g in plan.gaps] == ["rank", "stations"]
        assert [t.target for t in plan.targets] == [d.chosen.value for d in made.drafted]
        assert {d.chosen.ambition for d in made.drafted} == {choose}
        assert [(t.baseline, t.baseline_year) for t in plan.targets] == [(d.baseline.value, 2025) for d in made.drafted]


def test_the_same_data_give_the_same_bytes(network: Network, tmp_path: Path) -> None:
    """Nothing of the day, the machine or chance is in a draft."""
    one, other = (content(write(small(), network, tmp_path / name).folder) for name in ("a", "b"))
    assert one == other and "draft.json" in one


def test_edits_are_not_written_over(network: Network, tmp_path: Path) -> None:
    """An unedited draft is written anew; one with a changed, new or missing file only with --replace; what is no draft never."""
    folder = tmp_path / "next"
    assert not write(small(), network, folder).replaced and edited(folder) == []
    assert write(small("cautious"), network, folder).replaced
    spoil: dict[str, Callable[[], Any]] = {
        "targets.csv": lambda: (folder / "targets.csv").write_text("code\n", encoding="utf-8"),
        "tasks.csv": lambda: (folder / "tasks.csv").write_text("", encoding="utf-8"),
        "gaps.csv": lambda: (folder / "gaps.csv").unlink(),
    }
    for name, change in spoil.items():
        change()
        before = content(folder)
        with pytest.raises(InputError) as refused:
            write(small(), network, folder)
        assert name in str(refused.value.value) and "--replace" in refused.value.next_step
        assert content(folder) == before
        assert write(small(), network, folder, replace=True).replaced and edited(folder) == []
    (folder / "draft.json").unlink()
    for path in (folder, Path(__file__), tmp_path):
        with pytest.raises(InputError):
            write(small(), network, path, replace=True)
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


class Killed(BaseException):
    """As a process that ends: no handler of errors sees it."""


@pytest.mark.parametrize("replacing", [False, True])
def test_a_kill_leaves_nothing_half_written(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replacing: bool
) -> None:
    """Stopped before any call that changes the disk: the folder isn't there, or is the old draft, or the new one, each whole; the next draft clears up. Between two renames the old one is set aside, and comes back."""
    whole = {c: content(write(small(c), network, tmp_path / c).folder) for c in ("even", "cautious")}
    stops = 0
    for stop in range(100):
        folder = tmp_path / f"at{stop}" / "next"
        folder.parent.mkdir()
        if replacing:
            write(small("cautious"), network, folder)
        left = [stop]
        with monkeypatch.context() as patched:
            for name in ("mkdir", "rename", "fsync", "rmdir", "unlink"):
                patched.setattr(os, name, _counting(getattr(os, name), left))
            try:
                write(small(), network, folder)
                stops = stop
            except Killed:
                pass
        there = content(folder) if folder.exists() else None
        assert there in ((whole["cautious"], whole["even"], None) if replacing else (None, whole["even"]))
        assert there is not None or not replacing or content(folder.with_name(".next.draft-old")) == whole["cautious"]
        write(small(), network, folder)
        assert content(folder) == whole["even"] and [p.name for p in folder.parent.iterdir()] == ["next"]
        if stops:
            break
    assert stops > 10


def _counting(call: Callable[..., Any], left: list[int]) -> Callable[..., Any]:
    def counted(*args: Any, **kwargs: Any) -> Any:
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        return call(*args, **kwargs)

    return counted


def test_the_parent_that_is_a_file(network: Network, tmp_path: Path) -> None:
    """A path through a file can't be made: exit code 3, with what to do."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(YiluError) as refused:
        write(small(), network, tmp_path / "file" / "next")
    assert refused.value.exit_code == 3 and refused.value.next_step


def test_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """`yilu plan draft` of Guangdong: a folder that `yilu plan check --document` accepts without a fault, a gap or a contradiction, and that `yilu plan forecast` reads: its chances are those written."""
    folder = tmp_path / "next"
    assert run("draft", "--from", "2025", "--to", "2030", "--out", str(folder), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["from"], told["to"], told["choose"], told["replaced"]) == (2025, 2030, "even", False)
    assert sorted(told["files"]) == sorted(content(folder)) and len(told["gaps"]) == 32
    assert run("check", str(folder), "--document", str(folder / "outline.md"), "--strict", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert "| 6.4(2022年) |" in (folder / "outline.md").read_text(encoding="utf-8")
    assert found["problems"] == [] and found["gaps"] == [] and found["counts"]["undecidable"] == 0
    assert run("forecast", "--plan", str(folder), "--json") == 0
    chances = {t["code"]: t["chance"] for t in json.loads(capsys.readouterr().out)["targets"]}
    written = {r["target"]: float(r["chance"]) for r in table(folder, "proposals") if r["chosen"] == "yes"}
    assert set(chances) == set(written)
    assert all(100 * chances[c] == pytest.approx(p, abs=0.051) for c, p in written.items())


@pytest.mark.parametrize(("language", "words"), [("zh", ("稳妥", "均衡", "积极", "快递业务量", "不及基期值", "没有提案的指标")), ("en", ("cautious", "ambitious", "Express volume", "behind the baseline", "without a proposal"))])  # fmt: skip
def test_the_command_for_people(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, language: str, words: tuple[str, ...]
) -> None:  # fmt: skip
    """Proposals, notes and gaps in the language that is set; the folder on the last line; other chances, another choice."""
    monkeypatch.setenv("YILU_LANGUAGE", language)
    options = ("--choose", "cautious", "--chances", "90,60,10")
    assert run("draft", "--from", "2025", "--to", "2030", "--out", str(tmp_path / "next"), *options) == 0
    printed = capsys.readouterr().out
    assert [w for w in words if w not in printed] == [] and printed.rstrip().endswith("next")
    made = json.loads((tmp_path / "next" / "draft.json").read_text(encoding="utf-8"))
    assert made["chances"] == {"cautious": 90, "even": 60, "ambitious": 10} and made["choose"] == "cautious"


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--from", "2025", "--to", "2024"), 2, "--to 2024 is not after --from 2025"), (("--from", "2029", "--to", "2035"), 3, "statistics.csv"),
        (("--from", "2025", "--to", "2030", "--chances", "1,2,3"), 2, "--chances 1,2,3"), (("--from", "2025", "--to", "2030", "--province", "nowhere"), 3, "nowhere"),
        (("--from", "2025", "--to", "2030", "--choose", "bold"), 2, ""),
    ],
)  # fmt: skip
def test_the_command_refuses(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, options: tuple[str, ...], code: int, said: str
) -> None:
    """What can't be drafted is named, and no folder is left."""
    assert run("draft", *options, "--out", str(tmp_path / "next")) == code
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
