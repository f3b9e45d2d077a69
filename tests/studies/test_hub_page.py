"""The figures of the hub study and the text that quotes them."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from small_province import write_small

from yilu.design.matrices import matrices, within
from yilu.errors import YiluError
from yilu.network import load
from yilu.studies import hub_page
from yilu.studies.hub_page import SECTIONS, Study, section
from yilu.studies.hub_text import BEGIN, END, FIGURES, TEXT, read, renewed, rows, sentences, written
from yilu.studies.hubs import as_planned, best_system, measured

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
ORDER = [heading for heading, _ in SECTIONS.values()]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The study of the small province, half a second a search, with three hubs at most."""
    network = load(write_small(tmp_path_factory.mktemp("page")))
    return Study(matrices(network, date(2025, 12, 31), 1e6), 0.5, 0, 3)


@pytest.fixture(scope="module")
def page(study: Study) -> str:
    """All its sections."""
    return written({k: v for name in SECTIONS for k, v in read(section(study, name)).items()}, ORDER)


def figures(text: str) -> set[str]:
    """Every number in a text."""
    return set(NUMBER.findall(text))


def test_every_section_is_worked_out_and_quoted(page: str) -> None:
    """No section is missing from page or text, each says how it was made, and each number of the text stands in the page."""
    assert list(read(page)) == ORDER
    assert all("Made on" in told and f"--only {name}`" in told for name, told in zip(SECTIONS, read(page).values(), strict=True))  # fmt: skip
    told = sentences(page)
    assert "not worked out" not in told
    assert figures(told) - figures(page) == set()


def test_systems_of_tiers_are_read_off_designs(study: Study, page: str) -> None:
    """The plan's cities with their tiers, as many of each tier anywhere, both again with a cluster as one hub: the costs are the designs', and anywhere is never dearer."""
    held = rows(read(page)["Systems of tiers"])
    assert [r["system"] for r in held][:2] == ["the plan's cities", "anywhere: 2 global + 1 regional"] and len(
        held
    ) == 4
    cost = [float(r["cost, 10,000 yuan a day"].replace(",", "")) for r in held]
    assert cost[1] <= cost[0] and cost[3] <= cost[2]
    again = best_system(study.m, study.system.counts, study.stop)
    assert cost[1] == pytest.approx(min(again.plan.cost, study.plan.plan.cost) / 1e4, abs=0.06)
    assert held[2]["hubs"] == held[3]["hubs"] == "2"
    assert "global: " in held[0]["county units"] and "; regional: " in held[0]["county units"]


def test_promises_are_read_off_designs(study: Study, page: str) -> None:
    """By cost alone no more is in time than with the least late volume, and that is no more than what is proven to be the most."""
    held = rows(read(page)["Promises"])
    share = [[float(r[head].rstrip(" %")) for head in ("in time, by cost alone", "least late volume found", "proven: at most", "with a fine of one yuan a late item")] for r in held]  # fmt: skip
    assert all(alone <= least <= most + 0.01 and fined <= most + 0.01 for alone, least, most, fined in share)
    assert [r["from unit to unit within"] for r in held] == ["6 h", "8 h", "10 h", "12 h"]
    assert share[0] != share[-1], "time tells nothing apart in this province"
    tight = within(study.m, 6.0)
    volume = as_planned(tight, study.system, study.stop, 0, "volume")
    assert held[0]["least late volume found"] == f"{100 * measured(tight, volume).in_time:.2f} %"


def test_no_bound_is_a_dash(study: Study) -> None:
    """A bound of 0 after too short a time is shown as none, and the text says so."""
    hasty = Study(study.m, 0.0)
    assert hasty.plan.plan.bound > 0.0, "the dual's first rounds are always made"
    vars(hasty)["plan"] = replace(hasty.plan, plan=replace(hasty.plan.plan, bound=0.0))
    told = section(hasty, "plan")
    (row,) = rows(told)
    assert row["bound"] == row["gap"] == "–" and "no bound in that time" in sentences(told)


def test_a_section_takes_the_place_of_an_older_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, study: Study, page: str) -> None:  # fmt: skip
    """A run of one section leaves the others and the text outside the marks as they were, and the text follows the page."""
    old = page.replace("## Promises\n", "## Promises\n\nOlder.\n")
    (tmp_path / FIGURES).write_text(old, encoding="utf-8")
    (tmp_path / TEXT).write_text(f"Before.\n\n{BEGIN}\nstale 77.7 %\n{END}\n\nAfter.\n", encoding="utf-8")
    folder = str(study.m.network.folder)
    monkeypatch.setattr(sys, "argv", ["hub_page", "--province", folder, "--seconds", "0.2", "--only", "promises", "--out", str(tmp_path)])  # fmt: skip
    hub_page.main()
    new = (tmp_path / FIGURES).read_text(encoding="utf-8")
    before, after = read(old), read(new)
    assert "Older." not in new and list(after) == ORDER
    assert all(before[k] == after[k] for k in ORDER[:-1])
    text = (tmp_path / TEXT).read_text(encoding="utf-8")
    assert text.startswith("Before.\n") and text.endswith("After.\n") and "77.7" not in text
    assert text == renewed(text, new)


def test_what_is_missing_is_said(page: str) -> None:
    """A page without a section gives a text that names it; a text without marks is refused."""
    held = read(page)
    del held["Promises"]
    assert "**Promises**: not worked out yet" in sentences(written(held, ORDER))
    for text in ("no marks", f"{END}{BEGIN}", f"{BEGIN}{BEGIN}{END}"):
        with pytest.raises(YiluError, match="no place for figures"):
            renewed(text, page)


def test_the_study_quotes_what_its_figures_say(root: Path) -> None:
    """docs/explain/hub-study.md quotes only figures of hub-study-figures.md, and no measured figure stands outside the written part."""
    folder = root / "docs" / "explain"
    text, held = ((folder / name).read_text(encoding="utf-8") for name in (TEXT, FIGURES))
    assert text == renewed(text, held), "run: python -m yilu.studies.hub_text docs/explain"
    quoted = text.split(BEGIN)[1].split(END)[0]
    assert figures(quoted) - figures(held) == set()
    rest = text.split(BEGIN)[0] + text.split(END)[1]
    assert re.findall(r"\d+\.\d+ %|\d,\d{3}|\d+ million|\d+\.\d+ million", rest) == []
    assert set(read(held)) <= set(ORDER)


def test_a_gap_is_of_the_cost_that_hubs_can_change(study: Study, page: str) -> None:
    """What free hubs save is counted from the plan's own sites, in yuan and as a share of all but the floor."""
    told = read(page)["The same number without tiers"]
    saved = study.same.plan.cost - study.free.plan.cost
    share = 100 * saved / (study.free.plan.cost - study.m.floor)
    assert f"costs {saved / 1e4:,.1f} less" in told and f"{share:.1f} % of what hubs can change" in told
    assert np.isfinite(share)
