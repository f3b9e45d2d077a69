"""What a study says, to whom: by operator and facility, as figures and as sentences in Chinese and English made of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from yilu.dispatch.closures import Closure
from yilu.items.names import Names
from yilu.network import Network
from yilu.studies.courses import MOVES, NO_WAY, WAITS, fates_of
from yilu.studies.disruption import Study

MOVE, WAIT, STUCK, ROOM = "move", "wait", "stuck", "room"
ACTIONS: tuple[str, ...] = (MOVE, WAIT, STUCK, ROOM)
"""改走 take another way, 等候 wait for a departure of the planned lane, 无路可走 no way, 加运力 more room on a lane."""
_OF_FATE = {MOVES: MOVE, WAITS: WAIT, NO_WAY: STUCK}


@dataclass(frozen=True)
class Advice:
    """One row. ``operator`` id (0: all, or not told), ``facility`` id where the items stand (of ``ROOM``: where the lane begins), ``planned`` and ``lane`` rows of lanes (-1 none), ``departs`` UTC seconds
    (0 none), ``items`` concerned (of ``ROOM``: the room needed), of which ``in_time`` keep their promise (of ``ROOM``: those saved) and ``broken`` break it."""

    action: str
    operator: int
    facility: int
    planned: int
    lane: int
    departs: int
    items: int
    in_time: int
    broken: int


@dataclass(frozen=True)
class Sentence:
    """The same in Chinese and in English."""

    zh: str
    en: str


def advice(study: Study) -> list[Advice]:
    """Rows by operator, place, planned lane and the departure to take, most items first; then lanes on which more room would save most."""
    of, plan, f = study.timetable, study.best, study.timetable.facilities
    row_of, rows = of.connections.row, plan.of
    leg = study.begun[rows]
    planned = _lane_at(study, study.plan.rides[study.affected][rows], leg)
    # A waiting course still holds the legs that have begun; a new way begins where its part stands.
    ride = plan.rides[:, 0] if study.advised else np.pad(plan.rides, ((0, 0), (0, 1)), constant_values=-1)[np.arange(len(plan)), leg]  # fmt: skip
    fate = study.fate if study.advised else fates_of(plan)
    ride = np.where(fate == NO_WAY, -1, ride)
    broken = study.late(plan)
    in_time = np.where(study.kept[rows] & (plan.arrives <= study.due[rows]), plan.items, 0)
    columns = np.stack([fate, study.kind[rows], study.place[rows] % f, planned, ride.astype(np.int64)])
    keys, at = np.unique(columns, axis=1, return_inverse=True)
    at = at.ravel()
    sums = [np.rint(np.bincount(at, w, minlength=keys.shape[1])).astype(np.int64) for w in (plan.items, in_time, broken)]  # fmt: skip
    found = list[Advice]()
    for n in np.lexsort((np.arange(keys.shape[1]), -sums[0])) if len(plan) else []:
        fate_, kind, place, before, c = (int(v) for v in keys[:, n])
        lane, departs = (int(of.lane[row_of[c]]), int(of.at(of.connections.departs[c]))) if c >= 0 else (-1, 0)
        found.append(Advice(_OF_FATE[fate_], int(study.underway.operators[kind]), place, before, lane, departs, *(int(s[n]) for s in sums)))  # fmt: skip
    return [*found, *_more_room(study)]


def _lane_at(study: Study, rides: NDArray[np.int32], leg: NDArray[np.int64]) -> NDArray[np.int64]:
    """Lane (row) of the ride ``leg`` (m,) of each row of ``rides`` (m, R), -1 where there is none."""
    ride = np.pad(rides, ((0, 0), (0, 1)), constant_values=-1)[np.arange(len(rides)), leg]
    lane = study.timetable.lane[study.timetable.connections.row[np.maximum(ride, 0)]].astype(np.int64)
    return np.where(ride >= 0, lane, -1)


def _more_room(study: Study) -> list[Advice]:
    network, of = study.timetable.network, study.timetable
    operators, facilities = network.operators.index_of_code, network.facilities.index_of_code
    return [
        Advice(
            ROOM, operators.get(str(network.lanes.operator[m.lane]), 0), facilities[str(network.lanes.source_facility[m.lane])], -1, m.lane,
            int(of.at(m.at)), m.items, m.saved, 0,
        )
        for m in study.more_room
    ]  # fmt: skip


@dataclass(frozen=True)
class Tally:
    """Affected items of an operator (id, 0 all or not told) that stand at a facility (id) at the moment, and how many promises break by waiting and by new ways."""

    operator: int
    facility: int
    items: int
    waiting: int
    moved: int


def tallies(study: Study) -> list[Tally]:
    """By operator and facility, most items first."""
    keys, at = np.unique(np.stack([study.kind, study.place % study.timetable.facilities]), axis=1, return_inverse=True)
    n, at = keys.shape[1], at.ravel()
    columns = [np.bincount(at, study.plan.items[study.affected], minlength=n)]
    columns += [np.bincount(at[plan.of], study.late(plan), minlength=n) for plan in (study.waiting, study.moved)]
    sums = np.rint(np.stack(columns)).astype(np.int64)
    order = np.lexsort((np.arange(n), -sums[0]))
    return [Tally(int(study.underway.operators[keys[0, k]]), int(keys[1, k]), *(int(v) for v in sums[:, k])) for k in order]  # fmt: skip


class Said:
    """Advice as sentences. ``order``: to a carrier's own network it is an order (调度指令), else advice (调度建议)."""

    def __init__(self, network: Network, order: bool) -> None:
        self.network, self._zone = network, ZoneInfo(network.time_zone)
        self._zh, self._en = Names(network, True), Names(network, False)
        self.head = Sentence("调度指令", "Order") if order else Sentence("调度建议", "Advice")

    def place(self, facility: int) -> Sentence:
        """Name of a facility (id)."""
        return Sentence(self._zh.facility.get(facility, "?"), self._en.facility.get(facility, "?"))

    def scope(self, of: Closure) -> Sentence:
        """Name of what a closure is of, where that has one; else its code."""
        network = self.network
        if of.scope == "facility":
            return self.place(network.facilities.index_of_code[of.code])
        if of.scope == "area":
            area = network.areas.index_of_code[of.code]
            return Sentence(self._zh.area.get(area, of.code), self._en.area.get(area, of.code))
        if of.scope == "lane":
            row = int(np.argmax(network.lanes.code == of.code))
            source, target = (
                self.place(network.facilities.index_of_code[str(network.lanes.source_facility[row])]),
                self.target(row),
            )
            return Sentence(f"{source.zh}至{target.zh}", f"{source.en} to {target.en}")
        return Sentence(of.code, of.code)

    def operator(self, operator: int) -> Sentence:
        """Name of an operator (id); 0: all."""
        return Sentence(self._zh.operator.get(operator, "?"), self._en.operator.get(operator, "?")) if operator else Sentence("各企业", "All operators")  # fmt: skip

    def time(self, at: int) -> str:
        """Local time of UTC seconds."""
        return f"{datetime.fromtimestamp(at, self._zone):%m-%d %H:%M}"

    def target(self, lane: int) -> Sentence:
        """Where a lane (row) leads."""
        ids = self.network.facilities.index_of_code
        return self.place(ids[str(self.network.lanes.target_facility[lane])])

    def sentence(self, of: Advice) -> Sentence:
        """One row of advice, said by itself."""
        said = self.words(of)
        return Sentence(f"{self.head.zh} {said.zh}。", f"{self.head.en}: {said.en}.")

    def words(self, of: Advice) -> Sentence:
        """The same among others, of which is told above what they are."""
        who, here = self.operator(of.operator), self.place(of.facility)
        end = Sentence(f";{of.in_time:,} 件可守承诺,{of.broken:,} 件因此失约", f"; {of.in_time:,} keep their promise, {of.broken:,} break it")  # fmt: skip
        to = self.target(of.lane) if of.lane >= 0 else Sentence("", "")
        was = self.target(of.planned) if of.planned >= 0 else Sentence("", "")
        when = self.time(of.departs) if of.departs else ""
        if of.action == ROOM:
            needs = Sentence(f"{when} 起" if when else "", f" from {when}" if when else "")
            said = Sentence(
                f"{who.zh}:{here.zh}至{to.zh}{needs.zh}加运力 {of.items:,} 件,可多守 {of.in_time:,} 件的承诺",
                f"{who.en}: room for {of.items:,} more items from {here.en} to {to.en}{needs.en} keeps {of.in_time:,} more promises",
            )
        elif of.action == STUCK:
            said = Sentence(
                f"{who.zh}:{here.zh}的 {of.items:,} 件在时刻表内无路可走,须另行安排{end.zh}",
                f"{who.en}: {of.items:,} items at {here.en} find no way within the timetable and need arranging{end.en}",
            )
        elif of.lane < 0:
            said = Sentence(
                f"{who.zh}:{here.zh}的 {of.items:,} 件待恢复后投递{end.zh}",
                f"{who.en}: {of.items:,} items for {here.en} wait until it opens{end.en}",
            )
        elif of.action == WAIT:
            said = Sentence(
                f"{who.zh}:{here.zh}的 {of.items:,} 件等候 {when} 发往{to.zh}的班次{end.zh}",
                f"{who.en}: {of.items:,} items at {here.en} wait for the departure at {when} to {to.en}{end.en}",
            )
        else:
            before = Sentence(f"不再发往{was.zh},", f" instead of to {was.en}") if was.zh and was.zh != to.zh else Sentence("", "")  # fmt: skip
            said = Sentence(
                f"{who.zh}:{here.zh}的 {of.items:,} 件{before.zh}改乘 {when} 发往{to.zh}的班次{end.zh}",
                f"{who.en}: {of.items:,} items at {here.en} take the departure at {when} to {to.en}{before.en}{end.en}",
            )
        return said
