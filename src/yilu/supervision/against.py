"""What rules say, held against what a scenario made true: item by item, place by place, second by second."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from yilu.errors import InputError
from yilu.items.keys import Key, hash128
from yilu.network import Network
from yilu.supervision.rules.declared import Catalogue
from yilu.supervision.rules.evidence import EVIDENCE, Evidence, evidence

COLUMNS = ("rule", "operator", "waybill", "facility", "at", "until")
"""Columns of a truth file that are compared; operator and facility by code, numbers are made pseudonyms at once."""
_SAME = ("rule", "key", "operator", "place", "at", "until")


COUNTS_UNTIL, COUNTS_OF = b"yilu.counts_until", b"yilu.counts_of"
"""Metadata of a truth file: up to when (UTC seconds) it tells all that rules over counts must say, and which rules; they name no item."""


@dataclass(frozen=True)
class Truth:
    """The evidence that must be said; what names no item is told of the rules ``counts_of`` (numbers), up to ``counts_until``, UTC seconds."""

    rows: Evidence
    counts_until: int = 0
    counts_of: tuple[int, ...] = ()


@dataclass(frozen=True)
class Against:
    """One rule: pieces of evidence that are true, that were said, and what differs."""

    rule: str
    true: int
    said: int
    missed: int
    false: int


def read_truth(path: Path, network: Network, catalogue: Catalogue, key: Key) -> Truth:
    """The evidence that a truth file asks for. Raises InputError where it is no such file or names what the province doesn't have."""
    file = path.name
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            file, "a truth file (Parquet)", next_step="make one: yilu simulate OUT --scenario FILE"
        ) from error
    for name in COLUMNS:
        if name not in table.column_names:
            raise InputError(file, f"the columns {', '.join(COLUMNS)}", column=name, next_step="make the file again")
    told = table.select(list(COLUMNS)).to_pydict()
    operators, facilities = network.operators.index_of_code, network.facilities.index_of_code
    for column, known in (("rule", catalogue.rules), ("operator", operators), ("facility", facilities)):
        for row, code in enumerate(told[column], 1):
            if code not in known and not (column == "facility" and code is None):
                raise InputError(file, f"a {column} of the province", row=row, column=column, value=code, next_step="name the province it was made for")  # fmt: skip
    operator = np.array([operators[c] for c in told["operator"]], np.uint16)
    first, second = hash128(pa.array(told["waybill"], pa.string()), operator if len(operator) else 0, key)
    at, until = (np.array([int(t.timestamp()) if t else 0 for t in told[name]], np.int64) for name in ("at", "until"))
    place = [facilities.get(c, 0) for c in told["facility"]]
    rows = evidence(0, first, second, operator, place, at, until)
    rows["rule"] = [catalogue.number(rule) for rule in told["rule"]]
    nobody = np.array([w is None for w in told["waybill"]], np.bool_)
    rows["key"][nobody] = rows["key2"][nobody] = 0
    said = table.schema.metadata or {}
    of = [rule for rule in said.get(COUNTS_OF, b"").decode().split(",") if rule in catalogue.rules]
    return Truth(rows, int(said.get(COUNTS_UNTIL, b"0")), tuple(catalogue.number(rule) for rule in of))


def against(truth: Truth, said: Evidence, catalogue: Catalogue) -> list[Against]:
    """Both sides by rule, rules of which neither speaks left out: item by item, and of counts, which name no item, operator by operator and place by place."""
    found = []
    both_sides = [_told(rows, truth) for rows in (truth.rows, said)]
    for name, rule in catalogue.rules.items():
        a, b = (_distinct(rows[rows["rule"] == rule.number]) for rows in both_sides)
        if len(a) or len(b):
            both = len(np.intersect1d(a, b))
            found.append(Against(name, len(a), len(b), len(a) - both, len(b) - both))
    return found


def _told(rows: Evidence, truth: Truth) -> Evidence:
    """What is compared of one side: all of items, and of counts what the truth tells of. What ended only after that had not ended then."""
    counts = rows["key"] == 0
    kept = ~counts | (np.isin(rows["rule"], truth.counts_of) & (rows["at"] <= truth.counts_until))
    out: Evidence = rows[kept].copy()
    out["until"][counts[kept] & (out["until"] > truth.counts_until)] = 0
    return out


def _distinct(rows: Evidence) -> Evidence:
    """What is compared of each row, each once."""
    kept = np.zeros(len(rows), [(n, EVIDENCE[n]) for n in _SAME])
    for name in _SAME:
        kept[name] = rows[name]
    return np.unique(kept)
