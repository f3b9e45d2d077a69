"""A copy of a store says what the store said at that commit, however it is made, and whatever is dropped meanwhile."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.items import lives
from tests.items.conftest import RULES, TRIED, Opened, fresh_store
from tests.items.facts import Unsynced, cells_of, delivery, states_of
from tests.items.lives import Event
from yilu.errors import InputError, StoreError
from yilu.items import copying, upkeep
from yilu.items.store import Store

WORLD = lives.worlds().flatmap(lambda w: lives.batches(w))


def said(store: Store) -> tuple[Any, Any, int]:
    """What a store says: states, cells, commit."""
    return states_of(store), [c.tolist() for c in cells_of(store)], store.at.commit


@TRIED
@given(WORLD, st.booleans(), st.data())
def test_a_copy_says_what_the_store_said(batches: list[list[Event]], linked: bool, data: st.DataObject) -> None:
    """Any lives in any commits, copied after any of them once and again at the end, linked or copied: the copy opens as a store, and says the same; nothing else is in it."""
    target = Path(tempfile.mkdtemp(prefix="yilu-copy-"))
    link = os.link

    def elsewhere(*given: Any) -> None:
        raise OSError(errno.EXDEV, "another disk")

    try:
        with pytest.MonkeyPatch.context() as patch, fresh_store() as opened, opened() as store:
            patch.setattr(copying.os, "link", link if linked else elsewhere)
            stop = data.draw(st.integers(0, len(batches)))
            for i, told in enumerate(batches):
                store.commit([delivery(told)])
                if i == stop:
                    copying.copied(store.disk.root, target)
            if data.draw(st.booleans()):
                upkeep.rebuild(store)
            at = copying.copied(store.disk.root, target)
            expected = said(store)
            files = {p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file()}
            assert files == at.files() | {f"commits/{at.commit:010d}.json"}
            store.commit([delivery([])])
        with Store.open(target, RULES, "key", "here", 4, store.limits, Unsynced(target)) as copy:
            assert said(copy) == expected
    finally:
        shutil.rmtree(target)


def test_files_dropped_meanwhile_make_it_begin_anew(
    tmp_store: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that the writer drops while it is copied is no end: the newest commit is taken instead; where that happens again and again it is told."""
    with tmp_store() as store:
        store.commit([delivery([])])
        take, failed = copying._take, []

        def fails_once(*given: Any) -> None:
            if not failed:
                failed.append(1)
                store.commit([delivery([])])
                raise FileNotFoundError
            take(*given)

        monkeypatch.setattr(copying, "_take", fails_once)
        if store.at.files():
            assert copying.copied(store.disk.root, tmp_path / "copy").commit == store.at.commit

        def fails(*given: Any) -> None:
            raise FileNotFoundError

        monkeypatch.setattr(copying, "_take", fails)
        if store.at.files():
            with pytest.raises(StoreError, match="faster"):
                copying.copied(store.disk.root, tmp_path / "other")


def test_where_there_is_nothing_to_copy_or_no_place(tmp_store: Opened, tmp_path: Path) -> None:
    """No store, and a target within the store, are refused."""
    with pytest.raises(StoreError):
        copying.copied(tmp_path / "none", tmp_path / "copy")
    with tmp_store() as store, pytest.raises(InputError):
        copying.copied(store.disk.root, store.disk.root / "inside")
