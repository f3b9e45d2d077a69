"""What one user may see, as a value: areas, operator, purposes. Whatever is shown is narrowed by it (``narrowing``)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from yilu.console.access.roles import APPROVER, CARRIER, SCREENS, Role
from yilu.network import Network

_NOWHERE = "-"
"""A code that no area has."""
NOTHING = (-1,)
"""Ids that no row has: an empty tuple means everything to those who answer questions."""


@dataclass(frozen=True)
class Scope:
    """Of one user in one province. ``areas``: codes whose areas, and all below them, are in scope; empty for the whole province. ``operator``: of a
    carrier's user, the code of its operator; "" for the administration. A carrier's user without a known operator sees nothing.
    """

    user: int
    name: str
    role: Role
    areas: tuple[str, ...]
    operator: str
    rights: frozenset[str]
    network: Network

    @property
    def everywhere(self) -> bool:
        """Whether no row is out of scope for where it lies."""
        return not self.areas

    @property
    def is_carrier(self) -> bool:
        """Whether it is a carrier's."""
        return self.role.id == CARRIER

    @property
    def is_screen(self) -> bool:
        """Whether it is a wall screen's, which acts on nothing."""
        return self.role.id in SCREENS

    @property
    def approves(self) -> bool:
        """Whether the user may approve what others asked for."""
        return APPROVER in self.rights

    def holds(self, code: str) -> bool:
        """Whether the area of a code is in scope."""
        number = self.network.areas.index_of_code.get(code, 0)
        return bool(number and self.in_area[number])

    def within(self, code: str) -> Scope:
        """The part of this scope that lies in an area, "" for all of it; nothing where they don't meet."""
        if not code:
            return self
        if self.holds(code):
            return replace(self, areas=(code,))
        number = self.network.areas.index_of_code.get(code, 0)
        inside = self.network.under(code) if number else None
        ids = self.network.areas.index_of_code
        met = tuple(a for a in self.areas if inside is not None and a in ids and inside[ids[a]])
        return replace(self, areas=met or (_NOWHERE,))

    @cached_property
    def area_ids(self) -> tuple[int, ...]:
        """Ids of all areas in scope; empty: all."""
        if self.everywhere:
            return ()
        mask = self.in_area
        return tuple(int(i) for i in np.flatnonzero(mask)) or NOTHING

    @cached_property
    def in_area(self) -> NDArray[np.bool_]:
        """Areas (A,) in scope, by id."""
        if self.everywhere:
            return np.ones(len(self.network.area_level), np.bool_)
        mask = np.zeros(len(self.network.area_level), np.bool_)
        for code in self.areas:
            if code in self.network.areas.index_of_code:
                mask |= self.network.under(code)
        return mask

    @cached_property
    def operator_ids(self) -> tuple[int, ...]:
        """Ids of the operators in scope; empty: all."""
        if not self.is_carrier and not self.operator:
            return ()
        known = self.network.operators.index_of_code.get(self.operator, 0)
        return (int(known),) if known else NOTHING

    @cached_property
    def at_facility(self) -> NDArray[np.bool_]:
        """Facilities (F,) in scope, by id; what happened at no known place is in scope of those who see everything."""
        inside = self.in_area[self.network.facility_area]
        inside[0] = self.everywhere
        return inside
