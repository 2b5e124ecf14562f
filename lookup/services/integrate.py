"""The sequencer: gives entries their index, extends the Merkle tree, signs checkpoints (C2SP tlog-checkpoint).

One process at a time does this; answers to citizens wait for durability, not for inclusion. It refuses to go on
from a database that is behind what was published, and it never skips an entry silently.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lookup.ledger.checkpoint import Checkpoint, read_checkpoint, sign_checkpoint
from lookup.ledger.entry import COLUMNS
from lookup.ledger.lane import GENESIS, Alarm, AlarmKind, LaneState, Run, check_run, derive_key
from lookup.ledger.note import verify_note
from lookup.ledger.tiles import Tile, TileBuilder
from lookup.ledger.wire import Digest, VerificationError, sha256
from lookup.services import attend_lanes
from lookup.services.contexts import WorkerContext
from lookup.services.log_hash import hash_fault
from lookup.services.log_key import LogKey, check_ed25519
from lookup.services.tree import right_edge
from lookup.storage import sequencing
from lookup.storage.database import Transaction, digest_of
from lookup.storage.lanes import SYSTEM, Draft, abandon_lane, append, now_us, writer_of
from lookup.storage.sequencing import AlarmRow, CheckpointRow, RunRow, WriterRow

BATCH = 4096
HEARTBEAT_US = 60_000_000
LATE_US, SILENCE_US = 20_000_000, 80_000_000  # a little below what the verifier tolerates
PROBE_US = 10_000_000  # how often lanes that have ended are looked at all the same
_ACTION = COLUMNS.index("action")
_RECHECK = 256  # writers register in the order of their ids but may commit out of it


class SequencerError(RuntimeError):
    """The log can not be continued safely; the message says what disagrees and what an operator must do."""


@dataclass
class Sequencer:
    """The growing tree of one log. Build it with `open_sequencer`; call `tick` until told to stop."""

    context: WorkerContext
    keys: tuple[LogKey, ...]
    builder: TileBuilder
    head: CheckpointRow | None
    lanes: dict[int, LaneState]
    digest: Digest = sha256
    alarms: dict[int, Alarm] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)
    registered: dict[int, WriterRow] = field(default_factory=dict)
    heard: dict[int, int] = field(default_factory=dict)
    probed: int = 0
    spoke: int = 0

    def tick(self) -> int:
        """Integrate what is durable now; returns how many entries. Raises SequencerError when fenced."""
        now = now_us()
        everything = now - self.probed > PROBE_US
        with self.context.database.read() as conn:
            self._meet_writers(sequencing.writers(conn, max(0, max(self.lanes, default=0) - _RECHECK)))
            rows = sequencing.fresh_entries(self.context.database, conn, self._cursors(everything), BATCH)
        found = [run for writer, fresh in sorted(rows.items()) if (run := self._check(writer, fresh))]
        if found:
            self._explain(min(run.first_ts for run in found))
            self._commit(found)
            self._hear(found, rows)
        self.probed = now if everything else self.probed
        return sum(len(run.leaves) for run in found)

    def _cursors(self, everything: bool) -> dict[int, int]:
        left_out = self.alarms.keys() if everything else self.alarms.keys() | self.ended
        return {writer: lane.seq for writer, lane in self.lanes.items() if writer not in left_out}

    def _hear(self, found: list[Run], rows: dict[int, list[sequencing.EntryTuple]]) -> None:
        for run in found:
            self.heard[run.writer] = now_us()
            closed = rows[run.writer][len(run.leaves) - 1 :][:1]
            if closed and closed[0][_ACTION] == attend_lanes.CLOSE:
                self.ended.add(run.writer)
            else:
                self.ended.discard(run.writer)

    def attend(self) -> None:
        """Record the lanes whose process is gone, once everything they left is in the log."""
        awake = [
            row for row in self.registered.values() if row.id not in self.ended and row.id not in self.alarms
        ]
        gone = attend_lanes.lost(awake, self.heard, now_us())
        if gone:
            self.tick()
        for writer in gone:
            if writer not in self.ended:
                self.say("sys.writer_lost", "failed", {"writer": writer, "last": self.lanes[writer].seq})
                self.ended.add(writer)

    def beat(self) -> None:
        """When nothing was signed for a minute, leave a heartbeat entry: silence is asserted, not assumed."""
        if now_us() - max(self.head.ts if self.head else 0, self.spoke) >= HEARTBEAT_US:
            self.say("sys.heartbeat", "succeeded", {})

    def say(self, action: str, outcome: str, detail: dict[str, str | int]) -> None:
        """Append an entry of the system itself."""
        with self.context.database.write() as conn:
            self._append(conn, Draft(action, outcome, SYSTEM, detail=detail or None))
        self.spoke = now_us()

    def _append(self, conn: Transaction, draft: Draft) -> None:
        if writer_of(conn) in self.alarms:
            abandon_lane(conn)  # this connection's own lane is the one that alarmed
        append(conn, self.context.pen, draft)

    def _explain(self, first_ts: int) -> None:
        """When entries waited or checkpoints were missing for long, say so in the log before it is found."""
        now, since = now_us(), min(first_ts, self.head.ts if self.head else first_ts)
        if first_ts < now - LATE_US or (self.head and self.head.ts < now - SILENCE_US):
            self.say("sys.late", "succeeded", {"from": since, "to": now})

    def _meet_writers(self, rows: Sequence[sequencing.WriterRow]) -> None:
        for row in rows:
            if row.id not in self.lanes:
                self.lanes[row.id] = LaneState(row.id, derive_key(self.context.pen.master, row.id, row.boot))
                self.registered[row.id], self.heard[row.id] = row, now_us()

    def _check(self, writer: int, rows: list[sequencing.EntryTuple]) -> Run | None:
        state = self.lanes[writer]
        result = check_run(state, rows, more=len(rows) == BATCH, digest=self.digest)
        while isinstance(result, Run) and not result.leaves:  # one transaction larger than what was read
            limit = len(rows) * 4
            with self.context.database.read() as conn:
                rows = sequencing.lane_entries(conn, writer, state.seq + 1, limit)
            result = check_run(state, rows, more=len(rows) == limit, digest=self.digest)
        if isinstance(result, Alarm):
            self._quarantine(result)
            if result.valid == 0:
                return None
            result = check_run(state, rows[: result.valid], digest=self.digest)
        return result if isinstance(result, Run) else None

    def _quarantine(self, alarm: Alarm) -> None:
        self.alarms[alarm.writer] = alarm
        row = AlarmRow(alarm.writer, alarm.kind.value, alarm.expected, alarm.found, now_us())
        detail: dict[str, str | int] = {k: v for k, v in row._asdict().items() if k != "ts"}
        with self.context.database.write() as conn:
            self._append(conn, Draft("sys.gap", "failed", SYSTEM, detail=detail))
            sequencing.add_alarm(conn, row)

    def _commit(self, found: list[Run]) -> None:
        before, size = self.builder.size, self.builder.size
        new_runs: list[RunRow] = []
        new_tiles: list[Tile] = []
        for run in found:
            new_runs.append(RunRow(size, run.writer, run.first_seq, len(run.leaves)))
            new_tiles += self.builder.append(run.leaves)
            size += len(run.leaves)
        root = self.builder.root()
        signers = [(key.public, key.sign) for key in self.keys]
        note = sign_checkpoint(Checkpoint(self.keys[0].origin, size, root), *signers)
        head = CheckpointRow(size, before, root, now_us(), note.decode())
        try:
            with self.context.database.write() as conn:
                sequencing.extend(conn, new_runs, new_tiles, head)
        except Exception as fault:
            raise SequencerError(
                "the log was not extended; start the worker again, it resumes safely"
            ) from fault
        self.head = head
        self.lanes.update({run.writer: run.state for run in found})
        publish(self.context.settings.checkpoint_file, note)


def publish(path: str, note: bytes) -> None:
    """Replace the public checkpoint file in one step; nothing when no file is configured."""
    if not path:
        return
    temporary = Path(path + ".new")
    with temporary.open("wb") as file:
        file.write(note)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def open_sequencer(context: WorkerContext) -> Sequencer:
    """Rebuild the right edge from the database and compare it with the last signed and the published checkpoint.

    Raises SequencerError when they disagree: a restored backup or a changed database must not be signed over.
    """
    keys = log_keys(context)
    with context.database.read() as conn:
        if (fault := hash_fault(conn, context.settings)) is not None:
            raise SequencerError(fault)
        head = sequencing.latest_checkpoint(conn)
        size = head.size if head else 0
        digest = digest_of(conn)
        builder = TileBuilder(size, right_edge(conn, size), digest)
        cursors = sequencing.cursors(conn)
        writers = sequencing.writers(conn)
        alarms = {
            row.writer: Alarm(row.writer, AlarmKind(row.kind), row.expected, row.found, 0)
            for row in sequencing.alarms(conn)
        }
        ended = attend_lanes.ended(conn)
    if head is not None:
        _compare(head, builder.root(), keys, context.settings.checkpoint_file)
    lanes = {
        row.id: LaneState(
            row.id, derive_key(context.pen.master, row.id, row.boot), *cursors.get(row.id, (0, GENESIS))
        )
        for row in writers
    }
    known = {row.id: row for row in writers}
    now = now_us()
    heard = dict.fromkeys(known, now)
    return Sequencer(context, keys, builder, head, lanes, digest, alarms, ended, known, heard, spoke=now)


def log_keys(context: WorkerContext) -> tuple[LogKey, ...]:
    """Return the keys that sign: one, or two while the key is rotated."""
    settings = context.settings
    seeds = (settings.log_key, settings.log_key_next)
    return tuple(LogKey.from_seed(settings.origin, seed) for seed in seeds if seed)


def _compare(head: CheckpointRow, root: bytes, keys: tuple[LogKey, ...], file: str) -> None:
    checkpoint, note = read_checkpoint(head.note.encode())
    try:
        verify_note(note, [key.public for key in keys], check_ed25519)
    except VerificationError:
        raise SequencerError("the last checkpoint was signed by another key; see `lookup logkey`") from None
    if (checkpoint.size, checkpoint.root) != (head.size, root):
        raise SequencerError(
            "the database does not match its last signed checkpoint; run `lookup verify` first"
        )
    if file and Path(file).exists():
        published, _ = read_checkpoint(Path(file).read_bytes())
        if published.size > head.size:
            raise SequencerError(
                f"the database is behind the published checkpoint ({head.size} < {published.size}): "
                "a restored backup must not be continued; see docs/ledger.md"
            )
