"""Chances that promises are kept: against drawing rides, against the plain answer where nothing is uncertain, by hand for one missed connection; and what legs.csv may say."""

from __future__ import annotations

import json
from itertools import pairwise
from math import log
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.dispatch.small_timetable import DAY, LANES, ROADS, small
from tests.network.province_folders import Rows
from yilu.cli.app import app
from yilu.dispatch.connections import NEVER
from yilu.dispatch.ends import Ends, ends
from yilu.dispatch.likelihood import Laid, arrival, chances, laid
from yilu.dispatch.promise import Promises, attained, promises
from yilu.dispatch.scan import earliest
from yilu.dispatch.spread import COLUMNS, PRIOR, Z95, Leg, Spread, read_legs, spread, written
from yilu.dispatch.timetable import Timetable, timetable
from yilu.errors import InputError

HOURS = (0, 8, 9, 10, 16, 18, 23)
CERTAIN = 0.0


NOON = ({"service_level": "L1", "valid_from": "2020-01-01", "clock": "calendar", "amount": 1, "due_time": "12:00", "cut_off": "17:00"},)  # fmt: skip
"""Due by noon: what the departure of 06:00 brings, if it comes in time for couriers' first round."""


def _made(folder: Path, lanes: Rows = LANES) -> tuple[Timetable, Ends, Promises]:
    network = small(folder, lanes=lanes, promise_rules=NOON)
    of, where = timetable(network, DAY, 7), ends(network)
    return of, where, promises(of, where, hours=HOURS)


def _even(of: Timetable, ratio: float, sigma: float) -> Spread:
    n = len(of.network.lanes.code)
    return Spread(np.full(n, ratio), np.full(n, sigma), np.ones(n, np.bool_))


def test_without_spread_it_is_the_plain_answer(tmp_path: Path) -> None:
    """Where rides take what the timetable says each promise has probability 1 or 0, as it is kept or not; shares are those of the plain answer whatever probability is asked for; both kinds occur."""
    of, where, plain = _made(tmp_path)
    found = chances(laid(of, _even(of, 1.0, CERTAIN)), where, plain)
    assert np.array_equal(found.kept, plain.kept.astype(float)) and 0 < plain.kept.sum() < plain.promised.sum()
    said, told = found.attained(0.95), attained(plain)
    assert (said.pairs, said.pairs_kept) == (told.pairs, told.pairs_kept)
    assert said.volume_kept == pytest.approx(told.volume_kept, nan_ok=True) and said.volume_expected == pytest.approx(told.volume_kept, nan_ok=True)  # fmt: skip


def _drawn(of: Laid, rides: list[int], draws: int, seed: int) -> np.ndarray:
    """Arrivals of items that keep to the lanes of ``rides`` and take the first departure that they make, ride by ride."""
    c, random = of.timetable.connections, np.random.default_rng(seed)
    own = [np.flatnonzero(of.timetable.lane[c.row] == of.timetable.lane[c.row[r]]) for r in rides]
    now = np.full(draws, c.departs[rides[0]], np.int64)
    out, lost = np.zeros(draws, np.int64), np.zeros(draws, np.bool_)
    for k, runs in enumerate(own):
        row = np.searchsorted(c.departs[runs], now)
        lost |= row == len(runs)
        ride = runs[np.minimum(row, len(runs) - 1)]
        factor = of.spread.ratio[of.lane[ride]] * np.exp(of.spread.sigma[of.lane[ride]] * random.standard_normal(draws))
        out = c.departs[ride] + np.ceil((c.arrives[ride] - c.departs[ride]) * factor).astype(np.int64)
        now = of.timetable.ready(c.target[ride], out) if k + 1 < len(own) else out
    return np.where(lost, 1 << 30, out)


@pytest.mark.parametrize(("ratio", "sigma"), [(1.0, 0.3), (1.2, 0.6), (0.8, 0.15), (1.0, 1.2)])
def test_chances_are_those_of_drawn_rides(tmp_path: Path, ratio: float, sigma: float) -> None:
    """40,000 drawn items a pair and hour: the share delivered in time lies within four and a half standard errors of the probability, and no fewer or more arrive by the minute of probability 0.9 than four
    and a half allow."""
    of, where, plain = _made(
        tmp_path,
        (
            *LANES,
            {"code": "late1", "source_facility": "D1", "target_facility": "S", "departures": "20:45", "minutes": 70},
        ),
    )
    ready = laid(of, _even(of, ratio, sigma))
    found = chances(ready, where, plain)
    draws, uncertain = 40_000, 0
    for i in range(len(where)):
        for j in range(len(where)):
            for h in (0, 3, 5):
                if not plain.promised[i, j, h]:
                    continue
                accepted = of.begins + 3600 * HOURS[h]
                place = of.facilities + int(where.facility[j])
                rides = earliest(of.connections, int(where.facility[i]), int(of.minute(where.leaves(i, accepted)))).journey(place)  # fmt: skip
                if not rides:
                    assert found.kept[i, j, h] == 0
                    continue
                arrives = _drawn(ready, rides, draws, seed=100 * i + 10 * j + h)
                share = float((where.delivered(j, of, of.at(arrives)) <= plain.due[i, j, h]).mean())
                chance = float(found.kept[i, j, h])
                assert abs(share - chance) <= 4.5 * (chance * (1 - chance) / draws) ** 0.5 + 1e-9, (i, j, h)
                uncertain += 0.01 < chance < 0.99
                nine = arrival(ready, rides, 0.9)
                if nine == NEVER:
                    assert float((arrives < of.days * 1440).mean()) < 0.9 + 0.01
                    continue
                error = 4.5 * (0.09 / draws) ** 0.5
                assert float((arrives <= nine).mean()) >= 0.9 - error and float((arrives < nine).mean()) <= 0.9 + error
    assert uncertain >= 6


def test_a_missed_connection_by_hand(tmp_path: Path) -> None:
    """What leaves at 10:40 is planned there at 12:00: the wave of 12:30, which makes 13:30, is caught by rides of 110 minutes at most. What misses it can still be delivered in time by way of 13:30 the next
    day, for which the next day's wave of 12:30 will do: rides of 1,550 minutes at most."""
    other = {
        "in1": {"departures": "10:40;19:00", "minutes": 80, "mode": "rail"},
        "out3": {"minutes": 60, "mode": "rail"},
    }
    network = small(
        tmp_path, lanes=tuple(lane | other.get(str(lane["code"]), {}) for lane in LANES), road_times=ROADS[:1]
    )
    of, where = timetable(network, DAY, 7), ends(network)
    plain, sigma = promises(of, where, hours=(9,)), 1.2
    only = Spread(np.ones(6), np.where(network.lanes.code == "in1", sigma, CERTAIN), np.ones(6, np.bool_))
    i, j = 0, 2
    found = chances(laid(of, only), where, plain)
    assert plain.promised[i, j, 0] and of.connections.departs[found.weakest[i, j, 0]] == 13 * 60 + 30
    assert found.caught[i, j, 0] == pytest.approx(NormalDist().cdf(log(110 / 80) / sigma))
    assert found.kept[i, j, 0] == pytest.approx(NormalDist().cdf(log(1550 / 80) / sigma))


def test_the_weakest_transfer_counts_the_planned_departure(tmp_path: Path) -> None:
    """The chance of a transfer is that of arriving by the last minute which makes the planned departure: the wave before it, found by hand."""
    of, where, plain = _made(tmp_path)
    ready = laid(of, _even(of, 1.0, 0.5))
    c = of.connections
    out = np.flatnonzero((of.network.lanes.code[of.lane[c.row]] == "out2") & (c.departs == 13 * 60 + 30))
    assert ready.by[out].tolist() == [12 * 60 + 30]
    night = np.flatnonzero((of.network.lanes.code[of.lane[c.row]] == "out2") & (c.departs == 24 * 60 + 6 * 60))
    assert ready.by[night].tolist() == [24 * 60 + 3 * 60]
    found = chances(ready, where, plain)
    for i, j, h in zip(*np.nonzero(found.weakest >= 0), strict=True):
        assert 0 < found.caught[i, j, h] <= 1 and c.source[found.weakest[i, j, h]] == 1


def test_more_spread_and_slower_rides_lose_promises(tmp_path: Path) -> None:
    """Slower rides never raise a chance; a probability that is asked for never raises a share; never reached within the timetable stays so."""
    of, where, plain = _made(tmp_path)
    kept = [chances(laid(of, _even(of, ratio, 0.3)), where, plain) for ratio in (0.8, 1.0, 1.5)]
    assert all((slow.kept <= fast.kept + 1e-9).all() for fast, slow in pairwise(kept))
    shares = [kept[1].attained(p).pairs_kept for p in (0.5, 0.9, 0.99)]
    assert shares == sorted(shares, reverse=True)
    i, j = where.row("C1"), where.row("C3")
    rides = earliest(of.connections, int(where.facility[i]), 600).journey(of.facilities + int(where.facility[j]))
    assert arrival(laid(of, _even(of, 19.0, 3.0)), rides, 0.999) == NEVER


def test_what_is_known_of_lanes(tmp_path: Path) -> None:
    """A lane's own 95th percentile gives its spread; its leg outweighs that, drawn towards its mode's as 20 items would; with neither it has none."""
    lanes = tuple(lane | ({"minutes_p95": 160} if lane["code"] == "in1" else {}) for lane in LANES)
    network = small(tmp_path, lanes=lanes)
    plain = spread(network)
    row = {str(code): k for k, code in enumerate(network.lanes.code)}
    assert plain.known.tolist() == [code == "in1" for code in network.lanes.code]
    assert plain.sigma[row["in1"]] == pytest.approx(log(2) / Z95) and plain.sigma.sum() == pytest.approx(log(2) / Z95)
    learnt = spread(network, [Leg("D1", "S", "road", 60, 1.5, 3.0), Leg("", "", "road", 900, 1.1, 1.2)])
    assert learnt.known.all() and learnt.ratio[row["in2"]] == pytest.approx(1.1)
    assert log(learnt.ratio[row["in1"]]) == pytest.approx((60 * log(1.5) + PRIOR * log(1.1)) / (60 + PRIOR))
    assert learnt.sigma[row["in1"]] * Z95 == pytest.approx((60 * log(2) + PRIOR * log(1.2 / 1.1)) / (60 + PRIOR))


def test_legs_are_read_as_written(tmp_path: Path) -> None:
    """What is written is read back."""
    legs = [Leg("D1", "S", "road", 60, 1.5, 3.0), Leg("", "", "road", 900, 1.1, 1.2)]
    (tmp_path / "legs.csv").write_text(written(legs), encoding="utf-8")
    assert read_legs(tmp_path / "legs.csv") == legs


HEAD = ",".join(COLUMNS) + "\n"


@pytest.mark.parametrize(
    ("text", "row", "column"),
    [
        (HEAD + "D1,S,road,0,1,2\n", 1, "items"),
        (HEAD + "D1,S,road,5,1,2\nD2,S,road,5,x,2\n", 2, "ratio_p50"),
        (HEAD + "D1,S,road,5,1,nan\n", 1, "ratio_p95"),
        (HEAD + "D1,S,road,5,2,1\n", 1, "ratio_p95"),
        (HEAD + "D1,S,road,5,1,2\nD1,S,road,5,1,2\n", 2, "source_facility"),
        ("a,b\n1,2\n", None, None),
        ("", None, None),
    ],
)
def test_a_bad_legs_file_names_the_cell(tmp_path: Path, text: str, row: int | None, column: str | None) -> None:
    """A figure out of bounds, no number, a 95th percentile below the median, a repeated leg, another header: row and column are named."""
    (tmp_path / "legs.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_legs(tmp_path / "legs.csv")
    assert (caught.value.file, caught.value.row, caught.value.column) == ("legs.csv", row, column)


def test_the_command_tells_probabilities(tmp_path: Path) -> None:
    """`yilu promise --probability` beside the plain answer: without spread the same shares and none at risk; with learnt legs fewer items, pairs at risk with their weakest transfer, in both languages."""
    shares = [{"origin": "C1", "destination": "C3", "share": 0.5}, {"origin": "C2", "destination": "C1", "share": 0.5}]
    small(tmp_path / "p", demand=shares)
    (tmp_path / "legs.csv").write_text(written([Leg("", "", "road", 900, 1.3, 4.0)]), encoding="utf-8")
    asked = ["promise", "--province", str(tmp_path / "p"), "--day", DAY.isoformat(), "--probability", "0.95"]
    sure, risky = (json.loads(CliRunner().invoke(app, [*asked, "--json", *more]).stdout) for more in ([], ["--legs", str(tmp_path / "legs.csv")]))  # fmt: skip
    assert sure["probable"]["all"]["volume_kept"] == pytest.approx(sure["all"]["volume_kept"]) and sure["probable"]["riskiest"] == []  # fmt: skip
    assert sure["probable"]["lanes_uncertain"] == 0 < risky["probable"]["lanes_uncertain"]
    assert risky["probable"]["all"]["pairs_kept"] < sure["probable"]["all"]["pairs_kept"]
    worst = risky["probable"]["riskiest"]
    assert (
        worst
        and [w["kept_with"] for w in worst] == sorted(w["kept_with"] for w in worst)
        and worst[0]["kept_with"] < 0.95
    )
    for language, word in (("zh", "最险换乘"), ("en", "weakest transfer")):
        shown = CliRunner().invoke(app, [*asked, "--legs", str(tmp_path / "legs.csv")], env={"YILU_LANGUAGE": language})
        assert shown.exit_code == 0 and word in shown.output
