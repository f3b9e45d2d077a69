"""A small network and rows of feeds for the tests."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from yilu import network
from yilu.items import feeds

GUANGDONG = network.load("guangdong")
OPERATORS, FACILITIES = GUANGDONG.operators, GUANGDONG.facilities
OPERATOR = str(OPERATORS.code[1])
FACILITY = str(FACILITIES.code[1])

GOOD: dict[str, dict[str, str]] = {
    "daily_aggregates": {
        "operator": OPERATOR, "facility": FACILITY, "day": "2025-11-11", "direction": "outbound", "item_class": "express",
        "basis": "operator", "purpose": "supervision", "accepted": "1200", "delivered": "", "inspected": "1100", "identified": "1199",
        "screened": "1300", "returned": "3", "lost": "0", "complaints": "2", "due": "900", "on_time": "880", "in_flight": "2500",
    },
    "device_status": {"device": "XR-01", "kind": "passes", "at": "2025-11-11T08:00:00+08:00", "facility": FACILITY, "value": "37"},
    "outlet_filings": {
        "filing": "粤深邮备〔2025〕00012号", "operator": OPERATOR, "facility": FACILITY, "opened_on": "2025-01-02", "filed_on": "2025-01-10",
        "valid_to": "2028-01-09", "status": "filed", "standing": "mirror",
    },
    "sender_agreements": {
        "operator": OPERATOR, "customer": "ab" * 32, "facility": FACILITY, "valid_from": "2025-01-01", "valid_to": "",
        "status": "active", "standing": "mirror",
    },
    "licences": {
        "licence": "国邮20100001C", "operator": OPERATOR, "credit_code": "91350100M000100Y43", "scope": "international",
        "valid_from": "2022-03-01", "valid_to": "2027-02-28", "status": "valid", "standing": "mirror",
    },
    "crossing_closures": {
        "closure": "2025-09-23-1", "crossing": "QIONGZHOU", "closed_from": "2025-09-23T12:00:00+08:00", "closed_to": "", "status": "declared",
    },
    "silences": {
        "silence": "S-1", "rule": "stalled", "operator": OPERATOR, "facility": FACILITY, "area": "440300", "silent_from": "2025-11-11T00:00:00+08:00",
        "silent_to": "2025-11-12T00:00:00+08:00", "status": "declared",
    },
    "protected_periods": {
        "line": "NG-2025-1", "period": "NG-2025", "zh": "第十五届全国运动会2025", "en": "National-Games-2025", "protected_from": "2025-11-05T00:00:00+08:00",
        "protected_to": "2025-11-22T00:00:00+08:00", "measure": "screen", "side": "destination", "area": "440100", "item_class": "letter",
        "sender_kind": "contract", "latest_place": "acceptance", "operator": OPERATOR, "status": "declared",
    },
    "zero_reports": {
        "period": "NG-2025", "operator": OPERATOR, "day": "2025-11-11", "reported_at": "2025-11-11T17:30:00+08:00", "cases": "0", "status": "received",
    },
}  # fmt: skip
"""One good row of each kind, as text."""


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    """The rows as a file of the format that the path's ending names; absent and empty values are left out where the format can."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    if path.suffix == ".csv":
        lines = [names, *([row.get(n, "") for n in names] for row in rows)]
        path.write_text("".join(",".join(line) + "\n" for line in lines), encoding="utf-8")
    elif path.suffix == ".parquet":
        pq.write_table(pa.table({n: pa.array([row.get(n) or None for row in rows], pa.string()) for n in names}), path)
    else:
        path.write_text(
            "".join(json.dumps({k: v for k, v in row.items() if v}, ensure_ascii=False) + "\n" for row in rows)
        )
    return path


def read(kind: str, path: Path) -> feeds.FeedRows:
    """The file read against Guangdong."""
    return feeds.read(
        kind,
        path,
        OPERATORS,
        FACILITIES,
        codes={"crossing": ["QIONGZHOU"], "rule": ["stalled"], "area": ["440100", "440300"]},
    )


def table(tmp_path: Path, kind: str, *changes: dict[str, str]) -> pa.Table:
    """Good rows of a kind, each with some values changed."""
    found = read(kind, write(tmp_path / "rows.csv", [GOOD[kind] | change for change in changes]))
    assert found.quarantine.num_rows == 0, found.quarantine.to_pylist()
    return found.table
