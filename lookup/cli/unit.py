"""`lookup unit`: the police units that answers name, with the telephone a citizen can call."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from lookup.cli.asking import operator_name
from lookup.services.contexts import ConsoleContext, open_console
from lookup.services.import_units import UnitFileError, all_units, import_units, parse
from lookup.services.leave import leaving
from lookup.settings import ConsoleSettings, read


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command."""
    parser = commands.add_parser(
        "unit",
        help="import and list police units",
        description="Units are imported from a JSON array of objects with code (12 digits), name, name_en, phone and "
        "address. A unit of the same code is replaced, none is removed. Uses the console settings.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("import", help="import units; the whole file or nothing").add_argument(
        "file", type=Path
    )
    actions.add_parser("list", help="list every unit")


def run(arguments: argparse.Namespace) -> int:
    """Import or list; returns 1 when the file can not be imported."""
    with leaving(open_console(replace(read(ConsoleSettings, os.environ), database_role=""))) as context:
        return _list(context) if arguments.action == "list" else _import(context, arguments.file)


def _list(context: ConsoleContext) -> int:
    for unit in all_units(context).values():
        print(unit.code, unit.name, unit.phone, unit.name_en, sep="\t")
    return 0


def _import(context: ConsoleContext, path: Path) -> int:
    try:
        given = parse(path.read_text(encoding="utf-8"))
    except UnitFileError as fault:
        print("Nothing was imported:", *fault.problems, sep="\n  ", file=sys.stderr)
        return 1
    except (OSError, UnicodeDecodeError):
        print("Nothing was imported: the file can not be read as UTF-8 text.", file=sys.stderr)
        return 1
    print(f"{import_units(context, operator_name(), given)} units imported")
    return 0
