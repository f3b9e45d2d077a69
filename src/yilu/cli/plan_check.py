"""``yilu plan check``: faults of a plan folder, whether the plan's figures agree, and whether every number of the document is held."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from yilu.cli.output import Json, print_json, print_problems, print_table, say
from yilu.cli.plan_show import Folder
from yilu.errors import InputError
from yilu.network.reading import Problem
from yilu.plan import KINDS, VERDICTS, Finding, folder_of, read
from yilu.plan import check as figures_of
from yilu.plan.covering import REASONS, Gap, gaps
from yilu.plan.figures import Place, with_unit
from yilu.settings import load as settings


def check(
    folder: Folder = None,
    document: Annotated[
        Path | None,
        typer.Option(
            help="规划原文(Markdown 或纯文本),逐数核对清单 · The document (Markdown or text): is each number held?"
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="有矛盾时退出码为 1 · Leave with exit code 1 where figures contradict.")
    ] = False,
    as_json: Json = False,
) -> None:
    """检查规划:文件问题、数字是否自洽、原文数字是否收全 · Check a plan: faults of its folder, figures that agree or contradict, numbers left out."""
    path = folder_of(folder if folder is not None else str(settings().province))
    zh = settings().language == "zh"
    text = None if document is None else _text(document)
    plan, problems = read(path)
    findings = [] if plan is None else figures_of(plan)
    lacking = None if plan is None or text is None else gaps(plan, text)
    if as_json:
        print_json({
            "folder": str(path), "plan": None if plan is None else plan.name,
            "problems": [p.record() for p in problems],
            "counts": {v: sum(f.verdict == v for f in findings) for v in VERDICTS},
            "findings": [f.record() for f in findings],
            "gaps": None if lacking is None else [g.record() for g in lacking],
        })  # fmt: skip
    else:
        _print_problems(path.name, problems, zh)
        _print_findings(findings, zh)
        if lacking is not None:
            _print_gaps(lacking, zh)
    if plan is None:
        raise typer.Exit(3)
    if problems or lacking or (strict and any(f.verdict == "contradicts" for f in findings)):
        raise typer.Exit(1)


def _text(document: Path) -> str:
    try:
        return document.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(str(document), "text in UTF-8", next_step="Save the document as UTF-8 text.") from error


def _print_problems(name: str, problems: list[Problem], zh: bool) -> None:
    if not problems:
        say(f"{name}: {'文件没有问题' if zh else 'no faults in the folder'}")
        return
    print_problems(problems, name)


def _print_findings(findings: list[Finding], zh: bool) -> None:
    titles = (
        ("核对", "事项", "规划所印", "算得或另一处", "舍入允许", "理由", "出处")
        if zh
        else ("check", "of", "printed", "computed or elsewhere", "rounding allows", "why", "places")
    )
    for verdict, names in VERDICTS.items():
        rows = [
            (
                KINDS[f.kind][0 if zh else 1], f.zh if zh else f.en, with_unit(f.printed, f.unit, zh), with_unit(f.computed, f.computed_unit, zh), f.allowed, f.why_zh if zh else f.why_en,
                _places(f.places, zh),
            )
            for f in findings
            if f.verdict == verdict
        ]  # fmt: skip
        if rows:
            print_table(f"{names[0 if zh else 1]}: {len(rows)}", titles, rows)


def _places(places: tuple[Place, ...], zh: bool) -> str:
    """Sections and words, each once."""
    said: dict[str, Any] = dict.fromkeys(f"{p.section}“{p.quote}”" for p in places)
    return ("；" if zh else "; ").join(said)


def _print_gaps(lacking: list[Gap], zh: bool) -> None:
    if not lacking:
        say("原文每个数字都在清单中" if zh else "The list holds every number of the document.")
        return
    titles = ("章节", "问题", "原文", "应为") if zh else ("section", "what is wrong", "words", "expected")
    rows = [(g.section, REASONS[g.reason][0 if zh else 1], g.words, g.expected) for g in lacking]
    print_table(f"{'原文与清单不符' if zh else 'document and list differ'}: {len(rows)}", titles, rows)
