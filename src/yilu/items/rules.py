"""The network's settings as the arrays that the fold's kernels take."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Rules(NamedTuple):
    """Everything the fold must know beside the events. F facilities, A areas, P promise rules, O obligation rules, by id.

    Times in UTC seconds (int64). ``level_first`` (17,): promise rules of level l are ``level_first[l]:level_first[l + 1]``,
    oldest first; ``amount`` in hours (elapsed clock) or days (calendar clock). ``owed_origin``, ``owed_destination`` (O, A):
    whether the rule covers the area. ``limits``: re-use of numbers in seconds; fastest travel in m/s; least distance in km
    from which travel is judged.
    """

    facility_area: NDArray[np.uint16]
    processing: NDArray[np.bool_]
    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    area_city: NDArray[np.uint16]
    inside: NDArray[np.bool_]
    level_of_pair: NDArray[np.uint8]
    level_first: NDArray[np.int64]
    level_from: NDArray[np.int64]
    calendar: NDArray[np.bool_]
    amount: NDArray[np.int64]
    due_minute: NDArray[np.int64]
    cut_off_minute: NDArray[np.int64]
    owed_check: NDArray[np.int64]
    owed_from: NDArray[np.int64]
    owed_until: NDArray[np.int64]
    owed_class: NDArray[np.int64]
    owed_sender: NDArray[np.int64]
    owed_origin: NDArray[np.bool_]
    owed_destination: NDArray[np.bool_]
    owed: NDArray[np.bool_]
    owed_processing: NDArray[np.bool_]
    transitions: NDArray[np.int64]
    offsets: NDArray[np.int64]
    first: NDArray[np.int64]
    slot: NDArray[np.int64]
    greatest: NDArray[np.bool_]
    bits: NDArray[np.uint16]
    limits: NDArray[np.int64]
