"""Links and candidates against loops over all pairs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.items import lives
from tests.items.conftest import TRIED
from tests.items.lives import Event, K, batch_of
from tests.items.small_network import DAY
from yilu.items import link_runs, order, reach
from yilu.items.kinds import KINDS
from yilu.items.schema import concat, events

CARRIED = {kind.id for kind in KINDS if kind.container}
VOIDS = {K["void"], K["void_depart"]}
Link = tuple[int, int, int, int, int]


def listed(links: reach.Links) -> list[Link]:
    columns = (links.source, links.target, links.since, links.until, links.sort)
    return list(zip(*(c.tolist() for c in columns), strict=True))


def told_links(world: list[Event]) -> set[Link]:
    """Links that the world's events tell, found one by one."""
    out: set[Link] = set()
    for e in world:
        if e["kind"] == K["bag"] and e.get("container"):
            out.add((e["container"], e["key"], e["at"], e["at"] + 2 * DAY, reach.BAGGED))
        if e["kind"] == K["relabel"] and e.get("parent"):
            out.add((e["parent"], e["key"], 0, 0xFFFFFFFF, reach.RELABELLED))
            out.add((e["key"], e["parent"], 0, 0xFFFFFFFF, reach.EARLIER))
        if e["kind"] == K["piece"] and e.get("parent"):
            out.add((e["key"], e["parent"], 0, 0xFFFFFFFF, reach.PIECE_OF))
    return out


@TRIED
@given(lives.worlds(), lives.worlds())
def test_links_told_and_known(first, second):
    """Each link is told once, by source; of the second world's links just those are new that the first did not tell."""
    one, two = (reach.links_of(batch_of(w), 2 * DAY) for w in (first, second))
    assert len(listed(one)) == len(set(listed(one))) and set(listed(one)) == told_links(first)
    assert (one.source[1:] >= one.source[:-1]).all()
    assert set(listed(link_runs.without_known(two, (one,)))) == told_links(second) - told_links(first)
    assert set(listed(reach.merged([one, two]))) == told_links(first) | told_links(second)


KEYS = st.lists(st.integers(0, 40) | st.integers(2**63, 2**63 + 40), max_size=80)


@TRIED
@given(KEYS, KEYS, st.booleans())
def test_places_of_keys_are_those_of_numpy(sources, keys, in_order):
    """Keys in order or not, often equal, before, between and after the sources: numpy finds the same ranges."""
    source = np.sort(np.array(sources, np.uint64))
    key = np.array(sorted(keys) if in_order else keys, np.uint64)
    lo, hi = reach.ranges_of(source, key)
    assert np.array_equal(lo, np.searchsorted(source, key, "left"))
    assert np.array_equal(hi, np.searchsorted(source, key, "right"))


@TRIED
@given(lives.worlds())
def test_touching_finds_every_source(world):
    """Rows of a sorted batch that are a source of a link are all found, in order."""
    links = reach.links_of(batch_of(world), DAY)
    key = np.sort(batch_of(world).key)
    assert np.array_equal(link_runs.touching([links], key), np.flatnonzero(np.isin(key, links.source)))


@TRIED
@given(st.lists(lives.worlds(), max_size=6), lives.worlds())
def test_runs_hold_every_link_once(worlds, last):
    """Links added run by run are all there, each run by source and at least twice as long as the next; what touches any is found."""
    runs: link_runs.Runs = ()
    told = set()
    for world in worlds:
        new = link_runs.without_known(reach.links_of(batch_of(world), DAY), runs)
        assert not told & set(listed(new))
        told |= set(listed(new))
        runs = link_runs.added(runs, new)
    assert sorted(link for run in runs for link in listed(run)) == sorted(told)
    assert all((run.source[1:] >= run.source[:-1]).all() for run in runs)
    assert all(len(a) >= 2 * len(b) for a, b in pairwise(runs))
    key = np.sort(batch_of(last).key)
    sources = np.array(sorted({int(s) for run in runs for s in run.source}), np.uint64)
    assert np.array_equal(link_runs.touching(runs, key), np.flatnonzero(np.isin(key, sources)))


@TRIED
@given(
    lives.lives(
        lives.plain(),
        lives.bagging(),
        lives.hauling(),
        lives.relabelling(),
        lives.voiding(lives.ITEMS + lives.CONTAINERS[:2]),
    )
)
def test_candidates_of_one_step(world):
    """Each event of a link's source reaches the target when the link lets it: right kind, within its time, voids always."""
    batch = batch_of(world)
    links = reach.links_of(batch, 2 * DAY)
    got = reach.reached(links, batch)
    expected = []
    for source, target, since, until, sort in told_links(world):
        for e in world:
            within = since <= e["at"] <= until or e["kind"] in VOIDS
            back = {K[c] for c in ("relabel", "deliver", "return", "lost", "destroy", "cancel", "void")}
            carries = {
                reach.BAGGED: e["kind"] in CARRIED and within,
                reach.RELABELLED: True,
                reach.EARLIER: e["kind"] in back,
            }[sort]
            if e["key"] == source and carries:
                expected.append(
                    (
                        target,
                        source,
                        e["at"],
                        e["kind"],
                        e.get("place", 0),
                        source if sort == reach.BAGGED else e.get("container", 0),
                    )
                )
    found = zip(*(c.tolist() for c in (got.key, got.via, got.at, got.kind, got.place, got.container)), strict=True)
    assert sorted(found) == sorted(expected)


@TRIED
@given(st.integers(0, 2**64 - 1), st.lists(st.integers(0, 4095), unique=True, min_size=1))
def test_pieces_have_keys_of_their_own(key, numbers):
    """Pieces of one shipment get different keys in the shipment's bucket, and name it as their parent; piece 0 is the shipment."""
    batch = reach.piece_keys(batch_of([{"key": key, "piece": p} for p in numbers]))
    assert len(set(batch.key.tolist())) == len(numbers)
    assert {k >> 52 for k in batch.key.tolist()} == {key >> 52}
    assert [p == 0 for p in numbers] == [k == key for k in batch.key.tolist()]
    assert [parent for parent, p in zip(batch.parent.tolist(), numbers, strict=True) if p] == [key] * sum(
        p > 0 for p in numbers
    )


def once(world: list[Event]) -> list[Event]:
    """One telling of each event: what of two tellings does not hold may reach more or less, and counts nowhere."""
    return list({lives.identity(e): e for e in world}.values())


@TRIED
@given(lives.worlds().map(once).flatmap(lambda w: st.tuples(st.just(w), lives.batches(w))))
def test_spreading_in_parts_is_spreading_at_once(drawn):
    """However events come, the candidates told in the end are those of all events together."""
    world, commits = drawn

    def candidates(parts: list[list[Event]]) -> set[tuple[int, ...]]:
        known, earlier, out = (), events(0), set()
        for told in parts:
            if not told:
                continue
            batch = order.arrange(reach.piece_keys(batch_of(told))).events
            found = reach.merged([reach.links_of(batch, 2 * DAY), reach.piece_links(batch)])
            new = link_runs.without_known(found, known)
            got = reach.spread(batch, known, new, earlier, new)
            out |= set(
                zip(*(c.tolist() for c in (got.key, got.via, got.at, got.kind, got.place, got.voids)), strict=True)
            )
            known, earlier = link_runs.added(known, new), concat([earlier, batch, got])
        return out

    assert candidates(commits) == candidates([world])
