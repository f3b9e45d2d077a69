"""The state of an item: each field declared once.

Every *merged* field is a minimum, a maximum or an OR over the item's events, so order, repetition and lateness of
events change nothing (notes: an item's state is a merge). Fields marked *walk* need the order of events; they are kept by
``walk.py`` and are right only after the item's events have been walked in order. The table below makes the record's storage
(``ROW``), the programme that the fold runs (``program``), the hash that refuses state of another declaration
(``DECLARATION``), and the reference page.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yilu.items import kinds as k

NEVER = 0xFFFFFFFF
"""An empty minimum of times."""

AT_PROCESSING = 256
"""Added to a kind: the same event at a processing site (处理场所)."""


@dataclass(frozen=True)
class Field:
    """One field of the state.

    ``op``: ``min``, ``max`` (of the event's time), ``or`` (of ``bits`` into the flags), ``word`` (min or max of the
    event as one 64-bit word) or ``walk``. ``kinds``: which events speak to it; ``()`` = all.
    """

    name: str
    type: str
    op: str
    kinds: tuple[int, ...]
    zh: str
    description: str
    processing_only: bool = False
    cells: str = ""
    """Which cells of an item depend on it, by blanks: those of the ``clock`` cubes, of the ``checks``, of how it ``ended``."""


FIELDS: tuple[Field, ...] = (
    Field("key", "u8", "walk", (), "寄件假名", "Item key."),
    Field("start", "u8", "word", (), "起点", "Least of: not an acceptance 1 | time 32 | kind 8 | place 23. The first acceptance, or else the first event.", cells="clock checks"),
    Field("last", "u8", "word", (), "最近", "Greatest of: time 32 | kind 8 | place 24. The latest event."),
    Field("delivered", "u4", "min", (k.DELIVER,), "首次签收", "First delivery, UTC seconds.", cells="clock checks"),
    Field("delivered_last", "u4", "max", (k.DELIVER,), "末次签收", "Last delivery, UTC seconds."),
    Field("returned", "u4", "min", (k.RETURN,), "退回", "First return, UTC seconds.", cells="clock"),
    Field("ended", "u4", "min", (k.LOST, k.DESTROY, k.CANCEL), "终止", "First loss, destruction or cancellation, UTC seconds.", cells="clock"),
    Field("identified", "u4", "min", (k.IDENTIFY,), "实名", "First sender identification, UTC seconds.", cells="checks"),
    Field("inspected", "u4", "min", (k.INSPECT,), "验视", "First contents inspection, UTC seconds.", cells="checks"),
    Field("screened", "u4", "min", (k.SCREEN,), "安检", "First X-ray screening, UTC seconds.", cells="checks"),
    Field("left", "u4", "min", (k.DEPART,), "首次发出", "First departure, UTC seconds.", cells="checks"),
    Field("left_processing", "u4", "min", (k.DEPART,), "首次离开处理场所", "First departure from a processing site, UTC seconds.", True, "checks ended"),
    Field("promise", "u4", "walk", (), "承诺", "Delivery the carrier stated first, UTC seconds; 0 none.", cells="clock"),
    Field("stages", "u4", "walk", (), "环节", "Whole minutes from acceptance, and one more, to the first scan in the destination's city (high half) and to the first tour (low half); 0 not told.", cells="ended"),
    Field("arrived", "u4", "walk", (), "到达本处", "Since when it is at the place of its latest event, UTC seconds; 0 unknown."),
    Field("container", "u4", "walk", (), "所在容器", "Low half of the key of the container it is in; 0 none."),
    Field("origin", "u2", "walk", (), "寄出地", "Area first stated as origin, or else the area of the start; 0 unknown.", cells="clock checks"),
    Field("destination", "u2", "walk", (), "寄达地", "Area last stated as destination; 0 unknown.", cells="clock checks"),
    Field("operator", "u2", "walk", (), "企业", "Operator id.", cells="clock checks"),
    Field("flags", "u2", "or", (), "标志", "See FLAGS.", cells="clock checks ended"),
    Field("service_level", "u1", "walk", (), "时限产品", "Service level first stated; 0 none.", cells="clock"),
    Field("classes", "u1", "walk", (), "类别", "Item class (low 4 bits) and kind of sender (high 4 bits), first stated.", cells="clock checks"),
    Field("attempts", "u1", "walk", (), "投递次数", "Failed delivery attempts, 255 at most.", cells="ended"),
    Field("hops", "u1", "walk", (), "中转次数", "Changes of facility, 255 at most.", cells="ended"),
)  # fmt: skip

FLAGS: dict[str, tuple[int, tuple[int, ...], str, str]] = {
    "whole": (
        1,
        (k.VOID, k.VOID_DEPART, k.RELABEL, k.PIECE),
        "整件",
        "Its history is not a plain append: always folded from all its events.",
    ),
    "locker": (2, (k.LOCKER,), "入箱", "Was put into a parcel locker; a delivery with that outcome says so too."),
    "station": (4, (k.STATION,), "到站", "Was handed to a parcel station; a delivery with that outcome says so too."),
    "damaged": (8, (k.DAMAGE,), "破损", "Was found damaged."),
    "customs": (16, (k.EXPORT_CUSTOMS, k.IMPORT_CUSTOMS), "报关", "Went through customs."),
    "lost": (32, (k.LOST,), "丢失", "Was declared lost."),
    "proxy": (64, (), "代签", "A delivery was signed by a proxy."),
    "impossible": (128, (), "不可能行程", "Two scans lie farther apart than anything travels in that time."),
    "after": (256, (), "签收后扫描", "Was scanned after its delivery."),
    "continued": (512, (), "已换单", "Goes on under another number; counted there."),
    "part": (1024, (), "子件", "A piece of a shipment; counted there."),
    "shipment": (2048, (), "母件", "Has pieces; delivered with the last of them."),
    "reopened": (4096, (), "重开", "Was closed and got another event since."),
    "waited": (
        16384,
        (),
        "久滞",
        "Had no scan for long, or stayed long at a processing site of the province, and then went on.",
    ),
    "destroyed": (32768, (k.DESTROY,), "销毁", "Was destroyed or confiscated."),
    "source": (8192, (), "被关联", "Its events reach another item (a container, or a number that was replaced)."),
}

ROW: np.dtype = np.dtype([(f.name, "<" + f.type) for f in FIELDS])
"""Storage of one item's state: a packed little-endian record."""

DECLARATION: str = hashlib.blake2b(repr((FIELDS, FLAGS)).encode(), digest_size=8).hexdigest()
"""Hash of the declaration; state written under another one is refused."""

NOT_ACCEPTED = np.uint64(1 << 63)


def empty_row() -> np.void:
    """The state before any event: minima at their top, everything else 0."""
    row = np.zeros((), ROW)
    row["start"] = 0xFFFFFFFFFFFFFFFF
    for field in FIELDS:
        if field.op == "min":
            row[field.name] = NEVER
    blank: np.void = row[()]  # type: ignore[assignment]
    return blank


@dataclass(frozen=True)
class Program:
    """The declaration as arrays: for kind c (+ 256 at a processing site) the steps ``first[c]:first[c + 1]``.

    ``slot``: index of the field among the record's 32-bit words (int64[s]); ``greatest``: maximum instead of minimum
    (bool[s]); ``bits``: flags to OR (uint16[512]).
    """

    first: NDArray[np.int64]
    slot: NDArray[np.int64]
    greatest: NDArray[np.bool_]
    bits: NDArray[np.uint16]


TELLING_FLAGS = {"clock": 32 | 512 | 1024 | 32768, "checks": 512 | 1024, "ended": 2 | 4 | 64}
"""Flags that cells of an item depend on: lost, continued, part, destroyed; locker, station, proxy."""


def words_of_cells(cells: str) -> NDArray[np.uint32]:
    """Mask of the bits that the ``clock``, ``checks`` or ``ended`` cells depend on, one per 32-bit word of the record."""
    row = np.zeros(1, ROW)
    for field in FIELDS:
        if cells in field.cells.split():
            whole = np.iinfo(ROW[field.name]).max
            row[field.name] = TELLING_FLAGS[cells] if field.name == "flags" else whole
    return row.view(np.uint32)


def program() -> Program:
    """Compile ``FIELDS`` and ``FLAGS`` into the arrays that the fold runs."""
    steps: list[list[tuple[int, bool]]] = [[] for _ in range(512)]
    bits = np.zeros(512, np.uint16)
    for field in FIELDS:
        if field.op in ("min", "max"):
            slot = ROW.fields[field.name][1] // 4  # type: ignore[index]
            for kind in field.kinds:
                if not field.processing_only:
                    steps[kind].append((slot, field.op == "max"))
                steps[kind + AT_PROCESSING].append((slot, field.op == "max"))
    for bit, speaking, _, _ in FLAGS.values():
        for kind in speaking:
            bits[kind] |= bit
            bits[kind + AT_PROCESSING] |= bit
    flat = [step for steps_of_kind in steps for step in steps_of_kind]
    return Program(
        first=np.cumsum([0] + [len(s) for s in steps]).astype(np.int64),
        slot=np.array([s for s, _ in flat], np.int64),
        greatest=np.array([g for _, g in flat], np.bool_),
        bits=bits,
    )
