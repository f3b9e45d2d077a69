"""The vault: a number comes out for the item, case and persons it was sealed for, and in no other way."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import given
from hypothesis import strategies as st

from yilu.errors import StoreError
from yilu.items import vault
from yilu.items.disk import Disk
from yilu.items.vault import CIPHERS, Grant, SealedRow, VaultError, VaultKey

DAY = date(2025, 11, 11)
NUMBER = "SF1234567890123"
KEYS = {cipher: VaultKey(bytes(range(length)), cipher) for cipher, length in CIPHERS.items()}
ciphers = pytest.mark.parametrize("cipher", CIPHERS)


def sealed(cipher: str, number: str = NUMBER) -> SealedRow:
    """A number of operator 3 sealed for case C-1."""
    return vault.seal(number, 3, (11, 2**64 - 1), "prohibited", "C-1", DAY, KEYS[cipher])


def grant(written: list[dict[str, object]], case: str = "C-1") -> Grant:
    """Leave for a case, approved by two persons, audited into ``written``."""
    return Grant("find the sender's outlet", case, ("officer-7", "officer-9"), written.append)


@ciphers
@given(number=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1).filter(str.strip))
def test_what_went_in_comes_out(cipher: str, number: str) -> None:
    """Any number, of any length, comes back as it was; the grant's account is written."""
    written: list[dict[str, object]] = []
    assert vault.unseal(sealed(cipher, number), grant(written), KEYS[cipher]) == number
    assert [w["outcome"] for w in written] == ["opened"]


MOVES: dict[str, Callable[[SealedRow], SealedRow]] = {
    "operator": lambda r: replace(r, operator=4),
    "first half of the key": lambda r: replace(r, key_first=12),
    "second half of the key": lambda r: replace(r, key_second=0),
    "halves swapped": lambda r: replace(r, key_first=r.key_second, key_second=r.key_first),
    "purpose": lambda r: replace(r, purpose="lost"),
    "purpose moved into the case": lambda r: replace(r, purpose="", case="C-1"),
    "last byte": lambda r: replace(r, sealed=r.sealed[:-1] + bytes([r.sealed[-1] ^ 1])),
    "first byte": lambda r: replace(r, sealed=bytes([r.sealed[0] ^ 128]) + r.sealed[1:]),
    "cut": lambda r: replace(r, sealed=r.sealed[:-1]),
    "almost nothing": lambda r: replace(r, sealed=r.sealed[:5]),
    "nothing": lambda r: replace(r, sealed=b""),
    "another cipher": lambda r: replace(r, cipher="none"),
}


@ciphers
@pytest.mark.parametrize("move", MOVES)
def test_row_moved_or_changed_stays_shut(cipher: str, move: str) -> None:
    """A row that was put beside another item or changed by a bit doesn't open; the attempt is written down."""
    written: list[dict[str, object]] = []
    with pytest.raises(VaultError, match="not what was sealed"):
        vault.unseal(MOVES[move](sealed(cipher)), grant(written), KEYS[cipher])
    assert [w["outcome"] for w in written] == ["refused: not authentic"]


@ciphers
def test_another_case_or_key_stays_shut(cipher: str) -> None:
    """A grant for one case opens no row of another, nor one whose case was rewritten; nor does another key."""
    written: list[dict[str, object]] = []
    row = sealed(cipher)
    with pytest.raises(VaultError, match="another case"):
        vault.unseal(row, grant(written, "C-2"), KEYS[cipher])
    with pytest.raises(VaultError, match="not what was sealed"):
        vault.unseal(replace(row, case="C-2"), grant(written, "C-2"), KEYS[cipher])
    with pytest.raises(VaultError, match="not what was sealed"):
        vault.unseal(row, grant(written), VaultKey(bytes(CIPHERS[cipher]), cipher))
    assert len(written) == 3


@pytest.mark.parametrize(
    "approvers",
    [("a", "a"), ("a", " A "), ("a", "\uff21"), ("a", ""), ("", ""), ("a", " "), ("a",), ("a", "b", "c")],
    ids=str,
)
def test_one_approver_is_not_two(approvers: tuple[str, str]) -> None:
    """One person under two spellings, or nobody, isn't two approvers."""
    with pytest.raises(VaultError, match="two different approvers"):
        Grant("why", "C-1", approvers, lambda _: None)


def test_grant_needs_purpose_case_and_audit() -> None:
    """Nothing opens without a reason, a case and someone who writes it down."""
    for purpose, case, audit, what in (
        (" ", "C-1", print, "purpose"),
        ("why", "", print, "case"),
        ("why", "C-1", None, "audit"),
    ):
        with pytest.raises(VaultError, match=what):
            Grant(purpose, case, ("a", "b"), audit)  # type: ignore[arg-type]


@ciphers
def test_no_audit_no_number(cipher: str) -> None:
    """If the account can't be written, the number isn't given out."""

    def full(record: dict[str, object]) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        vault.unseal(sealed(cipher), Grant("why", "C-1", ("a", "b"), full), KEYS[cipher])


@ciphers
def test_audit_and_errors_hold_no_number(cipher: str) -> None:
    """What is written down tells item and persons, never the number; nor does any error or repr."""
    written: list[dict[str, object]] = []
    row = sealed(cipher)
    vault.unseal(row, grant(written), KEYS[cipher])
    with pytest.raises(VaultError) as refused:
        vault.unseal(replace(row, operator=9), grant(written), KEYS[cipher])
    shown = repr(written) + refused.value.message + refused.value.next_step + repr(row) + repr(KEYS[cipher])
    assert NUMBER not in shown
    assert KEYS[cipher].secret.hex() not in shown
    assert repr(KEYS[cipher].secret) not in shown
    assert written[0]["approvers"] == ["officer-7", "officer-9"]
    assert written[0]["sealed_for"] == "prohibited"


@ciphers
def test_files_hold_nothing_readable(tmp_path: Path, cipher: str) -> None:
    """The files of the vault show no number, whole or in part, and no secret; rows come back as they were, a file per day."""
    rows = [sealed(cipher, f"SF12345678{i:05d}") for i in range(50)]
    rows += [replace(r, sealed_on=date(2025, 11, 12)) for r in rows[:3]]
    disk = Disk(tmp_path)
    names = vault.append(rows, disk.put)
    assert [n[:16] for n in names] == ["vault/2025-11-11", "vault/2025-11-12"]
    content = b"".join(disk.path(n).read_bytes() for n in names)
    assert b"12345678" not in content
    assert KEYS[cipher].secret not in content
    back = [r for n in names for r in vault.read(disk.path(n))]
    assert back == rows
    assert vault.unseal(back[0], grant([]), KEYS[cipher]) == "SF1234567800000"


def test_files_are_only_added(tmp_path: Path) -> None:
    """Rows of the same day go to another file: no name is used twice, no file changed."""
    disk = Disk(tmp_path)
    first = vault.append([sealed("aes-siv")], disk.put)
    before = disk.path(first[0]).read_bytes()
    second = vault.append([sealed("aes-siv")], disk.put)
    assert first != second
    assert disk.path(first[0]).read_bytes() == before
    assert vault.append([], disk.put) == []


@ciphers
def test_length_tells_no_carrier(cipher: str) -> None:
    """Numbers of the usual lengths seal to the same length."""
    assert len({len(sealed(cipher, "1" * n).sealed) for n in range(8, 31)}) == 1


def test_sm4_hides_that_a_number_was_sealed_twice_and_aes_siv_needs_no_nonce() -> None:
    """SM4-GCM takes a new nonce for each row; AES-SIV gives the same row for the same number, item and case."""
    assert sealed("aes-siv") == sealed("aes-siv")
    assert sealed("sm4-gcm") != sealed("sm4-gcm")


def test_published_aes_siv_value() -> None:
    """The cipher is the AES-SIV of RFC 5297, appendix A.1 (its 256-bit key form)."""
    key = bytes.fromhex("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")
    header = bytes.fromhex("101112131415161718191a1b1c1d1e1f2021222324252627")
    got = AESSIV(key).encrypt(bytes.fromhex("112233445566778899aabbccddee"), [header])
    assert got.hex() == "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c"


@ciphers
def test_nothing_to_seal(cipher: str) -> None:
    """An empty number, or one for no case, isn't sealed."""
    for number, case in (("", "C-1"), ("  ", "C-1"), ("a\0b", "C-1"), ("A1", " ")):
        with pytest.raises(VaultError):
            vault.seal(number, 1, (1, 2), "lost", case, DAY, KEYS[cipher])


@pytest.mark.parametrize("purpose", ["", " ", "Lost", "lost ", "lost\0", "丢失", "9lives", "x" * 33, "13800138000"])
def test_purpose_is_a_code(purpose: str) -> None:
    """Why an item was flagged is a short code, not a sentence that may tell of a person."""
    with pytest.raises(VaultError, match="purpose"):
        vault.seal("A1", 1, (1, 2), purpose, "C-1", DAY, KEYS["aes-siv"])


@ciphers
def test_nothing_but_a_grant_opens(cipher: str) -> None:
    """No grant, or something that only looks like one and so was never checked, opens nothing."""
    alike = SimpleNamespace(purpose="", case="C-1", approvers=(), audit=lambda _: None)
    for none in (None, alike, {"case": "C-1"}):
        with pytest.raises(VaultError, match="grant alone"):
            vault.unseal(sealed(cipher), none, KEYS[cipher])  # type: ignore[arg-type]


@ciphers
def test_key_file(tmp_path: Path, cipher: str) -> None:
    """The vault has a key file of its own: mode 0600, outside the store, of the cipher's length."""
    path = tmp_path / "vault-key"
    made = vault.load_or_make(path, tmp_path / "store", cipher)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert vault.load_or_make(path, tmp_path / "store", cipher) == made
    path.chmod(0o640)
    with pytest.raises(StoreError, match="0640"):
        vault.load_or_make(path, None, cipher)
    path.chmod(0o600)
    path.write_text("00" * 16 + "11")
    with pytest.raises(StoreError, match="is no key"):
        vault.load_or_make(path, None, cipher)
    with pytest.raises(StoreError, match="inside the store"):
        vault.load_or_make(tmp_path / "store" / "k", tmp_path / "store", cipher)


def test_unknown_cipher_and_wrong_length() -> None:
    """A misspelt cipher or a key of another length is refused."""
    with pytest.raises(VaultError, match="aes-siv, sm4-gcm"):
        VaultKey(bytes(16), "sm4")
    with pytest.raises(VaultError, match="64 bytes"):
        VaultKey(bytes(16))


def test_library_without_sm4_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the library offers no SM4, the error says so and what to do, before anything is sealed."""

    def none(*_: object) -> None:
        raise UnsupportedAlgorithm("no sm4")

    monkeypatch.setattr(vault, "Cipher", none)
    with pytest.raises(VaultError, match="no SM4-GCM") as refused:
        VaultKey(bytes(16), "sm4-gcm")
    assert "aes-siv" in refused.value.next_step


def test_other_files_are_no_vault(tmp_path: Path) -> None:
    """A file that isn't one of sealed rows is named as such."""
    (tmp_path / "x.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(StoreError, match="no file of the vault"):
        vault.read(tmp_path / "x.parquet")
