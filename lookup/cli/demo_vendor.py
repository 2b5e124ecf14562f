"""A client for whoever tries the demo's push interface: registered, with key, settings and a first event as files."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from lookup.cli.asking import operator_name
from lookup.cli.demo_home import PREFECTURE, DemoError, Home, Memory
from lookup.cli.demo_month import SHANGHAI
from lookup.cli.demo_units import STATIONS
from lookup.cli.key_files import KeyTextError, secret_key
from lookup.services import register_client
from lookup.services.contexts import PushContext, open_push
from lookup.services.leave import leaving
from lookup.services.register_client import Refusal, Scope
from lookup.settings import PushSettings, read

CLIENT, SOURCE, NAME = "trial-vendor", "urn:yunxi:trial", "试用的厂商系统（虚构）"
LAST_FOUR = "1234"


@dataclass(frozen=True, slots=True)
class Trial:
    """What a vendor needs for a first push: the id of a live key, its file (PEM), settings for a shell, an event."""

    key: str
    key_file: Path
    settings: Path
    event: Path


def prepare(home: Home, memory: Memory, port: int) -> Trial:
    """Register the client with the key of the folder, unless it is already, and write what is not there yet."""
    file, settings, event = (home.folder / f"trial.{kind}" for kind in ("pem", "env", "json"))
    key = _key(file)
    environment = home.environment(memory.secrets, port)
    with leaving(open_push(replace(read(PushSettings, environment), threads=1))) as context:
        id_ = _registered(context, key.public_key().public_bytes_raw())
    values = {"URL": f"http://127.0.0.1:{port}", "KEY_ID": id_, "KEY_FILE": str(file), "SOURCE": SOURCE}
    lines = [f"export LOOKUP_PUSH_{name}={shlex.quote(value)}\n" for name, value in values.items()]
    _write(settings, "".join(lines))
    if not event.exists():
        _write(event, json.dumps(_event(datetime.now(SHANGHAI)), ensure_ascii=False, indent=1) + "\n")
    return Trial(id_, file, settings, event)


def _key(file: Path) -> Ed25519PrivateKey:
    if not file.exists():
        made = Ed25519PrivateKey.generate()
        _write(file, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
        return made
    try:
        return Ed25519PrivateKey.from_private_bytes(secret_key(file, hmac=False))
    except KeyTextError:
        raise DemoError(f"{file} 不是密钥，请删除后再运行 / is no key: delete it and run again") from None


def _registered(context: PushContext, public: bytes) -> str:
    """Return the id under which the key is live; the client and the key are registered when they are not yet."""
    operator = operator_name()
    found = register_client.shown(context, CLIENT)
    if isinstance(found, Refusal):
        register_client.register(context, operator, CLIENT, NAME, SOURCE, Scope((PREFECTURE,)))
    else:
        for key in found[1]:
            if key.material == public and not key.revoked:
                return key.id
    made = register_client.add_key(context, operator, CLIENT, "ed25519", public)
    if isinstance(made, Refusal):
        raise DemoError(f"试用的密钥未能登记 / the trial key was not registered: {made.text}")
    return made.id


def _event(now: datetime) -> dict[str, Any]:
    """Return the first event of an invented report that was made two minutes ago."""
    at, entered = ((now - timedelta(minutes=minutes)).isoformat(timespec="seconds") for minutes in (2, 1))
    persons = [{"role": "reporter", "phone": f"1990000{LAST_FOUR}"}]
    return {
        "specversion": "1.0",
        "id": f"trial-{now:%Y%m%d%H%M%S}",
        "source": SOURCE,
        "type": "lookup.transition",
        "subject": f"{STATIONS[0][:6]}{now - timedelta(minutes=2):%y%m%d%H%M%S}99",
        "time": at,
        "data": {"unit": STATIONS[0], "entered_at": entered, "to": "J10", "persons": persons},
    }


def _write(file: Path, text: str) -> None:
    """Write a file that only its owner may read."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "w", encoding="utf-8") as opened:
        opened.write(text)
