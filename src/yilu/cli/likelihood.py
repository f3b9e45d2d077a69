"""``yilu legs``, and what ``yilu promise --probability`` adds: promises by the probability of keeping them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import numpy as np
import typer

from yilu.cli.facts import facts, progress_bar
from yilu.cli.output import Json, print_json, print_table
from yilu.cli.status import ProvinceOption, StoreOption
from yilu.cli.titles import percent
from yilu.dispatch.connections import NEVER
from yilu.dispatch.ends import Ends
from yilu.dispatch.likelihood import Chances, Laid, Likely, arrival, chances, laid
from yilu.dispatch.promise import Promises
from yilu.dispatch.scan import earliest
from yilu.dispatch.spread import Leg, spread, written
from yilu.dispatch.timetable import Timetable, timetable
from yilu.documents.saving import save
from yilu.items.names import Names
from yilu.network.default_timetable import with_timetable
from yilu.studies.legs import learn


def legs(
    out: Annotated[Path, typer.Argument(help="写入的 legs.csv · The legs.csv to write.")],
    store: StoreOption = None,
    province: ProvinceOption = None,
    as_json: Json = False,
) -> None:
    """由实际件学得各段在途时间与计划之比的中位数和 95 分位 · Learn from items how long rides take against the timetable: median and 95th percentile by lane, for `yilu promise --legs`."""
    opened = facts(store, province)
    snapshot = opened.read()
    day = opened.network.local_date(snapshot.as_of)
    of = timetable(with_timetable(opened.network, day), day - timedelta(1), 1)
    with progress_bar(not as_json) as bar:
        task = bar.add_task("学习" if opened.settings.language == "zh" else "learning", total=1)
        found = learn(snapshot, of, lambda done, whole: bar.update(task, completed=done, total=whole))
    path = save(out.parent, out.name, written(found.legs).encode())
    counts = {
        "rides": found.rides,
        "no_lane": found.no_lane,
        "several_modes": found.several_modes,
        "rows": len(found.legs),
    }
    if as_json:
        print_json({"file": str(path), **counts})
        return
    zh = opened.settings.language == "zh"
    names = (
        ("行程", "其中无线路", "其中多种方式(不学)", "写出行数")
        if zh
        else ("rides", "of these without a lane", "of these with several modes (not learnt)", "rows written")
    )
    print_table(str(path), ("项", "数") if zh else ("what", "number"), list(zip(names, counts.values(), strict=True)))


class Probable:
    """The promises of a day by the probability of keeping them."""

    def __init__(
        self, of: Timetable, ends: Ends, promises: Promises, known: list[Leg], probability: float, progress: Callable[[int, int], None],
    ) -> None:  # fmt: skip
        self.probability, self._of, self._ends = probability, of, ends
        self._laid: Laid = laid(of, spread(of.network, known))
        self._found: Chances = chances(self._laid, ends, promises, progress)
        self.uncertain = int((self._laid.spread.sigma > 0).sum())

    def likely(self, chosen: Any = None) -> Likely:
        """How far promises of the pairs ``chosen`` are kept."""
        return self._found.attained(self.probability, chosen)

    def riskiest(self, most: int) -> list[dict[str, Any]]:
        """Pairs whose promise the timetable keeps but not with the probability, least chance first, each once: areas, acceptance, due, chance, when it is delivered with the probability, the transfer caught least."""
        plain, found, of, ends = self._found.of, self._found, self._of, self._ends
        chance = np.where(plain.kept & (found.kept < self.probability), found.kept, 2.0)
        hour = chance.argmin(axis=2)
        least = np.take_along_axis(chance, hour[..., None], axis=2)[..., 0]
        zone, codes = ZoneInfo(of.network.time_zone), of.network.areas.code_of_id
        rows = list[dict[str, Any]]()
        for k in np.lexsort((-plain.weight.ravel(), least.ravel()))[:most]:
            i, j = divmod(int(k), len(ends))
            h = int(hour[i, j])
            if least[i, j] > 1:
                break
            accepted = of.begins + 3600 * plain.hours[h]
            tree = earliest(of.connections, int(ends.facility[i]), int(of.minute(ends.leaves(i, accepted))))
            path = tree.journey(of.facilities + int(ends.facility[j]))
            arrives, weak = arrival(self._laid, path, self.probability), int(found.weakest[i, j, h])
            delivered = int(ends.delivered(j, of, of.at([arrives]))[0]) if arrives < NEVER else 0
            lane = str(of.network.lanes.code[self._laid.lane[weak]]) if weak >= 0 else None
            rows.append({
                "origin": codes[int(ends.area[i])], "destination": codes[int(ends.area[j])], "accepted": datetime.fromtimestamp(accepted, zone).isoformat(),
                "due": datetime.fromtimestamp(int(plain.due[i, j, h]), zone).isoformat(), "kept_with": round(float(least[i, j]), 6),
                "delivered_with_probability": datetime.fromtimestamp(delivered, zone).isoformat() if delivered else None, "weakest_lane": lane,
                "weakest_caught_with": round(float(found.caught[i, j, h]), 6) if weak >= 0 else None,
            })  # fmt: skip
        return rows

    def record(self, by_level: dict[str, int], level: Any, worst: int) -> dict[str, Any]:
        """For machines."""
        return {
            "probability": self.probability, "lanes_uncertain": self.uncertain, "levels": {c: _plain(self.likely(level == k)) for c, k in by_level.items()},
            "all": _plain(self.likely()), "riskiest": self.riskiest(worst),
        }  # fmt: skip

    def show(self, by_level: dict[str, int], level: Any, worst: int, zh: bool) -> None:
        """For people."""
        names, p = Names(self._of.network, zh), f"{100 * self.probability:g} %"
        heads = ["时限产品", "区域对", f"以 {p} 概率达成的对", f"以 {p} 概率达成的件", "预期按件达成率"] if zh else ["service level", "pairs", f"pairs kept with {p}", f"items kept with {p}", "items kept on average"]  # fmt: skip
        told = [(names.level[k], self.likely(level == k)) for k in by_level.values()] + [
            ("全部" if zh else "all", self.likely())
        ]
        print_table(f"{'概率' if zh else 'probability'} {p}", heads, [(n, a.pairs, *(percent(None if v != v else v) for v in (a.pairs_kept, a.volume_kept, a.volume_expected))) for n, a in told])  # fmt: skip
        heads = ["收寄", "投递", "收寄时刻", "达成概率", f"{p} 送达", "最险换乘", "赶上概率"] if zh else ["from", "to", "accepted", "kept with", f"delivered with {p}", "weakest transfer", "caught with"]  # fmt: skip
        ids = self._of.network.areas.index_of_code
        print_table("时刻表可兑现而把握不足的区域对" if zh else "Pairs that the timetable keeps, but not surely", heads, [
            (names.area[ids[r["origin"]]], names.area[ids[r["destination"]]], r["accepted"][5:16], percent(r["kept_with"]), (r["delivered_with_probability"] or "–")[5:16], r["weakest_lane"] or "–",
             percent(r["weakest_caught_with"]))
            for r in self.riskiest(worst)
        ])  # fmt: skip


def _plain(of: Likely) -> dict[str, Any]:
    return {name: None if value != value else value for name, value in asdict(of).items()}


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(legs)
