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
"""So long an alert is waited for: a machine under load is slow; how long it took is said in any case."""
_WARM_S = 300.0
_PAUSE_S = 3.0
_WATCH = """rule => {
    window.alertShownAt = 0;
    const look = () => {
        if (!window.alertShownAt && document.querySelector("#table-alerts tbody")?.textContent.includes(rule)) window.alertShownAt = Date.now();
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
    look();
}"""
"""Takes down when the table of alerts shows the rule first, by the clock that the test goes by too. It is gone with the page: after a reload nothing is taken down."""


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


def far_apart(network: Network) -> tuple[int, int]:
    """Two facilities between which nothing gets in a minute."""
    f = network.facilities
    km = great_circle_km(f.lon[1], f.lat[1], f.lon, f.lat)
    return 1, int(np.flatnonzero(km > 300)[0])


def post(served: Served, key: str, body: bytes) -> dict[str, Any]:
    """Send a batch. Returns its receipt."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"}
    request = urllib.request.Request(f"{served.home}api/v1/events", body, headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 202
        receipt: dict[str, Any] = json.loads(answer.read())
    return receipt


def committed(served: Served, key: str, receipt: str) -> bool:
    """Whether a batch is in a commit."""
    request = urllib.request.Request(f"{served.home}api/v1/receipts/{receipt}", headers={"Authorization": f"Bearer {key}"})  # fmt: skip
    with urllib.request.urlopen(request, timeout=60) as answer:
        return bool(json.loads(answer.read())["state"] == "committed")


def key_made(seat: Sit, network: Network) -> str:
    """A machine key, as a carrier's engineer makes one."""
    at = seat("carrier")
    at.open(f"feeds/{network.operators.code[0]}/keys/")
    at.page.locator("details:has(form[action*='/make/'])").evaluate_all("all => all.forEach(d => { d.open = true; })")
    at.send("form[action*='/make/']", name="sorting", reason="machines report")
    return next(text for text in at.page.locator("main code").all_inner_texts() if text.startswith("yk_"))


def shown_s(at: Seat, acknowledged: float) -> float:
    """Seconds from the acknowledgement to the alert in the page, which must have been there all the time."""
    at.page.wait_for_function("() => window.alertShownAt > 0", timeout=1000 * _WITHIN_S)
    return float(at.page.evaluate("window.alertShownAt")) / 1000 - acknowledged


@pytest.mark.timeout(900)
def test_an_alert_comes_to_open_pages(
    seat: Sit, served: Served, network: Network, record_property: Callable[[str, object], None]
) -> None:
    """Somebody has the overview open, somebody the list of alerts; a carrier's machine posts what can't be. Both see the alert without touching the page."""
    key, now = key_made(seat, network), datetime.now(UTC) - timedelta(hours=1)
    first = post(served, key, scans(network, "NEAR00000000001", now, 1, 1))
    until = time.monotonic() + _WARM_S
    while not committed(served, key, first["receipt"]) and time.monotonic() < until:
        time.sleep(0.2)
    pages = {"overview": seat("duty"), "alerts": seat("duty")}
    for name, at in pages.items():
        assert at.open("" if name == "overview" else "alerts/") == 200
    for at in pages.values():
        at.page.wait_for_selector('[data-live][data-state="on"]', timeout=1000 * _WARM_S)
        assert _RULE not in at.text("#table-alerts")
        at.page.evaluate(_WATCH, _RULE)
    time.sleep(_PAUSE_S)
    post(served, key, scans(network, "FAR000000000001", now, *far_apart(network)))
    acknowledged = time.time()
    for name, at in pages.items():
        took = shown_s(at, acknowledged)
        record_property(f"alert_in_{name}_s", round(took, 2))
        print(f"{name}: the alert stood in the open page {took:.2f} s after its batch was acknowledged")
