"""Schemas, tables and the reference page say the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from yilu.network import check
from yilu.network.facility_kinds import FACILITY_KINDS
from yilu.network.page import reference_page
from yilu.network.schema import GRADES, REQUIRED, TABLES, attributes, value
from yilu.network.tables import CLASSES, names


def test_reference_page_is_the_schema(root: Path) -> None:
    """docs/reference/network.md is what the schemas make of it; `python -m yilu.network.page` writes it anew."""
    assert (root / "docs" / "reference" / "network.md").read_text(encoding="utf-8") == reference_page()


@pytest.mark.parametrize("table", TABLES)
def test_classes_have_the_columns_of_their_schema(table: str) -> None:
    """A column that is declared is read, and one that is read is declared."""
    assert names(CLASSES[table]) == {a.name for a in attributes(table)}


def test_every_schema_file_is_a_table(root: Path) -> None:
    """No schema lies about that nobody reads."""
    held = {path.stem for path in (root / "src" / "yilu" / "network" / "schema").iterdir()}
    assert held == set(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_columns_are_described(table: str) -> None:
    """Each column has a meaning in both languages, choices where it is a choice, and a default that is itself valid."""
    for a in attributes(table):
        assert a.description_zh and a.description_en.endswith("."), a.name
        assert (a.type == "choice") <= bool(a.choices), a.name
        assert (a.type == "reference") <= bool(a.references), a.name
        assert not (a.required and a.default), a.name
        if a.default and a.type != "reference":
            value(a, a.default)
        if a.name in ("grade", "place_grade"):
            assert a.choices == tuple(GRADES)


def test_ids_fit_the_words_they_travel_in() -> None:
    """Areas below 1024, facilities below 2^20, operators below 4096, service levels below 16, and 0 stays unknown."""
    most = {t: (a.least, a.most) for t in TABLES for a in attributes(t) if a.type == "id"}
    assert most == {
        "areas": ("1", "1023"), "facilities": ("1", str(2**20 - 1)), "operators": ("1", "4095"), "service_levels": ("1", "15"),
    }  # fmt: skip


def test_facility_kinds_are_numbered_once() -> None:
    """Kinds of facility have numbers of their own from 1 to 255."""
    ids = [k.id for k in FACILITY_KINDS.values()]
    assert len(set(ids)) == len(ids) and min(ids) == 1 and max(ids) < 256


@pytest.mark.parametrize("table", REQUIRED)
def test_a_header_alone_is_a_fault(small: Path, table: str) -> None:
    """A required table without a row is named."""
    path = small / f"{table}.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert (f"{table}.csv", None, "the table has no row") in {(p.file, p.row, p.reason) for p in check(small)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("00:00", 0), ("24:00", 1440), ("18:30", 1110), ("", 1440), ("18:30:10", None), ("6pm", None)],
)
def test_times(text: str, expected: int | None) -> None:
    """Times are minutes of the local day; midnight may end the day; seconds and zones are refused."""
    cut_off = next(a for a in attributes("promise_rules") if a.name == "cut_off")
    if expected is None:
        with pytest.raises(ValueError):
            value(cut_off, text)
    else:
        assert value(cut_off, text) == expected
