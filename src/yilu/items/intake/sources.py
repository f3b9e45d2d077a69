"""From a path to chunks: which files, in which format, known by their content, and read only while they stay as they are."""

from __future__ import annotations

import hashlib
import io
import sys
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from yilu.items.intake.blocks import Block
from yilu.items.intake.chunk import Chunk, Limits, SourceError
from yilu.items.intake.door import Codes, Door, lookups
from yilu.items.intake.lines import Readable
from yilu.items.intake.mapping import FORMATS, Mapping
from yilu.items.intake.read_arrow import TooMany, read_arrow
from yilu.items.intake.read_csv import read_csv
from yilu.items.intake.read_documents import document_mapping, read_document
from yilu.items.intake.read_jsonl import read_jsonl
from yilu.items.intake.read_parquet import read_parquet
from yilu.items.intake.read_sql import read_sql
from yilu.items.intake.translate import Translated, quarantined, translate
from yilu.items.keys import Key
from yilu.items.schema import TOKENS, concat, events

COMPLETE = -1
"""Answer of ``done`` for a source that was read to its end."""
MAX_CHUNK_ROWS = 1 << 23
_SUFFIXES: dict[str, str] = {
    ".parquet": "parquet", ".pq": "parquet", ".csv": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "epcis", ".jsonld": "epcis",
}  # fmt: skip
_PACKED = (".gz", ".zst", ".bz2", ".lz4")
_STILL_WRITTEN = "wait until it is written, or have it written under another name and renamed when it is whole"
_STILL_WRITTEN_ZH = "等写完再读,或请对方以别的文件名写入,写完后再改名"

Done = Callable[[str], int]
"""From a content hash to the rows that were done before: 0, a number of rows, or ``COMPLETE`` (nothing of it is looked at)."""


@dataclass(frozen=True)
class _Stamp:
    """What a file is told apart by while it is read."""

    size: int
    changed_ns: int
    inode: int


def open_source(
    path: Path | str,
    mapping: Mapping,
    network: Any,
    key: Key,
    *,
    done: Done | None = None,
    chunk_rows: int = 1 << 21,
    limits: Limits | None = None,
    received_at: int | None = None,
    stream: BinaryIO | None = None,
) -> Iterator[Chunk]:
    """Chunks of at most ``chunk_rows`` rows of a file, of a folder's files by name, or of standard input (``-``).

    ``done`` says, by content hash, how many rows of a source were done before; those are passed over. Every source gives at
    least one chunk, its last one marked ``last``. ``received_at`` (Unix seconds, default now) stands for a missing recorded_at.
    ``stream`` is read in place of standard input. A folder's bad file doesn't keep the others from being read: its error is
    raised at the end. Raises SourceError and MappingError; what was given before stays right.
    """
    if not 1 <= chunk_rows <= MAX_CHUNK_ROWS:
        raise ValueError(f"chunk_rows {chunk_rows} is not within 1 to {MAX_CHUNK_ROWS}")
    door = door_of(mapping, network, key, limits, received_at)
    asked = done or (lambda _: 0)
    if str(path) == "-":
        return _standard_input(stream or sys.stdin.buffer, door, asked, chunk_rows)
    return _paths(Path(path), door, asked, chunk_rows)


def door_of(
    mapping: Mapping, network: Any, key: Key, limits: Limits | None = None, received_at: int | None = None
) -> Door:
    """What rows of a feed are judged by; made once where many files of it come. Raises MappingError."""
    mapping = document_mapping(mapping) if mapping.format == "epcis" else mapping
    return Door(
        mapping=mapping, lookups=lookups(mapping, network), key=key, time_zone=mapping.time_zone, province_zone=network.time_zone,
        received_at=int(time.time()) if received_at is None else received_at, limits=limits or Limits(),
    )  # fmt: skip


def read_file(path: Path, door: Door, done: Done, chunk_rows: int = MAX_CHUNK_ROWS) -> Iterator[Chunk]:
    """Chunks of one file that has just come. Raises SourceError."""
    return _file(path, replace(door, received_at=int(time.time())), done, chunk_rows)


def read_lines(data: bytes, name: str, door: Door) -> Iterator[Chunk]:
    """Chunks of whole lines (JSON Lines, or CSV with its header) that have just come from a stream ``name``; they have no content hash."""
    door = replace(door, received_at=int(time.time()))
    read = read_csv if door.mapping.format == "csv" else read_jsonl
    found = read(io.BytesIO(data), name, door.mapping, door.limits, 0)
    return _chunks(found, door, name, "", 0, MAX_CHUNK_ROWS)


BODIES: tuple[str, ...] = ("jsonl", "csv", "arrow")
"""Forms in which a batch can be given out of memory."""


def read_body(data: bytes, form: str, name: str, digest: str, door: Door, most_rows: int) -> Chunk:
    """A batch (``form`` of BODIES) that has just come, as one chunk known by ``digest``. Raises SourceError; ``TooMany`` for more than ``most_rows`` rows."""
    door = replace(door, received_at=int(time.time()))
    if form == "arrow":
        found = read_arrow(data, name, door.mapping, door.limits, most_rows)
    else:
        if data.count(b"\n") > most_rows + 1:
            raise TooMany(name, most_rows)
        found = (read_csv if form == "csv" else read_jsonl)(io.BytesIO(data), name, door.mapping, door.limits, 0)
    [chunk] = _chunks(found, door, name, digest, 0, MAX_CHUNK_ROWS)
    if chunk.rows > most_rows:
        raise TooMany(name, most_rows)
    return chunk


def files_of(path: Path, mapping: Mapping) -> list[Path]:
    """The files that ``path`` stands for: itself, or the folder's files that fit the mapping's pattern, by name."""
    if not path.exists():
        raise SourceError(
            f"{path.name} does not exist",
            next_step="give the path of a file or folder",
            zh=f"{path.name} 不存在",
            next_step_zh="给出文件或文件夹的路径",
        )
    if not path.is_dir():
        return [path]
    found = sorted(p for p in path.glob(mapping.files) if p.is_file() and not p.name.startswith("."))
    if mapping.files == "*" and not mapping.format:
        found = [p for p in found if _suffix(p) in _SUFFIXES]
    if not found:
        raise SourceError(
            f"no file in {path.name} fits {mapping.files}",
            next_step="check the folder, and files in the mapping",
            zh=f"{path.name} 中没有符合 {mapping.files} 的文件",
            next_step_zh="检查文件夹,以及映射中的 files",
        )
    return found


def _suffix(path: Path) -> str:
    name = path.name.lower()
    for packed in _PACKED:
        name = name.removesuffix(packed)
    return Path(name).suffix


def format_of(path: Path, mapping: Mapping) -> str:
    """The format of a file: what the mapping says, or else what its name ends in."""
    found = mapping.format or _SUFFIXES.get(_suffix(path), "")
    if not found:
        raise SourceError(
            f"{path.name}: its format can't be told from its name",
            next_step=f"set format in the mapping: {', '.join(FORMATS)}",
            zh=f"{path.name}:从文件名看不出格式",
            next_step_zh=f"在映射中写明 format:{'、'.join(FORMATS)}",
        )
    return found


def _paths(path: Path, door: Door, done: Done, chunk_rows: int) -> Iterator[Chunk]:
    if door.mapping.sql:
        yield from _folder(path, door, done, chunk_rows)
        return
    refused: list[SourceError] = []
    files = files_of(path, door.mapping)
    for file in files:
        try:
            yield from _file(file, door, done, chunk_rows)
        except OSError as error:
            refused.append(
                SourceError(
                    f"{file.name} can't be read: {error.strerror or type(error).__name__}",
                    next_step="check the file and its permissions",
                    zh=f"{file.name} 无法读取:{error.strerror or type(error).__name__}",
                    next_step_zh="检查文件及其权限",
                )
            )
        except SourceError as error:
            refused.append(error)
    if len(refused) == 1:
        raise refused[0]
    if refused:
        raise SourceError(
            f"{len(refused)} of {len(files)} files could not be read; the first: {refused[0].message}",
            next_step=refused[0].next_step,
            zh=f"{len(files)} 个文件中有 {len(refused)} 个无法读取;第一个:{refused[0].zh}",
            next_step_zh=refused[0].next_step_zh,
        )


def _stamp(path: Path) -> _Stamp:
    state = path.stat()
    return _Stamp(state.st_size, state.st_mtime_ns, state.st_ino)


def _same(path: Path, before: _Stamp) -> None:
    """Raise SourceError where the file is not what it was: what was read of it may be neither the old nor the new."""
    try:
        now = _stamp(path)
    except FileNotFoundError:
        raise SourceError(
            f"{path.name} was removed while it was read",
            next_step="send it again",
            zh=f"{path.name} 在读取时被移走",
            next_step_zh="重新报送",
        ) from None
    if now != before:
        raise SourceError(
            f"{path.name} is still being written: it changed while it was read",
            next_step=_STILL_WRITTEN,
            zh=f"{path.name} 仍在写入:读取时有变化",
            next_step_zh=_STILL_WRITTEN_ZH,
        )


def content_hash(path: Path, mapping: Mapping) -> str:
    """What a file is known by: a hash of its bytes and of what the mapping says; 32 hex digits.

    Another name is the same content; another mapping is another reading, and its events that were known are repeats.
    """
    before = _stamp(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16))
    _same(path, before)
    digest.update(mapping.digest.encode())
    return digest.hexdigest()


def _file(path: Path, door: Door, done: Done, chunk_rows: int) -> Iterator[Chunk]:
    form = format_of(path, door.mapping)
    if form == "epcis" and door.mapping.format != "epcis":
        door = replace(door, mapping=document_mapping(door.mapping))
    before = _stamp(path)
    digest = content_hash(path, door.mapping)
    skip = done(digest)
    if skip == COMPLETE:
        yield _repeat(path.name, digest)
        return
    with closing(_ahead(_blocks(path, form, door, skip), door.limits.threads)) as blocks:
        for chunk in _chunks(blocks, door, path.name, digest, skip, chunk_rows):
            _same(path, before)
            yield chunk


def _ahead(blocks: Iterator[Block], threads: int) -> Generator[Block, None, None]:
    """``blocks``, the next of them read in another thread while one is worked on."""
    if threads < 2:
        yield from blocks
        return
    with ThreadPoolExecutor(1, "yilu-intake") as pool:
        coming = pool.submit(next, blocks, None)
        while (block := coming.result()) is not None:
            coming = pool.submit(next, blocks, None)
            yield block


def _blocks(path: Path, form: str, door: Door, skip: int) -> Iterator[Block]:
    if form == "parquet":
        yield from read_parquet(path, door.mapping, door.limits, skip)
    elif form == "epcis":
        yield from read_document(path, path.name, door.mapping, door.limits, skip)
    else:
        read = read_csv if form == "csv" else read_jsonl
        packed = path.name.lower().endswith(_PACKED)
        try:
            with pa.input_stream(path, compression="detect") if packed else path.open("rb", buffering=0) as stream:
                yield from read(stream, path.name, door.mapping, door.limits, skip)
        except (pa.ArrowException, OSError) as error:
            # An error of the system has its text; what is left is Arrow's, of unpacking.
            if not packed or getattr(error, "strerror", None):
                raise
            raise SourceError(
                f"{path.name} can't be unpacked: it is cut off or damaged",
                next_step="have it sent again",
                zh=f"{path.name} 无法解压:被截断或已损坏",
                next_step_zh="请重新报送",
            ) from None


def _folder(path: Path, door: Door, done: Done, chunk_rows: int) -> Iterator[Chunk]:
    """A folder as the result of the mapping's SELECT over its files."""
    if not path.is_dir():
        raise SourceError(
            f"mapping {door.mapping.name} reads a folder, {path.name} is none",
            next_step="give the folder of the files",
            zh=f"映射 {door.mapping.name} 读取文件夹,{path.name} 不是文件夹",
            next_step_zh="给出文件所在的文件夹",
        )
    files = [p for p in sorted(path.rglob("*")) if p.is_file()]
    before = {p: _stamp(p) for p in files}
    digest = hashlib.blake2b(digest_size=16)
    for file in files:
        digest.update(f"{file.relative_to(path)}:{content_hash(file, door.mapping)}\n".encode())
    skip = done(digest.hexdigest())
    if skip == COMPLETE:
        yield _repeat(path.name, digest.hexdigest())
        return
    found = read_sql(path, door.mapping, door.limits, skip)
    for chunk in _chunks(found, door, path.name, digest.hexdigest(), skip, chunk_rows):
        for file, stamp in before.items():
            _same(file, stamp)
        yield chunk


class _Hashed:
    """A stream whose bytes are hashed as they are read."""

    def __init__(self, stream: Readable, salt: str) -> None:
        self.stream, self.salt = stream, salt
        self.digest = hashlib.blake2b(salt.encode(), digest_size=16)

    def read(self, size: int, /) -> bytes:
        got = self.stream.read(size) or b""
        self.digest.update(got)
        return got


def _standard_input(stream: BinaryIO, door: Door, done: Done, chunk_rows: int) -> Iterator[Chunk]:
    """Standard input has no end to wait for: each chunk is known by the hash of all that was read up to it."""
    form = door.mapping.format or "jsonl"
    if form == "parquet" or door.mapping.sql:
        raise SourceError(
            "standard input can't be read as Parquet or by a SELECT",
            next_step="give the path of the file",
            zh="标准输入不能按 Parquet 读取,也不能用 SELECT 读取",
            next_step_zh="给出文件的路径",
        )
    hashed = _Hashed(stream, door.mapping.digest)
    if form == "epcis":
        document = hashed.read(door.limits.max_document_bytes + 1)
        found = read_document(document, "standard input", door.mapping, door.limits)
    else:
        read = read_csv if form == "csv" else read_jsonl
        found = read(hashed, "standard input", door.mapping, door.limits, 0)
    for chunk in _chunks(found, door, "standard input", "", 0, chunk_rows):
        digest = hashed.digest.copy()
        digest.update(f"{chunk.row_from}-{chunk.row_to}".encode())
        chunk = replace(chunk, content_hash=digest.hexdigest(), last=True)
        yield chunk if done(chunk.content_hash) == 0 else _repeat("standard input", chunk.content_hash)


def _repeat(name: str, digest: str) -> Chunk:
    none = events(0)
    return Chunk(
        events=none, rows=0, used=0, quarantine=quarantined(name, np.empty(0, np.int64), np.empty(0, np.uint8)), held=none,
        held_rows=np.empty(0, np.int64), source_name=name, content_hash=digest, row_from=0, row_to=0, last=True, repeated=True,
    )  # fmt: skip


def _chunks(blocks: Iterator[Block], door: Door, name: str, digest: str, skip: int, chunk_rows: int) -> Iterator[Chunk]:
    """Blocks as chunks. A block is read ahead, so that the last chunk is known to be the last."""
    row_from, parts, codes = skip, [], Codes(door.limits.max_codes)
    block = next(blocks, None)
    while block is not None:
        if block.row_to > row_from + chunk_rows:
            now, block = block.split(row_from + chunk_rows)
            parts.append(_part(now, door, codes, name))
            yield _chunk(parts, codes, name, digest, row_from, now.row_to, False, skip)
            row_from, parts, codes = now.row_to, [], Codes(door.limits.max_codes)
            continue
        parts.append(_part(block, door, codes, name))
        row_to = block.row_to
        block = next(blocks, None)
        if block is None or row_to == row_from + chunk_rows:
            yield _chunk(parts, codes, name, digest, row_from, row_to, block is None, skip)
            row_from, parts, codes = row_to, [], Codes(door.limits.max_codes)
            if block is None:
                return
    yield _chunk([], codes, name, digest, skip, skip, True, skip)


def _part(block: Block, door: Door, codes: Codes, name: str) -> Translated:
    made = translate(block.table, block.rows, door, codes, name)
    if not len(block.bad_rows):
        return made
    bad = quarantined(name, block.bad_rows, block.bad_why)
    return replace(made, quarantine=pa.concat_tables([made.quarantine, bad]))


def _chunk(
    parts: list[Translated], codes: Codes, name: str, digest: str, row_from: int, row_to: int, last: bool, skip: int
) -> Chunk:
    used = sum(p.used for p in parts)
    quarantine = pa.concat_tables(
        [quarantined(name, np.empty(0, np.int64), np.empty(0, np.uint8)), *(p.quarantine for p in parts)]
    )
    if used + quarantine.num_rows != row_to - row_from:
        raise AssertionError("rows used and quarantined don't add up to the rows read")
    joined = concat([p.events for p in parts] or [events(0)])
    texts = tuple(codes.numbers)
    return Chunk(
        events=joined,
        rows=row_to - row_from,
        used=used,
        quarantine=quarantine.sort_by("row") if quarantine.num_rows else quarantine,
        held=concat([p.held for p in parts] or [events(0)]),
        held_rows=np.concatenate([np.empty(0, np.int64), *(p.held_rows for p in parts)]),
        source_name=name,
        content_hash=digest,
        row_from=row_from,
        row_to=row_to,
        last=last,
        repeated_rows=skip if row_from == skip else 0,
        repeated=row_to == row_from and skip > 0,
        codes=texts,
        unmapped=_unmapped(joined.code, texts),
        unknown=_added([p.unknown for p in parts]),
        tokens=pa.concat_tables([TOKENS.empty_table(), *(p.tokens for p in parts)]),
    )


def _unmapped(code: NDArray[np.uint16], texts: tuple[str, ...]) -> dict[str, int]:
    if not texts:
        return {}
    counts = np.bincount(code, minlength=len(texts) + 1)
    return {text: int(counts[i]) for i, text in enumerate(texts, 1) if counts[i]}


def _added(parts: list[dict[str, dict[str, int]]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for part in parts:
        for column, texts in part.items():
            sums = found.setdefault(column, {})
            for text, count in texts.items():
                sums[text] = sums.get(text, 0) + count
    return found
