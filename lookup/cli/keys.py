"""`lookup keys`: fresh secrets for every surface, as lines of an environment file."""

from __future__ import annotations

import argparse
import base64
import secrets
from collections.abc import Iterator
from dataclasses import MISSING, fields

from lookup.services.log_key import LogKey
from lookup.settings import (
    PREFIX,
    CitizenSettings,
    Common,
    ConsoleSettings,
    PushSettings,
    WorkerSettings,
    is_secret,
)

SURFACES: dict[str, type[Common]] = {
    "citizen": CitizenSettings,
    "push": PushSettings,
    "console": ConsoleSettings,
    "worker": WorkerSettings,
}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command."""
    parser = commands.add_parser(
        "keys",
        help="print fresh secrets for every surface",
        description="Prints an environment file for each surface: the origin, fresh secrets, and as comments what is "
        "still to be set by hand. Keep secrets outside the database; a surface gets only its own.",
    )
    parser.add_argument("--origin", default="lookup.example/log1", help="name of the audit log (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Print one block per surface and the verifier key."""
    values = make() | {"origin": arguments.origin}
    for surface, kind in SURFACES.items():
        print(f"# {surface}", *_lines(kind, values), "", sep="\n")
    seed = base64.urlsafe_b64decode(values["log_key"] + "=")
    print("# for everybody who verifies\n# " + LogKey.from_seed(arguments.origin, seed).public.vkey())
    return 0


def _lines(kind: type[Common], values: dict[str, str]) -> Iterator[str]:
    """What is needed: with its value where there is one, else commented out with its meaning."""
    for each in fields(kind):
        name = PREFIX + each.name.upper()
        if each.name in values:
            yield f"{name}={values[each.name]}"
        elif each.default is MISSING:
            yield f"# {name}=   ({each.metadata['help']})"


def make() -> dict[str, str]:
    """Return a fresh value for every secret setting of any surface, by field name."""
    names = {each.name for kind in SURFACES.values() for each in fields(kind) if is_secret(each)}
    return {name: secrets.token_urlsafe(32) for name in sorted(names)}
