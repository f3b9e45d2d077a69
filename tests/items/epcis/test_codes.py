"""The mapping tables are sound, and map whole columns as their rows say."""

from __future__ import annotations

import csv
from importlib.resources import files

import numpy as np
import pyarrow as pa
import pytest

from yilu.items import codes
from yilu.items.kinds import BY_CODE, OTHER
from yilu.items.schema import OUTCOMES


def test_every_table_is_sound() -> None:
    """Each table has version, titles and source; each row a source, a known grade, a known kind; no code twice."""
    assert len(codes.tables()) >= 12
    for table in codes.tables():
        assert table.version and table.source and table.title_zh and table.title_en
        assert table.rows
        seen = [table.normal(row.code) for row in table.rows]
        assert len(seen) == len(set(seen)), table.id
        for row in table.rows:
            assert row.code == row.code.strip() != ""
            assert row.source and row.note_zh and row.note_en
            assert row.grade in codes.grades()
            assert row.kind == "" or row.kind in BY_CODE
            assert row.outcome == "" or row.outcome in OUTCOMES
            assert row.kind not in {"other", "void"}, "other means unmapped, void needs an event id"


def test_every_csv_is_listed_and_every_listing_has_its_csv() -> None:
    """No table lies in the folder without version and source, and none is announced that is not there."""
    present = {
        f.name.removesuffix(".csv") for f in (files("yilu.items") / "codes").iterdir() if f.name.endswith(".csv")
    }
    assert present == {table.id for table in codes.tables()}


def test_to_kind_agrees_with_the_rows_one_by_one() -> None:
    """Every code of every table, read from its CSV by hand, maps to what its row says; an empty kind is unmapped."""
    for table in codes.tables():
        with (files("yilu.items") / "codes" / f"{table.id}.csv").open(encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle))
        got = table.to_kind(np.array([r["code"] for r in rows], object))
        assert got.kind.tolist() == [BY_CODE[r["kind"]].id if r["kind"] else OTHER for r in rows]
        assert got.outcome.tolist() == [OUTCOMES[r["outcome"]] if r["outcome"] else 0 for r in rows]
        assert got.unmapped.tolist() == [r["kind"] == "" for r in rows]


@pytest.mark.parametrize("encode", [False, True])
def test_columns_with_nulls_unknown_codes_and_letter_case(encode: bool) -> None:
    """Null and unknown codes are unmapped as kind other; case and blanks around a code do not matter for carriers."""
    column = pa.array(["EMI", " emi ", None, "ZZZ", "EMH", "EXX"])
    chunked = (
        pa.chunked_array([column.dictionary_encode(), pa.array(["EMA"]).dictionary_encode()]) if encode else column
    )
    got = codes.table("upu_emsevt").to_kind(chunked)
    want = ["deliver", "deliver", "other", "other", "attempt", "other"] + (["accept"] if encode else [])
    assert got.kind.tolist() == [BY_CODE[k].id for k in want]
    assert got.unmapped.tolist() == [k == "other" for k in want]
    assert got.kind.dtype == np.uint8 and got.outcome.dtype == np.uint8 and got.unmapped.dtype == np.bool_


def test_numbers_as_codes_and_an_empty_column() -> None:
    """SF's codes may come as integers; an empty column gives empty arrays."""
    got = codes.table("sf").to_kind(pa.array([50, 80, 12345]))
    assert got.kind.tolist() == [BY_CODE["accept"].id, BY_CODE["deliver"].id, OTHER]
    assert len(codes.table("sf").to_kind(pa.chunked_array([], pa.string())).kind) == 0


def test_epcis_vocabulary_is_case_sensitive_and_complete() -> None:
    """CBV 2.0 has 41 business steps and 33 dispositions, all listed, none under another letter case."""
    steps, states = codes.table("epcis_bizstep"), codes.table("epcis_disposition")
    assert (len(steps.rows), len(states.rows)) == (41, 33)
    assert steps.find("Shipping") is None
    assert steps.find("shipping") is not None


def test_a_station_signing_in_is_not_a_delivery() -> None:
    """The trap of Cainiao's codes: GTMS_STA_SIGNED is the station taking the parcel in."""
    got = codes.table("cainiao").to_kind(pa.array(["GTMS_STA_SIGNED", "GTMS_SIGNED"]))
    assert got.kind.tolist() == [BY_CODE["station"].id, BY_CODE["deliver"].id]


def test_unknown_table_names_those_there_are() -> None:
    """Asking for a table that is not there says which there are."""
    with pytest.raises(codes.CodeTableError, match="upu_emsevt"):
        codes.table("nobody")
