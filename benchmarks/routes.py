"""``./do bench routes``: the router beside graph libraries on the time-expanded graph, one run, one thread, graphs made before, warm, best of five.

Then Guangdong's generated timetable: profiles and every choice between all county units and gateways, and ten million items re-routed within what room a busy evening has left.

150 facilities, 20,000 departures a day, four days, made by lot (a seed): vehicles run between near places and hubs, and what comes by one can leave again when it is sorted. The peers search a
graph of one node a departure and one an arrival, with waiting between; none of them knows of freight, and all must arrive at the same minutes. PyRaptor, which knows timetables, gets the same
as a feed of passengers, who leave as they arrive, and is held against the router on that.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from benchmarks import assignment, raptor_peer
from benchmarks.machine import run, say
from yilu.dispatch import NEVER, Connections, choices, connections, earliest, profiles
from yilu.dispatch.closures import Closure, disturbed
from yilu.dispatch.ends import Ends, ends
from yilu.dispatch.flight import InFlight, grouped
from yilu.dispatch.promise import weights
from yilu.dispatch.reroute import reroute
from yilu.dispatch.timetable import MODES, Timetable
from yilu.dispatch.timetable import timetable as laid_out
from yilu.network import load
from yilu.network.default_timetable import with_timetable

_PLACES, _DEPARTURES, _DAYS, _HUBS = 150, 20_000, 4, 12
_BEST_OF, _STARTS = 5, 20
_DAY_MIN = 1440


def timetable(departures: int, seed: int = 7) -> Connections:
    """``departures`` a day, the same on each of the days."""
    draw = np.random.default_rng(seed)
    x, y = draw.uniform(0, 600, _PLACES), draw.uniform(0, 400, _PLACES)
    source = draw.integers(0, _PLACES, departures)
    near = np.argsort(np.hypot(x[:, None] - x, y[:, None] - y), axis=1)[:, 1:16]
    to_hub = draw.random(departures) < 0.4
    target = np.where(to_hub, draw.integers(0, _HUBS, departures), near[source, draw.integers(0, near.shape[1], departures)])  # fmt: skip
    target = np.where(target == source, (target + 1) % _PLACES, target)
    km = 1.2 * np.hypot(x[source] - x[target], y[source] - y[target])
    minutes = np.ceil(5 + km / 65 * 60).astype(np.int64)
    departs = draw.integers(0, _DAY_MIN, departures)
    sorting = draw.integers(30, 120, departures)
    cost, carbon = np.ceil(3 + km * 0.05).astype(np.int64), np.ceil(1 + km * draw.uniform(0.05, 0.2, departures)).astype(np.int64)  # fmt: skip
    day = _DAY_MIN * np.repeat(np.arange(_DAYS), departures)

    def daily(column: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.tile(column, _DAYS)

    leaves = daily(departs) + day
    there = leaves + daily(minutes)
    return connections(_PLACES, daily(source), daily(target), leaves, there, there + daily(sorting), daily(cost), daily(carbon))  # fmt: skip


@dataclass(frozen=True)
class Expanded:
    """The time-expanded graph: node c is the departure of connection c, node C + c its arrival. ``rows``, ``columns``, ``weights`` (edges,)."""

    of: Connections
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    weights: NDArray[np.float64]

    @property
    def nodes(self) -> int:
        """How many."""
        return 2 * len(self.of)

    def departure(self, place: int, minute: int) -> int:
        """The node of the first departure from a place at a minute or later, -1 for none."""
        found = np.flatnonzero((self.of.source == place) & (self.of.departs >= minute))
        return int(found[0]) if len(found) else -1

    def arrivals(self, distances: NDArray[np.float64], node: int, place: int, minute: int) -> NDArray[np.int64]:
        """Earliest arrivals by place from distances to all nodes."""
        n, out = len(self.of), np.full(self.of.places, int(NEVER), np.int64)
        reached = np.isfinite(distances[n:])
        np.minimum.at(out, self.of.target[reached], (distances[n:][reached] + self.of.departs[node]).astype(np.int64))
        out[place] = minute
        return out


def expanded(of: Connections) -> Expanded:
    """The graph of a timetable."""
    n = len(of)
    order = np.lexsort((np.arange(n), of.departs, of.source))
    same = of.source[order[1:]] == of.source[order[:-1]]
    waits, then = order[:-1][same], order[1:][same]
    key = of.source[order].astype(np.int64) << 32 | of.departs[order].astype(np.int64)
    at = np.searchsorted(key, of.target.astype(np.int64) << 32 | of.ready.astype(np.int64))
    goes_on = (at < n) & (of.source[order[np.minimum(at, n - 1)]] == of.target)
    number = np.arange(n)
    rows = np.concatenate([waits, number, n + number[goes_on]])
    columns = np.concatenate([then, n + number, order[at[goes_on]]])
    weights = np.concatenate([
        of.departs[then] - of.departs[waits], of.arrives - of.departs, of.departs[order[at[goes_on]]] - of.arrives[goes_on],
    ]).astype(np.float64)  # fmt: skip
    return Expanded(of, rows, columns, weights)


def timed(work: Callable[[], Any]) -> float:
    """Seconds of one turn."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def best(work: Callable[[], Any]) -> float:
    """Seconds of the quickest of some turns, the first left out."""
    work()
    return min(timed(work) for _ in range(_BEST_OF))


def peers(graph: Expanded) -> dict[str, Callable[[int], NDArray[np.float64]]]:
    """Distances from a node to all, by library."""
    import igraph
    import rustworkx

    # a wait of no minutes is an edge too, which a sparse matrix takes for none
    sparse = csr_matrix((np.maximum(graph.weights, 1e-9), (graph.rows, graph.columns)), shape=(graph.nodes, graph.nodes))  # fmt: skip
    ig = igraph.Graph(n=graph.nodes, edges=np.stack([graph.rows, graph.columns], axis=1), directed=True)
    ig.es["minutes"] = graph.weights
    rx = rustworkx.PyDiGraph(multigraph=True)
    rx.add_nodes_from(range(graph.nodes))
    rx.add_edges_from(list(zip(graph.rows.tolist(), graph.columns.tolist(), graph.weights.tolist(), strict=True)))

    def by_rustworkx(node: int) -> NDArray[np.float64]:
        found = rustworkx.dijkstra_shortest_path_lengths(rx, node, float)
        out = np.full(graph.nodes, np.inf)
        out[list(found.keys())] = list(found.values())
        out[node] = 0
        return out

    return {
        "scipy": lambda node: np.round(dijkstra(sparse, indices=node)),
        "igraph": lambda node: np.array(ig.distances(node, weights="minutes")[0]),
        "rustworkx": by_rustworkx,
    }


def measure(quick: bool) -> dict[str, Any]:
    """The figures."""
    of = timetable(_DEPARTURES // (4 if quick else 1))
    graph = expanded(of)
    say(f"{len(of)} connections, {graph.nodes} nodes, {len(graph.rows)} edges")
    starts = [(int(p), int(m)) for p, m in zip(range(0, _PLACES, _PLACES // _STARTS), range(0, _DAY_MIN, 60), strict=False)]  # fmt: skip
    figures: dict[str, Any] = {}
    for name, search in peers(graph).items():
        for place, minute in starts[:3]:
            node = graph.departure(place, minute)
            told = graph.arrivals(search(node), node, place, minute)
            assert (told == earliest(of, place, minute).arrives).all(), f"{name} arrives at other minutes"
        nodes = [graph.departure(p, m) for p, m in starts[:5]]
        figures[f"{name}_ms"] = best(lambda search=search, nodes=nodes: [search(n) for n in nodes]) / len(nodes) * 1e3  # type: ignore[misc]
        say(f"{name}: {figures[f'{name}_ms']:.1f} ms one-to-all")
    took = best(lambda: [earliest(of, p, m) for p, m in starts]) / len(starts)
    scanned = sum(len(of) - of.first_from(m) for _, m in starts) / len(starts)
    figures |= {
        "one_to_all_ms": took * 1e3, "one_to_all_ratio_best_peer": min(v for n, v in figures.items() if n.endswith("_ms")) / (took * 1e3),
        "connections_per_s": scanned / took,
        "query_ms": best(lambda: [earliest(of, p, m, until=(p + 70) % _PLACES) for p, m in starts]) / len(starts) * 1e3,
        "all_to_all_s": best(lambda: profiles(of, np.arange(_PLACES))),
        "pareto_one_to_all_ms": best(lambda: [choices(of, p, m) for p, m in starts]) / len(starts) * 1e3,
    }  # fmt: skip
    return figures | beside_raptor(of) | of_guangdong(quick) | assignment.measure(quick)


def beside_raptor(of: Connections) -> dict[str, Any]:
    """Earliest arrivals to all places by PyRaptor and by the router, without freight rules; its timetable is read before anything is timed."""
    plain = raptor_peer.without_freight(of)
    starts = [(0, 0), (7, 60), (75, 300)]
    with tempfile.TemporaryDirectory() as folder:
        search = raptor_peer.searcher(plain, Path(folder))
        if search is None:
            say("PyRaptor isn't there: left out")
            return {}
        for place, minute in starts:
            assert (search(place, minute) == earliest(plain, place, minute).arrives).all(), "PyRaptor arrives at other minutes"  # fmt: skip
        theirs = best(lambda: [search(*s) for s in starts]) / len(starts)
    ours = best(lambda: [earliest(plain, *s) for s in starts]) / len(starts)
    say(f"PyRaptor: {1e3 * theirs:.0f} ms one-to-all without freight rules, the router {1e3 * ours:.3f} ms")
    return {"pyraptor_ms": 1e3 * theirs, "one_to_all_ratio_pyraptor": theirs / ours}


_DAY, _ITEMS, _ROOM_LEFT = date(2025, 11, 11), 10_000_000, 0.6


def of_guangdong(quick: bool) -> dict[str, Any]:
    """All county units and gateways, and a disruption."""
    network = with_timetable(load("guangdong"), _DAY)
    of, all_ends = laid_out(network, _DAY, 6), ends(network)
    starts, c = all_ends.facility, of.connections
    places, hours = of.facilities + starts, range(0, 24, 12 if quick else 1)
    say(f"Guangdong: {len(all_ends)} ends, {len(c)} connections")
    figures: dict[str, Any] = {
        "guangdong_profiles_s": best(lambda: profiles(c, places)),
        "guangdong_choices_ms": best(lambda: [choices(c, int(p), 600) for p in starts[::9]]) / len(starts[::9]) * 1e3,
    }
    with ThreadPoolExecutor(2) as pool:
        begun = time.perf_counter()
        found = list(pool.map(lambda at: len(choices(c, *at).fronts(places)[1]), [(int(p), 60 * h) for p in starts for h in hours]))  # fmt: skip
        figures["pareto_all_s"] = time.perf_counter() - begun
    say(f"{sum(found):,} choices between {len(starts)} ends at {len(hours)} hours: {figures['pareto_all_s']:.1f} s")
    items = in_flight(all_ends, of, _ITEMS // (100 if quick else 1))
    hub = network.facilities.index_of_code["HUB-440100"]
    shut = (Closure("facility", "HUB-440100", int(of.at(20 * 60)), int(of.at(26 * 60))),)
    left = disturbed(of, shut)
    room = (of.room[left.connections.row] * _ROOM_LEFT).astype(np.int64)
    air = np.isin(of.lane_mode[of.lane[left.connections.row]], [MODES.index("belly"), MODES.index("freighter")])
    ridable = [np.ones(len(left.connections), np.bool_), ~air]
    took, groups, done = [], grouped(items), None
    for _ in range(3):
        begun = time.perf_counter()
        groups = grouped(items)
        done = reroute(left.connections, groups, room, ridable)
        took.append(time.perf_counter() - begun)
    assert done is not None and (done.loads <= room).all()
    say(
        f"{len(items):,} items in {len(groups):,} groups round {network.facilities.name_of_id[hub][1]}: {done.late(groups):,} late, {done.stranded.sum():,} stranded"
    )
    return figures | {"reroute_10m_s": min(took), "reroute_groups": len(groups), "reroute_late": done.late(groups)}


def in_flight(all_ends: Ends, of: Timetable, n: int) -> InFlight:
    """``n`` items of the province's demand somewhere on their way at 20:00, by a seed: at the depot, a sort centre or a hub, ready within the next eight hours, due as their level has it, one in ten kept from the air."""
    draw = np.random.default_rng(11)
    network = all_ends.network
    weight = weights(network, all_ends)
    pair = draw.choice(weight.size, n, p=weight.ravel() / weight.sum())
    origin, destination = pair // len(all_ends), pair % len(all_ends)
    f = network.facilities
    inner = f.id[np.isin(f.kind, ("sort_centre", "hub"))].astype(np.int64)
    place = np.where(draw.random(n) < 0.2, all_ends.facility[origin], inner[draw.integers(0, len(inner), n)])
    ready = 20 * 60 + draw.integers(0, 8 * 60, n)
    level = network.level_of_pair[all_ends.area[origin], all_ends.area[destination]]
    due = 22 * 60 + 1440 * np.clip(level, 1, 3).astype(np.int64)
    return InFlight(
        *(
            a.astype(np.int32)
            for a in (place, ready, of.facilities + all_ends.facility[destination], due, draw.random(n) < 0.1)
        )
    )


if __name__ == "__main__":
    run(measure, "The router beside graph libraries on the time-expanded graph.")
