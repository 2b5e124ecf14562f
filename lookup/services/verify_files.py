"""Verifying what stands in files, without any database: a receipt, archive segments, entry bundles."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from lookup.ledger.findings import Report
from lookup.ledger.policy import Policy
from lookup.ledger.proof import Receipt, verify_opening, verify_receipt
from lookup.ledger.segment import MANIFEST
from lookup.ledger.verify_bundles import verify_bundles
from lookup.ledger.verify_segment import Read, verify_segment
from lookup.ledger.wire import VerificationError
from lookup.services.log_key import check_ed25519


def check_receipt(data: bytes, policy: Policy, opening: str | None = None) -> Receipt:
    """Return what a receipt proves; VerificationError for anything that does not hold. No network, no database.

    `opening` is `SALT:JSON` with the salt in base64url and {"n": network, "d": detail}, absent parts left out.
    """
    told = verify_receipt(data, policy, check_ed25519, policy.digest)
    if opening is not None:
        verify_opening(told.members, *_parts(opening), policy.digest)
    return told


def _parts(opening: str) -> tuple[bytes, str | None, str | None]:
    salt, _, rest = opening.partition(":")
    try:
        parts = json.loads(rest)
        raw = base64.urlsafe_b64decode(salt + "=" * (-len(salt) % 4))
        net, detail = parts.get("n"), parts.get("d")
    except (ValueError, binascii.Error, AttributeError, RecursionError):
        raise VerificationError("opening", "must be SALT:JSON") from None
    if any(part is not None and not isinstance(part, str) for part in (net, detail)):
        raise VerificationError("opening", "must be SALT:JSON")
    return raw, net, detail


def reader(folder: Path) -> Read:
    """Return a function from a path inside a segment's folder to the bytes there, None when there are none."""

    def read(path: str) -> bytes | None:
        file = folder / path
        return file.read_bytes() if file.is_file() else None

    return read


def check_segments(folder: Path, policy: Policy) -> Iterator[tuple[Path, Report]]:
    """Verify the segment in `folder`, or each one in the folders below it, oldest first, every entry read again."""
    found = (
        [folder] if (folder / MANIFEST).exists() else sorted(p.parent for p in folder.glob(f"*/{MANIFEST}"))
    )
    for each in found:
        yield each, verify_segment(reader(each), policy, check_ed25519, deep=True, digest=policy.digest)


def check_bundles(
    read: Read, policy: Policy, since: bytes | None, progress: Callable[[int], None] | None = None
) -> Report:
    """Verify a whole log from entry bundles and a checkpoint; `since` is a checkpoint note kept from earlier."""
    return verify_bundles(read, policy, check_ed25519, since=since, progress=progress, digest=policy.digest)
