"""The verifying core: reads a whole log as streams and says, one finding a line, what does not hold.

Uses none of the code that wrote the log (see reread.py); trusts only the policy's keys, the anchors and the hashes.
No I/O, no clock: rows, tiles, anchors and the time come in as arguments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from lookup.ledger.entry import ACTION_NAMES, ACTIONS, OUTCOME_NAMES
from lookup.ledger.findings import CheckpointRow, Limits, Report, RunRow, Source
from lookup.ledger.note import Check
from lookup.ledger.policy import Policy, accept
from lookup.ledger.reread import Malformed, Tree, leaf_function
from lookup.ledger.timeline import Timeline
from lookup.ledger.wire import Digest, VerificationError, sha256

_MISSING = bytes(32)
_CHUNK = 4096
_LATE = ACTIONS["sys.late"]


def verify_log(
    source: Source,
    policy: Policy,
    check: Check,
    *,
    anchors: Iterable[bytes] = (),
    limits: Limits | None = None,
    now: int | None = None,
    progress: Callable[[int], None] | None = None,
    digest: Digest = sha256,
) -> Report:
    """Verify everything that a log claims. `anchors`: checkpoint notes kept elsewhere; `now`: UTC microseconds.

    Checks by name: signature, prev-chain, run-density, writer-density, entry-missing, entry-malformed, root, tile,
    entry-time, checkpoint-time, silence, anchor. Bad contents never raise; only the streams themselves may.
    """
    walk = _Walk(source, policy, check, limits or Limits(), digest)
    walk.read_anchors(anchors)
    for row in source.checkpoints:
        walk.checkpoint(row)
        if progress is not None:
            progress(walk.size)
    walk.finish(now)
    return walk.report


class _Walk:
    """One pass over a log."""

    def __init__(self, source: Source, policy: Policy, check: Check, limits: Limits, digest: Digest) -> None:
        self.policy, self.check, self.limits = policy, check, limits
        self.size = self.start = source.start
        self.report = Report()
        self.times = Timeline(self.report, limits)
        self.tree = Tree(digest, source.pending)
        self.full = Counter({level: source.start >> 8 * (level + 1) for level in range(8)})
        self.leaf = leaf_function(ACTION_NAMES, OUTCOME_NAMES, digest)
        self.tile = source.tile
        self.runs, self.entries = iter(source.runs), iter(source.entries)
        self.run = RunRow(self.size, 0, 0, 0)
        self.held: tuple[object, ...] | None = None
        self.lanes: dict[int, int] = {}
        self.previous: int | None = None
        self.anchors: list[tuple[int, bytes]] = []

    def read_anchors(self, anchors: Iterable[bytes]) -> None:
        """Judge the anchors by the policy and queue their sizes and roots, largest first."""
        for number, data in enumerate(anchors, 1):
            try:
                head = accept(data, self.policy, self.check, quorum=False).checkpoint
            except VerificationError as error:
                self.report.add("anchor", f"anchor {number} is itself not acceptable: {error}")
            else:
                self.anchors.append((head.size, head.root))
        self.anchors = sorted((a for a in self.anchors if a[0] >= self.start), reverse=True)

    def checkpoint(self, row: CheckpointRow) -> None:
        """Verify one stored checkpoint and everything that it adds to the tree."""
        expected = self.previous if self.previous is not None else (self.start if row.size else -1)
        if row.prev != expected or row.size < self.size:
            self.report.add("prev-chain", f"checkpoint {row.size} follows {row.prev}, not {expected}")
        cosigned: Iterable[int] = ()
        try:
            accepted = accept(row.note, self.policy, self.check, quorum=False)
            cosigned = accepted.cosigned.values()
            if (accepted.checkpoint.size, accepted.checkpoint.root) != (row.size, row.root):
                self.report.add("signature", f"checkpoint {row.size} is not what was signed")
        except VerificationError as error:
            self.report.add("signature", f"checkpoint {row.size}: {error}")
        self.times.checkpoint(row.size, row.ts, cosigned)
        self._meet_anchors(row.size - 1, row.ts)
        self._grow(row.size, row.ts)
        if self.size == row.size and self.tree.root() != row.root:
            self.report.add("root", f"the tree of size {row.size} does not have the signed root")
        self._meet_anchors(row.size, row.ts)
        self.previous = row.size
        self.report.checkpoints += 1

    def finish(self, now: int | None) -> None:
        """What is left over, what was not explained, and the outcome."""
        for size, _ in self.anchors:
            self.report.add("anchor", f"the log ends at {self.size}, before an anchor of size {size}")
        if self.run.n or next(self.runs, None) is not None:
            self.report.add("run-density", f"runs go on after the last checkpoint at {self.size}")
        if self.held is not None or next(self.entries, None) is not None:
            self.report.add("entry-missing", "entries are left over that belong to no run")
        self.times.settle(now)
        self.report.size, self.report.root = self.size, self.tree.root()

    def _meet_anchors(self, size: int, when: int) -> None:
        while self.anchors and self.anchors[-1][0] <= size:
            met, root = self.anchors.pop()
            self._grow(met, when)
            if self.size != met or self.tree.root() != root:
                self.report.add("anchor", f"FORK: an anchor of size {met} has another root")
            self.report.anchors += 1

    def _grow(self, size: int, when: int) -> None:
        while self.size < size:
            if not self.run.n and not self._next_run():
                self.report.add("run-density", f"runs end at {self.size}, before the signed size {size}")
                return
            run = self.run
            n = min(run.n, size - self.size, _CHUNK)
            self._rows(n, when)
            self.size += n
            self.run = RunRow(run.first_idx + n, run.writer, run.first_seq + n, run.n - n)
            self._take_tiles()

    def _next_run(self) -> bool:
        row = next(self.runs, None)
        if row is None:
            return False
        run = RunRow(*row)
        if run.first_idx != self.size or run.n < 1:
            self.report.add("run-density", f"a run starts at {run.first_idx}, not at {self.size}")
        expected = self.lanes.get(run.writer, run.first_seq if self.start else 1)
        if run.first_seq != expected:
            self.report.add(
                "writer-density", f"writer {run.writer} goes on at {run.first_seq}, not {expected}"
            )
        self.lanes[run.writer] = run.first_seq + run.n
        self.run = run if run.n > 0 else run._replace(n=1)
        return True

    def _rows(self, n: int, when: int) -> None:
        writer, first = self.run.writer, self.run.first_seq
        push, leaf = self.tree.push, self.leaf
        low, high = when - self.limits.maxdelay, when + self.limits.skew
        outside: list[int] = []
        for seq in range(first, first + n):
            row = self._row(writer, seq)
            try:
                push(leaf(row) if row is not None else _MISSING)
            except Malformed:
                push(_MISSING)
                self.report.add("entry-malformed", f"entry {writer}-{seq} was not written by any writer")
                continue
            if row is None:
                self.report.add("entry-missing", f"entry {writer}-{seq} at {self.size + seq - first} is gone")
                continue
            if not low <= row[2] <= high:  # type: ignore[operator]
                outside.append(row[2])  # type: ignore[arg-type]
            if row[3] == _LATE:
                self.times.explanation(row[2], row[8])  # type: ignore[arg-type]
        if outside:
            self.times.entries(outside, f"{writer}-{first} to {writer}-{first + n - 1}", when)

    def _row(self, writer: int, seq: int) -> tuple[object, ...] | None:
        row = self.held if self.held is not None else next(self.entries, None)
        if row is not None and row[0] == writer and row[1] == seq:
            self.held = None
            return row
        self.held = row
        return None

    def _take_tiles(self) -> None:
        """Compare every tile that has become full with the stored one, hash by hash."""
        rows = self.tree.rows
        for level in range(len(rows)):
            while len(rows[level]) >= 256:
                n = self.full[level]
                mine = b"".join(rows[level][:256])
                root = rows[level + 1][n - 256 * self.full[level + 1]]
                stored = self.tile(level, n)
                if stored is None:
                    self.report.add("tile", f"tile {level}/{n} is missing")
                elif stored[0] != mine:
                    self.report.add("tile", f"tile {level}/{n} differs{_places(mine, stored[0], n)}")
                elif stored[1] != root:
                    self.report.add("tile", f"the root of tile {level}/{n} differs")
                del rows[level][:256]
                self.full[level] += 1


def _places(mine: bytes, stored: bytes, n: int) -> str:
    """Which hashes of a tile differ, for a person who has to find the entry."""
    differing = [
        n * 256 + i for i in range(256) if mine[i * 32 : i * 32 + 32] != stored[i * 32 : i * 32 + 32]
    ]
    return f" at {', '.join(map(str, differing[:3]))}{' …' if len(differing) > 3 else ''} of its level"
