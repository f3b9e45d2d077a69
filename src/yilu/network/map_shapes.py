"""Where the outlines of a province's areas come from, as the table ``[map]`` of ``province.toml`` tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

PACKAGE = "npm:"
"""Begins the name of a file that is in a package of npm: ``npm:PACKAGE/PATH``. Other files lie in the province folder."""
JOINS_TO = ("code", "name_zh", "name_en")


@dataclass(frozen=True)
class MapShapes:
    """Outlines as GeoJSON: files of ``cities`` and of ``counties`` (empty: none). The property ``property`` of a shape holds what the column ``column`` of areas holds.

    ``approval``: the map-approval number (审图号); empty: these outlines are for development only. ``source`` says whose they are.
    """

    cities: str = ""
    counties: str = ""
    property: str = "code"
    column: str = "code"
    approval: str = ""
    source: str = ""

    def of_level(self, level: str) -> str:
        """The file of a level of areas (city, county), "" where there is none."""
        return {"city": self.cities, "county": self.counties}.get(level, "")


NO_SHAPES = MapShapes()


def read(given: Any) -> tuple[MapShapes, list[tuple[str, str, str]]]:
    """(what the table says, its faults as key, reason, what is expected); no table says nothing."""
    if given is None:
        return NO_SHAPES, []
    if not isinstance(given, dict):
        return NO_SHAPES, [("map", "not a table", "a table")]
    faults = list(_faults(given))
    return (NO_SHAPES if faults else MapShapes(**given)), faults


def _faults(given: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    names = tuple(MapShapes.__dataclass_fields__)
    for key, value in given.items():
        if key not in names:
            yield f"map.{key}", "unknown key", "one of " + ", ".join(names)
        elif not isinstance(value, str):
            yield f"map.{key}", "not text", "text"
        elif key == "column" and value not in JOINS_TO:
            yield "map.column", "not what is expected", "one of " + ", ".join(JOINS_TO)
        elif key in ("cities", "counties") and ".." in value.split("/"):
            yield f"map.{key}", "leads out of its folder", "a file of the province folder, or npm:PACKAGE/PATH"
