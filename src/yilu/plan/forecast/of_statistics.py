"""Official statistics as series to forecast: which kind a figure is, what it goes along with, what is promised of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from yilu.plan.forecast.series import Series, series
from yilu.plan.forecast.trajectory import Trajectory
from yilu.plan.statistics import Series as Declared
from yilu.plan.statistics import Statistics

FEWEST = 2
"""Years below which a series is not taken up."""
_OF_RATIO = {"%": "share", "分": "points", "位": ""}


def kind_of_figures(declared: Declared) -> str:
    """The kind (`kinds.KINDS`) of a series of official statistics: a flow is a volume, a stock a count, a ratio in per cent a share, in points points, any other a rate; empty for a rank, which is no quantity."""
    if declared.kind == "flow":
        return "volume"
    return "count" if declared.kind == "stock" else _OF_RATIO.get(declared.unit, "rate")


def name_of(code: str, area: str) -> str:
    """The id of a series: indicator and area."""
    return f"{code}@{area}"


def of_statistics(
    held: Statistics, nation: str, paths: Mapping[tuple[str, str], Trajectory] | None = None, fewest: int = FEWEST
) -> tuple[Series, ...]:
    """Every yearly series of at least ``fewest`` figures, in the unit of its declaration; gaps stay gaps.

    ``nation``: the area whose series of the same indicator the others are regressed on; ``paths``: targets by series and area. Ratios and shares go without the nation's. InputError: as `Statistics.yearly`.
    """
    keys = dict.fromkeys((s.series, s.area) for s in held.rows if s.measure == "level")
    found: dict[tuple[str, str], Series] = {}
    for code, area in sorted(keys, key=lambda key: key[1] != nation):
        kind, yearly = kind_of_figures(held.series[code]), held.yearly(code, area)
        if not kind or yearly.years.size < fewest:
            continue
        covariate = found.get((code, nation)) if area != nation and kind == "volume" else None
        path = (paths or {}).get((code, area))
        found[code, area] = series(
            name_of(code, area), yearly.years.tolist(), yearly.values.tolist(), kind, covariate=covariate, path=path
        )
    return tuple(found[key] for key in keys if key in found)


def cut(every: Iterable[Series], time: int) -> tuple[Series, ...]:
    """All series as they were known at the end of ``time``; those without a figure by then are left out."""
    return tuple(s for each in every if (s := each.until(time)).times.size)
