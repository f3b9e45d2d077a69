"""The rooms of the house: who may import whom, and what a room may not be called."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "yilu"

ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "settings": {"errors"},
    "highs": set(),
    "documents": {"errors", "settings"},
    "network": {"errors", "settings"},
    "items": {"errors", "settings", "network"},
    "design": {"errors", "settings", "network", "highs"},
    "dispatch": {"errors", "settings", "network", "highs"},
    "green": {"errors", "settings", "network"},
    "indicators": {"errors", "settings", "items", "network"},
    "plan": {"errors", "settings", "indicators", "network", "documents"},
    "supervision": {"errors", "settings", "indicators", "items", "network", "documents"},
    "twin": {"errors", "settings", "dispatch", "items", "network", "highs"},
    "run": {"errors", "settings", "supervision", "indicators", "items", "network"},
    "studies": {"errors", "settings", "design", "dispatch", "green", "indicators", "items", "network", "twin", "highs"},
}
"""The allow-list of each room; a room that may import all others (cli, console) and one of data alone have none."""
OPEN = {"cli", "console"}
DATA = {"provinces"}
DRAWERS = {
    "utils",
    "util",
    "core",
    "common",
    "base",
    "helpers",
    "helper",
    "services",
    "managers",
    "misc",
    "shared",
    "lib",
}


def rooms() -> set[str]:
    """Folders and single modules that lie directly in src/yilu."""
    folders = {p.name for p in SOURCE.iterdir() if p.is_dir() and any(p.rglob("*.py"))}
    return folders | {p.stem for p in SOURCE.glob("*.py") if p.stem not in {"__init__", "__main__"}}


def contracts() -> configparser.ConfigParser:
    """The file that lint-imports reads."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter", encoding="utf-8")
    return parser


def wrong_contracts(parser: configparser.ConfigParser, present: set[str]) -> dict[str, object]:
    """Rooms whose contract is missing or forbids other rooms than it must: room to what was expected."""
    wrong: dict[str, object] = {}
    for room in present - OPEN - DATA:
        section = f"importlinter:contract:{room}"
        if room not in ALLOWED or not parser.has_section(section):
            wrong[room] = "a contract"
            continue
        forbidden = set(parser[section]["forbidden_modules"].split())
        must = {f"yilu.{r}" for r in present - DATA - ALLOWED[room] - {room}}
        if forbidden != must or parser[section]["source_modules"].strip() != f"yilu.{room}":
            wrong[room] = sorted(must)
    return wrong


def test_every_room_has_a_contract() -> None:
    """A new room can't come without its allow-list, and a contract can't be loosened silently."""
    assert wrong_contracts(contracts(), rooms()) == {}


def test_a_loosened_contract_is_noticed() -> None:
    """The check itself can fail: a contract that forbids one room less is named."""
    parser = contracts()
    lines = parser["importlinter:contract:items"]["forbidden_modules"].split()
    parser["importlinter:contract:items"]["forbidden_modules"] = "\n".join(lines[1:])
    assert "items" in wrong_contracts(parser, rooms())


@pytest.mark.parametrize("folder", ["src", "tests", "benchmarks"])
def test_no_drawers(folder: str) -> None:
    """No file or folder is named for being a drawer: what it holds would have no owner."""
    named = [p for p in (ROOT / folder).rglob("*") if p.stem.lower() in DRAWERS and "__pycache__" not in p.parts]
    assert named == []


def test_provinces_are_data_alone() -> None:
    """A province is made by people who don't program: its folder holds no code."""
    assert [p for p in (SOURCE / "provinces").rglob("*.py") if p.name != "__init__.py"] == []
