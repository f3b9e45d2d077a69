"""Pages of the plan: their figures are the library's, each target leads to the rows behind it, papers can be downloaded by whoever may see them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from docx import Document

from yilu.console.facts import newest
from yilu.plan import check, load
from yilu.plan import statistics as official
from yilu.plan.draft import AMBITIONS, draft
from yilu.plan.evaluation.asking import evaluated
from yilu.plan.folder import folder_of
from yilu.plan.prospects import areas_of, prospects

Client = Callable[[str], Any]
YEAR = 2023


def told(client: Any, at: str) -> dict[str, Any]:
    """A page as JSON."""
    answer = client.get(at)
    assert answer.status_code == 200, answer.content[:300]
    page: dict[str, Any] = answer.json()
    return page


def test_targets_are_the_prospects(client_of: Client) -> None:
    """Every target that counts stands there with the path, forecast and chance of the library, as of the year asked for."""
    network = newest().facts.network
    plan, held = load(str(network.folder)), official.load(str(network.folder))
    expected = prospects(plan, held, *areas_of(network), YEAR, plan.to_year).each
    rows = told(client_of("planner"), f"/plan.json?year={YEAR}")["tables"]["targets"]
    assert len(rows) == len(expected)
    for row, p in zip(rows, expected, strict=True):
        assert (row["name"], row["due"]) == (p.target.zh, p.target.target_year)
        assert row["middle"] == p.at("middle", p.target.target_year) and row["low80"] == p.at(
            "low80", p.target.target_year
        )
        assert row["year"] == (p.last.year if p.last else None)
        if p.chance is not None and 0.01 < p.chance < 0.99:
            assert row["chance"] == f"{100 * p.chance:.0f} %"


def test_a_target_leads_to_the_rows_behind_it(client_of: Client) -> None:
    """The page of a target names each row of the statistics that measures it, with grade and source, and draws what its table says."""
    network = newest().facts.network
    held = official.load(str(network.folder))
    page = told(client_of("duty"), f"/plan/targets/express_volume.json?year={YEAR}")
    rows = page["tables"]["rows"]
    expected = {
        s.row: (s.grade, s.source) for s in held.rows if s.series == "express_volume" and s.area == network.code
    }
    assert {r["row"]: (r["grade"], r["source"]) for r in rows} == expected and expected
    shown = client_of("duty").get(f"/plan/targets/express_volume/?year={YEAR}").context["page"].charts[0]
    by_name = {s["name"]: s["data"] for s in shown.option["series"]}
    assert by_name["公布值"] == [r["published"] for r in shown.table.rows]
    assert client_of("duty").get("/plan/targets/nothing/").status_code == 404


def test_no_later_figure_enters(client_of: Client) -> None:
    """As of a year, nothing that was published of a later one is shown as known then."""
    rows = told(client_of("duty"), f"/plan/targets/express_volume.json?year={YEAR}")["tables"]["way"]
    assert all(r["published"] is None for r in rows if int(r["year"]) > YEAR)
    assert any(r["middle"] is not None for r in rows if int(r["year"]) > YEAR)


@pytest.mark.parametrize("kind", ["yearly", "mid_term", "final"])
def test_evaluation_is_the_librarys(client_of: Client, kind: str) -> None:
    """Verdicts, scores and tasks by section are those of the evaluation."""
    network = newest().facts.network
    found, _ = evaluated(network, folder_of(network.folder), kind)
    page = told(client_of("auditor"), f"/plan/evaluation.json?kind={kind}")
    assert page["year"] == found.year
    assert [r["score"] for r in page["tables"]["sections"]] == [s.score for s in found.sums]
    assert [r["name"] for r in page["tables"]["targets"]] == [j.promise.name.zh for j in found.targets]
    assert [r["tasks"] for r in page["tables"]["tasks"]] == [t.tasks for t in found.tasks]


def test_contradictions_come_first(client_of: Client) -> None:
    """Every finding of the check stands there, contradictions before the rest."""
    plan = load(str(newest().facts.network.folder))
    findings = check(plan)
    page = told(client_of("duty"), "/plan/check.json")
    assert page["count"] == len(findings)
    wrong = sum(f.verdict == "contradicts" for f in findings)
    assert wrong > 0 and [r["verdict"] for r in page["tables"]["findings"]][:wrong] == ["矛盾"] * wrong


def test_ledgers_hold_every_row(client_of: Client) -> None:
    """Tasks, projects and numbers of the document: as many as the plan folder has, found by section and word."""
    plan = load(str(newest().facts.network.folder))
    client = client_of("duty")
    for page, rows in (("tasks", plan.tasks), ("projects", plan.projects), ("coverage", plan.coverage)):
        assert told(client, f"/plan/{page}.json")["count"] == len(rows)
    first = plan.tasks[0]
    one = told(client, f"/plan/tasks.json?q={first.zh}&section={first.section}")["tables"]["tasks"]
    assert first.code in {r["code"] for r in one}
    assert (
        told(client, "/plan/tasks.json?page=2")["tables"]["tasks"]
        != told(client, "/plan/tasks.json")["tables"]["tasks"]
    )


def test_the_list_of_numbers_says_where_each_stands(client_of: Client) -> None:
    """A sign of the file, ``*`` or ``cover``, tells nobody where to look; chapters keep their numbers."""
    rows = [r for n in (1, 2, 3, 4) for r in client_of("duty").get(f"/plan/coverage.json?page={n}").json()["tables"]["coverage"]]  # fmt: skip
    stands = {r["stands"] for r in rows}
    assert {"全文", "封面", "前言", "1.1"} <= stands and not {"*", "cover", "0"} & stands


def test_drafts_proposals_are_the_librarys(client_of: Client) -> None:
    """The draft on screen and in the folder to download is that of the library, the chosen proposal marked."""
    network = newest().facts.network
    plan = load(str(network.folder))
    made = draft(plan, official.load(str(network.folder)), *areas_of(network), 2024, 2029, AMBITIONS, "cautious")
    page = told(client_of("planner"), "/plan/draft.json?year=2024&kind=cautious")
    assert [r["name"] for r in page["tables"]["drafted"]] == [d.prospect.target.zh for d in made.drafted]
    assert all(r["cautious"].endswith("*") for r in page["tables"]["drafted"])
    answer = client_of("planner").get("/plan/draft/2024-cautious.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = {n.split("/")[-1] for n in archive.namelist()}
        assert {"plan.toml", "targets.csv", "proposals.csv"} <= names
        assert archive.read(next(n for n in archive.namelist() if n.endswith("targets.csv"))).decode("utf-8-sig").count("\n") > len(made.drafted)  # fmt: skip


def test_reports_are_files_of_their_form(client_of: Client) -> None:
    """Word and HTML, in both languages, as files to keep; no form or kind that there is none of."""
    client = client_of("duty")
    word = client.get("/plan/evaluation/final-2025-zh.docx")
    assert "attachment" in word["Content-Disposition"]
    text = "\n".join(p.text for p in Document(io.BytesIO(word.content)).paragraphs)
    assert "评估" in text and word.content[:2] == b"PK"
    html = client.get("/plan/evaluation/yearly-2024-en.html")
    assert b"<html" in html.content and "attachment" in html["Content-Disposition"]
    for at in ("final-2025-zh.exe", "often-2025-zh.docx", "final-2025-fr.html"):
        assert client.get(f"/plan/evaluation/{at}").status_code == 404
    assert client.get("/plan/evaluation/final-1990-zh.docx").status_code == 400
    assert client.get("/plan/draft/1990-even.zip").status_code == 404
    assert client_of("").get("/plan/evaluation/final-2025-zh.docx").status_code == 302


def test_what_the_plan_has_not_is_refused(client_of: Client) -> None:
    """A section, year or kind that there is none of is named with what there is."""
    client = client_of("duty")
    for at in (
        "/plan.json?section=99",
        "/plan.json?year=12",
        "/plan.json?year=2099",
        "/plan/evaluation.json?kind=weekly",
        "/plan/draft.json?kind=bold",
    ):
        assert client.get(at).status_code == 400, at
