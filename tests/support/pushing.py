"""A registered push client on a test's own database, with requests signed by hand, so that each can be spoilt."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from sqlalchemy import Table, func, select

from lookup.services.contexts import PushContext
from lookup.services.register_client import Scope, add_key, register
from lookup.settings import PREFIX, PushSettings
from lookup.storage.clients import ClientRow, KeyRow
from lookup.storage.database import Database
from lookup.web.push import create_app
from tests.support import contexts

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from werkzeug.test import TestResponse

SOURCE, UNIT, NUMBER = "urn:yunxi:110", "369901510000", "36990126030208140501"
SEED = bytes(range(32))
EVENT, BATCH, LINES = (
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "application/x-ndjson",
)
COVERED = ("@method", "@target-uri", "content-digest")


def event(id_: str = "e-1", **changes: Any) -> dict[str, Any]:
    """A first event, lawful as it stands; `data__x` changes a member of data, None takes a member away."""
    data: dict[str, Any] = {"unit": UNIT, "entered_at": "2026-03-02T08:15:00+08:00", "to": "J10"}
    data["persons"] = [{"role": "reporter", "phone": "19900001234"}]
    whole: dict[str, Any] = {"specversion": "1.0", "id": id_, "source": SOURCE, "type": "lookup.transition"}
    whole |= {"subject": NUMBER, "time": "2026-03-02T08:14:05+08:00", "data": data}
    for name, value in changes.items():
        outer, _, inner = name.partition("__")
        target, key = (data, inner) if inner else (whole, outer)
        target[key] = value
        if value is None:
            del target[key]
    return whole


def later(id_: str, to: str, minute: int, **changes: Any) -> dict[str, Any]:
    """A transition of the same incident some minutes after the first."""
    at = f"2026-03-02T08:{minute:02}:00+08:00"
    usual = {"time": at, "data__to": to, "data__entered_at": at, "data__persons": None}
    return event(id_, **usual | changes)


def dump(value: object) -> bytes:
    """JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False).encode()


@dataclass
class Signing:
    """How a request is signed; every part can be spoilt."""

    key: str
    algorithm: str = "ed25519"
    secret: bytes = SEED
    covered: tuple[str, ...] = COVERED
    created: int | None = None
    life: int = 60
    nonce: str | None = None
    tag: str = "lookup-push"
    query: str = ""
    authority: str = "localhost"
    extra: dict[str, str] = field(default_factory=dict)

    def headers(self, method: str, path: str, media: str, body: bytes) -> dict[str, str]:
        """Header fields of RFC 9421 section 3.1 and RFC 9530, by hand."""
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
        target = f"http://{self.authority}{path}" + (f"?{self.query}" if self.query else "")
        values = {"@method": method, "@target-uri": target, "content-digest": digest, "content-type": media}
        values |= {"@authority": self.authority, "@path": path, "@query": f"?{self.query}"} | self.extra
        created = int(time.time()) if self.created is None else self.created
        names = " ".join(f'"{name}"' for name in self.covered)
        nonce = secrets.token_urlsafe(18) if self.nonce is None else self.nonce
        parameters = (
            f"({names});created={created};expires={created + self.life};"
            f'nonce="{nonce}";keyid="{self.key}";tag="{self.tag}"'
        )
        lines = [f'"{name}": {values[name]}' for name in self.covered]
        base = "\n".join([*lines, f'"@signature-params": {parameters}']).encode()
        signature = base64.b64encode(self._sign(base)).decode()
        return {
            "Content-Digest": digest,
            "Content-Type": media,
            "Signature-Input": f"sig1={parameters}",
            "Signature": f"sig1=:{signature}:",
        }

    def _sign(self, base: bytes) -> bytes:
        if self.algorithm == "ed25519":
            return Ed25519PrivateKey.from_private_bytes(self.secret).sign(base)
        return hmac.digest(self.secret, base, "sha256")


class Desk:
    """The push app on a database, one registered client, its key and a test client."""

    def __init__(
        self, database: Database, units: tuple[str, ...] = ("3699",), kinds: tuple[str, ...] = ()
    ) -> None:
        """Register the client `yunxi` with an Ed25519 key."""
        self.context: PushContext = contexts.push(database)
        made = register(self.context, "tester", "yunxi", "云溪市110", SOURCE, Scope(units, kinds))
        assert isinstance(made, ClientRow)
        public = Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()
        self.key = self.keyed("ed25519", public)
        self.app: Flask = create_app(self.context)
        self.web = self.app.test_client()

    def keyed(self, algorithm: str, material: bytes, client: str = "yunxi") -> str:
        """Add a key and return its id."""
        row = add_key(self.context, "tester", client, algorithm, material)
        assert isinstance(row, KeyRow)
        return row.id

    def signing(self, **changes: Any) -> Signing:
        """A good way to sign, with changes."""
        return replace(Signing(self.key), **changes)

    def send(
        self,
        body: object,
        media: str = EVENT,
        path: str = "/v1/events",
        sent: bytes | None = None,
        **signing: Any,
    ) -> TestResponse:
        """Post `body` signed (JSON unless bytes); `sent` goes out instead of what was signed."""
        raw = body if isinstance(body, bytes) else dump(body)
        how = self.signing(**signing)
        headers = how.headers("POST", path, media, raw)
        target = path + (f"?{how.query}" if how.query else "")
        return self.web.post(target, data=raw if sent is None else sent, headers=headers)

    def ask(self, path: str, **signing: Any) -> TestResponse:
        """Get `path` signed; `query` is what stands after the question mark."""
        how = self.signing(**signing)
        target = path + (f"?{how.query}" if how.query else "")
        return self.web.get(target, headers=how.headers("GET", path, "", b""))


def configure(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Put the push settings for the database at `url` into the environment, with the made-up secrets."""
    values = contexts.COMMON | contexts.KEYS[PushSettings] | {"database_url": url}
    for name, value in values.items():
        parts = value if isinstance(value, tuple) else (value,)
        texts = [base64.urlsafe_b64encode(v).decode() if isinstance(v, bytes) else v for v in parts]
        monkeypatch.setenv(PREFIX + name.upper(), ",".join(texts))


def rule(response: TestResponse) -> str:
    """The problem's code, after checking that it is a problem document of its status."""
    assert response.mimetype == "application/problem+json"
    told = response.get_json()
    assert told["status"] == response.status_code
    return str(told["type"]).removeprefix("urn:lookup:problem:push:")


def count(database: Database, table: Table) -> int:
    """How many rows a table has."""
    with database.read() as conn:
        return int(conn.execute(select(func.count()).select_from(table)).scalar_one())


Application = Callable[["WSGIEnvironment", "StartResponse"], Iterable[bytes]]
