"""``yilu plan forecast``: each target with what is to be expected of it, as known at a year's end."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from yilu.cli.app import main


def run(*words: str) -> int:
    """The exit code of the command."""
    with pytest.raises(SystemExit) as leaving:
        main(["plan", "forecast", *words])
    code = leaving.value.code
    assert code is None or isinstance(code, int)
    return code or 0


def told(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """The JSON document of the command."""
    assert run(*words, "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_every_target_is_spoken_of(capsys: pytest.CaptureFixture[str]) -> None:
    """In the middle of the plan: those with a series have path, standing, interval, chance, method and what it rests on; the others say why not and what would be needed."""
    found = told(capsys, "--as-of", "2022")
    by = {t["code"]: t for t in found["targets"]}
    assert len(by) == 38 and found["as_of"] == 2022
    one = by["express_revenue"]
    assert one["path"]["2025"] == pytest.approx(4300) and one["growth"] == pytest.approx((4300 / 2182.5) ** 0.2 - 1)
    assert one["figures"][-1]["year"] == 2022 and one["standing"]["ratio"] == pytest.approx(
        2510.3 / one["path"]["2022"]
    )
    f = one["forecast"]
    assert f["years"] == [2023, 2024, 2025] and f["method"] in f["why"]["errors_over_first"]
    assert all(a <= b <= c <= d <= e for a, b, c, d, e in zip(*(f[k] for k in ("low95", "low80", "middle", "high80", "high95")), strict=True))  # fmt: skip
    assert f["rests_on"]["figures"] == 3 and f["rests_on"]["years"] == 2 and one["at_risk"] and one["met"] is None
    assert all(t["why"]["zh"] and t["why"]["en"] and t["needed"]["zh"] for t in by.values() if not t["forecast"])
    assert found["back_test"] and all(g["scores"] for g in found["back_test"])


def test_the_chance_follows_from_the_interval(capsys: pytest.CaptureFixture[str]) -> None:
    """Student's t about the median, on the logarithm, as wide as the 95 % interval: worked out from the printed figures alone."""
    import math

    for t in told(capsys, "--as-of", "2022")["targets"]:
        if t["forecast"] is None:
            continue
        f, at = t["forecast"], t["forecast"]["years"].index(t["due"])
        degrees = f["rests_on"]["degrees"]
        scale = math.log(f["high95"][at] / f["middle"][at]) / stats.t.ppf(0.975, degrees)
        expected = stats.t.sf(math.log(float(t["target"]) / f["middle"][at]) / scale, degrees)
        assert t["chance"] == pytest.approx(expected, abs=1e-9), t["code"]
        high80 = f["middle"][at] * math.exp(scale * stats.t.ppf(0.9, degrees))
        assert f["high80"][at] == pytest.approx(high80, rel=1e-9)


def test_nothing_later_leaks(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """As of 2022: every later figure, of the province, its cities and the nation, may be whatever it likes, or not be there."""
    as_it_is = told(capsys, "--as-of", "2022", "--province", str(folder))
    path = folder / "statistics.csv"
    with path.open(encoding="utf-8", newline="") as rows:
        held = list(csv.DictReader(rows))
    for change in (lambda r: r | {"value": str(round(3.7 * float(r["value"]), 3))}, lambda r: None):
        changed = [change(r) if int(r["period"][:4]) > 2022 else r for r in held]
        assert sum(a != b for a, b in zip(changed, held, strict=True)) > 30
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(held[0]))
            writer.writeheader()
            writer.writerows(
                r if r else {**h, "period": "2030", "status": "expected", "value": "1"} | {"basis": f"dropped {n}"}
                for n, (r, h) in enumerate(zip(changed, held, strict=True))
            )
        assert told(capsys, "--as-of", "2022", "--province", str(folder)) == as_it_is


def test_when_the_due_year_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    """At the end of the plan nothing is left to chance: met or missed; further years are forecast when asked for."""
    by = {t["code"]: t for t in told(capsys, "--to", "2030")["targets"]}
    one = by["express_volume"]
    assert one["met"] is False and one["chance"] is None and one["standing"]["ratio"] == pytest.approx(460 / 480)
    assert one["forecast"]["years"] == [2026, 2027, 2028, 2029, 2030]
    assert by["lockers"]["met"] is None and 0 < by["lockers"]["chance"] < 0.1
    assert by["lockers"]["figures"][-1]["value"] == "6.4", "64000 groups in ten thousands"


def test_one_target_and_a_section(capsys: pytest.CaptureFixture[str]) -> None:
    """What is asked for and nothing else."""
    assert [t["code"] for t in told(capsys, "lockers")["targets"]] == ["lockers"]
    assert {t["section"] for t in told(capsys, "--section", "4")["targets"]} == {"4.3", "4.7"}


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh", ("实现概率", "阻尼趋势", "快递业务量", "无法预测的目标", "只有 2020 年一个数值", "个误差 / 2 年")), ("en", ("chance", "damped trend", "Express volume", "one figure alone, of 2020", "errors / 2 years"))],
)  # fmt: skip
def test_tables_for_people(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, language: str, words: tuple[str, ...]
) -> None:
    """All targets with a picture of band, figure and target; one target with a line for each year; in the language that is set."""
    monkeypatch.setenv("YILU_LANGUAGE", language)
    assert run("--as-of", "2022") == 0
    printed = capsys.readouterr().out
    assert [w for w in words if w not in printed] == []
    line = next(row for row in printed.splitlines() if words[2] in row)
    assert "=o=" in line and "|" in line and "43 %" in line
    assert run("express_volume", "--as-of", "2022") == 0
    years = [row for row in capsys.readouterr().out.splitlines() if row[:3] == "202"]
    assert [row[:4] for row in years] == ["2020", "2021", "2022", "2023", "2024", "2025"]
    assert all("*" in row for row in years[:3]) and all("o" in row and "=" in row for row in years[3:])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("no_such",), 2, "no target no_such"), (("--section", "9"), 2, "no section 9"), (("--to", "2020"), 2, "--to 2020"), (("--province", "nowhere"), 3, "nowhere"),
        (("--plan", "nowhere"), 3, "nowhere"), (("--as-of", "12"), 2, ""),
    ],
)  # fmt: skip
def test_what_is_refused(capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, said: str) -> None:
    """An unknown target, section, province or plan, and a year before what is known, each with its exit code and a next step."""
    assert run(*words) == code
    error = capsys.readouterr().err
    assert said in error and (not said or "→" in error)


def test_a_figure_that_can_not_be(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """A volume of 0 can't grow by a factor: the series and its area are named, exit code 3."""
    path = folder / "statistics.csv"
    text = path.read_text(encoding="utf-8")
    line = next(row for row in text.splitlines() if row.startswith("express_revenue,440000,2022,level"))
    path.write_text(text.replace(line, line.replace("2510.3", "0")), encoding="utf-8")
    assert run("--province", str(folder)) == 3
    error = capsys.readouterr().err
    assert "statistics.csv" in error and "express_revenue" in error and "440000" in error


def test_a_province_without_statistics(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """Every target is named with why nothing can be said and what would be needed; nothing else fails."""
    (folder / "statistics.csv").unlink()
    found = told(capsys, "--province", str(folder))
    assert len(found["targets"]) == 38 and found["as_of"] == 2020
    assert all(t["forecast"] is None and t["why"]["en"] for t in found["targets"])
    assert run("--province", str(folder)) == 0
