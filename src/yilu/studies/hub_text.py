"""The part of ``docs/explain/hub-study.md`` that quotes figures, written from ``hub-study-figures.md`` alone: ``python -m yilu.studies.hub_text docs/explain``.

Every figure in the text is a cell or a number of that page, character by character, so that nobody edits it by hand after a run. A section that the page
hasn't got is named as missing.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from yilu.errors import YiluError

FIGURES, TEXT = "hub-study-figures.md", "hub-study.md"
BEGIN, END = "<!-- figures: written by yilu.studies.hub_text -->", "<!-- end of figures -->"
HEAD = (
    "# Figures of the hub study 枢纽研究的数字\n\nWhat they mean: [the hub study](hub-study.md). Every section says when and how it was made; together: "
    "`python -m yilu.studies.hub_page --seconds 600 --out docs/explain`.\n"
)
Row = dict[str, str]


def read(page: str) -> dict[str, str]:
    """The sections of a page, each with its heading line, by heading."""
    parts = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    return {part.split("\n", 1)[0].strip(): f"## {part.rstrip()}\n" for part in parts}


def written(sections: dict[str, str], order: list[str]) -> str:
    """The page: its head and the sections in ``order``."""
    return "\n".join([HEAD, *(sections[heading] for heading in order if heading in sections)])


def rows(section: str) -> list[Row]:
    """The rows of a section's table, each by its column heads; none where there is no table."""
    lines = [line for line in section.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


def sentences(page: str) -> str:
    """The text for a page of figures, in paragraphs and bullets."""
    held = read(page)
    out = []
    for heading, told in _TOLD.items():
        if heading in held:
            out += told(held[heading])
        else:
            out.append(f"- **{heading}**: not worked out yet.")
    return "\n".join([_SORTS, *out]) + "\n"


_SORTS = (
    "**Official** in what follows are the plan's cities and tiers, and names. **Modelled** is every figure: cost, bound, hours, shares, carbon. **Assumed** are the rates, "
    "discounts and speeds behind all of them, and where in a city its items come from. A gap is the share of all cost, in brackets "
    "of what hubs can change, by which another design of that kind may be cheaper at most. All yuan are of one day; each section of the "
    "[figures](hub-study-figures.md) says when and with how many seconds it was made.\n"
)


def _proof(row: Row) -> str:
    """The bound and gap of a row, in words."""
    if row["gap"] == "–":
        return "with no bound in that time"
    return f"with a proven gap of {row['gap']}"


def _day(section: str) -> list[str]:
    of = {r["what"]: r["value"] for r in rows(section)}
    return [
        f"- **The day**: {of['items a day that pass a hub, hundred million']} hundred million items pass a hub, {of['of them within the province']} of them within the province. "
        f"{of['cost that no hub changes, 10,000 yuan a day']} times 10,000 yuan are for what goes outside and the same for all hubs."
    ]


def _plan(section: str) -> list[str]:
    (row,) = rows(section)
    return [
        f"- **The plan's system**: {row['hubs']} hubs in its cities cost {row['cost, 10,000 yuan a day']} times 10,000 yuan, {_proof(row)}; "
        f"{row['hours']} hours from unit to unit on average, {row['t CO2e a day']} t CO2e. County units: {row['county units']}."
    ]


def _changes(section: str) -> list[str]:
    held = rows(section)
    more, lost = "costs more, 10,000 yuan a day", "lost, 10,000 yuan a day"
    firm = [r["hub"] for r in held if r["contested by"] == "0"]
    saves = [r for r in held if r[more].startswith("-")]
    open_ = sorted((r for r in held if r["contested by"] != "0"), key=lambda r: -int(r["contested by"]))
    worst = max(held, key=lambda r: float(r[lost].split()[0].replace(",", "")))
    out = ["- **One hub changed**, all others kept: " + (f"{'、'.join(firm)} are firm, no other city could have their hub for less than 1 % of what hubs can change." if firm else "every hub is contested.")]  # fmt: skip
    if open_:
        out.append(
            "    - Contested, in brackets by how many other cities: "
            + ", ".join(f"{r['hub']} ({r['contested by']})" for r in open_)
            + "."
        )
    if saves:
        out.append("    - Moving one changes the cost by: " + "; ".join(f"{r['hub']} to {r['best elsewhere']} {r[more]}" for r in saves) + ", in 10,000 yuan.")  # fmt: skip
    out.append(f"    - Losing {worst['hub']} costs most, {worst[lost]} times 10,000 yuan.")
    return out


def _free(section: str) -> list[str]:
    given, found = rows(section)
    said = re.search(r"^The best found costs .*$", section, re.MULTILINE)
    less = said.group(0).replace("The best found costs", "It costs", 1) if said else ""
    return [
        f"- **{found['hubs']} hubs without tiers**, placed freely, cost {found['cost, 10,000 yuan a day']} against {given['cost, 10,000 yuan a day']} at the plan's sites, {_proof(found)}. "
        f"{less} County units: {found['county units']}."
    ]


def _scenarios(section: str) -> list[str]:
    held = rows(section)
    if not held:
        return ["- **Other days' demand**: the province states no scenarios."]
    said = re.search(r"^Cities with a hub in every one.*$", section, re.MULTILINE)
    more = "the plan's sites cost more by"
    costs = "; ".join(f"{r['scenario']} {r[more]} (grade {r['grade']})" for r in held)
    return [
        f"- **Other days' demand**: the plan's sites cost more than the best found for that day, of what hubs can change then, by: {costs}. {said.group(0) if said else ''}"
    ]


def _number(section: str) -> list[str]:
    held = rows(section)
    gaps = {r["hubs"]: r["gap"].split(" %")[0] for r in held if r["gap"] != "–"}
    steps = ", ".join(f"{r['hubs']}: {r['cost, 10,000 yuan a day']}" for r in held)
    which = "all" if len(gaps) == len(held) else ", ".join(gaps) if gaps else "none"
    widest = f", the widest gap {max(map(float, gaps.values())):.2f} %" if gaps else ""
    return [
        f"- **By number of hubs**, in 10,000 yuan: {steps}. A bound was reached in time for {which} of them{widest}."
    ]


def _tiers(section: str) -> list[str]:
    out = ["- **Systems of tiers**:"]
    out += [
        f"    - {r['system']}: {r['cost, 10,000 yuan a day']} times 10,000 yuan, {_proof(r)}." for r in rows(section)
    ]
    return out + [f"    - {line[2:]}" for line in section.splitlines() if line.startswith("- ")]


def _promises(section: str) -> list[str]:
    out = ["- **Promises**, with the plan's cities; share of items in time:"]
    for r in rows(section):
        out.append(
            f"    - within {r['from unit to unit within']}: {r['in time, by cost alone']} by cost alone; {r['least late volume found']} with the least late volume found, and no choice of units can have more than {r['proven: at most']}; "
            f"{r['with a fine of one yuan a late item']} with a fine of one yuan."
        )
    return out


_TOLD = {
    "The day": _day,
    "The plan's system": _plan,
    "One hub changed": _changes,
    "The same number without tiers": _free,
    "Other days' demand": _scenarios,
    "The best sites by number": _number,
    "Systems of tiers": _tiers,
    "Promises": _promises,
}


def renewed(text: str, page: str) -> str:
    """The study's text with its figures from a page. Raises YiluError where the marks for them are missing."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(END) < text.index(BEGIN):
        raise YiluError(
            f"{TEXT} has no place for figures",
            zh=f"{TEXT} 中没有放数字的位置",
            next_step=f"Put the lines {BEGIN} and {END} where they belong.",
            next_step_zh=f"在应放之处写入两行:{BEGIN} 与 {END}",
        )
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n\n{sentences(page)}\n{END}{rest.split(END)[1]}"


def write(folder: Path) -> None:
    """Bring the text in ``folder`` up to date with the figures there, if it is there."""
    if (folder / TEXT).is_file():
        text, page = ((folder / name).read_text(encoding="utf-8") for name in (TEXT, FIGURES))
        (folder / TEXT).write_text(renewed(text, page), encoding="utf-8")


def main() -> None:
    """Write the text of a folder anew."""
    asked = argparse.ArgumentParser(description="The text of a hub study from its figures.")
    asked.add_argument("folder", type=Path)
    write(asked.parse_args().folder)


if __name__ == "__main__":
    main()
