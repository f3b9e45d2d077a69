"""Rules that look at cells of cubes beside items: machines that were off."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from yilu.items.kinds import BY_CODE
from yilu.supervision.rules.declared import Catalogue
from yilu.supervision.rules.evidence import Evidence
from yilu.supervision.rules.protected import enough

_HOUR = 3600


def screening_off(missing: Evidence, scans: pa.Table, catalogue: Catalogue, at_sites: NDArray[np.bool_]) -> Evidence:
    """Of the missing screenings those of an hour in which enough items left a processing site unscreened and its operator screened nothing there.

    ``missing``: evidence of ``screening_missing``; ``scans``: cells of the cube of that name; ``at_sites`` (F,): processing sites by facility id.
    """
    known = np.where(missing["place"] < len(at_sites), missing["place"], 0)
    rows = missing[at_sites[known]]
    screens = scans.filter(pc.equal(scans["kind"], BY_CODE["screen"].id))
    screened = np.stack([_column(screens, n) for n in ("operator", "facility", "hour")], axis=1)
    of = np.stack([rows["operator"].astype(np.int64), rows["place"].astype(np.int64), rows["at"] // _HOUR], axis=1)
    groups, group = np.unique(of, axis=0, return_inverse=True)
    group = group.reshape(-1)
    active = _among(groups, screened)
    found = rows[enough(catalogue, "off_least", group, rows["periods"]) & ~active[group]].copy()
    found["rule"] = catalogue.number("screening_off")
    return found


def _column(table: pa.Table, name: str) -> NDArray[np.int64]:
    return np.asarray(table.column(name).to_numpy(), np.int64)


def _among(rows: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each row (n, k) is one of the others (m, k)."""
    both, of = np.unique(np.concatenate([rows, others]), axis=0, return_inverse=True)
    held = np.zeros(len(both), np.bool_)
    held[of.reshape(-1)[len(rows) :]] = True
    return held[of.reshape(-1)[: len(rows)]]
