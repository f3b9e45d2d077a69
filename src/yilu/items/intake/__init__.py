"""Intake: files of any carrier in, scan events and an account of every row out (接入)."""

from yilu.items.intake.chunk import Chunk, Limits, MappingError, SourceError
from yilu.items.intake.dry_run import Report, dry_run
from yilu.items.intake.mapping import Mapping
from yilu.items.intake.sources import COMPLETE, content_hash, door_of, open_source, read_body, read_file, read_lines
from yilu.items.schema import QUARANTINE

__all__ = [
    "COMPLETE",
    "QUARANTINE",
    "Chunk",
    "Limits",
    "Mapping",
    "MappingError",
    "Report",
    "SourceError",
    "content_hash",
    "door_of",
    "dry_run",
    "open_source",
    "read_body",
    "read_file",
    "read_lines",
]
