"""``check`` names file, row, column and value of every fault of a province folder, and ``load`` refuses what ``check`` faults."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from province_folders import AREAS, FACILITIES, LEVELS, OPERATORS, Rows, toml, write_province, write_table

from yilu.errors import InputError
from yilu.network import check, folder_of, load

CHECK: dict[str, object] = {"valid_from": "2020-01-01", "check": "screen", "owed": "yes"}
PROMISE: dict[str, object] = {"service_level": "L1", "valid_from": "2020-01-01", "clock": "elapsed", "amount": 12}


def bent(rows: Rows, row: int, **cells: object) -> Rows:
    """``rows`` with cells of one row (from 1) changed."""
    return [dict(r) | (cells if i == row else {}) for i, r in enumerate(rows, 1)]


def test_a_sound_folder_has_no_fault(tmp_path: Path) -> None:
    """The folder that the other tests bend is sound, and so is the province that yilu ships."""
    assert (
        check(write_province(tmp_path / "sound", service_levels=LEVELS, promise_rules=[PROMISE], obligations=[CHECK]))
        == []
    )
    assert check(folder_of("guangdong")) == []


CELL_FAULTS: tuple[tuple[str, Rows, int, str, str | None], ...] = (
    ("areas", bent(AREAS, 2, id="two"), 2, "id", "two"),
    ("areas", bent(AREAS, 2, id=0), 2, "id", "0"),
    ("areas", bent(AREAS, 2, id=1024), 2, "id", "1024"),
    ("areas", bent(AREAS, 3, id=2), 3, "id", "2"),
    ("areas", bent(AREAS, 3, code="C1"), 3, "code", "C1"),
    ("areas", bent(AREAS, 3, code=""), 3, "code", None),
    ("areas", bent(AREAS, 3, level="town"), 3, "level", "town"),
    ("areas", bent(AREAS, 3, inside="maybe"), 3, "inside", "maybe"),
    ("areas", bent(AREAS, 3, lon=181), 3, "lon", "181"),
    ("areas", bent(AREAS, 3, lat="nan"), 3, "lat", "nan"),
    ("areas", bent(AREAS, 3, lat="５０"), 3, "lat", "５０"),
    ("areas", bent(AREAS, 3, towns=-1), 3, "towns", "-1"),
    ("areas", bent(AREAS, 3, parent="Q"), 3, "parent", "Q"),
    ("areas", bent(AREAS, 3, parent="C1a"), 3, "parent", "C1a"),
    ("areas", bent(AREAS, 5, inside="no"), 5, "inside", None),
    ("facilities", bent(FACILITIES, 1, id=1 << 20), 1, "id", str(1 << 20)),
    ("facilities", bent(FACILITIES, 1, kind="palace"), 1, "kind", "palace"),
    ("facilities", bent(FACILITIES, 3, area="C9"), 3, "area", "C9"),
    ("operators", bent(OPERATORS, 1, id=4096), 1, "id", "4096"),
    ("operators", bent(OPERATORS, 1, layer="outlet"), 1, "parent", None),
    ("service_levels", bent(LEVELS, 1, id=16), 1, "id", "16"),
    ("service_levels", bent(LEVELS, 2, scopes="cluster;moon"), 2, "scopes", "cluster;moon"),
    ("promise_rules", [PROMISE | {"service_level": "L9"}], 1, "service_level", "L9"),
    ("promise_rules", [PROMISE | {"valid_from": "2020-02-30"}], 1, "valid_from", "2020-02-30"),
    ("promise_rules", [PROMISE | {"cut_off": "25:00"}], 1, "cut_off", "25:00"),
    ("promise_rules", [PROMISE | {"amount": -1}], 1, "amount", "-1"),
    ("promise_rules", [PROMISE, PROMISE], 2, "valid_from", "2020-01-01"),
    ("obligations", [CHECK | {"check": "taste"}], 1, "check", "taste"),
    ("obligations", [CHECK | {"origin": "Q"}], 1, "origin", "Q"),
    ("obligations", [CHECK | {"valid_to": "2020-01-01"}], 1, "valid_to", "2020-01-01"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("table", "rows", "row", "column", "value"), CELL_FAULTS, ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_wrong_cell_is_named(
    table: str, rows: Rows, row: int, column: str, value: str | None, tmp_path: Path
) -> None:
    """One wrong cell: its file, row, column and value are named with a reason and an expectation, and the folder is refused."""
    sound: dict[str, Rows] = {"service_levels": LEVELS}
    folder = write_province(tmp_path / "bent", **sound | {table: rows})
    problems = check(folder)
    first = next((p for p in problems if (p.file, p.row, p.column) == (f"{table}.csv", row, column)), None)
    assert first, [p.record() for p in problems]
    assert value is None or first.value == value
    assert first.reason and first.expected
    with pytest.raises(InputError):
        load(folder)


def _put(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def _map(line: str) -> Callable[[Path], object]:
    return _put("province.toml", f"{toml()}[map]\n{line}\n".encode())


def _remove(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def _columns(**rows: Rows) -> Callable[[Path], object]:
    return lambda folder: [write_table(folder, name, table) for name, table in rows.items()]


FILE_FAULTS: dict[str, tuple[Callable[[Path], object], str, str | None]] = {
    "no province": (_remove("province.toml"), "province.toml", None),
    "not TOML": (_put("province.toml", b"name = "), "province.toml", None),
    "no such zone": (_put("province.toml", toml("Europe/Atlantis").encode()), "province.toml", "time_zone"),
    "a zone that climbs out of its folder": (_put("province.toml", toml("../../etc/passwd").encode()), "province.toml", "time_zone"),
    "misspelt key": (_put("province.toml", toml(circuty=1.2).encode()), "province.toml", "circuty"),
    "roads shorter than straight": (_put("province.toml", toml(circuity=0.9).encode()), "province.toml", "circuity"),
    "unknown datum": (_put("province.toml", toml(datum="BJ-54").encode()), "province.toml", "datum"),
    "box of three sides": (_put("province.toml", toml(bbox=[1, 2, 3]).encode()), "province.toml", "bbox"),
    "box inside out": (_put("province.toml", toml(bbox=[20, 2, 3, 40]).encode()), "province.toml", "bbox"),
    "map that is no table": (_put("province.toml", toml(map="cities.json").encode()), "province.toml", "map"),
    "map with another key": (_map('shapes = "x.json"'), "province.toml", "map.shapes"),
    "map that is a number": (_map("cities = 1"), "province.toml", "map.cities"),
    "map out of its folder": (_map('cities = "../x.json"'), "province.toml", "map.cities"),
    "map joined to no column": (_map('column = "lon"'), "province.toml", "map.column"),
    "code of no area": (_put("province.toml", toml().replace('"P"', '"Q"').encode()), "province.toml", "code"),
    "no areas": (_remove("areas.csv"), "areas.csv", None),
    "empty file": (_put("facilities.csv", b""), "facilities.csv", None),
    "other encoding": (_put("operators.csv", "id,code,name_zh\n1,A,甲\n".encode("gb18030")), "operators.csv", None),
    "open quote": (_put("operators.csv", b'id,code,name_zh\n1,A,"x\n'), "operators.csv", None),
    "missing column": (_columns(operators=[{"id": 1, "code": "A"}]), "operators.csv", "name_zh"),
    "unknown column": (_columns(operators=[{"id": 1, "code": "A", "name_zh": "x", "colour": 1}]), "operators.csv", "colour"),
    "column twice": (_put("operators.csv", b"id,code,name_zh,code\n1,A,x,B\n"), "operators.csv", "code"),
    "short row": (_put("operators.csv", b"id,code,name_zh\n1,A\n"), "operators.csv", None),
    "file of another table": (_put("operatorz.csv", b"id\n1\n"), "operatorz.csv", None),
}  # fmt: skip


@pytest.mark.parametrize("fault", FILE_FAULTS)
def test_a_wrong_file_is_named(fault: str, tmp_path: Path) -> None:
    """A file that is missing, unreadable or has another header is named, with the column where it is one."""
    bend, file, column = FILE_FAULTS[fault]
    folder = write_province(tmp_path / "bent")
    bend(folder)
    problems = check(folder)
    assert any((p.file, p.column) == (file, column) for p in problems), [p.record() for p in problems]
    with pytest.raises(InputError):
        load(folder)


def test_parents_in_a_circle_are_found(tmp_path: Path) -> None:
    """Areas that lie in each other are named, and checking ends."""
    areas = [*AREAS, {"id": 20, "code": "X", "name_zh": "x", "level": "abroad", "inside": "no", "parent": "Y", "lon": 0, "lat": 0},
             {"id": 21, "code": "Y", "name_zh": "y", "level": "abroad", "inside": "no", "parent": "X", "lon": 0, "lat": 0}]  # fmt: skip
    problems = check(write_province(tmp_path / "circle", areas=areas))
    assert {(p.row, p.column) for p in problems} >= {(8, "parent"), (9, "parent")}


def test_shares_that_do_not_add_up_are_found(tmp_path: Path) -> None:
    """Stated demand must add up to 1."""
    halves = [{"origin": "C1", "destination": "C2", "share": 0.5}, {"origin": "C2", "destination": "C1", "share": 0.4}]
    problems = check(write_province(tmp_path / "shares", demand=halves))
    assert [(p.file, p.column) for p in problems] == [("demand.csv", "share")]
    assert check(write_province(tmp_path / "whole", demand=bent(halves, 2, share=0.5))) == []


def test_a_folder_with_many_faults_reports_them_all(tmp_path: Path) -> None:
    """Faults in one table don't hide those in another, nor one row's those of the next."""
    folder = write_province(
        tmp_path / "many",
        areas=bent(bent(AREAS, 2, lon="east"), 6, lat=91),
        facilities=bent(bent(FACILITIES, 1, id="x"), 3, kind="palace"),
        service_levels=LEVELS,
        promise_rules=[PROMISE | {"clock": "sun"}],
    )
    (folder / "operators.csv").write_bytes(b"\xff\xfe")
    found = {(p.file, p.row, p.column) for p in check(folder)}
    assert found >= {
        ("areas.csv", 2, "lon"), ("areas.csv", 6, "lat"), ("facilities.csv", 1, "id"), ("facilities.csv", 3, "kind"),
        ("promise_rules.csv", 1, "clock"), ("operators.csv", None, None),
    }  # fmt: skip


def test_a_missing_folder_is_an_error_with_a_next_step(tmp_path: Path) -> None:
    """A province that isn't there is refused with what to do, and ``check`` says that its files are missing."""
    with pytest.raises(InputError) as refused:
        load(tmp_path / "nowhere")
    assert refused.value.next_step
    assert check(tmp_path / "nowhere")


def test_places_outside_the_box_are_found(tmp_path: Path) -> None:
    """With a box, areas and facilities of the province must lie in it (here: degrees swapped); those outside the province need not."""
    areas, facilities = bent(AREAS, 3, lon=50, lat=11), bent(FACILITIES, 2, lat=-50)
    folder = write_province(tmp_path / "box", areas=areas, facilities=facilities)
    assert check(folder) == []
    (folder / "province.toml").write_text(toml(bbox=[9.5, 49.5, 12.5, 50.5]), encoding="utf-8")
    found = [(p.file, p.row, p.column) for p in check(folder)]
    assert found == [("areas.csv", 3, "lon"), ("areas.csv", 3, "lat"), ("facilities.csv", 2, "lat")]


def test_a_fault_is_not_told_again_by_those_who_name_its_row(tmp_path: Path) -> None:
    """Rows that name a row with a fault, or of a table that can't be read, have no fault of their own."""
    folder = write_province(tmp_path / "row", areas=bent(AREAS, 1, lon="east"))
    assert [(p.file, p.row, p.column) for p in check(folder)] == [("areas.csv", 1, "lon")]
    (folder / "areas.csv").write_bytes(b"\xff")
    assert [(p.file, p.row, p.column) for p in check(folder)] == [("areas.csv", None, None)]


def test_the_list_of_faults_is_bounded(tmp_path: Path) -> None:
    """Of many thousand faults the first thousand are named and it is said that there are more, whether of cells or of references."""
    many = [
        {"id": i, "code": f"D{i}", "name_zh": "x", "kind": "depot", "area": "C9", "lon": 0, "lat": 0}
        for i in range(1, 5001)
    ]
    problems = check(write_province(tmp_path / "references", facilities=many))
    assert len(problems) == 1001 and problems[-1].reason == "4000 more faults"
    problems = check(write_province(tmp_path / "cells", facilities=[row | {"lon": "x"} for row in many]))
    assert len(problems) == 1000 and (problems[-1].row, problems[-1].column) == (1000, None)


FRAGMENTS = (
    b"", b",", b"\n", b"\r", b'"', b"\xff", b"\x00", b"-1", b"nan", b"1e400", b"\xef\xbb\xbf", b"2024-13-01", "区".encode(), b";", b"*",
    b"0", b"440100", b"  ", b"inf", b"25:00", b"9" * 40, "１２".encode(), b"2106-01-01",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_no_damage_makes_check_or_load_fail_otherwise(seed: int, tmp_path: Path) -> None:
    """The shipped folder damaged at random: ``check`` never raises, and ``load`` takes it exactly when ``check`` finds nothing."""
    draw = random.Random(seed)
    folder = tmp_path / "damaged"
    shutil.copytree(folder_of("guangdong"), folder)
    for file in draw.sample(sorted(f for f in folder.iterdir() if f.is_file()), 2):
        content = bytearray(file.read_bytes())
        for _ in range(draw.randint(1, 3)):
            at = draw.randrange(len(content))
            content[at : at + draw.randrange(5)] = draw.choice(FRAGMENTS)
        file.write_bytes(bytes(content))
    if check(folder):
        with pytest.raises(InputError):
            load(folder)
    else:
        assert load(folder).areas.index_of_code
