"""One ledger entry: frozen codes, canonical bytes, hiding commitment, leaf hash (RFC 9162 with `v` = 1).

Columns are the only copy of an entry: whatever these functions return for `v` = 1 may never change again.
Personal data may stand only in `net` and `detail` (restricted part), which a salted commitment hides.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from json.encoder import encode_basestring
from types import MappingProxyType
from typing import NamedTuple

from lookup.ledger.wire import Digest, sha256

ACTIONS: Mapping[str, int] = MappingProxyType(
    {
        "lookup.verify": 1,
        "lookup.open": 2,
        "lookup.signout": 3,
        "lookup.accesses": 4,
        "lookup.flood": 5,
        "push.event": 20,
        "push.batch": 21,
        "push.manifest": 22,
        "push.quarantine": 23,
        "push.file": 24,
        "push.unused": 25,
        "console.signin": 40,
        "console.signout": 41,
        "console.entries": 42,
        "console.view": 43,
        "console.covert": 44,
        "console.bundle": 45,
        "admin.client": 60,
        "admin.staff": 61,
        "admin.unit": 62,
        "admin.reference": 63,
        "sys.boot": 80,
        "sys.close": 81,
        "sys.writer_lost": 82,
        "sys.gap": 83,
        "sys.late": 84,
        "sys.heartbeat": 85,
        "sys.archive": 86,
        "sys.keyrotate": 87,
        "sys.verify": 88,
        "sys.migrate": 89,
        "sys.erase": 90,
        "sys.prune": 91,
        "sys.anchor": 92,
        "sys.acknowledge": 93,
    }
)
"""Action name to its smallint. Codes are never reused or renumbered; new ones are added."""

OUTCOMES: Mapping[str, int] = MappingProxyType(
    {
        "released": 1,
        "refused": 2,
        "limited": 3,
        "withheld": 4,
        "accepted": 5,
        "duplicate": 6,
        "conflict": 7,
        "quarantined": 8,
        "succeeded": 9,
        "failed": 10,
    }
)
"""Outcome name to its smallint; same promise as ACTIONS."""

ACTION_NAMES: Mapping[int, str] = MappingProxyType({code: name for name, code in ACTIONS.items()})
OUTCOME_NAMES: Mapping[int, str] = MappingProxyType({code: name for name, code in OUTCOMES.items()})

MAX_BODY = 65_535
"""Longest leaf preimage in bytes: an entry bundle has uint16 length prefixes (C2SP tlog-tiles)."""

_LIMIT = 1 << 53
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_URLSAFE = bytes.maketrans(b"+/", b"-_")
_COMMITMENT_LABEL = b"audit-restricted-v1\0"


class Row(NamedTuple):
    """One row of the entry table in column order, as the database returns it. Fast functions take plain tuples too."""

    writer: int
    seq: int
    ts: int
    action: int
    outcome: int
    actor: bytes
    report: bytes | None
    net: str | None
    detail: str | None
    salt: bytes | None
    commitment: bytes | None
    mac: bytes | None


COLUMNS = Row._fields
"""Column names in the order that every function taking rows expects."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry in words. `ts` is UTC microseconds since 1970; tokens and salt are 16 bytes.

    `detail` is canonical JSON text. Whole entries have `salt` and no `commitment`; erased ones (retention) have only
    the 32-byte `commitment` in place of net, detail and salt. Anything else raises ValueError, without echoing it.
    """

    writer: int
    seq: int
    ts: int
    action: str
    outcome: str
    actor: bytes
    report: bytes | None = None
    net: str | None = None
    detail: str | None = None
    salt: bytes | None = None
    commitment: bytes | None = None

    def __post_init__(self) -> None:
        if self.action not in ACTIONS or self.outcome not in OUTCOMES:
            raise ValueError("unknown action or outcome")
        if not (0 < self.writer < _LIMIT and 0 < self.seq < _LIMIT and 0 <= self.ts < _LIMIT):
            raise ValueError("writer, seq or ts out of range")
        if len(self.actor) != 16 or (self.report is not None and len(self.report) != 16):
            raise ValueError("tokens are 16 bytes")
        whole = self.salt is not None and len(self.salt) == 16 and self.commitment is None
        erased = self.commitment is not None and len(self.commitment) == 32
        bare = self.salt is None and self.net is None and self.detail is None
        if not whole and not (erased and bare):
            raise ValueError("either a 16-byte salt or, once erased, only a 32-byte commitment")


def canonical(mapping: Mapping[str, object]) -> bytes:
    """JCS (RFC 8785) of a flat object: ASCII keys, strings or integers below 2^53 in size. Else ValueError."""
    for key, value in mapping.items():
        if not key.isascii():
            raise ValueError("keys are ASCII")
        if type(value) is int:
            if not -_LIMIT < value < _LIMIT:
                raise ValueError("integer beyond 2^53")
        elif type(value) is not str:
            raise ValueError("values are strings or integers")
    return _canonical(mapping).encode()


def read_detail(text: str | None) -> dict[str, object]:
    """Return the restricted detail of an entry as a mapping; empty for none, an erased or an unreadable one."""
    try:
        told = json.loads(text or "{}")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def commitment(salt: bytes, net: str | None, detail: str | None, digest: Digest = sha256) -> bytes:
    """c = H(label ‖ salt ‖ JCS({"d": detail, "n": net})), absent parts omitted. 32 bytes, hiding by the random salt."""
    text = "{"
    if detail is not None:
        text += '"d":' + encode_basestring(detail)
    if net is not None:
        text += ("," if detail is not None else "") + '"n":' + encode_basestring(net)
    return digest(_COMMITMENT_LABEL + salt + text.encode() + b"}")


def b64u(data: bytes) -> str:
    """base64url without padding."""
    return binascii.b2a_base64(data, newline=False).translate(_URLSAFE).rstrip(b"=").decode()


def body_of_row(row: tuple[object, ...], digest: Digest = sha256) -> bytes:
    """The canonical body (leaf preimage without its 0x00) of a row in COLUMNS order.

    Raises ValueError, KeyError or TypeError for a row that no writer can have written (unknown code, wrong types,
    salt and commitment together).
    """
    writer, seq, ts, action, outcome, actor, report, net, detail, salt, c, _ = row
    if salt is None:
        if c is None or net is not None or detail is not None:
            raise ValueError("neither a whole nor an erased entry")
    elif c is not None:
        raise ValueError("salt beside a commitment")
    else:
        c = commitment(salt, net, detail, digest)  # type: ignore[arg-type]
    r = "" if report is None else f'"r":"{b64u(report)}",'  # type: ignore[arg-type]
    return (
        f'{{"a":"{ACTION_NAMES[action]}","c":"{b64u(c)}","o":"{OUTCOME_NAMES[outcome]}",{r}'  # type: ignore[index,arg-type]
        f'"s":{seq:d},"t":{ts:d},"u":"{b64u(actor)}","v":1,"w":{writer:d}}}'  # type: ignore[arg-type]
    ).encode()


def body(entry: Entry, digest: Digest = sha256) -> bytes:
    """The canonical body of an entry, e.g. `{"a":"lookup.open","c":…,"o":"released","r":…,"s":…,"t":…,…}`."""
    return body_of_row(to_row(entry), digest)


def leaf_hash(data: bytes, digest: Digest = sha256) -> bytes:
    """The Merkle leaf hash H(0x00 ‖ body) (RFC 9162 section 2.1.1)."""
    return digest(b"\0" + data)


def to_row(entry: Entry, mac: bytes | None = None) -> Row:
    """The row that stores `entry`; `mac` only on the last row of a transaction."""
    return Row(
        entry.writer, entry.seq, entry.ts, ACTIONS[entry.action], OUTCOMES[entry.outcome], entry.actor, entry.report,
        entry.net, entry.detail, entry.salt, entry.commitment, mac,
    )  # fmt: skip


def from_row(row: Row) -> Entry:
    """The entry of a stored row; KeyError or ValueError when no writer can have written it."""
    return Entry(
        row.writer, row.seq, row.ts, ACTION_NAMES[row.action], OUTCOME_NAMES[row.outcome], row.actor, row.report,
        row.net, row.detail, row.salt, row.commitment,
    )  # fmt: skip


def erase(entry: Entry, digest: Digest = sha256) -> Entry:
    """The same entry without its restricted part: net, detail and salt go, the commitment stays, the body is equal."""
    if entry.salt is None:
        return entry
    kept = commitment(entry.salt, entry.net, entry.detail, digest)
    return replace(entry, net=None, detail=None, salt=None, commitment=kept)
