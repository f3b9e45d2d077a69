"""Accepted returns in a folder of their own: one immutable file per acceptance, numbered, so that a correction keeps what it replaced.

``000001.json`` and so on. A file appears whole or not at all, and none is ever changed; what stands is the latest value of each figure. One process at a time writes.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from yilu.documents.saving import save
from yilu.errors import InputError, StoreError
from yilu.plan.period import period
from yilu.plan.returns.findings import Finding
from yilu.plan.returns.reading import Cell, Key
from yilu.plan.statistics import Series, last_place
from yilu.plan.units import converted

_LOCK = ".lock"
_FIELDS = {"filing", "received", "file", "digest", "correction", "confirmed", "findings", "rows"}


@dataclass(frozen=True)
class Filing:
    """One acceptance: its number, the day the file came, the file's name and SHA-256, whether it corrects, who confirmed it and how (empty: nothing was to be
    confirmed), the findings it was accepted with (as records), and its figures."""

    number: int
    received: date
    file: str
    digest: str
    correction: bool
    confirmed: str
    findings: tuple[dict[str, Any], ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Kept:
    """All acceptances in order."""

    filings: tuple[Filing, ...]

    def standing(self) -> dict[Key, tuple[Filing, Cell]]:
        """The figure that stands for each key, and the filing it came with."""
        return {cell.key: (filing, cell) for filing in self.filings for cell in filing.cells}

    def values(self) -> dict[Key, float]:
        """What stands, in the units of the series."""
        return {key: cell.value for key, (_, cell) in self.standing().items()}

    def history(self, key: Key) -> tuple[tuple[Filing, Cell], ...]:
        """Every value that a figure ever had, the first one first."""
        return tuple((filing, cell) for filing in self.filings for cell in filing.cells if cell.key == key)


def kept(folder: Path, series: dict[str, Series]) -> Kept:
    """What a folder holds; nothing where there is none. Raises StoreError for a file that is damaged or missing in between."""
    paths = sorted(p for p in folder.glob("*.json") if p.stem.isdigit()) if folder.is_dir() else []
    filings = [_filing(path, series) for path in paths]
    for n, (path, filing) in enumerate(zip(paths, filings, strict=True), 1):
        if filing.number != n or path.name != _name(n):
            raise _damaged(path, f"filing {n} is missing or misnamed")
    return Kept(tuple(filings))


def accept(
    folder: Path,
    file: Path,
    series: dict[str, Series],
    received: date,
    examine: Callable[[Kept], tuple[list[Cell], list[Finding]]],
    *,
    correction: bool = False,
    confirmed: str = "",
) -> tuple[Filing | None, list[Finding]]:
    """Keep the figures of a file, unless something is found that nobody confirmed. Returns what was kept (None: nothing) and what was found.

    ``examine`` gives figures and findings against what is kept, while nobody else writes. Raises InputError for a file that was accepted before, and for one that
    changes accepted figures and is no correction; the folder is then as it was.
    """
    with _alone(folder):
        before = kept(folder, series)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        for filing in before.filings:
            if filing.digest == digest:
                raise InputError(
                    file.name,
                    f"a file that was not accepted before; it is filing {filing.number}",
                    next_step="Nothing is to be done.",
                )
        cells, findings = examine(before)
        values = before.values()
        changed = [c for c in cells if c.key in values and values[c.key] != c.value]
        unsound = [f for f in findings if f.reason.kind == "unsound"]
        if changed and not correction and not unsound:
            c = changed[0]
            raise InputError(
                c.file, f"the accepted value of {c.enterprise}, {c.series}, {c.period.text}", row=c.row, column="value", value=c.text,
                next_step="If it is a correction, give --correction: the replaced value is kept.",
            )  # fmt: skip
        told = [f for f in findings if f.code != "differs" or not correction]
        if unsound or (any(f.reason.kind == "query" for f in told) and not confirmed):
            return None, told
        new = [c for c in cells if values.get(c.key) != c.value]
        filing = Filing(
            len(before.filings) + 1,
            received,
            file.name,
            digest,
            correction,
            confirmed,
            tuple(f.record() for f in told),
            tuple(new),
        )
        save(folder, _name(filing.number), _written(filing))
        return filing, told


def _name(number: int) -> str:
    return f"{number:06}.json"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else accepts while the block runs; a process that ends lets go."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = open(folder / _LOCK, "a+b")  # noqa: SIM115  closed below
    except OSError as error:
        raise StoreError(
            f"the folder of returns ({folder.name}) cannot be written: {error.strerror}", next_step="Check its owner and its mount.",
        ) from error  # fmt: skip
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _written(filing: Filing) -> bytes:
    rows = [{"enterprise": c.enterprise, "period": c.period.text, "series": c.series, "value": c.text, "unit": c.unit, "row": c.row} for c in filing.cells]  # fmt: skip
    record = {
        "filing": filing.number, "received": filing.received.isoformat(), "file": filing.file, "digest": filing.digest,
        "correction": filing.correction, "confirmed": filing.confirmed, "findings": list(filing.findings), "rows": rows,
    }  # fmt: skip
    return (json.dumps(record, ensure_ascii=False, indent=1) + "\n").encode()


def _filing(path: Path, series: dict[str, Series]) -> Filing:
    try:
        r = json.loads(path.read_text(encoding="utf-8"))
        if set(r) != _FIELDS:
            raise ValueError("other keys than those of a filing")
        cells = tuple(_cell(c, r["file"], series) for c in r["rows"])
        return Filing(
            r["filing"],
            date.fromisoformat(r["received"]),
            r["file"],
            r["digest"],
            r["correction"],
            r["confirmed"],
            tuple(r["findings"]),
            cells,
        )
    except (OSError, ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise _damaged(path, str(error)) from error


def _cell(given: dict[str, Any], file: str, series: dict[str, Series]) -> Cell:
    unit, of, text = given["unit"], series[given["series"]], given["value"]
    value, step = (converted(float(n), unit, of.unit) for n in (text, last_place(Decimal(text))))
    return Cell(given["enterprise"], of.code, period(given["period"]), text, unit, value, step, file, given["row"])


def _damaged(path: Path, why: str) -> StoreError:
    return StoreError(
        f"{path.parent.name}/{path.name} is damaged: {why}", next_step="Restore the folder of returns from its copy: filings are never changed.",
        zh=f"报表文件夹中的 {path.name} 已损坏",
    )  # fmt: skip
