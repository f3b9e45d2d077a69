"""The heart held against the reference: any order, any repetition, any split into commits."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.items import lives, reference
from tests.items.conftest import TRIED, fresh_store
from tests.items.facts import cells_named, cells_of, delivery, expected_states, key_of, logged, states_of
from tests.items.lives import Event
from tests.items.small_network import NET
from yilu.items import cubes
from yilu.items.schema import IDENTITY, PAYLOAD
from yilu.items.store import Store


def compare(store: Store, world: list[Event]) -> None:
    """Hold all that a store says against the reference's view of the events."""
    states, cells = reference.fold(world, NET)
    found, expected = states_of(store), expected_states(states)
    for key in {*found, *expected}:
        mine, theirs = found.get(key, []), expected.get(key, [])
        assert len(mine) == len(theirs), (hex(key), mine, theirs)
        for a, b in zip(mine, theirs, strict=True):
            assert a == {n: b[n] for n in a}, (hex(key), {n: (a[n], b[n]) for n in a if a[n] != b[n]})
    told = cells_named(store)
    assert told == cells, {"too many": told - cells, "too few": cells - told}


def log_of(world: list[Event]) -> dict[tuple[int, ...], tuple[int, ...]]:
    """{identity: payload} that a log must hold."""
    out = {}
    for number, events in reference.holding(world).items():
        for e in events:
            parent = e["parent"] or (e["key"] if e["piece"] and e["kind"] != lives.K["relabel"] else 0)
            e = {**e, "key": key_of(number), "parent": parent}
            out[tuple(e[n] for n in IDENTITY)] = tuple(e[n] for n in PAYLOAD)
    return out


def pour(store: Store, commits: list[list[Event]], at_once: bool) -> None:
    """Commit after commit, holding the counts to their identities; what repeats is known at once, or when all is settled."""
    known: set[tuple[int, ...]] = set()
    for told in commits:
        before = store.at.counts
        after = store.commit([delivery(told)]).counts
        fresh = {lives.identity(e) for e in told} - known
        known |= fresh
        assert after.made - before.made == len(told)
        if at_once:
            assert after.accepted - before.accepted == len(fresh)
    store.settle()
    c = store.at.counts
    assert c.accepted == len(known)
    assert c.rows == c.used + c.quarantined
    assert c.made == c.accepted + c.repeated + c.conflicting + c.refused


def check(world: list[Event], commits: list[list[Event]], patience: float | None) -> None:
    """States, cubes and log of a store that got the world in these commits; the same again after it was opened anew."""
    with fresh_store(patience=patience) as opened:
        store = opened()
        try:
            pour(store, commits, patience is None)
            compare(store, world)
            assert logged(store) == log_of(world)
        finally:
            store.close()
        with opened() as store:
            compare(store, world)


PATIENCE = st.sampled_from([None, 0.0, 0.5, 99.0])


def in_any_way(
    world: st.SearchStrategy[list[Event]],
) -> st.SearchStrategy[tuple[list[Event], list[list[Event]], float | None]]:
    return world.flatmap(lambda w: st.tuples(st.just(w), lives.batches(w), PATIENCE))


@TRIED
@given(in_any_way(lives.lives(lives.plain(lives.ITEMS[:2]))))
def test_plain_lives(drawn):
    """Scans alone: merged fields, attempts, hops, dwell, journeys, outcome, promise, checks and cells agree."""
    check(*drawn)


@TRIED
@given(in_any_way(lives.lives(lives.plain(lives.ITEMS[:2]), lives.voiding(lives.ITEMS[:2]))))
def test_voids(drawn):
    """Voids by id and departures taken back agree, whether they come before or after what they void."""
    check(*drawn)


@TRIED
@given(
    in_any_way(
        lives.lives(lives.plain(lives.ITEMS[:2]), lives.bagging(lives.ITEMS[:2]), lives.hauling(), lives.hauling())
    )
)
def test_containers(drawn):
    """A container's scans reach just the items in it then, however late bagging and unbagging are told."""
    check(*drawn)


@TRIED
@given(
    in_any_way(
        lives.lives(
            lives.plain(lives.ITEMS[:2]),
            lives.bagging(lives.ITEMS[:2]),
            lives.hauling(),
            lives.voiding(lives.ITEMS[:2] + lives.CONTAINERS[:2]),
        )
    )
)
def test_containers_with_voids(drawn):
    """Voided bagging, and voided scans of containers, agree."""
    check(*drawn)


@TRIED
@given(in_any_way(lives.lives(lives.plain(lives.ITEMS[:3]), lives.relabelling(), lives.voiding(lives.ITEMS[:3]))))
def test_relabelling(drawn):
    """An old number's events are the new number's, along a chain, and the old number is counted nowhere."""
    check(*drawn)


@TRIED
@given(in_any_way(lives.lives(lives.shipping())))
def test_pieces(drawn):
    """A shipment is delivered with the last of its pieces, and pieces are counted nowhere."""
    check(*drawn)


@TRIED
@given(in_any_way(lives.worlds()))
def test_worlds(drawn):
    """Everything at once."""
    check(*drawn)


@TRIED
@given(lives.worlds())
def test_one_by_one_is_all_at_once(world):
    """Events appended one commit each, in order of time, leave what one commit of all of them leaves."""
    in_order = sorted(world, key=lambda e: (e["at"], e["kind"], e.get("place", 0)))
    with fresh_store() as one, fresh_store() as all_at_once, one() as a, all_at_once() as b:
        pour(a, [[e] for e in in_order], True)
        pour(b, [world], True)
        assert states_of(a) == states_of(b)
        assert all(np.array_equal(x, y) for x, y in zip(cells_of(a), cells_of(b), strict=True))


@TRIED
@given(in_any_way(lives.worlds()))
def test_codes_of_cells(drawn):
    """The codes that kernels build are those that ``cubes.encode`` makes of a cell's dimensions."""
    world, commits, patience = drawn
    _, cells = reference.fold(world, NET)
    expected: Counter[int] = Counter()
    for (name, *values), count in cells.items():
        cube = cubes.BY_NAME[name]
        columns = {n: np.array([v]) for (n, _), v in zip(cube.dimensions, values, strict=True)}
        expected[int(cubes.encode(cube, **columns)[0])] += count
    with fresh_store(patience=patience) as opened, opened() as store:
        pour(store, commits, patience is None)
        codes, counts = cells_of(store)
        told = ~np.isin(codes, cubes.of_cube(cubes.BY_NAME["quality"], codes, counts)[0])
        assert dict(zip(codes[told].tolist(), counts[told].tolist(), strict=True)) == expected


def test_reference_is_small():
    """The reference can be read at one sitting, and takes nothing from the heart but the table of kinds."""
    for name in ("reference.py", "reference_answers.py", "reference_stages.py"):
        lines = (Path(__file__).parent / name).read_text().splitlines()
        imported = [line.split()[1] for line in lines if line.startswith(("import ", "from "))]
        assert len(lines) <= 150
        assert {m for m in imported if m.startswith("yilu")} <= {"yilu.items.kinds"}
        assert not {"numpy", "numba", "pyarrow"} & set(imported)
