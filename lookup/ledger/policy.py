"""C2SP tlog-policy: which logs and witnesses are trusted, how many must agree; judging a checkpoint by it.

Two additions of ours, comments to everybody else, each on a line of its own: `#valid <key id> <from_size> <to_size or
->` limits a log key to checkpoint sizes in [from_size, to_size), so that a retired key signs nothing new; `#hash sm3`
says that the logs hash with SM3.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from lookup.ledger.checkpoint import Checkpoint, read_checkpoint
from lookup.ledger.cosignature import cosigners
from lookup.ledger.note import COSIGNATURE_V1, ED25519, Check, Key, Note, parse_vkey, verify_note
from lookup.ledger.provider import digest_named
from lookup.ledger.wire import MAX_SIZE, Digest, VerificationError, decimal

MAX_POLICY = 1 << 18
_ALLOWED = frozenset(b"\t\n") | frozenset(range(0x20, 0x7F)) | frozenset(range(0x80, 0x100))


@dataclass(frozen=True, slots=True)
class Log:
    """A log key, its optional URL, and the sizes it may sign: from_size <= size < to_size."""

    key: Key
    url: bytes = b""
    from_size: int = 0
    to_size: int = MAX_SIZE


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness key and its optional URL (submission prefix)."""

    key: Key
    url: bytes = b""


@dataclass(frozen=True, slots=True)
class Group:
    """`threshold` of `members` (names of witnesses or groups)."""

    threshold: int
    members: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Trusted logs, named witnesses and groups, and the name that must be satisfied (None: `quorum none`).

    `hash` is the name of the logs' hash function (`provider.HASHES`), `digest` the function.
    """

    logs: tuple[Log, ...] = ()
    witnesses: Mapping[bytes, Witness] = field(default_factory=dict)
    groups: Mapping[bytes, Group] = field(default_factory=dict)
    quorum: bytes | None = None
    hash: str = "sha256"

    @property
    def digest(self) -> Digest:
        """The hash function of the logs; ValueError where this machine has none of that name."""
        return digest_named(self.hash)

    def to_bytes(self) -> bytes:
        """The policy file, that `parse_policy` reads back and others read as plain tlog-policy."""
        rows = [] if self.hash == "sha256" else [b"#hash " + self.hash.encode()]
        for log in self.logs:
            rows.append(b" ".join([b"log", log.key.vkey().encode(), log.url]).rstrip(b" "))
            if (log.from_size, log.to_size) != (0, MAX_SIZE):
                end = b"-" if log.to_size == MAX_SIZE else b"%d" % log.to_size
                rows.append(b"#valid %s %d %s" % (log.key.id.hex().encode(), log.from_size, end))
        for name, witness in self.witnesses.items():
            rows.append(b" ".join([b"witness", name, witness.key.vkey().encode(), witness.url]).rstrip(b" "))
        for name, group in self.groups.items():
            rows.append(b"group %s %d %s" % (name, group.threshold, b" ".join(group.members)))
        rows.append(b"quorum " + (self.quorum or b"none"))
        return b"\n".join(rows) + b"\n"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A checkpoint that the policy accepts: who signed it and which witnesses cosigned it when (POSIX seconds)."""

    checkpoint: Checkpoint
    note: Note
    signers: tuple[Key, ...]
    cosigned: Mapping[bytes, int]


def parse_policy(data: bytes) -> Policy:
    """A policy file, octet by octet as C2SP tlog-policy has it; VerificationError for anything else."""
    if len(data) > MAX_POLICY or not data.endswith(b"\n") or not _ALLOWED.issuperset(data):
        raise VerificationError("policy", "too long, unterminated or control characters")
    reader = _Reader()
    for row in data[:-1].split(b"\n"):
        words = row.replace(b"\t", b" ").split(b" ")
        reader.line([word for word in words if word])
    return reader.finish()


def accept(data: bytes, policy: Policy, check: Check, *, quorum: bool = True) -> Accepted:
    """Judge a checkpoint note: signed by a listed log key named as its origin and valid at its size, and the quorum.

    `quorum=False` leaves the count of witnesses out (a known witness's wrong cosignature still spoils the note).
    """
    checkpoint, note = read_checkpoint(data)
    logs = [log for log in policy.logs if log.key.name == checkpoint.origin]
    if not logs:
        raise VerificationError("origin", "not a log of the policy")
    valid = [log.key for log in logs if log.from_size <= checkpoint.size < log.to_size]
    signers = verify_note(note, valid, check)
    by_key = cosigners(note, [w.key for w in policy.witnesses.values()], check)
    cosigned = {name: by_key[w.key] for name, w in policy.witnesses.items() if w.key in by_key}
    if quorum and not satisfied(policy, cosigned):
        raise VerificationError("quorum", "not enough witnesses")
    return Accepted(checkpoint, note, tuple(signers), cosigned)


def satisfied(policy: Policy, cosigned: Collection[bytes]) -> bool:
    """Whether the witnesses named in `cosigned` are a quorum."""
    if policy.quorum is None:
        return True
    reached = set(cosigned) & set(policy.witnesses)
    for name, group in policy.groups.items():  # a group only names what stands above it
        if len(reached.intersection(group.members)) >= group.threshold:
            reached.add(name)
    return policy.quorum in reached


class _Reader:
    """Collects the lines of one policy file."""

    def __init__(self) -> None:
        self.logs: dict[bytes, Log] = {}
        self.limits: dict[bytes, tuple[int, int]] = {}
        self.witnesses: dict[bytes, Witness] = {}
        self.groups: dict[bytes, Group] = {}
        self.used: set[bytes] = set()
        self.quorum: list[bytes] = []
        self.hash: list[str] = []

    def line(self, words: list[bytes]) -> None:
        if not words:
            return
        if words[0].startswith(b"#"):
            if words[0] == b"#valid":
                self.valid(words)
            if words[0] == b"#hash":
                self.hashing(words)
            return
        handler = {b"log": self.log, b"witness": self.witness, b"group": self.group, b"quorum": self.end}.get(
            words[0]
        )
        if handler is None:
            raise VerificationError("policy", "unknown keyword")
        handler(words)

    def log(self, words: list[bytes]) -> None:
        key = self.key(words[1:], ED25519)
        self.logs[key.public] = Log(key, b"".join(words[2:]))

    def witness(self, words: list[bytes]) -> None:
        key = self.key(words[2:], COSIGNATURE_V1)
        self.witnesses[self.new_name(words[1])] = Witness(key, b"".join(words[3:]))

    def key(self, rest: list[bytes], kind: int) -> Key:
        if len(rest) not in (1, 2):
            raise VerificationError("policy", "a key and at most a URL are needed")
        key = parse_vkey(rest[0])
        taken = self.logs if kind == ED25519 else {w.key.public for w in self.witnesses.values()}
        if key.type != kind or key.public in taken:
            raise VerificationError("policy", "key of another type, or twice")
        return key

    def new_name(self, name: bytes) -> bytes:
        if name == b"none" or name in self.witnesses or name in self.groups:
            raise VerificationError("policy", "name is taken")
        return name

    def known(self, name: bytes) -> bytes:
        if name not in self.witnesses and name not in self.groups:
            raise VerificationError("policy", "name is not defined above")
        return name

    def group(self, words: list[bytes]) -> None:
        members = tuple(self.known(name) for name in words[3:])
        if not members or len(set(members)) != len(members) or self.used.intersection(members):
            raise VerificationError("policy", "a group needs members, each of them once")
        named = {b"all": len(members), b"any": 1}
        threshold = named[words[2]] if words[2] in named else decimal(words[2], "policy", len(members) + 1)
        if threshold == 0:
            raise VerificationError("policy", "a threshold is at least 1")
        self.used.update(members)
        self.groups[self.new_name(words[1])] = Group(threshold, members)

    def valid(self, words: list[bytes]) -> None:
        if len(words) != 4 or words[1] in self.limits:
            raise VerificationError("policy", "#valid needs a key id and two sizes, once")
        end = MAX_SIZE if words[3] == b"-" else decimal(words[3], "policy")
        self.limits[words[1]] = (decimal(words[2], "policy"), end)

    def hashing(self, words: list[bytes]) -> None:
        if len(words) != 2 or self.hash:
            raise VerificationError("policy", "#hash needs one name, once")
        name = words[1].decode("ascii", "replace")
        try:
            digest_named(name)
        except ValueError as fault:
            raise VerificationError("policy", f"#hash {fault}") from None
        self.hash.append(name)

    def end(self, words: list[bytes]) -> None:
        if len(words) != 2 or self.quorum:
            raise VerificationError("policy", "one quorum line with one name")
        self.quorum.append(words[1] if words[1] == b"none" else self.known(words[1]))

    def finish(self) -> Policy:
        if not self.quorum:
            raise VerificationError("policy", "no quorum line")
        by_id = {log.key.id.hex().encode(): public for public, log in self.logs.items()}
        for key_id, (start, end) in self.limits.items():
            if key_id not in by_id:
                raise VerificationError("policy", "#valid names no log key")
            log = self.logs[by_id[key_id]]
            self.logs[by_id[key_id]] = replace(log, from_size=start, to_size=end)
        quorum = None if self.quorum == [b"none"] else self.quorum[0]
        return Policy(tuple(self.logs.values()), self.witnesses, self.groups, quorum, *self.hash)
