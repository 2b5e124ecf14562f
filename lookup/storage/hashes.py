"""What hashes of the Merkle tree are read from, each in one exchange: full tiles and their roots, entries."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from sqlalchemy import Connection

from lookup.ledger.entry import COLUMNS
from lookup.ledger.tiles import WIDTH, TileId
from lookup.storage.direct import ask
from lookup.storage.sequencing import EntryTuple


class Span(NamedTuple):
    """The full tiles [first, first + n) of a level, 256 at most."""

    level: int
    first: int
    n: int


_TILE = "SELECT {0} AS place, n, hashes AS data FROM audit_tile WHERE level = :level{0} AND n = :first{0}"
_ROOTS = (
    "SELECT * FROM (SELECT {0} AS place, n, root AS data FROM audit_tile "  # noqa: S608 - no input
    f"WHERE level = :level{{0}} AND n >= :first{{0}} AND n < :end{{0}} ORDER BY n LIMIT {WIDTH}) AS part{{0}}"
)
_RUNS = (
    "(SELECT first_idx, writer, first_seq + CASE WHEN first_idx < :low THEN :low - first_idx ELSE 0 END AS low, "
    "first_seq + CASE WHEN first_idx + n > :high THEN :high - first_idx ELSE n END AS high FROM audit_run "
    "WHERE first_idx >= (SELECT max(first_idx) FROM audit_run WHERE first_idx <= :low) AND first_idx < :high) AS r"
)
_OF_RUN = "audit_entry AS e WHERE e.writer = r.writer AND e.seq >= r.low AND e.seq < r.high"
_ENTRY = ", ".join(f"e.{name}" for name in COLUMNS)
_ENTRIES = {
    "sqlite": f"SELECT {_ENTRY} FROM {_RUNS} CROSS JOIN {_OF_RUN} ORDER BY r.first_idx, e.seq",  # noqa: S608 - no input
    "postgresql": f"SELECT {_ENTRY} FROM {_RUNS} CROSS JOIN LATERAL "  # noqa: S608 - no input
    f"(SELECT * FROM {_OF_RUN} ORDER BY e.seq LIMIT {WIDTH}) AS e ORDER BY r.first_idx, e.seq",
}
"""The limit leaves PostgreSQL's planner no way but the key, run by run. In SQLite that is what CROSS JOIN means."""


def tiles(
    conn: Connection, whole: Sequence[TileId], roots: Sequence[Span]
) -> tuple[list[bytes], list[list[bytes]]]:
    """Return the hashes of each full tile of `whole` and the roots of the full tiles in each span of `roots`.

    Both in the order in which they were asked for; a tile that is not stored has no hashes (b"") and no root.
    """
    if not whole and not roots:
        return [], []
    values: dict[str, int] = {}
    for place, tile in enumerate(whole):
        values |= {f"level{place}": tile.level, f"first{place}": tile.n}
    for place, (level, first, n) in enumerate(roots, len(whole)):
        values |= {f"level{place}": level, f"first{place}": first, f"end{place}": first + n}
    parts: list[list[bytes]] = [[] for _ in range(len(whole) + len(roots))]
    for place, _, data in ask(conn, _parts(len(whole), len(roots)), **values):
        parts[place].append(data)
    return [b"".join(part) for part in parts[: len(whole)]], parts[len(whole) :]


@cache
def _parts(whole: int, roots: int) -> str:
    parts = enumerate([_TILE] * whole + [_ROOTS] * roots)
    return " UNION ALL ".join(part.format(place) for place, part in parts) + " ORDER BY place, n"


def entries(conn: Connection, low: int, high: int) -> Sequence[EntryTuple]:
    """Return the rows (COLUMNS order) of the entries with an index in [low, high), 256 at most, by index."""
    return ask(conn, _ENTRIES[conn.dialect.name], low=low, high=high)
