"""Checks a province folder whole: each table by its schema, and what must hold between rows and tables."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from yilu.network.lane_checks import lane_problems
from yilu.network.reading import MOST_PROBLEMS, Folder, Problem, Row, problem_of, read, text_of
from yilu.network.schema import TABLES, attributes

_SHARES_WITHIN = 1e-6
_LAYERS = ("brand", "enterprise", "branch", "outlet")
_UPWARD = {
    "country": (), "province": ("country",), "region": ("province",), "city": ("region", "province"),
    "county": ("city", "region", "province"), "abroad": ("abroad",),
}  # fmt: skip
"""Levels that the parent of an area may have."""


def check(folder: Path) -> list[Problem]:
    """Every fault of the folder, in the order of its files and rows; an empty list: ``load`` takes it.

    Of a file with very many faults the first ``MOST_PROBLEMS`` are named, and how many more there are.     Raises nothing for what is in the folder; a folder that doesn't exist has the fault that its files are missing.
    """
    return read_and_check(folder)[1]


def read_and_check(folder: Path) -> tuple[Folder, list[Problem]]:
    """The folder's contents and all its faults."""
    held, problems = read(folder)
    problems = problems + [
        *_uniqueness(held),
        *_references(held),
        *_areas(held),
        *_box(held),
        *_operators(held),
        *_rules(held),
        *_numbers(held),
        *lane_problems(held),
    ]
    order = {f"{name}.csv": i for i, name in enumerate(TABLES)}
    return held, _bounded(sorted(problems, key=lambda p: (order.get(p.file, -1), p.file, p.row or 0)))


def _bounded(problems: list[Problem]) -> list[Problem]:
    """The first ``MOST_PROBLEMS`` faults of each file (sorted by file), and how many more it has."""
    kept: list[Problem] = []
    for file, group in groupby(problems, key=lambda p: p.file):
        found = list(group)
        kept += found[:MOST_PROBLEMS]
        if len(found) > MOST_PROBLEMS:
            more = f"{len(found) - MOST_PROBLEMS} more faults"
            kept.append(Problem(file, None, None, None, more, "the faults above corrected"))
    return kept


def _uniqueness(held: Folder) -> Iterator[Problem]:
    """Ids and codes stand once; a promise rule stands once per level and day."""
    keys: dict[str, tuple[tuple[str, ...], ...]] = {
        name: tuple((c,) for c in ("id", "code") if c in {a.name for a in attributes(name)}) for name in TABLES
    }
    keys["promise_rules"] = (("service_level", "valid_from"),)
    keys["barriers"] = (("barrier", "position"),)
    keys["demand"] = (("origin", "destination"),)
    keys["figures"] = (("measure", "subject"),)
    keys["handling"] = (("kind", "facility"),)
    keys["rounds"] = (("side", "area"),)
    keys["road_times"] = (("at",),)
    for name, groups in keys.items():
        for columns in groups:
            seen: dict[tuple[str, ...], int] = {}
            for row in held.tables[name]:
                key = tuple(text_of(row, c) for c in columns)
                if key in seen:
                    yield problem_of(name, row, columns[-1], f"stands in row {seen[key]} already", "each once")
                seen.setdefault(key, row.number)


def _references(held: Folder) -> Iterator[Problem]:
    """Codes that name a row of another table name one that is there."""
    codes = {
        f"{name}.code": {text_of(row, "code") for row in held.tables[name]} | unread
        for name in TABLES
        if "code" in {a.name for a in attributes(name)} and (unread := held.unread[name]) is not None
    }
    for name in TABLES:
        for a in attributes(name):
            if a.references not in codes:
                continue
            for row in held.tables[name]:
                given = text_of(row, a.name)
                parts = given.split(";") if a.type == "list" else [given]
                if any(part and part not in codes[a.references] and part not in a.choices for part in parts):
                    yield problem_of(name, row, a.name, "names no row", a.expected)


def _areas(held: Folder) -> Iterator[Problem]:
    """Parents stand one or more levels up and on the same side of the province's border; the province itself is there."""
    rows = {text_of(row, "code"): row for row in held.tables["areas"]}
    for row in rows.values():
        parent = rows.get(text_of(row, "parent"))
        if parent is None:
            continue
        level = text_of(parent, "level")
        if level not in _UPWARD[text_of(row, "level")]:
            allowed = " or ".join(_UPWARD[text_of(row, "level")]) or "no parent"
            yield problem_of("areas", row, "parent", f"a {text_of(row, 'level')} can't lie in a {level}", allowed)
        elif parent.values["inside"] and not row.values["inside"]:
            yield problem_of("areas", row, "inside", "lies in an area of the province", "yes")
        elif row.values["inside"] and not parent.values["inside"] and level != "country":
            yield problem_of("areas", row, "inside", "lies in an area outside the province", "no")
    unread = held.unread["areas"]
    if held.province and unread is not None and held.province.code not in rows.keys() | unread:
        yield Problem("province.toml", None, "code", held.province.code, "names no row of areas.csv", "a code of areas")
    yield from _cycles("areas", held.tables["areas"])


def _box(held: Folder) -> Iterator[Problem]:
    """The province's areas and facilities lie in its box, where it states one: swapped or mistyped degrees rarely do."""
    if held.province is None or held.province.bbox is None:
        return
    west, south, east, north = held.province.bbox
    inside = {text_of(row, "code") for row in held.tables["areas"] if row.values["inside"]}
    for name, column in (("areas", "code"), ("facilities", "area")):
        for row in held.tables[name]:
            if text_of(row, column) in inside:
                if not west <= float(str(row.values["lon"])) <= east:
                    yield problem_of(name, row, "lon", "outside the province's box", f"from {west} to {east}")
                if not south <= float(str(row.values["lat"])) <= north:
                    yield problem_of(name, row, "lat", "outside the province's box", f"from {south} to {north}")


def _operators(held: Folder) -> Iterator[Problem]:
    """Each operator's parent stands in a layer above: brand, enterprise, branch, outlet."""
    rows = {text_of(row, "code"): row for row in held.tables["operators"]}
    for row in rows.values():
        layer = _LAYERS.index(text_of(row, "layer"))
        parent = rows.get(text_of(row, "parent"))
        if parent is not None and _LAYERS.index(text_of(parent, "layer")) >= layer:
            above = " or ".join(_LAYERS[:layer]) or "no parent"
            yield problem_of("operators", row, "parent", f"the parent's layer is {text_of(parent, 'layer')}", above)
        if layer >= 2 and parent is None and not text_of(row, "parent"):
            yield problem_of(
                "operators", row, "parent", "a branch or an outlet belongs to someone", "a code of operators"
            )


def _cycles(table: str, rows: list[Row]) -> Iterator[Problem]:
    parents = {text_of(row, "code"): text_of(row, "parent") for row in rows}
    for row in rows:
        seen = {text_of(row, "code")}
        at = text_of(row, "parent")
        while at in parents and at not in seen:
            seen.add(at)
            at = parents[at]
        if at == text_of(row, "code"):
            yield problem_of(
                table, row, "parent", "the parents go round in a circle", "a parent that ends at a top area"
            )


def _rules(held: Folder) -> Iterator[Problem]:
    """Periods end after they begin; each scope has one level; a calendar promise is due after it is accepted."""
    for name in ("obligations", "crossings", "calendar", "lanes"):
        for row in held.tables[name]:
            until = text_of(row, "valid_to")
            if until and until <= text_of(row, "valid_from"):
                yield problem_of(name, row, "valid_to", "ends before it begins", "a day after valid_from")
    taken: dict[str, int] = {}
    for row in held.tables["service_levels"]:
        for scope in filter(None, text_of(row, "scopes").split(";")):
            if scope in taken:
                yield problem_of(
                    "service_levels", row, "scopes", f"{scope} stands in row {taken[scope]} already", "each scope once"
                )
            taken.setdefault(scope, row.number)
    for row in held.tables["promise_rules"]:
        if text_of(row, "clock") == "calendar":
            due, cut_off, days = (int(str(row.values[c])) for c in ("due_time", "cut_off", "amount"))
            if days == 0 and due < min(cut_off, 1440):
                yield problem_of(
                    "promise_rules", row, "due_time", "an item may be due before it is accepted", "a time after cut_off"
                )
    barriers = {text_of(row, "barrier") for row in held.tables["barriers"]}
    for row in held.tables["crossings"] if held.unread["barriers"] is not None else ():
        if text_of(row, "barrier") not in barriers:
            yield problem_of("crossings", row, "barrier", "names no row", "a barrier of barriers.csv")


_MARKETS = ("same_city", "intercity", "abroad")
_NEEDED: tuple[tuple[str, str | None], ...] = (
    *(("items", market) for market in _MARKETS),
    ("balance", None),
    ("within_province", None),
    ("population", None),
)


def _numbers(held: Folder) -> Iterator[Problem]:
    """Figures are those that the method of demand needs, about areas that are there; stated shares add up to 1."""
    areas = {text_of(row, "code"): row for row in held.tables["areas"]}
    unread = held.unread["areas"]
    figures = held.tables["figures"]
    for row in figures:
        subject, market = text_of(row, "subject"), text_of(row, "measure") == "items"
        if market and subject not in _MARKETS:
            yield problem_of("figures", row, "subject", "no such market", "one of " + ", ".join(_MARKETS))
        if not market and unread is not None and subject not in areas.keys() | unread:
            yield problem_of("figures", row, "subject", "names no row", "a code of areas")
        if not market and subject in areas and text_of(areas[subject], "level") == "county":
            yield problem_of(
                "figures", row, "subject", "a county unit", "a city, a region, a province or an area abroad"
            )
        number, measure = float(str(row.values["value"])), text_of(row, "measure")
        if number <= 0 and measure in ("balance", "population", "abroad_share"):
            yield problem_of("figures", row, "value", "nothing", "more than 0")
        if number > 100 and measure in ("region_share", "city_share", "within_province", "abroad_share"):
            yield problem_of("figures", row, "value", "more than the whole", "percent, 100 at most")
        if number > 1e12:
            yield problem_of("figures", row, "value", "too large", "1e12 at most")
    if figures and not any(text_of(row, "measure") == "items" and row.values["value"] for row in figures):
        yield Problem("figures.csv", None, "value", None, "no items at all", "items of at least one market")
    there = {(text_of(row, "measure"), text_of(row, "subject")) for row in figures}
    for measure, wanted in _NEEDED if figures and not held.tables["demand"] else ():
        if not any(m == measure and wanted in (None, s) for m, s in there):
            what = f"{measure} {wanted or ''}".strip()
            yield Problem(
                "figures.csv", None, "measure", None, f"{what} is missing", "every figure that demand is built from"
            )
    rows = held.tables["demand"]
    total = sum(float(str(row.values["share"])) for row in rows)
    if rows and abs(total - 1) > _SHARES_WITHIN:
        yield Problem("demand.csv", None, "share", f"{total:.9f}", "the shares don't add up", "1 in all")
