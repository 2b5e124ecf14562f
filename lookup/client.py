"""The push client: hands events to a lookup service, signed, once each, in order. Uses no other module of lookup.

    client = PushClient("https://push.lookup.example", "yunxi-110.1a2b3c4d", private_key, "urn:yunxi:110")
    print(client.send(transition).outcome)
    for result in client.send_batch(events): ...

`private_key` is the 32-byte Ed25519 seed, or (algorithm="hmac-sha256") the shared secret. Nothing is ever lost or
reordered silently: a call returns the service's answer to each event in the order given, or raises PushError with
what is known. After PushError the same events can simply be sent again; the service takes each of them once.
One instance keeps one connection and belongs to one thread.
"""

from __future__ import annotations

import base64
import datetime
import http.client
import json
import random
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner
from http_message_signatures.algorithms import ED25519, HMAC_SHA256

TAG, LIFE_S = "lookup-push", 120
EVENT, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
COVERED = ("@method", "@target-uri", "content-type", "content-digest")
MAX_EVENTS, MAX_BYTES = 1000, 4 * 1024 * 1024 - 1024
PATHS = {False: "/v1/events", True: "/v1/events?dry_run=1"}
AGAIN, AGAIN_PROBLEMS = (408, 425, 429), ("signature-replayed",)
_Answer = tuple[int, dict[str, Any], dict[str, str]]


class PushError(Exception):
    """No usable answer. `status` and `problem` (the problem document) are None when the service did not answer.

    `code` is that of the problem. `refused`: sending the same again does not help, and nothing of it was taken. What
    was raised on the way, when no answer came, is the cause.
    """

    def __init__(
        self, text: str, status: int | None = None, problem: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(text)
        self.status, self.problem = status, problem
        self.code = str((problem or {}).get("type", "")).rpartition(":")[2]
        final = status not in AGAIN and self.code not in AGAIN_PROBLEMS
        self.refused = final and 300 <= (status or 0) < 500


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one event.

    `outcome`: accepted, waiting, duplicate, conflict or quarantined. `reference` (code, link) comes with the first
    event of the incident that amends no other. `errors` say pointer, rule and text for a conflict or a refused event.
    """

    source: str
    id: str
    outcome: str
    incident: str | None = None
    reference: Mapping[str, str] | None = None
    errors: Sequence[Mapping[str, Any]] = ()
    entry: str | None = None

    @property
    def taken(self) -> bool:
        """Say whether the event is in the service now."""
        return self.outcome in ("accepted", "waiting", "duplicate")


class PushClient:
    """A connection of one source to one service. See the module's first lines for an example."""

    def __init__(
        self,
        base_url: str,
        key_id: str,
        private_key: bytes,
        source: str,
        *,
        algorithm: str = "ed25519",
        attempts: int = 8,
        timeout: float = 30.0,
        pause: Callable[[float], None] = time.sleep,
        waiting: Callable[[PushError, int, float], object] = lambda *_: None,
        language: str = "zh-Hans",
    ) -> None:
        """Remember where and as whom to send; nothing is sent yet.

        `attempts` is how often one request is tried, with pauses that double up to a minute, at random between
        half and whole, or as long as the service's Retry-After says. `pause` is called with seconds, before it
        `waiting` with what went wrong, how many tries are left and the seconds. `language`: that of problems.
        """
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("base_url must be an address such as https://push.lookup.example")
        self.base_url, self.key_id, self.source = base_url.rstrip("/"), key_id, source
        self._prefix = parts.path.rstrip("/")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=timeout)
        made = ED25519 if algorithm == "ed25519" else HMAC_SHA256
        key = Ed25519PrivateKey.from_private_bytes(private_key) if made is ED25519 else private_key
        keys: Any = SimpleNamespace(resolve_private_key=lambda _: key)
        self._signer = HTTPMessageSigner(signature_algorithm=made, key_resolver=keys)
        self._attempts, self._pause, self._waiting, self._language = attempts, pause, waiting, language

    def __enter__(self) -> PushClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next call opens a new one."""
        self._connection.close()

    def whoami(self) -> dict[str, Any]:
        """Return what the service knows this client as: client, name, source, key, units, kinds."""
        return self.ask("GET", "/v1/whoami")

    def ask(self, method: str, path: str, body: bytes = b"", media: str = "") -> dict[str, Any]:
        """Send one signed request and return the JSON of a 200 or 202; raises PushError with the problem otherwise."""
        status, told, _ = self._exchange(method, path, body, media)
        if status not in (200, 202):
            raise _error(status, told)
        return told

    def send(self, event: Mapping[str, Any], *, dry_run: bool = False) -> Sent:
        """Hand over one event (CloudEvents; `specversion` and `source` are filled in) and return its result."""
        whole = self._whole(event)
        status, told, headers = self._exchange("POST", PATHS[dry_run], _bytes(whole), EVENT)
        if status in (200, 202):
            outcome = "duplicate" if headers.get("lookup-repeated") else told["outcome"]
            return _sent(told | {"outcome": outcome, "entry": headers.get("lookup-entry")})
        if status in (409, 422):
            outcome = "conflict" if status == 409 else "quarantined"
            errors, entry = told.get("errors", ()), headers.get("lookup-entry")
            return Sent(whole["source"], str(whole.get("id", "")), outcome, errors=errors, entry=entry)
        raise _error(status, told)

    def send_batch(self, events: Sequence[Mapping[str, Any]], *, dry_run: bool = False) -> list[Sent]:
        """Hand over up to 1000 events (4 MiB) at once and return their results in the same order."""
        if not events:
            return []
        body = _bytes([self._whole(event) for event in events])
        if len(events) > MAX_EVENTS or len(body) > MAX_BYTES:
            raise ValueError("a batch has at most 1000 events and 4 MiB")
        status, told, _ = self._exchange("POST", PATHS[dry_run], body, BATCH)
        if status != 200:
            raise _error(status, told)
        results = told.get("results", ())
        if [each["index"] for each in results] != list(range(len(events))):
            raise PushError("the answer does not have one result for each event in order", status)
        return [_sent(each) for each in results]

    def _whole(self, event: Mapping[str, Any]) -> dict[str, Any]:
        return {"specversion": "1.0", "source": self.source, **event}

    def _exchange(self, method: str, path: str, body: bytes, media: str) -> _Answer:
        """Send until there is an answer that more sending can not improve; each try is signed anew."""
        pause = 0.5
        for left in reversed(range(self._attempts)):
            try:
                status, told, headers = self._once(method, path, body, media)
            except (OSError, http.client.HTTPException, ValueError) as fault:
                self._connection.close()
                failed = PushError(f"no answer after {self._attempts} tries: {type(fault).__name__}")
                wait = 0.0
                failed.__cause__ = fault
                if left == 0:
                    raise failed from fault
            else:
                failed = _error(status, told)
                if left == 0 or status < 300 or failed.refused:
                    return status, told, headers
                wait = _seconds(headers.get("retry-after")) or 0.0
            seconds = max(wait, pause * (0.5 + random.random() / 2))  # noqa: S311 - spreads load only
            self._waiting(failed, left, seconds)
            self._pause(seconds)
            pause = min(pause * 2, 60.0)
        raise PushError("not tried: attempts must be at least 1")

    def _once(self, method: str, path: str, body: bytes, media: str) -> _Answer:
        headers = self._signed(method, path, body, media) | {"Accept-Language": self._language}
        self._connection.request(method, self._prefix + path, body or None, headers)
        response = self._connection.getresponse()
        told = _object(response.read())
        if told is None and response.status < 300:
            raise ValueError("the answer is no JSON object")
        return response.status, told or {}, {name.lower(): value for name, value in response.getheaders()}

    def _signed(self, method: str, path: str, body: bytes, media: str) -> dict[str, str]:
        headers = {"Content-Type": media} if media else {}
        message: Any = SimpleNamespace(method=method, url=self.base_url + path, headers=headers)
        created = datetime.datetime.now(datetime.UTC)
        self._signer.sign(
            message,
            key_id=self.key_id,
            created=created,
            expires=created + datetime.timedelta(seconds=LIFE_S),
            nonce=base64.urlsafe_b64encode(secrets.token_bytes(18)).decode(),
            tag=TAG,
            label="sig1",
            covered_component_ids=COVERED if media else COVERED[:2],
            body=body if media else None,
        )
        return headers


def _bytes(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _seconds(text: str | None) -> float | None:
    """Read Retry-After: seconds or a date (RFC 9110 section 10.2.3); None when it is neither."""
    try:
        if text and text.isascii() and text.isdigit():
            return float(text)
        return (parsedate_to_datetime(text or "") - datetime.datetime.now(datetime.UTC)).total_seconds()
    except (ValueError, TypeError):
        return None


def _sent(told: Mapping[str, Any]) -> Sent:
    names = ("source", "id", "outcome", "incident", "reference", "errors", "entry")
    return Sent(**{name: told[name] for name in names if told.get(name) is not None})


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(raw)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _error(status: int, told: Mapping[str, Any]) -> PushError:
    return PushError(f"the service answered {status}: {told.get('title', 'no reason given')}", status, told)
