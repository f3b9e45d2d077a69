"""What ``deploy/`` says is what the console needs: limits and times of nginx, compose and systemd stand to the settings' defaults as they must."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from yilu.console.access.bodies import most_bytes
from yilu.console.live.watching import BEAT_S
from yilu.settings import SETTINGS, load

_HERE = Path(__file__).parents[3] / "deploy"
_UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_GRACE_S = 5
"""What ``yilu serve`` gives requests that are being answered when it is asked to end."""


def nginx() -> str:
    """The site's file without its comments."""
    return re.sub(r"#.*", "", (_HERE / "nginx" / "yilu.conf").read_text(encoding="utf-8"))


def said(text: str, name: str) -> str:
    """The value of a directive that is there once."""
    [value] = re.findall(rf"\b{name}\s+([^;]+);", text)
    return str(value)


def place(address: str) -> str:
    """What nginx does at an address."""
    [block] = re.findall(rf"location {re.escape(address)} {{([^}}]*)}}", nginx())
    return str(block)


def seconds(text: str) -> int:
    """A time as nginx, systemd and compose write it."""
    return int(text.rstrip("smh")) * _SECONDS.get(text[-1], 1)


def compose() -> dict[str, Any]:
    """The services of the compose file."""
    found: dict[str, Any] = yaml.safe_load((_HERE / "compose.yaml").read_text(encoding="utf-8"))
    return found


def unit(name: str) -> dict[str, list[str]]:
    """Settings of a unit by name."""
    found: dict[str, list[str]] = {}
    for line in (_HERE / "systemd" / name).read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


def test_nginx_lets_in_what_the_console_takes_and_hardly_more() -> None:
    """The longest request by default passes, and what is longer meets the console's own refusal: nginx's limit is within a megabyte of it."""
    limit = said(nginx(), "client_max_body_size")
    most = most_bytes(load({}))
    allowed = int(limit[:-1]) * _UNITS[limit[-1]]
    assert most <= allowed <= most + (1 << 20)


def test_nothing_sent_touches_the_proxys_disk() -> None:
    """Bodies hold waybill numbers: nginx neither spools what is sent nor what is answered, and logs no address."""
    text = nginx()
    assert said(text, "proxy_request_buffering") == "off" and said(text, "proxy_max_temp_file_size") == "0"
    assert re.findall(r"\baccess_log\s+([^;]+);", text) == ["off"] * text.count("server {")
    assert said(text, "error_log").endswith(" crit")


def test_a_live_stream_is_neither_held_back_nor_cut() -> None:
    """Events pass at once, unpacked, and the longest silence of a stream, a beat, is far shorter than nginx's patience. A page may take as long as it may."""
    live = place("= /live")
    assert (said(live, "proxy_buffering"), said(live, "gzip")) == ("off", "off")
    assert seconds(said(live, "proxy_read_timeout")) > 10 * BEAT_S
    assert seconds(said(place("/"), "proxy_read_timeout")) >= 60


def test_nobody_outside_says_who_asks_or_sees_how_the_machine_is() -> None:
    """Headers about who asks are set anew; what is for this machine is not there from elsewhere."""
    passed = (_HERE / "nginx" / "yilu.proxy").read_text(encoding="utf-8")
    for header in ("X-Forwarded-For $remote_addr", "X-Forwarded-Proto $scheme", 'Forwarded ""', "Host $host"):
        assert f"proxy_set_header {header};" in passed, header
    assert "return 404" in place("= /metrics") and "return 404" in place("= /readyz")


def test_the_directives_are_those_of_the_oldest_nginx_around() -> None:
    """``http2 on`` is unknown before 1.25; Debian 12 has 1.22."""
    assert not re.search(r"\bhttp2\s+on;", nginx()) and "listen 443 ssl http2;" in nginx()


@pytest.mark.parametrize("name", ["run", "serve", "heads"])
def test_containers_own_nothing_and_write_to_their_volume_alone(name: str) -> None:
    """No root, no capability, a root that is read only; every place that is written to by default lies in the volume."""
    service = compose()["services"][name]
    assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["user"] == "yilu" and service["init"]
    assert "no-new-privileges:true" in service["security_opt"] and service["tmpfs"] == ["/tmp"]
    assert service["volumes"] == ["facts:/var/lib/yilu"]
    written = {f"YILU_{s.name.upper()}" for s in SETTINGS if s.name in ("store", "spool", "records", "heads", "vault", "returns", "key_file", "vault_key_file")}  # fmt: skip
    assert len(written) == 8
    places = service["environment"]
    assert all(places[v].startswith("/var/lib/yilu/") for v in written)
    assert places["NUMBA_CACHE_DIR"].startswith("/var/lib/yilu/")


def test_the_image_is_nobodys_root_and_holds_no_secret() -> None:
    """It runs as a user of its own, and the file with the passwords never gets into a layer."""
    lines = (_HERE / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER yilu"]
    left_out = (_HERE / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    assert {"deploy/*.env", ".git", "node_modules"} <= set(left_out)


def test_the_proxy_that_is_believed_is_the_networks_gateway() -> None:
    """In a container the host's nginx comes from the gateway of the network: of it alone is taken who asks, else all log-ins would count as one sender's."""
    told = compose()
    [network] = told["networks"]["default"]["ipam"]["config"]
    command = told["services"]["serve"]["command"]
    assert command[command.index("--proxy") + 1] == network["gateway"]
    assert told["services"]["serve"]["ports"] == ["127.0.0.1:8000:8000"]
    assert "127.0.0.1:8000" in nginx()


def test_whoever_is_stopped_has_time_to_end() -> None:
    """A writer brings its beat to an end, the console what it answers, before they are killed: alike in both ways of running them."""
    for name in ("run", "serve"):
        grace = seconds(compose()["services"][name]["stop_grace_period"])
        assert [grace] == [seconds(t) for t in unit(f"yilu-{name}.service")["TimeoutStopSec"]]
        assert grace > _GRACE_S
    assert compose()["services"]["run"]["command"][1:] == unit("yilu-run.service")["ExecStart"][0].split()[2:]


@pytest.mark.parametrize("name", ["yilu-run.service", "yilu-serve.service", "yilu-audit-head.service"])
def test_units_own_nothing_and_write_to_their_folder_alone(name: str) -> None:
    """A user of its own, no capability, a file system that is read only but for the state and the kernels."""
    told = unit(name)
    assert told["User"] == ["yilu"] and told["CapabilityBoundingSet"] == [""] and told["NoNewPrivileges"] == ["yes"]
    assert told["ProtectSystem"] == ["strict"] and told["StateDirectory"] == ["yilu"] and told["CacheDirectory"] == ["yilu"]  # fmt: skip
    assert told["Environment"] == ["NUMBA_CACHE_DIR=/var/cache/yilu/kernels"]
