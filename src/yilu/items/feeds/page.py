"""The reference page of feeds, made from the schemas: ``python -m yilu.items.feeds.page > docs/reference/feeds.md``."""

from __future__ import annotations

from yilu.items.feeds.kinds import EXPECTED, KINDS, Attribute
from yilu.items.feeds.reading import QUARANTINE
from yilu.items.feeds.reasons import REASONS

_HEAD = """# Feeds beside scan events 其他数据

`yilu feed KIND FILE` reads a CSV (UTF-8, a header, commas), JSON Lines or Parquet file of one of these kinds into the store; the ending tells
the format (`.csv`, `.jsonl` or `.ndjson`, `.parquet`). Columns that are not required may be left out. An empty count means that nothing was
reported, which is not 0.

- **A later file replaces.** A row is known by its *identity* columns. One that is not there yet is new, one equal to what is there is the
  same, any other replaces it and is counted as corrected. The same file may come any number of times; if it brings nothing, no commit is made.
- **No version is lost.** The store keeps every version of a row with the commit that brought it and when it was received, in files by month (daily
  counts), by day in UTC (device status) or as one (registers). A file costs what it changes and what is there of its own days, not the whole past.
- **A row is used whole or quarantined.** The account names file, row (counted from 1, without the header), column, value and what was
  expected. Values are shown only of kinds, times, places and counts, and only where they look like one. rows = used + quarantined, always.
  Quarantined rows are kept with their reason; those of a file that comes again are not kept twice.
- **Nothing of persons.** A column of names, telephones, identity numbers or addresses ends the reading; nothing of the file is kept. A
  column not named here ends it too. [How persons stay outside](../explain/persons.md).
- **Statistics are no grounds for penalty.** `purpose` is part of a daily count's identity: what was filed for statistics never replaces, and is
  never read as, what was given for supervision. Who reads daily counts must say for which purpose; there is no reading of both at once.
- **A register is a mirror or native.** `standing` says whether a national system decides (mirror) or the row is kept here (native). Two states of a
  register, ours and the national one, or last month's and today's, are compared row by row: added, removed, changed.
"""

_RULES: dict[str, str] = {
    "daily_aggregates": "`inspected` and `identified` are not more than `accepted`, and `on_time` not more than `due`, where both are there.",
    "device_status": "`value` is 0 or 1 for `power`, `inspector` and `online`.",
    "outlet_filings": "`opened_on` and `filed_on` are not after `valid_to`.",
    "sender_agreements": "`valid_from` is not after `valid_to`. The store keeps `customer` hashed again under its own key.",
    "licences": "`valid_from` is not after `valid_to`.",
    "crossing_closures": "`closed_from` is not after `closed_to`. [Alerts](../explain/alerts.md) say what it is for.",
    "silences": "`silent_from` is not after `silent_to`.",
    "protected_periods": "`protected_from` is not after `protected_to`. Lines of one period bear its id; a period with several measures, areas or classes has as many lines. [Alerts](../explain/alerts.md) say what each measure asks for.",
    "zero_reports": "The period is one of `protected_periods`; a report of another is kept and judged once that is known.",
}

_RETENTION = """
## How long 保存期

`yilu retain` drops what is past its period ([settings](settings.md)), counted back from the moment that it takes as now: `--as-of`, or else the
latest scan event, or, in a store without any, the day of the last receipt.

| what | setting | how |
|---|---|---|
| daily counts | `retain_counts_days` | whole months, by their last day |
| device status | `retain_devices_days` | whole days (UTC) |
| registers | `retain_registers_days` | versions that a later one has replaced for so long; what stands now stays |
| quarantined rows | `retain_quarantine_days` | by the day of receipt |

What was received before yilu kept the day of receipt stays."""

_READING = """
## Reading from Python 读取

```python
from yilu.items import feeds

november = feeds.load(  # as it stands now
    snapshot, "daily_aggregates", purpose="supervision", first=date(2025, 11, 1), last=date(2025, 11, 30)
)
feeds.versions(snapshot, "licences")  # every version, with commit and received_at (seconds UTC; 0: not known)
feeds.differences(old, new)  # two states of a register
feeds.quarantine(snapshot, "licences")  # rows that could not be used
```

A file is read whole into memory: about 0.6 GB for each million rows. Send device status by the hour."""


def reference_page() -> str:
    """The page as Markdown."""
    parts = [_HEAD]
    for kind in KINDS.values():
        parts += [
            f"\n## {kind.name} {kind.zh}\n\n{kind.en} {_RULES[kind.name]}\n",
            "| column | type | unit | default | required | identity | what for |",
            "|---|---|---|---|---|---|---|",
            *(_line(a) for a in kind.attributes),
        ]
    parts += ["\n## Types\n", "| type | what is expected |", "|---|---|"]
    parts += [f"| {name} | {zh} · {en} |" for name, (zh, en) in EXPECTED.items()]
    parts += [f"\n## Quarantine 隔离行\n\nColumns: {', '.join(f'`{n}`' for n in QUARANTINE.names)}.\n"]
    parts += ["| reason | 原因 | meaning | next step |", "|---|---|---|---|"]
    parts += [f"| `{r.code}` | {r.zh} | {r.en} | {r.next_step} |" for r in REASONS]
    parts += [_RETENTION]
    parts += [_READING]
    return "\n".join(parts) + "\n"


def _line(a: Attribute) -> str:
    kind = " \\| ".join(f"`{c}`" for c in a.choices) if a.choices else a.type
    default = f"`{a.default}`" if a.default else "–"
    flags = " | ".join("yes" if flag else "no" for flag in (a.required, a.identity))
    return f"| `{a.name}` | {kind} | {a.unit or '–'} | {default} | {flags} | {a.description_zh} · {a.description_en} |"


if __name__ == "__main__":
    print(reference_page(), end="")
