"""The one command, `run`, and what CI calls: they are portable and say what to do when they can not go on."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from lookup.cli.main import COMMANDS

ROOT = Path(__file__).parents[1]
RUN = ROOT / "run"
SHELLS = [shell for shell in ("sh", "dash", "bash") if shutil.which(shell)]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What `./run` with these arguments does, with the environment changed so."""
    return subprocess.run(
        [RUN, *arguments],
        env={**os.environ, **environment},
        cwd="/",
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )


def programs(folder: Path, **scripts: str) -> str:
    """A PATH with the basic tools of the machine and these shell scripts, and no other program."""
    folder.mkdir()
    for tool in {"sh", "dirname", "env", "id", "cat", "mktemp", "tail", "rm"} - scripts.keys():
        (folder / tool).symlink_to(str(shutil.which(tool)))
    for name, body in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)
    return str(folder)


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_can_read_it(shell: str) -> None:
    """The script is plain POSIX sh."""
    subprocess.run([shell, "-n", RUN], check=True)


def test_help_lists_every_command() -> None:
    """Each command of the script's last `case` and each of lookup is explained by `./run help`, in two languages."""
    cases = re.findall(r"^    ([a-z]+)\) ", RUN.read_text(encoding="utf-8"), re.M)
    shown = run("help")
    assert shown.returncode == 0
    assert {"test", "check", "bench", "lock"} <= set(cases)
    for command in [*cases, *COMMANDS, "help"]:
        assert re.search(rf"^  {command} +.*[一-鿿].* [a-z]", shown.stdout, re.M), command


def test_no_command_is_help() -> None:
    """`./run` alone explains itself."""
    assert run().stdout == run("help").stdout


def test_an_unusable_python_is_named() -> None:
    """A LOOKUP_PYTHON that is no Python 3.11 is refused by name."""
    refused = run("demo", LOOKUP_PYTHON="/nonexistent/python")
    assert refused.returncode == 1
    assert "LOOKUP_PYTHON=/nonexistent/python" in refused.stderr


def test_without_python_and_without_apt_it_says_what_to_install(tmp_path: Path) -> None:
    """On a system without apt-get the packages are named and nothing is tried."""
    refused = run("demo", PATH=programs(tmp_path / "bin"), LOOKUP_PYTHON="")
    assert refused.returncode == 1
    assert "python3 python3-venv" in refused.stderr


def test_a_broken_shim_is_passed_over(tmp_path: Path) -> None:
    """A python3.13 that exits 127 (a version manager's shim) and one that is too old are not used."""
    old = "echo assertion >&2; exit 1"
    path = programs(tmp_path / "bin", **{"python3.13": "exit 127", "python3": old})
    refused = run("demo", PATH=path, LOOKUP_PYTHON="")
    assert refused.returncode == 1
    assert "Python 3.11+" in refused.stderr


def test_a_failed_apt_shows_its_reason(tmp_path: Path) -> None:
    """When apt-get fails, its last words and the packages to install by hand are shown."""
    path = programs(tmp_path / "bin", id="echo 0", **{"apt-get": "echo E: no network; exit 100"})
    refused = run("demo", PATH=path, LOOKUP_PYTHON="")
    assert refused.returncode == 1
    assert "E: no network" in refused.stderr
    assert "python3 python3-venv" in refused.stderr


def test_without_root_it_says_so(tmp_path: Path) -> None:
    """A user who is not root and has no sudo is told which command an administrator must give."""
    path = programs(tmp_path / "bin", id="echo 1000", **{"apt-get": "exit 0"})
    refused = run("demo", PATH=path, LOOKUP_PYTHON="")
    assert refused.returncode == 1
    assert "apt-get install python3 python3-venv" in refused.stderr


def test_ci_runs_every_test_and_nothing_else() -> None:
    """CI calls `run test` of its own checkout, and both scripts are executable."""
    ci = ROOT / ".ci" / "run"
    assert "/../run" in ci.read_text(encoding="utf-8")
    for script in (ci, RUN):
        assert script.stat().st_mode & stat.S_IXUSR
