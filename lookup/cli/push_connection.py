"""The options by which the commands of a source reach the push surface, and the client made from them."""

from __future__ import annotations

import argparse
import base64
import os
from pathlib import Path

from lookup.client import PushClient
from lookup.settings import SettingsError


def add_connection(parser: argparse.ArgumentParser) -> None:
    """Add the options; each has an environment variable, so that a system sets them once."""
    for name, text in (
        ("url", "address of the push surface, for example https://push.lookup.example"),
        ("key-id", "id of the key, as the operator gave it"),
        ("key-file", "file with the private key (`lookup client keygen`) or the shared secret"),
        ("source", "CloudEvents source URI of this client"),
    ):
        variable = "LOOKUP_PUSH_" + name.upper().replace("-", "_")
        parser.add_argument(f"--{name}", default=os.environ.get(variable), help=f"{text} ({variable})")
    parser.add_argument(
        "--hmac", action="store_true", help="the key is an HMAC-SHA256 secret of an old system"
    )


def open_client(arguments: argparse.Namespace) -> PushClient:
    """Return the client that the options describe; raises SettingsError naming what is missing or wrong."""
    key, algorithm = open_key(arguments, "url", "key_id", "key_file", "source")
    try:
        return PushClient(arguments.url, arguments.key_id, key, arguments.source, algorithm=algorithm)
    except ValueError:
        raise SettingsError(["--key-file holds no key, or --url is no address"]) from None


def open_key(arguments: argparse.Namespace, *needed: str) -> tuple[bytes, str]:
    """Return the private key and its algorithm; raises SettingsError naming which `needed` options are missing."""
    missing = [name for name in needed if not getattr(arguments, name)]
    if missing:
        raise SettingsError([f"--{name.replace('_', '-')} is not given" for name in missing])
    try:
        text = Path(arguments.key_file).read_text(encoding="ascii").strip()
        key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (OSError, ValueError):
        raise SettingsError(["--key-file can not be read or holds no key"]) from None
    return key, "hmac-sha256" if arguments.hmac else "ed25519"
