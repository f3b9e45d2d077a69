"""Numbers of waybills, bags, events and sender tokens. All are made up; their forms resemble carriers' (A).

A waybill number is the operator's lead, four digits that tell the day of acceptance and nine digits of a running number: in the
order of acceptance over all operators, so unique within a day, a seed given. A new number (换单) has another day part, a piece (子件) two more
digits. Cross-border mail has UPU S10 numbers, unique for 104 days up to 50 million items a day, and for 52 beyond.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yilu.network.demand import ABROAD
from yilu.twin.draws import mixed, stream
from yilu.twin.ground import DAY_FIRST, ORIGIN_INSIDE, PAIR_MARKET, PAIR_SHAPE, seed_of, value
from yilu.twin.scans import MARK_BAG, MARK_EVENT_ID, MARK_NEW_NUMBER, MARK_VOIDS
from yilu.twin.traits import CASUAL, day_of, traits

LEADS: tuple[bytes, ...] = (b"", b"7", b"YL", b"88", b"Q", b"4", b"LK", b"31", b"W", b"5", b"ZD", b"66")
"""Leads by operator, in turn."""

LONGEST = 20
_ACCEPT, _PIECE, _RELABEL = 8, 24, 28
_WEIGHTS = np.array([8, 6, 4, 2, 3, 5, 9, 7], np.int64)
_COUNTRIES = np.frombuffer(b"USJPKRGBDESGMYTH", np.uint8).reshape(-1, 2)
_SERVICES, _NEW_SERVICES = np.frombuffer(b"CEHL", np.uint8), np.frombuffer(b"MRUV", np.uint8)
"""First letters of S10 numbers, in turn."""
_SERIALS = 100_000_000
_RUNNING = 1_000_000_000
_DAYS = 5000


def leads(operators: int) -> NDArray[np.uint8]:
    """The lead of each operator id (operators, 4): its length, then its bytes."""
    table = np.zeros((operators, 4), np.uint8)
    for i in range(operators):
        lead = LEADS[i % len(LEADS)]
        table[i, 0] = len(lead)
        table[i, 1 : 1 + len(lead)] = np.frombuffer(lead, np.uint8)
    return table


@njit(cache=True, nogil=True, inline="always")
def _digits(buffer, at, number, width):
    for i in range(at + width - 1, at - 1, -1):
        q = number // 10
        buffer[i] = np.uint8(48 + number - 10 * q)
        number = q
    return at + width


@njit(cache=True, nogil=True)
def _hex(buffer, at, word):
    for i in range(16):
        d = (word >> np.uint64(60 - 4 * i)) & np.uint64(15)
        buffer[at + i] = np.uint8(d + np.uint64(48 if d < 10 else 87))
    return at + 16


@njit(cache=True, nogil=True)
def bag_number(buffer, at, bag, date_tag):
    """Write the number of a bag at ``at``; returns where it ends."""
    buffer[at] = np.uint8(66)
    buffer[at + 1] = np.uint8(71)
    at = _digits(buffer, at + 2, np.int64(date_tag), 4)
    return _digits(buffer, at, np.int64(bag), 10)


@njit(cache=True, nogil=True)
def _s10(buffer, at, running, day, many, shape, new):
    a_day = (
        2 if 2 * many > _SERIALS else 1
    )  # pairs of letters that a day may need: no day has twice an ordinary one's items
    letters = (a_day * day + running // _SERIALS) % (26 * len(_SERVICES))
    buffer[at] = _NEW_SERVICES[letters // 26] if new else _SERVICES[letters // 26]
    buffer[at + 1] = np.uint8(65 + letters % 26)
    serial = running % _SERIALS
    _digits(buffer, at + 2, serial, 8)
    total = np.int64(0)
    for i in range(8):
        total += _WEIGHTS[i] * (np.int64(buffer[at + 2 + i]) - 48)
    check = np.int64(11) - total % 11
    if check >= 10:
        check -= 10 if check == 10 else 6
    buffer[at + 10] = np.uint8(48 + check)
    buffer[at + 11], buffer[at + 12] = np.uint8(67), np.uint8(78)
    if not shape & ORIGIN_INSIDE:
        c = np.int64(mixed(np.uint64(running)) % np.uint64(len(_COUNTRIES)))
        buffer[at + 11], buffer[at + 12] = _COUNTRIES[c, 0], _COUNTRIES[c, 1]
    return at + 13


@njit(cache=True, nogil=True)
def _plain(buffer, at, running, day_part, lead, operator):
    for i in range(lead[operator, 0]):
        buffer[at] = lead[operator, 1 + i]
        at += 1
    at = _digits(buffer, at, day_part, 4)
    return _digits(buffer, at, running % _RUNNING, 9)


@njit(cache=True, nogil=True)
def _write(rows, linked, offsets, buffer, ground, rates, lead, mail, date_tag):
    at = np.int64(0)
    shift = np.int64(seed_of(ground) % np.uint64(_RUNNING))
    for r in range(len(rows)):
        marks = rows[r, 4] >> 24
        kind = rows[r, 4] & 255
        if linked and kind != _RELABEL and kind != _PIECE:
            offsets[r + 1] = at
            continue
        item = np.int64(rows[r, 0])
        if marks & MARK_BAG:
            at = bag_number(buffer, at, item, date_tag)
            offsets[r + 1] = at
            continue
        operator = np.int64(rows[r, 3] >> 20)
        new = marks & MARK_NEW_NUMBER and not linked
        day = day_of(item, ground)
        running = item - value(ground, DAY_FIRST, day)
        cross = False
        if mail[operator]:
            pair = traits(item, ground, rates)[2]
            cross = value(ground, PAIR_MARKET, pair) == ABROAD
            if cross:
                at = _s10(
                    buffer,
                    at,
                    running,
                    date_tag + day,
                    value(ground, DAY_FIRST, 1),
                    value(ground, PAIR_SHAPE, pair),
                    new,
                )
        if not cross:
            at = _plain(buffer, at, running + shift, (date_tag + day) % _DAYS + (_DAYS if new else 0), lead, operator)
        piece = np.int64((rows[r, 4] >> 16) & 255)
        if piece and not linked:
            at = _digits(buffer, at, piece, 2)
        offsets[r + 1] = at
    return at


@njit(cache=True, nogil=True)
def waybills(rows, offsets, buffer, ground, rates, lead, mail, date_tag):
    """The number each of ``rows`` (n, WORDS) stands under: ``offsets`` (n + 1,) into ``buffer`` (n · LONGEST,). Returns the bytes.

    ``lead`` (operators, 4) as ``leads`` gives; ``mail`` (operators,): S10 numbers across borders; ``date_tag``: day part of the first day.
    """
    return _write(rows, False, offsets, buffer, ground, rates, lead, mail, date_tag)


@njit(cache=True, nogil=True)
def parents(rows, offsets, buffer, ground, rates, lead, mail, date_tag):
    """The number that a relabelled item had, and that of the shipment a piece belongs to; empty elsewhere. As ``waybills``."""
    return _write(rows, True, offsets, buffer, ground, rates, lead, mail, date_tag)


@njit(cache=True, nogil=True)
def event_ids(rows, voiding, offsets, buffer, seed):
    """Event ids (``voiding`` false) or the ids that voiding rows name (true); empty elsewhere. As ``waybills``.

    A mistaken scan and the row that voids it must agree, so its id follows from item and piece only.
    """
    at = 0
    for r in range(len(rows)):
        marks = rows[r, 4] >> 24
        piece = np.uint64((rows[r, 4] >> 16) & 255)
        item = (np.uint64(rows[r, 0]) << np.uint64(8)) | piece
        if voiding:
            if marks & MARK_VOIDS:
                at = _hex(buffer, at, stream(seed ^ np.uint64(0xE0), item))
        elif marks & 4:
            at = _hex(buffer, at, stream(seed ^ np.uint64(0xE0), item))
        elif marks & MARK_EVENT_ID:
            word = (np.uint64(rows[r, 1]) << np.uint64(32)) | np.uint64(rows[r, 3])
            at = _hex(buffer, at, stream(seed ^ item ^ (np.uint64(rows[r, 4] & 255) << np.uint64(48)), word))
        offsets[r + 1] = at
    return at


@njit(cache=True, nogil=True)
def tokens(rows, sender, offsets, buffer, seed, customers):
    """A token of the sender at each casual acceptance (``sender`` (n,), 0 elsewhere), and at those that a fault gives one; about ``customers``
    people send. As ``waybills``."""
    at = 0
    for r in range(len(rows)):
        if rows[r, 4] & 255 == _ACCEPT and rows[r, 5] != 0:
            at = _hex(buffer, at, stream(seed ^ np.uint64(0x71), np.uint64(rows[r, 5])))
        elif sender[r] == CASUAL:
            person = stream(seed ^ np.uint64(0x70), np.uint64(rows[r, 0])) % np.uint64(customers)
            at = _hex(buffer, at, stream(seed, person))
        offsets[r + 1] = at
    return at
