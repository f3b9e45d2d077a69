"""Senders' tokens: found whoever came first, kept as long as a day may grow, and forgotten but for the evidence."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tests.items.conftest import RULES, TRIED, fresh_store
from tests.items.lives import Event, K, batch_of
from tests.items.small_network import BASE, HOUR
from yilu.items import erasing, tokens, upkeep
from yilu.items.arrival import Delivery
from yilu.items.days import local_day
from yilu.items.manifest import Counts, Erasure
from yilu.items.reading import Snapshot
from yilu.items.schema import TOKENS
from yilu.items.store import Store
from yilu.supervision.rules.declared import Catalogue, declared
from yilu.supervision.rules.of_feeds import sender_token

MOST = 2
Row = tuple[int, int, int, int]
"""(key, operator, place, at)"""


def catalogue() -> Catalogue:
    thresholds = dict(declared().thresholds)
    return replace(declared(), thresholds={**thresholds, "token_most": replace(thresholds["token_most"], value=MOST)})


def accepted(item: int, token: int, hours: int, place: int = 1, operator: int = 1) -> Event:
    """An acceptance; ``token`` is what its source says of the sender."""
    at = BASE + hours * HOUR
    return {
        "key": item << 40 | 1,
        "key2": item,
        "at": at,
        "recorded_at": at,
        "kind": 8,
        "place": place,
        "operator": operator,
        "event_id": item,
        "token": token,
    }


def day_of(at: int) -> int:
    return int(local_day(np.array([at]), RULES)[0])


def delivery(told: list[Event]) -> Delivery:
    rows = [
        {
            **{n: e[n] for n in ("operator", "place", "key", "key2", "at")},
            "day": day_of(e["at"]),
            "token": e["token"] * 1000 + day_of(e["at"]),
        }
        for e in told
        if e.get("token")
    ]
    events = batch_of([{n: v for n, v in e.items() if n != "token"} for e in told])
    return Delivery(events, Counts(rows=len(told), used=len(told)), tokens=pa.Table.from_pylist(rows, schema=TOKENS))


def found(store: Store) -> set[Row]:
    rows = sender_token(tokens.held(Snapshot(store.disk, store.at, RULES), MOST), BASE + 999 * HOUR, catalogue())
    assert all(int(r["key2"]) == int(r["key"]) >> 40 for r in rows)
    return {(int(r["key"]), int(r["operator"]), int(r["place"]), int(r["at"])) for r in rows}


def expected(told: list[Event]) -> set[Row]:
    """The rule once more: items by operator, place, day and token, of acceptances that no void names."""
    voided = {(e["key"], e["voids"]) for e in told if e["kind"] == K["void"]}
    items: dict[Any, dict[int, int]] = defaultdict(dict)
    for e in told:
        if e["kind"] == 8 and e["token"] and (e["key"], e["event_id"]) not in voided:
            of = items[e["operator"], e["place"], day_of(e["at"]), e["token"]]
            of[e["key"]] = min(e["at"], of.get(e["key"], 1 << 40))
    return {
        (key, who, place, at) for (who, place, _, _), of in items.items() if len(of) > MOST for key, at in of.items()
    }


def worlds() -> st.SearchStrategy[list[Event]]:
    """Acceptances of a few items by a few tokens at two places on two days; some are voided."""
    one = st.builds(accepted, st.integers(1, 9), st.integers(0, 2), st.integers(0, 40), st.integers(1, 2))
    # one acceptance tells of one operator, as one number does
    void = st.integers(1, 9).map(
        lambda i: {
            "key": i << 40 | 1,
            "key2": i,
            "at": BASE + 50 * HOUR,
            "recorded_at": BASE + 50 * HOUR,
            "kind": K["void"],
            "place": 1,
            "operator": 1,
            "voids": i,
        }
    )
    return st.tuples(st.lists(one, min_size=1, max_size=25), st.lists(void, max_size=2)).map(
        lambda both: both[0] + both[1]
    )


@TRIED
@given(worlds(), st.data())
def test_one_token_too_often_is_found_in_any_order_split_and_repetition(
    world: list[Event], data: st.DataObject
) -> None:
    """What is said is what plain Python says; dropping the tokens of days that are complete leaves the same evidence and no hash."""
    told = data.draw(st.permutations(world + data.draw(st.lists(st.sampled_from(world), max_size=5))))
    cut = data.draw(st.integers(0, len(told)))
    with fresh_store() as opened, opened() as store:
        for part in (told[:cut], told[cut:]):
            store.commit([delivery(part)])
        store.settle()
        wanted = expected(world)
        assert found(store) == wanted
        tokens.drop(store, BASE + 10 * 86400, 3, MOST)
        assert store.at.tokens == () and found(store) == wanted
        for part in store.at.crowds:
            assert "token" not in pa.parquet.read_schema(store.disk.path(part.file)).names
        upkeep.rebuild(store)
        assert found(store) == wanted


def crowd(items: int = 4, hours: int = 5) -> list[Event]:
    return [accepted(i, 7, hours) for i in range(1, items + 1)]


def test_a_day_keeps_its_tokens_until_it_is_complete_and_the_retention_is_over() -> None:
    """Three days after the day's end nothing may be dropped before they are over (clocks change in these days); then the hashes go, and the fourth commit after takes the files."""
    with fresh_store() as opened, opened() as store:
        store.commit([delivery(crowd())])
        end = upkeep.days.end_of(day_of(BASE + 5 * HOUR), RULES)
        assert tokens.drop(store, end + 3 * 86400 - 2 * HOUR, 3, MOST) == 0 and store.at.tokens
        old = store.disk.path(store.at.tokens[0].file)
        assert tokens.drop(store, end + 3 * 86400, 3, MOST) == 4 and not store.at.tokens
        for _ in range(5):
            store.flush(floor=store.at.floor)
        assert not old.exists() and len(found(store)) == 4


def test_few_items_of_a_token_leave_no_trace() -> None:
    """What stands behind no more than the threshold is gone with its token."""
    with fresh_store() as opened, opened() as store:
        store.commit([delivery(crowd(2))])
        tokens.drop(store, BASE + 10 * 86400, 3, MOST)
        assert not store.at.tokens and not store.at.crowds and found(store) == set()


def test_an_erased_item_is_in_no_group() -> None:
    """Hidden at once, out of the files when it is applied, before and after its token was dropped; its token may still say of the others."""
    for first in (False, True):
        with fresh_store() as opened, opened() as store:
            store.commit([delivery(crowd())])
            if first:
                tokens.drop(store, BASE + 10 * 86400, 3, MOST)
            key = 1 << 40 | 1
            erasing.put_on_list(store, Erasure((key,), BASE + 90 * HOUR, "who", "when", "why", 0, 0))
            assert Counter(k for k, *_ in found(store))[key] == 0 and len(found(store)) == 3
            erasing.apply(store)
            parts = [*store.at.tokens, *store.at.crowds]
            held = pa.concat_arrays(
                [pa.parquet.read_table(store.disk.path(p.file))["key"].combine_chunks() for p in parts]
            )
            assert len(held) == 3 and key not in held.to_pylist()
