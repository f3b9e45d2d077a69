"""The vault: waybill numbers of flagged items, sealed, and opened only under a grant (授权还原).

Facts know items by keyed hashes that nobody can turn back. Where an item must be found in the world, as in a case of prohibited
goods, its number is sealed when it arrives and stands beside the item's key. Sealing is AES-SIV (RFC 5297), or SM4-GCM (GB/T 32907)
where the law asks for a national cipher. What a sealed number belongs to (operator, item key, case) is authenticated with it, so that
a row moved to another item or case doesn't open. The key is another than that of the pseudonyms, in a file of its own.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from yilu.errors import StoreError, YiluError
from yilu.items.keys import secret_in

CIPHERS: dict[str, int] = {"aes-siv": 64, "sm4-gcm": 16}
"""Ciphers with the length of their keys in bytes."""

SEALED: pa.Schema = pa.schema(
    [
        pa.field("sealed_on", pa.date32(), False),
        pa.field("operator", pa.uint16(), False),
        pa.field("key_first", pa.uint64(), False),
        pa.field("key_second", pa.uint64(), False),
        pa.field("purpose", pa.string(), False),
        pa.field("case", pa.string(), False),
        pa.field("cipher", pa.string(), False),
        pa.field("sealed", pa.binary(), False),
    ]
)
"""A sealed number: day of sealing, operator id, both halves of the item's key, why it was flagged, case reference, cipher, sealed bytes."""

PURPOSE = re.compile(r"[a-z][a-z0-9_]{0,31}")
"""A purpose code says why an item was flagged, as ``prohibited`` or ``court_order``; a word, so that it tells nothing of a person."""

_NONCE = 12
_TAG = 16
_PADDED = 32
"""Numbers are filled up to a multiple of this before they are sealed, so that a row doesn't tell a carrier by length."""


class VaultError(YiluError):
    """A number can't be sealed or must not be opened."""

    exit_code = 3


@dataclass(frozen=True)
class VaultKey:
    """The secret of the vault; never shown."""

    secret: bytes = field(repr=False)
    cipher: str = "aes-siv"

    def __post_init__(self) -> None:
        _cipher_or_say(self.cipher)
        length = CIPHERS[self.cipher]
        if len(self.secret) != length:
            raise VaultError(
                f"a vault key for {self.cipher} has {length} bytes",
                next_step="check vault_cipher and vault_key_file",
                zh=f"{self.cipher} 的封存密钥为 {length} 字节",
                next_step_zh="检查 vault_cipher 与 vault_key_file",
            )
        if self.cipher == "sm4-gcm":
            _sm4_or_say(self.secret)


@dataclass(frozen=True)
class SealedRow:
    """One row of SEALED."""

    sealed_on: date
    operator: int
    key_first: int
    key_second: int
    purpose: str
    case: str
    cipher: str
    sealed: bytes

    @property
    def belongs_to(self) -> bytes:
        """What is authenticated with the number: operator, item key, purpose and case, each of a known length, ended or last."""
        key = self.key_first.to_bytes(8, "little") + self.key_second.to_bytes(8, "little")
        text = (
            self.purpose.encode() + b"\0" + self.case.encode()
        )  # no purpose that can be sealed holds the sign that ends it
        return b"yilu vault 1" + self.operator.to_bytes(2, "little") + key + text


@dataclass(frozen=True)
class Grant:
    """Leave to open one case's numbers: why, for which case, approved by two persons (their accounts), and who writes it down.

    ``audit(record)`` must make the record durable before it returns; if it raises, nothing is opened.
    """

    purpose: str
    case: str
    approvers: tuple[str, str]
    audit: Callable[[dict[str, object]], None] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.purpose.strip():
            raise VaultError(
                "a grant needs a purpose",
                next_step="state why the number is needed",
                zh="还原须写明用途",
                next_step_zh="写明为何需要该单号",
            )
        if not self.case.strip():
            raise VaultError(
                "a grant needs a case number",
                next_step="open a case first",
                zh="还原须有案件编号",
                next_step_zh="先立案",
            )
        approvers = [unicodedata.normalize("NFKC", a).strip().casefold() for a in self.approvers]
        if len(approvers) != 2 or not all(approvers) or approvers[0] == approvers[1]:
            raise VaultError(
                "a grant needs two different approvers",
                next_step="have a second person approve",
                zh="还原须由两名不同的审批人批准",
                next_step_zh="请另一人审批",
            )
        if not callable(self.audit):
            raise VaultError(
                "a grant needs an audit",
                next_step="give a function that writes the record down",
                zh="还原须有审计",
                next_step_zh="给出写入审计记录的函数",
            )


def load_or_make(path: Path, store: Path | None = None, cipher: str = "aes-siv") -> VaultKey:
    """The vault's key in ``path``, made there (mode 0600) if there is none.

    Raises StoreError: the path lies inside the store, others may read the file, or it is no key for this cipher.
    """
    _cipher_or_say(cipher)
    return VaultKey(
        secret_in(path, store, CIPHERS[cipher], ("封存密钥文件", "vault's key file"), "vault_key_file"), cipher
    )


def seal(
    number: str, operator: int, item_key: tuple[int, int], purpose: str, case: str, day: date, key: VaultKey
) -> SealedRow:
    """The number of one flagged item, sealed for a case. ``item_key``: both halves of its 128-bit key; ``purpose``: a code (PURPOSE).

    Raises VaultError where there is no number, no case or no such code. AES-SIV without a nonce: the same number for the same item and case gives
    the same row, so sealing again adds nothing to what a reader learns.
    """
    if not number.strip() or "\0" in number:
        raise VaultError(
            "there is no number to seal", next_step="give the number", zh="没有要封存的单号", next_step_zh="给出单号"
        )
    if not case.strip():
        raise VaultError(
            "a number is sealed for a case", next_step="name the case", zh="封存须写明案件", next_step_zh="写明案件"
        )
    if not PURPOSE.fullmatch(purpose):
        raise VaultError(
            "a number is sealed for a purpose: a code of small letters, digits and _",
            next_step="give a code such as prohibited or court_order",
            zh="封存须写明用途:由小写字母、数字与 _ 组成的代码",
            next_step_zh="给出如 prohibited、court_order 的代码",
        )
    row = SealedRow(day, operator, int(item_key[0]), int(item_key[1]), purpose, case, key.cipher, b"")
    message = number.encode() + b"\0"
    message += bytes(-len(message) % _PADDED)
    if key.cipher == "aes-siv":
        sealed = AESSIV(key.secret).encrypt(message, [row.belongs_to])
    else:
        nonce = os.urandom(_NONCE)
        worker = Cipher(algorithms.SM4(key.secret), modes.GCM(nonce)).encryptor()
        worker.authenticate_additional_data(row.belongs_to)
        body = worker.update(message) + worker.finalize()
        sealed = nonce + worker.tag + body
    return replace(row, sealed=sealed)


def unseal(row: SealedRow, grant: Grant, key: VaultKey) -> str:
    """The waybill number of a sealed row, written down by the grant's audit before it is given out.

    Raises VaultError: there is no Grant, it is for another case, or the row was changed, moved or sealed with another key; where there
    is a grant, refusals are audited too.
    """
    if not isinstance(grant, Grant):  # anything with the same attributes would come past the checks of a Grant
        raise VaultError(
            "a sealed number opens under a grant alone",
            next_step="ask for a grant for this case",
            zh="封存的单号须经批准方可还原",
            next_step_zh="为该案件申请批准",
        )
    record: dict[str, object] = {
        "action": "unseal",
        "purpose": grant.purpose,
        "sealed_for": row.purpose,
        "case": grant.case,
        "approvers": list(grant.approvers),
        "operator": row.operator,
        "item_key": f"{row.key_first:016x}{row.key_second:016x}",
    }
    if row.case != grant.case:
        grant.audit(record | {"outcome": "refused: another case"})
        raise VaultError(
            "the grant is for another case than the row",
            next_step="ask for a grant for this case",
            zh="批准的是另一案件",
            next_step_zh="为该案件申请批准",
        )
    number = _opened(row, key)
    if number is None:
        grant.audit(record | {"outcome": "refused: not authentic"})
        raise VaultError(
            "the sealed row is not what was sealed: changed, moved to another item, or sealed with another key",
            next_step="check the vault's key file; else treat the row as tampered with",
            zh="封存的记录已非原样:被改动、移到其他寄件,或用另一把密钥封存",
            next_step_zh="检查封存密钥文件;若密钥无误,按记录被篡改处理",
        )
    grant.audit(record | {"outcome": "opened"})
    return number


def _opened(row: SealedRow, key: VaultKey) -> str | None:
    if row.cipher != key.cipher:
        return None
    try:
        if row.cipher == "aes-siv":
            message = AESSIV(key.secret).decrypt(row.sealed, [row.belongs_to])
        else:
            nonce, tag, body = row.sealed[:_NONCE], row.sealed[_NONCE : _NONCE + _TAG], row.sealed[_NONCE + _TAG :]
            worker = Cipher(algorithms.SM4(key.secret), modes.GCM(nonce, tag)).decryptor()
            worker.authenticate_additional_data(row.belongs_to)
            message = worker.update(body) + worker.finalize()
    except (InvalidTag, ValueError):  # ValueError: shorter than any sealed row
        return None
    return message[: message.index(b"\0")].decode()


def _cipher_or_say(cipher: str) -> None:
    """Refuse a cipher that there isn't."""
    if cipher not in CIPHERS:
        raise VaultError(
            f"cipher {cipher!r}: expected one of {', '.join(CIPHERS)}",
            next_step="set vault_cipher to one of them",
            zh=f"封存算法 {cipher!r}:应为 {'、'.join(CIPHERS)} 之一",
            next_step_zh="将 vault_cipher 设为其中之一",
        )


def _sm4_or_say(secret: bytes) -> None:
    """Refuse SM4 where the cryptographic library was built without it."""
    try:
        Cipher(algorithms.SM4(secret), modes.GCM(bytes(_NONCE))).encryptor()
    except UnsupportedAlgorithm as error:
        raise VaultError(
            "the cryptographic library here has no SM4-GCM",
            next_step="use aes-siv, or an OpenSSL built with SM4",
            zh="本机的密码库没有 SM4-GCM",
            next_step_zh="改用 aes-siv,或使用支持 SM4 的 OpenSSL",
        ) from error


def append(rows: list[SealedRow], put: Callable[[str, bytes], None], folder: str = "vault") -> list[str]:
    """Write sealed rows, a new Parquet file per day of sealing; names of the files, relative to the vault's root.

    ``put(name, content)`` must write the file whole and durably, as ``Disk.put`` does. Files are never changed: names are not used twice.
    """
    names: list[str] = []
    for day in sorted({r.sealed_on for r in rows}):
        of_day = [r for r in rows if r.sealed_on == day]
        table = pa.Table.from_pylist([{n: getattr(r, n) for n in SEALED.names} for r in of_day], SEALED)
        content = BytesIO()
        pq.write_table(table, content, compression="zstd", use_dictionary=False)
        name = f"{folder}/{day.isoformat()}.{os.urandom(8).hex()}.parquet"
        put(name, content.getvalue())
        names.append(name)
    return names


def read(path: Path) -> list[SealedRow]:
    """The rows of one file of sealed numbers, still sealed. Raises StoreError where it is no such file."""
    try:
        table = pq.read_table(path)
        return [SealedRow(**row) for row in table.select(SEALED.names).cast(SEALED).to_pylist()]
    except (pa.ArrowException, KeyError, TypeError, OSError) as error:
        raise StoreError(
            f"{path.name} is no file of the vault",
            next_step="restore it from a backup",
            zh=f"{path.name} 不是封存库的文件",
            next_step_zh="从备份恢复",
        ) from error
