"""C2SP tlog-witness `add-checkpoint`: request, response and a witness's decision. No HTTP, no storage.

The caller reads the last checkpoint, calls `judge` and stores the new one in one transaction: two requests must never
be judged against the same state.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lookup.ledger.checkpoint import Checkpoint
from lookup.ledger.cosignature import verify_cosignature
from lookup.ledger.merkle import verify_consistency
from lookup.ledger.note import Check, Key, Note, Signature, parse_signature
from lookup.ledger.policy import Policy, accept
from lookup.ledger.wire import Digest, VerificationError, b64decode, b64encode, decimal, lines, sha256

MAX_PROOF = 63
MAX_REQUEST = 1 << 17
SIZE_TYPE = "text/x.tlog.size"
"""Content type of a 409 response's body."""


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request: the size that the client believes the witness has seen, the proof from there, the note."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    def to_bytes(self) -> bytes:
        """The request body."""
        return b"\n".join([b"old %d" % self.old, *map(b64encode, self.proof), b""]) + b"\n" + self.note


@dataclass(frozen=True, slots=True)
class Verdict:
    """An HTTP status and, for 200, the checkpoint to cosign and remember; for 409 the body with the known size."""

    status: int
    checkpoint: Checkpoint | None = None
    note: Note | None = None
    body: bytes = b""


def hash_lines(data: bytes, check: str) -> tuple[bytes, ...]:
    """Base64 hashes, one a newline-terminated line; empty for no bytes; at most 63."""
    rows = lines(data, check) if data else []
    if len(rows) > MAX_PROOF:
        raise VerificationError(check, "too many hashes")
    return tuple(b64decode(row, check, 32) for row in rows)


def parse_request(data: bytes) -> AddCheckpoint:
    """The body of an add-checkpoint request; VerificationError when it is not one (answer 400)."""
    head, blank, note = data.partition(b"\n\n")
    first, newline, rest = (head + b"\n").partition(b"\n")
    if len(data) > MAX_REQUEST or not blank or not newline or not first.startswith(b"old "):
        raise VerificationError("add-checkpoint", "not an add-checkpoint request")
    return AddCheckpoint(decimal(first[4:], "add-checkpoint"), hash_lines(rest, "add-checkpoint"), note)


def judge(
    data: bytes, policy: Policy, last: Checkpoint | None, check: Check, digest: Digest = sha256
) -> Verdict:
    """Decide a request as a witness that trusts the logs of `policy` and last cosigned `last` for that origin.

    `last` is looked up under `origin_of(data)`. Statuses as specified: 400, 403, 404, 409, 422 or 200.
    """
    try:
        request = parse_request(data)
        accepted = accept(request.note, policy, check, quorum=False)
    except VerificationError as error:
        return Verdict({"origin": 404, "signature": 403, "cosignature": 403}.get(error.check, 400))
    head = accepted.checkpoint
    seen = last.size if last else 0
    if request.old > head.size:
        return Verdict(400)
    if request.old != seen:
        return Verdict(409, body=b"%d\n" % seen)
    try:
        root = last.root if last else digest(b"")
        verify_consistency(request.old, head.size, request.proof, root, head.root, digest)
    except VerificationError:
        return Verdict(422)
    return Verdict(200, head, accepted.note)


def origin_of(data: bytes) -> str | None:
    """The origin that a request is about, unverified; None when there is none to be read."""
    origin = data.partition(b"\n\n")[2].partition(b"\n")[0]
    try:
        return origin.decode() or None
    except UnicodeDecodeError:
        return None


def parse_conflict(data: bytes) -> int:
    """The size in the body of a 409 response."""
    if not data.endswith(b"\n"):
        raise VerificationError("add-checkpoint", "no final newline")
    return decimal(data[:-1], "add-checkpoint")


def read_response(
    data: bytes, text: bytes, witnesses: Iterable[Key], check: Check
) -> list[tuple[Key, int, Signature]]:
    """The good cosignatures on `text` in a 200 response: (witness, POSIX seconds, line). Strangers are ignored.

    VerificationError for a malformed response or a wrong cosignature by a known witness.
    """
    rows: Sequence[bytes] = lines(data, "add-checkpoint") if len(data) <= MAX_REQUEST else ()
    if not rows:
        raise VerificationError("add-checkpoint", "no signature lines")
    known = {(key.name, key.id): key for key in witnesses}
    found = []
    for signature in map(parse_signature, rows):
        key = known.get((signature.name, signature.key_id))
        if key is not None:
            found.append((key, verify_cosignature(signature, key, text, check), signature))
    return found
