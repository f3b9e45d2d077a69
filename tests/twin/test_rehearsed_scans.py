"""Scans of rehearsed days: what the facts that are made of them say is what the days were, and what was predicted of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.dispatch.small_timetable import DAY
from tests.twin.test_rehearsal import A_DAY, SORTS, TIGHT, _province
from yilu.cli.app import main
from yilu.cli.ingest import ingest_into
from yilu.errors import InputError, YiluError
from yilu.items import answers
from yilu.items.reading import Snapshot
from yilu.network import Network, load
from yilu.network.rules import CHECKS
from yilu.run.facts import Facts
from yilu.settings import load as load_settings
from yilu.studies.agreement import Kept, of_promises
from yilu.twin.rehearsal import scans as of_scans
from yilu.twin.rehearsal.days import Rehearsal, days, rehearse
from yilu.twin.rehearsal.scans import write_scans
from yilu.twin.rehearsal.stage import stage

World = tuple[Rehearsal, Path, Snapshot]


def _world(root: Path, network: Network, province: str, first: date, items: int, room: bool) -> World:
    """Days, their files, and the facts of these."""
    of = days(network, first, items)
    run = rehearse(of, stage(of.timetable, of.stands_for, room=room), trace=True)
    write_scans(run, root / "events")
    facts = Facts(load_settings(store=root / "store", key_file=root / "key", buckets=8, province=province))
    counts = ingest_into(facts, str(root / "events"), "yilu", "", shown=False).counts
    assert counts.accepted == counts.rows and counts.quarantined == counts.unmapped == 0
    return run, root, facts.read()


@pytest.fixture(scope="module", params=["guangdong, room for all", "guangdong", "small"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Days of Guangdong with room for everything and with the timetable's, and of a small province that has too little."""
    root = tmp_path_factory.mktemp("rehearsed")
    if request.param == "small":
        network = _province(root, lanes=TIGHT, handling=SORTS)
        yield _world(root, network, str(network.folder), DAY, A_DAY, True)
    else:
        yield _world(root, load("guangdong"), "guangdong", date(2025, 11, 11), 1500, request.param == "guangdong")


def test_facts_are_what_the_days_were(world: World) -> None:
    """By service level as many accepted, delivered, due and on time as the rehearsal's own arrays hold, up to the hour that the facts know."""
    run, _, snapshot = world
    a, ends, network = run.days.accepted, run.days.ends, run.days.timetable.network
    at, told = a.at(run.days.timetable), a.day < run.days.counted.stop
    origin, destination = ends.area[a.origin], ends.area[a.destination]
    level = network.level_of_pair[origin, destination]
    due = network.promise(at.astype(np.uint32), origin.astype(np.uint16), destination.astype(np.uint16), level)
    until = snapshot.as_of // 3600 * 3600
    came = (run.delivered > 0) & (run.delivered < until)
    for row in answers.on_time(snapshot, snapshot.as_of, by=("level",)).to_pylist():
        mine = told & (level == row["level"])
        is_due = mine & (due > 0) & (due < until)
        expected = (mine.sum(), (mine & came).sum(), is_due.sum(), (is_due & came & (run.delivered <= due)).sum())
        assert (row["accepted"], row["delivered"], row["due"], row["on_time"]) == expected
        assert row["unaccepted"] == row["ended"] == 0


def test_every_check_that_is_owed_is_there(world: World) -> None:
    """No item of rehearsed days lacks an inspection, an identification or a screening, and none was screened after it had left."""
    run, _, snapshot = world
    rows = answers.checks(snapshot).to_pylist()
    assert {row["check"] for row in rows} == set(
        CHECKS if len(run.days.timetable.network.obligation_rules.check) else ()
    )
    assert all(row["missing"] == row["after"] == 0 and row["done"] > 0 for row in rows)


def test_an_item_tells_its_rides(world: World) -> None:
    """Each item's scans, in order of their times, are an acceptance, then departures and arrivals in turn at the places of its rides, each arrival at the ride's minute, then the last round and delivery."""
    run, root, _ = world
    table = pa.concat_tables([pq.read_table(path) for path in sorted((root / "events").glob("*.parquet"))]).unify_dictionaries()  # fmt: skip
    codes = run.days.timetable.network.facilities.code_of_id
    c, f, of = run.stage.departures, run.days.timetable.facilities, run.days.timetable
    rows = table.select(["waybill", "kind", "facility", "at"]).sort_by([("waybill", "ascending"), ("at", "ascending")])
    number = pc.utf8_slice_codeunits(rows["waybill"], 10).cast(pa.int64()).to_numpy()
    kind, place = (np.array(rows[name].cast(pa.string()).to_pylist()) for name in ("kind", "facility"))
    at = rows["at"].cast(pa.int64()).to_numpy() // 1000
    rode = [item for item in np.unique(run.moved.trace[:, 0]) if item in number]
    assert len(rode) > 1000
    for item in rode[:: len(rode) // 300]:
        mine = np.flatnonzero(number == item)
        moves = mine[np.isin(kind[mine], ("depart", "arrive"))]
        expected = []
        for ride in run.moved.trace[run.moved.trace[:, 0] == item, 1]:
            expected.append(
                ("depart", codes[int(run.stage.queue_source[c.queue[ride]])], int(of.at(c.departs[ride])) // 60)
            )
            if c.arrives[ride] < run.stage.minutes:
                expected.append(("arrive", codes[int(c.target[ride] % f)], int(of.at(c.arrives[ride])) // 60))
        assert list(zip(kind[moves].tolist(), place[moves].tolist(), (at[moves] // 60).tolist(), strict=True)) == expected  # fmt: skip
        assert kind[mine[0]] == "accept"
        if run.delivered[item]:
            assert kind[mine[-2:]].tolist() == ["out_for_delivery", "deliver"] and at[mine[-1]] == run.delivered[item]


def test_a_file_holds_the_uploads_of_a_day(world: World) -> None:
    """Each file is named after the local day of its scans' recording, which rises within it; each scan is recorded within the minute after it."""
    run, root, _ = world
    network = run.days.timetable.network
    for path in (root / "events").glob("*.parquet"):
        table = pq.read_table(path, columns=["at", "recorded_at"])
        at, recorded = (table[name].cast(pa.int64()).to_numpy() // 1000 for name in ("at", "recorded_at"))
        assert (np.diff(recorded) >= 0).all() and ((recorded > at) & (recorded <= at + 60)).all()
        assert {network.local_date(int(t)).isoformat() for t in recorded[[0, -1]]} == {
            path.stem.removeprefix("events-")
        }


def test_the_facts_agree_with_the_prediction(tmp_path: Path) -> None:
    """On days with room for all, the share on time that the facts hold lies within three standard errors of what promises predict of the province."""
    run, _, snapshot = _world(tmp_path, load("guangdong"), "guangdong", date(2025, 11, 11), 3000, False)
    predicted = {k.level: k for k in of_promises(run, run).unbounded}
    rows = [r for r in answers.on_time(snapshot, snapshot.as_of, by=("level",)).to_pylist() if r["due"]]
    assert len(rows) == 4
    for row in rows:
        p = predicted[row["level"]].predicted
        assert Kept(row["level"], row["due"], p, row["on_time_rate"], (p * (1 - p) / row["due"]) ** 0.5).agrees


def _command(*more: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["rehearse", *more])
    return int(left.value.code or 0)


def test_the_command_writes_events(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--events`` writes files that the answer names; into a folder that holds events nothing is written, and a plan has none."""
    network, out = _province(tmp_path), tmp_path / "events"
    asked = ("--province", str(network.folder), "--day", DAY.isoformat(), "--items", "50", "--events", str(out))
    assert _command(*asked, "--json") == 0
    assert f'"{out}/events-{DAY}.parquet"' in capsys.readouterr().out
    before = {path: path.read_bytes() for path in out.iterdir()}
    assert _command(*asked) == 2
    assert "events" in capsys.readouterr().err and before == {path: path.read_bytes() for path in out.iterdir()}
    assert _command(*asked, "--assigned") == 2
    assert "--events" in capsys.readouterr().err


def test_too_many_events_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More scans than memory is meant to hold are refused before they are made, with what to ask for instead; a folder with events is."""
    of = days(_province(tmp_path), DAY, 50)
    run = rehearse(of, stage(of.timetable, of.stands_for), trace=True)
    monkeypatch.setattr(of_scans, "MOST_EVENTS", 100)
    with pytest.raises(InputError, match="at most 100 events"):
        write_scans(run, tmp_path / "events")
    assert not list(tmp_path.glob("events/*"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "events-2025-11-11.parquet").touch()
    with pytest.raises(YiluError, match="holds events"):
        write_scans(run, tmp_path / "full")
