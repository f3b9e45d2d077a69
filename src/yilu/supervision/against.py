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


COUNTS_UNTIL = b"yilu.counts_until"
"""Metadata of a truth file: up to when (UTC seconds) it tells all that rules over counts must say; they name no item."""


@dataclass(frozen=True)
class Truth:
    """The evidence that must be said; rows that name no item are told up to ``counts_until``, UTC seconds."""

    rows: Evidence
    counts_until: int


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
    return Truth(rows, int((table.schema.metadata or {}).get(COUNTS_UNTIL, b"0")))


def against(truth: Truth, said: Evidence, catalogue: Catalogue) -> list[Against]:
    """Both sides by rule, rules of which neither speaks left out. What is said of counts alone, and names no item, is compared where it begins
    before the truth's ``counts_until``: operator, place and times."""
    found = []
    both_sides = [rows[(rows["key"] != 0) | (rows["at"] < truth.counts_until)] for rows in (truth.rows, said)]
    for name, rule in catalogue.rules.items():
        a, b = (_distinct(rows[rows["rule"] == rule.number]) for rows in both_sides)
        if len(a) or len(b):
            both = len(np.intersect1d(a, b))
            found.append(Against(name, len(a), len(b), len(a) - both, len(b) - both))
    return found


def _distinct(rows: Evidence) -> Evidence:
    """What is compared of each row, each once."""
    kept = np.zeros(len(rows), [(n, EVIDENCE[n]) for n in _SAME])
    for name in _SAME:
        kept[name] = rows[name]
    return np.unique(kept)
