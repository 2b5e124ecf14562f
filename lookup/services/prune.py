"""Retention: entries past their time leave the database once archive, checkpoint and every witness cover them.

The proofs of what stays keep working; level-1 tiles and above, runs and checkpoints stay for ever.
"""

from __future__ import annotations

from lookup.ledger.entry import Row, commitment
from lookup.ledger.policy import Policy
from lookup.ledger.segment import LEAST_DAYS, prune_limit
from lookup.services.archive import check
from lookup.services.outage import Writing
from lookup.services.receipts import satisfying
from lookup.storage import cosignatures, entries, retention, segments
from lookup.storage.database import Transaction, digest_of
from lookup.storage.lanes import SYSTEM, Draft, append, now_us
from lookup.storage.segments import SegmentRow

BATCH = 2_000
_DAY_US = 86_400_000_000


def prune(context: Writing, policy: Policy, keep_days: int, now: int | None = None) -> int:
    """Remove entries older than `keep_days` (at least LEAST_DAYS) from the database; returns the minimum index.

    Only below what is archived and verified again from the archive now, whose `sys.archive` entry an acceptable
    checkpoint covers, and never past a witness of the policy; leaves `sys.prune`. Raises ArchiveError, and ValueError
    for too few days.
    """
    if keep_days < LEAST_DAYS:
        raise ValueError(f"entries stay online for at least {LEAST_DAYS} days")
    before = (now_us() if now is None else now) - keep_days * _DAY_US
    with context.database.read() as conn:
        minimum = segments.minimum(conn)
        due = [row for row in segments.all_of(conn) if row.hi > minimum and _is_old(conn, row, before)]
        limit = _limit(conn, policy, due)
    going = [row for row in due if row.hi <= limit]
    if not going:
        return minimum
    for row in going:
        check(row, policy)
    with context.database.write() as conn:
        segments.set_minimum(conn, going[-1].hi, now_us())
        detail: dict[str, str | int] = {"below": going[-1].hi, "keep_days": keep_days}
        append(conn, context.pen, Draft("sys.prune", "succeeded", SYSTEM, detail=detail))
    while retention.delete_entries(context.database, going[-1].hi, BATCH):
        pass
    with context.database.write() as conn:
        retention.delete_tiles(conn, going[-1].hi)
    return going[-1].hi


def _is_old(conn: Transaction, row: SegmentRow, before: int) -> bool:
    covering = entries.checkpoint_over(conn, row.hi - 1)
    return covering is not None and covering.ts < before


def _limit(conn: Transaction, policy: Policy, due: list[SegmentRow]) -> int:
    """Return the largest minimum index that archive, checkpoint and witnesses allow."""
    archived = 0
    for row in due:
        index = retention.index_of_archive_entry(conn, row.lo)
        if index is None or satisfying(conn, policy, index) is None:
            break
        archived = row.hi
    head = satisfying(conn, policy, 0)
    reached = cosignatures.reached(conn)
    return prune_limit(
        archived, head.size if head else 0, [reached.get(n.decode(), 0) for n in policy.witnesses]
    )


def erase(context: Writing, days: int, now: int | None = None) -> int:
    """Erase net, detail and salt of entries older than `days`; the commitment stays and every proof still holds.

    `sys.*` entries keep theirs: they explain the log and hold no personal data. Returns how many; leaves `sys.erase`.
    """
    before, total = (now_us() if now is None else now) - days * _DAY_US, 0
    while True:
        with context.database.write() as conn:
            rows = retention.erasable(conn, before, BATCH)
            for row in rows:
                _erase_row(conn, row)
            total += len(rows)
            if len(rows) < BATCH:
                if total:
                    _told(conn, context, {"before": before, "count": total})
                return total


def erase_one(context: Writing, writer: int, seq: int) -> bool:
    """Erase the restricted part of one entry; False when there is none, or it is a `sys.*` entry."""
    with context.database.write() as conn:
        row = entries.get(conn, writer, seq)
        if row is None or row.salt is None or row.action >= retention.SYSTEM_ACTIONS:
            return False
        _erase_row(conn, row)
        _told(conn, context, {"writer": writer, "seq": seq, "count": 1})
    return True


def _erase_row(conn: Transaction, row: Row) -> None:
    if row.salt is not None:
        retention.erase(conn, row.writer, row.seq, commitment(row.salt, row.net, row.detail, digest_of(conn)))


def _told(conn: Transaction, context: Writing, detail: dict[str, str | int]) -> None:
    append(conn, context.pen, Draft("sys.erase", "succeeded", SYSTEM, detail=detail))
