"""Verifying the ledger in a database: streams every row past the independent verifier of `lookup.ledger`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from lookup.ledger.findings import CheckpointRow, Limits, Report, RunRow, Source
from lookup.ledger.policy import Policy
from lookup.ledger.verify import verify_log
from lookup.ledger.verify_cosignatures import Cosignatures, Stored
from lookup.services import alarms
from lookup.services.log_key import check_ed25519
from lookup.services.tree import right_edge
from lookup.storage import cosignatures, rereading, segments, sequencing
from lookup.storage.database import Database, Transaction
from lookup.storage.lanes import now_us


def verify_database(
    database: Database,
    policy: Policy,
    *,
    anchors: Iterable[bytes] = (),
    live: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Re-derive the whole log as of one moment and return every finding; nothing is written.

    `anchors` are checkpoint notes kept elsewhere. `live` also reports silence up to now and entries that wait for
    the sequencer longer than it may take. Beside the checks of `verify_log`: cosignature (not with a policy that
    names no witness), entry-extra, entry-pending, alarm. An acknowledged alarm is told as a note.
    """
    limits = Limits()
    with database.snapshot() as conn, database.snapshot() as second, database.snapshot() as third:
        start = segments.minimum(third)
        entries = rereading.entries_in_tree_order(third, start)
        edge = right_edge(third, start)
        stored = cosignatures.stored(conn) if policy.witnesses else ()
        cosigned = Cosignatures((Stored(*row) for row in stored), policy, check_ed25519)
        source = Source(
            _checkpoints(conn, start, cosigned), _runs(second, start), entries, _tile(third), start, edge
        )
        now = now_us()
        report = verify_log(
            source,
            policy,
            check_ed25519,
            anchors=anchors,
            now=now if live else None,
            progress=progress,
            digest=policy.digest,
        )
        for message in cosigned.finish():
            report.add("cosignature", message)
        _outside(third, report, now - limits.maxdelay if live else None)
        _alarmed(third, report)
    return report


def _outside(conn: Transaction, report: Report, before: int | None) -> None:
    """Entries that stand in no run: fresh ones are waiting, all others were put there by somebody else."""
    extra = rereading.extra_entries(conn)
    if extra:
        report.add("entry-extra", f"{extra} entries stand where no writer's next number is")
    pending = 0 if before is None else rereading.pending_entries(conn, before)
    if pending:
        report.add("entry-pending", f"{pending} entries wait for the sequencer longer than they may")


def _alarmed(conn: Transaction, report: Report) -> None:
    """Every lane that alarmed, answered for or not, and alarms that the log tells but their table no longer."""
    for each in alarms.standing(conn):
        if each.is_settled:
            report.notes.append(f"alarm: {each.line()}")
        else:
            report.add("alarm", each.line())
    for lane, place in alarms.vanished(conn):
        report.add("alarm", f"entry {place} says that lane {lane} alarmed; that alarm was taken away")


def _checkpoints(conn: Transaction, start: int, cosigned: Cosignatures) -> Iterator[CheckpointRow]:
    """The tree heads above the minimum index with their good cosignatures; the first of them goes on from there."""
    for row in sequencing.checkpoints(conn):
        lines = cosigned.on(row.size, row.note.encode())
        if row.size > start:
            prev = start if row.prev < start else row.prev
            yield CheckpointRow(row.size, prev, row.root, row.ts, "".join([row.note, *lines]).encode())


def _runs(conn: Transaction, start: int) -> Iterator[RunRow]:
    for row in sequencing.runs(conn, start):
        skip = max(0, start - row.first_idx)
        if skip < row.n:
            yield RunRow(row.first_idx + skip, row.writer, row.first_seq + skip, row.n - skip)


def _tile(conn: Transaction) -> Callable[[int, int], tuple[bytes, bytes] | None]:
    def read(level: int, n: int) -> tuple[bytes, bytes] | None:
        found = sequencing.tiles(conn, level, n, 1)
        return (found[0].hashes, found[0].root) if found else None

    return read
