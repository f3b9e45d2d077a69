"""The notebook docs/how-to/hubs.ipynb, cell by cell as a planner runs it."""

from __future__ import annotations

import ast
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from small_province import write_small

from yilu.errors import YiluError
from yilu.network import load
from yilu.studies.hub_map import HubMap, placed


def cells(root: Path) -> list[str]:
    """The source of each code cell, in order."""
    held = json.loads((root / "docs" / "how-to" / "hubs.ipynb").read_text(encoding="utf-8"))
    assert held["nbformat"] == 4 and all(c["outputs"] == [] for c in held["cells"] if c["cell_type"] == "code")
    return ["".join(c["source"]) for c in held["cells"] if c["cell_type"] == "code"]


def shown(source: str, names: dict[str, Any]) -> Any:
    """Run a cell; what its last line, an expression, comes to, as a notebook would show it."""
    tree = ast.parse(source)
    last = tree.body.pop()
    assert isinstance(last, ast.Expr)
    exec(compile(tree, "hubs.ipynb", "exec"), names)
    return eval(compile(ast.Expression(last.value), "hubs.ipynb", "eval"), names)


def test_a_map_takes_no_more_than_ten_lines(root: Path) -> None:
    """The first cell, imports and all, is the whole way from a province to a map, one statement a line."""
    first = cells(root)[0]
    lines = [line for line in first.splitlines() if line.strip()]
    assert len(lines) <= 10 and len(ast.parse(first).body) == len(lines)


def test_the_notebook_runs_from_top_to_bottom(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every cell runs on the shipped province with a short stop; the first and the last show a map with every hub named, the other the hubs' rows."""
    names: dict[str, Any] = {}
    out = [shown(source.replace("seconds=60", "seconds=1"), names) for source in cells(root)]
    first, rows, last = out
    assert isinstance(first, HubMap) and isinstance(last, HubMap)
    for drawn, name in ((first, "name_zh"), (last, "name_en")):
        svg = drawn._repr_svg_()
        assert svg.count("<rect") == len(drawn.hubs) == 12
        assert all(f">{hub[name]}<" in svg for hub in drawn.hubs)
    assert rows == first.hubs and {r["tier"] for r in rows} == {"global", "national", "regional"}
    assert f"{first.cost:,.0f} 元/日" in capsys.readouterr().out
    assert first.bound <= first.cost == pytest.approx(first.measured.cost_yuan)


def test_more_hubs_than_units_and_no_time(tmp_path: Path) -> None:
    """What cannot be asked is an error, not an empty map."""
    province = load(write_small(tmp_path))
    with pytest.raises(YiluError, match="9"):
        placed(province, date(2025, 12, 31), p=9, seconds=1)
    with pytest.raises(ValueError, match="seconds"):
        placed(province, date(2025, 12, 31), p=2, seconds=-1)


def test_a_map_recomputes_its_claim(tmp_path: Path) -> None:
    """With a proof the certificate has no fault and the claimed bound; without one it says so."""
    province = load(write_small(tmp_path))
    proven = placed(province, date(2025, 12, 31), p=2, seconds=2, proof=True)
    found = proven.certificate()
    assert found.faults == () and found.bound >= proven.bound * (1 - 1e-7) > 0
    assert any(
        "no proof" in fault for fault in placed(province, date(2025, 12, 31), p=2, seconds=2).certificate().faults
    )
