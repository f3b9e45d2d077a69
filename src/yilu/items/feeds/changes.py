"""What a later file of the same kind changes: rows replaced by identity, and the differences of two states of a register."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from yilu.items.feeds.kinds import Kind, kind_of

DIFFERENCES: pa.Schema = pa.schema([(n, pa.string()) for n in ("identity", "change", "column", "old", "new")])
"""One difference of two registers. change: added, removed (column, old and new are null) or changed."""

_ORIGIN = "standing"  # where a row of a register comes from
_Part = tuple[NDArray[np.int64], NDArray[np.str_], str | None, NDArray[np.int64], NDArray[np.int64]]


def changed(old: pa.Table, new: pa.Table) -> tuple[pa.Table, pa.Table, dict[str, int]]:
    """(all rows, the rows that ``new`` brought or corrected, counts) when the rows of ``new`` are taken one by one after ``old``.

    A row whose identity is not there yet is new; one equal to what is there is the same; any other replaces it and is counted as
    corrected. new + same + corrected = rows of ``new``. Rows come out in order of identity. Raises ValueError for two kinds.
    """
    kind = kind_of(new)
    if kind_of(old) != kind:
        raise ValueError(f"a feed of {kind_of(old).name} can't be merged with {kind.name}")
    both = pa.concat_tables([old, new]).combine_chunks()
    columns = {a.name: _codes(both.column(a.name)) for a in kind.attributes}
    n = both.num_rows
    order = np.lexsort([np.arange(n), *(columns[name] for name in reversed(kind.identity))])
    follows = np.zeros(n, np.bool_)  # a row with the same identity stands before it
    follows[1:] = _equal(columns, kind.identity, order)
    equal = np.zeros(n, np.bool_)
    equal[1:] = _equal(columns, tuple(columns), order)
    last = np.append(~follows[1:], np.ones(min(n, 1), np.bool_))
    mine = order >= old.num_rows
    counts = {
        "new": int(np.count_nonzero(mine & ~follows)),
        "same": int(np.count_nonzero(mine & equal)),
        "corrected": int(np.count_nonzero(mine & follows & ~equal)),
    }
    kept = order[last]
    # of each identity the last row counts; it is written if it differs from what the old table held
    before = np.maximum.accumulate(np.where(follows, 0, np.arange(n)))
    first = order[before[last]]
    brought = kept >= old.num_rows
    held = first < old.num_rows
    same_as_old = np.logical_and.reduce([c[kept] == c[first] for c in columns.values()]) if n else np.empty(0, np.bool_)
    written = kept[brought & ~(held & same_as_old)]
    return both.take(pa.array(kept)), both.take(pa.array(written)), counts


def in_order(table: pa.Table, kind: Kind) -> pa.Table:
    """The rows in order of identity; rows of the same identity stay in the order they are in."""
    codes = [_codes(table.column(name)) for name in reversed(kind.identity)]
    return table.take(pa.array(np.lexsort([np.arange(table.num_rows), *codes])))


def merge(old: pa.Table, new: pa.Table) -> tuple[pa.Table, dict[str, int]]:
    """All rows after ``new`` came on top of ``old``, and how many were new, same and corrected."""
    table, _, counts = changed(old, new)
    return table, counts


def differences(old: pa.Table, new: pa.Table) -> pa.Table:
    """How two states of a register differ (DIFFERENCES), in order of identity: the national one and ours, or last month's and today's.

    Where a row comes from (standing) is no difference. Raises ValueError where the tables are no registers of one kind.
    """
    kind = kind_of(new)
    if kind_of(old) != kind or not kind.register:
        raise ValueError(f"{kind_of(old).name} and {kind.name}: two tables of one register are expected")
    old, new = merge(old.slice(0, 0), old)[0], merge(new.slice(0, 0), new)[0]
    both = pa.concat_tables([old, new]).combine_chunks()
    codes = {a.name: _codes(both.column(a.name)) for a in kind.attributes}
    order = np.lexsort([np.arange(both.num_rows), *(codes[name] for name in reversed(kind.identity))])
    second = np.append(np.zeros(min(len(order), 1), np.bool_), _equal(codes, kind.identity, order))
    pairs = np.flatnonzero(second)
    single = ~second
    single[pairs - 1] = False
    alone = order[single]
    parts: list[_Part] = [(alone, np.where(alone < old.num_rows, "removed", "added"), None, alone, alone)]
    for a in kind.attributes:
        if a.identity or a.name == _ORIGIN:
            continue
        before, after = order[pairs - 1], order[pairs]
        differs = codes[a.name][before] != codes[a.name][after]
        parts.append(
            (after[differs], np.full(np.count_nonzero(differs), "changed"), a.name, before[differs], after[differs])
        )
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    identity = pc.binary_join_element_wise(
        *(both.column(n).cast(pa.string()).fill_null("") for n in kind.identity), " "
    )
    tables = []
    for rows, change, name, before, after in parts:
        nothing = pa.nulls(len(rows), pa.string())
        values = both.column(name).cast(pa.string()) if name else None
        tables.append(
            pa.table(
                {
                    "place": place[rows],
                    "identity": identity.take(pa.array(rows)),
                    "change": pa.array(change.tolist(), pa.string()),
                    "column": pa.array([name] * len(rows), pa.string()),
                    "old": values.take(pa.array(before)) if values is not None else nothing,
                    "new": values.take(pa.array(after)) if values is not None else nothing,
                }
            )
        )
    # the sort key is made single by the column's position, so that the order doesn't hang on the sorting method
    found = pa.concat_tables(tables)
    at = np.lexsort([np.arange(found.num_rows), found.column("place").to_numpy()])
    return found.take(pa.array(at)).select(DIFFERENCES.names).cast(DIFFERENCES)


def _codes(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Numbers (n,) that are equal where values are equal, and in their order; a null is below every value."""
    values = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    encoded = values.dictionary_encode()
    rank = np.empty(len(encoded.dictionary) + 1, np.int64)
    rank[pc.sort_indices(encoded.dictionary).to_numpy()] = np.arange(len(encoded.dictionary))
    rank[-1] = -1
    at: NDArray[np.int64] = rank[encoded.indices.fill_null(len(encoded.dictionary)).to_numpy(zero_copy_only=False)]
    return at


def _equal(codes: dict[str, NDArray[np.int64]], names: tuple[str, ...], order: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each row but the first equals the one before it in ``names``, (n - 1,)."""
    found = np.ones(max(len(order) - 1, 0), np.bool_)
    for name in names:
        sorted_codes = codes[name][order]
        found &= sorted_codes[1:] == sorted_codes[:-1]
    return found
