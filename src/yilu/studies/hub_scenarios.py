"""Other days' demand for a hub study: yearly volumes by market and shares of regions, as ``hub_scenarios.toml`` of the province folder states them.

Volume alone moves no hub: cost is linear in it. What moves hubs is who sends and where to, so a scenario states the three markets and the regions' shares,
and demand is built from them anew by the method of docs/explain/demand.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from yilu.design.matrices import HubMatrices, matrices
from yilu.network import Network, toml_file
from yilu.network.demand import built
from yilu.network.schema import GRADES

FILE = "hub_scenarios.toml"
MARKETS = ("same_city", "intercity", "abroad")
_KEYS = {
    "code": str,
    "zh": str,
    "en": str,
    "same_city": float,
    "intercity": float,
    "abroad": float,
    "region_share": dict,
    "grade": str,
    "source": str,
}
_MOST = 1e5
_DAYS, _OF_100_MILLION = 365, 1e8


@dataclass(frozen=True)
class Scenario:
    """Items accepted in a year by market in 亿件 (100 million), and per cent of them by region code, empty: as the province's figures have it; ``source``: Chinese, English."""

    code: str
    zh: str
    en: str
    items: dict[str, float]
    region_share: dict[str, float]
    grade: str
    source: tuple[str, str]


def scenarios(network: Network) -> tuple[Scenario, ...]:
    """The province's scenarios, none where it states none. Raises InputError naming scenario, key and value for what can't be."""
    path = network.folder / FILE
    if not path.is_file():
        return ()
    given = toml_file.parsed(path.read_text(encoding="utf-8"), FILE).get("scenario", [])
    if not isinstance(given, list):
        raise toml_file.wrong(FILE, "scenario", given, "a list of tables [[scenario]]")
    return tuple(_scenario(network, one, f"scenario {n + 1}") for n, one in enumerate(given))


def _scenario(network: Network, given: object, key: str) -> Scenario:
    if isinstance(given, dict):
        given = {k: float(v) if k in MARKETS and type(v) is int else v for k, v in given.items()}
    held = toml_file.whole(given, key, FILE, _KEYS)
    for market in MARKETS:
        if not 0 <= held[market] <= _MOST:
            raise toml_file.wrong(FILE, f"{key}, {market}", held[market], f"a number from 0 to {_MOST:g}")
    if not sum(held[market] for market in MARKETS):
        raise toml_file.wrong(FILE, key, 0, "items of at least one market")
    for region, share in held["region_share"].items():
        if region not in network.areas.index_of_code or type(share) not in (int, float) or not 0 <= share <= 100:
            raise toml_file.wrong(
                FILE, f"{key}, region_share, {region}", share, "a code of areas with 0 to 100 per cent"
            )
    if held["grade"] not in GRADES:
        raise toml_file.wrong(FILE, f"{key}, grade", held["grade"], "one of " + ", ".join(GRADES))
    return Scenario(
        held["code"], held["zh"], held["en"], {m: held[m] for m in MARKETS}, {k: float(v) for k, v in held["region_share"].items()}, held["grade"],
        toml_file.in_both(held["source"]),
    )  # fmt: skip


def of_scenario(network: Network, scenario: Scenario, day: date) -> HubMatrices:
    """The province's matrices with a scenario's demand; roads and crossings as on ``day``."""
    f = network.figures
    value = f.value.copy()
    for row, (measure, subject) in enumerate(zip(f.measure.tolist(), f.subject.tolist(), strict=True)):
        if measure == "items":
            value[row] = scenario.items[subject]
        elif measure == "region_share":
            value[row] = scenario.region_share.get(subject, value[row])
    demand = built(network.areas, replace(f, value=value))
    accepted = float(demand.share[network.area_inside[demand.origin]].sum())
    a_year = sum(scenario.items.values()) * _OF_100_MILLION
    return matrices(replace(network, demand=demand), day, a_year / _DAYS / accepted)
