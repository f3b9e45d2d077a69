"""The registers as the facts hold them: the last version of each row, with the commit that brought it, narrowed to who looks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from yilu.console.access.narrowing import narrow
from yilu.console.access.scope import Scope
from yilu.items import feeds
from yilu.items.reading import Snapshot
from yilu.network import Network


@dataclass(frozen=True)
class Version:
    """The last version of a row: operators and facilities by code, times in UTC seconds; ``commit``: that brought it."""

    row: dict[str, Any]
    commit: int
    received_at: int


@dataclass(frozen=True)
class Standing:
    """A register at one commit, by identity."""

    kind: str
    versions: dict[tuple[object, ...], Version]


def standing_of(snapshot: Snapshot, network: Network, kind: str) -> Standing:
    """The register ``kind`` of a commit."""
    operators, facilities = network.operators.code_of_id, network.facilities.code_of_id
    found: dict[tuple[object, ...], Version] = {}
    for row in feeds.versions(snapshot, kind).to_pylist():
        commit, received = row.pop("commit"), row.pop("received_at")
        if "operator" in row:
            row["operator"] = operators.get(row["operator"] or 0, "")
        if "facility" in row:
            row["facility"] = facilities.get(row["facility"] or 0, "")
        identity = tuple(str(row[name]) for name in feeds.KINDS[kind].identity)
        found[identity] = Version(row, commit, received)
    return Standing(kind, found)


@narrow.register
def _(rows: Standing, scope: Scope) -> Standing:
    """What binds somebody or somewhere in scope: rows without an operator bind all, rows without an area everywhere."""
    return replace(rows, versions={k: v for k, v in rows.versions.items() if _touches(v.row, scope)})


def _touches(row: dict[str, Any], scope: Scope) -> bool:
    if scope.operator_ids and row.get("operator", "") not in ("", scope.operator):
        return False
    if scope.everywhere:
        return True
    network = scope.network
    if facility := row.get("facility", ""):
        return bool(scope.at_facility[network.facilities.index_of_code.get(facility, 0)])
    area = row.get("area") or ""
    if area in network.areas.index_of_code:
        return bool((network.under(area) & scope.in_area).any())
    return area == ""
