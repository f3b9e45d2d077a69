"""What a user sees of the facts: the only way from a page, an endpoint or a stream to them. Everything it gives is narrowed to the user's scope."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet

from yilu.console.access.brands import without_brands
from yilu.console.access.narrowing import LaneRows, narrow
from yilu.console.access.roles import ROLES
from yilu.console.access.scope import Scope
from yilu.console.access.withholding import by_area, published
from yilu.console.audit.models import Entry
from yilu.console.command.counting import Count, count
from yilu.console.facts import Newest, again, newest
from yilu.console.registers.standing import Standing, standing_of
from yilu.dispatch.closures import Closure, disturbed
from yilu.dispatch.ends import Ends
from yilu.dispatch.ends import ends as ends_of
from yilu.dispatch.promise import Promises, laid_out, promises
from yilu.dispatch.timetable import Timetable
from yilu.documents import Document
from yilu.errors import StoreError
from yilu.indicators import Period, values
from yilu.indicators.values import Scope as Cells
from yilu.indicators.withholding import Purpose
from yilu.items import answers, listing
from yilu.items import history as histories
from yilu.items.answers import Narrow
from yilu.items.cubes import BY_NAME
from yilu.items.history import History
from yilu.items.keys import hash128
from yilu.items.listing import Listed, Place, Wanted
from yilu.items.reading import Snapshot, table_of_items
from yilu.network import Network
from yilu.run.found import Found
from yilu.settings import Settings
from yilu.studies.around import around_facts
from yilu.studies.in_flight import Underway, of_facts, of_operator
from yilu.supervision.reports.daily import daily
from yilu.supervision.reports.daily_document import document
from yilu.supervision.reports.shift import chosen
from yilu.supervision.rules.declared import Catalogue
from yilu.supervision.rules.zero_reports import Owed, owed_reports

_EPOCH = date(1970, 1, 1).toordinal()
_REPORT_HELD_S = 300.0
"""A daily report is of one commit, however many come while people wait for it; who asks later than that gets one of a newer commit."""
_STUDY_HELD_S = 300.0
"""The same of a study of the items on their way."""
MOST_JOURNEYS = 20_000_000
"""Journeys of a store that a console reads through for a study: half a minute, and a gigabyte if all of them are on their way."""
_TOO_MANY = StoreError(
    f"the store holds more than {MOST_JOURNEYS:,} items, too many to study on a page", zh=f"事实库存件超过 {MOST_JOURNEYS // 10_000:,} 万,在页面上推演过慢",
    next_step="run on the server: yilu disrupt --facility CODE", next_step_zh="在服务器上运行 yilu disrupt --facility 代码",
)  # fmt: skip
_NO_FACTS = StoreError("there are no facts yet", zh="尚无数据", next_step="run: yilu ingest FILE, or yilu run", next_step_zh="先运行 yilu ingest FILE 或 yilu run 读入数据")  # fmt: skip


def scope_of(user: Any) -> Scope:
    """The scope of a user's account; the province in it names no firm to who sees none by name."""
    role, network = ROLES[user.role], newest().facts.network
    shown = network if role.brands else without_brands(network, settings.SECRET_KEY)
    return Scope(user.pk, user.username, role, tuple(user.areas), user.operator, frozenset(user.rights), shown)


@dataclass(frozen=True)
class Seen:
    """The facts of one commit and the records, as far as ``scope`` reaches. Empty where there is no store yet (``snapshot`` is None)."""

    scope: Scope
    of: Newest

    @property
    def network(self) -> Network:
        """The province; it is public, but for the names of firms where the role sees none."""
        return self.scope.network

    @property
    def settings(self) -> Settings:
        """What is set."""
        return self.of.facts.settings

    @property
    def rules(self) -> Catalogue:
        """The rules of the province."""
        return self.of.rules

    def within(self, area: str) -> Seen:
        """What of it lies in an area, "" for all of it."""
        return replace(self, scope=self.scope.within(area)) if area else self

    @property
    def commit(self) -> int:
        """The commit that is shown, 0 where there is none."""
        return self._snapshot.at.commit if self._snapshot else 0

    @property
    def as_of(self) -> int:
        """The latest event, UTC seconds; 0 where there is none."""
        return self._snapshot.as_of if self._snapshot else 0

    @property
    def latest_day(self) -> date:
        """The local day of the latest event; today where there is none."""
        return date.fromordinal(_EPOCH + int(self.network.local_day(self.as_of or int(time.time()))))

    @property
    def _snapshot(self) -> Snapshot | None:
        return self.of.snapshot

    def alerts(self, wait_s: float | None = None) -> Found | None:
        """Alerts in scope. ``wait_s``: after so long those of an earlier commit are given, or None while the first are looked for."""
        found = self.of.alerts if wait_s is None else self.of.alerts_within(wait_s)
        return None if found is None else narrow(found, self.scope)

    def indicators(
        self, ids: Sequence[str], period: Period, cells: Cells, by: tuple[str, ...] = ()
    ) -> list[dict[str, Any]]:
        """Values of indicators over the cells in scope; statistics-only counts are used for those alone who may see them. Statistics by area: as ``access.withholding`` publishes them."""
        if self._snapshot is None:
            return []
        mine, purpose = narrow(cells, self.scope), self.purpose
        key = ("indicators", tuple(ids), period, mine, by, purpose)

        def told(snapshot: Snapshot) -> list[dict[str, Any]]:
            def asked(period: Period, cells: Cells, by: tuple[str, ...]) -> list[dict[str, Any]]:
                return values(snapshot, self.network, ids, period, cells, by, purpose)

            return published(asked, self.network, period, mine, by) if self.for_statistics else asked(period, mine, by)

        found: list[dict[str, Any]] = self.of.asked(key, told)
        return found

    @property
    def for_statistics(self) -> bool:
        """Whether figures are seen for statistics alone: then those by area are withheld where too few firms stand behind them."""
        return self.scope.role.statistics and not self.scope.role.supervision

    @property
    def purpose(self) -> Purpose:
        """What figures are for."""
        return Purpose("statistics" if self.for_statistics else "supervision", self.of.facts.settings.least_firms)

    def on_time(self, as_of: int, direction: str, asked: Narrow, by: tuple[str, ...]) -> pa.Table | None:
        """``answers.on_time`` of what is in scope."""
        return self._answer(
            "on_time", lambda s, n: answers.on_time(s, as_of, direction, n, by), asked, (as_of, direction, by)
        )

    def daily(self, direction: str, asked: Narrow, by: tuple[str, ...]) -> pa.Table | None:
        """``answers.daily`` of what is in scope."""
        return self._answer("daily", lambda s, n: answers.daily(s, direction, n, by), asked, (direction, by))

    def checks(self, asked: Narrow, by: tuple[str, ...]) -> pa.Table | None:
        """``answers.checks`` of what is in scope."""
        return self._answer("checks", lambda s, n: answers.checks(s, n, by), asked, (by,))

    def _answer(self, name: str, ask: Any, asked: Narrow, more: tuple[Any, ...]) -> pa.Table | None:
        if self._snapshot is None:
            return None
        mine = narrow(asked, self.scope)
        found: pa.Table = self.of.asked((name, mine, *more), lambda s: ask(s, mine))
        return self._unwithheld(found, by_area(self.network, Cells(mine.areas), ()))

    def flows(self, asked: Narrow) -> dict[tuple[int, int], int]:
        """Items accepted by pair of cities (ids of origin and destination) of which one end is in scope, on the days asked for."""
        found: dict[tuple[int, int], int] = {}
        for side in answers.DIRECTIONS:
            told = self.daily(side, asked, ("origin", "destination"))
            for row in () if told is None else told.select(["origin", "destination", "accepted"]).to_pylist():
                found[row["origin"], row["destination"]] = row["accepted"]
        return found

    def _unwithheld(self, found: pa.Table, of_areas: bool = False) -> pa.Table:
        """Cells that nobody held against the number of firms are not for statistics, where they tell of places."""
        places = {"area", "origin", "destination", "facility"} & set(found.schema.names)
        return found.slice(0, 0) if self.for_statistics and (places or of_areas) else found

    def scans(self, by: tuple[str, ...], facilities: tuple[int, ...] = (), hours: tuple[int, int] = (0, 1 << 20)) -> pa.Table | None:  # fmt: skip
        """``answers.scans``; ``by`` must hold what the scope narrows by (facility, and operator for a carrier)."""
        return self._table("scans", lambda s: answers.scans(s, by, facilities, hours), (by, facilities, hours))

    def flow(self, measure: str, by: tuple[str, ...]) -> pa.Table | None:
        """``answers.flow`` of pairs of which one end is in scope; ``by`` must hold what the scope narrows by."""
        return self._table("flow", lambda s: answers.flow(s, measure, by), (measure, *by))

    def _table(self, name: str, ask: Any, key: tuple[Any, ...]) -> pa.Table | None:
        if self._snapshot is None:
            return None
        found: pa.Table = narrow(self.of.asked((name, key), ask), self.scope)
        return self._unwithheld(found)

    def ends(self, direction: str, asked: Narrow, by: tuple[str, ...] = ()) -> pa.Table | None:
        """``answers.ends`` of what is in scope."""
        return self._answer("ends", lambda s, n: answers.ends(s, direction, n, by), asked, (direction, by))

    def transit(self, asked: Narrow, by: tuple[str, ...]) -> pa.Table | None:
        """``answers.transit`` of what is in scope."""
        return self._answer("transit", lambda s, n: answers.transit(s, n, by), asked, (by,))

    def dwell(self, by: tuple[str, ...], facilities: tuple[int, ...] = ()) -> pa.Table | None:
        """``answers.dwell``; ``by`` must hold what the scope narrows by."""
        return self._table("dwell", lambda s: answers.dwell(s, facilities, by), (by, facilities))

    def listed(self, wanted: Wanted, after: Place | None) -> Listed | None:
        """The next page of the items in scope behind a figure, bounded in rows and time."""
        snapshot = self._snapshot
        if snapshot is None:
            return None
        found = listing.listed(snapshot, narrow(wanted, self.scope), after)
        return replace(found, items=narrow(found.items, self.scope))

    def item(self, key: int) -> History | None:
        """One item's history as far as the scope reaches, None where that is nothing."""
        snapshot = self._snapshot
        if snapshot is None:
            return None
        found: History = narrow(histories.history(snapshot, key), self.scope)
        return found if found.known else None

    def key_of(self, number: str, operator: str) -> tuple[int, int]:
        """Both halves of the item key of a waybill number of an operator (a code); facts know items by the first. The number is kept nowhere."""
        ids = self.network.operators.index_of_code
        first, second = hash128(pa.array([number]), ids[operator], self.of.facts.key)
        return int(first[0]), int(second[0])

    def worked_out(self, key: tuple[Hashable, ...], make: Callable[[], Any], held_s: float) -> Any:
        """What takes long to work out of the province's public files, held for a while; ``key`` says all that it depends on. Nothing of facts or records goes through here."""
        return self.of.of(("worked out", *key), make, held_s)

    def made(self, key: tuple[Hashable, ...], make: Callable[[], Any]) -> Any | None:
        """What takes seconds to work out of what is in scope, None while it is being made behind; ``key`` says all that it depends on beside the scope."""
        s = self.scope
        return self.of.behind.result((*key, s.areas, s.operator, s.is_carrier), make)

    def searched(self, key: tuple[Hashable, ...], make: Callable[[], Any], wait_s: float | None = None) -> Any | None:
        """What a search of many seconds finds in the province's public files alone, None while it works, in a thread of its own so that no timetable waits for it; ``key`` says all that it depends on."""
        return self.of.searches.result(key, make, wait_s)

    def part_of_searches(self, key: tuple[Hashable, ...], make: Callable[[], Any]) -> Any:
        """Arrays that several searches work on, of the same files: for what is ``searched``."""
        return self.of.searches.part(key, make)

    def studied(self, key: tuple[Hashable, ...], make: Callable[[], Any]) -> Any | None:
        """What a study of the items on their way in scope finds, None while it works, in a thread of its own as searches do; of one commit for a while. ``key`` says all that it depends on beside the scope."""
        s = self.scope
        return self.of.studies.result((*key, s.areas, s.operator, s.is_carrier), make, held_s=_STUDY_HELD_S)

    def in_flight(self, begins: int | None, operator: str = "") -> tuple[Timetable, Underway, int]:
        """Items on their way in scope by the newest commit, of an operator ("": of any), with the timetable around a closure that begins then (UTC seconds; None: where the facts end), and where these end.

        It reads the states of all items: for what is ``studied``. Raises StoreError for a store that holds too many.
        """
        facts, only = self.of.facts, of_operator(int(self.network.operators.index_of_code.get(operator, 0)))

        def read() -> tuple[Timetable, Underway, int]:
            snapshot = facts.read()
            if snapshot.journeys > MOST_JOURNEYS:
                raise _TOO_MANY
            of = around_facts(facts.network, snapshot.as_of, snapshot.as_of if begins is None else begins)
            found = of_facts(snapshot, of, ends_of(of.network), lambda some: only(narrow(some, self.scope)))
            return of, found, snapshot.as_of

        return again(read)  # type: ignore[no-any-return]

    def timetable(self, day: date, operator: str = "") -> tuple[Timetable, Ends]:
        """The timetable from a day on that items of an operator ("": of any) in scope may ride, and the ends. It takes a second: for what is ``made``."""
        whole, ends = self._laid_out(day)
        mine: Timetable = narrow(whole.usable(self.scope.operator or operator or None), self.scope)
        return mine, ends

    def _laid_out(self, day: date) -> tuple[Timetable, Ends]:
        found: tuple[Timetable, Ends] = self.of.behind.part(("timetable", day), lambda: laid_out(self.of.facts.network, day))  # fmt: skip
        return found

    def lanes(self, of: Timetable) -> LaneRows:
        """Lanes of a timetable that may be named to who asks."""
        found: LaneRows = narrow(LaneRows(of.network.lanes, np.arange(len(of.network.lanes.code))), self.scope)
        return found

    def promises(self, day: date, operator: str = "", closures: tuple[Closure, ...] = ()) -> Promises:
        """Promises of a day's acceptances of pairs in scope, under closures. It takes seconds: for what is ``made``."""
        mine, ends = self.timetable(day, operator)
        whole = len(mine.connections) == len(self._laid_out(day)[0].connections)
        by = None if whole else self.scope.operator or operator  # who may ride every lane shares what was worked out
        key = ("promises", day, by, closures)
        found = self.of.behind.part(key, lambda: promises(disturbed(mine, closures) if closures else mine, ends))
        told: Promises = narrow(found, self.scope)
        return told

    def register(self, kind: str) -> Standing:
        """A register as the facts hold it: what binds somebody or somewhere in scope."""
        snapshot = self._snapshot
        if snapshot is None:
            return Standing(kind, {})
        whole = self.of.of(("registers", kind), lambda: standing_of(snapshot, self.network, kind))
        found: Standing = narrow(whole, self.scope)
        return found

    def zero_reports(self) -> list[Owed]:
        """Zero reports that are owed so far, of firms in scope, in periods that have a part in it."""
        snapshot = self._snapshot
        if snapshot is None:
            return []
        whole = self.of.of(("registers", "owed"), lambda: owed_reports(snapshot, self.network, self.rules))
        periods = {str(v.row["period"]) for v in self.register("protected_periods").versions.values()}
        mine = self.scope.operator_ids
        return [o for o in whole if o.period in periods and (not mine or o.operator in mine)]

    def counted(self, alerts: Sequence[str]) -> Count | None:
        """What alerts in scope speak of, counted from the facts: items, facilities, lanes. It reads the states of their items: for a deed, not for a page."""
        found, snapshot = self.alerts(), self._snapshot
        return None if found is None or snapshot is None else count(snapshot, self.network, found, frozenset(alerts))

    def daily_report(self, day: date | None) -> Document | None:
        """The daily report of a morning, as a document, None while it is being made behind: of the whole province, so for its own officers alone. Raises PermissionDenied for others, and YiluError where there is none."""
        if not self.scope.everywhere or self.scope.operator_ids or not self.scope.role.supervision:
            raise PermissionDenied
        facts, snapshot, network, rules = self.of.facts, self._snapshot, self.network, self.rules
        if snapshot is None:
            raise _NO_FACTS
        shift, lateness_s = chosen(snapshot, network, day), 60 * facts.settings.allowed_lateness_minutes

        def made() -> Document:  # of the commit that is the newest when its turn comes
            return again(lambda: document(daily(facts.read(), network, rules, shift, lateness_s), network, rules))

        found: Document | None = self.of.behind.result(("daily_report", shift.day), made, held_s=_REPORT_HELD_S)
        return found

    def has_item(self, key: int) -> bool:
        """Whether the item of a key is in scope: one of its ends, or its operator's."""
        snapshot = self._snapshot
        if snapshot is None:
            return False
        rows = snapshot.rows(snapshot.bucket_of(key))
        mine = table_of_items(rows[rows["key"] == np.uint64(key)], snapshot.rules)
        return len(narrow(mine, self.scope)) > 0

    def told(self) -> pa.Table | None:
        """Events as feeds told them, by measure (``cubes.QUALITY``), local day, operator and hours from happening to recording."""
        return self._table("told", lambda s: s.cells(BY_NAME["quality"]), ())

    def quarantine(self) -> pa.Table | None:
        """Quarantined rows of what operators reported themselves, with the operator's id; rows of other files are nobody's, and for those alone who see all."""
        return self._table("quarantine", lambda s: of_operators(s.quarantine(), self.of.facts.network), ())

    def heard(self, feed: str) -> tuple[int, int]:
        """(the latest event of a feed, when it last brought any), UTC seconds, 0 where there is none; who asks must have the feed in scope."""
        snapshot = self._snapshot
        return (0, 0) if snapshot is None else (snapshot.at.watermarks.get(feed, 0), snapshot.at.received.get(feed, 0))

    def looks(self, operator: str) -> QuerySet:
        """Look-ups of items of an operator, for those in whose scope it lies."""
        known = int(self.network.operators.index_of_code.get(operator, 0))
        mine = self.scope.everywhere and known and (not self.scope.operator_ids or known in self.scope.operator_ids)
        found = Entry.objects.filter(kind=LOOKED_AT, after__operator=operator)
        return found if mine else found.none()

    def records(self, model: type[Model]) -> QuerySet:
        """Records in scope."""
        found: QuerySet = narrow(model._default_manager.all(), self.scope)  # type: ignore[attr-defined]
        return found


LOOKED_AT = "items"
"""Kind of the entries of looking items up; ``after`` of those of one item names its operator."""


def of_operators(rows: pa.Table, network: Network) -> pa.Table:
    """Quarantined rows with the id of the operator who reported them (``receiving.judge`` names a batch by it), 0 where a file says nothing of that."""
    codes = pc.list_element(pc.split_pattern(pc.fill_null(rows.column("file"), ""), "/", max_splits=1), 0)
    known = network.operators.index_of_code
    named = codes.combine_chunks().dictionary_encode() if isinstance(codes, pa.ChunkedArray) else codes.dictionary_encode()  # fmt: skip
    ids = np.array([known.get(c, 0) for c in named.dictionary.to_pylist()] or [0], np.int64)
    number = ids[named.indices.to_numpy(zero_copy_only=False)] if len(rows) else np.empty(0, np.int64)
    return rows.append_column("operator", pa.array(number)).drop_columns(["key"])


def seen_by(scope: Scope) -> Seen:
    """What ``scope`` sees of the newest facts."""
    return Seen(scope, newest())
