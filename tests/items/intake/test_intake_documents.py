"""EPCIS documents and sender tokens at the door: rows are events of the document, tokens stand beside the events, hashed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from intake_world import KEY, NETWORK, RECEIVED, chunks, jsonl, only, reasons_of, row

from yilu.items.intake import Mapping, SourceError, open_source
from yilu.items.intake.mapping import parse
from yilu.items.keys import hash64
from yilu.items.kinds import VOID

FEED = 'name = "gs1"\nformat = "epcis"\nfiles = "*.json*"\noperator = "EMS"\n[epcis.locations]\n"414/4012345000054" = "GZ-HUB"\n'


def document(*events: dict[str, Any]) -> str:
    """A capture document of ``events``."""
    return json.dumps(
        {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"], "type": "EPCISDocument", "schemaVersion": "2.0",
            "creationDate": "2025-11-11T00:00:00Z", "epcisBody": {"eventList": list(events)},
        }
    )  # fmt: skip


def scan(*epcs: str, **changed: Any) -> dict[str, Any]:
    """An object event."""
    return {
        "type": "ObjectEvent", "eventTime": "2025-11-11T08:00:00+08:00", "eventTimeZoneOffset": "+08:00", "action": "OBSERVE",
        "bizStep": "arriving", "epcList": list(epcs), "readPoint": {"id": "urn:epc:id:sgln:4012345.00005.0"}, **changed,
    }  # fmt: skip


def sscc(n: int) -> str:
    """A serial shipping container code."""
    return f"urn:epc:id:sscc:4012345.{n:010d}"


def test_an_event_of_many_items_is_one_row(tmp_path: Path) -> None:
    """Each item gets an event; the row is used once; place and operator come from the mapping."""
    (tmp_path / "d.json").write_text(
        document(scan(sscc(1), sscc(2), sscc(3)), scan(sscc(1), bizStep="departing")), encoding="utf-8"
    )
    chunk = only(tmp_path / "d.json", parse(FEED, "gs1.toml"))
    assert (chunk.rows, chunk.used, len(chunk.events), chunk.quarantine.num_rows) == (2, 2, 4, 0)
    assert set(chunk.events.operator.tolist()) == {2}
    assert chunk.events.place.tolist() == [7, 7, 7, 7]
    assert set(chunk.events.at.tolist()) == {1_762_819_200}
    first, second = chunks(tmp_path / "d.json", parse(FEED, "gs1.toml"), chunk_rows=1)
    assert [(c.rows, len(c.events), c.last) for c in (first, second)] == [(1, 3, False), (1, 1, True)]
    (rest,) = chunks(tmp_path / "d.json", parse(FEED, "gs1.toml"), chunk_rows=1, done=lambda _: 1)
    assert rest.fingerprint == second.fingerprint


def test_one_bad_item_quarantines_the_whole_event(tmp_path: Path) -> None:
    """An event is used with all its items or not at all; its row bears one reason; the next event is untouched."""
    events = [
        scan(sscc(1), sscc(2), eventTime="2199-01-01T00:00:00Z"),
        scan(sscc(3), bizStep="departing"),
        scan(sscc(4), eventTime="2199-01-01T00:00:00Z"),
    ]
    (tmp_path / "d.json").write_text(document(*events), encoding="utf-8")
    chunk = only(tmp_path / "d.json", parse(FEED, "gs1.toml"))
    assert (chunk.rows, chunk.used, len(chunk.events)) == (3, 1, 1)
    assert reasons_of(chunk) == [(1, "time_out_of_range"), (3, "time_out_of_range")]
    numbers = parse(FEED.replace("[epcis.", '[epcis]\nnumber_prefixes = ["https://ems.example/"]\n[epcis.'), "gs1.toml")
    mixed = scan(
        "https://ems.example/RB123456785NL", "https://ems.example/RB123456786NL", "https://ems.example/RB123456785NL1"
    )
    (tmp_path / "d.json").write_text(document(scan(sscc(1)), mixed), encoding="utf-8")
    chunk = only(tmp_path / "d.json", numbers)
    assert (chunk.used, len(chunk.events), reasons_of(chunk)) == (1, 1, [(2, "bad_check_digit")])


def test_an_invalid_document_is_refused_whole(tmp_path: Path) -> None:
    """The error names the file and what is expected; other documents of the folder are read."""
    (tmp_path / "a.json").write_text(document(scan(sscc(1), action="LOOK")), encoding="utf-8")
    (tmp_path / "b.json").write_text(document(scan(sscc(1))), encoding="utf-8")
    reader = open_source(tmp_path, parse(FEED, "gs1.toml"), NETWORK, KEY, received_at=RECEIVED)
    assert next(reader).source_name == "b.json"
    with pytest.raises(SourceError, match=r"a\.json: EPCIS document refused: .*action"):
        next(reader)


def test_the_shared_documents(tmp_path: Path) -> None:
    """All valid ones are read with rows = used + quarantined, errors declared become voids, invalid ones are refused."""
    folder = Path(__file__).resolve().parents[4] / "shared" / "data" / "events" / "epcis"
    if not folder.is_dir():
        pytest.skip("the shared EPCIS documents (../shared/data/events/epcis) are not there")
    mapping = parse(FEED, "gs1.toml")
    rows, used, voids, declared = 0, 0, 0, 0
    for path in sorted(folder.rglob("*.json*")):
        if "nvalid" in str(path.relative_to(folder)):
            with pytest.raises(SourceError):
                chunks(path, mapping)
            continue
        chunk = only(path, mapping)
        assert chunk.rows == chunk.used + chunk.quarantine.num_rows
        rows, used = rows + chunk.rows, used + chunk.used
        voids += len({int(v) for v in chunk.events.voids[chunk.events.kind == VOID]})
        declared += len(re.findall(r'"errorDeclaration"\s*:', path.read_text(encoding="utf-8")))
    assert rows > 60 and used > 40
    assert 0 < voids <= declared


def test_tokens_stand_beside_the_events_hashed_by_day(tmp_path: Path) -> None:
    """Acceptances with a token, by operator, outlet and local day, the token hashed under the store's key: the same in every reading, another on
    another day; blank ones, other kinds and pieces give none; no event, quarantined row or count of unknown texts holds a token."""
    at = "2025-11-11T{}+08:00"
    rows = [
        row(kind="accept", sender_token=t, at=at.format(h), waybill=f"A{i}")
        for i, (t, h) in enumerate([("x-marks", "08:00:00"), ("x-marks", "23:59:59"), ("y-marks", "09:00:00")])
    ]
    rows += [
        row(kind="accept", sender_token="x-marks", at="2025-11-12T00:00:00+08:00"),
        row(kind="deliver", sender_token="x-marks"),
        row(kind="accept", sender_token=" "),
        row(kind="accept", sender_token="x-marks", piece=2),
        row(kind="accept", sender_token="x-marks", at="not a time"),
    ]
    path = jsonl(tmp_path / "e.jsonl", *rows)
    chunk = only(path)
    told = chunk.tokens.to_pylist()
    day = 20_403
    of = lambda t, d: int(hash64(pa.array([t]), (1 << 14) + d, KEY)[0])  # noqa: E731
    assert [(r["operator"], r["place"], r["day"], r["token"]) for r in told] == [
        (1, 7, day, of("x-marks", day)), (1, 7, day, of("x-marks", day)), (1, 7, day, of("y-marks", day)), (1, 7, day + 1, of("x-marks", day + 1)),
    ]  # fmt: skip
    assert {r["key"] for r in told} <= set(chunk.events.key.tolist())
    assert of("x-marks", day) != of("x-marks", day + 1)
    assert only(path).tokens.equals(chunk.tokens)
    assert "x-marks" not in str(chunk.quarantine.to_pylist()) and chunk.quarantine.num_rows == 1
    assert not set(chunk.events.to_arrow().schema.names) & {"sender_token", "token"}
    hashes = {r["token"] for r in told}
    assert not any(hashes & set(column.tolist()) for column in vars(chunk.events).values())
    assert only(path, Mapping.read("yilu"), chunk_rows=100).rows == 8
