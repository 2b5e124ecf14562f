"""The demo's own folder `.demo/`: secrets, database, what has been loaded. Readable by its owner only."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lookup.cli import keys
from lookup.cli.asking import operator_name
from lookup.cli.demo_month import SOURCE, Month, make_month
from lookup.cli.demo_units import UNITS
from lookup.ledger.policy import Log, Policy
from lookup.services import import_units, manage_staff, register_client
from lookup.services.contexts import ConsoleContext, open_console, open_push
from lookup.services.leave import leaving
from lookup.services.log_key import LogKey
from lookup.services.manage_staff import Issued, NewAccount
from lookup.services.register_client import Refusal, Scope
from lookup.settings import PREFIX, ConsoleSettings, PushSettings, read
from lookup.storage import migrate
from lookup.storage.database import open_database

PORT = 8080
FOLDER = Path(__file__).parents[2] / ".demo"
ORIGIN = "demo.lookup.example/log1"
PREFECTURE = "3699"
CLIENT = "yunxi-police"
DESK = (
    NewAccount("duxun", "supervisor", (PREFECTURE,), "云溪市公安局督察支队"),
    NewAccount("shenji", "audit_administrator"),
)
"""The accounts of the console."""


class DemoError(Exception):
    """The demo can not go on; the message says why and what to do, for a person."""


@dataclass(frozen=True, slots=True)
class Account:
    """One of the console's accounts and what its holder types."""

    name: str
    role: str
    password: str
    totp: str


@dataclass(frozen=True, slots=True)
class Memory:
    """What the demo remembers: made-up secrets, when its month ends, how far it is loaded, the console's accounts."""

    secrets: dict[str, str]
    ends: str
    stream: str
    push_key: str
    push_seed: str
    desk: list[Account]
    sent: int
    total: int
    samples: list[dict[str, Any]]

    @property
    def loaded(self) -> bool:
        """Whether everything was pushed."""
        return self.sent >= self.total


@dataclass(frozen=True, slots=True)
class Home:
    """The folder."""

    folder: Path

    @property
    def _file(self) -> Path:
        return self.folder / "demo.json"

    @property
    def database_url(self) -> str:
        """Where the demo's data lives."""
        return f"sqlite:///{self.folder / 'lookup.db'}"

    @property
    def policy(self) -> Path:
        """The file that says whose signature on the audit log counts."""
        return self.folder / "policy"

    def lock(self) -> int | None:
        """Keep the folder for this process; None when another demo runs in it."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        return handle

    def clear(self) -> None:
        """Forget everything but the lock."""
        for path in self.folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != "lock":
                path.unlink()

    def recall(self) -> Memory | None:
        """Return what was remembered; None when there is nothing, or nothing that this release wrote."""
        try:
            told = json.loads(self._file.read_text(encoding="utf-8"))
            return Memory(**told | {"desk": [Account(**each) for each in told["desk"]]})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def remember(self, memory: Memory) -> None:
        """Write it, whole or not at all."""
        fresh = self._file.with_suffix(".new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(memory), file, ensure_ascii=False)
        fresh.replace(self._file)

    def environment(self, values: dict[str, str], port: int) -> dict[str, str]:
        """Return the settings of every surface; nothing of the caller's own LOOKUP_ settings gets through."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        settings = {name: value for name, value in values.items()} | {
            "database_url": self.database_url,
            "origin": ORIGIN,
            "public_url": f"http://127.0.0.1:{port}",
            "checkpoint_file": str(self.folder / "checkpoint"),
            "policy_file": str(self.policy),
            "demo": "1",
            "gap_minutes": "1",  # nothing of the month is on its way for longer
            "workers": "1",
        }
        return kept | {PREFIX + name.upper(): value for name, value in settings.items()}


def prepare(home: Home, port: int) -> tuple[Memory, Month]:
    """Return the demo's memory and month, made anew unless what is there can be gone on with."""
    memory = home.recall()
    if memory is not None:
        _migrate(home)
        month = Month((), (), 0) if memory.loaded else make_month(datetime.fromisoformat(memory.ends))
        if memory.loaded or memory.stream == _digest(month):
            return memory, month
    home.clear()
    now = datetime.now(UTC)
    month = make_month(now)
    memory = _found(home, port, now, month)
    home.remember(memory)
    return memory, month


def _digest(month: Month) -> str:
    return hashlib.sha256(json.dumps(month.events).encode()).hexdigest()


def _migrate(home: Home) -> None:
    database = open_database(home.database_url, pool=1)
    if migrate.current(database) != migrate.newest():
        migrate.upgrade(database)
    database.close()


def _found(home: Home, port: int, now: datetime, month: Month) -> Memory:
    """Make secrets, database, units, the pushing client and the console's accounts."""
    values = keys.make()
    environment = home.environment(values, port)
    _migrate(home)
    os.chmod(home.folder / "lookup.db", 0o600)
    seed = secrets.token_bytes(32)
    key = _register(environment, Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw())
    desk = _open_desk(environment)
    log = LogKey.from_seed(ORIGIN, base64.urlsafe_b64decode(values["log_key"] + "="))
    home.policy.write_bytes(Policy((Log(log.public),)).to_bytes())
    return Memory(
        secrets=values, ends=now.isoformat(), stream=_digest(month), push_key=key, push_seed=seed.hex(),
        desk=desk, sent=0, total=len(month.events),
        samples=[asdict(sample) for sample in month.samples],
    )  # fmt: skip


def _register(environment: dict[str, str], public: bytes) -> str:
    with leaving(open_push(replace(read(PushSettings, environment), threads=1))) as context:
        operator = operator_name()
        name = "云溪市公安局警情系统（虚构）"
        made = register_client.register(context, operator, CLIENT, name, SOURCE, Scope((PREFECTURE,)))
        key = made if isinstance(made, Refusal) else register_client.add_key(
            context, operator, CLIENT, "ed25519", public
        )  # fmt: skip
        if isinstance(key, Refusal):
            raise DemoError(f"客户端未能登记 / the push client was not registered: {key.text}")
        return key.id


def _open_desk(environment: dict[str, str]) -> list[Account]:
    with leaving(open_console(replace(read(ConsoleSettings, environment), threads=1))) as context:
        operator = operator_name()
        import_units.import_units(context, operator, list(UNITS))
        return [_account(context, operator, each) for each in DESK]


def _account(context: ConsoleContext, operator: str, new: NewAccount) -> Account:
    issued = manage_staff.create(context, operator, new)
    if not isinstance(issued, Issued):
        raise DemoError(f"监督台账号未能建立 / no console account: {issued[0].text('en')}")
    return Account(new.name, new.role, issued.factors.password, issued.factors.totp)
