"""Schemas of a plan folder, the classes that hold its rows, and the reference page say the same."""

from __future__ import annotations

from dataclasses import fields
from importlib.resources import files

import pytest

from yilu.network.schema import GRADES, value
from yilu.plan.page import reference_page
from yilu.plan.tables import CLASSES, REQUIRED, columns, names
from yilu.plan.units import units


@pytest.mark.parametrize("table", CLASSES)
def test_classes_have_the_columns_of_their_schema(table: str) -> None:
    """A column that is declared is read, and one that is read is declared."""
    assert names(CLASSES[table]) == {a.name for a in columns(table)}


@pytest.mark.parametrize("table", CLASSES)
def test_columns_are_described(table: str) -> None:
    """Each column has a meaning in both languages, choices where it is a choice, and a default that is itself valid."""
    for a in columns(table):
        assert a.description_zh and a.description_en.endswith("."), a.name
        assert (a.type == "choice") == bool(a.choices), a.name
        assert (a.type == "reference") == bool(a.references), a.name
        assert not (a.required and a.default), a.name
        if a.default:
            value(a, a.default)
        if a.name == "grade":
            assert a.choices == tuple(GRADES)


def test_every_table_stands_on_the_page() -> None:
    """Each table and each of its columns is on the reference page."""
    page = reference_page()
    for table in CLASSES:
        assert f"## {table}.csv" in page
        assert all(f"| `{a.name}` |" in page for a in columns(table))
    assert set(REQUIRED) <= set(CLASSES)


def test_choices_have_words_on_the_screen() -> None:
    """What a row may choose is said in both languages where it is shown."""
    from yilu.cli.titles import titles

    shown = {"targets": {"kind": "target"}, "projects": {"kind": "project"}, "tasks": {"evidence": "evidence"}}
    for table, of in shown.items():
        for column, group in of.items():
            (a,) = [a for a in columns(table) if a.name == column]
            assert all((group, choice) in titles() for choice in a.choices), (table, column)


def test_units_convert_within_their_dimension() -> None:
    """Every unit of the shipped plan is known; per million and per ten million are ten apart, points and per cent don't convert."""
    rows = files("yilu") / "provinces" / "guangdong" / "plan"
    assert rows.is_dir() and {"千万分之", "百万分之", "%", "分", "亿件"} <= set(units())
    assert units()["百万分之"].factor == 10 * units()["千万分之"].factor
    assert units()["分"].dimension != units()["%"].dimension
    assert {f.name for f in fields(next(iter(units().values())))} >= {"code", "en", "dimension", "factor"}
