"""Signed files: events for networks that only a carrier or a one-way boundary leaves. Uses no other module of lookup.

    with SignedFile("2026-03-02.ndjson", "yunxi-110.1a2b3c4d", private_key, "urn:yunxi:110") as out:
        for event in events:
            out.add(event)

At the end of the block there are `2026-03-02.ndjson` and `2026-03-02.ndjson.sig`, or, after an exception, neither.
Carry both over; on the other side `lookup import` verifies the signature before it applies anything. `private_key` is
the key that signs pushes. The file holds what the events say about persons, readable: protect it on its way.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

TAG = "lookup-file"
LINES = "application/x-ndjson"
LISTS = "application/vnd.lookup.manifest+x-ndjson"
SUFFIX = ".sig"


def signature(
    digest: bytes,
    size: int,
    key_id: str,
    private_key: bytes,
    *,
    media: str = LINES,
    algorithm: str = "ed25519",
    created: int | None = None,
    file_id: str | None = None,
) -> bytes:
    """Return the text of the `.sig` file for a file with this SHA-256 digest, size in bytes and media type.

    `created` is in seconds since the epoch (now), `file_id` 16 to 64 visible characters that name the file (random).
    """
    covered = {
        "content-digest": f"sha-256=:{base64.b64encode(digest).decode()}:",
        "content-length": str(size),
        "content-type": media,
    }
    names = " ".join(f'"{name}"' for name in covered)
    made = int(time.time()) if created is None else created
    named = secrets.token_urlsafe(18) if file_id is None else file_id
    parameters = f'({names});created={made};keyid="{key_id}";nonce="{named}";tag="{TAG}"'
    lines = [f'"{name}": {value}' for name, value in covered.items()]
    base = "\n".join([*lines, f'"@signature-params": {parameters}']).encode("ascii")
    if algorithm == "ed25519":
        signed = Ed25519PrivateKey.from_private_bytes(private_key).sign(base)
    else:
        signed = hmac.digest(private_key, base, "sha256")
    fields = {name.title(): value for name, value in covered.items()}
    fields |= {"Signature-Input": f"sig1={parameters}"}
    fields |= {"Signature": f"sig1=:{base64.b64encode(signed).decode()}:"}
    return "".join(f"{name}: {value}\n" for name, value in fields.items()).encode("ascii")


class SignedFile:
    """A file of events while it is written. See the module's first lines for an example."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        key_id: str,
        private_key: bytes,
        source: str,
        *,
        algorithm: str = "ed25519",
        media: str = LINES,
    ) -> None:
        """Begin a file that will be `path`; raises FileExistsError when there is one already.

        With `media` LISTS each line is one part of a list of a day (lookup/client_oversight.py makes them).
        """
        self.path, self.events = Path(path), 0
        self._signing = {
            "key_id": key_id, "private_key": private_key, "algorithm": algorithm, "media": media,
        }  # fmt: skip
        self._source = source
        if self.path.exists() or _beside(self.path, SUFFIX).exists():
            raise FileExistsError(f"{self.path} exists already")
        self._fresh = _beside(self.path, ".new")
        self._out = open(self._fresh, "wb", opener=_private)
        self._digest, self._size = hashlib.sha256(), 0

    def __enter__(self) -> SignedFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._out.close()
            self._fresh.unlink()

    def add(self, event: Mapping[str, Any]) -> None:
        """Write one event (CloudEvents; `specversion` and `source` are filled in)."""
        whole = {"specversion": "1.0", "source": self._source, **event}
        self.add_line(json.dumps(whole, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode())

    def add_line(self, raw: bytes) -> None:
        """Write one line as it is; what is no event will be refused by itself and told in the result file."""
        line = raw.strip() + b"\n"
        self._out.write(line)
        self._digest.update(line)
        self._size += len(line)
        self.events += 1

    def close(self) -> None:
        """Make the file durable under its name, then its signature: whoever sees the signature sees a whole file."""
        self._out.flush()
        os.fsync(self._out.fileno())
        self._out.close()
        os.replace(self._fresh, self.path)
        text = signature(self._digest.digest(), self._size, **self._signing)  # type: ignore[arg-type]
        fresh = _beside(self.path, SUFFIX + ".new")
        with open(fresh, "wb", opener=_private) as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        os.replace(fresh, _beside(self.path, SUFFIX))
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
