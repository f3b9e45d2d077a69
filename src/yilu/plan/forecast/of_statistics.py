"""Official statistics as series to forecast: which kind a figure is, what it goes along with, what is promised of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from yilu.errors import InputError
from yilu.plan.forecast.series import Series, series
from yilu.plan.forecast.trajectory import COMPARATORS, Trajectory
from yilu.plan.model import Plan, Target
from yilu.plan.statistics import Series as Declared
from yilu.plan.statistics import Statistics
from yilu.plan.units import converted

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

    ``nation``: the area whose series of the same indicator the others are regressed on; ``paths``: targets by series and area. Ratios and shares go without the nation's. InputError: as `Statistics.yearly`, and a figure that its kind can't have, such as a volume of 0.
    """
    keys = dict.fromkeys((s.series, s.area) for s in held.rows if s.measure == "level")
    found: dict[tuple[str, str], Series] = {}
    for code, area in sorted(keys, key=lambda key: key[1] != nation):
        kind, yearly = kind_of_figures(held.series[code]), held.yearly(code, area)
        if not kind or yearly.years.size < fewest:
            continue
        covariate = found.get((code, nation)) if area != nation and kind == "volume" else None
        path = (paths or {}).get((code, area))
        try:
            found[code, area] = series(
                name_of(code, area), yearly.years.tolist(), yearly.values.tolist(), kind, covariate=covariate, path=path
            )
        except ValueError as e:
            raise InputError(
                "statistics.csv", f"figures of {code} in {area} that a {kind} can have", column="value", value=str(e),
                next_step=f"Correct the figure; `yilu plan statistics --series {code} --area {area}` lists them with their rows.",
            ) from e  # fmt: skip
    return tuple(found[key] for key in keys if key in found)


def trajectory_of(target: Target, declared: Declared, since: int) -> Trajectory:
    """The path of a target in the unit of the series that measures it. ``since``: the year its path begins where the target names none.

    ValueError: no figure, a comparator that no path can be drawn for, a unit that can't be converted, and as `Trajectory`.
    """
    if target.target is None or target.comparator not in COMPARATORS:
        raise ValueError(f"{target.code}: no figure to reach ({target.comparator})")
    figures = [
        None if v is None else converted(float(v), target.unit, declared.unit) for v in (target.baseline, target.target)
    ]
    first = target.baseline_year if target.baseline_year is not None else since
    return Trajectory(
        kind_of_figures(declared), first, figures[0], target.target_year, figures[1] or 0.0, target.comparator
    )


def paths_of(
    plan: Plan, held: Statistics, area: str
) -> tuple[dict[tuple[str, str], Trajectory], dict[str, tuple[str, str]]]:
    """The paths of all targets that count and that an official statistic measures, by series and area; and which targets have none, by code, with why, in Chinese and English. Of two targets for one series the first stands."""
    found: dict[tuple[str, str], Trajectory] = {}
    without: dict[str, tuple[str, str]] = {}
    for target in plan.targets:
        source, _, code = target.measured_by.partition(":")
        if source != "statistic" or not target.counts:
            continue
        if code not in held.series or not kind_of_figures(held.series[code]):
            without[target.code] = f"统计数据中没有可用的 {code}", f"statistics declare no such quantity: {code}"
            continue
        try:
            found.setdefault((code, area), trajectory_of(target, held.series[code], plan.baseline_year))
        except ValueError as e:
            without[target.code] = "目标值、单位或年份无法形成轨迹", str(e)
    return found, without


def cut(every: Iterable[Series], time: int) -> tuple[Series, ...]:
    """All series as they were known at the end of ``time``; those without a figure by then are left out."""
    return tuple(s for each in every if (s := each.until(time)).times.size)
