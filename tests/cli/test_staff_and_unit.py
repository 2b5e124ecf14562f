"""`lookup staff` and `lookup unit`: accounts and units as an operator makes them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from lookup.cli.main import main
from lookup.services.contexts import ConsoleContext
from lookup.services.sign_in import Credentials, Refused, SignedIn, sign_in
from lookup.settings import PREFIX, ConsoleSettings
from tests.support import contexts, databases
from tests.support.accounts import BODY, HOME
from tests.support.contexts import COMMON, KEYS

UNIT = {
    "code": "369901010000",
    "name": "东湖派出所",
    "name_en": "Donghu Police Station",
    "phone": "0999-5550101",
}


@pytest.fixture
def console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ConsoleContext]:
    """A console, and its settings in the environment."""
    with databases.migrated_sqlite(tmp_path) as url, databases.opened(url) as database:
        for name, value in (COMMON | KEYS[ConsoleSettings] | {"database_url": url}).items():
            parts = value if isinstance(value, tuple) else (value,)
            texts = [base64.urlsafe_b64encode(v).decode() if isinstance(v, bytes) else v for v in parts]
            monkeypatch.setenv(PREFIX + name.upper(), ",".join(texts))
        yield contexts.console(database)


def entered(console: ConsoleContext, printed: str) -> SignedIn | Refused | object:
    """What signing in answers to somebody who has only what was printed."""
    password = re.search(r"Password +([A-Z0-9-]+)", printed)
    address = re.search(r"otpauth://\S+", printed)
    assert password is not None
    assert address is not None
    secret = parse_qs(urlsplit(address.group()).query)["secret"][0]
    code = pyotp.TOTP(secret).now()
    return sign_in(console, Credentials("lin.dudao", password.group(1), code, None, None, HOME))


def test_what_is_printed_opens_the_account(
    console: ConsoleContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """Password and otpauth address of `staff add` are all one needs; after `reset` the old ones open nothing."""
    assert (
        main(["staff", "add", "lin.dudao", "--role", "supervisor", "--jurisdiction", "3699", "--body", BODY])
        == 0
    )
    first = capsys.readouterr().out
    assert "█" in first
    assert main(["staff", "reset", "lin.dudao"]) == 0
    assert entered(console, first) == Refused()
    assert isinstance(entered(console, capsys.readouterr().out), SignedIn)


def test_accounts_are_listed_closed_and_opened(
    console: ConsoleContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """`staff list` shows name, role and state, and nothing that opens an account."""
    main(["staff", "add", "lin.dudao", "--role", "supervisor", "--jurisdiction", "3699", "--body", BODY])
    printed = capsys.readouterr().out
    for action, state in (("disable", "closed"), ("enable", "open")):
        assert main(["staff", action, "lin.dudao"]) == 0
        assert main(["staff", "list"]) == 0
        listed = capsys.readouterr().out
        assert re.search(rf"lin\.dudao +supervisor +3699 +{state} .* - +{BODY}", listed)
        assert "argon2" not in listed
    assert main(["staff", "body", "lin.dudao", "云溪市监察委员会"]) == 0
    assert main(["staff", "allow-covert", "lin.dudao"]) == 0
    main(["staff", "list"])
    assert re.search("covert +云溪市监察委员会", capsys.readouterr().out)
    assert main(["staff", "forbid-covert", "lin.dudao"]) == 0
    assert isinstance(entered(console, printed), SignedIn)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "lin", "--role", "supervisor"], "jurisdiction is missing"),
        (["add", "lin dudao", "--role", "audit_administrator"], "name of an account"),
        (["disable", "nobody"], "no such account"),
        (["reset", "nobody"], "no such account"),
    ],
)
def test_a_refused_act_says_why(
    console: ConsoleContext, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    """A wrong account or an unknown one ends with status 1 and one sentence that helps."""
    assert main(["staff", *words]) == 1
    assert said in capsys.readouterr().err


def test_units_are_imported_and_listed(
    console: ConsoleContext, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A JSON array of units is imported, and again to change one."""
    file = tmp_path / "units.json"
    for phone in ("0999-5550101", "0999-5550102"):
        file.write_text(json.dumps([UNIT | {"phone": phone}]), encoding="utf-8")
        assert main(["unit", "import", str(file)]) == 0
        assert main(["unit", "list"]) == 0
        assert f"369901010000\t东湖派出所\t{phone}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not JSON"),
        ("{}", "JSON array"),
        (json.dumps(["x"]), "/0: must be an object"),
        (json.dumps([UNIT, UNIT | {"code": "1"}]), "/1: "),
        (json.dumps([UNIT, UNIT]), "/1/code: stands in the file twice"),
        (json.dumps([UNIT | {"phone": 5}]), "phone must be text"),
        (json.dumps([UNIT | {"fax": "1"}]), "a member that no unit has"),
        (json.dumps([{"code": UNIT["code"]}]), "name is missing"),
    ],
)
def test_a_faulty_file_imports_nothing(
    console: ConsoleContext, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, said: str
) -> None:
    """The whole file or nothing: each fault is named by its place, and no unit is there afterwards."""
    file = tmp_path / "units.json"
    file.write_text(content, encoding="utf-8")
    assert main(["unit", "import", str(file)]) == 1
    assert said in capsys.readouterr().err
    main(["unit", "list"])
    assert capsys.readouterr().out == ""
