"""The options by which the commands of a source reach the push surface, and the client made from them."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from lookup.cli.asking import WrongUse
from lookup.cli.key_files import KeyTextError, secret_key
from lookup.cli.push_words import again
from lookup.cli.telling import Telling
from lookup.client import PushClient, PushError


def add_connection(parser: argparse.ArgumentParser) -> None:
    """Add the options; each has an environment variable, so that a system sets them once."""
    for name, text in (
        ("url", "address of the push surface, for example https://push.lookup.example"),
        ("key-id", "id of the key, as the operator gave it"),
        (
            "key-file",
            "file with the private key (of `lookup client keygen`, or PEM of openssl) or the shared secret",
        ),
        ("source", "CloudEvents source URI of this client"),
    ):
        variable = _variable(name)
        parser.add_argument(f"--{name}", default=os.environ.get(variable), help=f"{text} ({variable})")
    parser.add_argument(
        "--hmac", action="store_true", help="the key is an HMAC-SHA256 secret of an old system"
    )


def open_client(arguments: argparse.Namespace, telling: Telling | None = None) -> PushClient:
    """Return the client that the options describe, which says when it tries again and asks for problems in English.

    Raises WrongUse naming what is missing or wrong.
    """
    key, algorithm = open_key(arguments, "url", "key_id", "key_file", "source")

    def waiting(fault: PushError, left: int, seconds: float) -> None:
        (telling or Telling()).say(*again(fault, left, seconds))

    try:
        return PushClient(
            arguments.url, arguments.key_id, key, arguments.source,
            algorithm=algorithm, waiting=waiting, language="en",
        )  # fmt: skip
    except ValueError:
        raise WrongUse("--url is no address such as https://push.lookup.example") from None


def open_key(arguments: argparse.Namespace, *needed: str) -> tuple[bytes, str]:
    """Return the private key and its algorithm; raises WrongUse naming which `needed` options are missing."""
    missing = [name for name in needed if not getattr(arguments, name)]
    if missing:
        raise WrongUse(*(f"{_option(name)} is not given, nor {_variable(name)} set" for name in missing))
    try:
        key = secret_key(Path(arguments.key_file), hmac=arguments.hmac)
    except KeyTextError as fault:
        raise WrongUse(str(fault)) from None
    return key, "hmac-sha256" if arguments.hmac else "ed25519"


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _variable(name: str) -> str:
    return "LOOKUP_PUSH_" + name.upper().replace("-", "_")
