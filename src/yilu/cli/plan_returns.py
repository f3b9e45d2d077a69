"""``yilu plan returns``: check returns of enterprises, keep them, and write query letters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from yilu.cli.days import day_of
from yilu.cli.facts import facts
from yilu.cli.output import Json, print_json, print_line, print_table, say
from yilu.cli.papers import Format, Language, saved
from yilu.cli.status import ProvinceOption
from yilu.documents.model import Text, both, said
from yilu.errors import YiluError
from yilu.network import Network
from yilu.plan import returns as of_returns
from yilu.plan import statistics
from yilu.plan.returns import Cell, Finding, Forms, Kept

app = typer.Typer(
    help="企业统计报表:核查、接收、查询函 · Returns of enterprises: check, keep, ask.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

Files = Annotated[list[Path], typer.Argument(help="报表 CSV 文件 · CSV files of returns.")]
Received = Annotated[str, typer.Option(help="收到日期,空为今天 · Day on which the files came; empty: today.")]
AsOf = Annotated[
    str,
    typer.Option(
        help="截至日期:期限早于此日而未报的,各企业都列出;空则只列文件中的企业,截至收到日期 · Returns due before this day that nobody sent are told of every enterprise; empty: of those in the files, up to the day received."
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--returns", help="已接收报表的文件夹,默认取设置 · Folder of accepted returns; by default the one that is set."
    ),
]


@dataclass(frozen=True)
class _Desk:
    """What all commands of returns need."""

    network: Network
    series: dict[str, statistics.Series]
    forms: Forms
    folder: Path
    language: str

    @property
    def enterprises(self) -> list[str]:
        return [str(c) for c in self.network.operators.code]

    def name(self, enterprise: str) -> Text:
        """An enterprise by name."""
        i = self.enterprises.index(enterprise)
        zh, en = str(self.network.operators.name_zh[i]), str(self.network.operators.name_en[i])
        return Text(zh, en or zh)

    def examined(
        self, files: list[Path], kept: Kept, received: date, as_of: date | None
    ) -> tuple[list[Cell], list[Finding]]:
        """Figures of files, and what is found of them. ``as_of`` None: what is missing is told of the enterprises in the files alone."""
        cells, findings = [], []
        for file in files:
            sound, wrong = of_returns.read(file, self.forms, self.series, self.enterprises)
            cells += sound
            findings += wrong
        unread = {(f.enterprise, f.period, f.series) for f in findings}
        judged = of_returns.judged(cells, kept.values(), self.forms, self.series, received, as_of or received)
        concerned = {c.enterprise for c in cells} | {f.enterprise for f in findings}
        told = [
            f
            for f in judged
            if not (f.code == "incomplete" and (f.enterprise, f.period, f.series) in unread)
            and not (f.code == "missing" and as_of is None and files and f.enterprise not in concerned)
        ]
        return cells, findings + told


def _desk(province: str | None, folder: Path | None) -> _Desk:
    opened = facts(province=province)
    held, network = opened.settings, opened.network
    series = statistics.load(held.province).series
    forms = of_returns.forms_of(network.folder, series, [str(c) for c in network.operators.code])
    return _Desk(network, series, forms, folder or held.returns, held.language)


@app.command()
def check(
    files: Files,
    received: Received = "",
    as_of: AsOf = "",
    folder: Folder = None,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:
    """核查企业报表,不接收(有发现退出码 1) · Check returns and keep nothing; exit code 1 where something was found."""
    desk = _desk(province, folder)
    came, until = _days(received, as_of)
    cells, findings = desk.examined(files, of_returns.kept(desk.folder, desk.series), came, until)
    _told(desk, findings, {"figures": len(cells)}, as_json)
    if findings:
        raise typer.Exit(1)


@app.command()
def accept(
    file: Annotated[Path, typer.Argument(help="报表 CSV 文件 · A CSV file of returns.")],
    correction: Annotated[
        bool,
        typer.Option(
            "--correction", help="更正报表:替换已接收的数值,原值保留 · Replaces accepted figures, which are kept."
        ),
    ] = False,
    confirmed: Annotated[
        str,
        typer.Option(
            help="对所列问题的确认说明(如答复函文号) · Why it is accepted with what was found, such as the number of the answer."
        ),
    ] = "",
    received: Received = "",
    folder: Folder = None,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:
    """接收企业报表(有待核实事项而未确认则不接收,退出码 1) · Keep returns; not where something found is unconfirmed (exit code 1)."""
    desk, came = _desk(province, folder), _days(received, "")[0]
    filing, findings = of_returns.accept(
        desk.folder, file, desk.series, came, lambda kept: desk.examined([file], kept, came, date.min),
        correction=correction, confirmed=confirmed,
    )  # fmt: skip
    _told(
        desk,
        findings,
        {"filing": filing.number if filing else None, "figures": len(filing.cells) if filing else 0},
        as_json,
    )
    if not as_json and filing:
        print_line(f"已接收 · accepted: {filing.number}")
    if filing is None:
        raise typer.Exit(1)


@app.command()
def letter(
    files: Annotated[
        list[Path] | None, typer.Argument(help="报表 CSV 文件;可不给,只查未报 · CSV files; none: only what is missing.")
    ] = None,
    enterprise: Annotated[str, typer.Option(help="只写此企业 · Of this enterprise alone.")] = "",
    out: Annotated[Path, typer.Option(help="输出文件夹 · Folder for the files.")] = Path("yilu-letters"),
    form: Annotated[Format, typer.Option("--format", help="格式 · Which files.")] = Format.both,
    language: Annotated[Language, typer.Option(help="语言 · Which languages.")] = Language.both,
    received: Received = "",
    as_of: AsOf = "",
    folder: Folder = None,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:
    """查询函:每家有问题的企业一份(Word 与 HTML) · A query letter to every enterprise with findings, in Word and HTML."""
    desk = _desk(province, folder)
    came, until = _days(received, as_of)
    if enterprise and enterprise not in desk.enterprises:
        raise YiluError(f"--enterprise {enterprise}: no such operator", zh=f"--enterprise {enterprise}:无此企业", next_step="`yilu network show operators` lists them.")  # fmt: skip
    _, findings = desk.examined(files or [], of_returns.kept(desk.folder, desk.series), came, until)
    on = until or came
    paths: list[Path] = []
    for code in dict.fromkeys(f.enterprise for f in findings if f.enterprise):
        if enterprise in ("", code):
            made = of_returns.letter(
                desk.name(code), [f for f in findings if f.enterprise == code], desk.forms, desk.series, on
            )
            paths += saved(made, out, f"query-{code}-{on}", form, language)
    nobody = [f for f in findings if not f.enterprise]
    if as_json:
        print_json({"files": paths, "of_nobody": [f.record() for f in nobody]})
        return
    for path in paths:
        print_line(str(path))
    if nobody:
        say(
            f"另有 {len(nobody)} 项查不到企业,不入函 · {len(nobody)} findings name no enterprise and stand in no letter"
        )


@app.command()
def show(
    enterprise: Annotated[str, typer.Option(help="只看此企业 · Of this enterprise alone.")] = "",
    history: Annotated[
        bool, typer.Option("--history", help="含被更正的数值 · With values that were replaced.")
    ] = False,
    folder: Folder = None,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:
    """已接收的报表数值 · Figures that were accepted."""
    desk = _desk(province, folder)
    kept = of_returns.kept(desk.folder, desk.series)
    standing = kept.standing()
    rows: list[dict[str, Any]] = []
    for key in sorted(standing):
        if enterprise in ("", key[0]):
            last = standing[key][0].number
            for filing, cell in kept.history(key) if history else (standing[key],):
                rows.append({
                    "enterprise": cell.enterprise, "period": cell.period.text, "series": cell.series, "value": cell.text, "unit": cell.unit,
                    "filing": filing.number, "received": filing.received.isoformat(), "file": filing.file, "row": cell.row,
                    "stands": filing.number == last,
                })  # fmt: skip
    if as_json:
        print_json(rows)
        return
    titles = ("企业 enterprise", "报告期 period", "指标 series", "数值 value", "单位 unit", "接收号 filing", "收到 received", "文件 file", "行 row", "有效 stands")  # fmt: skip
    print_table(f"{desk.folder.name}: {len(rows)}", titles, [list(r.values()) for r in rows])


def _told(desk: _Desk, findings: list[Finding], counts: dict[str, Any], as_json: bool) -> None:
    """Print what was found."""
    if as_json:
        print_json({**counts, "findings": [f.record() for f in findings]})
        return
    la = desk.language
    columns = ("企业", "报告期", "指标", "文件", "行", "列", "值", "问题", "应为") if la == "zh" else ("enterprise", "period", "series", "file", "row", "column", "value", "found", "expected")  # fmt: skip
    rows: Iterable[Any] = [
        (
            f.enterprise, f.period, f.series, f.file, f.row, f.column, f.value,
            said(both("{a}({b})", "{a} ({b})", a=f.reason.words, b=f.detail) if f.detail.zh else f.reason.words, la), said(f.expected, la),
        )
        for f in findings
    ]  # fmt: skip
    print_table(f"{len(findings)} 项发现 · findings", columns if findings else (), rows)


def _days(received: str, as_of: str) -> tuple[date, date | None]:
    return day_of("--received", received) or date.today(), day_of("--as-of", as_of)
