"""A small province with the shape of ``yilu.network.Network``, so that the twin's tests don't hang on any province's figures."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np


def province() -> Any:
    """Three cities with two counties each, a hub, an office of exchange, one outside province, Hong Kong and a foreign region."""
    area = ["P", "C1", "C2", "C3", "C1a", "C1b", "C2a", "C2b", "C3a", "C3b", "990000", "810000", "F1"]
    level = [2, 4, 4, 4, 5, 5, 5, 5, 5, 5, 2, 2, 6]
    city = [0, 2, 3, 4, 2, 2, 3, 3, 4, 4, 11, 12, 13]
    inside = [1] * 10 + [0] * 3
    facility = [
        ("S1", "sort_centre", 2, 113.3, 23.1), ("S2", "sort_centre", 3, 114.0, 22.6), ("S3", "sort_centre", 4, 116.7, 23.4),
        ("H1", "hub", 2, 113.2, 23.4), ("X1", "office_of_exchange", 2, 113.31, 23.39),
        ("D1a", "depot", 5, 113.2, 23.0), ("D1b", "depot", 6, 113.4, 23.2), ("D2a", "depot", 7, 114.1, 22.5),
        ("D2b", "depot", 8, 114.2, 22.7), ("D3a", "depot", 9, 116.6, 23.5), ("D3b", "depot", 10, 116.8, 23.3),
        ("G1", "gateway", 11, 116.4, 39.9), ("G2", "gateway", 12, 114.2, 22.3), ("G3", "gateway", 13, -118.0, 34.0),
    ]  # fmt: skip
    ids = np.arange(1, len(facility) + 1, dtype=np.uint32)
    ends = [2, 3, 4, 11, 12, 13]
    pairs = [
        (o, d, (6.0 if o < 5 and d < 5 else 2.0) * (2.0 if o == d else 1.0))
        for o in ends
        for d in ends
        if o < 5 or d < 5
    ]
    pairs = [(o, d, w * (0.1 if o > 11 or d > 11 else 1.0)) for o, d, w in pairs]
    total = sum(w for _, _, w in pairs)
    operators = ["ALPHA", "BETA", "GAMMA", "DELTA", "EPSILON", "POST"]
    level_of_pair = np.full((14, 14), 4, np.uint8)
    level_of_pair[2:11, 2:11] = 2

    def promise(accepted: Any, origin: Any, destination: Any, levels: Any) -> Any:
        return (np.asarray(accepted) + 86400 * np.where(np.asarray(levels) == 2, 2, 4)).astype(np.uint32)

    return SimpleNamespace(
        name="standin",
        time_zone="Asia/Shanghai",
        areas=SimpleNamespace(id=np.arange(1, 14), code=np.array(area)),
        area_level=np.array([0, *level], np.uint8),
        area_city=np.array([0, 1, *city[1:]], np.uint16),
        area_inside=np.array([0, *inside], np.bool_),
        facilities=SimpleNamespace(
            id=ids, code=np.array([f[0] for f in facility]), kind=np.array([f[1] for f in facility])
        ),
        facility_area=np.array([0] + [f[2] for f in facility], np.uint16),
        facility_processing=np.array(
            [False] + [f[1] in ("sort_centre", "hub", "office_of_exchange") for f in facility]
        ),
        facility_lon=np.array([0.0] + [f[3] for f in facility]),
        facility_lat=np.array([0.0] + [f[4] for f in facility]),
        operators=SimpleNamespace(id=np.arange(1, 7), code=np.array(operators)),
        service_levels=SimpleNamespace(
            id=np.arange(1, 5), code=np.array(["half_day", "next_day", "two_day", "three_day"])
        ),
        demand=SimpleNamespace(
            origin=np.array([p[0] for p in pairs]),
            destination=np.array([p[1] for p in pairs]),
            share=np.array([p[2] for p in pairs]) / total,
        ),
        level_of_pair=level_of_pair,
        promise=promise,
    )
