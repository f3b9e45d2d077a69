"""The live path, whole: ``yilu serve`` with its workers, ``yilu run`` over the spool, batches with a machine key, and somebody who looks at an open page."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from tests.browser.seat import Seat
from tests.browser.serving import Served, living
from yilu.console.vendor import missing
from yilu.network import Network
from yilu.network.distance import great_circle_km
from yilu.run.facts import Facts
from yilu.settings import load

Sit = Callable[..., Seat]
_RULE = "不可能行程"
_WITHIN_S = 60.0
"""So long the second alert is waited for: a machine under load is slow; how long it took is said in any case."""
_WARM_S = 400.0
"""So long the first one: kernels may have to be compiled for it."""
_PAUSE_S = 3.0
_WATCH = """([rule, more]) => {
    window.alertWatch?.disconnect();
    window.alertShownAt = 0;
    const look = () => {
        const shown = [...document.querySelectorAll("#table-alerts tbody tr")].filter(row => row.textContent.includes(rule)).length;
        if (!window.alertShownAt && shown >= more) window.alertShownAt = Date.now();
    };
    window.alertWatch = new MutationObserver(look);
    window.alertWatch.observe(document.body, { childList: true, subtree: true, characterData: true });
    look();
}"""
"""Takes down when the table of alerts first shows so many of a rule, by the clock that the test goes by too. It is gone with the page: after a reload nothing is taken down."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The console and its writer, over a store that begins empty."""
    if missing():
        pytest.skip("the console's browser libraries are missing: ./do test fetches them where npm reaches a registry")
    with living(tmp_path_factory.mktemp("living")) as whole:
        yield whole


@pytest.fixture(scope="module")
def network(served: Served) -> Network:
    """The province."""
    return Facts(load({}, store=served.folder / "store", key_file=served.folder / "key")).network


def scans(network: Network, waybill: str, begins: datetime, *places: int) -> bytes:
    """Lines of one item of the first operator, which arrives at facilities (rows of their table) one minute after the other."""
    operator, f = str(network.operators.code[0]), network.facilities
    rows = []
    for minute, place in enumerate(places):
        at = (begins + timedelta(minutes=minute)).isoformat()
        rows.append({"operator": operator, "waybill": waybill, "kind": "arrive", "at": at, "recorded_at": at, "facility": str(f.code[place])})  # fmt: skip
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def far_from_first(network: Network) -> list[int]:
    """Facilities to which nothing gets from the first one in a minute."""
    f = network.facilities
    return [int(i) for i in np.flatnonzero(great_circle_km(f.lon[1], f.lat[1], f.lon, f.lat) > 300)]


def post(served: Served, key: str, body: bytes) -> dict[str, Any]:
    """Send a batch. Returns its receipt."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"}
    request = urllib.request.Request(f"{served.home}api/v1/events", body, headers)
    with urllib.request.urlopen(request, timeout=_WARM_S) as answer:
        assert answer.status == 202
        receipt: dict[str, Any] = json.loads(answer.read())
    return receipt


def key_made(seat: Sit, network: Network) -> str:
    """A machine key, as a carrier's engineer makes one."""
    at = seat("carrier")
    at.open(f"feeds/{network.operators.code[0]}/keys/")
    at.page.locator("details:has(form[action*='/make/'])").evaluate_all("all => all.forEach(d => { d.open = true; })")
    at.send("form[action*='/make/']", name="sorting", reason="machines report")
    return next(text for text in at.page.locator("main code").all_inner_texts() if text.startswith("yk_"))


def shown_at(at: Seat, within_s: float) -> float:
    """When the alert was in the page (Unix seconds), which must have been open all the time."""
    at.page.wait_for_function("() => window.alertShownAt > 0", timeout=1000 * within_s)
    return float(at.page.evaluate("window.alertShownAt")) / 1000


@pytest.mark.timeout(1800)
def test_an_alert_comes_to_open_pages(
    seat: Sit, served: Served, network: Network, record_property: Callable[[str, object], None]
) -> None:
    """Somebody has the overview open, somebody the list of alerts; a carrier's machine posts what can't be. Both see the alert without touching the page, and so the next one."""
    key, then = key_made(seat, network), datetime.now(UTC) - timedelta(hours=1)
    pages = {"overview": seat("duty"), "alerts": seat("duty")}
    for name, at in pages.items():
        assert at.open("" if name == "overview" else "alerts/") == 200
        at.page.wait_for_selector('[data-live][data-state="on"]', timeout=1000 * _WARM_S)
        assert _RULE not in at.text("#table-alerts")
    for number, (place, within_s) in enumerate(zip(far_from_first(network), (_WARM_S, _WITHIN_S), strict=False), 1):
        for at in pages.values():
            at.page.evaluate(_WATCH, [_RULE, number])
        time.sleep(_PAUSE_S)
        post(served, key, scans(network, f"FAR00000000000{number}", then, 1, place))
        acknowledged = time.time()
        took = {name: shown_at(at, within_s) - acknowledged for name, at in pages.items()}
    for name, seconds in took.items():
        record_property(f"alert_in_{name}_s", round(seconds, 2))
        print(f"{name}: the alert stood in the open page {seconds:.2f} s after its batch was acknowledged")
