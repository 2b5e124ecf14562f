"""The command line as a whole: what it says when it can not go on."""

from __future__ import annotations

import base64
import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from lookup.cli.asking import operator_name, sure
from lookup.cli.main import COMMANDS, main
from lookup.ledger.policy import Log, Policy
from lookup.services.log_key import LogKey
from lookup.settings import PREFIX, ConsoleSettings, PushSettings, WorkerSettings
from lookup.storage import clients, migrate, tables
from tests.support import contexts, databases, postgres

CLI = Path(main.__code__.co_filename).parent
NUMBER = "36990126030208140501"
ASKING = [
    ["client", "list"],
    ["client", "suspend", "yunxi", "--yes"],
    ["quarantine", "list"],
    ["staff", "list"],
    ["unit", "list"],
    ["alarm", "list"],
    ["reference", "reissue", NUMBER],
    ["checkpoint"],
    ["erase", "--entry", "1-1"],
    ["verify", "db", "--policy", "policy"],
    ["work"],
]
"""Commands that go to the database, one for each way there."""


@pytest.fixture
def operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The settings of every surface in the environment, but for the database, and a folder with a policy."""
    every: dict[str, object] = dict(contexts.COMMON)
    for kind in (PushSettings, ConsoleSettings, WorkerSettings):
        every |= contexts.KEYS[kind]
    for name, value in every.items():
        parts = value if isinstance(value, tuple) else (value,)
        texts = [base64.urlsafe_b64encode(v).decode() if isinstance(v, bytes) else str(v) for v in parts]
        monkeypatch.setenv(PREFIX + name.upper(), ",".join(texts))
    key = LogKey.from_seed("lookup.test/log1", contexts.key(8))
    (tmp_path / "policy").write_bytes(Policy((Log(key.public),)).to_bytes())
    monkeypatch.chdir(tmp_path)
    return monkeypatch


@pytest.mark.parametrize(
    "words",
    [["serve", "citizen"], ["work"], ["migrate"], ["staff", "list"], ["unit", "list"], ["client", "list"]],
    ids=" ".join,
)
def test_missing_settings_are_named_with_what_to_do(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2, each missing setting by name, and where fresh secrets and explanations are."""
    monkeypatch.delenv(f"{PREFIX}DATABASE_URL", raising=False)
    assert main(words) == 2
    said = capsys.readouterr().err
    assert f"{PREFIX}DATABASE_URL" in said
    assert "./run keys" in said
    assert "README" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` works without any setting and says how the command is called."""
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"usage: lookup {command}" in capsys.readouterr().out


def test_every_command_ends_its_lanes_in_order() -> None:
    """A context that can write entries is opened inside `leaving`, so that no command is recorded as a lost process."""
    opening = re.compile(r"\bopen_(citizen|console|push|retention)\(")
    lines = [line for path in CLI.glob("*.py") for line in path.read_text(encoding="utf-8").splitlines()]
    found = [line.strip() for line in lines if opening.search(line)]
    assert len(found) >= 7
    assert [line for line in found if "leaving(open_" not in line] == []


@pytest.fixture
def _signals() -> Iterator[None]:
    """What `lookup work` does to the signals of this process, taken back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_signals")
@pytest.mark.parametrize("words", ASKING, ids=" ".join)
def test_a_database_without_the_schema_is_told_in_words(
    words: list[str], operator: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2, and that `lookup migrate` is what is missing; no traceback."""
    operator.setenv(f"{PREFIX}DATABASE_URL", f"sqlite:///{tmp_path / 'empty.db'}")
    assert main(words) == 2
    said = capsys.readouterr().err
    assert "Run `lookup migrate`" in said
    assert "lookup migrate" in said.splitlines()[-1]
    assert "SELECT" not in said


def test_an_older_schema_is_told_in_words(
    operator: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A column that came with a later release is as missing as a table."""
    url = f"sqlite:///{tmp_path / 'older.db'}"
    with databases.opened(url) as database:
        migrate.upgrade(database, "0006")
    operator.setenv(f"{PREFIX}DATABASE_URL", url)
    assert main(["quarantine", "list"]) == 2
    assert "Run `lookup migrate`" in capsys.readouterr().err


def test_postgresql_is_told_in_the_same_words(
    operator: pytest.MonkeyPatch, postgres_server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty database there, and one that nobody answers for; whose password it was is not repeated."""
    with postgres.lent(postgres_server) as url:
        operator.setenv(f"{PREFIX}DATABASE_URL", url)
        assert main(["client", "list"]) == 2
        assert "Run `lookup migrate`" in capsys.readouterr().err
    operator.setenv(f"{PREFIX}DATABASE_URL", "postgresql+psycopg://me:hush-hush@127.0.0.1:1/none")
    assert main(["client", "list"]) == 2
    said = capsys.readouterr().err
    assert "does not answer" in said
    assert "hush-hush" not in said


def test_a_missing_right_is_told_in_words(
    operator: pytest.MonkeyPatch, postgres_server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A role of another surface may not read reports; the words say where the role is set."""
    with databases.migrated_postgres(postgres_server) as url:
        operator.setenv(f"{PREFIX}DATABASE_URL", url)
        operator.setenv(f"{PREFIX}DATABASE_ROLE", "lookup_retention")
        assert main(["reference", "reissue", NUMBER]) == 2
    assert "LOOKUP_DATABASE_ROLE, may not do this" in capsys.readouterr().err


def test_a_fault_that_is_ours_is_not_hidden(operator: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Only what an operator can mend is put into words; whatever else goes wrong keeps its traceback."""
    with databases.migrated_sqlite(tmp_path) as url, databases.opened(url) as database:
        operator.setenv(f"{PREFIX}DATABASE_URL", url)
        with database.write() as conn:
            clients.add(conn, clients.ClientRow("a", "a", "urn:a", ("3699",), (), 1, None, False))
            conn.execute(update(tables.client).values(units="no JSON"))
        with pytest.raises(ValueError, match="Expecting value"):
            main(["client", "list"])


def test_a_reader_that_has_seen_enough_is_no_fault() -> None:
    """`lookup … | head` ends without a word, and not as if all had been done."""
    reader, writer = os.pipe()
    os.close(reader)
    words = [sys.executable, "-m", "lookup.cli.main", "rules", "show", "R2026"]
    with open(writer, "wb") as out:
        done = subprocess.run(words, stdout=out, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_question_that_nobody_answers_is_a_no(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The end of input (Ctrl-D) changes nothing."""
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    assert sure("Really?", yes=False) is False
    assert "Nothing was changed" in capsys.readouterr().err


def test_wrong_use_leads_to_the_help_of_its_action(
    operator: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`lookup client --help` does not tell the options of `lookup client scope`."""
    with databases.migrated_sqlite(tmp_path) as url:
        operator.setenv(f"{PREFIX}DATABASE_URL", url)
        assert main(["client", "scope", "yunxi"]) == 2
    assert "`lookup client scope --help` explains" in capsys.readouterr().err


def test_who_acts_has_a_name_where_the_system_knows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container whose user has no account the entry names the user's number, and nothing breaks."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)

    def unknown(_: int) -> None:
        raise KeyError

    monkeypatch.setattr("pwd.getpwuid", unknown)
    assert operator_name() == f"uid-{os.getuid()}"


def test_an_interruption_while_a_command_loads_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends with 130 from the first moment on."""

    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lookup.cli.main._module", interrupted)
    assert main(["client", "list"]) == 130
