"""The command line: one parser, a module per command, imported only when its command runs."""

from __future__ import annotations

import argparse
import importlib
import os
import re
import sys
from collections.abc import Sequence
from typing import Protocol, cast

from lookup.cli.asking import WrongUse
from lookup.settings import SettingsError

COMMANDS = {
    "demo": "set up and start everything on fictional data, on one loopback port",
    "serve": "serve one surface with gunicorn: citizen, console or push",
    "work": "run the background worker: sequencing, checkpoints, tidying",
    "migrate": "bring the database to the newest schema",
    "verify": "verify the ledger, an archive segment or a receipt; one line per finding",
    "checkpoint": "print the newest checkpoint of the audit log",
    "logkey": "make, rotate and retire the keys that sign the audit log",
    "archive": "seal old entries into files, prune what is sealed, put a segment back",
    "alarm": "list lanes that alarmed, and answer for one",
    "erase": "erase the restricted part of old entries, keeping every proof",
    "witness": "run a witness that cosigns the audit log of somebody else",
    "keys": "print fresh secrets for every surface",
    "reference": "issue a report's reference anew and revoke what went before",
    "client": "register and manage the systems that may push events",
    "push": "send events from a file, a folder or standard input",
    "reconcile": "ask what is missing of what a source sent",
    "import": "take signed files of events, from a drop folder too",
    "quarantine": "look at refused events, judge them again, or close one",
    "staff": "make and manage console accounts",
    "unit": "import and list police units",
    "rules": "show a rulebook, or explain one incident step by step",
}
MODULES = {"import": "import_files"}
"""Commands whose module can not have their name."""

HELP = (
    "`./run keys` prints fresh secrets, one block a surface; the README (Configuration) explains every setting.\n"
    "设置不可用。`./run keys` 生成密钥；各项设置见 README 的 Configuration 一节。想先试用，运行 ./run demo。"
)
"""What to do about settings that are not usable."""

_KEY = re.compile(r"[A-Za-z0-9_-]{43}=?")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status.

    Wrong settings or use, and a database that can not be used, are explained and end with status 2, an interruption
    with 130, and a reader of the output that has gone with 141, as by a signal.
    """
    try:
        return _run(_parsed(_joined(list(sys.argv[1:] if argv is None else argv))))
    except KeyboardInterrupt:
        return 130


def _parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lookup", description="报警结果查询: police-report result lookup")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = words[0] if words and words[0] in COMMANDS else None
    for name, summary in COMMANDS.items():
        if name == chosen:
            _module(name).add_parser(commands)
        else:
            commands.add_parser(name, help=summary)
    return parser.parse_args(words)


def _run(arguments: argparse.Namespace) -> int:
    try:
        status = _module(arguments.command).run(arguments)
        sys.stdout.flush()
        return status
    except SettingsError as fault:
        print("The settings are not usable:", *fault.problems, sep="\n  ", file=sys.stderr)
        print(HELP, file=sys.stderr)
        return 2
    except WrongUse as fault:
        print("Nothing was done:", *fault.problems, sep="\n  ", file=sys.stderr)
        name = " ".join(filter(None, (arguments.command, getattr(arguments, "action", None))))
        print(f"`lookup {name} --help` explains the options.", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever reads has seen enough (`| head`); what is still in the buffer would fail again at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as fault:
        told = _database_words(fault)
        if not told:
            raise
        print(*told, sep="\n", file=sys.stderr)
        return 2


def _database_words(fault: Exception) -> tuple[str, ...]:
    """Return what an operator can mend about the database; a command that has none need not load its library."""
    if "lookup.storage.database" not in sys.modules:
        return ()
    module = importlib.import_module("lookup.cli.database_words")
    return cast("tuple[str, ...]", module.database_words(fault))


def _joined(words: list[str]) -> list[str]:
    """Write `--public KEY` as `--public=KEY`: one key in 64 begins with a hyphen, like an option."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] == "--public" and _KEY.fullmatch(word):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


class _Command(Protocol):
    def add_parser(self, commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None: ...

    def run(self, arguments: argparse.Namespace) -> int: ...


def _module(name: str) -> _Command:
    return cast("_Command", importlib.import_module(f"lookup.cli.{MODULES.get(name, name)}"))


if __name__ == "__main__":
    sys.exit(main())
