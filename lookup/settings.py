"""Configuration: read once from the environment into frozen values, one class per surface, refused when wrong.

Nothing below the composition roots reads the environment. There is no default secret; `NAME_FILE` may name a
file that holds the value of `NAME`. A class has no field that its surface does not need.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from lookup.domain.numbers import TWENTY
from lookup.ledger.policy import parse_policy
from lookup.ledger.provider import digest_named
from lookup.ledger.segment import LEAST_DAYS, YEARS_3
from lookup.ledger.wire import VerificationError

S = TypeVar("S", bound="Common")

PREFIX = "LOOKUP_"


class SettingsError(ValueError):
    """The environment is not usable; `problems` says, one line each, which setting and what to do."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value.strip()


def _number(value: str) -> int:
    if not value.isascii() or not value.isdigit():
        raise ValueError("must be a whole number, for example 1")
    return int(value)


def _keep_days(value: str) -> int:
    if (days := _number(value)) < LEAST_DAYS:
        raise ValueError(
            f"must be at least {LEAST_DAYS}: entries stay online for six months (网络安全法 art 21)"
        )
    return days


def _hash(value: str) -> str:
    digest_named(value)
    return value


def _flag(value: str) -> bool:
    if value not in ("0", "1"):
        raise ValueError("must be 0 or 1")
    return value == "1"


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path not in ("", "/"):
        raise ValueError("must be an address such as https://lookup.example without a path")
    return f"{parts.scheme}://{parts.netloc}"


def _database(value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
    return value


def _limits(value: str) -> str:
    if not value.startswith(
        ("memory://", "redis://", "rediss://", "redis+", "valkey://", "valkeys://", "valkey+")
    ):
        raise ValueError("must begin with memory://, redis:// or valkey://")
    return value


def _secret(value: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(value.strip() + "=" * (-len(value.strip()) % 4))
    except (binascii.Error, ValueError):
        raise ValueError("must be base64url; make one with `lookup keys`") from None
    if len(raw) != 32:
        raise ValueError("must hold 32 bytes; make one with `lookup keys`")
    return raw


def _secrets(value: str) -> tuple[bytes, ...]:
    return tuple(_secret(part) for part in value.split(","))


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error:
        raise ValueError("must be a regular expression, for example [0-9]{20}") from None
    return _text(value)


def _policy(value: str) -> str:
    text = value.strip() + "\n"
    try:
        parse_policy(text.encode())
    except VerificationError as fault:
        raise ValueError(f"must be a tlog-policy file ({fault}); see docs/ledger.md") from None
    return text


_INCIDENT_PATTERN = "regular expression of an incident number"
_GAP_MINUTES = "after how many minutes a gap in a source's sequence is shown"


def _setting(parse: Callable[[str], Any], help: str, default: Any = MISSING) -> Any:
    return field(default=default, metadata={"parse": parse, "help": help})


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What every process needs."""

    database_url: str = _setting(_database, "where the data lives: sqlite:///file or postgresql+psycopg://…")
    origin: str = _setting(_text, "name of the audit log, the first line of each checkpoint; never changes")
    mac_key: bytes = _setting(_secret, "secret with which ledger lanes are sealed until they are integrated")
    public_url: str = _setting(_web_address, "address of the citizen pages, used in links and QR codes")
    database_role: str = _setting(
        _text, "PostgreSQL role to take on each connection, e.g. lookup_citizen", ""
    )
    threads: int = _setting(_number, "threads per worker process", 8)
    log_hash: str = _setting(
        _hash, "hash of the audit log, sha256 or sm3: chosen when it is created, the same for all", "sha256"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Web(Common):
    """What every surface needs."""

    limits_url: str = _setting(_limits, "where Flask-Limiter counts: memory:// or redis://…", "memory://")
    trusted_proxies: int = _setting(
        _number, "how many proxies in front set X-Forwarded-For; 0 trusts none", 0
    )
    demo: bool = _setting(_flag, "1 shows the banner 演示系统 · 非官方 · 虚构数据", False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenSettings(Web):
    """The citizen surface: proves references, opens reports."""

    reference_key: bytes = _setting(_secret, "derives query codes (查询码)")
    link_keys: tuple[bytes, ...] = _setting(_secrets, "sign link tokens; comma-separated, the last one signs")
    pass_keys: tuple[bytes, ...] = _setting(
        _secrets, "sign passes and wait tickets; comma-separated, the last signs"
    )
    pepper: bytes = _setting(
        _secret, "keys every digest of personal data and the report tokens of the ledger"
    )
    seal_key: bytes = _setting(_secret, "seals masked personal data and quarantined bodies (AES-GCM)")
    hotline: str = _setting(_text, "telephone that a citizen in need is told to call", "110")
    policy: str = _setting(_policy, "whose signatures on the audit log count (tlog-policy)", "")
    covert_days: int = _setting(_number, "longest time in days that a covert look is withheld", 90)
    incident_pattern: str = _setting(_pattern, _INCIDENT_PATTERN, TWENTY)
    footer: str = _setting(
        _text, "lines at the foot of the pages, parted by |: operator, site code, ICP and police filing", ""
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PushSettings(Web):
    """The push surface: takes events, issues references."""

    reference_key: bytes = _setting(_secret, "derives query codes (查询码)")
    link_keys: tuple[bytes, ...] = _setting(_secrets, "sign link tokens; comma-separated, the last one signs")
    pepper: bytes = _setting(
        _secret, "keys every digest of personal data and the report tokens of the ledger"
    )
    seal_key: bytes = _setting(_secret, "seals masked personal data and quarantined bodies (AES-GCM)")
    incident_pattern: str = _setting(_pattern, _INCIDENT_PATTERN, TWENTY)
    gap_minutes: int = _setting(_number, _GAP_MINUTES, 15)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSettings(Web):
    """The supervisors' console."""

    session_keys: tuple[bytes, ...] = _setting(_secrets, "sign console cookies and forms; the last one signs")
    pepper: bytes = _setting(
        _secret, "keys every digest of personal data and the report tokens of the ledger"
    )
    seal_key: bytes = _setting(_secret, "seals TOTP secrets and quarantined bodies (AES-GCM)")
    incident_pattern: str = _setting(_pattern, _INCIDENT_PATTERN, TWENTY)
    gap_minutes: int = _setting(_number, _GAP_MINUTES, 15)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings(Common):
    """The background worker: sequences, signs checkpoints, tidies."""

    log_key: bytes = _setting(_secret, "Ed25519 seed that signs checkpoints; only the worker has it")
    log_key_next: bytes = _setting(_secret, "second seed that signs too, while the key is rotated", b"")
    verify_hours: int = _setting(_number, "how often the worker verifies the whole ledger; 0 never", 24)
    checkpoint_file: str = _setting(
        _text, "file that always holds the newest checkpoint, outside the database", ""
    )
    archive: str = _setting(_text, "folder where old entries are sealed, and pruned from the database", "")
    keep_days: int = _setting(_keep_days, "how many days entries stay in the database, at least 183", YEARS_3)
    anchors: str = _setting(_text, "folder that gets one checkpoint a day, outside the database", "")
    policy: str = _setting(_policy, "witnesses to ask for cosignatures, and whose count (tlog-policy)", "")


def is_secret(setting: Field[Any]) -> bool:
    """Say whether a field of a settings class holds a secret that every deployment needs."""
    return setting.metadata["parse"] in (_secret, _secrets) and setting.default is MISSING


def read(kind: type[S], environ: Mapping[str, str]) -> S:
    """Return the settings of `kind` from `environ`; raises SettingsError naming every missing or wrong one."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for each in fields(kind):
        name = PREFIX + each.name.upper()
        try:
            raw = _raw(name, environ)
            if raw is not None:
                values[each.name] = each.metadata["parse"](raw)
            elif each.default is MISSING:
                problems.append(f"{name} is not set: {each.metadata['help']}")
        except (ValueError, OSError) as fault:
            reason = "its file can not be read" if isinstance(fault, OSError) else str(fault)
            problems.append(f"{name}: {reason}")
    if problems:
        raise SettingsError(problems)
    return kind(**values)


def _raw(name: str, environ: Mapping[str, str]) -> str | None:
    if name in environ:
        return environ[name]
    path = environ.get(name + "_FILE")
    return None if path is None else Path(path).read_text(encoding="utf-8").strip()
