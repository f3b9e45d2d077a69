"""What carriers' files would say of rehearsed days: each item's acceptance with its checks, its rides, its last round and delivery, in yilu's canonical layout.

So facts are made of days that move on the timetable, in which queues, waves and full departures are real; what the facts then say of promises can be held against what is predicted of them.
A scan never lies: nothing is late, missing or told twice. For feeds that are, see ``twin.life``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from yilu.errors import InputError, YiluError
from yilu.items import kinds
from yilu.items.schema import ITEM_CLASSES, OUTCOMES, SENDER_KINDS
from yilu.twin.compile import brands, shares_of_brands, weights_g
from yilu.twin.draws import units
from yilu.twin.owed import IDENTIFY, INSPECT, SCREEN, SCREEN_EARLY, owed_table
from yilu.twin.plan import Rates
from yilu.twin.rehearsal.days import Rehearsal
from yilu.twin.rows import KIND_CODES, KIND_ROW, SCHEMA, coded, codes_of
from yilu.twin.write import parquet, whole

Ints = NDArray[np.int64]
MOST_EVENTS = 100_000_000
"""Events at most: as many, and their order, are held in memory."""
_ROWS = 1 << 20
_CLASS = ITEM_CLASSES["express"]
_CHECKS = ((IDENTIFY, kinds.IDENTIFY, 5), (INSPECT, kinds.INSPECT, 10), (SCREEN_EARLY, kinds.SCREEN, 15))
"""Checks at acceptance: bit, kind, seconds after it (A)."""
_SCREENED_AFTER = 20
"""Seconds from arrival at the first place to screening, where that is owed there (A)."""
_LEAVES_AFTER = 30
"""Seconds into its minute at which a departure is scanned (A): whatever happens at a place in that minute has been told before."""
_UPLOAD = 60
"""Seconds between uploads (A)."""
_AT_FIRST_PLACE = 16
"""Bit of an item that is screened where it first arrives."""
_OUT = kinds.BY_CODE["out_for_delivery"].id
_OF_OPERATOR, _OF_WEIGHT, _OF_SENDER = 1 << 43, 1 << 44, 1 << 45
"""Subjects of draws begin here: those of an item's operator, of its weight, of who sends it."""


@dataclass(frozen=True)
class Scans:
    """m scans in the order of recording, of n items. All (m,): ``item``, ``kind`` id, ``place`` facility id, ``at`` and ``recorded_at`` UTC seconds."""

    item: NDArray[np.int32]
    kind: NDArray[np.uint8]
    place: NDArray[np.int32]
    at: Ints
    recorded_at: Ints

    def __len__(self) -> int:
        return len(self.item)


def scans(of: Rehearsal, sender: NDArray[np.int64]) -> Scans:
    """The scans of what is accepted up to the end of the counted days, as far as the days go. ``of`` was traced. ``sender`` (n,): kind of each item's, on which its checks depend.

    Raises InputError for more than ``MOST_EVENTS``.
    """
    a, ends, table, c = of.days.accepted, of.days.ends, of.days.timetable, of.stage.departures
    told = a.day < of.days.counted.stop
    items, f = np.flatnonzero(told), table.facilities
    item, ride = of.moved.trace[told[of.moved.trace[:, 0]]].astype(np.int64).T
    if len(items) * (len(_CHECKS) + 3) + 2 * len(ride) > MOST_EVENTS:
        raise InputError("--items", f"days of at most {MOST_EVENTS:,} events", value=str(of.days.a_day), next_step="move fewer items a day, or count fewer days")  # fmt: skip
    at, door = a.at(table)[items], ends.facility[a.origin[items]]
    owed = _owed(of, items, sender[items])
    parts = [(items, kinds.ACCEPT, door, at)]
    for bit, kind, after in _CHECKS:
        owes = (owed & bit) != 0
        parts.append((items[owes], kind, door[owes], at[owes] + after))
    leaves, there = table.at(c.departs[ride]) + _LEAVES_AFTER, table.at(c.arrives[ride])
    source, target = of.stage.queue_source[c.queue[ride]], c.target[ride] % f
    ended = there < table.at(of.stage.minutes)
    parts += [(item, kinds.DEPART, source, leaves), (item[ended], kinds.ARRIVE, target[ended], there[ended])]
    rode, first = np.unique(item, return_index=True)
    screened = first[ended[first] & ((owed[np.searchsorted(items, rode)] & _AT_FIRST_PLACE) != 0)]
    parts.append((item[screened], kinds.SCREEN, target[screened], there[screened] + _SCREENED_AFTER))
    came = items[of.delivered[items] > 0]
    end, done = a.destination[came], of.delivered[came]
    out = done - 60 * ends.network.rounds.minutes[ends.delivers[end]].astype(np.int64)
    parts += [(came, _OUT, ends.facility[end], out), (came, kinds.DELIVER, ends.facility[end], done)]
    return _ordered(parts)


def _owed(of: Rehearsal, items: Ints, sender: Ints) -> NDArray[np.uint8]:
    """Bits of the checks that items (rows of what is accepted) by kinds of sender owe; with ``_AT_FIRST_PLACE`` where screening is owed at a processing site and the item goes to another place."""
    a, days = of.days.accepted, of.days
    area, of_network = days.ends.area, days.timetable.network
    origin, destination, owed = a.origin[items], a.destination[items], np.zeros(len(items), np.uint8)
    for day in np.unique(a.day[items]):
        some = np.flatnonzero(a.day[items] == day)
        table = owed_table(of_network, days.timetable.begins + 86_400 * int(day))[:, :, _CLASS - 1]
        owed[some] = table[area[origin[some]], area[destination[some]], sender[some] - 1]
    there = (owed & (SCREEN | SCREEN_EARLY)) == SCREEN
    stays = days.ends.facility[origin] == days.ends.facility[destination]
    owed[there & stays] |= SCREEN_EARLY
    owed[there & ~stays] |= _AT_FIRST_PLACE
    return owed


def _ordered(parts: list[tuple[Ints, int, Ints, Ints]]) -> Scans:
    """Scans (items, kind, places, times) in the order of recording: of a minute's item by item, each one's as they happened."""
    item = np.concatenate([p[0].astype(np.int32) for p in parts])
    kind = np.repeat(np.array([p[1] for p in parts], np.uint8), [len(p[0]) for p in parts])
    place, at = np.concatenate([p[2].astype(np.int32) for p in parts]), np.concatenate([p[3] for p in parts])
    recorded = (at // _UPLOAD + 1) * _UPLOAD
    order = np.lexsort((kind, at, item, recorded))
    return Scans(item[order], kind[order], place[order], at[order], recorded[order])


@dataclass(frozen=True)
class _Stated:
    """What is stated of each of n items at its acceptance; all (n,)."""

    waybill: pa.Array
    operator: Ints
    sender: Ints
    level: NDArray[np.uint8]
    origin: Ints
    destination: Ints
    weight_g: NDArray[np.uint32]


def _stated(of: Rehearsal, seed: int) -> _Stated:
    """Numbers as no carrier has them, "YX", the first day and a running number (A); an operator and a weight by draw from the shares and weights of ``twin.compile``, casual senders as by day in ``twin.plan`` (A)."""
    a, network = of.days.accepted, of.days.timetable.network
    n, area = len(a), of.days.ends.area
    ids, postal = brands(network)
    brand = np.searchsorted(shares_of_brands(postal)[0], units(seed, _OF_OPERATOR + np.arange(n)), "right")
    weights = weights_g()[_CLASS]
    weight = weights[(units(seed, _OF_WEIGHT + np.arange(n)) * len(weights)).astype(np.int64)]
    number = pc.utf8_lpad(pa.array(np.arange(n)).cast(pa.string()), 9, "0")
    waybill = pc.binary_join_element_wise(f"YX{of.days.timetable.first:%Y%m%d}", number, "")
    casual = units(seed, _OF_SENDER + np.arange(n)) < Rates().casual_day
    sender = np.where(casual, SENDER_KINDS["casual"], SENDER_KINDS["contract"])
    origin, destination = area[a.origin], area[a.destination]
    return _Stated(waybill, ids[np.minimum(brand, len(ids) - 1)].astype(np.int64), sender, network.level_of_pair[origin, destination], origin, destination, weight)  # fmt: skip


def refuse_full(folder: Path) -> None:
    """Raise YiluError for a folder that holds events already: those of two rehearsals would be taken together."""
    if any(folder.glob("events-*")):
        raise YiluError(f"{folder} holds events already", zh=f"{folder} 中已有事件文件", next_step="name an empty folder", next_step_zh="换一个空文件夹")  # fmt: skip


def write_scans(
    of: Rehearsal, folder: Path, seed: int = 0, progress: Callable[[int, int], None] = lambda done, of: None
) -> list[Path]:
    """The scans of a traced rehearsal in a Parquet file for each local day of recording, ``events-2025-11-11.parquet``, each written whole or not at all.

    ``seed`` draws operators, weights and senders. Raises YiluError for a folder that holds events.
    """
    refuse_full(folder)
    stated, network = _stated(of, seed), of.days.timetable.network
    told, codes = scans(of, stated.sender), codes_of(network)
    folder.mkdir(parents=True, exist_ok=True)
    day = network.local_day(told.recorded_at)
    cuts = np.append(np.flatnonzero(np.diff(day, prepend=-1)), len(told))
    files = []
    for first, end in pairwise(cuts):
        path = folder / f"events-{network.local_date(int(told.recorded_at[first]))}.parquet"
        with whole(path) as out:
            parquet(out, (_table(codes, told, slice(row, min(row + _ROWS, end)), stated) for row in range(first, end, _ROWS)))  # fmt: skip
        files.append(path)
        progress(int(end), len(told))
    return files


def _table(codes: dict[str, pa.Array], told: Scans, some: slice, stated: _Stated) -> pa.Table:
    """Some of the scans in ``twin.rows.SCHEMA``; ``codes`` of its columns."""
    item, kind = told.item[some], told.kind[some]
    n, accepts = len(item), kind == kinds.ACCEPT
    types = {f.name: f.type for f in SCHEMA}

    def at_acceptance(column: NDArray[Any]) -> NDArray[Any]:
        return np.where(accepts, column[item], 0)

    index: dict[str, NDArray[Any]] = {
        "operator": stated.operator[item], "facility": told.place[some], "item_class": np.where(accepts, _CLASS, 0), "sender_kind": at_acceptance(stated.sender),
        "service_level": at_acceptance(stated.level), "origin": at_acceptance(stated.origin), "destination": at_acceptance(stated.destination),
        "outcome": np.where(kind == kinds.DELIVER, OUTCOMES["addressee"], 0),
    }  # fmt: skip
    known = {name: coded(column, codes[name], types[name]) for name, column in index.items()} | {
        "waybill": stated.waybill.take(pa.array(item)),
        "kind": coded(KIND_ROW[kind], KIND_CODES, types["kind"], nulls=False),
        "at": pa.array(1000 * told.at[some]).cast(types["at"]),
        "recorded_at": pa.array(1000 * told.recorded_at[some]).cast(types["recorded_at"]),
        "weight_g": pa.array(stated.weight_g[item], mask=~accepts),
    }  # fmt: skip
    return pa.Table.from_arrays([known[name] if name in known else pa.nulls(n, types[name]) for name in SCHEMA.names], schema=SCHEMA)  # fmt: skip
