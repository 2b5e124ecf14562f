"""Asking the policy's witnesses to cosign the newest checkpoint (C2SP tlog-witness), and keeping their answers."""

from __future__ import annotations

import logging
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from threading import Event, Thread

from lookup.ledger.checkpoint import read_checkpoint
from lookup.ledger.policy import Policy, Witness, parse_policy
from lookup.ledger.wire import VerificationError
from lookup.ledger.witness import AddCheckpoint, parse_conflict, read_response
from lookup.services import tree
from lookup.services.contexts import WorkerContext
from lookup.services.log_key import check_ed25519
from lookup.storage import cosignatures, sequencing
from lookup.storage.cosignatures import CosigRow
from lookup.storage.database import Database, Transaction
from lookup.storage.sequencing import CheckpointRow

Post = Callable[[str, bytes], tuple[int, bytes]]
"""(URL, body) to (HTTP status, body); raises OSError when there is no answer."""

PERIOD_S, PAUSE_S, TIMEOUT_S = 0.5, 10.0, 5.0
_log = logging.getLogger(__name__)


def post(url: str, body: bytes) -> tuple[int, bytes]:
    """Send over HTTP(S)."""
    if not url.startswith(("http://", "https://")):
        raise OSError("not a web address")
    request = urllib.request.Request(url, body, {"Content-Type": "text/plain"})  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            return answer.status, answer.read(1 << 17)
    except urllib.error.HTTPError as error:
        return error.code, error.read(1 << 10)


def collect(database: Database, policy: Policy, send: Post = post) -> dict[str, str]:
    """Ask each witness that has not cosigned the newest checkpoint yet; returns a problem for each that failed."""
    problems: dict[str, str] = {}
    with database.read() as conn:
        head = sequencing.latest_checkpoint(conn)
        reached = cosignatures.reached(conn)
    for name, witness in policy.witnesses.items():
        known = reached.get(name.decode(), 0)
        if head is None or not witness.url or known >= head.size:
            continue
        try:
            _ask(database, name.decode(), witness, head, known, send)
        except (VerificationError, OSError) as error:
            problems[name.decode()] = str(error) or type(error).__name__
    return problems


def _ask(
    database: Database, name: str, witness: Witness, head: CheckpointRow, known: int, send: Post
) -> None:
    url = witness.url.decode().rstrip("/") + "/add-checkpoint"
    status, body = send(url, _request(database, head, known))
    if status == 409:
        known = parse_conflict(body)
        if known > head.size:
            raise VerificationError("add-checkpoint", "the witness has seen a larger log than this one")
        status, body = send(url, _request(database, head, known))
    if status != 200:
        raise VerificationError("add-checkpoint", f"answered {status}")
    _, note = read_checkpoint(head.note.encode())
    found = read_response(body, note.text, [witness.key], check_ed25519)
    if not found:
        raise VerificationError("add-checkpoint", "no cosignature of this witness")
    with database.write() as conn:
        _, moment, signature = found[0]
        cosignatures.add(conn, CosigRow(head.size, name, moment * 1_000_000, signature.line().decode()))


def _request(database: Database, head: CheckpointRow, old: int) -> bytes:
    with database.read() as conn:
        return AddCheckpoint(old, _proof(conn, old, head.size), head.note.encode()).to_bytes()


def _proof(conn: Transaction, old: int, new: int) -> tuple[bytes, ...]:
    return tuple(tree.consistency(conn, old, new))


def start(context: WorkerContext, stop: Event) -> Thread | None:
    """Collect in a thread of its own until `stop`, so that a slow witness never holds up the log; None without any."""
    policy = parse_policy(context.settings.policy.encode()) if context.settings.policy else Policy()
    if not any(witness.url for witness in policy.witnesses.values()):
        return None
    thread = Thread(target=_loop, args=(context.database, policy, stop), name="cosignatures", daemon=True)
    thread.start()
    return thread


def _loop(database: Database, policy: Policy, stop: Event) -> None:
    waiting: dict[bytes, float] = {}
    while not stop.wait(PERIOD_S):
        ready = {n: w for n, w in policy.witnesses.items() if waiting.get(n, 0) <= time.monotonic()}
        try:
            problems = collect(database, Policy(policy.logs, ready, {}, None))
        except Exception as error:  # the database is away: the sequencer says so, this only waits
            _log.error("cosignatures can not be collected: %s", type(error).__name__)
            problems = {name.decode(): "" for name in ready}
        for name, problem in problems.items():
            waiting[name.encode()] = time.monotonic() + PAUSE_S
            _log.warning("witness %s: %s", name, problem)
