"""A whole small log in memory, written with the writing side, to be tampered with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from lookup.ledger.checkpoint import Checkpoint, sign_checkpoint
from lookup.ledger.cosignature import cosign
from lookup.ledger.entry import Entry, Row, body_of_row, leaf_hash, to_row
from lookup.ledger.findings import CheckpointRow, Limits, Report, RunRow, Source
from lookup.ledger.note import COSIGNATURE_V1, Key, Sign
from lookup.ledger.policy import Log, Policy, Witness
from lookup.ledger.tiles import TileBuilder
from lookup.ledger.verify import verify_log
from tests.ledger.keys import ORIGIN, check, entry, pair

KEY, SIGN = pair()
WITNESS, WITNESS_SIGN = pair("witness.example/w", COSIGNATURE_V1, 9)
POLICY = Policy((Log(KEY),), {b"w": Witness(WITNESS)}, {}, None)
START = 1_700_000_000_000_000
SECOND = 1_000_000


@dataclass
class MemoryLog:
    """What a database holds of a log, as lists that a test may change."""

    checkpoints: list[CheckpointRow] = field(default_factory=list)
    runs: list[RunRow] = field(default_factory=list)
    rows: dict[tuple[int, int], Row] = field(default_factory=dict)
    tiles: dict[tuple[int, int], tuple[bytes, bytes]] = field(default_factory=dict)
    builder: TileBuilder = field(default_factory=TileBuilder)
    now: int = START
    signers: list[tuple[Key, Sign]] = field(default_factory=lambda: [(KEY, SIGN)])

    def add(self, writer: int, count: int = 1, **changes: object) -> list[Entry]:
        """One run of `count` entries, written now."""
        seq = 1 + max((s for w, s in self.rows if w == writer), default=0)
        made = [entry(writer, seq + i, **{"ts": self.now, **changes}) for i in range(count)]  # type: ignore[arg-type]
        self.runs.append(RunRow(self.builder.size, writer, seq, count))
        for item in made:
            self.rows[item.writer, item.seq] = to_row(item)
        leaves = [leaf_hash(body_of_row(self.rows[item.writer, item.seq])) for item in made]
        for tile in self.builder.append(leaves):
            self.tiles[tile.level, tile.n] = (tile.hashes, tile.root)
        return made

    def sign(self, *, cosigned: bool = False) -> bytes:
        """A checkpoint over everything, now."""
        prev = self.checkpoints[-1].size if self.checkpoints else 0
        head = Checkpoint(ORIGIN, self.builder.size, self.builder.root())
        note = sign_checkpoint(head, *self.signers)
        if cosigned:
            note += cosign(head.text(), WITNESS, WITNESS_SIGN, self.now // SECOND).line()
        self.checkpoints.append(CheckpointRow(head.size, prev, head.root, self.now, note))
        return note

    def replace_row(self, writer: int, seq: int, **changes: object) -> None:
        self.rows[writer, seq] = self.rows[writer, seq]._replace(**changes)  # type: ignore[arg-type]

    def replace_checkpoint(self, position: int, **changes: object) -> None:
        self.checkpoints[position] = self.checkpoints[position]._replace(**changes)  # type: ignore[arg-type]

    def entries(self) -> Iterable[Row]:
        """Rows in the order of the runs, as a join gives them: what is gone is simply not there."""
        for run in self.runs:
            for seq in range(run.first_seq, run.first_seq + run.n):
                if (run.writer, seq) in self.rows:
                    yield self.rows[run.writer, seq]

    def source(self) -> Source:
        return Source(
            sorted(self.checkpoints),
            sorted(self.runs),
            self.entries(),
            lambda level, n: self.tiles.get((level, n)),
        )

    def verify(
        self, *anchors: bytes, policy: Policy = POLICY, now: int | None = None, limits: Limits | None = None
    ) -> Report:
        return verify_log(self.source(), policy, check, anchors=anchors, now=now, limits=limits)

    def checks(self, *anchors: bytes, policy: Policy = POLICY) -> set[str]:
        """The names of the checks that fail."""
        return set(self.verify(*anchors, policy=policy).counts)

    def pruned(self, start: int) -> Source:
        """The log above `start` only, with the partial tiles there."""
        hashes = [leaf_hash(body_of_row(row)) for row in self.entries()]
        below = TileBuilder()
        below.append(hashes[:start])
        pending = [
            [below.partial(level)[i : i + 32] for i in range(0, len(below.partial(level)), 32)]
            for level in range((start.bit_length() + 7) // 8)
        ]
        whole = self.source()
        return replace(
            whole,
            checkpoints=[c for c in self.checkpoints if c.size > start],
            runs=[r for r in self.runs if r.first_idx >= start],
            entries=list(self.entries())[start:],
            start=start,
            pending=pending,
        )


def honest(rounds: int = 8, size: int = 20) -> MemoryLog:
    """A log of three lanes, one checkpoint a second; `2 * rounds * size + rounds` entries."""
    log = MemoryLog()
    for _ in range(rounds):
        log.add(1, size)
        log.add(2, size)
        log.add(3, action="sys.heartbeat", outcome="succeeded", report=None, net=None, detail=None)
        log.sign(cosigned=True)
        log.now += SECOND
    return log
