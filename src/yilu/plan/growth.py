"""Growth as it was published, beside growth as levels give it, and whether rounding or a revised base explains what lies between.

A printed figure v with last place s stands for something from v − s/2 to v + s/2. So two levels give growth from (now − s/2) / (then + s/2) − 1 to
(now + s/2) / (then − s/2) − 1; it agrees with what was published where the two ranges meet. Where they don't, the published growth and the later level imply
a base, and how far that lies from the printed one is how much the base must have been revised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from yilu.plan.period import Period

VERDICTS: dict[str, tuple[str, str]] = {
    "agrees": ("与绝对数相符(在公布位数之内)", "agrees with the levels, as far as they are printed"),
    "basis": ("口径或性质不同,不可比", "not to be compared: another basis, or not equally final"),
    "revised_base": ("不符,上年基数经修订即可解释", "differs; a base that was revised would explain it"),
    "unexplained": ("不符,未能解释", "differs, and nothing explains it"),
    "not_published": ("未公布增速", "no growth was published"),
    "no_level": ("缺少绝对数,无法复核", "a level is missing: can't be recomputed"),
}
"""What is said of a growth, in both languages."""


class Figure(Protocol):
    """What is asked of a published figure."""

    @property
    def row(self) -> int: ...
    @property
    def series(self) -> str: ...
    @property
    def area(self) -> str: ...
    @property
    def period(self) -> Period: ...
    @property
    def value(self) -> float: ...
    @property
    def step(self) -> float: ...
    @property
    def status(self) -> str: ...
    @property
    def basis(self) -> str: ...


Level = tuple[float, float, Figure]
"""Value and last place in the unit of the series, and the figure they are from."""


@dataclass(frozen=True)
class Growth:
    """Growth of one period on the same one a year before, in per cent; None: not there.

    ``published`` stands as it was printed; ``recomputed`` from levels, which stand for growth from ``low`` to ``high``. ``difference``: recomputed less published, in
    percentage points. ``base_revision``: by how many per cent the printed base must be wrong for both to hold. ``verdict``: a code of ``VERDICTS``.
    ``rows``: rows of ``statistics.csv``: base, level, published growth (0: none).
    """

    series: str
    area: str
    period: Period
    published: float | None
    recomputed: float | None
    low: float | None
    high: float | None
    difference: float | None
    base_revision: float | None
    verdict: str
    rows: tuple[int, int, int]


def explained(then: Level | None, now: Level | None, told: Figure | None, revised_percent: float) -> Growth | None:
    """Growth from ``then`` to ``now`` beside the one that was ``told``; None where there is neither."""
    ends = [None if level is None else level[2] for level in (then, now)]
    of = told or ends[1]
    if of is None or (told is None and then is None):
        return None
    rows = (ends[0].row if ends[0] else 0, ends[1].row if ends[1] else 0, told.row if told else 0)
    published = None if told is None else told.value
    if then is None or now is None or then[0] <= then[1] / 2:
        return Growth(of.series, of.area, of.period, published, None, None, None, None, None, "no_level", rows)
    recomputed, (low, high) = _percent(now[0], then[0]), _range(then, now)
    if told is None:
        return Growth(of.series, of.area, of.period, None, recomputed, low, high, None, None, "not_published", rows)
    revision = 100 * (now[0] / (1 + told.value / 100) / then[0] - 1) if told.value > -100 else None
    agrees = low <= told.value + told.step / 2 and told.value - told.step / 2 <= high
    verdict = "agrees" if agrees else _verdict(then[2], now[2], told, revision, revised_percent)
    return Growth(
        of.series,
        of.area,
        of.period,
        told.value,
        recomputed,
        low,
        high,
        recomputed - told.value,
        revision,
        verdict,
        rows,
    )


def _verdict(then: Figure, now: Figure, told: Figure, revision: float | None, revised_percent: float) -> str:
    if not then.basis == now.basis == told.basis or now.status != told.status:
        return "basis"
    return "revised_base" if revision is not None and abs(revision) <= revised_percent else "unexplained"


def _range(then: Level, now: Level) -> tuple[float, float]:
    return _percent(now[0] - now[1] / 2, then[0] + then[1] / 2), _percent(now[0] + now[1] / 2, then[0] - then[1] / 2)


def _percent(now: float, then: float) -> float:
    return 100 * (now / then - 1)
