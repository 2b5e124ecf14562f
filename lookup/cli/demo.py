"""`lookup demo`: everything on fictional data, on one loopback port, from nothing to answering in one command."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from lookup.cli import demo_children, demo_home, demo_load, demo_page, demo_vendor
from lookup.cli.demo_children import Children
from lookup.cli.demo_home import PORT, DemoError, Home

RUNNING = (
    "演示已经在运行；停止它（Ctrl-C）或者用 --folder 另开一个。\n"
    "The demo is running already: stop it (Ctrl-C), or start another with --folder."
)


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command."""
    parser = commands.add_parser(
        "demo",
        help="set up and start everything on fictional data, on one loopback port",
        description="Creates an embedded database, pushes a fictional month of an invented prefecture through the "
        "real push API, and serves all three surfaces until Ctrl-C. Started again, it goes on where it was.",
    )
    parser.add_argument("--fresh", action="store_true", help="throw the demo's data away and start over")
    parser.add_argument("--port", type=int, default=PORT, help="loopback port (%(default)s)")
    parser.add_argument("--once", action="store_true", help="load and print, then stop instead of serving")
    parser.add_argument(
        "--code", action="store_true", help="only print the console accounts' present one-time codes"
    )
    parser.add_argument(
        "--folder", type=Path, default=demo_home.FOLDER, help="where the demo keeps everything"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the demo; a mistake or a broken process is one clear message and status 1."""
    home = Home(arguments.folder.resolve())
    if arguments.code:
        return _code(home)
    try:
        return _run(home, arguments)
    except DemoError as fault:
        print(fault, file=sys.stderr)
        return 1


def _code(home: Home) -> int:
    memory = home.recall()
    if memory is None:
        print("还没有演示，先运行 ./run demo / no demo yet: ./run demo first", file=sys.stderr)
        return 1
    print(*demo_page.code_lines(memory), sep="\n")
    return 0


def _run(home: Home, arguments: argparse.Namespace) -> int:
    lock = home.lock()
    if lock is None:
        raise DemoError(RUNNING)
    demo_children.heed_one_signal()
    try:
        return _all(home, arguments)
    except KeyboardInterrupt:
        print("\n已停止，再运行一次会接着做。Stopped; run again to go on.", flush=True)
        return 130
    finally:
        os.close(lock)


def _all(home: Home, arguments: argparse.Namespace) -> int:
    port = arguments.port
    if not demo_children.port_is_free(port):
        raise DemoError(
            f"端口 {port} 不能用，请换一个：./run demo --port {port + 1}\n"
            f"Port {port} is taken: choose another with --port {port + 1}"
        )
    if arguments.fresh:
        home.clear()
    memory, month = demo_home.prepare(home, port)
    trial = demo_vendor.prepare(home, memory, port)
    with Children(home.environment(memory.secrets, port), home.folder / "log") as children:
        children.start(port)
        if not memory.loaded:
            memory = demo_load.load(home, memory, month, port, children.check)
        print(*demo_page.page(home, memory, trial, port), sep="\n", flush=True)
        return 0 if arguments.once else _serve(children)


def _serve(children: Children) -> int:
    """Stay until Ctrl-C or SIGTERM: that is how a demo ends well."""
    try:
        children.watch()
    except KeyboardInterrupt:
        print("\n正在停止。Stopping.", flush=True)
    return 0
