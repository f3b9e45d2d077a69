"""From a province to hubs on a map, in a notebook: ``placed`` does the whole way, and what it gives draws itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from yilu.design.hubs import certificate
from yilu.design.location.certificate import Certificate
from yilu.design.matrices import HubMatrices, matrices
from yilu.design.stop import after, at_gap, either
from yilu.network import Network
from yilu.studies.hub_files import drawing, hub_rows
from yilu.studies.hubs import Design, Measured, as_planned, best, measured, stated

_GAP = 1e-6


@dataclass(frozen=True)
class HubMap:
    """A design with the arrays it rests on; the last line of a notebook's cell shows its drawing, with names in ``language``, zh or en."""

    arrays: HubMatrices
    design: Design
    language: str = "zh"

    @property
    def cost(self) -> float:
        """Yuan a day."""
        return self.design.plan.cost

    @property
    def bound(self) -> float:
        """Yuan a day that no design of this kind is below; 0 where there was no time for a better one."""
        return max(self.design.plan.bound, 0.0)

    @property
    def measured(self) -> Measured:
        """Cost by part, hours, share in time, carbon."""
        return measured(self.arrays, self.design)

    @property
    def hubs(self) -> list[dict[str, Any]]:
        """One row a hub, as in ``hubs.csv``: ``pandas.DataFrame(plan.hubs)`` or ``polars.DataFrame(plan.hubs)`` makes a table of it."""
        return hub_rows(self.arrays, self.design)

    def certificate(self) -> Certificate:
        """Cost and bound recomputed by other means, and what of the plan isn't so."""
        return certificate(self.design.asked, self.design.plan)

    def _repr_svg_(self) -> str:
        return drawing(self.arrays, self.design, self.language)


def placed(
    network: Network, day: date, p: int | None = None, seconds: float = 60.0, language: str = "zh", seed: int = 0, proof: bool = False,
) -> HubMap:  # fmt: skip
    """Hubs for a province: the plan's cities and tiers with the best county unit in each, or with ``p`` that many hubs on any county unit.

    ``day``: whose crossings are open; ``seconds``: when to stop, sooner where the design is proven to a millionth; ``proof``: keep
    one for ``HubMap.certificate``. Everything besides, deadlines, scenarios
    and swaps, is asked of ``yilu.studies.hubs``. Raises InputError where the province lacks what is needed, HubError for more hubs than county units,
    ValueError for seconds that are none.
    """
    arrays, stop = matrices(network, day), either(after(seconds), at_gap(_GAP))
    design = (
        as_planned(arrays, stated(network), stop, seed, proof=proof)
        if p is None
        else best(arrays, p, stop, seed, proof=proof)
    )
    return HubMap(arrays, design, language)
