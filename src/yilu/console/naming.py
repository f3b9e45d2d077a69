"""Names of what the facts hold by id: the code, and the name in both languages."""

from __future__ import annotations

from functools import lru_cache

from yilu.console.facts import newest
from yilu.console.pages.naming import Pair, names_of
from yilu.network import Network

_NOTHING: Pair = ("", "")


_BELOW = ("branch", "outlet")
"""Layers of operators that don't answer for themselves: advice, clocks and reports are their firm's."""


class Named:
    """Names of the areas, facilities and operators of a province by code; ``firms``: operators that answer for themselves; ``province``: its own code, the first province of its areas."""

    def __init__(self, network: Network) -> None:
        self.network = network
        names = names_of(network)
        self.area, self.facility, self.operator = (
            {code: names.of(table, i) for i, code in names.codes[table].items()} for table in ("area", "facility", "operator")
        )  # fmt: skip
        self.province = next(
            (str(c) for c, level in zip(network.areas.code, network.areas.level, strict=True) if level == "province"),
            "",
        )
        layers = zip(network.operators.code, network.operators.layer, strict=True)
        self.firms = {str(c): self.operator[str(c)] for c, layer in layers if layer not in _BELOW}

    def area_of(self, facility: int) -> str:
        """The code of the area that a facility (id) lies in, "" for none."""
        known = self.network.facility_area
        return self.network.areas.code_of_id.get(int(known[facility]), "") if 0 < facility < len(known) else ""

    def city_of(self, area: str) -> str:
        """The code of the city that an area lies in, itself where it lies in none."""
        network = self.network
        return network.areas.code_of_id.get(int(network.area_city[network.areas.index_of_code.get(area, 0)]), area)

    def of_area(self, code: str) -> Pair:
        """An area's name."""
        return self.area.get(code, (code, code)) if code else _NOTHING

    def of_facility(self, code: str) -> Pair:
        """A facility's name."""
        return self.facility.get(code, (code, code)) if code else _NOTHING

    def of_operator(self, code: str) -> Pair:
        """An operator's name."""
        return self.operator.get(code, (code, code)) if code else _NOTHING


@lru_cache(maxsize=1)
def named() -> Named:
    """The names of the province that the settings name."""
    return Named(newest().facts.network)
