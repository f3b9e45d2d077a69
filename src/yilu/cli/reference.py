"""Reference pages made of the declarations in the code: ``python -m yilu.cli.reference`` writes them into docs/reference.

A test holds every page equal to what this makes, so a setting, a command, a field or a cube can't stand undocumented.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import typer

from yilu import settings
from yilu.cli.app import app
from yilu.console.reference import roles_page, screens_page
from yilu.errors import EXIT_CODES
from yilu.indicators.declared import PURPOSES, UNITS, catalogue
from yilu.items import cubes, fields, kinds, schema
from yilu.items.feeds.page import reference_page as feeds_page
from yilu.network.page import reference_page as network_page
from yilu.plan.page import reference_page as plan_page
from yilu.plan.statistics_page import reference_page as statistics_page
from yilu.supervision.alerts import LIVES
from yilu.supervision.handling.page import reference_page as handling_page
from yilu.supervision.rules.declared import SEVERITIES, TIGHTENED, declared


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; bars and line ends in cells are made harmless."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    return " ".join(str(value).replace("|", "\\|").split())


def settings_page() -> str:
    """Every setting with its variable, default and bounds."""
    rows = [
        (f"`{s.name}`", f"`{s.env}`", _default(s), s.unit or "–", s.expected, f"{s.zh} · {s.en}")
        for s in settings.SETTINGS
    ]
    others = [(f"`{name}`", text) for name, text in settings.OTHER_ENV.items()]
    return f"""# Settings 设置

A value is taken from the command line where a command has an option for it, else from the environment, else from a TOML file, else the
default stands. The file is `{settings.FILE_NAME}` in the current folder, or the one that `{settings.FILE_ENV}` names; its keys are the
names below; a relative path in it is relative to the file. `yilu settings` shows every value and where it is from. An unknown
name or a value out of bounds ends the command with exit code 2 before anything is read or written.

{table(("setting", "variable", "default", "unit", "may be", "what for"), rows)}
## Other variables

{table(("variable", "what for"), others)}"""


def _default(setting: settings.Setting) -> str:
    """The default as it is on every machine: the user's own folders are named, not shown."""
    if setting.name in ("key_file", "vault_key_file"):
        return f"`yilu/{Path(str(setting.default)).name}` in the user's configuration folder"
    return f"`{setting.default}`"


def exit_codes_page() -> str:
    """What a command's exit code means."""
    rows = [(code, name, zh, text) for code, (name, zh, text) in EXIT_CODES.items()]
    return f"""# Exit codes 退出码

Every command leaves with one of these. Errors go to standard error: what is wrong, where, what was expected, and the next step; with `--json`
as one JSON object with `error`, `message`, `next_step`, `exit_code`, and for an input `file`, `row`, `column`, `value`, `expected`.

{table(("code", "name", "名称", "meaning"), rows)}"""


def commands_page() -> str:
    """Every command with its arguments and options."""
    root = typer.main.get_command(app)
    parts = [
        "# Commands 命令\n\nEach is given as `yilu NAME`, or from a fresh clone as `./do NAME`. `yilu NAME --help` shows the same.\n"
    ]
    for name, command in _leaves(root, ()):
        usage = " ".join(("yilu", *name))
        parts.append(f"\n## `{usage}`\n\n{(command.help or '').strip()}\n")
        rows = [_parameter(p) for p in command.params if p.name != "help"]
        if rows:
            parts.append("\n" + table(("argument or option", "type", "default", "what for"), rows))
    return "".join(parts)


def _leaves(command: Any, path: tuple[str, ...]) -> Iterable[tuple[tuple[str, ...], Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name, child in children.items():
        yield from _leaves(child, (*path, name))


def _parameter(parameter: Any) -> tuple[str, str, str, str]:
    name = ", ".join(parameter.opts) if parameter.param_type_name == "option" else str(parameter.name).upper()
    default = "required" if parameter.required else parameter.default
    shown = "–" if default is None or default is False or default == "" or callable(default) else str(default)
    return f"`{name}`", _type(parameter), shown, str(parameter.help or "")


def _type(parameter: Any) -> str:
    """What may be given, as in the help page; nothing for a flag."""
    if getattr(parameter, "is_flag", False):
        return ""
    described = parameter.type_descriptor
    if described.is_choice:
        return ", ".join(str(getattr(c, "value", c)) for c in described.choices or ())
    return str(parameter.bare_type()).strip("<>")


def events_page() -> str:
    """Columns and kinds of scan events."""
    columns = [(f"`{c.name}`", c.type, c.role, c.zh, c.description) for c in schema.EVENT_COLUMNS]
    of_kinds = [
        (k.id, f"`{k.code}`", k.zh, k.en, k.stage, "yes" if k.container else "", k.description) for k in kinds.KINDS
    ]
    return f"""# Events 扫描事件

A scan event is one row. Two events equal in all *identity* columns are the same event; if they differ in a *payload* column, they
conflict; *origin* columns tell how an event came here. Absent values are 0. [How events become facts](../explain/facts.md) has the rules.

## Columns

{table(("column", "type", "role", "中文", "meaning"), columns)}
## Kinds 环节

The id is also the rank among events of one item in the same second. *container*: such a scan of a container reaches the items in it.

{table(("id", "code", "中文", "English", "stage", "container", "meaning"), of_kinds)}
## Item classes, kinds of sender, outcomes

{table(("item class", "number"), ((f"`{n}`", i) for n, i in schema.ITEM_CLASSES.items()))}
{table(("kind of sender", "number"), ((f"`{n}`", i) for n, i in schema.SENDER_KINDS.items()))}
{table(("outcome", "number"), ((f"`{n}`", i) for n, i in schema.OUTCOMES.items()))}"""


def state_page() -> str:
    """Fields and flags of an item's state."""
    rows = [
        (f"`{f.name}`", f.type, f.op, ", ".join(kinds.BY_ID[k].code for k in f.kinds) or "–", f.zh, f.description)
        for f in fields.FIELDS
    ]
    flags = [
        (f"`{name}`", bit, ", ".join(kinds.BY_ID[k].code for k in of) or "–", zh, text)
        for name, (bit, of, zh, text) in fields.FLAGS.items()
    ]
    return f"""# State of an item 寄件状态

One record of {fields.ROW.itemsize} bytes per item and journey. Fields with `min`, `max`, `or` and `word` are merges over the item's events in any order; `walk`
needs them in order. Type: `u` and the number of bytes. A store written under another declaration than this one is refused, and `yilu rebuild`
makes it again.

{table(("field", "type", "how", "kinds that speak to it", "中文", "meaning"), rows)}
## Flags 标志

{table(("flag", "bit", "kinds", "中文", "meaning"), flags)}"""


def cubes_page() -> str:
    """Cubes, their dimensions and measures."""
    rows = [
        (c.id, f"`{c.name}`", c.zh, ", ".join(f"{name} ({bits})" for name, bits in c.dimensions), c.description)
        for c in cubes.CUBES
    ]
    measures = [(i, f"`{name}`", zh, text) for name, (i, zh, text) in cubes.MEASURES.items()]
    statuses = [(i, f"`{name}`", zh, text) for name, (i, zh, text) in cubes.STATUSES.items()]
    of_quality = [(i, f"`{name}`", zh, text) for name, (i, zh, text) in cubes.QUALITY.items()]
    bases, how, stages = (
        [(i, f"`{name}`", zh, text) for name, (i, zh, text) in said.items()]
        for said in (cubes.BASES, cubes.HOW, cubes.STAGES)
    )
    return f"""# Cubes 汇总立方

A cell is a 64-bit code (3 bits for the cube, then its dimensions, most significant first) with a count. Nothing in a cube depends on the moment
of asking: what is due, overdue or in flight at an hour follows from hours that are dimensions. Numbers in brackets are bits.

{table(("id", "cube", "中文", "dimensions", "what it counts"), rows)}
## Measures of `clock` and `flow`

{table(("number", "measure", "中文", "meaning"), measures)}
## Bases of promises in `flow`

0 with the measures that have no promise.

{table(("number", "basis", "中文", "meaning"), bases)}
## Statuses of `checks`

{table(("number", "status", "中文", "meaning"), statuses)}
## Measures of `quality`

{table(("number", "measure", "中文", "meaning"), of_quality)}
## How items ended in `ends`

Failed attempts count as {cubes.MOST_ATTEMPTS} at most, changes of facility as {cubes.MOST_HOPS}; both are 0 of what wasn't delivered.

{table(("number", "how", "中文", "meaning"), how)}
## Stages of transit in `stages`

Bits: a time that no scan divides is counted under the sum of its stages. What ends a stage, of every life: [facts](../explain/facts.md).

{table(("bit", "stage", "中文", "meaning"), stages)}
## Bins of time

Bin 0 is below {cubes.BIN_0_S:g} s; each further bin is {cubes.BIN_RATIO:g} times as long, so that its geometric middle is within 1 % of every time in it.
"""


def rules_page() -> str:
    """Rules, their thresholds, severities and lives of alerts."""
    catalogue = declared()
    rules = [
        (
            f"`{r.id}`", r.zh, f"{r.en}. {r.means_en} {r.means_zh}", SEVERITIES[r.severity][1], r.input, "yes" if r.resolves else "no",
            ", ".join(f"`{t}`" for t in r.thresholds) or "–", ", ".join(f"`{i}`" for i in r.inhibits) or "–", ", ".join(("day", *r.group_by)),
            " · ".join(r.stands_on),
        )
        for r in catalogue.rules.values()
    ]  # fmt: skip
    thresholds = [
        (f"`{t.name}`", t.default, t.unit, f"{t.least} to {t.most}", f"{t.zh} · {t.en}")
        for t in catalogue.thresholds.values()
    ]
    head = (
        "rule",
        "中文",
        "meaning",
        "severity",
        "looks at",
        "resolves",
        "thresholds",
        "inhibits",
        "one alert for each",
        "stands on",
    )
    return f"""# Rules 规则

What facts need a person. [Alerts](../explain/alerts.md) says how evidence becomes an alert. A province sets thresholds, severities and rules it
does not apply in `rules.toml` of its folder. Numbers of articles are as known to us and to be checked (待核).

{table(head, rules)}
## Thresholds 阈值

All are assumptions until a province sets its own. A protected period may tighten {", ".join(f"`{t}`" for t in TIGHTENED)} for the items that it binds
([how](../explain/alerts.md#protected-periods-重要时点)).

{table(("threshold", "default", "unit", "bounds", "what for"), thresholds)}
## Severities 级别

{table(("number", "级别", "name"), [(n, zh, en) for n, (zh, en) in SEVERITIES.items()])}
## Lives of an alert 状态

{table(("life", "状态", "meaning"), [(f"`{life}`", zh, text) for life, (zh, text) in LIVES.items()])}"""


def indicators_page() -> str:
    """The catalogue of indicators."""
    rows = [
        (
            f"`{i.id}`", i.zh, f"{i.en}. {i.definition_en}. {i.definition_zh}", UNITS[i.unit][1], i.better, i.numerator or "–", i.denominator or "–",
            f"{i.basis_zh} · {i.basis_en}", PURPOSES[i.purpose][1], " · ".join(i.source),
        )
        for i in catalogue().values()
    ]  # fmt: skip
    head = (
        "indicator",
        "中文",
        "definition",
        "unit",
        "better",
        "numerator",
        "denominator",
        "basis 口径",
        "for",
        "source",
    )
    return f"""# Indicators 指标

`yilu indicators` gives their values, by operator, city, region, service level, day, week, month, quarter, year, beside the period before and the same one of
the year before. All are monitoring figures (监测口径), not statistical returns.

**What a value stands on.** Items, where any event tells of an operator's acceptances or deliveries of a day; or else the [daily counts](feeds.md) (日报) of that operator and day:
volumes, items delivered, due, on time, in flight, returned, lost, checks done, and rates of these. Nothing is counted of both. `basis` says which: `items`, `aggregates`, `both`; `error` by
what share a value may be off: 1 % for times, and for what stands on daily counts the mean distance of daily counts from items where both came in the period, times the share that stands on them (none, where
both came nowhere); `left_out` how many items daily counts tell of that the value can't use. `yilu indicators --counts` shows items beside daily counts, by operator and day.

**Purposes stay apart.** Daily counts given for statistics count with `--purpose statistics` alone, and those given for supervision without it. In statistics by city or region, what stands on fewer
than `least_firms` firms is withheld, and where that would leave one cell alone withheld, the smallest other cell too. Values of several questions put together can still tell more than one does.

{table(head, rows)}"""


PAGES: dict[str, Callable[[], str]] = {
    "settings": settings_page,
    "exit-codes": exit_codes_page,
    "commands": commands_page,
    "events": events_page,
    "state": state_page,
    "cubes": cubes_page,
    "network": network_page,
    "plan": plan_page,
    "statistics": statistics_page,
    "feeds": feeds_page,
    "rules": rules_page,
    "handling": handling_page,
    "indicators": indicators_page,
    "screens": lambda: screens_page(table),
    "roles": lambda: roles_page(table),
}
"""File name in docs/reference, without its ending, to what makes it."""


def write(folder: Path) -> None:
    """Write all pages into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / f"{name}.md").write_text(page().rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference"))
