"""The hub study on a small province whose every plan can be tried, and ``yilu design hubs`` from outside."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from small_province import write_small

from tests.both_languages import assert_both
from yilu.cli import design_hubs
from yilu.cli.app import main
from yilu.design.matrices import HubMatrices, matrices, within
from yilu.design.stop import after_iterations
from yilu.errors import InputError
from yilu.network import check, load
from yilu.studies.hub_files import drawing, geojson
from yilu.studies.hub_scenarios import FILE, of_scenario, scenarios
from yilu.studies.hubs import Design, as_planned, best, measured, stated, swaps, with_hubs, without_tiers

DAY = date(2025, 12, 31)
ROUNDS = after_iterations(60)


@pytest.fixture(scope="module")
def m(tmp_path_factory: pytest.TempPathFactory) -> HubMatrices:
    """Matrices of the small province with a million items a day."""
    return matrices(load(write_small(tmp_path_factory.mktemp("hubs"))), DAY, 1e6)


def cost(m: HubMatrices, at: np.ndarray, tier: dict[int, str]) -> float:
    """A day's yuan of an allocation, by loops over pairs and the docstring's formula."""
    n, sort = len(at), m.rates["handling", "sort_yuan"]
    near = np.maximum(m.km, m.rates["handling", "least_km"])
    out, back, trunk = (m.rates.yuan_item_km(stage) for stage in ("collection", "distribution", "transfer"))
    total = 0.0
    for i in range(n):
        k = int(at[i])
        total += (
            m.sent_on[i] * (out * near[i, k] + sort)
            + m.got_on[i] * (back * near[k, i] + sort)
            + trunk * m.onward_item_km[i, k]
        )
        for j in range(n):
            h = int(at[j])
            alpha = m.rates.discount(tier[k], tier[h]) if tier[k] else 1.0
            across = 0.0 if k == h else alpha * (trunk * m.km[k, h] + sort)
            total += m.flow[i, j] * (out * near[i, k] + sort + across + back * near[h, j])
    return total


def every_allocation(m: HubMatrices, hubs: tuple[int, ...]) -> list[np.ndarray]:
    """All allocations to some hubs, a hub's own unit with it."""
    n = len(m.unit)
    choices = [(i,) if i in hubs else hubs for i in range(n)]
    return [np.array(at) for at in product(*choices)]


def test_the_best_hubs_are_the_best_of_all(m: HubMatrices) -> None:
    """Two hubs found, their cost and proof agree with trying every pair of sites and every allocation."""
    found = best(m, 2, after_iterations(2000))
    least = min(
        cost(m, at, dict.fromkeys(hubs, ""))
        for hubs in combinations(range(len(m.unit)), 2)
        for at in every_allocation(m, hubs)
    )
    assert found.plan.cost == pytest.approx(least, rel=1e-9)
    assert found.plan.bound <= least * (1 + 1e-9)


def test_the_plans_cities_with_their_best_units(m: HubMatrices) -> None:
    """The plan's system keeps its cities and tiers, and picks the units that are best of all; what it does is its cost."""
    system = stated(m.network)
    assert system.counts == (2, 0, 1)
    found = as_planned(m, system, after_iterations(2000))
    code = m.network.areas.code_of_id
    assert sorted(code[int(c)] for c in m.city[found.hubs]) == ["A", "B", "C"]
    tier_of_city = {code[int(m.city[h])]: t for h, t in zip(found.hubs, found.tier, strict=True)}
    assert tier_of_city == {"A": "global", "B": "global", "C": "regional"}
    pairs = [np.flatnonzero(m.city == m.network.areas.index_of_code[c]).tolist() for c in "ABC"]
    tiers = ("global", "global", "regional")
    least = min(
        cost(m, at, dict(zip(hubs, tiers, strict=True))) for hubs in product(*pairs) for at in every_allocation(m, hubs)
    )
    assert found.plan.cost == pytest.approx(least, rel=1e-9)
    does = measured(m, found)
    assert does.cost_yuan == pytest.approx(found.plan.cost, rel=1e-9)
    as_one = stated(m.network, "AB")
    assert as_one.counts == (1, 0, 1) and len(as_one.cities[0]) == 2


def test_the_plans_cities_without_tiers(m: HubMatrices) -> None:
    """The plan's cities with hubs of one kind: the best units without discount, of all that can be tried, and never cheaper than free sites of that number."""
    found = as_planned(m, without_tiers(stated(m.network)), after_iterations(2000))
    assert found.tier == ("", "", "")
    pairs = [np.flatnonzero(m.city == m.network.areas.index_of_code[c]).tolist() for c in "ABC"]
    least = min(cost(m, at, dict.fromkeys(hubs, "")) for hubs in product(*pairs) for at in every_allocation(m, hubs))
    assert found.plan.cost == pytest.approx(least, rel=1e-9)
    assert measured(m, found).cost_yuan == pytest.approx(least, rel=1e-9)
    assert best(m, 3, after_iterations(2000)).plan.cost <= least * (1 + 1e-9)


def test_time_and_carbon_of_a_design(m: HubMatrices) -> None:
    """Share in time and carbon are those of a loop over pairs."""
    tight = within(m, 6.0)
    d = best(tight, 2, ROUNDS)
    late = kept = carbon = 0.0
    at = d.allocation
    for i in range(len(at)):
        k = at[i]
        carbon += m.sent_on[i] * m.carbon_in[i, k] + m.got_on[i] * m.carbon_out[k, i] + 95e-6 * m.onward_item_km[i, k]
        for j in range(len(at)):
            h = at[j]
            minutes = m.collect[i, k] + m.across[k, h] + m.distribute[h, j]
            kept += m.flow[i, j] * (minutes <= 360)
            late += m.flow[i, j] * (minutes > 360)
            carbon += m.flow[i, j] * (m.carbon_in[i, k] + m.carbon_across[k, h] + m.carbon_out[h, j])
    does = measured(tight, d)
    assert kept > 0 and late > 0
    assert does.in_time == pytest.approx(kept / (kept + late)) and does.carbon_kg == pytest.approx(carbon)
    volume = best(tight, 2, after_iterations(500), deadlines="volume")
    assert volume.plan.cost <= late * (1 + 1e-9)
    assert measured(tight, volume).in_time >= does.in_time
    assert volume.plan.cost == pytest.approx((1 - measured(tight, volume).in_time) * m.flow.sum(), abs=1e-3)


def test_swaps_and_losses_are_plans_of_their_own(m: HubMatrices) -> None:
    """What a swap or a loss costs is what the changed plan costs, found by trying every allocation; contested hubs are those with a near swap."""
    d = as_planned(m, stated(m.network), after_iterations(2000))
    changed = swaps(m, d)
    for h, hub in enumerate(d.hubs.tolist()):
        others = [x for x in d.hubs.tolist() if x != hub]
        tier = dict(zip(d.hubs.tolist(), d.tier, strict=True))
        left = min(cost(m, at, tier) for at in every_allocation(m, tuple(others)))
        assert changed.lost[h] == pytest.approx(left - d.plan.cost, rel=1e-6)
        unit, more = changed.elsewhere(m, d)[h]
        assert m.city[unit] != m.city[hub]
        tier[unit] = tier[hub]
        least = min(cost(m, at, tier) for at in every_allocation(m, (*others, unit)))
        assert more == pytest.approx(least - d.plan.cost, abs=1e-6 * d.plan.cost)
    near = dict(changed.contested(m, d, within=0.5))
    assert set(near) == {
        h
        for h, (_, more) in zip(d.hubs.tolist(), changed.elsewhere(m, d), strict=True)
        if more <= 0.5 * (d.plan.cost - m.floor)
    }
    assert changed.contested(m, d, within=-1.0) == []


def test_the_same_hubs_on_another_day(m: HubMatrices) -> None:
    """Hubs stay and units are allocated anew."""
    d = best(m, 2, ROUNDS)
    other = matrices(m.network, DAY, 2e6)
    kept = with_hubs(other, d, ROUNDS)
    assert kept.hubs.tolist() == d.hubs.tolist() and kept.plan.cost <= 2 * d.plan.cost * (1 + 1e-9)


def test_scenarios_change_who_sends_what() -> None:
    """Guangdong's scenarios have the volume they state, and more across borders means more to outside."""
    network = load("guangdong")
    held = {s.code: s for s in scenarios(network)}
    for one in held.values():
        assert one.grade
        assert_both(one.source)
    before, after = (of_scenario(network, held[c], DAY) for c in ("2030", "cross-border"))
    accepted = sum(held["2030"].items.values()) * 1e8 / 365
    local = held["2030"].items["same_city"] * 1e8 / 365
    assert before.flow.sum() + before.sent_on.sum() == pytest.approx(accepted - local, rel=1e-6)
    assert after.sent_on.sum() > before.sent_on.sum()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("intercity = 176.6", "intercity = -1", "intercity"),
        ("44-PRD", "44-Q", "44-Q"),
        ('grade = "X"', 'grade = "Q"', "grade"),
    ],
)
def test_scenarios_that_cannot_be(tmp_path: Path, old: str, new: str, told: str) -> None:
    """A wrong scenario is refused with file, key and value."""
    network = load("guangdong")
    text = (network.folder / FILE).read_text(encoding="utf-8").replace(old, new, 1)
    copied = write_small(tmp_path)
    (copied / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        scenarios(replace(network, folder=copied))
    assert raised.value.file == FILE and told in str(raised.value)


def test_no_hubs_to_begin_with(tmp_path: Path) -> None:
    """A province without hubs has no plan to look at, and the error says what to do."""
    folder = write_small(tmp_path)
    path = folder / "facilities.csv"
    path.write_text(
        "\n".join(line for line in path.read_text(encoding="utf-8").splitlines() if ",hub," not in line) + "\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="rows of kind hub"):
        stated(load(folder))


def test_shapes_of_a_design(m: HubMatrices) -> None:
    """A point a hub, a line for every unit that isn't one; the drawing names the hubs."""
    d: Design = best(m, 2, ROUNDS)
    kinds = [f["geometry"]["type"] for f in geojson(m, d)["features"]]
    assert kinds.count("Point") == 2 and kinds.count("LineString") == len(m.unit) - 2
    names = [m.network.areas.name_of_id[int(m.unit[h])][0] for h in d.hubs]
    assert all(name in drawing(m, d) for name in names)


def run(*words: str) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as leaving:
        main(["design", "hubs", *words])
    code = leaving.value.code
    assert code is None or isinstance(code, int)
    return code or 0


def test_the_command_writes_a_province_that_is_sound(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Tables, shapes and a province folder with the new hubs and none of the old ones, which the check passes and the same command reads again."""
    folder, out = write_small(tmp_path), tmp_path / "out"
    assert run(str(folder), "--p", "2", "--seconds", "2", "--day", "2025-12-31", "--out", str(out), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["bound"] <= told["value"] and len(told["hubs"]) == 2
    assert told["value"] == pytest.approx(told["measured"]["cost_yuan"])
    assert check(out / "province") == []
    facilities = load(out / "province").facilities
    hubs = facilities.code[facilities.kind == "hub"].tolist()
    assert sorted(hubs) == sorted(f"HUB-{h['unit']}" for h in told["hubs"])
    old = load(folder).facilities
    assert not set(facilities.id[facilities.kind == "hub"].tolist()) & set(old.id.tolist())
    with (out / "allocation.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8 and {r["hub"] for r in rows} == {h["unit"] for h in told["hubs"]}
    assert len(json.loads((out / "hubs.geojson").read_text(encoding="utf-8"))["features"]) == 8
    assert run(str(out / "province"), "--plan", "--seconds", "1") == 0
    assert "已证明的下界" in capsys.readouterr().out


def test_the_command_recomputes_what_it_claims(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--certify tells cost and bound as recomputed from the proof; a plan that claims more than that is refused, and nothing is written."""
    folder = str(write_small(tmp_path))
    assert run(folder, "--plan", "--seconds", "2", "--certify", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    again = told["certificate"]
    assert again["parts"] > 0 and again["value"] == pytest.approx(told["value"])
    assert told["bound"] <= again["bound"] * (1 + 1e-7) and again["bound"] <= again["value"]
    assert run(folder, "--p", "2", "--seconds", "2", "--certify") == 0
    assert "重算的下界" in capsys.readouterr().out
    claim = design_hubs.best
    monkeypatch.setattr(design_hubs, "best", lambda *given: _boasting(claim(*given)))
    out = tmp_path / "out"
    assert run(folder, "--p", "2", "--seconds", "2", "--certify", "--out", str(out)) != 0
    assert "its proof gives" in capsys.readouterr().err and not out.exists()


def _boasting(d: Design) -> Design:
    return replace(d, plan=replace(d.plan, bound=2 * d.plan.cost))


def test_what_the_command_refuses(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Neither or both of --p and --plan, more hubs than units, a file for --out: an error with its exit code, before anything is written."""
    folder = str(write_small(tmp_path))
    assert run(folder) == 2 and run(folder, "--p", "2", "--plan") == 2
    assert run(folder, "--p", "9") == 2
    (tmp_path / "file").write_text("")
    assert run(folder, "--p", "2", "--out", str(tmp_path / "file")) == 3
    capsys.readouterr()
    assert run(folder, "--p", "2", "--deadlines", "hard", "--hours", "1", "--json") == 2
    assert "pairs can't be in time" in json.loads(capsys.readouterr().err)["message"]


def test_own_lanes_of_a_hub_that_would_go(tmp_path: Path) -> None:
    """A folder whose lanes name a given-up hub is not broken silently: the row is named and nothing is written."""
    folder = write_small(tmp_path)
    (folder / "lanes.csv").write_text(
        "code,mode,source_facility,target_facility,departures,minutes\nL,road,HUB-A,HUB-B,21:00,120\n", encoding="utf-8"
    )
    assert check(folder) == []
    out = tmp_path / "out"
    assert run(str(folder), "--p", "2", "--seconds", "1", "--out", str(out)) == 3
    assert not out.exists()


def test_the_pages_lines_make_a_map(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines of Python that docs/how-to/hubs.md shows run as they stand, but for the province and the time, and draw the hubs."""
    page = (root / "docs" / "how-to" / "hubs.md").read_text(encoding="utf-8")
    lines = page.split("```python\n")[1].split("```")[0]
    assert '"guangdong"' in lines and "seconds=60" in lines
    monkeypatch.chdir(tmp_path)
    shown = lines.replace('"guangdong"', repr(str(write_small(tmp_path)))).replace("seconds=60", "seconds=1")
    exec(compile(shown, "hubs.md", "exec"), {})
    assert (tmp_path / "hubs.svg").read_text(encoding="utf-8").count("<rect") == 3
