"""The file of the key: who may read it, where it may lie, and what comes of two first runs at once."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from yilu.cli.app import app
from yilu.errors import StoreError
from yilu.items.keys import Key, load_or_make
from yilu.run.facts import Facts
from yilu.settings import load

_MAKE = """
import sys, time
from pathlib import Path
from yilu.items.keys import load_or_make
while time.time() < float(sys.argv[2]):
    pass
print(load_or_make(Path(sys.argv[1])).check)
"""


def test_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    """The first use makes the key with mode 0600, folders above it too; later uses take the same key."""
    path = tmp_path / "a" / "b" / "key"
    old = os.umask(0)
    try:
        first = load_or_make(path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_make(path) == first
    assert [p.name for p in path.parent.iterdir()] == ["key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    """Any right of group or others ends the command and names the way out."""
    path = tmp_path / "key"
    load_or_make(path)
    path.chmod(mode)
    with pytest.raises(StoreError, match=f"{mode:04o}") as refused:
        load_or_make(path)
    assert "chmod 600" in refused.value.next_step


def test_key_beside_the_facts_is_refused(tmp_path: Path) -> None:
    """A key inside the store goes wherever the store is copied; a link to one lies there as well."""
    store = tmp_path / "store"
    store.mkdir()
    (tmp_path / "link").symlink_to(store, target_is_directory=True)
    for path in (
        store / "key",
        store / "deep" / "key",
        tmp_path / "link" / "key",
        tmp_path / "x" / ".." / "store" / "key",
    ):
        with pytest.raises(StoreError, match="inside the store"):
            load_or_make(path, store)
    assert list(store.iterdir()) == []
    assert load_or_make(tmp_path / "key", store)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"00", b"zz" * 16, b"\xff\xfe" * 16, b"00" * 17, bytes(range(200, 216))]
)
def test_anything_else_is_no_key(tmp_path: Path, content: bytes) -> None:
    """A file of other content is neither used nor replaced, and the error doesn't show it."""
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(StoreError, match="no key") as refused:
        load_or_make(path)
    assert path.read_bytes() == content
    assert "zz" not in refused.value.message


def test_what_a_killed_run_left_is_not_in_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is killed before its key has a name doesn't stop the next one, though both have the same process id."""
    path = tmp_path / "key"
    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(os, "link", _killed)
        broken.setattr(Path, "unlink", _killed)
        load_or_make(path)
    assert not path.exists() and len(list(tmp_path.iterdir())) == 1
    assert load_or_make(path) == load_or_make(path)


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_no_place_for_a_key(tmp_path: Path) -> None:
    """A folder, a pipe, a link to nowhere, a path below a file or the store itself: an error that says what to set."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path, tmp_path / "link", tmp_path / "file" / "key", tmp_path / "pipe"):
        with pytest.raises(StoreError) as refused:
            load_or_make(path)
        assert "key_file" in refused.value.next_step
        assert str(tmp_path) not in refused.value.message
    with pytest.raises(StoreError, match="inside the store"):
        load_or_make(tmp_path, tmp_path)


def test_two_first_runs_at_once_take_one_key(tmp_path: Path) -> None:
    """Processes that make the key at the same moment all get the one that stays."""
    path = tmp_path / "key"
    begin = str(time.time() + 3)
    run = [sys.executable, "-c", _MAKE, str(path), begin]
    running = [subprocess.Popen(run, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    checks = {p.communicate()[0].strip() for p in running}
    assert [p.returncode for p in running] == [0] * 4
    assert checks == {load_or_make(path).check}
    assert [p.name for p in tmp_path.iterdir()] == ["key"]


def test_key_shows_nothing_of_its_secret() -> None:
    """Neither repr nor check holds the secret, in any of the forms it might be printed in."""
    secret = bytes(range(65, 81))
    key = Key(secret)
    for text in (repr(key), str(key), key.check):
        assert secret.hex() not in text
        assert secret.decode() not in text
        assert repr(secret)[2:-1] not in text


def test_check_tells_keys_and_algorithms_apart() -> None:
    """A store made under one key or algorithm is not opened under another."""
    checks = {Key(bytes([i]) * 16, a).check for i in range(50) for a in ("siphash", "sm3")}
    assert len(checks) == 100


@pytest.mark.parametrize("secret", [b"", b"x" * 15, b"x" * 17])
def test_secret_of_another_length_is_refused(secret: bytes) -> None:
    """A key has 16 bytes; no shorter one is filled up in silence."""
    with pytest.raises(ValueError, match="16 bytes"):
        Key(secret)


def test_unknown_algorithm_is_refused() -> None:
    """A misspelt algorithm doesn't become the default."""
    with pytest.raises(ValueError, match="siphash, sm3"):
        Key(bytes(16), "sm4")


@pytest.mark.parametrize("algorithm", ["siphash", "sm3"])
def test_setting_decides_the_algorithm(tmp_path: Path, algorithm: str) -> None:
    """What the setting ``hash`` says is what the commands hash with."""
    settings = load({"YILU_KEY_FILE": str(tmp_path / "key"), "YILU_STORE": str(tmp_path / "s"), "YILU_HASH": algorithm})
    assert Facts(settings).key.algorithm == algorithm


def test_store_refuses_another_algorithm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store made with SipHash can't be written with SM3: the same number would become two items."""
    monkeypatch.chdir(tmp_path)
    env = {"YILU_KEY_FILE": str(tmp_path / "key"), "YILU_STORE": str(tmp_path / "s")}
    made = CliRunner().invoke(app, ["rebuild", "--json"], env=env)
    assert made.exit_code == 0, made.output
    other = CliRunner().invoke(app, ["rebuild", "--json"], env={**env, "YILU_HASH": "sm3"})
    assert isinstance(other.exception, StoreError)
    assert "another key" in other.exception.message
