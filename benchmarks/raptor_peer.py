"""PyRaptor (RAPTOR: Delling, Pajor and Werneck 2012) on a GTFS export of a timetable, as a peer of the router that knows timetables.

Every connection is a trip of two stops, every place a stop of a station of its own. A feed of passengers knows no sorting: who arrives can leave at once.
It wants pandas below 2, which other peers can't have; so it lies in a folder of its own (``requirements/raptor.txt``) and takes what pandas is there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yilu.dispatch import NEVER, Connections

FOLDER = Path(".yilu/raptor")
_ROUNDS = 24
"""More vehicles than any earliest journey here takes: a round that improves nothing ends the search."""
_DATE = "20251111"


def export(of: Connections, folder: Path) -> None:
    """Write a timetable as a GTFS feed of one day whose hours go on past midnight."""

    def clock(minute: int) -> str:
        return f"{minute // 60:02d}:{minute % 60:02d}:00"

    pairs, route = np.unique(of.source.astype(np.int64) * of.places + of.target, return_inverse=True)
    files = {
        "agency.txt": ["agency_id,agency_name", "1,all"],
        "routes.txt": ["route_id,agency_id,route_short_name,route_long_name,route_type", *(f"{r},1,{r},{r},3" for r in range(len(pairs)))],
        "trips.txt": ["route_id,service_id,trip_id,trip_short_name,trip_long_name", *(f"{r},1,{t},{t},{t}" for t, r in enumerate(route.tolist()))],
        "calendar_dates.txt": ["service_id,date,exception_type", f"1,{_DATE},1"],
        "stops.txt": ["stop_id,stop_code,stop_name,parent_station,platform_code", *(f"{p},P{p},P{p},S{p},1" for p in range(of.places)), *(f"S{p},S{p},P{p},," for p in range(of.places))],
    }  # fmt: skip
    times = ["trip_id,stop_sequence,stop_id,arrival_time,departure_time"]
    for t, (source, target, departs, arrives) in enumerate(zip(of.source, of.target, of.departs, of.arrives, strict=True)):  # fmt: skip
        times += [f"{t},1,{source},{clock(departs)},{clock(departs)}", f"{t},2,{target},{clock(arrives)},{clock(arrives)}"]  # fmt: skip
    for name, lines in {**files, "stop_times.txt": times}.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def without_freight(of: Connections) -> Connections:
    """The same timetable where what arrives can leave at once."""
    return replace(of, ready=np.maximum(of.arrives, of.departs + 1).astype(np.int32))


def searcher(of: Connections, folder: Path) -> Callable[[int, int], NDArray[np.int64]] | None:
    """Earliest arrivals (places,) from a place at a minute, by PyRaptor on the feed that is written into ``folder``; None where it isn't installed."""
    if not FOLDER.is_dir():
        return None
    sys.path.append(str(FOLDER))
    try:
        from loguru import logger  # type: ignore[import-not-found]
        from pyraptor.gtfs import timetable as reading  # type: ignore
        from pyraptor.model.raptor import RaptorAlgorithm  # type: ignore
        from pyraptor.model.structures import Trip  # type: ignore
        from pyraptor.util import LARGE_NUMBER  # type: ignore
    finally:
        sys.path.remove(str(FOLDER))
    logger.disable("pyraptor")
    export(of, folder)
    # It looks trips up before it numbers them, when all have one hash, which takes an hour for 80,000: they get the same numbers from the start.
    numbers = count(1)
    reading.Trip = lambda: Trip(id=next(numbers))
    known = reading.gtfs_to_pyraptor_timetable(reading.read_gtfs_timetable(str(folder), _DATE, ["all"]))

    def search(place: int, minute: int) -> NDArray[np.int64]:
        start = known.stops.get(str(place))
        algorithm = RaptorAlgorithm(known)
        algorithm.run([start], 60 * minute, _ROUNDS)
        out = np.full(of.places, int(NEVER), np.int64)
        for stop, label in algorithm.bag_star.items():
            if label.earliest_arrival_time < LARGE_NUMBER:
                out[int(stop.id)] = label.earliest_arrival_time // 60
        return out

    return search
